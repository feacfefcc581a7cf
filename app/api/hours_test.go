package api_test

import (
	"slices"
	"strings"
	"testing"

	"badala/app/meta/sim"
)

// TestOfficeHours sets when a channel is open, piece by piece, and has a
// customer write while it is closed.
func TestOfficeHours(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	path := c.base + "/channels/" + c.channel["id"].(string) + "/office-hours"
	got := c.want(t, 200, "VIEWER", "GET", path, nil).json(t)
	keys(t, "office hours", got, "channelId enabled timezone windows holidays specialDays periods message messageAr cooldownMinutes quietMinutes greeting now")
	if got["enabled"] != false || got["cooldownMinutes"] != 720.0 || got["now"].(object)["open"] != false {
		t.Errorf("before: %v", got)
	}
	week := []object{}
	for _, day := range []string{"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"} {
		week = append(week, object{"day": day, "from": "00:00", "to": "24:00"})
	}
	got = c.want(t, 200, "ADMIN", "PATCH", path, object{"timezone": "Asia/Kuwait", "windows": week}).json(t)
	if now := got["now"].(object); now["open"] != true || now["nextOpeningAt"] != nil || now["closesAt"] != nil {
		t.Errorf("always open: %v", now)
	}
	got = c.want(t, 200, "ADMIN", "PATCH", path, object{"enabled": true, "windows": []object{}, "message": "Back {{nextOpening}}, {{name}}.",
		"greeting": object{"messageAr": "أهلًا"}}).json(t)
	if got["timezone"] != "Asia/Kuwait" || got["greeting"].(object)["messageAr"] != "أهلًا" || got["greeting"].(object)["enabled"] != false {
		t.Errorf("after a change of some fields: %v", got)
	}

	late := c.sim.Customer(sim.Customer{Phone: "12125550133", Name: "Omar"})
	late.SendText(number.PhoneNumberID, "anybody there?")
	eventually(t, "the answer is on the phone", func() bool {
		return slices.ContainsFunc(late.Thread(number.PhoneNumberID), func(m sim.PhoneMessage) bool {
			return m.FromBusiness && m.Text == "Back as soon as we can, Omar."
		})
	})
	conv := c.list(t, "search=Omar")
	if len(conv) != 1 || conv[0]["unreadCount"] != 1.0 || conv[0]["assigneeId"] != nil || conv[0]["status"] != "OPEN" {
		t.Fatalf("the conversation: %v", conv)
	}
	all := items(c.want(t, 200, "AGENT", "GET", c.base+"/conversations/"+conv[0]["id"].(string)+"/messages", nil).json(t))
	if by, _ := all[len(all)-1]["sentBy"].(object); by["type"] != "AUTOMATION" || by["id"] != nil {
		t.Errorf("the answer is %v", all[len(all)-1])
	}
}

// TestWrongOfficeHours holds that a refusal names every wrong field and
// changes nothing.
func TestWrongOfficeHours(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	path := c.base + "/channels/" + c.channel["id"].(string) + "/office-hours"
	a := c.call(t, "ADMIN", "PATCH", path, object{
		"windows":  []object{{"day": "MON", "from": "9", "to": "18:00"}, {"day": "TUE", "from": "09:00", "to": "24:30"}},
		"holidays": []string{"tomorrow"}, "cooldownMinutes": 0, "message": "{{phone}}",
		"periods": []object{{"name": "R", "from": "2027-03-01", "to": "2027-02-01", "windows": []object{}}},
	})
	if a.StatusCode != 400 {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	details := a.json(t)["details"].([]any)
	want := []string{"windows[0].from", "windows[1].to", "holidays[0]", "periods[0].to", "cooldownMinutes", "message"}
	for i, field := range want {
		if i >= len(details) || !strings.HasPrefix(details[i].(string), field+": ") {
			t.Errorf("details %v, want %v", details, want)
			break
		}
	}
	if got := c.want(t, 200, "ADMIN", "GET", path, nil).json(t); len(got["windows"].([]any)) != 0 || got["cooldownMinutes"] != 720.0 {
		t.Errorf("after a refusal: %v", got)
	}
}
