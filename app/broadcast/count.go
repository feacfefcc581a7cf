package broadcast

import (
	"context"
	"hash/maphash"

	"badala/app/db"
)

const (
	countPage  = 5000
	sampleSize = 5
)

// Count is whom an audience means now.
type Count struct {
	Total    int // everybody, once
	Sendable int // who would be written to
	LeftOut  map[string]int
	// Countries counts those who would be written to by country of their
	// number, "" for none.
	Countries map[string]int
	Sample    []Sample
}

// Sample is one of those who would be written to.
type Sample struct {
	ContactID   int64 // 0: a number that is nobody's yet
	Name, Phone string
}

// seen remembers whom a count has met, by hashes.
type seen struct {
	seed maphash.Seed
	all  map[uint64]struct{}
}

func newSeen() *seen { return &seen{maphash.MakeSeed(), map[uint64]struct{}{}} }

// again says whether any of the keys was met before, and remembers all.
func (s *seen) again(contact int64, number string) bool {
	was := false
	note := func(h uint64) {
		if _, ok := s.all[h]; ok {
			was = true
		}
		s.all[h] = struct{}{}
	}
	if contact != 0 {
		note(maphash.Comparable(s.seed, contact))
	}
	if number != "" {
		note(maphash.String(s.seed, number))
	}
	return was
}

// Count tells whom an audience means, who of them would be written to, and why
// the others would not.
func (s *Service) Count(ctx context.Context, org int64, a Audience) (Count, error) {
	c := Count{LeftOut: map[string]int{}, Countries: map[string]int{}}
	if wrong := a.clean(); len(wrong) > 0 {
		return c, fields(wrong)
	}
	set, err := s.Settings(s.DB.Read(ctx), org)
	if err != nil {
		return c, err
	}
	met := newSeen()
	err = s.each(s.DB.Read(ctx), org, &a, countPage, func(m member) bool {
		if m.skip == "" && met.again(m.ID, m.Key()) {
			c.LeftOut[SkipDuplicate]++
			return ctx.Err() == nil
		}
		c.Total++
		if why := m.refusal(set.ExplicitConsent); why != "" {
			c.LeftOut[why]++
			return ctx.Err() == nil
		}
		c.Sendable++
		c.Countries[m.Country()]++
		if len(c.Sample) < sampleSize {
			c.Sample = append(c.Sample, Sample{m.ID, m.Name, m.Phone})
		}
		return ctx.Err() == nil
	})
	if err == nil {
		err = ctx.Err()
	}
	return c, err
}

// each goes through an audience until do has enough.
func (s *Service) each(q db.Q, org int64, a *Audience, page int, do func(member) bool) error {
	for at := (place{part: 'p'}); !at.end(); {
		some, next, err := s.next(q, org, a, at, page)
		if err != nil {
			return err
		}
		for _, m := range some {
			if !do(m) {
				return nil
			}
		}
		at = next
	}
	return nil
}

// first gives the first few who would be written to.
func (s *Service) first(q db.Q, org int64, a *Audience, explicit bool, n int) (some []member, err error) {
	met := newSeen()
	err = s.each(q, org, a, 50, func(m member) bool {
		if m.skip == "" && !met.again(m.ID, m.Key()) && m.refusal(explicit) == "" {
			some = append(some, m)
		}
		return len(some) < n
	})
	return some, err
}
