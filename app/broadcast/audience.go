package broadcast

import (
	"slices"
	"strings"

	"badala/app/contact"
)

// Audience is whom a broadcast means: the contacts that its conditions pick,
// which all must hold, and besides them those who are named one by one. Without
// a condition nobody is picked, unless Everyone says so.
type Audience struct {
	Everyone bool `json:"everyone,omitempty"`

	Tags    []string `json:"tags,omitempty"`   // by name
	AnyTag  bool     `json:"anyTag,omitempty"` // one of the tags is enough
	Search  string   `json:"search,omitempty"`
	Source  string   `json:"source,omitempty"`
	Consent *bool    `json:"marketingConsent,omitempty"`

	ChannelID   int64 `json:"channelId,omitempty"` // who talk on this number
	TalkedFrom  int64 `json:"talkedFrom,omitempty"`
	TalkedUntil int64 `json:"talkedUntil,omitempty"`
	ImportID    int64 `json:"importId,omitempty"` // whom this import named

	ContactIDs []int64  `json:"contactIds,omitempty"`
	Numbers    []string `json:"numbers,omitempty"` // pasted, as they are
	Country    string   `json:"country,omitempty"` // of numbers without a country code
}

// What an audience may name one by one.
const (
	maxContacts = 50_000
	maxNumbers  = 50_000
	maxTags     = 50
)

// Empty says whether the audience means nobody whatever the contacts are.
func (a Audience) Empty() bool {
	return !a.picks() && len(a.ContactIDs) == 0 && len(a.Numbers) == 0
}

// picks says whether there is a condition to look for contacts by.
func (a Audience) picks() bool {
	return a.Everyone || len(a.Tags) > 0 || strings.TrimSpace(a.Search) != "" || a.Source != "" || a.Consent != nil ||
		a.ChannelID != 0 || a.TalkedFrom != 0 || a.TalkedUntil != 0 || a.ImportID != 0
}

func (a Audience) filter() contact.Filter {
	return contact.Filter{
		Search: a.Search, Source: a.Source, Consent: a.Consent, ImportID: a.ImportID,
		ChannelID: a.ChannelID, TalkedFrom: a.TalkedFrom, TalkedUntil: a.TalkedUntil,
	}
}

func (a Audience) tagged() contact.Tagged { return contact.Tagged{Names: a.Tags, Any: a.AnyTag} }

// clean brings an audience into its simplest form, and tells what is wrong.
func (a *Audience) clean() (wrong []string) {
	add := func(ok bool, detail string) {
		if !ok {
			wrong = append(wrong, detail)
		}
	}
	var tags []string
	for _, t := range a.Tags {
		if t = contact.CleanName(t); t != "" && !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	a.Tags = tags
	a.Search, a.Country = strings.TrimSpace(a.Search), strings.ToUpper(strings.TrimSpace(a.Country))
	a.ContactIDs = slices.Clone(a.ContactIDs)
	slices.SortFunc(a.ContactIDs, func(x, y int64) int { return int(min(max(y-x, -1), 1)) })
	a.ContactIDs = slices.Compact(a.ContactIDs)
	a.Numbers = Numbers(a.Numbers...)
	add(len(a.Tags) <= maxTags, "audience.tags: at most 50")
	add(len(a.ContactIDs) <= maxContacts, "audience.contactIds: at most 50000")
	add(len(a.Numbers) <= maxNumbers, "audience.numbers: at most 50000")
	add(len(a.Search) <= 200, "audience.search: at most 200 characters")
	add(a.Source == "" || slices.Contains([]string{contact.FromWhatsApp, contact.FromPerson, contact.FromAPI, contact.FromImport}, a.Source),
		"audience.source: must be WHATSAPP, MANUAL, API or IMPORT")
	add(len(a.Country) == 0 || len(a.Country) == 2, "audience.country: a code such as KW")
	add(a.TalkedUntil == 0 || a.TalkedFrom <= a.TalkedUntil, "audience.talkedUntil: is before talkedFrom")
	return wrong
}

// Numbers splits pasted text into what should be numbers: one a line, or
// between commas and semicolons.
func Numbers(pasted ...string) []string {
	var all []string
	for _, text := range pasted {
		for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune("\n\r,;\t،؛", r) }) {
			if part = strings.TrimSpace(part); part != "" {
				all = append(all, part)
			}
		}
	}
	return all
}
