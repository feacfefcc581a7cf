package sim

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// check finds fault with a message the way Meta does before it accepts one.
// Faults that need the state of the simulator are found in route.
func (o *outbound) check() *refusal {
	if o.Product != "whatsapp" {
		return bad(100, "The parameter messaging_product is required.")
	}
	if !slices.Contains([]string{"", "individual", "group"}, o.RecipientType) {
		return bad(100, "Param recipient_type must be one of {individual, group} - got \""+o.RecipientType+"\".")
	}
	if o.To == "" && o.Recipient == "" {
		return bad(131008, "The parameter to is required.")
	}
	if tooLong(o.Opaque, 512) {
		return bad(100, "Param biz_opaque_callback_data must be at most 512 characters long.")
	}
	if o.Type == "" {
		o.Type = "text"
	}
	switch o.Type {
	case "text":
		return o.checkText()
	case "image", "video", "audio", "document", "sticker":
		return o.checkMedia()
	case "location":
		return o.checkLocation()
	case "contacts":
		return o.checkContacts()
	case "reaction":
		if o.Reaction == nil || o.Reaction.MessageID == "" || o.Reaction.Emoji == nil {
			return bad(131008, "reaction needs message_id and emoji.")
		}
		return nil
	case "interactive":
		return o.checkInteractive()
	case "template":
		if o.Template == nil || o.Template.Name == "" || o.Template.Language.Code == "" {
			return bad(131008, "template needs name and language.")
		}
		return nil
	}
	return bad(100, "Param type must be one of {audio, contacts, document, image, interactive, location, reaction, sticker, template, text, video} - got \""+o.Type+"\".")
}

func (o *outbound) checkText() *refusal {
	if o.Text == nil || o.Text.Body == "" {
		return bad(131008, "The parameter text['body'] is required.")
	}
	if tooLong(o.Text.Body, 4096) {
		return bad(100, "Param text['body'] must be at most 4096 characters long.")
	}
	return nil
}

func (o *outbound) checkMedia() *refusal {
	f := o.media()
	if f == nil || (f.ID == "") == (f.Link == "") {
		return bad(131008, "Exactly one of id and link is required.")
	}
	if f.Link != "" && !strings.HasPrefix(f.Link, "https://") && !strings.HasPrefix(f.Link, "http://") {
		return bad(131009, "link must be a web address.")
	}
	if tooLong(f.Caption, 1024) {
		return bad(100, "Param caption must be at most 1024 characters long.")
	}
	if f.Caption != "" && (o.Type == "audio" || o.Type == "sticker") {
		return bad(100, "Unexpected key \"caption\" on param \""+o.Type+"\".")
	}
	return nil
}

func (o *outbound) checkLocation() *refusal {
	if o.Location == nil || o.Location.Latitude == nil || o.Location.Longitude == nil {
		return bad(131008, "location needs latitude and longitude.")
	}
	lat, err1 := o.Location.Latitude.Float64()
	long, err2 := o.Location.Longitude.Float64()
	if err1 != nil || err2 != nil || lat < -90 || lat > 90 || long < -180 || long > 180 {
		return bad(131009, "latitude or longitude is out of range.")
	}
	return nil
}

func (o *outbound) checkContacts() *refusal {
	if len(o.Contacts) == 0 || len(o.Contacts) > 257 {
		return bad(131009, "contacts must hold 1 to 257 cards.")
	}
	for _, c := range o.Contacts {
		if c.Name.Formatted == "" || c.Name.First+c.Name.Last+c.Name.Middle+c.Name.Prefix+c.Name.Suffix == "" {
			return bad(131008, "name needs formatted_name and one more part.")
		}
	}
	return nil
}

func (o *outbound) checkInteractive() *refusal {
	i := o.Interactive
	if i == nil || i.Type == "" || i.Action == nil {
		return bad(131008, "interactive needs type and action.")
	}
	bodyLimit := 1024
	if i.Type == "list" {
		bodyLimit = 4096
	}
	if tooLong(i.Body.Text, bodyLimit) || tooLong(i.Footer.Text, 60) {
		return bad(131009, "The text of the body or the footer is too long.")
	}
	if h := i.Header; tooLong(h.Text, 60) || h.Type == "text" && h.Text == "" || i.Type == "list" && h.Type != "" && h.Type != "text" {
		return bad(131009, "The header is of the wrong type, empty or too long.")
	}
	switch i.Type {
	case "button":
		return i.checkButtons()
	case "list":
		return i.checkList()
	case "cta_url":
		return i.checkLink()
	}
	return nil
}

func (i *outInteractive) checkLink() *refusal {
	p := i.Action.Parameters
	if i.Action.Name != "cta_url" || i.Body.Text == "" || p.Text == "" || tooLong(p.Text, 20) ||
		!strings.HasPrefix(p.URL, "https://") && !strings.HasPrefix(p.URL, "http://") {
		return bad(131009, "A link needs a body, a web address and a display_text of at most 20 characters.")
	}
	return nil
}

func (i *outInteractive) checkButtons() *refusal {
	if i.Body.Text == "" {
		return bad(131008, "body is required.")
	}
	if n := len(i.Action.Buttons); n < 1 || n > 3 {
		return bad(131009, fmt.Sprintf("Invalid buttons count. Min allowed buttons: 1, max allowed buttons: 3, got %d.", n))
	}
	seen := map[string]bool{}
	for _, b := range i.Action.Buttons {
		id, title := b.Reply.ID, b.Reply.Title
		if b.Type != "reply" || id == "" || title == "" || tooLong(id, 256) || tooLong(title, 20) || seen["i"+id] || seen["t"+title] {
			return bad(131009, "A button is of the wrong type, incomplete, too long or not unique.")
		}
		seen["i"+id], seen["t"+title] = true, true
	}
	return nil
}

func (i *outInteractive) checkList() *refusal {
	if i.Body.Text == "" || i.Action.Button == "" || tooLong(i.Action.Button, 20) {
		return bad(131009, "A list needs a body and a button of at most 20 characters.")
	}
	rows, seen := 0, map[string]bool{}
	for _, sec := range i.Action.Sections {
		if tooLong(sec.Title, 24) || sec.Title == "" && len(i.Action.Sections) > 1 || len(i.Action.Sections) > 10 {
			return bad(131009, "A section needs a title of at most 24 characters.")
		}
		for _, r := range sec.Rows {
			if r.ID == "" || r.Title == "" || seen[r.ID] || tooLong(r.ID, 200) || tooLong(r.Title, 24) || tooLong(r.Description, 72) {
				return bad(131009, "A row is incomplete, too long or not unique.")
			}
			seen[r.ID] = true
			rows++
		}
	}
	if rows < 1 || rows > 10 {
		return bad(131009, fmt.Sprintf("A list holds 1 to 10 rows, got %d.", rows))
	}
	return nil
}

func tooLong(s string, most int) bool { return utf8.RuneCountInString(s) > most }
