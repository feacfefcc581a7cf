package contact

import (
	"bytes"
	"context"
	"encoding/base64"
	"slices"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// PastErasure is somebody who was erased: by the contact's id, and HMACs of
// what it was found by.
type PastErasure struct {
	Org     int64    `json:"org"`
	Contact int64    `json:"contact"`
	At      int64    `json:"at"`
	Digests [][]byte `json:"digests,omitempty"`
}

// PastErasures lists all who were erased, with the install's key of the HMACs.
func PastErasures(q db.Q) (key []byte, list []PastErasure, err error) {
	if list, err = db.All(q, func(r *db.Rows, p *PastErasure) error { return r.Scan(&p.Org, &p.Contact, &p.At) },
		`SELECT org_id, contact_id, at FROM erasure ORDER BY contact_id`); err != nil || len(list) == 0 {
		return nil, nil, err
	}
	type handle struct {
		contact int64
		digest  []byte
	}
	handles, err := db.All(q, func(r *db.Rows, h *handle) error { return r.Scan(&h.contact, &h.digest) },
		`SELECT contact_id, digest FROM erasure_handle`)
	if err != nil {
		return nil, nil, err
	}
	of := map[int64][][]byte{}
	for _, h := range handles {
		of[h.contact] = append(of[h.contact], h.digest)
	}
	for i := range list {
		list[i].Digests = of[list[i].Contact]
	}
	kept, err := db.Value[string](q, `SELECT value FROM instance WHERE key = 'contact.erasure_key'`)
	if err != nil {
		return nil, nil, err
	}
	key, err = base64.StdEncoding.DecodeString(kept)
	return key, list, err
}

// Reapply erases again who was erased after this copy of the database was
// made: the contact itself, and others that were found by the same number or
// id at that time. Who came back afterwards stays. It gives how many contacts
// it found. Cut off, it may be called again with the same list.
func (s *Service) Reapply(ctx context.Context, key []byte, list []PastErasure) (found int, err error) {
	defer errs.Wrap(&err, "contact.Reapply")
	missing, err := s.unknown(ctx, list)
	if err != nil || len(missing) == 0 {
		return 0, err
	}
	if err := s.adoptKey(ctx, key); err != nil {
		return 0, err
	}
	due, err := s.foundAgain(ctx, key, missing)
	if err != nil {
		return 0, err
	}
	for _, p := range due {
		n, err := s.eraseAgain(ctx, p.org, p.contact)
		if found += n; err != nil {
			return found, err
		}
	}
	return found, s.noteAgain(ctx, missing)
}

// foundPerson is a contact of this database who is to be erased again.
type foundPerson struct{ org, contact int64 }

// foundAgain finds whom the list means. Those who are in it themselves come
// last: once one of them is erased, others are not found by it any more.
func (s *Service) foundAgain(ctx context.Context, key []byte, list []PastErasure) ([]foundPerson, error) {
	type place struct {
		org    int64
		digest string
	}
	byDigest := map[place]*PastErasure{}
	byID := map[int64]*PastErasure{}
	for i, p := range list {
		byID[p.Contact] = &list[i]
		for _, d := range p.Digests {
			byDigest[place{p.Org, string(d)}] = &list[i]
		}
	}
	type row struct {
		id, org, created int64
		value            string
	}
	// All of it is read at once: a copy is put in place once in years.
	rows, err := db.All(s.db.Read(ctx), func(r *db.Rows, v *row) error { return r.Scan(&v.id, &v.org, &v.created, &v.value) },
		`SELECT c.id, c.org_id, c.created_at, coalesce(h.value, '') FROM contact c LEFT JOIN contact_handle h ON h.contact_id = c.id ORDER BY c.id`)
	if err != nil {
		return nil, err
	}
	var others, listed []foundPerson
	for _, r := range rows {
		p, into := byID[r.id], &listed
		if p == nil {
			p, into = byDigest[place{r.org, string(digest(key, r.value))}], &others
		}
		if p != nil && p.Org == r.org && r.created <= p.At {
			*into = append(*into, foundPerson{r.org, r.id})
		}
	}
	return slices.Concat(slices.Compact(others), slices.Compact(listed)), nil
}

// unknown are those whom this database does not know as erased.
func (s *Service) unknown(ctx context.Context, list []PastErasure) ([]PastErasure, error) {
	var out []PastErasure
	for _, p := range list {
		known, err := db.Exists(s.db.Read(ctx), `SELECT 1 FROM erasure WHERE contact_id = ?`, p.Contact)
		if err != nil {
			return nil, err
		}
		if !known {
			out = append(out, p)
		}
	}
	return out, nil
}

// adoptKey makes the key of the list this install's, unless it has one of its own.
func (s *Service) adoptKey(ctx context.Context, key []byte) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(`INSERT INTO instance(key, value) VALUES('contact.erasure_key', ?) ON CONFLICT DO NOTHING`,
			base64.StdEncoding.EncodeToString(key)); err != nil {
			return err
		}
		kept, err := erasureKeyTx(tx)
		if err == nil && !bytes.Equal(kept, key) {
			err = errs.New(errs.Conflict, "the list of erased people is of another install")
		}
		return err
	})
}

func (s *Service) eraseAgain(ctx context.Context, org, id int64) (n int, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := rowByID(tx, org, id)
		if errs.Is(err, errs.NotFound) {
			return nil // it went with another one
		}
		if err != nil {
			return err
		}
		n = 1
		return s.eraseTx(tx, account.SystemActor(org), &c)
	})
	return n, err
}

// noteAgain records those of whom nothing was left to erase, and the HMACs.
func (s *Service) noteAgain(ctx context.Context, list []PastErasure) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for _, p := range list {
			if _, err := tx.Exec(`INSERT INTO erasure(contact_id, org_id, actor_kind, actor_id, at) VALUES(?, ?, 'SYSTEM', 0, ?) ON CONFLICT DO NOTHING`,
				p.Contact, p.Org, p.At); err != nil {
				return err
			}
			for _, d := range p.Digests {
				if _, err := tx.Exec(`INSERT INTO erasure_handle(org_id, digest, contact_id) VALUES(?, ?, ?) ON CONFLICT DO NOTHING`, p.Org, d, p.Contact); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
