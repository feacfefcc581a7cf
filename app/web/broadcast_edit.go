package web

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"badala/app/account"
	"badala/app/broadcast"
	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/template"
	"badala/views"
)

// The steps of the way to a broadcast, in their order.
const (
	stepTemplate = "template"
	stepAudience = "audience"
	stepMessage  = "message"
	stepPlan     = "plan"
	stepStart    = "start"
)

var broadcastSteps = [...]string{stepTemplate, stepAudience, stepMessage, stepPlan, stepStart}

// broadcastBody is how large a form with pasted numbers may be.
const broadcastBody = 2 << 20

// editing is a step of a broadcast as it is being filled in.
type editing struct {
	*call
	was     broadcast.Broadcast // zero before it is kept the first time
	in      broadcast.Input
	step    string
	wrong   fieldTexts
	problem string
	whom    whomForm // as typed
	at      string   // the time as typed
	gap     string
	given   map[string]string
	testTo  string
	ask     string
}

// fieldTexts are what is wrong, by field.
type fieldTexts map[string]string

func (f fieldTexts) inOrder() (all []string) {
	for _, key := range slices.Sorted(maps.Keys(f)) {
		all = append(all, f[key])
	}
	return all
}

// broadcastErrors say what is wrong beside each field.
func (c *call) broadcastErrors(err error) fieldTexts {
	wrong := fieldTexts(c.fieldErrors(err))
	for name := range wrong {
		if key := "broadcast.wrong." + name; c.has(key) {
			wrong[name] = c.t(key)
		}
	}
	return wrong
}

// newBroadcast is the first step of a broadcast that is not kept yet.
func (s *Server) newBroadcast(c *call) error {
	e := &editing{call: c, step: stepTemplate}
	if ch, _, err := c.templateAccount(); err != nil {
		return err
	} else if ch != nil {
		e.in.ChannelID = ch.ID
	}
	return e.show(http.StatusOK)
}

// createBroadcast keeps a broadcast for the first time.
func (s *Server) createBroadcast(c *call) error {
	e := &editing{call: c, step: stepTemplate, in: broadcast.Input{Draft: true}}
	return e.enter()
}

// editBroadcast is a step of a broadcast that has not begun.
func (s *Server) editBroadcast(c *call) error {
	e, err := c.editing()
	if err != nil {
		return err
	}
	if !e.was.Editable() {
		return c.redirect(broadcastPath(e.was.ID, ""))
	}
	e.ask = c.field("ask")
	return e.show(http.StatusOK)
}

// saveBroadcast keeps a step and goes where its button says.
func (s *Server) saveBroadcast(c *call) error {
	e, err := c.editing()
	if err != nil {
		return err
	}
	if !e.was.Editable() { // pressed twice, or by two people
		return c.redirect(broadcastPath(e.was.ID, ""))
	}
	if e.step == stepStart {
		return e.start()
	}
	return e.enter()
}

// editing is the broadcast and the step that the path names.
func (c *call) editing() (*editing, error) {
	step := c.r.PathValue("step")
	if !slices.Contains(broadcastSteps[:], step) {
		return nil, errs.New(errs.NotFound, "there is no such step")
	}
	b, err := c.broadcastOf()
	if err != nil {
		return nil, err
	}
	return &editing{call: c, was: b, in: draftOf(&b), step: step}, nil
}

// enter reads the form of a step, keeps it, and goes on.
func (e *editing) enter() error {
	if err := e.read(); err != nil {
		return err
	}
	do := e.field("do")
	if len(e.wrong) > 0 {
		return e.show(http.StatusUnprocessableEntity)
	}
	if do == "channel" && e.was.ID == 0 { // another number's templates
		return e.show(http.StatusOK)
	}
	if err := e.keep(); err != nil || len(e.wrong) > 0 {
		if err != nil {
			return err
		}
		return e.show(http.StatusUnprocessableEntity)
	}
	switch do {
	case "leave":
		e.flash(e.t("broadcast.kept", e.in.Name))
		return e.redirect("/broadcasts")
	case "back":
		return e.redirect(broadcastPath(e.was.ID, "edit/"+e.beside(-1)))
	case "channel", "count", "preview":
		return e.redirect(broadcastPath(e.was.ID, "edit/"+e.step))
	}
	if err := e.complete(); err != nil {
		return err
	}
	if len(e.wrong) > 0 {
		return e.show(http.StatusUnprocessableEntity)
	}
	if do == "test" {
		return e.test()
	}
	return e.redirect(broadcastPath(e.was.ID, "edit/"+e.beside(1)))
}

// keep writes the draft; what is wrong with it stands beside its fields.
func (e *editing) keep() (err error) {
	e.in.Draft = true
	if e.was.ID == 0 {
		e.was, err = e.s.Broadcasts.Create(e.r.Context(), e.actor, e.in)
	} else {
		was := e.was
		if e.was, err = e.s.Broadcasts.Edit(e.r.Context(), e.actor, e.was.ID, e.in); err != nil {
			e.was = was
		}
	}
	if err != nil && refused(err) {
		if e.wrong = e.broadcastErrors(err); len(e.wrong) > 0 {
			return nil
		}
	}
	return err
}

// beside is the step before or after.
func (e *editing) beside(n int) string {
	at := slices.Index(broadcastSteps[:], e.step) + n
	return broadcastSteps[min(max(at, 0), len(broadcastSteps)-1)]
}

// read takes the step's form over.
func (e *editing) read() error {
	switch e.step {
	case stepMessage:
		return e.readMessage()
	case stepTemplate:
		if err := e.parse(); err != nil {
			return err
		}
		return e.readTemplate()
	}
	e.r.Body = http.MaxBytesReader(e.w, e.r.Body, broadcastBody)
	if err := e.parse(); err != nil {
		return err
	}
	if e.step == stepAudience {
		e.readAudience()
	} else {
		e.readPlan()
	}
	return nil
}

// readTemplate takes over name, number and template. With another template
// the values are guessed anew.
func (e *editing) readTemplate() error {
	e.in.Name = e.field("name")
	ch, err := db.ParseID("chan", e.field("channel"))
	if err != nil {
		return err
	}
	if ch != e.in.ChannelID {
		e.in.Template, e.in.Language = "", ""
	}
	e.in.ChannelID = ch
	named := e.field("template")
	if named == "" || ch == 0 {
		return nil
	}
	n, err := someID("tmpl", named)
	if err != nil {
		return err
	}
	t, err := e.s.Channels.TemplateByID(e.q(), e.actor.OrgID, ch, n)
	if errs.Is(err, errs.NotFound) {
		return nil // of another number
	}
	if err != nil {
		return err
	}
	if t.Name == e.in.Template && t.Language == e.in.Language {
		return nil
	}
	e.in.Template, e.in.Language = t.Name, t.Language
	spec, err := t.Spec()
	if err == nil {
		e.in.Given = spec.With(guessedFields(spec))
	}
	return nil
}

// guessedFields fill variables whose names tell which field they are.
func guessedFields(spec template.Spec) map[string]string {
	known := map[string]string{"first_name": broadcast.FieldFirstName, "name": broadcast.FieldName, "full_name": broadcast.FieldName,
		"customer_name": broadcast.FieldName, "contact_name": broadcast.FieldName, "customer": broadcast.FieldName,
		"company": broadcast.FieldCompany, "company_name": broadcast.FieldCompany, "email": broadcast.FieldEmail}
	given := map[string]string{}
	for _, slot := range spec.Slots() {
		if field := known[slot.Name]; slot.Kind == template.SlotText && field != "" {
			given[slot.Key] = broadcast.FieldText(field, "")
		}
	}
	return given
}

// complete tells what the step still lacks before the next.
func (e *editing) complete() error {
	missing, err := e.missing(e.step)
	if err != nil {
		return err
	}
	if len(missing) > 0 && e.wrong == nil {
		e.wrong = fieldTexts{}
	}
	maps.Copy(e.wrong, missing)
	return nil
}

// missing tells what a step of the broadcast as it is kept lacks.
func (e *editing) missing(step string) (fieldTexts, error) {
	wrong := fieldTexts{}
	switch step {
	case stepTemplate:
		if e.in.Template == "" {
			wrong["templateName"] = e.t("broadcast.missing.template")
			break
		}
		t, _, err := e.templateNow()
		if err != nil {
			return wrong, err
		}
		if t.ID == 0 {
			wrong["templateName"] = e.t("broadcast.wrong.templateName")
		} else if err := t.Usable(); err != nil {
			wrong["templateName"] = e.templateRefusal(t)
		}
	case stepAudience:
		if e.in.Audience.Empty() {
			wrong["audience"] = e.t("broadcast.missing.audience")
		}
	case stepMessage:
		t, spec, err := e.templateNow()
		if err != nil || t.ID == 0 {
			return wrong, err
		}
		maps.Copy(wrong, e.wrongValues(spec))
	case stepPlan:
		if e.in.ScheduleAt != 0 && e.in.ScheduleAt <= e.s.DB.Now() {
			wrong["scheduleAt"] = e.t("broadcast.wrong.past")
		}
	}
	return wrong, nil
}

// templateNow is the template of the broadcast, without an id when there is
// none such (any more).
func (e *editing) templateNow() (t channel.Template, spec template.Spec, err error) {
	if e.in.Template == "" || e.in.ChannelID == 0 {
		return t, spec, nil
	}
	t, err = e.s.Channels.Template(e.q(), e.actor.OrgID, e.in.ChannelID, e.in.Template, e.in.Language)
	if errs.Is(err, errs.NotFound) {
		return channel.Template{}, spec, nil
	}
	if err == nil {
		spec, _ = t.Spec() // one that cannot be read cannot be sent, and says so
	}
	return t, spec, err
}

// templateRefusal says why a template cannot be sent now.
func (c *call) templateRefusal(t channel.Template) string {
	if t.Status != channel.TemplateApproved {
		if key := "broadcast.refused." + t.Status; c.has(key) {
			return c.t(key)
		}
		return c.t("broadcast.refused.other")
	}
	if err := t.Usable(); err != nil {
		return c.explain(err)
	}
	return ""
}

// nextStep is the first step of a draft that lacks something.
func (c *call) nextStep(b *broadcast.Broadcast) (string, error) {
	e := &editing{call: c, was: *b, in: draftOf(b)}
	for _, step := range broadcastSteps[:len(broadcastSteps)-1] {
		missing, err := e.missing(step)
		if err != nil || len(missing) > 0 {
			return step, err
		}
	}
	return stepStart, nil
}

// show renders the step.
func (e *editing) show(status int) error {
	title := e.t("broadcast.new")
	if e.in.Name != "" {
		title = e.in.Name
	}
	p := views.BroadcastEditPage{Page: e.page(title), ID: id(broadcast.Prefix, e.was.ID), Name: e.in.Name, Step: e.step,
		Scheduled: e.was.State == broadcast.Scheduled, Errors: e.wrong, Problem: e.problem}
	if e.was.ID != 0 {
		for _, step := range broadcastSteps[:len(broadcastSteps)-1] {
			if missing, err := e.missing(step); err != nil {
				return err
			} else if len(missing) == 0 && step != e.step {
				p.Past = append(p.Past, step)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(e.wrong)) { // what belongs to another step is said on top
		if at := stepOf(key); at != "" && at != e.step {
			p.Problem = strings.TrimSpace(p.Problem + " " + e.wrong[key])
		}
	}
	var err error
	switch e.step {
	case stepTemplate:
		err = e.which(&p)
	case stepAudience:
		err = e.whomPage(&p)
	case stepMessage:
		err = e.says(&p)
	case stepPlan:
		err = e.plan(&p)
	default:
		err = e.sum(&p)
	}
	if err != nil {
		return err
	}
	return e.render(status, views.BroadcastEdit(p))
}

// which fills in the first step.
func (e *editing) which(p *views.BroadcastEditPage) error {
	p.Which.CanMake = e.actor.Can(account.ManageTemplates)
	channels, err := e.s.Channels.List(e.q(), e.actor.OrgID)
	if err != nil {
		return err
	}
	for _, ch := range channels {
		p.Which.Channels = append(p.Which.Channels, views.Option{ID: id("chan", ch.ID), Name: channelTitle(ch)})
	}
	p.Which.Channel = id("chan", e.in.ChannelID)
	if e.in.ChannelID == 0 {
		return nil
	}
	all, err := e.s.Channels.Templates(e.q(), e.actor.OrgID, e.in.ChannelID)
	if errs.Is(err, errs.NotFound) {
		return nil // the number was removed
	}
	if err != nil {
		return err
	}
	for _, t := range all {
		row := e.templateRow(t, e.in.ChannelID)
		if t.Name == e.in.Template && t.Language == e.in.Language {
			p.Which.Template = row.ID
		}
		if why := e.templateRefusal(t); why != "" {
			p.Which.Others = append(p.Which.Others, views.BroadcastRefused{TemplateRow: row, Why: why})
		} else {
			p.Which.Templates = append(p.Which.Templates, row)
		}
	}
	slices.SortStableFunc(p.Which.Templates, func(a, b views.TemplateRow) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// stepOf is the step that a wrong field stands in; "" for those of slots.
func stepOf(field string) string {
	name, _, _ := strings.Cut(field, ".")
	switch name {
	case "name", "channelId", "templateName":
		return stepTemplate
	case "audience":
		return stepAudience
	case "variables":
		return stepMessage
	case "scheduleAt", "ratePerSecond", "gapSeconds":
		return stepPlan
	}
	return ""
}
