package contact

import (
	"strings"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/fold"
)

// Identity is what a message tells of a person. Any part may be empty; empty
// parts never erase what is known.
type Identity struct {
	Phone                  string // as WhatsApp writes it, or E.164
	WaUserID, ParentUserID string
	Username, ProfileName  string
}

// clean takes from the names, which strangers choose, what does not belong in one.
func (id Identity) clean() Identity {
	id.ProfileName, id.Username = cleanName(id.ProfileName), cleanName(id.Username)
	return id
}

// handles gives what the identity is found by; E.164 goes with the phone.
func (id Identity) handles() []handle {
	var all []handle
	if id.WaUserID != "" {
		all = append(all, handle{Value: id.WaUserID, Kind: handleUser})
	}
	if key := MatchKey(id.Phone); key != "" {
		all = append(all, handle{Value: key, Kind: handlePhone, Shown: E164(id.Phone)})
	}
	if id.ParentUserID != "" {
		all = append(all, handle{Value: id.ParentUserID, Kind: handleParent})
	}
	return all
}

// found is who the handles of an identity led to.
type found struct {
	contact Contact
	ok      bool
	// others are contacts that a weaker handle led to.
	others []int64
	// known says which handle values have an owner, and whether as a former one.
	known map[string]holder
}

// findTx looks an identity up: by user id, then phone, then parent user id.
func findTx(q db.Q, org int64, id Identity) (found, error) {
	holders, err := holdersTx(q, org, id.WaUserID, MatchKey(id.Phone), id.ParentUserID)
	f := found{known: make(map[string]holder, len(holders))}
	for _, h := range holders {
		f.known[h.Value] = h
	}
	for _, h := range id.handles() {
		k, ok := f.known[h.Value]
		switch {
		case !ok:
		case !f.ok:
			f.contact, f.ok = k.contact, true
		case k.contact.ID != f.contact.ID:
			f.others = append(f.others, k.contact.ID)
		}
	}
	return f, err
}

// EnsureTx finds the contact of an identity or makes it. It writes only what
// the identity adds: a further handle, a new profile name. When user id and
// phone lead to two contacts it gives the user id's, and links the two for a
// person to judge. Tags and further phones are not filled.
func (s *Service) EnsureTx(tx *db.Tx, org int64, id Identity, source string) (_ Contact, created bool, err error) {
	defer errs.Wrap(&err, "contact.EnsureTx")
	id = id.clean()
	f, err := findTx(tx, org, id)
	if err != nil {
		return Contact{}, false, err
	}
	if !f.ok {
		c, err := s.createTx(tx, org, id, source)
		return c, true, err
	}
	c := f.contact
	for _, other := range f.others {
		if err := linkTx(tx, org, c.ID, other, reasonMessage); err != nil {
			return c, false, err
		}
	}
	err = s.learnTx(tx, &c, id, f.known, source)
	return c, false, err
}

// createTx makes a contact of an identity that nobody has.
func (s *Service) createTx(tx *db.Tx, org int64, id Identity, source string) (Contact, error) {
	if len(id.handles()) == 0 {
		return Contact{}, errs.New(errs.Invalid, "a contact needs a phone or a WhatsApp user id")
	}
	c := Contact{
		OrgID: org, Source: source, Name: id.ProfileName, ProfileName: id.ProfileName,
		Phone: E164(id.Phone), WaID: fold.Digits(id.Phone), UserID: id.WaUserID, Username: id.Username,
	}
	if err := insertTx(tx, &c); err != nil {
		return c, err
	}
	for _, h := range id.handles() {
		if err := addHandleTx(tx, org, c.ID, h); err != nil {
			return c, err
		}
	}
	return c, s.recordTx(tx, eventCreated, c, actorFor(source), eventData{Origin: source})
}

// learnTx adds to c what the identity tells and c does not know yet.
func (s *Service) learnTx(tx *db.Tx, c *Contact, id Identity, known map[string]holder, source string) error {
	var changed changes
	for _, h := range id.handles() {
		if _, ok := known[h.Value]; ok {
			continue
		}
		if err := addHandleTx(tx, c.OrgID, c.ID, h); err != nil {
			return err
		}
		switch h.Kind {
		case handlePhone:
			changed.set(&c.Phone, h.Shown, fieldPhone)
			changed.set(&c.WaID, fold.Digits(id.Phone), fieldWhatsApp)
		case handleUser:
			changed.set(&c.UserID, h.Value, fieldWhatsApp)
		}
	}
	c.respell(&changed, id, known)
	changed.fill(&c.Username, id.Username, fieldWhatsApp)
	if changed.fill(&c.ProfileName, id.ProfileName, fieldWhatsApp); !c.nameEdited {
		changed.fill(&c.Name, id.ProfileName, fieldName)
	}
	return s.saveTx(tx, c, changed, actorFor(source), source)
}

// respell takes over the spelling that WhatsApp now uses for the number that
// is the contact's own. An Argentinian alias may be a landline and never does.
func (c *Contact) respell(changed *changes, id Identity, known map[string]holder) {
	key, waID := MatchKey(id.Phone), fold.Digits(id.Phone)
	h, ok := known[key]
	if !ok || h.contact.ID != c.ID || key != MatchKey(c.Phone) {
		return
	}
	if c.WaID == "" || !strings.HasPrefix(key, "54") {
		changed.fill(&c.WaID, waID, fieldWhatsApp)
	}
}

// saveTx writes c and its event if anything changed.
func (s *Service) saveTx(tx *db.Tx, c *Contact, changed changes, who account.Actor, origin string) error {
	if len(changed.names) == 0 {
		return nil
	}
	if err := updateTx(tx, c); err != nil {
		return err
	}
	return s.recordTx(tx, eventUpdated, *c, who, eventData{Origin: origin, Changed: changed.names})
}

// AttachPhoneTx gives a contact the number that it shared by its own message.
// A number that another contact has only links the two.
func (s *Service) AttachPhoneTx(tx *db.Tx, org, contact int64, phone string) (_ Contact, changed bool, err error) {
	defer errs.Wrap(&err, "contact.AttachPhoneTx(%d)", contact)
	c, err := rowByID(tx, org, contact)
	if err != nil {
		return c, false, err
	}
	id := Identity{Phone: phone}
	f, err := findTx(tx, org, id)
	if err != nil || MatchKey(phone) == "" {
		return c, false, err
	}
	if f.ok && f.contact.ID != c.ID {
		return c, false, linkTx(tx, org, c.ID, f.contact.ID, reasonPhone)
	}
	var ch changes
	if !f.ok {
		if err := addHandleTx(tx, org, c.ID, id.handles()[0]); err != nil {
			return c, false, err
		}
		ch.names = []string{fieldOthers}
	}
	if c.Phone == "" {
		ch.names = nil
		ch.set(&c.Phone, E164(phone), fieldPhone)
		ch.set(&c.WaID, fold.Digits(phone), fieldWhatsApp)
	}
	return c, len(ch.names) > 0, s.saveTx(tx, &c, ch, actorFor(FromWhatsApp), FromWhatsApp)
}

// NameTx takes over a name from the address book of the business's own phone,
// unless somebody here chose another one. It makes no contact.
func (s *Service) NameTx(tx *db.Tx, org int64, id Identity, name string) (err error) {
	defer errs.Wrap(&err, "contact.NameTx")
	f, err := findTx(tx, org, id)
	name = cleanName(name)
	if err != nil || !f.ok || name == "" || f.contact.nameEdited {
		return err
	}
	var changed changes
	c := f.contact
	c.nameEdited = true
	changed.set(&c.Name, name, fieldName)
	return s.saveTx(tx, &c, changed, actorFor(FromWhatsApp), FromWhatsApp)
}
