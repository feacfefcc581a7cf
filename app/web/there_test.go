package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"badala/app/account"
	"badala/app/db"
)

func TestPeopleSayWhetherTheyAreThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	conv := w.written("Mona", "966555000101", "hello there")
	w.teammate("Sara", account.Agent)
	w.teammate("Vera", account.Viewer)
	sara, b := w.as("Sara"), w.as("Omar")
	sara.get("/inbox").want(t, http.StatusOK, `value="AVAILABLE" aria-pressed="true"`)
	sara.post("/presence", url.Values{"state": {"AWAY"}, "back": {"/inbox"}}).want(t, http.StatusOK, "You are away", `value="AWAY" aria-pressed="true"`)
	b.get("/c/"+conv).want(t, http.StatusOK, "there-mark", "Sara (Away)")
	w.as("Vera").get("/inbox").want(t, http.StatusOK).without(t, `action="/presence"`)
	w.as("Vera").get("/profile").want(t, http.StatusOK).without(t, "My working hours")

	hours := url.Values{"hours_MON": {"09:00–13:00، 14:00-18:00"}, "hours_TUE": {"22:00-02:00"}, "hand_over": {"NOBODY"}}
	sara.post("/profile/hours", hours).want(t, http.StatusOK, "working hours are saved", `value="09:00–13:00, 14:00–18:00"`, `value="NOBODY" selected`)
	sara.post("/profile/hours", url.Values{"hours_MON": {"nine to five"}}).want(t, http.StatusUnprocessableEntity, `value="nine to five"`, "with a comma")

	sara.post("/c/"+conv+"/assign", url.Values{"assignee": {"me"}})
	sara.post("/presence", url.Values{"state": {"OFF"}, "back": {"/inbox"}}).want(t, http.StatusOK)
	b.get("/inbox?view=unassigned").want(t, http.StatusOK, "Mona")
	b.post("/c/"+conv+"/assign", url.Values{"assignee": {"me"}})
	b.post("/profile/hand-over", url.Values{"to": {"user_nonsense"}}).want(t, http.StatusNotFound)
	b.post("/profile/hand-over", url.Values{"to": {db.FormatID("user", w.owner.User.ID)}}).want(t, http.StatusUnprocessableEntity)
	b.post("/profile/hand-over", url.Values{"to": {"NOBODY"}}).want(t, http.StatusOK, "handed over: 1")
	b.get("/settings/audit").want(t, http.StatusOK, "Presence changed")
}
