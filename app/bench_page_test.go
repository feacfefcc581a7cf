package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"time"

	"badala/app/db"
	"badala/app/inbox"
)

const (
	smallDatabase = 10_000
	pageSamples   = 300
	pagePace      = 10 * time.Millisecond // between requests while webhooks arrive
)

// view is one kind of request that is measured.
type view struct {
	name string
	path func(n int) string // of the n-th request
	// p50, p99 are targets at the large size; 0 for none.
	p50, p99 time.Duration
}

// figures are what one view took.
type figures struct{ idle, busy spread }

// pages notes the server time of pages with few and with many messages, idle
// and while 1,000 webhooks a second arrive.
func (w *benchWorld) pages() {
	small, _ := w.pagesAt(smallDatabase)
	large, views := w.pagesAt(*benchMessages)
	for i, v := range views {
		for _, state := range []struct {
			name string
			few  spread
			many spread
		}{{"idle", small[i].idle, large[i].idle}, {"1,000/s", small[i].busy, large[i].busy}} {
			w.addPage(v, state.name, state.few, state.many)
		}
	}
}

// addPage puts one view in one state on the table. The pages of which the
// product promises something have a target.
func (w *benchWorld) addPage(v view, state string, few, many spread) {
	factor := float64(many.p50()) / float64(few.p50())
	target, met := "", false
	if v.p50 > 0 {
		target = fmt.Sprintf("p50 ≤ %s, p99 ≤ %s, ≤ 1.5×", ms(v.p50), ms(v.p99))
		met = many.p50() <= v.p50 && many.p99() <= v.p99 && factor <= 1.5
	}
	w.table.add(fmt.Sprintf("%s, %s, %d messages", v.name, state, *benchMessages), fmt.Sprintf("%s (%.2f×)", many, factor),
		fmt.Sprintf("%d messages: %s", smallDatabase, few), target, met)
}

// pagesAt measures every view in one size of database.
func (w *benchWorld) pagesAt(messages int) ([]figures, []view) {
	s, f := w.large(messages)
	p := &pager{w: w, s: s, cookie: s.signInHere()}
	views := p.views(f)
	all := make([]figures, len(views))
	p.measure(views, len(views)*10, 0) // warm
	for i, took := range p.measure(views, len(views)*pageSamples, 0) {
		all[i].idle = newSpread(took)
	}
	requests := len(views) * pageSamples
	load := w.startLoad(loadTask{Address: strings.Replace(strings.TrimPrefix(s.URL(), "http://"), "localhost", "127.0.0.1", 1), Number: s.number,
		Salt: fmt.Sprint("p", messages), Rate: 1000, For: time.Duration(requests)*pagePace + 3*time.Second})
	for i, took := range p.measure(views, requests, pagePace) {
		all[i].busy = newSpread(took)
	}
	o := load.finish()
	w.Logf("while measuring at %d messages: %.0f webhooks/s, %s", messages, o.rate(), newSpread(o.Took))
	w.must(s.App.Stop())
	return all, views
}

// pager asks for pages as a signed-in browser.
type pager struct {
	w      *benchWorld
	s      *shop
	cookie *http.Cookie
	rev    string // how far the last /changes reached
}

// views are the requests that are measured.
func (p *pager) views(f seeded) []view {
	ctx := p.w.Context()
	list, _, err := p.s.Inbox.Conversations(p.s.DB.Read(ctx), p.s.org, inbox.Filter{View: inbox.ViewAll, Take: 50})
	p.w.must(err)
	conv := func(n int) string { return db.FormatID("conv", list[n%len(list)].ID) }
	fixed := func(path string) func(int) string { return func(int) string { return path } }
	head, err := p.s.Events.Head(p.s.DB.Read(ctx))
	p.w.must(err)
	p.rev = strconv.FormatInt(head, 10)
	return []view{
		{name: "inbox page", path: fixed("/inbox"), p50: 5 * time.Millisecond, p99: 15 * time.Millisecond},
		{name: "thread page", path: func(n int) string { return "/c/" + conv(n) }},
		{name: "/changes", path: func(n int) string { return "/changes?view=all&since=" + p.rev + "&c=" + conv(n) }},
		{name: "list mine", path: fixed("/inbox?view=mine")},
		{name: "list unassigned", path: fixed("/inbox?view=unassigned")},
		{name: "list closed", path: fixed("/inbox?view=closed")},
		{name: "list unread", path: fixed("/inbox?unread=1")},
		{name: "list of a frequent tag", path: fixed("/inbox?tag=" + db.FormatID("tag", f.commonTag))},
		{name: "list of a rare tag", path: fixed("/inbox?tag=" + db.FormatID("tag", f.rareTag))},
		{name: "list of a frequent channel", path: fixed("/inbox?channel=" + db.FormatID("chan", f.secondChannel))},
		{name: "list of a rare channel", path: fixed("/inbox?channel=" + db.FormatID("chan", f.rareChannel))},
	}
}

// measure asks for the views in turn and gives what each took.
func (p *pager) measure(views []view, requests int, pace time.Duration) [][]time.Duration {
	took := make([][]time.Duration, len(views))
	start := time.Now()
	for n := range requests {
		if pace > 0 {
			p.w.rest(time.Until(start.Add(time.Duration(n) * pace)))
		}
		i := n % len(views)
		took[i] = append(took[i], p.get(views[i].path(n)))
	}
	return took
}

// get asks the server's handler for a page and gives the time inside it.
func (p *pager) get(path string) time.Duration {
	p.w.Helper()
	req := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	req.AddCookie(p.cookie)
	rec := httptest.NewRecorder()
	at := time.Now()
	p.s.Handler().ServeHTTP(rec, req)
	took := time.Since(at)
	if rec.Code != http.StatusOK {
		p.w.Fatalf("%s: %d %s", path, rec.Code, rec.Body)
	}
	if rev := rec.Header().Get("X-Rev"); rev != "" {
		p.rev = rev
	}
	return took
}

// signInHere opens a session at the server in this process.
func (s *shop) signInHere() *http.Cookie {
	s.t.Helper()
	form := url.Values{"email": {ownerEmail}, "password": {password}}
	req := httptest.NewRequest(http.MethodPost, "http://localhost/signin", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, req)
	return sessionOf(s.t, rec.Result())
}
