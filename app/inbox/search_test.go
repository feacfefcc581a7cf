package inbox_test

import (
	"fmt"
	"testing"

	"badala/app/inbox"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	var items []any
	for i, body := range []string{"هل الطَّلب جاهز؟ شكرًا", "متى يصل الطلب رقم ٤٤٧١", "Où est ma commande, s'il vous plaît ?", "walnut desk"} {
		items = append(items, textItem(fmt.Sprint("wamid.", i), fmt.Sprintf("4670174061%d", i), body, shortly))
	}
	w.post(bodyOf(t, "messages", map[string]any{"messages": items}))
	w.fixtures("msg-document", "msg-contacts")
	for text, want := range map[string]int{
		"طلب": 2, "الطلب": 2, "شكرا": 1, "4471": 1, "commande": 2, "plait": 1, "waln": 1, "w": 0, "bon de commande signé": 1,
		"Élise": 1, "elise": 1, "Pilar": 1, "NOT walnut": 0, `desk" OR "a`: 0, "zorg": 0,
	} {
		if got := w.search(text); len(got) != want {
			t.Errorf("%q finds %d, want %d", text, len(got), want)
		}
	}
	all, next, err := w.inbox.Conversations(w.q(), w.owner.OrgID, inbox.Filter{Search: "طلب", Take: 1})
	if err != nil || len(all) != 1 || next == "" {
		t.Errorf("%d, next %q, %v", len(all), next, err)
	}
}

// TestSearchAfterMerge tends the index and finds the same.
func TestSearchAfterMerge(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	for i := range 40 {
		w.wrote(fmt.Sprint("wamid.", i), fmt.Sprintf("walnut desk %d", 1000+i), shortly)
	}
	noErr(t, w.inbox.MergeSearch(t.Context()))
	if got := w.search("walnut 1020"); len(got) != 1 {
		t.Errorf("found %d", len(got))
	}
}
