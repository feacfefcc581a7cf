package template_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"badala/app/errs"
	"badala/app/template"
)

// parse reads components that must be right.
func parse(t testing.TB, format, components string) template.Spec {
	t.Helper()
	s, err := template.Parse(format, json.RawMessage(components))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// values reads values as the REST face gets them.
func values(t testing.TB, raw string) template.Values {
	t.Helper()
	var v template.Values
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

const (
	named = `[{"type":"HEADER","format":"IMAGE","example":{"header_handle":["https://x.example/h.jpg"]}},
		{"type":"BODY","text":"Hello {{first_name}}, see you on {{day}}.","example":{"body_text_named_params":[{"param_name":"first_name","example":"Ana"},{"param_name":"day","example":"Monday"}]}},
		{"type":"FOOTER","text":"Walnut Works"},
		{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Confirm"},{"type":"URL","text":"Change","url":"https://walnutworks.example/v/{{1}}","example":["abc"]}]}]`
	positional = `[{"type":"header","format":"text","text":"Order {{1}}","example":{"header_text":["118"]}},
		{"type":"body","text":"Hi {{2}}, {{1}} is on its way.","example":{"body_text":[["oak desk","Nora"]]}}]`
	code = `[{"type":"BODY","text":"*{{1}}* is your code.","add_security_recommendation":true},{"type":"FOOTER","text":"This code expires in 10 minutes.","code_expiration_minutes":10},
		{"type":"BUTTONS","buttons":[{"type":"URL","text":"Copy code","url":"https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}"}]}]`
	offer = `[{"type":"HEADER","format":"VIDEO"},{"type":"LIMITED_TIME_OFFER","limited_time_offer":{"text":"Ends soon","has_expiration":true}},
		{"type":"BODY","text":"Walnut is 10 % off."},
		{"type":"BUTTONS","buttons":[{"type":"COPY_CODE","text":"Copy offer code","example":"AUTUMN25"},{"type":"URL","text":"Shop","url":"https://w.example/{{1}}"}]}]`
	carousel = `[{"type":"BODY","text":"New, {{1}}:"},{"type":"CAROUSEL","cards":[
		{"components":[{"type":"HEADER","format":"IMAGE"},{"type":"BODY","text":"Oak {{1}}"},{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"More"},{"type":"URL","text":"See","url":"https://w.example/{{1}}"}]}]},
		{"components":[{"type":"HEADER","format":"IMAGE"},{"type":"BODY","text":"Elm"},{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"More"},{"type":"URL","text":"See","url":"https://w.example/elm"}]}]}]}]`
	place = `[{"type":"HEADER","format":"LOCATION"},{"type":"BODY","text":"We are here."},{"type":"BUTTONS","buttons":[{"type":"FLOW","text":"Book","flow_id":"77"},{"type":"PHONE_NUMBER","text":"Call","phone_number":"+13105550117"}]}]`
)

func TestSlots(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, components, want string }{
		{"named", named, "header:IMAGE body.first_name:TEXT body.day:TEXT button.0:PAYLOAD? button.1:URL"},
		{"positional", positional, "header.1:TEXT body.1:TEXT body.2:TEXT"},
		{"code", code, "body.1:CODE"},
		{"offer", offer, "header:VIDEO button.0:COUPON button.1:URL expiresAt:EXPIRY"},
		{"carousel", carousel, "body.1:TEXT card.0.header:IMAGE card.0.body.1:TEXT card.0.button.0:PAYLOAD? card.0.button.1:URL card.1.header:IMAGE card.1.button.0:PAYLOAD?"},
		{"place", place, "header:LOCATION button.0:FLOW?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, s := range parse(t, "", c.components).Slots() {
				word := s.Key + ":" + string(s.Kind)
				if s.Optional {
					word += "?"
				}
				got = append(got, word)
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got  %s\nwant %s", s, c.want)
			}
		})
	}
}

func TestGraph(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, components, values, want string }{
		{"named", named, `{"variables":{"first_name":"Nora","day":"Monday"},"header":{"mediaUrl":"https://x.example/a.jpg"},"buttons":[{"index":1,"value":"abc123"}]}`,
			`[{"parameters":[{"image":{"link":"https://x.example/a.jpg"},"type":"image"}],"type":"header"},
			{"parameters":[{"parameter_name":"first_name","text":"Nora","type":"text"},{"parameter_name":"day","text":"Monday","type":"text"}],"type":"body"},
			{"index":"1","parameters":[{"text":"abc123","type":"text"}],"sub_type":"url","type":"button"}]`},
		{"named by order", `[{"type":"BODY","text":"Hi {{name}} on {{day}}"}]`, `{"variables":["Nora","Monday"]}`,
			`[{"parameters":[{"parameter_name":"name","text":"Nora","type":"text"},{"parameter_name":"day","text":"Monday","type":"text"}],"type":"body"}]`},
		{"positional", positional, `{"variables":["oak desk","Nora"],"header":"118"}`,
			`[{"parameters":[{"text":"118","type":"text"}],"type":"header"},{"parameters":[{"text":"oak desk","type":"text"},{"text":"Nora","type":"text"}],"type":"body"}]`},
		{"nothing", `[{"type":"BODY","text":"Welcome"}]`, `{}`, `[]`},
		{"code twice", code, `{"variables":["482913"]}`,
			`[{"parameters":[{"text":"482913","type":"text"}],"type":"body"},{"index":"0","parameters":[{"text":"482913","type":"text"}],"sub_type":"url","type":"button"}]`},
		{"offer", offer, `{"header":"https://x.example/v.mp4","buttons":[{"index":0,"value":"AUTUMN25"},{"index":"1","value":"x"}],"expiresAt":"2026-11-29T19:33:20Z"}`,
			`[{"parameters":[{"type":"video","video":{"link":"https://x.example/v.mp4"}}],"type":"header"},
			{"index":"0","parameters":[{"coupon_code":"AUTUMN25","type":"coupon_code"}],"sub_type":"copy_code","type":"button"},
			{"index":"1","parameters":[{"text":"x","type":"text"}],"sub_type":"url","type":"button"},
			{"parameters":[{"limited_time_offer":{"expiration_time_ms":1795980800000},"type":"limited_time_offer"}],"type":"limited_time_offer"}]`},
		{"carousel", carousel, `{"variables":["Nora"],"cards":[{"header":"https://x.example/1.jpg","variables":["desk"],"buttons":[{"index":0,"value":"more-oak"},{"index":1,"value":"oak"}]},{"header":"https://x.example/2.jpg"}]}`,
			`[{"parameters":[{"text":"Nora","type":"text"}],"type":"body"},{"cards":[
			{"card_index":0,"components":[{"parameters":[{"image":{"link":"https://x.example/1.jpg"},"type":"image"}],"type":"header"},{"parameters":[{"text":"desk","type":"text"}],"type":"body"},
			{"index":"0","parameters":[{"payload":"more-oak","type":"payload"}],"sub_type":"quick_reply","type":"button"},{"index":"1","parameters":[{"text":"oak","type":"text"}],"sub_type":"url","type":"button"}]},
			{"card_index":1,"components":[{"parameters":[{"image":{"link":"https://x.example/2.jpg"},"type":"image"}],"type":"header"},
			{"index":"0","parameters":[{"payload":"More","type":"payload"}],"sub_type":"quick_reply","type":"button"}]}],"type":"carousel"}]`},
		{"place", place, `{"header":{"latitude":51.5,"longitude":-0.14,"name":"Old Mill","address":"Mill Lane 1"},"buttons":[{"index":0,"value":"t1","data":{"a":1}}]}`,
			`[{"parameters":[{"location":{"address":"Mill Lane 1","latitude":"51.5","longitude":"-0.14","name":"Old Mill"},"type":"location"}],"type":"header"},
			{"index":"0","parameters":[{"action":{"flow_action_data":{"a":1},"flow_token":"t1"},"type":"action"}],"sub_type":"flow","type":"button"}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, v := parse(t, "", c.components), values(t, c.values)
			if err := s.Check(v); err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(s.Graph(v))
			if err != nil {
				t.Fatal(err)
			}
			want := strings.NewReplacer("\n", "", "\t", "").Replace(c.want)
			if string(got) != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			// A form holds the same values.
			again, err := json.Marshal(s.Graph(s.With(s.Texts(v))))
			if err != nil || !strings.Contains(c.values, "data") && string(again) != want {
				t.Errorf("by texts: %s, %v", again, err)
			}
			back, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if twice, err := json.Marshal(s.Graph(values(t, string(back)))); err != nil || string(twice) != want {
				t.Errorf("through JSON: %s, %v", twice, err)
			}
		})
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, components, values, want string }{
		{"missing", named, `{}`, "header: the image is missing: give uploadKey or mediaUrl; variables.first_name: is missing; variables.day: is missing; buttons[1]: is missing"},
		{"too many", positional, `{"variables":["a","b","c"],"header":"1"}`, "variables: this template has 2, 3 were given"},
		{"unknown name", `[{"type":"BODY","text":"Hi {{a}} there"}]`, `{"variables":{"a":"x","b":"y"}}`, "variables.b: the template has no such variable"},
		{"new line", positional, `{"variables":["a\nb","c\td"],"header":"     "}`, "header: is missing; variables.1: must not have a new line; variables.2: must not have a tab"},
		{"spaces", positional, `{"variables":["a     b","c"],"header":"1"}`, "variables.1: must not have more than 4 spaces in a row"},
		{"header for none", code, `{"variables":["1"],"header":"x"}`, "header: the header of this template takes nothing"},
		{"long code", code, `{"variables":["1234567890123456"]}`, "variables.1: at most 15 characters"},
		{"plain http", named, `{"variables":["a","b"],"header":"http://x.example/a.jpg","buttons":[{"index":1,"value":"a"}]}`, "header: mediaUrl must be a public https address"},
		{"button that takes nothing", place, `{"header":{"latitude":1,"longitude":2,"name":"a","address":"b"},"buttons":[{"index":1,"value":"x"},{"index":5,"value":"x"}]}`,
			"buttons[1]: this button takes nothing; buttons[5]: this button takes nothing"},
		{"place", place, `{"header":{"latitude":91,"longitude":2,"name":"a","address":"b"}}`, "header: latitude is from -90 to 90, longitude from -180 to 180"},
		{"cards", carousel, `{"variables":["x"],"cards":[{"header":"https://x.example/a"}]}`,
			"cards[0].variables.1: is missing; cards[0].buttons[1]: is missing; cards[1].header: the image is missing: give uploadKey or mediaUrl"},
		{"offer without an end", offer, `{"header":"https://x.example/a","buttons":[{"index":0,"value":"A B"},{"index":1,"value":"x"}]}`,
			"buttons[0]: Latin letters and digits only, without spaces; expiresAt: is missing"},
		{"long when filled", `[{"type":"BODY","text":"Hi {{1}} there"}]`, `{"variables":["` + strings.Repeat("x", 1020) + `"]}`, "variables: with its values the text has more than 1024 characters"},
		{"unknown part", `[{"type":"BODY","text":"Hi"},{"type":"BUTTONS","buttons":[{"type":"MPM","text":"x"}]},{"type":"HOLOGRAM"}]`, `{}`,
			"this template has a part that cannot be sent from here: BUTTON MPM, HOLOGRAM"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := parse(t, "", c.components).Check(values(t, c.values))
			if err == nil || !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	s := parse(t, "NAMED", named)
	f := s.Fill(values(t, `{"variables":{"first_name":"Nora"},"buttons":[{"index":1,"value":"x1"}]}`))
	if f.Body != "Hello Nora, see you on {{day}}." || f.Footer != "Walnut Works" || f.Buttons[1].URL != "https://walnutworks.example/v/x1" || f.Text() != f.Body {
		t.Errorf("%+v", f)
	}
	sample := s.Fill(s.Sample())
	if sample.Body != "Hello Ana, see you on Monday." || sample.Header.MediaURL != "https://x.example/h.jpg" {
		t.Errorf("%+v", sample)
	}
	if f := parse(t, "", positional).Fill(values(t, `{"variables":["desk","Nora"],"header":"118"}`)); f.Body != "Hi Nora, desk is on its way." || f.Header.Text != "Order 118" {
		t.Errorf("%+v", f)
	}
	at := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	v := values(t, `{"buttons":[{"index":0,"value":"A25"}]}`)
	v.ExpiresAt = at
	if f := parse(t, "", offer).Fill(v); f.Offer.Code != "A25" || !f.Offer.ExpiresAt.Equal(at) || f.Offer.Text != "Ends soon" {
		t.Errorf("%+v", f.Offer)
	}
	if f := parse(t, "", code).Fill(values(t, `{"variables":["77"]}`)); f.Buttons[0].Code != "77" || f.Body != "*77* is your code." {
		t.Errorf("%+v", f)
	}
}

func TestUnread(t *testing.T) {
	t.Parallel()
	if _, err := template.Parse("", json.RawMessage(`{}`)); !errs.Is(err, errs.Unprocessable) {
		t.Error(err)
	}
	if err := parse(t, "", `[]`).Sendable(); !errs.Is(err, errs.Unprocessable) {
		t.Error(err)
	}
}

func FuzzTemplate(f *testing.F) {
	for _, c := range []string{named, positional, code, offer, carousel, place, `[{"type":7,"buttons":{},"cards":[null,1]}]`, `[null]`} {
		f.Add("", c, `{"variables":["a"],"cards":[{}],"buttons":[{"index":-1,"value":"x"}]}`)
		f.Add("NAMED", c, `{"variables":{"a":"b"},"header":{"latitude":1},"expiresAt":"2026-11-29T19:33:20Z"}`)
	}
	f.Fuzz(func(t *testing.T, format, components, given string) {
		s, err := template.Parse(format, json.RawMessage(components))
		if err != nil {
			return
		}
		var v template.Values
		if json.Unmarshal([]byte(given), &v) != nil {
			return
		}
		ok := s.Check(v) == nil
		s.Fill(v)
		if _, err := json.Marshal(s.Graph(v)); err != nil {
			t.Error(err)
		}
		s.With(s.Texts(v))
		if ok && strings.ContainsAny(strings.Join(v.Variables.List, ""), "\n\t") {
			t.Errorf("%q went through", v.Variables.List)
		}
		again, err := template.Parse(format, template.Draft{Spec: s}.Components())
		if err != nil || len(again.Cards) != len(s.Cards) {
			t.Errorf("written: %v, %d cards of %d", err, len(again.Cards), len(s.Cards))
		}
	})
}
