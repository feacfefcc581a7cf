// Package fold makes different spellings of a word equal, so that a search
// finds what a person means: it knows Arabic and Latin writing. Text goes into
// an index and into a query by the same functions.
package fold

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Text folds s without touching its word order: lower case, no diacritics, no
// harakat or tatweel, one form of alif, ya, ta marbuta and hamza, ASCII digits.
func Text(s string) string {
	if plain(s) {
		return strings.ToLower(s)
	}
	var b strings.Builder
	b.Grow(len(s))
	// Compatibility forms become ordinary letters; NFKD parts the marks from
	// Latin letters and also the hamza from its carrier.
	for _, r := range norm.NFKD.String(s) {
		if r = letter(r); r >= 0 {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Digits gives only the digits of s, as ASCII.
func Digits(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsDigit(r) {
			b.WriteRune(digit(r))
		}
	}
	return b.String()
}

// Words gives the folded words of s in order: runs of letters and digits.
func Words(s string) []string {
	return strings.FieldsFunc(Text(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// letter folds one rune of decomposed text; -1 drops it.
func letter(r rune) rune {
	switch {
	case r < 0x80:
		return unicode.ToLower(r)
	case r == 'ـ' || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
		return -1
	case unicode.IsDigit(r):
		return digit(r)
	}
	switch r {
	case 'أ', 'إ', 'آ', 'ٱ':
		return 'ا'
	case 'ى', 'ی', 'ئ', 'ې', 'ے':
		return 'ي'
	case 'ة', 'ہ', 'ۀ', 'ە', 'ھ':
		return 'ه'
	case 'ؤ':
		return 'و'
	case 'ک':
		return 'ك'
	case 'ı':
		return 'i'
	case 'ß':
		return 's'
	case 'ø', 'Ø':
		return 'o'
	case 'ł', 'Ł':
		return 'l'
	case 'đ', 'Đ':
		return 'd'
	}
	return unicode.ToLower(r)
}

// digit gives the ASCII digit of any decimal digit: the blocks of ten start
// at code points that are told apart by walking down to the zero.
func digit(r rune) rune {
	if r < 0x80 {
		return r
	}
	for n := range rune(10) {
		if !unicode.IsDigit(r - n - 1) {
			return '0' + n
		}
	}
	return '0' + (r-0x660)%10
}
