package contact

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/fold"
)

const eventDeleted = "contact.deleted"

// OnErase adds what goes with a contact that is erased, in the transaction
// that makes the person invisible; the contact can still be read in it. It is
// called for the contact, and for each that had become part of it. Register
// hooks before the first use.
func (s *Service) OnErase(hook func(tx *db.Tx, org, contact int64) error) {
	s.erased = append(s.erased, hook)
}

// Erased counts what an erasure took away.
type Erased struct {
	Conversations int `json:"conversations"`
	Messages      int `json:"messages"`
	Media         int `json:"media"`
}

// Erase removes a person. The contact and all that names it are gone when it
// returns; what was said is out of sight at once and taken away by a job.
// Counts stay. A contact that is not there any more is NotFound.
func (s *Service) Erase(ctx context.Context, who account.Actor, id int64) (err error) {
	defer errs.Wrap(&err, "contact.Erase(%d)", id)
	if err := who.Require(account.EraseContacts); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := rowByID(tx, who.OrgID, id)
		if err != nil {
			return err
		}
		return s.eraseTx(tx, who, &c)
	})
}

func (s *Service) eraseTx(tx *db.Tx, who account.Actor, c *Contact) error {
	if err := s.tellErasedTx(tx, who, c); err != nil {
		return err
	}
	if err := keepErasureTx(tx, who, c); err != nil {
		return err
	}
	ids, err := mergedInto(tx, c)
	if err != nil {
		return err
	}
	for _, id := range ids {
		for _, hook := range s.erased {
			if err := hook(tx, c.OrgID, id); err != nil {
				return err
			}
		}
	}
	if err := removeTx(tx, c.OrgID, c.ID); err != nil {
		return err
	}
	for _, id := range ids {
		if err := account.EraseAuditTx(tx, c.OrgID, id); err != nil {
			return err
		}
	}
	counts, err := db.One(tx, func(r *db.Rows, e *Erased) error { return r.Scan(&e.Conversations, &e.Messages, &e.Media) },
		`SELECT conversations, messages, media FROM erasure WHERE contact_id = ? AND org_id = ?`, c.ID, c.OrgID)
	if err != nil {
		return err
	}
	return account.AuditTx(tx, who, account.Line{Action: actionErase, Target: "contact", TargetID: c.ID, After: counts})
}

// tellErasedTx records the end of the contact, while others can still read it.
func (s *Service) tellErasedTx(tx *db.Tx, who account.Actor, c *Contact) error {
	raw, err := json.Marshal(goneData{c.ExternalID, originOf(who)})
	if err != nil {
		return err
	}
	_, err = s.events.Record(tx, event.Event{
		OrgID: c.OrgID, Type: eventDeleted, ActorKind: who.Kind, ActorID: who.ID(), ContactID: c.ID, Data: raw,
	})
	return err
}

// removeTx removes the rows of contacts.
func removeTx(tx *db.Tx, org int64, ids ...int64) error {
	raw, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	list := string(raw)
	// By contact, not by organisation: SQLite would choose that for a list.
	const these = `IN (SELECT value FROM json_each(?1)) AND +org_id = ?2`
	for _, stmt := range []string{
		`DELETE FROM contact_tag WHERE contact_id ` + these,
		`DELETE FROM contact_consent WHERE contact_id ` + these,
		`DELETE FROM contact_handle WHERE contact_id ` + these,
		`DELETE FROM contact_link WHERE contact_id ` + these,
		`DELETE FROM contact_link WHERE other_id ` + these,
		`DELETE FROM contact_merged WHERE into_id ` + these,
		`DELETE FROM contact_merge_undo WHERE into_id ` + these,
		`DELETE FROM contact_bulk_change WHERE contact_id IN (SELECT value FROM json_each(?1)) AND ?2 <> 0`,
		`DELETE FROM contact_import WHERE contact_id IN (SELECT value FROM json_each(?1)) AND import_id IN (SELECT id FROM import WHERE org_id = ?2)`,
		`DELETE FROM contact WHERE id ` + these,
	} {
		if _, err := tx.Exec(stmt, list, org); err != nil {
			return err
		}
	}
	tx.Last(func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM contact_fts WHERE rowid IN (SELECT value FROM json_each(?))`, list)
		return err
	})
	return nil
}

// mergedInto gives the ids under which a contact was known: its own, then
// those of contacts that became part of it.
func mergedInto(q db.Q, c *Contact) ([]int64, error) {
	more, err := db.All(q, func(r *db.Rows, id *int64) error { return r.Scan(id) },
		`SELECT from_id FROM contact_merged WHERE into_id = ? AND org_id = ? ORDER BY from_id`, c.ID, c.OrgID)
	return append([]int64{c.ID}, more...), err
}

// Names lists what names a contact in the messages of others: its numbers as
// digits, in every form that is known here, and its WhatsApp user ids.
func (s *Service) Names(q db.Q, org, id int64) ([]string, error) {
	c, err := rowByID(q, org, id)
	if err != nil {
		return nil, err
	}
	type name struct{ value, shown string }
	all, err := db.All(q, func(r *db.Rows, n *name) error { return r.Scan(&n.value, &n.shown) },
		`SELECT value, shown FROM contact_handle WHERE contact_id = ? AND org_id = ?`, id, org)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{"": true}
	var names []string
	add := func(s string) {
		if !seen[s] {
			seen[s] = true
			names = append(names, s)
		}
	}
	for _, n := range all {
		add(n.value)
		add(fold.Digits(n.shown))
	}
	for _, s := range []string{c.WaID, fold.Digits(c.Phone), c.UserID} {
		add(s)
	}
	return names, nil
}

// CountErasedTx adds to what the erasure of a contact took away.
func (s *Service) CountErasedTx(tx *db.Tx, org, contact int64, n Erased) error {
	_, err := tx.Exec(`UPDATE erasure SET conversations = conversations + ?, messages = messages + ?, media = media + ?
		WHERE contact_id = ? AND org_id = ?`, n.Conversations, n.Messages, n.Media, contact, org)
	return err
}

// keepErasureTx notes that a contact was erased, with the HMACs of its handles.
func keepErasureTx(tx *db.Tx, who account.Actor, c *Contact) error {
	if _, err := tx.Exec(`INSERT INTO erasure(contact_id, org_id, actor_kind, actor_id, at) VALUES(?, ?, ?, ?, ?)`,
		c.ID, c.OrgID, who.Kind, who.ID(), tx.Now()); err != nil {
		return err
	}
	key, err := erasureKeyTx(tx)
	if err != nil {
		return err
	}
	values, err := db.All(tx, func(r *db.Rows, s *string) error { return r.Scan(s) },
		`SELECT value FROM contact_handle WHERE contact_id = ? AND org_id = ?`, c.ID, c.OrgID)
	if err != nil {
		return err
	}
	for _, v := range values {
		if _, err := tx.Exec(`INSERT INTO erasure_handle(org_id, digest, contact_id) VALUES(?, ?, ?) ON CONFLICT DO NOTHING`,
			c.OrgID, digest(key, v), c.ID); err != nil {
			return err
		}
	}
	return nil
}

func digest(key []byte, value string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(value))
	return h.Sum(nil)
}

// erasureKeyTx is this install's key for the HMACs, made once.
func erasureKeyTx(tx *db.Tx) ([]byte, error) {
	fresh := make([]byte, 32)
	if _, err := rand.Read(fresh); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(`INSERT INTO instance(key, value) VALUES('contact.erasure_key', ?) ON CONFLICT DO NOTHING`,
		base64.StdEncoding.EncodeToString(fresh)); err != nil {
		return nil, err
	}
	kept, err := db.Value[string](tx, `SELECT value FROM instance WHERE key = 'contact.erasure_key'`)
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(kept)
}
