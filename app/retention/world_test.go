package retention_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/broadcast"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/contact/importer"
	"badala/app/db"
	"badala/app/db/dbtest"
	"badala/app/event"
	"badala/app/inbox"
	"badala/app/media"
	"badala/app/meta"
	"badala/app/queue"
	"badala/app/retention"
	"badala/app/webhook"
)

const day = 24 * time.Hour

// handClock stands still until it is moved.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) skip(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is an install with two organisations, a number each, and no workers.
type world struct {
	testing.TB
	clock    *handClock
	db       *db.DB
	queue    *queue.Queue
	media    *media.Service
	channels *channel.Service
	inbox    *inbox.Service
	keep     *retention.Service
	mine     *shop
	theirs   *shop
}

// shop is an organisation with a number.
type shop struct {
	w      *world
	owner  account.Actor
	number string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	ctx, log := context.Background(), slog.New(slog.DiscardHandler)
	w := &world{TB: t, clock: &handClock{now: time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)}}
	var err error
	w.db, err = db.Open(dbtest.File(t), db.Options{Clock: w.clock})
	w.ok(err)
	t.Cleanup(func() { w.ok(w.db.Close()) })
	events := event.New()
	w.queue = queue.New(w.db, log)
	client := meta.New("http://127.0.0.1:1", "v26.0")
	accounts := account.New(w.db, events, log, account.Options{HashMemory: 64})
	contacts := contact.New(w.db, events, log)
	w.media, err = media.New(ctx, w.db, w.queue, log, media.Options{})
	w.ok(err)
	w.channels, err = channel.New(ctx, w.db, events, w.queue, client, log, channel.Options{})
	w.ok(err)
	w.inbox = inbox.New(inbox.Deps{DB: w.db, Events: events, Queue: w.queue, Meta: client, Channels: w.channels,
		Contacts: contacts, Media: w.media, Accounts: accounts, Log: log})
	imports, err := importer.New(importer.Deps{DB: w.db, Events: events, Queue: w.queue, Contacts: contacts, Log: log})
	w.ok(err)
	_, err = broadcast.New(broadcast.Deps{DB: w.db, Events: events, Queue: w.queue, Accounts: accounts, Contacts: contacts, Imports: imports,
		Channels: w.channels, Inbox: w.inbox, Log: log})
	w.ok(err)
	hooks, err := webhook.New(webhook.Deps{DB: w.db, Events: events, Queue: w.queue, Accounts: accounts, Contacts: contacts,
		Inbox: w.inbox, Media: w.media, Log: log})
	w.ok(err)
	w.keep, err = retention.New(retention.Deps{DB: w.db, Queue: w.queue, Channels: w.channels, Inbox: w.inbox, Webhooks: hooks})
	w.ok(err)
	w.mine, w.theirs = w.shop("Walnut Works", "601448210093142"), w.shop("Other", "604990127735180")
	return w
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) q() db.Q { return w.db.Read(context.Background()) }

func (w *world) write(fn func(tx *db.Tx) error) {
	w.Helper()
	w.ok(w.db.Write(context.Background(), fn))
}

func (w *world) count(query string, args ...any) int64 {
	w.Helper()
	n, err := db.Value[int64](w.q(), query, args...)
	w.ok(err)
	return n
}

// settle works until no job is due.
func (w *world) settle() {
	w.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- w.queue.Run(ctx) }()
	w.ok(w.queue.Idle(ctx))
	stop()
	<-done
}

func (w *world) shop(name, number string) *shop {
	w.Helper()
	s := &shop{w: w, number: number}
	w.write(func(tx *db.Tx) error {
		s.owner = account.Actor{OrgID: tx.NewID(), UserID: tx.NewID(), Role: account.Owner, Name: name, Kind: account.KindUser}
		_, err := tx.Exec(`INSERT INTO org(id, name, timezone, created_at) VALUES(?, ?, 'UTC', ?)`, s.owner.OrgID, name, tx.Now())
		return err
	})
	_, err := w.channels.Create(context.Background(), s.owner, channel.Draft{Name: name, PhoneNumber: "+1212555" + number[:4], PhoneNumberID: number,
		WABAID: "7" + number, AccessToken: "token", AppSecret: "secret-" + number, VerifyToken: "verify-" + number})
	w.ok(err)
	return s
}

// hear hands in what a customer writes now, and gives the message.
func (s *shop) hear(wamid, from, text string) inbox.Message {
	s.w.Helper()
	stamp, err := json.Marshal(s.w.clock.Now().Unix())
	s.w.ok(err)
	body, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": []any{map[string]any{"id": "7" + s.number, "changes": []any{
		map[string]any{"field": "messages", "value": map[string]any{"messaging_product": "whatsapp",
			"metadata": map[string]string{"display_phone_number": "1212555" + s.number[:4], "phone_number_id": s.number},
			"contacts": []any{map[string]any{"profile": map[string]string{"name": "Huda"}, "wa_id": from}},
			"messages": []any{map[string]any{"id": wamid, "from": from, "timestamp": string(stamp), "type": "text", "text": map[string]string{"body": text}}}}}}}}})
	s.w.ok(err)
	s.w.ok(s.w.inbox.Accept(context.Background(), body, meta.Sign("secret-"+s.number, body)))
	id, err := db.Value[int64](s.w.q(), `SELECT id FROM message WHERE org_id = ? AND wa_id = ?`, s.owner.OrgID, wamid)
	s.w.ok(err)
	m, err := s.w.inbox.Message(s.w.q(), s.owner.OrgID, id)
	s.w.ok(err)
	return m
}

// say puts a message into a thread now, as far as status, with a file or 0.
func (s *shop) say(to inbox.Message, status string, file int64) (id int64) {
	s.w.Helper()
	s.w.write(func(tx *db.Tx) error {
		id = tx.NewID()
		_, err := tx.Exec(`INSERT INTO message (id, org_id, conversation_id, contact_id, channel_id, direction, type, body, media_id, status, at, created_at)
			VALUES (?, ?, ?, ?, ?, 'OUTBOUND', 'TEXT', 'as you like', ?, ?, ?, ?)`, id, s.owner.OrgID, to.ConversationID, to.ContactID, to.ChannelID, file, status, tx.Now(), tx.Now())
		return err
	})
	return id
}

// file stores a file now.
func (s *shop) file(text string) media.Media {
	s.w.Helper()
	m, err := s.w.media.Store(context.Background(), s.owner.OrgID, bytes.NewReader([]byte(text)), media.StoreOptions{FileName: "passport.txt"})
	s.w.ok(err)
	return m
}

// told puts an event with one delivery into the log of webhooks.
func (s *shop) told(state string) {
	s.w.Helper()
	s.w.write(func(tx *db.Tx) error {
		d := tx.NewID()
		if _, err := tx.Exec(`INSERT INTO webhook_delivery (id, org_id, webhook_id, event_id, event, state, next_at, created_at) VALUES (?, ?, 1, ?, 'message.received', ?, 0, ?)`,
			d, s.owner.OrgID, d, state, tx.Now()); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO webhook_event (id, org_id, event, first_delivery, last_delivery, body, created_at) VALUES (?1, ?2, 'message.received', ?1, ?1, '{}', ?3)`,
			d, s.owner.OrgID, tx.Now())
		return err
	})
}

func (s *shop) set(v retention.Settings) {
	s.w.Helper()
	s.w.ok(s.w.keep.Set(context.Background(), s.owner, v, true))
}

// run deletes as the night does.
func (s *shop) run() retention.Report {
	s.w.Helper()
	s.w.clock.skip(time.Millisecond)
	s.w.ok(s.w.keep.Run(context.Background(), s.owner.OrgID, s.w.db.Now()))
	r, err := s.w.keep.LastRun(s.w.q(), s.owner.OrgID)
	s.w.ok(err)
	return r
}
