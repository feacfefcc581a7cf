package web

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"badala/app/broadcast"
	"badala/app/db"
	"badala/app/inbox"
	"badala/views"
)

// bubbles turns the messages of one conversation into what the thread shows.
// It looks names up once each.
type bubbles struct {
	c      *call
	conv   inbox.Conversation
	names  map[int64]string // teammates
	people map[int64]string // speakers of a group
	keys   map[int64]string // names of API keys, once one is needed
	many   map[int64]string // names of broadcasts
}

func (c *call) bubbles(conv inbox.Conversation, names map[int64]string) *bubbles {
	return &bubbles{c: c, conv: conv, names: names, people: map[int64]string{}}
}

// all maps messages that are shown; reactions of ours hang on their message instead.
func (b *bubbles) all(ms []inbox.Message) []views.BubbleData {
	out := make([]views.BubbleData, 0, len(ms))
	for i := range ms {
		if ms[i].Type != inbox.TypeReaction {
			out = append(out, b.one(&ms[i]))
		}
	}
	return out
}

// one maps a message.
func (b *bubbles) one(m *inbox.Message) views.BubbleData {
	x := m.Extra()
	d := views.BubbleData{
		ID: id("msg", m.ID), ClientID: m.ClientID, Rev: m.Rev, Order: m.ID, At: db.Time(m.At),
		Out: m.Direction == inbox.Outbound || m.Direction == inbox.Note, Text: m.Body,
		Edited: m.Edited, Deleted: m.Deleted, Forwarded: x.Forwarded, Frequently: x.FrequentlyForwarded,
		Conv: id("conv", m.ConversationID),
	}
	if d.Text == "" {
		d.Text = m.Caption
	}
	d.CanReply = (m.Direction == inbox.Inbound || m.Direction == inbox.Outbound) && m.WaID != "" && !m.Deleted
	b.author(&d, m)
	switch m.Direction {
	case inbox.Note:
		d.Kind = views.Note
		d.Mentions = b.mentions(x.Mentions)
		return d
	case inbox.Activity:
		b.activity(&d, m, x)
		return d
	}
	d.Kind = kindOf(m.Type, x.Voice)
	if m.Direction == inbox.Outbound {
		d.Status = statusOf(m.Status)
		d.Failure = b.failure(m)
	}
	if m.Deleted {
		d.Text = ""
		return d
	}
	b.content(&d, m, x)
	d.Media = b.media(m, x)
	d.Quote = b.quote(m)
	d.Reactions = b.reactions(m)
	return d
}

// author says who speaks: a teammate, a machine of ours, or a member of a group.
func (b *bubbles) author(d *views.BubbleData, m *inbox.Message) {
	if m.Direction == inbox.Inbound {
		if b.conv.GroupID != "" {
			d.Author = b.person(m.ContactID)
		}
		return
	}
	d.Author = b.names[m.SentByID]
	switch m.SentByKind {
	case inbox.SentByAPI:
		d.Author, d.Via = b.key(m.SentByID), "api"
	case inbox.SentByBroadcast:
		d.Author, d.Via = "", "broadcast"
		d.Broadcast = views.BroadcastRef{ID: id(broadcast.Prefix, m.SentByID), Name: b.broadcast(m.SentByID)}
	case inbox.SentByAutomation, inbox.SentByPhone:
		d.Via = strings.ToLower(m.SentByKind)
	}
}

// broadcast is the name of a broadcast, "" when it was deleted.
func (b *bubbles) broadcast(n int64) string {
	if name, ok := b.many[n]; ok {
		return name
	}
	if b.many == nil {
		b.many = map[int64]string{}
	}
	if found, err := b.c.s.Broadcasts.Get(b.c.q(), b.c.actor.OrgID, n); err == nil {
		b.many[n] = found.Name
	}
	return b.many[n]
}

// key is the name of an API key, "" for the token of a person.
func (b *bubbles) key(n int64) string {
	if n == 0 {
		return ""
	}
	if b.keys == nil {
		b.keys = map[int64]string{}
		if all, err := b.c.s.Accounts.Keys(b.c.q(), b.c.actor.OrgID); err == nil {
			for _, k := range all {
				b.keys[k.ID] = k.Name
			}
		}
	}
	return b.keys[n]
}

// person is the name of a group's speaker.
func (b *bubbles) person(contactID int64) string {
	if name, ok := b.people[contactID]; ok {
		return name
	}
	name := ""
	if ct, err := b.c.s.Contacts.ByID(b.c.q(), b.c.actor.OrgID, contactID); err == nil {
		name = contactName(ct)
	}
	b.people[contactID] = name
	return name
}

func (b *bubbles) mentions(users []int64) map[string]string {
	out := map[string]string{}
	for _, u := range users {
		out[id("user", u)] = b.names[u]
	}
	return out
}

// kindOf is the kind of a message type.
func kindOf(typ string, voice bool) views.Kind {
	switch typ {
	case inbox.TypeText, inbox.TypeImage, inbox.TypeVideo, inbox.TypeDocument, inbox.TypeSticker, inbox.TypeLocation,
		inbox.TypeContacts, inbox.TypeTemplate, inbox.TypeReaction, inbox.TypeOrder, inbox.TypeUnsupported:
		return views.Kind(strings.ToLower(typ))
	case inbox.TypeAudio:
		if voice {
			return views.Voice
		}
		return views.Audio
	case inbox.TypeInteractive, inbox.TypeButton:
		return views.Choice
	}
	return views.Unknown
}

// content fills what the type adds to text and media.
func (b *bubbles) content(d *views.BubbleData, m *inbox.Message, x inbox.Payload) {
	if l := x.Location; l != nil {
		d.Place = &views.PlaceData{Lat: l.Latitude, Lng: l.Longitude, Name: l.Name, Address: l.Address}
	}
	for _, card := range x.Contacts {
		d.Cards = append(d.Cards, views.CardData{Name: card.Name, Company: card.Company,
			Phones: values(card.Phones), Emails: values(card.Emails), Links: values(card.URLs)})
	}
	if x.Order != nil {
		d.Cart = cart(x.Order)
	}
	if x.Button != nil {
		d.Choice = &views.ChoiceData{Title: x.Button.Text, From: "template"}
	}
	if it := x.Interactive; it != nil {
		interactive(d, m, it)
	}
	if t := x.Template; t != nil {
		d.Template = &views.TemplateData{Name: t.Name}
		if d.Text == "" {
			d.Text = t.Body
		}
		if t.Shown != nil {
			d.Template.Shown = &views.TemplateShown{Filled: *t.Shown, Language: t.Language, Files: b.c.templateFiles(*t.Shown)}
		}
	}
	if r := x.Referral; r != nil {
		d.Referral = &views.ReferralData{Headline: r.Headline, Body: r.Body, URL: webAddress(r.SourceURL)}
	}
	if d.Kind == views.Unsupported || d.Kind == views.Unknown {
		d.Detail = x.Unsupported
		if d.Detail == "" {
			d.Detail = strings.ToLower(m.Type)
		}
	}
}

// interactive is what a customer chose, or what we let them choose from.
func interactive(d *views.BubbleData, m *inbox.Message, it *inbox.Interactive) {
	if m.Direction == inbox.Outbound {
		d.Kind = views.Interactive
		d.Template = &views.TemplateData{Header: it.Header, Footer: it.Footer, Buttons: choices(it)}
		if d.Text == "" {
			d.Text = it.Body
		}
		return
	}
	from := map[string]string{"button_reply": "button", "list_reply": "list", "nfm_reply": "flow", "call_permission_reply": "call"}[it.Type]
	d.Choice = &views.ChoiceData{Title: it.Title, Description: it.Description, From: from}
	if d.Choice.Title == "" {
		d.Choice.Title = firstOf(it.Body, it.Answer, it.Name)
	}
	var fields map[string]any
	if json.Unmarshal(it.Response, &fields) != nil {
		return
	}
	for name, value := range fields {
		if name != "flow_token" {
			d.Choice.Fields = append(d.Choice.Fields, views.Field{Name: name, Value: fmt.Sprint(value)})
		}
	}
	slices.SortFunc(d.Choice.Fields, func(a, b views.Field) int { return strings.Compare(a.Name, b.Name) })
}

// choices are the titles of what a customer may press.
func choices(it *inbox.Interactive) (titles []string) {
	for _, b := range it.Buttons {
		titles = append(titles, b.Title)
	}
	for _, s := range it.Sections {
		for _, r := range s.Rows {
			titles = append(titles, r.Title)
		}
	}
	if it.DisplayText != "" {
		titles = append(titles, it.DisplayText)
	}
	return titles
}

// cart is a basket with its total, if all its lines are in one currency.
func cart(o *inbox.Order) *views.OrderData {
	out := &views.OrderData{Note: o.Text}
	total, currency, sound := new(big.Rat), "", len(o.Items) > 0
	for _, it := range o.Items {
		line := views.OrderLine{Name: it.ProductID, Quantity: int(it.Quantity)}
		price, ok := new(big.Rat).SetString(it.Price)
		if ok {
			line.Price = money(price, it.Currency)
			total.Add(total, price.Mul(price, big.NewRat(it.Quantity, 1)))
		}
		sound = sound && ok && (currency == "" || currency == it.Currency)
		currency = it.Currency
		out.Lines = append(out.Lines, line)
	}
	if sound {
		out.Total = money(total, currency)
	}
	return out
}

// money is an amount with its currency, with the decimals that the currency has.
func money(amount *big.Rat, currency string) string {
	decimals := 2
	switch currency {
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		decimals = 3
	case "JPY", "KRW", "VND", "CLP", "PYG", "UGX", "XAF", "XOF":
		decimals = 0
	}
	return strings.TrimSpace(amount.FloatString(decimals) + " " + currency)
}

// reactions are the emoji on a message, with whose they are.
func (b *bubbles) reactions(m *inbox.Message) []views.ReactionData {
	var out []views.ReactionData
	for _, r := range m.Reactions {
		d := views.ReactionData{Emoji: r.Emoji, Mine: r.ContactID == 0}
		if !d.Mine && b.conv.GroupID != "" {
			d.By = b.person(r.ContactID)
		}
		out = append(out, d)
	}
	return out
}

// quote is the message that this one answers.
func (b *bubbles) quote(m *inbox.Message) *views.QuoteData {
	if m.Reply == nil {
		if m.ReplyTo == 0 && m.ReplyWamid == "" {
			return nil
		}
		return &views.QuoteData{Missing: true}
	}
	r := m.Reply
	d := &views.QuoteData{ID: id("msg", r.ID), Out: r.Direction == inbox.Outbound,
		Kind: previewKind(r.Preview), Text: r.Preview.Text}
	switch {
	case d.Out:
		d.Author = b.names[r.SentByID]
	case b.conv.GroupID != "":
		d.Author = b.person(r.ContactID)
	}
	return d
}

// failure says what can be done about a message that did not go, or may not have gone.
func (b *bubbles) failure(m *inbox.Message) *views.FailureData {
	able := b.c.actor.Can("Reply")
	switch m.Status {
	case inbox.StatusFailed:
		return &views.FailureData{Code: max(m.Error.Code, 0), Reason: b.c.reason(m.Error), CanRetry: able && m.Retriable()}
	case inbox.StatusUnconfirmed:
		able = able && m.CanSendAgain()
		return &views.FailureData{Reason: b.c.t("failure.unconfirmed"), CanAgain: able, CanMarkSent: able}
	}
	return nil
}

// assignedBy are the words for conversations that found somebody by themselves.
var assignedBy = map[string]string{"ROUND_ROBIN": "assigned_turn", "TAG_RULE": "assigned_rule", "FALLBACK": "assigned_fallback"}

// activity says what happened to the conversation, or to the customer's number.
func (b *bubbles) activity(d *views.BubbleData, m *inbox.Message, x inbox.Payload) {
	d.Kind, d.Out = views.Activity, false
	a := &views.ActivityData{Actor: b.names[m.SentByID], Subject: b.names[x.Assignee]}
	change := inbox.Change{}
	if x.Change != nil {
		change = *x.Change
	}
	switch m.Type {
	case inbox.ActivityClosed:
		a.What = "closed"
	case inbox.ActivityReopened:
		a.What = "reopened"
		if m.SentByKind == "" {
			a.What = "reopened_by_customer"
		}
	case inbox.ActivityAssigned:
		a.What = "assigned"
		if m.SentByID == x.Assignee {
			a.What = "claimed"
		}
		if by := assignedBy[x.Reason]; by != "" {
			a.What = by
		}
	case inbox.ActivityWaiting:
		a.What, a.Minutes = "waiting_"+strings.ToLower(x.Reason), x.Minutes
	case inbox.ActivityUnassigned:
		a.What = "unassigned"
	case inbox.ActivityCall:
		d.Kind = views.Call
		d.Call = &views.CallData{Missed: x.Call != nil && x.Call.Event == "missed", Out: x.Call != nil && x.Call.Direction == "BUSINESS_INITIATED"}
	case inbox.ActivityNumberChanged:
		d.Kind, d.Text = views.System, b.c.t("system.number_changed", change.From, change.To)
	case inbox.ActivityUserIDChanged:
		d.Kind, d.Text = views.System, b.c.t("system.user_id_changed")
	case inbox.ActivityIdentity:
		d.Kind, d.Text = views.System, b.c.t("system.identity_changed")
	default:
		d.Kind = views.System
	}
	if d.Kind == views.Activity {
		d.Activity = a
	}
}

func values(entries []inbox.Entry) []string {
	var out []string
	for _, e := range entries {
		out = append(out, e.Value)
	}
	return out
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// webAddress is an http address, or "": a stranger's text never becomes another kind of link.
func webAddress(s string) string {
	if strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") {
		return s
	}
	return ""
}
