package sim

import (
	"slices"
	"strconv"
	"strings"
)

// fillText writes a text with the parameters that were sent for it.
func (t *Template) fillText(text string, params []outParameter) string {
	names := variables(text)
	return variable.ReplaceAllStringFunc(text, func(v string) string {
		name := variable.FindStringSubmatch(v)[1]
		at := slices.Index(names, name)
		for i, p := range params {
			if t.Named && p.Name == name || !t.Named && i == at {
				return p.Text
			}
		}
		return v
	})
}

// fill writes the body with the values that were sent.
func (t *Template) fill(o *outTemplate) string {
	return t.fillText(find(t.parts, "BODY").Text, sentOf(o.Components, "body").Parameters)
}

// show puts the template into the bubble of the phone.
func (t *Template) show(m *PhoneMessage, o *outTemplate) {
	header := find(t.parts, "HEADER")
	sent := sentOf(o.Components, "header").Parameters
	var lines []string
	if header.Text != "" {
		lines = append(lines, t.fillText(header.Text, sent))
	}
	lines = append(lines, t.fill(o))
	if len(sent) == 1 {
		p := sent[0]
		for kind, f := range map[string]*outMedia{"image": p.Image, "video": p.Video, "document": p.Document} {
			if f != nil {
				m.MediaID, m.MediaType, m.Filename = f.ID, kind, f.Filename
			}
		}
		if l := p.Location; l != nil {
			m.Latitude, _ = l.Latitude.Float64()
			m.Longitude, _ = l.Longitude.Float64()
			lines = append(lines, l.Name)
		}
	}
	m.Buttons = t.buttons(find(t.parts, "BUTTONS").Buttons, o.Components)
	sentCards := sentOf(o.Components, "carousel").Cards
	for i, c := range find(t.parts, "CAROUSEL").Cards {
		lines = append(lines, t.fillText(find(c.Components, "BODY").Text, sentOf(sentCards[i].Components, "body").Parameters))
		m.Buttons = append(m.Buttons, t.buttons(find(c.Components, "BUTTONS").Buttons, sentCards[i].Components)...)
	}
	m.Text = strings.Join(lines, "\n")
}

// buttons gives what can be tapped. What a tap on a quick reply brings back is
// its payload, or its text.
func (t *Template) buttons(all []partButton, sent []outComponent) []PhoneButton {
	var list []PhoneButton
	for i, b := range all {
		var p outParameter
		for _, c := range sent {
			if strings.EqualFold(c.Type, "button") && string(c.Index) == strconv.Itoa(i) && len(c.Parameters) == 1 {
				p = c.Parameters[0]
			}
		}
		v := PhoneButton{Kind: "template", ID: b.Text, Title: b.Text}
		switch strings.ToUpper(b.Type) {
		case "QUICK_REPLY":
			if p.Payload != "" {
				v.ID = p.Payload
			}
		case "URL", "OTP":
			v.Kind, v.ID = "url", variable.ReplaceAllLiteralString(b.URL, p.Text)
		case "PHONE_NUMBER":
			v.Kind, v.ID = "call", b.Phone
		case "COPY_CODE":
			v.Kind, v.ID = "copy", p.Coupon
		default:
			v.Kind = strings.ToLower(b.Type)
		}
		list = append(list, v)
	}
	return list
}
