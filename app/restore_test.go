package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"badala/app"
	"badala/app/backup"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/inbox"
	"badala/app/media"
	"badala/app/media/s3test"
	"badala/app/meta/sim"
)

// badala runs the command line in this process.
func badala(args ...string) (code int, out string) {
	var b bytes.Buffer
	code = app.Main(append([]string{"badala"}, args...), strings.NewReader(""), &b, &b)
	return code, b.String()
}

// runs is badala for a command that has to work.
func runs(t testing.TB, args ...string) string {
	t.Helper()
	code, out := badala(args...)
	if code != 0 {
		t.Fatalf("badala %s: %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

// ok ends the test at an error.
func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// load posts webhooks until stop is called; it gives the ids of those that
// were acknowledged.
func (s *shop) load(stop context.Context) (acked func() []string) {
	var mu sync.Mutex
	var all []string
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for stop.Err() == nil {
				wamid := "wamid." + rand.Text()
				body := webhookText(s.number, fmt.Sprintf("4670174%04d", mathrand.IntN(60)), "Nora", wamid, "under load "+wamid, time.Now())
				if postWebhook(stop, s.URL(), s.number.AppSecret, body) == http.StatusOK {
					mu.Lock()
					all = append(all, wamid)
					mu.Unlock()
				}
			}
		})
	}
	return func() []string { wg.Wait(); return all }
}

func s3Config(o media.S3Options) app.S3Config {
	return app.S3Config{Endpoint: o.Endpoint, Region: o.Region, Bucket: o.Bucket, AccessKey: o.AccessKey, SecretKey: o.SecretKey, PathStyle: o.PathStyle}
}

func s3Args(o media.S3Options) []string {
	return []string{"--s3-endpoint", o.Endpoint, "--s3-region", o.Region, "--s3-bucket", o.Bucket, "--s3-access-key", o.AccessKey, "--s3-secret-key", o.SecretKey, "--s3-path-style"}
}

// The drill of the whole: a backup is taken while customers write, its one file
// is brought to an empty folder and started, and everything is there.
func TestABackupUnderLoadIsEverything(t *testing.T) {
	t.Parallel()
	for _, store := range []string{"embedded", "s3"} {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			var bucket media.S3Options
			s := newShop(t, func(c *app.Config) {
				if store == "s3" {
					bucket = s3test.Start(t)
					c.S3 = s3Config(bucket)
				}
			})
			file := s.served(t)
			for _, how := range []string{"by hand", "restore"} {
				s.startedElsewhere(t, file, how)
			}
		})
	}
}

// served lets the shop receive files and messages while a backup is taken, and
// gives the backup.
func (s *shop) served(t *testing.T) string {
	t.Helper()
	nora := s.customer("46701740611", "Nora")
	for range 3 {
		nora.SendPicture(s.number.PhoneNumberID, "like this one")
	}
	s.settle()
	ctx, cancel := context.WithCancel(t.Context())
	acked := s.load(ctx)
	within(t, pageTimeout, "fifty messages", func() bool { return len(s.messages(t)) >= 50 })
	before := s.messages(t)
	file := filepath.Join(t.TempDir(), "copy.db")
	runs(t, "backup", "--db", s.cfg.DB, file)
	cancel()
	if len(acked()) < 50 {
		t.Error("nothing was going on meanwhile")
	}
	c, err := db.OpenCopy(t.Context(), file)
	ok(t, err)
	defer c.Close()
	inside, err := db.All(c.Read(t.Context()), func(r *db.Rows, v *string) error { return r.Scan(v) }, "SELECT wa_id FROM message")
	ok(t, err)
	there := map[string]bool{}
	for _, id := range inside {
		there[id] = true
	}
	for _, id := range before {
		if !there[id] {
			t.Errorf("%s was there before the backup began, and is not in it", id)
		}
	}
	if _, err := os.Stat(file + "-wal"); err == nil {
		t.Error("the backup has a log of its own")
	}
	return file
}

func (s *shop) messages(t *testing.T) []string {
	t.Helper()
	all, err := db.All(s.DB.Read(t.Context()), func(r *db.Rows, v *string) error { return r.Scan(v) }, "SELECT wa_id FROM message")
	ok(t, err)
	return all
}

// startedElsewhere brings the one file to an empty folder, starts it, and
// compares every count and a sample of media.
func (s *shop) startedElsewhere(t *testing.T, file, how string) {
	t.Helper()
	cfg := s.cfg
	cfg.DB = filepath.Join(t.TempDir(), "badala.db")
	if how == "restore" {
		args := append([]string{"restore", "--db", cfg.DB}, s3Args(media.S3Options{Endpoint: cfg.S3.Endpoint, Region: cfg.S3.Region, Bucket: cfg.S3.Bucket, AccessKey: cfg.S3.AccessKey, SecretKey: cfg.S3.SecretKey})...)
		if cfg.S3.Bucket == "" {
			args = []string{"restore", "--db", cfg.DB}
		}
		if out := runs(t, append(args, file)...); !strings.Contains(out, "Sending is paused (1 numbers") {
			t.Errorf("%s", out)
		}
	} else {
		text, err := os.ReadFile(file)
		ok(t, err)
		ok(t, os.WriteFile(cfg.DB, text, 0o600))
	}
	want := countsIn(t, file)
	a := startApp(t, cfg)
	defer func() { ok(t, a.Stop()) }()
	for table, n := range want {
		switch table {
		case "instance", "audit", "audit_change", "event", "job", "cron", "cron_run", "backup", "webhook_delivery", "member_presence", "template":
			continue // what a start writes
		}
		if got, err := db.Value[int64](a.DB.Read(t.Context()), `SELECT count(*) FROM "`+table+`"`); err != nil || got != n {
			t.Errorf("%s, %s: %d rows, want %d: %v", how, table, got, n, err)
		}
	}
	sampleMedia(t, a)
	ch, err := a.Channels.ByID(a.DB.Read(t.Context()), s.org, s.chanID)
	if err != nil || ch.CanSend() || ch.PausedReason != channel.ReasonRestored {
		t.Errorf("%s: the number may send: %s %s %v", how, ch.State, ch.PausedReason, err)
	}
	if r, err := a.Backups.Restored(a.DB.Read(t.Context())); err != nil || r == nil || r.Numbers != 1 {
		t.Errorf("%s: %+v %v", how, r, err)
	}
}

func countsIn(t *testing.T, file string) map[string]int64 {
	t.Helper()
	c, err := db.OpenCopy(t.Context(), file)
	ok(t, err)
	defer c.Close()
	counts, err := c.Counts(t.Context())
	ok(t, err)
	return maps.Clone(counts)
}

// sampleMedia opens some files and compares them with their hashes.
func sampleMedia(t *testing.T, a *app.App) {
	t.Helper()
	type file struct {
		org int64
		key string
	}
	all, err := db.All(a.DB.Read(t.Context()), func(r *db.Rows, f *file) error { return r.Scan(&f.org, &f.key) }, "SELECT org_id, key FROM media WHERE state = 'READY' LIMIT 5")
	if err != nil || len(all) < 3 {
		t.Fatalf("%d media: %v", len(all), err)
	}
	for _, f := range all {
		r, _, err := a.Media.Open(t.Context(), f.org, f.key)
		ok(t, err)
		got, err := io.ReadAll(r)
		ok(t, err)
		ok(t, r.Close())
		if !bytes.Equal(got, sim.SamplePicture()) {
			t.Errorf("%s holds %d other bytes", f.key, len(got))
		}
	}
}

// F24: what is no good backup is refused, and the data stay as they are.
func TestABadBackupIsRefusedAndTheDataStay(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.customer("46701740611", "Nora").SendText(s.number.PhoneNumberID, "hello")
	s.settle()
	dir := t.TempDir()
	good := filepath.Join(dir, "good.db")
	runs(t, "backup", "--db", s.cfg.DB, good)
	if code, out := badala("restore", "--db", s.cfg.DB, "--force", good); code == 0 || !strings.Contains(out, "another badala is running") {
		t.Errorf("while the server runs: %d %s", code, out)
	}
	ok(t, s.App.Stop())
	whole, err := os.ReadFile(good)
	ok(t, err)
	was, err := os.ReadFile(s.cfg.DB)
	ok(t, err)
	if code, out := badala("restore", "--db", s.cfg.DB, good); code == 0 || !strings.Contains(out, "--force") {
		t.Errorf("over data: %d %s", code, out)
	}
	for _, tc := range []struct {
		name, says string
		code       int
		make       func(file string)
	}{
		{"truncated", "damaged", 1, func(f string) { ok(t, os.WriteFile(f, whole[:len(whole)/2], 0o600)) }},
		{"flipped", "not the file that was written", 1, func(f string) {
			bad := bytes.Clone(whole)
			bad[len(bad)/2] ^= 0x20
			ok(t, os.WriteFile(f, bad, 0o600))
			beside, err := os.ReadFile(good + ".json")
			ok(t, err)
			ok(t, os.WriteFile(f+".json", beside, 0o600))
		}},
		{"rows missing", "does not hold what it should", 1, func(f string) { ok(t, os.WriteFile(f, whole, 0o600)); change(t, f, "DELETE FROM message") }},
		{"of another program", "not a database", 1, func(f string) { ok(t, os.WriteFile(f, []byte(strings.Repeat("letters ", 4000)), 0o600)) }},
		{"newer", "newer than this badala understands", 3, func(f string) { ok(t, os.WriteFile(f, whole, 0o600)); change(t, f, "PRAGMA user_version = 9999") }},
	} {
		bad := filepath.Join(t.TempDir(), "bad.db")
		tc.make(bad)
		for _, flag := range []string{"--force", "--dry-run", "--drill"} {
			if code, out := badala("restore", "--db", s.cfg.DB, flag, bad); code != tc.code || !strings.Contains(out, tc.says) {
				t.Errorf("%s %s: %d %s", tc.name, flag, code, out)
			}
			if flag == "--drill" { // it is recorded
				was, err = os.ReadFile(s.cfg.DB)
				ok(t, err)
			}
			if now, err := os.ReadFile(s.cfg.DB); err != nil || !bytes.Equal(now, was) {
				t.Errorf("%s %s: the data were touched: %v", tc.name, flag, err)
			}
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(s.cfg.DB), ".badala-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	s.start()
}

// change runs a statement on a file that is no database in use.
func change(t *testing.T, file, statement string) {
	t.Helper()
	d, err := db.Open(file, db.Options{})
	ok(t, err)
	ok(t, d.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(statement)
		return err
	}))
	ok(t, d.Close())
}

// A log that a crash left behind belongs to the old data alone.
func TestARestoreIsNotSpoiltByAnOldLog(t *testing.T) {
	t.Parallel()
	k := newKiller(t)
	k.boot()
	write := func(text string) {
		body := webhookText(k.number, "46701740611", "Nora", "wamid."+text, text, time.Now())
		if code := postWebhook(t.Context(), k.child.url, k.number.AppSecret, body); code != http.StatusOK {
			t.Fatalf("webhook: %d", code)
		}
	}
	write("before")
	good := filepath.Join(t.TempDir(), "good.db")
	runs(t, "backup", "--db", k.cfg.DB, good)
	write("after")
	k.child.kill()
	if st, err := os.Stat(k.cfg.DB + "-wal"); err != nil || st.Size() == 0 {
		t.Fatalf("no log was left: %v", err)
	}
	runs(t, "restore", "--db", k.cfg.DB, "--force", good)
	d := k.open()
	got, err := db.All(d.Read(t.Context()), func(r *db.Rows, v *string) error { return r.Scan(v) }, "SELECT body FROM message ORDER BY id")
	if err != nil || len(got) != 1 || got[0] != "before" {
		t.Errorf("%v %v", got, err)
	}
	kept, err := filepath.Glob(filepath.Join(filepath.Dir(k.cfg.DB), "before-restore-*", "badala.db"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept: %v %v", kept, err)
	}
	old, err := db.Open(kept[0], db.Options{})
	ok(t, err)
	defer old.Close()
	if n, err := db.Value[int](old.Read(t.Context()), "SELECT count(*) FROM message"); err != nil || n != 2 {
		t.Errorf("what was kept has %d messages: %v", n, err)
	}
}

func TestAnEncryptedBackupOpensWithItsPassphraseAlone(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ok(t, s.App.Stop())
	dir := t.TempDir()
	right, wrong := filepath.Join(dir, "right"), filepath.Join(dir, "wrong")
	ok(t, os.WriteFile(right, []byte("green parrots fly north\n"), 0o600))
	ok(t, os.WriteFile(wrong, []byte("grey parrots fly south\n"), 0o600))
	file := filepath.Join(dir, "copy.db.age")
	runs(t, "backup", "--db", s.cfg.DB, "--passphrase-file", right, file)
	text, err := os.ReadFile(file)
	if err != nil || bytes.Contains(text, []byte("SQLite format")) || bytes.Contains(text, []byte(ownerEmail)) {
		t.Errorf("it can be read: %v", err)
	}
	to := filepath.Join(t.TempDir(), "badala.db")
	if code, out := badala("restore", "--db", to, file); code != 1 || !strings.Contains(out, "--passphrase-file") {
		t.Errorf("without: %d %s", code, out)
	}
	if code, out := badala("restore", "--db", to, "--passphrase-file", wrong, file); code != 1 || !strings.Contains(out, "does not open") {
		t.Errorf("wrong: %d %s", code, out)
	}
	if _, err := os.Stat(to); err == nil {
		t.Error("something was put in place")
	}
	runs(t, "restore", "--db", to, "--passphrase-file", right, file)
}

func TestABackupGoesToS3AndComesBack(t *testing.T) {
	t.Parallel()
	bucket := s3test.Start(t)
	s := newShop(t)
	ok(t, s.App.Stop())
	args := append([]string{"--db", s.cfg.DB}, s3Args(bucket)...)
	runs(t, append(append([]string{"backup"}, args...), "s3://"+bucket.Bucket+"/copies/one.db")...)
	runs(t, append(append([]string{"restore", "--drill"}, args...), "s3://"+bucket.Bucket+"/copies/one.db")...)
	d, err := db.Open(s.cfg.DB, db.Options{})
	ok(t, err)
	if ok, err := db.Exists(d.Read(t.Context()), "SELECT 1 FROM backup_drill WHERE ok = 1"); !ok || err != nil {
		t.Errorf("the drill is not recorded: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	to := filepath.Join(t.TempDir(), "badala.db")
	args = append([]string{"restore", "--db", to}, s3Args(bucket)...)
	if code, out := badala(append(args, "s3://"+bucket.Bucket+"/copies/none.db")...); code != 1 || !strings.Contains(out, "is not there") {
		t.Errorf("%d %s", code, out)
	}
	runs(t, append(args, "s3://"+bucket.Bucket+"/copies/one.db")...)
	if out := runs(t, append([]string{"restore", "--force", "--dry-run", "--db", to}, append(s3Args(bucket), "s3://"+bucket.Bucket+"/copies/one.db")...)...); !strings.Contains(out, "Nothing was changed") {
		t.Error(out)
	}
}

// Who was erased after a backup was made stays erased when it is put back,
// also when somebody only copies the file.
func TestErasedStaysErasedAfterARestore(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for phone, name := range map[string]string{"46701740611": "Nora", "46701740622": "Bilal"} {
		s.customer(phone, name).SendText(s.number.PhoneNumberID, "hello from "+name)
	}
	s.settle()
	file := filepath.Join(t.TempDir(), "copy.db")
	runs(t, "backup", "--db", s.cfg.DB, file)
	found, _, err := s.Contacts.List(s.DB.Read(t.Context()), s.org, contact.Filter{Search: "Nora"})
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	ok(t, s.Contacts.Erase(t.Context(), s.owner, found[0].ID))
	s.settle()
	list, err := backup.ReadErasures(s.cfg.DB)
	if err != nil || len(list.List) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	ok(t, s.App.Stop())
	check := func(how string) {
		t.Helper()
		s.start()
		s.settle()
		q := s.DB.Read(t.Context())
		for name, want := range map[string]int{"Nora": 0, "Bilal": 1} {
			n, err := db.Value[int](q, "SELECT count(*) FROM message WHERE body = ?", "hello from "+name)
			if err != nil || n != want {
				t.Errorf("%s: %d messages of %s: %v", how, n, name, err)
			}
		}
		ok(t, s.App.Stop())
	}
	if out := runs(t, "restore", "--db", s.cfg.DB, "--force", file); !strings.Contains(out, "1 contacts were erased again") {
		t.Error(out)
	}
	check("restore")
	text, err := os.ReadFile(file)
	ok(t, err)
	ok(t, os.WriteFile(s.cfg.DB, text, 0o600))
	check("a copy put in place by hand")
	ok(t, os.Remove(backup.ErasuresFile(s.cfg.DB)))
	if out := runs(t, "restore", "--db", s.cfg.DB, "--force", file); !strings.Contains(out, "1 contacts were erased again") {
		t.Errorf("from the database that is replaced: %s", out)
	}
	check("without the list")
	s.start()
}

// What waited in a backup goes out only when somebody says so.
func TestAfterARestoreAPersonDecidesWhatIsSent(t *testing.T) {
	t.Parallel()
	for _, drop := range []bool{true, false} {
		t.Run(fmt.Sprint("drop ", drop), func(t *testing.T) {
			t.Parallel()
			s, fatima, conv := e2eShop(t)
			id, err := db.ParseID("conv", conv)
			ok(t, err)
			ok(t, s.Channels.Pause(t.Context(), s.owner, s.chanID))
			_, err = s.Inbox.Send(t.Context(), s.owner, id, inbox.SendInput{Type: "TEXT", Body: "it waits", Async: true})
			ok(t, err)
			file := filepath.Join(t.TempDir(), "copy.db")
			ok(t, s.Channels.Resume(t.Context(), s.owner, s.chanID))
			receives(t, fatima, "the text", func(m sim.PhoneMessage) bool { return m.Text == "it waits" })
			ok(t, s.Channels.Pause(t.Context(), s.owner, s.chanID))
			_, err = s.Inbox.Send(t.Context(), s.owner, id, inbox.SendInput{Type: "TEXT", Body: "and this", Async: true})
			ok(t, err)
			ok(t, s.App.Stop())
			change(t, s.cfg.DB, "UPDATE channel SET state = 'ACTIVE', paused_reason = ''") // as if the backup had come just before
			runs(t, "backup", "--db", s.cfg.DB, file)
			runs(t, "restore", "--db", s.cfg.DB, "--force", file)
			s.start()
			r, err := s.Backups.Restored(s.DB.Read(t.Context()))
			if err != nil || r == nil || r.Waiting != 1 {
				t.Fatalf("%+v %v", r, err)
			}
			s.customer("46701740699", "Late").SendText(s.number.PhoneNumberID, "customers can write meanwhile")
			s.settle()
			ok(t, s.Backups.Resume(t.Context(), s.owner, drop))
			s.gone(t, fatima, drop)
		})
	}
}

// gone waits for what became of the message that waited.
func (s *shop) gone(t *testing.T, p *sim.Phone, drop bool) {
	t.Helper()
	if !drop {
		receives(t, p, "what waited", func(m sim.PhoneMessage) bool { return m.Text == "and this" })
		return
	}
	within(t, pageTimeout, "it fails", func() bool {
		status, err := db.Value[string](s.DB.Read(t.Context()), "SELECT status FROM message WHERE body = 'and this'")
		ok(t, err)
		return status == inbox.StatusFailed
	})
	for _, m := range s.sim.Sends() {
		if bytes.Contains(m.Body, []byte("and this")) {
			t.Error("it was sent")
		}
	}
}

func TestTheReadmeSaysWhatACopyGuarantees(t *testing.T) {
	t.Parallel()
	words, err := os.ReadFile("backup_words.txt")
	ok(t, err)
	readme, err := os.ReadFile("../README.md")
	ok(t, err)
	for _, line := range strings.Split(strings.TrimSpace(string(words)), "\n") {
		if strings.HasPrefix(line, "- ") && !bytes.Contains(readme, []byte(line)) {
			t.Errorf("README.md lacks: %s", line)
		}
	}
	s := newShop(t)
	beside, err := os.ReadFile(db.Mark(s.cfg.DB))
	if err != nil || !bytes.Contains(beside, words) {
		t.Errorf("beside the database: %v", err)
	}
	ok(t, s.App.Stop())
	ok(t, os.Remove(s.cfg.DB))
	if code, out := badala("serve", "--db", s.cfg.DB, "--listen", "127.0.0.1:0"); code != 1 || !strings.Contains(out, "badala restore") {
		t.Errorf("%d %s", code, out)
	}
	ok(t, os.Remove(db.Mark(s.cfg.DB)))
	s.start()
}
