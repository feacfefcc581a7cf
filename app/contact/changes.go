package contact

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// changes collects the names of fields that got another value.
type changes struct{ names []string }

func (c *changes) note(name string) {
	if !slices.Contains(c.names, name) {
		c.names = append(c.names, name)
	}
}

func (c *changes) set(field *string, value, name string) {
	if *field != value {
		*field = value
		c.note(name)
	}
}

// fill is set, but an empty value leaves the field alone.
func (c *changes) fill(field *string, value, name string) {
	if value != "" {
		c.set(field, value, name)
	}
}

const maxName = 255

// cleanName makes a name from free text: composed, trimmed, on one line,
// without controls and marks that turn text around.
func cleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\u200c' || r == '\u200d': // join and part letters in Persian and emoji
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, norm.NFC.String(s))
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > maxName {
		s = string([]rune(s)[:maxName])
	}
	return s
}
