package meta_test

import (
	"os"
	"path/filepath"
	"testing"

	"badala/app/meta"
)

func TestOddItemsSinkNothing(t *testing.T) {
	t.Parallel()
	w, err := meta.ParseWebhook([]byte(`{"object":7,"entry":[null,5,{"id":702331948820117,"time":"1795167200","changes":[
		"x",{"field":"messages","value":{"metadata":{"phone_number_id":601448210093142},
		"contacts":[3,{"profile":"no","wa_id":46701740611,"user_id":"SE.1"},{"profile":{"username":"@nora"},"user_id":"SE.2"}],
		"messages":["odd",{"id":"wamid.1","type":"text","timestamp":1795165203,"from":46701740611,"text":"not an object"},
			{"id":"wamid.2","type":"text","timestamp":"soon","from_user_id":"SE.2","text":{"body":"still here"}}],
		"statuses":{"not":"a list"},"errors":[{"title":"no code"}]}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Entries) != 1 || w.Entries[0].ID != "702331948820117" || w.Entries[0].Time.Unix() != 1795167200 {
		t.Fatalf("entries: %+v", w.Entries)
	}
	v := w.Entries[0].Changes[0].Value
	if v.Metadata.PhoneNumberID != "601448210093142" || len(v.Messages) != 3 || v.Statuses != nil {
		t.Fatalf("value: %+v", v)
	}
	if v.Errors[0].Code != meta.NoCode {
		t.Errorf("an error without code has code %d", v.Errors[0].Code)
	}
	if _, err := meta.ParseMessage(v.Messages[0]); err == nil {
		t.Error("a string was taken for a message")
	}
	first, err := meta.ParseMessage(v.Messages[1])
	if err != nil || first.From != "46701740611" || first.Text != nil || first.Timestamp.IsZero() {
		t.Errorf("first: %+v %v", first, err)
	}
	second, err := meta.ParseMessage(v.Messages[2])
	if err != nil || second.Text.Body != "still here" || !second.Timestamp.IsZero() {
		t.Errorf("second: %+v %v", second, err)
	}
	if who := v.Who(second); who.Username != "nora" || who.UserID != "SE.2" || who.WaID != "" {
		t.Errorf("who: %+v", who)
	}
}

func TestNestedEditsEnd(t *testing.T) {
	t.Parallel()
	m, err := meta.ParseMessage([]byte(`{"type":"edit","edit":{"message":{"type":"edit","edit":{"message":{"type":"edit"}}}}}`))
	if err != nil || m.Edit == nil || m.Edit.Message.Edit == nil || m.Edit.Message.Edit.Message.Type != "" {
		t.Errorf("%+v %v", m, err)
	}
}

func TestMediaHash(t *testing.T) {
	t.Parallel()
	const hexed = "4612c7ab2e41c86b0a2dea214b4e77443b563f7fa9c08d8b1ee3a9a575e3d592"
	for in, want := range map[string]string{
		hexed: hexed,
		"RhLHqy5ByGsKLeohS053RDtWP3+pwI2LHuOppXXj1ZI=": hexed,
		"": "", "abc": "", "0000": "",
	} {
		if got := meta.MediaHash(in); got != want {
			t.Errorf("MediaHash(%q) = %q", in, got)
		}
	}
}

func FuzzParseWebhook(f *testing.F) {
	files, err := filepath.Glob("testdata/webhooks/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		w, err := meta.ParseWebhook(body)
		if err != nil {
			return
		}
		for _, e := range w.Entries {
			for _, c := range e.Changes {
				v := c.Value
				_, _ = meta.ParseAccountEvent(c.Raw)
				for _, raw := range append(v.Messages, v.MessageEchoes...) {
					if m, err := meta.ParseMessage(raw); err == nil {
						_ = v.Who(m)
					}
				}
				for _, raw := range v.Statuses {
					_, _ = meta.ParseStatus(raw)
				}
				for _, raw := range append(append(v.UserPreferences, v.Calls...), append(v.History, v.StateSync...)...) {
					_, _ = meta.ParsePreference(raw)
					_, _ = meta.ParseCall(raw)
					_, _ = meta.ParseHistory(raw)
					_, _ = meta.ParseStateSync(raw)
				}
			}
		}
	})
}
