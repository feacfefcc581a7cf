package inbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/meta/sim"
)

// traces of the person that must not be found after an erasure. They are ASCII
// in lower case, as the search index keeps them.
var traces = []string{
	"512345678", "huda", "quillwort", "marzipan", "zebrafish", "pamphlet", "lighthouse", "walrus", "huda@mail.example", "saffron",
}

// found lists where in the file a text is: every column of every table, the
// search indexes included.
func (s *shop) found(text string) (where []string) {
	s.t.Helper()
	names := func(query string, args ...any) []string {
		all, err := db.All(s.q(), func(r *db.Rows, v *string) error { return r.Scan(v) }, query, args...)
		noErr(s.t, err)
		return all
	}
	for _, table := range names(`SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'`) {
		var conds []string
		for _, column := range names(`SELECT name FROM pragma_table_info(?)`, table) {
			conds = append(conds, `instr(lower(CAST("`+column+`" AS BLOB)), CAST(?1 AS BLOB)) > 0`)
		}
		if len(conds) == 0 {
			continue
		}
		n, err := db.Value[int](s.q(), `SELECT COUNT(*) FROM "`+table+`" WHERE `+strings.Join(conds, " OR "), text)
		noErr(s.t, err)
		if n > 0 {
			where = append(where, fmt.Sprintf("%s (%d)", table, n))
		}
	}
	return where
}

// settle waits until no job is due.
func (s *shop) settle() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	noErr(s.t, s.queue.Idle(ctx))
}

// talk says something of every kind with the customer and gives the conversation.
func (s *shop) talk() int64 {
	s.t.Helper()
	s.media.SetFetcher(s.channels.FetchMedia)
	conv := s.hello(s.phone, "Is there quillwort?")
	wamid := s.phone.SendMedia(shopNumber, sim.Upload{Kind: "document", ContentType: "application/pdf", Bytes: []byte("%PDF-1.4 a marzipan recipe %%EOF"), Filename: "pamphlet.pdf", Caption: "zebrafish"})
	file := s.messageOf(wamid)
	s.eventually("the file", func() bool { m := s.message(file.ID); return m.Media != nil && m.Media.State == "READY" })
	answer := s.text(conv, "By the lighthouse")
	s.phone.SendReaction(shopNumber, answer.WaID, "👍")
	s.eventually("the reaction", func() bool { return len(s.message(answer.ID).Reactions) == 1 })
	_, err := s.inbox.AddNote(s.t.Context(), s.agent, conv, inbox.NoteInput{Body: "a walrus of a man, says @[" + db.FormatID("user", s.agent.UserID) + "]"})
	noErr(s.t, err)
	noErr(s.t, s.inbox.SaveDraft(s.t.Context(), s.agent, conv, inbox.Draft{Mode: "reply", Body: "saffron?"}))
	noErr(s.t, s.inbox.AddTag(s.t.Context(), s.agent, conv, "VIP"))
	_, err = s.inbox.Contacts.Update(s.t.Context(), s.agent, s.conversation(conv).ContactID, contact.Patch{
		Email: new("huda@mail.example"), Notes: new("likes saffron"), Consent: new(true), Tags: &[]string{"VIP"}, Custom: map[string]*string{"animal": new("walrus")},
	})
	noErr(s.t, err)
	noErr(s.t, s.sim.Flush(s.t.Context()))
	s.settle()
	return conv
}

func TestErase(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	other := s.sim.Customer(sim.Customer{Phone: "966598765432", Name: "Bilal"})
	theirs := s.hello(other, "The lion sleeps")
	conv := s.talk()
	who := s.conversation(conv).ContactID
	for _, text := range traces {
		if len(s.found(text)) == 0 {
			t.Errorf("%q is nowhere before: the scan does not work", text)
		}
	}
	counted, err := db.Value[int](s.q(), `SELECT COUNT(*) FROM message WHERE conversation_id = ?`, conv)
	noErr(t, err)

	noErr(t, s.inbox.Contacts.Erase(t.Context(), s.agent, who))
	s.gone(conv, who)
	if err := s.inbox.Contacts.Erase(t.Context(), s.agent, who); !errs.Is(err, errs.NotFound) {
		t.Errorf("a second time: %v", err)
	}
	s.settle()
	s.clock.skip(2 * time.Hour)
	s.settle()
	for _, text := range traces {
		if where := s.found(text); len(where) > 0 {
			t.Errorf("%q is still in %v", text, where)
		}
	}
	s.gone(conv, who)
	if n, err := db.Value[int](s.q(), `SELECT COUNT(*) FROM message WHERE conversation_id = ? AND channel_id <> 0 AND at > 0 AND created_at > 0`, conv); err != nil || n != counted {
		t.Errorf("%d messages to count, %d before: %v", n, counted, err)
	}
	if m, err := s.inbox.Messages(s.q(), s.agent.OrgID, theirs, inbox.Page{}); err != nil || len(m) != 1 || m[0].Body != "The lion sleeps" {
		t.Errorf("somebody else's: %v %v", m, err)
	}
	if hits, _, err := s.inbox.Conversations(s.q(), s.agent.OrgID, inbox.Filter{Search: "lion"}); err != nil || len(hits) != 1 {
		t.Errorf("the index lost others: %v %v", hits, err)
	}
	if found, _, err := s.inbox.Contacts.List(s.q(), s.agent.OrgID, contact.Filter{Search: "Bilal"}); err != nil || len(found) != 1 {
		t.Errorf("the index of contacts lost others: %v %v", found, err)
	}
	if again := s.hello(s.phone, "Hello again"); again == conv || s.conversation(again).ContactID == who {
		t.Error("who comes back is the same")
	}
}

// gone checks that nobody sees anything of an erased contact.
func (s *shop) gone(conv, who int64) {
	s.t.Helper()
	org := s.agent.OrgID
	if _, err := s.inbox.Conversation(s.q(), org, conv); !errs.Is(err, errs.NotFound) {
		s.t.Errorf("the conversation: %v", err)
	}
	if _, err := s.inbox.Contacts.ByID(s.q(), org, who); !errs.Is(err, errs.NotFound) {
		s.t.Errorf("the contact: %v", err)
	}
	for _, text := range []string{"quillwort", "Huda", "zebrafish", "966512345678"} {
		if hits, err := s.inbox.Search(s.q(), org, text, 0); err != nil || len(hits) > 0 {
			s.t.Errorf("a search for %q finds %v %v", text, hits, err)
		}
		if hits, _, err := s.inbox.Conversations(s.q(), org, inbox.Filter{Search: text}); err != nil || len(hits) > 0 {
			s.t.Errorf("%q finds %v %v", text, hits, err)
		}
	}
	var data struct{ Conversations, Messages, Media int }
	row, err := db.Value[string](s.q(), `SELECT after FROM audit a JOIN audit_change c ON c.audit_id = a.id WHERE a.action = 'contact.erase' AND a.org_id = ?`, org)
	noErr(s.t, err)
	noErr(s.t, json.Unmarshal([]byte(row), &data))
	if data.Conversations != 1 || data.Messages < 3 || data.Media != 1 {
		s.t.Errorf("counts: %s", row)
	}
	if n := len(s.eventsOf("contact.deleted")); n != 1 {
		s.t.Errorf("%d contact.deleted", n)
	}
	if c, err := s.inbox.Changes(s.q(), org, s.head()-1, conv); err != nil || len(c.Messages) > 0 {
		s.t.Errorf("changes: %+v %v", c, err)
	}
}

func TestEraseSurvivesADeath(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.talk()
	s.stop()
	s.stop = nil
	who := s.conversation(conv).ContactID
	noErr(t, s.inbox.Contacts.Erase(t.Context(), s.agent, who))
	s.gone(conv, who)
	s.close() // before the job ran
	s.open()
	if len(s.found("quillwort")) == 0 {
		t.Error("the job ran too early for this test")
	}
	s.start()
	s.settle()
	s.clock.skip(2 * time.Hour)
	s.settle()
	for _, text := range traces {
		if where := s.found(text); len(where) > 0 {
			t.Errorf("%q is still in %v", text, where)
		}
	}
}

func TestEraseDropsWhatWaits(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hello")
	who := s.conversation(conv).ContactID
	s.stop()
	s.stop = nil
	m := s.send(conv, inbox.SendInput{Type: "TEXT", Body: "never sent", Async: true})
	noErr(t, s.inbox.Contacts.Erase(t.Context(), s.agent, who))
	s.start()
	s.settle()
	if slices.ContainsFunc(s.phone.Thread(shopNumber), func(p sim.PhoneMessage) bool { return p.FromBusiness }) {
		t.Error("it was sent")
	}
	status, err := db.Value[string](s.q(), `SELECT status FROM message WHERE id = ?`, m.ID)
	if err != nil || status != inbox.StatusFailed {
		t.Errorf("status %q %v", status, err)
	}
}

// A call to Meta that is under way when the person is erased, and statuses of
// what was sent before, bring nothing back.
func TestEraseDuringASend(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hello")
	who := s.conversation(conv).ContactID
	before := s.text(conv, "Welcome")
	s.sim.Misbehave(sim.Behaviour{Delay: 300 * time.Millisecond})
	m := s.send(conv, inbox.SendInput{Type: "TEXT", Body: "On its way", Async: true})
	s.eventually("the attempt", func() bool { return s.message(m.ID).AttemptStartedAt != 0 })
	noErr(t, s.inbox.Contacts.Erase(t.Context(), s.agent, who))
	s.onPhone(s.phone, "what was under way", func(p sim.PhoneMessage) bool { return p.Text == "On its way" })
	s.phone.Read(before.WaID)
	noErr(t, s.sim.Flush(t.Context()))
	s.settle()
	n, err := db.Value[int](s.q(), `SELECT COUNT(*) FROM message WHERE conversation_id = ? AND (wa_id <> '' OR wa_hash IS NOT NULL OR body <> '' OR contact_id <> 0)`, conv)
	if err != nil || n != 0 {
		t.Errorf("%d messages tell something: %v", n, err)
	}
}

func TestEraseKeepsSharedFiles(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	other := s.sim.Customer(sim.Customer{Phone: "966598765432", Name: "Bilal"})
	conv, theirs := s.hello(s.phone, "Prices?"), s.hello(other, "Prices?")
	both, one := s.upload("both.jpg", jpegOf(t)), s.upload("one.pdf", []byte("%PDF-1.4 for one %%EOF"))
	s.send(conv, inbox.SendInput{Type: "IMAGE", UploadKey: both})
	s.send(conv, inbox.SendInput{Type: "DOCUMENT", UploadKey: one})
	s.send(theirs, inbox.SendInput{Type: "IMAGE", UploadKey: both})
	noErr(t, s.inbox.Contacts.Erase(t.Context(), s.agent, s.conversation(conv).ContactID))
	s.settle()
	if r, _, err := s.media.Open(t.Context(), s.agent.OrgID, both); err != nil {
		t.Errorf("a file of two is gone: %v", err)
	} else {
		r.Close()
	}
	if r, _, err := s.media.Open(t.Context(), s.agent.OrgID, one); !errs.Is(err, errs.NotFound) {
		t.Errorf("a file of the erased is there: %v", err)
		r.Close()
	}
	s.eventually("one file is left", func() bool {
		n, err := db.Value[int](s.q(), `SELECT COUNT(*) FROM media`)
		return err == nil && n == 1
	})
}
