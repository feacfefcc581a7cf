package media

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// Guard decides which addresses a URL given by a user may reach: public ones, and what the operator lists.
type Guard struct {
	base     *ssrf.Guardian
	prefixes []netip.Prefix
	exact    map[netip.AddrPort]bool
	named    map[string]bool // host:port
	own      func() ([]netip.Addr, error)
}

// never are the addresses that no list opens: link-local with the metadata services of clouds, and no real targets.
var never = func() (all []netip.Prefix) {
	for _, s := range []string{
		"169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "168.63.129.16/32", "100.100.100.200/32",
		"0.0.0.0/8", "::/128", "224.0.0.0/4", "255.255.255.255/32", "ff00::/8",
	} {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}()

// NewGuard reads the operator's list: networks (192.168.1.0/24), addresses with or without port, and host:port.
func NewGuard(allow []string) (*Guard, error) {
	g := &Guard{base: ssrf.New(ssrf.WithAnyPort()), exact: map[netip.AddrPort]bool{}, named: map[string]bool{}, own: ownAddresses}
	for _, s := range allow {
		s = strings.TrimSpace(s)
		if p, err := netip.ParsePrefix(s); err == nil {
			g.prefixes = append(g.prefixes, p)
		} else if a, err := netip.ParseAddr(s); err == nil {
			g.prefixes = append(g.prefixes, netip.PrefixFrom(a, a.BitLen()))
		} else if ap, err := netip.ParseAddrPort(s); err == nil {
			g.exact[ap] = true
		} else if host, port, err := net.SplitHostPort(s); err == nil && host != "" && port != "" {
			g.named[strings.ToLower(host)+":"+port] = true
		} else {
			return nil, fmt.Errorf("%q is neither a network, an address nor host:port", s)
		}
	}
	return g, nil
}

// errBlocked says that an address may not be reached; its text names the address and the setting.
type errBlocked struct{ addr, why string }

func (e *errBlocked) Error() string {
	return fmt.Sprintf("%s may not be reached: %s; the operator can allow private targets with BADALA_WEBHOOK_ALLOW", e.addr, e.why)
}

// Check refuses an address that a connection is about to go to. It looks at the address itself, after names are resolved.
func (g *Guard) Check(to netip.AddrPort) error { return g.check(to, false) }

// check is Check; named means that the operator listed the host by name.
func (g *Guard) check(to netip.AddrPort, named bool) error {
	to = netip.AddrPortFrom(to.Addr().Unmap().WithZone(""), to.Port())
	in := func(p netip.Prefix) bool { return p.Contains(to.Addr()) }
	if slices.ContainsFunc(never, in) {
		return &errBlocked{to.String(), "it is never a target"}
	}
	if named || g.exact[to] || slices.ContainsFunc(g.prefixes, in) {
		return nil
	}
	if err := g.base.SafeAddrPort(to); err != nil {
		return &errBlocked{to.String(), "it is not a public address"}
	}
	own, err := g.own()
	if err != nil {
		return err
	}
	if slices.Contains(own, to.Addr()) {
		return &errBlocked{to.String(), "it is this machine"}
	}
	return nil
}

// listed says whether the operator named the target of a URL: such a one may be plain http.
func (g *Guard) listed(host, port string) bool {
	if g.named[strings.ToLower(host)+":"+port] {
		return true
	}
	to, err := netip.ParseAddrPort(net.JoinHostPort(host, port))
	return err == nil && (g.exact[to] || slices.ContainsFunc(g.prefixes, func(p netip.Prefix) bool { return p.Contains(to.Addr()) }))
}

// ownAddresses are those of this machine's interfaces.
func ownAddresses() ([]netip.Addr, error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var own []netip.Addr
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			own = append(own, p.Addr().Unmap())
		}
	}
	return own, nil
}

// Client makes an HTTP client that obeys the guard at each dial, follows no redirect and uses no proxy.
func (g *Guard) Client(timeout time.Duration) *http.Client {
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		d := net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil {
				return &errBlocked{address, "it is not an address"}
			}
			return g.check(to, g.named[strings.ToLower(addr)])
		}}
		return d.DialContext(ctx, network, addr)
	}
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext: dial, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 15 * time.Second,
			ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Blocked says whether err comes from a Guard.
func Blocked(err error) bool {
	_, ok := errors.AsType[*errBlocked](err)
	return ok
}
