package contact

import (
	"badala/app/db"
	"badala/app/errs"
	"badala/app/fold"
)

// MoveTx applies Meta's news that a person has another number or user id. The
// contact keeps its row and gets the new handles; the old ones still find it.
// When the new handles lead to another contact, that one is merged into it if
// Meta's user id says that they are one person or if it has no conversations;
// else the two are linked for a person to judge. Repeats change nothing.
func (s *Service) MoveTx(tx *db.Tx, org int64, old, now Identity) (_ Contact, changed bool, err error) {
	defer errs.Wrap(&err, "contact.MoveTx")
	old, now = old.clean(), now.clean()
	from, err := findTx(tx, org, old)
	if err != nil {
		return Contact{}, false, err
	}
	to, err := findTx(tx, org, now)
	if err != nil {
		return Contact{}, false, err
	}
	switch {
	case !from.ok && !to.ok:
		return s.moveUnknownTx(tx, org, old, now)
	case !from.ok:
		return s.adoptFormerTx(tx, to.contact, old, from.known)
	}
	c := from.contact
	if !announces(from, to, old, now) {
		return c, false, nil
	}
	if to.ok && to.contact.ID != c.ID || len(to.others) > 0 {
		ok, err := s.absorbTx(tx, &c, &to, now)
		if err != nil || !ok {
			return c, false, err
		}
	}
	return c, true, s.switchTx(tx, &c, old, now, to.known)
}

// announces tells news from a repeat: something new is unknown, or was former,
// while the old one is still in use.
func announces(from, to found, old, now Identity) bool {
	oldInUse := false
	for _, h := range old.handles() {
		if k, ok := from.known[h.Value]; ok && !k.Former {
			oldInUse = true
		}
	}
	for _, h := range now.handles() {
		k, ok := to.known[h.Value]
		if !ok || k.contact.ID != from.contact.ID || k.Former && oldInUse {
			return true
		}
	}
	return false
}

// moveUnknownTx files a move of somebody who was never seen.
func (s *Service) moveUnknownTx(tx *db.Tx, org int64, old, now Identity) (Contact, bool, error) {
	c, err := s.createTx(tx, org, now, FromWhatsApp)
	if err != nil {
		return c, false, err
	}
	c, _, err = s.adoptFormerTx(tx, c, old, nil)
	return c, true, err
}

// adoptFormerTx lets unknown old handles find the contact.
func (s *Service) adoptFormerTx(tx *db.Tx, c Contact, old Identity, known map[string]holder) (Contact, bool, error) {
	for _, h := range old.handles() {
		owned, err := db.Exists(tx, `SELECT 1 FROM contact_handle WHERE org_id = ? AND value = ?`, c.OrgID, h.Value)
		if err != nil {
			return c, false, err
		}
		if _, ok := known[h.Value]; ok || owned {
			continue
		}
		h.Former = true
		if err := addHandleTx(tx, c.OrgID, c.ID, h); err != nil {
			return c, false, err
		}
	}
	return c, false, nil
}

// absorbTx merges the contacts that hold the new handles into c, if that is
// safe; ok is false when they were linked instead.
func (s *Service) absorbTx(tx *db.Tx, c *Contact, to *found, now Identity) (ok bool, err error) {
	reason := reasonUserID
	if now.Phone != "" {
		reason = reasonNumber
	}
	var others []Contact
	for _, k := range to.known {
		if k.contact.ID == c.ID {
			continue
		}
		safe, err := s.mergeable(tx, k.contact, now)
		if err != nil {
			return false, err
		}
		if !safe {
			return false, linkTx(tx, c.OrgID, c.ID, k.contact.ID, reason)
		}
		if len(others) == 0 || others[0].ID != k.contact.ID {
			others = append(others, k.contact)
		}
	}
	for _, other := range others {
		if err := s.mergeTx(tx, c, other); err != nil {
			return false, err
		}
	}
	for v, k := range to.known {
		k.contact, k.Former = *c, true
		to.known[v] = k
	}
	return true, nil
}

// mergeable says whether other is certainly the same person, or nobody yet.
func (s *Service) mergeable(q db.Q, other Contact, now Identity) (bool, error) {
	if s.merged == nil {
		return false, nil
	}
	if now.WaUserID != "" && other.UserID == now.WaUserID {
		return true, nil
	}
	history, err := s.history(q, other.OrgID, []int64{other.ID})
	return !history[other.ID], err
}

// switchTx makes the new handles the contact's own and the old ones former.
func (s *Service) switchTx(tx *db.Tx, c *Contact, old, now Identity, known map[string]holder) error {
	var ch changes
	for _, h := range old.handles() {
		if err := setFormerTx(tx, c.OrgID, c.ID, h.Value, true); err != nil {
			return err
		}
	}
	if _, _, err := s.adoptFormerTx(tx, *c, old, nil); err != nil {
		return err
	}
	for _, h := range now.handles() {
		var err error
		if _, ok := known[h.Value]; ok {
			err = setFormerTx(tx, c.OrgID, c.ID, h.Value, false)
		} else {
			err = addHandleTx(tx, c.OrgID, c.ID, h)
		}
		if err != nil {
			return err
		}
		switch h.Kind {
		case handlePhone:
			ch.set(&c.Phone, h.Shown, fieldPhone)
			ch.set(&c.WaID, fold.Digits(now.Phone), fieldWhatsApp)
		case handleUser:
			ch.set(&c.UserID, h.Value, fieldWhatsApp)
		}
	}
	return s.saveTx(tx, c, ch, actorFor(FromWhatsApp), FromWhatsApp)
}
