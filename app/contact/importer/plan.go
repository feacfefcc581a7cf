package importer

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"badala/app/contact"
	"badala/app/db"
)

// plan is a batch with all that could be decided while the one before was
// written: who is new, and of whom the file says nothing new. The store may
// have changed since; a transaction finds that out by what it may not write
// twice, and decides the whole batch anew.
type plan struct {
	batch
	*outcome                  // of those who are new; what there is to say of the others
	fresh    []*contact.Fresh // by change of the outcome
	texts    []string         // what was said, as it is kept
	same     []int64          // contacts of whom the file says nothing new
	rest     []ready          // whom the transaction decides
}

// planner decides ahead of the transactions. It works beside them, so it has
// the import as it was when they began.
type planner struct {
	*Service
	i    Import
	g    *grouping
	tags tagBook
}

// plan decides what it can of a batch. It writes nothing but tags.
func (w *planner) plan(ctx context.Context, b batch) (*plan, error) {
	p := &plan{batch: b, outcome: newOutcome(0)}
	var free []ready
	known := make([]int64, 0, len(b.people))
	for _, r := range b.people {
		if r.ref > 0 {
			known = append(known, r.ref)
		}
	}
	standing, marks, err := w.standing(ctx, known)
	if err != nil {
		return nil, err
	}
	for n := range b.people {
		r := &b.people[n]
		switch st, ok := standing[r.ref]; {
		case r.ref < 0:
			free = append(free, *r)
		case ok && p.unchanged(r, st, marks[r.ref], &w.i.Settings):
			p.same = append(p.same, r.ref)
		default:
			p.rest = append(p.rest, *r)
		}
	}
	slices.Sort(p.same)
	return p, w.planNew(ctx, p, free)
}

func (w *planner) standing(ctx context.Context, ids []int64) (map[int64]contact.Standing, map[int64]mark, error) {
	if len(ids) == 0 {
		return nil, nil, nil
	}
	q := w.DB.Read(ctx)
	all, err := w.Contacts.StandingOf(q, w.i.OrgID, ids)
	if err != nil {
		return nil, nil, err
	}
	marks, err := marksOf(q, w.i.OrgID, w.i.Settings.Source, ids)
	return all, marks, err
}

// unchanged says whether the file says of a contact what it said last time,
// and nobody changed the contact since. What there is to say all the same is
// said as merging would.
func (p *plan) unchanged(r *ready, st contact.Standing, m mark, s *Settings) bool {
	who := &r.person
	// With an Argentinian number merging may have to note that it was found under its other spelling.
	if len(m.digest) == 0 || m.left != st.UpdatedAt || strings.HasPrefix(who.phone, "+54") || !slices.Equal(m.digest, who.digest(s)) {
		return false
	}
	if file := who.consent; file != nil && (st.Consent == nil || *st.Consent != *file) {
		switch {
		case *file && st.Consent != nil:
			p.warn(r, "consent_not_raised", st.ID)
		case *file && !s.ConsentAttested:
			p.warn(r, "consent_needs_proof", st.ID)
		default:
			return false
		}
	}
	p.counts.Unchanged++
	return true
}

// warn notes that consent was not given by the file.
func (p *plan) warn(r *ready, code string, id int64) {
	if code == "consent_not_raised" {
		p.counts.ConsentRefused++
	} else {
		p.counts.ConsentUnknown++
	}
	p.say(Issue{Row: r.person.row, Severity: SeverityWarning, Code: code, ContactID: id}, r.cells)
}

// planNew works out those whom nobody had when the rows were grouped. Who has
// come since stands in the way of what only one contact may have.
func (w *planner) planNew(ctx context.Context, p *plan, people []ready) error {
	if len(people) == 0 {
		return nil
	}
	fresh := newOutcome(len(people))
	fresh.counts, fresh.issues = p.counts, p.issues
	p.outcome = fresh
	for n := range people {
		if err := p.merge(n, &people[n], nil, said{}, w.mergerFor(&w.i, w.g, contact.Owners{}, people[n].ref), false); err != nil {
			return err
		}
	}
	return w.freshen(ctx, p)
}

// freshen makes rows of what was decided of new contacts.
func (w *planner) freshen(ctx context.Context, p *plan) error {
	var names []string // in their order: the first spelling stays
	seen := map[string]bool{}
	for n := range p.changes {
		for _, t := range p.changes[n].write.AddTags {
			if !seen[t] {
				seen[t] = true
				names = append(names, t)
			}
		}
	}
	tags, err := w.tags.find(ctx, w, names)
	if err != nil {
		return err
	}
	who, now := w.i.actor(), w.DB.Now()
	for n := range p.changes {
		f, err := contact.NewFresh(who, p.changes[n].write, tags, now)
		if err != nil {
			return err
		}
		text, err := p.changes[n].said.text()
		if err != nil {
			return err
		}
		p.fresh, p.texts = append(p.fresh, f), append(p.texts, text)
		p.changes[n].said = said{}
	}
	return nil
}

// made gives what is to be kept of the new contacts, once they have ids, and
// all contacts of the plan.
func (p *plan) made() (lefts []left, keep []memory, ids []int64) {
	ids = slices.Clone(p.same)
	for n, f := range p.fresh {
		lefts = append(lefts, left{contact: f.State.ID, isNew: true, digest: f.Digest})
		keep = append(keep, memory{contact: f.State.ID, text: p.texts[n], mark: p.changes[n].mark()})
		ids = append(ids, f.State.ID)
	}
	return lefts, keep, ids
}

// tagBook remembers the tags that a run has met.
type tagBook struct {
	mu  sync.Mutex
	all map[string]contact.Tag // by TagKey
}

// find gives tags by their TagKey, and makes those that are not there.
func (b *tagBook) find(ctx context.Context, w *planner, names []string) (map[string]contact.Tag, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	missing := slices.DeleteFunc(names, func(name string) bool {
		_, ok := b.all[contact.TagKey(name)]
		return ok
	})
	if len(missing) == 0 {
		return b.all, nil
	}
	found, err := w.Contacts.TagsOf(w.DB.Read(ctx), w.i.OrgID, missing)
	if err != nil {
		return nil, err
	}
	missing = slices.DeleteFunc(missing, func(name string) bool {
		_, ok := found[contact.TagKey(name)]
		return ok
	})
	if len(missing) > 0 {
		err = w.DB.Write(ctx, func(tx *db.Tx) error {
			made, err := w.Contacts.EnsureTagsTx(tx, w.i.OrgID, missing)
			maps.Copy(found, made)
			return err
		})
	}
	// What was given before is read by others.
	all := maps.Clone(found)
	maps.Copy(all, b.all)
	b.all = all
	return all, err
}

// forget has all tags looked up anew.
func (b *tagBook) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = nil
}
