package markup

import (
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var tags = map[byte]string{'*': "strong", '_': "em", '~': "del", '`': "code"}

// deepest nesting of marks inside marks; deeper ones stay as they are typed.
const deepest = 4

var link = regexp.MustCompile(`^(?:https?://|mailto:|tel:)[^\s<>"'` + "`" + `]+`)

// inline writes one line. A mark without its partner is text; that there is no
// partner is remembered, so that a line of marks costs no more than its length.
func (w *writer) inline(s string, depth int) {
	lonely := map[byte]bool{}
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if tags[c] != "" && !lonely[c] && depth < deepest && opens(s, i) {
			if end := closing(s, i); end > 0 {
				w.text(s[from:i])
				w.marked(c, s[i+1:end], depth)
				i, from = end+1, end+1
				continue
			}
			lonely[c] = true
		}
		if n := w.special(s, i, from); n > 0 {
			i, from = i+n, i+n
			continue
		}
		i++
	}
	w.text(s[from:])
}

func (w *writer) text(s string) { w.b.WriteString(html.EscapeString(s)) }

func (w *writer) marked(c byte, s string, depth int) {
	w.b.WriteString("<" + tags[c] + ">")
	if c == '`' {
		w.text(s)
	} else {
		w.inline(s, depth+1)
	}
	w.b.WriteString("</" + tags[c] + ">")
}

// special writes a link or a mention at i, after the text before it, and says
// how long it was.
func (w *writer) special(s string, i, from int) int {
	switch s[i] {
	case 'h', 'm', 't':
		if wordBefore(s, i) {
			return 0
		}
		url := strings.TrimRight(link.FindString(s[i:]), ".,;:!?)]}*_~،؛؟»")
		if _, rest, ok := strings.Cut(url, ":"); !ok || strings.Trim(rest, "/") == "" {
			return 0
		}
		w.text(s[from:i])
		e := html.EscapeString(url)
		w.b.WriteString(`<a href="` + e + `" target="_blank" rel="noopener noreferrer nofollow">` + e + `</a>`)
		return len(url)
	case '@':
		id, _, ok := strings.Cut(s[i+1:], "]")
		name := ""
		if ok && strings.HasPrefix(id, "[") {
			name = w.mentions[id[1:]]
		}
		if name == "" {
			return 0
		}
		w.text(s[from:i])
		w.b.WriteString(`<span class="mention"><bdi>@` + html.EscapeString(name) + `</bdi></span>`)
		return len(id) + 2
	}
	return 0
}

// opens says whether the mark at i stands at a word's edge and touches what follows.
func opens(s string, i int) bool {
	if wordBefore(s, i) || i+1 >= len(s) || s[i+1] == s[i] {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s[i+1:])
	return !unicode.IsSpace(r)
}

// closing is the place of the partner of the mark at i, 0 if there is none.
func closing(s string, i int) int {
	for j := i + 2; j < len(s); j++ {
		if s[j] != s[i] {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(s[:j])
		after, n := utf8.DecodeRuneInString(s[j+1:])
		if !unicode.IsSpace(before) && (n == 0 || !wordRune(after)) {
			return j
		}
	}
	return 0
}

func wordBefore(s string, i int) bool {
	r, n := utf8.DecodeLastRuneInString(s[:i])
	return n > 0 && wordRune(r)
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// OnlyEmoji says whether s is one to most emoji and nothing else.
func OnlyEmoji(s string, most int) bool {
	n, joined := 0, false
	for _, r := range s {
		switch {
		case r == 0x200D:
			joined = true
			continue
		case r == 0xFE0F, r == 0x20E3, r >= 0x1F3FB && r <= 0x1F3FF, unicode.IsSpace(r), r >= 0xE0020 && r <= 0xE007F:
		case !emoji(r):
			return false
		case !joined:
			n++
		}
		joined = false
	}
	return n > 0 && flags(s, n) <= most
}

// flags are two letters each.
func flags(s string, n int) int {
	letters := 0
	for _, r := range s {
		if r >= 0x1F1E6 && r <= 0x1F1FF {
			letters++
		}
	}
	return n - letters/2
}

func emoji(r rune) bool {
	return r >= 0x1F000 && r <= 0x1FAFF || r >= 0x2600 && r <= 0x27BF || r >= 0x2B05 && r <= 0x2B55 ||
		r >= 0x2190 && r <= 0x21FF || r >= 0x2300 && r <= 0x23FF || r == 0x203C || r == 0x2049 || r == 0x3030 || r == 0x303D
}
