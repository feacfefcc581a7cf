package inbox

import (
	"badala/app/db"
	"badala/app/media"
)

// mediaReadyTx tells of a file that has come, will not come, or is asked for
// again: pages see it, and the world hears of its inbound message once the
// file is settled.
func (s *Service) mediaReadyTx(tx *db.Tx, file media.Media) error {
	all, err := db.All(tx, scanMessage, `SELECT `+messageColumns+` FROM message m
		WHERE m.media_id = ? AND m.media_id <> 0 AND m.org_id = ?`, file.ID, file.OrgID)
	if err != nil {
		return err
	}
	for i := range all {
		m := &all[i]
		kind := "message.updated"
		if file.State != media.Pending && m.Direction == Inbound && !m.Announced {
			kind = "message.received"
			if _, err := tx.Exec(`UPDATE message SET announced = 1 WHERE id = ? AND org_id = ?`, m.ID, m.OrgID); err != nil {
				return err
			}
		}
		if err := s.changedTx(tx, m, kind); err != nil {
			return err
		}
	}
	return nil
}
