package web

import (
	"net/url"
	"strconv"
	"strings"

	"badala/app/db"
	"badala/app/inbox"
	"badala/views"
)

const (
	rowsTake    = 50
	rowsMax     = 200
	threadTake  = 50
	searchRunes = 200
)

// selection is the list's filter as it stands in the URL.
type selection struct {
	filter views.Filter
	cursor string
	take   int
}

// selection reads the filter; what makes no sense there is as if it were not.
func (c *call) selection() selection {
	q := c.r.URL.Query()
	sel := selection{cursor: q.Get("cursor"), take: rowsTake, filter: views.Filter{
		View: views.View(q.Get("view")), Channel: q.Get("channel"), Tag: q.Get("tag"), Unread: q.Get("unread") == "1",
		Query: cut(q.Get("q"), searchRunes), Waiting: q.Get("sort") == "waiting",
	}}
	switch sel.filter.View {
	case views.Mine, views.Unassigned, views.All, views.Snoozed, views.Closed, views.Waiting, views.Closing:
	default:
		sel.filter.View = views.All
	}
	if n, err := strconv.Atoi(q.Get("hours")); err == nil && sel.filter.View == views.Closing && n > 0 && n <= 24 {
		sel.filter.Hours = n
	}
	if n, err := strconv.Atoi(q.Get("rows")); err == nil && n > rowsTake {
		sel.take = min(n, rowsMax)
	}
	return sel
}

// query is the filter in the domain's words.
func (sel selection) query(viewer int64) inbox.Filter {
	f := inbox.Filter{View: strings.ToUpper(string(sel.filter.View)), Unread: sel.filter.Unread, Search: sel.filter.Query,
		Viewer: viewer, Before: sel.cursor, Take: sel.take, Hours: sel.filter.Hours}
	if sel.filter.Waiting {
		f.Sort = inbox.SortWaiting
	}
	f.ChannelID, _ = db.ParseID("chan", sel.filter.Channel)
	f.TagID, _ = db.ParseID("tag", sel.filter.Tag)
	return f
}

// backPath is the list's address with its filters, without an open conversation.
func (sel selection) backPath() string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	if sel.filter.View != views.All {
		set("view", string(sel.filter.View))
	}
	set("channel", sel.filter.Channel)
	set("tag", sel.filter.Tag)
	set("q", sel.filter.Query)
	if sel.filter.Unread {
		set("unread", "1")
	}
	if sel.filter.Waiting {
		q.Set("sort", "waiting")
	}
	if sel.filter.Hours != 0 {
		q.Set("hours", strconv.Itoa(sel.filter.Hours))
	}
	if len(q) == 0 {
		return "/inbox"
	}
	return "/inbox?" + q.Encode()
}

// cut shortens text to n characters.
func cut(s string, n int) string {
	count := 0
	for i := range s {
		if count == n {
			return s[:i]
		}
		count++
	}
	return s
}
