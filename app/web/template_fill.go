package web

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"

	"badala/app/channel"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/media"
	"badala/app/template"
	"badala/views"
)

// filling is the form that fills a template for somebody.
type filling struct {
	to       recipient
	t        channel.Template
	spec     template.Spec
	given    map[string]string // by slot
	draft    string            // what the composer holds
	used     bool              // it was put into a variable
	clientID string
	wrong    []template.Problem
	problem  error
}

// guesses are values for variables whose names tell what they are.
func (c *call) guesses(spec template.Spec, to recipient) map[string]string {
	given := map[string]string{}
	name := firstOf(to.contact.Name, to.contact.ProfileName)
	first, _, _ := strings.Cut(name, " ")
	known := map[string]string{"first_name": first, "name": name, "full_name": name, "customer_name": name, "contact_name": name, "customer": name,
		"company": to.contact.Company.Name, "company_name": to.contact.Company.Name, "agent": c.actor.Name, "agent_name": c.actor.Name}
	for _, slot := range spec.Slots() {
		if value := known[slot.Name]; slot.Kind == template.SlotText && value != "" {
			given[slot.Key] = value
		}
	}
	return given
}

// sendTemplate sends a template, or shows the form as it was changed.
func (s *Server) sendTemplate(c *call) error {
	files, err := c.namedFiles()
	if err != nil {
		return err
	}
	to, t, err := c.writeTarget()
	if err != nil {
		return err
	}
	spec, err := t.Spec()
	if err != nil {
		return err
	}
	f := filling{to: to, t: t, spec: spec, draft: c.field("draft"), used: c.field("used") == "1", clientID: c.field("client_id")}
	do := c.field("do")
	if f.given = c.given(spec, files); do == "start" {
		f.given, f.clientID = c.guesses(spec, to), rand.Text()
	}
	if key, ok := strings.CutPrefix(do, "draft:"); ok {
		f.given[key], f.used = strings.Join(strings.Fields(f.draft), " "), true
	}
	if do != "send" {
		return c.fillTemplate(http.StatusOK, f)
	}
	values := spec.With(f.given)
	if f.wrong = spec.Wrong(values); len(f.wrong) > 0 || to.refuses(c, t.Category) != "" {
		return c.fillTemplate(http.StatusUnprocessableEntity, f)
	}
	conv, err := c.sendFilled(f, values)
	if refused(err) || errs.Is(err, errs.Upstream) {
		f.problem = err
		return c.fillTemplate(http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	if err := s.Channels.UseTemplate(c.r.Context(), c.actor, t.ID); err != nil {
		return err
	}
	path := "/c/" + id("conv", conv)
	if !c.script() {
		return c.redirect(path)
	}
	return c.json(http.StatusCreated, struct {
		Conv string `json:"conv"`
		URL  string `json:"url"`
		Used bool   `json:"used"`
	}{id("conv", conv), path, f.used})
}

// sendFilled puts the template into the conversation, or begins one with it.
func (c *call) sendFilled(f filling, values template.Values) (int64, error) {
	in := inbox.TemplateInput{Name: f.t.Name, Language: f.t.Language, Values: values}
	if f.to.conv.ID != 0 {
		m, err := c.s.Inbox.Send(c.r.Context(), c.actor, f.to.conv.ID, inbox.SendInput{Type: inbox.TypeTemplate, Template: &in, ClientID: f.clientID, Async: true})
		return m.ConversationID, err
	}
	to := f.to.phone
	if f.to.contact.ID != 0 {
		to = id("contact", f.to.contact.ID)
	}
	m, _, _, err := c.s.Inbox.SendTemplateOnce(c.r.Context(), c.actor, f.to.channel.ID, to, in, true, f.clientID)
	return m.ConversationID, err
}

// given reads what was entered for each slot.
func (c *call) given(spec template.Spec, files map[string]string) map[string]string {
	out := map[string]string{}
	for _, slot := range spec.Slots() {
		value := c.field("v." + slot.Key)
		switch {
		case slot.Kind == template.SlotLocation:
			for _, part := range []string{".latitude", ".longitude", ".name", ".address"} {
				out[slot.Key+part] = c.field("v." + slot.Key + part)
			}
		case slot.Kind == template.SlotExpiry:
			if at, err := time.ParseInLocation("2006-01-02T15:04", value, c.zone()); err == nil {
				out[slot.Key] = at.UTC().Format(time.RFC3339)
			}
		case slot.Kind.IsMedia():
			if key := firstOf(files[slot.Key], value); key != "" {
				out[slot.Key] = key
				if m, err := media.ByKey(c.q(), c.actor.OrgID, key); err == nil {
					out[slot.Key+".fileName"] = cmp.Or(m.FileName, key)
				}
			}
		case value != "":
			out[slot.Key] = value
		}
	}
	return out
}

// fillTemplate shows the form.
func (c *call) fillTemplate(status int, f filling) error {
	p := views.WritePage{Page: c.page(c.t("template.write")), To: f.to.view, Row: c.templateRow(f.t, f.to.channel.ID), Draft: f.draft, UsedIt: f.used,
		ClientID: f.clientID, Refusal: f.to.refuses(c, f.t.Category), Errors: c.problemTexts(f.wrong)}
	if err := f.t.Usable(); err != nil {
		p.Refusal = c.explain(err)
	}
	if f.problem != nil {
		p.Errors[""] = c.metaWords(f.problem)
	}
	values := f.spec.With(f.given)
	p.Shown = c.templateShown(f.spec, f.t.Language, values)
	texts := f.spec.Texts(values)
	for _, slot := range f.spec.Slots() {
		if slot.Kind == template.SlotPayload || slot.Kind == template.SlotFlow {
			continue // they come back to programs, and nobody else
		}
		s := views.WriteSlot{Slot: slot, Value: texts[slot.Key], FileName: texts[slot.Key+".fileName"]}
		if slot.Kind == template.SlotExpiry {
			s.Until = values.ExpiresAt
		}
		if slot.Kind == template.SlotLocation {
			s.Place = map[string]string{}
			for _, part := range []string{"latitude", "longitude", "name", "address"} {
				s.Place[part] = f.given[slot.Key+"."+part]
			}
		}
		p.Slots = append(p.Slots, s)
	}
	p.Known = c.knownValues(p, f)
	return c.writeStep(status, p)
}

// knownValues are values that may fit a variable.
func (c *call) knownValues(p views.WritePage, f filling) []string {
	ct := f.to.contact
	first, _, _ := strings.Cut(ct.Name, " ")
	var out []string
	for _, v := range []string{ct.Name, first, ct.ProfileName, ct.Company.Name, ct.Phone, ct.Email, ct.ExternalID, c.actor.Name, p.Org.Name} {
		if v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	if draft := strings.Join(strings.Fields(f.draft), " "); draft != "" {
		out = append([]string{draft}, out...)
	}
	return out
}
