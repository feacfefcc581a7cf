package views

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/a-h/templ"
)

// values is the filter as query parameters.
func (f Filter) values() url.Values {
	v := url.Values{}
	set := func(key, value string) {
		if value != "" {
			v.Set(key, value)
		}
	}
	set("view", string(f.View))
	set("channel", f.Channel)
	set("tag", f.Tag)
	set("q", f.Query)
	if f.Unread {
		v.Set("unread", "1")
	}
	if f.Waiting {
		v.Set("sort", "waiting")
	}
	if f.Hours != 0 && f.View == Closing {
		v.Set("hours", num(int64(f.Hours)))
	}
	return v
}

func (f Filter) query() string { return f.values().Encode() }

func (f Filter) with(v View) Filter {
	f.View = v
	return f
}

// narrowed says whether anything but the view is chosen.
func (f Filter) narrowed() bool {
	return f.Channel != "" || f.Tag != "" || f.Unread || f.Query != ""
}

func (f Filter) listURL(open string) templ.SafeURL {
	v := f.values()
	if open != "" {
		v.Set("conv", open)
	}
	return templ.SafeURL("/inbox?" + v.Encode())
}

func (f Filter) convURL(id string) templ.SafeURL {
	return templ.SafeURL("/c/" + url.PathEscape(id) + "?" + f.query())
}

func (f Filter) moreURL(path, cursor string) templ.SafeURL {
	v := f.values()
	v.Set("cursor", cursor)
	return templ.SafeURL(path + "?" + v.Encode())
}

// filterNames are the active filters as people read them.
func (l ListData) filterNames(p Page) []string {
	var s []string
	if l.Filter.Query != "" {
		s = append(s, l.Filter.Query)
	}
	if l.Filter.Unread {
		s = append(s, p.T("filter.unread"))
	}
	for _, o := range l.Channels {
		if o.ID == l.Filter.Channel {
			s = append(s, o.Name)
		}
	}
	for _, o := range l.Tags {
		if o.ID == l.Filter.Tag {
			s = append(s, o.Name)
		}
	}
	return s
}

func (t ThreadData) back() string {
	if t.Back == "" {
		return "/inbox"
	}
	return t.Back
}

func convAction(id, action string) templ.SafeURL {
	return templ.SafeURL("/c/" + url.PathEscape(id) + "/" + action)
}

func olderURL(conv, cursor string) templ.SafeURL {
	return templ.SafeURL("/c/" + url.PathEscape(conv) + "/older?before=" + url.QueryEscape(cursor))
}

func messageURL(id, action string) string { return "/messages/" + url.PathEscape(id) + "/" + action }

func contactURL(id string) templ.SafeURL { return templ.SafeURL("/contacts/" + url.PathEscape(id)) }

func under(path, id, action string) templ.SafeURL {
	return templ.SafeURL(strings.TrimSuffix(path+"/"+url.PathEscape(id)+"/"+action, "/"))
}

// webURL lets only web addresses through.
func webURL(s string) templ.SafeURL {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return templ.SafeURL("#")
	}
	return templ.SafeURL(u.String())
}

func mapURL(l PlaceData) templ.SafeURL {
	return templ.SafeURL(fmt.Sprintf("https://www.openstreetmap.org/?mlat=%[1]f&mlon=%[2]f#map=17/%[1]f/%[2]f", l.Lat, l.Lng))
}

// emptyKey is the sentence of an empty view.
func emptyKey(v View) string {
	switch v {
	case Mine, Unassigned, Snoozed, Closed, Waiting, Closing:
		return "empty." + string(v)
	}
	return "empty.none"
}
