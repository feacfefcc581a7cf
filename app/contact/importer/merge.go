package importer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"badala/app/contact"
)

// change is what an import makes of one contact.
type change struct {
	write  *contact.Write // nil: nothing changes
	said   said
	same   bool   // as said before
	digest []byte // of what the file says, nil if that is not all there is to know
	state  *contact.State
	issues []Issue
}

// mark is by what the person is known the next time.
func (c *change) mark() mark {
	if c.digest == nil {
		return mark{}
	}
	return mark{c.digest, c.state.UpdatedAt}
}

// merger applies persons to contacts by the rules of an import.
type merger struct {
	s    *Settings
	file string // its name, for the history of consent
	free func(key string) bool
}

// merge decides what a person changes of st, a contact, or a new one with ID
// 0. st is changed in memory.
func (m *merger) merge(st *contact.State, p *person, last said) change {
	w := &work{merger: m, st: st, p: p, isNew: st.ID == 0, last: last, now: said{Fields: maps.Clone(last.Fields), Tags: last.Tags}}
	if w.now.Fields == nil {
		w.now.Fields = map[string]string{}
	}
	w.write.State = st
	w.identity()
	w.texts()
	w.customs()
	w.tags()
	w.consent()
	w.times()
	out := change{state: st, said: w.now, same: w.now.equal(last), issues: w.issues}
	if w.allNumbers() {
		out.digest = p.digest(m.s)
	}
	if w.isNew || len(w.write.Changed) > 0 {
		out.write = &w.write
		if w.isNew {
			out.write.Changed = nil
		}
	}
	return out
}

// work is one merge in progress.
type work struct {
	*merger
	st        *contact.State
	p         *person
	isNew     bool
	last, now said
	write     contact.Write
	issues    []Issue
}

func (w *work) note(field string) {
	if !slices.Contains(w.write.Changed, field) {
		w.write.Changed = append(w.write.Changed, field)
	}
}

func (w *work) warn(code, value string) {
	w.issues = append(w.issues, Issue{Row: w.p.row, Severity: SeverityWarning, Code: code, Value: value, ContactID: w.st.ID})
}

func (w *work) identity() {
	st, p := w.st, w.p
	if p.external != "" && st.ExternalID == "" {
		st.ExternalID = p.external
		w.note("externalId")
	}
	if p.userID != "" && st.UserID == "" {
		st.UserID = p.userID
		w.note("whatsapp")
		if !st.Has(p.userID) {
			w.write.AddHandles = append(w.write.AddHandles, contact.UserHandle(p.userID))
		}
	}
	if p.phone != "" {
		w.phone()
	}
	for _, o := range p.others {
		h := contact.PhoneHandle(o)
		if !st.Has(h.Value) && w.free(h.Value) && !slices.Contains(w.write.AddHandles, h) {
			w.write.AddHandles = append(w.write.AddHandles, h)
			w.note("otherPhones")
		}
	}
}

// allNumbers says whether the contact has all further numbers of the file: one
// that another contact has may be free the next time.
func (w *work) allNumbers() bool {
	for _, o := range w.p.others {
		h := contact.PhoneHandle(o)
		if !w.st.Has(h.Value) && !slices.Contains(w.write.AddHandles, h) {
			return false
		}
	}
	return true
}

// phone takes the number of the file: one that is known changes nothing, a new
// one becomes the phone, and the former still finds the contact.
func (w *work) phone() {
	st, h := w.st, contact.PhoneHandle(w.p.phone)
	if st.Has(h.Value) {
		if st.Phone != w.p.phone && contact.MatchKey(st.Phone) == h.Value && strings.HasPrefix(h.Value, "54") {
			w.warn("matched_by_alias", w.p.phone)
		}
		return
	}
	if st.Phone != "" {
		w.warn("phone_changed", st.Phone)
	}
	st.Phone, st.WaID = w.p.phone, strings.TrimPrefix(w.p.phone, "+")
	w.write.AddHandles = append(w.write.AddHandles, h)
	w.note("phone")
}

// differs says whether a field takes the file's value: not if it has it, and
// not if the file said the same last time, so that an edit made here stays.
func (w *work) differs(key, value, now string) bool {
	if value == "" {
		if _, before := w.last.Fields[key]; before && w.last.Fields[key] == "" || !slices.Contains(w.p.clear, key) {
			return false
		}
		w.now.Fields[key] = ""
		return now != ""
	}
	before := w.last.Fields[key]
	w.now.Fields[key] = value
	return now != value && before != value
}

func (w *work) texts() {
	st, p := w.st, w.p
	if w.differs(FieldName, p.name, st.Name) {
		st.Name = p.name
		w.write.NameChosen = true
		w.note("name")
	} else if w.isNew && p.name != "" {
		w.write.NameChosen = true
	}
	notes := &p.notes
	if w.s.Source != "badala" {
		notes = new("")
	}
	for _, f := range []struct {
		key, value, field string
		to                *string
	}{
		{FieldEmail, p.email, "email", &st.Email}, {FieldCompany, p.company, "company", &st.Company.Name}, {FieldWebsite, p.website, "company", &st.Company.Website},
		{FieldJobTitle, p.jobTitle, "company", &st.Company.JobTitle}, {FieldAddress, p.address, "company", &st.Company.Address}, {FieldNotes, *notes, "notes", &st.Notes},
	} {
		if w.differs(f.key, f.value, *f.to) {
			*f.to = f.value
			w.note(f.field)
		}
	}
	if p.source != "" && st.Origin == "" && (w.isNew || st.Source == contact.FromImport) {
		st.Origin = p.source
		w.note("source")
	}
}

// customs sets custom fields. A note of another system is one of them, and
// never goes into the notes that people keep here.
func (w *work) customs() {
	all := w.p.custom
	if w.p.notes != "" && w.s.Source != "badala" {
		all = append(slices.Clone(all), pair{w.noteField(), w.p.notes})
	}
	if len(w.p.otherEmails) > 0 {
		all = append(slices.Clone(all), pair{"Other e-mails", strings.Join(w.p.otherEmails, ", ")})
	}
	for _, f := range w.p.clear {
		if name, ok := strings.CutPrefix(f, CustomPrefix); ok {
			all = append(slices.Clone(all), pair{name, ""})
		}
	}
	if len(all) == 0 {
		return
	}
	custom := maps.Clone(w.st.Custom)
	if custom == nil {
		custom = make(map[string]string, len(all))
	}
	changed := false
	for _, c := range all {
		if !w.differs(CustomPrefix+c.name, c.value, custom[c.name]) {
			continue
		}
		changed = true
		if c.value == "" {
			delete(custom, c.name)
		} else {
			custom[c.name] = c.value
		}
	}
	if changed {
		w.st.Custom = custom
		w.note("customFields")
	}
}

func (w *work) noteField() string {
	if w.s.Source == "" {
		return "Imported note"
	}
	return "Imported note (" + w.s.Source + ")"
}

// tags adds the file's tags but for those that it named before and somebody
// took off here since.
func (w *work) tags() {
	keys := make([]string, 0, len(w.p.tags))
	has := map[string]bool{}
	for _, t := range w.st.Tags {
		has[contact.TagKey(t.Name)] = true
	}
	for _, t := range w.p.tags {
		key := contact.TagKey(t)
		keys = append(keys, key)
		if !has[key] && !slices.Contains(w.last.Tags, key) && len(w.st.Tags)+len(w.write.AddTags) < maxTags {
			w.write.AddTags = append(w.write.AddTags, t)
		}
	}
	if w.s.ReplaceTags && len(keys) > 0 && !slices.Equal(keys, w.last.Tags) {
		for _, t := range w.st.Tags {
			if !slices.Contains(keys, contact.TagKey(t.Name)) {
				w.write.DropTags = append(w.write.DropTags, t.ID)
			}
		}
	}
	if len(keys) > 0 {
		w.now.Tags = keys
	}
	if len(w.write.AddTags)+len(w.write.DropTags) > 0 {
		w.note("tags")
	}
}

// consent follows the law of it: a file can take consent away at once, can
// give it only with attested proof, and can never lift a refusal.
func (w *work) consent() {
	now, file := w.st.Consent, w.p.consent
	switch {
	case file == nil || now != nil && *now == *file:
		return
	case *file && now != nil:
		w.warn("consent_not_raised", "")
		return
	case *file && !w.s.ConsentAttested:
		w.warn("consent_needs_proof", "")
		return
	}
	w.write.Consent, w.write.ConsentSet = file, true
	w.write.Reason = fmt.Sprintf("IMPORT: %s, %d", w.file, w.p.row)
	if *file && w.s.ConsentProof != "" {
		w.write.Reason += ": " + w.s.ConsentProof
	}
	w.note("marketingConsent")
}

// times moves the beginning back to the earliest that is known, in seconds:
// many files have no more.
func (w *work) times() {
	if w.p.created == 0 {
		return
	}
	if w.isNew {
		w.st.CreatedAt = w.p.created
	} else if w.p.created/1000 < w.st.CreatedAt/1000 {
		w.st.CreatedAt = w.p.created
		w.note("createdAt")
	}
}
