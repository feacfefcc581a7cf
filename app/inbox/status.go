package inbox

import (
	"strconv"
	"strings"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/meta"
)

// rank orders the statuses of a message of ours; a message only moves upwards.
// FAILED stands outside: it ends what was not delivered.
var rank = map[string]int{
	StatusPending: 1, StatusUnconfirmed: 2, StatusFailed: 3, StatusSent: 3, StatusDelivered: 4, StatusRead: 5,
}

// readStatus prepares one status of a message of ours.
func readStatus(st meta.Status) item {
	n := news{Kind: parkedStatus, Participant: st.ParticipantID != "" || st.ParticipantUserID != ""}
	switch st.Status {
	case "sent":
		n.Status = StatusSent
	case "delivered":
		n.Status = StatusDelivered
	case "read":
		n.Status = StatusRead
	case "played":
		n.Status, n.Played = StatusRead, true
	case "failed":
		n.Status = StatusFailed
		n.Error = &MessageError{Code: meta.NoCode}
		if len(st.Errors) > 0 {
			*n.Error = messageError(st.Errors[0])
		}
	}
	if n.Status == "" || st.Type == "call" {
		// A status of the future, or of a call: nothing of ours changes.
		return func(*receipt) error { return nil }
	}
	return func(r *receipt) error { return r.status(st, n) }
}

// status applies a status to the message that it names: by wamid, else by the
// token that we sent along. One that leads nowhere is parked.
func (r *receipt) status(st meta.Status, n news) (err error) {
	defer errs.Wrap(&err, "inbox: status %q", st.Status)
	if st.ID == "" {
		return errNoWamid
	}
	n.At = r.metaTime(st.Timestamp)
	id, attempt, mine := r.s.parseToken(r.tx, st.Opaque)
	if mine {
		n.Attempt = attempt
	}
	m, err := messageByWaID(r.tx, r.ch.OrgID, r.ch.ID, st.ID)
	if err == nil {
		return r.s.settleTx(r.tx, &m, n)
	}
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	if !mine {
		return r.park(st.ID, n)
	}
	m, err = messageRow(r.tx, r.ch.OrgID, id)
	if errs.Is(err, errs.NotFound) || err == nil && (m.ChannelID != r.ch.ID || m.Direction != Outbound) {
		return r.park(st.ID, n)
	}
	if err != nil {
		return err
	}
	// An earlier attempt of a message that went out again keeps no wamid.
	if m.WaID == "" && attempt >= m.Attempt {
		if err := setWaIDTx(r.tx, &m, st.ID); err != nil {
			return err
		}
	}
	return r.s.settleTx(r.tx, &m, n)
}

// settleTx merges a status into a message of ours: upwards only, each stage
// with its own time, FAILED only over what was not delivered. It records the
// event of each stage once, and changes nothing for a repeat.
func (s *Service) settleTx(tx *db.Tx, m *Message, n news) error {
	if m.Direction != Outbound || n.Status == StatusFailed && !n.mayFail(m) {
		return nil
	}
	event, stamped := n.stamp(m)
	was := m.Status
	moved := n.Status == StatusFailed && m.Status != StatusFailed || rank[n.Status] > rank[m.Status]
	if moved {
		m.Status = n.Status
		m.Error = MessageError{}
		if n.Error != nil {
			m.Error = *n.Error
		}
	}
	if !moved && !stamped {
		return nil
	}
	if moved {
		if err := s.bulkChangedTx(tx, m); err != nil {
			return err
		}
		if err := s.templateNewsTx(tx, m); err != nil {
			return err
		}
	}
	if err := s.recordChangeTx(tx, m, event); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE message SET status = ?, error_code = ?, error_title = ?, error_detail = ?,
		sent_at = ?, delivered_at = ?, read_at = ?, played_at = ?, rev = ? WHERE id = ? AND org_id = ?`,
		m.Status, m.Error.Code, m.Error.Title, m.Error.Detail,
		m.SentAt, m.DeliveredAt, m.ReadAt, m.PlayedAt, m.Rev, m.ID, m.OrgID)
	if err != nil || !moved || !m.answers() || was != StatusFailed && m.Status != StatusFailed {
		return err
	}
	return s.answerFailedTx(tx, m)
}

// stamp sets the time of the stage that n reports, unless it is known. It
// gives the event that this makes.
func (n news) stamp(m *Message) (event string, stamped bool) {
	first := func(at *int64) bool {
		if *at != 0 {
			return false
		}
		*at = n.At
		return true
	}
	event = "message.updated"
	switch n.Status {
	case StatusFailed:
		return "message.failed", false
	case StatusSent:
		if stamped = first(&m.SentAt); stamped {
			event = "message.sent"
		}
	case StatusDelivered:
		if stamped = first(&m.DeliveredAt); stamped {
			event = "message.delivered"
		}
	case StatusRead:
		if stamped = first(&m.ReadAt); stamped {
			event = "message.read"
		}
		if n.Played && first(&m.PlayedAt) {
			stamped = true
		}
	}
	return event, stamped
}

// mayFail tells whether a failure ends m: not once it was delivered, not for
// one member of a group, and not by an attempt that a later one replaced.
func (n news) mayFail(m *Message) bool {
	switch m.Status {
	case StatusPending, StatusUnconfirmed, StatusSent:
		return !n.Participant && (n.Attempt == 0 || n.Attempt >= m.Attempt)
	}
	return false
}

// tokenMessage reads the message and attempt of a callback token made by this
// install: b1.<instance>.<message>.<attempt>.
func tokenMessage(token, instance string) (message int64, attempt int, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 4 || parts[0] != "b1" || parts[1] != instance {
		return 0, 0, false
	}
	message, err := db.ParseID("msg", "msg_"+strings.TrimPrefix(parts[2], "msg_"))
	if err != nil {
		if message, err = strconv.ParseInt(parts[2], 10, 64); err != nil {
			return 0, 0, false
		}
	}
	attempt, err = strconv.Atoi(parts[3])
	return message, attempt, err == nil && attempt > 0
}
