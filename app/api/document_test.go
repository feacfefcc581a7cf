package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"badala/app/api"
	"badala/app/db"
	"badala/app/meta/sim"
)

// short is a route as the tables of these tests name it.
func short(method, path string) string {
	return method + " " + strings.Replace(path, "/orgs/{orgId}/", "/O/", 1)
}

// bodies are for operations whose example in the document does not fit the
// filled world: it names things that are not there.
func (f *filled) bodies() map[string]any {
	return map[string]any{
		"POST /auth/login": object{"email": "agent@example.com", "password": password},
		"POST /O/channels": object{"name": "Third", "phoneNumber": "+12125550143", "phoneNumberId": "601448210093143", "wabaId": number.WABAID,
			"accessToken": "token", "appSecret": "secret", "verifyToken": "verify-third"},
		"PATCH /O/conversations/{conversationId}/assignee": object{"assigneeId": f.own["userId"]},
		"PATCH /O/channels/{channelId}/assignment": object{"mode": "BY_TAG", "memberIds": []string{f.own["userId"]},
			"rules": []object{{"tag": "VIP", "assigneeId": f.own["userId"]}}, "fallback": object{"roundRobin": true}, "maxOpen": 20},
		"POST /O/webhooks":              object{"url": f.receiver, "events": []string{"message.received", "contact.updated"}},
		"PATCH /O/webhooks/{webhookId}": object{"ratePerSecond": 5, "state": "PAUSED"},
		"POST /O/contacts/import":       importForm("name,phone\nLina,+12125550195\n", "dryRun", "true"),
		"POST /O/tags/{tagId}/merge":    object{"into": f.own["tagId"]},
		"POST /O/broadcasts":            object{"name": "Monday", "channelId": f.own["channelId"], "templateName": "hello_world", "templateLanguage": "en_US"},
		"POST /O/broadcasts/preview":    object{"name": "Monday", "channelId": f.own["channelId"], "templateName": "hello_world", "templateLanguage": "en_US", "audience": object{"everyone": true}},
		"POST /O/broadcasts/test": object{"to": "+12125550155", "channelId": f.own["channelId"], "templateName": "visit_reminder", "templateLanguage": "en_US",
			"variables": object{"first_name": "{{firstName|friend}}", "day": "Monday"}},
		"PATCH /O/broadcasts/{broadcastId}": object{"templateName": "visit_reminder", "templateLanguage": "en_US", "ratePerSecond": 1,
			"variables": object{"first_name": "{{firstName|friend}}", "day": "Monday"},
			"audience":  object{"numbers": []string{"+12125550151", "+12125550152", "+12125550153", "+12125550154"}}},
		"POST /O/tags": object{"name": "Silver", "colour": "grey"},
		"PATCH /O/conversations/{conversationId}/status": object{"status": "OPEN"}, // a closed one cannot be put aside
		"POST /O/conversations/{conversationId}/snooze":  object{"until": db.FormatTime(f.db.Now() + 3_600_000)},
	}
}

// ids are the path parameters of an operation; one that uses a thing up has
// its own.
func (f *filled) ids(name string) map[string]string {
	ids := maps.Clone(f.own)
	switch name {
	case "POST /O/tags/{tagId}/merge":
		ids["tagId"] = f.own["spareTagId"]
	case "DELETE /O/broadcasts/{broadcastId}":
		ids["broadcastId"] = f.own["spareBroadcastId"]
	}
	return ids
}

// queries are what operations cannot be called without.
var queries = map[string]string{
	"GET /O/search":            "?q=hello",
	"GET /O/retention/preview": "?messagesDays=90",
	"POST /O/contacts/import":  "?wait=true", // else it stands in the way of the one that is undone
}

// last are calls whose order counts: they come at the end, in this one.
var last = []string{
	"PATCH /O/conversations/{conversationId}/status",
	"PATCH /O/webhooks/{webhookId}", "POST /O/webhooks/{webhookId}/resume",
	"POST /O/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver", "GET /O/webhooks/{webhookId}/deliveries/{deliveryId}",
	"POST /O/webhooks/{webhookId}/rotate-secret", "POST /O/webhooks/{webhookId}/promote-secret",
	"POST /O/webhooks/{webhookId}/rotate-secret", "DELETE /O/webhooks/{webhookId}/staged-secret", "DELETE /O/webhooks/{webhookId}",
	"PATCH /O/broadcasts/{broadcastId}", "POST /O/broadcasts/{broadcastId}/start", "POST /O/broadcasts/{broadcastId}/pause",
	"POST /O/broadcasts/{broadcastId}/resume", "POST /O/broadcasts/{broadcastId}/retry", "POST /O/broadcasts/{broadcastId}/cancel",
	"DELETE /O/channels/{channelId}/templates/{templateId}",
	"DELETE /O/canned-responses/{cannedId}", "DELETE /O/tags/{tagId}", "DELETE /O/contacts/{contactId}", "DELETE /O/channels/{channelId}",
	"DELETE /O/members/{userId}", "DELETE /O/invites/{inviteId}", "DELETE /O/api-keys/{keyId}", "POST /auth/logout",
}

// TestEveryOperation calls every operation of the document in a filled world:
// the answer is a documented success and fits its schema.
func TestEveryOperation(t *testing.T) {
	t.Parallel()
	f := newFilled(t)
	doc := readDocument(t, f.api.Document())
	bodies := f.bodies()
	for _, name := range doc.inOrder() {
		method, path, _ := strings.Cut(name, " ")
		path = strings.Replace(path, "/O/", "/orgs/{orgId}/", 1)
		op := doc.Paths[path][strings.ToLower(method)]
		var body any
		var headers []string
		for kind, content := range op.RequestBody.Content {
			if body = content.Example; kind != "application/json" {
				body, headers = picture(t)
			}
			if own, ok := bodies[name]; ok {
				body = own
			}
			if body == nil {
				t.Errorf("%s has a body and no example", name)
			}
		}
		a := f.call(t, "OWNER", method, at(path, f.ids(name))+queries[name], body, headers...)
		doc.fits(t, name, op, a)
	}
}

// inOrder are the names of all operations, those of last at the end.
func (d document) inOrder() (names []string) {
	for path, item := range d.Paths {
		for method := range item {
			if name := short(strings.ToUpper(method), path); !slices.Contains(last, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return append(names, last...)
}

// fits checks an answer against what the document says of its operation.
func (d document) fits(t *testing.T, name string, op operation, a answer) {
	t.Helper()
	described, ok := op.Responses[strconv.Itoa(a.StatusCode)]
	if !ok || a.StatusCode >= 300 {
		t.Errorf("%s: %d %s, which is no documented success", name, a.StatusCode, a.body)
		return
	}
	kind, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	if len(described.Content) == 0 {
		if len(a.body) > 0 {
			t.Errorf("%s answers %q where nothing is described", name, a.body)
		}
		return
	}
	content, ok := described.Content[kind]
	if !ok {
		t.Errorf("%s answers %q, described is %v", name, kind, described.Content)
		return
	}
	if kind != "application/json" {
		return
	}
	var v any
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	for _, wrong := range d.check(content.Schema, v, "answer") {
		t.Errorf("%s: %s", name, wrong)
	}
}

// picture is a form with a file.
func picture(t testing.TB) (body any, headers []string) {
	t.Helper()
	data := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n" + string(sim.SamplePicture()) + "\r\n--b--\r\n"
	return data, []string{"Content-Type", "multipart/form-data; boundary=b"}
}

// TestDocumented compares the route table, the document and the mux: each has
// what the others have and nothing more.
func TestDocumented(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	res := w.want(t, 200, "", "GET", "/openapi.json", nil)
	if res.Header.Get("Content-Type") != "application/json" || !slices.Equal(res.body, w.api.Document()) {
		t.Errorf("served as %q", res.Header.Get("Content-Type"))
	}
	if v := res.json(t)["openapi"]; v != "3.1.0" {
		t.Errorf("version %v", v)
	}
	doc := readDocument(t, res.body)
	described, ids := map[string]bool{}, map[string]bool{}
	for path, item := range doc.Paths {
		for method, op := range item {
			name := short(strings.ToUpper(method), path)
			described[name] = true
			if op.Summary == "" || len(op.Tags) != 1 || op.Tags[0] == "Other" || ids[op.OperationID] {
				t.Errorf("%s: summary %q, tags %v, id %s", name, op.Summary, op.Tags, op.OperationID)
			}
			ids[op.OperationID] = true
			if _, open := op.Responses["401"]; !open || (len(op.Security) == 0) != (verdicts[name].role == "-") {
				t.Errorf("%s: who may call it is not described", name)
			}
			for code, r := range op.Responses {
				if content, ok := r.Content["application/json"]; code >= "400" && (!ok || content.Schema.Ref != "#/components/schemas/Problem") {
					t.Errorf("%s: %s is not described as a problem", name, code)
				}
			}
		}
	}
	for _, r := range w.api.Routes() {
		if name := short(r.Method, r.Path); !described[name] {
			t.Errorf("%s is not described", name)
		} else {
			delete(described, name)
		}
	}
	for name := range described {
		t.Errorf("%s is described but no route", name)
	}
	for _, path := range []string{"/openapi.yaml", "/openapi-3.0.json", "/docs", "/schemas/User", "/orgs/" + w.org, "/auth", "/"} {
		if got := w.call(t, "OWNER", http.MethodGet, path, nil); got.StatusCode != 404 {
			t.Errorf("%s answers %d", path, got.StatusCode)
		}
	}
}

// TestWords finds words about operations that do not exist.
func TestWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	routes := map[string]bool{}
	for _, r := range w.api.Routes() {
		routes[short(r.Method, r.Path)] = true
	}
	for _, name := range api.Worded() {
		if !routes[name] {
			t.Errorf("there are words about %s, which is no route", name)
		}
	}
}
