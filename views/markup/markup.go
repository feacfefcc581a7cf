// Package markup turns the text of a message, written with WhatsApp's marks,
// into HTML. Everything that is not one of its own tags is escaped.
package markup

import (
	"context"
	"html"
	"io"
	"regexp"
	"strings"

	"github.com/a-h/templ"
)

// Render draws text. Mentions of the form @[id] are shown by the names given.
func Render(text string, mentions map[string]string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, HTML(text, mentions))
		return err
	})
}

// HTML gives the markup of text: p, br-free text, strong, em, del, code, pre,
// blockquote, ul, ol, li, a and span, and nothing else.
func HTML(text string, mentions map[string]string) string {
	w := &writer{mentions: mentions}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\x00", "")
	for text != "" {
		before, code, after, ok := fence(text)
		if !ok {
			w.blocks(text)
			break
		}
		w.blocks(strings.TrimSuffix(before, "\n"))
		w.b.WriteString("<pre><code>" + html.EscapeString(strings.Trim(code, "\n")) + "</code></pre>")
		text = strings.TrimPrefix(after, "\n")
	}
	return w.b.String()
}

type writer struct {
	b        strings.Builder
	mentions map[string]string
}

// fence finds the first block between two rows of three backticks.
func fence(s string) (before, code, after string, ok bool) {
	const mark = "```"
	before, rest, found := strings.Cut(s, mark)
	if !found {
		return "", "", "", false
	}
	code, after, found = strings.Cut(rest, mark)
	if !found || strings.TrimSpace(code) == "" {
		return "", "", "", false
	}
	return before, code, after, true
}

var number = regexp.MustCompile(`^\d{1,3}\. `)

// kind of a line, and the line without its mark.
func lineKind(s string) (kind, rest string) {
	switch {
	case strings.HasPrefix(s, "> "):
		return "blockquote", s[2:]
	case strings.HasPrefix(s, "- "), strings.HasPrefix(s, "* "):
		return "ul", s[2:]
	}
	if m := number.FindString(s); m != "" {
		return "ol", s[len(m):]
	}
	return "p", s
}

// blocks writes runs of lines of one kind.
func (w *writer) blocks(text string) {
	if text == "" {
		return
	}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); {
		kind, first := lineKind(lines[i])
		start := lines[i]
		run := []string{first}
		for i++; i < len(lines); i++ {
			k, rest := lineKind(lines[i])
			if k != kind {
				break
			}
			run = append(run, rest)
		}
		w.block(kind, start, run)
	}
}

func (w *writer) block(kind, start string, lines []string) {
	switch kind {
	case "p":
		w.b.WriteString("<p>")
		w.lines(lines)
		w.b.WriteString("</p>")
	case "blockquote":
		w.b.WriteString(`<blockquote dir="auto">`)
		w.lines(lines)
		w.b.WriteString("</blockquote>")
	case "ol":
		from, _, _ := strings.Cut(start, ".")
		w.b.WriteString(`<ol start="` + from + `">`)
		w.items(lines)
		w.b.WriteString("</ol>")
	default:
		w.b.WriteString("<ul>")
		w.items(lines)
		w.b.WriteString("</ul>")
	}
}

func (w *writer) lines(lines []string) {
	for i, s := range lines {
		if i > 0 {
			w.b.WriteByte('\n')
		}
		w.inline(s, 0)
	}
}

func (w *writer) items(lines []string) {
	for _, s := range lines {
		w.b.WriteString(`<li dir="auto">`)
		w.inline(s, 0)
		w.b.WriteString("</li>")
	}
}
