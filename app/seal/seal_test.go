package seal_test

import (
	"strings"
	"testing"

	"badala/app/seal"
)

const (
	key      = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
	otherKey = "ffffffff4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
)

func sealer(t *testing.T, key, purpose string) seal.Sealer {
	t.Helper()
	s, err := seal.New(key, purpose)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	at := seal.Place{Table: "channel", Column: "app_secret", ID: 7, Org: 3}
	s := sealer(t, key, "channel secrets")
	stored, err := s.Seal("hush", at)
	if err != nil || strings.Contains(stored, "hush") || !strings.HasPrefix(stored, "sealed1:") {
		t.Fatal(stored, err)
	}
	if got := s.Open(stored, at); got != "hush" {
		t.Errorf("opens as %q", got)
	}
	moved := at
	moved.ID++
	for name, got := range map[string]string{
		"another row":     s.Open(stored, moved),
		"another key":     sealer(t, otherKey, "channel secrets").Open(stored, at),
		"another purpose": sealer(t, key, "webhook secrets").Open(stored, at),
		"no key":          sealer(t, "", "channel secrets").Open(stored, at),
		"cut short":       s.Open(stored[:20], at),
	} {
		if got != "" {
			t.Errorf("%s: opens as %q", name, got)
		}
	}
}

func TestWithoutKeyNothingIsSealed(t *testing.T) {
	t.Parallel()
	plain, keyed, at := sealer(t, "", "p"), sealer(t, key, "p"), seal.Place{Table: "t"}
	stored, err := plain.Seal("hush", at)
	if err != nil || stored != "hush" || plain.Stale(stored) {
		t.Error(stored, err)
	}
	if !keyed.Stale(stored) || keyed.Stale("") || keyed.Open(stored, at) != "hush" {
		t.Error("a plain secret is not taken over")
	}
	if _, err := seal.New("short", "p"); err == nil {
		t.Error("a short key is taken")
	}
}

// TestStoredFormatStays holds what earlier versions wrote.
func TestStoredFormatStays(t *testing.T) {
	t.Parallel()
	at := seal.Place{Table: "channel", Column: "app_secret", ID: 7, Org: 3}
	if got := sealer(t, key, "channel secrets").Open(kept, at); got != "app-secret-of-a-number" {
		t.Errorf("opens as %q", got)
	}
}

const kept = "sealed1:e5392f1b:82KAqxhCtvkoZ0py8opb1DCdFeX+P7y0WkaMSm20F1ZBsbC8VdsbrUCnaCbwy44LzrU"
