package views

import (
	"strconv"
	"time"
)

// SchedulesPage lists all periodic work.
type SchedulesPage struct {
	Page
	Items      []ScheduleData
	Jobs       []JobData // given up or held, newest first
	Dead, Held int       // of all
	NextJob    string    // where the next page begins; "": there is none
	Older      bool      // not the first page
}

// JobData is work that was given up, or that no version of the program knows.
type JobData struct {
	ID, Kind       string
	Held           bool
	At             time.Time // zero: held
	Trouble, Error string
	Attempts       int
}

// title says in words what the work is.
func (j JobData) title(p Page) string {
	for _, key := range []string{"job.do." + j.Kind, "schedule.do." + j.Kind} {
		if p.has(key) {
			return p.T(key)
		}
	}
	return p.T("job.do.other")
}

// ScheduleData is one entry with its last runs, newest first.
type ScheduleData struct {
	Name, Spec, Zone string
	Next             time.Time
	Runs             []RunData
}

// RunData is one run.
type RunData struct {
	Planned, Started time.Time
	Finished         time.Time // zero while it works
	ByHand           bool
	State            string // working, ok, failed or skipped
	Trouble, Error   string // what went wrong in a word, and as it was told
}

// title says in words what an entry does.
func (s ScheduleData) title(p Page) string {
	if key := "schedule.do." + s.Name; p.has(key) {
		return p.T(key)
	}
	return s.Name
}

// runLate is when a run counts as caught up.
const runLate = time.Minute

func (r RunData) late() bool {
	return !r.ByHand && r.State != "skipped" && r.Started.Sub(r.Planned) > runLate
}

// took is how long a run lasted.
func (r RunData) took(p Page) string {
	d := r.Finished.Sub(r.Started)
	if d < time.Second {
		return p.T("schedule.took.ms", strconv.FormatInt(max(d.Milliseconds(), 0), 10))
	}
	return p.T("schedule.took.s", strconv.FormatFloat(d.Seconds(), 'f', 1, 64))
}

func (r RunData) class() string {
	return map[string]string{"ok": "good", "failed": "bad", "skipped": "quiet", "working": "quiet"}[r.State]
}
