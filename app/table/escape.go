package table

import (
	"strings"
	"unicode/utf8"
)

// A cell that begins with one of these is a formula to a spreadsheet program.
const formulaStarts = "=+-@\t\r\x00＝＋－＠"

// Escape makes a cell safe for spreadsheet programs, which run what looks like
// a formula: it puts ' in front. Plain numbers with + are left as they are.
func Escape(s string) string {
	if !IsFormula(s) {
		return s
	}
	return "'" + s
}

// Unescape takes off what Escape, or another program for the same reason, put
// in front.
func Unescape(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && startsFormula(rest) {
		return rest
	}
	return s
}

// IsFormula says whether a spreadsheet program could take s for a formula.
func IsFormula(s string) bool { return startsFormula(s) && !plainNumber(s) }

func startsFormula(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && strings.ContainsRune(formulaStarts, r)
}

// plainNumber says whether s is + and 6 to 15 digits, as phone numbers are.
func plainNumber(s string) bool {
	if len(s) < 7 || len(s) > 16 || s[0] != '+' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
