// Package views draws the pages. A page is a function of one struct: views
// never ask the database, a clock or the request for anything.
package views

import (
	"time"

	"badala/app/i18n"
)

// Page is what every page shows around its own content.
type Page struct {
	Lang  string // "en" or "ar"
	Theme string // "auto", "light" or "dark"
	Title string // of this page, already translated; "" shows the product's name
	Now   time.Time
	Zone  *time.Location
	User  User
	Org   Org
	Orgs  []OrgLink // organisations of the user; more than one shows the switcher
	Path  string    // path and query of this request, for forms that come back
	Flash Flash

	Insecure bool // plain HTTP: a banner says so
	Demo     bool // the simulator runs: the rail links to it

	CanManage    bool // channels, inbound problems
	CanMembers   bool // invite, roles
	CanReply     bool // send messages, notes, tags, close
	CanAssign    bool
	CanKeys      bool
	CanWebhooks  bool
	CanAudit     bool
	CanPrivacy   bool   // for how long what is kept
	CanHost      bool   // what belongs to the install: periodic work, work that was given up
	CanBroadcast bool   // write to many
	CanTags      bool   // make, merge and delete tags
	CanCanned    bool   // quick replies of one's own
	There        string // the user's presence; "" for who answers nobody
	EnterSends   bool   // preference; else Ctrl/⌘+Enter sends

	Alert    Alert         // what does not work, for admins
	Restored RestoredAlert // nothing is sent since a restore

	Rev   int64 // event sequence that this page shows; 0 leaves live updates off
	Epoch string
}

// User is who looks at the page; ID is empty when nobody is signed in.
type User struct{ ID, Name, Email string }

// Org is the organisation whose data the page shows.
type Org struct{ ID, Name string }

// Alert tells admins what does not work.
type Alert struct {
	Count      int    // what needs mending; 0: nothing
	Looks      int    // what is worth a look as well
	Hooks      int    // webhooks among both
	Text, Link string // the sentence of the only one, and where it is mended
}

// OrgLink is one entry of the organisation switcher.
type OrgLink struct {
	ID, Name, Role string // Role as in the contract: OWNER, ADMIN, …
	Current        bool
}

// Flash is one sentence shown at the top after a form came back.
type Flash struct {
	Text string
	Bad  bool
}

// Option is one entry of a select.
type Option struct {
	ID, Name string
	Selected bool
}

// T translates key into the page's language.
func (p Page) T(key string, args ...any) string { return i18n.T(p.Lang, key, args...) }

// Dir is the text direction of the page's language.
func (p Page) Dir() string {
	if p.Lang == "ar" {
		return "rtl"
	}
	return "ltr"
}

func (p Page) zone() *time.Location {
	if p.Zone == nil {
		return time.UTC
	}
	return p.Zone
}

func (p Page) theme() string {
	if p.Theme == "light" || p.Theme == "dark" {
		return p.Theme
	}
	return "auto"
}

// has says whether the catalogue knows a key that is made at run time.
func (p Page) has(key string) bool { return i18n.Has(key) }
