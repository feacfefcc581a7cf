package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"

	"badala/app/account"
	"badala/app/db"
	"badala/app/i18n"
	"badala/app/queue"
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

// TestGivenUpWorkIsShown shows what was given up without what it was about,
// runs one again and discards the other.
func TestGivenUpWorkIsShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.teammate("Adam", account.Admin)
	k := &queue.Kind[map[string]string]{Name: "inbox.resume"} // its arguments do not fit
	failing := &queue.Kind[map[string]string]{Name: "test.unheard", Attempts: 1}
	failing.Handle(w.jobs, func(context.Context, *queue.Job[map[string]string]) error {
		return errors.New(`dial tcp: connection refused for +966 55 500 0101, "Mona Secret", mona@example.com`)
	})
	must(t, w.db.Write(t.Context(), func(tx *db.Tx) error {
		if err := k.Add(w.jobs, tx, map[string]string{"channel": "Mona Secret"}); err != nil {
			return err
		}
		return failing.Add(w.jobs, tx, map[string]string{"body": "very secret words"})
	}))
	until(t, "both are given up", func() bool {
		dead, _, err := w.jobs.CountGivenUp(w.db.Read(t.Context()))
		return err == nil && dead == 2
	})
	w.as("Adam").get("/settings/schedule").want(t, http.StatusForbidden)
	b := w.as("Omar")
	page := b.get("/settings/schedule").want(t, http.StatusOK, "Given up: 2. Held: 0.", "Send what waited for a number", "Other work", "test.unheard",
		"noted down by another version", "could not be reached", "Check the server’s internet connection", "1 attempt")
	page.without(t, "Secret")
	page.without(t, "secret words")
	page.without(t, "mona@example.com")
	page.without(t, "500 0101")
	first := "/settings/schedule/jobs/job_" + between(t, page.body, "/settings/schedule/jobs/job_", "/")
	b.post(first+"/again", nil).want(t, http.StatusOK, "It runs again")
	until(t, "it is given up again", func() bool {
		dead, _, err := w.jobs.CountGivenUp(w.db.Read(t.Context()))
		return err == nil && dead == 2
	})
	b.post(first+"/discard", nil).want(t, http.StatusOK, "It is discarded", "Given up: 1.")
	b.script(first+"/discard", nil).want(t, http.StatusNotFound)
	b.get("/settings/audit?group=job").want(t, http.StatusOK, "Given-up work run again", "Given-up work discarded", "test.unheard")
	b.post("/language", url.Values{"language": {"ar"}})
	b.get("/settings/schedule").want(t, http.StatusOK, "أعمال تُركت", "إرسال ما كان ينتظر رقمًا", "متروك: 1")
}

// TestEveryKindOfWorkHasWords holds that work that can be given up is named in
// both languages.
func TestEveryKindOfWorkHasWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kinds := w.jobs.Kinds()
	for _, kind := range kinds {
		if !i18n.Has("job.do."+kind) && !i18n.Has("schedule.do."+kind) {
			t.Errorf("neither job.do.%s nor schedule.do.%[1]s is in the catalogue", kind)
		}
	}
	if len(kinds) < 15 {
		t.Errorf("only %d kinds", len(kinds))
	}
}
