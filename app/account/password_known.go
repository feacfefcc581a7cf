package account

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"strings"
	"unicode"
)

// usedList are the 30,000 passwords that are used most, as zxcvbn counts them;
// see assets/vendor/README.md.
//
//go:embed passwords.txt.gz
var usedList []byte

// ownList adds what that list lacks: runs of the keyboard, and words of other
// languages.
//
//go:embed common.txt
var ownList string

// longestKnown is beyond what two of the list and some signs take.
const longestKnown = 64

// known are passwords that are tried first, in lower case.
type known map[string]bool

// mostUsed reads the lists anew: people seldom choose a password, and memory is
// dear.
func mostUsed() known {
	k := make(known, 31_000)
	r, err := gzip.NewReader(bytes.NewReader(usedList))
	if err != nil {
		panic(err) // embedded: the build is broken
	}
	text, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	for _, list := range []string{string(text), ownList} {
		for line := range strings.Lines(list) {
			if w := strings.TrimSpace(line); w != "" {
				k[w] = true
			}
		}
	}
	return k
}

// holds says whether a lower-case password is on the list, or two of the list
// in a row, whatever digits and signs stand before and behind.
func (k known) holds(low string) bool {
	if len(low) > longestKnown {
		return false
	}
	first, last := strings.IndexFunc(low, unicode.IsLetter), strings.LastIndexFunc(low, unicode.IsLetter)
	if first < 0 {
		return k.twice(low)
	}
	for from := range first + 1 {
		for to := len(low); to > last; to-- {
			if k.twice(low[from:to]) {
				return true
			}
		}
	}
	return false
}

// twice says whether s is on the list, or two of it in a row.
func (k known) twice(s string) bool {
	if k[s] {
		return true
	}
	for i := range s {
		if i > 0 && k[s[:i]] && k[s[i:]] {
			return true
		}
	}
	return false
}
