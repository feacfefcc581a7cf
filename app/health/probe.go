package health

import (
	"context"
	"sync"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

// probe is what was found by asking others; "" and 0 when all is well, or when
// nobody has asked yet.
type probe struct {
	at      int64
	writing string // why the database cannot be written
	graph   string // why Meta cannot be reached
	bucket  string // why the bucket cannot be used
	skew    int64  // ms that our clock is ahead of Meta's
}

const probeTime = 10 * time.Second

// Probe asks the disk, Meta and the bucket how they are, at most ten seconds
// long, and keeps what they say for the checks.
func (s *Service) Probe(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	p := probe{at: s.DB.Now()}
	var all sync.WaitGroup
	all.Go(func() { p.writing = wordsOf(s.DB.Healthy(ctx)) })
	all.Go(func() { p.bucket = wordsOf(s.Media.CheckS3(ctx)) })
	if !s.Demo {
		all.Go(func() {
			began := s.DB.Now()
			date, err := s.Meta.Reach(ctx)
			p.graph = wordsOf(err)
			if !date.IsZero() {
				p.skew = skew(began, s.DB.Now(), db.Millis(date))
			}
		})
	}
	all.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.probed = p
}

// skew is how far we are ahead of a server that told a time of whole seconds
// somewhere between two of our own.
func skew(began, ended, told int64) int64 { return (began+ended)/2 - (told + 500) }

func (s *Service) lastProbe() probe {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.probed
}

// ProbedAt is when Probe was last through; 0 for never.
func (s *Service) ProbedAt() int64 { return s.lastProbe().at }

// wordsOf is a failure as people read it.
func wordsOf(err error) string {
	if err == nil {
		return ""
	}
	if e := errs.As(err); e != nil && e.Message != "" {
		return e.Message
	}
	return err.Error()
}
