package webhook_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/event"
	"badala/app/inbox"
	"badala/app/meta/sim"
	"badala/app/webhook"
)

// shop is a world with a number at a simulated Meta, and an endpoint that asks
// for everything.
type shop struct {
	*world
	sim    *sim.Sim
	phone  *sim.Phone
	number channel.Channel
	r      *receiver
	hook   webhook.Endpoint
}

const number = "880010000000001"

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{r: newReceiver(t), sim: sim.New(sim.Options{RetryFirst: 20 * time.Millisecond})}
	graph := httptest.NewServer(s.sim)
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = s.inbox.Accept(r.Context(), body, r.Header.Get("X-Hub-Signature-256"))
		}
		if err != nil {
			http.Error(w, "later", http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(func() {
		s.sim.Close()
		door.Close()
		graph.Close()
	})
	s.world = newWorldWith(t, webhook.Options{}, graph.URL)
	s.sim.SetCallback(door.URL)
	s.sim.AddNumber(sim.Number{PhoneNumberID: number, WABAID: "770010000000001", DisplayPhoneNumber: "+966500000001",
		AccessToken: "EAAshop", AppSecret: "shop-secret", AppID: "9901", VerifyToken: "v1"})
	var err error
	s.number, err = s.channels.Create(t.Context(), s.owner, channel.Draft{Name: "Shop", PhoneNumber: "+966500000001", PhoneNumberID: number,
		WABAID: "770010000000001", AccessToken: "EAAshop", AppSecret: "shop-secret", VerifyToken: "v1"})
	s.ok(err)
	var names []string
	for _, e := range webhook.Events {
		names = append(names, e.Name)
	}
	s.hook, _ = s.world.hook(s.r.URL, names...)
	s.phone = s.sim.Customer(sim.Customer{Phone: "966512345678", Name: "Huda"})
	return s
}

// told gives the data of the n-th event of a type, waiting for it.
func (s *shop) told(name string, n int) (data map[string]any) {
	s.Helper()
	s.eventually(name, func() bool {
		seen := 0
		for _, c := range s.r.calls() {
			if e := c.envelope(s); e.Event == name {
				if seen++; seen == n {
					data = e.Data
					return true
				}
			}
		}
		return false
	})
	return data
}

// names are the events that were told, sorted.
func (s *shop) names() (all []string) {
	for _, c := range s.r.calls() {
		all = append(all, c.header.Get("X-Badala-Event"))
	}
	slices.Sort(all)
	return all
}

func has(t *testing.T, what string, data, want map[string]any) {
	t.Helper()
	for name, v := range want {
		if got := data[name]; got != v {
			t.Errorf("%s: %s is %v, want %v", what, name, got, v)
		}
	}
}

func TestEveryEventOfAConversation(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.phone.SendText(number, "ORDER 12345")
	in := s.told("message.received", 1)
	has(t, "received", in, map[string]any{"from": "+966512345678", "to": "+966500000001", "type": "TEXT", "body": "ORDER 12345", "status": "RECEIVED",
		"caption": nil, "mediaUrl": nil, "error": nil, "externalId": nil})
	if in["waMessageId"] == nil || in["occurredAt"] == nil || in["version"] == nil {
		t.Errorf("%v", in)
	}
	created := s.told("contact.created", 1)
	has(t, "contact.created", created, map[string]any{"phone": "+966512345678", "name": "Huda", "origin": "WHATSAPP", "source": "WHATSAPP", "id": in["contactId"], "changed": nil})
	open := s.told("conversation.created", 1)
	has(t, "conversation.created", open, map[string]any{"conversationId": in["conversationId"], "contactId": in["contactId"], "channelId": in["channelId"], "status": "OPEN",
		"assigneeId": nil, "reason": nil, "url": "https://inbox.example.com/inbox?conv=" + in["conversationId"].(string)})
	has(t, "its contact", open["contact"].(map[string]any), map[string]any{"name": "Huda", "phone": "+966512345678"})

	conv, err := db.ParseID("conv", in["conversationId"].(string))
	s.ok(err)
	who, err := db.ParseID("contact", in["contactId"].(string))
	s.ok(err)
	external := "CRM-7"
	_, err = s.contacts.Update(t.Context(), s.owner, who, contact.Patch{ExternalID: &external})
	s.ok(err)
	has(t, "contact.updated", s.told("contact.updated", 1), map[string]any{"externalId": "CRM-7", "origin": "MANUAL"})
	if c := s.told("contact.updated", 1)["changed"].([]any); len(c) != 1 || c[0] != "externalId" {
		t.Errorf("changed: %v", c)
	}

	bilal := s.member("Bilal", "bilal@shop.example", "Shop", account.Agent)
	s.ok(s.inbox.Assign(t.Context(), s.owner, conv, bilal.UserID))
	s.ok(s.inbox.Assign(t.Context(), s.owner, conv, s.owner.UserID))
	// Two events of one moment may come in either order.
	given := s.told("conversation.assigned", 2)
	if given["previousAssigneeId"] == nil {
		given = s.told("conversation.assigned", 1)
	}
	has(t, "assigned", given, map[string]any{"assigneeId": db.FormatID("user", s.owner.UserID), "assigneeName": "Aisha",
		"previousAssigneeId": db.FormatID("user", bilal.UserID), "reason": "MANUAL"})

	m, err := s.inbox.Send(t.Context(), s.owner, conv, inbox.SendInput{Type: "TEXT", Body: "On its way"})
	s.ok(err)
	for name, status := range map[string]string{"message.sent": "SENT", "message.delivered": "DELIVERED"} {
		has(t, name, s.told(name, 1), map[string]any{"messageId": db.FormatID("msg", m.ID), "from": "+966500000001", "to": "+966512345678", "body": "On its way",
			"status": status, "externalId": "CRM-7"})
	}
	s.phone.Read(s.told("message.delivered", 1)["waMessageId"].(string))
	has(t, "read", s.told("message.read", 1), map[string]any{"status": "READ"})

	s.ok(s.inbox.Close(t.Context(), s.owner, conv))
	has(t, "closed", s.told("conversation.closed", 1), map[string]any{"status": "CLOSED", "assigneeName": "Aisha"})
	s.ok(s.inbox.Reopen(t.Context(), s.owner, conv))
	has(t, "reopened", s.told("conversation.reopened", 1), map[string]any{"status": "OPEN"})

	s.ok(s.contacts.Erase(t.Context(), s.owner, who))
	has(t, "contact.deleted", s.told("contact.deleted", 1), map[string]any{"contactId": in["contactId"], "externalId": "CRM-7"})
}

func TestAFileIsTold(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.phone.SendPicture(number, "the receipt")
	in := s.told("message.received", 1)
	has(t, "received", in, map[string]any{"type": "IMAGE", "caption": "the receipt", "mediaContentType": "image/jpeg"})
	url, _ := in["mediaUrl"].(string)
	path, ok := strings.CutPrefix(url, "https://inbox.example.com")
	if !ok {
		t.Fatalf("mediaUrl %q", url)
	}
	// It serves as long as the delivery may be tried.
	s.clock.ahead.Add(int64(6 * 24 * time.Hour))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	s.ok(err)
	rec := httptest.NewRecorder()
	s.media.Handler().ServeHTTP(rec, req)
	if rec.Code != http.StatusOK || rec.Body.Len() == 0 {
		t.Errorf("mediaUrl answers %d", rec.Code)
	}
}

func TestAFailureIsTold(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.phone.SendText(number, "hello")
	conv, err := db.ParseID("conv", s.told("message.received", 1)["conversationId"].(string))
	s.ok(err)
	s.phone.SetOffline(true)
	_, err = s.inbox.Send(t.Context(), s.owner, conv, inbox.SendInput{Type: "TEXT", Body: "lost"})
	s.ok(err)
	s.phone.Fail(s.told("message.sent", 1)["waMessageId"].(string), 131026)
	failed := s.told("message.failed", 1)
	e, _ := failed["error"].(map[string]any)
	if failed["status"] != "FAILED" || e["code"] != 131026.0 || e["title"] == "" {
		t.Errorf("%v", failed)
	}
}

// TestAChangeOfNothingTellsNothing does everything twice.
func TestAChangeOfNothingTellsNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.phone.SendText(number, "hello")
	in := s.told("message.received", 1)
	conv, err := db.ParseID("conv", in["conversationId"].(string))
	s.ok(err)
	who, err := db.ParseID("contact", in["contactId"].(string))
	s.ok(err)
	name, ctx := "Huda H.", t.Context()
	for range 2 {
		_, err = s.contacts.Update(ctx, s.owner, who, contact.Patch{Name: &name})
		s.ok(err)
		s.ok(s.inbox.Assign(ctx, s.owner, conv, s.owner.UserID))
		s.ok(s.inbox.Close(ctx, s.owner, conv))
		s.ok(s.inbox.MarkRead(ctx, s.owner, conv))
	}
	for range 2 {
		s.ok(s.inbox.Reopen(ctx, s.owner, conv))
	}
	s.told("conversation.reopened", 1)
	s.eventually("all told", func() bool { return s.endpoint(s.hook.ID).Pending == 0 })
	want := []string{"contact.created", "contact.updated", "conversation.assigned", "conversation.closed", "conversation.created", "conversation.reopened", "message.received"}
	if got := s.names(); !slices.Equal(got, want) {
		t.Errorf("told %q", got)
	}
}

func TestEachEventHasOneIDForAllEndpoints(t *testing.T) {
	t.Parallel()
	w, a, b := newWorld(t), newReceiver(t), newReceiver(t)
	w.hook(a.URL)
	w.hook(b.URL)
	w.happen(1)
	w.eventually("both told", func() bool { return a.count() == 1 && b.count() == 1 })
	x, y := a.calls()[0].envelope(t), b.calls()[0].envelope(t)
	if x.EventID != y.EventID || x.DeliveryID == y.DeliveryID || !strings.HasPrefix(x.EventID, "evt_") {
		t.Errorf("%s %s, %s %s", x.EventID, y.EventID, x.DeliveryID, y.DeliveryID)
	}
}

func TestLongTextsAreShortened(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	w.hook(r.URL, "contact.created")
	long := strings.Repeat("ب", 9_000)
	fields := map[string]*string{}
	for _, name := range strings.Split("abcdefgh", "") {
		fields[name] = &long
	}
	phone := "+966512345678"
	_, _, err := w.contacts.Upsert(t.Context(), w.owner, contact.UpsertInput{Patch: contact.Patch{Phone: &phone, Notes: &long, Custom: fields}})
	w.ok(err)
	w.eventually("told", func() bool { return r.count() == 1 })
	c := r.calls()[0]
	e := c.envelope(t)
	if len(c.body) > 64<<10 || e.Data["truncated"] != true || e.Data["phone"] != phone || !strings.HasPrefix(long, e.Data["notes"].(string)) {
		t.Errorf("%d bytes: %.200s", len(c.body), c.body)
	}
}

// TestABugWhileRenderingUndoesNothing records an event whose data is none.
func TestABugWhileRenderingUndoesNothing(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	w.hook(r.URL, "conversation.assigned", "broadcast.finished")
	w.ok(w.db.Write(context.Background(), func(tx *db.Tx) error {
		_, err := w.events.Record(tx, event.Event{OrgID: w.owner.OrgID, Type: "broadcast.finished", ActorKind: "SYSTEM", ChannelID: 7, Data: []byte(`{"broken`)})
		return err
	}))
	w.eventually("told with its ids", func() bool { return r.count() == 1 })
	if d := r.calls()[0].envelope(t).Data; d["channelId"] != db.FormatID("chan", 7) {
		t.Errorf("%v", d)
	}
}

func TestErasedContactIsNotTold(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	r.does(func(w http.ResponseWriter, req *http.Request) {
		w.WriteHeader(500)
		_, _ = w.Write([]byte("cannot file +966512345678"))
	})
	e, _ := w.hook(r.URL, "contact.created", "contact.updated", "contact.deleted")
	phone, name := "+966512345678", "Huda"
	c, _, err := w.contacts.Upsert(t.Context(), w.owner, contact.UpsertInput{Patch: contact.Patch{Phone: &phone}})
	w.ok(err)
	w.eventually("tried", func() bool { return w.one(e.ID).Attempts == 1 })
	_, err = w.contacts.Update(t.Context(), w.owner, c.ID, contact.Patch{Name: &name})
	w.ok(err)
	w.quiet()
	w.ok(w.contacts.Erase(t.Context(), w.owner, c.ID))
	if n := len(w.list(e.ID, webhook.Erased)); n != 2 {
		t.Errorf("%d deliveries are erased", n)
	}
	for _, query := range []string{`SELECT count(*) FROM webhook_event WHERE instr(body, '96651234') OR instr(body, 'Huda')`,
		`SELECT count(*) FROM webhook_delivery WHERE instr(response, '96651234') AND event <> 'contact.deleted'`, `SELECT count(*) FROM webhook_attempt WHERE instr(response, '96651234')`} {
		if n, err := db.Value[int](w.q(), query); err != nil || n != 0 {
			t.Errorf("%s: %d %v", query, n, err)
		}
	}
	if err := w.hooks.Redeliver(t.Context(), w.owner, e.ID, w.list(e.ID, webhook.Erased)[0].ID); err == nil {
		t.Error("an erased delivery is sent again")
	}
	r.says(200)
	w.skip(time.Minute)
	w.eventually("the deletion is told", func() bool {
		d := w.list(e.ID, webhook.Delivered)
		return len(d) == 1 && d[0].Event == "contact.deleted"
	})
	if h := w.endpoint(e.ID); h.Pending != 0 {
		t.Errorf("%+v", h)
	}
}
