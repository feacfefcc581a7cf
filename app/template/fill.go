package template

import (
	"strings"
	"time"
)

// Filled is a template as the customer sees it. Variables without a value
// stay as they are written.
type Filled struct {
	FilledCard
	Footer string       `json:"footer,omitempty"`
	Cards  []FilledCard `json:"cards,omitempty"`
	Offer  *FilledOffer `json:"offer,omitempty"`
}

// FilledCard is the message itself, or one card of a carousel.
type FilledCard struct {
	Header  FilledHeader   `json:"header,omitzero"`
	Body    string         `json:"body,omitempty"`
	Buttons []FilledButton `json:"buttons,omitempty"`
}

// FilledHeader is a text, a file or a place.
type FilledHeader struct {
	Kind      string   `json:"kind"`
	Text      string   `json:"text,omitempty"`
	UploadKey string   `json:"uploadKey,omitempty"`
	MediaURL  string   `json:"mediaUrl,omitempty"`
	FileName  string   `json:"fileName,omitempty"`
	Latitude  *float64 `json:"latitude,omitempty"`
	Longitude *float64 `json:"longitude,omitempty"`
	Name      string   `json:"name,omitempty"`
	Address   string   `json:"address,omitempty"`
}

// FilledButton is a button with what it does: an address, a phone or a code.
type FilledButton struct {
	Kind  string `json:"kind"`
	Text  string `json:"text"`
	URL   string `json:"url,omitempty"`
	Phone string `json:"phone,omitempty"`
	Code  string `json:"code,omitempty"`
}

// FilledOffer is the line of a limited-time offer.
type FilledOffer struct {
	Text      string    `json:"text"`
	Code      string    `json:"code,omitempty"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
}

// Fill writes the template with its values.
func (s Spec) Fill(v Values) Filled {
	f := Filled{FilledCard: s.fillCard(-1, v), Footer: s.Footer}
	for i := range s.Cards {
		f.Cards = append(f.Cards, s.fillCard(i, v))
	}
	if s.Offer != nil {
		f.Offer = &FilledOffer{Text: s.Offer.Text, ExpiresAt: v.ExpiresAt}
		for _, b := range f.Buttons {
			if b.Kind == CopyCode {
				f.Offer.Code = b.Code
			}
		}
	}
	return f
}

func (s Spec) fillCard(card int, v Values) FilledCard {
	c, given := s.card(card), v.given(card)
	names := Variables(s.bodyOf(card))
	f := FilledCard{
		Header: fillHeader(c.Header, given, s.Format),
		Body:   replace(s.bodyOf(card), func(name string) (string, bool) { return visible(given.Variables.of(name, names)) }),
	}
	for i, b := range c.Buttons {
		f.Buttons = append(f.Buttons, s.fillButton(i, b, f.Body, given))
	}
	return f
}

// visible keeps a variable in sight while its value is empty.
func visible(s string, ok bool) (string, bool) { return s, ok && s != "" }

func fillHeader(h Header, given CardValues, format string) FilledHeader {
	f := FilledHeader{Kind: h.Kind}
	f.Text = replace(h.Text, func(name string) (string, bool) { return visible(given.headerText(format, name)) })
	g := given.Header
	if g == nil {
		return f
	}
	switch {
	case h.IsMedia():
		f.UploadKey, f.MediaURL, f.FileName = g.UploadKey, g.link(), g.FileName
	case h.Kind == HeaderLocation:
		f.Latitude, f.Longitude, f.Name, f.Address = g.Latitude, g.Longitude, g.Name, g.Address
	}
	return f
}

func (s Spec) fillButton(i int, b Button, body string, given CardValues) FilledButton {
	f := FilledButton{Kind: b.Kind, Text: b.Text, Phone: b.Phone}
	value, ok := given.button(i)
	switch b.Kind {
	case URL:
		f.URL = replace(b.URL, func(string) (string, bool) { return visible(value.Value, ok) })
	case CopyCode:
		f.Code = value.Value
	case OTP:
		f.Code = s.code(given)
	}
	return f
}

// Text is what stands for the message in lists, searches and previews: its
// text, or the nearest to one that it has.
func (f Filled) Text() string {
	if f.Body != "" {
		return f.Body
	}
	if f.Header.Text != "" {
		return f.Header.Text
	}
	var all []string
	for _, c := range f.Cards {
		all = append(all, c.Body)
	}
	return strings.Join(all, "\n")
}
