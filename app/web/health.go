package web

import (
	"net/http"
	"strings"

	"badala/app/db"
	"badala/app/health"
	"badala/views"
)

// health tells what is not right: with the organisation, and for those who look
// after the install with that too.
func (s *Server) health(c *call) error {
	s.alerts.forget(c.actor.OrgID)
	s.alerts.forget(0)
	p := views.HealthPage{Page: c.page(c.t("health.title")), At: c.now(), Asked: s.Health.ProbedAt() != 0}
	r, err := s.Health.Org(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	g, err := c.healthGroup("org", c.actor.OrgID, r)
	if err != nil {
		return err
	}
	p.Groups = append(p.Groups, g)
	if c.session.User.InstanceAdmin {
		if r, err = s.Health.Host(c.q()); err != nil {
			return err
		}
		if g, err = c.healthGroup("host", 0, r); err != nil {
			return err
		}
		p.Groups = append(p.Groups, g)
	}
	return c.render(http.StatusOK, views.Health(p))
}

func (c *call) healthGroup(name string, org int64, r health.Report) (views.HealthGroup, error) {
	g := views.HealthGroup{Name: name, Good: r.Good}
	since, err := c.s.Health.Since(c.q(), org, r.Findings)
	if err != nil {
		return g, err
	}
	for i, f := range r.Findings {
		g.Items = append(g.Items, views.HealthItem{Bad: f.Level == health.Bad, Text: f.Sentence(c.lang, c.zone()), Remedy: f.Remedy(c.lang, c.zone()),
			Link: linkOf(f), Since: db.Time(since[i])})
	}
	return g, nil
}

// lookAgain asks the disk, Meta and the bucket once more.
func (s *Server) lookAgain(c *call) error {
	s.Health.Probe(c.r.Context())
	s.alerts.forget(0)
	return c.redirect("/settings/health")
}

func isHook(f health.Finding) bool { return strings.HasPrefix(f.Key, "hook.") }

// linkOf is the page on which a finding is mended; "" when there is none.
func linkOf(f health.Finding) string {
	area, _, _ := strings.Cut(f.Key, ".")
	switch area {
	case "number", "silence", "token", "quality", "tier":
		return "/settings/channels/" + id("chan", f.Subject)
	case "hook":
		return "/settings/webhooks/" + id("hook", f.Subject)
	case "media":
		return "/settings/channels"
	case "inbound":
		return "/settings/inbound"
	case "jobs":
		return "/settings/schedule#jobs"
	case "backup":
		return "/settings/backups"
	}
	return ""
}
