package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/views"
)

// bulkPatience is how long a form waits for a change of many contacts, so that
// a small one is done when the list comes back.
const bulkPatience = 700 * time.Millisecond

// changeContacts changes the contacts that are ticked, or all that the filter picks.
func (s *Server) changeContacts(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	pick, form, err := c.bulkPick()
	if err != nil {
		return err
	}
	ch := contact.BulkChange{Kind: c.field("do"), Tag: c.field("name"), Reason: c.field("reason")}
	switch to := c.field("consent_to"); {
	case ch.Kind == contact.BulkConsent && (to == "yes" || to == "no"):
		ch.Consent = new(to == "yes")
	case ch.Kind == contact.BulkErase:
		n, err := c.countPicked(pick)
		if err != nil {
			return err
		}
		if strings.ReplaceAll(c.field("confirm"), ",", "") != strconv.Itoa(n) {
			c.s.setFlash(c.w, c.t("bulk.erase.mismatch", n), true)
			return c.redirect(contactsPath(form, nil))
		}
	}
	b, err := s.Contacts.ChangeMany(c.r.Context(), c.actor, ch, pick)
	if refused(err) {
		c.s.setFlash(c.w, c.explain(err), true)
		return c.redirect(contactsPath(form, nil))
	}
	if err != nil {
		return err
	}
	return c.followBulk(b, form)
}

// bulkPick reads which contacts a form means.
func (c *call) bulkPick() (contact.BulkPick, views.ContactFilter, error) {
	f, form := c.contactFilter()
	pick := contact.BulkPick{Filter: f}
	if c.field("all") == "1" {
		return pick, form, nil
	}
	pick.IDs = []int64{}
	for _, s := range c.r.Form["id"] {
		n, err := someID("contact", s)
		if err != nil {
			return pick, form, err
		}
		pick.IDs = append(pick.IDs, n)
	}
	return pick, form, nil
}

// countPicked is how many contacts a form means now.
func (c *call) countPicked(p contact.BulkPick) (int, error) {
	if p.IDs != nil {
		found, err := c.s.Contacts.ByIDs(c.q(), c.actor.OrgID, p.IDs)
		return len(found), err
	}
	return c.s.Contacts.Count(c.q(), c.actor.OrgID, p.Filter)
}

// followBulk waits a moment for a change, then shows it in the list.
func (c *call) followBulk(b contact.Bulk, form views.ContactFilter) error {
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	end := time.NewTimer(bulkPatience)
	defer end.Stop()
	for running := true; running; {
		select {
		case <-tick.C:
			now, err := c.s.Contacts.BulkByID(c.q(), c.actor.OrgID, b.ID)
			if err != nil {
				return err
			}
			running = now.State == contact.BulkRunning
		case <-end.C:
			running = false
		case <-c.r.Context().Done():
			return c.r.Context().Err()
		}
	}
	return c.redirect(contactsPath(form, url.Values{"bulk": {id("bulk", b.ID)}}))
}

// bulkShown is the change that the address asks to follow.
func (c *call) bulkShown() (*views.BulkData, error) {
	n, err := db.ParseID("bulk", c.field("bulk"))
	if err != nil {
		return nil, nil //nolint:nilerr // an address that names none shows none
	}
	b, err := c.s.Contacts.BulkByID(c.q(), c.actor.OrgID, n)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	d := bulkData(b, c.s.DB.Now())
	return &d, err
}

func bulkData(b contact.Bulk, now int64) views.BulkData {
	d := views.BulkData{ID: id("bulk", b.ID), Kind: b.Change.Kind, What: b.Change.Tag, State: b.State, Total: b.Total, Done: b.Done, Change: b.Changed, Undo: b.CanUndo(now)}
	if d.Kind == contact.BulkConsent {
		d.What = consentWord(b.Change.Consent)
	}
	return d
}

// bulk is how far a change of many contacts is.
func (s *Server) bulk(c *call) error {
	n, err := c.pathID("bulk", "bulk")
	if err != nil {
		return err
	}
	b, err := s.Contacts.BulkByID(c.q(), c.actor.OrgID, n)
	if err != nil {
		return err
	}
	_, form := c.contactFilter()
	if !c.script() {
		return c.redirect(contactsPath(form, url.Values{"bulk": {id("bulk", n)}}))
	}
	return c.render(http.StatusOK, views.Bulk(c.page(""), bulkData(b, s.DB.Now()), form))
}

// undoBulk takes a change of tags back.
func (s *Server) undoBulk(c *call) error {
	n, err := c.pathID("bulk", "bulk")
	if err != nil {
		return err
	}
	b, err := s.Contacts.UndoMany(c.r.Context(), c.actor, n)
	if err != nil {
		return err
	}
	_, form := c.contactFilter()
	return c.followBulk(b, form)
}
