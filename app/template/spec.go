// Package template knows the language of WhatsApp's message templates: what a
// template says, what must be given to send it, how it looks when filled, and
// what Meta accepts as a new one. It does no I/O.
package template

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// How the variables of a template are named.
const (
	Positional = "POSITIONAL" // {{1}}, {{2}}
	Named      = "NAMED"      // {{first_name}}
)

// Categories of templates.
const (
	Marketing      = "MARKETING"
	Utility        = "UTILITY"
	Authentication = "AUTHENTICATION"
)

// Kinds of headers. Any other is shown and cannot be sent.
const (
	HeaderText     = "TEXT"
	HeaderImage    = "IMAGE"
	HeaderVideo    = "VIDEO"
	HeaderDocument = "DOCUMENT"
	HeaderLocation = "LOCATION"
)

// Kinds of buttons. Any other is shown and cannot be sent.
const (
	QuickReply     = "QUICK_REPLY"
	URL            = "URL"
	PhoneNumber    = "PHONE_NUMBER"
	CopyCode       = "COPY_CODE"
	Flow           = "FLOW"
	OTP            = "OTP" // copies or fills in a one-time code
	Catalog        = "CATALOG"
	VoiceCall      = "VOICE_CALL"
	RequestContact = "REQUEST_CONTACT_INFO"
)

// Spec is what a template says and wants.
type Spec struct {
	Format string // Positional or Named
	Card          // the message itself
	Footer string
	Cards  []Card // of a carousel
	Offer  *Offer // of a limited-time offer

	// Of templates for one-time codes, whose words are Meta's own.
	SecurityAdvice bool
	CodeMinutes    int // 0: nothing is said about how long the code is good

	// Examples holds what Meta was given as an example of each slot, by its key.
	Examples map[string]string
	// Unknown names the parts that this version does not know.
	Unknown []string
}

// Card is a header, a text and buttons: the message itself, or one card of a
// carousel.
type Card struct {
	Header  Header
	Body    string
	Buttons []Button
}

// Header stands above the text. Its zero value is none.
type Header struct {
	Kind string
	Text string
}

// IsMedia says whether the header is a file that is given at every send.
func (h Header) IsMedia() bool {
	return slices.Contains([]string{HeaderImage, HeaderVideo, HeaderDocument}, h.Kind)
}

// Button is one button of a template.
type Button struct {
	Kind  string
	Text  string
	URL   string // of URL; may end with {{1}}
	Phone string // of PhoneNumber

	FlowID, FlowAction, FlowScreen string // of Flow
	OTPType                        string // of OTP: COPY_CODE, ONE_TAP or ZERO_TAP
	PackageName, SignatureHash     string // of the app that ONE_TAP fills in
}

// Dynamic says whether the address of the button has a variable.
func (b Button) Dynamic() bool { return b.Kind == URL && variable.MatchString(b.URL) }

// Offer is the line of a limited-time offer.
type Offer struct {
	Text    string
	Expires bool // shows a countdown to the time that is given
}

// variable is one variable in a text.
var variable = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)\s*\}\}`)

// Variables lists the variables of a text, each once: numbers in their order,
// names as they come.
func Variables(text string) []string {
	var names []string
	numbers := true
	for name, rest := nextVariable(text); name != ""; name, rest = nextVariable(rest) {
		if _, err := strconv.Atoi(name); err != nil {
			numbers = false
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if numbers {
		slices.SortStableFunc(names, func(a, b string) int {
			x, _ := strconv.Atoi(a)
			y, _ := strconv.Atoi(b)
			return x - y
		})
	}
	return names
}

// nextVariable gives the name of the first variable of a text, "" without one,
// and what follows it. It finds what the expression finds, and sooner: for each
// message of a broadcast its template is looked through several times.
func nextVariable(text string) (name, rest string) {
	const space = "\t\n\f\r "
	for {
		i := strings.Index(text, "{{")
		if i < 0 {
			return "", ""
		}
		inside := strings.TrimLeft(text[i+2:], space)
		n := 0
		for n < len(inside) && (inside[n] == '_' || '0' <= inside[n] && inside[n] <= '9' || 'a' <= inside[n]|0x20 && inside[n]|0x20 <= 'z') {
			n++
		}
		if rest, ok := strings.CutPrefix(strings.TrimLeft(inside[n:], space), "}}"); ok && n > 0 {
			return inside[:n], rest
		}
		text = text[i+1:]
	}
}

// replace writes a text with the values that of knows.
func replace(text string, of func(name string) (string, bool)) string {
	return variable.ReplaceAllStringFunc(text, func(whole string) string {
		if v, ok := of(variable.FindStringSubmatch(whole)[1]); ok {
			return v
		}
		return whole
	})
}

// OneTimeCode says whether the template carries a one-time code.
func (s Spec) OneTimeCode() bool {
	return slices.ContainsFunc(s.Buttons, func(b Button) bool { return b.Kind == OTP })
}

// card gives the message itself for -1, else a card of the carousel.
func (s Spec) card(i int) Card {
	if i < 0 {
		return s.Card
	}
	return s.Cards[i]
}

// upper is a word of Meta's in the case that it is compared in.
func upper(s string) string { return strings.ToUpper(strings.TrimSpace(s)) }
