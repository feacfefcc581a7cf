package web

import (
	"net/http"
	"strconv"

	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/views"
)

// late is the notice about those of whom the user was told, the one who waits
// longest by name.
func (d *desk) late(ids []int64) (views.LateData, error) {
	out := views.LateData{Count: len(ids)}
	if len(ids) == 0 {
		return out, nil
	}
	first, err := d.s.Inbox.ConversationsByID(d.q(), d.actor.OrgID, ids[:1])
	if err != nil || len(first) == 0 {
		return views.LateData{}, err
	}
	out.ID, out.Name, out.Since = id("conv", first[0].ID), d.convName(&first[0]), db.Time(first[0].WaitingSince)
	return out, nil
}

// alarm shows when somebody is told that a customer of a number waits.
func (s *Server) alarm(c *call) error {
	ch, err := c.channelOf()
	if err != nil {
		return err
	}
	a, err := s.Inbox.WaitingAlarm(c.q(), c.actor.OrgID, ch.ID)
	if err != nil {
		return err
	}
	f := views.AlarmForm{Enabled: a.Enabled, First: strconv.Itoa(a.AssigneeMinutes)}
	if a.SupervisorMinutes > 0 {
		f.Second = strconv.Itoa(a.SupervisorMinutes)
	}
	return c.showAlarm(http.StatusOK, ch, f, nil)
}

// showAlarm is the form, and what the saved setting does to who writes now.
func (c *call) showAlarm(status int, ch channel.Channel, f views.AlarmForm, wrong map[string]string) error {
	p := views.AlarmPage{Page: c.page(c.t("alarm.title")), Channel: c.channelData(ch), Form: f, Errors: wrong}
	a, err := c.s.Inbox.WaitingAlarm(c.q(), c.actor.OrgID, ch.ID)
	if err != nil {
		return err
	}
	if p.ByHours, err = c.s.Inbox.WorksByHours(c.q(), c.actor.OrgID, ch.ID); err != nil {
		return err
	}
	o, err := c.s.Inbox.OfficeHours(c.q(), c.actor.OrgID, ch.ID)
	if err != nil {
		return err
	}
	p.ZoneOf, p.On = zoneOf(o.Timezone), a.Enabled
	if p.First, p.Second, err = c.s.Inbox.DueAt(c.q(), c.actor.OrgID, a, c.now()); err != nil {
		return err
	}
	return c.render(status, views.Alarm(p))
}

// setAlarm saves the form.
func (s *Server) setAlarm(c *call) error {
	ch, err := c.channelOf()
	if err != nil {
		return err
	}
	f := views.AlarmForm{Enabled: c.field("enabled") != "", First: c.field("first"), Second: c.field("second")}
	err = s.saveAlarm(c, ch.ID, f)
	if refused(err) {
		wrong := c.fieldErrors(err)
		for field, text := range map[string]string{"assigneeMinutes": "alarm.wrong.first", "supervisorMinutes": "alarm.wrong.second"} {
			if wrong[field] != "" {
				wrong[field] = c.t(text)
			}
		}
		wrong[""] = c.t("alarm.wrong")
		return c.showAlarm(http.StatusUnprocessableEntity, ch, f, wrong)
	}
	if err != nil {
		return err
	}
	c.flash(c.t("alarm.saved"))
	return c.redirect("/settings/channels/" + id("chan", ch.ID) + "/waiting")
}

func (s *Server) saveAlarm(c *call, ch int64, f views.AlarmForm) error {
	first, err := strconv.Atoi(f.First)
	if err != nil {
		return errs.Field("assigneeMinutes", "is no number")
	}
	second := 0
	if f.Second != "" {
		if second, err = strconv.Atoi(f.Second); err != nil {
			return errs.Field("supervisorMinutes", "is no number")
		}
	}
	_, err = s.Inbox.SetWaitingAlarm(c.r.Context(), c.actor, ch, func(a *inbox.WaitingAlarm) {
		a.Enabled, a.AssigneeMinutes, a.SupervisorMinutes = f.Enabled, first, second
	})
	return err
}
