package inbox

import (
	"encoding/json"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

// Kinds of news that wait for their message.
const (
	parkedStatus   = "STATUS"
	parkedReaction = "REACTION"
	parkedEdit     = "EDIT"
	parkedRevoke   = "REVOKE"
)

// How long news wait. Meta repeats a message that it could not deliver to us
// for seven days, and a reaction may be faster than its target.
const (
	statusPatience = 24 * time.Hour
	otherPatience  = 7 * 24 * time.Hour
)

// news is what became of a message: a status, a reaction, an edit or its end.
type news struct {
	Kind string `json:"-"`
	At   int64  `json:"at"`

	Status      string        `json:"status,omitempty"`
	Played      bool          `json:"played,omitempty"`
	Error       *MessageError `json:"error,omitempty"`
	Participant bool          `json:"participant,omitempty"` // of one member of a group
	Attempt     int           `json:"attempt,omitempty"`     // of ours that it is about, 0 = not told

	Emoji   string `json:"emoji,omitempty"`
	Text    string `json:"text,omitempty"`
	Caption bool   `json:"caption,omitempty"`
	Contact int64  `json:"contact,omitempty"`
	Ours    bool   `json:"ours,omitempty"`
	Group   string `json:"group,omitempty"`
}

// applyOrPark applies n to a message of the channel, or keeps it until the
// message comes.
func (r *receipt) applyOrPark(wamid string, n news) error {
	m, err := messageByWaID(r.tx, r.ch.OrgID, r.ch.ID, wamid)
	if errs.Is(err, errs.NotFound) {
		return r.park(wamid, n)
	}
	if err != nil {
		return err
	}
	return r.s.newsTx(r.tx, &m, n)
}

// newsTx applies n to m.
func (s *Service) newsTx(tx *db.Tx, m *Message, n news) error {
	if n.Kind == parkedStatus {
		return s.settleTx(tx, m, n)
	}
	if ok, err := sameConversation(tx, m, n); err != nil || !ok {
		return err
	}
	switch n.Kind {
	case parkedReaction:
		return s.reactNewsTx(tx, m, n)
	case parkedEdit:
		return s.editTx(tx, m, n)
	case parkedRevoke:
		return s.revokeTx(tx, m, n)
	}
	return nil
}

// sameConversation tells whether the sender of n takes part in the
// conversation of m: an id is followed nowhere else.
func sameConversation(q db.Q, m *Message, n news) (bool, error) {
	return db.Exists(q, `SELECT 1 FROM conversation WHERE id = ? AND org_id = ? AND group_id = ? AND (group_id <> '' OR contact_id = ?)`,
		m.ConversationID, m.OrgID, n.Group, n.Contact)
}

// park keeps n, and forgets some of what nobody came for.
func (r *receipt) park(wamid string, n news) error {
	payload, err := json.Marshal(n)
	if err != nil {
		return err
	}
	patience := otherPatience
	if n.Kind == parkedStatus {
		patience = statusPatience
	}
	if _, err := r.tx.Exec(`DELETE FROM parked WHERE id IN (SELECT id FROM parked WHERE expires_at < ? LIMIT 100)`, r.tx.Now()); err != nil {
		return err
	}
	hash := waHash(r.ch.ID, wamid)
	_, err = r.tx.Exec(`INSERT INTO parked (id, org_id, channel_id, kind, wa_hash, contact_id, payload, at, expires_at)
		SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
		WHERE NOT EXISTS (SELECT 1 FROM parked WHERE wa_hash = ?5 AND at = ?8 AND kind = ?4 AND payload = ?7)`,
		r.tx.NewID(), r.ch.OrgID, r.ch.ID, n.Kind, hash, n.Contact, string(payload), n.At, r.tx.Now()+patience.Milliseconds())
	return err
}

// applyParkedTx applies, in Meta's order, all news that came before message
// was known under its wamid. Call it whenever a message gets one.
func (s *Service) applyParkedTx(tx *db.Tx, message int64, wamid string) error {
	if wamid == "" {
		return nil
	}
	m, err := db.One(tx, scanMessage, `SELECT `+messageColumns+` FROM message m WHERE m.id = ?`, message)
	if err != nil {
		return err
	}
	return s.unparkTx(tx, m.ID, m.OrgID, waHash(m.ChannelID, wamid))
}

// unparkTx is applyParkedTx for who knows the hash already. Mostly there is
// nothing, which costs one look into an index.
func (s *Service) unparkTx(tx *db.Tx, message, org int64, hash []byte) error {
	all, err := db.All(tx, scanNews, `SELECT kind, payload FROM parked WHERE wa_hash = ? AND org_id = ? ORDER BY at, id`, hash, org)
	if err != nil || len(all) == 0 {
		return err
	}
	m, err := messageRow(tx, org, message)
	if err != nil {
		return err
	}
	for _, n := range all {
		if err := s.newsTx(tx, &m, n); err != nil {
			return err
		}
	}
	_, err = tx.Exec(`DELETE FROM parked WHERE wa_hash = ? AND org_id = ?`, hash, org)
	return err
}

func scanNews(r *db.Rows, n *news) error {
	var payload string
	var kind string
	if err := r.Scan(&kind, &payload); err != nil {
		return err
	}
	err := json.Unmarshal([]byte(payload), n)
	n.Kind = kind
	return err
}
