package sim

import "encoding/json"

// SampleTemplates are the templates that every simulated account begins with:
// one of every kind that there is.
func SampleTemplates() []Template {
	all := []Template{
		{ID: "1948820334417700", Name: "hello_world", Language: "en_US", Category: "UTILITY",
			Components: parts(body("Welcome and congratulations! This message shows that you can message your customers."))},
		{ID: "1948820334417726", Name: "visit_reminder", Language: "en_US", Category: "UTILITY", Named: true, Components: parts(
			obj{"type": "BODY", "text": "Hello {{first_name}}, see you on {{day}}.", "example": obj{"body_text_named_params": []obj{
				{"param_name": "first_name", "example": "Ana"}, {"param_name": "day", "example": "Monday"}}}},
			footer("Walnut Works"), buttons(quick("Confirm"), quick("Change")))},
		{ID: "1948820334420077", Name: "shipping_update", Language: "en_US", Category: "UTILITY", Components: parts(
			body("Hi {{1}}, your order {{2}} is on its way.", "Ana", "118"), buttons(link("Track", "https://walnutworks.example/track")))},
		{ID: "1948820334420078", Name: "shipping_update", Language: "fr", Category: "UTILITY", Components: parts(
			body("Bonjour {{1}}, votre commande {{2}} est en route.", "Ana", "118"))},
		{ID: "1948820334418031", Name: "autumn_offer", Language: "en_US", Category: "MARKETING", Components: parts(
			file("IMAGE", "desk.jpg"), body("Hello {{1}}, everything made of walnut is 10 % off this week.", "Ana"), buttons(quick("Show me")))},
		{ID: "1948820334418955", Name: "autumn_offer_v2", Language: "en_US", Status: "PAUSED", Category: "MARKETING", Components: parts(
			body("Hello {{1}}, 10 % off.", "Ana"))},
	}
	all = append(all, moreSamples()...)
	for i := range all {
		t := &all[i]
		if t.Status == "" {
			t.Status = "APPROVED"
		}
		if t.Status == "APPROVED" {
			t.Quality = "GREEN"
		}
		if t.read() != nil { // what stands above is JSON
			panic("sim: sample template " + t.Name)
		}
	}
	return all
}

// moreSamples are of the rarer kinds.
func moreSamples() []Template {
	card := func(picture, text, path string) obj {
		return obj{"components": []obj{file("IMAGE", picture), body(text, "Ana"),
			buttons(quick("Tell me more"), link("See it", "https://walnutworks.example/{{1}}", path))}}
	}
	return []Template{
		{ID: "1948820334430001", Name: "order_ready", Language: "ar", Category: "UTILITY", Components: parts(
			obj{"type": "HEADER", "format": "TEXT", "text": "الطلب {{1}}", "example": obj{"header_text": []string{"118"}}},
			body("مرحبًا {{1}}، طلبك جاهز للاستلام من {{2}}.", "نورة", "المعرض"), footer("ورشة الجوز"), buttons(quick("في الطريق"), quick("أجّلوه")))},
		{ID: "1948820334430002", Name: "invoice", Language: "en_US", Category: "UTILITY", Named: true, Components: parts(
			file("DOCUMENT", "invoice.pdf"), obj{"type": "BODY", "text": "Dear {{name}}, here is your invoice of {{month}}.", "example": obj{"body_text_named_params": []obj{
				{"param_name": "name", "example": "Ana"}, {"param_name": "month", "example": "November"}}}})},
		{ID: "1948820334430003", Name: "order_link", Language: "en_US", Category: "UTILITY", Components: parts(
			body("Hi {{1}}, follow your order with the button below.", "Ana"),
			buttons(link("Follow", "https://walnutworks.example/o/{{1}}", "118"), obj{"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+12125550142"}))},
		{ID: "1948820334430004", Name: "showroom", Language: "en_US", Category: "UTILITY", Components: parts(
			obj{"type": "HEADER", "format": "LOCATION"}, body("Your desk waits for you here."))},
		{ID: "1948820334430005", Name: "workshop_tour", Language: "en_US", Category: "MARKETING", Components: parts(
			file("VIDEO", "tour.jpg"), body("See how a walnut desk is made."), buttons(link("Visit", "https://walnutworks.example/tour")))},
		{ID: "1948820334430006", Name: "winter_carousel", Language: "en_US", Category: "MARKETING", Components: parts(
			body("New for the winter, {{1}}:", "Ana"), obj{"type": "CAROUSEL", "cards": []obj{
				card("oak.jpg", "An oak desk for {{1}}", "https://walnutworks.example/oak"), card("elm.jpg", "An elm shelf for {{1}}", "https://walnutworks.example/elm")}})},
		{ID: "1948820334430007", Name: "weekend_offer", Language: "en_US", Category: "MARKETING", Components: parts(
			file("IMAGE", "sale.jpg"), obj{"type": "LIMITED_TIME_OFFER", "limited_time_offer": obj{"text": "Only this weekend", "has_expiration": true}},
			body("Hi {{1}}, your code is good until the clock stops.", "Ana"),
			buttons(obj{"type": "COPY_CODE", "text": "Copy offer code", "example": "WALNUT10"}, link("Shop", "https://walnutworks.example/shop?code={{1}}", "https://walnutworks.example/shop?code=WALNUT10")))},
		{ID: "1948820334430008", Name: "login_code", Language: "en_US", Category: "AUTHENTICATION", Components: parts(
			obj{"type": "BODY", "text": "*{{1}}* is your verification code. For your security, do not share this code.", "add_security_recommendation": true, "example": obj{"body_text": [][]string{{"123456"}}}},
			obj{"type": "FOOTER", "text": "This code expires in 10 minutes.", "code_expiration_minutes": 10},
			buttons(link("Copy code", "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}", "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp123456")))},
		{ID: "1948820334430009", Name: "book_a_visit", Language: "en_US", Category: "UTILITY", Components: parts(
			body("Choose when you would like to come."), buttons(obj{"type": "FLOW", "text": "Choose", "flow_id": "881240019", "flow_action": "navigate", "navigate_screen": "DAY"}))},
		{ID: "1948820334430010", Name: "spring_catalog", Language: "en_US", Category: "MARKETING", Components: parts(
			body("Our spring range is here."), buttons(obj{"type": "MPM", "text": "View items"}))},
	}
}

// parts writes components. They are made of maps and texts only.
func parts(all ...obj) json.RawMessage {
	b, err := json.Marshal(all)
	if err != nil {
		return nil
	}
	return b
}

func body(text string, examples ...string) obj {
	o := obj{"type": "BODY", "text": text}
	if len(examples) > 0 {
		o["example"] = obj{"body_text": [][]string{examples}}
	}
	return o
}

func footer(text string) obj { return obj{"type": "FOOTER", "text": text} }

func file(format, sample string) obj {
	return obj{"type": "HEADER", "format": format, "example": obj{"header_handle": []string{"sample:" + sample}}}
}

func buttons(all ...obj) obj { return obj{"type": "BUTTONS", "buttons": all} }

func quick(text string) obj { return obj{"type": "QUICK_REPLY", "text": text} }

func link(text, url string, example ...string) obj {
	o := obj{"type": "URL", "text": text, "url": url}
	if len(example) > 0 {
		o["example"] = example
	}
	return o
}
