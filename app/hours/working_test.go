package hours_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"badala/app/hours"
)

func TestWorkingTime(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, zone, at, minutes, want string }{
		{"within an opening", "Asia/Kuwait", "2026-11-22 09:00", "15m", "2026-11-22 09:15"},
		{"over lunch", "Asia/Kuwait", "2026-11-22 12:50", "15m", "2026-11-22 16:35"},
		{"ends with the opening", "Asia/Kuwait", "2026-11-22 12:45", "15m", "2026-11-22 13:00"},
		{"over a night", "Asia/Kuwait", "2026-11-22 20:55", "15m", "2026-11-23 09:10"},
		{"written while closed", "Asia/Kuwait", "2026-11-22 05:00", "15m", "2026-11-22 09:15"},
		{"over the weekend", "Asia/Kuwait", "2026-11-19 20:50", "30m", "2026-11-21 20:20"},
		{"over holidays in the period", "Asia/Kuwait", "2026-02-25 12:00", "15m", "2026-03-01 10:15"},
		{"clocks forward", "Europe/Berlin", "2026-03-29 01:50", "20m", "2026-03-29 03:10"},
		{"clocks back", "Europe/Berlin", "2026-10-25 01:50", "3h", "2026-10-25 03:50"},
		{"a working day later", "Europe/Berlin", "2026-10-23 17:00", "2h", "2026-10-24 03:15"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := compile(t, places()[tt.zone])
			at, err := time.ParseInLocation(onWall, tt.at, s.Zone())
			if err != nil {
				t.Fatal(err)
			}
			long, err := time.ParseDuration(tt.minutes)
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := s.After(at, long); !ok || got.In(s.Zone()).Format(onWall) != tt.want {
				t.Errorf("after %s: %s, want %s", tt.minutes, got.In(s.Zone()), tt.want)
			}
		})
	}
}

// TestWorkingTimeOfAnyPlan counts the open minutes of random plans one by one.
func TestWorkingTimeOfAnyPlan(t *testing.T) {
	t.Parallel()
	const seed = 22
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 5))
	for range 60 {
		near := time.Date(2026, 10, 23, 0, 0, 0, 0, time.UTC)
		s := compile(t, anyPlan(r, "Europe/Berlin", near))
		at := near.Add(time.Duration(r.IntN(2*24*60)) * time.Minute)
		minutes := 1 + r.IntN(600)
		got, ok := s.After(at, time.Duration(minutes)*time.Minute)
		open := 0
		for now := at; open < minutes; now = now.Add(time.Minute) {
			if s.Open(now) {
				open++
			}
			if now.Sub(at) > 20*24*time.Hour {
				if ok && got.Before(now) {
					t.Fatalf("%s, but after %s only %d of %d minutes were open", got, now, open, minutes)
				}
				break
			}
			if open == minutes && (!ok || !got.Equal(now.Add(time.Minute))) {
				t.Fatalf("%d minutes from %s: %s, counted %s", minutes, at, got, now.Add(time.Minute))
			}
		}
	}
}

func TestNoWorkingTime(t *testing.T) {
	t.Parallel()
	never := hours.Plan{Timezone: "UTC", Holidays: []string{"2026-01-01"}}
	if never.Opens() {
		t.Error("a plan without windows opens")
	}
	if at, ok := compile(t, never).After(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Minute); ok {
		t.Errorf("worked until %s", at)
	}
	once := hours.Plan{Timezone: "UTC", SpecialDays: []hours.SpecialDay{{Date: "2026-01-02", Windows: []hours.Span{{From: "09:00", To: "09:05"}}}}}
	if !once.Opens() {
		t.Error("a special day is no opening")
	}
	if at, ok := compile(t, once).After(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 6*time.Minute); ok {
		t.Errorf("worked six minutes by %s", at)
	}
}
