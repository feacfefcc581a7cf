package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"badala/app/db"
)

// The shapes of the contract, as a client of the hosted product has them. A
// field that is missing, of another type or on top fails the test.
type (
	hostedTime time.Time

	hostedLogin struct {
		Token string `json:"token"`
		User  struct {
			ID    string `json:"id"`
			Name  string `json:"name"`
			Email string `json:"email"`
			Orgs  []struct {
				ID   string `json:"id"`
				Name string `json:"name"`
				Role string `json:"role"`
			} `json:"orgs"`
		} `json:"user"`
	}

	hostedContact struct {
		ID               string            `json:"id"`
		Name             string            `json:"name"`
		Phone            *string           `json:"phone"`
		Email            *string           `json:"email"`
		Tags             []string          `json:"tags"`
		ExternalID       *string           `json:"externalId"`
		MarketingConsent *bool             `json:"marketingConsent"`
		Company          hostedCompany     `json:"company"`
		Source           string            `json:"source"`
		CustomFields     map[string]string `json:"customFields"`
		Notes            *string           `json:"notes"`
		WhatsApp         hostedWhatsApp    `json:"whatsapp"`
		OtherPhones      []string          `json:"otherPhones"`
		CreatedAt        hostedTime        `json:"createdAt"`
		UpdatedAt        hostedTime        `json:"updatedAt"`
		LastMessageAt    *hostedTime       `json:"lastMessageAt"`
	}
	hostedCompany struct {
		Name     *string `json:"name"`
		Website  *string `json:"website"`
		JobTitle *string `json:"jobTitle"`
		Address  *string `json:"address"`
	}
	hostedWhatsApp struct {
		WaID        *string `json:"waId"`
		ProfileName *string `json:"profileName"`
		UserID      *string `json:"userId"`
		Username    *string `json:"username"`
	}

	hostedConversation struct {
		ID        string `json:"id"`
		ChannelID string `json:"channelId"`
		ContactID string `json:"contactId"`
		Contact   struct {
			ID         string   `json:"id"`
			Name       string   `json:"name"`
			Phone      *string  `json:"phone"`
			ExternalID *string  `json:"externalId"`
			Tags       []string `json:"tags"`
		} `json:"contact"`
		Status          string         `json:"status"`
		AssigneeID      *string        `json:"assigneeId"`
		Tags            []string       `json:"tags"`
		UnreadCount     int            `json:"unreadCount"`
		LastMessage     *hostedMessage `json:"lastMessage"`
		LastMessageAt   *hostedTime    `json:"lastMessageAt"`
		WindowExpiresAt *hostedTime    `json:"windowExpiresAt"`
		SnoozedUntil    *hostedTime    `json:"snoozedUntil"` // ours
		WaitingSince    *hostedTime    `json:"waitingSince"` // ours
		CreatedAt       hostedTime     `json:"createdAt"`
	}

	hostedMessage struct {
		ID             string          `json:"id"`
		ConversationID string          `json:"conversationId"`
		ContactID      string          `json:"contactId"`
		ChannelID      string          `json:"channelId"`
		Direction      string          `json:"direction"`
		Type           string          `json:"type"`
		Body           *string         `json:"body"`
		Caption        *string         `json:"caption"`
		Media          *hostedMedia    `json:"media"`
		Template       *hostedTemplate `json:"template"`
		Interactive    *struct{}       `json:"interactive"`
		Location       *struct{}       `json:"location"`
		Contacts       []struct{}      `json:"contacts"`
		Order          *struct{}       `json:"order"`
		Reaction       *struct{}       `json:"reaction"`
		ReplyTo        *string         `json:"replyTo"`
		Status         string          `json:"status"`
		Error          *struct{}       `json:"error"`
		SentBy         *hostedSender   `json:"sentBy"`
		WaMessageID    *string         `json:"waMessageId"`
		CreatedAt      hostedTime      `json:"createdAt"`
		SentAt         *hostedTime     `json:"sentAt"`
		DeliveredAt    *hostedTime     `json:"deliveredAt"`
		ReadAt         *hostedTime     `json:"readAt"`
	}
	hostedTemplate struct {
		Name      string         `json:"name"`
		Language  *string        `json:"language"`
		Category  *string        `json:"category"`
		Body      *string        `json:"body"`
		Header    *struct{}      `json:"header"`
		Footer    *string        `json:"footer"`
		Buttons   []hostedButton `json:"buttons"`
		Cards     []struct{}     `json:"cards"`
		ExpiresAt *hostedTime    `json:"expiresAt"`
	}
	hostedButton struct {
		Kind  string  `json:"kind"`
		Text  string  `json:"text"`
		URL   *string `json:"url"`
		Phone *string `json:"phone"`
		Code  *string `json:"code"`
	}
	hostedSentTemplate struct {
		Message      hostedMessage      `json:"message"`
		Conversation hostedConversation `json:"conversation"`
		Contact      hostedContact      `json:"contact"`
	}
	hostedMedia struct {
		URL         *string `json:"url"`
		ContentType *string `json:"contentType"`
		Size        int64   `json:"size"`
		FileName    *string `json:"fileName"`
		Status      string  `json:"status"`
	}
	hostedSender struct {
		Type string  `json:"type"`
		ID   *string `json:"id"`
	}

	hostedList[T any] struct {
		Items      []T     `json:"items"`
		Total      int     `json:"total"`
		NextCursor *string `json:"nextCursor"`
	}
	hostedMessages struct {
		Items      []hostedMessage `json:"items"`
		NextCursor *string         `json:"nextCursor"`
		PrevCursor *string         `json:"prevCursor"` // ours
	}
	hostedOneContact struct {
		hostedContact
		Conversations []hostedConversation `json:"conversations"`
	}
)

const hostedLayout = "2006-01-02T15:04:05.000Z"

func (h *hostedTime) UnmarshalText(b []byte) error {
	at, err := time.Parse(hostedLayout, string(b))
	*h = hostedTime(at)
	return err
}

func (h hostedTime) MarshalText() ([]byte, error) {
	return []byte(time.Time(h).Format(hostedLayout)), nil
}

// hostedClient sends requests as they are written down.
type hostedClient struct {
	base  string
	words *strings.Replacer
}

// do sends one request, written as on the wire but for the length, and reads the
// answer into v.
func (h *hostedClient) do(t testing.TB, status int, request string, v any) {
	t.Helper()
	head, body, _ := strings.Cut(h.words.Replace(strings.TrimSpace(request)), "\n\n")
	lines := strings.Split(head, "\n")
	method, path, _ := strings.Cut(lines[0], " ")
	req, err := http.NewRequestWithContext(t.Context(), method, h.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status {
		t.Fatalf("%s: %d %s %v, want %d", lines[0], res.StatusCode, data, err, status)
	}
	exact(t, lines[0], data, v)
}

// exact reads an answer and checks that v has all of it and nothing else.
func exact(t testing.TB, name string, data []byte, v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("%s: %v in %s", name, err, data)
	}
	again, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if json.Unmarshal(data, &got) != nil || json.Unmarshal(again, &want) != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s answers\n%s\nwhere the contract has\n%s", name, data, again)
	}
}

// TestHosted is a program that was written for the hosted product.
func TestHosted(t *testing.T) {
	t.Parallel()
	c := newChatting(t)
	h := &hostedClient{base: c.url(t), words: strings.NewReplacer("PASSWORD", password)}

	var login hostedLogin
	h.do(t, 200, `
POST /auth/login
Content-Type: application/json

{"email":"agent@example.com","password":"PASSWORD"}`, &login)
	conv := strings.TrimPrefix(c.conv, c.base+"/conversations/")
	h.words = strings.NewReplacer("TOKEN", login.Token, "ORG", login.User.Orgs[0].ID, "CONV", conv, "USER", login.User.ID, "CHAN", c.channel["id"].(string))
	if login.User.Orgs[0].ID != c.org || login.User.ID != db.FormatID("user", c.actor["AGENT"].UserID) {
		t.Errorf("login answered %v", login)
	}
	c.hostedMessages(t, h)
	hostedContacts(t, h)
	hostedConversations(t, h)
	h.words = strings.NewReplacer("TOKEN", login.Token, "ORG", login.User.Orgs[0].ID, "CONV", conv, "CHAN", c.channel["id"].(string))
	hostedTemplates(t, h)
}

// hostedTemplates sends a template to somebody who is not known, and one into a
// conversation.
func hostedTemplates(t *testing.T, h *hostedClient) {
	t.Helper()
	var sent hostedSentTemplate
	h.do(t, 201, `
POST /orgs/ORG/channels/CHAN/templates/send
Authorization: Bearer TOKEN
x-org-id: ORG
Content-Type: application/json

{"to":"+12125550198","templateName":"shipping_update","templateLanguage":"en_US","variables":["Layla","118"]}`, &sent)
	if m := sent.Message; m.Type != "TEMPLATE" || m.Status != "SENT" || *m.Body != "Hi Layla, your order 118 is on its way." || m.Template.Name != "shipping_update" ||
		len(m.Template.Buttons) != 1 || sent.Conversation.ID != m.ConversationID || *sent.Contact.Phone != "+12125550198" || sent.Contact.Source != "API" {
		t.Errorf("sent: %+v", sent)
	}
	var named hostedMessage
	h.do(t, 201, `
POST /orgs/ORG/conversations/CONV/messages
Authorization: Bearer TOKEN
x-org-id: ORG
Content-Type: application/json

{"type":"TEMPLATE","templateName":"visit_reminder","templateLanguage":"en_US","variables":{"first_name":"Maya","day":"Monday"}}`, &named)
	if *named.Body != "Hello Maya, see you on Monday." || *named.Template.Footer != "Walnut Works" {
		t.Errorf("named: %+v", named)
	}
}

func (c *chatting) hostedMessages(t *testing.T, h *hostedClient) {
	t.Helper()
	var text, image hostedMessage
	h.do(t, 201, `
POST /orgs/ORG/conversations/CONV/messages
Authorization: Bearer TOKEN
x-org-id: ORG
Content-Type: application/json

{"type":"TEXT","body":"Hello from the API"}`, &text)
	if text.Direction != "OUTBOUND" || text.Type != "TEXT" || *text.Body != "Hello from the API" || text.SentBy.Type != "API" || text.WaMessageID == nil {
		t.Errorf("text: %+v", text)
	}
	h.do(t, 201, `
POST /orgs/ORG/conversations/CONV/messages
Authorization: Bearer TOKEN
x-org-id: ORG
Content-Type: application/json

{"type":"IMAGE","mediaUrl":"https://files.example.com/invoice.jpg","caption":"Your invoice"}`, &image)
	if image.Type != "IMAGE" || *image.Caption != "Your invoice" || image.Media == nil || image.Media.Status != "READY" {
		t.Errorf("image: %+v", image)
	}
	var all hostedMessages
	h.do(t, 200, `
GET /orgs/ORG/conversations/CONV/messages?take=50
Authorization: Bearer TOKEN
x-org-id: ORG`, &all)
	if n := len(all.Items); n != 3 || all.Items[0].Direction != "INBOUND" || all.Items[0].Status != "RECEIVED" {
		t.Errorf("%d messages", n)
	}
}

func hostedContacts(t *testing.T, h *hostedClient) {
	t.Helper()
	var made, changed hostedContact
	h.do(t, 201, `
POST /orgs/ORG/contacts
Authorization: Bearer TOKEN
x-org-id: ORG
Content-Type: application/json

{"externalId":"crm-1042","phone":"+12125550123","name":"Layla Haddad","email":"layla@example.com","tags":["VIP"],"marketingConsent":true}`, &made)
	h.do(t, 200, `
POST /orgs/ORG/contacts
Authorization: Bearer TOKEN
x-org-id: ORG
Content-Type: application/json

{"externalId":"crm-1042","name":"Layla Khoury"}`, &changed)
	if made.ID != changed.ID || changed.Name != "Layla Khoury" || *changed.ExternalID != "crm-1042" || *changed.Phone != "+12125550123" || made.Source != "API" {
		t.Errorf("made %+v, then %+v", made, changed)
	}
	var list, rest hostedList[hostedContact]
	h.do(t, 200, `
GET /orgs/ORG/contacts?search=layla&take=20&skip=0
Authorization: Bearer TOKEN
x-org-id: ORG`, &list)
	h.do(t, 200, `
GET /orgs/ORG/contacts?take=20&skip=1
Authorization: Bearer TOKEN
x-org-id: ORG`, &rest)
	if len(list.Items) != 1 || list.Items[0].ID != made.ID || list.Total != 1 || len(rest.Items) != 1 || rest.Total != 2 {
		t.Errorf("found %+v, then %+v", list, rest)
	}
	h.words = strings.NewReplacer("CONTACT", made.ID, "TOKEN", must(h, "TOKEN"), "ORG", must(h, "ORG"), "CONV", must(h, "CONV"), "USER", must(h, "USER"))
	h.do(t, 200, `
PATCH /orgs/ORG/contacts/CONTACT
Authorization: Bearer TOKEN
x-org-id: ORG
Content-Type: application/json

{"marketingConsent":false}`, &changed)
	if changed.MarketingConsent == nil || *changed.MarketingConsent || changed.Name != "Layla Khoury" {
		t.Errorf("patched: %+v", changed)
	}
	var one hostedOneContact
	h.do(t, 200, `
GET /orgs/ORG/contacts/CONTACT
Authorization: Bearer TOKEN
x-org-id: ORG`, &one)
}

// must is what the client's word stands for.
func must(h *hostedClient, word string) string { return h.words.Replace(word) }

func hostedConversations(t *testing.T, h *hostedClient) {
	t.Helper()
	var list hostedList[hostedConversation]
	h.do(t, 200, `
GET /orgs/ORG/conversations?status=OPEN&assigneeId=none&take=20
Authorization: Bearer TOKEN
x-org-id: ORG`, &list)
	if len(list.Items) != 1 || list.Items[0].LastMessage == nil || list.Items[0].LastMessage.Type != "IMAGE" {
		t.Errorf("conversations: %+v", list)
	}
	var got hostedConversation
	h.do(t, 200, `
PATCH /orgs/ORG/conversations/CONV/assignee
Authorization: Bearer TOKEN
x-org-id: ORG
Content-Type: application/json

{"assigneeId":"USER"}`, &got)
	if got.AssigneeID == nil || *got.AssigneeID != must(h, "USER") {
		t.Errorf("assigned: %+v", got)
	}
	h.do(t, 200, `
PATCH /orgs/ORG/conversations/CONV/assignee
Authorization: Bearer TOKEN
x-org-id: ORG
Content-Type: application/json

{"assigneeId":null}`, &got)
	h.do(t, 200, `
PATCH /orgs/ORG/conversations/CONV/status
Authorization: Bearer TOKEN
x-org-id: ORG
Content-Type: application/json

{"status":"CLOSED"}`, &got)
	if got.Status != "CLOSED" {
		t.Errorf("closed: %+v", got)
	}
	var wrong struct {
		Message string   `json:"message"`
		Details []string `json:"details"`
	}
	h.do(t, 422, `
PATCH /orgs/ORG/conversations/CONV/status
Authorization: Bearer TOKEN
x-org-id: ORG
Content-Type: application/json

{"status":"GONE"}`, &wrong)
}
