package inbox

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Types of interactive messages of ours.
const (
	InteractiveButton = "button"
	InteractiveList   = "list"
	InteractiveLink   = "cta_url"
)

// What WhatsApp carries, in characters.
const (
	maxInteractive     = 1024
	maxListText        = 4096
	maxEdge            = 60 // header and footer
	maxButtons         = 3
	maxSections        = 10
	maxRows            = 10
	maxButtonID        = 256
	maxRowID           = 200
	maxButtonTitle     = 20
	maxRowTitle        = 24
	maxRowDescription  = 72
	maxInteractiveLink = 2000
)

// wrongs collects what is wrong, each with the name of its field.
type wrongs []string

func (w *wrongs) add(ok bool, field, format string, args ...any) {
	if !ok {
		*w = append(*w, "interactive."+field+": "+fmt.Sprintf(format, args...))
	}
}

// text wants 1 to most characters, or, if it may be empty, at most so many.
func (w *wrongs) text(field, s string, most int, mayBeEmpty bool) {
	w.add(mayBeEmpty || strings.TrimSpace(s) != "", field, "is empty")
	w.add(utf8.ValidString(s) && utf8.RuneCountInString(s) <= most, field, "at most %d characters", most)
}

// check refuses what WhatsApp would refuse, with one detail for each wrong field.
func (i *Interactive) check() []string {
	if i == nil {
		return []string{"interactive: is missing"}
	}
	var w wrongs
	most := maxInteractive
	if i.Type == InteractiveList {
		most = maxListText
	}
	w.text("body", i.Body, most, false)
	w.text("header", i.Header, maxEdge, true)
	w.text("footer", i.Footer, maxEdge, true)
	switch i.Type {
	case InteractiveButton:
		i.checkButtons(&w)
	case InteractiveList:
		i.checkList(&w)
	case InteractiveLink:
		w.text("displayText", i.DisplayText, maxButtonTitle, false)
		u, err := url.Parse(i.URL)
		w.add(err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && len(i.URL) <= maxInteractiveLink,
			"url", "must be a web address")
	default:
		w.add(false, "type", "must be button, list or cta_url")
	}
	return w
}

func (i *Interactive) checkButtons(w *wrongs) {
	w.add(len(i.Buttons) >= 1 && len(i.Buttons) <= maxButtons, "buttons", "1 to %d of them", maxButtons)
	ids, titles := map[string]bool{}, map[string]bool{}
	for n, b := range i.Buttons {
		field := fmt.Sprintf("buttons[%d].", n)
		w.text(field+"id", b.ID, maxButtonID, false)
		w.text(field+"title", b.Title, maxButtonTitle, false)
		w.add(!ids[b.ID], field+"id", "another button has it")
		w.add(!titles[b.Title], field+"title", "another button has it")
		ids[b.ID], titles[b.Title] = true, true
	}
}

func (i *Interactive) checkList(w *wrongs) {
	w.text("button", i.Button, maxButtonTitle, false)
	w.add(len(i.Sections) >= 1 && len(i.Sections) <= maxSections, "sections", "1 to %d of them", maxSections)
	rows, ids := 0, map[string]bool{}
	for n, s := range i.Sections {
		section := fmt.Sprintf("sections[%d].", n)
		w.text(section+"title", s.Title, maxRowTitle, len(i.Sections) == 1)
		w.add(len(s.Rows) > 0, section+"rows", "at least one")
		rows += len(s.Rows)
		for k, r := range s.Rows {
			field := fmt.Sprintf("%srows[%d].", section, k)
			w.text(field+"id", r.ID, maxRowID, false)
			w.text(field+"title", r.Title, maxRowTitle, false)
			w.text(field+"description", r.Description, maxRowDescription, true)
			w.add(!ids[r.ID], field+"id", "another row has it")
			ids[r.ID] = true
		}
	}
	w.add(rows <= maxRows, "sections", "at most %d rows in all", maxRows)
}

// ours is what is stored: only what the type has, and not the text, which is
// the body of the message.
func (i *Interactive) ours() *Interactive {
	o := Interactive{Type: i.Type, Header: i.Header, Footer: i.Footer}
	switch i.Type {
	case InteractiveButton:
		for _, b := range i.Buttons {
			o.Buttons = append(o.Buttons, Option{ID: b.ID, Title: b.Title})
		}
	case InteractiveList:
		o.Button, o.Sections = i.Button, i.Sections
	case InteractiveLink:
		o.DisplayText, o.URL = i.DisplayText, i.URL
	}
	return &o
}

// graph is the message as the Graph API takes it.
func (i *Interactive) graph(body string) map[string]any {
	g := map[string]any{"type": i.Type, "body": map[string]any{"text": body}, "action": i.action()}
	if i.Header != "" {
		g["header"] = map[string]any{"type": "text", "text": i.Header}
	}
	if i.Footer != "" {
		g["footer"] = map[string]any{"text": i.Footer}
	}
	return g
}

func (i *Interactive) action() map[string]any {
	switch i.Type {
	case InteractiveList:
		return map[string]any{"button": i.Button, "sections": i.Sections}
	case InteractiveLink:
		return map[string]any{"name": "cta_url", "parameters": map[string]any{"display_text": i.DisplayText, "url": i.URL}}
	}
	buttons := make([]any, 0, len(i.Buttons))
	for _, b := range i.Buttons {
		buttons = append(buttons, map[string]any{"type": "reply", "reply": map[string]any{"id": b.ID, "title": b.Title}})
	}
	return map[string]any{"buttons": buttons}
}
