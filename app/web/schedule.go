package web

import (
	"net/http"

	"badala/app/account"
	"badala/app/db"
	"badala/app/queue"
	"badala/views"
)

// schedules lists all periodic work, and the work that was given up.
func (s *Server) schedules(c *call) error {
	all, err := s.Queue.Schedules(c.q())
	if err != nil {
		return err
	}
	p := views.SchedulesPage{Page: c.page(c.t("schedule.title"))}
	for _, one := range all {
		d := views.ScheduleData{Name: one.Name, Spec: one.Spec, Zone: one.Zone, Next: db.Time(one.Next)}
		runs, err := s.Queue.Runs(c.q(), one.Name)
		if err != nil {
			return err
		}
		for _, r := range runs {
			d.Runs = append(d.Runs, runData(r))
		}
		p.Items = append(p.Items, d)
	}
	if err := c.fillJobs(&p); err != nil {
		return err
	}
	return c.render(http.StatusOK, views.Schedules(p))
}

func runData(r queue.Run) views.RunData {
	return views.RunData{Planned: db.Time(r.Planned), Started: db.Time(r.Started), Finished: db.Time(r.Finished), ByHand: r.ByHand, State: r.State,
		Trouble: trouble(r.Error), Error: withoutPeople(r.Error)}
}

// runSchedule runs periodic work out of turn.
func (s *Server) runSchedule(c *call) error {
	name := c.r.PathValue("name")
	err := s.Queue.RunNow(c.r.Context(), name, func(tx *db.Tx) error {
		return account.AuditTx(tx, c.actor, account.Line{Action: "schedule.run", Detail: name})
	})
	if err != nil {
		return err
	}
	c.flash(c.t("schedule.started"))
	return c.redirect("/settings/schedule")
}
