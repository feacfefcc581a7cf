package app_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/inbox"
)

const (
	givers     = 50 // senders at a time
	giveRounds = 5
)

// newcomers is how many customers write. Ten thousand take a minute on a busy
// machine: BADALA_ASSIGNMENTS=10000 asks for them.
func newcomers() int {
	if n, err := strconv.Atoi(os.Getenv("BADALA_ASSIGNMENTS")); err == nil {
		return n
	}
	return 2500
}

// TestKilledWhileGivingOutTheCountsAreEven has thousands of customers write for
// the first time, from many senders, to a process that is killed in the midst
// of it. Every conversation is given out once, and everybody has as many.
func TestKilledWhileGivingOutTheCountsAreEven(t *testing.T) {
	t.Parallel()
	k := newKiller(t, func(s *shop) {
		var team []int64
		for i := range 7 {
			m := s.user(fmt.Sprintf("turn%d@shop.example", i), fmt.Sprint("Teammate ", i), account.Agent, "en")
			team = append(team, m.UserID)
		}
		if _, err := s.Inbox.SetAssignment(t.Context(), s.owner, s.chanID, inbox.AssignmentPatch{Mode: new(inbox.AssignRoundRobin), Members: &team}); err != nil {
			t.Fatal(err)
		}
	})
	all, done := newcomers(), atomic.Int64{}
	for round := range giveRounds {
		from, to := all*round/giveRounds, all*(round+1)/giveRounds
		k.boot()
		left := k.writeAll(from, to, &done, round < giveRounds-1)
		if len(left) > 0 { // Meta sends again what was not acknowledged
			k.boot()
			k.repeat(left)
			k.child.kill()
		}
	}
	k.checkTurns(all)
}

// writeAll has the customers from…to write, and kills the process when half of
// them have their answer, if it shall. It gives those without one.
func (k *killer) writeAll(from, to int, done *atomic.Int64, kill bool) (left []int) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var once sync.Once
	next, half := atomic.Int64{}, done.Load()+int64(to-from)/2
	next.Store(int64(from))
	for range givers {
		wg.Go(func() {
			for {
				i := int(next.Add(1) - 1)
				if i >= to {
					return
				}
				if k.newcomer(i) {
					if done.Add(1) >= half && kill {
						once.Do(k.child.kill)
					}
					continue
				}
				mu.Lock()
				left = append(left, i)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if !kill {
		once.Do(k.child.kill)
	}
	return left
}

// repeat has customers write whose first try had no answer.
func (k *killer) repeat(left []int) {
	var wg sync.WaitGroup
	each := make(chan int)
	for range givers {
		wg.Go(func() {
			for i := range each {
				if !k.newcomer(i) {
					k.shop.t.Errorf("customer %d got no answer", i)
				}
			}
		})
	}
	for _, i := range left {
		each <- i
	}
	close(each)
	wg.Wait()
}

// newcomer posts the only message of the i-th customer.
func (k *killer) newcomer(i int) bool {
	body := webhookText(k.number, fmt.Sprintf("46701%06d", i), "Nora", fmt.Sprintf("wamid.turn%d", i), "hello", time.Now())
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return postWebhook(ctx, k.child.url, k.number.AppSecret, body) == http.StatusOK
}

// checkTurns counts what the database holds in the end.
func (k *killer) checkTurns(all int) {
	t, q := k.shop.t, k.open().Read(context.Background())
	count := func(query string) int {
		t.Helper()
		n, err := db.Value[int](q, query)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(`SELECT count(*) FROM conversation`); n != all {
		t.Errorf("%d conversations, want %d", n, all)
	}
	if n := count(`SELECT count(*) FROM conversation WHERE assignee_id = 0`); n != 0 {
		t.Errorf("%d conversations are with nobody", n)
	}
	if n := count(`SELECT count(*) FROM event WHERE type = 'conversation.assigned'`); n != all {
		t.Errorf("%d assignments in the event log, want %d", n, all)
	}
	if n := count(`SELECT count(DISTINCT conversation_id) FROM event WHERE type = 'conversation.assigned'`); n != all {
		t.Errorf("%d conversations were given out, want %d", n, all)
	}
	if n := count(`SELECT count(*) FROM assignment_member m WHERE given <> (SELECT count(*) FROM conversation c WHERE c.assignee_id = m.user_id)`); n != 0 {
		t.Errorf("%d people have another number than is noted", n)
	}
	least := count(`SELECT min(given) FROM assignment_member`)
	most := count(`SELECT max(given) FROM assignment_member`)
	if most-least > 1 || least < all/7 {
		t.Errorf("between %d and %d each", least, most)
	}
}
