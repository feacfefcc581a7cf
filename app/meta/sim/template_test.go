package sim_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"badala/app/meta"
	"badala/app/meta/sim"
)

const waba = "702331948820117"

// sendParts sends a template with components that are written as JSON.
func (w *world) sendParts(t testing.TB, name, language, components string) (meta.SendResult, error) {
	t.Helper()
	tmpl := m{"name": name, "language": m{"code": language}}
	if components != "" {
		tmpl["components"] = json.RawMessage(components)
	}
	return w.send(t, m{"messaging_product": "whatsapp", "to": "+13105550117", "type": "template", "template": tmpl})
}

func codeOf(err error) int {
	if e, ok := errors.AsType[*meta.Error](err); ok {
		return e.Code
	}
	return 0
}

func TestTemplateSends(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{Now: func() time.Time { return time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC) }})
	w.Customer(sim.Customer{Phone: "13105550117"})
	const (
		picture = `{"type":"header","parameters":[{"type":"image","image":{"link":"https://x.example/a.jpg"}}]}`
		ana     = `{"type":"body","parameters":[{"type":"text","text":"Ana"}]}`
		copied  = `{"type":"button","sub_type":"copy_code","index":0,"parameters":[{"type":"coupon_code","coupon_code":"W10"}]}`
		shop    = `{"type":"button","sub_type":"url","index":"1","parameters":[{"type":"text","text":"W10"}]}`
		ends    = `{"type":"limited_time_offer","parameters":[{"type":"limited_time_offer","limited_time_offer":{"expiration_time_ms":1795900000000}}]}`
		card    = `{"card_index":N,"components":[` + picture + `,` + ana + `,{"type":"button","sub_type":"quick_reply","index":"0","parameters":[{"type":"payload","payload":"more"}]},{"type":"button","sub_type":"url","index":"1","parameters":[{"type":"text","text":"oak"}]}]}`
	)
	cards := strings.ReplaceAll(card, "N", "0") + "," + strings.ReplaceAll(card, "N", "1")
	for _, c := range []struct {
		name, language, components string
		code                       int
	}{
		{"hello_world", "en_US", "", 0},
		{"hello_world", "de", "", 132001},
		{"hello_world", "en_US", "[" + ana + "]", 132000},
		{"autumn_offer", "en_US", "[" + ana + "]", 132012},
		{"autumn_offer", "en_US", "[" + picture + "," + ana + "]", 0},
		{"autumn_offer", "en_US", "[" + strings.ReplaceAll(picture, `"link":"https://x.example/a.jpg"`, `"id":"77"`) + "," + ana + "]", 131009},
		{"autumn_offer_v2", "en_US", "[" + ana + "]", 132015},
		{"shipping_update", "en_US", `[{"type":"body","parameters":[{"type":"text","text":"a\nb"},{"type":"text","text":"b"}]}]`, 132018},
		{"shipping_update", "en_US", `[{"type":"body","parameters":[{"type":"text","text":""},{"type":"text","text":"b"}]}]`, 131008},
		{"order_ready", "ar", `[{"type":"header","parameters":[{"type":"text","text":"118"}]},{"type":"body","parameters":[{"type":"text","text":"نورة"},{"type":"text","text":"المعرض"}]}]`, 0},
		{"order_ready", "ar", `[{"type":"body","parameters":[{"type":"text","text":"نورة"},{"type":"text","text":"المعرض"}]}]`, 132000},
		{"order_link", "en_US", "[" + ana + "]", 131008},
		{"order_link", "en_US", "[" + ana + `,{"type":"button","sub_type":"url","index":0,"parameters":[{"type":"text","text":"118"}]}]`, 0},
		{"order_link", "en_US", "[" + ana + `,{"type":"button","sub_type":"quick_reply","index":0,"parameters":[{"type":"text","text":"118"}]}]`, 132012},
		{"order_link", "en_US", "[" + ana + `,{"type":"button","sub_type":"url","index":7,"parameters":[{"type":"text","text":"118"}]}]`, 132000},
		{"showroom", "en_US", `[{"type":"header","parameters":[{"type":"location","location":{"latitude":"51.5","longitude":"-0.1","name":"Mill","address":"Lane 1"}}]}]`, 0},
		{"showroom", "en_US", `[{"type":"header","parameters":[{"type":"location","location":{"latitude":51.5,"longitude":-0.1}}]}]`, 131008},
		{"weekend_offer", "en_US", "[" + picture + "," + ana + "," + copied + "," + shop + "]", 131008},
		{"weekend_offer", "en_US", "[" + picture + "," + ana + "," + copied + "," + shop + "," + ends + "]", 0},
		{"weekend_offer", "en_US", "[" + picture + "," + ana + "," + copied + "," + shop + "," + strings.ReplaceAll(ends, "1795900000000", "1") + "]", 131009},
		{"weekend_offer", "en_US", "[" + picture + "," + ana + "," + shop + "," + ends + "]", 131008},
		{"login_code", "en_US", `[{"type":"body","parameters":[{"type":"text","text":"482913"}]}]`, 131008},
		{"login_code", "en_US", `[{"type":"body","parameters":[{"type":"text","text":"482913"}]},{"type":"button","sub_type":"url","index":"0","parameters":[{"type":"text","text":"482913"}]}]`, 0},
		{"winter_carousel", "en_US", "[" + ana + "]", 132012},
		{"winter_carousel", "en_US", "[" + ana + `,{"type":"carousel","cards":[` + cards + `]}]`, 0},
		{"winter_carousel", "en_US", "[" + ana + `,{"type":"carousel","cards":[` + strings.ReplaceAll(cards, `"payload":"more"`, `"payload":""`) + `]}]`, 131008},
		{"book_a_visit", "en_US", `[{"type":"button","sub_type":"flow","index":"0","parameters":[{"type":"action","action":{"flow_token":"t"}}]}]`, 0},
		{"invoice", "en_US", `[{"type":"header","parameters":[{"type":"document","document":{"link":"https://x.example/i.pdf","filename":"i.pdf"}}]},{"type":"body","parameters":[{"type":"text","parameter_name":"name","text":"Ana"},{"type":"text","parameter_name":"wrong","text":"May"}]}]`, 132000},
		{"hello_world", "en_US", `[{"type":"hologram"}]`, 100},
	} {
		if _, err := w.sendParts(t, c.name, c.language, c.components); codeOf(err) != c.code || err != nil && c.code == 0 {
			t.Errorf("%s %s: %v, want %d", c.name, c.components, err, c.code)
		}
	}
}

func TestTemplateList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	for i := range 120 {
		name := "bulk_" + strings.Repeat("x", i)
		if _, err := w.client.CreateTemplate(soon(t), creds, waba, meta.NewTemplate{Name: name, Language: "en_US", Category: "UTILITY", Components: json.RawMessage(`[{"type":"BODY","text":"Hi"}]`)}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := w.client.Templates(soon(t), creds, waba)
	if err != nil || len(all) != 120+len(sim.SampleTemplates()) {
		t.Fatalf("%d templates, %v", len(all), err)
	}
	at := slices.IndexFunc(all, func(t meta.Template) bool { return t.Name == "visit_reminder" })
	if v := all[at]; v.Format != "NAMED" || v.Status != "APPROVED" || v.Category != "UTILITY" || v.Quality != "GREEN" || !strings.Contains(string(v.Components), "first_name") {
		t.Errorf("%+v", v)
	}
}

func TestTemplateLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{ReviewTime: time.Millisecond})
	ctx := soon(t)
	app, err := w.client.TokenOwner(ctx, creds)
	if err != nil || app != "5512" {
		t.Fatal(app, err)
	}
	picture := sim.SamplePicture()
	handle, err := w.client.UploadSample(ctx, creds, app, "image/jpeg", "desk.jpg", strings.NewReader(string(picture)), int64(len(picture)))
	if err != nil {
		t.Fatal(err)
	}
	made, err := w.client.CreateTemplate(ctx, creds, waba, meta.NewTemplate{Name: "new_desk", Language: "en_US", Category: "MARKETING", Format: "POSITIONAL",
		Components: json.RawMessage(`[{"type":"HEADER","format":"IMAGE","example":{"header_handle":["` + handle + `"]}},{"type":"BODY","text":"Hi {{1}}, look.","example":{"body_text":[["Ana"]]}}]`)})
	if err != nil || made.ID == "" || made.Status != "PENDING" {
		t.Fatalf("%+v %v", made, err)
	}
	w.until(t, "message_template_status_update", 1)
	v := w.templateNamed(t, "new_desk")
	if v.Status != "APPROVED" {
		t.Errorf("%+v", v)
	}
	var parts []struct {
		Example struct {
			Handle []string `json:"header_handle"`
		}
	}
	if err := json.Unmarshal(v.Components, &parts); err != nil {
		t.Fatal(err)
	}
	res, err := http.Get(parts[0].Example.Handle[0])
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); err != nil || string(b) != string(picture) {
		t.Errorf("the example: %d bytes, %v", len(b), err)
	}
	edit := meta.NewTemplate{Components: json.RawMessage(`[{"type":"BODY","text":"Hi there."}]`)}
	if err := w.client.EditTemplate(ctx, creds, made.ID, edit); err != nil {
		t.Error(err)
	}
	w.until(t, "message_template_status_update", 2)
	if err := w.client.DeleteTemplate(ctx, creds, waba, "new_desk", ""); err != nil {
		t.Error(err)
	}
	_, err = w.client.CreateTemplate(ctx, creds, waba, meta.NewTemplate{Name: "new_desk", Language: "en_US", Category: "MARKETING", Components: edit.Components})
	if codeOf(err) != 2388023 {
		t.Errorf("a deleted name: %v", err)
	}
	if err := w.client.DeleteTemplate(ctx, creds, waba, "shipping_update", "1948820334420078"); err != nil {
		t.Error(err)
	}
	if _, err := w.sendParts(t, "shipping_update", "fr", ""); codeOf(err) != 132001 {
		t.Error(err)
	}
	if v := w.templateNamed(t, "shipping_update"); v.Language != "en_US" {
		t.Errorf("%+v", v)
	}
	if err := w.client.DeleteTemplate(ctx, creds, waba, "nothing", ""); codeOf(err) != 100 {
		t.Error(err)
	}
}

func TestTemplateRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{ReviewTime: time.Millisecond})
	for _, c := range []struct {
		name, category, components string
		code                       int
	}{
		{"hello_world", "UTILITY", `[{"type":"BODY","text":"Hi"}]`, 2388024},
		{"Big Name", "UTILITY", `[{"type":"BODY","text":"Hi"}]`, 100},
		{"a", "SOCIAL", `[{"type":"BODY","text":"Hi"}]`, 100},
		{"a", "UTILITY", `[{"type":"FOOTER","text":"Hi"}]`, 2388047},
		{"a", "UTILITY", `[{"type":"BODY","text":"{{1}} hi there","example":{"body_text":[["x"]]}}]`, 2388299},
		{"a", "UTILITY", `[{"type":"BODY","text":"Hi {{1}} there"}]`, 2388043},
		{"a", "UTILITY", `[{"type":"HEADER","format":"IMAGE"},{"type":"BODY","text":"Hi"}]`, 2388273},
		{"a", "UTILITY", `[{"type":"HEADER","format":"IMAGE","example":{"header_handle":["4:none:x"]}},{"type":"BODY","text":"Hi"}]`, 100},
		{"a_code", "AUTHENTICATION", `[{"type":"BODY","add_security_recommendation":true},{"type":"BUTTONS","buttons":[{"type":"OTP","otp_type":"COPY_CODE"}]}]`, 0},
	} {
		_, err := w.client.CreateTemplate(soon(t), creds, waba, meta.NewTemplate{Name: c.name, Language: "en_US", Category: c.category, Components: json.RawMessage(c.components)})
		if codeOf(err) != c.code || err != nil && c.code == 0 {
			t.Errorf("%s %s: %v, want %d", c.name, c.components, err, c.code)
		}
	}
	w.until(t, "message_template_status_update", 1)
	if _, err := w.client.CreateTemplate(soon(t), creds, waba, meta.NewTemplate{Name: "reject_me", Language: "en_US", Category: "UTILITY", Components: json.RawMessage(`[{"type":"BODY","text":"Hi"}]`)}); err != nil {
		t.Fatal(err)
	}
	w.until(t, "message_template_status_update", 2)
	if v := w.templateNamed(t, "reject_me"); v.Status != "REJECTED" || v.Reason != "INVALID_FORMAT" {
		t.Errorf("%+v", v)
	}
}

func TestTemplateControl(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	p := newPage(t, w)
	res, err := http.Post(p.url+"/templates", "application/json", strings.NewReader(`{"name":"hello_world","language":"en_US","status":"paused","quality":"red","category":"marketing"}`))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	wantNews(t, w.flush(t), "message_template_quality_update", "template_category_update", "message_template_status_update")
	if _, err := w.sendParts(t, "hello_world", "en_US", ""); codeOf(err) != 132015 {
		t.Error(err)
	}
	p.call(404, "/templates", `{"name":"none","language":"en_US"}`)
}

// until waits for the n-th change of a field.
func (w *world) until(t testing.TB, field string, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		w.mu.Lock()
		got := 0
		for _, v := range w.news {
			if v == field {
				got++
			}
		}
		w.mu.Unlock()
		if got >= n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d %s", got, n, field)
		}
	}
}

func (w *world) templateNamed(t testing.TB, name string) meta.Template {
	t.Helper()
	all, err := w.client.Templates(soon(t), creds, waba)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(all, func(t meta.Template) bool { return t.Name == name })
	if at < 0 {
		t.Fatalf("no template %s", name)
	}
	return all[at]
}
