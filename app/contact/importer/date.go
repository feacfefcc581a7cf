package importer

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"badala/app/fold"
	"badala/app/table"
)

// Orders of day and month in dates like 1/2/2024.
const (
	DayMonth = "DMY"
	MonthDay = "MDY"
)

// dateRules are what the dates of a file have in common.
type dateRules struct {
	zone     *time.Location
	order    string // of 1/2/2024; "" cannot be told
	from1904 bool
	now      time.Time
}

var (
	shortDate = regexp.MustCompile(`^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})(?:[ ,T]+(.*))?$`)
	number    = regexp.MustCompile(`^\d+(\.\d+)?$`)
)

var layouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST",
	"2006-01-02 15:04:05.999999999", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02", "2006/01/02 15:04:05", "2006/01/02 15:04", "2006/01/02",
	"2006/1/2", "2006/1/2 15:04", "2006/1/2 15:04:05", "02 Jan 2006 15:04", "02 Jan 2006 15:04:05", "2 Jan 2006", "2 January 2006",
	"Jan 2 2006 03:04 PM", "Jan 2 2006 3:04 PM", "Jan 2 2006 15:04", "Jan 2 2006", "January 2 2006", "January 2 2006 3:04 PM",
	"Jan-02-2006", "02-Jan-2006", "2-Jan-06", "Mon, 02 Jan 2006 15:04:05 -0700",
}

var clocks = []string{"15:04:05", "15:04", "3:04 PM", "3:04:05 PM", "03:04 PM", "15:04:05.999"}

func tidyDate(s string) string {
	s = cleanText(strings.TrimPrefix(s, "'"))
	if plainASCII(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if d := fold.Digits(string(r)); len(d) == 1 {
			return rune(d[0])
		}
		return r
	}, s)
}

// read gives the instant of a cell in milliseconds, 0 with a code if it has none.
func (d dateRules) read(cell string) (ms int64, code string) {
	s := tidyDate(cell)
	if s == "" {
		return 0, ""
	}
	t, ok := d.parse(s)
	switch {
	case !ok:
		return 0, "date_invalid"
	case t.After(d.now) || t.Year() < 1990:
		return 0, "date_out_of_range"
	}
	return t.UnixMilli(), ""
}

func (d dateRules) parse(s string) (time.Time, bool) {
	if number.MatchString(s) {
		return d.parseNumber(s)
	}
	if m := shortDate.FindStringSubmatch(s); m != nil {
		return d.parseShort(m)
	}
	s = strings.ReplaceAll(s, ", ", " ")
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, s, d.zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// parseNumber reads seconds and milliseconds since 1970, and the days of
// spreadsheet programs.
func (d dateRules) parseNumber(s string) (time.Time, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return time.Time{}, false
	}
	whole, _, _ := strings.Cut(s, ".")
	switch {
	case len(whole) == 13:
		return time.UnixMilli(int64(f)), true
	case len(whole) == 10:
		return time.Unix(int64(f), 0), true
	case f < 10_000 || f > 80_000:
		return time.Time{}, false
	}
	t, ok := table.DateOf(f, d.from1904)
	t = t.Round(time.Second)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, d.zone), ok
}

func (d dateRules) parseShort(m []string) (time.Time, bool) {
	a, _ := strconv.Atoi(m[1])
	b, _ := strconv.Atoi(m[2])
	year, _ := strconv.Atoi(m[3])
	if year < 100 {
		if year += 2000; year > d.now.Year()+1 {
			year -= 100
		}
	}
	day, month := a, b
	switch {
	case a > 12:
	case b > 12:
		day, month = b, a
	case d.order == MonthDay:
		day, month = b, a
	case d.order == "":
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, d.zone)
	if month < 1 || month > 12 || t.Day() != day {
		return time.Time{}, false
	}
	if m[4] == "" {
		return t, true
	}
	for _, layout := range clocks {
		if c, err := time.Parse(layout, strings.ToUpper(strings.TrimSpace(m[4]))); err == nil {
			return time.Date(year, time.Month(month), day, c.Hour(), c.Minute(), c.Second(), c.Nanosecond(), d.zone), true
		}
	}
	return time.Time{}, false
}

// eitherOrder is what a cell shows whose day and month could change places.
const eitherOrder = "?"

// proof tells what a cell proves about the order of its column.
func proof(cell string) string {
	m := shortDate.FindStringSubmatch(tidyDate(cell))
	if m == nil {
		return ""
	}
	a, _ := strconv.Atoi(m[1])
	b, _ := strconv.Atoi(m[2])
	switch {
	case a > 12 && a <= 31 && b <= 12:
		return DayMonth
	case b > 12 && b <= 31 && a <= 12:
		return MonthDay
	case a != b && a <= 12 && b <= 12:
		return eitherOrder
	}
	return ""
}
