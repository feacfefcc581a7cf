package contact

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

// What is done to many contacts at a time.
const (
	BulkTag     = "tag"
	BulkUntag   = "untag"
	BulkConsent = "consent"
	BulkErase   = "erase"
)

// States of a change of many contacts.
const (
	BulkRunning = "RUNNING"
	BulkDone    = "DONE"
	BulkFailed  = "FAILED"
)

// maxPicked bounds contacts that are named one by one.
const maxPicked = 5000

// BulkChange is what becomes of each contact.
type BulkChange struct {
	Kind    string `json:"kind"`
	Tag     string `json:"tag,omitempty"` // its name
	TagID   int64  `json:"tagId,omitempty"`
	Consent *bool  `json:"consent,omitempty"` // of BulkConsent; nil: never stated
	Reason  string `json:"reason,omitempty"`  // of the change of consent
}

// BulkPick is which contacts: those named, those that another change changed,
// or else all that the filter picks now.
type BulkPick struct {
	IDs    []int64 `json:"ids,omitempty"`
	Of     int64   `json:"of,omitempty"`
	Filter Filter  `json:"filter"`
}

// Bulk is a change of many contacts, and how far it is.
type Bulk struct {
	ID, OrgID            int64
	Change               BulkChange
	State                string
	Total, Done, Changed int
	Undoes               int64 // the change that this one takes back
	Undone               bool
	CreatedAt            int64

	who   account.Actor
	pick  BulkPick
	after int64
}

// CanUndo says whether the change can be taken back: tags can, while it is
// known which contacts it changed.
func (b Bulk) CanUndo(now int64) bool {
	return b.State == BulkDone && (b.Change.Kind == BulkTag || b.Change.Kind == BulkUntag) && b.Changed > 0 && b.Undoes == 0 && !b.Undone &&
		now-b.CreatedAt < bulkKept.Milliseconds()
}

// bulkKept is how long it is known which contacts a change changed.
const bulkKept = 7 * 24 * time.Hour

type bulkArgs struct{ Org, Bulk int64 }

var bulkKind = &queue.Kind[bulkArgs]{Name: "contact.bulk", Attempts: 5, Timeout: time.Hour, Workers: 1}

// HandleBulk lets changes of many contacts run as jobs. Call it once, before
// the queue runs.
func (s *Service) HandleBulk(q *queue.Queue) {
	s.jobs = q
	bulkKind.Handle(q, s.runBulk)
	mergeTagKind.Handle(q, s.runMergeTag)
}

const bulkColumns = `id, org_id, who, change, pick, state, after, total, done, changed, undoes, undone, created_at`

func scanBulk(r *db.Rows, b *Bulk) error {
	var who, change, pick string
	if err := r.Scan(&b.ID, &b.OrgID, &who, &change, &pick, &b.State, &b.after, &b.Total, &b.Done, &b.Changed, &b.Undoes, &b.Undone, &b.CreatedAt); err != nil {
		return err
	}
	return errors.Join(json.Unmarshal([]byte(who), &b.who), json.Unmarshal([]byte(change), &b.Change), json.Unmarshal([]byte(pick), &b.pick))
}

// BulkByID reads a change of many contacts.
func (s *Service) BulkByID(q db.Q, org, id int64) (Bulk, error) {
	return db.One(q, scanBulk, `SELECT `+bulkColumns+` FROM contact_bulk WHERE id = ? AND org_id = ?`, id, org)
}

// ChangeMany changes many contacts in the background and returns once that is
// certain to happen. Contacts that come later are not changed.
func (s *Service) ChangeMany(ctx context.Context, who account.Actor, ch BulkChange, pick BulkPick) (b Bulk, err error) {
	defer errs.Wrap(&err, "contact.ChangeMany(%s)", ch.Kind)
	if err := who.Require(bulkNeeds(ch.Kind)); err != nil {
		return b, err
	}
	if err := ch.check(); err != nil {
		return b, err
	}
	b = Bulk{OrgID: who.OrgID, Change: ch, State: BulkRunning, who: who, pick: pick.clean()}
	if b.Total, err = s.picked(s.db.Read(ctx), who.OrgID, b.pick); err != nil {
		return b, err
	}
	if b.Total == 0 || len(b.pick.IDs) > maxPicked {
		return b, errs.Fieldf("contacts", "needs 1 to %d of them", maxPicked)
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error { return s.startBulkTx(tx, &b) })
	return b, err
}

func bulkNeeds(kind string) account.Permission {
	if kind == BulkErase {
		return account.EraseContacts
	}
	return account.ManageContacts
}

// check reports all that is wrong with a change.
func (ch *BulkChange) check() error {
	var wrong []string
	switch ch.Kind {
	case BulkTag, BulkUntag:
		if ch.Tag = cleanName(ch.Tag); wrongTagName(ch.Tag) {
			wrong = append(wrong, "tag: needs 1 to 60 characters")
		}
	case BulkConsent:
		if ch.Reason = strings.TrimSpace(ch.Reason); ch.Reason == "" {
			wrong = append(wrong, "reason: needs to be told")
		}
	case BulkErase:
	default:
		wrong = append(wrong, "do: must be tag, untag, consent or erase")
	}
	if len(wrong) > 0 {
		return errs.Fields(wrong...)
	}
	return nil
}

// clean brings the named contacts into the order in which they are gone through.
func (p BulkPick) clean() BulkPick {
	p.IDs = slices.Clone(p.IDs)
	slices.SortFunc(p.IDs, func(a, b int64) int { return cmp.Compare(b, a) })
	p.IDs = slices.Compact(p.IDs)
	p.Filter.Cursor, p.Filter.Sort, p.Filter.Skip, p.Filter.Take = "", "", 0, 0
	return p
}

// picked counts the contacts of a pick.
func (s *Service) picked(q db.Q, org int64, p BulkPick) (int, error) {
	if p.IDs == nil && p.Of == 0 {
		return s.Count(q, org, p.Filter)
	}
	if p.Of != 0 {
		return db.Value[int](q, `SELECT changed FROM contact_bulk WHERE id = ? AND org_id = ?`, p.Of, org)
	}
	list, err := json.Marshal(p.IDs)
	if err != nil {
		return 0, err
	}
	return db.Value[int](q, `SELECT COUNT(*) FROM contact WHERE id IN (SELECT value FROM json_each(?)) AND org_id = ?`, string(list), org)
}

// startBulkTx writes the change down, with its job and its line of audit.
func (s *Service) startBulkTx(tx *db.Tx, b *Bulk) (err error) {
	switch b.Change.Kind {
	case BulkTag:
		t, err := ensureTagTx(tx, b.OrgID, b.Change.Tag)
		if err != nil {
			return err
		}
		b.Change.Tag, b.Change.TagID = t.Name, t.ID
	case BulkUntag:
		t, err := db.One(tx, scanTag, `SELECT `+tagColumns+` FROM tag t WHERE t.org_id = ? AND t.name_text = ?`, b.OrgID, tagText(b.Change.Tag))
		if errs.Is(err, errs.NotFound) {
			return errs.Coded(errs.Conflict, "tag_unknown", "there is no such tag")
		}
		if err != nil {
			return err
		}
		b.Change.Tag, b.Change.TagID = t.Name, t.ID
	}
	if _, err := tx.Exec(`DELETE FROM contact_bulk_change WHERE bulk_id IN (SELECT id FROM contact_bulk WHERE created_at < ? ORDER BY created_at LIMIT 20)`,
		tx.Now()-bulkKept.Milliseconds()); err != nil {
		return err
	}
	b.ID, b.CreatedAt = tx.NewID(), tx.Now()
	b.after = b.ID // contacts that come later have a larger id
	var texts [3]string
	for i, v := range []any{b.who, b.Change, b.pick} {
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		texts[i] = string(raw)
	}
	if _, err := tx.Exec(`INSERT INTO contact_bulk(id, org_id, who, change, pick, state, after, total, undoes, created_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		b.ID, b.OrgID, texts[0], texts[1], texts[2], b.State, b.after, b.Total, b.Undoes, b.CreatedAt); err != nil {
		return err
	}
	if err := bulkKind.Add(s.jobs, tx, bulkArgs{b.OrgID, b.ID}, queue.Once("%d", b.ID)); err != nil {
		return err
	}
	return account.AuditTx(tx, b.who, account.Line{Action: "contact.bulk", Target: "bulk", TargetID: b.ID, After: b.told()})
}

// told is what the audit log tells of a change: what, on how many, and how
// they were picked.
func (b *Bulk) told() map[string]any {
	out := map[string]any{"change": b.Change.Kind, "contacts": b.Total}
	switch b.Change.Kind {
	case BulkTag, BulkUntag:
		out["tag"] = b.Change.Tag
	case BulkConsent:
		out["marketingConsent"], out["reason"] = b.Change.Consent, b.Change.Reason
	}
	switch {
	case b.Undoes != 0:
		out["undoes"] = db.FormatID("bulk", b.Undoes)
	case b.pick.IDs == nil:
		out["filter"] = b.pick.Filter.told()
	}
	return out
}

// told is a filter as the audit log tells of it. What was searched for may be
// a person's name: only that it was is told.
func (f Filter) told() map[string]any {
	out := map[string]any{}
	if f.Search != "" {
		out["search"] = true
	}
	if f.TagID != 0 {
		out["tagId"] = db.FormatID("tag", f.TagID)
	}
	if f.Consent != nil {
		out["marketingConsent"] = *f.Consent
	}
	if f.NoConsent {
		out["marketingConsent"] = nil
	}
	if f.Source != "" {
		out["source"] = f.Source
	}
	if f.ChannelID != 0 {
		out["channelId"] = db.FormatID("chan", f.ChannelID)
	}
	if f.ImportID != 0 {
		out["importId"] = db.FormatID("import", f.ImportID)
	}
	for name, at := range map[string]int64{"lastMessageFrom": f.TalkedFrom, "lastMessageUntil": f.TalkedUntil} {
		if at != 0 {
			out[name] = db.FormatTime(at)
		}
	}
	return out
}

// UndoMany takes a change of tags back where it changed something. It can be
// done once, and within a week.
func (s *Service) UndoMany(ctx context.Context, who account.Actor, id int64) (b Bulk, err error) {
	defer errs.Wrap(&err, "contact.UndoMany(%d)", id)
	if err := who.Require(account.ManageContacts); err != nil {
		return b, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		was, err := s.BulkByID(tx, who.OrgID, id)
		if err != nil {
			return err
		}
		if !was.CanUndo(tx.Now()) {
			return errs.Coded(errs.Conflict, "bulk_final", "this change can not be taken back any more")
		}
		b = Bulk{OrgID: who.OrgID, Change: was.Change, State: BulkRunning, Total: was.Changed, Undoes: was.ID, who: who, pick: BulkPick{Of: was.ID}}
		if b.Change.Kind = BulkUntag; was.Change.Kind == BulkUntag {
			b.Change.Kind = BulkTag
		}
		if _, err := tx.Exec(`UPDATE contact_bulk SET undone = 1 WHERE id = ? AND org_id = ?`, id, who.OrgID); err != nil {
			return err
		}
		return s.startBulkTx(tx, &b)
	})
	return b, err
}
