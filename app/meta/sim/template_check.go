package sim

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var variable = regexp.MustCompile(`\{\{\s*([a-z0-9_]+)\s*\}\}`)

// variables lists the variables of a text, each once, numbers in their order.
func variables(text string) []string {
	var names []string
	for _, m := range variable.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	slices.SortStableFunc(names, func(a, b string) int {
		x, err1 := strconv.Atoi(a)
		y, err2 := strconv.Atoi(b)
		if err1 != nil || err2 != nil {
			return 0
		}
		return x - y
	})
	return names
}

// check compares what was sent with what the template wants. hasFile says
// whether a media id exists.
func (t *Template) check(o *outTemplate, now time.Time, hasFile func(id string) bool) *refusal {
	switch t.Status {
	case "APPROVED":
	case "PAUSED":
		return bad(132015, "Template is paused due to low quality.")
	case "DISABLED":
		return bad(132016, "Template is disabled.")
	default:
		return &refusal{http.StatusNotFound, 132001, "Template is not approved."}
	}
	k := checking{t: t, now: now, hasFile: hasFile}
	if e := k.components(t.parts, o.Components, ""); e != nil {
		return e
	}
	if tooLong(t.fill(o), 1024) {
		return bad(132005, "Translated text too long")
	}
	return nil
}

// checking is one comparison.
type checking struct {
	t       *Template
	now     time.Time
	hasFile func(string) bool
}

// components compares the components of a message, or of a card of it.
func (k *checking) components(want []part, sent []outComponent, where string) *refusal {
	known := []string{"header", "body", "footer", "button", "buttons", "limited_time_offer", "carousel"}
	count := map[string]int{}
	for _, c := range sent {
		kind := strings.ToLower(c.Type)
		if !slices.Contains(known, kind) {
			return bad(100, where+"Unexpected component type "+c.Type)
		}
		if count[kind]++; count[kind] > 1 && kind != "button" {
			return bad(100, where+"Component "+c.Type+" is there twice")
		}
	}
	for _, e := range []*refusal{
		k.header(find(want, "HEADER"), sentOf(sent, "header"), where),
		k.texts(find(want, "BODY").Text, sentOf(sent, "body").Parameters, where+"body: "),
		k.buttons(find(want, "BUTTONS").Buttons, sent, where),
		k.offer(find(want, "LIMITED_TIME_OFFER"), sentOf(sent, "limited_time_offer")),
		k.carousel(find(want, "CAROUSEL"), sentOf(sent, "carousel")),
	} {
		if e != nil {
			return e
		}
	}
	return nil
}

// sentOf gives the component of a kind, an empty one if there is none.
func sentOf(all []outComponent, kind string) outComponent {
	for _, c := range all {
		if strings.EqualFold(c.Type, kind) {
			return c
		}
	}
	return outComponent{}
}

// texts compares the variables of a text with its parameters.
func (k *checking) texts(text string, got []outParameter, where string) *refusal {
	want := variables(text)
	if len(want) != len(got) {
		return bad(132000, fmt.Sprintf("%snumber of localizable_params (%d) does not match the expected number of params (%d)", where, len(got), len(want)))
	}
	seen := map[string]bool{}
	for _, p := range got {
		if p.Type != "text" && p.Type != "currency" && p.Type != "date_time" {
			return bad(132012, where+"Format mismatch, expected TEXT, received "+strings.ToUpper(p.Type))
		}
		if k.t.Named && (!slices.Contains(want, p.Name) || seen[p.Name]) {
			return bad(132000, where+"unknown parameter name "+p.Name)
		}
		seen[p.Name] = true
		if e := wrongText(p.Text, where); e != nil && p.Type == "text" {
			return e
		}
	}
	return nil
}

func wrongText(text, where string) *refusal {
	switch {
	case text == "":
		return bad(131008, where+"Parameter of type text is missing text value")
	case strings.ContainsAny(text, "\n\t") || strings.Contains(text, "     "):
		return bad(132018, where+"Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
	}
	return nil
}

func (k *checking) header(want part, sent outComponent, where string) *refusal {
	where += "header: "
	format := strings.ToUpper(want.Format)
	if want.Type == "" || format == "TEXT" || format == "" {
		return k.texts(want.Text, sent.Parameters, where)
	}
	received := "UNKNOWN"
	if len(sent.Parameters) == 1 {
		received = strings.ToUpper(sent.Parameters[0].Type)
	}
	if received != format {
		return bad(132012, where+"Format mismatch, expected "+format+", received "+received)
	}
	p := sent.Parameters[0]
	if format == "LOCATION" {
		l := p.Location
		if l == nil || l.Latitude == nil || l.Longitude == nil || l.Name == "" || l.Address == "" {
			return bad(131008, where+"location needs latitude, longitude, name and address")
		}
		return nil
	}
	f := map[string]*outMedia{"IMAGE": p.Image, "VIDEO": p.Video, "DOCUMENT": p.Document}[format]
	switch {
	case f == nil || (f.ID == "") == (f.Link == ""):
		return bad(131008, where+"Exactly one of id and link is required.")
	case f.ID != "" && !k.hasFile(f.ID):
		return bad(131009, where+"Media id "+f.ID+" does not exist for this number.")
	}
	return nil
}

// buttons compares the buttons with what was sent for each, by index.
func (k *checking) buttons(want []partButton, sent []outComponent, where string) *refusal {
	byIndex := map[int]outComponent{}
	for _, c := range sent {
		if !strings.EqualFold(c.Type, "button") {
			continue
		}
		i, err := strconv.Atoi(string(c.Index))
		if err != nil || i < 0 || i >= len(want) {
			return bad(132000, where+"button: there is no button at index "+string(c.Index))
		}
		byIndex[i] = c
	}
	for i, b := range want {
		c, there := byIndex[i]
		if e := k.button(b, c, there, fmt.Sprintf("%sbutton at index %d: ", where, i), where != ""); e != nil {
			return e
		}
	}
	return nil
}

func (k *checking) button(b partButton, c outComponent, there bool, where string, inCard bool) *refusal {
	sub, needed := "", false
	switch kind := strings.ToUpper(b.Type); {
	case kind == "OTP" || kind == "URL" && variable.MatchString(b.URL):
		sub, needed = "url", true
	case kind == "QUICK_REPLY":
		sub, needed = "quick_reply", inCard
	case kind == "COPY_CODE", kind == "FLOW", kind == "MPM":
		sub, needed = strings.ToLower(kind), true
	case kind == "CATALOG":
		sub = "catalog"
	}
	switch {
	case !there && needed:
		return bad(131008, where+"Button of type "+b.Type+" requires a parameter")
	case !there:
		return nil
	case sub == "":
		return bad(132000, where+"Button of type "+b.Type+" takes no parameter")
	case !strings.EqualFold(c.SubType, sub):
		return bad(132012, where+"Format mismatch, expected "+sub+", received "+c.SubType)
	case len(c.Parameters) != 1:
		return bad(132000, where+"one parameter is wanted")
	}
	p := c.Parameters[0]
	switch sub {
	case "url":
		if p.Type != "text" {
			return bad(132012, where+"Format mismatch, expected text, received "+p.Type)
		}
		return wrongText(p.Text, where)
	case "quick_reply":
		if p.Type != "payload" || p.Payload == "" {
			return bad(131008, where+"payload is missing")
		}
	case "copy_code":
		if p.Type != "coupon_code" || p.Coupon == "" || tooLong(p.Coupon, 20) {
			return bad(131008, where+"coupon_code of at most 20 characters is missing")
		}
	case "flow":
		if p.Type != "action" {
			return bad(132012, where+"Format mismatch, expected action, received "+p.Type)
		}
	}
	return nil
}

func (k *checking) offer(want part, sent outComponent) *refusal {
	if !want.Offer.Expires {
		return nil
	}
	if len(sent.Parameters) != 1 || sent.Parameters[0].Offer == nil {
		return bad(131008, "limited_time_offer: expiration_time_ms is missing")
	}
	if at := sent.Parameters[0].Offer.Expires; at <= k.now.UnixMilli() {
		return bad(131009, "limited_time_offer: expiration_time_ms must be in the future")
	}
	return nil
}

func (k *checking) carousel(want part, sent outComponent) *refusal {
	if len(want.Cards) != len(sent.Cards) {
		return bad(132012, fmt.Sprintf("carousel: expected %d cards, received %d", len(want.Cards), len(sent.Cards)))
	}
	for i, c := range sent.Cards {
		if c.Index != i {
			return bad(132012, fmt.Sprintf("carousel: card_index %d at the place of %d", c.Index, i))
		}
		if e := k.components(want.Cards[i].Components, c.Components, fmt.Sprintf("card %d ", i)); e != nil {
			return e
		}
	}
	return nil
}
