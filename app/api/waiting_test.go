package api_test

import (
	"testing"
	"time"
)

// TestWaitingAlarm sets when somebody is told of customers who wait.
func TestWaitingAlarm(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	channel := c.base + "/channels/" + c.channel["id"].(string)
	path := channel + "/waiting-alarm"
	got := c.want(t, 200, "VIEWER", "GET", path, nil).json(t)
	keys(t, "waiting alarm", got, "assigneeMinutes channelId enabled officeHours supervisorMinutes")
	if got["enabled"] != false || got["officeHours"] != false {
		t.Errorf("before it is set: %v", got)
	}
	c.want(t, 200, "ADMIN", "PATCH", channel+"/office-hours", object{"windows": []object{{"day": "MON", "from": "09:00", "to": "17:00"}}})
	got = c.want(t, 200, "ADMIN", "PATCH", path, object{"enabled": true, "assigneeMinutes": 5, "supervisorMinutes": 0}).json(t)
	if got["enabled"] != true || got["assigneeMinutes"] != 5.0 || got["supervisorMinutes"] != 0.0 || got["officeHours"] != true {
		t.Errorf("set: %v", got)
	}
	for _, wrong := range []object{{"assigneeMinutes": 0}, {"supervisorMinutes": 5}, {"assigneeMinutes": 10_081}} {
		if a := c.call(t, "ADMIN", "PATCH", path, wrong); a.StatusCode != 422 && a.StatusCode != 400 {
			t.Errorf("%v: %d", wrong, a.StatusCode)
		}
	}
}

// TestWaitingLists asks who waits, until somebody answers.
func TestWaitingLists(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	since, ok := c.want(t, 200, "AGENT", "GET", c.conv, nil).json(t)["waitingSince"].(string)
	if at, err := time.Parse(time.RFC3339, since); !ok || err != nil || at.IsZero() {
		t.Errorf("waits since %q", since)
	}
	counts := func(step string, want map[string]int) {
		t.Helper()
		for query, n := range want {
			if got := len(c.list(t, query)); got != n {
				t.Errorf("%s: %d by %s, want %d", step, got, query, n)
			}
		}
	}
	counts("unanswered", map[string]int{"view=waiting": 1, "view=waiting&unread=true": 1, "sort=waiting": 1, "sort=waiting&status=CLOSED": 0,
		"view=closing-soon": 0, "view=closing-soon&hours=24": 1, "view=waiting&status=CLOSED": 0, "view=waiting&snoozed=true": 0})
	c.want(t, 201, "AGENT", "POST", c.conv+"/messages", object{"type": "TEXT", "body": "An answer"})
	counts("answered", map[string]int{"view=waiting": 0, "sort=waiting": 1, "view=closing-soon&hours=24": 1})
	if got := c.want(t, 200, "AGENT", "GET", c.conv, nil).json(t); got["waitingSince"] != nil {
		t.Errorf("answered, and waits since %v", got["waitingSince"])
	}
	for _, wrong := range []string{"view=others", "hours=25", "sort=name"} {
		if a := c.call(t, "AGENT", "GET", c.base+"/conversations?"+wrong, nil); a.StatusCode != 422 && a.StatusCode != 400 {
			t.Errorf("%s: %d", wrong, a.StatusCode)
		}
	}
}
