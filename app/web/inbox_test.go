package web_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/meta/sim"
)

func TestSendByPlainForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	conv := w.written("Mona", "966555000101", "do you deliver?")
	b := w.as("Omar")
	got := b.post("/c/"+conv+"/messages", url.Values{"body": {"yes, *today*"}})
	if got.want(t, http.StatusOK, "do you deliver?", "today"); got.path != "/c/"+conv {
		t.Errorf("came to %s", got.path)
	}
	until(t, "the message at Meta", func() bool { return len(w.sim.Sends()) == 1 })
}

func TestTheSameClientIDSendsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	conv := w.written("Mona", "966555000101", "do you deliver?")
	b := w.as("Omar")
	form := url.Values{"body": {"yes"}, "client_id": {"c-1"}}
	first := b.script("/c/"+conv+"/messages", form).want(t, http.StatusOK, "m-msg_")
	again := b.script("/c/"+conv+"/messages", form).want(t, http.StatusOK)
	if a, b := between(t, first.body, `id="m-msg_`, `"`), between(t, again.body, `id="m-msg_`, `"`); a != b {
		t.Errorf("two bubbles: %s and %s", a, b)
	}
	until(t, "the message at Meta", func() bool { return len(w.sim.Sends()) == 1 })
}

func TestChangesShowWhatIsNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	conv := w.written("Mona", "966555000101", "first words")
	b := w.as("Omar")
	page := b.get("/c/"+conv).want(t, http.StatusOK, "first words", "data-rev=")
	rev := between(t, page.body, `data-rev="`, `"`)
	w.written("Mona", "966555000101", "second words")
	got := b.get("/changes?since="+rev+"&c="+conv).want(t, http.StatusOK, "second words", `data-part="bubbles"`, `data-part="rows"`)
	got.without(t, "first words")
	now, err := strconv.ParseInt(got.header.Get("X-Rev"), 10, 64)
	must(t, err)
	if old, err := strconv.ParseInt(rev, 10, 64); err != nil || now <= old {
		t.Errorf("X-Rev is %d after %s", now, rev)
	}
	quiet := b.get("/changes?since="+got.header.Get("X-Rev")+"&c="+conv).want(t, http.StatusOK)
	quiet.without(t, "second words").without(t, `data-part="rows"`)
	b.get("/changes?since=nonsense").want(t, http.StatusBadRequest)
}

func TestViewsAndFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	mona := w.written("Mona", "966555000101", "about pears")
	w.written("Huda", "966555000102", "about apples")
	b := w.as("Omar")
	b.get("/inbox").want(t, http.StatusOK, "Mona", "Huda")
	b.get("/inbox?view=mine").want(t, http.StatusOK).without(t, "Mona")
	b.script("/c/"+mona+"/assign", url.Values{"assignee": {"me"}}).want(t, http.StatusNoContent)
	b.get("/inbox?view=mine").want(t, http.StatusOK, "Mona").without(t, "Huda")
	b.get("/inbox?view=unassigned").want(t, http.StatusOK, "Huda").without(t, "Mona")
	b.get("/inbox?q=apples").want(t, http.StatusOK, "Huda").without(t, "Mona")
	b.script("/c/"+mona+"/close", nil).want(t, http.StatusNoContent)
	b.get("/inbox?view=closed").want(t, http.StatusOK, "Mona").without(t, "Huda")
	b.post("/c/"+mona+"/reopen", url.Values{"back": {"/inbox?view=mine"}}).want(t, http.StatusOK, "Mona")
	b.script("/c/"+mona+"/tags", url.Values{"add": {"wholesale"}}).want(t, http.StatusNoContent)
	got := b.get("/c/"+mona).want(t, http.StatusOK, "wholesale")
	tag := "tag_" + between(t, got.body, `tag_`, `"`)
	b.get("/inbox?tag="+tag).want(t, http.StatusOK, "Mona").without(t, "Huda")
	b.script("/c/"+mona+"/unread", nil).want(t, http.StatusNoContent)
}

func TestSnooze(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	mona := w.written("Mona", "966555000101", "about pears")
	b := w.as("Omar")
	b.get("/inbox").want(t, http.StatusOK, "Mona").without(t, "Snoozed")
	b.get("/c/"+mona).want(t, http.StatusOK, "Snooze until tomorrow, 9:00").without(t, "Wake now")
	b.script("/c/"+mona+"/snooze", url.Values{"for": {"never"}}).want(t, http.StatusBadRequest)
	b.script("/c/"+mona+"/snooze", url.Values{"for": {"tomorrow"}}).want(t, http.StatusNoContent)
	b.get("/inbox").want(t, http.StatusOK, "Snoozed").without(t, "Mona")
	b.get("/inbox?view=snoozed").want(t, http.StatusOK, "Mona")
	b.get("/c/"+mona).want(t, http.StatusOK, "Wake now", "9:00")
	b.post("/c/"+mona+"/snooze", url.Values{"for": {""}, "back": {"/inbox"}}).want(t, http.StatusOK, "Mona").without(t, "Snoozed")
}

// TestSnoozeUntilATimeOfOnesOwn reads day and time by the business's clock.
func TestSnoozeUntilATimeOfOnesOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	mona := w.written("Mona", "966555000101", "about pears")
	b := w.as("Omar")
	path := "/c/" + mona + "/snooze"
	riyadh, err := time.LoadLocation("Asia/Riyadh")
	must(t, err)
	day := db.Time(w.db.Now()).In(riyadh).AddDate(0, 0, 3)
	own := func(day, clock string) url.Values {
		return url.Values{"for": {"custom"}, "day": {day}, "time": {clock}}
	}
	for text, form := range map[string]url.Values{
		"Enter a day and a time":              own("", "10:00"),
		"Choose a time that is still to come": own(day.AddDate(0, 0, -9).Format(time.DateOnly), "10:00"),
		"Choose a time within a year":         own(day.AddDate(2, 0, 0).Format(time.DateOnly), "10:00"),
	} {
		b.script(path, form).want(t, http.StatusBadRequest, text)
	}
	b.get("/c/"+mona).want(t, http.StatusOK, "Another time…", `type="date"`, "Asia/Riyadh")
	b.post(path, own(day.Format(time.DateOnly), "10:15")).want(t, http.StatusOK)
	b.get("/c/"+mona).want(t, http.StatusOK, "Snoozed until "+day.Weekday().String()+" 10:15")
	n, err := db.ParseID("conv", mona)
	must(t, err)
	cv, err := w.inbox.Conversation(w.db.Read(t.Context()), w.owner.OrgID, n)
	want := time.Date(day.Year(), day.Month(), day.Day(), 10, 15, 0, 0, riyadh)
	if err != nil || !db.Time(cv.SnoozedUntil).Equal(want) {
		t.Errorf("until %s, want %s, %v", db.Time(cv.SnoozedUntil), want, err)
	}
	b.post("/language", url.Values{"language": {"ar"}})
	b.get("/c/"+mona).want(t, http.StatusOK, "وقت آخر…", "10:15")
	b.script(path, own(day.Format(time.DateOnly), "")).want(t, http.StatusBadRequest, "أدخل يومًا ووقتًا")
}

func TestOlderMessagesComeInStretches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	phone := w.sim.Customer(sim.Customer{Phone: "966555000101", Name: "Mona"})
	for i := range 70 {
		phone.SendText(number, "line "+strconv.Itoa(i)+".")
	}
	conv := w.written("Mona", "966555000101", "the end")
	b := w.as("Omar")
	page := b.get("/c/"+conv).want(t, http.StatusOK, "the end", "line 60.").without(t, "line 3.")
	older := strings.ReplaceAll("/c/"+conv+"/older?"+between(t, page.body, "/older?", `"`), "&amp;", "&")
	b.get(older).want(t, http.StatusOK, "line 3.", "line 20.").without(t, "line 60.")
}

func TestNotesStayInside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	conv := w.written("Mona", "966555000101", "hello")
	sara := w.teammate("Sara", account.Agent)
	b := w.as("Omar")
	b.script("/c/"+conv+"/notes", url.Values{"body": {"@[" + db.FormatID("user", sara.ID) + "] she wants wholesale"}, "client_id": {"n-1"}}).
		want(t, http.StatusOK, "she wants wholesale", "Sara")
	b.get("/c/"+conv).want(t, http.StatusOK, "she wants wholesale")
	if n := len(w.sim.Sends()); n != 0 {
		t.Errorf("%d messages went to Meta", n)
	}
}

func TestTeammateWasFaster(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	conv := w.written("Mona", "966555000101", "hello")
	w.teammate("Sara", account.Agent)
	omar, sara := w.as("Omar"), w.as("Sara")
	rev := between(t, omar.get("/c/"+conv).body, `data-rev="`, `"`)
	sara.script("/c/"+conv+"/messages", url.Values{"body": {"I have this one"}, "client_id": {"s-1"}}).want(t, http.StatusOK)
	form := url.Values{"body": {"me too"}, "client_id": {"o-1"}, "seen_rev": {rev}}
	got := omar.script("/c/"+conv+"/messages", form).want(t, http.StatusConflict, "I have this one")
	if got.header.Get("X-Problem") != "collision" {
		t.Errorf("X-Problem is %q", got.header.Get("X-Problem"))
	}
	form.Set("force", "1")
	omar.script("/c/"+conv+"/messages", form).want(t, http.StatusOK, "me too")
}

func TestViewerMayOnlyRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	conv := w.written("Mona", "966555000101", "hello")
	w.teammate("Vera", account.Viewer)
	b := w.as("Vera")
	b.get("/c/"+conv).want(t, http.StatusOK, "hello").without(t, `name="client_id"`)
	b.script("/c/"+conv+"/messages", url.Values{"body": {"hi"}}).want(t, http.StatusForbidden)
	b.script("/c/"+conv+"/read", nil).want(t, http.StatusForbidden)
}

func TestUploadAndSendAPicture(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	conv := w.written("Mona", "966555000101", "show me")
	b := w.as("Omar")
	kind, body := form(t, nil, "shop.jpg", sim.SamplePicture())
	got := b.do(http.MethodPost, "/uploads", body, "Content-Type", kind, "X-Fragment", "1").want(t, http.StatusCreated)
	var up struct{ Key, URL, ContentType string }
	must(t, json.Unmarshal([]byte(got.body), &up))
	if up.ContentType != "image/jpeg" {
		t.Errorf("stored as %s", up.ContentType)
	}
	b.get(up.URL).want(t, http.StatusOK)
	b.script("/c/"+conv+"/messages", url.Values{"body": {"our shop"}, "upload_key": {up.Key}, "client_id": {"p-1"}}).
		want(t, http.StatusOK, "our shop", "/media/orgs/", "width=")
	until(t, "the picture at Meta", func() bool { return len(w.sim.Sends()) == 1 })
	b.script("/c/"+conv+"/messages", url.Values{"upload_key": {"made-up"}, "client_id": {"p-2"}}).want(t, http.StatusUnprocessableEntity)
}

func TestSendAFileByPlainForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	conv := w.written("Mona", "966555000101", "show me")
	b := w.as("Omar")
	kind, body := form(t, map[string]string{"body": "our shop", "reply_to": ""}, "shop.jpg", sim.SamplePicture())
	b.do(http.MethodPost, "/c/"+conv+"/messages", body, "Content-Type", kind).want(t, http.StatusOK, "our shop", "/media/orgs/")
	kind, body = form(t, map[string]string{"body": "only words"}, "", nil)
	b.do(http.MethodPost, "/c/"+conv+"/messages", body, "Content-Type", kind).want(t, http.StatusOK, "only words")
}

// form encodes a form with a file as browsers do.
func form(t testing.TB, fields map[string]string, name string, file []byte) (string, *bytes.Buffer) {
	t.Helper()
	var buf bytes.Buffer
	m := multipart.NewWriter(&buf)
	for k, v := range fields {
		must(t, m.WriteField(k, v))
	}
	part, err := m.CreateFormFile("file", name)
	must(t, err)
	_, err = part.Write(file)
	must(t, err)
	must(t, m.Close())
	return m.FormDataContentType(), &buf
}

func TestDraftComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	conv := w.written("Mona", "966555000101", "hello")
	b := w.as("Omar")
	b.script("/c/"+conv+"/draft", url.Values{"body": {"half a sent"}, "mode": {"reply"}}).want(t, http.StatusNoContent)
	b.get("/c/"+conv).want(t, http.StatusOK, `data-draft-reply="half a sent"`)
	b.get("/inbox").want(t, http.StatusOK, "half a sent")
	w.teammate("Sara", account.Agent)
	w.as("Sara").get("/c/"+conv).want(t, http.StatusOK).without(t, "half a sent")
}

func TestContactIsEditedInPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	conv := w.written("Mona", "966555000101", "hello")
	b := w.as("Omar")
	path := "/contacts/contact_" + between(t, b.get("/c/"+conv).body, "/contacts/contact_", `"`)
	b.script(path, url.Values{"name": {"Mona Saleh"}, "consent": {"no"}}).want(t, http.StatusNoContent)
	b.get("/c/"+conv).want(t, http.StatusOK, "Mona Saleh")
	b.script(path, url.Values{"email": {"nonsense"}}).want(t, http.StatusUnprocessableEntity, `"field":"email"`)
	b.get("/c/"+conv).want(t, http.StatusOK, "Mona Saleh")
}

func TestClosedWindowIsSaidBeforeMetaIsAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	conv := w.written("Mona", "966555000101", "hello")
	b := w.as("Omar")
	n, err := db.ParseID("conv", conv)
	must(t, err)
	must(t, w.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE conversation SET window_expires_at = 1 WHERE id = ?", n)
		return err
	}))
	got := b.script("/c/"+conv+"/messages", url.Values{"body": {"late"}, "client_id": {"l-1"}}).want(t, http.StatusConflict, `"message"`)
	if got.header.Get("X-Problem") != "window" {
		t.Errorf("X-Problem is %q", got.header.Get("X-Problem"))
	}
	b.post("/c/"+conv+"/messages", url.Values{"body": {"late"}, "back": {"/c/" + conv}}).want(t, http.StatusOK, `role="alert"`)
	if n := len(w.sim.Sends()); n != 0 {
		t.Errorf("%d messages went to Meta", n)
	}
}
