package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"badala/app/account"
	"badala/app/db"
	"badala/app/inbox"
)

func TestAssignmentIsSetAndTried(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ch := w.connect()
	sara, vera := w.teammate("Sara", account.Agent), w.teammate("Vera", account.Viewer)
	user := func(n int64) string { return db.FormatID("user", n) }
	b := w.as("Omar")
	b.get("/settings/channels/"+db.FormatID("chan", ch.ID)).want(t, http.StatusOK, "Who gets new conversations")
	path := "/settings/channels/" + db.FormatID("chan", ch.ID) + "/assignment"
	b.get(path).want(t, http.StatusOK, `value="NONE" checked`, "Sara").without(t, "Vera")

	form := url.Values{"mode": {"BY_TAG"}, "tag": {"VIP", "شحن"}, "to": {user(sara.ID), user(w.owner.User.ID)}, "fallback": {"none"},
		"member": {user(sara.ID)}, "max_open": {""}}
	with := func(more ...string) url.Values {
		v := url.Values{}
		for k, all := range form {
			v[k] = append([]string{}, all...)
		}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	order := func(a answer) bool {
		return strings.Index(a.body, `name="tag" value="VIP"`) < strings.Index(a.body, `name="tag" value="شحن"`)
	}
	// Rows move, come and go by buttons; nothing is saved by that.
	moved := b.post(path, with("do", "down-0")).want(t, http.StatusOK, "Not saved yet", `id="up-1" autofocus`)
	if order(moved) {
		t.Error("the rule did not move")
	}
	b.post(path, with("do", "add")).want(t, http.StatusOK, `id="tag-2"`, `id="add-rule" autofocus`)
	b.post(path, with("do", "drop-0")).want(t, http.StatusOK, "شحن").without(t, `name="tag" value="VIP"`)
	b.post(path, with("do", "up-99")).want(t, http.StatusOK)
	b.get(path).want(t, http.StatusOK).without(t, `id="tag-0"`)

	for name, v := range map[string]string{"tag": "", "max_open": "many", "fallback": user(vera.ID), "member": user(vera.ID), "mode": "SOMEHOW"} {
		b.post(path, with(name, v)).want(t, http.StatusUnprocessableEntity, "nothing was changed")
	}
	b.post(path, with("do", "save")).want(t, http.StatusOK, "Saved.")
	if got := b.get(path).want(t, http.StatusOK, `value="BY_TAG" checked`, "0 so far"); !order(got) {
		t.Error("the saved rules are in another order")
	}
	b.get(path+"?test=VIP").want(t, http.StatusOK, "\u2068Sara\u2069, by a rule.")
	b.get(path+"?test=").want(t, http.StatusOK, "Nobody: it would wait")

	b.post(path, with("do", "save", "mode", inbox.AssignRoundRobin)).want(t, http.StatusOK, "Saved.")
	conv := w.written("Mona", "966555000101", "hello there")
	b.get("/c/"+conv).want(t, http.StatusOK, "Assigned to \u2068Sara\u2069, whose turn it was")
	b.get(path).want(t, http.StatusOK, "1 so far")
	b.get("/settings/audit").want(t, http.StatusOK, "Assignment of new conversations changed", "Who takes turns", "Sara")
	ar := w.as("Omar")
	ar.post("/language", url.Values{"language": {"ar"}})
	ar.get(path).want(t, http.StatusOK, "من يستلم المحادثات الجديدة", "1 حتى الآن")
}
