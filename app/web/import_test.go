package web_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
)

const importFiles = "../contact/importer/testdata/"

// seed puts the contacts that the files of the tests meet into the shop.
func (w *world) seed() {
	w.t.Helper()
	raw, err := os.ReadFile(importFiles + "seed.json")
	must(w.t, err)
	var all []struct {
		ExternalID, Name, Phone, Email, WaID, MarketingConsent string
		OptedOut                                               bool
		Tags                                                   []string
		Company                                                struct{ Name string }
	}
	must(w.t, json.Unmarshal(raw, &all))
	for _, c := range all {
		wa := c.WaID
		if wa == "" {
			wa = strings.TrimPrefix(c.Phone, "+")
		}
		var made contact.Contact
		must(w.t, w.db.Write(w.t.Context(), func(tx *db.Tx) (err error) {
			made, _, err = w.contacts.EnsureTx(tx, w.owner.OrgID, contact.Identity{Phone: wa, ProfileName: c.Name}, contact.FromWhatsApp)
			return err
		}))
		p := contact.Patch{ExternalID: &c.ExternalID, Email: &c.Email, CompanyName: &c.Company.Name, Tags: &c.Tags}
		if c.MarketingConsent == "true" {
			p.Consent = new(true)
		}
		_, err := w.contacts.Update(w.t.Context(), w.boss(), made.ID, p)
		must(w.t, err)
		if c.OptedOut {
			must(w.t, w.db.Write(w.t.Context(), func(tx *db.Tx) error {
				return w.contacts.PreferenceTx(tx, w.owner.OrgID, made.ID, true, tx.Now())
			}))
		}
	}
}

// upload sends a file as the form of the page does.
func (b *browser) upload(name string, content []byte, headers ...string) answer {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if name != "" {
		part, err := form.CreateFormFile("file", name)
		must(b.t, err)
		_, err = part.Write(content)
		must(b.t, err)
	}
	must(b.t, form.Close())
	return b.do(http.MethodPost, "/contacts/import", &body, append([]string{"Content-Type", form.FormDataContentType()}, headers...)...)
}

func (b *browser) uploadFile(name string) answer {
	b.t.Helper()
	raw, err := os.ReadFile(importFiles + name)
	must(b.t, err)
	return b.upload(name, raw).want(b.t, http.StatusOK, "What the columns mean")
}

var (
	chosenOption = regexp.MustCompile(`<select id="(col-\d+)"[\s\S]*?</select>`)
	optionValue  = regexp.MustCompile(`<option value="([^"]*)" selected`)
)

// columns is the form of the columns as it stands.
func columns(a answer) url.Values {
	form := url.Values{"country": {"KW"}, "zone": {"Asia/Kuwait"}, "attested": {"1"}, "proof": {"Tick box in the shop since 2023"}}
	for _, m := range chosenOption.FindAllStringSubmatch(a.body, -1) {
		if v := optionValue.FindStringSubmatch(m[0]); v != nil {
			form.Set(m[1], v[1])
		}
	}
	return form
}

// rests asks for an import's page until nothing works on it.
func (b *browser) rests(path string) answer {
	b.t.Helper()
	var a answer
	until(b.t, "the end of the work", func() bool {
		a = b.get(path).want(b.t, http.StatusOK)
		return !strings.Contains(a.body, "data-poll")
	})
	return a
}

func (w *world) countContacts() int {
	w.t.Helper()
	n, err := w.contacts.Count(w.db.Read(w.t.Context()), w.owner.OrgID, contact.Filter{})
	must(w.t, err)
	return n
}

var figureNumber = regexp.MustCompile(`<dt>([^<]+)</dt><dd><strong class="num">([\d,]+)`)

// figures are the numbers that the page shows.
func figures(a answer) string {
	var all []string
	for _, m := range figureNumber.FindAllStringSubmatch(a.body, -1) {
		all = append(all, m[1]+" "+m[2])
	}
	return strings.Join(all, ", ")
}

func TestAFileIsImportedAndTakenBackWithPlainForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	b := w.as("Omar")
	b.get("/contacts/import").want(t, http.StatusOK, "Drop a file here", "Gallabox")
	page := b.uploadFile("gallabox.csv").want(t, http.StatusOK, `<option value="gallabox" selected>`, `<option value="comma" selected>`, "Dana Al-Rashid", "New field “City”")
	path := page.path
	page = b.post(path+"/check", columns(page))
	page = b.rests(path).want(t, http.StatusOK, "What would happen", "There is no phone number", "This is not a number of any country", "Nothing has been written yet",
		"Import 9 contacts", "Changed to “agreed”: 2 contacts", "1 contact has refused and stays so", "New fields of your own will be made", "City")
	if got, want := figures(page), "New 5, Updated 4, Unchanged 0, Repeated 0, Skipped 2"; got != want {
		t.Errorf("the check finds %s, want %s", got, want)
	}
	if n := w.countContacts(); n != 7 {
		t.Fatalf("the check left %d contacts", n)
	}
	b.get(path+"?columns=1").want(t, http.StatusOK, "What the columns mean", "Tick box in the shop since 2023")
	b.get(path+"/report/csv").want(t, http.StatusOK, "phone_missing", "nophone@nobody.example", "Add one, or allow contacts")

	b.post(path+"/start", nil)
	page = b.rests(path).want(t, http.StatusOK, "See the imported contacts", "Take it back…", "All rows were dealt with")
	if got, want := figures(page), "New 5, Updated 4, Unchanged 0, Repeated 0, Skipped 2"; got != want {
		t.Errorf("the import did %s, want %s", got, want)
	}
	if n := w.countContacts(); n != 12 {
		t.Errorf("there are %d contacts, want 12", n)
	}
	b.get("/contacts/import").want(t, http.StatusOK, "gallabox.csv", "5 new", "4 updated", "2 skipped", "Imported")
	if a := b.get(path+"/report/xlsx").want(t, http.StatusOK); !strings.HasPrefix(a.body, "PK") {
		t.Error("the Excel report is no workbook")
	}

	// The same file again: nothing to do, and nothing offered.
	again := b.uploadFile("gallabox.csv").want(t, http.StatusOK, "They are set as they were then")
	b.post(again.path+"/check", columns(again))
	page = b.rests(again.path).want(t, http.StatusOK, "There is nothing to import").without(t, "/start\" method")
	if got, want := figures(page), "New 0, Updated 0, Unchanged 9, Repeated 0, Skipped 2"; got != want {
		t.Errorf("again, the check finds %s, want %s", got, want)
	}

	b.get(path+"/undo").want(t, http.StatusOK, "New contacts (5) go away").without(t, "Something newer")
	b.post(path+"/undo", nil)
	b.rests(path).want(t, http.StatusOK, "This import was taken back").without(t, "Take it back…")
	if n := w.countContacts(); n != 7 {
		t.Errorf("%d contacts are left, want 7", n)
	}
}

func TestWhatWasReadOtherwiseIsReadAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	page := b.uploadFile("semicolon.csv").want(t, http.StatusOK, `<option value="semicolon" selected>`, `<option value="windows-1252" selected>`)
	b.post(page.path+"/read", url.Values{"encoding": {"windows-1256"}}).want(t, http.StatusOK, `<option value="windows-1256" selected>`)
	b.post(page.path+"/read", url.Values{"source": {"hubspot"}}).want(t, http.StatusOK, `<option value="hubspot" selected>`)
	b.post(page.path+"/read", url.Values{"header": {"4"}}).want(t, http.StatusOK, `<option value="4" selected>`)
	w.connect() // now there is a country to guess
	book := b.uploadFile("gallabox.xlsx").want(t, http.StatusOK, `<option value="SA" selected>`).want(t, http.StatusOK, "Read me", `<option value="Contacts" selected>`)
	b.post(book.path+"/read", url.Values{"sheet": {"Nowhere"}}).want(t, http.StatusUnprocessableEntity, "What the columns mean")
}

func TestAColumnIsCorrectedAndWhatIsWrongIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	page := b.upload("people.csv", []byte("name,phone,size\nMona,65001234,XL\nMona,65001234,L\nNobody,12,S\n")).want(t, http.StatusOK)
	path := page.path
	form := columns(page)
	form.Set("col-1", "ignore")
	b.post(path+"/check", form).want(t, http.StatusUnprocessableEntity, "No column holds phone numbers")
	form.Set("col-0", "name")
	form.Set("col-1", "phone")
	form.Set("zone", "Nowhere/Land")
	b.post(path+"/check", form).want(t, http.StatusUnprocessableEntity, "This is not a time zone", `value="Nowhere/Land"`, `<option value="phone" selected>`)
	form.Set("zone", "Asia/Kuwait")
	form.Set("proof", " ")
	b.post(path+"/check", form).want(t, http.StatusUnprocessableEntity, "Write how and when these people agreed")
	form.Del("attested")
	form.Set("tags", "Gallabox، 2026")
	b.post(path+"/check", form)
	page = b.rests(path).want(t, http.StatusOK, "2026", "Gallabox")
	if got, want := figures(page), "New 1, Updated 0, Unchanged 0, Repeated 1, Skipped 1"; got != want {
		t.Errorf("the check finds %s, want %s", got, want)
	}
	b.post(path+"/start", nil)
	b.rests(path).want(t, http.StatusOK, "See the imported contacts")
	b.post(path+"/check", form).want(t, http.StatusUnprocessableEntity, "This import was started already")
	b.post(path+"/start", nil).want(t, http.StatusUnprocessableEntity, "This import was started already")

	// Something newer stands on it: only the rest is taken back.
	list, _, err := w.contacts.List(w.db.Read(t.Context()), w.owner.OrgID, contact.Filter{Take: 5})
	must(t, err)
	_, err = w.contacts.Update(t.Context(), w.boss(), list[0].ID, contact.Patch{Name: new("Mona Adel")})
	must(t, err)
	b.get(path+"/undo").want(t, http.StatusOK, "Something newer stands on 1 contact", "Take the others back")
	b.post(path+"/undo", nil).want(t, http.StatusOK, "Something newer stands on contacts of this import")
	b.post(path+"/undo", url.Values{"keep": {"1"}})
	b.rests(path).want(t, http.StatusOK, "This import was taken back")
	if n := w.countContacts(); n != 1 {
		t.Errorf("%d contacts are left, want the changed one", n)
	}
}

func TestAFileThatCannotBeReadIsRefusedInWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	b.upload("", nil).want(t, http.StatusUnprocessableEntity, "Choose a file first")
	b.upload("empty.csv", nil).want(t, http.StatusUnprocessableEntity, "The file is empty")
	b.upload("picture.csv", bytes.Repeat([]byte{0, 1, 2, 0xff}, 500)).want(t, http.StatusUnprocessableEntity, "Drop a file here")
	b.upload("words.csv", []byte("once upon\na time\n")).want(t, http.StatusUnprocessableEntity, "No row with names of columns")
	a := b.upload("empty.csv", nil, "X-Fragment", "1").want(t, http.StatusUnprocessableEntity)
	if !strings.Contains(a.body, `"message":"The file is empty`) {
		t.Errorf("a script reads %s", a.body)
	}
	a = b.upload("people.csv", []byte("name,phone\nMona,+96565001234\n"), "X-Fragment", "1").want(t, http.StatusCreated)
	if !strings.Contains(a.body, `"url":"/contacts/import/import_`) {
		t.Errorf("a script reads %s", a.body)
	}
	large := append([]byte("name,phone\n"), bytes.Repeat([]byte("Mona,+96565001234\n"), 21<<20/18)...)
	b.upload("large.csv", large).want(t, http.StatusRequestEntityTooLarge, "larger than 20 MB")
}

func TestImportsBelongToTheirOrganisation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.as("Omar").upload("people.csv", []byte("name,phone\nMona,+96565001234\n")).want(t, http.StatusOK).path
	_, err := w.accounts.CreateUser(t.Context(), account.CreateInput{Email: "lena@example.com", Name: "Lena", Org: "Cedar", Password: password})
	must(t, err)
	b := w.as("Lena")
	b.get("/contacts/import").want(t, http.StatusOK).without(t, "people.csv")
	for _, sub := range []string{"", "/live", "/undo", "/report/csv"} {
		b.get(path+sub).want(t, http.StatusNotFound)
	}
	for _, sub := range []string{"/read", "/check", "/start", "/cancel", "/undo"} {
		b.post(path+sub, nil).want(t, http.StatusNotFound)
	}
}

func TestTheImportSpeaksArabic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	b.post("/language", url.Values{"language": {"ar"}, "back": {"/contacts/import"}}).want(t, http.StatusOK, "أفلت ملفًا هنا")
	raw, err := os.ReadFile(importFiles + "excel-damaged.csv")
	must(t, err)
	page := b.upload("عملاء.csv", raw).want(t, http.StatusOK, "معاني الأعمدة", "الكويت +965", "عملاء.csv")
	b.post(page.path+"/check", columns(page))
	b.rests(page.path).want(t, http.StatusOK, "قصّ Excel هذا الرقم", "12").without(t, "digits are lost")
	b.get(page.path+"/report/csv").want(t, http.StatusOK, "قصّ Excel هذا الرقم")
}
