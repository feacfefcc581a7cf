package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"badala/app/account"
)

// TestPrivacy goes from a wrong form over a preview and the question to a rule.
func TestPrivacy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	w.teammate("Adam", account.Admin)
	w.teammate("Sara", account.Supervisor)
	w.as("Sara").get("/settings/privacy").want(t, http.StatusForbidden)
	b := w.as("Adam")
	b.get("/settings/privacy").want(t, http.StatusOK, "No night has passed yet", "Messages are kept for ever", "the last 7 daily, 4 weekly and 6 monthly")
	form := func(messages, media, raw, hooks, do string) url.Values {
		return url.Values{"messages": {messages}, "media": {media}, "raw": {raw}, "webhooks": {hooks}, "do": {do}}
	}
	b.post("/settings/privacy", form("29", "x", "", "31", "save")).want(t, http.StatusUnprocessableEntity, "30 to 3650 days", "Enter 1 to 365 days", "Enter 1 to 30 days", `value="29"`)
	b.post("/settings/privacy", form("60", "90", "90", "7", "save")).want(t, http.StatusUnprocessableEntity, "after 60 days", "no longer than those, 60 days")
	b.post("/settings/privacy", form("60", "", "30", "7", "preview")).want(t, http.StatusOK, "nothing is saved yet", "No message is old enough", `value="60"`)
	b.post("/settings/privacy", form("60", "", "30", "7", "save")).want(t, http.StatusOK, "Delete for good?", `value="60"`)
	b.get("/settings/privacy").want(t, http.StatusOK, "Messages are kept for ever")
	b.post("/settings/privacy/confirm", form("60", "", "30", "7", "")).want(t, http.StatusOK, "The next run deletes what is older", `value="60"`)
	b.post("/settings/privacy", form("", "", "20", "7", "save")).want(t, http.StatusOK, "Saved.", "Messages are kept for ever") // longer needs no question
	b.post("/language", url.Values{"language": {"ar"}})
	b.get("/settings/privacy").want(t, http.StatusOK, "ما لا يُحذف", "تبقى الرسائل دائمًا")
	w.as("Omar").get("/settings/audit").want(t, http.StatusOK, "What is kept, and for how long, changed")
}
