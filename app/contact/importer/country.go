package importer

import (
	_ "embed" // for the names of countries
	"strings"
	"sync"
)

// countryNames has a line for each country: its ISO code, then the code of
// three letters and the names in English, Arabic and French, as the Unicode
// consortium lists them.
//
//go:embed countries.txt
var countryNames string

// countries finds ISO codes by folded codes and names.
var countries = sync.OnceValue(func() map[string]string {
	byName := map[string]string{"usa": "US", "uk": "GB", "uae": "AE", "ksa": "SA"}
	for line := range strings.Lines(countryNames) {
		names := strings.Split(strings.TrimSpace(line), "|")
		for _, n := range names {
			if n = foldWord(n); n != "" {
				byName[n] = names[0]
			}
		}
	}
	return byName
})

// Country is a country by code and name.
type Country struct{ Code, Name string }

// Countries lists all countries with their names in English or Arabic.
func Countries(lang string) []Country {
	at := 2
	if lang == "ar" {
		at = 3
	}
	var all []Country
	for line := range strings.Lines(countryNames) {
		if parts := strings.Split(strings.TrimSpace(line), "|"); len(parts) > at {
			all = append(all, Country{parts[0], parts[at]})
		}
	}
	return all
}

// CountryOf gives the ISO code of a country by code or name, "" if unknown.
func CountryOf(s string) string {
	if s == "" {
		return ""
	}
	return countries()[foldWord(s)]
}
