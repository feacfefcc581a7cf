package template

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Component is one component of a send to the Graph API.
type Component map[string]any

// Graph gives the components that the Graph API wants with the values: only
// those that have something to tell. Values must have passed Check; files are
// named by MetaID, else by their address.
func (s Spec) Graph(v Values) []Component {
	all := s.graphCard(-1, v, false)
	if s.Offer != nil && s.Offer.Expires && !v.ExpiresAt.IsZero() {
		all = append(all, Component{"type": "limited_time_offer", "parameters": []any{Component{
			"type": "limited_time_offer", "limited_time_offer": Component{"expiration_time_ms": v.ExpiresAt.UnixMilli()},
		}}})
	}
	if len(s.Cards) > 0 {
		var cards []any
		for i := range s.Cards {
			cards = append(cards, Component{"card_index": i, "components": s.graphCard(i, v, true)})
		}
		all = append(all, Component{"type": "carousel", "cards": cards})
	}
	return all
}

// graphCard gives the components of the message or a card. Whole: with quick
// replies that have no payload, since every button of a card must be there.
func (s Spec) graphCard(card int, v Values, whole bool) []Component {
	c, given := s.card(card), v.given(card)
	all := []Component{}
	if p := s.graphHeader(c.Header, given); p != nil {
		all = append(all, Component{"type": "header", "parameters": p})
	}
	names := Variables(s.bodyOf(card))
	if p := s.graphTexts(names, func(name string) (string, bool) { return given.Variables.of(name, names) }); p != nil {
		all = append(all, Component{"type": "body", "parameters": p})
	}
	for i, b := range c.Buttons {
		kind, parameter := graphButton(i, b, given, whole)
		if b.Kind == OTP {
			kind, parameter = "url", Component{"type": "text", "text": s.code(given)}
		}
		if parameter != nil {
			all = append(all, Component{"type": "button", "sub_type": kind, "index": strconv.Itoa(i), "parameters": []any{parameter}})
		}
	}
	return all
}

// graphTexts gives a parameter for each variable, nil when there is none.
func (s Spec) graphTexts(names []string, of func(string) (string, bool)) []any {
	var all []any
	for _, name := range names {
		text, _ := of(name)
		p := Component{"type": "text", "text": text}
		if s.Format == Named {
			p["parameter_name"] = name
		}
		all = append(all, p)
	}
	return all
}

func (s Spec) graphHeader(h Header, given CardValues) []any {
	g := given.Header
	switch {
	case h.Kind == HeaderText:
		return s.graphTexts(Variables(h.Text), func(name string) (string, bool) { return given.headerText(s.Format, name) })
	case g == nil:
		return nil
	case h.IsMedia():
		kind, file := strings.ToLower(h.Kind), Component{}
		if g.MetaID != "" {
			file["id"] = g.MetaID
		} else {
			file["link"] = g.link()
		}
		if h.Kind == HeaderDocument && g.FileName != "" {
			file["filename"] = g.FileName
		}
		return []any{Component{"type": kind, kind: file}}
	case h.Kind == HeaderLocation:
		return []any{Component{"type": "location", "location": Component{
			"latitude": number(g.Latitude), "longitude": number(g.Longitude), "name": g.Name, "address": g.Address,
		}}}
	}
	return nil
}

func graphButton(i int, b Button, given CardValues, whole bool) (kind string, parameter Component) {
	value, _ := given.button(i)
	switch {
	case b.Dynamic():
		return "url", Component{"type": "text", "text": value.Value}
	case b.Kind == CopyCode:
		return "copy_code", Component{"type": "coupon_code", "coupon_code": value.Value}
	case b.Kind == QuickReply && (value.Value != "" || whole):
		payload := value.Value
		if payload == "" {
			payload = b.Text
		}
		return "quick_reply", Component{"type": "payload", "payload": payload}
	case b.Kind == Flow:
		action := Component{"flow_token": "unused"}
		if value.Value != "" {
			action["flow_token"] = value.Value
		}
		if len(value.Data) > 0 {
			action["flow_action_data"] = json.RawMessage(value.Data)
		}
		return "flow", Component{"type": "action", "action": action}
	}
	return "", nil
}

// code is the one-time code: the first variable of the text.
func (s Spec) code(given CardValues) string {
	names := Variables(s.bodyOf(-1))
	if len(names) == 0 {
		return ""
	}
	code, _ := given.Variables.of(names[0], names)
	return code
}
