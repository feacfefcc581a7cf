package web

import (
	"context"
	"html"
	"io"
	"net/http"
	"strings"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/guide"
	"badala/app/webhook"
	"badala/views"

	"github.com/a-h/templ"
)

// docsKeyLife is how long a key for trying lasts.
const docsKeyLife = time.Hour

// newGuide is the guide with the events as they are.
func newGuide() *guide.Guide {
	var events []guide.Event
	for _, e := range webhook.Events {
		events = append(events, guide.Event{Name: e.Name, Default: e.Default, Example: webhook.Example(e.Name)})
	}
	return guide.New(events)
}

// docs shows where to start.
func (s *Server) docs(c *call) error { return c.guidePage("overview") }

// docsPage shows a page of the guide, or the reference.
func (s *Server) docsPage(c *call) error {
	switch slug := c.r.PathValue("page"); slug {
	case "api":
		return c.reference()
	case "overview":
		return c.redirect("/docs")
	default:
		return c.guidePage(slug)
	}
}

func (c *call) guidePage(slug string) error {
	g, err := c.s.guide.Page(c.lang, slug)
	if err != nil {
		return err
	}
	nav, err := c.docsNav(slug)
	if err != nil {
		return err
	}
	p := views.DocsPage{Page: c.page(g.Title), Nav: nav, Body: c.prose(g.HTML)}
	for _, sec := range g.Sections {
		p.Sections = append(p.Sections, views.DocsLink{ID: sec.ID, Title: sec.Title})
	}
	return c.render(http.StatusOK, views.Docs(p))
}

// prose is a page's text with the reader's own address and organisation in the
// commands, so that they can be copied as they are.
func (c *call) prose(text string) templ.Component {
	replace := []string{"https://inbox.example.com", html.EscapeString(c.baseURL())}
	if c.actor.OrgID != 0 {
		replace = append(replace, "org_YOURS", id("org", c.actor.OrgID))
	}
	text = strings.NewReplacer(replace...).Replace(text)
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// docsNav is the guide's menu.
func (c *call) docsNav(current string) (views.DocsNav, error) {
	nav := views.DocsNav{Current: current, SignedIn: c.session != nil}
	for _, t := range guide.Topics {
		g, err := c.s.guide.Page(c.lang, t.Slug)
		if err != nil {
			return nav, err
		}
		link := views.DocsLink{ID: t.Slug, Title: g.Title}
		if t.Pattern {
			nav.Patterns = append(nav.Patterns, link)
		} else {
			nav.Guide = append(nav.Guide, link)
		}
	}
	for _, name := range c.s.openapi.chapters() {
		nav.Groups = append(nav.Groups, views.DocsLink{ID: groupID(name), Title: name})
	}
	return nav, nil
}

// docsKey makes a key for trying calls, which ends by itself within the hour.
func (s *Server) docsKey(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	in := account.KeyInput{Name: "Docs", ExpiresAt: s.DB.Now() + docsKeyLife.Milliseconds()}
	for _, scope := range c.r.Form["scope"] {
		in.Scopes = append(in.Scopes, account.Scope(scope))
	}
	k, token, err := s.Accounts.CreateKey(c.r.Context(), c.actor, in)
	if err != nil {
		return err
	}
	return c.json(http.StatusCreated, map[string]string{"token": token, "expiresAt": db.FormatTime(k.ExpiresAt)})
}
