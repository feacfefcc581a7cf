// Package i18n holds every text that Badala shows, in English and Arabic.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed en.json ar.json
var files embed.FS

// Languages are the codes that have a catalogue.
var Languages = []string{"en", "ar"}

// Message is one entry of a catalogue: a text, or a text for each plural form.
type Message struct {
	Text  string
	Forms map[string]string // by plural form: zero, one, two, few, many, other
}

// UnmarshalJSON reads a string, or an object of plural forms.
func (m *Message) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		return json.Unmarshal(b, &m.Forms)
	}
	return json.Unmarshal(b, &m.Text)
}

var (
	catalogues = map[string]map[string]Message{"en": load("en"), "ar": load("ar")}
	tags       = map[string]language.Tag{"en": language.English, "ar": language.Arabic}
	formNames  = map[plural.Form]string{
		plural.Zero: "zero", plural.One: "one", plural.Two: "two",
		plural.Few: "few", plural.Many: "many", plural.Other: "other",
	}
)

func load(lang string) map[string]Message {
	b, err := files.ReadFile(lang + ".json")
	if err != nil {
		panic(err) // embedded: the build is broken
	}
	m := map[string]Message{}
	if err := json.Unmarshal(b, &m); err != nil {
		panic(fmt.Errorf("i18n: %s.json: %w", lang, err))
	}
	return m
}

// Match gives the language with a catalogue that fits an Accept-Language header best.
func Match(header string) string {
	want, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return "en"
	}
	_, i, _ := language.NewMatcher([]language.Tag{language.English, language.Arabic}).Match(want...)
	return Languages[i]
}

// Has reports whether key is in the catalogue.
func Has(key string) bool {
	_, ok := catalogues["en"][key]
	return ok
}

// Catalogue gives all messages of a language; callers must not change it.
func Catalogue(lang string) map[string]Message { return catalogues[lang] }

// T gives the text of key in lang with {0}, {1}… replaced by args. A text with
// plural forms is chosen by args[0], an int. An unknown key shows itself.
func T(lang, key string, args ...any) string {
	m, ok := catalogues[lang][key]
	if !ok {
		if m, ok = catalogues["en"][key]; !ok {
			return key
		}
	}
	text := m.Text
	if m.Forms != nil {
		text = m.Forms[form(lang, args)]
	}
	return fill(text, args)
}

func form(lang string, args []any) string {
	n := 0
	if len(args) > 0 {
		if v, ok := args[0].(int); ok {
			n = max(v, -v)
		}
	}
	return formNames[plural.Cardinal.MatchPlural(tags[lang], n, 0, 0, 0, 0)]
}

func fill(text string, args []any) string {
	if len(args) == 0 || !strings.Contains(text, "{") {
		return text
	}
	pairs := make([]string, 0, 2*len(args))
	for i, a := range args {
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", fmt.Sprint(a))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
