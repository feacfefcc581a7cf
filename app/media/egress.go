package media

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"badala/app/errs"

	"code.dny.dev/ssrf"
)

// Guard decides which addresses a URL given by a user may reach: public ones, and what the operator lists.
type Guard struct {
	base     *ssrf.Guardian
	prefixes []netip.Prefix
	exact    map[netip.AddrPort]bool
	named    map[string]bool // host:port
	ports    []uint16        // of this server
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
	inner := embedded(to.Addr())
	if slices.ContainsFunc(never, in) || inner.IsValid() && slices.ContainsFunc(never, func(p netip.Prefix) bool { return p.Contains(inner) }) {
		return &errBlocked{to.String(), "it is never a target"}
	}
	if named || g.exact[to] {
		return nil
	}
	if slices.Contains(g.ports, to.Port()) {
		if mine, err := g.mine(to.Addr()); err != nil || mine {
			return cmp.Or(err, error(&errBlocked{to.String(), "it is this server"}))
		}
	}
	if slices.ContainsFunc(g.prefixes, in) {
		return nil
	}
	if err := g.base.SafeAddrPort(to); err != nil {
		return &errBlocked{to.String(), "it is not a public address"}
	}
	if mine, err := g.mine(to.Addr()); err != nil || mine {
		return cmp.Or(err, error(&errBlocked{to.String(), "it is this machine"}))
	}
	return nil
}

// embedded is the IPv4 address that a gateway would make of an IPv6 one: NAT64, 6to4 or the old compatible form.
func embedded(a netip.Addr) netip.Addr {
	b := a.As16()
	switch {
	case !a.Is6(), a.IsLoopback():
	case nat64.Contains(a), compatible.Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case sixToFour.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return netip.Addr{}
}

var (
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	compatible = netip.MustParsePrefix("::/96")
	sixToFour  = netip.MustParsePrefix("2002::/16")
)

// mine says whether an address is one of this machine.
func (g *Guard) mine(a netip.Addr) (bool, error) {
	own, err := g.own()
	return a.IsLoopback() || slices.Contains(own, a), err
}

// DenyPorts names the ports on which this server listens: on this machine they are reached only when listed exactly.
// Call it before the guard is used.
func (g *Guard) DenyPorts(ports ...uint16) { g.ports = ports }

// URL checks an address that a user entered into the named field, as far as that is possible without asking for it.
func (g *Guard) URL(field, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || len(address) > 2048 {
		return errs.Field(field, "is not an address")
	}
	if u.User != nil {
		return errs.Field(field, "must not carry a user name or password")
	}
	port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	if u.Scheme != "https" && (u.Scheme != "http" || !g.listed(u.Hostname(), port)) {
		return errs.Field(field, "must start with https://")
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
	return &http.Client{
		Timeout: timeout, Transport: g.Transport(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Transport makes the part of Client that connects, for who needs other limits.
func (g *Guard) Transport() *http.Transport {
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
	return &http.Transport{
		DialContext: dial, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 15 * time.Second,
		ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second,
	}
}

// Blocked says whether err comes from a Guard.
func Blocked(err error) bool {
	_, ok := errors.AsType[*errBlocked](err)
	return ok
}
