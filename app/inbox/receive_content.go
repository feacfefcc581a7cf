package inbox

import (
	"encoding/json"
	"strings"

	"badala/app/meta"
)

// contentOf is a message as it will be filed, without its place: type, text
// and payload of what Meta sent. Anything that cannot be shown for what it is
// becomes a placeholder; the raw body keeps the rest.
func contentOf(in meta.Message) Message {
	var m Message
	var p Payload
	m.Type = strings.ToUpper(in.Type)
	switch in.Type {
	case "text":
		if in.Text == nil {
			m.unsupported(&p, in)
			break
		}
		m.Body = in.Text.Body
	case "image", "video", "audio", "document", "sticker":
		m.media(&p, in)
	case "location":
		if in.Location == nil {
			m.unsupported(&p, in)
			break
		}
		p.Location = (*Location)(in.Location)
	case "contacts":
		p.Contacts = cards(in.Cards)
	case "interactive":
		if in.Interactive == nil {
			m.unsupported(&p, in)
			break
		}
		p.Interactive = interactive(in.Interactive)
		m.Body = in.Interactive.Title
	case "button":
		if in.Button == nil {
			m.unsupported(&p, in)
			break
		}
		p.Button = (*Button)(&Button{Text: in.Button.Text, Payload: in.Button.Payload})
		m.Body = in.Button.Text
	case "order":
		if in.Order == nil {
			m.unsupported(&p, in)
			break
		}
		p.Order = order(in.Order)
		m.Body = in.Order.Text
	default:
		m.unsupported(&p, in)
	}
	companions(&p, in)
	if len(in.Errors) > 0 {
		m.Error = messageError(in.Errors[0])
	}
	m.Payload = p.encode()
	m.search = searchText(&m, &p)
	return m
}

// unsupported makes a placeholder of m.
func (m *Message) unsupported(p *Payload, in meta.Message) {
	m.Type = TypeUnsupported
	p.Unsupported = in.Unsupported
	if p.Unsupported == "" && in.Type != "unsupported" {
		p.Unsupported = in.Type
	}
	for _, e := range in.Errors {
		p.Unavailable = p.Unavailable || e.Code == 131060
	}
}

// media fills m with what is known of a file before it is fetched.
func (m *Message) media(p *Payload, in meta.Message) {
	if in.Media == nil || in.Media.ID == "" && in.Media.URL == "" {
		p.MediaMissing = true
		return
	}
	m.Caption = in.Media.Caption
	p.FileName, p.Voice, p.Animated = in.Media.Filename, in.Media.Voice, in.Media.Animated
}

// companions are what goes along with any type of message.
func companions(p *Payload, in meta.Message) {
	if c := in.Context; c != nil {
		p.Forwarded = c.Forwarded || c.FrequentlyForwarded
		p.FrequentlyForwarded = c.FrequentlyForwarded
		if c.ProductRetailerID != "" || c.CatalogID != "" {
			p.Product = &Product{CatalogID: c.CatalogID, ProductID: c.ProductRetailerID}
		}
	}
	if r := in.Referral; r != nil {
		p.Referral = (*Referral)(r)
	}
}

func cards(in []meta.Card) []Card {
	var out []Card
	for _, c := range in {
		card := Card{
			Name: c.Name.FullName(), Company: c.Company, JobTitle: c.JobTitle, Birthday: c.Birthday,
			Own: c.Origin == "contact_request",
		}
		for _, e := range c.Phones {
			card.Phones = append(card.Phones, Entry{Value: e.Phone, Type: e.Type, WaID: e.WaID})
		}
		for _, e := range c.Emails {
			card.Emails = append(card.Emails, Entry{Value: e.Value, Type: e.Type})
		}
		for _, e := range c.URLs {
			card.URLs = append(card.URLs, Entry{Value: e.Value, Type: e.Type})
		}
		for _, a := range c.Addresses {
			var lines []string
			for _, line := range []string{a.Street, a.Zip, a.City, a.State, a.Country} {
				if line != "" {
					lines = append(lines, line)
				}
			}
			card.Addresses = append(card.Addresses, Entry{Value: strings.Join(lines, ", "), Type: a.Type})
		}
		out = append(out, card)
	}
	return out
}

func interactive(in *meta.Interactive) *Interactive {
	i := &Interactive{Type: in.Type, ID: in.ID, Title: in.Title, Description: in.Description, Name: in.Name, Body: in.Body}
	if json.Valid([]byte(in.ResponseJSON)) {
		i.Response = json.RawMessage(in.ResponseJSON)
	} else if in.ResponseJSON != "" {
		i.Body = in.ResponseJSON
	}
	if p := in.Permission; p != nil {
		i.Answer, i.Permanent = p.Response, p.Permanent
		if !p.Expires.IsZero() {
			i.Expires = p.Expires.UnixMilli()
		}
	}
	return i
}

func order(in *meta.Order) *Order {
	o := &Order{CatalogID: in.CatalogID, Text: in.Text}
	for _, it := range in.Items {
		o.Items = append(o.Items, OrderItem{ProductID: it.ProductRetailerID, Quantity: it.Quantity, Price: it.Price, Currency: it.Currency})
	}
	return o
}

func messageError(e meta.Error) MessageError {
	detail := e.Details
	if detail == "" {
		detail = e.Message
	}
	return MessageError{Code: e.Code, Title: e.Title, Detail: detail}
}
