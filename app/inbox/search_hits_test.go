package inbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"badala/app/errs"
	"badala/app/inbox"
)

// marked is what a hit shows, with its highlights between brackets.
func marked(h inbox.Hit) string {
	runes, at := []rune(h.Snippet), 0
	var b strings.Builder
	for _, m := range h.Highlights {
		b.WriteString(string(runes[at:m[0]]) + "[" + string(runes[m[0]:m[1]]) + "]")
		at = m[1]
	}
	return b.String() + string(runes[at:])
}

// TestSearchHits finds messages and contacts, the best first, with highlights.
func TestSearchHits(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	far := strings.Repeat("كلام كثير ", 40)
	var items []any
	for i, body := range []string{"هل الطَّلب جاهز؟", "walnuts, walnut desks and a desk", "the walnut desk", "متى يصل " + far + "طلبي رقم ٤٤٧١", "Walnut? no desk"} {
		items = append(items, textItem(fmt.Sprint("wamid.", i), fmt.Sprintf("4670174061%d", i), body, shortly.Add(time.Duration(i)*time.Minute)))
	}
	w.clock.set(shortly.Add(time.Hour))
	w.post(bodyOf(t, "messages", map[string]any{"messages": items}))
	w.exec(`UPDATE contact SET name = 'Walnut & Sons' WHERE phone = '+46701740610'`)
	for text, want := range map[string][]string{
		"walnut desk":  {"the [walnut] [desk]", "[Walnut]? no [desk]", "[walnuts], [walnut] [desks] and a [desk]"},
		"الطلب":        {"هل [الطَّلب] جاهز؟", "…"},
		"4471":         {"…"},
		"46701740612":  {"[+46701740612]"},
		"740612":       {"[+46701740612]"},
		"no such word": nil,
		"؟!":           nil,
		"":             nil,
	} {
		hits, err := w.inbox.Search(w.q(), w.owner.OrgID, text, 0)
		if err != nil || len(hits) != len(want) {
			t.Errorf("%q finds %d (%v), want %d", text, len(hits), err, len(want))
			continue
		}
		for i, h := range hits {
			got := marked(h)
			if want[i] == "…" {
				if !strings.HasPrefix(got, "…") || !strings.Contains(got, "[") || len([]rune(h.Snippet)) > 170 {
					t.Errorf("%q, hit %d: %q", text, i, got)
				}
			} else if got != want[i] {
				t.Errorf("%q, hit %d: %q, want %q", text, i, got, want[i])
			}
			if h.ConversationID == 0 || h.ContactID == 0 || h.At == 0 || h.Title == "" {
				t.Errorf("%q, hit %d: %+v", text, i, h)
			}
		}
	}
	if _, err := w.inbox.Search(w.q(), w.owner.OrgID, strings.Repeat("x", 201), 0); !errs.Is(err, errs.Invalid) {
		t.Errorf("a long search: %v", err)
	}
	hits, err := w.inbox.Search(w.q(), w.owner.OrgID, "walnut", 2)
	if err != nil || len(hits) != 2 {
		t.Errorf("two of them: %d, %v", len(hits), err)
	}
	hits, err = w.inbox.Search(w.q(), w.org("Elsewhere").OrgID, "walnut", 0)
	if err != nil || len(hits) != 0 {
		t.Errorf("another organisation finds %d, %v", len(hits), err)
	}
}

// TestSearchSkips leaves out what was taken back and what is not for customers.
func TestSearchSkips(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	wamid := s.phone.SendText(shopNumber, "the walnut desk")
	conv := s.messageOf(wamid).ConversationID
	_, err := s.inbox.AddNote(t.Context(), s.agent, conv, inbox.NoteInput{Body: "walnut is out of stock"})
	noErr(t, err)
	found := func() int {
		hits, err := s.inbox.Search(s.q(), s.agent.OrgID, "walnut", 0)
		noErr(t, err)
		return len(hits)
	}
	if n := found(); n != 1 {
		t.Errorf("found %d", n)
	}
	s.phone.Revoke(shopNumber, wamid)
	s.eventually("it is taken back", func() bool { return s.messageOf(wamid).Deleted })
	if n := found(); n != 0 {
		t.Errorf("what was taken back is found %d times", n)
	}
}
