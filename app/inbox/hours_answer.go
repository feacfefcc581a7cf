package inbox

import (
	"strings"
	"time"
	"unicode"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/hours"
	"badala/app/i18n"
)

// Why a message was sent by itself, in its payload.
const (
	reasonAway     = "OUT_OF_HOURS"
	reasonGreeting = "GREETING"
)

// automatic answers a customer's message by itself where the office hours want
// it: who writes while the business is closed is told so, who writes for the
// first time is greeted; never both. The conversation stays as it is: unread,
// and nobody's if it was nobody's.
func (r *receipt) automatic(c *Conversation, m *Message) error {
	if c.GroupID != "" {
		return nil
	}
	use, err := r.s.openingsTx(r.tx, r.ch.OrgID, r.ch.ID)
	if err != nil || use == nil {
		return err
	}
	reason, err := r.occasion(use, m)
	if err != nil || reason == "" {
		return err
	}
	person, err := r.s.Contacts.ByID(r.tx, c.OrgID, c.ContactID)
	if err != nil {
		return err
	}
	if ok, err := r.mayAnswer(use, c); err != nil || !ok {
		return err
	}
	if fresh, err := r.claimAnswer(use, c.ID, reason); err != nil || !fresh {
		return err
	}
	lang, err := r.language(m)
	if err != nil {
		return err
	}
	who := account.SystemActor(r.ch.OrgID)
	text := use.text(reason, lang, calledBy(person), db.Time(r.tx.Now()))
	answer, err := r.s.draftMessageTx(r.tx, who, *c, SendInput{Type: TypeText, Body: text})
	if err != nil {
		return err
	}
	answer.Payload = Payload{Reason: reason}.encode()
	return r.s.queueTx(r.tx, who, c, &answer)
}

// occasion is why m is answered by itself, "" when it is not. A message that
// was written in office hours and comes late gets no out-of-hours answer.
func (r *receipt) occasion(use *openings, m *Message) (string, error) {
	if use.Enabled && !use.schedule.Open(db.Time(r.tx.Now())) {
		if use.schedule.Open(db.Time(m.At)) {
			return "", nil
		}
		return reasonAway, nil
	}
	if !use.Greeting.Enabled || m.Direction != Inbound {
		return "", nil
	}
	before, err := db.Exists(r.tx, `SELECT 1 FROM message INDEXED BY message_thread
		WHERE conversation_id = ? AND org_id = ? AND direction = 'INBOUND' AND id <> ?`, m.ConversationID, m.OrgID, m.ID)
	if err != nil || before {
		return "", err
	}
	return reasonGreeting, nil
}

// mayAnswer says whether an answer can be sent, and would not talk over a
// teammate who has just written.
func (r *receipt) mayAnswer(use *openings, c *Conversation) (bool, error) {
	if !r.canAnswer(c) {
		return false, nil
	}
	ch, err := r.s.Channels.ByID(r.tx, r.ch.OrgID, r.ch.ID) // r.ch may be of a moment ago
	if errs.Is(err, errs.NotFound) || err == nil && !ch.CanSend() {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if _, err := r.s.addressOf(r.tx, *c); err != nil {
		if e := errs.As(err); e != nil && e.Code == "no_address" {
			return false, nil
		}
		return false, err
	}
	since := r.tx.Now() - (time.Duration(use.QuietMinutes) * time.Minute).Milliseconds()
	answered, err := db.Exists(r.tx, `SELECT 1 FROM message INDEXED BY message_thread
		WHERE conversation_id = ? AND org_id = ? AND at > ? AND direction = 'OUTBOUND' AND type <> 'REACTION'
		  AND sent_by_kind IN ('USER', 'API', 'PHONE') AND status <> 'FAILED'`, c.ID, c.OrgID, since)
	return !answered, err
}

// canAnswer says whether something can still be said in c, and kept.
func (r *receipt) canAnswer(c *Conversation) bool {
	return c.WindowOpen(r.tx.Now()+windowMargin.Milliseconds()) && r.s.DB.Spare(db.ForSends) == nil
}

// claimAnswer notes that the conversation is answered now. It gives false when
// it was greeted before, or told within the cooldown.
func (r *receipt) claimAnswer(use *openings, conv int64, reason string) (bool, error) {
	now := r.tx.Now()
	stmt, args := `INSERT INTO auto_answer(conversation_id, org_id, away_at) VALUES(?, ?, ?)
		ON CONFLICT DO UPDATE SET away_at = excluded.away_at WHERE away_at = 0 OR away_at <= ?`,
		[]any{conv, r.ch.OrgID, now, now - (time.Duration(use.CooldownMinutes) * time.Minute).Milliseconds()}
	if reason == reasonGreeting {
		stmt, args = `INSERT INTO auto_answer(conversation_id, org_id, greeted_at) VALUES(?, ?, ?)
			ON CONFLICT DO UPDATE SET greeted_at = excluded.greeted_at WHERE greeted_at = 0`, []any{conv, r.ch.OrgID, now}
	}
	n, err := r.tx.Exec(stmt, args...)
	return n > 0, err
}

// text is what a customer gets at an instant. Its variables are in the language
// of the text.
func (o *openings) text(reason, lang, name string, now time.Time) string {
	t, key := o.AutoText, "hours.default.answer"
	if reason == reasonGreeting {
		t, key = o.Greeting.AutoText, "hours.default.greeting"
	}
	first, second := t.EN, t.AR
	if lang == "ar" {
		first, second = t.AR, t.EN
	}
	text := first
	if text == "" {
		text = second
	}
	if text == "" {
		text = i18n.T(lang, key)
	}
	words := "en"
	if hours.Arabic(text) {
		words = "ar"
	}
	return hours.Fill(text, map[string]string{"name": name, "nextOpening": o.schedule.Words(words, now)})
}

// calledBy is the name by which a message speaks to a contact, "" without one.
func calledBy(c contact.Contact) string {
	for _, name := range []string{c.Name, c.ProfileName} {
		if strings.ContainsFunc(name, unicode.IsLetter) {
			return name
		}
	}
	return ""
}
