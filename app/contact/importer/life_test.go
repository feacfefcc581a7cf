package importer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"badala/app/contact"
	"badala/app/contact/importer"
	"badala/app/db"
	"badala/app/errs"
)

// told gives the events of contacts after seq as "type changed".
func (w *world) told(seq int64) []string {
	w.Helper()
	all, err := w.events.Since(w.q(), w.who.OrgID, seq, 10_000)
	w.must(err)
	var out []string
	for _, e := range all {
		var d struct {
			Origin  string
			Changed []string
		}
		w.must(json.Unmarshal(e.Data, &d))
		if d.Origin != contact.FromImport {
			w.Errorf("the origin is %q", d.Origin)
		}
		out = append(out, strings.TrimSpace(e.Type+" "+strings.Join(d.Changed, ",")))
	}
	return out
}

func (w *world) head() int64 {
	w.Helper()
	n, err := w.events.Head(w.q())
	w.must(err)
	return n
}

const twoRows = "name,phone,externalId,tags,City\nAmal,+96565020001,x-1,vip,Hawally\nBadr,+96565020002,x-2,,\n"

func TestEventsAreExact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bringText("a.csv", twoRows)
	if got := w.told(0); !slices.Equal(got, []string{"contact.created", "contact.created"}) {
		t.Error(got)
	}
	seq := w.head()
	i := w.bringText("a.csv", strings.Replace(twoRows, "Badr,+96565020002,x-2,,", "Badr Ali,+96565020002,x-2,new,Jahra", 1))
	if got := w.told(seq); !slices.Equal(got, []string{"contact.updated name,customFields,tags"}) {
		t.Error(got)
	}
	if got := counted(i.Counts); got != [6]int{2, 0, 1, 1, 0, 0} {
		t.Error(got)
	}
	for _, action := range []string{"import.started"} {
		if n := w.count(`SELECT COUNT(*) FROM audit WHERE action = ?`, action); n != 2 {
			t.Errorf("%d audit lines of %s", n, action)
		}
	}
}

func TestCheckTellsWhatWillHappen(t *testing.T) {
	t.Parallel()
	for _, f := range fixtures {
		t.Run(f.file, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if f.seed {
				w.seed()
			}
			if f.before != "" {
				w.bring(f.before)
			}
			file, err := os.Open("testdata/" + f.file)
			w.must(err)
			defer file.Close()
			i := w.upload(f.file, file)
			before, events := w.count(`SELECT COUNT(*) FROM contact`), w.head()
			i = w.check(i.ID)
			if w.count(`SELECT COUNT(*) FROM contact`) != before || w.head() != events {
				t.Error("a check wrote something")
			}
			found := w.issues(i.ID, "")
			done := w.run(i.ID)
			if counted(i.Preview.Counts) != counted(done.Counts) {
				t.Errorf("foretold %v, came %v", counted(i.Preview.Counts), counted(done.Counts))
			}
			came := w.issues(i.ID, "")
			slices.Sort(found)
			slices.Sort(came)
			if !slices.Equal(found, came) {
				t.Errorf("foretold %v, came %v", found, came)
			}
		})
	}
}

func TestSamples(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	file, err := os.Open("testdata/gallabox.csv")
	w.must(err)
	defer file.Close()
	i := w.check(w.upload("gallabox.csv", file).ID)
	p := i.Preview
	if len(p.Samples) != 8 || p.Samples[0].Before["name"] != "Dana Al-Rashid" || p.Samples[0].After["tags"] != "vip, Ramadan 2024" || p.Samples[3].Before != nil {
		t.Errorf("%+v", p.Samples)
	}
	if p.Counts.ConsentRefused != 1 || p.Counts.ConsentGiven == 0 || p.NumberMode != "LOCAL" && p.NumberMode != "INTERNATIONAL" {
		t.Errorf("%+v", p)
	}
	if !slices.Equal(p.NewFields, []string{"Company industry", "Company size", "City"}) {
		t.Error(p.NewFields)
	}
}

// An old file must never undo what people changed here since.
func TestEditsStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bringText("a.csv", twoRows)
	c := w.byPhone("+96565020001")
	_, err := w.contacts.Update(w.ctx(), w.who, c.ID, contact.Patch{Name: new("Amal H."), Tags: &[]string{"own"}, Custom: map[string]*string{"City": new("Salwa")}})
	w.must(err)
	if i := w.bringText("a.csv", twoRows); i.Counts.Updated != 0 {
		t.Error("an old file changed something")
	}
	w.expect(says{phone: "+96565020001", name: "Amal H.", tags: "own", custom: map[string]string{"City": "Salwa"}})
	w.bringText("b.csv", strings.Replace(twoRows, "Amal,", "Amal Hadi,", 1))
	w.expect(says{phone: "+96565020001", name: "Amal Hadi", tags: "own"})
}

func TestConsentIsNeverRaised(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	row := func(consent string) string { return "name,phone,consent\nA,+96565020001," + consent + "\n" }
	i, err := w.s.Upload(w.ctx(), w.who, "c.csv", strings.NewReader(row("true")))
	w.must(err)
	i = w.run(i.ID)
	w.wantIssues(i, importer.SeverityWarning, "2 consent_needs_proof")
	w.expect(says{phone: "+96565020001", consent: "unknown"})
	w.bringText("c.csv", row("yes"))
	w.expect(says{phone: "+96565020001", consent: "true"})
	w.bringText("c.csv", row(""))
	w.expect(says{phone: "+96565020001", consent: "true"})
	w.bringText("c.csv", row("no"))
	w.expect(says{phone: "+96565020001", consent: "false"})
	i = w.bringText("c.csv", row("true"))
	w.wantIssues(i, importer.SeverityWarning, "2 consent_not_raised")
	w.expect(says{phone: "+96565020001", consent: "false"})
	h, err := w.contacts.ConsentHistory(w.q(), w.who.OrgID, w.byPhone("+96565020001").ID)
	if err != nil || len(h) != 2 || !strings.Contains(h[0].Reason, "c.csv, 2") || h[0].ActorID != w.who.UserID {
		t.Errorf("%+v %v", h, err)
	}
}

func manyPeople(n int) string {
	var b strings.Builder
	b.WriteString("name,phone,externalId\n")
	for i := range n {
		fmt.Fprintf(&b, "Person %d,+9656503%04d,p-%d\n", i, i, i)
	}
	return b.String()
}

// A run that is cut off anywhere goes on without doubling anything.
func TestResume(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const people = 1500
	i := w.upload("many.csv", strings.NewReader(manyPeople(people)+"Twice,+96565030001,\n"))
	w.must(w.s.Start(w.ctx(), w.who, i.ID))
	cuts := 0
	for w.count(`SELECT COUNT(*) FROM import WHERE state = 'RUNNING'`) == 1 {
		ctx, stop := context.WithCancel(w.ctx())
		seen := 0
		err := w.s.Run(ctx, i.ID, func(state string, done, _ int) {
			if seen++; state == importer.Running && done > 750 && done < people {
				stop()
			}
		})
		stop()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if cuts++; cuts > 50 {
			t.Fatal("does not come to an end")
		}
	}
	got, err := w.s.Get(w.q(), w.who.OrgID, i.ID)
	w.must(err)
	if counted(got.Counts) != [6]int{people + 1, people, 0, 0, 1, 0} || cuts < 2 {
		t.Errorf("%v after %d cuts", counted(got.Counts), cuts)
	}
	if n := w.count(`SELECT COUNT(*) FROM contact_fts`); n != people {
		t.Errorf("%d search rows", n)
	}
	if n := len(w.told(0)); n != people {
		t.Errorf("%d events", n)
	}
	if w.count(`SELECT COUNT(*) FROM import_rows`)+w.count(`SELECT COUNT(*) FROM import_file`) != 0 {
		t.Error("the file is still kept")
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	i := w.upload("many.csv", strings.NewReader(manyPeople(1200)))
	w.must(w.s.Start(w.ctx(), w.who, i.ID))
	w.must(w.s.Run(w.ctx(), i.ID, func(state string, done, _ int) {
		if state == importer.Running && done > 600 {
			w.clock.add(1e9)
			if err := w.s.Cancel(w.ctx(), w.who, i.ID); err != nil && !errs.Is(err, errs.Conflict) {
				t.Error(err)
			}
		}
	}))
	got, err := w.s.Get(w.q(), w.who.OrgID, i.ID)
	w.must(err)
	if n := w.count(`SELECT COUNT(*) FROM contact`); got.State != importer.Cancelled || n == 0 || n == 1200 {
		t.Fatalf("%s with %d contacts", got.State, n)
	}
	if got = w.run(i.ID); got.State != importer.Done || counted(got.Counts) != [6]int{1200, 1200, 0, 0, 0, 0} {
		t.Errorf("%s %v", got.State, counted(got.Counts))
	}
}

// TestAnAlmostFullDiskStopsAnImport: it can be gone on with once there is room.
func TestAnAlmostFullDiskStopsAnImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	i := w.upload("many.csv", strings.NewReader(manyPeople(1200)))
	w.must(w.s.Start(w.ctx(), w.who, i.ID))
	err := w.s.Run(w.ctx(), i.ID, func(state string, done, _ int) {
		if state == importer.Running && done > 600 {
			w.free.Store(150 << 20)
			w.clock.add(3 * time.Second)
		}
	})
	if n := w.count(`SELECT COUNT(*) FROM contact`); !errs.Is(err, errs.Unavailable) || n == 0 || n == 1200 {
		t.Fatalf("%v with %d contacts", err, n)
	}
	w.free.Store(1 << 30)
	w.clock.add(3 * time.Second)
	if got := w.run(i.ID); got.State != importer.Done || counted(got.Counts) != [6]int{1200, 1200, 0, 0, 0, 0} {
		t.Errorf("%s %v", got.State, counted(got.Counts))
	}
}

// TestProgress looks from outside while an import is checked and undone: how
// far it is stands in its row, for a page that is opened then.
func TestProgress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	i := w.upload("many.csv", strings.NewReader(manyPeople(3000)))
	seen := map[string][]int{}
	watch := func(string, int, int) {
		w.clock.add(2e9)
		now, err := w.s.Get(w.q(), w.who.OrgID, i.ID)
		w.must(err)
		if n := len(seen[now.State]); now.Done > 0 && now.Done < now.Total && (n == 0 || seen[now.State][n-1] != now.Done) {
			seen[now.State] = append(seen[now.State], now.Done)
		}
	}
	w.must(w.s.Check(w.ctx(), w.who, i.ID))
	w.must(w.s.Run(w.ctx(), i.ID, watch))
	w.run(i.ID)
	w.must(w.s.Undo(w.ctx(), w.who, i.ID, false))
	w.must(w.s.Run(w.ctx(), i.ID, watch))
	for _, state := range []string{importer.Checking, importer.Undoing} {
		if got := seen[state]; len(got) < 3 || !slices.IsSorted(got) {
			t.Errorf("%s: %v", state, got)
		}
	}
}

func TestUndo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	state := func() string {
		var b strings.Builder
		rows, err := db.All(w.q(), func(r *db.Rows, s *string) error { return r.Scan(s) }, `SELECT json_array(c.name, c.phone, c.wa_id, c.email, c.external_id, c.consent,
			c.company, c.custom, c.created_at, (SELECT group_concat(value) FROM contact_handle h WHERE h.contact_id = c.id),
			(SELECT group_concat(t.name) FROM contact_tag ct JOIN tag t ON t.id = ct.tag_id WHERE ct.contact_id = c.id)) FROM contact c ORDER BY c.id`)
		w.must(err)
		for _, r := range rows {
			b.WriteString(r + "\n")
		}
		return b.String()
	}
	before := state()
	i := w.bring("gallabox.csv")
	if state() == before {
		t.Fatal("nothing was imported")
	}
	newer := w.byPhone("+96565001005")
	w.clock.add(time.Millisecond)
	_, err := w.contacts.AddTag(w.ctx(), w.who, newer.ID, "later")
	w.must(err)
	err = w.s.Undo(w.ctx(), w.who, i.ID, false)
	if e := errs.As(err); e == nil || e.Code != "import_newer" {
		t.Fatal(err)
	}
	w.must(w.contacts.RemoveTag(w.ctx(), w.who, newer.ID, w.byPhone("+96565001005").Tags[slices.IndexFunc(w.byPhone("+96565001005").Tags, func(t contact.Tag) bool { return t.Name == "later" })].ID))
	w.must(w.s.Undo(w.ctx(), w.who, i.ID, false))
	w.must(w.s.Run(w.ctx(), i.ID, nil))
	if got := state(); got != before {
		t.Errorf("not as before:\n%s\n%s", before, got)
	}
	if got, _ := w.s.Get(w.q(), w.who.OrgID, i.ID); got.State != importer.Undone {
		t.Error(got.State)
	}
	if again := w.bring("gallabox.csv"); counted(again.Counts) != [6]int{11, 5, 3, 1, 0, 2} {
		t.Error(counted(again.Counts))
	}
}

func TestReportAndExport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	i := w.bring("gallabox.csv")
	for _, format := range []string{importer.FormatCSV, importer.FormatXLSX} {
		var b bytes.Buffer
		w.must(w.s.Report(w.ctx(), w.who, i.ID, format, nil, &b))
		up, err := w.s.Upload(w.ctx(), w.who, "report."+format, &b)
		if err != nil || up.Settings.Columns[0].Field != importer.Ignore || up.Settings.Columns[8].Field != importer.FieldPhone {
			t.Errorf("%s: %+v %v", format, up.Settings.Columns, err)
		}
		b.Reset()
		w.must(w.s.Export(w.ctx(), w.who, contact.Filter{}, format, &b))
		seq := w.head()
		again := w.run(w.upload("export."+format, &b).ID)
		if n := w.count(`SELECT COUNT(*) FROM contact`); counted(again.Counts) != [6]int{n, 0, 0, n, 0, 0} || len(w.told(seq)) != 0 {
			t.Errorf("%s: %v of %d, %v %v", format, counted(again.Counts), n, w.issues(again.ID, ""), w.told(seq))
		}
	}
}

// Values go into the form of their fields; what does not fit is left out.
func TestTypedFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, f := range []contact.CustomField{{Name: "Born", Kind: contact.FieldDate}, {Name: "Size", Kind: contact.FieldNumber}, {Name: "Member", Kind: contact.FieldBoolean},
		{Name: "Colour", Kind: contact.FieldChoice, Choices: []string{"Red", "Blue"}}} {
		_, err := w.contacts.AddField(w.ctx(), w.who, f)
		w.must(err)
	}
	i := w.bringText("t.csv", "name,phone,born,size,member,colour\nA,+96565020001,31/12/1990,4.5,نعم,red\nB,+96565020002,soon,big,perhaps,green\n")
	w.expect(says{phone: "+96565020001", custom: map[string]string{"Born": "1990-12-31", "Size": "4.5", "Member": "true", "Colour": "Red"}})
	w.expect(says{phone: "+96565020002", custom: map[string]string{"Born": "", "Size": "", "Member": "", "Colour": ""}})
	w.wantIssues(i, importer.SeverityWarning, "3 date_invalid", "3 value_invalid", "3 boolean_unrecognised", "3 value_invalid")

	// Renamed, the field takes columns of either name and stays the same to programs.
	fields, err := contact.CustomFields(w.q(), w.who.OrgID)
	w.must(err)
	w.must(w.contacts.ChangeField(w.ctx(), w.who, fields[1].ID, "Shoe size", contact.FieldNumber, nil))
	if err := w.contacts.ChangeField(w.ctx(), w.who, fields[0].ID, "shoe SIZE", contact.FieldDate, nil); !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
	w.bringText("t.csv", "name,phone,shoe size\nA,+96565020001,41\nB,+96565020002,large\n")
	w.expect(says{phone: "+96565020001", custom: map[string]string{"Size": "41"}})
	w.expect(says{phone: "+96565020002", custom: map[string]string{"Size": ""}})
}

func TestMappingIsRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const text = "Who,Cell phone no,Colour\nA,+96565020001,red\n"
	i, err := w.s.Upload(w.ctx(), w.who, "odd.csv", strings.NewReader(text))
	w.must(err)
	if i.Settings.HeaderRow != 1 || i.Settings.Columns[1].Field != importer.FieldPhone || i.Recognised.Unsure {
		t.Errorf("a column of numbers is enough to go on: %+v", i.Settings)
	}
	i, err = w.s.Configure(w.ctx(), w.who, i.ID, importer.Patch{Mapping: map[string]string{"Who": "name", "Colour": "ignore"}})
	w.must(err)
	w.run(i.ID)
	w.expect(says{phone: "+96565020001", name: "A"})
	if i, err = w.s.Upload(w.ctx(), w.who, "odd.csv", strings.NewReader(text)); err != nil || !i.Recognised.Remembered || i.Settings.Columns[0].Field != importer.FieldName {
		t.Errorf("%+v %v", i.Settings.Columns, err)
	}
}

// TestByHand brings files that say nothing of their columns: a person does.
func TestByHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	i, err := w.s.Upload(w.ctx(), w.who, "odd.csv", strings.NewReader("Who,Where,Reach\nAda,Kuwait,65020001\nBo,Hawally,65020002\n"))
	w.must(err)
	if !i.Recognised.Unsure || i.Settings.HeaderRow != 1 || i.Settings.Columns[2] != (importer.Column{Header: "Reach", Field: "custom:Reach"}) {
		t.Errorf("%+v %+v", i.Recognised, i.Settings)
	}
	if err := w.s.Check(w.ctx(), w.who, i.ID); errs.As(err) == nil || errs.As(err).Code != "no_header_found" {
		t.Error(err)
	}
	_, err = w.s.Configure(w.ctx(), w.who, i.ID, importer.Patch{DefaultCountry: new("KW"), Mapping: map[string]string{"Who": "name", "Reach": "phone"}})
	w.must(err)
	w.run(i.ID)
	w.expect(says{phone: "+96565020001", name: "Ada", custom: map[string]string{"Where": "Kuwait"}})

	// No names at all, and one has to say so.
	i, err = w.s.Upload(w.ctx(), w.who, "bare.csv", strings.NewReader("Cy,65020003,a\nDee,65020004,b\n"))
	w.must(err)
	i, err = w.s.Configure(w.ctx(), w.who, i.ID, importer.Patch{HeaderRow: new(importer.NoHeader), DefaultCountry: new("KW")})
	w.must(err)
	_, err = w.s.Configure(w.ctx(), w.who, i.ID, importer.Patch{Mapping: map[string]string{"A": "name", "B": "phone", "C": "ignore"}})
	w.must(err)
	if got := w.run(i.ID); got.Counts.Created != 2 {
		t.Errorf("%+v", got.Counts)
	}
	w.expect(says{phone: "+96565020003", name: "Cy"})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct{ text, code string }{
		"empty.csv":  {"", "file_empty"},
		"words.csv":  {"just some words\nand more\n", "no_header_found"},
		"book.xlsx":  {"name,phone\n", "file_not_readable"},
		"binary.csv": {"\x00\x01\x02\x03\x04\xff\xfe\x00\x05\x00\x01\x02", "file_not_text"},
	} {
		_, err := w.s.Upload(w.ctx(), w.who, name, strings.NewReader(c.text))
		if e := errs.As(err); e == nil || e.Code != c.code || e.Kind != errs.Unprocessable {
			t.Errorf("%s: %v", name, err)
		}
	}
	i, err := w.s.Upload(w.ctx(), w.who, "mail.csv", strings.NewReader("name,email\nA,a@b.example\n"))
	w.must(err)
	if err := w.s.Start(w.ctx(), w.who, i.ID); errs.As(err) == nil || errs.As(err).Code != "no_phone_column" {
		t.Error(err)
	}
	if n := w.count(`SELECT COUNT(*) FROM contact`); n != 0 {
		t.Error("something was written")
	}
}

func TestOneAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.upload("a.csv", strings.NewReader(twoRows)), w.upload("b.csv", strings.NewReader(twoRows))
	w.must(w.s.Start(w.ctx(), w.who, first.ID))
	if err := w.s.Start(w.ctx(), w.who, second.ID); !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
	w.must(w.s.Run(w.ctx(), first.ID, nil))
	w.run(second.ID)
}
