package web

import (
	"cmp"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"time"

	"badala/app/backup"
	"badala/app/db"
	"badala/app/errs"
	"badala/views"
)

// downloadTime is how long a browser may take for a backup.
const downloadTime = 6 * time.Hour

// backups shows how the whole install is backed up.
func (s *Server) backups(c *call) error { return c.backupsPage(http.StatusOK, nil, nil) }

func (c *call) backupsPage(status int, form *views.BackupForm, problem error) error {
	p, err := c.backupsData()
	if err != nil {
		return err
	}
	set, err := c.s.Backups.Settings(c.q())
	if err != nil {
		return err
	}
	p.Form = planForm(set)
	if form != nil {
		form.Encrypted = set.Encrypted
		p.Form = *form
	}
	p.Errors = c.fieldErrors(problem)
	if problem != nil && len(p.Errors) == 0 {
		p.Errors = map[string]string{"": c.explain(problem)}
	}
	return c.render(status, views.Backups(p))
}

// backupsLive is the part that changes while a backup is made.
func (s *Server) backupsLive(c *call) error {
	p, err := c.backupsData()
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, views.BackupNow(p))
}

func (c *call) backupsData() (views.BackupsPage, error) {
	b, q := c.s.Backups, c.q()
	p := views.BackupsPage{Page: c.page(c.t("backup.title")), HasS3: b.HasS3(), File: filepath.Base(c.s.DB.Path())}
	work, err := b.Now(q)
	if err != nil {
		return p, err
	}
	p.Work = workData(work)
	st, err := b.Status(q)
	if err != nil {
		return p, err
	}
	p.Status = views.BackupStatus{Last: db.Time(st.Last.At), Proven: db.Time(st.Proof.Finished), FailedAt: db.Time(st.Failed.At), FailedWhy: st.Failed.Error,
		Late: st.Late && !c.s.Options.Demo, Unproven: st.Unproven, SameDevice: st.SameDevice, Off: st.Off}
	list, err := b.List(q)
	if err != nil {
		return p, err
	}
	for _, one := range list {
		p.Items = append(p.Items, backupData(one))
	}
	drill, err := b.LastDrill(q)
	if err != nil {
		return p, err
	}
	if drill.Started != 0 {
		p.Drill = &views.DrillData{At: db.Time(drill.Started), Took: time.Duration(drill.Finished-drill.Started) * time.Millisecond, OK: drill.OK, Source: drill.Source, Error: drill.Error}
	}
	next, err := b.NextAt(q)
	if err != nil {
		return p, err
	}
	p.Next = db.Time(next)
	r, err := b.Restored(q)
	if err != nil || r == nil {
		return p, err
	}
	p.Restored = &views.RestoredData{At: db.Time(r.At), TakenAt: db.Time(r.TakenAt), Oldest: db.Time(r.Oldest), Numbers: r.Numbers, Waiting: r.Waiting, Erased: r.Erased}
	return p, nil
}

func workData(w *backup.Work) *views.BackupWork {
	if w == nil {
		return nil
	}
	out := &views.BackupWork{Name: w.Name, Phase: w.Phase, Percent: -1}
	if w.Total > 0 && w.Done > 0 {
		out.Percent = int(min(100, 100*w.Done/w.Total))
	}
	return out
}

func backupData(b backup.Backup) views.BackupData {
	return views.BackupData{
		ID: id("backup", b.ID), Name: b.Name, Place: b.Place, Origin: b.Origin, State: b.State, Error: b.Error, S3: b.Target == backup.S3, Encrypted: b.Encrypted,
		At: db.Time(b.At), Size: b.Size, Messages: b.Manifest.Counts["message"], Contacts: b.Manifest.Counts["contact"], App: b.Manifest.App, Schema: b.Manifest.Schema,
	}
}

func planForm(set backup.Settings) views.BackupForm {
	return views.BackupForm{Daily: set.Daily, Folder: set.Folder, S3: set.S3, Encrypted: set.Encrypted, Time: set.Time, Path: set.Path, Bucket: set.Bucket, Prefix: set.Prefix,
		Days: strconv.Itoa(set.Days), Weeks: strconv.Itoa(set.Weeks), Months: strconv.Itoa(set.Months)}
}

// saveBackups changes the settings.
func (s *Server) saveBackups(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	form := views.BackupForm{Daily: c.present("daily"), Folder: c.present("folder"), S3: c.present("s3"), Time: c.field("time"), Path: c.field("path"),
		Bucket: c.field("bucket"), Prefix: c.field("prefix"), Days: c.field("days"), Weeks: c.field("weeks"), Months: c.field("months")}
	in := backup.Change{Settings: backup.Settings{Daily: form.Daily, Folder: form.Folder, S3: form.S3, Time: form.Time, Path: form.Path, Bucket: form.Bucket, Prefix: form.Prefix,
		Days: count(form.Days), Weeks: count(form.Weeks), Months: count(form.Months)}}
	if !s.Backups.HasS3() { // their fields are not on the page
		in.Prefix = cmp.Or(in.Prefix, "backups/")
	}
	switch typed := c.r.PostFormValue("passphrase"); {
	case typed != "":
		in.Passphrase = &typed
	case c.present("plain"):
		in.Passphrase = new("")
	}
	err := s.Backups.Save(c.r.Context(), c.actor, in)
	if refusable(err) {
		return c.backupsPage(http.StatusUnprocessableEntity, &form, err)
	}
	if err != nil {
		return err
	}
	c.flash(c.t("backup.saved"))
	return c.done("/settings/backups")
}

// count reads a number; what is none is refused with the other faults.
func count(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// startBackup makes a backup now.
func (s *Server) startBackup(c *call) error {
	if err := s.Backups.Start(c.r.Context(), c.actor); err != nil {
		return err
	}
	c.flash(c.t("backup.started"))
	return c.done("/settings/backups")
}

// startDrill proves the newest backup now.
func (s *Server) startDrill(c *call) error {
	if err := s.Backups.StartDrill(c.r.Context(), c.actor); err != nil {
		return err
	}
	c.flash(c.t("backup.drill.started"))
	return c.done("/settings/backups")
}

// resumeSending ends the quiet after a restore.
func (s *Server) resumeSending(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	if err := s.Backups.Resume(c.r.Context(), c.actor, c.field("waiting") == "drop"); err != nil {
		return err
	}
	c.flash(c.t("backup.resumed"))
	return c.done("/settings/backups")
}

// downloadBackup hands a backup out: everything that is known of everybody, so
// it is asked for twice and written down.
func (s *Server) downloadBackup(c *call) error {
	n, err := c.pathID("backup", "backup")
	if err != nil {
		return err
	}
	if !c.present("sure") {
		return c.backupsPage(http.StatusUnprocessableEntity, nil, errs.Coded(errs.Unprocessable, "backup_sure", "tick the box first"))
	}
	b, body, err := s.Backups.Download(c.r.Context(), c.actor, n)
	if err != nil {
		return err
	}
	defer body.Close()
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(downloadTime))
	h := c.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="`+b.Name+`"`)
	h.Set("Content-Length", strconv.FormatInt(b.Size, 10))
	_, err = io.Copy(c.w, body)
	return ignoreGone(err)
}

// restoredAlert tells those who look after the install that nothing is sent.
func (c *call) restoredAlert() views.RestoredAlert {
	if !c.session.User.InstanceAdmin {
		return views.RestoredAlert{}
	}
	r, err := c.s.Backups.Restored(c.q())
	if err != nil {
		c.s.Log.WarnContext(c.r.Context(), "cannot look whether sending is paused", "err", err)
	}
	if err != nil || r == nil {
		return views.RestoredAlert{}
	}
	return views.RestoredAlert{On: true, Waiting: r.Waiting}
}
