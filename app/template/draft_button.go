package template

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const maxButtons = 10

var goodPhone = regexp.MustCompile(`^\+?[0-9]{5,20}$`)

// mostOf is how many buttons of a kind a message may have.
var mostOf = map[string]int{URL: 2, PhoneNumber: 1, CopyCode: 1, Flow: 1, Catalog: 1, VoiceCall: 1, RequestContact: 1}

func (w *drafting) buttons(card int) {
	list, field := w.d.card(card).Buttons, key(card, "buttons")
	w.want(len(list) <= maxButtons, field, "buttons", "at most %d", maxButtons)
	count, titles := map[string]int{}, map[string]bool{}
	for i, b := range list {
		at := key(card, "button", strconv.Itoa(i))
		count[b.Kind]++
		w.button(at, b)
		if b.Kind != CopyCode {
			w.want(!titles[b.Text], at, "same_text", "another button has this text")
			titles[b.Text] = true
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(count)) {
		if most, limited := mostOf[kind]; limited {
			w.want(count[kind] <= most, field, "too_many", "at most %d of kind %s", most, kind)
		}
	}
	w.want(grouped(list), field, "grouped", "quick replies stand together, before or after the others")
}

func (w *drafting) button(at string, b Button) {
	if b.Kind != CopyCode { // whose text is Meta's
		w.want(strings.TrimSpace(b.Text) != "", at, "empty", "needs a text")
		w.most(at, b.Text, maxButtonText)
		w.want(!strings.ContainsAny(b.Text, "\n{}"), at, "button_text", "the text has neither variables nor new lines")
	}
	switch b.Kind {
	case URL:
		bare := strings.TrimSuffix(b.URL, "{{1}}")
		w.want(isWeb(bare, "https", "http") && len(b.URL) <= maxURL, at, "address", "must be a web address")
		w.want(!strings.ContainsAny(bare, "{}"), at, "url_variable", "its only variable is {{1}}, at the end")
		if b.Dynamic() {
			w.want(w.d.Examples[at] != "", at, "example", "needs an example of the whole address")
		}
	case PhoneNumber:
		w.want(goodPhone.MatchString(b.Phone) && len(b.Phone) <= maxPhone, at, "phone", "must be a phone number with country code")
	case CopyCode:
		example := w.d.Examples[at]
		w.want(example != "", at, "example", "needs an example of the code")
		w.most(at, example, maxCode)
	case Flow:
		w.want(b.FlowID != "", at, "flow", "needs the id of a flow")
	case QuickReply, Catalog, VoiceCall, RequestContact:
	default:
		w.want(false, at, "kind", "cannot be made here")
	}
}

// grouped says whether quick replies are all before or all after the others.
func grouped(list []Button) bool {
	changes := 0
	for i := 1; i < len(list); i++ {
		if (list[i].Kind == QuickReply) != (list[i-1].Kind == QuickReply) {
			changes++
		}
	}
	return changes <= 1
}
