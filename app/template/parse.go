package template

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"badala/app/errs"
)

// Parse reads the components of a template as Meta sends them. Parts that it
// does not know are listed in Unknown. It fails on what is no list of
// components, such as those of a template that Meta has only named so far.
func Parse(format string, components json.RawMessage) (Spec, error) {
	var all []object
	if err := json.Unmarshal(components, &all); err != nil {
		return Spec{}, errs.Coded(errs.Unprocessable, "template_unread", "this template has not been read from WhatsApp yet")
	}
	p := parser{Spec{Format: upper(format), Examples: map[string]string{}}}
	for _, c := range all {
		p.component(c)
	}
	p.s.inferFormat()
	return p.s, nil
}

// inferFormat decides how variables are named where Meta does not tell.
func (s *Spec) inferFormat() {
	if s.Format == Named || s.Format == Positional {
		return
	}
	s.Format = Positional
	for i := -1; i < len(s.Cards); i++ {
		c := s.card(i)
		for _, name := range append(Variables(c.Header.Text), Variables(c.Body)...) {
			if _, err := strconv.Atoi(name); err != nil {
				s.Format = Named
			}
		}
	}
}

type parser struct{ s Spec }

func (p *parser) unknown(kind string) { p.s.Unknown = append(p.s.Unknown, kind) }

func (p *parser) example(key, value string) {
	if value != "" {
		p.s.Examples[key] = value
	}
}

func (p *parser) component(c object) {
	switch kind := upper(c.text("type")); kind {
	case "HEADER", "BODY", "BUTTONS":
		p.part(&p.s.Card, -1, c)
	case "FOOTER":
		p.s.Footer = c.text("text")
		p.s.CodeMinutes = c.number("code_expiration_minutes")
	case "CAROUSEL":
		for i, card := range c.objects("cards") {
			p.s.Cards = append(p.s.Cards, Card{})
			for _, part := range card.objects("components") {
				p.part(&p.s.Cards[i], i, part)
			}
		}
	case "LIMITED_TIME_OFFER":
		o := c.object("limited_time_offer")
		p.s.Offer = &Offer{Text: o.text("text"), Expires: o.flag("has_expiration")}
	default:
		p.unknown(kind)
	}
}

// part reads a component that the message and the cards of a carousel share.
func (p *parser) part(to *Card, card int, c object) {
	switch kind := upper(c.text("type")); kind {
	case "HEADER":
		p.header(to, card, c)
	case "BODY":
		to.Body = c.text("text")
		if c.flag("add_security_recommendation") {
			p.s.SecurityAdvice = true
		}
		p.texts(key(card, "body"), to.Body, c.object("example"), "body_text")
	case "BUTTONS":
		for i, b := range c.objects("buttons") {
			to.Buttons = append(to.Buttons, p.button(card, i, b))
		}
	default:
		p.unknown(kind)
	}
}

func (p *parser) header(to *Card, card int, c object) {
	to.Header = Header{Kind: upper(c.text("format")), Text: c.text("text")}
	if to.Header.Kind == "" {
		to.Header.Kind = HeaderText
	}
	example := c.object("example")
	switch {
	case to.Header.Kind == HeaderText:
		p.texts(key(card, "header"), to.Header.Text, example, "header_text")
	case to.Header.IsMedia():
		p.example(key(card, "header"), first(example["header_handle"]))
	case to.Header.Kind != HeaderLocation:
		p.unknown("HEADER " + to.Header.Kind)
	}
}

// texts notes the examples of the variables of a text.
func (p *parser) texts(prefix, text string, example object, field string) {
	for _, named := range example.objects(field + "_named_params") {
		p.example(prefix+"."+named.text("param_name"), named.text("example"))
	}
	values := list(example[field])
	if len(values) == 1 && field == "body_text" {
		if inner, ok := values[0].([]any); ok { // one list for each set of examples
			values = inner
		}
	}
	for i, name := range Variables(text) {
		if i < len(values) {
			p.example(prefix+"."+name, word(values[i]))
		}
	}
}

// otpType is how Meta writes the kind of a one-time code into its own links.
var otpType = regexp.MustCompile(`OTP_TYPE=([A-Z_]+)`)

// copyText is what WhatsApp writes on the button that copies a code.
const copyText = "Copy offer code"

// plain are the buttons that need no more to be sent than to be there.
var plain = map[string]bool{
	QuickReply: true, URL: true, PhoneNumber: true, CopyCode: true, Flow: true, OTP: true, Catalog: true, VoiceCall: true, RequestContact: true,
}

func (p *parser) button(card, i int, o object) Button {
	b := Button{
		Kind: upper(o.text("type")), Text: o.text("text"), URL: o.text("url"), Phone: o.text("phone_number"),
		FlowID: o.text("flow_id"), FlowAction: o.text("flow_action"), FlowScreen: o.text("navigate_screen"),
		OTPType: upper(o.text("otp_type")), PackageName: o.text("package_name"), SignatureHash: o.text("signature_hash"),
	}
	// Meta shows the button of a one-time code as a link of its own.
	if b.Kind == URL && (b.OTPType != "" || strings.Contains(strings.ToLower(b.URL), "whatsapp.com/otp/")) {
		b.Kind = OTP
		if at := otpType.FindStringSubmatch(upper(b.URL)); at != nil && b.OTPType == "" {
			b.OTPType = at[1]
		}
	}
	if b.Kind == CopyCode && b.Text == "" {
		b.Text = copyText
	}
	if app := o.objects("supported_apps"); len(app) > 0 && b.PackageName == "" {
		b.PackageName, b.SignatureHash = app[0].text("package_name"), app[0].text("signature_hash")
	}
	if !plain[b.Kind] {
		p.unknown("BUTTON " + b.Kind)
	}
	if b.Dynamic() || b.Kind == CopyCode {
		p.example(key(card, "button", strconv.Itoa(i)), first(o["example"]))
	}
	return b
}

// key names a slot: parts of the message itself, or of a card, joined by dots.
func key(card int, parts ...string) string {
	if card >= 0 {
		parts = append([]string{"card", strconv.Itoa(card)}, parts...)
	}
	return strings.Join(parts, ".")
}

// object is JSON that may hold anything.
type object map[string]any

func (o object) text(key string) string { return word(o[key]) }

func (o object) flag(key string) bool {
	v, ok := o[key].(bool)
	return v && ok || strings.EqualFold(word(o[key]), "true")
}

func (o object) number(key string) int {
	n, err := strconv.Atoi(o.text(key))
	if err != nil {
		return 0
	}
	return n
}

func (o object) object(key string) object {
	m, _ := o[key].(map[string]any)
	return m
}

func (o object) objects(key string) []object {
	var all []object
	for _, v := range list(o[key]) {
		if m, ok := v.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// word is a JSON scalar as text, "" for anything else.
func word(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return fmt.Sprint(v)
	}
	return ""
}

// first is a scalar, or the first of a list.
func first(v any) string {
	if l := list(v); len(l) > 0 {
		return word(l[0])
	}
	return word(v)
}
