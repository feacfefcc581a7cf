package sim_test

import (
	"encoding/json"
	"testing"
	"time"

	"badala/app/meta"
	"badala/app/meta/sim"
)

func TestCustomerMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	p := w.Customer(sim.Customer{Phone: "13105550117", Name: "Dana"})
	ours, err := w.send(t, text("13105550117", "hi"))
	if err != nil {
		t.Fatal(err)
	}
	first := p.SendText(pnid, "first")
	tests := []struct {
		name string
		do   func()
		ok   func(m meta.Message) bool
	}{
		{"reply", func() { p.SendReply(pnid, ours.MessageID, "yes") }, func(m meta.Message) bool {
			return m.Context.ID == ours.MessageID && m.Context.From == "12125550142" && m.Text.Body == "yes"
		}},
		{"forwarded", func() { p.SendForwarded(pnid, "x", false) }, func(m meta.Message) bool { return m.Context.Forwarded }},
		{"ad", func() { p.SendAdReferral(pnid, "x", "Sale") }, func(m meta.Message) bool { return m.Referral.Headline == "Sale" }},
		{"voice", func() { p.SendVoice(pnid) }, func(m meta.Message) bool { return m.Media.Voice && m.Media.MimeType == "audio/ogg; codecs=opus" }},
		{"media error", func() { p.SendMediaError(pnid, "video") }, func(m meta.Message) bool { return m.Type == "video" && m.Errors[0].Code == 131052 }},
		{"location", func() { p.SendLocation(pnid, 1.5, 2, "Mill", "") }, func(m meta.Message) bool { return m.Location.Latitude == 1.5 }},
		{"contacts", func() { p.SendContacts(pnid, [2]string{"Pilar", "+1 213 555 0188"}) }, func(m meta.Message) bool {
			return m.Cards[0].Name.FullName() == "Pilar" && m.Cards[0].Phones[0].WaID == "12135550188"
		}},
		{"order", func() { p.SendOrder(pnid, "desk", 2, 489.5, "EUR") }, func(m meta.Message) bool { return m.Order.Items[0].Price == "489.5" }},
		{"button", func() { p.SendInteractiveReply(pnid, ours.MessageID, "a", "A", false) }, func(m meta.Message) bool { return m.Interactive.ID == "a" }},
		{"list", func() { p.SendInteractiveReply(pnid, ours.MessageID, "r", "R", true) }, func(m meta.Message) bool { return m.Interactive.Type == "list_reply" }},
		{"template button", func() { p.SendTemplateButton(pnid, ours.MessageID, "pay", "Pay") }, func(m meta.Message) bool { return m.Button.Payload == "pay" }},
		{"reaction", func() { p.SendReaction(pnid, ours.MessageID, "❤️") }, func(m meta.Message) bool { return m.Reaction.Emoji == "❤️" }},
		{"reaction removed", func() { p.SendReaction(pnid, ours.MessageID, "") }, func(m meta.Message) bool { return m.Reaction.Emoji == "" }},
		{"unsupported", func() { p.SendUnsupported(pnid) }, func(m meta.Message) bool { return m.Unsupported == "poll_creation" }},
		{"edit", func() { p.Edit(pnid, first, "second") }, func(m meta.Message) bool { return m.Edit.OriginalID == first && m.Edit.Message.Text.Body == "second" }},
		{"revoke", func() { p.Revoke(pnid, first) }, func(m meta.Message) bool { return m.Revoke.OriginalID == first }},
		{"old", func() { p.SendText(pnid, "x", sim.With{At: time.Unix(1795165203, 0)}) }, func(m meta.Message) bool { return m.Timestamp.Unix() == 1795165203 }},
		{"group", func() { p.SendText(pnid, "x", sim.With{GroupID: "g1"}) }, func(m meta.Message) bool { return m.GroupID == "g1" }},
		{"raw", func() { rawHologram(t, p) }, func(m meta.Message) bool { return m.Type == "hologram" && m.From == "13105550117" }},
		{"new number", func() { p.ChangeNumber("+1 310 555 0163") }, func(m meta.Message) bool {
			return m.From == "13105550117" && m.System.WaID == "13105550163" && m.System.UserID == p.Who().UserID
		}},
	}
	for _, tt := range tests {
		tt.do()
		if m := w.lastMessage(t); !tt.ok(m) || m.ID == "" || m.Timestamp.IsZero() {
			t.Errorf("%s: %s", tt.name, m.Raw)
		}
	}
	if w.Customer(sim.Customer{Phone: "13105550163"}) != p {
		t.Error("the new number is another phone")
	}
}

func rawHologram(t testing.TB, p *sim.Phone) {
	t.Helper()
	if _, err := p.SendRaw(pnid, json.RawMessage(`{"type":"hologram","hologram":{"scene":1}}`)); err != nil {
		t.Error(err)
	}
}

func TestOtherNews(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	p := w.Customer(sim.Customer{Phone: "13105550117"})
	p.Echo(pnid, "from the app")
	p.SetMarketing(pnid, true)
	p.Call(pnid)
	w.SendChange(pnid, "account_update", map[string]any{"event": "DISABLED_UPDATE"})
	w.SendWebhook(pnid, []byte(`{"object":"x","entry":[{"id":"1","changes":[{"field":"raw","value":{}}]}]}`))
	wantNews(t, w.flush(t), "smb_message_echoes", "user_preferences", "calls", "account_update", "raw")
	if err := w.VerifyCallback(soon(t), pnid); err != nil {
		t.Error(err)
	}
	if w.VerifyCallback(soon(t), "1") == nil {
		t.Error("an unknown number was verified")
	}
}

func TestMarkRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	p := w.Customer(sim.Customer{Phone: "13105550117"})
	a, b, c := p.SendText(pnid, "a"), p.SendText(pnid, "b"), p.SendText(pnid, "c")
	if err := w.client.MarkRead(soon(t), creds, pnid, b, true); err != nil {
		t.Fatal(err)
	}
	status := map[string]string{}
	for _, m := range p.Thread(pnid) {
		status[m.ID] = m.Status
	}
	if status[a] != "read" || status[b] != "read" || status[c] != "sent" || !p.IsTyping(pnid) {
		t.Errorf("%v", status)
	}
	if reads := w.Reads(); len(reads) != 1 || reads[0].MessageID != b || !reads[0].Typing || len(w.Sends()) != 0 {
		t.Errorf("%+v", reads)
	}
	if w.client.MarkRead(soon(t), creds, pnid, "wamid.none", false) == nil {
		t.Error("an unknown message was read")
	}
}
