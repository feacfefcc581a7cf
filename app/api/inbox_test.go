package api_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"badala/app/channel"
	"badala/app/db"
	"badala/app/meta"
	"badala/app/meta/sim"
)

type object = map[string]any

// chatting is a world with a connected number and a customer who has written.
type chatting struct {
	*world
	phone   *sim.Phone
	base    string // /orgs/…
	conv    string // /orgs/…/conversations/…
	channel object
}

func newChatting(t testing.TB) *chatting {
	t.Helper()
	c := &chatting{world: newWorld(t)}
	c.base = "/orgs/" + c.org
	c.channel = c.want(t, 201, "ADMIN", "POST", c.base+"/channels", object{
		"name": "Shop", "phoneNumber": "+12125550142", "phoneNumberId": number.PhoneNumberID, "wabaId": number.WABAID,
		"accessToken": number.AccessToken, "appSecret": number.AppSecret, "verifyToken": number.VerifyToken,
	}).json(t)
	c.phone = c.sim.Customer(sim.Customer{Phone: "12125550199", Name: "Maya"})
	c.phone.SendText(number.PhoneNumberID, "hello there")
	eventually(t, "the customer's message arrives", func() bool { return len(c.list(t, "")) == 1 })
	c.conv = c.base + "/conversations/" + c.list(t, "")[0]["id"].(string)
	return c
}

func items(v object) []object {
	var all []object
	list, _ := v["items"].([]any)
	for _, i := range list {
		all = append(all, i.(object))
	}
	return all
}

func (c *chatting) list(t testing.TB, query string) []object {
	t.Helper()
	return items(c.want(t, 200, "AGENT", "GET", c.base+"/conversations?"+query, nil).json(t))
}

func keys(t testing.TB, what string, v object, want string) {
	t.Helper()
	for k := range strings.FieldsSeq(want) {
		if _, ok := v[k]; !ok {
			t.Errorf("%s has no %s: %v", what, k, v)
		}
	}
	if len(v) != len(strings.Fields(want)) {
		t.Errorf("%s has other keys than %s: %v", what, want, v)
	}
}

func TestShapes(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	keys(t, "channel", c.channel, "id name phoneNumber phoneNumberId wabaId webhookUrl verifyToken health createdAt")
	one := c.want(t, 200, "VIEWER", "GET", c.base+"/channels/"+c.channel["id"].(string), nil)
	if bytes.Contains(one.body, []byte(number.AppSecret)) || bytes.Contains(one.body, []byte(number.AccessToken)) || one.json(t)["verifyToken"] != nil {
		t.Errorf("secrets are shown: %s", one.body)
	}

	conv := c.list(t, "")[0]
	keys(t, "conversation", conv, "id channelId contactId contact status assigneeId tags unreadCount lastMessage lastMessageAt windowExpiresAt snoozedUntil waitingSince createdAt")
	keys(t, "its contact", conv["contact"].(object), "id name phone externalId tags")
	if conv["status"] != "OPEN" || conv["unreadCount"] != 1.0 || conv["assigneeId"] != nil || conv["windowExpiresAt"] == nil {
		t.Errorf("conversation %v", conv)
	}
	msg := items(c.want(t, 200, "VIEWER", "GET", c.conv+"/messages", nil).json(t))[0]
	keys(t, "message", msg, "id conversationId contactId channelId direction type body caption media template interactive location contacts order "+
		"reaction replyTo status error sentBy waMessageId createdAt sentAt deliveredAt readAt")
	if msg["direction"] != "INBOUND" || msg["body"] != "hello there" || msg["status"] != "RECEIVED" || msg["media"] != nil || msg["sentBy"] != nil {
		t.Errorf("message %v", msg)
	}
	if at := msg["createdAt"].(string); len(at) != len("2026-01-02T15:04:05.000Z") || !strings.HasSuffix(at, "Z") {
		t.Errorf("time %q", at)
	}
	if fmt.Sprint(conv["lastMessage"]) != fmt.Sprint(msg) {
		t.Errorf("last message %v, want %v", conv["lastMessage"], msg)
	}
	person := c.want(t, 200, "VIEWER", "GET", c.base+"/contacts/"+conv["contactId"].(string), nil).json(t)
	keys(t, "contact", person, "id name phone email tags externalId marketingConsent company source customFields notes whatsapp otherPhones createdAt updatedAt lastMessageAt conversations")
	if person["phone"] != "+12125550199" || person["marketingConsent"] != nil || person["name"] != "Maya" {
		t.Errorf("contact %v", person)
	}
	if all := c.want(t, 200, "VIEWER", "GET", c.base+"/contacts?search=maya", nil).json(t); all["total"] != 1.0 {
		t.Errorf("contacts %v", all)
	}
}

func TestConversationChanges(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	agent := db.FormatID("user", c.actor["AGENT"].UserID)
	for query, n := range map[string]int{"status=OPEN": 1, "status=CLOSED": 0, "unread=true": 1, "assigneeId=none": 1, "assigneeId=me": 0,
		"tag=none-such": 0, "search=hello": 1, "search=nothing-like-it": 0, "skip=1": 0, "channelId=" + c.channel["id"].(string): 1, "channelId=chan_x": 0} {
		if got := len(c.list(t, query)); got != n {
			t.Errorf("%s: %d conversations, want %d", query, got, n)
		}
	}
	got := c.want(t, 200, "AGENT", "PATCH", c.conv+"/assignee", object{"assigneeId": agent}).json(t)
	if got["assigneeId"] != agent || len(c.list(t, "assigneeId=me")) != 1 {
		t.Errorf("assigned: %v", got)
	}
	c.want(t, 400, "AGENT", "PATCH", c.conv+"/assignee", object{"assigneeId": db.FormatID("user", c.actor["STRANGER"].UserID)})
	if got := c.want(t, 200, "AGENT", "PATCH", c.conv+"/assignee", object{"assigneeId": nil}).json(t); got["assigneeId"] != nil {
		t.Errorf("unassigned: %v", got)
	}
	c.want(t, 204, "AGENT", "POST", c.conv+"/read", nil)
	if len(c.list(t, "unread=true")) != 0 {
		t.Error("still unread")
	}
	if got := c.want(t, 200, "AGENT", "PATCH", c.conv+"/status", object{"status": "CLOSED"}).json(t); got["status"] != "CLOSED" {
		t.Errorf("closed: %v", got)
	}
	note := c.want(t, 201, "AGENT", "POST", c.conv+"/notes", object{"body": "call @[" + agent + "]"}).json(t)
	if note["body"] != "call @["+agent+"]" || note["sentBy"].(object)["type"] != "API" {
		t.Errorf("note %v", note)
	}
	if all := items(c.want(t, 200, "AGENT", "GET", c.conv+"/messages", nil).json(t)); len(all) != 1 {
		t.Errorf("notes and activity are among the messages: %v", all)
	}
	other := strings.Replace(c.conv, c.org, c.other, 1)
	c.want(t, 404, "STRANGER", "GET", other, nil)
	c.want(t, 404, "STRANGER", "GET", other+"/messages", nil)
	c.want(t, 404, "STRANGER", "POST", other+"/messages", object{"type": "TEXT", "body": "x"})
}

func TestSend(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	sent := c.want(t, 201, "AGENT", "POST", c.conv+"/messages", object{"type": "TEXT", "body": "good morning"}, "Idempotency-Key", "one").json(t)
	if s := sent["status"]; s != "SENT" && s != "DELIVERED" && s != "READ" || sent["sentBy"].(object)["type"] != "API" || sent["waMessageId"] == nil {
		t.Errorf("sent %v", sent)
	}
	again := c.want(t, 201, "AGENT", "POST", c.conv+"/messages", object{"type": "TEXT", "body": "good morning"}, "Idempotency-Key", "one").json(t)
	if again["id"] != sent["id"] || len(c.sim.Sends()) != 1 {
		t.Errorf("the repeat is %v after %d sends", again["id"], len(c.sim.Sends()))
	}
	later := c.want(t, 202, "AGENT", "POST", c.conv+"/messages", object{"type": "TEXT", "body": "later"}, "Prefer", "respond-async").json(t)
	if later["status"] != "PENDING" {
		t.Errorf("asynchronous: %v", later)
	}
	eventually(t, "the message goes out", func() bool { return len(c.sim.Sends()) == 2 })
	c.sim.Misbehave(sim.Behaviour{FailNext: 1, FailCode: 131026})
	failed := c.want(t, 502, "AGENT", "POST", c.conv+"/messages", object{"type": "TEXT", "body": "no"}).json(t)
	if up := failed["upstream"].(object); up["code"] != 131026.0 || failed["messageId"] == nil {
		t.Errorf("refused: %v", failed)
	}
	c.sim.Misbehave(sim.Behaviour{ResetAfterBody: 1, DropStatuses: true})
	if lost := c.want(t, 202, "AGENT", "POST", c.conv+"/messages", object{"type": "TEXT", "body": "maybe"}).json(t); lost["status"] != "UNCONFIRMED" {
		t.Errorf("answer lost: %v", lost)
	}
	c.sim.Misbehave(sim.Behaviour{})
	quote := c.want(t, 201, "AGENT", "POST", c.conv+"/messages", object{"type": "LOCATION", "location": object{"latitude": 29.37, "longitude": 47.97}, "replyTo": sent["id"]}).json(t)
	if quote["replyTo"] != sent["id"] || quote["location"].(object)["latitude"] != 29.37 {
		t.Errorf("location %v", quote)
	}
	reaction := c.want(t, 201, "AGENT", "POST", c.conv+"/messages", object{"type": "REACTION", "emoji": "👍", "messageId": items(c.want(t, 200, "AGENT", "GET", c.conv+"/messages?take=200", nil).json(t))[0]["id"]}).json(t)
	if reaction["reaction"].(object)["emoji"] != "👍" {
		t.Errorf("reaction %v", reaction)
	}
	bad := c.want(t, 400, "AGENT", "POST", c.conv+"/messages", object{"type": "TEXT"}).json(t)
	if bad["details"] == nil {
		t.Errorf("empty text: %v", bad)
	}
}

func TestMessagePages(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	for i := range 5 {
		c.phone.SendText(number.PhoneNumberID, fmt.Sprint("more ", i))
	}
	all := func() []object { return items(c.want(t, 200, "AGENT", "GET", c.conv+"/messages", nil).json(t)) }
	eventually(t, "all messages arrive", func() bool { return len(all()) == 6 })
	var seen []string
	query := "take=4"
	for {
		page := c.want(t, 200, "AGENT", "GET", c.conv+"/messages?"+query, nil).json(t)
		var part []string
		for _, m := range items(page) {
			part = append(part, m["id"].(string))
		}
		seen = append(part, seen...)
		if page["nextCursor"] == nil {
			break
		}
		query = "take=4&before=" + url.QueryEscape(page["nextCursor"].(string))
	}
	for i, m := range all() {
		if i >= len(seen) || seen[i] != m["id"] {
			t.Fatalf("pages give %v", seen)
		}
	}
	c.want(t, 400, "AGENT", "GET", c.conv+"/messages?before=???", nil)
}

func TestUploadAndSend(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "hills.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(sim.SamplePicture()); err != nil {
		t.Fatal(err)
	}
	form.Close()
	up := c.want(t, 201, "AGENT", "POST", c.base+"/uploads", body.String(), "Content-Type", form.FormDataContentType()).json(t)
	keys(t, "upload", up, "key url contentType size")
	if up["contentType"] != "image/jpeg" || !strings.HasPrefix(up["url"].(string), "https://inbox.example.com/media/orgs/"+c.org+"/uploads/") {
		t.Errorf("upload %v", up)
	}
	sent := c.want(t, 201, "AGENT", "POST", c.conv+"/messages", object{"type": "IMAGE", "uploadKey": up["key"], "caption": "hills"}).json(t)
	file := sent["media"].(object)
	keys(t, "media", file, "url contentType size fileName status")
	if file["status"] != "READY" || sent["caption"] != "hills" {
		t.Errorf("picture %v", sent)
	}
	c.want(t, 415, "AGENT", "POST", c.base+"/uploads", "{}")
	c.want(t, 400, "AGENT", "POST", c.base+"/uploads", "--b\r\n", "Content-Type", "multipart/form-data; boundary=b")
}

func TestDoor(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	path := channel.WebhookPath
	get := c.want(t, 200, "", "GET", path+"?hub.mode=subscribe&hub.verify_token="+number.VerifyToken+"&hub.challenge=42", nil)
	if string(get.body) != "42" {
		t.Errorf("challenge answered %q", get.body)
	}
	c.want(t, 403, "", "GET", path+"?hub.mode=subscribe&hub.verify_token=other&hub.challenge=42", nil)
	body := `{"object":"whatsapp_business_account","entry":[]}`
	sign := func(secret, body string) []string {
		return []string{"X-Hub-Signature-256", meta.Sign(secret, []byte(body))}
	}
	c.want(t, 200, "", "POST", path, body, sign(number.AppSecret, body)...)
	c.want(t, 401, "", "POST", path, body)
	c.want(t, 401, "", "POST", path, body, sign("other", body)...)
	c.want(t, 415, "", "POST", path, body, append(sign(number.AppSecret, body), "Content-Encoding", "gzip")...)
	c.want(t, 200, "", "POST", path, body, append(sign(number.AppSecret, body), "Content-Encoding", "identity")...)
	large := strings.Repeat(" ", 4<<20+1)
	c.want(t, 413, "", "POST", path, large, sign(number.AppSecret, large)...)
	if err := c.db.Close(); err != nil {
		t.Fatal(err)
	}
	message := strings.Replace(body, `"entry":[]`, `"entry":[{"id":"`+number.WABAID+`","changes":[]}]`, 1)
	c.want(t, 503, "", "POST", path, message, sign(number.AppSecret, message)...)
}

func TestDoorWithoutChannels(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.want(t, 403, "", "POST", channel.WebhookPath, "{}", "X-Hub-Signature-256", meta.Sign("x", []byte("{}")))
}

func TestOwns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tc := range []struct {
		method, path, token string
		owns                bool
	}{
		{"POST", "/auth/login", "", true}, {"GET", "/orgs/org_1/members", "", true}, {"GET", "/orgs", "Bearer x", true},
		{"GET", "/orgs", "", false}, {"POST", "/orgs", "", true}, {"GET", "/inbox", "Bearer x", false}, {"POST", "/uploads", "", false},
		{"POST", "/webhooks/whatsapp", "", true}, {"GET", "/openapi.json", "", true},
	} {
		r := httptest.NewRequestWithContext(t.Context(), tc.method, tc.path, nil)
		if tc.token != "" {
			r.Header.Set("Authorization", tc.token)
		}
		if got := w.api.Owns(r); got != tc.owns {
			t.Errorf("%s %s %s: %v", tc.method, tc.path, tc.token, got)
		}
	}
}
