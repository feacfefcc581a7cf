package web_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"badala/app/account"
	"badala/app/backup"
	"badala/app/db"
)

func (w *world) backup(t *testing.T) backup.Backup {
	t.Helper()
	var found backup.Backup
	until(t, "the backup", func() bool {
		q := w.db.Read(t.Context())
		all, err := w.backups.List(q)
		work, e := w.backups.Now(q)
		if errors.Join(err, e) == nil && len(all) == 1 && all[0].State == backup.Verified && work == nil {
			found = all[0]
		}
		return found.ID != 0
	})
	return found
}

func TestBackupsAreMadeProvenAndTakenAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	b.get("/settings/backups").want(t, http.StatusOK, "There is no backup yet", "Make a backup now", `href="/settings/backups"`)
	b.post("/settings/backups/start", nil).want(t, http.StatusOK, "The backup is being made")
	made := w.backup(t)
	b.get("/settings/backups").want(t, http.StatusOK, ">verified<", made.Name, "same disk", "Prove the newest one")
	b.get("/settings/backups/live").want(t, http.StatusOK, "data-done", made.Name)
	b.post("/settings/backups/drill", nil).want(t, http.StatusOK, "is being proven")
	until(t, "the proof", func() bool {
		d, err := w.backups.LastProof(w.db.Read(t.Context()))
		return err == nil && d.OK
	})
	path := "/settings/backups/" + db.FormatID("backup", made.ID) + "/download"
	b.post(path, nil).want(t, http.StatusUnprocessableEntity, "Tick the box first")
	if got := b.post(path, url.Values{"sure": {"1"}}).want(t, http.StatusOK); !strings.HasPrefix(got.body, "SQLite format 3") || int64(len(got.body)) != made.Size {
		t.Errorf("%d bytes", len(got.body))
	}
	b.get("/settings/audit?group=backup").want(t, http.StatusOK, "Backup downloaded", "Backup made by hand")
	w.teammate("Adam", account.Admin)
	w.as("Adam").get("/settings/backups").want(t, http.StatusForbidden)
	b.post("/language", url.Values{"language": {"ar"}})
	b.get("/settings/backups").want(t, http.StatusOK, "النسخ الاحتياطي", "مفحوصة")
}

func TestThePlanOfBackupsIsSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	form := url.Values{"daily": {"1"}, "folder": {"1"}, "time": {"04:30"}, "days": {"5"}, "weeks": {"x"}, "months": {"2"}, "passphrase": {"short"}}
	b.post("/settings/backups", form).want(t, http.StatusUnprocessableEntity, `value="04:30"`, `id="weeks-error"`, `id="passphrase-error"`).without(t, "short")
	form.Set("weeks", "3")
	form.Set("passphrase", "green parrots fly south")
	b.post("/settings/backups", form).want(t, http.StatusOK, "Saved.", `value="04:30"`, "Do not encrypt any more").without(t, "parrots")
	form.Del("passphrase")
	form.Set("plain", "1")
	b.post("/settings/backups", form).want(t, http.StatusOK, "Saved.").without(t, "Do not encrypt any more")
}

func TestAfterARestoreThePagesSaySo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	_, err := w.backups.AfterRestore(t.Context(), "copy.db", 0)
	must(t, err)
	b := w.as("Omar")
	b.get("/inbox").want(t, http.StatusOK, "Nothing is sent: this database was restored")
	b.get("/settings/backups").want(t, http.StatusOK, "Resume sending", "It was put back on")
	w.teammate("Adam", account.Admin)
	w.as("Adam").get("/inbox").want(t, http.StatusOK).without(t, "Nothing is sent")
	b.post("/settings/backups/resume", url.Values{"waiting": {"send"}}).want(t, http.StatusOK, "Messages are sent again.").without(t, "Nothing is sent")
}
