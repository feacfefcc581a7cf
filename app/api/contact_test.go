package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestUpsertContact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/orgs/" + w.org + "/contacts"
	body := `{"name": "Nora Lindqvist", "phone": "+46 70-174 06 11", "email": "Nora@Example.com", "tags": ["VIP", "Lagos"], "externalId": "crm-73",
		"marketingConsent": true, "company": {"name": "Walnut Works", "jobTitle": "Buyer"}, "customFields": {"size": "M", "visits": 12345678901234567890, "vip": true},
		"notes": "likes tea", "unheardOf": [1]}`
	c := w.want(t, 201, "AGENT", "POST", path, body).json(t)
	company := c["company"].(map[string]any)
	custom := c["customFields"].(map[string]any)
	if c["phone"] != "+46701740611" || c["email"] != "nora@example.com" || c["externalId"] != "crm-73" || c["marketingConsent"] != true || c["source"] != "API" ||
		company["name"] != "Walnut Works" || company["website"] != nil || custom["visits"] != "12345678901234567890" || custom["vip"] != "true" || len(c["tags"].([]any)) != 2 {
		t.Errorf("%v", c)
	}
	if again := w.want(t, 200, "AGENT", "POST", path, body).json(t); again["id"] != c["id"] || again["updatedAt"] != c["updatedAt"] {
		t.Errorf("%v", again)
	}
	if found := w.want(t, 200, "AGENT", "POST", path, `{"externalId": "crm-73", "notes": null}`).json(t); found["id"] != c["id"] || found["notes"] != nil || found["name"] != "Nora Lindqvist" {
		t.Errorf("%v", found)
	}
	other := w.want(t, 201, "AGENT", "POST", path, `{"phone": "+46701740622"}`).json(t)
	two := w.want(t, 409, "AGENT", "POST", path, `{"phone": "+46701740622", "externalId": "crm-73"}`).json(t)
	for _, id := range []any{c["id"], other["id"]} {
		if !strings.Contains(two["message"].(string), id.(string)) {
			t.Errorf("%v does not name %v", two, id)
		}
	}
	if twice := w.want(t, 201, "AGENT", "POST", path, `{"phone": "+46701740633"}`, "Idempotency-Key", "k1").json(t); w.want(t, 201, "AGENT", "POST", path, `{"phone": "+46701740633"}`, "Idempotency-Key", "k1").json(t)["id"] != twice["id"] {
		t.Error("another answer")
	}
}

func TestUpsertContactNamesEveryFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/orgs/" + w.org + "/contacts"
	for body, fields := range map[string][]string{
		`{}`: {"phone"},
		`{"phone": "call me", "email": "nobody", "company": {"name": "` + strings.Repeat("x", 300) + `"}}`:                    {"company.name", "email", "phone"},
		`{"phone": 46701740611, "tags": "VIP", "marketingConsent": "yes", "customFields": {"a": {}}, "company": {"name": 5}}`: {"company.name", "customFields.a", "marketingConsent", "phone", "tags"},
		`{"phone": "+46701740611", "tags": ["` + strings.Repeat("x", 61) + `"]}`:                                              {"tag"},
	} {
		a := w.call(t, "AGENT", "POST", path, body)
		if a.StatusCode != 400 && a.StatusCode != 422 {
			t.Errorf("%d %s", a.StatusCode, a.body)
			continue
		}
		var got []string
		for _, d := range a.json(t)["details"].([]any) {
			field, _, _ := strings.Cut(d.(string), ":")
			got = append(got, field)
		}
		slices.Sort(got)
		if !slices.Equal(slices.Compact(got), fields) {
			t.Errorf("%s names %v, want %v", a.body, got, fields)
		}
	}
}

func TestPatchContact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/orgs/" + w.org + "/contacts"
	c := w.want(t, 201, "AGENT", "POST", path, `{"phone": "+46701740611", "name": "Nora", "email": "n@example.com", "marketingConsent": true, "tags": ["VIP"],
		"company": {"name": "Walnut Works", "jobTitle": "Buyer"}, "customFields": {"size": "M", "colour": "red"}}`).json(t)
	one := path + "/" + c["id"].(string)
	got := w.want(t, 200, "AGENT", "PATCH", one, `{"name": "Nora L.", "marketingConsent": null, "company": {"jobTitle": null}, "customFields": {"size": null, "fit": "slim"}}`).json(t)
	company, custom := got["company"].(map[string]any), got["customFields"].(map[string]any)
	if got["name"] != "Nora L." || got["marketingConsent"] != nil || got["email"] != "n@example.com" || company["name"] != "Walnut Works" || company["jobTitle"] != nil ||
		len(custom) != 2 || custom["fit"] != "slim" || len(got["tags"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
	got = w.want(t, 200, "AGENT", "PATCH", one, `{"company": null, "customFields": null, "tags": null, "email": null}`).json(t)
	if len(got["customFields"].(map[string]any)) != 0 || len(got["tags"].([]any)) != 0 || got["email"] != nil || got["company"].(map[string]any)["name"] != nil {
		t.Errorf("%v", got)
	}
	if same := w.want(t, 200, "AGENT", "PATCH", one, `{}`).json(t); same["updatedAt"] != got["updatedAt"] {
		t.Error("nothing changed something")
	}
	w.want(t, 404, "STRANGER", "PATCH", strings.Replace(one, w.org, w.other, 1), `{"name": "mine"}`)
	w.want(t, 404, "STRANGER", "DELETE", strings.Replace(one, w.org, w.other, 1), nil)
	w.want(t, 403, "AGENT", "DELETE", one, nil)
	w.want(t, 204, "SUPERVISOR", "DELETE", one, nil)
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		w.want(t, 404, "SUPERVISOR", method, one, bodyFor(method))
	}
}

func TestListContacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/orgs/" + w.org + "/contacts"
	for i := range 5 {
		w.want(t, 201, "AGENT", "POST", path, fmt.Sprintf(`{"phone": "+4670174061%d", "externalId": "crm-%d", "name": "N%d", "marketingConsent": %v, "tags": ["T%d"]}`, i, i, 9-i, i == 1, i%2))
	}
	first := w.want(t, 200, "AGENT", "GET", path+"?externalId=crm-0", nil).json(t)["items"].([]any)[0].(map[string]any)
	w.want(t, 200, "AGENT", "PATCH", path+"/"+first["id"].(string), `{"notes": "touched"}`)
	touched := w.want(t, 200, "AGENT", "GET", path+"/"+first["id"].(string), nil).json(t)["updatedAt"].(string)
	for query, want := range map[string]string{
		"":                                   "N5 N6 N7 N8 N9",
		"?sort=name":                         "N5 N6 N7 N8 N9",
		"?sort=updated":                      "N9 N5 N6 N7 N8",
		"?search=N7":                         "N7",
		"?tag=t1":                            "N6 N8",
		"?marketingConsent=true":             "N8",
		"?source=IMPORT":                     "",
		"?phone=%2B46701740612":              "N7",
		"?phone=46701740612":                 "N7",
		"?phone=nonsense":                    "",
		"?externalId=crm-4":                  "N5",
		"?externalId=crm-9":                  "",
		"?externalId=crm-4&tag=T1":           "",
		"?updatedSince=2100-01-01T00:00:00Z": "",
		"?updatedSince=" + touched:           "N9",
		"?skip=3":                            "N8 N9",
	} {
		out := w.want(t, 200, "AGENT", "GET", path+query, nil).json(t)
		if got := names(out); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
		if n := int(out["total"].(float64)); n != len(strings.Fields(want)) && query != "?skip=3" {
			t.Errorf("%s: total %d", query, n)
		}
	}
	for _, sort := range []string{"newest", "name", "updated"} {
		var got []string
		for cursor := ""; ; {
			out := w.want(t, 200, "AGENT", "GET", path+"?take=2&sort="+sort+"&cursor="+url.QueryEscape(cursor), nil).json(t)
			got = append(got, names(out))
			if out["nextCursor"] == nil {
				break
			}
			cursor = out["nextCursor"].(string)
		}
		if want := names(w.want(t, 200, "AGENT", "GET", path+"?sort="+sort, nil).json(t)); strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", sort, got, want)
		}
	}
	for _, query := range []string{"?take=201", "?take=0", "?skip=-1", "?skip=10001", "?sort=other", "?updatedSince=yesterday", "?importId=tag_1", "?cursor=%21", "?marketingConsent=maybe"} {
		if a := w.call(t, "AGENT", "GET", path+query, nil); a.StatusCode != 400 && a.StatusCode != 422 {
			t.Errorf("%s: %d", query, a.StatusCode)
		}
	}
}

func names(out map[string]any) string {
	var all []string
	for _, c := range out["items"].([]any) {
		all = append(all, c.(map[string]any)["name"].(string))
	}
	return strings.Join(all, " ")
}

func TestTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/orgs/" + w.org + "/tags"
	vip := w.want(t, 201, "SUPERVISOR", "POST", path, `{"name": "VIP"}`).json(t)
	if vip["name"] != "VIP" || vip["colour"] == "" || vip["contacts"] != 0.0 {
		t.Errorf("%v", vip)
	}
	if taken := w.want(t, 409, "SUPERVISOR", "POST", path, `{"name": "vip"}`).json(t); taken["code"] != "tag_taken" {
		t.Errorf("%v", taken)
	}
	w.want(t, 422, "SUPERVISOR", "POST", path, `{"name": "x", "colour": "pink"}`)
	w.want(t, 400, "SUPERVISOR", "POST", path, `{}`)
	c := w.want(t, 201, "AGENT", "POST", "/orgs/"+w.org+"/contacts", `{"phone": "+46701740611", "tags": ["vip", "Lead"]}`).json(t)
	one := path + "/" + vip["id"].(string)
	if got := w.want(t, 200, "SUPERVISOR", "PATCH", one, `{"colour": "teal"}`).json(t); got["colour"] != "teal" || got["name"] != "VIP" || got["contacts"] != 1.0 {
		t.Errorf("%v", got)
	}
	w.want(t, 409, "SUPERVISOR", "PATCH", one, `{"name": "LEAD"}`)
	if all := w.want(t, 200, "VIEWER", "GET", path, nil).json(t); all["total"] != 2.0 || names(all) != "Lead VIP" {
		t.Errorf("%v", all)
	}
	w.want(t, 404, "STRANGER", "DELETE", "/orgs/"+w.other+"/tags/"+vip["id"].(string), nil)
	w.want(t, 204, "SUPERVISOR", "DELETE", one, nil)
	if got := w.want(t, 200, "VIEWER", "GET", "/orgs/"+w.org+"/contacts/"+c["id"].(string), nil).json(t); len(got["tags"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
}
