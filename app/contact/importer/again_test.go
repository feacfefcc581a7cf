package importer_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"badala/app/contact"
	"badala/app/contact/importer"
	"badala/app/db"
	"badala/app/errs"
)

// A file that says nothing new is known by what was kept of it, and everything
// that there is to say of its rows is said again.
func TestAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := "name,phone,consent,City,tags\nAmal,+96565020001,true,Salwa,vip\nBadr,+96565020002,,Hawally,\nCarim,+96565020003 / +96565020009,no,,\n"
	bring := func(proof bool) importer.Import {
		t.Helper()
		i, err := w.s.Upload(w.ctx(), w.who, "a.csv", strings.NewReader(file))
		w.must(err)
		_, err = w.s.Configure(w.ctx(), w.who, i.ID, importer.Patch{ConsentAttested: &proof})
		w.must(err)
		return w.run(i.ID)
	}
	bring(false)
	for _, after := range []func(){
		func() {},
		func() { // by somebody who knows better, and is not overruled
			_, err := w.contacts.Update(w.ctx(), w.who, w.byPhone("+96565020002").ID, contact.Patch{Name: new("Badr K."), Email: new("b@shop.example")})
			w.must(err)
		},
		func() {},
	} {
		after()
		const told = `SELECT COUNT(*) FROM event WHERE contact_id <> 0`
		was := w.count(told)
		i := bring(false)
		if n := w.count(told) - was; counted(i.Counts) != [6]int{3, 0, 0, 3, 0, 0} || n != 0 {
			t.Errorf("%v, %d events", counted(i.Counts), n)
		}
		w.wantIssues(i, importer.SeverityWarning, "2 consent_needs_proof", "4 several_numbers")
	}
	if i := bring(true); i.Counts.Updated != 1 || i.Counts.ConsentGiven != 1 {
		t.Errorf("with proof: %+v", i.Counts)
	}
	_, err := w.contacts.Update(w.ctx(), w.who, w.byPhone("+96565020001").ID, contact.Patch{Consent: new(false), Reason: "asked"})
	w.must(err)
	for range 2 {
		i := bring(true)
		w.wantIssues(i, importer.SeverityWarning, "2 consent_not_raised", "4 several_numbers")
	}
	file = strings.Replace(file, "Salwa", "Fahaheel", 1)
	if i := bring(true); i.Counts.Updated != 1 {
		t.Errorf("with a new city: %+v", i.Counts)
	}
}

// Who writes while an import goes on is one contact all the same.
func TestMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const people = 2500
	i := w.upload("many.csv", strings.NewReader(manyPeople(people)))
	w.must(w.s.Start(w.ctx(), w.who, i.ID))
	var others sync.WaitGroup
	once := 0
	w.must(w.s.Run(w.ctx(), i.ID, func(_ string, done, total int) {
		if done < total/2 || once > 0 {
			return
		}
		once++
		for _, phone := range []string{"96565030499", "96565030900", "96565031400", "96565032400"} {
			others.Go(func() {
				if err := w.db.Write(w.ctx(), func(tx *db.Tx) error {
					_, _, err := w.contacts.EnsureTx(tx, w.who.OrgID, contact.Identity{Phone: phone, ProfileName: "P"}, contact.FromWhatsApp)
					return err
				}); err != nil {
					t.Error(err)
				}
			})
		}
		for _, id := range []string{"p-700", "p-1300", "p-2300"} {
			others.Go(func() {
				if _, _, err := w.contacts.Upsert(w.ctx(), w.who, contact.UpsertInput{Patch: contact.Patch{ExternalID: &id}}); err != nil {
					t.Error(err)
				}
			})
		}
		others.Wait()
	}))
	i, err := w.s.Get(w.q(), w.who.OrgID, i.ID)
	w.must(err)
	if i.Counts.Created+i.Counts.Updated != people || i.Counts.Updated < 2 || i.Counts.Errors > 0 {
		t.Errorf("%+v", i.Counts)
	}
	for query, want := range map[string]int{
		`SELECT COUNT(*) FROM contact`: people, `SELECT COUNT(*) FROM contact_handle`: people, `SELECT COUNT(*) FROM contact_fts`: people,
		`SELECT COUNT(*) FROM contact_import`: people, `SELECT COUNT(*) FROM contact WHERE external_id <> ''`: people,
	} {
		if n := w.count(query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
}

// What people, conversations and later imports made of contacts is not taken
// back with the import that brought them.
func TestNewerStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var talked int64
	w.contacts.OnMerge(func(_ db.Q, _ int64, ids []int64) (map[int64]bool, error) {
		if slices.Contains(ids, talked) {
			return map[int64]bool{talked: true}, nil
		}
		return map[int64]bool{}, nil
	}, func(*db.Tx, int64, int64, int64) error { return nil })
	const people = 40
	i := w.bringText("first.csv", manyPeople(people))
	newer := func(want int) {
		t.Helper()
		n, err := w.s.Newer(w.ctx(), w.who.OrgID, i.ID)
		w.must(err)
		if n != want {
			t.Errorf("something newer stands on %d contacts, want %d", n, want)
		}
	}
	newer(0)
	w.clock.add(time.Millisecond)
	_, err := w.contacts.AddTag(w.ctx(), w.who, w.byPhone("+96565030003").ID, "vip")
	w.must(err)
	newer(1)
	w.bringText("second.csv", "name,phone,externalId,email\nPerson 5,+96565030005,p-5,five@shop.example\n")
	newer(2)
	talked = w.byPhone("+96565030007").ID
	newer(3)
	if e := errs.As(w.s.Undo(w.ctx(), w.who, i.ID, false)); e == nil || e.Code != "import_newer" || w.count(`SELECT COUNT(*) FROM contact`) != people {
		t.Fatalf("%+v", e)
	}
	w.must(w.s.Undo(w.ctx(), w.who, i.ID, true))
	w.must(w.s.Run(w.ctx(), i.ID, nil))
	for _, table := range []string{"contact", "contact_handle", "contact_fts", "import_memory"} {
		if n := w.count(`SELECT COUNT(*) FROM ` + table); n != 3 {
			t.Errorf("%d rows of %s are left, want 3", n, table)
		}
	}
	if n := w.count(`SELECT COUNT(*) FROM event WHERE type = 'contact.deleted'`); n != people-3 {
		t.Errorf("%d ends were told, want %d", n, people-3)
	}
}
