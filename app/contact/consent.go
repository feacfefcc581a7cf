package contact

import (
	"strings"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// Cause is who changed consent, and why.
type Cause struct {
	Reason    string
	Kind      string // of the actor: USER, API, CUSTOMER, META, SYSTEM
	ActorID   int64
	MessageID int64
}

// ConsentChange is one entry of the consent history of a contact.
type ConsentChange struct {
	ID, At   int64
	Was, Now *bool
	Cause
}

// Reasons of a change that nobody put into words: Meta's, and a program's.
const (
	reasonStop   = "META_STOP"
	reasonResume = "META_RESUME"
	reasonAPI    = "API"
)

func same(a, b *bool) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// consentTx changes the consent of c in memory and writes the history.
func consentTx(tx *db.Tx, c *Contact, want *bool, cause Cause, ch *changes) error {
	if same(c.Consent, want) {
		return nil
	}
	_, err := tx.Exec(`INSERT INTO contact_consent(id, org_id, contact_id, was, now, reason, actor_kind, actor_id, message_id, at)
		VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, tx.NewID(), c.OrgID, c.ID, c.Consent, want,
		strings.TrimSpace(cause.Reason), cause.Kind, cause.ActorID, cause.MessageID, tx.Now())
	if err != nil {
		return err
	}
	c.Consent = want
	ch.note(fieldConsent)
	return nil
}

// SetConsentTx changes the marketing consent of a contact; nil is "never
// stated". The same value again changes nothing.
func (s *Service) SetConsentTx(tx *db.Tx, org, contact int64, want *bool, cause Cause) (err error) {
	defer errs.Wrap(&err, "contact.SetConsentTx(%d)", contact)
	c, err := rowByID(tx, org, contact)
	if err != nil {
		return err
	}
	var ch changes
	if err := consentTx(tx, &c, want, cause, &ch); err != nil {
		return err
	}
	return s.saveTx(tx, &c, ch, account.Actor{Kind: cause.Kind, UserID: cause.ActorID}, FromWhatsApp)
}

// causeOf is why a person or program changed consent, in its words.
func causeOf(who account.Actor, reason string) Cause {
	if strings.TrimSpace(reason) == "" && who.Kind == account.KindAPI {
		reason = reasonAPI
	}
	return Cause{Reason: reason, Kind: who.Kind, ActorID: who.ID()}
}

// PreferenceTx applies what a person chose in WhatsApp about marketing: stop
// refuses at once; resume takes back a stop, and gives no consent that was not
// there before. at is Meta's time in milliseconds: an older choice than one
// already known changes nothing.
func (s *Service) PreferenceTx(tx *db.Tx, org, contact int64, stop bool, at int64) (err error) {
	defer errs.Wrap(&err, "contact.PreferenceTx(%d)", contact)
	c, err := rowByID(tx, org, contact)
	if err != nil || at <= c.preferenceAt {
		return err
	}
	var ch changes
	c.preferenceAt = at
	cause := Cause{Reason: reasonStop, Kind: kindCustomer, ActorID: c.ID}
	want := new(false)
	if !stop {
		cause.Reason = reasonResume
		if want, err = beforeStop(tx, &c); err != nil {
			return err
		}
	}
	if err := consentTx(tx, &c, want, cause, &ch); err != nil {
		return err
	}
	if len(ch.names) == 0 {
		return updateTx(tx, &c)
	}
	return s.saveTx(tx, &c, ch, account.Actor{Kind: kindCustomer, UserID: c.ID}, FromWhatsApp)
}

// beforeStop is what a resume leads back to.
func beforeStop(q db.Q, c *Contact) (*bool, error) {
	last, err := db.One(q, scanConsent, `SELECT id, at, was, now, reason, actor_kind, actor_id, message_id
		FROM contact_consent WHERE contact_id = ? AND org_id = ? ORDER BY id DESC LIMIT 1`, c.ID, c.OrgID)
	if errs.Is(err, errs.NotFound) || err == nil && last.Reason != reasonStop {
		return c.Consent, nil
	}
	return last.Was, err
}

func scanConsent(r *db.Rows, h *ConsentChange) error {
	return r.Scan(&h.ID, &h.At, &h.Was, &h.Now, &h.Reason, &h.Kind, &h.ActorID, &h.MessageID)
}

// ConsentHistory lists the changes of a contact's consent, newest first.
func (s *Service) ConsentHistory(q db.Q, org, contact int64) ([]ConsentChange, error) {
	return db.All(q, scanConsent, `SELECT id, at, was, now, reason, actor_kind, actor_id, message_id
		FROM contact_consent WHERE contact_id = ? AND org_id = ? ORDER BY id DESC LIMIT 200`, contact, org)
}

// ConsentOf is a change of consent with the contact whose it was.
type ConsentOf struct {
	ContactID int64
	ConsentChange
}

// ConsentsAfter gives the next changes of consent of an organisation, oldest first.
func ConsentsAfter(q db.Q, org, after int64, take int) ([]ConsentOf, error) {
	return db.All(q, func(r *db.Rows, h *ConsentOf) error {
		return r.Scan(&h.ContactID, &h.ID, &h.At, &h.Was, &h.Now, &h.Reason, &h.Kind, &h.ActorID, &h.MessageID)
	}, `SELECT contact_id, id, at, was, now, reason, actor_kind, actor_id, message_id
		FROM contact_consent WHERE +org_id = ? AND id > ? ORDER BY id LIMIT ?`, org, after, take)
}
