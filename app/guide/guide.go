// Package guide is the developers' guide: pages in two languages, and the
// programs they show, which are files of their own, built and run by tests.
package guide

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"badala/app/errs"
)

//go:embed */page.en.md */page.ar.md */receiver.go webhooks/verify.js webhooks/verify.py webhooks/verify.php
var files embed.FS

// Topic is one page of the guide.
type Topic struct {
	Slug    string
	Pattern bool // an integration pattern with a complete program
}

// Topics are the pages in reading order; the first is where to start.
var Topics = []Topic{
	{Slug: "overview"}, {Slug: "webhooks"}, {Slug: "errors-and-limits"}, {Slug: "events-stream"}, {Slug: "templates"},
	{"crm-sync", true}, {"order-robot", true}, {"slack-notify", true}, {"media-copy", true},
	{"moving-in", true}, {"office-hours", true}, {"auto-assignment", true},
}

// Page is a topic in one language.
type Page struct {
	Slug, Title string
	HTML        string    // without the title
	Sections    []Section // headings of the second level
}

// Section is a heading to jump to.
type Section struct{ ID, Title string }

// Event is an event with the data that its webhook carries.
type Event struct {
	Name    string
	Default bool // picked when nothing is picked
	Example json.RawMessage
}

// Guide renders the pages, each once.
type Guide struct {
	events []Event
	mu     sync.Mutex
	pages  map[string]Page
}

// New makes a guide that shows these events.
func New(events []Event) *Guide { return &Guide{events: events, pages: map[string]Page{}} }

// Page is a topic in a language; there are "en" and "ar".
func (g *Guide) Page(lang, slug string) (Page, error) {
	if !slices.ContainsFunc(Topics, func(t Topic) bool { return t.Slug == slug }) {
		return Page{}, errs.New(errs.NotFound, "there is no such page")
	}
	if lang != "ar" {
		lang = "en"
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	key := lang + "/" + slug
	if p, ok := g.pages[key]; ok {
		return p, nil
	}
	text, err := g.text(lang, slug)
	if err != nil {
		return Page{}, err
	}
	p, err := render(text)
	if err != nil {
		return Page{}, err
	}
	p.Slug = slug
	g.pages[key] = p
	return p, nil
}

// text is a page's Markdown with its markers filled in: "@include FILE" stands
// for a program, "@events" for every event with its example.
func (g *Guide) text(lang, slug string) (string, error) {
	raw, err := files.ReadFile(path.Join(slug, "page."+lang+".md"))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for line := range strings.Lines(string(raw)) {
		switch name, included := strings.CutPrefix(strings.TrimSpace(line), "@include "); {
		case included:
			code, err := files.ReadFile(name)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&b, "```%s %s\n%s```\n", language(name), path.Base(name), code)
		case strings.TrimSpace(line) == "@events":
			if err := g.writeEvents(&b); err != nil {
				return "", err
			}
		default:
			b.WriteString(line)
		}
	}
	return b.String(), nil
}

// writeEvents shows each event with its data as a section.
func (g *Guide) writeEvents(b *strings.Builder) error {
	for _, e := range g.events {
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, e.Example, "", "  "); err != nil {
			return err
		}
		fmt.Fprintf(b, "### %s\n\n```json\n%s\n```\n\n", e.Name, pretty.Bytes())
	}
	return nil
}

// language names a program's language for its block.
func language(file string) string {
	switch path.Ext(file) {
	case ".py":
		return "python"
	case ".js":
		return "javascript"
	}
	return strings.TrimPrefix(path.Ext(file), ".")
}
