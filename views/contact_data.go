package views

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/dustin/go-humanize"
)

// ContactsPage is the list of contacts.
type ContactsPage struct {
	Page
	Filter   ContactFilter
	Rows     []ContactRow
	Total    int    // that the filter picks
	Many     bool   // or more than that
	Next     string // cursor of the next rows, "" at the end
	Nobody   bool   // the organisation has no contact at all
	Tags     []Option
	Channels []Option // only where there is a choice
	Work     *BulkData

	ImportName string // of the file that the filter is about

	CanEdit, CanErase, CanSetUp bool
}

// ContactFilter is the list's filter as the address carries it.
type ContactFilter struct {
	Query, Tag, Consent, Source, Channel string
	Import                               string // whom the file named
	From, To                             string // days of the last message
	Sort                                 string
}

// ContactRow is one contact of the list.
type ContactRow struct {
	ID, Name, Phone, Email string
	Tags                   []Tag
	Consent                string // yes, no or unknown
	Source                 string
	LastMessage            time.Time
}

// BulkData is a change of many contacts and how far it is.
type BulkData struct {
	ID     string
	Kind   string // tag, untag, consent, erase
	What   string // the tag, or the new consent
	State  string // RUNNING, DONE or FAILED
	Total  int
	Done   int
	Change int  // contacts that are different now
	Undo   bool // can be taken back
}

// contactSorts and contactSources are what can be chosen.
var (
	contactSorts    = []string{"newest", "name", "lastMessage", "updated"}
	contactSources  = []string{"WHATSAPP", "MANUAL", "API", "IMPORT"}
	contactConsents = []string{"yes", "no", "unknown"}
)

func (f ContactFilter) values() url.Values {
	v := url.Values{}
	for _, p := range [][2]string{{"q", f.Query}, {"tag", f.Tag}, {"consent", f.Consent}, {"source", f.Source},
		{"channel", f.Channel}, {"import", f.Import}, {"from", f.From}, {"to", f.To}} {
		if p[1] != "" {
			v.Set(p[0], p[1])
		}
	}
	if f.Sort != "" && f.Sort != contactSorts[0] {
		v.Set("sort", f.Sort)
	}
	return v
}

// URL is the list with this filter.
func (f ContactFilter) URL() string { return "/contacts" + query(f.values()) }

func (f ContactFilter) url(path string, more ...string) templ.SafeURL {
	v := f.values()
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return templ.SafeURL(path + query(v))
}

func query(v url.Values) string {
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

// filtered says whether anything but words and the order is chosen.
func (f ContactFilter) filtered() bool {
	f.Query, f.Sort = "", ""
	return f != ContactFilter{}
}

// Narrowed says whether the filter may leave somebody out.
func (f ContactFilter) Narrowed() bool { return f.filtered() || f.Query != "" }

// total is how many contacts the filter picks, in a text.
func (d ContactsPage) total(key string) string {
	if d.Many {
		return d.T(key+".more", comma(d.Total))
	}
	return d.count(key, d.Total)
}

// activeFilter is one chosen filter as people read it, and the list without it.
type activeFilter struct {
	text    string
	without templ.SafeURL
}

func (d ContactsPage) active() []activeFilter {
	f := d.Filter
	var all []activeFilter
	add := func(text string, clear func(*ContactFilter)) {
		rest := f
		clear(&rest)
		all = append(all, activeFilter{text, rest.url("/contacts")})
	}
	if f.Query != "" {
		add("“"+f.Query+"”", func(r *ContactFilter) { r.Query = "" })
	}
	if f.Tag != "" {
		add(d.T("filter.tag")+": "+isolate(optionName(d.Tags, f.Tag)), func(r *ContactFilter) { r.Tag = "" })
	}
	if f.Consent != "" {
		add(d.T("contact.consent")+": "+d.T("consent."+f.Consent), func(r *ContactFilter) { r.Consent = "" })
	}
	if f.Source != "" {
		add(d.T("contact.source")+": "+d.T("source."+f.Source), func(r *ContactFilter) { r.Source = "" })
	}
	if f.Channel != "" {
		add(isolate(optionName(d.Channels, f.Channel)), func(r *ContactFilter) { r.Channel = "" })
	}
	if f.Import != "" {
		add(d.T("contacts.imported")+": "+isolate(d.ImportName), func(r *ContactFilter) { r.Import = "" })
	}
	if f.From != "" {
		add(d.T("contacts.from")+" "+isolate(f.From), func(r *ContactFilter) { r.From = "" })
	}
	if f.To != "" {
		add(d.T("contacts.to")+" "+isolate(f.To), func(r *ContactFilter) { r.To = "" })
	}
	return all
}

func optionName(all []Option, id string) string {
	for _, o := range all {
		if o.ID == id {
			return o.Name
		}
	}
	return id
}

// options makes a select's choices of keys of the catalogue.
func (p Page) options(prefix string, ids []string) []Option {
	out := make([]Option, len(ids))
	for i, id := range ids {
		out[i] = Option{ID: id, Name: p.T(prefix + id)}
	}
	return out
}

// count is a text about n things, with thousands apart.
func (p Page) count(key string, n int) string {
	return strings.Replace(p.T(key, n), strconv.Itoa(n), comma(n), 1)
}

func comma(n int) string { return humanize.Comma(int64(n)) }

func consentClass(s string) string {
	return map[string]string{"yes": "good", "no": "bad"}[s]
}

// title says what a change of many contacts does.
func (b BulkData) title(p Page) string {
	n := b.Total
	if b.State == "DONE" {
		n = b.Change
	}
	key := "bulk." + b.Kind + "." + strings.ToLower(b.State)
	what := b.What
	if b.Kind == "consent" {
		what = p.T("consent." + what)
	}
	return strings.Replace(p.T(key, n, isolate(what)), strconv.Itoa(n), comma(n), 1)
}
