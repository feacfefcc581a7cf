package account

import (
	"context"
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

// tooMany is the 429 that says when to come back.
func tooMany(wait time.Duration) error {
	return &errs.Error{Kind: errs.TooMany, Code: "too_many", Message: "too many tries; wait a little", RetryAfter: max(wait, time.Second)}
}

// failureWindow counts failures of a source in memory: limit of them within the
// window close the door until the window ends.
type failureWindow struct {
	limit  int
	window time.Duration

	mu sync.Mutex
	by map[string]*failures
}

type failures struct {
	n     int
	since int64
}

// maxSources bounds the memory of a failureWindow; beyond it expired sources go first.
const maxSources = 20_000

func newFailureWindow(limit int, window time.Duration) *failureWindow {
	return &failureWindow{limit: limit, window: window, by: map[string]*failures{}}
}

// take counts one try as failed, or refuses it. Refund a try that went well.
func (f *failureWindow) take(source string, now int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := f.by[source]
	if w == nil || now-w.since >= f.window.Milliseconds() {
		if len(f.by) >= maxSources {
			f.forget(now)
		}
		w = &failures{since: now}
		f.by[source] = w
	}
	if w.n >= f.limit {
		return tooMany(f.window - time.Duration(now-w.since)*time.Millisecond)
	}
	w.n++
	return nil
}

func (f *failureWindow) refund(source string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if w := f.by[source]; w != nil && w.n > 0 {
		w.n--
	}
}

// forget drops expired sources, and all of them if none has expired.
func (f *failureWindow) forget(now int64) {
	for k, w := range f.by {
		if now-w.since >= f.window.Milliseconds() {
			delete(f.by, k)
		}
	}
	if len(f.by) >= maxSources {
		clear(f.by)
	}
}

// network is what counts as one source: an IPv4 address or an IPv6 /64.
func network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return ip
	}
	return p.String()
}

const (
	freeTries  = 5
	firstPause = time.Minute
	longPause  = 15 * time.Minute
	forgetTry  = 24 * time.Hour

	accountTries  = 20 // from browsers that the account is not known by
	accountWindow = time.Hour
)

func loginKey(email, ip string) []byte {
	sum := sha256.Sum256([]byte(email + "\x00" + network(ip)))
	return sum[:]
}

// tryLogin counts a sign-in of the e-mail from the address as failed before the
// password is looked at, so that parallel guesses count too. Five free tries,
// then a pause of a minute that doubles to fifteen. all, where there is one,
// counts those of the account from anywhere.
func (s *Service) tryLogin(ctx context.Context, key, all []byte) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		now := tx.Now()
		if _, err := tx.Exec(`DELETE FROM login_failure WHERE last_at < ?`, now-forgetTry.Milliseconds()); err != nil {
			return err
		}
		type state struct{ fails, until int64 }
		st, err := db.One(tx, func(r *db.Rows, v *state) error { return r.Scan(&v.fails, &v.until) },
			`SELECT fails, until FROM login_failure WHERE key = ?`, key)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		if st.until > now {
			return tooMany(time.Duration(st.until-now) * time.Millisecond)
		}
		if all != nil {
			if err := tryAccountTx(tx, all); err != nil {
				return err
			}
		}
		st.fails++
		st.until = 0
		if st.fails >= freeTries {
			st.until = now + min(firstPause<<min(st.fails-freeTries, 10), longPause).Milliseconds()
		}
		_, err = tx.Exec(`INSERT INTO login_failure (key, fails, until, last_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (key) DO UPDATE SET fails = excluded.fails, until = excluded.until, last_at = excluded.last_at`,
			key, st.fails, st.until, now)
		return err
	})
}

// accountKey is what tries of an account from unknown browsers are counted under.
func accountKey(email string) []byte {
	sum := sha256.Sum256([]byte("account\x00" + email))
	return sum[:]
}

// tryAccountTx counts a try of the account, twenty an hour whoever makes them.
func tryAccountTx(tx *db.Tx, key []byte) error {
	type state struct{ fails, until int64 }
	st, err := db.One(tx, func(r *db.Rows, v *state) error { return r.Scan(&v.fails, &v.until) },
		`SELECT fails, until FROM login_failure WHERE key = ?`, key)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	now := tx.Now()
	if st.until <= now {
		st = state{until: now + accountWindow.Milliseconds()}
	}
	if st.fails >= accountTries {
		return tooMany(time.Duration(st.until-now) * time.Millisecond)
	}
	_, err = tx.Exec(`INSERT INTO login_failure (key, fails, until, last_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET fails = excluded.fails, until = excluded.until, last_at = excluded.last_at`,
		key, st.fails+1, st.until, now)
	return err
}

func forgetTriesTx(tx *db.Tx, key []byte) error {
	_, err := tx.Exec(`DELETE FROM login_failure WHERE key = ?`, key)
	return err
}
