package sim_test

import (
	"errors"
	"strings"
	"testing"

	"badala/app/meta"
	"badala/app/meta/sim"
)

type m = map[string]any

func message(kind string, content any) m {
	return m{"messaging_product": "whatsapp", "to": "+13105550117", "type": kind, kind: content}
}

func template(name, language string, params ...m) m {
	var components []m
	if params != nil {
		components = []m{{"type": "body", "parameters": params}}
	}
	return message("template", m{"name": name, "language": m{"code": language}, "components": components})
}

func with(payload m, key string, value any) m {
	payload[key] = value
	return payload
}

func TestValidation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{StrictRecipients: true})
	w.Customer(sim.Customer{Phone: "13105550117"})
	buttons := func(n int) m {
		var list []m
		for i := range n {
			list = append(list, m{"type": "reply", "reply": m{"id": string(rune('a' + i)), "title": string(rune('A' + i))}})
		}
		return message("interactive", m{"type": "button", "body": m{"text": "?"}, "action": m{"buttons": list}})
	}
	word := func(name, s string) m { return m{"type": "text", "parameter_name": name, "text": s} }
	tests := []struct {
		name    string
		payload m
		code    int
	}{
		{"text", text("+13105550117", "hi"), 0},
		{"long text", text("+13105550117", strings.Repeat("é", 4096)), 0},
		{"too long text", text("+13105550117", strings.Repeat("é", 4097)), 100},
		{"empty text", text("+13105550117", ""), 131008},
		{"no product", with(text("1", "x"), "messaging_product", ""), 100},
		{"odd recipient type", with(text("+13105550117", "x"), "recipient_type", "broadcast"), 100},
		{"no recipient", text("", "x"), 131008},
		{"no phone", text("nobody", "x"), 131009},
		{"stranger", text("+447700900999", "x"), 131026},
		{"itself", text("+12125550142", "x"), 131021},
		{"odd type", message("hologram", m{}), 100},
		{"long opaque", with(text("+13105550117", "x"), "biz_opaque_callback_data", strings.Repeat("x", 513)), 100},
		{"link", message("image", m{"link": "https://walnutworks.example/a.png", "caption": "A"}), 0},
		{"no file", message("image", m{"caption": "A"}), 131008},
		{"unknown file", message("image", m{"id": "1"}), 131009},
		{"caption on audio", message("audio", m{"link": "https://x.example/a", "caption": "A"}), 100},
		{"location", message("location", m{"latitude": 1.5, "longitude": "2.5"}), 0},
		{"off the earth", message("location", m{"latitude": 91, "longitude": 2}), 131009},
		{"card", message("contacts", []m{{"name": m{"formatted_name": "A B", "first_name": "A"}}}), 0},
		{"card without a name", message("contacts", []m{{"name": m{"formatted_name": "A B"}}}), 131008},
		{"three buttons", buttons(3), 0},
		{"four buttons", buttons(4), 131009},
		{"list", message("interactive", m{"type": "list", "body": m{"text": "?"}, "action": m{"button": "Pick", "sections": []m{{"rows": []m{{"id": "1", "title": "One"}}}}}}), 0},
		{"link", message("interactive", m{"type": "cta_url", "body": m{"text": "?"}, "action": m{"name": "cta_url", "parameters": m{"display_text": "Open", "url": "https://shop.example"}}}), 0},
		{"link without an address", message("interactive", m{"type": "cta_url", "body": m{"text": "?"}, "action": m{"name": "cta_url", "parameters": m{"display_text": "Open"}}}), 131009},
		{"long header", message("interactive", m{"type": "cta_url", "header": m{"type": "text", "text": strings.Repeat("x", 61)}, "body": m{"text": "?"}, "action": m{"name": "cta_url", "parameters": m{"display_text": "Open", "url": "https://shop.example"}}}), 131009},
		{"empty list", message("interactive", m{"type": "list", "body": m{"text": "?"}, "action": m{"button": "Pick"}}), 131009},
		{"reaction without emoji", message("reaction", m{"message_id": "wamid.x"}), 131008},
		{"template", template("hello_world", "en_US"), 0},
		{"named", template("visit_reminder", "en_US", word("day", "Monday"), word("first_name", "Nora")), 0},
		{"positional", template("shipping_update", "fr", m{"type": "text", "text": "Nora"}, m{"type": "text", "text": "118"}), 0},
		{"too few values", template("visit_reminder", "en_US", word("day", "Monday")), 132000},
		{"wrong name", template("visit_reminder", "en_US", word("day", "Monday"), word("name", "Nora")), 132000},
		{"line break", template("visit_reminder", "en_US", word("day", "Mon\nday"), word("first_name", "Nora")), 132018},
		{"wrong language", template("hello_world", "de"), 132001},
		{"paused", template("autumn_offer_v2", "en_US", word("", "x")), 132015},
		{"missing header", template("autumn_offer", "en_US", word("", "x")), 132012},
	}
	for _, tt := range tests {
		_, err := w.send(t, tt.payload)
		got := 0
		if e, ok := errors.AsType[*meta.Error](err); ok {
			got = e.Code
		}
		if got != tt.code || tt.code == 0 && err != nil {
			t.Errorf("%s: %v, want code %d", tt.name, err, tt.code)
		}
	}
}

func TestTemplateOnThePhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	p := w.Customer(sim.Customer{Phone: "13105550117"})
	got, err := w.send(t, template("visit_reminder", "en_US", m{"type": "text", "parameter_name": "day", "text": "Monday"},
		m{"type": "text", "parameter_name": "first_name", "text": "Dana"}))
	if err != nil || got.MessageStatus != "accepted" {
		t.Fatalf("%+v %v", got, err)
	}
	thread := p.Thread(pnid)
	if len(thread) != 1 || thread[0].Text != "Hello Dana, see you on Monday." || len(thread[0].Buttons) != 2 || thread[0].Buttons[0].Kind != "template" {
		t.Errorf("%+v", thread)
	}
}

func TestReactionOfTheBusiness(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	p := w.Customer(sim.Customer{Phone: "13105550117"})
	id := p.SendText(pnid, "hi")
	if _, err := w.send(t, message("reaction", m{"message_id": id, "emoji": "👍"})); err != nil {
		t.Fatal(err)
	}
	if th := p.Thread(pnid); len(th) != 1 || th[0].Reaction != "👍" {
		t.Errorf("%+v", th)
	}
	if _, err := w.send(t, message("reaction", m{"message_id": "wamid.none", "emoji": "👍"})); err != nil {
		t.Fatal(err)
	}
	wantNews(t, w.flush(t), "text", "sent", "failed")
}

func TestNodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	n := number()
	n.Unsubscribed = true
	w.AddNumber(n)
	ctx := soon(t)
	token, err := w.client.DebugToken(ctx, "5512", creds.AppSecret, creds.AccessToken)
	if err != nil || !token.IsValid || token.AppID != "5512" || !token.Allows("whatsapp_business_messaging", n.WABAID) {
		t.Errorf("%+v %v", token, err)
	}
	if _, err := w.client.DebugToken(ctx, "5512", "wrong", creds.AccessToken); err == nil {
		t.Error("a wrong secret was taken")
	}
	if token, err := w.client.DebugToken(ctx, "5512", creds.AppSecret, "nonsense"); err != nil || token.IsValid {
		t.Errorf("%+v %v", token, err)
	}
	number, err := w.client.PhoneNumber(ctx, creds, pnid)
	if err != nil || number.VerifiedName != "Walnut Works" || number.Status != "CONNECTED" {
		t.Errorf("%+v %v", number, err)
	}
	if all, err := w.client.PhoneNumbers(ctx, creds, n.WABAID); err != nil || len(all) != 1 {
		t.Errorf("%+v %v", all, err)
	}
	if waba, err := w.client.WABA(ctx, creds, n.WABAID); err != nil || waba.ID != n.WABAID {
		t.Errorf("%+v %v", waba, err)
	}
	p := w.Customer(sim.Customer{Phone: "13105550117"})
	p.SendText(pnid, "nobody listens")
	if apps, err := w.client.SubscribedApps(ctx, creds, n.WABAID); err != nil || len(apps) != 0 {
		t.Errorf("%+v %v", apps, err)
	}
	if err := w.client.SubscribeApp(ctx, creds, n.WABAID); err != nil {
		t.Error(err)
	}
	if apps, err := w.client.SubscribedApps(ctx, creds, n.WABAID); err != nil || len(apps) != 1 || apps[0].ID != "5512" {
		t.Errorf("%+v %v", apps, err)
	}
	p.SendText(pnid, "now")
	wantNews(t, w.flush(t), "text")
	if err := w.client.Register(ctx, creds, pnid, "123456"); err != nil {
		t.Error(err)
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	for name, c := range map[string]meta.Creds{"token": {AccessToken: "stolen"}, "proof": {AccessToken: creds.AccessToken, AppSecret: "wrong"}} {
		if _, err := w.client.Send(soon(t), c, pnid, text("13105550117", "x")); err == nil {
			t.Errorf("wrong %s was taken", name)
		}
	}
	_, err := w.client.Send(soon(t), creds, "999", text("13105550117", "x"))
	if e, ok := errors.AsType[*meta.Error](err); !ok || e.Verdict().Kind != meta.HoldChannel {
		t.Errorf("unknown number: %v", err)
	}
	n := number()
	n.AccessToken = "renewed"
	w.AddNumber(n)
	_, err = w.send(t, text("13105550117", "x"))
	if e, ok := errors.AsType[*meta.Error](err); !ok || e.Code != 190 {
		t.Errorf("revoked token: %v", err)
	}
}
