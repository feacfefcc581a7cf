package health_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"badala/app/cert"
	"badala/app/channel"
	"badala/app/db"
	"badala/app/health"
	"badala/app/i18n"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func TestANewInstallIsAllRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t, good)
	w.look()
	w.want("")
	host, err := w.health.Host(w.db.Read(t.Context()))
	must(t, err)
	org, err := w.health.Org(w.db.Read(t.Context()), w.who.OrgID)
	must(t, err)
	names := append(host.Good, org.Good...)
	if len(names) < 15 {
		t.Errorf("only %v", names)
	}
	for _, name := range names {
		if !i18n.Has("health.area." + name) {
			t.Errorf("health.area.%s is not in the catalogue", name)
		}
	}
}

// TestWhatTheOperatorForgot finds what a start without settings lacks.
func TestWhatTheOperatorForgot(t *testing.T) {
	t.Parallel()
	newWorld(t, health.Options{}).want("WARN address.none, WARN key.none")
	newWorld(t, health.Options{PublicURL: "http://badala.example"}).want("WARN address.plain, WARN key.none")
	newWorld(t, health.Options{Demo: true}).want("")
	ends := time.Date(2026, 3, 12, 0, 0, 0, 0, time.UTC)
	w := newWorld(t, health.Options{PublicURL: "https://badala.example", HasKey: true, Certificate: func() cert.Status {
		return cert.Status{Domain: "badala.example", Until: ends, Problem: "port 80 is closed"}
	}})
	w.want("WARN cert.soon")
	w.clock.add(8 * 24 * time.Hour)
	if got := w.keys(); !strings.Contains(got, "BAD cert.soon") {
		t.Error(got)
	}
	w.clock.add(2 * 24 * time.Hour)
	if got := w.keys(); !strings.Contains(got, "BAD cert.over") {
		t.Error(got)
	}
}

// TestSilenceFollowsTheRhythm lets a shop that is closed at night and on one
// day of the week talk for weeks, then cuts it off.
func TestSilenceFollowsTheRhythm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, good)
	open := func() bool {
		at := w.clock.Now().UTC()
		return at.Hour() >= 8 && at.Hour() <= 20 && at.Weekday() != time.Friday
	}
	for range 16 * 8 {
		if open() {
			w.heard()
		}
		w.look()
		if got := w.keys(); strings.Contains(got, "silence") {
			t.Fatalf("%v: %s", w.clock.Now().UTC(), got)
		}
		w.clock.add(3 * time.Hour)
	}
	if got := w.told(); strings.Contains(got, "silence") {
		t.Errorf("told of %s", got)
	}
	quiet := 0
	for ; !strings.Contains(w.keys(), "BAD silence"); quiet += 3 {
		if quiet > 90 {
			t.Fatal("nobody notices")
		}
		w.clock.add(3 * time.Hour)
	}
	if quiet < 40 {
		t.Errorf("noticed after %d hours already", quiet)
	}
	w.look()
	w.look()
	w.heard()
	w.look()
	if got := w.told(); got != "silence BAD, silence OK" {
		t.Errorf("told of %q", got)
	}
}

func TestTokensThatEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, good)
	w.heard()
	w.clock.add(2 * time.Hour)
	w.look()
	w.want("")
	remember := func(bad int, expires time.Duration) {
		must(t, w.db.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE health_channel SET looked_at = ?, token_bad = ?, token_expires = ?`, tx.Now(), bad, tx.Now()+expires.Milliseconds())
			return err
		}))
	}
	remember(0, 10*24*time.Hour)
	w.want("WARN token.soon")
	w.look()
	remember(0, 24*time.Hour)
	w.want("BAD token.soon")
	w.look()
	remember(1, 24*time.Hour)
	w.want("BAD token.over")
	w.look()
	if got := w.told(); got != "token.soon WARN, token.soon BAD, token.over BAD, token.soon OK" {
		t.Errorf("told of %q", got)
	}
	w.clock.add(time.Second)
	w.set(`updated_at = ?`, w.db.Now()) // an admin enters another one
	w.want("")
	w.look()
	w.want("")
}

// TestATokenThatMetaRefuses asks Meta itself.
func TestATokenThatMetaRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, good)
	w.clock.add(2 * time.Hour)
	must(t, w.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE channel SET access_token = 'EAAGrevoked'`)
		return err
	}))
	w.look()
	if got := w.keys(); got != "BAD token.over" {
		t.Error(got)
	}
}

func TestNumbersThatDoNotDoWell(t *testing.T) {
	t.Parallel()
	w := newWorld(t, good)
	w.heard()
	w.set(`quality = 'YELLOW'`)
	w.want("WARN quality.yellow")
	w.set(`quality = 'RED'`)
	w.want("BAD quality.red")
	w.set(`quality = 'GREEN', tier = 'TIER_10K', updated_at = ?`, w.db.Now())
	w.clock.add(2 * time.Hour)
	w.look()
	w.set(`tier = 'TIER_250'`)
	w.want("WARN tier.fell")
	w.set(`tier = 'TIER_10K', state = 'PAUSED', paused_reason = 'meta.190'`)
	w.want("BAD number.paused")
	w.set(`paused_reason = ?`, channel.ReasonManual)
	w.want("WARN number.paused_by_hand")
	w.set(`state = 'DISCONNECTED'`)
	w.want("BAD number.removed")
	w.set(`state = 'CONNECTING', first_webhook_at = 0, paused_reason = ''`)
	w.clock.add(25 * time.Hour)
	if got := w.keys(); !strings.Contains(got, "WARN number.waiting") {
		t.Error(got)
	}
}

func TestDiskClockAndBackups(t *testing.T) {
	t.Parallel()
	w := newWorld(t, good)
	for _, c := range []struct {
		free int64
		want string
	}{{900 << 20, "WARN disk.low"}, {150 << 20, "BAD disk.stopped"}, {10 << 20, "BAD disk.full"}, {90 << 30, ""}} {
		w.disk.Store(c.free)
		w.clock.add(3 * time.Second)
		w.want(c.want)
	}
	w.heard()
	w.clock.skew.Store(-90_000)
	w.look()
	w.want("WARN clock.fast")
	w.clock.skew.Store(600_000)
	w.look()
	w.want("BAD clock.slow")
	w.clock.skew.Store(0)
	w.look()
	w.want("")
	w.clock.add(49 * time.Hour)
	w.want("BAD backup.none")
}

// TestDaysUntilTheDiskIsFull counts from what the database grew.
func TestDaysUntilTheDiskIsFull(t *testing.T) {
	t.Parallel()
	w := newWorld(t, good)
	today := w.db.Now() / (24 * time.Hour).Milliseconds()
	grow := func(perDay int64) {
		must(t, w.db.Write(t.Context(), func(tx *db.Tx) error {
			for day := range int64(10) {
				if _, err := tx.Exec(`INSERT OR REPLACE INTO health_day(day, size) VALUES(?, ?)`, today-10+day, day*perDay); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	grow(1 << 30)
	w.want("")
	grow(5 << 30) // a hundred are free
	w.want("WARN disk.days")
	grow(20 << 30)
	w.want("BAD disk.days")
}

// TestWorkThatIsLateOrGivenUp counts jobs without reading them all.
func TestWorkThatIsLateOrGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, good)
	w.heard()
	add := func(kind, state string, at int64) {
		must(t, w.db.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO job(id, kind, state, run_at, args, created_at) VALUES(?, ?, ?, ?, '{}', ?)`, tx.NewID(), kind, state, at, at)
			return err
		}))
	}
	w.clock.add(time.Hour)
	add("inbox.send", "ready", w.db.Now()-20*60_000)
	add("media.fetch", "ready", w.db.Now()-60_000)
	w.want("WARN jobs.late")
	add("webhook.deliver", "ready", w.db.Now()-70*60_000)
	add("webhook.deliver", "dead", w.db.Now())
	w.want("BAD jobs.late, WARN jobs.dead")
}

func TestFilesAndBodiesThatFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, good)
	w.heard()
	must(t, w.db.Write(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec(`INSERT INTO media(id, org_id, key, state, store, created_at) VALUES(1, ?, 'k', 'FAILED', 'db', ?)`, w.who.OrgID, tx.Now()); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO inbound(id, org_id, channel_id, received_at, state, body) VALUES(1, ?, ?, ?, 'FAILED', x'')`, w.who.OrgID, w.number.ID, tx.Now())
		return err
	}))
	w.want("WARN media.failed, WARN inbound.failed")
}
