package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Values is what is given to send a template.
type Values struct {
	CardValues
	Cards     []CardValues `json:"cards,omitempty"`    // of a carousel, in its order
	ExpiresAt time.Time    `json:"expiresAt,omitzero"` // of a limited-time offer
}

// CardValues is what is given for the message itself or for one card.
type CardValues struct {
	Variables Variable      `json:"variables,omitzero"`
	Header    *HeaderValue  `json:"header,omitempty"`
	Buttons   []ButtonValue `json:"buttons,omitempty"`
}

// Variable holds the values of variables: in their order, or by name. In JSON
// it is an array or an object.
type Variable struct {
	List  []string
	Named map[string]string
}

// IsZero says whether nothing is given.
func (v Variable) IsZero() bool { return len(v.List) == 0 && len(v.Named) == 0 }

// MarshalJSON writes an object when there are names, else an array.
func (v Variable) MarshalJSON() ([]byte, error) {
	if len(v.Named) > 0 {
		return json.Marshal(v.Named)
	}
	if v.List == nil {
		return []byte("[]"), nil
	}
	return json.Marshal(v.List)
}

// UnmarshalJSON reads an array or an object of texts; numbers are texts too.
func (v *Variable) UnmarshalJSON(b []byte) error {
	*v = Variable{}
	b = bytes.TrimSpace(b)
	if len(b) > 0 && b[0] == '[' {
		var all []scalar
		err := json.Unmarshal(b, &all)
		for _, s := range all {
			v.List = append(v.List, string(s))
		}
		return err
	}
	var all map[string]scalar
	if err := json.Unmarshal(b, &all); err != nil {
		return errors.New("variables: must be a list of texts, or an object of names and texts")
	}
	for name, s := range all {
		if v.Named == nil {
			v.Named = map[string]string{}
		}
		v.Named[name] = string(s)
	}
	return nil
}

// scalar is a text that may be written as a number or a truth value.
type scalar string

func (s *scalar) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	switch {
	case len(b) == 0 || string(b) == "null":
		*s = ""
		return nil
	case b[0] == '"':
		return json.Unmarshal(b, (*string)(s))
	case b[0] == '{' || b[0] == '[':
		return errors.New("a text was wanted")
	}
	*s = scalar(b)
	return nil
}

// HeaderValue is what is given for a header: the value of its variable, a file,
// or a place. In JSON a plain text is the variable's value or the address of
// the file.
type HeaderValue struct {
	Text string `json:"text,omitempty"`

	UploadKey string `json:"uploadKey,omitempty"`
	MediaURL  string `json:"mediaUrl,omitempty"`
	FileName  string `json:"fileName,omitempty"`

	Latitude  *float64 `json:"latitude,omitempty"`
	Longitude *float64 `json:"longitude,omitempty"`
	Name      string   `json:"name,omitempty"`
	Address   string   `json:"address,omitempty"`

	// MetaID is Meta's id of the file, filled in when it is sent.
	MetaID string `json:"-"`
}

// UnmarshalJSON also reads a plain text.
func (h *HeaderValue) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	if len(b) == 0 || b[0] != '{' {
		var s scalar
		err := s.UnmarshalJSON(b)
		*h = HeaderValue{Text: string(s)}
		return err
	}
	type plain HeaderValue
	return json.Unmarshal(b, (*plain)(h))
}

// link is the public address of the file.
func (h *HeaderValue) link() string {
	if h.MediaURL == "" && h.UploadKey == "" {
		return h.Text
	}
	return h.MediaURL
}

// ButtonValue is what is given for one button: the end of its address, the
// code to copy, what a tap brings back, or the token of a flow.
type ButtonValue struct {
	Index int             `json:"index"` // from 0, among all buttons
	Value string          `json:"value"`
	Data  json.RawMessage `json:"data,omitempty"` // a flow's first screen gets it
}

// UnmarshalJSON reads numbers as texts too.
func (b *ButtonValue) UnmarshalJSON(raw []byte) error {
	var o struct {
		Index json.Number     `json:"index"`
		Value scalar          `json:"value"`
		Data  json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return errors.New("buttons: each is an object with index and value")
	}
	n := 0
	if o.Index != "" {
		var err error
		if n, err = strconv.Atoi(string(o.Index)); err != nil {
			return errors.New("buttons: index is a whole number from 0")
		}
	}
	*b = ButtonValue{Index: n, Value: string(o.Value), Data: o.Data}
	return nil
}

// given is what is there for the message (-1) or a card.
func (v Values) given(card int) CardValues {
	switch {
	case card < 0:
		return v.CardValues
	case card < len(v.Cards):
		return v.Cards[card]
	}
	return CardValues{}
}

// button gives the value of a button.
func (c CardValues) button(i int) (ButtonValue, bool) {
	at := slices.IndexFunc(c.Buttons, func(b ButtonValue) bool { return b.Index == i })
	if at < 0 {
		return ButtonValue{}, false
	}
	return c.Buttons[at], true
}

// of gives the value of one of the variables, which are listed in names.
func (v Variable) of(name string, names []string) (string, bool) {
	if len(v.Named) > 0 {
		s, ok := v.Named[name]
		return s, ok
	}
	if i := slices.Index(names, name); i >= 0 && i < len(v.List) {
		return v.List[i], true
	}
	return "", false
}

// headerText gives the value of the header's variable.
func (c CardValues) headerText(format, name string) (string, bool) {
	if c.Header != nil && c.Header.Text != "" {
		return c.Header.Text, true
	}
	if format == Named {
		s, ok := c.Variables.Named[name]
		return s, ok
	}
	return "", false
}

// With makes values of a text for each slot, by key, as forms and broadcasts
// hold them. A file is an https address or else an upload key, with its name
// under key+".fileName"; a place is under key+".latitude", ".longitude",
// ".name" and ".address"; the end of an offer is RFC 3339.
func (s Spec) With(given map[string]string) Values {
	var v Values
	if len(s.Cards) > 0 {
		v.Cards = make([]CardValues, len(s.Cards))
	}
	for _, slot := range s.Slots() {
		if slot.Kind == SlotExpiry {
			v.ExpiresAt, _ = time.Parse(time.RFC3339, strings.TrimSpace(given[slot.Key]))
			continue
		}
		to := &v.CardValues
		if slot.Card >= 0 {
			to = &v.Cards[slot.Card]
		}
		to.put(s.Format, slot, given)
	}
	return v
}

func (c *CardValues) put(format string, slot Slot, given map[string]string) {
	text, there := given[slot.Key]
	switch {
	case slot.Kind == SlotLocation:
		c.Header = place(slot.Key, given)
	case slot.Kind.IsMedia():
		if text == "" {
			return
		}
		c.Header = &HeaderValue{FileName: given[slot.Key+".fileName"]}
		if strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://") {
			c.Header.MediaURL = text
		} else {
			c.Header.UploadKey = text
		}
	case slot.Button >= 0:
		if text != "" {
			c.Buttons = append(c.Buttons, ButtonValue{Index: slot.Button, Value: text})
		}
	case strings.HasSuffix(slot.Key, "header."+slot.Name):
		if there {
			c.Header = &HeaderValue{Text: text}
		}
	case format == Named:
		if c.Variables.Named == nil {
			c.Variables.Named = map[string]string{}
		}
		c.Variables.Named[slot.Name] = text
	default:
		c.Variables.List = append(c.Variables.List, text)
	}
}

func place(key string, given map[string]string) *HeaderValue {
	h := HeaderValue{Name: given[key+".name"], Address: given[key+".address"]}
	for part, to := range map[string]**float64{".latitude": &h.Latitude, ".longitude": &h.Longitude} {
		if n, err := strconv.ParseFloat(strings.TrimSpace(given[key+part]), 64); err == nil {
			*to = &n
		}
	}
	return &h
}

// Texts is the other way round: a text for each slot that has a value.
func (s Spec) Texts(v Values) map[string]string {
	all := map[string]string{}
	for _, slot := range s.Slots() {
		text, _ := s.valueOf(v, slot)
		switch h := v.given(slot.Card).Header; {
		case slot.Kind.IsMedia() && h != nil:
			if text = h.link(); h.UploadKey != "" {
				text = h.UploadKey
			}
			maps.Copy(all, present(map[string]string{slot.Key + ".fileName": h.FileName}))
		case slot.Kind == SlotLocation && h != nil:
			maps.Copy(all, present(map[string]string{
				slot.Key + ".latitude": number(h.Latitude), slot.Key + ".longitude": number(h.Longitude),
				slot.Key + ".name": h.Name, slot.Key + ".address": h.Address,
			}))
		}
		if text != "" {
			all[slot.Key] = text
		}
	}
	return all
}

func present(m map[string]string) map[string]string {
	maps.DeleteFunc(m, func(_, v string) bool { return v == "" })
	return m
}

func number(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'f', -1, 64)
}

// valueOf gives the text that fills a slot of text.
func (s Spec) valueOf(v Values, slot Slot) (string, bool) {
	c := v.given(slot.Card)
	switch {
	case slot.Kind == SlotExpiry:
		if v.ExpiresAt.IsZero() {
			return "", false
		}
		return v.ExpiresAt.UTC().Format(time.RFC3339), true
	case slot.Button >= 0:
		b, ok := c.button(slot.Button)
		return b.Value, ok
	case slot.Kind.IsMedia() || slot.Kind == SlotLocation:
		return "", false
	case slot.Key == key(slot.Card, "header", slot.Name):
		return c.headerText(s.Format, slot.Name)
	}
	return c.Variables.of(slot.Name, Variables(s.bodyOf(slot.Card)))
}

// Sample is values made of Meta's examples, for a look at an unsent template.
func (s Spec) Sample() Values {
	given := maps.Clone(s.Examples)
	if given == nil {
		given = map[string]string{}
	}
	maps.DeleteFunc(given, func(_, v string) bool { return v == "" })
	return s.With(given)
}
