package importer

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"

	"badala/app/contact"
	"badala/app/db"
)

// said is what the last file of a source told of a contact, by field.
type said struct {
	Fields map[string]string `json:"f,omitempty"`
	Tags   []string          `json:"t,omitempty"` // keys
}

func (s said) equal(o said) bool {
	return maps.Equal(s.Fields, o.Fields) && slices.Equal(s.Tags, o.Tags)
}

func (s said) text() (string, error) {
	b, err := json.Marshal(s)
	return string(b), err
}

// mark is by what a person is known to be as an import left it: what the file
// said, and when the contact was changed last. It holds while both are so; the
// same file then changes nothing.
type mark struct {
	digest []byte // nil: what else is in the store matters too
	left   int64
}

func (m mark) equal(o mark) bool { return m.left == o.left && bytes.Equal(m.digest, o.digest) }

// memory is what is kept of a contact for the next file of its source.
type memory struct {
	contact int64
	text    string // of what was said
	mark    mark
}

// memories reads what the last file of a source said of contacts.
func memories(q db.Q, org int64, source string, ids []int64) (map[int64]said, map[int64]mark, error) {
	all := make(map[int64]said, len(ids))
	marks := make(map[int64]mark, len(ids))
	if len(ids) == 0 {
		return all, marks, nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, nil, err
	}
	rows, err := db.All(q, func(r *db.Rows, m *memory) error { return r.Scan(&m.contact, &m.text, &m.mark.digest, &m.mark.left) },
		`SELECT contact_id, said, digest, left_at FROM import_memory WHERE contact_id IN (SELECT value FROM json_each(?)) AND source = ? AND org_id = ?`,
		string(list), source, org)
	for _, r := range rows {
		var m said
		if err := json.Unmarshal([]byte(r.text), &m); err != nil {
			return nil, nil, err
		}
		all[r.contact], marks[r.contact] = m, r.mark
	}
	return all, marks, err
}

// marksOf reads only the marks of contacts that have one.
func marksOf(q db.Q, org int64, source string, ids []int64) (map[int64]mark, error) {
	marks := make(map[int64]mark, len(ids))
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err := db.All(q, func(r *db.Rows, m *memory) error { return r.Scan(&m.contact, &m.mark.digest, &m.mark.left) },
		`SELECT m.contact_id, m.digest, m.left_at FROM json_each(?) v CROSS JOIN import_memory m ON m.contact_id = v.value AND m.source = ?
		WHERE m.org_id = ? AND m.digest <> x''`, string(list), source, org)
	for _, r := range rows {
		marks[r.contact] = r.mark
	}
	return marks, err
}

func rememberTx(tx *db.Tx, i *Import, all []memory) error {
	rows := tx.Rows(`INSERT OR REPLACE INTO import_memory(contact_id, source, org_id, said, digest, left_at) VALUES `, 6)
	for _, m := range all {
		if m.mark.digest == nil {
			m.mark.digest = []byte{}
		}
		rows.Add(m.contact, i.Settings.Source, i.OrgID, m.text, m.mark.digest, m.mark.left)
	}
	_, err := rows.Insert()
	return err
}

// digest is short and equal for persons of whom a file says the same.
func (p *person) digest(s *Settings) []byte {
	b := make([]byte, 0, 512)
	for _, t := range []string{
		p.external, p.userID, p.phone, p.name, p.email, p.company, p.website, p.jobTitle, p.address, p.source, p.notes,
	} {
		b = packText(b, t)
	}
	for _, l := range [][]string{p.others, p.otherEmails, p.tags, p.clear} {
		b = packCells(b, l)
	}
	for _, c := range p.custom {
		b = packText(packText(b, c.name), c.value)
	}
	b = binary.AppendVarint(b, p.created)
	consent := byte('?')
	if p.consent != nil && *p.consent {
		consent = 'y'
	} else if p.consent != nil {
		consent = 'n'
	}
	replace := byte('+')
	if s.ReplaceTags {
		replace = '='
	}
	sum := sha256.Sum256(append(b, consent, replace))
	return sum[:contact.DigestSize]
}
