package importer

import (
	"encoding/json"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"badala/app/contact"
	"badala/app/fold"
	"badala/app/table"

	"golang.org/x/text/unicode/norm"
)

const (
	maxCell     = 32_767
	maxName     = 255
	maxTags     = 50
	maxTagName  = 60
	maxTextCell = 10_000 // of notes and custom fields
)

// foldWord is how header names and yes-or-no words are compared: letters and
// digits of the folded text.
func foldWord(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, fold.Text(s))
}

// cleanText composes and trims text and drops what cannot be seen; line breaks stay.
func cleanText(s string) string {
	s = table.Unescape(s)
	if !plainASCII(s) {
		s = strings.Map(func(r rune) rune {
			switch {
			case r == '\n' || r == '\u200c' || r == '\u200d':
				return r
			case r == '\t' || r == '\u00a0':
				return ' '
			case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
				return -1
			}
			return r
		}, norm.NFC.String(s))
	}
	return strings.TrimSpace(s)
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// cut shortens to n letters and tells whether it did.
func cut(s string, n int) (string, bool) {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s, false
	}
	return string([]rune(s)[:n]), true
}

// one makes a line of text.
func oneLine(s string) string { return contact.CleanName(table.Unescape(s)) }

// cleanID gives an id of another system exactly, or the code of its damage.
func cleanID(s string) (id, code string) {
	s = strings.TrimSpace(cleanText(s))
	s = strings.TrimPrefix(s, "'")
	if strings.HasPrefix(s, `="`) && strings.HasSuffix(s, `"`) && len(s) > 2 {
		s = s[2 : len(s)-1]
	}
	if m := scientific.FindStringSubmatch(s); m != nil && (strings.ContainsAny(s, ".,+")) {
		return "", "external_id_damaged"
	}
	if m := zeroCents.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	s, _ = cut(s, maxName)
	return s, ""
}

// tagsOf splits a cell of tags. Tags that others made by themselves are dropped.
func tagsOf(s string) []string {
	s = cleanText(s)
	if s == "" {
		return nil
	}
	var parts []string
	if !strings.HasPrefix(s, "[") || json.Unmarshal([]byte(s), &parts) != nil {
		parts = splitTags(s)
	}
	var tags []string
	seen := map[string]bool{}
	for _, t := range parts {
		if t = oneLine(t); t == "* myContacts" || t == "* starred" {
			continue
		}
		t = strings.TrimSpace(strings.TrimPrefix(t, "* "))
		t, _ = cut(t, maxTagName)
		if key := contact.TagKey(t); key != "" && !seen[key] && len(tags) < maxTags {
			seen[key] = true
			tags = append(tags, t)
		}
	}
	return tags
}

func splitTags(s string) []string {
	if strings.Contains(s, table.Join) {
		return strings.Split(s, table.Join)
	}
	hard := func(r rune) bool { return r == '|' || r == ';' || r == '؛' || r == '\n' }
	if strings.ContainsFunc(s, hard) {
		return strings.FieldsFunc(s, hard)
	}
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == '،' })
}

var yes, no = words("true t yes y 1 on optin optedin subscribed allowed consented granted نعم اي أجل اجل موافق مشترك si sí oui sim evet ja"),
	words("false f no n 0 off optout optedout unsubscribed denied لا كلا غيرموافق مرفوض non não nao hayır hayir nein")

func words(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[foldWord(w)] = true
	}
	return set
}

// boolOf reads yes or no; nil and ok for a blank cell, not ok for another word.
func boolOf(s string) (v *bool, ok bool) {
	w := foldWord(s)
	switch {
	case w == "":
		return nil, strings.TrimSpace(s) == ""
	case yes[w]:
		return new(true), true
	case no[w]:
		return new(false), true
	}
	return nil, false
}

// emailsOf splits a cell of addresses and drops the invalid ones.
func emailsOf(s string) (all []string, invalid bool) {
	s = cleanText(s)
	if s == "" {
		return nil, false
	}
	s = strings.ReplaceAll(s, ":::", ";")
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == ',' || r == '\n' || r == ' ' }) {
		part = strings.ToLower(strings.TrimPrefix(strings.ToLower(part), "mailto:"))
		a, err := mail.ParseAddress(part)
		if err != nil || a.Address != part || len(part) > 254 || !strings.Contains(part[strings.LastIndexByte(part, '@'):], ".") {
			invalid = true
			continue
		}
		if !slices.Contains(all, part) {
			all = append(all, part)
		}
	}
	return all, invalid
}

// callingCode says whether a cell is a calling code and gives its digits.
func callingCode(s string) string {
	d := strings.TrimLeft(fold.Digits(s), "0")
	if n, err := strconv.Atoi(d); err != nil || n < 1 || n > 999 {
		return ""
	}
	return d
}
