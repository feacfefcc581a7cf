package api_test

import (
	"testing"

	"badala/app/db"
)

// TestPresence has members come, go and hand over.
func TestPresence(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	agent := db.FormatID("user", c.actor["AGENT"].UserID)
	of := func(name string) string {
		return c.base + "/members/" + db.FormatID("user", c.actor[name].UserID)
	}
	got := c.want(t, 200, "VIEWER", "GET", of("AGENT")+"/presence", nil).json(t)
	keys(t, "presence", got, "handOver hours nextAt status userId")
	if got["status"] != "AVAILABLE" || got["nextAt"] != nil {
		t.Errorf("at first %v", got)
	}
	got = c.want(t, 200, "AGENT", "PATCH", of("AGENT")+"/presence", object{"status": "AWAY",
		"hours": []object{{"day": "MON", "from": "09:00", "to": "17:00"}}}).json(t)
	if got["status"] != "AWAY" || got["nextAt"] == nil || got["handOver"] != "KEEP" {
		t.Errorf("away %v", got)
	}
	c.want(t, 403, "AGENT", "PATCH", of("OWNER")+"/presence", object{"status": "OFF"})
	c.want(t, 200, "ADMIN", "PATCH", of("AGENT")+"/presence", object{"status": "OFF"})
	c.want(t, 403, "VIEWER", "PATCH", of("VIEWER")+"/presence", object{"status": "OFF"})
	for _, wrong := range []object{{"status": "GONE"}, {"hours": []object{{"day": "MON", "from": "25:00", "to": "26:00"}}}, {"handOver": "SOMEHOW"}} {
		if a := c.call(t, "AGENT", "PATCH", of("AGENT")+"/presence", wrong); a.StatusCode != 400 && a.StatusCode != 422 {
			t.Errorf("%v: %d %s", wrong, a.StatusCode, a.body)
		}
	}
	c.want(t, 200, "AGENT", "PATCH", c.conv+"/assignee", object{"assigneeId": agent})
	if got := c.want(t, 200, "AGENT", "POST", of("AGENT")+"/hand-over", object{"to": "NOBODY"}).json(t); got["conversations"] != 1.0 {
		t.Errorf("handed over %v", got)
	}
	c.want(t, 400, "AGENT", "POST", of("AGENT")+"/hand-over", object{"to": "PERSON"})
	if got := c.want(t, 200, "AGENT", "GET", c.conv, nil).json(t); got["assigneeId"] != nil {
		t.Errorf("it is still with %v", got["assigneeId"])
	}
}
