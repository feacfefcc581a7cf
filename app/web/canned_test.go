package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"badala/app/account"
	"badala/app/db"
	"badala/app/inbox"
	"badala/app/meta/sim"
)

// sendForm posts a form with files, as a browser does.
func (b *browser) sendForm(path string, fields url.Values, name, content string) answer {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for k, vs := range fields {
		for _, v := range vs {
			must(b.t, w.WriteField(k, v))
		}
	}
	if name != "" {
		part, err := w.CreateFormFile("file", name)
		must(b.t, err)
		_, err = part.Write([]byte(content))
		must(b.t, err)
	}
	must(b.t, w.Close())
	return b.do(http.MethodPost, path, &body, "Content-Type", w.FormDataContentType())
}

// removedAndBack removes a quick reply of the team and takes that back.
func (w *world) removedAndBack(b, sara *browser, path string) {
	t := w.t
	t.Helper()
	b.post(path+"/remove", nil).want(t, http.StatusOK, "/hours is removed", "Undo", path+"/restore")
	b.get("/settings/canned").want(t, http.StatusOK).without(t, "/hours")
	sara.post(path+"/restore", nil).want(t, http.StatusForbidden)
	b.post(path+"/restore", nil).want(t, http.StatusOK, "is back", "/hours", "1 file")
	b.get(path).want(t, http.StatusOK, "hours.txt", "nine to five")
	b.script(path+"/restore", nil).want(t, http.StatusNotFound)
	b.get("/settings/canned?sort=used").want(t, http.StatusOK, "Most used first</h2>", "/hours")
}

func TestQuickRepliesAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.teammate("Sara", account.Agent)
	b, sara := w.as("Omar"), w.as("Sara")
	b.get("/settings/canned").want(t, http.StatusOK, "No quick reply yet")
	b.get("/settings/canned/new").want(t, http.StatusOK, "{{contact.name}}", `name="shared"`)
	sara.get("/settings/canned/new").want(t, http.StatusOK).without(t, `name="shared"`)

	form := url.Values{"shared": {"1"}, "shortcut": {"two words"}, "body": {"Hello {{1}}"}, "title": {"Opening hours"}, "folder": {"Shop"}}
	wrong := b.sendForm("/settings/canned", form, "hours.txt", "nine to five")
	wrong.want(t, http.StatusUnprocessableEntity, "1 to 40 letters", "names a variable", "Opening hours", "hours.txt", "checked> <span>The team")
	form.Set("shortcut", "hours")
	form.Set("body", "Hello {{contact.name}}, nine to five")
	form.Set("keep", between(t, wrong.body, `name="keep" value="`, `"`))
	b.sendForm("/settings/canned", form, "", "").want(t, http.StatusOK, "is there", "/hours", "1 file", "Shop")
	b.sendForm("/settings/canned", form, "", "").want(t, http.StatusUnprocessableEntity, "Another quick reply has this shortcut")

	page := sara.get("/settings/canned?q=NINE").want(t, http.StatusOK, "/hours")
	path := "/settings/canned/canned_" + between(t, page.body, `href="/settings/canned/canned_`, `"`)
	sara.get(path).want(t, http.StatusOK, "hours.txt").without(t, "<textarea")
	sara.post(path, form).want(t, http.StatusForbidden)
	sara.post(path+"/remove", nil).want(t, http.StatusForbidden)
	w.removedAndBack(b, sara, path)
	sara.get("/settings/canned?q=nothing").want(t, http.StatusOK, "No quick reply fits")

	form.Del("keep")
	form.Set("body", "Hello {{ contact.name }}, nine to six")
	b.sendForm(path, form, "", "").want(t, http.StatusOK, "is saved", "nine to six").without(t, "1 file")
	form.Set("body", " ")
	b.post(path, form).want(t, http.StatusUnprocessableEntity, "aria-invalid")
	b.post(path+"/remove", nil).want(t, http.StatusOK, "is removed", "No quick reply yet")
	b.get(path).want(t, http.StatusNotFound)
}

func TestQuickRepliesGoThroughAFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	make := func(in inbox.CannedInput) {
		_, err := w.inbox.CreateCanned(t.Context(), w.boss(), in)
		must(t, err)
	}
	make(inbox.CannedInput{Shared: true, Shortcut: "sum", Body: "=SUM(A1), \"quoted\"\nand a line", Title: "+1", Folder: "-", Language: "en"})
	make(inbox.CannedInput{Shortcut: "أهلا", Body: "أهلاً {{contact.name}}؛ كيف نساعدك؟"})
	file := b.get("/settings/canned.csv").want(t, http.StatusOK, "'=SUM")
	if !strings.Contains(file.header.Get("Content-Disposition"), ".csv") {
		t.Errorf("headers %v", file.header)
	}
	b.sendForm("/settings/canned/import", nil, "replies.csv", file.body).want(t, http.StatusOK, "0 added, 0 changed, 2 unchanged")
	got := b.sendForm("/settings/canned/import", nil, "replies.csv", "Text;Shortcut;Shared\nNine;hours;yes\nx;two words;\n;empty;\n{{nope}};v;\n")
	got.want(t, http.StatusOK, "1 added, 0 changed, 0 unchanged", "3 rows were refused", "Row 3:", "Row 4:", "Row 5:", "names a variable")
	b.sendForm("/settings/canned/import", nil, "replies.csv", "a,b\n1,2\n").want(t, http.StatusUnprocessableEntity, "first row must name")
	b.sendForm("/settings/canned/import", nil, "replies.csv", "\x00\x01\x02\x03\xff").want(t, http.StatusUnprocessableEntity)
	b.sendForm("/settings/canned/import", nil, "", "").want(t, http.StatusUnprocessableEntity, "Choose a file")
}

func TestQuickRepliesAreOfferedInTheComposer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	conv := w.written("Mona", "966555000101", "hello there")
	b := w.as("Omar")
	b.get("/c/"+conv).want(t, http.StatusOK, "data-canned", `data-load="/c/`+conv+`/canned"`)
	b.get("/c/"+conv+"/canned").want(t, http.StatusOK, "No quick reply yet")
	own, err := w.inbox.CreateCanned(t.Context(), w.boss(), inbox.CannedInput{Shortcut: "wait", Body: "hi: one moment"})
	must(t, err)
	_, err = w.inbox.CreateCanned(t.Context(), w.boss(), inbox.CannedInput{Shared: true, Shortcut: "hi", Body: "Hello {{contact.name}}, {{agent.name}} of {{org.name}}"})
	must(t, err)
	got := b.get("/c/"+conv+"/canned?q=hi").want(t, http.StatusOK, "Hello Mona, Omar of Palm", "one moment").without(t, "{{")
	if strings.Index(got.body, "/hi<") > strings.Index(got.body, "/wait<") {
		t.Error("the shortcut that was typed is not first")
	}
	b.get("/c/"+conv+"/canned?q=zzz").want(t, http.StatusOK).without(t, "listbox")
	b.script("/c/"+conv+"/canned/"+db.FormatID("canned", own.ID), nil).want(t, http.StatusNoContent)
	b.get("/settings/canned").want(t, http.StatusOK, "used once")
	w.sim.Customer(sim.Customer{Phone: "966550007777"}).SendText(number, "who am I")
	must(t, w.sim.Flush(t.Context()))
	list, _, err := w.inbox.Conversations(w.db.Read(t.Context()), w.owner.OrgID, inbox.Filter{Take: 1})
	must(t, err)
	b.get("/c/"+db.FormatID("conv", list[0].ID)+"/canned?q=hi").want(t, http.StatusOK, "Hello [[customer’s name]], Omar").without(t, "{{")
}
