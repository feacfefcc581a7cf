package views

import (
	"time"

	"github.com/dustin/go-humanize"
)

// BackupsPage is how the whole install is backed up.
type BackupsPage struct {
	Page
	Status   BackupStatus
	Work     *BackupWork // what is being done now
	Restored *RestoredData
	Items    []BackupData
	Drill    *DrillData // the last one
	Next     time.Time  // zero without a plan
	Form     BackupForm
	Errors   map[string]string
	HasS3    bool
	File     string // name of the database file
}

// BackupStatus is what is to be worried about.
type BackupStatus struct {
	Last, Proven time.Time // zero: never
	FailedAt     time.Time // of a newer backup that failed
	FailedWhy    string
	Late         bool
	Unproven     bool
	SameDevice   bool
	Off          bool
}

// BackupWork is a backup or a proof in progress.
type BackupWork struct {
	Name, Phase string
	Percent     int // -1: nobody knows
}

// BackupData is one backup.
type BackupData struct {
	ID, Name, Place, Origin, State, Error string
	S3, Encrypted                         bool
	At                                    time.Time
	Size                                  int64
	Messages, Contacts                    int64
	App                                   string
	Schema                                int
}

// DrillData is a restore that was tried.
type DrillData struct {
	At     time.Time
	Took   time.Duration
	OK     bool
	Source string
	Error  string
}

// RestoredData is a restore after which nothing is sent yet.
type RestoredData struct {
	At, TakenAt, Oldest      time.Time
	Numbers, Waiting, Erased int
}

// BackupForm are the settings as they were entered.
type BackupForm struct {
	Daily, Folder, S3, Encrypted bool
	Time, Path, Bucket, Prefix   string
	Days, Weeks, Months          string
}

func (d BackupData) class() string {
	switch d.State {
	case "verified":
		return "good"
	case "failed":
		return "bad"
	}
	return "quiet"
}

// facts are what a backup holds, in a line.
func (d BackupData) facts(p Page) string {
	return p.T("backup.holds", p.whole(d.Messages), p.whole(d.Contacts), d.size(p))
}

func (d BackupData) size(p Page) string {
	return p.T("backup.size", humanize.IBytes(uint64(max(d.Size, 0))))
}

// whole is a number with its thousands apart.
func (p Page) whole(n int64) string { return humanize.Comma(n) }

func (w BackupWork) busy() bool { return w.Percent >= 0 }

func (d DrillData) took(p Page) string {
	return p.T("schedule.took.s", humanize.FtoaWithDigits(d.Took.Seconds(), 1))
}

func (d BackupsPage) s3Text() string {
	if d.HasS3 {
		return d.T("backup.s3.text")
	}
	return d.T("backup.s3.none")
}

func (d BackupsPage) passphraseHint() string {
	if d.Form.Encrypted {
		return d.T("backup.passphrase.kept")
	}
	return d.T("backup.passphrase.hint")
}

// RestoredAlert tells that nothing is sent since a restore; Waiting counts the
// messages.
type RestoredAlert struct {
	On      bool
	Waiting int
}
