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
	phones []uint64 // by row: its only number, 0 if there is more to say
	people []group

	// Who has what, in the file and in the store together. A reference is the
	// id of a contact, or the negative of a new person's place from 1.
	byExternal map[string]int64
	byNumber   map[uint64]int64 // match keys of phones
	byUser     map[string]int64 // WhatsApp user ids
	byID       map[int64]int32  // of contacts: the person
	further    bool             // some have further numbers
	counts     Counts           // of rows that will not be applied, or were folded
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
	g := &grouping{
		of: make([]int32, 0, i.Total), phones: make([]uint64, 0, i.Total), people: make([]group, 0, i.Total),
		byExternal: map[string]int64{}, byNumber: make(map[uint64]int64, i.Total), byUser: map[string]int64{}, byID: map[int64]int32{},
	}
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
	g.shrink()
	return g, err
}

// shrink forgets what only telling persons apart needs.
func (g *grouping) shrink() {
	g.byExternal, g.byID = nil, nil
	if !g.further {
		g.byNumber, g.byUser = nil, nil
	}
	for n := range g.people {
		g.people[n].external = ""
	}
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
func readAll(r *reader, rows []table.Row, known []uint64) []readRow {
	out := make([]readRow, len(rows))
	var all sync.WaitGroup
	const share = 125
	for from := 0; from < len(rows); from += share {
		all.Go(func() {
			for n := from; n < min(from+share, len(rows)); n++ {
				phone := ""
				if n < len(known) && known[n] != 0 {
					phone = "+" + strconv.FormatUint(known[n], 10)
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
	at, known := g.personOf(ref)
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
		if ref > 0 {
			g.byID[ref] = at
		}
	} else {
		g.counts.Duplicates++
		r.issues = append(r.issues, Issue{Row: p.row, Severity: SeverityNote, Code: "folded_duplicate", Value: strconv.Itoa(int(g.people[at].first))})
	}
	of = at
	g.claim(&g.people[at], p, owners, int32(len(g.of)))
}

// personOf finds the person of a reference.
func (g *grouping) personOf(ref int64) (at int32, known bool) {
	if ref < 0 {
		at = int32(-ref - 1)
		return at, int(at) < len(g.people)
	}
	at, known = g.byID[ref]
	return at, known
}

// onlyPhone is the number of a row about whose numbers there is no more to
// say, by its digits.
func (r *readRow) onlyPhone() uint64 {
	if !r.ok || len(r.person.others) > 0 {
		return 0
	}
	n, _ := numberOf(strings.TrimPrefix(r.person.phone, "+"))
	return n
}

// numberOf gives digits that do not begin with 0 as a number.
func numberOf(digits string) (uint64, bool) {
	if digits == "" || digits[0] < '1' || digits[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil
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
	if _, ok := g.byExternal[p.external]; p.external != "" && (!ok || who.external == "") {
		external := strings.Clone(p.external) // not the whole piece
		g.byExternal[external] = who.ref
		if who.external == "" {
			who.external = external
		}
	}
	g.further = g.further || len(p.others) > 0
	for _, k := range p.keys() {
		if g.refOf(k, owners) == 0 {
			g.take(k, who.ref)
		}
	}
}

func (g *grouping) take(key string, ref int64) {
	if n, ok := numberOf(key); ok {
		g.byNumber[n] = ref
	} else {
		g.byUser[strings.Clone(key)] = ref
	}
}

// taken is who has a key in the file, 0 for nobody.
func (g *grouping) taken(key string) int64 {
	if n, ok := numberOf(key); ok {
		return g.byNumber[n]
	}
	return g.byUser[key]
}

// refOf is who has a key.
func (g *grouping) refOf(key string, owners contact.Owners) int64 {
	if key == "" {
		return 0
	}
	if ref := g.taken(key); ref != 0 {
		return ref
	}
	return owners.ByHandle[key]
}

// owner applies the rules of matching to a row.
func (g *grouping) owner(p *person, owners contact.Owners) (ref int64, code string, other int64) {
	x := owners.ByExternal[p.external]
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
	if at, ok := g.personOf(ref); ok {
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
