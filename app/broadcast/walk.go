package broadcast

import (
	"fmt"
	"strconv"
	"strings"

	"badala/app/contact"
	"badala/app/db"
)

// member is somebody whom an audience means: a contact, or a number that is
// nobody's yet. skip says why not, of those who cannot be counted among the
// recipients at all.
type member struct {
	contact.Reach
	skip string
}

// place is how far a walk through an audience has come: first those picked by
// conditions, then contacts, then numbers.
type place struct {
	part  byte // 'p', 'c', 'n', or 'e' for the end
	after int64
}

func (p place) String() string { return fmt.Sprintf("%c%d", p.part, p.after) }

func parsePlace(s string) place {
	if s == "" {
		return place{part: 'p'}
	}
	n, err := strconv.ParseInt(s[1:], 10, 64)
	if err != nil || !strings.ContainsRune("pcne", rune(s[0])) {
		return place{part: 'p'}
	}
	return place{s[0], n}
}

func (p place) end() bool { return p.part == 'e' }

// next gives the next members of an audience and the place behind them. A page
// may be empty before the end.
func (s *Service) next(q db.Q, org int64, a *Audience, at place, take int) ([]member, place, error) {
	switch at.part {
	case 'p':
		return s.nextPicked(q, org, a, at, take)
	case 'c':
		return s.nextContacts(q, org, a, at, take)
	case 'n':
		return s.nextNumbers(q, org, a, at, take)
	}
	return nil, place{part: 'e'}, nil
}

func (s *Service) nextPicked(q db.Q, org int64, a *Audience, at place, take int) ([]member, place, error) {
	over := place{part: 'c'}
	if !a.picks() {
		return nil, over, nil
	}
	all, err := s.Contacts.Reaches(q, org, a.filter(), a.tagged(), at.after, take)
	if err != nil || len(all) == 0 {
		return nil, over, err
	}
	out := make([]member, len(all))
	for i, r := range all {
		out[i].Reach = r
	}
	if len(all) < take {
		return out, over, nil
	}
	return out, place{'p', all[len(all)-1].ID}, nil
}

func (s *Service) nextContacts(q db.Q, org int64, a *Audience, at place, take int) ([]member, place, error) {
	from := min(int(at.after), len(a.ContactIDs))
	ids := a.ContactIDs[from:min(from+take, len(a.ContactIDs))]
	if len(ids) == 0 {
		return nil, place{part: 'n'}, nil
	}
	people, err := s.Contacts.ReachesOf(q, org, ids)
	if err != nil {
		return nil, at, err
	}
	out := make([]member, 0, len(ids))
	for _, id := range ids {
		m := member{Reach: contact.Reach{ID: id}}
		if r, ok := people[id]; ok {
			m.Reach = r
		} else {
			m.skip = SkipGone
		}
		out = append(out, m)
	}
	return out, place{'c', int64(from + len(ids))}, nil
}

// nextNumbers reads pasted numbers. One that is nobody's yet has no id.
func (s *Service) nextNumbers(q db.Q, org int64, a *Audience, at place, take int) ([]member, place, error) {
	from := min(int(at.after), len(a.Numbers))
	some := a.Numbers[from:min(from+take, len(a.Numbers))]
	if len(some) == 0 {
		return nil, place{part: 'e'}, nil
	}
	out := make([]member, len(some))
	var phones []string
	for i, text := range some {
		phone, err := contact.CanonicalPhone(text, a.Country)
		if err != nil {
			out[i] = member{Reach: contact.Reach{Phone: text}, skip: SkipNotNumber}
			continue
		}
		out[i].Phone = phone
		phones = append(phones, phone)
	}
	known, err := s.Contacts.ReachesByPhone(q, org, phones)
	if err != nil {
		return nil, at, err
	}
	for i := range out {
		if r, ok := known[contact.MatchKey(out[i].Phone)]; ok && out[i].skip == "" {
			out[i].Reach = r
		}
	}
	return out, place{'n', int64(from + len(some))}, nil
}

// refusal says why somebody is not to be written to; "" when they are.
func (m member) refusal(explicit bool) string {
	switch {
	case m.skip != "":
		return m.skip
	case m.Key() == "":
		return SkipNoNumber
	case m.Consent != nil && !*m.Consent:
		return SkipOptedOut
	case explicit && m.Consent == nil:
		return SkipNoConsent
	}
	return ""
}
