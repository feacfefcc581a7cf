package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/meta/sim"
)

// addKey makes an API key and gives its name among the callers.
func (w *world) addKey(t testing.TB, scopes ...account.Scope) (caller, id string) {
	t.Helper()
	caller = fmt.Sprint("KEY ", scopes)
	k, token, err := w.accounts.CreateKey(t.Context(), w.actor["OWNER"], account.KeyInput{Name: "CRM", Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	w.token[caller] = token
	return caller, db.FormatID("key", k.ID)
}

// details are the fields that an answer complains of.
func details(t testing.TB, a answer) (fields []string) {
	t.Helper()
	all, _ := a.json(t)["details"].([]any)
	for _, d := range all {
		field, _, _ := strings.Cut(d.(string), ": ")
		fields = append(fields, field)
	}
	return fields
}

func TestSnooze(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	got := c.want(t, 200, "AGENT", "POST", c.conv+"/snooze", object{"until": until.Format(time.RFC3339Nano)}).json(t)
	if back, err := time.Parse(time.RFC3339, got["snoozedUntil"].(string)); err != nil || !back.Equal(until) || got["status"] != "OPEN" {
		t.Errorf("put aside until %v: %v", got["snoozedUntil"], err)
	}
	for query, want := range map[string]int{"status=OPEN": 1, "snoozed=true": 1, "snoozed=false": 0, "snoozed=true&status=CLOSED": 0, "": 1} {
		if n := len(c.list(t, query)); n != want {
			t.Errorf("%q lists %d, want %d", query, n, want)
		}
	}
	c.want(t, 422, "AGENT", "GET", c.base+"/conversations?snoozed=maybe", nil)
	if got := c.want(t, 200, "AGENT", "POST", c.conv+"/snooze", object{"until": nil}).json(t); got["snoozedUntil"] != nil {
		t.Errorf("awake until %v", got["snoozedUntil"])
	}
	for _, bad := range []string{"0001-01-01T00:00:00Z", "2001-01-01T00:00:00Z", "2201-01-01T00:00:00Z"} {
		a := c.want(t, 400, "AGENT", "POST", c.conv+"/snooze", object{"until": bad})
		if !slices.Equal(details(t, a), []string{"until"}) {
			t.Errorf("%s: %s", bad, a.body)
		}
	}
	c.want(t, 422, "AGENT", "POST", c.conv+"/snooze", object{})
	c.want(t, 200, "AGENT", "PATCH", c.conv+"/status", object{"status": "CLOSED"})
	c.want(t, 409, "AGENT", "POST", c.conv+"/snooze", object{"until": until.Format(time.RFC3339Nano)})
	if n := len(c.list(t, "status=CLOSED")); n != 1 {
		t.Errorf("%d closed", n)
	}
}

func TestConversationTags(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	for _, step := range []struct {
		body object
		want []any
	}{
		{object{"tags": []string{"VIP", "New"}}, []any{"New", "VIP"}},
		{object{"add": []string{"Gold"}, "remove": []string{"new"}}, []any{"Gold", "VIP"}},
		{object{}, []any{"Gold", "VIP"}},
		{object{"tags": []string{}}, []any{}},
	} {
		if got := c.want(t, 200, "AGENT", "PATCH", c.conv+"/tags", step.body).json(t)["tags"]; !slices.Equal(got.([]any), step.want) {
			t.Errorf("%v: %v, want %v", step.body, got, step.want)
		}
	}
	c.want(t, 200, "AGENT", "PATCH", c.conv+"/tags", object{"add": []string{"vip"}})
	for query, want := range map[string]int{"tag=VIP&unread=true&assigneeId=none&status=OPEN&search=hello&channelId=" + c.channel["id"].(string): 1, "tag=gold": 0, "tag=vip&status=CLOSED": 0} {
		got := c.want(t, 200, "AGENT", "GET", c.base+"/conversations?"+query, nil).json(t)
		if len(items(got)) != want || got["total"] != float64(want) {
			t.Errorf("%q: %d of %v, want %d", query, len(items(got)), got["total"], want)
		}
	}
}

// TestSentBy says who sent: a key by its id, the token of a person by nothing.
func TestSentBy(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	key, id := c.addKey(t, account.ScopeMessages)
	sent := func(who string) object {
		return c.want(t, 201, who, "POST", c.conv+"/messages", object{"type": "TEXT", "body": "hi"}).json(t)["sentBy"].(object)
	}
	if got := sent(key); got["type"] != "API" || got["id"] != id {
		t.Errorf("by a key: %v, want %s", got, id)
	}
	if got := sent("AGENT"); got["type"] != "API" || got["id"] != nil {
		t.Errorf("by a person's token: %v", got)
	}
	last := c.list(t, "")[0]["lastMessage"].(object)["id"]
	note := c.want(t, 201, key, "POST", c.conv+"/notes", object{"body": "only for us"}).json(t)
	if note["sentBy"].(object)["id"] != id {
		t.Errorf("a note by a key: %v", note["sentBy"])
	}
	if now := c.list(t, "")[0]["lastMessage"].(object)["id"]; now != last {
		t.Errorf("a note became the last message: %v, was %v", now, last)
	}
	c.want(t, 400, key, "GET", c.base+"/conversations?assigneeId=me", nil)
}

// TestSendInteractive sends buttons, shows them and the answer, and names what is wrong.
func TestSendInteractive(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	body := object{"type": "INTERACTIVE", "interactive": object{"type": "button", "header": "Order 4471", "body": "Deliver tomorrow?", "footer": "Shop",
		"buttons": []object{{"id": "yes", "title": "Yes"}, {"id": "no", "title": "No"}}}}
	m := c.want(t, 201, "AGENT", "POST", c.conv+"/messages", body).json(t)
	shown, _ := m["interactive"].(object)
	if m["type"] != "INTERACTIVE" || m["body"] != "Deliver tomorrow?" || shown["body"] != m["body"] || shown["header"] != "Order 4471" ||
		len(shown["buttons"].([]any)) != 2 || shown["sections"] != nil {
		t.Errorf("shown as %v", m)
	}
	wamid, asked := m["waMessageId"].(string), m["id"]
	c.phone.SendInteractiveReply(number.PhoneNumberID, wamid, "yes", "Yes", false)
	eventually(t, "the answer arrives", func() bool {
		// By Meta's clock, in seconds, the answer may stand before the question.
		return slices.ContainsFunc(items(c.want(t, 200, "AGENT", "GET", c.conv+"/messages", nil).json(t)), func(m object) bool {
			got, _ := m["interactive"].(object)
			return got["id"] == "yes" && got["type"] == "button_reply" && m["replyTo"] == asked
		})
	})
	a := c.want(t, 400, "AGENT", "POST", c.conv+"/messages", object{"type": "INTERACTIVE", "interactive": object{"type": "list",
		"sections": []object{{"rows": []object{{"id": "", "title": strings.Repeat("x", 25)}}}}}})
	if got := details(t, a); !slices.Equal(got, []string{"interactive.body", "interactive.button", "interactive.sections[0].rows[0].id", "interactive.sections[0].rows[0].title"}) {
		t.Errorf("complains of %q", got)
	}
	c.want(t, 400, "AGENT", "POST", c.conv+"/messages", object{"type": "INTERACTIVE"})
	c.want(t, 400, "AGENT", "POST", c.conv+"/messages", object{"type": "TEMPLATE", "templateName": "hello"})
}

func TestSearchRoute(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	c.sim.Customer(sim.Customer{Phone: "12125550111", Name: "Noor"}).SendText(number.PhoneNumberID, "متى يصل الطَّلب؟")
	eventually(t, "the second customer writes", func() bool { return len(c.list(t, "")) == 2 })
	find := func(q string) []object {
		return items(c.want(t, 200, "VIEWER", "GET", c.base+"/search?q="+q, nil).json(t))
	}
	got := find("%D8%B7%D9%84%D8%A8") // طلب
	if len(got) != 1 || got[0]["type"] != "MESSAGE" || got[0]["title"] != "Noor" || !strings.HasPrefix(got[0]["id"].(string), "msg_") {
		t.Fatalf("found %v", got)
	}
	mark := got[0]["highlights"].([]any)[0].([]any)
	if text := []rune(got[0]["snippet"].(string)); string(text[int(mark[0].(float64)):int(mark[1].(float64))]) != "الطَّلب" {
		t.Errorf("marks %v of %q", mark, string(text))
	}
	got = find("maya")
	if len(got) != 1 || got[0]["type"] != "CONTACT" || got[0]["conversationId"] == nil || !strings.HasPrefix(got[0]["id"].(string), "contact_") {
		t.Errorf("found %v", got)
	}
	c.want(t, 422, "VIEWER", "GET", c.base+"/search", nil)
	if got := items(c.want(t, 200, "STRANGER", "GET", "/orgs/"+c.other+"/search?q=maya", nil).json(t)); len(got) != 0 {
		t.Errorf("another organisation finds %v", got)
	}
}

func TestCannedRoutes(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	manager, _ := c.addKey(t, account.ScopeManage)
	path := c.base + "/canned-responses"
	shared := c.want(t, 201, manager, "POST", path, object{"shared": true, "shortcut": "/hours", "title": "Opening hours", "body": "Nine to five", "language": "en"}).json(t)
	keys(t, "canned response", shared, "id shared shortcut title body language folder mediaKeys usageCount createdAt updatedAt")
	own := c.want(t, 201, "AGENT", "POST", path, object{"shortcut": "hi", "body": "Hello!", "folder": "Greetings"}).json(t)
	c.want(t, 403, "AGENT", "POST", path, object{"shared": true, "shortcut": "x", "body": "x"})
	c.want(t, 403, "VIEWER", "POST", path, object{"shortcut": "x", "body": "x"})
	c.want(t, 400, manager, "POST", path, object{"shortcut": "x", "body": "x"})
	c.want(t, 409, "SUPERVISOR", "POST", path, object{"shared": true, "shortcut": "HOURS", "body": "x", "language": "en"})
	for who, want := range map[string]map[string]int{
		"AGENT": {"": 2, "?mine=true": 1, "?search=nine": 1, "?folder=Greetings": 1, "?language=en": 1, "?take=1&skip=1": 1, "?skip=9": 0},
		manager: {"": 1, "?mine=true": 0},
		"OWNER": {"": 1},
	} {
		for query, n := range want {
			if got := items(c.want(t, 200, who, "GET", path+query, nil).json(t)); len(got) != n {
				t.Errorf("%s%s: %d, want %d", who, query, len(got), n)
			}
		}
	}
	mine := path + "/" + own["id"].(string)
	if got := c.want(t, 200, "AGENT", "PATCH", mine, object{"title": "Greeting"}).json(t); got["title"] != "Greeting" || got["body"] != "Hello!" {
		t.Errorf("changed to %v", got)
	}
	c.want(t, 404, "OWNER", "PATCH", mine, object{"title": "Mine now"})
	c.want(t, 403, "AGENT", "DELETE", path+"/"+shared["id"].(string), nil)
	c.want(t, 204, "AGENT", "DELETE", mine, nil)
	c.want(t, 404, "AGENT", "DELETE", mine, nil)
	if got := details(t, c.want(t, 400, "AGENT", "POST", path, object{"shortcut": "two words", "body": "", "language": "English!"})); len(got) != 3 {
		t.Errorf("complains of %q", got)
	}
}
