package sim

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Template is a message template of an account.
type Template struct {
	ID, Name, Language string
	Status             string // APPROVED, PAUSED, REJECTED, …
	Category           string // UTILITY, MARKETING, AUTHENTICATION
	Named              bool   // {{first_name}} instead of {{1}}
	HeaderFormat       string // TEXT, IMAGE or empty
	HeaderText         string
	Body, Footer       string
	Buttons            []TemplateButton
}

// TemplateButton is a button of a template. Type is QUICK_REPLY or URL.
type TemplateButton struct{ Type, Text, URL string }

// SampleTemplates are the templates that every simulated account has.
func SampleTemplates() []Template {
	return []Template{
		{ID: "1948820334417700", Name: "hello_world", Language: "en_US", Status: "APPROVED", Category: "UTILITY",
			Body: "Welcome and congratulations! This message shows that you can message your customers."},
		{ID: "1948820334417726", Name: "visit_reminder", Language: "en_US", Status: "APPROVED", Category: "UTILITY", Named: true,
			Body: "Hello {{first_name}}, see you on {{day}}.", Footer: "Walnut Works",
			Buttons: []TemplateButton{{Type: "QUICK_REPLY", Text: "Confirm"}, {Type: "QUICK_REPLY", Text: "Change"}}},
		{ID: "1948820334420077", Name: "shipping_update", Language: "en_US", Status: "APPROVED", Category: "UTILITY",
			Body: "Hi {{1}}, your order {{2}} is on its way.", Buttons: []TemplateButton{{Type: "URL", Text: "Track", URL: "https://walnutworks.example/track"}}},
		{ID: "1948820334420078", Name: "shipping_update", Language: "fr", Status: "APPROVED", Category: "UTILITY",
			Body: "Bonjour {{1}}, votre commande {{2}} est en route."},
		{ID: "1948820334418031", Name: "autumn_offer", Language: "en_US", Status: "APPROVED", Category: "MARKETING", HeaderFormat: "IMAGE",
			Body: "Hello {{1}}, everything made of walnut is 10 % off this week.", Buttons: []TemplateButton{{Type: "QUICK_REPLY", Text: "Show me"}}},
		{ID: "1948820334418955", Name: "autumn_offer_v2", Language: "en_US", Status: "PAUSED", Category: "MARKETING", Body: "Hello {{1}}, 10 % off."},
	}
}

func (t *Template) json() obj {
	format := "POSITIONAL"
	if t.Named {
		format = "NAMED"
	}
	var components []any
	if t.HeaderFormat != "" {
		h := obj{"type": "HEADER", "format": t.HeaderFormat}
		if t.HeaderText != "" {
			h["text"] = t.HeaderText
		}
		components = append(components, h)
	}
	components = append(components, obj{"type": "BODY", "text": t.Body})
	if t.Footer != "" {
		components = append(components, obj{"type": "FOOTER", "text": t.Footer})
	}
	var buttons []any
	for _, b := range t.Buttons {
		button := obj{"type": b.Type, "text": b.Text}
		if b.URL != "" {
			button["url"] = b.URL
		}
		buttons = append(buttons, button)
	}
	if buttons != nil {
		components = append(components, obj{"type": "BUTTONS", "buttons": buttons})
	}
	return obj{
		"id": t.ID, "name": t.Name, "language": t.Language, "status": t.Status, "category": t.Category,
		"parameter_format": format, "components": components, "quality_score": obj{"score": "GREEN"},
	}
}

var variable = regexp.MustCompile(`\{\{\s*([a-z0-9_]+)\s*\}\}`)

// variables lists the variables of the body, each once.
func (t *Template) variables() []string {
	var names []string
	for _, m := range variable.FindAllStringSubmatch(t.Body, -1) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	return names
}

func (c *outComponent) is(kind string) bool { return strings.EqualFold(c.Type, kind) }

// body gives the parameters that go with the body.
func (o *outTemplate) body() []outParameter {
	for _, c := range o.Components {
		if c.is("body") {
			return c.Parameters
		}
	}
	return nil
}

// check compares what was sent with what the template wants.
func (t *Template) check(o *outTemplate) *refusal {
	switch t.Status {
	case "APPROVED":
	case "PAUSED":
		return bad(132015, "Template is paused due to low quality.")
	case "DISABLED":
		return bad(132016, "Template is disabled.")
	default:
		return &refusal{http.StatusNotFound, 132001, "Template is not approved."}
	}
	want, got := t.variables(), o.body()
	if len(want) != len(got) {
		return bad(132000, "body: number of localizable_params does not match the expected number of params")
	}
	for _, p := range got {
		if t.Named && !slices.Contains(want, p.Name) {
			return bad(132000, "body: unknown parameter name "+p.Name)
		}
		if p.Type == "text" && p.Text == "" {
			return bad(131008, "Parameter of type text is missing text value")
		}
		if strings.ContainsAny(p.Text, "\n\t") || strings.Contains(p.Text, "     ") {
			return bad(132018, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
		}
	}
	if t.HeaderFormat == "IMAGE" && !slices.ContainsFunc(o.Components, func(c outComponent) bool {
		return c.is("header") && len(c.Parameters) == 1 && c.Parameters[0].Image != nil
	}) {
		return bad(132012, "header: Format mismatch, expected IMAGE, received UNKNOWN")
	}
	return nil
}

// fill writes the body with the values that were sent.
func (t *Template) fill(o *outTemplate) string {
	params, names := o.body(), t.variables()
	return variable.ReplaceAllStringFunc(t.Body, func(v string) string {
		name := variable.FindStringSubmatch(v)[1]
		for i, p := range params {
			if t.Named && p.Name == name || !t.Named && i < len(names) && names[i] == name {
				return p.Text
			}
		}
		return v
	})
}

func (t *Template) buttons() []PhoneButton {
	var list []PhoneButton
	for _, b := range t.Buttons {
		kind, id := "template", b.Text
		if b.Type == "URL" {
			kind, id = "url", b.URL
		}
		list = append(list, PhoneButton{Kind: kind, ID: id, Title: b.Text})
	}
	return list
}

func findTemplate(name, language string) (*Template, *refusal) {
	for _, t := range SampleTemplates() {
		if t.Name == name && t.Language == language {
			return &t, nil
		}
	}
	return nil, &refusal{http.StatusNotFound, 132001, "template name (" + name + ") does not exist in " + language}
}

func (s *Sim) listTemplates(w http.ResponseWriter, r *http.Request, wabaID string) {
	if _, e := s.authorizeWABA(r, wabaID); e != nil {
		refuse(w, e)
		return
	}
	var data []any
	for _, t := range SampleTemplates() {
		data = append(data, t.json())
	}
	answer(w, http.StatusOK, obj{"data": data, "paging": obj{"cursors": obj{"before": "MAZDZD", "after": "MjQZD"}}})
}
