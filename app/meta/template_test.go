package meta_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"badala/app/meta"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	c := graph(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if r.URL.Path != "/v26.0/702331948820117/message_templates" || q.Get("limit") != "50" || !strings.Contains(q.Get("fields"), "parameter_format") {
			t.Errorf("%s", r.URL)
		}
		if q.Get("after") == "" {
			io.WriteString(w, `{"data":[{"id":"1948820334417726","name":"visit_reminder","language":"en_US","status":"approved","category":"Utility","parameter_format":"named",
				"quality_score":{"score":"GREEN","date":1794800000},"rejected_reason":"NONE","last_updated_time":1794800000,"message_send_ttl_seconds":600,"components":[{"type":"BODY","text":"Hi"}]}],
				"paging":{"cursors":{"after":"B"},"next":"https://graph.facebook.com/next"}}`)
			return
		}
		io.WriteString(w, `{"data":[{"id":7,"name":"other","language":"ar","status":"REJECTED","category":"MARKETING","rejected_reason":"SCAM","quality_score":"RED"}],"paging":{"cursors":{"after":"C"}}}`)
	})
	all, err := c.Templates(t.Context(), creds, "702331948820117")
	if err != nil || len(all) != 2 {
		t.Fatalf("%d %v", len(all), err)
	}
	if v := all[0]; v.Status != "APPROVED" || v.Category != "UTILITY" || v.Format != "NAMED" || v.Quality != "GREEN" || v.Reason != "" || v.TTL != 600 || v.UpdatedAt.Unix() != 1794800000 {
		t.Errorf("%+v", v)
	}
	if v := all[1]; v.ID != "7" || v.Reason != "SCAM" || v.Quality != "RED" || string(v.Components) != "[]" {
		t.Errorf("%+v", v)
	}
}

func TestWriteTemplates(t *testing.T) {
	t.Parallel()
	var calls []string
	c := graph(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		q := r.URL.Query()
		q.Del("appsecret_proof")
		calls = append(calls, r.Method+" "+r.URL.Path+"?"+q.Encode()+" "+string(body))
		if strings.HasSuffix(r.URL.Path, "/message_templates") && r.Method == http.MethodPost {
			io.WriteString(w, `{"id":"12","status":"PENDING","category":"MARKETING"}`)
			return
		}
		io.WriteString(w, `{"success":true}`)
	})
	made, err := c.CreateTemplate(t.Context(), creds, "702", meta.NewTemplate{Name: "a", Language: "ar", Category: "UTILITY", Format: "NAMED", Components: []byte(`[]`)})
	if err != nil || made.ID != "12" || made.Category != "MARKETING" || made.Status != "PENDING" {
		t.Errorf("%+v %v", made, err)
	}
	if err := c.EditTemplate(t.Context(), creds, "12", meta.NewTemplate{Name: "a", Components: []byte(`[]`)}); err != nil {
		t.Error(err)
	}
	if err := c.DeleteTemplate(t.Context(), creds, "702", "a", "12"); err != nil {
		t.Error(err)
	}
	want := []string{
		`POST /v26.0/702/message_templates? {"name":"a","language":"ar","category":"UTILITY","parameter_format":"named","components":[]}`,
		`POST /v26.0/12? {"components":[]}`,
		`DELETE /v26.0/702/message_templates?hsm_id=12&name=a `,
	}
	if strings.Join(calls, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(calls, "\n"))
	}
	if err := c.DeleteTemplate(t.Context(), creds, "702", "", ""); err == nil {
		t.Error("deleting without a name would be deleting everything")
	}
}

func TestUploadSample(t *testing.T) {
	t.Parallel()
	c := graph(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v26.0/5512/uploads":
			if q := r.URL.Query(); q.Get("file_length") != "4" || q.Get("file_type") != "image/jpeg" || q.Get("file_name") != "a.jpg" {
				t.Errorf("%s", r.URL)
			}
			io.WriteString(w, `{"id":"upload:MTphdHRh==?sig=ARZq"}`)
		case "/v26.0/upload:MTphdHRh==":
			body, err := io.ReadAll(r.Body)
			if err != nil || string(body) != "jpeg" || r.Header.Get("file_offset") != "0" || r.Header.Get("Authorization") != "OAuth EAAG-token" || r.URL.Query().Get("sig") != "ARZq" {
				t.Errorf("%s %v %q", r.URL, r.Header, body)
			}
			io.WriteString(w, `{"h":"4::abc"}`)
		default:
			t.Errorf("%s", r.URL)
		}
	})
	handle, err := c.UploadSample(t.Context(), creds, "5512", "image/jpeg", "a.jpg", strings.NewReader("jpeg"), 4)
	if err != nil || handle != "4::abc" {
		t.Errorf("%q %v", handle, err)
	}
	if _, err := c.UploadSample(t.Context(), creds, "../x", "image/jpeg", "a.jpg", strings.NewReader("jpeg"), 4); err == nil {
		t.Error("took an id that is none")
	}
	evil := graph(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"id":"upload:../../other"}`) })
	_, err = evil.UploadSample(t.Context(), creds, "5512", "image/jpeg", "a.jpg", strings.NewReader("jpeg"), 4)
	if e, ok := errors.AsType[*meta.SendError](err); !ok || !e.Sent {
		t.Errorf("%v", err)
	}
}
