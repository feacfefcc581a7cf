package hours

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"badala/app/i18n"
)

// Words says when the business opens, seen from now, in words that go on a
// sentence: "tomorrow at 9:00 am". Without an opening it is "as soon as we can".
func (s *Schedule) Words(lang string, now time.Time) string {
	next, ok := s.Next(now)
	if !ok {
		return i18n.T(lang, "hours.at.unknown")
	}
	at := next.In(s.zone)
	clock := Clock(lang, at)
	switch days := s.dayOf(next) - s.dayOf(now); {
	case days == 0:
		return i18n.T(lang, "hours.at.today", clock)
	case days == 1:
		return i18n.T(lang, "hours.at.tomorrow", clock)
	case days < 7:
		return i18n.T(lang, "hours.at.weekday", Weekday(lang, at.Weekday()), clock)
	}
	return i18n.T(lang, "hours.at.date", Weekday(lang, at.Weekday()), at.Day(), i18n.T(lang, fmt.Sprintf("month.%d", at.Month())), clock)
}

// Weekday is the name of a day.
func Weekday(lang string, d time.Weekday) string { return i18n.T(lang, fmt.Sprintf("weekday.%d", d)) }

// Clock is the time of day as customers read it.
func Clock(lang string, at time.Time) string {
	key := "hours.am"
	switch {
	case at.Hour() == 12:
		key = "hours.noon"
	case at.Hour() > 12:
		key = "hours.pm"
	}
	return i18n.T(lang, key, at.Format("3:04"))
}

var (
	variable = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)
	nameless = regexp.MustCompile(`[,،]?[ \t]*\{\{\s*name\s*\}\}`)
	headless = regexp.MustCompile(`(?m)^[ \t]*\{\{\s*name\s*\}\}[,،!]?[ \t]*`)
)

// Unknown lists the variables of a text that are none of known.
func Unknown(text string, known ...string) (strange []string) {
	for _, m := range variable.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(known, m[1]) && !slices.Contains(strange, m[1]) {
			strange = append(strange, m[1])
		}
	}
	return strange
}

// Fill puts values into the variables of a text. Without a name the text is
// mended, so that "Hello {{name}}, …" is "Hello, …".
func Fill(text string, values map[string]string) string {
	if values["name"] == "" {
		text = nameless.ReplaceAllString(headless.ReplaceAllString(text, ""), "")
	}
	return strings.TrimSpace(variable.ReplaceAllStringFunc(text, func(v string) string {
		return values[variable.FindStringSubmatch(v)[1]]
	}))
}

// Arabic says whether a text has an Arabic letter.
func Arabic(text string) bool {
	return strings.ContainsFunc(text, func(c rune) bool { return unicode.Is(unicode.Arabic, c) && unicode.IsLetter(c) })
}
