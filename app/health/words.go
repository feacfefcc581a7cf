package health

import (
	"fmt"
	"time"

	"badala/app/db"
	"badala/app/i18n"
)

// Arg is a part of a sentence, told in the reader's language.
type Arg struct {
	kind byte
	n    int64
	s    string
}

func text(s string) Arg     { return Arg{kind: 't', s: s} }
func count(n int) Arg       { return Arg{kind: 'n', n: int64(n)} }
func bytes(n int64) Arg     { return Arg{kind: 'b', n: n} }
func moment(ms int64) Arg   { return Arg{kind: 'm', n: ms} }
func span(ms int64) Arg     { return Arg{kind: 's', n: ms} }
func phrase(key string) Arg { return Arg{kind: 'k', s: key} }

// Sentence says what is not right.
func (f Finding) Sentence(lang string, zone *time.Location) string { return f.say(lang, zone, "") }

// Remedy says how to mend it.
func (f Finding) Remedy(lang string, zone *time.Location) string { return f.say(lang, zone, ".fix") }

func (f Finding) say(lang string, zone *time.Location, part string) string {
	args := make([]any, len(f.Args))
	for i, a := range f.Args {
		args[i] = a.in(lang, zone)
	}
	return i18n.T(lang, "health."+f.Key+part, args...)
}

// in tells an argument in a language.
func (a Arg) in(lang string, zone *time.Location) any {
	switch a.kind {
	case 'n':
		return int(a.n)
	case 'b':
		if a.n < 10<<30 {
			return aside(lang, fmt.Sprintf("%d MB", a.n>>20))
		}
		return aside(lang, fmt.Sprintf("%d GB", a.n>>30))
	case 'm':
		return aside(lang, db.Time(a.n).In(zone).Format("2006-01-02 15:04"))
	case 's':
		return spanIn(lang, a.n)
	case 'k':
		return i18n.T(lang, a.s)
	}
	return aside(lang, a.s)
}

func spanIn(lang string, ms int64) string {
	switch {
	case ms >= 2*day:
		return i18n.T(lang, "health.days", int(ms/day))
	case ms >= 2*hour:
		return i18n.T(lang, "health.hours", int(ms/hour))
	case ms >= 2*minute:
		return i18n.T(lang, "health.minutes", int(ms/minute))
	}
	return i18n.T(lang, "health.seconds", int(ms/1000))
}

// aside keeps foreign text from turning an Arabic sentence around.
func aside(lang, s string) string {
	if lang != "ar" || s == "" {
		return s
	}
	return "\u2068" + s + "\u2069"
}

// AreaName says what a check without findings has found in order.
func AreaName(name, lang string) string { return i18n.T(lang, "health.area."+name) }
