package api_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"badala/app/db"
	"badala/app/meta/sim"
)

// elsewhere is the number of the second organisation.
var elsewhere = sim.Number{
	PhoneNumberID: "601448210093777", WABAID: "702331948820777", DisplayPhoneNumber: "+1 212 555 0177", VerifiedName: "Elsewhere",
	AccessToken: "token-of-elsewhere", AppSecret: "secret-of-elsewhere", AppID: "480012345678777", VerifyToken: "verify-elsewhere",
}

// filled is a world with one thing of every kind in both organisations: ids by
// the name of the path parameter.
type filled struct {
	*chatting
	receiver     string // an address that takes every webhook
	own, foreign map[string]string
}

func newFilled(t testing.TB) *filled {
	t.Helper()
	f := &filled{chatting: newChatting(t), receiver: receiver(t)}
	f.own = f.fillOrg(t, "OWNER", f.org, f.conv)
	f.own["channelId"] = f.channel["id"].(string)
	f.own["templateId"] = f.syncTemplates(t, "OWNER", "/orgs/"+f.org+"/channels/"+f.own["channelId"])
	f.own["userId"] = db.FormatID("user", f.actor["AGENT"].UserID)

	f.sim.AddNumber(elsewhere)
	base := "/orgs/" + f.other
	made := f.want(t, 201, "STRANGER", "POST", base+"/channels", object{"name": "Elsewhere", "phoneNumber": "+12125550177",
		"phoneNumberId": elsewhere.PhoneNumberID, "wabaId": elsewhere.WABAID, "accessToken": elsewhere.AccessToken,
		"appSecret": elsewhere.AppSecret, "verifyToken": elsewhere.VerifyToken}).json(t)
	f.sim.Customer(sim.Customer{Phone: "12125550188", Name: "Noor"}).SendText(elsewhere.PhoneNumberID, "hello elsewhere")
	var found []object
	eventually(t, "the other customer's message arrives", func() bool {
		found = items(f.want(t, 200, "STRANGER", "GET", base+"/conversations", nil).json(t))
		return len(found) == 1
	})
	f.foreign = f.fillOrg(t, "STRANGER", f.other, base+"/conversations/"+found[0]["id"].(string))
	f.foreign["channelId"] = made["id"].(string)
	f.foreign["templateId"] = f.syncTemplates(t, "STRANGER", base+"/channels/"+f.foreign["channelId"])
	f.foreign["userId"] = db.FormatID("user", f.actor["STRANGER"].UserID)
	return f
}

// fillOrg makes one thing of every kind.
func (f *filled) fillOrg(t testing.TB, who, org, conv string) map[string]string {
	t.Helper()
	base := "/orgs/" + org
	add := func(path string, body object) string {
		return f.want(t, 201, who, "POST", base+path, body).json(t)["id"].(string)
	}
	c := f.want(t, 200, who, "GET", conv, nil).json(t)
	hook := add("/webhooks", object{"url": f.receiver, "events": []string{"contact.created"}})
	add("/contacts", object{"name": "Omar", "phone": "+12125550166"})
	sent := items(f.want(t, 200, who, "GET", base+"/webhooks/"+hook+"/deliveries", nil).json(t))
	if len(sent) != 1 {
		t.Fatalf("a new contact makes %d deliveries", len(sent))
	}
	return map[string]string{
		"orgId": org, "conversationId": c["id"].(string), "contactId": c["contactId"].(string), "messageId": c["lastMessage"].(object)["id"].(string),
		"inviteId":  add("/invites", object{"email": "new@example.com", "role": "AGENT"}),
		"keyId":     add("/api-keys", object{"name": "CRM", "scopes": []string{"messages"}}),
		"webhookId": hook, "deliveryId": sent[0]["id"].(string),
		"importId":         f.importFile(t, who, base),
		"broadcastId":      add("/broadcasts", object{"name": "Eid offer", "channelId": c["channelId"]}),
		"spareBroadcastId": add("/broadcasts", object{"name": "Winter offer", "channelId": c["channelId"]}),
		"cannedId":         add("/canned-responses", object{"shared": true, "shortcut": "hello", "body": "Hello!"}),
		"spareTagId":       add("/tags", object{"name": "Silver plate"}),
		"tagId":            add("/tags", object{"name": "Gold", "colour": "blue"}),
	}
}

// syncTemplates reads the templates of a channel and gives the id of one.
func (f *filled) syncTemplates(t testing.TB, who, channel string) string {
	t.Helper()
	f.want(t, 200, who, "POST", channel+"/templates/sync", nil)
	return items(f.want(t, 200, who, "GET", channel+"/templates?search=hello_world", nil).json(t))[0]["id"].(string)
}

// importForm is a form with a CSV file and more fields, with the boundary b.
func importForm(csv string, fields ...string) string {
	var b strings.Builder
	b.WriteString("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n" + csv + "\r\n")
	for i := 0; i+1 < len(fields); i += 2 {
		b.WriteString("--b\r\nContent-Disposition: form-data; name=\"" + fields[i] + "\"\r\n\r\n" + fields[i+1] + "\r\n")
	}
	return b.String() + "--b--\r\n"
}

// importFile imports a contact and gives the id of the import.
func (f *filled) importFile(t testing.TB, who, base string) string {
	t.Helper()
	return f.want(t, 200, who, "POST", base+"/contacts/import?wait=true", importForm("name,phone\nRana,+12125550190\n"),
		"Content-Type", "multipart/form-data; boundary=b").json(t)["id"].(string)
}

// at puts ids into a path.
func at(path string, ids map[string]string) string {
	for name, id := range ids {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(id))
	}
	return path
}

// params are the names in a path.
func params(path string) (names []string) {
	for _, part := range strings.Split(path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

// receiver is a server that takes every webhook.
func receiver(t testing.TB) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	return s.URL
}
