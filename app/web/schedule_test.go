package web_test

import (
	"net/http"
	"testing"

	"badala/app/i18n"
)

func TestPeriodicWorkIsShownAndRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	b.get("/settings/schedule").want(t, http.StatusOK, "Tend the search index", "*/15 * * * *", "Never yet", `href="/settings/schedule"`)
	b.post("/settings/schedule/inbox.given_up/run", nil).want(t, http.StatusOK, "It runs now", "by hand", ">done<")
	b.post("/settings/schedule/inbox.search_merge/run", nil).want(t, http.StatusOK, "It runs now")
	until(t, "the job is through", func() bool {
		runs, err := w.jobs.Runs(w.db.Read(t.Context()), "inbox.search_merge")
		return err == nil && len(runs) == 1 && runs[0].State == "ok"
	})
	b.script("/settings/schedule/nonsense/run", nil).want(t, http.StatusNotFound)
	b.get("/settings/audit?group=schedule").want(t, http.StatusOK, "Periodic work run by hand", "inbox.given_up")
	ar := w.as("Omar")
	ar.post("/language", map[string][]string{"language": {"ar"}})
	ar.get("/settings/schedule").want(t, http.StatusOK, "صيانة فهرس البحث")
}

// TestEveryScheduleHasWords holds that periodic work is named in both languages.
func TestEveryScheduleHasWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all, err := w.jobs.Schedules(w.db.Read(t.Context()))
	must(t, err)
	for _, s := range all {
		if !i18n.Has("schedule.do." + s.Name) {
			t.Errorf("schedule.do.%s is not in the catalogue", s.Name)
		}
	}
	if len(all) < 8 {
		t.Errorf("only %d schedules", len(all))
	}
}
