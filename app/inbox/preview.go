package inbox

import (
	"strings"
	"unicode/utf8"
)

const previewLength = 160

// preview is what lists and quotes show of a message. Text is empty when the
// type says all there is.
func (m *Message) preview() Preview {
	p := Preview{Type: m.Type, Direction: m.Direction, Status: m.Status}
	if m.Deleted {
		return p
	}
	text := m.Body
	if text == "" {
		text = m.Caption
	}
	if text == "" && len(m.Payload) > 0 {
		text = m.Extra().summary()
	}
	p.Text = shorten(text)
	return p
}

// summary is the most telling text of a payload.
func (p Payload) summary() string {
	switch {
	case p.Location != nil:
		return p.Location.Name
	case len(p.Contacts) > 0:
		return p.Contacts[0].Name
	case p.Order != nil:
		return p.Order.Text
	case p.Interactive != nil:
		return p.Interactive.Title
	case p.Button != nil:
		return p.Button.Text
	case p.Template != nil:
		return p.Template.Name
	}
	return p.FileName
}

// shorten puts text on one line of limited length, never cutting a character.
func shorten(text string) string {
	if len(text) > 8*previewLength {
		text = strings.ToValidUTF8(text[:8*previewLength], "")
	}
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= previewLength {
		return text
	}
	n := 0
	for i := range text {
		if n == previewLength-1 {
			return text[:i] + "…"
		}
		n++
	}
	return text
}
