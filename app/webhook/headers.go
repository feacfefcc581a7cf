package webhook

import (
	"maps"
	"slices"
	"strings"
)

func headerNames(h map[string]string) []string { return slices.Sorted(maps.Keys(h)) }

func sameHeaders(a, b map[string]string) bool { return maps.Equal(a, b) }

// withoutQuery leaves out the part of an address that often is a secret.
func withoutQuery(address string) string {
	base, _, cut := strings.Cut(address, "?")
	if cut {
		return base + "?…"
	}
	return base
}
