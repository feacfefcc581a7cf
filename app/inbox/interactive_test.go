package inbox_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/meta/sim"
)

func buttons(n int) *inbox.Interactive {
	i := &inbox.Interactive{Type: "button", Header: "Your order", Body: "Shall we deliver tomorrow?", Footer: "Al Noor"}
	for k := range n {
		i.Buttons = append(i.Buttons, inbox.Option{ID: string(rune('a' + k)), Title: "Choice " + string(rune('A'+k))})
	}
	return i
}

func list() *inbox.Interactive {
	return &inbox.Interactive{Type: "list", Body: "Pick a branch", Button: "Branches", Sections: []inbox.Section{
		{Title: "North", Rows: []inbox.Option{{ID: "n1", Title: "Mall", Description: "Open till ten"}}},
		{Title: "South", Rows: []inbox.Option{{ID: "s1", Title: "Souq"}}},
	}}
}

// TestInteractive sends each type and has the customer press a button.
func TestInteractive(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "hello")
	for _, tt := range []struct {
		in    *inbox.Interactive
		press sim.PhoneButton
		reply string
	}{
		{buttons(3), sim.PhoneButton{Kind: "reply", ID: "b", Title: "Choice B"}, "button_reply"},
		{list(), sim.PhoneButton{Kind: "list", ID: "s1", Title: "Souq"}, "list_reply"},
		{&inbox.Interactive{Type: "cta_url", Body: "Our catalogue", DisplayText: "Open", URL: "https://shop.example/c"},
			sim.PhoneButton{Kind: "url", ID: "https://shop.example/c", Title: "Open"}, ""},
	} {
		m := s.send(conv, inbox.SendInput{Type: "INTERACTIVE", Interactive: tt.in})
		if m.Status != inbox.StatusSent || m.Body != tt.in.Body || m.Extra().Interactive == nil || m.Extra().Interactive.Type != tt.in.Type {
			t.Fatalf("%s: %+v", tt.in.Type, m)
		}
		seen := s.onPhone(s.phone, tt.in.Type, func(p sim.PhoneMessage) bool { return p.ID == m.WaID })
		if seen.Text != tt.in.Body || !slices.Contains(seen.Buttons, tt.press) {
			t.Errorf("%s on the phone: %+v", tt.in.Type, seen)
		}
		if tt.reply == "" {
			continue
		}
		answer := s.messageOf(s.phone.SendInteractiveReply(shopNumber, m.WaID, tt.press.ID, tt.press.Title, tt.press.Kind == "list"))
		got := answer.Extra().Interactive
		if got == nil || got.Type != tt.reply || got.ID != tt.press.ID || answer.ReplyTo != m.ID {
			t.Errorf("the answer to %s: %+v %+v", tt.in.Type, answer, got)
		}
	}
	sent := s.sim.Sends()
	var body struct {
		Interactive map[string]any `json:"interactive"`
	}
	noErr(t, json.Unmarshal(sent[0].Body, &body))
	if h, _ := body.Interactive["header"].(map[string]any); h["text"] != "Your order" || body.Interactive["type"] != "button" {
		t.Errorf("asked of Meta: %s", sent[0].Body)
	}
}

// TestInteractiveLimits names every wrong field.
func TestInteractiveLimits(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "hello")
	long := func(n int) string { return strings.Repeat("ش", n) }
	rows := func(n int) (all []inbox.Option) {
		for k := range n {
			all = append(all, inbox.Option{ID: string(rune('a' + k)), Title: "Row"})
		}
		return all
	}
	for name, tt := range map[string]struct {
		in   *inbox.Interactive
		want []string
	}{
		"nothing":        {nil, []string{"interactive"}},
		"another type":   {&inbox.Interactive{Type: "flow", Body: "x"}, []string{"interactive.type"}},
		"no button":      {buttons(0), []string{"interactive.buttons"}},
		"four buttons":   {buttons(4), []string{"interactive.buttons"}},
		"too long":       {&inbox.Interactive{Type: "button", Header: long(61), Body: long(1025), Footer: long(61), Buttons: []inbox.Option{{ID: long(257), Title: long(21)}}}, []string{"interactive.body", "interactive.header", "interactive.footer", "interactive.buttons[0].id", "interactive.buttons[0].title"}},
		"twice the same": {&inbox.Interactive{Type: "button", Body: "x", Buttons: []inbox.Option{{ID: "a", Title: "A"}, {ID: "a", Title: "A"}}}, []string{"interactive.buttons[1].id", "interactive.buttons[1].title"}},
		"empty list":     {&inbox.Interactive{Type: "list"}, []string{"interactive.body", "interactive.button", "interactive.sections"}},
		"eleven rows":    {&inbox.Interactive{Type: "list", Body: long(4096), Button: "B", Sections: []inbox.Section{{Rows: rows(11)}}}, []string{"interactive.sections"}},
		"untitled":       {&inbox.Interactive{Type: "list", Body: "x", Button: "B", Sections: []inbox.Section{{Rows: rows(1)}, {Title: "T"}}}, []string{"interactive.sections[0].title", "interactive.sections[1].rows"}},
		"odd address":    {&inbox.Interactive{Type: "cta_url", Body: "x", DisplayText: "Go", URL: "javascript:alert(1)"}, []string{"interactive.url"}},
	} {
		_, err := s.inbox.Send(t.Context(), s.agent, conv, inbox.SendInput{Type: "INTERACTIVE", Interactive: tt.in})
		e := errs.As(err)
		if e == nil || e.Kind != errs.Invalid {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var fields []string
		for _, d := range e.Details {
			field, _, _ := strings.Cut(d, ": ")
			fields = append(fields, field)
		}
		if !slices.Equal(fields, tt.want) {
			t.Errorf("%s: %q, want %q", name, fields, tt.want)
		}
	}
	if n := len(s.sim.Sends()); n != 0 {
		t.Errorf("Meta was asked %d times", n)
	}
}
