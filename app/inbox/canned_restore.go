package inbox

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/fold"
	"badala/app/media"
)

// CannedKept is how long a deleted canned response can be brought back.
const CannedKept = 24 * time.Hour

// keepCannedTx keeps what RestoreCanned needs, and forgets what is too old for it.
func keepCannedTx(tx *db.Tx, c CannedResponse) error {
	raw, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM canned_gone WHERE at < ?`, tx.Now()-CannedKept.Milliseconds()); err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO canned_gone (id, org_id, owner_id, response, at) VALUES (?, ?, ?, ?, ?)`, c.ID, c.OrgID, c.OwnerID, string(raw), tx.Now())
	return err
}

// CannedGone reads one that was deleted a short while ago, of those that the
// viewer saw.
func (s *Service) CannedGone(q db.Q, org, viewer, id int64) (c CannedResponse, err error) {
	raw, err := db.Value[string](q, `SELECT response FROM canned_gone WHERE id = ? AND org_id = ? AND owner_id IN (0, ?) AND at >= ?`,
		id, org, viewer, s.DB.Now()-CannedKept.Milliseconds())
	if errs.Is(err, errs.NotFound) {
		return c, errs.New(errs.NotFound, "no such canned response was deleted lately")
	}
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal([]byte(raw), &c)
}

// RestoreCanned brings a deleted canned response back as it was, but for files
// that are no more.
func (s *Service) RestoreCanned(ctx context.Context, who account.Actor, id int64) (c CannedResponse, err error) {
	defer errs.Wrap(&err, "inbox.RestoreCanned(%d)", id)
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if c, err = s.CannedGone(tx, who.OrgID, who.UserID, id); err != nil {
			return err
		}
		if err := mayCanned(who, c); err != nil {
			return err
		}
		for _, key := range slices.Clone(c.MediaKeys) {
			if _, err := media.ByKey(tx, c.OrgID, key); errs.Is(err, errs.NotFound) {
				c.MediaKeys = slices.DeleteFunc(c.MediaKeys, func(k string) bool { return k == key })
			} else if err != nil {
				return err
			}
		}
		if err := s.roomForCannedTx(tx, c); err != nil {
			return err
		}
		if err := insertCannedTx(tx, &c); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM canned_gone WHERE id = ? AND org_id = ?`, c.ID, c.OrgID); err != nil {
			return err
		}
		return c.auditTx(tx, who, "canned_response.restore", nil, c.audited())
	})
	return c, shortcutTaken(err)
}

// roomForCannedTx refuses one more than an owner may have.
func (s *Service) roomForCannedTx(tx *db.Tx, c CannedResponse) error {
	n, err := db.Value[int](tx, `SELECT count(*) FROM canned_response WHERE org_id = ? AND owner_id = ?`, c.OrgID, c.OwnerID)
	if err == nil && n >= maxCanned {
		err = errs.Coded(errs.Conflict, "canned_full", "there are 2,000 canned responses already")
	}
	return err
}

func insertCannedTx(tx *db.Tx, c *CannedResponse) error {
	_, err := tx.Exec(`INSERT INTO canned_response (`+cannedColumns+`, shortcut_text, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.OrgID, c.OwnerID, c.Shortcut, c.Title, c.Body, c.Language, c.Folder, c.keys(), c.UsageCount, c.CreatedAt, c.UpdatedAt,
		fold.Text(c.Shortcut), c.text())
	return err
}
