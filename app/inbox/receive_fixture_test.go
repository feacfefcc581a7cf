package inbox_test

import (
	"slices"
	"strings"
	"testing"

	"badala/app/inbox"
)

// fixtureMessages are the fixtures of one message each, with what becomes of it.
var fixtureMessages = []struct {
	name, kind, text string
	see              func(t *testing.T, c inbox.Conversation, m inbox.Message)
}{
	{"msg-text", "TEXT", "Hi! Is the walnut desk (120 cm) back in stock?", func(t *testing.T, c inbox.Conversation, m inbox.Message) {
		if c.Contact.Phone != "+46701740611" || c.Contact.UserID != "SE.48210937465511820934" || c.Contact.Username != "nora.lindqvist" {
			t.Errorf("contact %+v", c.Contact)
		}
	}},
	{"msg-text-arabic-emoji", "TEXT", "السلام عليكم 👋🏽\nهل الطلب رقم 4471 جاهز؟ شكرًا 🙏 👨‍👩‍👧‍👦 (order #4471)", nil},
	{"wire-escaped", "TEXT", "", nil},
	{"msg-text-reply", "TEXT", "Yes please, hold it for me", func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		if m.ReplyTo != 0 || !strings.HasPrefix(m.ReplyWamid, "wamid.") {
			t.Errorf("reply to %d %q", m.ReplyTo, m.ReplyWamid)
		}
	}},
	{"msg-text-forwarded", "TEXT", "Please pass this on to everyone you know!!", func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		if x := m.Extra(); !x.Forwarded || !x.FrequentlyForwarded {
			t.Errorf("payload %+v", x)
		}
	}},
	{"msg-text-ad-referral", "TEXT", "Hello! Can I get more info on this?", func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		if r := m.Extra().Referral; r == nil || r.Headline != "Walnut Works autumn sale" || r.ClickID == "" || r.Welcome == "" {
			t.Errorf("referral %+v", r)
		}
	}},
	{"msg-text-referred-product", "TEXT", "Bonjour, cet article existe en chêne ?", func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		if p := m.Extra().Product; p == nil || p.ProductID != "desk-oak-140" {
			t.Errorf("product %+v", p)
		}
	}},
	{"msg-image-caption", "IMAGE", "Like this one, but darker", hasFile("image/jpeg")},
	{"msg-video", "VIDEO", "", hasFile("video/mp4")},
	{"msg-audio-voice", "AUDIO", "", func(t *testing.T, c inbox.Conversation, m inbox.Message) {
		hasFile("audio/ogg")(t, c, m)
		if !m.Extra().Voice {
			t.Error("no voice note")
		}
	}},
	{"msg-audio-file", "AUDIO", "", func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		if m.Extra().Voice {
			t.Error("a voice note")
		}
	}},
	{"msg-document", "DOCUMENT", "Le bon de commande signé", func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		if m.Extra().FileName != "Bon de commande n° 118 — signé.pdf" {
			t.Errorf("file %q", m.Extra().FileName)
		}
	}},
	{"msg-sticker", "STICKER", "", func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		if !m.Extra().Animated || m.Media == nil {
			t.Errorf("payload %s", m.Payload)
		}
	}},
	{"msg-location", "LOCATION", "", func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		if l := m.Extra().Location; l == nil || l.Latitude == 0 || l.Name != "" {
			t.Errorf("location %+v", l)
		}
	}},
	{"msg-contacts", "CONTACTS", "", func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		c := m.Extra().Contacts
		if len(c) != 1 || c[0].Name != "Pilar Aldana" || len(c[0].Phones) != 2 || c[0].Phones[0].WaID != "12135550188" || len(c[0].Addresses) != 1 {
			t.Errorf("cards %+v", c)
		}
	}},
	{"msg-contacts-phone-shared", "CONTACTS", "", func(t *testing.T, c inbox.Conversation, m inbox.Message) {
		if c.Contact.Phone != "+447700900456" || !m.Extra().Contacts[0].Own {
			t.Errorf("contact %+v", c.Contact)
		}
	}},
	{"msg-interactive-button-reply", "INTERACTIVE", "Mon 10:00", nil},
	{"msg-interactive-list-reply", "INTERACTIVE", "توصيل سريع", func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		if i := m.Extra().Interactive; i.ID != "ship-express" || i.Description != "خلال ٢٤ ساعة" {
			t.Errorf("interactive %+v", i)
		}
	}},
	{"msg-interactive-flow-reply", "INTERACTIVE", "", func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		if i := m.Extra().Interactive; !strings.Contains(string(i.Response), `"visit_date":"2026-11-27"`) {
			t.Errorf("response %s", i.Response)
		}
	}},
	{"msg-interactive-call-permission", "INTERACTIVE", "", func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		if i := m.Extra().Interactive; i.Answer != "accept" || i.Expires == 0 {
			t.Errorf("interactive %+v", i)
		}
	}},
	{"msg-button-template", "BUTTON", "Je confirme", func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		if b := m.Extra().Button; b.Payload != "confirm_visit_8812" {
			t.Errorf("button %+v", b)
		}
	}},
	{"msg-order", "ORDER", "", func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		if o := m.Extra().Order; o == nil || len(o.Items) == 0 || o.Items[0].Price == "" {
			t.Errorf("order %+v", o)
		}
	}},
	{"msg-unsupported", "UNSUPPORTED", "", func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		if m.Extra().Unsupported != "poll_creation" || m.Error.Code != 131051 {
			t.Errorf("payload %s, error %+v", m.Payload, m.Error)
		}
	}},
	{"msg-unsupported-unavailable", "UNSUPPORTED", "", func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		if x := m.Extra(); !x.Unavailable || x.Unsupported != "" {
			t.Errorf("payload %+v", x)
		}
	}},
	{"msg-unknown-future-type", "UNSUPPORTED", "", func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		if m.Extra().Unsupported != "hologram" {
			t.Errorf("payload %s", m.Payload)
		}
	}},
	{"msg-media-error", "VIDEO", "", func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		if !m.Extra().MediaMissing || m.Error.Code != 131052 || m.Media != nil {
			t.Errorf("payload %s, error %+v", m.Payload, m.Error)
		}
	}},
	{"msg-bsuid-only", "TEXT", "Good morning, do you ship to Riyadh?", func(t *testing.T, c inbox.Conversation, _ inbox.Message) {
		if c.Contact.Phone != "" || c.Contact.UserID != "SA.55180273390164427710" || c.Contact.Username != "bilal_khoury" {
			t.Errorf("contact %+v", c.Contact)
		}
	}},
}

// TestFixtureMessages files one fixture each and looks at the newest message.
func TestFixtureMessages(t *testing.T) {
	t.Parallel()
	for _, tt := range fixtureMessages {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newReceiving(t)
			w.fixtures(tt.name)
			c := w.only()
			all := w.thread(c.ID)
			m := all[len(all)-1]
			if m.Type != tt.kind || m.Direction != inbox.Inbound || m.Status != inbox.StatusReceived {
				t.Errorf("%s %s %s, want INBOUND %s RECEIVED", m.Direction, m.Type, m.Status, tt.kind)
			}
			if tt.text != "" && m.Body+m.Caption != tt.text {
				t.Errorf("text %q, want %q", m.Body+m.Caption, tt.text)
			}
			if c.UnreadCount != len(all) || c.LastMessageID != m.ID || c.Status != inbox.Open {
				t.Errorf("%d unread, last %d, %s", c.UnreadCount, c.LastMessageID, c.Status)
			}
			if want := m.At + 24*60*60*1000; c.WindowExpiresAt != want {
				t.Errorf("window ends %d, want %d", c.WindowExpiresAt, want)
			}
			if f := w.failures(); len(f) > 0 {
				t.Errorf("failed: %v", f)
			}
			if tt.see != nil {
				tt.see(t, c, m)
			}
		})
	}
}

func hasFile(contentType string) func(*testing.T, inbox.Conversation, inbox.Message) {
	return func(t *testing.T, _ inbox.Conversation, m inbox.Message) {
		if m.Media == nil || m.Media.State != "PENDING" || m.Media.ContentType != contentType {
			t.Errorf("media %+v", m.Media)
		}
	}
}

// TestFixtureNobody posts what shows nothing in any conversation.
func TestFixtureNobody(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"msg-request-welcome-legacy", "msg-revoke", "msg-edit", "msg-system-user-id-change", "msg-system-number-change",
		"status-sent", "status-delivered", "status-read", "status-played", "status-sent-free-tier", "status-sent-free-entry-point",
		"status-delivered-marketing", "status-failed-window", "status-failed-marketing-cap", "status-failed-undeliverable",
		"status-bsuid-only", "status-group-read", "value-errors", "template-status-approved", "template-status-rejected",
		"template-status-paused", "template-status-disabled", "template-quality", "template-category-upcoming",
		"template-category-changed", "template-components", "phone-quality", "phone-name", "account-update-restriction",
		"account-update-ban", "account-update-partner-removed", "account-alert", "business-capability", "security-pin",
		"user-preferences-stop", "user-preferences-resume", "history-declined", "app-state-sync", "dashboard-test",
		"msg-reaction", "msg-reaction-removed",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newReceiving(t)
			w.fixtures(name, name)
			if all := w.list(); len(all) != 0 {
				t.Errorf("%d conversations", len(all))
			}
			for _, f := range w.failures() {
				t.Errorf("failed: %v", f)
			}
		})
	}
}

// TestFixtureTwice posts every fixture twice: the second time nothing happens.
func TestFixtureTwice(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	names := []string{
		"msg-text", "msg-image-caption", "msg-location", "msg-group-text", "echo-text", "history-chunk", "history-media", "call-connect",
		"msg-reaction", "msg-edit", "msg-revoke", "msg-system-number-change", "app-state-sync", "user-preferences-stop",
	}
	w.fixtures(names...)
	first := w.eventTypes()
	w.fixtures(names...)
	if again := w.eventTypes(); !slices.Equal(first, again) {
		t.Errorf("events %v, then %v", first, again[len(first):])
	}
}
