package web

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"badala/app/errs"
	"badala/app/webhook"
	"badala/views"
)

// kept stands in a form for a header's value, which is not shown again.
const kept = "••••"

// newHook is the form of a new webhook, with the usual events chosen.
func (s *Server) newHook(c *call) error {
	form := views.HookForm{Events: map[string]bool{}}
	for _, name := range webhook.DefaultEvents() {
		form.Events[name] = true
	}
	return c.newHookPage(http.StatusOK, form, nil)
}

func (c *call) newHookPage(status int, form views.HookForm, problem error) error {
	return c.render(status, views.NewHook(views.NewHookPage{Page: c.page(c.t("hooks.new")), Form: form, Groups: eventGroups(), Errors: c.hookErrors(problem)}))
}

// groupOf is the heading that an event stands under.
func groupOf(event string) string {
	switch kind, _, _ := strings.Cut(event, "."); kind {
	case "message", "conversation", "contact":
		return kind + "s"
	}
	return "system"
}

// eventGroups are all events under their headings.
func eventGroups() []views.EventGroup {
	groups := []views.EventGroup{{Name: "messages"}, {Name: "conversations"}, {Name: "contacts"}, {Name: "system"}}
	for _, e := range webhook.Events {
		i := slices.IndexFunc(groups, func(g views.EventGroup) bool { return g.Name == groupOf(e.Name) })
		groups[i].Events = append(groups[i].Events, e.Name)
	}
	return groups
}

// formOf is a webhook's form as it is kept; secrets do not come back.
func formOf(e webhook.Endpoint) views.HookForm {
	f := views.HookForm{URL: e.URL, Username: e.Username, HasPassword: e.Username != "", Events: map[string]bool{}}
	if e.RatePerSecond > 0 {
		f.Rate = strconv.Itoa(e.RatePerSecond)
	}
	for _, name := range e.Events {
		f.Events[name] = true
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(e.Headers)) {
		lines = append(lines, name+": "+kept)
	}
	f.Headers = strings.Join(lines, "\n")
	return f
}

// hookInput reads the form. Headers whose value is the mark keep the one they
// have in old. What cannot be read is reported with all that is wrong.
func (c *call) hookInput(old map[string]string) (views.HookForm, webhook.Input, error) {
	if err := c.parse(); err != nil {
		return views.HookForm{}, webhook.Input{}, err
	}
	form := views.HookForm{URL: c.field("url"), Rate: c.field("rate"), Username: c.field("username"), Headers: c.r.PostFormValue("headers"), Events: map[string]bool{}}
	in := webhook.Input{URL: form.URL, Events: c.r.PostForm["event"], Username: form.Username, Password: c.r.PostFormValue("password"), Headers: map[string]string{}}
	for _, name := range in.Events {
		form.Events[name] = true
	}
	var wrong []string
	if form.Rate != "" {
		n, err := strconv.Atoi(form.Rate)
		if err != nil || n < 1 {
			wrong = append(wrong, "ratePerSecond: a whole number of 1 or more")
		}
		in.RatePerSecond = n
	}
	for line := range strings.Lines(form.Headers) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if value == kept {
			value, ok = old[name], old[name] != ""
		}
		if !ok {
			wrong = append(wrong, fmt.Sprintf("headers: %q is not a header", name))
		}
		in.Headers[name] = value
	}
	if len(wrong) > 0 {
		return form, in, errs.Fields(wrong...)
	}
	return form, in, nil
}

// createHook adds a webhook and shows its secret, once.
func (s *Server) createHook(c *call) error {
	form, in, err := c.hookInput(nil)
	if err == nil {
		var e webhook.Endpoint
		var secret string
		if e, secret, err = s.Webhooks.Create(c.r.Context(), c.actor, in); err == nil {
			return c.hookPage(e, hookShown{status: http.StatusOK, created: true, secret: secret})
		}
	}
	if refusable(err) {
		return c.newHookPage(http.StatusUnprocessableEntity, form, err)
	}
	return err
}

// saveHook changes a webhook; an empty password stays as it is.
func (s *Server) saveHook(c *call) error {
	e, err := c.hookOf()
	if err != nil {
		return err
	}
	form, in, err := c.hookInput(e.Headers)
	if err == nil {
		patch := webhook.Patch{URL: &in.URL, Events: &in.Events, RatePerSecond: &in.RatePerSecond, Username: &in.Username, Headers: &in.Headers}
		if in.Password != "" {
			patch.Password = &in.Password
		}
		_, err = s.Webhooks.Update(c.r.Context(), c.actor, e.ID, patch)
	}
	if refusable(err) {
		return c.hookPage(e, hookShown{status: http.StatusUnprocessableEntity, form: &form, problem: err})
	}
	if err != nil {
		return err
	}
	s.alerts.forget(c.actor.OrgID)
	c.flash(c.t("hook.saved"))
	return c.done("/settings/webhooks/" + id("hook", e.ID))
}

// hookErrors is what to say beside each wrong field of the form.
func (c *call) hookErrors(err error) map[string]string {
	if err == nil {
		return nil
	}
	wrong := c.fieldErrors(err)
	if len(wrong) == 0 {
		return map[string]string{"": c.explain(err)}
	}
	if wrong["password"] != "" {
		wrong["password"] = c.t("hook.password.wrong")
	}
	for _, d := range errs.As(err).Details {
		text, ok := strings.CutPrefix(d, "url: ")
		switch {
		case !ok:
		case strings.Contains(text, "user name"):
			wrong["url"] = c.t("hook.url.login")
		case strings.Contains(text, "BADALA_WEBHOOK_ALLOW"), strings.Contains(text, "is never a target"):
			wrong["url"] = c.t("problem.blocked_address")
		}
	}
	return wrong
}
