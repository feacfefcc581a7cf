package inbox_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/db/dbtest"
	"badala/app/event"
	"badala/app/inbox"
	"badala/app/media"
	"badala/app/meta"
	"badala/app/meta/sim"
	"badala/app/queue"
)

const patience = 20 * time.Second

// driftClock is the machine's clock, moved forward by hand.
type driftClock struct{ ahead atomic.Int64 }

func (c *driftClock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *driftClock) skip(d time.Duration) { c.ahead.Add(int64(d)) }

// shop is an install that talks to a simulator: two organisations with a
// number and an agent each.
type shop struct {
	t     *testing.T
	path  string
	clock *driftClock
	sim   *sim.Sim
	graph *httptest.Server
	door  atomic.Pointer[inbox.Service]

	db       *db.DB
	events   *event.Log
	queue    *queue.Queue
	channels *channel.Service
	media    *media.Service
	accounts *account.Service
	inbox    *inbox.Service
	stop     func()

	agent, other account.Actor // of the first and of the second organisation
	ch           channel.Channel
	phone        *sim.Phone
}

const (
	shopNumber  = "880010000000001"
	otherNumber = "880010000000002"
	shopSecret  = "shop-app-secret"
	otherSecret = "other-app-secret"
	shopToken   = "EAAshopToken"
)

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, clock: &driftClock{}, path: dbtest.File(t)}
	s.sim = sim.New(sim.Options{Now: s.clock.Now, RetryFirst: 20 * time.Millisecond})
	s.graph = httptest.NewServer(s.sim)
	hook := httptest.NewServer(http.HandlerFunc(s.receive))
	s.sim.SetCallback(hook.URL)
	t.Cleanup(func() {
		s.sim.Close()
		hook.Close()
		s.graph.Close()
	})
	s.sim.AddNumber(sim.Number{PhoneNumberID: shopNumber, WABAID: "770010000000001", DisplayPhoneNumber: "+966500000001",
		AccessToken: shopToken, AppSecret: shopSecret, AppID: "9901", VerifyToken: "v1"})
	s.sim.AddNumber(sim.Number{PhoneNumberID: otherNumber, WABAID: "770010000000002", DisplayPhoneNumber: "+966500000002",
		AccessToken: "EAAotherToken", AppSecret: otherSecret, AppID: "9902", VerifyToken: "v2"})
	s.open()
	s.agent, s.ch = s.staff("Aisha", "aisha@shop.example", "Shop", account.Owner), channel.Channel{}
	s.other = s.staff("Omar", "omar@other.example", "Other", account.Owner)
	s.ch = s.connect(s.agent, shopNumber, "770010000000001", "+966500000001", shopToken, shopSecret)
	s.connect(s.other, otherNumber, "770010000000002", "+966500000002", "EAAotherToken", otherSecret)
	s.phone = s.sim.Customer(sim.Customer{Phone: "966512345678", Name: "Huda"})
	s.start()
	t.Cleanup(s.close)
	return s
}

// open opens the file with a fresh service over it, no worker running.
func (s *shop) open() {
	s.t.Helper()
	log := slog.New(slog.DiscardHandler)
	ctx := context.Background()
	var err error
	s.db, err = db.Open(s.path, db.Options{Clock: s.clock})
	noErr(s.t, err)
	s.events = event.New()
	s.queue = queue.New(s.db, log)
	client := meta.New(s.graph.URL, "v26.0")
	client.CallTimeout = 3 * time.Second
	s.accounts = account.New(s.db, s.events, log, account.Options{HashMemory: 64})
	s.media, err = media.New(ctx, s.db, s.queue, log, media.Options{})
	noErr(s.t, err)
	s.channels, err = channel.New(ctx, s.db, s.events, s.queue, client, log, channel.Options{})
	noErr(s.t, err)
	s.inbox = inbox.New(inbox.Deps{DB: s.db, Events: s.events, Queue: s.queue, Meta: client, Channels: s.channels,
		Contacts: contact.New(s.db, s.events, log), Media: s.media, Accounts: s.accounts, Log: log})
	s.door.Store(s.inbox)
}

// start runs the workers until stop or close.
func (s *shop) start() {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	q := s.queue
	running.Go(func() {
		if err := q.Run(ctx); err != nil {
			s.t.Error(err)
		}
	})
	s.stop = func() {
		cancel()
		running.Wait()
	}
}

func (s *shop) close() {
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
	noErr(s.t, s.db.Close())
}

func (s *shop) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = s.door.Load().Accept(r.Context(), body, r.Header.Get("X-Hub-Signature-256"))
	}
	if err != nil {
		http.Error(w, "later", http.StatusServiceUnavailable)
	}
}

// staff makes a member of an organisation, which is made when it is new.
func (s *shop) staff(name, email, org string, role account.Role) account.Actor {
	s.t.Helper()
	c, err := s.accounts.CreateUser(s.t.Context(), account.CreateInput{Name: name, Email: email, Org: org, Role: role})
	noErr(s.t, err)
	return account.Actor{OrgID: c.Org.ID, UserID: c.User.ID, Role: role, Name: name, Kind: account.KindUser}
}

func (s *shop) connect(who account.Actor, pnid, waba, phone, token, secret string) channel.Channel {
	s.t.Helper()
	c, err := s.channels.Create(s.t.Context(), who, channel.Draft{Name: phone, PhoneNumber: phone, PhoneNumberID: pnid, WABAID: waba,
		AccessToken: token, AppSecret: secret, VerifyToken: "verify-" + pnid})
	noErr(s.t, err)
	return c
}

// q reads the database.
func (s *shop) q() db.Q { return s.db.Read(context.Background()) }

// eventually waits until ok, and fails with what was awaited.
func (s *shop) eventually(what string, ok func() bool) {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			s.t.Fatalf("not in time: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// hello has a customer write to the shop and gives the conversation.
func (s *shop) hello(p *sim.Phone, text string) int64 {
	s.t.Helper()
	wamid := p.SendText(shopNumber, text)
	return s.messageOf(wamid).ConversationID
}

// messageOf waits for the message with a wamid.
func (s *shop) messageOf(wamid string) (m inbox.Message) {
	s.t.Helper()
	s.eventually("message "+wamid, func() bool {
		id, err := db.Value[int64](s.q(), `SELECT id FROM message WHERE wa_id = ?`, wamid)
		if err != nil {
			return false
		}
		m, err = s.inbox.Message(s.q(), s.agent.OrgID, id)
		return err == nil
	})
	return m
}

func (s *shop) send(conv int64, in inbox.SendInput) inbox.Message {
	s.t.Helper()
	m, err := s.inbox.Send(s.t.Context(), s.agent, conv, in)
	noErr(s.t, err)
	return m
}

func (s *shop) text(conv int64, body string) inbox.Message {
	s.t.Helper()
	return s.send(conv, inbox.SendInput{Type: "TEXT", Body: body})
}

func (s *shop) message(id int64) inbox.Message {
	s.t.Helper()
	m, err := s.inbox.Message(s.q(), s.agent.OrgID, id)
	noErr(s.t, err)
	return m
}

func (s *shop) conversation(id int64) inbox.Conversation {
	s.t.Helper()
	c, err := s.inbox.Conversation(s.q(), s.agent.OrgID, id)
	noErr(s.t, err)
	return c
}

// becomes waits until a message has one of the statuses.
func (s *shop) becomes(id int64, statuses ...string) inbox.Message {
	s.t.Helper()
	s.eventually(fmt.Sprintf("message is %v, now %s", statuses, s.message(id).Status), func() bool {
		return slices.Contains(statuses, s.message(id).Status)
	})
	return s.message(id)
}

// texts lists what of the shop's texts is on the phone, in order.
func (s *shop) texts(p *sim.Phone) (all []string) {
	for _, m := range p.Thread(shopNumber) {
		if m.FromBusiness && m.Type == "text" {
			all = append(all, m.Text)
		}
	}
	return all
}

// onPhone waits for the shop's message on a phone.
func (s *shop) onPhone(p *sim.Phone, what string, ok func(sim.PhoneMessage) bool) sim.PhoneMessage {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	m, err := p.WaitFor(ctx, func(m sim.PhoneMessage) bool { return m.FromBusiness && ok(m) })
	if err != nil {
		s.t.Fatalf("%s never reached the phone", what)
	}
	return m
}

// upload stores a file and gives its key.
func (s *shop) upload(name string, content []byte) string {
	s.t.Helper()
	m, err := s.media.Store(s.t.Context(), s.agent.OrgID, bytes.NewReader(content), media.StoreOptions{FileName: name})
	noErr(s.t, err)
	return m.Key
}

func jpegOf(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for i := range 40 {
		img.Set(i, i%30, color.RGBA{uint8(i), 80, 90, 255})
	}
	var b bytes.Buffer
	noErr(t, jpeg.Encode(&b, img, nil))
	return b.Bytes()
}

// eventTypes lists the organisation's events of one type, for counting.
func (s *shop) eventsOf(kind string) []event.Event {
	s.t.Helper()
	all, err := s.events.Since(s.q(), s.agent.OrgID, 0, 100_000)
	noErr(s.t, err)
	return slices.DeleteFunc(all, func(e event.Event) bool { return e.Type != kind })
}

func (s *shop) head() int64 {
	s.t.Helper()
	n, err := s.events.Head(s.q())
	noErr(s.t, err)
	return n
}
