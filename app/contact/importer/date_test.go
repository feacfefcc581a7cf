package importer

import (
	"testing"
	"time"
)

func TestDates(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Kuwait")
	if err != nil {
		t.Fatal(err)
	}
	rules := dateRules{zone: zone, order: DayMonth, now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
	for in, want := range map[string]string{
		"45306":                     "2024-01-14T21:00:00Z",
		"45306.5":                   "2024-01-15T09:00:00Z",
		"15/01/2024":                "2024-01-14T21:00:00Z",
		"15/01/2024 14:30":          "2024-01-15T11:30:00Z",
		"1/2/24":                    "2024-01-31T21:00:00Z",
		"2024/01/15":                "2024-01-14T21:00:00Z",
		"٢٠٢٤-٠١-١٥":                "2024-01-14T21:00:00Z",
		"2024-07-03T07:23:51.088Z":  "2024-07-03T07:23:51Z",
		"2026-06-08T10:28:39-07:00": "2026-06-08T17:28:39Z",
		"01 Jul 2026 00:09":         "2026-06-30T21:09:00Z",
		"Jul 22 2026 02:09 PM":      "2026-07-22T11:09:00Z",
		"May-14-2024":               "2024-05-13T21:00:00Z",
		"1705266000":                "2024-01-14T21:00:00Z",
		"1705266000000":             "2024-01-14T21:00:00Z",
		"2023-11-12T09:20:31":       "2023-11-12T06:20:31Z",
		"2031-01-01T00:00:00.000Z":  "date_out_of_range",
		"01/01/1980":                "date_out_of_range",
		"soon":                      "date_invalid",
		"31/02/2024":                "date_invalid",
		"":                          "",
	} {
		ms, code := rules.read(in)
		got := code
		if ms != 0 {
			got = time.UnixMilli(ms).UTC().Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
