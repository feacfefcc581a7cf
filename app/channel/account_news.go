package channel

import (
	"badala/app/db"
)

// account applies news of the whole account: restrictions, bans, the end of
// the connection. Restrictions of replies and bans stop sending.
func (t *tidings) account() error {
	h := &t.c.Health
	switch t.e.Event {
	case "ACCOUNT_RESTRICTION":
		return t.restriction()
	case "DISABLED_UPDATE":
		return t.ban()
	case "ACCOUNT_VIOLATION":
		if !h.take(t.e.Event, t.at) {
			return nil
		}
		h.Violation = t.e.Violation
		return t.save(t.e.Violation)
	case "ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED":
		return t.removed(t.e.Event)
	case "PARTNER_REMOVED":
		// Without a reason it is about some other partner's access.
		if t.e.DisconnectReason == "" {
			return nil
		}
		return t.removed(t.e.DisconnectReason)
	case "ACCOUNT_RECONNECTED", "PARTNER_ADDED":
		if !h.take("connection", t.at) || t.c.State != Disconnected {
			return nil
		}
		return t.s.resumeTx(t.tx, &t.c, byMeta)
	}
	return nil
}

func (t *tidings) removed(reason string) error {
	if !t.c.Health.take("connection", t.at) {
		return nil
	}
	return t.s.disconnectTx(t.tx, &t.c, reason)
}

func (t *tidings) restriction() error {
	h := &t.c.Health
	if !h.take(t.e.Event, t.at) {
		return nil
	}
	h.Restrictions = nil
	var replies *Restriction
	for _, r := range t.e.Restrictions {
		h.Restrictions = append(h.Restrictions, Restriction{Type: r.Type, Expires: db.Millis(r.Expires)})
		if r.Type == restrictedReplies {
			replies = &h.Restrictions[len(h.Restrictions)-1]
		}
	}
	if replies == nil {
		return t.save(t.e.Event)
	}
	if replies.Expires != 0 && replies.Expires <= t.tx.Now() {
		return t.save(t.e.Event)
	}
	if err := t.save(t.e.Event); err != nil {
		return err
	}
	return t.s.pauseTx(t.tx, &t.c, byMeta, ReasonRestricted, replies.Expires)
}

func (t *tidings) ban() error {
	h := &t.c.Health
	if !h.take(t.e.Event, t.at) {
		return nil
	}
	h.Ban, h.BanDate = t.e.BanState, t.e.BanDate
	if t.e.BanState == "REINSTATE" {
		h.Ban, h.BanDate = "", ""
	}
	if err := t.save(t.e.BanState); err != nil {
		return err
	}
	switch {
	case t.e.BanState == "DISABLE":
		return t.s.pauseTx(t.tx, &t.c, byMeta, ReasonBanned, 0)
	case t.e.BanState == "REINSTATE" && t.c.State == Paused && t.c.PausedReason == ReasonBanned:
		return t.s.resumeTx(t.tx, &t.c, byMeta)
	}
	return nil
}
