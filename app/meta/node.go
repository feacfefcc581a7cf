package meta

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// PhoneNumber is a business number as Meta sees it. Values are open sets.
type PhoneNumber struct {
	ID                 string
	DisplayPhoneNumber string
	VerifiedName       string
	QualityRating      string // GREEN, YELLOW, RED, UNKNOWN
	Status             string // CONNECTED, PENDING, …
	NameStatus         string
	CodeVerification   string
	PlatformType       string
	AccountMode        string
	Throughput         string // STANDARD, HIGH, NOT_APPLICABLE
	MessagingLimit     string // TIER_…, of the whole portfolio
	OnBusinessApp      bool   // shared with the WhatsApp Business app
	CanSend            string // AVAILABLE, LIMITED, BLOCKED
	Problems           []Problem
}

// Problem is something that Meta says keeps a number from sending.
type Problem struct {
	Entity   string
	Code     int
	Text     string
	Solution string
}

const phoneFields = "id,display_phone_number,verified_name,quality_rating,status,name_status,code_verification_status," +
	"throughput,platform_type,is_on_biz_app,health_status,whatsapp_business_manager_messaging_limit,account_mode"

// PhoneNumber reads one number.
func (c *Client) PhoneNumber(ctx context.Context, creds Creds, phoneNumberID string) (PhoneNumber, error) {
	var o object
	if err := c.node(ctx, creds, phoneNumberID, "", url.Values{"fields": {phoneFields}}, &o); err != nil {
		return PhoneNumber{}, err
	}
	return parsePhoneNumber(o), nil
}

// PhoneNumbers reads every number of an account.
func (c *Client) PhoneNumbers(ctx context.Context, creds Creds, wabaID string) ([]PhoneNumber, error) {
	items, err := c.pages(ctx, creds, wabaID, "/phone_numbers", url.Values{"fields": {phoneFields}})
	if err != nil {
		return nil, err
	}
	var numbers []PhoneNumber
	for _, raw := range items {
		if o := parseObject(raw); o != nil {
			numbers = append(numbers, parsePhoneNumber(o))
		}
	}
	return numbers, nil
}

func parsePhoneNumber(o object) PhoneNumber {
	health := o.object("health_status")
	return PhoneNumber{
		ID:                 o.text("id"),
		DisplayPhoneNumber: o.text("display_phone_number"),
		VerifiedName:       o.text("verified_name"),
		QualityRating:      o.text("quality_rating"),
		Status:             o.text("status"),
		NameStatus:         o.text("name_status"),
		CodeVerification:   o.text("code_verification_status"),
		PlatformType:       o.text("platform_type"),
		AccountMode:        o.text("account_mode"),
		Throughput:         o.object("throughput").text("level"),
		MessagingLimit:     o.first("whatsapp_business_manager_messaging_limit", "messaging_limit_tier"),
		OnBusinessApp:      o.flag("is_on_biz_app"),
		CanSend:            health.text("can_send_message"),
		Problems:           parseProblems(health),
	}
}

func parseProblems(health object) []Problem {
	var problems []Problem
	for _, raw := range health.list("entities") {
		entity := parseObject(raw)
		for _, item := range entity.list("errors") {
			e := parseObject(item)
			problems = append(problems, Problem{
				Entity: entity.text("entity_type"), Code: int(e.integer("error_code")),
				Text: e.text("error_description"), Solution: e.text("possible_solution"),
			})
		}
	}
	return problems
}

// WABA is a WhatsApp Business Account.
type WABA struct {
	ID, Name             string
	Currency, TimezoneID string
	Country              string
	ReviewStatus         string
	VerificationStatus   string
	CanSend              string
	Problems             []Problem
}

// WABA reads one account.
func (c *Client) WABA(ctx context.Context, creds Creds, wabaID string) (WABA, error) {
	fields := url.Values{"fields": {"id,name,currency,timezone_id,country,account_review_status,business_verification_status,health_status"}}
	var o object
	if err := c.node(ctx, creds, wabaID, "", fields, &o); err != nil {
		return WABA{}, err
	}
	health := o.object("health_status")
	return WABA{
		ID: o.text("id"), Name: o.text("name"), Currency: o.text("currency"), TimezoneID: o.text("timezone_id"),
		Country: o.text("country"), ReviewStatus: o.text("account_review_status"),
		VerificationStatus: o.text("business_verification_status"),
		CanSend:            health.text("can_send_message"), Problems: parseProblems(health),
	}, nil
}

// TokenInfo is what Meta knows of an access token. ExpiresAt is zero for a
// token that never ends.
type TokenInfo struct {
	AppID     string
	IsValid   bool
	ExpiresAt time.Time
	Scopes    []string
	// Granular maps a scope to the accounts it is limited to.
	Granular map[string][]string
}

// Allows reports whether the token has a scope, for the account given or, with
// no account, for any.
func (t TokenInfo) Allows(scope, wabaID string) bool {
	if ids, limited := t.Granular[scope]; limited && len(ids) > 0 && wabaID != "" {
		return slices.Contains(ids, wabaID)
	}
	return slices.Contains(t.Scopes, scope)
}

// DebugToken asks about token on behalf of the app. An answer proves that app
// id and secret belong together; compare AppID to see that the token does too.
func (c *Client) DebugToken(ctx context.Context, appID, appSecret, token string) (TokenInfo, error) {
	var o object
	query := url.Values{"input_token": {token}}
	if err := c.getJSON(ctx, Creds{AccessToken: appID + "|" + appSecret}, "/debug_token", query, &o); err != nil {
		return TokenInfo{}, err
	}
	data := o.object("data")
	t := TokenInfo{
		AppID: data.text("app_id"), IsValid: data.flag("is_valid"), ExpiresAt: data.time("expires_at"),
		Scopes: data.texts("scopes"), Granular: map[string][]string{},
	}
	for _, raw := range data.list("granular_scopes") {
		g := parseObject(raw)
		t.Granular[g.text("scope")] = g.texts("target_ids")
	}
	return t, nil
}

// SubscribeApp makes Meta send the webhooks of an account to our app. It can
// be repeated.
func (c *Client) SubscribeApp(ctx context.Context, creds Creds, wabaID string) error {
	if !nodeID.MatchString(wabaID) {
		return &SendError{Err: errBadID}
	}
	_, err := c.do(ctx, call{method: http.MethodPost, path: "/" + wabaID + "/subscribed_apps", creds: creds})
	return err
}

// SubscribedApp is an app that receives the webhooks of an account.
type SubscribedApp struct{ ID, Name, OverrideURL string }

// SubscribedApps lists who receives the webhooks of an account.
func (c *Client) SubscribedApps(ctx context.Context, creds Creds, wabaID string) ([]SubscribedApp, error) {
	items, err := c.pages(ctx, creds, wabaID, "/subscribed_apps", nil)
	if err != nil {
		return nil, err
	}
	var apps []SubscribedApp
	for _, raw := range items {
		o := parseObject(raw)
		app := o.object("whatsapp_business_api_data")
		apps = append(apps, SubscribedApp{ID: app.text("id"), Name: app.text("name"), OverrideURL: o.text("override_callback_uri")})
	}
	return apps, nil
}

// Register takes a number into service. pin is its two-step code; the first
// registration sets it.
func (c *Client) Register(ctx context.Context, creds Creds, phoneNumberID, pin string) error {
	if !nodeID.MatchString(phoneNumberID) {
		return &SendError{Err: errBadID}
	}
	payload := map[string]string{"messaging_product": "whatsapp", "pin": pin}
	return c.postJSON(ctx, creds, "/"+phoneNumberID+"/register", payload, nil)
}

// node reads one node or edge of the graph.
func (c *Client) node(ctx context.Context, creds Creds, id, edge string, query url.Values, out any) error {
	if !nodeID.MatchString(id) {
		return &SendError{Err: errBadID}
	}
	return c.getJSON(ctx, creds, "/"+id+edge, query, out)
}

// maxPages ends a listing that never says it is over.
const maxPages = 200

// pages reads every item of an edge. It goes on by cursor: the ready-made
// address of the next page carries the token.
func (c *Client) pages(ctx context.Context, creds Creds, id, edge string, query url.Values) ([]json.RawMessage, error) {
	if query == nil {
		query = url.Values{}
	}
	if query.Get("limit") == "" {
		query.Set("limit", "100")
	}
	var items []json.RawMessage
	for range maxPages {
		var page object
		if err := c.node(ctx, creds, id, edge, query, &page); err != nil {
			return nil, err
		}
		items = append(items, page.list("data")...)
		paging := page.object("paging")
		after := paging.object("cursors").text("after")
		if paging.text("next") == "" || after == "" || after == query.Get("after") {
			break
		}
		query.Set("after", after)
	}
	return items, nil
}

// texts gives an array of strings, or of numbers as they are written.
func (o object) texts(key string) []string {
	var all []string
	for _, raw := range o.list(key) {
		if s := (object{"": bytes.TrimSpace(raw)}).text(""); s != "" {
			all = append(all, s)
		}
	}
	return all
}
