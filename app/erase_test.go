package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"badala/app"
	"badala/app/db"
	"badala/app/webhook"
)

// holds lists the tables of the file that hold a text in any column. The words
// of the search indexes go within the hour, which their own test waits for.
func (s *shop) holds(text string) (where []string) {
	s.t.Helper()
	names := func(query string, args ...any) []string {
		all, err := db.All(s.DB.Read(s.t.Context()), func(r *db.Rows, v *string) error { return r.Scan(v) }, query, args...)
		if err != nil {
			s.t.Fatal(err)
		}
		return all
	}
	for _, table := range names(`SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%' AND name NOT LIKE '%\_fts\_%' ESCAPE '\'`) {
		var conds []string
		for _, column := range names(`SELECT name FROM pragma_table_info(?)`, table) {
			conds = append(conds, `instr(lower(CAST("`+column+`" AS BLOB)), CAST(?1 AS BLOB)) > 0`)
		}
		if found, err := db.Exists(s.DB.Read(s.t.Context()), `SELECT 1 FROM "`+table+`" WHERE `+strings.Join(conds, " OR "), strings.ToLower(text)); err != nil {
			s.t.Fatal(err)
		} else if found {
			where = append(where, table)
		}
	}
	return where
}

// A person is erased through the API: nothing of them is left anywhere in the
// file, not in what waits for an endpoint either, and the other system hears.
func TestErasedEverywhere(t *testing.T) {
	t.Parallel()
	told := make(chan string, 100)
	crm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		told <- string(body)
		_, _ = w.Write(body) // an answer that repeats what it got
	}))
	defer crm.Close()
	dead := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	defer dead.Close()
	s := newShop(t, func(c *app.Config) { c.WebhookAllow = []string{"127.0.0.1/32"} })
	var events []string
	for _, e := range webhook.Events {
		events = append(events, e.Name)
	}
	for _, url := range []string{crm.URL, dead.URL} {
		if _, _, err := s.Webhooks.Create(t.Context(), s.owner, webhook.Input{URL: url, Events: events}); err != nil {
			t.Fatal(err)
		}
	}
	base, token := s.URL()+"/orgs/"+db.FormatID("org", s.org), s.token(ownerEmail)
	var c struct{ ID string }
	if code := call(t, http.MethodPost, base+"/contacts", token, map[string]any{"phone": "+46701740611", "externalId": "crm-73", "email": "nora@walnut.example", "tags": []string{"VIP"}},
		&c, "Idempotency-Key", "k-1"); code != 201 {
		t.Fatal(code)
	}
	nora := s.customer("46701740611", "Nora Quillwort")
	nora.SendText(s.number.PhoneNumberID, "Do you sell marzipan?")
	s.settle()
	if code := call(t, http.MethodPost, base+"/conversations/"+s.conversations()[0]+"/messages", token, map[string]string{"type": "TEXT", "body": "Only zebrafish"}, nil); code != 201 {
		t.Fatal(code)
	}
	s.settle()
	traces := []string{"46701740611", "quillwort", "marzipan", "zebrafish", "nora@walnut"}
	for _, text := range traces {
		if len(s.holds(text)) == 0 {
			t.Errorf("%q is nowhere before", text)
		}
	}
	if code := call(t, http.MethodDelete, base+"/contacts/"+c.ID, token, nil, nil); code != 204 {
		t.Fatal(code)
	}
	if code := call(t, http.MethodGet, base+"/contacts/"+c.ID, token, nil, nil); code != 404 {
		t.Error(code)
	}
	s.settle()
	for _, text := range traces {
		if where := s.holds(text); len(where) > 0 {
			t.Errorf("%q is still in %v", text, where)
		}
	}
	deadline := time.After(pageTimeout)
	for {
		select {
		case body := <-told:
			if strings.Contains(body, `"contact.deleted"`) && strings.Contains(body, c.ID) && strings.Contains(body, "crm-73") {
				return
			}
		case <-deadline:
			t.Fatal("the other system never heard that the contact is gone")
		}
	}
}
