package api_test

import (
	"strings"
	"testing"
)

func TestRetention(t *testing.T) {
	t.Parallel()
	w := newChatting(t)
	path := w.base + "/retention"
	rule := object{"rawDays": 20, "webhookDays": 7, "mediaDays": nil, "messagesDays": 60}
	if a := w.call(t, "ADMIN", "PUT", path, rule); a.StatusCode != 409 || !strings.Contains(string(a.body), `"confirm_retention"`) {
		t.Errorf("unconfirmed: %d %s", a.StatusCode, a.body)
	}
	rule["confirm"] = true
	got := w.call(t, "ADMIN", "PUT", path, rule).json(t)
	keys(t, "retention", got, "rawDays webhookDays mediaDays messagesDays lastRun")
	if got["messagesDays"] != 60.0 || got["mediaDays"] != nil || got["lastRun"] != nil {
		t.Errorf("%v", got)
	}
	wrong := w.call(t, "ADMIN", "PUT", path, object{"rawDays": 0, "webhookDays": 99, "mediaDays": 1, "messagesDays": nil})
	for _, field := range []string{"rawDays: ", "webhookDays: ", "mediaDays: "} {
		if wrong.StatusCode != 422 && wrong.StatusCode != 400 || !strings.Contains(string(wrong.body), field) {
			t.Errorf("%d %s has no %s", wrong.StatusCode, wrong.body, field)
		}
	}
	p := w.call(t, "ADMIN", "GET", path+"/preview?messagesDays=0&mediaDays=90", nil).json(t)
	keys(t, "preview", p, "rawDays webhookDays mediaDays messagesDays rawBodies webhookBodies files messages")
	if p["rawDays"] != 20.0 || p["messagesDays"] != nil || p["mediaDays"] != 90.0 {
		t.Errorf("%v", p)
	}
	if a := w.call(t, "ADMIN", "GET", path+"/preview?messagesDays=5", nil); a.StatusCode != 422 && a.StatusCode != 400 {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}
