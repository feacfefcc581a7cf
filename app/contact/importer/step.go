package importer

import (
	"encoding/binary"

	"badala/app/contact"
	"badala/app/db"
)

// left is a contact as an import left it.
type left struct {
	contact int64
	isNew   bool
	digest  []byte
}

const leftSize = 8 + 1 + contact.DigestSize

func packLeft(all []left) []byte {
	b := make([]byte, 0, len(all)*leftSize)
	for _, l := range all {
		isNew := byte(0)
		if l.isNew {
			isNew = 1
		}
		b = append(append(binary.BigEndian.AppendUint64(b, uint64(l.contact)), isNew), l.digest...)
	}
	return b
}

func unpackLeft(b []byte) []left {
	all := make([]left, 0, len(b)/leftSize)
	for ; len(b) >= leftSize; b = b[leftSize:] {
		all = append(all, left{contact: int64(binary.BigEndian.Uint64(b)), isNew: b[8] == 1, digest: b[9:leftSize]})
	}
	return all
}

func idsOf(all []left) []int64 {
	ids := make([]int64, len(all))
	for n, l := range all {
		ids[n] = l.contact
	}
	return ids
}

// step is what one transaction of an import did.
type step struct {
	n    int
	at   int64 // 0: not known
	left []left
}

func scanStep(r *db.Rows, s *step) error {
	var data []byte
	err := r.Scan(&s.n, &s.at, &data)
	s.left = unpackLeft(data)
	return err
}

// steps reads steps of an import from one on, in their order; unindexed only
// those whose search rows are missing.
func steps(q db.Q, id int64, from int, unindexed bool, take int) ([]step, error) {
	return db.All(q, scanStep, `SELECT n, at, data FROM import_step WHERE import_id = ? AND n >= ? AND (indexed = 0 OR NOT ?) ORDER BY n LIMIT ?`, id, from, unindexed, take)
}

func stepTx(tx *db.Tx, id int64, all []left) error {
	if len(all) == 0 {
		return nil
	}
	_, err := tx.Exec(`INSERT INTO import_step(import_id, n, at, data)
		SELECT ?1, COALESCE((SELECT MAX(n) FROM import_step WHERE import_id = ?1), 0) + 1, ?2, ?3`, id, tx.Now(), packLeft(all))
	return err
}

// keepTx keeps a contact as it was; of several changes by one import the first
// state is the one to come back to.
func keepTx(tx *db.Tx, i *Import, contact int64, before []byte) error {
	if before == nil {
		return nil
	}
	_, err := tx.Exec(`INSERT INTO import_before(import_id, contact_id, org_id, state) VALUES(?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		i.ID, contact, i.OrgID, string(before))
	return err
}
