package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/meta/sim"
)

const (
	demoOrg      = "Zahra & Co"
	demoPassword = "walk-in-the-souq"
	demoZone     = "Asia/Kuwait"
	demoWait     = 30 * time.Second
)

// demoNumber is the shop's number at the simulated Meta.
var demoNumber = sim.Number{
	PhoneNumberID: "601448210093142", WABAID: "702331948820117", DisplayPhoneNumber: "+965 2222 0142", VerifiedName: demoOrg,
	AccessToken: "demo-access-token", AppSecret: "demo-app-secret", AppID: "480012345678901", VerifyToken: "demo-verify-token",
}

type demoLogin struct{ email, name, lang, language string }

// demoLogins are ready to use; the third teammate has no login of their own on the list.
var demoLogins = []demoLogin{
	{"aisha@example.com", "Aisha Rahman", "en", "English"},
	{"bader@example.com", "بدر الصباح", "ar", "العربية"},
}

var demoThird = demoLogin{"nour@example.com", "Nour Haddad", "en", ""}

// shiftClock is the machine's clock, moved into the past while the sample data
// is being written.
type shiftClock struct{ shift atomic.Int64 }

func (c *shiftClock) Now() time.Time { return time.Now().Add(time.Duration(c.shift.Load())) }

// setTo makes Now give t from here on.
func (c *shiftClock) setTo(t time.Time) { c.shift.Store(int64(time.Until(t))) }

// demo is the simulated Meta and the sample shop that talks to it.
type demo struct {
	clock    *shiftClock
	sim      *sim.Sim
	graphURL string
	server   *http.Server
	done     chan struct{}
}

// newDemo starts the simulator on a loopback address of its own.
func newDemo(log *slog.Logger) (*demo, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &demo{clock: &shiftClock{}, graphURL: "http://" + l.Addr().String(), done: make(chan struct{})}
	d.sim = sim.New(sim.Options{Log: log, Now: d.clock.Now, BaseURL: d.graphURL, StatusDelay: 20 * time.Millisecond})
	d.sim.AddNumber(demoNumber)
	d.server = &http.Server{Handler: d.sim, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		defer close(d.done)
		if err := d.server.Serve(l); err != http.ErrServerClosed {
			log.Error("the simulator ended", "err", err)
		}
	}()
	return d, nil
}

func (d *demo) close() {
	d.sim.Close()
	d.server.Close()
	<-d.done
}

// phoneOf is the phone of a customer of the script.
func (d *demo) phoneOf(c demoChat) *sim.Phone {
	return d.sim.Customer(sim.Customer{Phone: c.phone, Name: c.name, Username: c.username, UserID: c.userID()})
}

// userID is a made-up but steady business-scoped id, so that a second start
// finds the same people.
func (c demoChat) userID() string {
	id := c.phone
	if id == "" {
		id = "000" + fmt.Sprint(len(c.username)) + "77001122"
	}
	return "KW.7730" + id
}

// fill makes the shop, its people and its conversations, unless an earlier
// start has done so. It ends with the clock at the present.
func (d *demo) fill(ctx context.Context, a *App) error {
	d.sim.SetCallback(a.URL() + "/webhooks/whatsapp")
	defer d.clock.shift.Store(0)
	claimed, err := a.Accounts.Claimed(ctx)
	if err != nil {
		return err
	}
	if claimed {
		for _, c := range demoChats() {
			d.phoneOf(c)
		}
		return nil
	}
	f := &demoFill{d: d, a: a, start: time.Now(), convs: map[int]int64{}, said: map[int]string{}}
	d.clock.setTo(f.start.Add(-72 * time.Hour))
	if err := f.people(ctx); err != nil {
		return err
	}
	return f.talk(ctx)
}

// demoFill is the writing of the sample data in progress.
type demoFill struct {
	d     *demo
	a     *App
	start time.Time
	team  []account.Actor // [0] is nobody, so that teammates count from one
	chats []demoChat
	convs map[int]int64  // by chat
	said  map[int]string // wamid of the customer's last message, by chat
}

func (f *demoFill) people(ctx context.Context) error {
	f.team = []account.Actor{{}}
	for i, l := range append(slices.Clone(demoLogins), demoThird) {
		role := account.Agent
		if i == 0 {
			role = account.Owner
		}
		made, err := f.a.Accounts.CreateUser(ctx, account.CreateInput{
			Email: l.email, Name: l.name, Org: demoOrg, Password: demoPassword, Role: role, Lang: l.lang, Timezone: demoZone,
		})
		if err != nil {
			return err
		}
		f.team = append(f.team, account.Actor{OrgID: made.Org.ID, UserID: made.User.ID, Role: role, Name: l.name, Lang: l.lang, Kind: account.KindUser})
	}
	ch, err := f.a.Channels.Create(ctx, f.team[1], channel.Draft{
		Name: "WhatsApp", PhoneNumber: demoNumber.DisplayPhoneNumber, PhoneNumberID: demoNumber.PhoneNumberID, WABAID: demoNumber.WABAID,
		AppID: demoNumber.AppID, AccessToken: demoNumber.AccessToken, AppSecret: demoNumber.AppSecret, VerifyToken: demoNumber.VerifyToken,
	})
	if err != nil {
		return err
	}
	return f.a.Channels.Subscribe(ctx, f.team[1], ch.ID)
}

// talk plays all steps of all chats in the order of their times.
func (f *demoFill) talk(ctx context.Context) error {
	f.chats = demoChats()
	type turn struct{ chat, step int }
	var turns []turn
	for c := range f.chats {
		for s := range f.chats[c].steps {
			turns = append(turns, turn{c, s})
		}
	}
	slices.SortStableFunc(turns, func(x, y turn) int {
		return int(f.chats[y.chat].steps[y.step].ago - f.chats[x.chat].steps[x.step].ago)
	})
	for _, t := range turns {
		step := f.chats[t.chat].steps[t.step]
		f.d.clock.setTo(f.start.Add(-step.ago))
		ctx, cancel := context.WithTimeout(ctx, demoWait)
		err := f.play(ctx, t.chat, step)
		cancel()
		if err != nil {
			return fmt.Errorf("%s, %s: %w", f.chats[t.chat].name, step.kind, err)
		}
	}
	return nil
}

// play does one step and waits until everything that follows from it is done.
func (f *demoFill) play(ctx context.Context, chat int, s demoStep) error {
	if s.who == 0 {
		if err := f.customer(chat, s); err != nil {
			return err
		}
	} else if err := f.teammate(ctx, chat, s); err != nil {
		return err
	}
	if err := f.d.sim.Flush(ctx); err != nil {
		return err
	}
	if err := f.a.Queue.Idle(ctx); err != nil {
		return err
	}
	if f.convs[chat] == 0 {
		return f.meet(ctx, chat)
	}
	return nil
}

// meet finds the conversation that a customer's first message has opened, and
// gives it its tags and its assignee.
func (f *demoFill) meet(ctx context.Context, chat int) error {
	who := f.team[1]
	found, _, err := f.a.Inbox.Conversations(f.a.DB.Read(ctx), who.OrgID, inbox.Filter{View: inbox.ViewAll, Take: 1})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return errs.New(errs.NotFound, "no conversation was opened")
	}
	conv := found[0].ID
	f.convs[chat] = conv
	for _, tag := range f.chats[chat].tags {
		if err := f.a.Inbox.AddTag(ctx, who, conv, tag); err != nil {
			return err
		}
	}
	if n := f.chats[chat].assignee; n != 0 {
		return f.a.Inbox.Assign(ctx, who, conv, f.team[n].UserID)
	}
	return nil
}

// teammate lets one of the team act in a conversation.
func (f *demoFill) teammate(ctx context.Context, chat int, s demoStep) error {
	who, conv := f.team[s.who], f.convs[chat]
	switch s.kind {
	case "note":
		for n := 1; n < len(f.team); n++ {
			s.text = strings.ReplaceAll(s.text, fmt.Sprintf("@%d ", n), "@["+db.FormatID("user", f.team[n].UserID)+"] ")
		}
		_, err := f.a.Inbox.AddNote(ctx, who, conv, inbox.NoteInput{Body: s.text})
		return err
	case "close":
		return f.a.Inbox.Close(ctx, who, conv)
	}
	in, err := f.sendInput(ctx, chat, s)
	if err != nil {
		return err
	}
	f.d.phoneOf(f.chats[chat]).SetOpen(len(s.text)%3 != 0) // some have read it, some have not
	_, err = f.a.Inbox.Send(ctx, who, conv, in)
	return err
}

// sendInput is what a teammate's step sends.
func (f *demoFill) sendInput(ctx context.Context, chat int, s demoStep) (inbox.SendInput, error) {
	in := inbox.SendInput{Type: inbox.TypeText, Body: s.text}
	var err error
	switch s.kind {
	case "picture":
		in = inbox.SendInput{Type: inbox.TypeImage, Caption: s.text}
		in.UploadKey, err = f.upload(ctx, "bouquet.jpg", "image/jpeg", demoPicture(s.text))
	case "document":
		in = inbox.SendInput{Type: inbox.TypeDocument, Caption: s.text, FileName: s.more}
		in.UploadKey, err = f.upload(ctx, s.more, "application/pdf", demoPDF())
	case "reply":
		in.ReplyTo, err = f.lastMessage(ctx, chat)
	case "failing":
		f.d.sim.Misbehave(sim.Behaviour{FailLater: 1, FailCode: 131026})
	}
	return in, err
}

func (f *demoFill) lastMessage(ctx context.Context, chat int) (int64, error) {
	c, err := f.a.Inbox.Conversation(f.a.DB.Read(ctx), f.team[1].OrgID, f.convs[chat])
	return c.LastMessageID, err
}
