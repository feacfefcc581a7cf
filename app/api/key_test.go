package api_test

import (
	"bytes"
	"fmt"
	"testing"

	"badala/app/account"
	"badala/app/db"
	"badala/app/meta/sim"
)

func TestKeyCaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.want(t, 201, "ADMIN", "POST", "/orgs/"+w.org+"/api-keys", object{"name": "CRM", "scopes": []string{"contacts"}}).json(t)
	keys(t, "key", made, "id name prefix scopes key createdBy createdAt expiresAt lastUsedAt lastUsedIp revokedAt")
	w.token["key"] = made["key"].(string)
	if made["expiresAt"] == nil || fmt.Sprint(made["scopes"]) != "[read contacts]" {
		t.Errorf("made %v", made)
	}
	me := w.want(t, 200, "key", "GET", "/auth/me", nil).json(t)
	orgs := me["orgs"].([]any)
	if me["id"] != made["id"] || me["name"] != "CRM" || fmt.Sprint(me["scopes"]) != "[read contacts]" || len(orgs) != 1 || orgs[0].(object)["id"] != w.org {
		t.Errorf("me is %v", me)
	}
	if list := items(w.want(t, 200, "key", "GET", "/orgs", nil).json(t)); len(list) != 1 || list[0]["id"] != w.org {
		t.Errorf("orgs %v", list)
	}
	w.want(t, 403, "key", "POST", "/orgs", object{"name": "x"})
	w.want(t, 403, "key", "POST", "/auth/logout", nil)

	id := w.want(t, 201, "key", "POST", "/orgs/"+w.org+"/contacts", object{"phone": "+12125550100", "name": "Maya"}).json(t)["id"]
	lines := items(w.want(t, 200, "OWNER", "GET", fmt.Sprint("/orgs/", w.org, "/audit-log?actorId=", made["id"]), nil).json(t))
	if len(lines) != 1 {
		t.Fatalf("%d lines of the key", len(lines))
	}
	who := lines[0]["actor"].(object)
	if lines[0]["targetId"] != id || who["type"] != "API" || who["id"] != made["id"] || who["name"] != "CRM" || lines[0]["ip"] == nil {
		t.Errorf("audited as %v", lines[0])
	}
	all := items(w.want(t, 200, "ADMIN", "GET", "/orgs/"+w.org+"/api-keys", nil).json(t))
	if len(all) != 1 || all[0]["key"] != nil || all[0]["lastUsedAt"] == nil {
		t.Errorf("listed as %v", all)
	}
	w.want(t, 204, "ADMIN", "DELETE", fmt.Sprint("/orgs/", w.org, "/api-keys/", made["id"]), nil)
	if gone := w.want(t, 401, "key", "GET", "/auth/me", nil); gone.Header.Get("WWW-Authenticate") == "" {
		t.Error("401 without WWW-Authenticate")
	}
}

// TestKeyIdempotency has the same Idempotency-Key from two keys: each has its own answers.
func TestKeyIdempotency(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"one", "two"} {
		_, w.token[name] = w.key(t, account.ScopeManage)
	}
	path, body := "/orgs/"+w.org+"/invites", object{"email": "new@example.com", "role": "AGENT"}
	first := w.want(t, 201, "one", "POST", path, body, "Idempotency-Key", "k")
	again := w.want(t, 201, "one", "POST", path, body, "Idempotency-Key", "k")
	other := w.want(t, 201, "two", "POST", path, body, "Idempotency-Key", "k")
	if !bytes.Equal(first.body, again.body) || bytes.Equal(first.body, other.body) || again.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("first %s, again %s, another key's %s", first.body, again.body, other.body)
	}
	login := object{"email": "agent@example.com", "password": password}
	a := w.want(t, 200, "", "POST", "/auth/login", login, "Idempotency-Key", "k").json(t)
	b := w.want(t, 200, "", "POST", "/auth/login", login, "Idempotency-Key", "k").json(t)
	if a["token"] == b["token"] {
		t.Error("a sign-in is kept and given to the next")
	}
	file, headers := picture(t)
	headers = append(headers, "Idempotency-Key", "file")
	up := w.want(t, 201, "AGENT", "POST", "/orgs/"+w.org+"/uploads", file, headers...)
	if same := w.want(t, 201, "AGENT", "POST", "/orgs/"+w.org+"/uploads", file, headers...); !bytes.Equal(up.body, same.body) {
		t.Errorf("uploaded twice: %s and %s", up.body, same.body)
	}
	bad := append([]string{"Content-Type", "application/json", "Idempotency-Key", "no file"}, "X-Org-Id", w.org)
	w.want(t, 415, "AGENT", "POST", "/orgs/"+w.org+"/uploads", string(sim.SamplePicture()), bad...)
}

// TestKeyRates gives each key its own calls, and fewer searches.
func TestKeyRates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"busy", "calm"} {
		_, w.token[name] = w.key(t, account.ScopeRead)
	}
	search := "/orgs/" + w.org + "/search?q=x"
	refused := 0
	for range 70 {
		if a := w.call(t, "busy", "GET", search, nil); a.StatusCode == 429 && a.Header.Get("Retry-After") != "" {
			refused++
		}
	}
	if refused == 0 {
		t.Error("70 searches in a row pass")
	}
	w.want(t, 200, "busy", "GET", "/orgs", nil)
	w.want(t, 200, "calm", "GET", search, nil)
	refused = 0
	for range 660 {
		if a := w.call(t, "busy", "GET", "/auth/me", nil); a.StatusCode == 429 && a.Header.Get("Retry-After") != "" {
			refused++
		}
	}
	if refused == 0 {
		t.Error("660 calls in a row pass")
	}
	w.want(t, 200, "calm", "GET", "/auth/me", nil)
}

// TestKeyElsewhere keeps a key in its organisation, whatever the header says.
func TestKeyElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, w.token["key"] = w.key(t, account.AllScopes[:]...)
	w.want(t, 403, "key", "GET", "/orgs/"+w.other+"/contacts", nil)
	w.want(t, 403, "key", "GET", "/orgs/"+w.other+"/contacts", nil, "x-org-id", w.other)
	w.want(t, 400, "key", "GET", "/orgs/"+w.org+"/contacts", nil, "x-org-id", w.other)
	w.want(t, 200, "key", "GET", "/orgs/"+w.org+"/contacts", nil, "x-org-id", w.org)
	w.want(t, 403, "key", "GET", "/orgs/"+db.FormatID("org", 7)+"/contacts", nil)
}
