package web

import (
	"net/http"
	"strings"

	"badala/app/broadcast"
	"badala/app/channel"
	"badala/app/errs"
	"badala/app/template"
	"badala/views"
)

// readMessage takes over what stands in for the variables.
func (e *editing) readMessage() error {
	files, err := e.namedFiles()
	if err != nil {
		return err
	}
	e.testTo = e.field("test_to")
	_, spec, err := e.templateNow()
	if err != nil {
		return err
	}
	e.given = e.call.given(spec, files)
	for _, slot := range spec.Slots() {
		if field := e.field("m." + slot.Key); field != "" && perPerson(slot) {
			e.given[slot.Key] = broadcast.FieldText(field, e.given[slot.Key])
		}
	}
	e.in.Given = spec.With(e.given)
	return nil
}

// perPerson says whether a slot may be another for each recipient.
func perPerson(slot template.Slot) bool {
	return !slot.Kind.IsMedia() && slot.Kind != template.SlotLocation && slot.Kind != template.SlotExpiry
}

// wrongValues are what is missing or wrong in the values, by slot.
func (e *editing) wrongValues(spec template.Spec) fieldTexts {
	texts := spec.Texts(e.in.Given)
	for key, text := range e.given { // a half-filled place or a wrong time is not in the values
		if texts[key] == "" {
			texts[key] = text
		}
	}
	for _, slot := range spec.Slots() {
		if _, _, ok := broadcast.SplitFieldText(texts[slot.Key]); ok && perPerson(slot) {
			texts[slot.Key] = "x"
		}
	}
	return fieldTexts(e.problemTexts(spec.Wrong(spec.With(texts))))
}

// says fills in the third step.
func (e *editing) says(p *views.BroadcastEditPage) error {
	t, spec, err := e.templateNow()
	if err != nil {
		return err
	}
	p.Says = views.BroadcastSays{Template: t.Name, Language: languageTitle(e.lang, t.Language), TestTo: e.testTo}
	if t.ID == 0 {
		p.Says.Refusal = e.t("broadcast.missing.template")
		return nil
	}
	if p.Says.Refusal = e.templateRefusal(t); p.Says.Refusal != "" {
		return nil
	}
	texts := spec.Texts(e.in.Given)
	for _, slot := range spec.Slots() {
		if slot.Kind != template.SlotPayload && slot.Kind != template.SlotFlow { // they come back to programs, and nobody else
			p.Says.Slots = append(p.Says.Slots, e.slot(slot, texts))
		}
	}
	fields, err := e.s.Broadcasts.Fields(e.q(), e.actor.OrgID)
	if err != nil {
		return err
	}
	for _, name := range fields {
		p.Says.Fields = append(p.Says.Fields, views.Option{ID: name, Name: e.fieldName(name)})
	}
	return e.previews(&p.Says, t, spec)
}

func (e *editing) slot(slot template.Slot, texts map[string]string) views.BroadcastSlot {
	s := views.BroadcastSlot{WriteSlot: views.WriteSlot{Slot: slot, Value: texts[slot.Key], FileName: texts[slot.Key+".fileName"]}}
	switch slot.Kind {
	case template.SlotExpiry:
		s.Until = e.in.Given.ExpiresAt
	case template.SlotLocation:
		s.Place = map[string]string{}
		for _, part := range []string{"latitude", "longitude", "name", "address"} {
			s.Place[part] = firstOf(e.given[slot.Key+"."+part], texts[slot.Key+"."+part])
		}
	}
	if field, fallback, ok := broadcast.SplitFieldText(s.Value); ok && perPerson(slot) {
		s.Field, s.Value = field, fallback
	}
	return s
}

// fieldName is what a field of contacts is called.
func (c *call) fieldName(name string) string {
	if own, ok := strings.CutPrefix(name, broadcast.CustomPrefix); ok {
		return own
	}
	return c.t("broadcast.field." + name)
}

// previews are what the first recipients will get.
func (e *editing) previews(s *views.BroadcastSays, t channel.Template, spec template.Spec) error {
	s.Sample = e.templateShown(spec, t.Language, e.in.Given)
	if e.in.Audience.Empty() {
		s.Ready = true
		return nil
	}
	all, ready, err := e.previewRecipients(e.in)
	if refused(err) { // the audience cannot be read: its own step says so
		s.Ready = true
		return nil
	}
	if s.Ready = ready; err != nil {
		return err
	}
	for _, v := range all {
		shown := e.templateShown(spec, t.Language, template.Values{})
		shown.Filled, shown.Files = v.Shown, e.templateFiles(v.Shown)
		var missing []string
		for _, name := range v.Missing {
			missing = append(missing, e.fieldName(name))
		}
		s.Previews = append(s.Previews, views.BroadcastPreview{Name: v.Name, Phone: v.Phone, Shown: shown, Missing: missing})
	}
	return nil
}

// previewBroadcast shows what a form that is not kept yet would say.
func (s *Server) previewBroadcast(c *call) error {
	b, err := c.broadcastOf()
	if err != nil {
		return err
	}
	e := &editing{call: c, was: b, in: draftOf(&b), step: stepMessage}
	if err := e.readMessage(); err != nil {
		return err
	}
	var p views.BroadcastEditPage
	if err := e.says(&p); err != nil {
		return err
	}
	return c.render(http.StatusOK, views.BroadcastPreviewed(c.page(""), p.Says))
}

// test sends what the first recipient would get to a number of one's own.
func (e *editing) test() error {
	if e.testTo == "" {
		e.wrong = fieldTexts{"to": e.t("field.required")}
		return e.show(http.StatusUnprocessableEntity)
	}
	_, err := e.s.Broadcasts.Test(e.r.Context(), e.actor, e.in, e.testTo)
	if refused(err) || errs.Is(err, errs.Upstream) {
		e.wrong = e.broadcastErrors(err)
		if e.wrong == nil || e.wrong["to"] == "" {
			e.wrong = fieldTexts{"to": e.metaWords(err)}
		}
		return e.show(http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	e.flash(e.t("broadcast.tested", e.testTo))
	return e.redirect(broadcastPath(e.was.ID, "edit/"+stepMessage))
}
