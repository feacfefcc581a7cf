package views

import (
	"strconv"

	"github.com/a-h/templ"

	"badala/app/template"
)

func (d TemplateFormPage) action() templ.SafeURL {
	if d.ID == "" {
		return "/templates/new"
	}
	return templateURL(d.Channel, d.ID, "edit")
}

func (d TemplateFormPage) title() string {
	if d.ID == "" {
		return d.T("template.new")
	}
	return d.T("template.edit.title", d.Draft.Name)
}

// code says that the template is one for one-time codes.
func (d TemplateFormPage) code() bool { return d.Draft.Category == template.Authentication }

var (
	templateShapes  = []string{"OFFER", "CAROUSEL"}
	templateFormats = []string{template.Named, template.Positional}
	templateHeaders = []string{template.HeaderText, template.HeaderImage, template.HeaderVideo, template.HeaderDocument, template.HeaderLocation}
	offerHeaders    = []string{template.HeaderImage, template.HeaderVideo}
	templateKinds   = []string{template.QuickReply, template.URL, template.PhoneNumber, template.CopyCode, template.Flow, template.Catalog, template.VoiceCall, template.RequestContact}
	cardKinds       = []string{template.QuickReply, template.URL, template.PhoneNumber}
	otpTypes        = []string{"COPY_CODE", "ONE_TAP", "ZERO_TAP"}
)

// part is the message itself (-1) or a card, with the prefix of its fields.
func (d TemplateFormPage) part(card int) (template.Card, string) {
	if card < 0 {
		return d.Draft.Card, ""
	}
	return d.Draft.Cards[card], "card." + strconv.Itoa(card) + "."
}

func (d TemplateFormPage) headers(card int) []Option {
	if card >= 0 || d.Shape == "OFFER" {
		return d.options("template.header.", offerHeaders)
	}
	return d.options("template.header.", templateHeaders)
}

func (d TemplateFormPage) noHeader(card int) string {
	if card >= 0 {
		return ""
	}
	return d.T("template.header.none")
}

func (d TemplateFormPage) kinds(card int) []Option {
	if card >= 0 {
		return d.options("template.button.", cardKinds)
	}
	return d.options("template.button.", templateKinds)
}

// slots are those of a text, whose examples Meta wants.
func (d TemplateFormPage) slots(prefix, text string) []string {
	var keys []string
	for _, name := range template.Variables(text) {
		keys = append(keys, prefix+name)
	}
	return keys
}

func (d TemplateFormPage) example(key string) string { return d.Draft.Examples[key] }

// hint tells how variables are written.
func (d TemplateFormPage) hint() string {
	if d.Draft.Format == template.Positional {
		return d.T("template.body.hint.POSITIONAL")
	}
	return d.T("template.body.hint.NAMED")
}

// variableName is the variable of a slot's key.
func variableName(key string) string {
	for i := len(key) - 1; i >= 0; i-- {
		if key[i] == '.' {
			return "{{" + key[i+1:] + "}}"
		}
	}
	return "{{" + key + "}}"
}

func fileAccept(kind string) string {
	return map[string]string{template.HeaderImage: "image/jpeg,image/png", template.HeaderVideo: "video/mp4,video/3gpp"}[kind]
}

func partName(d TemplateFormPage, card int) string {
	if card >= 0 {
		return d.T("template.card", card+1)
	}
	return d.T("template.message")
}

func bodyRows(at string) string {
	if at == "" {
		return "6"
	}
	return "3"
}

func minutesText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
