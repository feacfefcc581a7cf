package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/db"
)

// templated is an install whose account's templates are read.
func templated(t *testing.T) (*world, channel.Channel) {
	w := newWorld(t)
	ch := w.connect()
	_, err := w.channels.SyncTemplates(t.Context(), w.boss(), ch.ID)
	must(t, err)
	return w, ch
}

// templatePath is the page of a template.
func (w *world) templatePath(ch channel.Channel, name, language string) (page, id string) {
	w.t.Helper()
	t, err := w.channels.Template(w.db.Read(w.t.Context()), w.owner.OrgID, ch.ID, name, language)
	must(w.t, err)
	return "/templates/" + db.FormatID("chan", ch.ID) + "/" + db.FormatID("tmpl", t.ID), db.FormatID("tmpl", t.ID)
}

func TestTemplatesAreListedAndShown(t *testing.T) {
	t.Parallel()
	bare := newWorld(t)
	bare.as("Omar").get("/templates").want(t, http.StatusOK, "none is connected yet", "/settings/channels/connect")

	w, ch := templated(t)
	w.teammate("Vera", account.Viewer)
	b, vera := w.as("Omar"), w.as("Vera")
	b.get("/templates").want(t, http.StatusOK, "visit_reminder", "shipping_update", "Approved", "Paused", "Sync now", "New template", "Last read")
	b.get("/templates?q=commande").want(t, http.StatusOK, "1 template", "French").without(t, "visit_reminder")
	b.get("/templates?category=MARKETING&status=PAUSED").want(t, http.StatusOK, "autumn_offer_v2", "1 template")
	b.get("/templates?q=zzz").want(t, http.StatusOK, "No template fits")
	b.get("/templates?channel=chan_999").want(t, http.StatusNotFound)
	vera.get("/templates").want(t, http.StatusOK, "visit_reminder").without(t, "Sync now").without(t, "New template")
	b.post("/templates/sync", url.Values{"channel": {db.FormatID("chan", ch.ID)}}).want(t, http.StatusOK, "nothing has changed")

	page, _ := w.templatePath(ch, "visit_reminder", "en_US")
	b.get(page).want(t, http.StatusOK, "As the customer sees it", "Walnut Works", "Confirm", "Edit", "Duplicate", "Delete")
	vera.get(page).want(t, http.StatusOK, "Walnut Works").without(t, "Duplicate")
	vera.get(page+"/edit").want(t, http.StatusForbidden)
	vera.post(page+"/delete", nil).want(t, http.StatusForbidden)
	french, _ := w.templatePath(ch, "shipping_update", "fr")
	b.get(french+"/delete").want(t, http.StatusOK, "Delete shipping_update?", "30 days", "All 2 languages")
	paused, _ := w.templatePath(ch, "autumn_offer_v2", "en_US")
	b.get(paused).want(t, http.StatusOK, "lifts the pause by itself")
	b.lang = "ar"
	b.get("/templates/"+db.FormatID("chan", ch.ID)+"/tmpl_999").want(t, http.StatusNotFound)
}

func TestATemplateIsMadeEditedAndDeleted(t *testing.T) {
	t.Parallel()
	w, ch := templated(t)
	b := w.as("Omar")
	b.get("/templates/new").want(t, http.StatusOK, `name="name"`, "Quick reply")
	form := url.Values{"channel": {db.FormatID("chan", ch.ID)}, "name": {"Wrong Name"}, "language": {"ar"}, "category": {"UTILITY"}, "format": {"NAMED"},
		"header.kind": {"TEXT"}, "header.text": {"طلبك"}, "body": {"{{name}} مرحبا"}, "footer": {"المتجر"}, "buttons": {"1"}, "button.0.kind": {"URL"}, "button.0.text": {"تتبع"},
		"button.0.url": {"nonsense"}, "do": {"preview"}}
	b.post("/templates/new", form).want(t, http.StatusOK, `dir="rtl"`, "تتبع", "Wrong Name", "{{name}}").without(t, "not right yet")
	form.Set("do", "submit")
	got := b.post("/templates/new", form).want(t, http.StatusUnprocessableEntity, "not right yet", "Small Latin letters", "must not begin or end", "an example", "begins with https://", "Wrong Name", "{{name}} مرحبا")
	if n := strings.Count(got.body, "aria-invalid"); n < 3 {
		t.Errorf("%d fields are marked", n)
	}

	// Buttons come and go, and variables with them.
	form.Set("do", "button:")
	form.Set("kind", "QUICK_REPLY")
	b.post("/templates/new", form).want(t, http.StatusOK, `name="button.1.kind"`)
	form.Set("do", "drop:button.0")
	b.post("/templates/new", form).want(t, http.StatusOK).without(t, `name="button.0.kind"`)
	form.Set("do", "variable:body")
	b.post("/templates/new", form).want(t, http.StatusOK, "{{text_2}}", `name="ex.body.text_2"`)

	form.Set("do", "submit")
	form.Set("name", "parcel_ready")
	form.Set("body", "مرحبا {{name}}، طلبك جاهز الآن.")
	form.Set("ex.body.name", "فاطمة")
	form.Set("button.0.url", "https://shop.example/t")
	b.post("/templates/new", form).want(t, http.StatusOK, "is reviewing it", "parcel_ready", "مرحبا فاطمة")
	b.post("/templates/new", form).want(t, http.StatusUnprocessableEntity, "a template of this name in this language", "parcel_ready")
	page, id := w.templatePath(ch, "parcel_ready", "ar")
	until(t, "the approval", func() bool { return strings.Contains(b.get(page).body, "It can be sent.") })

	b.get(page+"/edit").want(t, http.StatusOK, "once a day", "طلبك جاهز")
	form.Set("body", "مرحبا {{name}}، طلبك في الطريق إليك.")
	b.post(page+"/edit", form).want(t, http.StatusOK, "is reviewing it", "في الطريق")
	b.get("/templates/new?channel="+db.FormatID("chan", ch.ID)+"&from="+id).want(t, http.StatusOK, "parcel_ready_2", "في الطريق")
	b.post(page+"/delete", url.Values{"all": {"0"}}).want(t, http.StatusOK, "parcel_ready is deleted.")
	b.get("/templates?q=parcel_ready").want(t, http.StatusOK, "No template fits")
}

func TestTheShapesOfTemplates(t *testing.T) {
	t.Parallel()
	w, ch := templated(t)
	b := w.as("Omar")
	form := url.Values{"channel": {db.FormatID("chan", ch.ID)}, "name": {"cards"}, "language": {"en"}, "category": {"MARKETING"}, "shape": {"CAROUSEL"}, "body": {"See these"}, "do": {"preview"}}
	b.post("/templates/new", form).want(t, http.StatusOK, `name="card.0.body"`, `name="card.1.body"`, "Add a card").without(t, `name="footer"`)
	form.Set("card.0.body", "Oak")
	form.Set("card.1.body", "Elm")
	form.Set("card.0.buttons", "1")
	form.Set("card.0.button.0.kind", "QUICK_REPLY")
	form.Set("card.0.button.0.text", "More")
	form.Set("do", "card")
	b.post("/templates/new", form).want(t, http.StatusOK, `name="card.2.body"`, `name="card.2.button.0.kind"`)
	form.Set("do", "uncard:0")
	b.post("/templates/new", form).want(t, http.StatusOK, "Elm").without(t, "Oak")
	form.Set("shape", "OFFER")
	form.Set("do", "submit")
	b.post("/templates/new", form).want(t, http.StatusUnprocessableEntity, `name="offer"`, "needs a button with a link", "needs a button that copies its code")
	form.Set("category", "AUTHENTICATION")
	form.Set("name", "login_code")
	b.post("/templates/new", form).want(t, http.StatusOK, "is reviewing it", "verification code")
	wrong := b.sendForm("/templates/new", url.Values{"channel": {db.FormatID("chan", ch.ID)}, "category": {"UTILITY"}, "header.kind": {"IMAGE"}, "do": {"preview"}}, "", "")
	wrong.want(t, http.StatusOK, `name="file.header"`)
}

func TestATemplateIsSentToAConversationAContactAndANumber(t *testing.T) {
	t.Parallel()
	w, ch := templated(t)
	w.teammate("Vera", account.Viewer)
	conv := w.written("Mona Ali", "966555000101", "hello there")
	b := w.as("Omar")
	w.as("Vera").get("/write?conv="+conv).want(t, http.StatusForbidden)
	b.get("/c/"+conv).want(t, http.StatusOK, "data-write", "/write?conv="+conv)
	b.get("/write?conv="+conv).want(t, http.StatusOK, "visit_reminder", "shipping_update", "Mona Ali").without(t, "autumn_offer_v2")
	b.get("/write?conv="+conv+"&q=commande").want(t, http.StatusOK, "French").without(t, "visit_reminder")
	_, id := w.templatePath(ch, "visit_reminder", "en_US")
	b.script("/c/"+conv+"/draft", url.Values{"body": {"see you\non Monday"}}).want(t, http.StatusNoContent)
	b.get("/write/"+id+"?conv="+conv).want(t, http.StatusOK, `value="Mona"`, "Use the draft")
	at := "/write/" + id + "?conv=" + conv
	form := url.Values{"draft": {"see you\non Monday"}, "do": {"draft:body.day"}, "v.body.first_name": {"Mona"}}
	b.post(at, form).want(t, http.StatusOK, `value="see you on Monday"`)
	form.Set("do", "send")
	b.post(at, form).want(t, http.StatusUnprocessableEntity, "This is needed.", `value="Mona"`)
	b.sendForm(at, form, "", "").want(t, http.StatusUnprocessableEntity, "This is needed.", "Mona Ali")
	form.Set("v.body.day", "Sunday")
	b.post(at, form).want(t, http.StatusOK, "Hello Mona, see you on Sunday.", "Walnut Works", "Confirm", "visit_reminder")
	b.get("/write?conv="+conv).want(t, http.StatusOK, "Sent before")
	b.post("/write/"+id+"/star?conv="+conv, url.Values{"on": {"true"}})
	b.get("/write?conv="+conv).want(t, http.StatusOK, `aria-pressed="true"`)

	// A number that nobody has yet.
	b.get("/contacts").want(t, http.StatusOK, "New conversation", `href="/write"`)
	b.get("/write").want(t, http.StatusOK, `name="country"`, `name="phone"`)
	b.get("/write?phone=abc&country=SA").want(t, http.StatusUnprocessableEntity, "not a phone number of that country", `value="abc"`)
	b.get("/write?phone=0555000777&country=SA").want(t, http.StatusOK, "visit_reminder", "+966555000777")
	to := url.Values{"phone": {"+966555000777"}, "channel": {db.FormatID("chan", ch.ID)}}
	form.Set("v.body.first_name", "Huda")
	got := b.post("/write/"+id+"?"+to.Encode(), form).want(t, http.StatusOK, "Hello Huda, see you on Sunday.")
	if !strings.HasPrefix(got.path, "/c/conv_") {
		t.Errorf("it led to %s", got.path)
	}
	b.get("/write?phone=0555000777&country=SA").want(t, http.StatusOK, "conv=conv_")
}

func TestWhoRefusesMarketingIsToldNothing(t *testing.T) {
	t.Parallel()
	w, ch := templated(t)
	b := w.as("Omar")
	person := w.person("Nour", "+96550009999")
	name := db.FormatID("contact", person.ID)
	b.post("/contacts/person/"+name+"/consent", url.Values{"consent": {"no"}, "reason": {"said so"}}).want(t, http.StatusOK)
	b.get("/contacts/"+name).want(t, http.StatusOK, "/write?contact="+name)
	b.get("/write?contact="+name).want(t, http.StatusOK, "Refused by this contact")
	_, id := w.templatePath(ch, "autumn_offer", "en_US")
	b.get("/write/"+id+"?contact="+name).want(t, http.StatusOK, "Nour has refused marketing messages").without(t, `value="send"`)
	b.post("/write/"+id+"?contact="+name, url.Values{"do": {"send"}, "v.body.1": {"Nour"}, "v.header": {"https://x.example/a.jpg"}}).
		want(t, http.StatusUnprocessableEntity, "has refused marketing messages")
}
