package importer

import (
	"context"
	"errors"
	"maps"
	"slices"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/table"
)

// Applying goes through the rows once more. A person is ready with its last
// row, so that little is held at a time; the order is always the same, so that
// a number of rows is all that a restart needs to know.

// How many persons are worked on together: what the pace of writing allows.
const (
	fewAtOnce  = 500
	manyAtOnce = 1500
)

// ready is a person with everything that the file says.
type ready struct {
	person person
	ref    int64
	rows   int
	end    int      // how many rows of the file are done with it
	cells  []string // of the first row
}

// batch is what is applied together, and how many rows of the file are then done.
type batch struct {
	people []ready
	rows   int
}

// produce gives the persons whose last row comes after skip rows, in batches
// as large as size says.
func (s *Service) produce(ctx context.Context, i *Import, r *reader, g *grouping, skip int, size func() int, to chan<- batch) error {
	open := map[int32]*ready{}
	var b batch
	at := 0
	flush := func() error {
		err := send(ctx, to, b)
		b = batch{}
		return err
	}
	err := s.pieces(ctx, i.ID, func(rows []table.Row) error {
		if at+len(rows) <= skip && len(open) == 0 && !g.reaches(at, at+len(rows), skip) {
			at += len(rows)
			return nil
		}
		for _, read := range readAll(r, rows, g.phones[min(at, len(g.phones)):]) {
			of := none
			if at < len(g.of) {
				of = int(g.of[at])
			}
			at++
			if of == none || !read.ok {
				continue
			}
			who := &g.people[of]
			p := open[int32(of)]
			switch {
			case p != nil:
				p.person.fold(read.person)
			case who.rows > 1:
				p = &ready{person: read.person, ref: who.ref, rows: int(who.rows), cells: slices.Clone(read.cells)}
				open[int32(of)] = p
			default:
				p = &ready{person: read.person, ref: who.ref, rows: 1, cells: read.cells}
			}
			if int(who.last) != at-1 {
				continue
			}
			delete(open, int32(of))
			if at <= skip {
				continue
			}
			p.end = at
			b.people = append(b.people, *p)
			if b.rows = at; len(b.people) >= size() {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.rows = at
	return flush()
}

// reaches says whether a person of the rows from..to has a row behind skip.
func (g *grouping) reaches(from, to, skip int) bool {
	for n := from; n < min(to, len(g.of)); n++ {
		if of := g.of[n]; of != none && int(g.people[of].last) >= skip {
			return true
		}
	}
	return false
}

// outcome is what a batch comes to. It is made anew from the store each time,
// so that a transaction may run twice.
type outcome struct {
	changes []change // by person; without a write where nothing changes
	before  [][]byte // of those that change, nil for new ones
	ids     []int64
	counts  Counts
	issues  []Issue
	samples []Sample
	marks   map[int64]mark // that are kept of contacts
}

func newOutcome(people int) *outcome {
	return &outcome{
		changes: make([]change, people), before: make([][]byte, people), ids: make([]int64, people), counts: Counts{Codes: map[string]int{}},
	}
}

// decideBatch looks the persons up and merges them. It writes nothing.
func (s *Service) decideBatch(q db.Q, i *Import, g *grouping, people []ready, samples int) (*outcome, error) {
	o := newOutcome(len(people))
	if len(people) == 0 {
		return o, nil
	}
	owners, err := s.ownersOfPeople(q, i.OrgID, people)
	if err != nil {
		return nil, err
	}
	refused := make([]bool, len(people))
	for n := range people {
		refused[n] = o.find(n, &people[n], owners)
	}
	found := slices.DeleteFunc(slices.Clone(o.ids), func(id int64) bool { return id == 0 })
	states, err := s.Contacts.StatesOf(q, i.OrgID, found)
	if err != nil {
		return nil, err
	}
	last, marks, err := memories(q, i.OrgID, i.Settings.Source, found)
	o.marks = marks
	if err != nil {
		return nil, err
	}
	for n := range people {
		if refused[n] {
			continue
		}
		if err := o.merge(n, &people[n], states[o.ids[n]], last[o.ids[n]], s.mergerFor(i, g, owners, people[n].ref), len(o.samples) < samples); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func (s *Service) ownersOfPeople(q db.Q, org int64, people []ready) (contact.Owners, error) {
	externals, keys := map[string]bool{}, map[string]bool{}
	for n := range people {
		identifiers(&people[n].person, externals, keys)
	}
	return s.Contacts.OwnersOf(q, org, slices.Collect(maps.Keys(externals)), slices.Collect(maps.Keys(keys)))
}

// find decides anew who a person is: others may have written since the rows
// were grouped.
func (o *outcome) find(n int, r *ready, owners contact.Owners) (refused bool) {
	p := &r.person
	x := owners.ByExternal[p.external]
	y := int64(0)
	if p.phone != "" {
		y = owners.ByHandle[contact.MatchKey(p.phone)]
	}
	id, code, other := decide(p.external, x, owners.ByHandle[p.userID], y, func(id int64) string { return owners.External[id] })
	if code != "" {
		o.counts.Errors += r.rows
		o.say(Issue{Row: p.row, Severity: SeverityError, Code: code, Value: p.external, ContactID: other}, r.cells)
		return true
	}
	o.ids[n] = id
	return false
}

func (s *Service) mergerFor(i *Import, g *grouping, owners contact.Owners, ref int64) *merger {
	return &merger{s: &i.Settings, file: i.Name, free: func(key string) bool {
		by := g.taken(key)
		return owners.ByHandle[key] == 0 && (by == 0 || by == ref)
	}}
}

func (o *outcome) say(is Issue, cells []string) {
	o.counts.Codes[is.Code]++
	is.cells = cells
	o.issues = append(o.issues, is)
}

func (o *outcome) merge(n int, r *ready, st *contact.State, last said, m *merger, sample bool) error {
	var was map[string]string
	if st == nil {
		st = &contact.State{}
		o.ids[n] = 0
	} else {
		var err error
		if o.before[n], err = st.Snapshot(); err != nil {
			return err
		}
		if sample {
			was = show(st, nil)
		}
	}
	c := m.merge(st, &r.person, last)
	o.changes[n] = c
	for _, is := range c.issues {
		o.say(is, r.cells)
		switch is.Code {
		case "consent_not_raised":
			o.counts.ConsentRefused++
		case "consent_needs_proof":
			o.counts.ConsentUnknown++
		}
	}
	switch {
	case o.ids[n] == 0:
		o.counts.Created++
	case c.write == nil:
		o.counts.Unchanged++
		return nil
	default:
		o.counts.Updated++
	}
	if c.write.ConsentSet && *c.write.Consent {
		o.counts.ConsentGiven++
	} else if c.write.ConsentSet {
		o.counts.ConsentTaken++
	}
	if sample {
		o.samples = append(o.samples, Sample{Row: r.person.row, Before: was, After: show(st, c.write), Changed: c.write.Changed})
	}
	return nil
}

// add sums counts up.
func (c *Counts) add(o Counts) {
	c.Created += o.Created
	c.Updated += o.Updated
	c.Unchanged += o.Unchanged
	c.Duplicates += o.Duplicates
	c.Errors += o.Errors
	c.ConsentGiven += o.ConsentGiven
	c.ConsentTaken += o.ConsentTaken
	c.ConsentRefused += o.ConsentRefused
	c.ConsentUnknown += o.ConsentUnknown
	codes := maps.Clone(c.Codes)
	if codes == nil {
		codes = map[string]int{}
	}
	for code, n := range o.Codes {
		codes[code] += n
	}
	c.Codes = codes
	c.Rows = c.Created + c.Updated + c.Unchanged + c.Duplicates + c.Errors
}

// applyTx writes what was planned and what was decided after that, with
// everything that is remembered of it.
func (s *Service) applyTx(tx *db.Tx, i *Import, p *plan, o *outcome) ([]contact.Indexed, error) {
	rows, err := s.Contacts.InsertTx(tx, i.actor(), p.fresh)
	if err != nil {
		return nil, err
	}
	more, err := s.Contacts.ImportTx(tx, i.actor(), o.writes())
	if err != nil {
		return nil, err
	}
	lefts, keep, ids := p.made()
	for n := range o.changes {
		c := &o.changes[n]
		if c.write != nil {
			o.ids[n] = c.write.State.ID
			l := left{contact: o.ids[n], isNew: o.before[n] == nil}
			if l.digest, err = c.write.State.Digest(); err != nil {
				return nil, err
			}
			if err := keepTx(tx, i, l.contact, o.before[n]); err != nil {
				return nil, err
			}
			lefts = append(lefts, l)
		}
		if id := o.ids[n]; id != 0 && (!c.same || !c.mark().equal(o.marks[id])) {
			m := memory{contact: id, mark: c.mark()}
			if m.text, err = c.said.text(); err != nil {
				return nil, err
			}
			keep = append(keep, m)
		}
	}
	if err := rememberTx(tx, i, keep); err != nil {
		return nil, err
	}
	if err := contact.NamedTx(tx, i.ID, append(ids, o.ids...)); err != nil {
		return nil, err
	}
	return append(rows, more...), stepTx(tx, i.ID, lefts)
}

func (o *outcome) writes() (all []*contact.Write) {
	for n := range o.changes {
		if w := o.changes[n].write; w != nil {
			all = append(all, w)
		}
	}
	return all
}

var errCancelled = errors.New("importer: cancelled")
