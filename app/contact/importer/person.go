package importer

import (
	"slices"

	"badala/app/contact"
)

// keys gives what the person is found by, but for the external id: user id and
// match key of the phone first, then those of further phones.
func (p *person) keys() []string {
	var all []string
	if p.userID != "" {
		all = append(all, p.userID)
	}
	if p.phone != "" {
		all = append(all, contact.MatchKey(p.phone))
	}
	for _, o := range p.others {
		all = append(all, contact.MatchKey(o))
	}
	return all
}

// fold adds a later row of the same person: its words win, tags add up, the
// most restrictive consent and the earliest creation stay.
func (p *person) fold(q person) {
	for _, f := range []struct {
		to   *string
		from string
	}{
		{&p.external, q.external}, {&p.userID, q.userID}, {&p.name, q.name}, {&p.email, q.email}, {&p.company, q.company}, {&p.website, q.website},
		{&p.jobTitle, q.jobTitle}, {&p.address, q.address}, {&p.source, q.source}, {&p.notes, q.notes},
	} {
		if f.from != "" {
			*f.to = f.from
		}
	}
	if p.phone == "" {
		p.phone = q.phone
	} else if q.phone != "" && contact.MatchKey(q.phone) != contact.MatchKey(p.phone) {
		p.others = append(p.others, q.phone)
	}
	for _, o := range q.others {
		if o != p.phone && !slices.Contains(p.others, o) {
			p.others = append(p.others, o)
		}
	}
	for _, e := range q.otherEmails {
		if !slices.Contains(p.otherEmails, e) {
			p.otherEmails = append(p.otherEmails, e)
		}
	}
	p.tags = joinTags(p.tags, q.tags)
	if q.consent != nil && (p.consent == nil || !*q.consent) {
		p.consent = q.consent
	}
	if q.created != 0 && (p.created == 0 || q.created < p.created) {
		p.created = q.created
	}
	for _, c := range q.custom {
		if i := slices.IndexFunc(p.custom, func(o pair) bool { return o.name == c.name }); i >= 0 {
			p.custom[i].value = c.value
		} else {
			p.custom = append(p.custom, c)
		}
	}
	p.clear = slices.DeleteFunc(p.clear, func(f string) bool { return !slices.Contains(q.clear, f) })
}

// joinTags adds tags that are not there yet, however they are spelt.
func joinTags(tags, more []string) []string {
	for _, t := range more {
		key := contact.TagKey(t)
		if key != "" && len(tags) < maxTags && !slices.ContainsFunc(tags, func(o string) bool { return contact.TagKey(o) == key }) {
			tags = append(tags, t)
		}
	}
	return tags
}
