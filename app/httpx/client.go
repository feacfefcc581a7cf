package httpx

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks whose X-Forwarded-For is believed. None by default.
type Proxies []netip.Prefix

// ParseProxies reads comma-separated networks or addresses.
func ParseProxies(s string) (Proxies, error) {
	var all Proxies
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if p, err := netip.ParsePrefix(part); err == nil {
			all = append(all, p.Masked())
			continue
		}
		a, err := netip.ParseAddr(part)
		if err != nil {
			return nil, fmt.Errorf("%q is neither a network nor an address", part)
		}
		all = append(all, netip.PrefixFrom(a, a.BitLen()))
	}
	return all, nil
}

// Trusts says whether the address is a proxy of ours.
func (p Proxies) Trusts(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, net := range p {
		if net.Contains(a) {
			return true
		}
	}
	return false
}

// ClientIP is the address a request came from: the peer's, or behind trusted
// proxies the right-most entry of X-Forwarded-For that is not one of them. What
// stands further left anyone may have written.
func (p Proxies) ClientIP(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	ip := peer.Addr().Unmap()
	if len(p) == 0 || !p.Trusts(ip) {
		return ip.String()
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		ip = a.Unmap()
		if !p.Trusts(ip) {
			break
		}
	}
	return ip.String()
}
