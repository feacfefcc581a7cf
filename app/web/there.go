package web

import (
	"net/http"
	"strings"

	"badala/app/account"
	"badala/app/errs"
	"badala/app/hours"
	"badala/app/inbox"
	"badala/views"
)

// setThere says whether the user is there.
func (s *Server) setThere(c *call) error {
	if _, err := s.Inbox.SetPresence(c.r.Context(), c.actor, c.actor.UserID, inbox.PresencePatch{State: new(c.field("state"))}); err != nil {
		return err
	}
	c.flash(c.t("there.set." + strings.ToLower(c.field("state"))))
	return c.done("/inbox")
}

// thereForm is the user's own rules as the profile shows them.
func (c *call) thereForm() (*views.ThereForm, error) {
	if !c.actor.Can(account.Reply) {
		return nil, nil
	}
	p, err := c.s.Inbox.Presence(c.q(), c.actor.OrgID, c.actor.UserID)
	if err != nil {
		return nil, err
	}
	members, err := c.s.Accounts.Members(c.q(), c.actor.OrgID)
	f := &views.ThereForm{State: p.State, HandOver: p.HandOver}
	for _, m := range members {
		if m.Active && m.ID != c.actor.UserID {
			f.Others = append(f.Others, views.Option{ID: id("user", m.ID), Name: m.Name})
		}
	}
	for i, name := range hours.Days {
		var spans []string
		for _, w := range p.Hours {
			if w.Day == name {
				spans = append(spans, w.From+"–"+w.To)
			}
		}
		f.Days = append(f.Days, views.ThereDay{Name: name, Weekday: i, Spans: strings.Join(spans, ", ")})
	}
	return f, err
}

// saveThere changes the user's own hours and what becomes of their conversations.
func (s *Server) saveThere(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	windows, wrong := c.windowsEntered()
	var err error
	if len(wrong) > 0 {
		err = errs.Fields(wrong...)
	} else {
		_, err = s.Inbox.SetPresence(c.r.Context(), c.actor, c.actor.UserID, inbox.PresencePatch{Hours: &windows, HandOver: new(c.field("hand_over"))})
	}
	if refused(err) {
		return c.profilePage(http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	c.flash(c.t("there.saved"))
	return c.redirect("/profile")
}

// windowsEntered reads "09:00–13:00, 14:00–18:00" of each day.
func (c *call) windowsEntered() (all []hours.Window, wrong []string) {
	all = []hours.Window{}
	dashes := strings.NewReplacer("–", "-", "—", "-", "،", ",", ";", ",")
	for _, day := range hours.Days {
		plan := hours.Plan{Timezone: "UTC"}
		for part := range strings.SplitSeq(dashes.Replace(c.field("hours_"+day)), ",") {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			from, to, _ := strings.Cut(part, "-")
			plan.Windows = append(plan.Windows, hours.Window{Day: day, From: strings.TrimSpace(from), To: strings.TrimSpace(to)})
		}
		if _, bad := plan.Compile(); len(bad) > 0 {
			wrong = append(wrong, "hours_"+day+": "+c.t("there.hours.wrong"))
		}
		all = append(all, plan.Windows...)
	}
	return all, wrong
}

// handOver gives the user's open conversations to others.
func (s *Server) handOver(c *call) error {
	how, to := c.field("to"), int64(0)
	if strings.HasPrefix(how, "user_") {
		var err error
		if to, err = someID("user", how); err != nil {
			return err
		}
		how = inbox.HandOverPerson
	}
	n, err := s.Inbox.HandOver(c.r.Context(), c.actor, c.actor.UserID, how, to)
	if refused(err) {
		return c.profilePage(http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	c.flash(c.t("there.handed", n))
	return c.redirect("/profile")
}

// there is the user's own presence for the menu, "" for who has none.
func (c *call) there() string {
	if !c.actor.Can(account.Reply) {
		return ""
	}
	p, err := c.s.Inbox.Presence(c.q(), c.actor.OrgID, c.actor.UserID)
	if err != nil {
		return ""
	}
	return p.State
}
