package hours_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"badala/app/hours"
)

var (
	sunThu = []time.Weekday{time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday}
	monFri = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
)

// places are shops in three zones, each with a year of its own: Berlin changes
// its clocks in the night, São Paulo (until 2019) at midnight.
func places() map[string]hours.Plan {
	return map[string]hours.Plan{
		"Asia/Kuwait": {
			Timezone: "Asia/Kuwait",
			Windows: append(hours.Week(sunThu, hours.Span{From: "09:00", To: "13:00"}, hours.Span{From: "16:30", To: "21:00"}),
				hours.Week([]time.Weekday{time.Saturday}, hours.Span{From: "20:00", To: "02:00"})...),
			Holidays:    []string{"2026-01-01", "2026-02-25", "2026-02-26"},
			SpecialDays: []hours.SpecialDay{{Date: "2026-03-20", Windows: []hours.Span{{From: "18:00", To: "23:30"}}}},
			Periods: []hours.Period{{Name: "Ramadan", From: "2026-02-18", To: "2026-03-19",
				Windows: hours.Week(sunThu, hours.Span{From: "10:00", To: "14:00"}, hours.Span{From: "20:30", To: "01:00"})}},
		},
		"Europe/Berlin": {
			Timezone: "Europe/Berlin",
			Windows: append(hours.Week(monFri, hours.Span{From: "08:00", To: "18:00"}),
				hours.Week([]time.Weekday{time.Saturday, time.Sunday}, hours.Span{From: "22:00", To: "02:30"}, hours.Span{From: "02:15", To: "04:45"})...),
			Holidays: []string{"2026-05-01", "2026-10-03", "2026-12-25"},
		},
		"America/Sao_Paulo": {
			Timezone: "America/Sao_Paulo",
			Windows: append(hours.Week(monFri, hours.Span{From: "09:00", To: "24:00"}),
				hours.Week([]time.Weekday{time.Saturday, time.Sunday}, hours.Span{From: "00:00", To: "00:30"}, hours.Span{From: "23:30", To: "23:45"})...),
			Holidays: []string{"2018-12-25"},
		},
	}
}

func TestAYearOfInstants(t *testing.T) {
	t.Parallel()
	for zone, plan := range places() {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			year := 2026
			if zone == "America/Sao_Paulo" {
				year = 2018
			}
			agree(t, plan, time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC), 5*time.Minute, 3)
		})
	}
}

func TestInstants(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, zone, at string
		open           bool
		next           string // of the zone; "" is at itself
	}{
		{"first minute", "Asia/Kuwait", "2026-11-22 09:00", true, ""},
		{"minute before", "Asia/Kuwait", "2026-11-22 08:59", false, "2026-11-22 09:00"},
		{"the end is closed", "Asia/Kuwait", "2026-11-22 13:00", false, "2026-11-22 16:30"},
		{"second window", "Asia/Kuwait", "2026-11-22 20:59", true, ""},
		{"over the weekend", "Asia/Kuwait", "2026-11-19 21:00", false, "2026-11-21 20:00"},
		{"past midnight", "Asia/Kuwait", "2026-11-22 01:59", true, ""},
		{"past midnight, over", "Asia/Kuwait", "2026-11-22 02:00", false, "2026-11-22 09:00"},
		{"new year's day", "Asia/Kuwait", "2026-01-01 10:00", false, "2026-01-03 20:00"},
		{"holidays in the period", "Asia/Kuwait", "2026-02-25 10:00", false, "2026-03-01 10:00"},
		{"a window into a holiday", "Asia/Kuwait", "2026-02-25 00:30", true, ""},
		{"before the period", "Asia/Kuwait", "2026-02-17 16:30", true, ""},
		{"in the period", "Asia/Kuwait", "2026-02-18 16:30", false, "2026-02-18 20:30"},
		{"special day on a Friday", "Asia/Kuwait", "2026-03-20 18:00", true, ""},
		{"window in the gap begins after it", "Europe/Berlin", "2026-03-29 01:59", true, ""},
		{"right after the gap", "Europe/Berlin", "2026-03-29 03:00", true, ""},
		{"closing as usual after the gap", "Europe/Berlin", "2026-03-29 04:45", false, "2026-03-29 22:00"},
		{"midnight is skipped", "America/Sao_Paulo", "2018-11-04 01:00", false, "2018-11-04 23:30"},
		{"the day before ends where it is skipped", "America/Sao_Paulo", "2018-11-03 23:59", false, "2018-11-04 23:30"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := compile(t, places()[tt.zone])
			at, err := time.ParseInLocation(onWall, tt.at, s.Zone())
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Open(at); got != tt.open {
				t.Errorf("open %t", got)
			}
			want := tt.next
			if want == "" {
				want = tt.at
			}
			if next, ok := s.Next(at); !ok || next.In(s.Zone()).Format(onWall) != want {
				t.Errorf("next opening %s, want %s", next.In(s.Zone()), want)
			}
		})
	}
}

func TestARepeatedHourCountsOnce(t *testing.T) {
	t.Parallel()
	s := compile(t, hours.Plan{Timezone: "Europe/Berlin", Windows: hours.Week([]time.Weekday{time.Sunday}, hours.Span{From: "01:00", To: "02:30"})})
	for at, want := range map[string]bool{
		"2026-10-24T23:00:00Z": true,  // 01:00
		"2026-10-25T00:29:00Z": true,  // 02:29, for the first time
		"2026-10-25T00:30:00Z": false, // 02:30
		"2026-10-25T01:00:00Z": false, // 02:00 again
		"2026-10-25T01:29:00Z": false,
	} {
		instant, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Open(instant); got != want {
			t.Errorf("%s: open %t", at, got)
		}
	}
}

// TestAnyPlan compares random plans with the oracle around the clock changes
// and elsewhere.
func TestAnyPlan(t *testing.T) {
	t.Parallel()
	const seed = 20261122
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 5))
	starts := map[string][]string{
		"Asia/Kuwait":       {"2026-02-24", "2026-12-29"},
		"Europe/Berlin":     {"2026-03-27", "2026-10-23", "2026-07-01"},
		"America/Sao_Paulo": {"2018-02-16", "2018-11-02", "2026-05-05"},
	}
	for range 25 {
		for _, zone := range []string{"Asia/Kuwait", "Europe/Berlin", "America/Sao_Paulo"} {
			from, err := time.Parse(time.DateOnly, starts[zone][r.IntN(len(starts[zone]))])
			if err != nil {
				t.Fatal(err)
			}
			agree(t, anyPlan(r, zone, from), from, from.AddDate(0, 0, 5), time.Minute, 1+r.IntN(20))
		}
	}
}

// anyPlan makes windows, holidays, special days and a period near a date.
func anyPlan(r *rand.Rand, zone string, near time.Time) hours.Plan {
	clock := func() string { return fmt.Sprintf("%02d:%02d", r.IntN(24), 5*r.IntN(12)) }
	end := func() string {
		if r.IntN(8) == 0 {
			return "24:00"
		}
		return clock()
	}
	date := func() string { return near.AddDate(0, 0, r.IntN(8)-1).Format(time.DateOnly) }
	week := func() (all []hours.Window) {
		for range r.IntN(12) {
			all = append(all, hours.Window{Day: hours.Days[r.IntN(7)], From: clock(), To: end()})
		}
		return all
	}
	p := hours.Plan{Timezone: zone, Windows: week()}
	for range r.IntN(3) {
		p.Holidays = append(p.Holidays, date())
	}
	if d := date(); r.IntN(2) == 0 && !slices.Contains(p.Holidays, d) {
		p.SpecialDays = []hours.SpecialDay{{Date: d, Windows: []hours.Span{{From: clock(), To: end()}}}}
	}
	if a, b := date(), date(); r.IntN(2) == 0 {
		p.Periods = []hours.Period{{From: min(a, b), To: max(a, b), Windows: week()}}
	}
	return p
}

func TestAlwaysAndNever(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	all := []time.Weekday{0, 1, 2, 3, 4, 5, 6}
	always := compile(t, hours.Plan{Timezone: "UTC", Windows: hours.Week(all, hours.Span{From: "00:00", To: "24:00"})})
	if closing, ok := always.Closing(at); !always.Open(at) || ok {
		t.Errorf("always open closes at %s", closing)
	}
	never := compile(t, hours.Plan{Timezone: "UTC"})
	if next, ok := never.Next(at); never.Open(at) || ok {
		t.Errorf("never open opens at %s", next)
	}
	if got := never.Words("en", at); got != "as soon as we can" {
		t.Error(got)
	}
}

func TestEveryWrongFieldIsNamed(t *testing.T) {
	t.Parallel()
	p := hours.Plan{
		Timezone:    "Local",
		Windows:     []hours.Window{{"MOON", "9:00", "25:00"}, {"MON", "24:00", "10:00"}},
		Holidays:    []string{"2026-02-30"},
		SpecialDays: []hours.SpecialDay{{Date: "soon", Windows: []hours.Span{{"", "x"}}}},
		Periods:     []hours.Period{{Name: strings.Repeat("x", 61), From: "2026-03-01", To: "2026-02-01"}},
	}
	if _, wrong := p.Compile(); !slices.Equal(fields(wrong), []string{"timezone"}) {
		t.Errorf("a zone that is none: %v", wrong)
	}
	p.Timezone = "Asia/Kuwait"
	_, wrong := p.Compile()
	want := []string{"windows[0].day", "windows[0].from", "windows[0].to", "windows[1].from", "holidays[0]", "specialDays[0].date",
		"specialDays[0].windows[0].from", "specialDays[0].windows[0].to", "periods[0].name", "periods[0].to"}
	if !slices.Equal(fields(wrong), want) {
		t.Errorf("fields\n%v, want\n%v", fields(wrong), want)
	}
	p = hours.Plan{Timezone: "UTC", Holidays: []string{"2026-01-01", "2026-01-01 "}, SpecialDays: []hours.SpecialDay{{Date: "2026-01-01"}},
		Periods: []hours.Period{{From: "2026-02-01", To: "2026-02-10"}, {From: "2026-02-10", To: "2026-02-20"}}}
	if _, wrong := p.Compile(); !slices.Equal(fields(wrong), []string{"specialDays[0].date", "periods[1].from"}) || len(p.Holidays) != 1 {
		t.Errorf("doubled: %v %v", wrong, p.Holidays)
	}
	p = hours.Plan{Timezone: "UTC", Windows: make([]hours.Window, 71)}
	if _, wrong := p.Compile(); !slices.Equal(fields(wrong), []string{"windows"}) {
		t.Errorf("too many: %v", wrong)
	}
}

func fields(wrong []string) (names []string) {
	for _, w := range wrong {
		name, _, _ := strings.Cut(w, ": ")
		names = append(names, name)
	}
	return names
}

func TestWords(t *testing.T) {
	t.Parallel()
	s := compile(t, places()["Asia/Kuwait"])
	for _, tt := range []struct{ at, en, ar string }{
		{"2026-11-22 15:00", "today at 4:30 pm", "اليوم الساعة 4:30 مساءً"},
		{"2026-11-22 21:00", "tomorrow at 9:00 am", "غدًا الساعة 9:00 صباحًا"},
		{"2026-11-19 21:00", "on Saturday at 8:00 pm", "يوم السبت الساعة 8:00 مساءً"},
		{"2026-11-22 00:00", "today at 12:00 am", "اليوم الساعة 12:00 صباحًا"},
	} {
		at, err := time.ParseInLocation(onWall, tt.at, s.Zone())
		if err != nil {
			t.Fatal(err)
		}
		if en, ar := s.Words("en", at), s.Words("ar", at); en != tt.en || ar != tt.ar {
			t.Errorf("%s: %q, %q", tt.at, en, ar)
		}
	}
	far := compile(t, hours.Plan{Timezone: "Asia/Kuwait", SpecialDays: []hours.SpecialDay{{Date: "2027-01-03", Windows: []hours.Span{{From: "12:00", To: "13:00"}}}}})
	at := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	if en, ar := far.Words("en", at), far.Words("ar", at); en != "on Sunday, 3 Jan at 12:00 pm" || ar != "يوم الأحد 3 يناير الساعة 12:00 ظهرًا" {
		t.Errorf("%q, %q", en, ar)
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, name, want string }{
		{"Hello {{name}}, we open {{ nextOpening }}.", "Noor", "Hello Noor, we open soon."},
		{"Hello {{name}}, we open {{nextOpening}}.", "", "Hello, we open soon."},
		{"Thank you, {{name}}.", "", "Thank you."},
		{"{{name}}, thank you.", "", "thank you."},
		{"شكرًا لرسالتك، {{name}}.", "", "شكرًا لرسالتك."},
		{"Hello {{name}}", "{{nextOpening}}", "Hello {{nextOpening}}"},
	} {
		if got := hours.Fill(tt.text, map[string]string{"name": tt.name, "nextOpening": "soon"}); got != tt.want {
			t.Errorf("%q with %q: %q", tt.text, tt.name, got)
		}
	}
	if got := hours.Unknown("{{name}} {{phone}} {{ phone }} {{}}", "name"); !slices.Equal(got, []string{"phone", ""}) {
		t.Error(got)
	}
	if !hours.Arabic("ok شكرًا") || hours.Arabic("ok 😊 ١٢؟") {
		t.Error("script")
	}
}
