package web_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"badala/app/contact"
	"badala/app/db"
)

func TestTwoContactsBecomeOneAndTwoAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	b := w.as("Omar")
	conv := w.written("Mona", "966555000101", "hello there")
	crm := w.person("Mona Ali", "+96550000001", "VIP")
	_, err := w.contacts.Update(t.Context(), w.boss(), crm.ID, contact.Patch{ExternalID: new("crm-7"), Email: new("mona@example.com"), Notes: new("likes tea"),
		Consent: new(false), Reason: "by letter"})
	must(t, err)
	list, _, err := w.contacts.List(w.db.Read(t.Context()), w.owner.OrgID, contact.Filter{Phone: "+966555000101"})
	must(t, err)
	keep, other := contactID(list[0]), contactID(crm)

	b.get("/contacts/person/"+keep+"/merge?q=mona").want(t, http.StatusOK, "Mona Ali", other).without(t, "with="+keep)
	b.get("/contacts/person/"+keep+"/merge?with="+other).want(t, http.StatusOK, "mona@example.com", "crm-7", "VIP", "Refused", "can be taken back")
	b.post("/contacts/person/"+keep+"/merge", url.Values{"with": {keep}}).want(t, http.StatusOK, "with itself")
	got := b.post("/contacts/person/"+keep+"/merge", url.Values{"with": {other}}).
		want(t, http.StatusOK, "one now", "crm-7", "mona@example.com", "likes tea", "+965 5000 0001", "Refused", "Take apart", "Mona Ali", "hello there")
	b.get("/contacts/"+other).want(t, http.StatusNotFound)
	b.get("/contacts?q=50000001").want(t, http.StatusOK, "1 contact", keep)

	// What is changed meanwhile stays.
	b.post("/contacts/person/"+keep+"/edit", url.Values{"email": {"new@example.com"}})
	merge := between(t, got.body, "/contacts/merges/", "/undo")
	b.post("/contacts/merges/"+merge+"/undo", nil).want(t, http.StatusOK, "apart again", "new@example.com", "hello there").
		without(t, "crm-7").without(t, "likes tea").without(t, "<bdi>VIP</bdi>")
	b.get("/contacts/"+other).want(t, http.StatusOK, "Mona Ali", "crm-7", "mona@example.com", "likes tea", "<bdi>VIP</bdi>", "by letter")
	b.post("/contacts/merges/"+merge+"/undo", nil).want(t, http.StatusNotFound)
	one, err := w.contacts.ByID(w.db.Read(t.Context()), w.owner.OrgID, list[0].ID)
	must(t, err)
	if one.Consent != nil || one.ExternalID != "" || len(one.OtherPhones) > 0 || len(one.Tags) > 0 {
		t.Errorf("it kept %+v", one)
	}
	b.get("/c/"+conv).want(t, http.StatusOK, "hello there")
	b.get("/contacts?q=50000001").want(t, http.StatusOK, "1 contact", other)
	b.get("/settings/audit").want(t, http.StatusOK, "Contacts merged", "Contacts taken apart")
}

func TestConversationsGoBackWithTheirContact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	b := w.as("Omar")
	conv := w.written("Mona", "966555000101", "hello there")
	keep := w.person("Mona Ali", "+96550000001")
	list, _, err := w.contacts.List(w.db.Read(t.Context()), w.owner.OrgID, contact.Filter{Phone: "+966555000101"})
	must(t, err)
	got := b.post("/contacts/person/"+contactID(keep)+"/merge", url.Values{"with": {contactID(list[0])}}).want(t, http.StatusOK, "/c/"+conv)
	w.written("Mona Ali", "966555000101", "still me")
	b.post("/contacts/merges/"+between(t, got.body, "/contacts/merges/", "/undo")+"/undo", nil).want(t, http.StatusOK).without(t, "/c/"+conv)
	b.get("/contacts/"+contactID(list[0])).want(t, http.StatusOK, "/c/"+conv, "still me")
	cv, err := db.ParseID("conv", conv)
	must(t, err)
	strangers, err := db.Value[int](w.db.Read(t.Context()), `SELECT COUNT(*) FROM message WHERE conversation_id = ? AND contact_id <> ?`, cv, list[0].ID)
	must(t, err)
	if strangers > 0 {
		t.Errorf("%d messages are somebody else's", strangers)
	}
}

func TestJoinedConversationsComeApartAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	b := w.as("Omar")
	w.written("Mona", "966555000101", "hello there")
	conv := w.written("Mona B", "966555000102", "my other phone")
	list, _, err := w.contacts.List(w.db.Read(t.Context()), w.owner.OrgID, contact.Filter{Phone: "+966555000102"})
	must(t, err)
	other := contactID(list[0])
	list, _, err = w.contacts.List(w.db.Read(t.Context()), w.owner.OrgID, contact.Filter{Phone: "+966555000101"})
	must(t, err)
	keep := contactID(list[0])
	b.get("/contacts/person/"+keep+"/merge?with="+other).want(t, http.StatusOK, "For 30 days this can be taken back")
	got := b.post("/contacts/person/"+keep+"/merge", url.Values{"with": {other}}).want(t, http.StatusOK, "one now", "Take apart")
	b.get("/c/"+conv).want(t, http.StatusNotFound)
	b.post("/contacts/merges/"+between(t, got.body, "/contacts/merges/", "/undo")+"/undo", nil).want(t, http.StatusOK, "apart again", "hello there")
	b.get("/c/"+conv).want(t, http.StatusOK, "my other phone").without(t, "<p>hello there</p>")
}

func TestAPersonIsExported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	b := w.as("Omar")
	conv := w.written("Mona", "966555000101", "hello there")
	b.script("/c/"+conv+"/notes", url.Values{"body": {"a secret of the team"}})
	list, _, err := w.contacts.List(w.db.Read(t.Context()), w.owner.OrgID, contact.Filter{})
	must(t, err)
	got := b.get("/contacts/person/"+contactID(list[0])+"/export").want(t, http.StatusOK)
	archive, err := zip.NewReader(bytes.NewReader([]byte(got.body)), int64(len(got.body)))
	must(t, err)
	var names []string
	var all strings.Builder
	for _, f := range archive.File {
		r, err := f.Open()
		must(t, err)
		_, err = io.Copy(&all, r)
		must(t, err)
		names = append(names, f.Name)
	}
	if !slices.Equal(names, []string{"contact.json", "conversations/" + conv + "/messages.jsonl"}) {
		t.Errorf("the archive has %q", names)
	}
	for _, text := range []string{`"+966555000101"`, "hello there", "consentHistory"} {
		if !strings.Contains(all.String(), text) {
			t.Errorf("the archive does not say %s", text)
		}
	}
	if strings.Contains(all.String(), "a secret of the team") {
		t.Error("the archive has the team's notes")
	}
	b.get("/settings/audit").want(t, http.StatusOK, "Contacts exported")
}

func TestFieldsOfTheOrganisation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	b.post("/contacts/fields", url.Values{"name": {""}, "kind": {"CHOICE"}}).want(t, http.StatusUnprocessableEntity, "1 to 100 choices")
	b.post("/contacts/fields", url.Values{"name": {"Size"}, "kind": {"CHOICE"}, "choices": {"S\nM\n\nL"}}).want(t, http.StatusOK, "Size", "S, M, L")
	b.post("/contacts/fields", url.Values{"name": {"Birthday"}, "kind": {"DATE"}}).want(t, http.StatusOK, "Birthday")
	b.post("/contacts/fields", url.Values{"name": {"Points"}, "kind": {"NUMBER"}}).want(t, http.StatusOK, "Points")
	b.post("/contacts/fields", url.Values{"name": {"size"}, "kind": {"TEXT"}}).want(t, http.StatusUnprocessableEntity, "Another field has this name")
	sara := contactID(w.person("Sara", "+96550000001"))
	form := url.Values{"cfn-0": {"Size"}, "cf-0": {"M"}, "cfn-1": {"Birthday"}, "cf-1": {"1990-02-03"}, "cfn-2": {"Points"}, "cf-2": {"a lot"}}
	b.post("/contacts/person/"+sara+"/edit", form).want(t, http.StatusUnprocessableEntity, "This is not a number", `value="a lot"`)
	form.Set("cf-2", "١٢٫٥")
	b.post("/contacts/person/"+sara+"/edit", form).want(t, http.StatusOK, `value="12.5"`, `value="1990-02-03"`, `<option value="M" selected`)
	form = url.Values{"cfn-0": {"Size"}, "cf-0": {""}}
	b.post("/contacts/person/"+sara+"/edit", form).want(t, http.StatusOK).without(t, `<option value="M" selected`)
}

func TestConsentWordsAreSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	b := w.as("Omar")
	b.get("/contacts/consent").want(t, http.StatusOK, "UNSUBSCRIBE", "إيقاف", `name="answer" value="1" checked`)
	b.post("/contacts/consent", url.Values{"words": {"khalas\nخلاص"}, "text_ar": {"حسنًا"}}).want(t, http.StatusOK, "khalas\nخلاص", "حسنًا", "were saved")
	w.written("Mona", "966555000101", "خلاص.")
	b.get("/contacts?consent=no").want(t, http.StatusOK, "Mona")
}
