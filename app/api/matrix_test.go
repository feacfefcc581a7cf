package api_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"badala/app/account"
	"badala/app/db"
)

// verdict says who is let in: the lowest role, and the scopes of which a key
// needs one. Role "" is anybody with a token, "-" anybody at all; scopes "people"
// is no key.
type verdict struct {
	role   account.Role
	scopes string
}

const (
	every  = "read messages contacts manage"
	people = "people"
)

// verdicts is the verdict on each route. A route that is not here fails the test.
var verdicts = map[string]verdict{
	"POST /auth/login":  {"-", every},
	"POST /auth/logout": {"", people},
	"GET /auth/me":      {"", every},
	"GET /orgs":         {"", every},
	"POST /orgs":        {"", people},

	"GET /O/members":                     {account.Viewer, every},
	"PATCH /O/members/{userId}":          {account.Admin, "manage"},
	"DELETE /O/members/{userId}":         {account.Admin, "manage"},
	"GET /O/members/{userId}/presence":   {account.Viewer, every},
	"PATCH /O/members/{userId}/presence": {account.Agent, "messages"},
	"POST /O/members/{userId}/hand-over": {account.Agent, "messages"},
	"GET /O/invites":                     {account.Admin, "manage"},
	"POST /O/invites":                    {account.Admin, "manage"},
	"DELETE /O/invites/{inviteId}":       {account.Admin, "manage"},

	"GET /O/channels":                {account.Viewer, every},
	"POST /O/channels":               {account.Admin, "manage"},
	"GET /O/channels/{channelId}":    {account.Viewer, every},
	"PATCH /O/channels/{channelId}":  {account.Admin, "manage"},
	"DELETE /O/channels/{channelId}": {account.Admin, "manage"},

	"GET /O/channels/{channelId}/templates":                 {account.Viewer, every},
	"POST /O/channels/{channelId}/templates":                {account.Admin, "manage"},
	"POST /O/channels/{channelId}/templates/sync":           {account.Admin, "manage"},
	"POST /O/channels/{channelId}/templates/send":           {account.Agent, "messages"},
	"GET /O/channels/{channelId}/templates/{templateId}":    {account.Viewer, every},
	"PATCH /O/channels/{channelId}/templates/{templateId}":  {account.Admin, "manage"},
	"DELETE /O/channels/{channelId}/templates/{templateId}": {account.Admin, "manage"},

	"GET /O/channels/{channelId}/office-hours":   {account.Viewer, every},
	"PATCH /O/channels/{channelId}/office-hours": {account.Admin, "manage"},

	"GET /O/channels/{channelId}/assignment":   {account.Viewer, every},
	"PATCH /O/channels/{channelId}/assignment": {account.Admin, "manage"},

	"GET /O/channels/{channelId}/waiting-alarm":   {account.Viewer, every},
	"PATCH /O/channels/{channelId}/waiting-alarm": {account.Admin, "manage"},

	"GET /O/contacts":                {account.Viewer, every},
	"GET /O/contacts/{contactId}":    {account.Viewer, every},
	"POST /O/contacts":               {account.Agent, "contacts"},
	"PATCH /O/contacts/{contactId}":  {account.Agent, "contacts"},
	"DELETE /O/contacts/{contactId}": {account.Supervisor, "contacts"},

	"POST /O/contacts/import":                    {account.Agent, "contacts"},
	"GET /O/contacts/imports/{importId}":         {account.Agent, "contacts"},
	"GET /O/contacts/imports/{importId}/report":  {account.Agent, "contacts"},
	"POST /O/contacts/imports/{importId}/cancel": {account.Agent, "contacts"},
	"POST /O/contacts/imports/{importId}/undo":   {account.Agent, "contacts"},
	"GET /O/contacts/export":                     {account.Agent, "contacts"},

	"GET /O/tags":                {account.Viewer, every},
	"POST /O/tags":               {account.Supervisor, "manage"},
	"PATCH /O/tags/{tagId}":      {account.Supervisor, "manage"},
	"POST /O/tags/{tagId}/merge": {account.Supervisor, "manage"},
	"DELETE /O/tags/{tagId}":     {account.Supervisor, "manage"},

	"GET /O/conversations":                             {account.Viewer, every},
	"GET /O/conversations/{conversationId}":            {account.Viewer, every},
	"PATCH /O/conversations/{conversationId}/status":   {account.Agent, "messages"},
	"PATCH /O/conversations/{conversationId}/assignee": {account.Agent, "messages"},
	"PATCH /O/conversations/{conversationId}/tags":     {account.Agent, "messages"},
	"POST /O/conversations/{conversationId}/snooze":    {account.Agent, "messages"},
	"POST /O/conversations/{conversationId}/read":      {account.Agent, "messages"},
	"POST /O/conversations/{conversationId}/notes":     {account.Agent, "messages"},
	"GET /O/conversations/{conversationId}/messages":   {account.Viewer, every},
	"POST /O/conversations/{conversationId}/messages":  {account.Agent, "messages"},

	"GET /O/broadcasts":                          {account.Viewer, every},
	"POST /O/broadcasts":                         {account.Supervisor, "manage"},
	"POST /O/broadcasts/audience":                {account.Supervisor, "manage"},
	"POST /O/broadcasts/preview":                 {account.Supervisor, "manage"},
	"POST /O/broadcasts/test":                    {account.Supervisor, "manage"},
	"GET /O/broadcasts/settings":                 {account.Viewer, every},
	"PATCH /O/broadcasts/settings":               {account.Supervisor, "manage"},
	"GET /O/broadcasts/{broadcastId}":            {account.Viewer, every},
	"PATCH /O/broadcasts/{broadcastId}":          {account.Supervisor, "manage"},
	"DELETE /O/broadcasts/{broadcastId}":         {account.Supervisor, "manage"},
	"POST /O/broadcasts/{broadcastId}/start":     {account.Supervisor, "manage"},
	"POST /O/broadcasts/{broadcastId}/pause":     {account.Supervisor, "manage"},
	"POST /O/broadcasts/{broadcastId}/resume":    {account.Supervisor, "manage"},
	"POST /O/broadcasts/{broadcastId}/cancel":    {account.Supervisor, "manage"},
	"POST /O/broadcasts/{broadcastId}/retry":     {account.Supervisor, "manage"},
	"GET /O/broadcasts/{broadcastId}/recipients": {account.Viewer, every},
	"GET /O/broadcasts/{broadcastId}/export":     {account.Supervisor, "manage"},

	"GET /O/search": {account.Viewer, every},

	"GET /O/canned-responses":               {account.Viewer, every},
	"POST /O/canned-responses":              {account.Agent, "messages manage"},
	"PATCH /O/canned-responses/{cannedId}":  {account.Agent, "messages manage"},
	"DELETE /O/canned-responses/{cannedId}": {account.Agent, "messages manage"},

	"POST /O/uploads": {account.Agent, "messages"},

	"GET /O/api-keys":            {account.Admin, people},
	"POST /O/api-keys":           {account.Admin, people},
	"PATCH /O/api-keys/{keyId}":  {account.Admin, people},
	"DELETE /O/api-keys/{keyId}": {account.Admin, people},

	"GET /O/webhooks":                                                {account.Admin, "manage"},
	"POST /O/webhooks":                                               {account.Admin, "manage"},
	"GET /O/webhooks/{webhookId}":                                    {account.Admin, "manage"},
	"PATCH /O/webhooks/{webhookId}":                                  {account.Admin, "manage"},
	"DELETE /O/webhooks/{webhookId}":                                 {account.Admin, "manage"},
	"POST /O/webhooks/{webhookId}/resume":                            {account.Admin, "manage"},
	"POST /O/webhooks/{webhookId}/rotate-secret":                     {account.Admin, "manage"},
	"POST /O/webhooks/{webhookId}/promote-secret":                    {account.Admin, "manage"},
	"DELETE /O/webhooks/{webhookId}/staged-secret":                   {account.Admin, "manage"},
	"POST /O/webhooks/{webhookId}/test":                              {account.Admin, "manage"},
	"GET /O/webhooks/{webhookId}/deliveries":                         {account.Admin, "manage"},
	"GET /O/webhooks/{webhookId}/deliveries/{deliveryId}":            {account.Admin, "manage"},
	"POST /O/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver": {account.Admin, "manage"},
	"POST /O/webhooks/{webhookId}/redeliver-failed":                  {account.Admin, "manage"},
	"GET /O/webhook-events":                                          {account.Viewer, every},

	"GET /O/events":    {account.Viewer, every},
	"GET /O/audit-log": {account.Admin, "manage"},

	"GET /O/retention":         {account.Admin, people},
	"PUT /O/retention":         {account.Admin, people},
	"GET /O/retention/preview": {account.Admin, people},
}

// callers are the users of a world and what their tokens are.
var callers = []string{"", "OWNER", "ADMIN", "SUPERVISOR", "AGENT", "VIEWER", "STRANGER", "DISABLED", "bad",
	"key:read", "key:messages", "key:contacts", "key:manage", "key:expired", "key:revoked", "key:typo", "key:elsewhere"}

// TestAccess calls every route as everybody. Ids in paths name nothing, so who
// is let in gets no further than 404 or a complaint about the body.
func TestAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addKeys(t)
	seen := map[string]bool{}
	for _, r := range w.api.Routes() {
		name := short(r.Method, r.Path)
		seen[name] = true
		v, ok := verdicts[name]
		if !ok {
			t.Errorf("no verdict on %s", name)
			continue
		}
		for _, who := range callers {
			if name == "POST /auth/logout" && verdicts["GET /auth/me"].on(who) == 0 && !strings.HasPrefix(who, "key:") {
				continue // it would end the token that the other routes need
			}
			got := w.call(t, who, r.Method, w.fill(r.Path), bodyFor(r.Method)).StatusCode
			if want := v.on(who); got != want && (want != 0 || got == 401 || got == 403 || got >= 500) {
				t.Errorf("%s as %q: %d, want %d", name, who, got, want)
			}
		}
	}
	for name := range verdicts {
		if !seen[name] {
			t.Errorf("%s has a verdict but is no route", name)
		}
	}
}

// on is the status with which somebody is refused, or 0 if they are let in.
func (v verdict) on(who string) int {
	scope, key := strings.CutPrefix(who, "key:")
	switch {
	case v.role == "-":
		return 0
	case who == "", who == "bad", scope == "expired", scope == "revoked", scope == "typo":
		return 401
	case key && v.scopes == people:
		return 403
	case v.role == "":
		return 0
	case who == "STRANGER", who == "DISABLED", scope == "elsewhere":
		return 403
	case key && !slices.Contains(strings.Fields(v.scopes), scope):
		return 403
	case !key && !account.Role(who).AtLeast(v.role):
		return 403
	}
	return 0
}

// addKeys makes the keys of callers.
func (w *world) addKeys(t testing.TB) {
	t.Helper()
	add := func(name, owner string, scopes ...account.Scope) account.Key {
		k, token, err := w.accounts.CreateKey(t.Context(), w.actor[owner], account.KeyInput{Name: name, Scopes: scopes})
		if err != nil {
			t.Fatal(err)
		}
		w.token["key:"+name] = token
		return k
	}
	for _, scope := range account.AllScopes {
		add(string(scope), "ADMIN", scope)
	}
	add("elsewhere", "STRANGER", account.AllScopes[:]...)
	revoked, expired := add("revoked", "ADMIN", account.AllScopes[:]...), add("expired", "ADMIN", account.AllScopes[:]...)
	if err := w.accounts.RevokeKey(t.Context(), w.actor["OWNER"], revoked.ID); err != nil {
		t.Fatal(err)
	}
	w.expire(t, expired.ID)
	typo := []byte(w.token["key:read"])
	typo[20]++
	w.token["key:typo"] = string(typo)
}

// expire ends a key in the past.
func (w *world) expire(t testing.TB, key int64) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE api_key SET expires_at = 1 WHERE id = ?`, key)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// fill puts the organisation and ids of nothing into a path.
func (w *world) fill(path string) string {
	ids := map[string]string{"orgId": w.org}
	for name, prefix := range prefixes {
		ids[name] = db.FormatID(prefix, 1)
	}
	return at(path, ids)
}

// prefixes are how the ids of path parameters begin.
var prefixes = map[string]string{
	"userId": "user", "inviteId": "inv", "channelId": "chan", "contactId": "contact", "tagId": "tag", "conversationId": "conv",
	"cannedId": "canned", "broadcastId": "bc", "templateId": "tmpl", "keyId": "key", "webhookId": "hook", "deliveryId": "dlv",
}

func bodyFor(method string) any {
	if method == http.MethodGet || method == http.MethodDelete {
		return nil
	}
	return "{}"
}

// TestTenants names a thing of the other organisation in every place of every
// path: it is not there.
func TestTenants(t *testing.T) {
	t.Parallel()
	f := newFilled(t)
	doc, bodies := readDocument(t, f.api.Document()), f.bodies()
	for _, r := range f.api.Routes() {
		name := short(r.Method, r.Path)
		for _, param := range params(r.Path) {
			foreign, ok := f.foreign[param]
			if !ok {
				t.Errorf("%s: nothing of the other organisation for %s", name, param)
				continue
			}
			if param == "orgId" {
				continue // TestAccess
			}
			ids := maps.Clone(f.own)
			ids[param] = foreign
			body := bodies[name]
			if body == nil {
				body = doc.Paths[r.Path][strings.ToLower(r.Method)].RequestBody.Content["application/json"].Example
			}
			if got := f.call(t, "OWNER", r.Method, at(r.Path, ids), body); got.StatusCode != 404 || strings.Contains(string(got.body), "details") {
				t.Errorf("%s with another organisation's %s: %d %s", name, param, got.StatusCode, got.body)
			}
		}
	}
}
