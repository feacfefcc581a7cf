package api_test

import (
	"strings"
	"testing"

	"badala/app/meta/sim"
)

// TestTemplates goes through the life of a template, and what is refused.
func TestTemplates(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	base := c.base + "/channels/" + c.channel["id"].(string) + "/templates"
	if r := c.want(t, 200, "ADMIN", "POST", base+"/sync", nil).json(t); r["total"].(float64) != float64(len(sim.SampleTemplates())) || r["gone"].(float64) != 0 {
		t.Errorf("synced %v", r)
	}
	list := c.want(t, 200, "VIEWER", "GET", base+"?category=marketing&sendable=true&take=2", nil).json(t)
	if len(items(list)) != 2 || list["total"].(float64) != 4 {
		t.Errorf("listed %v of %v", len(items(list)), list["total"])
	}
	offer := items(c.want(t, 200, "VIEWER", "GET", base+"?search=weekend", nil).json(t))[0]
	var needs []string
	for _, n := range offer["needs"].([]any) {
		needs = append(needs, n.(object)["key"].(string))
	}
	if got := strings.Join(needs, " "); got != "header body.1 button.0 button.1 expiresAt" {
		t.Errorf("needs %s", got)
	}
	made := c.want(t, 201, "ADMIN", "POST", base, object{"name": "order_ready_2", "language": "en_US", "category": "UTILITY",
		"components": []object{{"type": "BODY", "text": "Hello {{1}}, it is ready.", "example": object{"body_text": [][]string{{"Maya"}}}}}}).json(t)
	one := base + "/" + made["id"].(string)
	eventually(t, "the review is through", func() bool {
		return c.want(t, 200, "VIEWER", "GET", one, nil).json(t)["status"] == "APPROVED"
	})
	wrong := c.want(t, 400, "ADMIN", "PATCH", one, object{"components": []object{{"type": "BODY", "text": "{{1}}"}}}).json(t)
	if d := wrong["details"].([]any); len(d) < 2 || !strings.Contains(d[0].(string), "body") {
		t.Errorf("refused with %v", wrong)
	}
	c.want(t, 200, "ADMIN", "PATCH", one, object{"components": []object{{"type": "BODY", "text": "It is ready."}}})
	c.want(t, 204, "ADMIN", "DELETE", one, nil)
	if all := items(c.want(t, 200, "VIEWER", "GET", base+"?search=order_ready_2", nil).json(t)); len(all) != 0 {
		t.Errorf("after the end: %v", all)
	}
}

// TestTemplateRefused sends what cannot be sent: every failure says why.
func TestTemplateRefused(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	send := c.base + "/channels/" + c.channel["id"].(string) + "/templates/send"
	for _, v := range []struct {
		status int
		body   object
		want   string
	}{
		{400, object{"to": "nobody", "templateName": "hello_world", "templateLanguage": "en_US"}, "to: not a phone number with country code"},
		{400, object{"to": "+12125550198"}, "templateName: is missing"},
		{422, object{"to": "+12125550198", "templateName": "no_such", "templateLanguage": "en_US"}, "templateName: there is no template of this name"},
		{422, object{"to": "+12125550198", "templateName": "shipping_update", "templateLanguage": "de"}, "templateLanguage: this template exists in en_US, fr"},
		{422, object{"to": "+12125550198", "templateName": "autumn_offer_v2", "templateLanguage": "en_US", "variables": []string{"a"}}, "template_status"},
		{422, object{"to": "+12125550198", "templateName": "spring_catalog", "templateLanguage": "en_US"}, "template_kind"},
		{400, object{"to": "+12125550198", "templateName": "shipping_update", "templateLanguage": "en_US", "variables": []string{"a"}}, "variables.2: is missing"},
		{400, object{"to": "+12125550198", "templateName": "autumn_offer", "templateLanguage": "en_US", "variables": []string{"a"}, "header": object{"uploadKey": "none"}}, "header: there is no such upload"},
		{422, object{"to": "+12125550198", "templateName": "shipping_update", "templateLanguage": "en_US", "variables": "a"}, "variables"},
	} {
		if a := c.want(t, v.status, "AGENT", "POST", send, v.body); !strings.Contains(string(a.body), v.want) {
			t.Errorf("%v: %s, want %s", v.body, a.body, v.want)
		}
	}
	if all := items(c.want(t, 200, "AGENT", "GET", c.base+"/contacts?search=12125550198", nil).json(t)); len(all) != 0 {
		t.Errorf("a refused template made %v", all)
	}
	c.want(t, 201, "AGENT", "POST", c.base+"/contacts", object{"phone": "+12125550198", "marketingConsent": false})
	marketing := object{"to": "+12125550198", "templateName": "workshop_tour", "templateLanguage": "en_US", "header": "https://files.example.com/tour.mp4"}
	if a := c.want(t, 409, "AGENT", "POST", send, marketing); !strings.Contains(string(a.body), "no_consent") {
		t.Errorf("marketing against their word: %s", a.body)
	}
	utility := object{"to": "+12125550198", "templateName": "hello_world", "templateLanguage": "en_US"}
	c.want(t, 201, "AGENT", "POST", send, utility)
	c.sim.Misbehave(sim.Behaviour{FailNext: 1, FailCode: 131026})
	if a := c.want(t, 502, "AGENT", "POST", send, utility); !strings.Contains(string(a.body), "131026") {
		t.Errorf("%s", a.body)
	}
	async := c.want(t, 202, "AGENT", "POST", send, utility, "Prefer", "respond-async").json(t)
	if m := async["message"].(object); m["status"] != "PENDING" && m["status"] != "SENT" {
		t.Errorf("%v", m)
	}
}
