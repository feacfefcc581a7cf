package meta_test

import (
	"io"
	"net/http"
	"testing"

	"badala/app/meta"
)

func TestNodes(t *testing.T) {
	t.Parallel()
	const number = `{"id":"601448210093142","display_phone_number":"+1 212-555-0142","verified_name":"Walnut Works","quality_rating":"GREEN",
		"status":"CONNECTED","throughput":{"level":"STANDARD"},"is_on_biz_app":true,
		"health_status":{"can_send_message":"LIMITED","entities":[{"entity_type":"WABA","errors":[{"error_code":141010,"error_description":"unverified","possible_solution":"verify"}]}]}}`
	c := graph(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.Path {
		case "GET /v26.0/601448210093142":
			io.WriteString(w, number)
		case "GET /v26.0/7/phone_numbers":
			if r.URL.Query().Get("after") == "" {
				io.WriteString(w, `{"data":[`+number+`],"paging":{"cursors":{"after":"QVFI"},"next":"https://x"}}`)
				return
			}
			io.WriteString(w, `{"data":[{"id":604990127735180}],"paging":{"cursors":{"after":"QVFJ"}}}`)
		case "GET /v26.0/7":
			io.WriteString(w, `{"id":"7","name":"Walnut","account_review_status":"APPROVED"}`)
		case "GET /v26.0/debug_token":
			if r.Header.Get("Authorization") != "Bearer 55|shh" || r.URL.Query().Get("input_token") != "EAAG-token" {
				t.Errorf("%s %v", r.URL, r.Header)
			}
			io.WriteString(w, `{"data":{"app_id":"55","is_valid":true,"expires_at":0,"scopes":["whatsapp_business_messaging"],
				"granular_scopes":[{"scope":"whatsapp_business_messaging","target_ids":["7",8]}]}}`)
		case "GET /v26.0/7/subscribed_apps":
			io.WriteString(w, `{"data":[{"whatsapp_business_api_data":{"id":"55","name":"Inbox"}}]}`)
		default:
			io.WriteString(w, `{"success":true}`)
		}
	})
	ctx := t.Context()
	n, err := c.PhoneNumber(ctx, creds, "601448210093142")
	if err != nil || n.VerifiedName != "Walnut Works" || n.Throughput != "STANDARD" || !n.OnBusinessApp || n.CanSend != "LIMITED" ||
		len(n.Problems) != 1 || n.Problems[0].Code != 141010 {
		t.Errorf("%+v %v", n, err)
	}
	all, err := c.PhoneNumbers(ctx, creds, "7")
	if err != nil || len(all) != 2 || all[1].ID != "604990127735180" {
		t.Errorf("%+v %v", all, err)
	}
	w, err := c.WABA(ctx, creds, "7")
	if err != nil || w.Name != "Walnut" {
		t.Errorf("%+v %v", w, err)
	}
	token, err := c.DebugToken(ctx, "55", "shh", "EAAG-token")
	if err != nil || !token.IsValid || token.AppID != "55" || !token.ExpiresAt.IsZero() ||
		!token.Allows("whatsapp_business_messaging", "8") || token.Allows("whatsapp_business_messaging", "9") ||
		token.Allows("whatsapp_business_management", "") {
		t.Errorf("%+v %v", token, err)
	}
	apps, err := c.SubscribedApps(ctx, creds, "7")
	if err != nil || len(apps) != 1 || apps[0] != (meta.SubscribedApp{ID: "55", Name: "Inbox"}) {
		t.Errorf("%+v %v", apps, err)
	}
	if err := c.SubscribeApp(ctx, creds, "7"); err != nil {
		t.Error(err)
	}
	if err := c.Register(ctx, creds, "601448210093142", "482913"); err != nil {
		t.Error(err)
	}
	if err := c.DeleteMedia(ctx, creds, "12"); err != nil {
		t.Error(err)
	}
}
