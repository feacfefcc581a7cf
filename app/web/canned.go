package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"badala/app/account"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/media"
	"badala/views"
)

// canned lists the quick replies by folder.
func (s *Server) canned(c *call) error { return c.cannedPage(http.StatusOK, nil, nil) }

// cannedPage shows the list, with what became of a file or why it was refused.
func (c *call) cannedPage(status int, report *inbox.CannedReport, problem error) error {
	p := views.CannedPage{Page: c.page(c.t("canned.title")), Search: c.field("q"), ByUse: c.field("sort") == "used", CanShare: c.actor.Can(account.ManageCanned)}
	if n, err := someID("canned", c.field("gone")); err == nil {
		if gone, err := c.s.Inbox.CannedGone(c.q(), c.actor.OrgID, c.actor.UserID, n); err == nil {
			p.Gone = views.CannedItem{ID: id("canned", n), Shortcut: gone.Shortcut}
		}
	}
	found, err := c.s.Inbox.CannedResponses(c.q(), c.actor.OrgID, c.actor.UserID, inbox.CannedFilter{Search: p.Search})
	if err != nil {
		return err
	}
	if p.ByUse {
		slices.SortStableFunc(found, func(a, b inbox.CannedResponse) int { return cmp.Compare(b.UsageCount, a.UsageCount) })
	}
	for _, r := range found {
		if p.ByUse {
			r.Folder = ""
		}
		if n := len(p.Folders); n == 0 || p.Folders[n-1].Name != r.Folder {
			p.Folders = append(p.Folders, views.CannedFolder{Name: r.Folder})
		}
		last := &p.Folders[len(p.Folders)-1]
		last.Items = append(last.Items, views.CannedItem{ID: id("canned", r.ID), Shortcut: r.Shortcut, Title: r.Title, Body: r.Body,
			Language: r.Language, Files: len(r.MediaKeys), Used: r.UsageCount, Shared: r.Shared()})
	}
	if problem != nil {
		p.Problem = c.explain(problem)
	}
	if report != nil {
		p.Report = &views.CannedReport{Created: report.Created, Changed: report.Changed, Same: report.Same}
		for _, w := range report.Wrong {
			p.Report.Wrong = append(p.Report.Wrong, views.CannedWrong{Row: w.Row, Shortcut: w.Shortcut, Text: c.explainAll(w.Err)})
		}
	}
	return c.render(status, views.Canned(p))
}

// newCanned is the form of a quick reply to be.
func (s *Server) newCanned(c *call) error {
	return c.cannedForm(http.StatusOK, inbox.CannedResponse{OrgID: c.actor.OrgID}, c.actor.Can(account.ManageCanned), nil)
}

// cannedForm shows a quick reply as it is, or as it was entered.
func (c *call) cannedForm(status int, r inbox.CannedResponse, shared bool, problem error) error {
	p := views.CannedFormPage{Page: c.page(c.t("canned.new")), ID: id("canned", r.ID), Shortcut: r.Shortcut, Title: r.Title, Body: r.Body,
		Language: r.Language, Folder: r.Folder, Shared: shared, Used: r.UsageCount, CanShare: c.actor.Can(account.ManageCanned),
		Variables: inbox.CannedVariables[:], Errors: c.formErrors(problem)}
	if r.ID != 0 {
		p.Page.Title = "/" + r.Shortcut
		p.ReadOnly = shared && !p.CanShare
	}
	for _, key := range r.MediaKeys {
		m, err := media.ByKey(c.q(), c.actor.OrgID, key)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		p.Files = append(p.Files, views.CannedFile{Key: key, Name: cmp.Or(m.FileName, key)})
	}
	all, err := c.s.Inbox.CannedResponses(c.q(), c.actor.OrgID, c.actor.UserID, inbox.CannedFilter{})
	for _, o := range all {
		if o.Folder != "" && !slices.Contains(p.Folders, o.Folder) {
			p.Folders = append(p.Folders, o.Folder)
		}
	}
	if err != nil {
		return err
	}
	return c.render(status, views.CannedForm(p))
}

// cannedEntered reads the form, with the files that stay and those that came.
func (c *call) cannedEntered() (r inbox.CannedResponse, err error) {
	files, err := c.composed()
	if err != nil {
		return r, err
	}
	r = inbox.CannedResponse{OrgID: c.actor.OrgID, Shortcut: c.field("shortcut"), Title: c.field("title"), Body: c.field("body"),
		Language: c.field("language"), Folder: c.field("folder"), MediaKeys: slices.Concat(c.r.PostForm["keep"], files)}
	return r, nil
}

// makeCanned makes a quick reply.
func (s *Server) makeCanned(c *call) error {
	r, err := c.cannedEntered()
	if err != nil {
		return err
	}
	shared := c.field("shared") == "1"
	_, err = s.Inbox.CreateCanned(c.r.Context(), c.actor, inbox.CannedInput{Shared: shared, Shortcut: r.Shortcut, Title: r.Title, Body: r.Body,
		Language: r.Language, Folder: r.Folder, MediaKeys: r.MediaKeys})
	if refused(err) {
		return c.cannedForm(http.StatusUnprocessableEntity, r, shared, err)
	}
	return c.cannedDone(err, "canned.made")
}

// oneCanned is the page of a quick reply.
func (s *Server) oneCanned(c *call) error {
	r, err := c.cannedOf()
	if err != nil {
		return err
	}
	return c.cannedForm(http.StatusOK, r, r.Shared(), nil)
}

// cannedOf is the quick reply that the path names.
func (c *call) cannedOf() (inbox.CannedResponse, error) {
	n, err := c.pathID("canned", "canned")
	if err != nil {
		return inbox.CannedResponse{}, err
	}
	return c.s.Inbox.CannedResponse(c.q(), c.actor.OrgID, c.actor.UserID, n)
}

// saveCanned changes a quick reply.
func (s *Server) saveCanned(c *call) error {
	was, err := c.cannedOf()
	if err != nil {
		return err
	}
	r, err := c.cannedEntered()
	if err != nil {
		return err
	}
	_, err = s.Inbox.UpdateCanned(c.r.Context(), c.actor, was.ID, inbox.CannedPatch{Shortcut: &r.Shortcut, Title: &r.Title, Body: &r.Body,
		Language: &r.Language, Folder: &r.Folder, MediaKeys: &r.MediaKeys})
	if refused(err) {
		r.ID, r.UsageCount = was.ID, was.UsageCount
		return c.cannedForm(http.StatusUnprocessableEntity, r, was.Shared(), err)
	}
	return c.cannedDone(err, "canned.saved")
}

// removeCanned removes a quick reply.
func (s *Server) removeCanned(c *call) error {
	n, err := c.pathID("canned", "canned")
	if err != nil {
		return err
	}
	if err := s.Inbox.DeleteCanned(c.r.Context(), c.actor, n); err != nil {
		return err
	}
	return c.redirect("/settings/canned?gone=" + id("canned", n))
}

// restoreCanned brings a quick reply back that was just removed.
func (s *Server) restoreCanned(c *call) error {
	n, err := c.pathID("canned", "canned")
	if err != nil {
		return err
	}
	_, err = s.Inbox.RestoreCanned(c.r.Context(), c.actor, n)
	return c.cannedDone(err, "canned.restored")
}

func (c *call) cannedDone(err error, key string) error {
	if err != nil {
		return err
	}
	c.flash(c.t(key))
	return c.redirect("/settings/canned")
}

// useCanned counts that a quick reply was put into the composer.
func (s *Server) useCanned(c *call) error {
	return c.onConversation(func(ctx context.Context, a account.Actor, _ int64) error {
		n, err := c.pathID("canned", "canned")
		if err != nil {
			return err
		}
		return s.Inbox.UseCanned(ctx, a, n)
	})
}
