package inbox_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/inbox"
)

const sven = "46701740622" // another number, which turns out to be Nora's too

// heard has a customer write.
func (w *receiving) heard(from, wamid, body string, at time.Time) {
	w.tb.Helper()
	w.clock.set(at)
	w.post(bodyOf(w.tb, "messages", map[string]any{"messages": []any{textItem(wamid, from, body, at)}}))
}

// talkOf gives the conversation with a number.
func (w *receiving) talkOf(phone string) inbox.Conversation {
	w.tb.Helper()
	for _, c := range w.list() {
		if c.Contact.WaID == phone {
			return c
		}
	}
	w.tb.Fatalf("no conversation with %s", phone)
	return inbox.Conversation{}
}

// bodies are what a thread says, oldest first, without the team's actions.
func (w *receiving) bodies(conv int64) (said []string) {
	w.tb.Helper()
	for _, m := range w.thread(conv) {
		if m.Direction != inbox.Activity {
			said = append(said, m.Body)
		}
	}
	return said
}

func (w *receiving) merge(keep, other int64) {
	w.tb.Helper()
	noErr(w.tb, w.contacts.Merge(w.tb.Context(), w.owner, keep, other))
}

// apart takes the latest merge into a contact back.
func (w *receiving) apart(keep int64) {
	w.tb.Helper()
	all, err := w.contacts.MergesOf(w.q(), w.owner.OrgID, keep)
	noErr(w.tb, err)
	if len(all) == 0 {
		w.tb.Fatal("there is no merge to take back")
	}
	_, _, err = w.contacts.UndoMerge(w.tb.Context(), w.owner, all[0].ID)
	noErr(w.tb, err)
}

func (w *receiving) number(query string, args ...any) int {
	w.tb.Helper()
	n, err := db.Value[int](w.q(), query, args...)
	noErr(w.tb, err)
	return n
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// Two people are merged who wrote to one number, they talk on, and it was a
// mistake: each has their own thread again.
func TestJoinedThreadsComeApart(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.heard(nora, "wamid.n1", "I am Nora", shortly)
	w.heard(sven, "wamid.s1", "I am Sven", shortly.Add(time.Minute))
	w.heard(nora, "wamid.n2", "Are you open?", shortly.Add(2*time.Minute))
	w.heard(sven, "wamid.s2", "Do you sell tea?", shortly.Add(3*time.Minute))
	n, s := w.talkOf(nora), w.talkOf(sven)
	for conv, tags := range map[int64][]string{n.ID: {"VIP", "tea"}, s.ID: {"tea", "late"}} {
		noErr(t, w.inbox.SetTags(t.Context(), w.owner, conv, tags, nil, nil))
	}
	_, err := w.inbox.AddNote(t.Context(), w.owner, s.ID, inbox.NoteInput{Body: "a note"})
	noErr(t, err)
	w.exec(`INSERT INTO reaction(message_id, contact_id, org_id, emoji, at) SELECT id, ?, org_id, '👍', at FROM message WHERE wa_id = 'wamid.s1'`, s.ContactID)
	w.exec(`INSERT INTO mention(user_id, message_id, org_id, conversation_id, at) SELECT 7, id, org_id, conversation_id, at FROM message WHERE body = 'a note'`)
	n, s = w.talkOf(nora), w.talkOf(sven)

	w.merge(n.ContactID, s.ContactID)
	if c := w.only(); c.ID != n.ID || c.UnreadCount != 4 || len(c.Tags) != 3 {
		t.Errorf("together they are %+v", c)
	}
	w.heard(sven, "wamid.s3", "Hello?", shortly.Add(5*time.Minute))
	same(t, "together", w.bodies(n.ID), []string{"I am Nora", "I am Sven", "Are you open?", "Do you sell tea?", "a note", "Hello?"})

	created := w.count("conversation.created")
	w.apart(n.ContactID)
	if got := w.count("conversation.created") - created; got != 1 {
		t.Errorf("%d conversations were told of", got)
	}
	a, b := w.talkOf(nora), w.talkOf(sven)
	same(t, "Nora", w.bodies(a.ID), []string{"I am Nora", "Are you open?", "Hello?"})
	same(t, "Sven", w.bodies(s.ID), []string{"I am Sven", "Do you sell tea?", "a note"})
	if a.ID != n.ID || a.UnreadCount != 3 || a.LastPreview.Text != "Hello?" || len(a.Tags) != 2 || a.WaitingSince != n.WaitingSince {
		t.Errorf("Nora has %+v", a)
	}
	if a.LastInboundAt != shortly.Add(5*time.Minute).UnixMilli() {
		t.Error("Nora's window is not that of what was said since")
	}
	b.Rev = s.Rev
	if b.Contact.LastMessageAt != b.LastMessageAt {
		t.Error("Sven's contact does not know when he last wrote")
	}
	b.Contact = s.Contact
	if fmt.Sprintf("%+v", b) != fmt.Sprintf("%+v", s) {
		t.Errorf("Sven had\n%+v and has\n%+v", s, b)
	}
	for what, query := range map[string]string{
		"messages": `SELECT COUNT(*) FROM message WHERE conversation_id = ?1 AND contact_id NOT IN (0, ?2)`,
		"mention":  `SELECT COUNT(*) FROM mention WHERE conversation_id <> ?1 AND ?2 <> 0`,
		"reaction": `SELECT COUNT(*) FROM reaction WHERE contact_id <> ?2 AND ?1 <> 0`,
		"memory":   `SELECT COUNT(*) FROM conversation_join WHERE ?1 <> 0 AND ?2 <> 0`,
	} {
		if got := w.number(query, s.ID, s.ContactID); got != 0 {
			t.Errorf("%s: %d are somebody else's", what, got)
		}
	}
	w.heard(sven, "wamid.s4", "Sven again", shortly.Add(6*time.Minute))
	same(t, "Sven", w.bodies(s.ID)[3:], []string{"Sven again"})
}

// What the team did with the one thread counts for both.
func TestReadAndAnsweredTogether(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.heard(nora, "wamid.n1", "I am Nora", shortly)
	n := w.only()
	noErr(t, w.inbox.Close(t.Context(), w.owner, n.ID))
	w.heard(sven, "wamid.s1", "I am Sven", shortly.Add(time.Minute))
	s := w.talkOf(sven)
	w.merge(n.ContactID, s.ContactID)
	if c := w.only(); c.Status != inbox.Open || !c.Waits() {
		t.Errorf("together they are %+v", c)
	}
	w.apart(n.ContactID)
	if c := w.talkOf(nora); c.Status != inbox.Closed || c.Waits() || c.UnreadCount != 1 || c.LastInboundAt != n.LastInboundAt || c.WindowExpiresAt != n.WindowExpiresAt {
		t.Errorf("Nora has %+v", c)
	}
	if c := w.talkOf(sven); c.Status != inbox.Open || c.WaitingSince != s.WaitingSince || c.UnreadCount != 1 {
		t.Errorf("Sven has %+v", c)
	}

	w.clock.set(shortly.Add(time.Hour))
	w.merge(n.ContactID, s.ContactID)
	noErr(t, w.inbox.MarkRead(t.Context(), w.owner, n.ID))
	noErr(t, w.inbox.Close(t.Context(), w.owner, n.ID))
	w.exec(`DELETE FROM message WHERE wa_id = 'wamid.s1'`)
	w.apart(n.ContactID)
	for _, phone := range []string{nora, sven} {
		if c := w.talkOf(phone); c.UnreadCount != 0 || c.Waits() {
			t.Errorf("%s has %+v", phone, c)
		}
	}
	if c := w.talkOf(sven); c.ID != s.ID || c.LastMessageID != 0 || c.LastPreview.Text != "" || len(w.bodies(c.ID)) != 0 {
		t.Errorf("a message that is erased came back: %+v", c)
	}
}

// Three were made one: they come apart in any order.
func TestThreeComeApart(t *testing.T) {
	t.Parallel()
	const tove = "46701740633"
	for name, order := range map[string][]int{"newest first": {0, 1}, "oldest first": {1, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newReceiving(t)
			phones := []string{nora, sven, tove}
			before := map[string]inbox.Conversation{}
			for i, phone := range phones {
				w.heard(phone, "wamid."+phone, "from "+phone, shortly.Add(time.Duration(i)*time.Minute))
			}
			for _, phone := range phones {
				before[phone] = w.talkOf(phone)
			}
			keep := before[nora].ContactID
			w.merge(keep, before[sven].ContactID)
			w.merge(keep, before[tove].ContactID)
			merges, err := w.contacts.MergesOf(w.q(), w.owner.OrgID, keep)
			noErr(t, err)
			for i, n := range order {
				_, _, err := w.contacts.UndoMerge(t.Context(), w.owner, merges[n].ID)
				noErr(t, err)
				left := before[phones[1+n]].LastInboundAt
				if c := w.talkOf(nora); i == 0 && (c.LastInboundAt != left || c.UnreadCount != 2) {
					t.Errorf("half apart it is %+v", c)
				}
			}
			for phone, was := range before {
				is := w.talkOf(phone)
				is.Rev, is.Contact = was.Rev, was.Contact
				if fmt.Sprintf("%+v", is) != fmt.Sprintf("%+v", was) {
					t.Errorf("%s had\n%+v and has\n%+v", phone, was, is)
				}
			}
		})
	}
}

// A group is one for both; what either had written in it is theirs again.
func TestGroupsComeApart(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	group := func(from, wamid, body string) {
		item := textItem(wamid, from, body, shortly)
		item["group_id"] = "Y2FwaV9ncm91cDoxOTUwNTU1MDA3OToxMjAzNjMzOTQz"
		w.post(bodyOf(t, "messages", map[string]any{"messages": []any{item}}))
	}
	group(sven, "wamid.s1", "Sven here")
	group(nora, "wamid.n1", "Nora here")
	c := w.only()
	n := w.number(`SELECT contact_id FROM message WHERE wa_id = 'wamid.n1'`)
	w.merge(int64(n), c.ContactID)
	group(sven, "wamid.s2", "still Sven")
	w.apart(int64(n))
	if got := w.only(); got.ID != c.ID || got.ContactID != c.ContactID {
		t.Errorf("the group is of %d", got.ContactID)
	}
	for wamid, want := range map[string]int64{"wamid.s1": c.ContactID, "wamid.n1": int64(n), "wamid.s2": int64(n)} {
		if got := w.number(`SELECT contact_id FROM message WHERE wa_id = ?`, wamid); int64(got) != want {
			t.Errorf("%s is of %d, want %d", wamid, got, want)
		}
	}
}

// Nothing is kept of a thread that nobody can take apart any more: of someone
// erased, of a merge that is old, or of one that became part of a third.
func TestJoinsAreForgotten(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]func(w *receiving, into, third int64){
		"erased": func(w *receiving, into, _ int64) { noErr(t, w.contacts.Erase(t.Context(), w.owner, into)) },
		"merged": func(w *receiving, into, third int64) {
			w.merge(third, into)
			w.apart(third)
		},
		"old": func(w *receiving, into, third int64) {
			w.clock.set(shortly.Add(contact.MergeKept + time.Hour))
			w.merge(third, into)
			w.apart(third)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newReceiving(t)
			w.heard(nora, "wamid.n1", "I am Nora", shortly)
			w.heard(sven, "wamid.s1", "I am Sven", shortly)
			w.heard("46701740633", "wamid.t1", "I am Tove", shortly)
			n, s, third := w.talkOf(nora), w.talkOf(sven), w.talkOf("46701740633")
			w.merge(n.ContactID, s.ContactID)
			if w.number(`SELECT COUNT(*) FROM conversation_join WHERE state NOT LIKE '%Sven%'`) != 1 {
				t.Fatal("nothing was kept, or too much")
			}
			forget(w, n.ContactID, third.ContactID)
			if left := w.number(`SELECT COUNT(*) FROM conversation_join`); left != 0 {
				t.Errorf("%d are kept", left)
			}
		})
	}
}

// A long thread goes back in one step that nobody notices.
func TestLongThreadComesApart(t *testing.T) {
	t.Parallel()
	const long = 5000
	w := newReceiving(t)
	w.heard(nora, "wamid.n1", "I am Nora", shortly)
	w.heard(sven, "wamid.s1", "I am Sven", shortly)
	n, s := w.talkOf(nora), w.talkOf(sven)
	noErr(t, w.db.Write(t.Context(), func(tx *db.Tx) error {
		for i := range long {
			if _, err := tx.Exec(`INSERT INTO message(id, org_id, conversation_id, contact_id, channel_id, direction, type, body, status, at, created_at)
				VALUES(?, ?, ?, ?, ?, 'INBOUND', 'TEXT', 'more', 'RECEIVED', ?, ?)`, tx.NewID(), s.OrgID, s.ID, s.ContactID, s.ChannelID, tx.Now()+int64(i), tx.Now()); err != nil {
				return err
			}
		}
		return nil
	}))
	w.merge(n.ContactID, s.ContactID)
	began := time.Now()
	w.apart(n.ContactID)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	if got := w.number(`SELECT COUNT(*) FROM message WHERE conversation_id = ? AND contact_id = ?`, s.ID, s.ContactID); got != long+1 {
		t.Errorf("%d messages went back", got)
	}
}
