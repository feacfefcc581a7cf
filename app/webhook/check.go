package webhook

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"badala/app/errs"

	"golang.org/x/net/http/httpguts"
)

const (
	maxEndpoints  = 20 // of an organisation
	maxRate       = 1000
	maxHeaders    = 20
	maxHeaderText = 2000
)

// ours are headers that an endpoint's own may not replace.
var ours = []string{"accept-encoding", "connection", "content-encoding", "content-length", "content-type", "expect", "host", "keep-alive",
	"proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "user-agent"}

// wrong lists what cannot be right about an endpoint, one detail a field.
func (s *Service) wrong(t *target) (all []string) {
	if err := s.checkURL(t.url); err != nil {
		all = append(all, errs.As(err).Details...)
	}
	if len(t.events) == 0 {
		all = append(all, "events: choose at least one")
	}
	for _, name := range t.events {
		if !isEvent(name) {
			all = append(all, fmt.Sprintf("events: there is no event %q", name))
		}
	}
	if t.rate < 0 || t.rate > maxRate {
		all = append(all, "ratePerSecond: 0 for no limit, or 1 to 1000")
	}
	if len(t.username) > 255 || strings.ContainsAny(t.username, ":\r\n") {
		all = append(all, "username: at most 255 characters, without a colon")
	}
	if len(t.password) > 1000 || strings.ContainsAny(t.password, "\r\n") {
		all = append(all, "password: at most 1000 characters on one line")
	}
	if t.password != "" && t.username == "" {
		all = append(all, "username: is required with a password")
	}
	return append(all, wrongHeaders(t)...)
}

// checkURL takes https addresses without credentials, and plain http only for
// what the operator lists.
func (s *Service) checkURL(address string) error {
	if u, err := url.Parse(address); err == nil && u.User != nil {
		return errs.Field("url", "must not carry a user name or password; enter them in their own fields")
	}
	if err := s.guard.URL("url", address); err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil {
		return errs.Field("url", "is not an address")
	}
	if u.Fragment != "" {
		return errs.Field("url", "must not have a part after #")
	}
	ip, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return nil // a name: checked when it is called
	}
	port, err := strconv.ParseUint(cmp.Or(u.Port(), map[string]string{"http": "80"}[u.Scheme], "443"), 10, 16)
	if err != nil {
		return errs.Field("url", "has no usable port")
	}
	if err := s.guard.Check(netip.AddrPortFrom(ip, uint16(port))); err != nil {
		return errs.Field("url", err.Error())
	}
	return nil
}

func wrongHeaders(t *target) (all []string) {
	if len(t.headers) > maxHeaders {
		all = append(all, "headers: at most 20")
	}
	for name, value := range t.headers {
		lower := strings.ToLower(name)
		switch {
		case !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) || len(name)+len(value) > maxHeaderText:
			all = append(all, fmt.Sprintf("headers: %q is not a header", name))
		case slices.Contains(ours, lower) || strings.HasPrefix(lower, "webhook-") || strings.HasPrefix(lower, "x-badala-"):
			all = append(all, fmt.Sprintf("headers: %q is set by the server", name))
		case lower == "authorization" && t.username != "":
			all = append(all, "headers: Authorization is made of the user name and password")
		}
	}
	slices.Sort(all)
	return all
}
