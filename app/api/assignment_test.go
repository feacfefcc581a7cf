package api_test

import (
	"encoding/json"
	"testing"

	"badala/app/db"
)

// TestAssignment sets how a channel gives out conversations, piece by piece.
func TestAssignment(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	path := c.base + "/channels/" + c.channel["id"].(string) + "/assignment"
	agent, viewer := db.FormatID("user", c.actor["AGENT"].UserID), db.FormatID("user", c.actor["VIEWER"].UserID)
	same := func(name string, v any, want string) {
		t.Helper()
		if got, _ := json.Marshal(v); string(got) != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	got := c.want(t, 200, "VIEWER", "GET", path, nil).json(t)
	keys(t, "assignment", got, "channelId fallback given maxOpen memberIds mode rules skipAway")
	same("mode", got["mode"], `"NONE"`)
	same("fallback", got["fallback"], `{"none":true}`)

	got = c.want(t, 200, "ADMIN", "PATCH", path, object{"mode": "ROUND_ROBIN", "memberIds": []string{agent}}).json(t)
	same("memberIds", got["memberIds"], `["`+agent+`"]`)
	same("given", got["given"], `[{"assigneeId":"`+agent+`","conversations":0}]`)
	got = c.want(t, 200, "ADMIN", "PATCH", path, object{"rules": []object{{"tag": "VIP", "assigneeId": agent}}, "fallback": object{"assigneeId": agent}}).json(t)
	same("rules", got["rules"], `[{"assigneeId":"`+agent+`","tag":"VIP"}]`)
	same("fallback", got["fallback"], `{"assigneeId":"`+agent+`"}`)
	same("mode", got["mode"], `"ROUND_ROBIN"`)

	for _, wrong := range []object{
		{"mode": "SOMEHOW"}, {"memberIds": []string{}}, {"memberIds": []string{viewer}}, {"memberIds": []string{"user_x"}},
		{"rules": []object{{"tag": "VIP"}}}, {"rules": []object{{"tag": "", "assigneeId": agent}}},
		{"fallback": object{"roundRobin": true, "none": true}}, {"fallback": object{"assigneeId": "user_x"}}, {"maxOpen": -1}, {"maxOpen": 1001},
	} {
		a := c.call(t, "ADMIN", "PATCH", path, wrong)
		if a.StatusCode != 400 && a.StatusCode != 422 || len(a.json(t)["details"].([]any)) == 0 {
			t.Errorf("%v: %d %s", wrong, a.StatusCode, a.body)
		}
	}
	if got := c.want(t, 200, "ADMIN", "GET", path, nil).json(t); got["mode"] != "ROUND_ROBIN" {
		t.Errorf("a refused change left %v", got)
	}
}
