package web

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"badala/app/broadcast"
)

const (
	laterFresh = 5 * time.Second // as long a result is shown again
	laterMost  = time.Minute     // that one may take
	laterRoom  = 200             // results that are kept
	laterWidth = 2               // that are worked at side by side
	// countPatience is how long a page waits for a count before it comes without.
	countPatience = 250 * time.Millisecond
)

// later works out what takes longer than a page may: it waits a moment for it,
// and otherwise the page comes without and asks again.
type later struct {
	mu    sync.Mutex
	known map[string]*laterTask
	width chan struct{}
	ctx   context.Context
	stop  context.CancelFunc
	wg    sync.WaitGroup
}

type laterTask struct {
	done  chan struct{}
	ended time.Time
	value any
	err   error
}

func newLater() *later {
	l := &later{known: map[string]*laterTask{}, width: make(chan struct{}, laterWidth)}
	l.ctx, l.stop = context.WithCancel(context.Background())
	return l
}

// close ends what is being worked at.
func (l *later) close() {
	l.stop()
	l.wg.Wait()
}

// get gives the value of a key, worked out now or a moment ago. ready is false
// when it is still worked at.
func (l *later) get(ctx context.Context, key string, patience time.Duration, do func(context.Context) (any, error)) (value any, ready bool, err error) {
	t := l.task(key, do)
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case <-t.done:
		return t.value, true, t.err
	default:
	}
	select {
	case <-t.done:
		return t.value, true, t.err
	case <-wait.C:
		return nil, false, nil
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

// task is the work for a key: the one that is there, or a new one.
func (l *later) task(key string, do func(context.Context) (any, error)) *laterTask {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	old := func(t *laterTask) bool { return !t.ended.IsZero() && now.Sub(t.ended) > laterFresh }
	if t := l.known[key]; t != nil && !old(t) {
		return t
	}
	for k, t := range l.known {
		if old(t) || len(l.known) >= laterRoom && !t.ended.IsZero() {
			delete(l.known, k)
		}
	}
	t := &laterTask{done: make(chan struct{})}
	l.known[key] = t
	l.wg.Go(func() { l.work(t, do) })
	return t
}

func (l *later) work(t *laterTask, do func(context.Context) (any, error)) {
	ctx, cancel := context.WithTimeout(l.ctx, laterMost)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			t.err = fmt.Errorf("web: %v", p)
		}
		l.mu.Lock()
		t.ended = time.Now()
		l.mu.Unlock()
		close(t.done)
	}()
	select {
	case l.width <- struct{}{}:
		defer func() { <-l.width }()
	case <-ctx.Done():
		t.err = ctx.Err()
		return
	}
	t.value, t.err = do(ctx)
}

// countAudience tells whom an audience means; ready is false while it is counted.
func (c *call) countAudience(a broadcast.Audience, patience time.Duration) (n broadcast.Count, ready bool, err error) {
	key, err := json.Marshal(a)
	if err != nil {
		return n, false, err
	}
	org, s := c.actor.OrgID, c.s
	v, ready, err := s.later.get(c.r.Context(), fmt.Sprintf("count %d %s", org, key), patience, func(ctx context.Context) (any, error) {
		return s.Broadcasts.Count(ctx, org, a)
	})
	if ready && err == nil {
		n = v.(broadcast.Count)
	}
	return n, ready, err
}

// previewRecipients shows what the first recipients would get; ready is false
// while they are looked for.
func (c *call) previewRecipients(in broadcast.Input) (all []broadcast.Preview, ready bool, err error) {
	key, err := json.Marshal(in)
	if err != nil {
		return nil, false, err
	}
	org, s := c.actor.OrgID, c.s
	v, ready, err := s.later.get(c.r.Context(), fmt.Sprintf("preview %d %s", org, key), countPatience, func(ctx context.Context) (any, error) {
		return s.Broadcasts.Preview(ctx, org, in)
	})
	if ready && err == nil {
		all = v.([]broadcast.Preview)
	}
	return all, ready, err
}
