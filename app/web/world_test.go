package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/backup"
	"badala/app/broadcast"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/contact/importer"
	"badala/app/db"
	"badala/app/db/dbtest"
	"badala/app/event"
	"badala/app/health"
	"badala/app/inbox"
	"badala/app/media"
	"badala/app/meta"
	"badala/app/meta/sim"
	"badala/app/queue"
	"badala/app/retention"
	"badala/app/web"
	"badala/app/webhook"
)

const (
	password = "green parrots fly north"
	number   = "100200300400500"
	patience = 20 * time.Second
)

// world is a whole install with the simulator as Meta.
type world struct {
	t        *testing.T
	base     string
	sim      *sim.Sim
	accounts *account.Service
	inbox    *inbox.Service
	channels *channel.Service
	webhooks *webhook.Service
	contacts *contact.Service
	imports  *importer.Service
	many     *broadcast.Service
	db       *db.DB
	jobs     *queue.Queue
	backups  *backup.Service
	health   *health.Service
	web      *web.Server
	owner    account.Session
}

var shopNumber = sim.Number{
	PhoneNumberID: number, WABAID: "200300400500600", DisplayPhoneNumber: "+966 50 000 0001", VerifiedName: "Shop",
	AccessToken: "EAAGtoken", AppSecret: "0123456789abcdef0123456789abcdef", AppID: "300400500600700", VerifyToken: "verify-me-please",
}

// newWorld starts the install; its owner has claimed it.
func newWorld(t *testing.T) *world {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	ctx, stop := context.WithCancel(context.Background())
	w := &world{t: t, sim: sim.New(sim.Options{})}
	graph := httptest.NewServer(w.sim)
	t.Cleanup(func() { w.sim.Close(); graph.Close() })
	w.sim.AddNumber(shopNumber)
	d, err := db.Open(dbtest.File(t), db.Options{})
	must(t, err)
	w.db = d
	t.Cleanup(func() { d.Close() })
	events, jobs, client := event.New(), queue.New(d, log), meta.New(graph.URL, "")
	w.jobs = jobs
	w.accounts = account.New(d, events, log, account.Options{HashMemory: 64})
	files, err := media.New(ctx, d, jobs, log, media.Options{})
	must(t, err)
	contacts := contact.New(d, events, log)
	contacts.HandleBulk(jobs)
	w.contacts = contacts
	w.imports, err = importer.New(importer.Deps{DB: d, Events: events, Queue: jobs, Contacts: contacts, Log: log, TempDir: t.TempDir()})
	must(t, err)
	w.channels, err = channel.New(ctx, d, events, jobs, client, log, channel.Options{})
	must(t, err)
	files.SetFetcher(w.channels.FetchMedia)
	w.inbox = inbox.New(inbox.Deps{DB: d, Events: events, Queue: jobs, Meta: client, Channels: w.channels,
		Contacts: contacts, Media: files, Accounts: w.accounts, Log: log})
	w.webhooks, err = webhook.New(webhook.Deps{DB: d, Events: events, Queue: jobs, Accounts: w.accounts, Contacts: contacts, Inbox: w.inbox,
		Media: files, Log: log, Options: webhook.Options{PublicURL: "http://badala.example", Allow: []string{"127.0.0.1"}}})
	must(t, err)
	w.backups, err = backup.New(backup.Deps{DB: d, Queue: jobs, Accounts: w.accounts, Contacts: contacts, Channels: w.channels, Inbox: w.inbox, Log: log})
	must(t, err)
	w.many, err = broadcast.New(broadcast.Deps{DB: d, Events: events, Queue: jobs, Accounts: w.accounts, Contacts: contacts, Imports: w.imports,
		Channels: w.channels, Inbox: w.inbox, Log: log})
	must(t, err)
	w.health, err = health.New(health.Deps{DB: d, Queue: jobs, Meta: client, Channels: w.channels, Webhooks: w.webhooks, Backups: w.backups, Media: files, Log: log,
		Options: health.Options{PublicURL: "https://badala.example", HasKey: true}})
	must(t, err)
	keep, err := retention.New(retention.Deps{DB: d, Queue: jobs, Channels: w.channels, Inbox: w.inbox, Webhooks: w.webhooks})
	must(t, err)
	w.web = web.New(web.Deps{Health: w.health, Retention: keep, Broadcasts: w.many, Backups: w.backups, DB: d, Events: events, Accounts: w.accounts, Contacts: contacts, Imports: w.imports, Channels: w.channels,
		Media: files, Inbox: w.inbox, Webhooks: w.webhooks, Queue: jobs, Log: log, Options: web.Options{Demo: true, Sim: w.sim.Control(), SessionCheck: 200 * time.Millisecond}})
	mux := http.NewServeMux()
	w.web.Mount(mux)
	mux.Handle("/media/", files.Handler())
	mux.HandleFunc("POST /webhooks/whatsapp", func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = w.inbox.Accept(r.Context(), body, r.Header.Get("X-Hub-Signature-256"))
		}
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
		}
	})
	server := httptest.NewServer(mux)
	w.base = server.URL
	w.sim.SetCallback(w.base + "/webhooks/whatsapp")
	done := make(chan error, 1)
	go func() { done <- jobs.Run(ctx) }()
	t.Cleanup(func() {
		w.web.Close()
		server.Close()
		w.webhooks.Close()
		stop()
		must(t, <-done)
	})
	token, err := w.accounts.SetupToken(ctx)
	must(t, err)
	w.owner, err = w.accounts.Claim(ctx, token, account.SetupInput{OrgName: "Palm", Name: "Omar", Email: "omar@example.com",
		Password: password, Timezone: "Asia/Riyadh", Lang: "en", From: account.From{IP: "127.0.0.1"}})
	must(t, err)
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// boss is the owner as an actor.
func (w *world) boss() account.Actor {
	return account.Actor{OrgID: w.owner.OrgID, UserID: w.owner.User.ID, Role: account.Owner, Name: "Omar", Kind: account.KindUser}
}

// connect connects the shop's number.
func (w *world) connect() channel.Channel {
	w.t.Helper()
	ch, _, err := w.channels.Connect(w.t.Context(), w.boss(), channel.Draft{Name: "Shop", AccessToken: shopNumber.AccessToken,
		AppSecret: shopNumber.AppSecret, WABAID: shopNumber.WABAID, PhoneNumberID: number, VerifyToken: shopNumber.VerifyToken})
	must(w.t, err)
	return ch
}

// teammate makes a member who can sign in.
func (w *world) teammate(name string, role account.Role) account.User {
	w.t.Helper()
	made, err := w.accounts.CreateUser(w.t.Context(), account.CreateInput{Email: strings.ToLower(name) + "@example.com", Name: name,
		Org: "Palm", Password: password, Role: role, Lang: "en"})
	must(w.t, err)
	return made.User
}

// written has a customer write, and gives the conversation's id once it is there.
func (w *world) written(name, phone, text string) string {
	w.t.Helper()
	w.sim.Customer(sim.Customer{Phone: phone, Name: name}).SendText(number, text)
	must(w.t, w.sim.Flush(w.t.Context()))
	list, _, err := w.inbox.Conversations(w.db.Read(w.t.Context()), w.owner.OrgID, inbox.Filter{Take: 200})
	must(w.t, err)
	for _, c := range list {
		if c.Contact.Title() == name {
			return db.FormatID("conv", c.ID)
		}
	}
	w.t.Fatalf("no conversation with %s", name)
	return ""
}

// browser is one person's browser.
type browser struct {
	t    *testing.T
	base string
	http *http.Client
	lang string
}

// answer is what a browser got.
type answer struct {
	status int
	header http.Header
	body   string
	path   string // of the page that answered
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	must(w.t, err)
	return &browser{t: w.t, base: w.base, http: &http.Client{Jar: jar, Timeout: patience}}
}

// as is a browser in which somebody has signed in.
func (w *world) as(name string) *browser {
	w.t.Helper()
	b := w.browser()
	got := b.post("/signin", url.Values{"email": {strings.ToLower(name) + "@example.com"}, "password": {password}})
	if got.path != "/inbox" {
		w.t.Fatalf("%s signed in and came to %s (%d)\n%s", name, got.path, got.status, got.body)
	}
	return b
}

// do sends a request as a browser would, with more headers as pairs.
func (b *browser) do(method, path string, body io.Reader, headers ...string) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, body)
	must(b.t, err)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if b.lang != "" {
		r.Header.Set("Accept-Language", b.lang)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := b.http.Do(r)
	must(b.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	must(b.t, err)
	at := res.Request.URL
	return answer{status: res.StatusCode, header: res.Header, body: string(text), path: at.RequestURI()}
}

func (b *browser) get(path string, headers ...string) answer {
	b.t.Helper()
	return b.do(http.MethodGet, path, nil, headers...)
}

func (b *browser) post(path string, form url.Values, headers ...string) answer {
	b.t.Helper()
	headers = append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)
	return b.do(http.MethodPost, path, strings.NewReader(form.Encode()), headers...)
}

// script posts as our own scripts do.
func (b *browser) script(path string, form url.Values) answer {
	b.t.Helper()
	return b.post(path, form, "X-Fragment", "1")
}

// want fails the test unless the answer has the status and every text.
func (a answer) want(t testing.TB, status int, texts ...string) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("%s answered %d, want %d\n%s", a.path, a.status, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Fatalf("%s does not say %q\n%s", a.path, text, a.body)
		}
	}
	return a
}

// without fails the test if the answer has the text.
func (a answer) without(t testing.TB, text string) answer {
	t.Helper()
	if strings.Contains(a.body, text) {
		t.Fatalf("%s says %q\n%s", a.path, text, a.body)
	}
	return a
}

// until asks again until done says so.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("never came: %s", what)
		}
	}
}
