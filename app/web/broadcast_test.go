package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/broadcast"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/db"
)

// broadcasting is an install with a number, its templates and people.
type broadcasting struct {
	*world
	ch  channel.Channel
	b   *browser
	tag string
}

func newBroadcasting(t *testing.T, people int) *broadcasting {
	t.Helper()
	w := &broadcasting{world: newWorld(t), tag: "VIP"}
	w.ch = w.connect()
	_, err := w.channels.SyncTemplates(t.Context(), w.boss(), w.ch.ID)
	must(t, err)
	for i := range people {
		_, err := w.contacts.Create(t.Context(), w.boss(), contact.UpsertInput{Patch: contact.Patch{
			Name: new(fmt.Sprintf("Person%d Last", i)), Phone: new(fmt.Sprintf("+9655000%04d", i)), Tags: &[]string{w.tag}}})
		must(t, err)
	}
	w.b = w.as("Omar")
	return w
}

// templateNamed is the outside id of a template.
func (w *broadcasting) templateNamed(name, language string) string {
	w.t.Helper()
	tm, err := w.channels.Template(w.db.Read(w.t.Context()), w.owner.OrgID, w.ch.ID, name, language)
	must(w.t, err)
	return db.FormatID("tmpl", tm.ID)
}

var draftPath = regexp.MustCompile(`^/broadcasts/(bc_[^/]+)/edit/(\w+)`)

// step checks that an answer is a step of a broadcast, and gives the path
// before the step.
func step(t *testing.T, a answer, name string) string {
	t.Helper()
	m := draftPath.FindStringSubmatch(a.path)
	if m == nil || m[2] != name {
		t.Fatalf("came to %s (%d), want the step %s\n%s", a.path, a.status, name, a.body)
	}
	return "/broadcasts/" + m[1]
}

// drafted fills a broadcast of the reminder in, up to its last step.
func (w *broadcasting) drafted() string {
	w.t.Helper()
	at := w.b.post("/broadcasts/new", url.Values{"name": {"Spring reminder"}, "channel": {db.FormatID("chan", w.ch.ID)},
		"template": {w.templateNamed("visit_reminder", "en_US")}, "do": {"next"}}).want(w.t, http.StatusOK)
	path := step(w.t, at, "audience")
	step(w.t, w.b.post(path+"/edit/audience", url.Values{"who": {"some"}, "tag": {w.tag}, "tags": {"all"}, "do": {"next"}}), "message")
	step(w.t, w.b.post(path+"/edit/message", url.Values{"m.body.first_name": {"firstName"}, "v.body.first_name": {"friend"},
		"v.body.day": {"Monday"}, "do": {"next"}}), "plan")
	step(w.t, w.b.post(path+"/edit/plan", url.Values{"when": {"now"}, "rate": {"50"}, "do": {"next"}}), "start")
	return path
}

func (w *broadcasting) get(path string) broadcast.Broadcast {
	w.t.Helper()
	n, err := db.ParseID(broadcast.Prefix, strings.TrimPrefix(path, "/broadcasts/"))
	must(w.t, err)
	b, err := w.many.Get(w.db.Read(w.t.Context()), w.owner.OrgID, n)
	must(w.t, err)
	return b
}

func TestABroadcastFromNothingToItsResults(t *testing.T) {
	t.Parallel()
	w := newBroadcasting(t, 3)
	refused := w.person("Said No", "+96550009999")
	_, err := w.contacts.Update(t.Context(), w.boss(), refused.ID, contact.Patch{Tags: &[]string{w.tag}})
	must(t, err)
	must(t, w.db.Write(t.Context(), func(tx *db.Tx) error {
		return w.contacts.SetConsentTx(tx, w.owner.OrgID, refused.ID, new(false), contact.Cause{Reason: "told us", Kind: account.KindUser})
	}))
	path := w.drafted()
	until(t, "the count", func() bool {
		return strings.Contains(w.b.get(path+"/edit/start?ask=start").want(t, http.StatusOK).body, "Send this to 3 people?")
	})
	w.b.get(path+"/edit/start?ask=start").want(t, http.StatusOK, "left out: They refused marketing messages.", "(estimate)", "Person")
	// Pressed twice: one run.
	for range 2 {
		w.b.post(path+"/edit/start", url.Values{"people": {"3"}, "do": {"start"}}).want(t, http.StatusOK, "Spring reminder")
	}
	until(t, "it is done", func() bool { return w.get(path).State == broadcast.Done })
	must(t, w.sim.Flush(t.Context()))
	if got := len(w.sim.Sends()); got != 3 {
		t.Errorf("%d messages went out, want 3", got)
	}
	page := w.b.get(path).want(t, http.StatusOK, "Person0 Last", `role="status">Done`, "They refused marketing messages.", "recipients.csv")
	conv := regexp.MustCompile(`/c/(conv_\w+)/m/`).FindStringSubmatch(page.body)
	if conv == nil {
		t.Fatalf("no conversation is linked\n%s", page.body)
	}
	w.b.get("/c/"+conv[1]).want(t, http.StatusOK, "Broadcast:", `href="`+path+`"`)
	w.b.get(path+"?state=SKIPPED").want(t, http.StatusOK, "Said No").without(t, "Person0 Last")
	csv := w.b.get(path+"/recipients.csv").want(t, http.StatusOK, "Person1 Last", "Said No")
	if kind := csv.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/csv") {
		t.Errorf("the file is %s", kind)
	}
	// A copy is a draft of its own, and goes.
	copied := step(t, w.b.post(path+"/duplicate", nil), "template")
	w.b.post(copied+"/delete", nil).want(t, http.StatusOK, "was deleted")
	w.b.get("/broadcasts").want(t, http.StatusOK, "Spring reminder", "3 delivered").without(t, "(copy)</bdi>")
}

func TestWhatIsTypedStays(t *testing.T) {
	t.Parallel()
	w := newBroadcasting(t, 1)
	ch := db.FormatID("chan", w.ch.ID)
	w.b.post("/broadcasts/new", url.Values{"name": {""}, "channel": {ch}, "template": {w.templateNamed("visit_reminder", "en_US")}, "do": {"next"}}).
		want(t, http.StatusUnprocessableEntity, "1 to 120 characters", "checked")
	at := w.b.post("/broadcasts/new", url.Values{"name": {"Half a thought"}, "channel": {ch}, "do": {"next"}}).want(t, http.StatusUnprocessableEntity, "Choose a template")
	path := "/broadcasts/" + regexp.MustCompile(`/broadcasts/(bc_\w+)/edit`).FindStringSubmatch(at.body)[1]
	w.b.get("/broadcasts").want(t, http.StatusOK, "Half a thought")
	step(t, w.b.get(path), "template")

	w.b.post(path+"/edit/template", url.Values{"name": {"Half a thought"}, "channel": {ch}, "template": {w.templateNamed("visit_reminder", "en_US")}, "do": {"next"}})
	step(t, w.b.get(path), "audience")
	w.b.post(path+"/edit/audience", url.Values{"who": {"some"}, "do": {"next"}}).want(t, http.StatusUnprocessableEntity, "Choose who gets it")
	w.b.post(path+"/edit/audience", url.Values{"who": {"some"}, "q": {"Person"}, "from": {"yesterday"}, "numbers": {"+96550001234"}, "do": {"next"}}).
		want(t, http.StatusUnprocessableEntity, `value="yesterday"`, `value="Person"`, "+96550001234")
	step(t, w.b.post(path+"/edit/audience", url.Values{"who": {"some"}, "q": {"Person"}, "numbers": {"+96550001234"}, "do": {"next"}}), "message")

	// A variable without a text; back keeps the other one.
	w.b.post(path+"/edit/message", url.Values{"m.body.first_name": {"firstName"}, "v.body.first_name": {"friend"}, "do": {"next"}}).
		want(t, http.StatusUnprocessableEntity, `aria-invalid="true"`, `value="friend"`)
	step(t, w.b.post(path+"/edit/message", url.Values{"m.body.first_name": {"firstName"}, "v.body.first_name": {"pal"}, "v.body.day": {"Friday"}, "do": {"back"}}), "audience")
	w.b.get(path+"/edit/message").want(t, http.StatusOK, `value="pal"`, `value="Friday"`)

	w.b.post(path+"/edit/plan", url.Values{"when": {"at"}, "at": {""}, "rate": {"20"}, "gap": {"soon"}, "do": {"next"}}).
		want(t, http.StatusUnprocessableEntity, "Choose date and time", "from 0 to 3600", `value="soon"`)
	w.b.post(path+"/edit/plan", url.Values{"when": {"at"}, "at": {"2001-01-01T10:00"}, "rate": {"20"}, "do": {"next"}}).
		want(t, http.StatusUnprocessableEntity, "This time is over", `value="2001-01-01T10:00"`)
	soon := w.db.Now() + time.Hour.Milliseconds()
	local := db.Time(soon).In(mustZone(t, "Asia/Riyadh")).Format("2006-01-02T15:04")
	step(t, w.b.post(path+"/edit/plan", url.Values{"when": {"at"}, "at": {local}, "rate": {"20"}, "do": {"next"}}), "start")
	if b := w.get(path); b.State != broadcast.Draft || b.ScheduleAt == 0 {
		t.Errorf("it is %s for %d, want a draft with its time", b.State, b.ScheduleAt)
	}
	w.b.post(path+"/edit/start", url.Values{"people": {"2"}, "do": {"start"}}).want(t, http.StatusOK, "It starts by itself on", "Asia/Riyadh")
	if b := w.get(path); b.State != broadcast.Scheduled {
		t.Errorf("it is %s, want SCHEDULED", b.State)
	}
	step(t, w.b.post(path+"/change", nil), "start")
	if b := w.get(path); b.State != broadcast.Draft || b.ScheduleAt == 0 {
		t.Errorf("changed, it is %s for %d", b.State, b.ScheduleAt)
	}
}

func mustZone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	must(t, err)
	return z
}

func TestMorePeopleThanConfirmedAreAskedAbout(t *testing.T) {
	t.Parallel()
	w := newBroadcasting(t, 20)
	path := w.drafted()
	w.b.post(path+"/edit/start", url.Values{"people": {"3"}, "do": {"start"}}).want(t, http.StatusUnprocessableEntity, "more people now", "Send this to 20 people?")
	if b := w.get(path); b.State != broadcast.Draft {
		t.Errorf("it is %s all the same", b.State)
	}
}

func TestARunningBroadcastIsHeldAndCancelled(t *testing.T) {
	t.Parallel()
	w := newBroadcasting(t, 30)
	path := w.drafted()
	step(t, w.b.post(path+"/edit/plan", url.Values{"when": {"now"}, "rate": {"1"}, "do": {"next"}}), "start")
	w.b.post(path+"/edit/start", url.Values{"people": {"30"}, "do": {"start"}}).want(t, http.StatusOK)
	for range 2 {
		w.b.post(path+"/pause", nil).want(t, http.StatusOK, "Somebody paused it.", "Resume")
	}
	w.b.post(path+"/resume", nil).want(t, http.StatusOK, "Pause")
	w.b.get(path+"?ask=cancel").want(t, http.StatusOK, "Cancel this broadcast?")
	w.b.post(path+"/cancel", nil).want(t, http.StatusOK, "Cancelled")
	w.b.post(path+"/edit/audience", url.Values{"who": {"all"}, "do": {"next"}}).want(t, http.StatusOK, "Cancelled")
}

func TestBroadcastsAreForSupervisors(t *testing.T) {
	t.Parallel()
	w := newBroadcasting(t, 1)
	path := w.drafted()
	w.teammate("Agnes", account.Agent)
	w.teammate("Suha", account.Supervisor)
	agent, supervisor := w.as("Agnes"), w.as("Suha")
	agent.get("/inbox").want(t, http.StatusOK).without(t, `href="/broadcasts"`)
	for _, p := range []string{"/broadcasts", "/broadcasts/new", path, path + "/edit/audience", path + "/recipients.csv", "/settings/broadcasts"} {
		agent.get(p).want(t, http.StatusForbidden)
	}
	for _, p := range []string{"/broadcasts/new", path + "/edit/start", path + "/start", path + "/cancel", path + "/delete", "/settings/broadcasts/prices"} {
		agent.post(p, nil).want(t, http.StatusForbidden)
	}
	supervisor.get("/inbox").want(t, http.StatusOK, `href="/broadcasts"`)
	supervisor.get("/settings/broadcasts").want(t, http.StatusOK, "Only the owner can change this.")
	supervisor.post("/settings/broadcasts", url.Values{"currency": {"KWD"}}).want(t, http.StatusForbidden)
	if b := w.get(path); b.State != broadcast.Draft {
		t.Errorf("it is %s", b.State)
	}
}

func TestPricesAndConsentAreSet(t *testing.T) {
	t.Parallel()
	w := newBroadcasting(t, 2)
	path := w.drafted()
	w.b.post("/settings/broadcasts/prices", url.Values{"country": {"KW"}, "utility": {"much"}}).want(t, http.StatusUnprocessableEntity, `value="much"`, "from 0 to 1000")
	w.b.post("/settings/broadcasts/prices", url.Values{"country": {"KW"}, "utility": {"0.25"}}).want(t, http.StatusOK, "Your own prices", "Kuwait", "0.25")
	until(t, "the cost", func() bool { return strings.Contains(w.b.get(path+"/edit/plan").body, "0.5000 USD") })
	w.b.post("/settings/broadcasts/prices", url.Values{"country": {"KW"}, "do": {"reset"}}).want(t, http.StatusOK).without(t, "Your own prices")
	w.b.post("/settings/broadcasts", url.Values{"explicit": {"1"}, "currency": {"dollars"}}).want(t, http.StatusUnprocessableEntity, `value="dollars"`)
	w.b.post("/settings/broadcasts", url.Values{"explicit": {"1"}, "currency": {"USD"}}).want(t, http.StatusOK, "The settings were saved")
	until(t, "nobody agreed", func() bool {
		return strings.Contains(w.b.get(path+"/edit/start?ask=start").body, "Nobody would get this")
	})
	w.b.script(path+"/count", url.Values{"who": {"all"}}).want(t, http.StatusOK)
	until(t, "why", func() bool {
		return strings.Contains(w.b.script(path+"/count", url.Values{"who": {"all"}}).body, "They never agreed to marketing messages.")
	})
}

func TestATestGoesToOneself(t *testing.T) {
	t.Parallel()
	w := newBroadcasting(t, 1)
	path := w.drafted()
	form := url.Values{"m.body.first_name": {"firstName"}, "v.body.day": {"Monday"}, "do": {"test"}}
	w.b.post(path+"/edit/message", form).want(t, http.StatusUnprocessableEntity, "test_to-error")
	form.Set("test_to", "nobody")
	w.b.post(path+"/edit/message", form).want(t, http.StatusUnprocessableEntity, "country code")
	form.Set("test_to", "+96566600011")
	w.b.post(path+"/edit/message", form).want(t, http.StatusOK, "The test went to")
	sent := w.sim.Sends()
	if len(sent) != 1 || !strings.Contains(fmt.Sprint(sent[0]), "96566600011") {
		t.Errorf("it sent %+v", sent)
	}
}

func TestTheFirstBroadcastSaysWhatItNeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	b.get("/broadcasts").want(t, http.StatusOK, `href="/settings/channels/connect"`, `href="/templates"`, `href="/contacts/import"`)
}
