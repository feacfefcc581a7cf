package backup_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/backup"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/db/dbtest"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/inbox"
	"badala/app/media"
	"badala/app/media/s3test"
	"badala/app/meta"
	"badala/app/queue"
)

// clock is a time that tests move.
type clock struct{ ms atomic.Int64 }

func (c *clock) Now() time.Time       { return time.UnixMilli(c.ms.Load()) }
func (c *clock) skip(d time.Duration) { c.ms.Add(d.Milliseconds()) }
func (c *clock) set(year, hour, min int) {
	c.ms.Store(time.Date(year, 3, 10, hour, min, 0, 0, time.UTC).UnixMilli())
}

// install is an install with its backups and a running queue.
type install struct {
	t     *testing.T
	clock *clock
	db    *db.DB
	queue *queue.Queue
	admin account.Actor
	*backup.Service
}

func newInstall(t *testing.T, s3 *media.S3Options) *install {
	t.Helper()
	i := &install{t: t, clock: &clock{}}
	i.clock.set(2026, 12, 0)
	log := slog.New(slog.DiscardHandler)
	var err error
	i.db, err = db.Open(dbtest.File(t), db.Options{Clock: i.clock})
	ok(t, err)
	events := event.New()
	i.queue = queue.New(i.db, log)
	accounts := account.New(i.db, events, log, account.Options{HashMemory: 64})
	files, err := media.New(t.Context(), i.db, i.queue, log, media.Options{})
	ok(t, err)
	contacts := contact.New(i.db, events, log)
	client := meta.New("http://127.0.0.1:1", "")
	channels, err := channel.New(t.Context(), i.db, events, i.queue, client, log, channel.Options{})
	ok(t, err)
	box := inbox.New(inbox.Deps{DB: i.db, Events: events, Queue: i.queue, Meta: client, Channels: channels, Contacts: contacts, Media: files, Accounts: accounts, Log: log})
	i.Service, err = backup.New(backup.Deps{DB: i.db, Queue: i.queue, Accounts: accounts, Contacts: contacts, Channels: channels, Inbox: box, S3: s3, Log: log, Options: backup.Options{App: "v1.2.3"}})
	ok(t, err)
	made, err := accounts.CreateUser(t.Context(), account.CreateInput{Email: "aisha@example.com", Name: "Aisha", Org: "Shop", Password: "green parrots fly north", Role: account.Owner, Timezone: "UTC"})
	ok(t, err)
	i.admin = account.Actor{OrgID: made.Org.ID, UserID: made.User.ID, Role: account.Owner, Kind: account.KindUser}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- i.queue.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		ok(t, <-done)
		ok(t, i.db.Close())
	})
	return i
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (i *install) q() db.Q { return i.db.Read(i.t.Context()) }

func (i *install) settle() {
	i.t.Helper()
	ctx, cancel := context.WithTimeout(i.t.Context(), time.Minute)
	defer cancel()
	ok(i.t, i.queue.Idle(ctx))
}

// plan runs the schedule as if its instant had come.
func (i *install) plan() {
	i.t.Helper()
	ok(i.t, i.queue.RunNow(i.t.Context(), "backup.plan", func(*db.Tx) error { return nil }))
	i.settle()
}

func (i *install) list(state string) (out []backup.Backup) {
	i.t.Helper()
	all, err := i.List(i.q())
	ok(i.t, err)
	for _, b := range all {
		if b.State == state {
			out = append(out, b)
		}
	}
	return out
}

func TestTheBackupOfTheNightAndTheProofOfTheWeek(t *testing.T) {
	t.Parallel()
	i := newInstall(t, nil)
	i.plan()
	if n := len(i.list(backup.Verified)); n != 0 {
		t.Errorf("%d backups before the first night", n)
	}
	for night := 1; night <= 3; night++ {
		i.clock.skip(24 * time.Hour)
		i.plan()
		i.plan() // twice in one night makes one
		if n := len(i.list(backup.Verified)); n != night {
			t.Fatalf("%d backups after %d nights", n, night)
		}
	}
	last := i.list(backup.Verified)[0]
	if last.Origin != backup.OriginPlan || last.Manifest.App != "v1.2.3" || last.Manifest.Counts["user"] != 1 || last.SHA256 == "" || last.Size == 0 {
		t.Errorf("%+v", last)
	}
	if _, err := os.Stat(last.Path() + ".json"); err != nil {
		t.Error(err)
	}
	proof, err := i.LastProof(i.q())
	if err != nil || !proof.OK || proof.Finished == 0 {
		t.Errorf("%+v %v", proof, err)
	}
	st, err := i.Status(i.q())
	if err != nil || st.Worry() || !st.SameDevice {
		t.Errorf("%+v %v", st, err)
	}
	i.clock.skip(49 * time.Hour)
	if st, err = i.Status(i.q()); err != nil || !st.Late || st.Unproven {
		t.Errorf("after 49 hours: %+v %v", st, err)
	}
	i.clock.skip(9 * 24 * time.Hour)
	if st, err = i.Status(i.q()); err != nil || !st.Unproven {
		t.Errorf("after 11 days: %+v %v", st, err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(i.db.Path()), "backups", ".tmp*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestOldBackupsGoAndSomeAlwaysStay(t *testing.T) {
	t.Parallel()
	i := newInstall(t, nil)
	set, err := i.Settings(i.q())
	ok(t, err)
	set.Days, set.Weeks, set.Months = 2, 2, 2
	ok(t, i.Save(t.Context(), i.admin, backup.Change{Settings: set}))
	for range 20 {
		i.clock.skip(3 * 24 * time.Hour)
		ok(t, i.Start(t.Context(), i.admin))
		i.settle()
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(i.db.Path()), "backups", "badala-*.db"))
	if n := len(i.list(backup.Verified)); err != nil || n != len(files) || n < 3 || n > 6 {
		t.Errorf("%d listed, %d there: %v", n, len(files), err)
	}
	// Nothing goes while the newest one is not good.
	set.Path = filepath.Join(t.TempDir(), "elsewhere")
	if err := i.Save(t.Context(), i.admin, backup.Change{Settings: set}); !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.Unprocessable) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestSettingsAreCheckedTogether(t *testing.T) {
	t.Parallel()
	i := newInstall(t, nil)
	short := "short"
	err := i.Save(t.Context(), i.admin, backup.Change{Settings: backup.Settings{Time: "25:00", S3: true, Days: -1, Prefix: "orgs/x"}, Passphrase: &short})
	e := errs.As(err)
	if e == nil || len(e.Details) != 5 {
		t.Fatalf("%v", err)
	}
	stranger := i.admin
	stranger.UserID++
	if err := i.Start(t.Context(), stranger); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a stranger: %v", err)
	}
}

func TestABackupWithAPassphraseIsProvenAndDownloaded(t *testing.T) {
	t.Parallel()
	i := newInstall(t, nil)
	set, err := i.Settings(i.q())
	ok(t, err)
	phrase := "grey parrots fly south"
	ok(t, i.Save(t.Context(), i.admin, backup.Change{Settings: set, Passphrase: &phrase}))
	ok(t, i.Start(t.Context(), i.admin))
	i.settle()
	all := i.list(backup.Verified)
	if len(all) != 1 || !all[0].Encrypted || !strings.HasSuffix(all[0].Name, ".db.age") {
		t.Fatalf("%+v", all)
	}
	ok(t, i.StartDrill(t.Context(), i.admin))
	i.settle()
	if d, err := i.LastDrill(i.q()); err != nil || !d.OK {
		t.Errorf("%+v %v", d, err)
	}
	_, body, err := i.Download(t.Context(), i.admin, all[0].ID)
	ok(t, err)
	text, err := io.ReadAll(body)
	if err != nil || int64(len(text)) != all[0].Size {
		t.Errorf("%d bytes: %v", len(text), err)
	}
	ok(t, body.Close())
	if n, err := db.Value[int](i.q(), `SELECT count(*) FROM audit WHERE action = 'backup.download'`); err != nil || n != 1 {
		t.Errorf("%d lines: %v", n, err)
	}
}

func TestADrillFindsABackupThatWasDamaged(t *testing.T) {
	t.Parallel()
	i := newInstall(t, nil)
	ok(t, i.Start(t.Context(), i.admin))
	i.settle()
	b := i.list(backup.Verified)[0]
	text, err := os.ReadFile(b.Path())
	ok(t, err)
	text[len(text)/2] ^= 1
	ok(t, os.WriteFile(b.Path(), text, 0o600))
	ok(t, i.StartDrill(t.Context(), i.admin))
	i.settle()
	if d, err := i.LastDrill(i.q()); err != nil || d.OK || !strings.Contains(d.Error, "not the file that was written") {
		t.Errorf("%+v %v", d, err)
	}
}

func TestWhatADeadProcessLeftIsSweptAway(t *testing.T) {
	t.Parallel()
	i := newInstall(t, nil)
	ok(t, i.Start(t.Context(), i.admin))
	i.settle()
	made := i.list(backup.Verified)[0].Path()
	foreign := filepath.Join(filepath.Dir(made), "holiday.db.tmp")
	left := []string{made + ".tmp", made + ".tmp-wal", made + ".tmp-shm", made + ".tmp-journal", made + ".tmp.age"}
	for _, file := range append(left, foreign) {
		ok(t, os.WriteFile(file, []byte("half"), 0o600))
	}
	i.clock.skip(time.Hour)
	ok(t, i.Start(t.Context(), i.admin))
	i.settle()
	for _, file := range left {
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%s is still there", file)
		}
	}
	for _, file := range []string{made, foreign} {
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	}
}

func TestBackupsThatTheDatabaseDoesNotKnowAreFound(t *testing.T) {
	t.Parallel()
	i := newInstall(t, nil)
	ok(t, i.Start(t.Context(), i.admin))
	i.settle()
	ok(t, i.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec("DELETE FROM backup")
		return err
	}))
	i.clock.skip(time.Hour)
	ok(t, i.Start(t.Context(), i.admin))
	i.settle()
	all := i.list(backup.Verified)
	if len(all) != 2 || all[1].Origin != backup.OriginFound {
		t.Fatalf("%+v", all)
	}
	ok(t, os.Remove(all[1].Path()))
	i.clock.skip(time.Hour)
	ok(t, i.Start(t.Context(), i.admin))
	i.settle()
	if n := len(i.list(backup.Verified)); n != 2 {
		t.Errorf("%d after one was taken away", n)
	}
}

// broken is a way to S3 that fails when told to.
type broken struct{ how atomic.Value }

var errCut = errors.New("the connection was cut")

func (b *broken) RoundTrip(r *http.Request) (*http.Response, error) {
	switch how, _ := b.how.Load().(string); {
	case how == "down":
		return nil, errCut
	case how == "cut" && r.Method == http.MethodPut:
		_, _ = io.CopyN(io.Discard, r.Body, 100_000)
		r.Body.Close()
		return nil, errCut
	case how == "forbidden":
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "Signature=", "Signature=0", 1))
	}
	return http.DefaultTransport.RoundTrip(r)
}

// F17: a bucket that fails leaves the folder's backup good, an alarm, and
// nothing half that counts.
func TestABucketThatFails(t *testing.T) {
	t.Parallel()
	o := s3test.Start(t)
	way := &broken{}
	o.Transport = way
	i := newInstall(t, &o)
	set, err := i.Settings(i.q())
	ok(t, err)
	set.S3 = true
	ok(t, i.Save(t.Context(), i.admin, backup.Change{Settings: set}))
	for n, how := range []string{"down", "cut", "forbidden"} {
		way.how.Store(how)
		i.clock.skip(24 * time.Hour)
		ok(t, i.Start(t.Context(), i.admin))
		i.settle()
		var folder, bucket int
		for _, b := range i.list(backup.Verified) {
			if b.Target == backup.Folder {
				folder++
			} else {
				bucket++
			}
		}
		if failed := i.list(backup.Failed); folder != n+1 || bucket != 0 || len(failed) != n+1 || failed[0].Target != backup.S3 {
			t.Errorf("%s: %d in the folder, %d in the bucket, failed %+v", how, folder, bucket, failed)
		}
		if st, err := i.Status(i.q()); err != nil || !st.Worry() {
			t.Errorf("%s: no alarm: %+v %v", how, st, err)
		}
		ok(t, i.db.Write(t.Context(), func(tx *db.Tx) error { // give up, or the next one waits
			_, err := tx.Exec("DELETE FROM job WHERE kind = 'backup.run'")
			return err
		}))
	}
	way.how.Store("")
	i.clock.skip(24 * time.Hour)
	ok(t, i.Start(t.Context(), i.admin))
	i.settle()
	newest := i.list(backup.Verified)[:2]
	if newest[0].Target == newest[1].Target || newest[0].Name != newest[1].Name {
		t.Errorf("%+v", newest)
	}
	ok(t, i.StartDrill(t.Context(), i.admin))
	i.settle()
	if d, err := i.LastDrill(i.q()); err != nil || !d.OK || !strings.HasPrefix(d.Source, "s3://") {
		t.Errorf("%+v %v", d, err)
	}
}
