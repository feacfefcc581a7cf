package template_test

import (
	"reflect"
	"strings"
	"testing"

	"badala/app/template"
)

// draft is a draft of components, with the examples of files and links that
// Meta wants.
func draft(t testing.TB, category, components string) template.Draft {
	t.Helper()
	d := template.Draft{Name: "a_1", Language: "en_US", Category: category, Spec: parse(t, "", components)}
	for _, s := range d.Slots() {
		if d.Examples[s.Key] == "" {
			d.Examples[s.Key] = "https://w.example/x"
		}
	}
	return d
}

// TestDraftRoundTrip writes every kind and reads the same again.
func TestDraftRoundTrip(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ category, components string }{
		"named": {template.Utility, named}, "positional": {template.Utility, positional}, "offer": {template.Marketing, strings.ReplaceAll(offer, "10 % off.", "10 % off this week.")},
		"carousel": {template.Marketing, strings.ReplaceAll(strings.ReplaceAll(carousel, "Oak {{1}}", "Oak is what {{1}} likes"), "New, {{1}}:", "New for {{1}} this week:")}, "place": {template.Utility, place},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := draft(t, c.category, c.components)
			if name == "offer" || name == "carousel" {
				for k := range d.Examples {
					if strings.HasSuffix(k, "button.0") || strings.Contains(k, "body") {
						d.Examples[k] = "A25"
					}
				}
			}
			delete(d.Examples, "expiresAt")
			for _, s := range d.Slots() {
				if s.Optional || s.Kind == template.SlotLocation {
					delete(d.Examples, s.Key)
				}
			}
			if err := d.Check(); err != nil {
				t.Error(err)
			}
			again, err := template.Parse(d.Format, d.Components())
			if err != nil {
				t.Fatal(err)
			}
			want := d.Spec
			if !reflect.DeepEqual(again.Slots(), want.Slots()) || !reflect.DeepEqual(again.Cards, want.Cards) || again.Footer != want.Footer || !reflect.DeepEqual(again.Offer, want.Offer) {
				t.Errorf("got  %+v\nwant %+v", again, want)
			}
		})
	}
}

// TestDraftOfCode leaves the words to Meta.
func TestDraftOfCode(t *testing.T) {
	t.Parallel()
	d := template.Draft{Name: "code", Language: "ar", Category: template.Authentication, Spec: template.Spec{Format: template.Positional, SecurityAdvice: true, CodeMinutes: 5,
		Card: template.Card{Buttons: []template.Button{{Kind: template.OTP, OTPType: "COPY_CODE", Text: "نسخ"}}}}}
	if err := d.Check(); err != nil {
		t.Error(err)
	}
	want := `[{"add_security_recommendation":true,"type":"BODY"},{"code_expiration_minutes":5,"type":"FOOTER"},{"buttons":[{"otp_type":"COPY_CODE","text":"نسخ","type":"OTP"}],"type":"BUTTONS"}]`
	if got := string(d.Components()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	again := parse(t, "", string(d.Components()))
	if len(again.Slots()) != 1 || again.Slots()[0].Kind != template.SlotCode || again.Sendable() != nil {
		t.Errorf("%+v", again.Slots())
	}
}

// TestDraftOfReadCode edits a template for codes as Meta shows it.
func TestDraftOfReadCode(t *testing.T) {
	t.Parallel()
	d := template.Draft{Name: "code", Language: "en_US", Category: template.Authentication, Spec: parse(t, "", code)}
	if err := d.Check(); err != nil || d.Buttons[0].OTPType != "COPY_CODE" || !d.SecurityAdvice || d.CodeMinutes != 10 {
		t.Errorf("%v %+v", err, d.Spec)
	}
}

func TestDraftRefuses(t *testing.T) {
	t.Parallel()
	body := `{"type":"BODY","text":"Hello there."}`
	for _, c := range []struct{ name, category, components, want string }{
		{"begins with a variable", template.Utility, `[{"type":"BODY","text":"{{1}} is ready now"}]`, "body: must not begin or end with a variable"},
		{"ends with a variable", template.Utility, `[{"type":"BODY","text":"It is ready, {{1}}"}]`, "body: must not begin or end with a variable"},
		{"gap", template.Utility, `[{"type":"BODY","text":"Hi {{1}}, this and {{3}} are here for you."}]`, "body: variables are {{1}}, {{2}} and so on, without a gap"},
		{"crowded", template.Utility, `[{"type":"BODY","text":"Hi {{1}} {{2}} {{3}} ok."}]`, "body: too few words for so many variables"},
		{"name of a variable", template.Utility, `[{"type":"BODY","text":"Hi {{First}}, it is ready."}]`, "body: First: small letters, digits and _ only, beginning with a letter"},
		{"no text", template.Utility, `[{"type":"FOOTER","text":"x"}]`, "body: is empty"},
		{"long", template.Utility, `[{"type":"BODY","text":"` + strings.Repeat("a", 1025) + `"}]`, "body: at most 1024 characters"},
		{"long header", template.Utility, `[{"type":"HEADER","format":"TEXT","text":"` + strings.Repeat("a", 61) + `"},` + body + `]`, "header: at most 60 characters"},
		{"footer", template.Utility, `[` + body + `,{"type":"FOOTER","text":"{{1}}"}]`, "footer: has no variables"},
		{"two phones", template.Utility, `[` + body + `,{"type":"BUTTONS","buttons":[{"type":"PHONE_NUMBER","text":"a","phone_number":"+12125550142"},{"type":"PHONE_NUMBER","text":"b","phone_number":"+12125550142"}]}]`,
			"buttons: at most 1 of kind PHONE_NUMBER"},
		{"same text", template.Utility, `[` + body + `,{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"a"},{"type":"QUICK_REPLY","text":"a"}]}]`, "button.1: another button has this text"},
		{"mixed", template.Utility, `[` + body + `,{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"a"},{"type":"URL","text":"b","url":"https://x.example"},{"type":"QUICK_REPLY","text":"c"}]}]`,
			"buttons: quick replies stand together, before or after the others"},
		{"variable inside an address", template.Utility, `[` + body + `,{"type":"BUTTONS","buttons":[{"type":"URL","text":"b","url":"https://x.example/{{1}}/y"}]}]`, "button.0: its only variable is {{1}}, at the end"},
		{"code elsewhere", template.Utility, code, "buttons: a button for a one-time code belongs to the category AUTHENTICATION"},
		{"offer of use", template.Utility, offer, "category: an offer is MARKETING"},
		{"one card", template.Marketing, `[` + body + `,{"type":"CAROUSEL","cards":[{"components":[{"type":"HEADER","format":"IMAGE"},{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"a"}]}]}]}]`, "cards: a carousel has 2 to 10 cards"},
		{"unknown", template.Marketing, `[` + body + `,{"type":"HOLOGRAM"}]`, "components: has a part that cannot be made here: HOLOGRAM"},
		{"category", "SOCIAL", `[` + body + `]`, "category: must be MARKETING, UTILITY or AUTHENTICATION"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if err := draft(t, c.category, c.components).Check(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
	d := template.Draft{Name: "Bad Name", Language: "xx", Category: template.Utility, Spec: parse(t, "", `[{"type":"HEADER","format":"IMAGE"},{"type":"BODY","text":"Hi {{1}}, it is ready."}]`)}
	want := "name: small Latin letters, digits and _ only; language: not a language of WhatsApp's templates; header: needs an example file; body.1: needs an example"
	if err := d.Check(); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
