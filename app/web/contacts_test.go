package web_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
)

// person makes a contact.
func (w *world) person(name, phone string, tags ...string) contact.Contact {
	w.t.Helper()
	ct, err := w.contacts.Create(w.t.Context(), w.boss(), contact.UpsertInput{Patch: contact.Patch{Name: &name, Phone: &phone, Tags: &tags}})
	must(w.t, err)
	return ct
}

func contactID(ct contact.Contact) string { return db.FormatID("contact", ct.ID) }

func TestContactsAreFoundAndFiltered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	b := w.as("Omar")
	b.get("/contacts").want(t, http.StatusOK, "No contacts yet", `href="/contacts/import"`, `href="/contacts/new"`)
	w.person("إيمان الأحمد", "+96550000001", "VIP")
	w.person("Bader", "+96550000002")
	w.written("Mona", "966555000101", "hello there")
	b.get("/contacts").want(t, http.StatusOK, "3 contacts", "إيمان", "Bader", "Mona", "+9665 5500 0101").without(t, "No contacts yet")
	for query, name := range map[string]string{
		"q=" + url.QueryEscape("ايمان"): "إيمان", "q=0000002": "Bader", "consent=unknown&q=mona": "Mona", "source=WHATSAPP": "Mona",
		"from=2020-01-01": "Mona", "tag=" + tagID(w, "VIP"): "إيمان",
	} {
		got := b.get("/contacts?"+query).want(t, http.StatusOK, name, "1 contact", "active-filters")
		if n := strings.Count(got.body, `class="who-link"`); n != 1 {
			t.Errorf("%s shows %d contacts", query, n)
		}
	}
	b.get("/contacts?consent=yes").want(t, http.StatusOK, "Nobody fits")
	b.get("/contacts?sort=name&tag=nonsense&cursor=nonsense").want(t, http.StatusOK, "3 contacts")
	b.get("/contacts/more?q=bader").want(t, http.StatusOK, "Bader").without(t, "<html")
}

func tagID(w *world, name string) string {
	w.t.Helper()
	all, err := w.contacts.Tags(w.db.Read(w.t.Context()), w.owner.OrgID)
	must(w.t, err)
	for _, tag := range all {
		if tag.Name == name {
			return db.FormatID("tag", tag.ID)
		}
	}
	w.t.Fatalf("no tag %s", name)
	return ""
}

func TestContactIsMadeAndEdited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	b.post("/contacts/new", url.Values{"name": {"Sara"}, "phone": {"nonsense"}, "email": {"x"}}).
		want(t, http.StatusUnprocessableEntity, `value="Sara"`, "not a phone number", "not an e-mail")
	b.post("/contacts/new", url.Values{"phone": {"+96550000001"}, "consent": {"yes"}}).want(t, http.StatusUnprocessableEntity, "Say why")
	made := b.post("/contacts/new", url.Values{"name": {"Sara"}, "phone": {"+965 5000 0001"}, "tags": {"VIP, new"}, "company": {"Palm"},
		"consent": {"yes"}, "reason": {"signed the form"}}).want(t, http.StatusOK, "Sara", "VIP", "signed the form", "Agreed", "Omar")
	sara := strings.TrimPrefix(made.path, "/contacts/")
	b.post("/contacts/new", url.Values{"phone": {"+96550000001"}}).want(t, http.StatusUnprocessableEntity, "Another contact has this phone number", `href="/contacts/`+sara)
	b.post("/contacts/person/"+sara+"/edit", url.Values{"name": {"Sara A"}, "email": {"SARA@example.com"}, "notes": {"likes tea"}}).
		want(t, http.StatusOK, `value="Sara A"`, `value="sara@example.com"`, "likes tea", `value="Palm"`)
	b.post("/contacts/person/"+sara+"/edit", url.Values{"name": {"Kept"}, "email": {"x"}}).want(t, http.StatusUnprocessableEntity, `value="Kept"`)
	b.post("/contacts/person/"+sara+"/consent", url.Values{"consent": {"no"}}).want(t, http.StatusUnprocessableEntity, "Say why")
	b.post("/contacts/person/"+sara+"/consent", url.Values{"consent": {"no"}, "reason": {"asked by phone"}}).want(t, http.StatusOK, "asked by phone", "Refused", "signed the form")
	b.post("/contacts/person/"+sara+"/tags", url.Values{"add": {"tea"}}).want(t, http.StatusOK, ">tea<")
	b.post("/contacts/person/"+sara+"/tags", url.Values{"remove": {tagID(w, "tea")}}).want(t, http.StatusOK).without(t, "<bdi>tea<")

	b.post("/contacts/person/"+sara+"/erase", url.Values{"confirm": {"yes"}}).want(t, http.StatusUnprocessableEntity, "not the name or number")
	b.post("/contacts/person/"+sara+"/erase", url.Values{"confirm": {"sara a"}}).want(t, http.StatusOK, "was erased")
	b.get("/contacts/"+sara).want(t, http.StatusNotFound)
}

func TestManyContactsChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	a, c := w.person("Aya", "+96550000001"), w.person("Ceren", "+96550000003")
	w.person("Bader", "+96550000002", "old")
	got := b.post("/contacts/bulk", url.Values{"do": {"tag"}, "name": {"VIP"}, "id": {contactID(a), contactID(c)}}).want(t, http.StatusOK, "2 more contacts have the tag")
	id := between(t, got.body, `action="/contacts/bulk/bulk_`, `/undo`)
	b.get("/contacts?tag="+tagID(w, "VIP")).want(t, http.StatusOK, "2 contacts").without(t, "Bader")
	b.post("/contacts/bulk/bulk_"+id+"/undo", url.Values{"q": {"a"}}).want(t, http.StatusOK, "was taken off")
	b.get("/contacts?tag="+tagID(w, "VIP")).want(t, http.StatusOK, "0 contacts")
	b.post("/contacts/bulk/bulk_"+id+"/undo", nil).want(t, http.StatusOK, "can not be taken back")

	b.post("/contacts/bulk", url.Values{"do": {"consent"}, "consent_to": {"no"}, "all": {"1"}}).want(t, http.StatusOK, "Say why")
	b.post("/contacts/bulk", url.Values{"do": {"consent"}, "consent_to": {"no"}, "reason": {"letter of May"}, "all": {"1"}}).want(t, http.StatusOK, "3 contacts is “")
	b.post("/contacts/bulk", url.Values{"do": {"consent"}, "consent_to": {"yes"}, "reason": {"mistake"}, "all": {"1"}}).want(t, http.StatusOK)
	b.get("/contacts?consent=no").want(t, http.StatusOK, "3 contacts")
	b.get("/contacts/export?format=csv&q=bader").want(t, http.StatusOK, "Bader,", "+96550000002", ",old,", "Badala ID").without(t, "Aya")
	if got := b.get("/contacts/export?format=ods").want(t, http.StatusBadRequest); got.header.Get("Content-Disposition") != "" {
		t.Error("a refusal is sent as a file")
	}

	b.post("/contacts/bulk", url.Values{"do": {"erase"}, "all": {"1"}, "q": {"bader"}, "confirm": {"3"}}).want(t, http.StatusOK, "1 contact in the selection")
	b.post("/contacts/bulk", url.Values{"do": {"erase"}, "all": {"1"}, "q": {"bader"}, "confirm": {"1"}}).want(t, http.StatusOK, "1 contact was erased")
	b.get("/contacts").want(t, http.StatusOK, "2 contacts").without(t, "Bader")
	b.get("/settings/audit").want(t, http.StatusOK, "Many contacts changed", "Contacts exported")

	w.teammate("Agnes", account.Agent)
	w.as("Agnes").post("/contacts/bulk", url.Values{"do": {"erase"}, "all": {"1"}, "confirm": {"2"}}).want(t, http.StatusForbidden)
}

// TestExportBreaksOff cuts the connection when a file can not be finished: who
// loads it must not take a part for the whole.
func TestExportBreaksOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	oldest := w.person("Aya", "+96550000001")
	for i := range 400 {
		w.person(fmt.Sprintf("Person %d of a file that is larger than what is held back", i), fmt.Sprintf("+9655000%04d", i+10))
	}
	must(t, w.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE contact SET company = '[1]' WHERE id = ?`, oldest.ID) // what no reader expects
		return err
	}))
	for _, format := range []string{"csv", "xlsx"} {
		res, err := b.http.Get(b.base + "/contacts/export?format=" + format)
		if err != nil {
			continue // before its first byte
		}
		_, err = io.Copy(io.Discard, res.Body)
		if res.Body.Close(); err == nil && res.StatusCode == http.StatusOK {
			t.Errorf("%s looks whole", format)
		}
	}
}
