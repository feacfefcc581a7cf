package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"badala/app/account"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/views"
)

// assignment shows how new conversations of a number find somebody, and who
// would get one with the tag that is tried.
func (s *Server) assignment(c *call) error {
	ch, err := c.channelOf()
	if err != nil {
		return err
	}
	a, err := s.Inbox.Assignment(c.q(), c.actor.OrgID, ch.ID)
	if err != nil {
		return err
	}
	p := views.AssignmentPage{Page: c.page(c.t("assignment.title")), Channel: c.channelData(ch), Form: assignmentForm(a)}
	if c.present("test") {
		if p.Test, err = c.tryTag(ch.ID, c.field("test")); err != nil {
			return err
		}
	}
	return c.showAssignment(http.StatusOK, p, a, nil)
}

// assignmentForm is the setting as the form carries it.
func assignmentForm(a inbox.Assignment) views.AssignmentForm {
	f := views.AssignmentForm{Mode: a.Mode, Fallback: "none", SkipAway: a.SkipAway}
	switch a.Fallback {
	case inbox.AssignRoundRobin:
		f.Fallback = "turn"
	case inbox.AssignPerson:
		f.Fallback = id("user", a.FallbackID)
	}
	if a.MaxOpen > 0 {
		f.MaxOpen = strconv.Itoa(a.MaxOpen)
	}
	for _, r := range a.Rules {
		f.Rules = append(f.Rules, views.AssignmentRule{Tag: r.Tag.Name, Assignee: id("user", r.AssigneeID)})
	}
	return f
}

// showAssignment adds the people and tags that can be chosen. ticked are those
// whom an unsaved form has in the rotation, nil: those who are.
func (c *call) showAssignment(status int, p views.AssignmentPage, a inbox.Assignment, ticked []string) error {
	members, err := c.s.Accounts.Members(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	workers, err := account.Workers(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	given := map[int64]int{}
	for _, t := range a.Members {
		given[t.UserID] = t.Given
	}
	for _, m := range members {
		n, in := given[m.ID]
		person := views.AssignmentPerson{ID: id("user", m.ID), Name: m.Name, InTurn: in, Given: n, Off: !workers[m.ID]}
		if ticked != nil {
			person.InTurn = slices.Contains(ticked, person.ID)
		}
		chosen := p.Form.Fallback == person.ID || slices.ContainsFunc(p.Form.Rules, func(r views.AssignmentRule) bool { return r.Assignee == person.ID })
		if !person.Off || in || chosen {
			p.People = append(p.People, person)
		}
	}
	tags, err := c.s.Contacts.Tags(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	for _, t := range tags {
		p.Tags = append(p.Tags, t.Name)
	}
	return c.render(status, views.Assignment(p))
}

// tryTag says who would get a conversation with a tag, "" being none.
func (c *call) tryTag(channel int64, name string) (*views.AssignmentTest, error) {
	tags, err := c.s.Contacts.Tags(c.q(), c.actor.OrgID)
	if err != nil {
		return nil, err
	}
	tag := int64(0)
	for _, t := range tags {
		if t.Name == name {
			tag = t.ID
		}
	}
	user, reason, err := c.s.Inbox.WouldGet(c.q(), c.actor.OrgID, channel, tag)
	if err != nil {
		return nil, err
	}
	names, err := c.s.Accounts.MemberNames(c.q(), c.actor.OrgID)
	return &views.AssignmentTest{Tag: name, Name: names[user], Reason: reason}, err
}

// setAssignment saves the form, or changes its list of rules and shows it again
// without saving: rows move, go and come by buttons of the form.
func (s *Server) setAssignment(c *call) error {
	ch, err := c.channelOf()
	if err != nil {
		return err
	}
	if err := c.parse(); err != nil {
		return err
	}
	p := views.AssignmentPage{Page: c.page(c.t("assignment.title")), Channel: c.channelData(ch)}
	p.Form = c.assignmentEntered()
	ticked := append([]string{}, c.r.Form["member"]...)
	status := http.StatusOK
	if do := c.field("do"); do != "" && do != "save" {
		p.Changed, p.Focus = true, p.Form.Change(do)
	} else {
		patch, wrong := assignmentPatch(p.Form, ticked)
		err := wrong
		if err == nil {
			_, err = s.Inbox.SetAssignment(c.r.Context(), c.actor, ch.ID, patch)
		}
		if err == nil {
			c.flash(c.t("assignment.saved"))
			return c.redirect("/settings/channels/" + id("chan", ch.ID) + "/assignment")
		}
		if !refused(err) {
			return err
		}
		status, p.Errors = http.StatusUnprocessableEntity, c.fieldErrors(err)
		p.Form.Explain(p.Errors, c.t("assignment.rule.wrong"))
		p.Errors[""] = c.t("assignment.wrong")
	}
	a, err := s.Inbox.Assignment(c.q(), c.actor.OrgID, ch.ID)
	if err != nil {
		return err
	}
	return c.showAssignment(status, p, a, ticked)
}

// assignmentEntered is what the form holds.
func (c *call) assignmentEntered() views.AssignmentForm {
	f := views.AssignmentForm{Mode: c.field("mode"), Fallback: c.field("fallback"), MaxOpen: c.field("max_open"), SkipAway: c.field("skip_away") != ""}
	tags, to := c.r.Form["tag"], c.r.Form["to"]
	for i := range min(len(tags), len(to)) {
		f.Rules = append(f.Rules, views.AssignmentRule{Tag: strings.TrimSpace(tags[i]), Assignee: to[i]})
	}
	return f
}

// assignmentPatch reads the form. Rules that are empty are left out.
func assignmentPatch(f views.AssignmentForm, ticked []string) (p inbox.AssignmentPatch, err error) {
	members, rules, limit := []int64{}, []inbox.RuleInput{}, 0
	for _, s := range ticked {
		user, _ := someID("user", s) // nobody's id is refused with the others
		members = append(members, user)
	}
	for _, r := range f.Rules {
		user, _ := someID("user", r.Assignee)
		rules = append(rules, inbox.RuleInput{Tag: r.Tag, AssigneeID: user})
	}
	fallback := inbox.Fallback{Kind: inbox.AssignNobody}
	switch {
	case f.Fallback == "turn":
		fallback.Kind = inbox.AssignRoundRobin
	case strings.HasPrefix(f.Fallback, "user_"):
		fallback.Kind = inbox.AssignPerson
		fallback.AssigneeID, _ = someID("user", f.Fallback)
	}
	if f.MaxOpen != "" {
		if limit, err = strconv.Atoi(f.MaxOpen); err != nil {
			return p, errs.Field("maxOpen", fmt.Sprintf("%q is no number", f.MaxOpen))
		}
	}
	return inbox.AssignmentPatch{Mode: &f.Mode, Members: &members, Rules: &rules, Fallback: &fallback, MaxOpen: &limit, SkipAway: &f.SkipAway}, nil
}
