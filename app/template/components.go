package template

import (
	"encoding/json"
	"strconv"
)

// Components writes the draft as Meta wants it, examples included.
func (d Draft) Components() json.RawMessage {
	all := d.parts(-1)
	if d.Offer != nil {
		all = append(all, Component{"type": "LIMITED_TIME_OFFER", "limited_time_offer": Component{"text": d.Offer.Text, "has_expiration": d.Offer.Expires}})
	}
	if len(d.Cards) > 0 {
		var cards []any
		for i := range d.Cards {
			cards = append(cards, Component{"components": d.parts(i)})
		}
		all = append(all, Component{"type": "CAROUSEL", "cards": cards})
	}
	b, err := json.Marshal(all)
	if err != nil {
		return nil // there is nothing in it that JSON does not know
	}
	return b
}

// parts writes the message itself or a card.
func (d Draft) parts(card int) []Component {
	all := []Component{}
	c := d.card(card)
	if c.Header.Kind != "" {
		all = append(all, d.headerPart(card, c.Header))
	}
	switch {
	case card < 0 && d.OneTimeCode():
		all = append(all, Component{"type": "BODY", "add_security_recommendation": d.SecurityAdvice})
		if d.CodeMinutes > 0 {
			all = append(all, Component{"type": "FOOTER", "code_expiration_minutes": d.CodeMinutes})
		}
	case c.Body != "":
		body := Component{"type": "BODY", "text": c.Body}
		d.addExample(body, card, "body", c.Body)
		all = append(all, body)
	}
	if card < 0 && d.Footer != "" && !d.OneTimeCode() {
		all = append(all, Component{"type": "FOOTER", "text": d.Footer})
	}
	if len(c.Buttons) > 0 {
		var buttons []any
		for i, b := range c.Buttons {
			buttons = append(buttons, d.buttonPart(card, i, b))
		}
		all = append(all, Component{"type": "BUTTONS", "buttons": buttons})
	}
	return all
}

func (d Draft) headerPart(card int, h Header) Component {
	part := Component{"type": "HEADER", "format": h.Kind}
	switch {
	case h.Kind == HeaderText:
		part["text"] = h.Text
		d.addExample(part, card, "header", h.Text)
	case h.IsMedia():
		if handle := d.Examples[key(card, "header")]; handle != "" {
			part["example"] = Component{"header_handle": []string{handle}}
		}
	}
	return part
}

// addExample adds the examples of the variables of a text.
func (d Draft) addExample(part Component, card int, field, text string) {
	names := Variables(text)
	if len(names) == 0 {
		return
	}
	var values []string
	var named []Component
	for _, name := range names {
		example := d.Examples[key(card, field, name)]
		values = append(values, example)
		named = append(named, Component{"param_name": name, "example": example})
	}
	switch {
	case d.Format == Named:
		part["example"] = Component{field + "_text_named_params": named}
	case field == "body":
		part["example"] = Component{"body_text": [][]string{values}}
	default:
		part["example"] = Component{"header_text": values}
	}
}

func (d Draft) buttonPart(card, i int, b Button) Component {
	o := Component{"type": b.Kind, "text": b.Text}
	example := d.Examples[key(card, "button", strconv.Itoa(i))]
	switch b.Kind {
	case URL:
		o["url"] = b.URL
		if b.Dynamic() {
			o["example"] = []string{example}
		}
	case PhoneNumber:
		o["phone_number"] = b.Phone
	case CopyCode:
		delete(o, "text")
		o["example"] = example
	case Flow:
		o["flow_id"] = b.FlowID
		for k, v := range map[string]string{"flow_action": b.FlowAction, "navigate_screen": b.FlowScreen} {
			if v != "" {
				o[k] = v
			}
		}
	case OTP:
		o["otp_type"] = b.OTPType
		if b.Text == "" {
			delete(o, "text")
		}
		if b.PackageName != "" {
			o["supported_apps"] = []any{Component{"package_name": b.PackageName, "signature_hash": b.SignatureHash}}
		}
	}
	return o
}
