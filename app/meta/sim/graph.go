package sim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

var versionPart = regexp.MustCompile(`^v[0-9]+\.[0-9]+$`)

// refusal is a Graph error in the making.
type refusal struct {
	status, code int
	details      string
}

func bad(code int, details string) *refusal { return &refusal{http.StatusBadRequest, code, details} }

var (
	badToken   = &refusal{http.StatusUnauthorized, 190, "The access token could not be decrypted."}
	noSuchNode = &refusal{http.StatusBadRequest, 33, "Object does not exist, cannot be loaded due to missing permissions, or does not support this operation."}
)

// ServeHTTP answers Graph API calls.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.learnBase(r)
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if versionPart.MatchString(parts[0]) {
		parts = parts[1:]
	}
	switch {
	case len(parts) == 1 && parts[0] == "debug_token":
		s.debugToken(w, r)
	case len(parts) > 1 && parts[0] == "lookaside":
		s.lookaside(w, r)
	case len(parts) == 2 && parts[0] == "samples":
		s.sample(w, parts[1])
	case len(parts) == 2:
		s.edge(w, r, parts[0], parts[1])
	case len(parts) == 1 && parts[0] != "":
		s.node(w, r, parts[0])
	default:
		refuse(w, noSuchNode)
	}
}

// edge answers /{id}/{name}.
func (s *Sim) edge(w http.ResponseWriter, r *http.Request, id, name string) {
	switch r.Method + " " + name {
	case "POST messages", "POST marketing_messages":
		s.postMessage(w, r, id)
	case "POST media":
		s.upload(w, r, id)
	case "POST register", "POST deregister", "POST request_code", "POST verify_code":
		s.success(w, r, id)
	case "GET whatsapp_business_profile", "POST whatsapp_business_profile":
		s.profile(w, r, id)
	case "GET subscribed_apps", "POST subscribed_apps", "DELETE subscribed_apps":
		s.subscribedApps(w, r, id)
	case "GET phone_numbers":
		s.phoneNumbers(w, r, id)
	case "GET message_templates":
		s.listTemplates(w, r, id)
	case "POST message_templates":
		s.createTemplate(w, r, id)
	case "DELETE message_templates":
		s.deleteTemplates(w, r, id)
	case "POST uploads":
		s.startUpload(w, r, id)
	default:
		refuse(w, noSuchNode)
	}
}

// node answers /{id}: a number, an account or a file.
func (s *Sim) node(w http.ResponseWriter, r *http.Request, id string) {
	s.mu.Lock()
	_, isNumber := s.numbers[id]
	isFile := s.media.files[id] != nil
	s.mu.Unlock()
	switch {
	case isFile && r.Method == http.MethodGet:
		s.mediaInfo(w, r, id)
	case isFile && r.Method == http.MethodDelete:
		s.deleteMedia(w, r, id)
	case isNumber && r.Method == http.MethodGet:
		s.phoneNumber(w, r, id)
	case isNumber && r.Method == http.MethodPost:
		s.success(w, r, id)
	case r.Method == http.MethodGet:
		s.waba(w, r, id)
	case r.Method == http.MethodPost && strings.HasPrefix(id, "upload:"):
		s.takeUpload(w, r, id)
	case r.Method == http.MethodPost:
		s.editTemplate(w, r, id)
	default:
		refuse(w, noSuchNode)
	}
}

func (s *Sim) learnBase(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.baseURL != "" {
		return
	}
	s.baseURL = "http://" + r.Host
	if r.TLS != nil {
		s.baseURL = "https://" + r.Host
	}
}

// authorize finds the number that a call may act for: the one with that id.
func (s *Sim) authorize(r *http.Request, pnid string) (Number, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.numbers[pnid]
	if n == nil {
		if s.tokenOwner(r) == nil {
			return Number{}, badToken
		}
		return Number{}, noSuchNode
	}
	if bearer(r) != n.AccessToken || n.AccessToken == "" {
		return Number{}, badToken
	}
	return *n, checkProof(r, n)
}

// authorizeWABA finds a number of an account that the token is for.
func (s *Sim) authorizeWABA(r *http.Request, wabaID string) (Number, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range s.order {
		if n := s.numbers[id]; n.WABAID == wabaID && n.AccessToken == bearer(r) {
			return *n, checkProof(r, n)
		}
	}
	if s.tokenOwner(r) == nil {
		return Number{}, badToken
	}
	return Number{}, noSuchNode
}

// tokenOwner finds any number with the token of a call. The lock is held.
func (s *Sim) tokenOwner(r *http.Request) *Number {
	token := bearer(r)
	for _, id := range s.order {
		if n := s.numbers[id]; token != "" && n.AccessToken == token {
			return n
		}
	}
	return nil
}

func bearer(r *http.Request) string {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return token
}

func checkProof(r *http.Request, n *Number) *refusal {
	proof := r.URL.Query().Get("appsecret_proof")
	if proof == "" || n.AppSecret == "" {
		return nil
	}
	mac := hmac.New(sha256.New, []byte(n.AppSecret))
	mac.Write([]byte(n.AccessToken))
	if !hmac.Equal([]byte(proof), []byte(hex.EncodeToString(mac.Sum(nil)))) {
		return bad(100, "Invalid appsecret_proof provided in the API argument")
	}
	return nil
}

// answer writes a JSON answer. Its length is known, so that the caller has it
// whole when it returns.
func answer(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "unmarshallable", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		return
	}
	_ = http.NewResponseController(w).Flush() // the caller is gone if this fails
}

func refuse(w http.ResponseWriter, e *refusal) { answer(w, e.status, e.body()) }

func (e *refusal) body() obj {
	return obj{"error": obj{
		"message": "(#" + strconv.Itoa(e.code) + ") " + errorTitle(e.code), "type": "OAuthException", "code": e.code,
		"error_data": obj{"messaging_product": "whatsapp", "details": e.details}, "fbtrace_id": "Asimulated" + strconv.Itoa(e.code),
	}}
}

var errorTitles = map[int]string{
	4: "Application request limit reached", 33: "Unsupported request", 100: "Invalid parameter", 190: "Invalid OAuth access token",
	130429: "Rate limit hit", 131000: "Something went wrong", 131008: "Required parameter is missing", 131009: "Parameter value is not valid",
	131021: "Recipient cannot be sender", 131026: "Message undeliverable", 131047: "Re-engagement message",
	131049: "This message was not delivered to maintain healthy ecosystem engagement", 131050: "User opted out of marketing messages",
	131053: "Media upload error", 131056: "Pair rate limit hit", 131057: "Account in maintenance mode",
	132000: "Template Param Count Mismatch", 132001: "Template does not exist", 132012: "Template Parameter Format Mismatch",
	131062: "Business-scoped user ids are not supported for this message", 132005: "Template hydrated text too long", 132018: "Template parameter validation failed",
	132015: "Template is paused", 132016: "Template is disabled",
}

func errorTitle(code int) string {
	if t := errorTitles[code]; t != "" {
		return t
	}
	return "Simulated error " + strconv.Itoa(code)
}
