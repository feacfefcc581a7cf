package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"badala/app/db"
)

// hoursEntries is the form as the page sends it: open on Sunday, until past
// midnight on Thursday.
func hoursEntries(do string, more ...string) url.Values {
	v := url.Values{"do": {do}, "zone": {"Asia/Kuwait"}, "cooldown": {"720"}, "quiet": {"10"}, "message": {""}, "messageAr": {""}, "greeting": {""}, "greetingAr": {""},
		"w0.from": {"09:00", "16:00"}, "w0.to": {"13:00", "21:00"}, "w4.from": {"20:00"}, "w4.to": {"02:00"}, "at": {"2026-11-20T12:00"}}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

func TestOfficeHoursPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ch := w.connect()
	path := "/settings/channels/" + db.FormatID("chan", ch.ID) + "/hours"
	b := w.as("Omar")
	b.get("/settings/channels/"+db.FormatID("chan", ch.ID)).want(t, http.StatusOK, path)
	b.get(path).want(t, http.StatusOK, "No hours are set", `name="at"`)

	// Who is answered outside of hours that are none is answered always.
	b.post(path, url.Values{"do": {"save"}, "zone": {"Asia/Kuwait"}, "cooldown": {"720"}, "quiet": {"10"}, "enabled": {"1"}}).
		want(t, http.StatusOK, "Closed now").without(t, "No hours are set")

	// Rows come and go without being saved.
	b.post(path, hoursEntries("add.w1")).want(t, http.StatusOK, "Not saved yet", `value="16:00"`, `id="w1.0"`)
	b.post(path, hoursEntries("drop.w0.0")).want(t, http.StatusOK, `value="16:00"`, `id="w0.0"`).without(t, `id="w0.1"`)
	b.post(path, hoursEntries("preset.monfri")).want(t, http.StatusOK, `id="w5.0"`, `value="17:00"`).without(t, `id="w0.0"`)
	b.post(path, hoursEntries("add.holiday")).want(t, http.StatusOK, `id="holiday-0"`)
	b.post(path, hoursEntries("add.special")).want(t, http.StatusOK, `name="s0.date"`)
	b.post(path, hoursEntries("add.period")).want(t, http.StatusOK, `name="p0.first"`, `id="p0w4.0"`)
	for _, odd := range []string{"add.w9", "add.p3w1", "drop.w0.7", "drop.w0", "drop.holiday.-1", "preset.x", "nonsense", "add.w-1"} {
		b.post(path, hoursEntries(odd)).want(t, http.StatusOK)
	}
	b.get(path).want(t, http.StatusOK).without(t, `id="w0.0"`)

	// What would happen is told of the unsaved form.
	b.post(path, hoursEntries("preview", "enabled", "1")).want(t, http.StatusOK, "Closed on Friday, 20 Nov at 12:00 pm", "Opens on Sunday, 22 Nov at 9:00 am",
		"Thank you for your message, Noor. We are closed at the moment. We open on Sunday at 9:00 am", "نفتح يوم الأحد الساعة 9:00 صباحًا")
	b.post(path, hoursEntries("preview", "at", "2026-11-22T10:00", "greet", "1", "greeting", "Hi {{name}}!")).want(t, http.StatusOK,
		"Open on Sunday, 22 Nov at 10:00 am", "Closes on Sunday, 22 Nov at 1:00 pm", "No automatic message", "Hi Noor!")
	b.post(path, hoursEntries("preview", "at", "soon")).want(t, http.StatusOK, `id="at-error"`)

	// Saving.
	got := b.post(path, hoursEntries("save", "enabled", "1", "message", "Closed. {{nextOpening}}", "holiday", "2027-02-25", "s0.date", "2027-03-10",
		"s0.from", "18:00", "s0.to", "00:00", "p0.name", "Ramadan", "p0.first", "2027-02-08", "p0.last", "2027-03-09", "p0w0.from", "10:00", "p0w0.to", "14:00"))
	got.want(t, http.StatusOK, "The office hours were saved.", `value="2027-02-25"`, "Ramadan", `value="20:00"`, "Sunday: 09:00–13:00, 16:00–21:00", "Closed. {{nextOpening}}")
	o, err := w.inbox.OfficeHours(w.db.Read(t.Context()), ch.OrgID, ch.ID)
	must(t, err)
	if !o.Enabled || len(o.Windows) != 3 || len(o.Periods) != 1 || o.SpecialDays[0].Windows[0].To != "24:00" {
		t.Errorf("saved %+v", o)
	}
	w.written("Mona", "966555000101", "hello")
}

func TestWrongOfficeHoursAreShownWhereTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ch := w.connect()
	path := "/settings/channels/" + db.FormatID("chan", ch.ID) + "/hours"
	b := w.as("Omar")
	wrong := hoursEntries("save", "zone", "Mars", "cooldown", "x", "messageAr", "{{اسم}}", "s0.date", "", "p0.name", "R", "p0.first", "2027-03-09", "p0.last", "2027-02-08")
	b.post(path, wrong).want(t, http.StatusUnprocessableEntity, `id="zone-error"`, `id="cooldown-error"`, `id="messageAr-error"`, "Nothing was saved", `value="16:00"`)
	wrong = hoursEntries("save", "holiday", "2027-02-25", "s0.date", "2027-02-25", "p0.name", "R", "p0.first", "2027-03-09", "p0.last", "2027-02-08", "p0w2.from", "10:00", "p0w2.to", "")
	wrong["w0.to"][1] = ""
	wrong["holiday"] = []string{"", "soon", "2027-02-25"}
	got := b.post(path, wrong)
	got.want(t, http.StatusUnprocessableEntity, `id="w0.1-error"`, `id="holiday-1-error"`, `id="s0.date-error"`, `id="p0-error"`, `id="p0w2.0-error"`).without(t, `id="w0.0-error"`)
	if strings.Contains(got.body, "is no time") || strings.Contains(got.body, "specialDays") {
		t.Error("the page shows the words of the API")
	}
	b.get(path).want(t, http.StatusOK, `value="UTC"`)
}
