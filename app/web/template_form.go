package web

import (
	"cmp"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"badala/app/channel"
	"badala/app/errs"
	"badala/app/media"
	"badala/app/template"
	"badala/views"
)

// newTemplate is the form of a template to be, or of a copy of one.
func (s *Server) newTemplate(c *call) error {
	ch, _, err := c.templateAccount()
	if err != nil {
		return err
	}
	if ch == nil {
		return c.redirect("/templates")
	}
	d := template.Draft{Language: "en", Category: template.Utility, Spec: template.Spec{Format: template.Named, Examples: map[string]string{}}}
	if c.lang == "ar" {
		d.Language = "ar"
	}
	if from := c.field("from"); from != "" {
		n, err := someID("tmpl", from)
		if err != nil {
			return err
		}
		t, err := s.Channels.TemplateByID(c.q(), c.actor.OrgID, ch.ID, n)
		if err != nil {
			return err
		}
		if d, err = t.Draft(); err != nil {
			return err
		}
		if d.Name, err = s.Channels.DuplicateName(c.q(), c.actor.OrgID, ch.ID, t.Name); err != nil {
			return err
		}
	}
	return c.templateForm(http.StatusOK, draftForm{channel: ch.ID, draft: d})
}

// createTemplate submits a new template, or shows the form as it was changed.
func (s *Server) createTemplate(c *call) error {
	f, err := c.draftEntered()
	if err != nil {
		return err
	}
	if f.channel, err = someID("chan", c.field("channel")); err != nil {
		return err
	}
	if !f.submit {
		return c.templateForm(http.StatusOK, f)
	}
	if f.wrong = f.draft.Wrong(); len(f.wrong) > 0 {
		return c.templateForm(http.StatusUnprocessableEntity, f)
	}
	t, err := s.Channels.CreateTemplate(c.r.Context(), c.actor, f.channel, f.draft)
	return c.templateSubmitted(f, t, err)
}

// editTemplateForm is the form of a template that Meta has.
func (s *Server) editTemplateForm(c *call) error {
	ch, t, err := c.templateOf()
	if err != nil {
		return err
	}
	d, err := t.Draft()
	if err != nil {
		return err
	}
	return c.templateForm(http.StatusOK, draftForm{channel: ch, old: t, draft: d})
}

// editTemplate submits a template with other content.
func (s *Server) editTemplate(c *call) error {
	ch, t, err := c.templateOf()
	if err != nil {
		return err
	}
	f, err := c.draftEntered()
	if err != nil {
		return err
	}
	f.channel, f.old = ch, t
	f.draft.Name, f.draft.Language, f.draft.TTL = t.Name, t.Language, t.TTL
	if !f.submit {
		return c.templateForm(http.StatusOK, f)
	}
	if f.wrong = f.draft.Wrong(); len(f.wrong) > 0 {
		return c.templateForm(http.StatusUnprocessableEntity, f)
	}
	made, err := s.Channels.EditTemplate(c.r.Context(), c.actor, ch, t.ID, f.draft)
	return c.templateSubmitted(f, made, err)
}

// templateSubmitted leads to the template, or back to the form with why it was
// refused: by us or by Meta.
func (c *call) templateSubmitted(f draftForm, t channel.Template, err error) error {
	if refused(err) || errs.Is(err, errs.Upstream) || errs.Is(err, errs.MediaType) || errs.Is(err, errs.TooLarge) {
		f.problem = err
		return c.templateForm(http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	c.flash(c.t("template.submitted"))
	return c.redirect("/templates/" + id("chan", f.channel) + "/" + id("tmpl", t.ID))
}

// draftForm is the form of a template with what is wrong with it.
type draftForm struct {
	channel int64
	old     channel.Template // that is changed; zero for a new one
	draft   template.Draft
	shape   string // OFFER or CAROUSEL
	submit  bool
	wrong   []template.Problem
	problem error
}

func (c *call) templateForm(status int, f draftForm) error {
	p := views.TemplateFormPage{Page: c.page(c.t("template.new")), Channel: id("chan", f.channel), ID: id("tmpl", f.old.ID), Draft: f.draft,
		Shape: f.shape, Languages: templateLanguages(c.lang), Approved: f.old.Status == channel.TemplateApproved, Names: map[string]string{}}
	if f.old.ID != 0 {
		p.Page.Title = c.t("template.edit.title", f.old.Name)
	}
	if len(f.draft.Cards) > 0 {
		p.Shape = "CAROUSEL"
	} else if f.draft.Offer != nil {
		p.Shape = "OFFER"
	}
	_, options, err := c.templateAccount()
	if err != nil {
		return err
	}
	p.Channels = options
	p.Errors = c.draftErrors(f)
	p.Count = len(f.wrong)
	for key, name := range f.draft.Examples {
		if m, err := media.ByKey(c.q(), c.actor.OrgID, name); strings.HasSuffix(key, "header") && err == nil {
			p.Names[key] = cmp.Or(m.FileName, name)
		}
	}
	p.Shown = c.templateShown(f.draft.Spec, f.draft.Language, f.draft.Sample())
	return c.render(status, views.TemplateForm(p))
}

// draftErrors are what is wrong, beside the parts that it is about.
func (c *call) draftErrors(f draftForm) map[string]string {
	out := c.problemTexts(f.wrong)
	if f.problem == nil {
		return out
	}
	e := errs.As(f.problem)
	if e.Upstream == nil && len(e.Details) > 0 {
		for key, text := range c.fieldErrors(f.problem) {
			out[key] = text
		}
		return out
	}
	out[""] = c.metaWords(f.problem)
	return out
}

// metaWords say a failure in the reader's language, and what Meta says of it.
func (c *call) metaWords(err error) string {
	text := c.explain(err)
	e := errs.As(err)
	if e == nil || e.Upstream == nil || e.Upstream.Title == "" || strings.Contains(text, e.Upstream.Title) {
		return text
	}
	return text + " (" + e.Upstream.Title + ", " + strconv.Itoa(e.Upstream.Code) + ")"
}

var firstNumber = regexp.MustCompile(`\d+`)

// problemTexts say what is wrong with each part or slot.
func (c *call) problemTexts(all []template.Problem) map[string]string {
	out := map[string]string{}
	for _, p := range all {
		text := p.Text
		if key := "template.wrong." + p.Code; c.has(key) {
			text = c.t(key, firstNumber.FindString(p.Text))
		}
		if was := out[p.Key]; was != "" && was != text {
			text = was + " " + text
		}
		out[p.Key] = text
	}
	return out
}

// draftEntered reads the form, does what its button asks for, and keeps the
// files that came.
func (c *call) draftEntered() (draftForm, error) {
	files, err := c.namedFiles()
	if err != nil {
		return draftForm{}, err
	}
	r := draftReader{call: c, do: c.field("do"), files: files, examples: map[string]string{}}
	f := draftForm{submit: r.do == "submit", shape: c.field("shape")}
	d := &f.draft
	d.Name, d.Language, d.Category = c.field("name"), c.field("language"), c.field("category")
	d.Format = cmp.Or(c.field("format"), template.Positional)
	if d.Category == template.Authentication {
		r.code(d)
		return f, nil
	}
	if d.Category != template.Marketing {
		f.shape = ""
	}
	d.Card = r.card("", "")
	switch f.shape {
	case "OFFER":
		d.Offer = &template.Offer{Text: c.field("offer"), Expires: c.field("expires") == "1" || !c.present("offer")}
	case "CAROUSEL":
		d.Header, d.Buttons = template.Header{}, nil
		d.Cards = r.cards()
	default:
		d.Footer = c.field("footer")
	}
	d.Examples = r.examples
	return f, nil
}

// namedFiles reads the form in either encoding, with its files by field.
func (c *call) namedFiles() (map[string]string, error) {
	out := map[string]string{}
	if !strings.HasPrefix(c.r.Header.Get("Content-Type"), "multipart/form-data") {
		return out, c.parse()
	}
	files, form, err := c.parts()
	c.r.PostForm, c.r.Form = form, c.r.URL.Query()
	maps.Copy(c.r.Form, form)
	for _, f := range files {
		out[strings.TrimPrefix(f.field, "file.")] = f.key
	}
	return out, err
}

// draftReader reads the parts of a draft out of a form.
type draftReader struct {
	*call
	do       string
	files    map[string]string
	examples map[string]string
}

// code is a template for one-time codes.
func (r *draftReader) code(d *template.Draft) {
	d.Format = template.Positional
	d.SecurityAdvice = r.field("advice") == "1" || !r.present("otp")
	d.CodeMinutes, _ = strconv.Atoi(r.field("minutes"))
	d.Buttons = []template.Button{{Kind: template.OTP, OTPType: cmp.Or(r.field("otp"), "COPY_CODE"), Text: r.field("otp_text"),
		PackageName: r.field("package"), SignatureHash: r.field("signature")}}
	d.Examples = map[string]string{"body.1": "482913"}
}

// card reads the message or a card: at is where it stands in the form, to where
// it will stand.
func (r *draftReader) card(at, to string) template.Card {
	body := strings.ReplaceAll(r.r.FormValue(at+"body"), "\r\n", "\n")
	if r.do == "variable:"+at+"body" {
		body = strings.TrimRight(body, " ") + " " + nextVariable(r.field("format"), body)
	}
	card := template.Card{Header: template.Header{Kind: r.field(at + "header.kind")}, Body: body}
	if card.Header.Kind == template.HeaderText {
		card.Header.Text = r.field(at + "header.text")
		r.texts(at+"header.", to+"header.", card.Header.Text)
	}
	if card.Header.IsMedia() {
		r.example(to+"header", firstOf(r.files[at+"header"], r.field("ex."+at+"header")))
	}
	r.texts(at+"body.", to+"body.", body)
	for i, b := range r.buttons(at) {
		r.example(to+"button."+strconv.Itoa(i), b.example)
		card.Buttons = append(card.Buttons, b.Button)
	}
	return card
}

// nextVariable is a variable that a text does not have yet.
func nextVariable(format, body string) string {
	have := template.Variables(body)
	for n := len(have) + 1; ; n++ {
		name := strconv.Itoa(n)
		if format != template.Positional {
			name = "text_" + name
		}
		if !slices.Contains(have, name) {
			return "{{" + name + "}}"
		}
	}
}

func (r *draftReader) example(key, value string) {
	if value != "" {
		r.examples[key] = value
	}
}

func (r *draftReader) texts(at, to, text string) {
	for _, name := range template.Variables(text) {
		r.example(to+name, r.field("ex."+at+name))
	}
}

// draftButton is a button with its example.
type draftButton struct {
	template.Button
	example string
}

// buttons reads the buttons, without one that is taken away, with one that is
// added, or with one moved up.
func (r *draftReader) buttons(at string) []draftButton {
	var all []draftButton
	n, _ := strconv.Atoi(r.field(at + "buttons"))
	for i := range min(n, 10) {
		key := at + "button." + strconv.Itoa(i)
		b := draftButton{template.Button{Kind: r.field(key + ".kind"), Text: r.field(key + ".text"), URL: r.field(key + ".url"), Phone: r.field(key + ".phone"),
			FlowID: r.field(key + ".flow"), FlowAction: r.field(key + ".action"), FlowScreen: r.field(key + ".screen")}, r.field("ex." + key)}
		switch r.do {
		case "drop:" + key:
			continue
		case "up:" + key:
			if last := len(all) - 1; last >= 0 {
				all = append(all[:last], b, all[last])
				continue
			}
		}
		all = append(all, b)
	}
	if r.do == "button:"+at {
		all = append(all, draftButton{Button: template.Button{Kind: r.field(at + "kind")}})
	}
	return all
}

// cards reads the cards of a carousel: two at first.
func (r *draftReader) cards() []template.Card {
	var all []template.Card
	n := 0
	for ; n < 10 && r.present("card."+strconv.Itoa(n)+".body"); n++ {
		if r.do == "uncard:"+strconv.Itoa(n) {
			continue
		}
		all = append(all, r.card("card."+strconv.Itoa(n)+".", "card."+strconv.Itoa(len(all))+"."))
	}
	want := len(all)
	if n == 0 {
		want = 2
	}
	if r.do == "card" {
		want++
	}
	for len(all) < min(want, 10) {
		card := template.Card{Header: template.Header{Kind: template.HeaderImage}}
		if len(all) > 0 { // all cards are of the same kind
			card.Header.Kind = all[0].Header.Kind
			for _, b := range all[0].Buttons {
				card.Buttons = append(card.Buttons, template.Button{Kind: b.Kind})
			}
		}
		all = append(all, card)
	}
	return all
}
