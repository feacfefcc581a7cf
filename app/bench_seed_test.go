package app_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"badala/app/db"
	"badala/app/fold"
)

const (
	seedEach  = 50 // messages of a conversation
	seedDays  = 90
	seedSlice = 5000
	seedTexts = 1000
)

// seeded is what a filled database holds beside the shop itself.
type seeded struct {
	messages, conversations int
	base, step              int64 // the i-th message has the id base + i*step
	firstAt, gap            int64 // and the time firstAt + i*gap
	rev                     int64 // it is followed by event rev + i

	commonTag, rareTag         int64
	secondChannel, rareChannel int64
}

// fill writes an organisation's history of so many messages over 90 days into
// the shop's database: so many in each conversation, half of them closed, and of
// the open ones a third each with the owner, the agent and nobody; a tag and a
// channel that are frequent, and others that one in a hundred has.
func (s *shop) fill(messages, perConversation int) seeded {
	s.t.Helper()
	d, err := db.Open(s.cfg.DB, db.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			s.t.Error(err)
		}
	}()
	head, err := db.Value[int64](d.Read(s.t.Context()), "SELECT COALESCE(MAX(seq), 0) FROM event")
	if err != nil {
		s.t.Fatal(err)
	}
	f := seeded{messages: messages, conversations: messages / perConversation, rev: head + 1}
	span := int64(seedDays * 24 * time.Hour / time.Millisecond)
	f.gap = span / int64(messages)
	f.firstAt = d.Now() - span
	f.base, f.step = db.FirstID(f.firstAt), f.gap<<22
	write := func(fn func(*db.Tx) error) {
		s.t.Helper()
		if err := d.Write(s.t.Context(), fn); err != nil {
			s.t.Fatal(err)
		}
	}
	write(func(tx *db.Tx) error { return s.seedShop(tx, &f) })
	inSlices(f.conversations, func(from, to int) { write(func(tx *db.Tx) error { return s.seedPeople(tx, &f, from, to) }) })
	inSlices(messages, func(from, to int) { write(func(tx *db.Tx) error { return s.seedMessages(tx, &f, from, to) }) })
	inSlices(f.conversations, func(from, to int) { write(func(tx *db.Tx) error { return s.seedPreviews(tx, &f, from, to) }) })
	return f
}

// inSlices calls do for consecutive parts of 0 to n.
func inSlices(n int, do func(from, to int)) {
	for from := 0; from < n; from += seedSlice {
		do(from, min(n, from+seedSlice))
	}
}

// each runs statements that number their rows from ?1 up to ?2; further
// arguments are ?3 and on.
func each(tx *db.Tx, from, to int, args []any, statements ...string) error {
	for _, q := range statements {
		_, err := tx.Exec("WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2) "+q, append([]any{from, to}, args...)...)
		if err != nil {
			return fmt.Errorf("%w in %s", err, q)
		}
	}
	return nil
}

// seedShop writes texts to choose from, tags and two further channels.
func (s *shop) seedShop(tx *db.Tx, f *seeded) error {
	if _, err := tx.Exec("CREATE TEMP TABLE sample (i INTEGER PRIMARY KEY, body TEXT, folded TEXT)"); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(7, 7))
	for i := range seedTexts {
		text := benchText(r)
		if _, err := tx.Exec("INSERT INTO sample VALUES (?, ?, ?)", i, text, fold.Index(text)); err != nil {
			return err
		}
	}
	f.commonTag, f.rareTag = tx.NewID(), tx.NewID()
	f.secondChannel, f.rareChannel = tx.NewID(), tx.NewID()
	for id, name := range map[int64]string{f.commonTag: "vip", f.rareTag: "returns"} {
		if _, err := tx.Exec("INSERT INTO tag (id, org_id, name, name_text, colour, created_at) VALUES (?, ?, ?, ?, 'blue', ?)", id, s.org, name, name, tx.Now()); err != nil {
			return err
		}
	}
	for id, name := range map[int64]string{f.secondChannel: "Second", f.rareChannel: "Rare"} {
		if _, err := tx.Exec(`INSERT INTO channel (id, org_id, name, phone_number_id, waba_id, access_token, app_secret, verify_token, state, created_at, updated_at)
			SELECT ?, org_id, ?, ?, waba_id, access_token, app_secret, verify_token, 'ACTIVE', created_at, updated_at FROM channel WHERE id = ?`,
			id, name, strconv.FormatInt(id, 10), s.chanID); err != nil {
			return err
		}
	}
	return nil
}

// seedPeople writes contacts with their conversations. The i-th of both has
// the id FirstID(firstAt) - 2n + i, before all messages.
func (s *shop) seedPeople(tx *db.Tx, f *seeded, from, to int) error {
	args := []any{f.base - 2*int64(f.conversations), s.org, f.firstAt, s.chanID, f.secondChannel, f.rareChannel, s.owner.UserID, s.agent.UserID, f.commonTag, f.rareTag}
	const phone = "printf('9655%07d', i)"
	return each(tx, from, to, args,
		`INSERT INTO contact (id, org_id, name, name_text, phone, wa_id, user_id, profile_name, source, created_at, updated_at)
			SELECT ?3 + i, ?4, 'Customer ' || i, 'customer ' || i, '+' || `+phone+`, `+phone+`, 'US.' || `+phone+`, 'Customer ' || i, 'WHATSAPP', ?5, ?5 FROM n`,
		`INSERT INTO contact_handle (org_id, value, kind, contact_id, shown, created_at)
			SELECT ?4, `+phone+`, 'PHONE', ?3 + i, '+' || `+phone+`, ?5 FROM n`,
		`INSERT INTO contact_handle (org_id, value, kind, contact_id, created_at)
			SELECT ?4, 'US.' || `+phone+`, 'USER_ID', ?3 + i, ?5 FROM n`,
		`INSERT INTO conversation (id, org_id, channel_id, contact_id, status, assignee_id, unread_count, created_at)
			SELECT ?3 + i, ?4, CASE WHEN i % 100 = 50 THEN ?8 WHEN i % 3 = 1 THEN ?7 ELSE ?6 END, ?3 + i,
				CASE i % 2 WHEN 0 THEN 'OPEN' ELSE 'CLOSED' END, CASE i / 2 % 3 WHEN 0 THEN 0 WHEN 1 THEN ?9 ELSE ?10 END,
				CASE WHEN i % 10 = 4 THEN 3 ELSE 0 END, ?5 FROM n`,
		`INSERT INTO conversation_tag (conversation_id, tag_id, org_id) SELECT ?3 + i, ?11, ?4 FROM n WHERE i % 7 = 0`,
		`INSERT INTO conversation_tag (conversation_id, tag_id, org_id) SELECT ?3 + i, ?12, ?4 FROM n WHERE i % 100 = 20`)
}

// seedMessages writes messages with their search rows and events, two of three
// from the customer.
func (s *shop) seedMessages(tx *db.Tx, f *seeded, from, to int) error {
	args := []any{f.base, f.step, f.firstAt, f.gap, f.rev, s.org, f.base - 2*int64(f.conversations), f.conversations,
		s.owner.UserID, "zorg" + strconv.FormatInt(s.org, 36) + " ", seedTexts, s.chanID}
	const conv = "?9 + i * 7919 % ?10"
	return each(tx, from, to, args,
		`INSERT INTO message (id, org_id, conversation_id, contact_id, channel_id, direction, type, body, status, sent_by_kind, sent_by_id,
				wa_id, wa_hash, at, created_at, announced, rev)
			SELECT ?3 + n.i * ?4, ?8, c.id, c.contact_id, c.channel_id, CASE n.i % 3 WHEN 2 THEN 'OUTBOUND' ELSE 'INBOUND' END, 'TEXT', t.body,
				CASE n.i % 3 WHEN 2 THEN 'READ' ELSE 'RECEIVED' END, CASE n.i % 3 WHEN 2 THEN 'USER' ELSE '' END, CASE n.i % 3 WHEN 2 THEN ?11 ELSE 0 END,
				printf('wamid.seed%050d', n.i), randomblob(16), ?5 + n.i * ?6, ?5 + n.i * ?6, 1, ?7 + n.i
			FROM n JOIN sample t ON t.i = n.i % ?13 JOIN conversation c ON c.id = ?9 + n.i * 7919 % ?10`,
		`INSERT INTO message_fts (rowid, body) SELECT ?3 + n.i * ?4, ?12 || t.folded FROM n JOIN sample t ON t.i = n.i % ?13`,
		`INSERT INTO event (seq, org_id, type, at, actor_kind, actor_id, conversation_id, message_id, contact_id, channel_id, data)
			SELECT ?7 + i, ?8, 'message.received', ?5 + i * ?6, 'CUSTOMER', `+conv+`, `+conv+`, ?3 + i * ?4, `+conv+`, ?14, '' FROM n`)
}

// seedPreviews tells each conversation its last message.
func (s *shop) seedPreviews(tx *db.Tx, f *seeded, from, to int) error {
	first := f.base - 2*int64(f.conversations)
	_, err := tx.Exec(`UPDATE conversation SET (last_message_id, last_message_at, last_inbound_at, window_expires_at, last_type, last_text, last_direction, last_status, rev) =
			(SELECT m.id, m.at, m.at, m.at + 86400000, m.type, m.body, m.direction, m.status, m.rev
			FROM message m WHERE m.conversation_id = conversation.id ORDER BY m.at DESC, m.id DESC LIMIT 1)
		WHERE id >= ? AND id < ?`, first+int64(from), first+int64(to))
	return err
}

// large opens a shop with so many messages.
func (w *benchWorld) large(messages int) (*shop, seeded) {
	w.Helper()
	s := w.stoppedShop()
	at := time.Now()
	f := s.fill(messages, seedEach)
	w.Logf("%d messages written in %s", messages, time.Since(at).Round(time.Second))
	s.start()
	return s, f
}
