package sim

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// With is what a customer's message may carry besides its content.
type With struct {
	ReplyTo             string // wamid it quotes
	Forwarded           bool
	FrequentlyForwarded bool
	GroupID             string
	Referral            map[string]any
	At                  time.Time // zero: now
}

func (w With) apply(n *Number, m obj) {
	ctx := obj{}
	if w.ReplyTo != "" {
		ctx["from"], ctx["id"] = n.digits(), w.ReplyTo
	}
	if w.Forwarded {
		ctx["forwarded"] = true
	}
	if w.FrequentlyForwarded {
		ctx["frequently_forwarded"] = true
	}
	if len(ctx) > 0 {
		m["context"] = ctx
	}
	if w.GroupID != "" {
		m["group_id"] = w.GroupID
	}
	if w.Referral != nil {
		m["referral"] = w.Referral
	}
	if !w.At.IsZero() {
		m["timestamp"] = strconv.FormatInt(w.At.Unix(), 10)
	}
}

// send posts a message of the customer and shows bubble on the phone; a bubble
// without a type is not shown. It gives the wamid, empty for an unknown number.
func (p *Phone) send(pnid, kind string, content any, bubble PhoneMessage, with ...With) string {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	return p.sendLocked(pnid, kind, content, bubble, with...)
}

func (p *Phone) sendLocked(pnid, kind string, content any, bubble PhoneMessage, with ...With) string {
	s := p.sim
	n, err := s.number(pnid)
	if err != nil {
		s.log.Warn("simulated message to an unknown number")
		return ""
	}
	at := s.now()
	m := obj{"id": newWamid(p.address(), false), "timestamp": strconv.FormatInt(at.Unix(), 10), "type": kind, "from_user_id": p.who.UserID}
	if p.who.Phone != "" {
		m["from"] = p.who.Phone
	}
	if content != nil {
		m[kind] = content
	}
	for _, w := range with {
		w.apply(n, m)
		bubble.ReplyTo = w.ReplyTo
		if !w.At.IsZero() {
			at = w.At
		}
	}
	th := p.thread(pnid)
	id := m["id"].(string)
	if bubble.Type != "" {
		bubble.ID, bubble.At, bubble.Status = id, at, "sent"
		th.add(bubble)
	}
	if kind != "system" && at.After(th.lastInbound) {
		th.lastInbound = at
	}
	value := obj{"messages": []any{m}}
	if kind != "system" {
		value["contacts"] = []any{p.contact()}
	}
	s.change(n, "messages", value)
	s.touch()
	return id
}

// SendText sends a text and gives its wamid.
func (p *Phone) SendText(pnid, text string, with ...With) string {
	return p.send(pnid, "text", obj{"body": text}, PhoneMessage{Type: "text", Text: text}, with...)
}

// SendReply sends a text that quotes a message.
func (p *Phone) SendReply(pnid, wamid, text string) string {
	return p.SendText(pnid, text, With{ReplyTo: wamid})
}

// SendForwarded sends a text that was forwarded to the customer.
func (p *Phone) SendForwarded(pnid, text string, often bool) string {
	return p.SendText(pnid, text, With{Forwarded: !often, FrequentlyForwarded: often})
}

// SendAdReferral sends the first message after a tap on an ad.
func (p *Phone) SendAdReferral(pnid, text, headline string) string {
	return p.SendText(pnid, text, With{Referral: obj{
		"source_url": "https://fb.me/simulated-ad", "source_id": "120229917733580412", "source_type": "ad",
		"headline": headline, "body": "Chat with us!", "media_type": "image",
		"image_url": "https://scontent.example/ad.jpg", "ctwa_clid": "ARAsimulated", "welcome_message": obj{"text": "Hi! How can we help?"},
	}})
}

// Upload is a file that a customer sends. Kind is image, video, audio,
// document or sticker.
type Upload struct {
	Kind, ContentType, Filename, Caption string
	Bytes                                []byte
	Voice, Animated                      bool
}

// SendMedia sends a file.
func (p *Phone) SendMedia(pnid string, u Upload, with ...With) string {
	s := p.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.media.add(pnid, u.ContentType, u.Filename, u.Bytes)
	sum, _ := hex.DecodeString(f.sha256) // made from bytes just now
	content := obj{"id": f.id, "mime_type": u.ContentType, "sha256": base64.StdEncoding.EncodeToString(sum)}
	if address := s.mediaURL(f); address != "" {
		content["url"] = address
	}
	if u.Caption != "" && u.Kind != "audio" && u.Kind != "sticker" {
		content["caption"] = u.Caption
	}
	switch u.Kind {
	case "audio":
		content["voice"] = u.Voice
	case "sticker":
		content["animated"] = u.Animated
	case "document":
		if u.Filename != "" {
			content["filename"] = u.Filename
		}
	}
	return p.sendLocked(pnid, u.Kind, content, PhoneMessage{
		Type: u.Kind, Text: u.Caption, MediaID: f.id, MediaType: u.ContentType, Filename: u.Filename, Voice: u.Voice,
	}, with...)
}

// SendPicture sends a sample picture.
func (p *Phone) SendPicture(pnid, caption string) string {
	return p.SendMedia(pnid, Upload{Kind: "image", ContentType: "image/jpeg", Caption: caption, Bytes: SamplePicture()})
}

// SendVoice sends a sample voice note.
func (p *Phone) SendVoice(pnid string) string {
	return p.SendMedia(pnid, Upload{Kind: "audio", ContentType: "audio/ogg; codecs=opus", Bytes: SampleVoice(), Voice: true})
}

// SendMediaError sends a file that WhatsApp could not take.
func (p *Phone) SendMediaError(pnid, kind string) string {
	return p.sendRaw(pnid, kind, obj{"errors": []any{webhookError(131052, "Media download error", "The media file is larger than the permitted 100 MB.")}})
}

// SendLocation sends a place; name and address may be empty.
func (p *Phone) SendLocation(pnid string, lat, long float64, name, address string) string {
	content := obj{"latitude": lat, "longitude": long}
	if name != "" {
		content["name"] = name
	}
	if address != "" {
		content["address"] = address
	}
	return p.send(pnid, "location", content, PhoneMessage{Type: "location", Text: name, Latitude: lat, Longitude: long})
}

// SendContacts shares cards, each a name and a phone number.
func (p *Phone) SendContacts(pnid string, cards ...[2]string) string {
	var list []any
	text := ""
	for _, c := range cards {
		list = append(list, obj{
			"name":   obj{"formatted_name": c[0], "first_name": c[0]},
			"phones": []any{obj{"phone": c[1], "wa_id": digits(c[1]), "type": "CELL"}},
			"origin": "other",
		})
		text += c[0] + " " + c[1] + "\n"
	}
	return p.send(pnid, "contacts", list, PhoneMessage{Type: "contacts", Text: text})
}

// SendOrder sends a basket with one product.
func (p *Phone) SendOrder(pnid, product string, quantity int, price float64, currency string) string {
	content := obj{"catalog_id": "588120773311904", "product_items": []any{obj{
		"product_retailer_id": product, "quantity": quantity, "item_price": price, "currency": currency,
	}}}
	return p.send(pnid, "order", content, PhoneMessage{Type: "order", Text: fmt.Sprintf("%d × %s", quantity, product)})
}

// SendInteractiveReply taps a reply button (list false) or picks a row of a
// list (list true) of message wamid.
func (p *Phone) SendInteractiveReply(pnid, wamid, id, title string, list bool) string {
	kind := "button_reply"
	if list {
		kind = "list_reply"
	}
	content := obj{"type": kind, kind: obj{"id": id, "title": title}}
	return p.send(pnid, "interactive", content, PhoneMessage{Type: "interactive", Text: title}, With{ReplyTo: wamid})
}

// SendTemplateButton taps a quick-reply button of template message wamid.
func (p *Phone) SendTemplateButton(pnid, wamid, payload, text string) string {
	return p.send(pnid, "button", obj{"payload": payload, "text": text}, PhoneMessage{Type: "button", Text: text}, With{ReplyTo: wamid})
}

// SendReaction puts an emoji on a message; an empty one takes it back.
func (p *Phone) SendReaction(pnid, wamid, emoji string) string {
	content := obj{"message_id": wamid}
	if emoji != "" {
		content["emoji"] = emoji
	}
	s := p.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := p.thread(pnid).find(wamid); m != nil {
		m.OwnReaction = emoji
	}
	return p.sendLocked(pnid, "reaction", content, PhoneMessage{})
}

// SendUnsupported sends something that the API does not carry, like a poll.
func (p *Phone) SendUnsupported(pnid string) string {
	return p.sendRaw(pnid, "unsupported", obj{
		"unsupported": obj{"type": "poll_creation"},
		"errors":      []any{webhookError(131051, "Message type unknown", "Message type is currently not supported.")},
	})
}

// Edit replaces the text of an earlier message of the customer.
func (p *Phone) Edit(pnid, wamid, text string) string {
	s := p.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := p.thread(pnid).find(wamid); m != nil {
		m.Text, m.Edited = text, true
	}
	content := obj{"original_message_id": wamid, "message": obj{"type": "text", "text": obj{"body": text}, "context": obj{"id": "M0"}}}
	return p.sendLocked(pnid, "edit", content, PhoneMessage{})
}

// Revoke deletes an earlier message of the customer for everyone.
func (p *Phone) Revoke(pnid, wamid string) string {
	s := p.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := p.thread(pnid).find(wamid); m != nil {
		m.Text, m.Deleted = "", true
	}
	return p.sendLocked(pnid, "revoke", obj{"original_message_id": wamid}, PhoneMessage{})
}

// SendRaw sends a message whose type and other keys are in message, which
// must be a JSON object; id, sender and time are added where absent. It gives
// the wamid.
func (p *Phone) SendRaw(pnid string, message json.RawMessage) (string, error) {
	var extra obj
	if err := json.Unmarshal(message, &extra); err != nil {
		return "", err
	}
	kind, _ := extra["type"].(string)
	return p.sendRaw(pnid, kind, extra), nil
}

func (p *Phone) sendRaw(pnid, kind string, extra obj) string {
	s := p.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.number(pnid)
	if err != nil {
		s.log.Warn("simulated message to an unknown number")
		return ""
	}
	m := obj{"id": newWamid(p.address(), false), "timestamp": strconv.FormatInt(s.now().Unix(), 10), "type": kind, "from_user_id": p.who.UserID}
	if p.who.Phone != "" {
		m["from"] = p.who.Phone
	}
	for k, v := range extra {
		m[k] = v
	}
	id, _ := m["id"].(string)
	th := p.thread(pnid)
	th.lastInbound = s.now()
	th.add(PhoneMessage{ID: id, Type: kind, At: s.now(), Status: "sent"})
	s.change(n, "messages", obj{"messages": []any{m}, "contacts": []any{p.contact()}})
	s.touch()
	return id
}

func webhookError(code int, title, details string) obj {
	return obj{"code": code, "title": title, "message": title, "error_data": obj{"details": details}}
}
