package broadcast

import "badala/app/template"

// PricesAsOf says of when the built-in prices are. They are an estimate to
// begin with, in US dollars: what WhatsApp charges is on Meta's price list and
// the invoice.
const PricesAsOf = "2026-10-01"

// market is what a delivered message costs, in millionths of a dollar.
type market struct{ marketing, utility, authentication int64 }

// The markets of Meta's list that are groups of countries.
var (
	northAmerica   = market{25_000, 3_400, 3_400}
	restAfrica     = market{22_500, 4_000, 4_000}
	restAsia       = market{73_200, 11_300, 11_300}
	restEastEurope = market{86_000, 21_200, 21_200}
	restLatin      = market{74_000, 11_300, 11_300}
	restMiddleEast = market{34_100, 9_100, 9_100}
	restWestEurope = market{59_200, 17_100, 17_100}
	restOfWorld    = market{60_400, 7_700, 7_700}
)

// builtIn are prices by country; a country that is not here costs as "".
var builtIn = func() map[string]market {
	all := map[string]market{
		"": restOfWorld,

		"AR": {61_800, 26_000, 26_000}, "BR": {62_500, 6_800, 6_800}, "CL": {88_900, 20_000, 20_000}, "CO": {12_500, 800, 800},
		"EG": {64_400, 3_600, 3_600}, "FR": {85_900, 30_000, 30_000}, "DE": {113_100, 45_600, 45_600}, "IN": {11_800, 1_400, 1_400},
		"ID": {41_100, 25_000, 25_000}, "IL": {35_300, 5_300, 5_300}, "IT": {69_100, 30_000, 30_000}, "MY": {86_000, 14_000, 14_000},
		"MX": {30_500, 8_500, 8_500}, "NL": {132_300, 50_000, 50_000}, "NG": {51_600, 6_700, 6_700}, "PK": {47_300, 5_400, 5_400},
		"PE": {70_300, 20_000, 20_000}, "RU": {80_200, 40_000, 40_000}, "SA": {45_500, 10_700, 10_700}, "ZA": {37_900, 7_600, 7_600},
		"ES": {61_500, 20_000, 20_000}, "TR": {10_900, 5_300, 5_300}, "AE": {49_900, 15_700, 15_700}, "GB": {52_900, 22_000, 22_000},
	}
	for m, countries := range map[market][]string{
		northAmerica: {"US", "CA"},
		restAfrica: {"DZ", "AO", "BJ", "BW", "BF", "BI", "CM", "TD", "CG", "CI", "ER", "ET", "GA", "GM", "GH", "GW", "KE", "LS", "LR", "LY", "MG", "MW",
			"ML", "MR", "MA", "MZ", "NA", "NE", "RW", "SN", "SL", "SO", "SS", "SD", "SZ", "TZ", "TG", "TN", "UG", "ZM"},
		restAsia:       {"AF", "AU", "BD", "KH", "CN", "HK", "JP", "LA", "MN", "NP", "NZ", "PG", "PH", "SG", "LK", "TW", "TJ", "TH", "TM", "UZ", "VN"},
		restEastEurope: {"AL", "AM", "AZ", "BY", "BG", "HR", "CZ", "GE", "GR", "HU", "LV", "LT", "MD", "MK", "PL", "RO", "RS", "SK", "SI", "UA"},
		restLatin:      {"BO", "CR", "DO", "EC", "SV", "GT", "HT", "HN", "JM", "NI", "PA", "PY", "PR", "UY", "VE"},
		restMiddleEast: {"BH", "IQ", "JO", "KW", "LB", "OM", "PS", "QA", "SY", "YE"},
		restWestEurope: {"AT", "BE", "DK", "FI", "IE", "NO", "PT", "SE", "CH"},
	} {
		for _, c := range countries {
			all[c] = m
		}
	}
	return all
}()

// of is the price in a category. Of what is not known it is the dearest.
func (m market) of(category string) int64 {
	switch category {
	case template.Utility:
		return m.utility
	case template.Authentication:
		return m.authentication
	}
	return m.marketing
}
