package web

import (
	"context"
	"regexp"
	"strings"

	"badala/app/account"
	"badala/app/db"
	"badala/app/queue"
	"badala/views"
)

const jobsTake = 25

// fillJobs puts the work that was given up onto the page of periodic work.
func (c *call) fillJobs(p *views.SchedulesPage) (err error) {
	if p.Dead, p.Held, err = c.s.Queue.CountGivenUp(c.q()); err != nil || p.Dead+p.Held == 0 {
		return err
	}
	before, err := db.ParseID("job", c.field("before"))
	if err != nil {
		before = 0
	}
	p.Older = before != 0
	found, err := c.s.Queue.GivenUp(c.q(), before, jobsTake+1)
	if err != nil {
		return err
	}
	if len(found) > jobsTake {
		found = found[:jobsTake]
		p.NextJob = id("job", found[jobsTake-1].ID)
	}
	for _, j := range found {
		p.Jobs = append(p.Jobs, views.JobData{ID: id("job", j.ID), Kind: j.Kind, Held: j.State == "held", Attempts: j.Attempt, At: db.Time(j.At),
			Trouble: trouble(j.Error), Error: withoutPeople(j.Error)})
	}
	return nil
}

// jobAgain runs given-up work again.
func (s *Server) jobAgain(c *call) error {
	n, err := c.pathID("job", "job")
	if err != nil {
		return err
	}
	if err := s.Queue.RetryWith(c.r.Context(), n, c.jobLine("job.retry")); err != nil {
		return err
	}
	c.flash(c.t("job.again.done"))
	return c.redirect("/settings/schedule#jobs")
}

// discardJob gives work up for good. A message that waited for it says so first.
func (s *Server) discardJob(c *call) error {
	n, err := c.pathID("job", "job")
	if err != nil {
		return err
	}
	if err := s.endGivenUp(c.r.Context()); err != nil {
		return err
	}
	if err := s.Queue.Discard(c.r.Context(), n, c.jobLine("job.discard")); err != nil {
		return err
	}
	c.flash(c.t("job.discard.done"))
	return c.redirect("/settings/schedule#jobs")
}

// endGivenUp lets the messages whose sending was given up say so.
func (s *Server) endGivenUp(ctx context.Context) error {
	return s.Queue.RunNow(ctx, "inbox.given_up", func(*db.Tx) error { return nil })
}

// jobLine writes down what somebody did with given-up work: which kind, not for whom.
func (c *call) jobLine(action string) func(*db.Tx, queue.Dead) error {
	return func(tx *db.Tx, j queue.Dead) error {
		return account.AuditTx(tx, c.actor, account.Line{Action: action, Detail: j.Kind})
	}
}

// troubles are what failures have in common, by what their text says.
var troubles = []struct{ name, says string }{
	{"crash", "crash loop"}, {"crash", "panic:"},
	{"version", "arguments do not fit"},
	{"disk", "no space left"}, {"disk", "disk full"}, {"disk", "database or disk is full"}, {"disk", "disk I/O"},
	{"time", "context deadline exceeded"}, {"time", "timed out"}, {"time", "timeout"},
	{"network", "connection refused"}, {"network", "no such host"}, {"network", "connection reset"}, {"network", "dial tcp"}, {"network", "EOF"},
	{"access", "token"}, {"access", "OAuth"}, {"access", "permission"},
}

// trouble is which of them a failure is; "" for none.
func trouble(text string) string {
	if text == "" {
		return ""
	}
	for _, t := range troubles {
		if strings.Contains(strings.ToLower(text), strings.ToLower(t.says)) {
			return t.name
		}
	}
	return "other"
}

// personal is what may name a person, or let somebody in: addresses, numbers
// that could be called, long words without sense, and what stands in quotes.
var personal = regexp.MustCompile("\"[^\"]*\"|`[^`]*`|\\S+@\\S+|[+]?[0-9٠-٩][0-9٠-٩ ().-]{5,}[0-9٠-٩]|[A-Za-z0-9_-]{24,}|https?://\\S+")

// withoutPeople is a failure's text as everybody may read it.
func withoutPeople(text string) string { return personal.ReplaceAllString(text, "…") }
