package importer

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"badala/app/contact"
	"badala/app/fold"

	"github.com/nyaruka/phonenumbers"
)

// numberMode says how numbers that could be read both ways are read.
type numberMode string

const (
	modeLocal         numberMode = "LOCAL"
	modeInternational numberMode = "INTERNATIONAL"
)

// phoneRules are what the cells of a file have in common.
type phoneRules struct {
	country string // ISO code, may be ""
	mode    numberMode
}

// phones is what a cell, or several, say.
type phones struct {
	e164   string   // of the first number
	others []string // E.164
	code   string   // why there is none
	warn   []string
}

var (
	scientific = regexp.MustCompile(`^\+?(\d)(?:[.,](\d+))?[eE]\+?(\d{1,3})$`)
	thousands  = regexp.MustCompile(`^\+?\d{1,3}(,\d{3})+$`)
	zeroCents  = regexp.MustCompile(`^(\+?\d+)\.0+$`)
	extension  = regexp.MustCompile(`(?i)(;ext=|\bext\.?|\bextension|(\d)\s*x|#|تحويلة)\s*:?\s*\d{1,6}\s*$`)
	isoDate    = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}([T ].*)?$`)
	mexican    = regexp.MustCompile(`^(?:044|045|01|1)(\d{10})$`)
)

// tidy makes one writing of all the ways to write a number: plain digits, no
// invisible marks, nothing that programs put around it.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x2064, r >= 0x2066 && r <= 0x206F,
			r == 0x061C, r == 0xFEFF, r == 0x00AD:
			return -1
		case unicode.IsSpace(r):
			return ' '
		case r == '＋':
			return '+'
		case r == '‐' || r == '‑' || r == '–' || r == '−':
			return '-'
		case r >= 0x80 && unicode.Is(unicode.Nd, r):
			return rune(fold.Digits(string(r))[0])
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, `="`) && strings.HasSuffix(s, `"`) && len(s) > 2 {
		s = s[2 : len(s)-1]
	}
	s = strings.TrimSpace(strings.TrimPrefix(s, "'"))
	lower := strings.ToLower(s)
	for _, prefix := range []string{"tel:", "whatsapp:", "p:", "https://wa.me/", "wa.me/"} {
		if strings.HasPrefix(lower, prefix) {
			s, lower = s[len(prefix):], lower[len(prefix):]
		}
	}
	for _, suffix := range []string{"@c.us", "@s.whatsapp.net"} {
		if strings.HasSuffix(lower, suffix) {
			s = s[:len(s)-len(suffix)]
		}
	}
	return strings.TrimSpace(s)
}

// parse reads the numbers of a cell. code is a calling code from a column of
// its own, country an ISO code from the row; both may be empty.
func (p phoneRules) parse(cell, code, country string) phones {
	var out phones
	parts := splitNumbers(cell)
	if len(parts) == 0 {
		out.code = "phone_missing"
		return out
	}
	if len(parts) > 1 {
		if e164, why, warn := p.one(cell, code, country); why == "" && !strings.ContainsAny(cell, ":;|,") {
			return phones{e164: e164, warn: warn} // a slash inside of one number
		}
		out.warn = append(out.warn, "several_numbers")
	}
	for i, part := range parts {
		e164, why, warn := p.one(part, code, country)
		if i == 0 {
			out.e164, out.code = e164, why
		}
		for _, w := range warn {
			if !slices.Contains(out.warn, w) {
				out.warn = append(out.warn, w)
			}
		}
		if i > 0 && why == "" && e164 != out.e164 {
			out.others = append(out.others, e164)
		}
	}
	if out.code != "" {
		out.others = nil
	}
	return out
}

func splitNumbers(s string) []string {
	s = tidy(s)
	if s != "" && !strings.ContainsAny(s, ",:;/|") {
		return []string{s}
	}
	if thousands.MatchString(s) || strings.Contains(strings.ToLower(s), ";ext=") {
		return []string{s}
	}
	for _, sep := range []string{" ::: ", ";", "/", "|", ", "} {
		if strings.Contains(s, sep) && !strings.HasPrefix(strings.ToLower(s), "http") {
			var parts []string
			for _, part := range strings.Split(s, sep) {
				if part = strings.TrimSpace(part); part != "" {
					parts = append(parts, part)
				}
			}
			return parts
		}
	}
	if s == "" {
		return nil
	}
	return []string{s}
}

// one reads a single number.
func (p phoneRules) one(s, code, country string) (e164, why string, warn []string) {
	s = tidy(s)
	if plain := strings.TrimPrefix(s, "+"); plain != "" && len(plain) <= 18 && strings.Trim(plain, "0123456789") == "" {
		return p.resolve(s, plain, fold.Digits(code), country)
	}
	if m := scientific.FindStringSubmatch(s); m != nil {
		exp, err := strconv.Atoi(m[3])
		if err != nil || len(m[2]) < exp {
			return "", "phone_truncated_by_spreadsheet", nil
		}
		s = m[1] + m[2][:exp]
	}
	if m := zeroCents.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	if thousands.MatchString(s) {
		s = strings.ReplaceAll(s, ",", "")
	}
	if isoDate.MatchString(s) {
		return "", "phone_not_a_number", nil
	}
	if loc := extension.FindStringIndex(s); loc != nil && strings.ContainsAny(s[:loc[0]], "0123456789") {
		if rest := s[:loc[0]]; len(fold.Digits(rest)) >= 6 {
			if s[loc[0]] >= '0' && s[loc[0]] <= '9' { // the digit before an x belongs to the number
				rest += s[loc[0] : loc[0]+1]
			}
			s, warn = rest, append(warn, "extension_dropped")
		}
	}
	digits := fold.Digits(s)
	if digits == "" || strings.ContainsFunc(s, unicode.IsLetter) {
		return "", "phone_not_a_number", nil
	}
	if len(digits) > 18 {
		return "", "phone_invalid", warn
	}
	e164, why, more := p.resolve(strings.TrimSpace(s), digits, fold.Digits(code), country)
	return e164, why, append(warn, more...)
}

// resolve decides whether digits carry a country code, and which.
func (p phoneRules) resolve(s, digits, code, country string) (e164, why string, warn []string) {
	if strings.HasPrefix(s, "+") || strings.HasPrefix(digits, "00") {
		return international(strings.TrimPrefix(digits, "00"), true)
	}
	if code = strings.TrimLeft(code, "0"); code != "" {
		if e164, ok := valid("+" + code + strings.TrimLeft(digits, "0")); ok {
			return e164, "", nil
		}
		if e164, ok := valid("+" + digits); ok && strings.HasPrefix(digits, code) {
			return e164, "", nil
		}
		return international(code+strings.TrimLeft(digits, "0"), true)
	}
	if country == "" {
		country = p.country
	}
	local, isLocal := validIn(digits, country)
	whole, isWhole := valid("+" + digits)
	switch {
	case isLocal && isWhole && local != whole:
		warn = []string{"ambiguous_country"}
		if p.mode == modeInternational {
			return whole, "", warn
		}
		return local, "", warn
	case isLocal:
		return local, "", nil
	case isWhole:
		return whole, "", nil
	case country == "":
		return "", "phone_no_country", nil
	}
	own := strconv.Itoa(phonenumbers.GetCountryCodeForRegion(country))
	return international(digits, own != "0" && strings.HasPrefix(digits, own))
}

// international accepts a number with its country code, and with trust also
// one of a range that the tables do not know, if it is as long as a mobile.
func international(digits string, trust bool) (e164, why string, warn []string) {
	if quick, ok := quickly(digits); ok {
		if phonenumbers.IsValidNumber(quick) {
			return "+" + digits, "", nil
		}
		if trust && asLongAsMobile(quick) {
			return "+" + digits, "", []string{"unassigned_range"}
		}
		return "", "phone_invalid", nil
	}
	if e164, ok := valid("+" + digits); ok {
		return e164, "", nil
	}
	if trust {
		if n, err := phonenumbers.Parse("+"+digits, ""); err == nil && asLongAsMobile(n) {
			return contact.E164(phonenumbers.Format(n, phonenumbers.E164)), "", []string{"unassigned_range"}
		}
	}
	return "", "phone_invalid", nil
}

// valid asks the library after bringing old forms up to date.
func valid(number string) (string, bool) {
	if n, ok := quickly(strings.TrimPrefix(number, "+")); ok {
		return number, phonenumbers.IsValidNumber(n)
	}
	return ask(contact.E164(number), "ZZ")
}

// validIn reads digits as a number of a country.
func validIn(digits, country string) (string, bool) {
	if country == "" {
		return "", false
	}
	if country == "MX" {
		if m := mexican.FindStringSubmatch(digits); m != nil {
			digits = m[1]
		}
	}
	e164, ok := ask(digits, country)
	return e164, ok
}

func ask(number, region string) (string, bool) {
	n, err := phonenumbers.Parse(number, region)
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return "", false
	}
	return contact.E164(phonenumbers.Format(n, phonenumbers.E164)), true
}

// vote tells whether a number without + speaks for local or for international
// numbers in its column; 0 when it could be both or none.
func (p phoneRules) vote(cell string) int {
	s := tidy(cell)
	digits := fold.Digits(s)
	if p.country == "" || digits == "" || strings.HasPrefix(s, "+") || strings.HasPrefix(digits, "00") || strings.ContainsFunc(s, unicode.IsLetter) {
		return 0
	}
	local, isLocal := validIn(digits, p.country)
	whole, isWhole := valid("+" + digits)
	switch {
	case isLocal == isWhole && local != whole, !isLocal && !isWhole, local == whole:
		return 0
	case isLocal:
		return 1
	default:
		return -1
	}
}
