package views

import (
	"time"

	"github.com/a-h/templ"
)

// BroadcastEditPage is one step of the way to a broadcast.
type BroadcastEditPage struct {
	Page
	ID, Name  string // "" until it is kept the first time
	Step      string
	Past      []string // steps that are complete
	Scheduled bool     // it starts by itself as long as nothing is changed
	Errors    map[string]string
	Problem   string

	Which BroadcastWhich
	Whom  BroadcastWhom
	Says  BroadcastSays
	Plan  BroadcastPlan
	Sum   BroadcastSum
	Count BroadcastCount
	Cost  BroadcastCost
}

// broadcastSteps are the steps in their order.
var broadcastSteps = []string{"template", "audience", "message", "plan", "start"}

func (d BroadcastEditPage) action() templ.SafeURL {
	if d.ID == "" {
		return "/broadcasts/new"
	}
	return broadcastStep(d.ID, d.Step)
}

func (d BroadcastEditPage) first() bool { return d.Step == broadcastSteps[0] }

// BroadcastWhich is the first step: name, number and template.
type BroadcastWhich struct {
	Channel   string
	Channels  []Option
	Template  string
	Templates []TemplateRow // that can be sent
	Others    []BroadcastRefused
	CanMake   bool
}

// BroadcastRefused is a template that cannot be sent, and why.
type BroadcastRefused struct {
	TemplateRow
	Why string
}

// BroadcastWhom is the second step: the people.
type BroadcastWhom struct {
	Everyone               bool
	Tags                   []Option // chosen ones are Selected
	AnyTag                 bool
	Query, Source, Consent string
	Channel                string
	Channels               []Option
	From, To               string
	Import                 string
	Imports                []Option
	Numbers                string
	Country                string
	Countries              []Option
	Chosen                 int // people that were named one by one
}

// folded says that none of the rarer conditions is used.
func (w BroadcastWhom) folded(d BroadcastEditPage) bool {
	return w.Query+w.Source+w.Consent+w.Channel+w.From+w.To == "" &&
		d.Errors["audience.search"]+d.Errors["audience.talkedFrom"]+d.Errors["audience.talkedUntil"] == ""
}

var broadcastSources = contactSources

// BroadcastCount is whom an audience means, as far as it is known.
type BroadcastCount struct {
	URL      string // that counts
	Ready    bool
	Empty    bool // nobody has been chosen
	Total    int
	Sendable int
	LeftOut  []BroadcastReason
	Sample   []BroadcastRecipient
	Explicit bool
	Problem  string
}

// again says that the page should ask again for the number.
func (n BroadcastCount) again() bool { return !n.Ready && !n.Empty && n.Problem == "" }

// BroadcastSays is the third step: what the template says.
type BroadcastSays struct {
	Template, Language string
	Slots              []BroadcastSlot
	Fields             []Option
	Previews           []BroadcastPreview
	Sample             TemplateShown // when there is nobody to show it for
	Ready              bool          // previews are there
	Refusal            string
	TestTo             string
}

// BroadcastSlot is a field of the form; Field is the contact's field that fills it.
type BroadcastSlot struct {
	WriteSlot
	Field string
}

func (s BroadcastSlot) text() bool {
	return !s.Kind.IsMedia() && s.Kind != "LOCATION" && s.Kind != "EXPIRY"
}

// BroadcastPreview is what one recipient will get.
type BroadcastPreview struct {
	Name, Phone string
	Shown       TemplateShown
	Missing     []string
}

// BroadcastPlan is the fourth step: when and how fast.
type BroadcastPlan struct {
	Later       bool
	At          string // as date fields hold it
	Zone        string
	OfficeHours bool
	HasHours    bool
	Rate        string
	Rates       []Option
	Gap         string
	Limit       int
	People      int // that the speeds are told for
	Example     bool
}

// BroadcastCost is about what it will cost.
type BroadcastCost struct {
	Ready    bool
	Currency string
	Micros   int64
	Category string
	Lines    []BroadcastPrice
	BuiltIn  string // as of when some of the prices are
}

// BroadcastPrice is the part of one country.
type BroadcastPrice struct {
	Country  string
	Messages int
	Each     int64
	Micros   int64
	Own      bool
}

// BroadcastSum is the last step: all in one place.
type BroadcastSum struct {
	Number, Template, Language string
	Shown                      TemplateShown
	Audience                   []string
	At                         time.Time // zero: as soon as it is started
	Zone                       string
	OfficeHours                bool
	Speed, Takes               string
	Missing                    []BroadcastMissing
	Ask, Delete                bool
}

// BroadcastMissing is what keeps it from starting, and the step to put it right.
type BroadcastMissing struct{ Step, Text string }

// BroadcastSettingsPage is what holds for all broadcasts.
type BroadcastSettingsPage struct {
	Page
	Explicit  bool
	Currency  string
	CanSet    bool // ManageOrg
	Own       []PriceRow
	BuiltIn   []PriceRow
	AsOf      string
	Countries []Option
	Form      PriceRow
	Errors    map[string]string
}

// PriceRow is the prices of a country, as they are typed.
type PriceRow struct {
	Country, Name                      string
	Marketing, Utility, Authentication string
	Own                                bool
}

// Of is the price of a category.
func (r *PriceRow) Of(category string) *string {
	switch category {
	case "UTILITY":
		return &r.Utility
	case "AUTHENTICATION":
		return &r.Authentication
	}
	return &r.Marketing
}
