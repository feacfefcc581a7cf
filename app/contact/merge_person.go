package contact

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// MergeKept is how long a merge by a person can be taken back.
const MergeKept = 30 * 24 * time.Hour

// OnSplit lets a merge be taken back: keep is told before a person makes a
// contact part of another, keeps what it needs of its conversations and lists
// those that go over whole; split gives those and the others from one contact
// back to another. Both are in the same transaction. Register it before the
// first use.
func (s *Service) OnSplit(keep func(tx *db.Tx, org, from, into int64) ([]int64, error), split func(tx *db.Tx, who account.Actor, from, into int64, ids []int64) error) {
	s.keepTalks, s.split = keep, split
}

// MergePlan is what a merge will make of two contacts.
type MergePlan struct {
	Keep, Other, Result Contact
}

// PlanMerge tells what Merge will do.
func (s *Service) PlanMerge(q db.Q, org, keep, other int64) (p MergePlan, err error) {
	if keep == other {
		return p, errs.Coded(errs.Conflict, "merge_self", "a contact can not be merged with itself")
	}
	if p.Keep, err = s.ByID(q, org, keep); err != nil {
		return p, err
	}
	if p.Other, err = s.ByID(q, org, other); err != nil {
		return p, err
	}
	p.Result = p.Keep
	p.Result.Custom = maps.Clone(p.Keep.Custom)
	var ch changes
	p.Result.takeOverAll(p.Other, &ch)
	p.Result.Consent = mergedConsent(p.Keep.Consent, p.Other.Consent)
	for _, t := range p.Other.Tags {
		if !slices.ContainsFunc(p.Result.Tags, func(k Tag) bool { return k.ID == t.ID }) {
			p.Result.Tags = append(slices.Clone(p.Result.Tags), t)
		}
	}
	for _, phone := range append([]string{p.Other.Phone}, p.Other.OtherPhones...) {
		if phone != "" && phone != p.Result.Phone {
			p.Result.OtherPhones = append(slices.Clone(p.Result.OtherPhones), phone)
		}
	}
	return p, nil
}

// takeOverAll is takeOver for a merge by a person: by number or user id c is
// reached where it was not, and notes about both are kept.
func (c *Contact) takeOverAll(other Contact, ch *changes) {
	notes := joinNotes(c.Notes, other.Notes)
	c.takeOver(other, ch)
	ch.set(&c.Notes, notes, fieldNotes)
	if c.Phone == "" && other.Phone != "" {
		ch.set(&c.Phone, other.Phone, fieldPhone)
		ch.set(&c.WaID, other.WaID, fieldWhatsApp)
	}
	if c.UserID == "" {
		ch.fill(&c.UserID, other.UserID, fieldWhatsApp)
	}
}

// Merge makes other part of keep, because a person says that they are one. The
// fields of keep win; a refusal of marketing by either stays. UndoMerge
// takes it back.
func (s *Service) Merge(ctx context.Context, who account.Actor, keep, other int64) (err error) {
	defer errs.Wrap(&err, "contact.Merge(%d, %d)", keep, other)
	if err := who.Require(account.ManageContacts); err != nil {
		return err
	}
	if keep == other {
		return errs.Coded(errs.Conflict, "merge_self", "a contact can not be merged with itself")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := rowByID(tx, who.OrgID, keep)
		if err != nil {
			return err
		}
		o, err := rowByID(tx, who.OrgID, other)
		if err != nil {
			return err
		}
		return s.mergeByPersonTx(tx, who, &c, o)
	})
}

func (s *Service) mergeByPersonTx(tx *db.Tx, who account.Actor, c *Contact, other Contact) error {
	talks, err := s.keepTalks(tx, c.OrgID, other.ID, c.ID)
	if err != nil {
		return err
	}
	state, err := s.stateTx(tx, c, &other, talks)
	if err != nil {
		return err
	}
	if err := s.absorbRowsTx(tx, c, other); err != nil {
		return err
	}
	c.Custom = maps.Clone(c.Custom)
	ch := changes{names: []string{fieldMerged}}
	c.takeOverAll(other, &ch)
	if err := mergeConsentTx(tx, c, other, Cause{Reason: reasonMerged, Kind: who.Kind, ActorID: who.ID()}, &ch); err != nil {
		return err
	}
	if err := s.saveTx(tx, c, ch, who, originOf(who)); err != nil {
		return err
	}
	state.After = keptOf(c)
	if err := keepMergeTx(tx, who, c.ID, &other, state); err != nil {
		return err
	}
	return account.AuditTx(tx, who, account.Line{Action: "contact.merge", Target: "contact", TargetID: c.ID, ContactID: c.ID,
		After: map[string]any{"merged": shownID(other.ID)}})
}

// mergeState is what is needed to make two contacts of one again.
type mergeState struct {
	Into, From, After  kept
	IntoTags, FromTags []int64
	Handles            []string // of from
	History            []int64  // of from: changes of consent
	Talks              []int64  // of from, those that go over whole
	Link               string   // the reason for which the two were linked, "" if they were not
}

// kept is a row of contact, to come back to.
type kept struct {
	Contact      Contact
	NameEdited   bool
	PreferenceAt int64
	Origin       string
}

func keptOf(c *Contact) kept {
	k := kept{Contact: *c, NameEdited: c.nameEdited, PreferenceAt: c.preferenceAt}
	k.Contact.Custom = maps.Clone(c.Custom)
	return k
}

func (s *Service) stateTx(tx *db.Tx, c, other *Contact, talks []int64) (st mergeState, err error) {
	st = mergeState{Into: keptOf(c), From: keptOf(other), Talks: talks}
	number := func(r *db.Rows, id *int64) error { return r.Scan(id) }
	text := func(r *db.Rows, v *string) error { return r.Scan(v) }
	if st.From.Origin, err = db.Value[string](tx, `SELECT origin FROM contact WHERE id = ? AND org_id = ?`, other.ID, other.OrgID); err != nil {
		return st, err
	}
	const tags = `SELECT tag_id FROM contact_tag WHERE contact_id = ? AND org_id = ?`
	if st.IntoTags, err = db.All(tx, number, tags, c.ID, c.OrgID); err != nil {
		return st, err
	}
	if st.FromTags, err = db.All(tx, number, tags, other.ID, c.OrgID); err != nil {
		return st, err
	}
	if st.Handles, err = db.All(tx, text, `SELECT value FROM contact_handle WHERE contact_id = ? AND org_id = ?`, other.ID, c.OrgID); err != nil {
		return st, err
	}
	if st.History, err = db.All(tx, number, `SELECT id FROM contact_consent WHERE contact_id = ? AND org_id = ?`, other.ID, c.OrgID); err != nil {
		return st, err
	}
	links, err := db.All(tx, text, `SELECT reason FROM contact_link WHERE contact_id = ? AND other_id = ? AND org_id = ?`, min(c.ID, other.ID), max(c.ID, other.ID), c.OrgID)
	if len(links) > 0 {
		st.Link = links[0]
	}
	return st, err
}

// keepMergeTx keeps what UndoMerge needs, and forgets what is too old for it.
func keepMergeTx(tx *db.Tx, who account.Actor, into int64, from *Contact, st mergeState) error {
	raw, err := json.Marshal(st)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM contact_merge_undo WHERE at < ?`, tx.Now()-MergeKept.Milliseconds()); err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO contact_merge_undo(id, org_id, into_id, from_id, from_name, actor_id, actor_name, state, at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tx.NewID(), who.OrgID, into, from.ID, from.Title(), who.ID(), who.Name, string(raw), tx.Now())
	return err
}
