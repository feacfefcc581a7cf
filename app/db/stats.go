package db

import (
	"sync/atomic"
	"time"
)

// stats counts what the writer does.
type stats struct {
	writes, commits, failed, spent, longest atomic.Int64
}

func (s *stats) note(writes int, took time.Duration, err error) {
	if err != nil {
		s.failed.Add(1)
		return
	}
	s.writes.Add(int64(writes))
	s.commits.Add(1)
	s.spent.Add(int64(took))
	for {
		longest := s.longest.Load()
		if int64(took) <= longest || s.longest.CompareAndSwap(longest, int64(took)) {
			return
		}
	}
}

// Stats is how the writer has fared since the start.
type Stats struct {
	Queued                  int // Writes that wait now
	Writes, Commits, Failed int64
	Spent, Longest          time.Duration // in commits, with what they write
}

// Stats tells how the writer fares. Longest begins anew with each call.
func (d *DB) Stats() Stats {
	s := &d.stats
	return Stats{
		Queued: len(d.writer.requests), Writes: s.writes.Load(), Commits: s.commits.Load(), Failed: s.failed.Load(),
		Spent: time.Duration(s.spent.Load()), Longest: time.Duration(s.longest.Swap(0)),
	}
}
