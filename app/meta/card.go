package meta

import "strings"

// Card is a contact that somebody shared. Everything is optional, even the
// name. Origin is "contact_request" when the person answered our request for
// their number: then the phone is the sender's own.
type Card struct {
	Name      CardName
	Phones    []CardPhone
	Emails    []CardEntry
	URLs      []CardEntry
	Addresses []CardAddress
	Company   string
	Division  string
	JobTitle  string
	Birthday  string
	VCard     string
	Origin    string
}

// CardName is the name on a card.
type CardName struct{ Formatted, First, Last, Middle, Prefix, Suffix string }

// CardPhone is a phone on a card; WaID is set when it is known to WhatsApp.
type CardPhone struct{ Phone, WaID, Type string }

// CardEntry is an e-mail or web address on a card.
type CardEntry struct{ Value, Type string }

// CardAddress is a postal address on a card.
type CardAddress struct{ Street, City, State, Zip, Country, CountryCode, Type string }

// FullName is the name to show: the formatted one, or what its parts make.
func (n CardName) FullName() string {
	if n.Formatted != "" {
		return n.Formatted
	}
	return strings.Join(strings.Fields(strings.Join([]string{n.Prefix, n.First, n.Middle, n.Last, n.Suffix}, " ")), " ")
}

func parseCards(message object) []Card {
	var cards []Card
	for _, raw := range message.list("contacts") {
		o := parseObject(raw)
		if o == nil {
			continue
		}
		c := parseCard(o)
		if c.Origin == "" {
			c.Origin = message.text("origin")
		}
		cards = append(cards, c)
	}
	return cards
}

func parseCard(o object) Card {
	name, org := o.object("name"), o.object("org")
	c := Card{
		Name: CardName{
			Formatted: name.text("formatted_name"),
			First:     name.text("first_name"),
			Last:      name.text("last_name"),
			Middle:    name.text("middle_name"),
			Prefix:    name.text("prefix"),
			Suffix:    name.text("suffix"),
		},
		Emails:   parseCardEntries(o, "emails", "email"),
		URLs:     parseCardEntries(o, "urls", "url"),
		Company:  org.text("company"),
		Division: org.text("department"),
		JobTitle: org.text("title"),
		Birthday: o.text("birthday"),
		VCard:    o.text("vcard"),
		Origin:   o.text("origin"),
	}
	for _, raw := range o.list("phones") {
		if p := parseObject(raw); p != nil {
			c.Phones = append(c.Phones, CardPhone{Phone: p.text("phone"), WaID: p.text("wa_id"), Type: p.text("type")})
		}
	}
	for _, raw := range o.list("addresses") {
		if a := parseObject(raw); a != nil {
			c.Addresses = append(c.Addresses, CardAddress{
				Street: a.text("street"), City: a.text("city"), State: a.text("state"), Zip: a.text("zip"),
				Country: a.text("country"), CountryCode: a.text("country_code"), Type: a.text("type"),
			})
		}
	}
	return c
}

func parseCardEntries(o object, list, key string) []CardEntry {
	var entries []CardEntry
	for _, raw := range o.list(list) {
		if e := parseObject(raw); e != nil {
			entries = append(entries, CardEntry{Value: e.text(key), Type: e.text("type")})
		}
	}
	return entries
}
