package views

import (
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
)

// htmxConfig must be strict JSON: the shorthand misreads arrays.
const htmxConfig = `{"includeIndicatorCSS":false,"extensions":"none","noSwap":[204,304,"5xx"],"defaultTimeout":15000}`

func num(n int64) string { return strconv.FormatInt(n, 10) }

func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// millis is the time for scripts, "0" when there is none.
func millis(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return num(t.UnixMilli())
}

func boolAttr(b bool) string { return strconv.FormatBool(b) }

func (p Page) lang() string {
	if p.Lang == "ar" {
		return "ar"
	}
	return "en"
}

func (p Page) otherLang() string {
	if p.Lang == "ar" {
		return "en"
	}
	return "ar"
}

// otherTheme is what the theme button changes to.
func (p Page) otherTheme() string {
	switch p.theme() {
	case "auto":
		return "dark"
	case "dark":
		return "light"
	}
	return "auto"
}

func (p Page) title() string {
	if p.Title == "" {
		return "Badala"
	}
	return p.Title + " · Badala"
}

// day is the date in the page's zone, as in 2026-11-22.
func (p Page) day(t time.Time) string { return t.In(p.zone()).Format("2006-01-02") }

func (p Page) clock(t time.Time) string { return t.In(p.zone()).Format("15:04") }

// daysAgo counts calendar days in the page's zone.
func (p Page) daysAgo(t time.Time) int {
	midnight := func(t time.Time) time.Time {
		y, m, d := t.In(p.zone()).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(p.Now).Sub(midnight(t)).Hours() / 24)
}

func (p Page) weekday(t time.Time) string {
	return p.T("weekday." + strconv.Itoa(int(t.In(p.zone()).Weekday())))
}

// date is written out, with the year when it is not this one.
func (p Page) date(t time.Time) string {
	t = t.In(p.zone())
	month := p.T("month." + strconv.Itoa(int(t.Month())))
	if t.Year() == p.Now.In(p.zone()).Year() {
		return fmt.Sprintf("%d %s", t.Day(), month)
	}
	return fmt.Sprintf("%d %s %d", t.Day(), month, t.Year())
}

func (p Page) full(t time.Time) string {
	return p.weekday(t) + p.T("comma") + " " + p.date(t) + " " + p.clock(t)
}

// listTime is short: the hour today, then the day, then the date.
func (p Page) listTime(t time.Time) string {
	switch n := p.daysAgo(t); {
	case n <= 0:
		return p.clock(t)
	case n == 1:
		return p.T("time.yesterday")
	case n < 7:
		return p.weekday(t)
	}
	return p.date(t)
}

// soon is a time to come: the day where it is not today, and the clock.
func (p Page) soon(t time.Time) string {
	if p.daysAgo(t) == 0 {
		return p.clock(t)
	}
	return p.soonDay(t) + " " + p.clock(t)
}

// soonDay is a time to come, short: the clock today, else the day.
func (p Page) soonDay(t time.Time) string {
	switch n := p.daysAgo(t); {
	case n == 0:
		return p.clock(t)
	case n > -7:
		return p.weekday(t)
	}
	return p.date(t)
}

// snoozeEvening is the hour until which "today" puts a conversation aside.
const snoozeEvening = 18

// snoozePresets are until when a conversation may be put aside from the page.
func (p Page) snoozePresets() []string {
	if p.Now.In(p.zone()).Hour() >= snoozeEvening {
		return []string{"tomorrow", "week"}
	}
	return []string{"today", "tomorrow", "week"}
}

func (p Page) dayName(t time.Time) string {
	switch n := p.daysAgo(t); {
	case n == 0:
		return p.T("time.today")
	case n == 1:
		return p.T("time.yesterday")
	case n > 1 && n < 7:
		return p.weekday(t)
	}
	return p.date(t)
}

// soon is when the remaining time of a window becomes worth a warning.
const soon = 4 * time.Hour

// windowState is "open", "soon", "closed" or "" when there was never one.
func windowState(now time.Time, w Window) string {
	switch {
	case !w.Open:
		return "closed"
	case w.Until.Sub(now) < soon:
		return "soon"
	}
	return "open"
}

// left is the remaining time, as in "2h 14m left".
func left(p Page, until time.Time) string {
	m := max(int(until.Sub(p.Now).Minutes()), 0)
	if m < 60 {
		return p.T("window.minutes", m)
	}
	return p.T("window.hours", m/60, m%60)
}

func seconds(n int) string { return fmt.Sprintf("%d:%02d", n/60, n%60) }

func bytes(n int64) string {
	if n <= 0 {
		return ""
	}
	return humanize.Bytes(uint64(n))
}

func badge(n int) string {
	if n > 99 {
		return "99+"
	}
	return strconv.Itoa(n)
}

// cut shortens a preview.
func cut(s string) string {
	const limit = 120
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit]) + "…"
}

func alertRole(bad bool) string {
	if bad {
		return "alert"
	}
	return "status"
}

func enter(p Page) string {
	if p.EnterSends {
		return "enter"
	}
	return "ctrl"
}

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}

// short is a time with its day, as people say it: the day only when it is not today.
func (p Page) short(t time.Time) string {
	switch n := p.daysAgo(t); {
	case n == 0:
		return p.clock(t)
	case n == 1:
		return p.T("time.yesterday") + " " + p.clock(t)
	case n > 1 && n < 7:
		return p.weekday(t) + " " + p.clock(t)
	}
	return p.date(t) + " " + p.clock(t)
}
