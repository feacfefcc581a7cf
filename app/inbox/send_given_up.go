package inbox

import (
	"encoding/json"
	"fmt"

	"badala/app/db"
	"badala/app/errs"
)

// deadLook is how many given-up jobs are looked at.
const deadLook = 200

// givenUpTx ends the messages whose jobs the queue has given up, so that none
// shows as being sent for ever.
func (s *Service) givenUpTx(tx *db.Tx) error {
	dead, err := s.Queue.Dead(tx, deadLook)
	if err != nil {
		return err
	}
	for _, d := range dead {
		var a sendArgs
		if d.Kind != sendKind.Name && d.Kind != bulkKind.Name || d.State != "dead" || json.Unmarshal([]byte(d.Args), &a) != nil {
			continue
		}
		m, err := messageRow(tx, a.Org, a.Message)
		if errs.Is(err, errs.NotFound) || err == nil && m.Status != StatusPending {
			continue
		}
		if err != nil {
			return err
		}
		alive, err := db.Exists(tx, `SELECT 1 FROM job WHERE dedupe IN (?, ?) AND state <> 'dead'`,
			fmt.Sprintf("%s:%d", sendKind.Name, m.ID), fmt.Sprintf("%s:%d", bulkKind.Name, m.ID))
		if err != nil {
			return err
		}
		if alive {
			continue // somebody has tried again since
		}
		if m.AttemptStartedAt != 0 {
			err = s.unknownTx(tx, &m, OutcomeInterrupted)
		} else {
			err = s.failTx(tx, &m, MessageError{Code: codeGivenUp, Title: "The server could not send it", Detail: d.Error})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
