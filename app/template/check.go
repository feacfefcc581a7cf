package template

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"badala/app/errs"
)

// Problem is one thing that is wrong with the values of a template, or with a
// new template.
type Problem struct {
	Key   string // of the slot, or of the part of a draft; "" when it is of none
	Field string // as the REST face calls it: "variables.1", "header", "buttons[0]"
	Code  string // "missing", "new_line", "spaces", "too_long", …: a key below "template.wrong." for pages
	Text  string // in plain English
}

// asError makes a failure of problems, nil of none.
func asError(all []Problem) error {
	if len(all) == 0 {
		return nil
	}
	var details []string
	for _, p := range all {
		details = append(details, p.Field+": "+p.Text)
	}
	return errs.Fields(details...)
}

// Check refuses values that do not fit the template, or that Meta would refuse,
// with a detail for each.
func (s Spec) Check(v Values) error {
	if err := s.Sendable(); err != nil {
		return err
	}
	return asError(s.Wrong(v))
}

// Wrong lists what is wrong with values.
func (s Spec) Wrong(v Values) []Problem {
	var all []Problem
	for _, slot := range s.Slots() {
		if code, text := s.wrongSlot(v, slot); code != "" {
			all = append(all, Problem{slot.Key, slot.field(), code, text})
		}
	}
	all = append(all, s.surplus(v)...)
	if len(all) == 0 {
		all = s.tooLong(v)
	}
	return all
}

// field is what the REST face calls the slot.
func (s Slot) field() string {
	name := "header"
	switch {
	case s.Kind == SlotExpiry:
		return ExpiryKey
	case s.Button >= 0:
		name = fmt.Sprintf("buttons[%d]", s.Button)
	case s.Name != "" && s.Key != key(s.Card, "header", s.Name):
		name = "variables." + s.Name
	}
	if s.Card >= 0 {
		name = fmt.Sprintf("cards[%d].%s", s.Card, name)
	}
	return name
}

func (s Spec) wrongSlot(v Values, slot Slot) (code, text string) {
	header := v.given(slot.Card).Header
	switch {
	case slot.Kind.IsMedia():
		return wrongFile(header, slot.Kind)
	case slot.Kind == SlotLocation:
		return wrongPlace(header)
	}
	value, ok := s.valueOf(v, slot)
	switch {
	case !ok || strings.TrimSpace(value) == "":
		if slot.Optional {
			return "", ""
		}
		return "missing", "is missing"
	case slot.Kind == SlotExpiry:
		return "", ""
	}
	if code, text := wrongText(value); code != "" {
		return code, text
	}
	if slot.Max > 0 && utf8.RuneCountInString(value) > slot.Max {
		return "too_long", fmt.Sprintf("at most %d characters", slot.Max)
	}
	if slot.Kind == SlotCoupon && strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "coupon", "Latin letters and digits only, without spaces"
	}
	if slot.Kind == SlotFlow {
		if b, _ := v.given(slot.Card).button(slot.Button); len(b.Data) > 0 && !isObject(b.Data) {
			return "data", "data must be an object"
		}
	}
	return "", ""
}

// wrongText says why Meta refuses a text as the value of a variable.
func wrongText(s string) (code, text string) {
	switch {
	case !utf8.ValidString(s):
		return "not_text", "not valid text"
	case strings.ContainsAny(s, "\n\r\u2028\u2029\v\f"):
		return "new_line", "must not have a new line"
	case strings.Contains(s, "\t"):
		return "tab", "must not have a tab"
	case strings.Contains(s, "     "):
		return "spaces", "must not have more than 4 spaces in a row"
	}
	return "", ""
}

func wrongFile(h *HeaderValue, kind SlotKind) (code, text string) {
	what := strings.ToLower(string(kind))
	switch {
	case h == nil || h.UploadKey == "" && h.link() == "" && h.MetaID == "":
		return "missing", "the " + what + " is missing: give uploadKey or mediaUrl"
	case h.UploadKey != "" && h.MediaURL != "":
		return "one_file", "give either uploadKey or mediaUrl"
	case h.UploadKey == "" && h.MetaID == "" && !isWeb(h.link(), "https"):
		return "address", "mediaUrl must be a public https address"
	case utf8.RuneCountInString(h.FileName) > 240:
		return "too_long", "fileName has at most 240 characters"
	}
	return "", ""
}

func wrongPlace(h *HeaderValue) (code, text string) {
	switch {
	case h == nil || h.Latitude == nil || h.Longitude == nil:
		return "missing", "the place is missing: give latitude and longitude, name and address"
	case !(*h.Latitude >= -90 && *h.Latitude <= 90) || !(*h.Longitude >= -180 && *h.Longitude <= 180):
		return "coordinates", "latitude is from -90 to 90, longitude from -180 to 180"
	case strings.TrimSpace(h.Name) == "" || strings.TrimSpace(h.Address) == "":
		return "place_name", "name and address of the place are needed too"
	}
	return "", ""
}

func isWeb(s string, schemes ...string) bool {
	u, err := url.Parse(s)
	return err == nil && slices.Contains(schemes, u.Scheme) && u.Hostname() != "" && u.User == nil && len(s) <= 2048
}

func isObject(raw json.RawMessage) bool {
	var o map[string]any
	return json.Unmarshal(raw, &o) == nil && o != nil
}

// surplus lists what is given and not wanted.
func (s Spec) surplus(v Values) []Problem {
	var all []Problem
	if len(v.Cards) > len(s.Cards) {
		all = append(all, Problem{"", "cards", "surplus", fmt.Sprintf("this template has %d, %d were given", len(s.Cards), len(v.Cards))})
	}
	for i := -1; i < len(s.Cards); i++ {
		all = append(all, s.surplusOf(i, v.given(i))...)
	}
	return all
}

func (s Spec) surplusOf(card int, given CardValues) []Problem {
	var all []Problem
	prefix := ""
	if card >= 0 {
		prefix = fmt.Sprintf("cards[%d].", card)
	}
	add := func(field, text string) { all = append(all, Problem{"", prefix + field, "surplus", text}) }
	c := s.card(card)
	names := Variables(s.bodyOf(card))
	if n := len(given.Variables.List); n > len(names) {
		add("variables", fmt.Sprintf("this template has %d, %d were given", len(names), n))
	}
	for name := range given.Variables.Named {
		if !slices.Contains(names, name) && !(s.Format == Named && slices.Contains(Variables(c.Header.Text), name)) {
			add("variables."+name, "the template has no such variable")
		}
	}
	if h := given.Header; h != nil && *h != (HeaderValue{}) && (c.Header.Kind == "" || c.Header.Kind == HeaderText && len(Variables(c.Header.Text)) == 0) {
		add("header", "the header of this template takes nothing")
	}
	for _, b := range given.Buttons {
		if !s.takes(c, b.Index) && b.Value != "" {
			add(fmt.Sprintf("buttons[%d]", b.Index), "this button takes nothing")
		}
	}
	slices.SortFunc(all, func(a, b Problem) int { return strings.Compare(a.Field, b.Field) })
	return all
}

// takes says whether a value may be given for a button.
func (s Spec) takes(c Card, i int) bool {
	if i < 0 || i >= len(c.Buttons) {
		return false
	}
	switch b := c.Buttons[i]; b.Kind {
	case CopyCode, QuickReply, Flow, OTP:
		return true
	default:
		return b.Dynamic()
	}
}

// tooLong lists texts that have become too long with their values.
func (s Spec) tooLong(v Values) []Problem {
	var all []Problem
	filled := s.Fill(v)
	check := func(key, field, text string, most int) {
		if utf8.RuneCountInString(text) > most {
			all = append(all, Problem{key, field, "too_long_filled", fmt.Sprintf("with its values the text has more than %d characters", most)})
		}
	}
	check("header", "header", filled.Header.Text, maxHeader)
	check("body", "variables", filled.Body, s.maxBody())
	for i, c := range filled.Cards {
		check(key(i, "body"), fmt.Sprintf("cards[%d].variables", i), c.Body, maxCardBodyFilled)
	}
	return all
}

// What a text may have, in characters. Meta counts filled bodies too.
const (
	maxHeader         = 60
	maxBody           = 1024
	maxOfferBody      = 600
	maxCardBody       = 160
	maxCardBodyFilled = 1024
	maxFooter         = 60
	maxButtonText     = 25
	maxURL            = 2000
	maxName           = 512
	maxPhone          = 20
	maxOfferText      = 16
)

func (s Spec) maxBody() int {
	if s.Offer != nil {
		return maxOfferBody
	}
	return maxBody
}
