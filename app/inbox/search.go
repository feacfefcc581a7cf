package inbox

import (
	"strconv"
	"strings"

	"badala/app/db"
	"badala/app/fold"
)

// orgToken stands first in every search row and query, so that a search reads
// nothing of other organisations. It begins with a character of private use:
// the index takes it for a letter, and no folded text holds it.
func orgToken(org int64) string { return "\ue000" + strconv.FormatInt(org, 36) }

// searchText is what a message is found by, folded: text, file name, and the
// telling parts of its payload.
func searchText(m *Message, p *Payload) string {
	words := []string{m.Body, m.Caption}
	if p != nil {
		words = append(words, p.FileName)
		if l := p.Location; l != nil {
			words = append(words, l.Name, l.Address)
		}
		for _, c := range p.Contacts {
			words = append(words, c.Name, c.Company)
			for _, e := range c.Phones {
				words = append(words, fold.Digits(e.Value))
			}
		}
		if i := p.Interactive; i != nil {
			words = append(words, i.Description, i.Header, i.Footer)
		}
		if t := p.Template; t != nil {
			words = append(words, t.Body)
		}
	}
	return fold.Index(strings.Join(words, " "))
}

// indexMessageTx writes the search row of a new message at the end of the
// commit, when there is anything to find it by.
func indexMessageTx(tx *db.Tx, m *Message) {
	if m.Direction == Activity || m.Type == TypeReaction {
		return
	}
	text := m.search
	if text == "" {
		p := m.Extra()
		text = searchText(m, &p)
	}
	if text == "" {
		return
	}
	id, row := m.ID, orgToken(m.OrgID)+" "+text
	tx.Last(func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO message_fts(rowid, body) VALUES (?, ?)`, id, row)
		return err
	})
}

// reindexMessageTx replaces the search row of a message whose text changed.
func reindexMessageTx(tx *db.Tx, m *Message) {
	id := m.ID
	tx.Last(func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM message_fts WHERE rowid = ?`, id)
		return err
	})
	m.search = ""
	if !m.Deleted {
		indexMessageTx(tx, m)
	}
}

// searchConversations gives the conversations whose messages hold all words of
// text, newest message first, from the latest few hundred hits.
func searchConversations(q db.Q, org int64, text string) ([]int64, error) {
	match := fold.Match(text)
	if match == "" {
		return nil, nil
	}
	ids, err := db.All(q, scanID, `
		SELECT m.conversation_id FROM (
			SELECT rowid FROM message_fts WHERE message_fts MATCH ? ORDER BY rowid DESC LIMIT 300) f
		JOIN message m ON m.id = f.rowid WHERE m.org_id = ? ORDER BY m.id DESC`,
		orgToken(org)+" AND "+match, org)
	return distinct(ids), err
}

func scanID(r *db.Rows, id *int64) error { return r.Scan(id) }

// distinct keeps the first of each.
func distinct(ids []int64) []int64 {
	seen := make(map[int64]bool, len(ids))
	out := ids[:0]
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
