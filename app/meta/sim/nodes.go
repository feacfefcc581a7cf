package sim

import (
	"net/http"
	"strings"
)

func (s *Sim) success(w http.ResponseWriter, r *http.Request, pnid string) {
	if _, e := s.authorize(r, pnid); e != nil {
		refuse(w, e)
		return
	}
	answer(w, http.StatusOK, obj{"success": true})
}

func (s *Sim) profile(w http.ResponseWriter, r *http.Request, pnid string) {
	n, e := s.authorize(r, pnid)
	switch {
	case e != nil:
		refuse(w, e)
	case r.Method == http.MethodPost:
		answer(w, http.StatusOK, obj{"success": true})
	default:
		answer(w, http.StatusOK, obj{"data": []any{obj{"messaging_product": "whatsapp", "about": n.VerifiedName, "vertical": "RETAIL"}}})
	}
}

func (s *Sim) phoneNumber(w http.ResponseWriter, r *http.Request, pnid string) {
	n, e := s.authorize(r, pnid)
	if e != nil {
		refuse(w, e)
		return
	}
	answer(w, http.StatusOK, n.json())
}

func (n *Number) json() obj {
	return obj{
		"id": n.PhoneNumberID, "display_phone_number": n.DisplayPhoneNumber, "verified_name": n.VerifiedName,
		"quality_rating": "GREEN", "status": "CONNECTED", "name_status": "APPROVED", "code_verification_status": "VERIFIED",
		"throughput": obj{"level": "STANDARD"}, "platform_type": "CLOUD_API", "is_on_biz_app": n.Coexistence, "account_mode": "LIVE",
		"whatsapp_business_manager_messaging_limit": "TIER_2K",
		"health_status": obj{"can_send_message": "AVAILABLE", "entities": []any{obj{"entity_type": "PHONE_NUMBER", "id": n.PhoneNumberID, "can_send_message": "AVAILABLE"}}},
	}
}

func (s *Sim) phoneNumbers(w http.ResponseWriter, r *http.Request, wabaID string) {
	if _, e := s.authorizeWABA(r, wabaID); e != nil {
		refuse(w, e)
		return
	}
	data := []any{}
	s.mu.Lock()
	for _, id := range s.order {
		if n := s.numbers[id]; n.WABAID == wabaID {
			data = append(data, n.json())
		}
	}
	s.mu.Unlock()
	answer(w, http.StatusOK, obj{"data": data, "paging": obj{"cursors": obj{"before": "QQ", "after": "QQ"}}})
}

func (s *Sim) waba(w http.ResponseWriter, r *http.Request, id string) {
	n, e := s.authorizeWABA(r, id)
	if e != nil {
		refuse(w, e)
		return
	}
	answer(w, http.StatusOK, obj{
		"id": id, "name": n.VerifiedName, "currency": "EUR", "timezone_id": "1", "country": "SE", "ownership_type": "SELF",
		"account_review_status": "APPROVED", "business_verification_status": "verified",
		"health_status": obj{"can_send_message": "AVAILABLE"},
	})
}

// subscribedApps lists, adds or removes the app that receives the webhooks of
// an account.
func (s *Sim) subscribedApps(w http.ResponseWriter, r *http.Request, wabaID string) {
	owner, e := s.authorizeWABA(r, wabaID)
	if e != nil {
		refuse(w, e)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodGet {
		data := []any{}
		if !owner.Unsubscribed {
			data = append(data, obj{"whatsapp_business_api_data": obj{"id": owner.AppID, "name": "Simulated app", "link": "https://walnutworks.example"}})
		}
		answer(w, http.StatusOK, obj{"data": data})
		return
	}
	for _, n := range s.numbers {
		if n.WABAID == wabaID {
			n.Unsubscribed = r.Method == http.MethodDelete
		}
	}
	answer(w, http.StatusOK, obj{"success": true})
}

// debugToken tells an app about a token.
func (s *Sim) debugToken(w http.ResponseWriter, r *http.Request) {
	app, secret, _ := strings.Cut(bearer(r), "|")
	token := r.URL.Query().Get("input_token")
	s.mu.Lock()
	var known bool
	var owner *Number
	var accounts []string
	for _, id := range s.order {
		n := s.numbers[id]
		if n.AccessToken == bearer(r) && n.AccessToken == token { // a token may ask about itself
			app, secret = n.AppID, n.AppSecret
		}
		known = known || n.AppID == app && n.AppSecret == secret && app != ""
		if n.AccessToken == token && token != "" {
			owner = n
			accounts = append(accounts, n.WABAID)
		}
	}
	s.mu.Unlock()
	switch {
	case !known:
		refuse(w, badToken)
	case owner == nil:
		answer(w, http.StatusOK, obj{"data": obj{"is_valid": false, "scopes": []string{}, "error": obj{"code": 190, "message": "Invalid OAuth access token."}}})
	case owner.AppID != app:
		refuse(w, bad(100, "The App_id in the input_token did not match the Viewing App."))
	default:
		scopes := []string{"whatsapp_business_management", "whatsapp_business_messaging"}
		answer(w, http.StatusOK, obj{"data": obj{
			"app_id": app, "type": "SYSTEM_USER", "is_valid": true, "expires_at": 0, "scopes": scopes,
			"granular_scopes": []any{obj{"scope": scopes[0], "target_ids": accounts}, obj{"scope": scopes[1], "target_ids": accounts}},
		}})
	}
}
