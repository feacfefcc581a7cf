package httpx

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// NewServer is an HTTP server with our timeouts. Handlers of uploads and
// streams extend theirs through http.ResponseController.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       90 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // broken handshakes and the like
	}
}

// Connection limits.
const (
	MaxConns      = 10_000
	MaxConnsPerIP = 200
)

// Limit bounds the open connections of a listener in all and from one address.
// What is over is closed at once. Trusted proxies and loopback count only in all.
func Limit(l net.Listener, total, perIP int, proxies Proxies) net.Listener {
	return &limited{Listener: l, total: total, perIP: perIP, proxies: proxies, by: map[netip.Addr]int{}}
}

type limited struct {
	net.Listener
	total, perIP int
	proxies      Proxies

	mu   sync.Mutex
	open int
	by   map[netip.Addr]int
}

// Accept gives the next connection within the limits.
func (l *limited) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		var ip netip.Addr
		if ap, err := netip.ParseAddrPort(c.RemoteAddr().String()); err == nil {
			ip = ap.Addr().Unmap()
		}
		if l.take(ip) {
			return &counted{Conn: c, l: l, ip: ip}, nil
		}
		c.Close()
	}
}

func (l *limited) take(ip netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	free := ip.IsLoopback() || l.proxies.Trusts(ip)
	if l.open >= l.total || (!free && l.by[ip] >= l.perIP) {
		return false
	}
	l.open++
	l.by[ip]++
	return true
}

func (l *limited) give(ip netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.by[ip]--; l.by[ip] <= 0 {
		delete(l.by, ip)
	}
}

// counted gives its place back when it is closed, once.
type counted struct {
	net.Conn
	l    *limited
	ip   netip.Addr
	once sync.Once
}

// Close ends the connection.
func (c *counted) Close() error {
	c.once.Do(func() { c.l.give(c.ip) })
	return c.Conn.Close()
}
