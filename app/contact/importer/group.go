package importer

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/table"
)

// grouping says which rows are one person. The rows are counted from 0, in
// the order of the file.
type grouping struct {
	of     []int32  // by row: its person, none for a row that is not applied
	phones []string // by row: its only number, "" if there is more to say
	people []group

	// Who has what, in the file and in the store together. A reference is the
	// id of a contact, or the negative of a new person's place from 1.
	byExternal map[string]int64
	byKey      map[string]int64
	byRef      map[int64]int32
	counts     Counts // of rows that will not be applied, or were folded
	issues     []Issue
}

const none = -1

// group is one person.
type group struct {
	ref      int64
	external string
	first    int32 // spreadsheet row
	last     int32 // by count
	rows     int32
	hasPhone bool // a row of the file gave one
}

// group reads all staged rows once and decides who is who.
func (s *Service) group(ctx context.Context, i *Import, r *reader, tell func(done int) error) (*grouping, error) {
	g := &grouping{byExternal: map[string]int64{}, byKey: map[string]int64{}, byRef: map[int64]int32{}}
	g.counts.Codes = map[string]int{}
	err := passOn(ctx, func(ctx context.Context, to chan<- []readRow) error {
		return s.pieces(ctx, i.ID, func(rows []table.Row) error { return send(ctx, to, readAll(r, rows, nil)) })
	}, func(ctx context.Context, read []readRow) error {
		owners, err := s.ownersOf(s.DB.Read(ctx), i.OrgID, read)
		if err != nil {
			return err
		}
		for n := range read {
			g.add(&read[n], owners, i)
		}
		return tell(len(g.of))
	})
	return g, err
}

// readRow is a row with what it says.
type readRow struct {
	person person
	issues []Issue
	ok     bool
	cells  []string
}

// readAll reads a piece with all processors: the numbers take their time, but
// for those that are known.
func readAll(r *reader, rows []table.Row, known []string) []readRow {
	out := make([]readRow, len(rows))
	var all sync.WaitGroup
	const share = 125
	for from := 0; from < len(rows); from += share {
		all.Go(func() {
			for n := from; n < min(from+share, len(rows)); n++ {
				phone := ""
				if n < len(known) {
					phone = known[n]
				}
				p, issues, ok := r.read(rows[n], phone)
				out[n] = readRow{person: p, issues: issues, ok: ok, cells: rows[n].Cells}
			}
		})
	}
	all.Wait()
	return out
}

// ownersOf looks up everything that the rows name, at once.
func (s *Service) ownersOf(q db.Q, org int64, rows []readRow) (contact.Owners, error) {
	externals, keys := map[string]bool{}, map[string]bool{}
	for n := range rows {
		if rows[n].ok {
			identifiers(&rows[n].person, externals, keys)
		}
	}
	return s.Contacts.OwnersOf(q, org, slices.Collect(maps.Keys(externals)), slices.Collect(maps.Keys(keys)))
}

func identifiers(p *person, externals, keys map[string]bool) {
	if p.external != "" {
		externals[p.external] = true
	}
	for _, k := range p.keys() {
		keys[k] = true
	}
}

// add finds the person of the next row.
func (g *grouping) add(r *readRow, owners contact.Owners, i *Import) {
	of := int32(none)
	defer func() {
		g.of = append(g.of, of)
		g.phones = append(g.phones, r.onlyPhone())
		for _, is := range r.issues {
			g.note(is, r.cells)
		}
	}()
	if !r.ok {
		g.counts.Errors++
		return
	}
	p := &r.person
	ref, code, other := g.owner(p, owners)
	if code == "" && ref == 0 && !p.identified(i.Settings.WithoutPhone) {
		code = "phone_missing"
	}
	at, known := g.byRef[ref]
	known = known && ref != 0
	if code == "" && known && p.phone != "" && g.people[at].hasPhone && p.external != "" && g.refOf(contact.MatchKey(p.phone), owners) == 0 {
		code = "duplicate_external_id_in_file"
	}
	if code != "" {
		g.counts.Errors++
		r.issues = append(r.issues, Issue{Row: p.row, Severity: SeverityError, Code: code, Column: i.columnOf(code), Value: p.external, ContactID: max(other, 0)})
		return
	}
	if !known {
		at = int32(len(g.people))
		if ref == 0 {
			ref = -int64(at) - 1
		}
		g.people = append(g.people, group{ref: ref, first: int32(p.row), external: g.externalOf(ref, owners)})
		g.byRef[ref] = at
	} else {
		g.counts.Duplicates++
		r.issues = append(r.issues, Issue{Row: p.row, Severity: SeverityNote, Code: "folded_duplicate", Value: strconv.Itoa(int(g.people[at].first))})
	}
	of = at
	g.claim(&g.people[at], p, owners, int32(len(g.of)))
}

// onlyPhone is the number of a row about whose numbers there is no more to say.
func (r *readRow) onlyPhone() string {
	if !r.ok || len(r.person.others) > 0 {
		return ""
	}
	return strings.Clone(r.person.phone)
}

// identified says whether a new contact can be found again.
func (p *person) identified(withoutPhone bool) bool {
	return p.phone != "" || p.userID != "" || withoutPhone && p.external != ""
}

// claim notes what the row adds to its person.
func (g *grouping) claim(who *group, p *person, owners contact.Owners, at int32) {
	who.rows++
	who.last = at
	who.hasPhone = who.hasPhone || p.phone != ""
	if p.external != "" && who.external == "" {
		who.external = strings.Clone(p.external) // not the whole piece
	}
	if p.external != "" {
		g.byExternal[strings.Clone(p.external)] = who.ref
	}
	for _, k := range p.keys() {
		if g.refOf(k, owners) == 0 {
			g.byKey[strings.Clone(k)] = who.ref
		}
	}
}

// refOf is who has a key.
func (g *grouping) refOf(key string, owners contact.Owners) int64 {
	if key == "" {
		return 0
	}
	if ref, ok := g.byKey[key]; ok {
		return ref
	}
	return owners.ByHandle[key].ID
}

// owner applies the rules of matching to a row.
func (g *grouping) owner(p *person, owners contact.Owners) (ref int64, code string, other int64) {
	x := owners.ByExternal[p.external].ID
	if r, ok := g.byExternal[p.external]; ok && p.external != "" {
		x = r
	}
	if p.external == "" {
		x = 0
	}
	key := ""
	if p.phone != "" {
		key = contact.MatchKey(p.phone)
	}
	b, y := g.refOf(p.userID, owners), g.refOf(key, owners)
	return decide(p.external, x, b, y, func(ref int64) string { return g.externalOf(ref, owners) })
}

// externalOf is the external id of a reference, as far as it is known.
func (g *grouping) externalOf(ref int64, owners contact.Owners) string {
	if at, ok := g.byRef[ref]; ok {
		return g.people[at].external
	}
	return owners.External[ref]
}

// decide is the table of matching: who is meant by an external id that x has,
// a user id that b has, a phone that y has; 0 is nobody.
func decide(external string, x, b, y int64, externalOf func(int64) string) (ref int64, code string, other int64) {
	for _, o := range []int64{b, y} {
		switch {
		case x != 0 && o != 0 && o != x:
			return x, "conflict_external_id_phone", o
		case x == 0 && o != 0 && ref != 0 && o != ref:
			return ref, "conflict_external_id_phone", o
		case x == 0 && o != 0:
			ref = o
		}
	}
	if x != 0 {
		return x, "", 0
	}
	if ref != 0 && external != "" {
		if has := externalOf(ref); has != "" && has != external {
			return ref, "conflict_phone_owned", ref
		}
	}
	return ref, "", 0
}

// note keeps an issue, and counts it.
func (g *grouping) note(is Issue, cells []string) {
	g.counts.Codes[is.Code]++
	if len(g.issues) < maxIssues {
		is.cells = slices.Clone(cells)
		g.issues = append(g.issues, is)
	}
}

// columnOf names the column that an issue of matching is about.
func (i *Import) columnOf(code string) string {
	field := FieldPhone
	if code == "duplicate_external_id_in_file" {
		field = FieldExternal
	}
	for _, c := range i.Settings.Columns {
		if c.Field == field {
			return c.Header
		}
	}
	return ""
}
