package media

import (
	"context"
	"net/netip"
)

// Clean runs the cleaning job once.
func (s *Service) Clean(ctx context.Context) error { return s.runClean(ctx, nil) }

// SetOwn replaces the addresses of this machine.
func (g *Guard) SetOwn(own ...netip.Addr) {
	g.own = func() ([]netip.Addr, error) { return own, nil }
}
