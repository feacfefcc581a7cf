package inbox_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/meta/sim"
)

func wantCode(t *testing.T, err error, kind errs.Kind, code string) {
	t.Helper()
	e := errs.As(err)
	if e == nil || e.Kind != kind || e.Code != code {
		t.Errorf("error %v, want kind %d code %q", err, kind, code)
	}
}

func TestSendText(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Is it open today?")
	if c := s.conversation(conv); c.UnreadCount != 1 || c.AssigneeID != 0 {
		t.Fatalf("before: %+v", c)
	}
	m := s.text(conv, "Yes, see https://shop.example")
	if m.Status != inbox.StatusSent && m.Status != inbox.StatusDelivered || m.WaID == "" || m.SentByKind != inbox.SentByUser || m.SentByID != s.agent.UserID {
		t.Fatalf("message %+v", m)
	}
	got := s.onPhone(s.phone, "the answer", func(m sim.PhoneMessage) bool { return m.Text == "Yes, see https://shop.example" })
	if got.ID != m.WaID {
		t.Errorf("wamid %q on the phone, %q here", got.ID, m.WaID)
	}
	m = s.becomes(m.ID, inbox.StatusDelivered, inbox.StatusRead)
	if m.SentAt == 0 || m.DeliveredAt == 0 {
		t.Errorf("times %d %d", m.SentAt, m.DeliveredAt)
	}
	s.phone.SetOpen(true)
	s.phone.Read(m.WaID)
	s.becomes(m.ID, inbox.StatusRead)
	c := s.conversation(conv)
	if c.UnreadCount != 0 || c.AssigneeID != s.agent.UserID || c.LastMessageID != m.ID || c.LastPreview.Status != inbox.StatusRead {
		t.Errorf("after: %+v", c)
	}
	s.eventually("the read receipt", func() bool { return len(s.sim.Reads()) == 1 })
	if n := len(s.eventsOf("message.sent")); n != 1 {
		t.Errorf("%d message.sent", n)
	}
	if n := len(s.eventsOf("conversation.assigned")); n != 1 {
		t.Errorf("%d conversation.assigned", n)
	}
}

func TestSendEveryType(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Show me")
	picture := s.upload("desk.jpg", jpegOf(t))
	paper := s.upload("offer.pdf", []byte("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"))
	for _, in := range []inbox.SendInput{
		{Type: "IMAGE", UploadKey: picture, Caption: "In oak"},
		{Type: "DOCUMENT", UploadKey: paper, FileName: "Offer – عرض.pdf", Caption: "Our offer"},
		{Type: "LOCATION", Location: &inbox.Location{Latitude: 24.7, Longitude: 46.6, Name: "Shop"}},
	} {
		in.Async = true
		s.send(conv, in)
	}
	s.clock.skip(2 * time.Second)
	p := s.onPhone(s.phone, "the picture", func(m sim.PhoneMessage) bool { return m.Type == "image" })
	if p.Text != "In oak" || len(p.Media) == 0 || p.MediaType != "image/jpeg" {
		t.Errorf("picture %q %q, %d bytes", p.Text, p.MediaType, len(p.Media))
	}
	s.clock.skip(3 * time.Second)
	d := s.onPhone(s.phone, "the document", func(m sim.PhoneMessage) bool { return m.Type == "document" })
	if d.Filename != "Offer – عرض.pdf" || d.Text != "Our offer" {
		t.Errorf("document %q %q", d.Filename, d.Text)
	}
	s.clock.skip(3 * time.Second)
	l := s.onPhone(s.phone, "the place", func(m sim.PhoneMessage) bool { return m.Type == "location" })
	if l.Latitude != 24.7 || l.Longitude != 46.6 {
		t.Errorf("place %v %v", l.Latitude, l.Longitude)
	}
	var kinds []string
	for _, r := range s.sim.Sends() {
		kinds = append(kinds, r.Type)
	}
	if !slices.Equal(kinds, []string{"image", "document", "location"}) {
		t.Errorf("sent %v", kinds)
	}
}

func TestSendReplyAndReaction(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	asked := s.phone.SendText(shopNumber, "How much?")
	question := s.messageOf(asked)
	m := s.send(question.ConversationID, inbox.SendInput{Type: "TEXT", Body: "Ten", ReplyTo: question.ID})
	if got := s.onPhone(s.phone, "the quote", func(m sim.PhoneMessage) bool { return m.Text == "Ten" }); got.ReplyTo != asked {
		t.Errorf("quotes %q, want %q", got.ReplyTo, asked)
	}
	s.clock.skip(time.Second)
	r := s.send(question.ConversationID, inbox.SendInput{Type: "REACTION", TargetID: question.ID, Emoji: "👍"})
	if r.Status != inbox.StatusSent {
		t.Fatalf("reaction %+v", r)
	}
	if q := s.message(question.ID); len(q.Reactions) != 1 || q.Reactions[0].Emoji != "👍" || q.Reactions[0].ContactID != 0 {
		t.Errorf("reactions %+v", q.Reactions)
	}
	if c := s.conversation(question.ConversationID); c.LastMessageID != m.ID {
		t.Errorf("a reaction became the last message")
	}
	s.clock.skip(time.Second)
	s.send(question.ConversationID, inbox.SendInput{Type: "REACTION", TargetID: question.ID})
	if q := s.message(question.ID); len(q.Reactions) != 0 {
		t.Errorf("reactions %+v", q.Reactions)
	}
	_, err := s.inbox.Send(t.Context(), s.agent, question.ConversationID, inbox.SendInput{Type: "REACTION", TargetID: question.ID})
	wantCode(t, err, errs.Conflict, "no_reaction")

	s.sim.Misbehave(sim.Behaviour{FailNext: 1, FailCode: 131009})
	s.clock.skip(time.Second)
	r = s.send(question.ConversationID, inbox.SendInput{Type: "REACTION", TargetID: question.ID, Emoji: "🎉"})
	if q := s.message(question.ID); r.Status != inbox.StatusFailed || len(q.Reactions) != 0 {
		t.Errorf("failed reaction: %s, %+v", r.Status, q.Reactions)
	}
}

func TestSendToUserIDAndChangedNumber(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	shy := s.sim.Customer(sim.Customer{UserID: "SA.12345678901234567890", Name: "Shy", Username: "shy.one"})
	conv := s.hello(shy, "No number for you")
	s.text(conv, "Fine")
	s.onPhone(shy, "the answer", func(m sim.PhoneMessage) bool { return m.Text == "Fine" })
	if sent := s.sim.Sends(); len(sent) != 1 || sent[0].Outcome != "accepted" {
		t.Errorf("sends %+v", sent)
	}
}

func TestSendKeepsOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Count")
	var want []string
	for i := range 8 {
		want = append(want, fmt.Sprint(i))
		s.send(conv, inbox.SendInput{Type: "TEXT", Body: fmt.Sprint(i), Async: true})
	}
	s.eventually("all texts", func() bool { return len(s.texts(s.phone)) == len(want) })
	if got := s.texts(s.phone); !slices.Equal(got, want) {
		t.Errorf("on the phone %v", got)
	}
	sends := s.sim.Sends()
	for i := 1; i < len(sends); i++ {
		if gap := sends[i].At.Sub(sends[i-1].At); gap < 290*time.Millisecond {
			t.Errorf("send %d only %v after the one before", i, gap)
		}
	}
}

func TestDoubleClick(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	var all sync.WaitGroup
	ids := make([]int64, 20)
	for i := range ids {
		all.Go(func() {
			m, err := s.inbox.Send(t.Context(), s.agent, conv, inbox.SendInput{Type: "TEXT", Body: "Once", ClientID: "c-1"})
			if err != nil {
				t.Error(err)
			}
			ids[i] = m.ID
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("ids %v", ids)
		}
	}
	if n := len(s.sim.Sends()); n != 1 {
		t.Errorf("%d POSTs", n)
	}
	_, err := s.inbox.Send(t.Context(), s.agent, conv, inbox.SendInput{Type: "TEXT", Body: "Twice", ClientID: "c-1"})
	wantCode(t, err, errs.Conflict, "client_id_reused")
}

func TestSendRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	long := make([]byte, 4097)
	for i := range long {
		long[i] = 'a'
	}
	for name, in := range map[string]inbox.SendInput{
		"empty":          {Type: "TEXT", Body: " \n"},
		"long":           {Type: "TEXT", Body: string(long)},
		"no type":        {Body: "x"},
		"unknown type":   {Type: "POEM", Body: "x"},
		"two files":      {Type: "IMAGE", UploadKey: "a", MediaURL: "https://a.example/b.jpg"},
		"no file":        {Type: "IMAGE"},
		"plain http":     {Type: "IMAGE", MediaURL: "http://a.example/b.jpg"},
		"unknown upload": {Type: "IMAGE", UploadKey: "nothing"},
		"audio caption":  {Type: "AUDIO", MediaURL: "https://a.example/b.mp3", Caption: "x"},
		"no place":       {Type: "LOCATION"},
		"far place":      {Type: "LOCATION", Location: &inbox.Location{Latitude: 91}},
		"no target":      {Type: "REACTION", Emoji: "👍"},
		"strange emoji":  {Type: "REACTION", Emoji: "<b>", TargetID: 1},
		"strange quote":  {Type: "TEXT", Body: "x", ReplyTo: 77},
	} {
		if _, err := s.inbox.Send(t.Context(), s.agent, conv, in); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	pdf := s.upload("offer.pdf", []byte("%PDF-1.4\n%%EOF\n"))
	if _, err := s.inbox.Send(t.Context(), s.agent, conv, inbox.SendInput{Type: "IMAGE", UploadKey: pdf}); !errs.Is(err, errs.Unprocessable) {
		t.Errorf("a paper as picture: %v", err)
	}
	viewer := s.agent
	viewer.Role = "VIEWER"
	if _, err := s.inbox.Send(t.Context(), viewer, conv, inbox.SendInput{Type: "TEXT", Body: "x"}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a viewer: %v", err)
	}
	before := s.head()
	if _, err := s.inbox.Send(t.Context(), s.other, conv, inbox.SendInput{Type: "TEXT", Body: "x"}); !errs.Is(err, errs.NotFound) {
		t.Errorf("another organisation: %v", err)
	}
	if s.head() != before || len(s.sim.Sends()) != 0 {
		t.Error("a refusal left something behind")
	}
}

func TestWindowCloses(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	s.clock.skip(24*time.Hour - 30*time.Second)
	_, err := s.inbox.Send(t.Context(), s.agent, conv, inbox.SendInput{Type: "TEXT", Body: "Too late"})
	wantCode(t, err, errs.Conflict, "window_closed")
	if n := len(s.sim.Sends()); n != 0 {
		t.Errorf("%d POSTs", n)
	}
	s.hello(s.phone, "Still there?")
	if m := s.text(conv, "Yes"); m.Status != inbox.StatusSent && m.Status != inbox.StatusDelivered {
		t.Errorf("status %s", m.Status)
	}
}

func TestCollision(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	sami := s.staff("Sami", "sami@shop.example", "Shop", "AGENT")
	seen := s.head()
	s.clock.skip(10 * time.Millisecond)
	mine := s.text(conv, "From Aisha")
	_, err := s.inbox.Send(t.Context(), sami, conv, inbox.SendInput{Type: "TEXT", Body: "From Sami", SeenRev: seen})
	wantCode(t, err, errs.Conflict, "seen_newer")
	newer, err := s.inbox.NewerReplies(s.q(), sami, conv, seen)
	if err != nil || !slices.Equal(newer, []int64{mine.ID}) {
		t.Errorf("newer %v, %v", newer, err)
	}
	s.becomes(mine.ID, inbox.StatusDelivered)
	seen = s.head()
	s.phone.Read(mine.WaID)
	s.becomes(mine.ID, inbox.StatusRead)
	s.clock.skip(time.Second)
	if _, err := s.inbox.Send(t.Context(), sami, conv, inbox.SendInput{Type: "TEXT", Body: "From Sami", SeenRev: seen}); err != nil {
		t.Errorf("ticks counted as an answer: %v", err)
	}
	if c := s.conversation(conv); c.AssigneeID != s.agent.UserID {
		t.Error("a second answer took the conversation over")
	}
}

// TestAClockThatIsSetBackStopsNobody: what was said a moment ago does not hold
// up the next message for an hour.
func TestAClockThatIsSetBackStopsNobody(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Is it open today?")
	s.text(conv, "Yes")
	s.clock.skip(-time.Hour)
	s.becomes(s.text(conv, "until nine").ID, inbox.StatusSent, inbox.StatusDelivered, inbox.StatusRead)
}
