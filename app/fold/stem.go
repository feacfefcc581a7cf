package fold

import (
	"strings"
	"unicode/utf8"
)

// minStem is how many letters must stay when an affix is cut.
const minStem = 3

// Longer affixes come first: only one of each end is cut.
var (
	prefixes = []string{"وال", "بال", "كال", "فال", "لل", "ال", "و"}
	suffixes = []string{"ات", "ون", "ين", "ها", "ه"}
)

// Stem cuts one article or conjunction and one ending from a folded Arabic
// word, if three letters stay. Other words come back as they are.
func Stem(word string) string {
	if plain(word) {
		return word
	}
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(word, p); ok && utf8.RuneCountInString(rest) >= minStem {
			word = rest
			break
		}
	}
	for _, s := range suffixes {
		if rest, ok := strings.CutSuffix(word, s); ok && utf8.RuneCountInString(rest) >= minStem {
			return rest
		}
	}
	return word
}

// Stems gives the folded and stemmed words of s: what goes into a full-text
// index, and what a query is made of.
func Stems(s string) []string {
	words := Words(s)
	for i, w := range words {
		words[i] = Stem(w)
	}
	return words
}

// Index is the text for a full-text index: the stems of s, one space between.
func Index(s string) string { return strings.Join(Stems(s), " ") }

// Match makes a full-text query that wants every word of s, each also as the
// beginning of a longer one. It is empty when s has no word of two letters:
// one letter alone would walk most of the index. Words are quoted, so nothing
// in s is read as an operator.
func Match(s string) string {
	var b strings.Builder
	for _, w := range Stems(s) {
		if utf8.RuneCountInString(w) < 2 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(" AND ")
		}
		b.WriteString(`"` + w + `"*`)
	}
	return b.String()
}
