package sim

import "fmt"

// customerActions are the POSTs below /customers/{id}.
var customerActions = map[string]func(*Phone, *controlInput) (any, error){
	"send":   (*Phone).controlSend,
	"tap":    (*Phone).controlTap,
	"react":  (*Phone).controlReact,
	"edit":   (*Phone).controlEdit,
	"revoke": (*Phone).controlRevoke,
	"read":   (*Phone).controlRead,
	"play":   (*Phone).controlPlay,
	"fail":   (*Phone).controlFail,
	"set":    (*Phone).controlSet,
	"call":   (*Phone).controlCall,
}

func sentID(id string) (any, error) { return obj{"id": id}, nil }

var done = obj{"success": true}

func (p *Phone) controlSend(in *controlInput) (any, error) {
	with := With{ReplyTo: in.ReplyTo, Forwarded: in.Forwarded}
	switch in.Type {
	case "", "text":
		if in.Text == "" {
			return nil, fmt.Errorf("text is empty")
		}
		return sentID(p.SendText(in.Number, in.Text, with))
	case "picture":
		return sentID(p.SendMedia(in.Number, Upload{Kind: "image", ContentType: "image/jpeg", Caption: in.Text, Bytes: SamplePicture()}, with))
	case "voice":
		return sentID(p.SendMedia(in.Number, Upload{Kind: "audio", ContentType: "audio/ogg; codecs=opus", Bytes: SampleVoice(), Voice: true}, with))
	case "document":
		return sentID(p.SendMedia(in.Number, Upload{Kind: "document", ContentType: "application/pdf", Filename: "order 118.pdf", Caption: in.Text, Bytes: SampleDocument()}, with))
	case "location":
		lat, long, name := in.Latitude, in.Longitude, in.Name
		if lat == 0 && long == 0 {
			lat, long, name = 51.501364, -0.14189, "Old Mill Workshop"
		}
		return sentID(p.SendLocation(in.Number, lat, long, name, ""))
	case "contact":
		if in.Name == "" {
			in.Name, in.Phone = "Pilar Aldana", "+1 213 555 0188"
		}
		return sentID(p.SendContacts(in.Number, [2]string{in.Name, in.Phone}))
	case "order":
		return sentID(p.SendOrder(in.Number, "desk-oak-140", 1, 489.5, "EUR"))
	case "ad":
		if in.Text == "" {
			in.Text = "Hello! Can I get more info on this?"
		}
		return sentID(p.SendAdReferral(in.Number, in.Text, "Walnut Works autumn sale"))
	case "unsupported":
		return sentID(p.SendUnsupported(in.Number))
	case "broken":
		return sentID(p.SendMediaError(in.Number, "video"))
	}
	return nil, fmt.Errorf("unknown type %q", in.Type)
}

// controlTap taps a button of a message, in the way that fits the message.
func (p *Phone) controlTap(in *controlInput) (any, error) {
	for _, m := range p.Thread(in.Number) {
		if m.ID != in.MessageID {
			continue
		}
		for _, b := range m.Buttons {
			if b.ID != in.ButtonID {
				continue
			}
			switch b.Kind {
			case "template":
				return sentID(p.SendTemplateButton(in.Number, m.ID, b.ID, b.Title))
			case "reply", "list":
				return sentID(p.SendInteractiveReply(in.Number, m.ID, b.ID, b.Title, b.Kind == "list"))
			}
		}
	}
	return nil, errNoMessage
}

func (p *Phone) controlReact(in *controlInput) (any, error) {
	if in.MessageID == "" {
		return nil, errNoMessage
	}
	return sentID(p.SendReaction(in.Number, in.MessageID, in.Emoji))
}

func (p *Phone) controlEdit(in *controlInput) (any, error) {
	if in.MessageID == "" || in.Text == "" {
		return nil, errNoMessage
	}
	return sentID(p.Edit(in.Number, in.MessageID, in.Text))
}

func (p *Phone) controlRevoke(in *controlInput) (any, error) {
	if in.MessageID == "" {
		return nil, errNoMessage
	}
	return sentID(p.Revoke(in.Number, in.MessageID))
}

func (p *Phone) controlRead(in *controlInput) (any, error) {
	if in.MessageID != "" {
		p.Read(in.MessageID)
		return done, nil
	}
	for _, m := range p.Thread(in.Number) {
		if m.FromBusiness {
			p.Read(m.ID)
		}
	}
	return done, nil
}

func (p *Phone) controlPlay(in *controlInput) (any, error) {
	p.Play(in.MessageID)
	return done, nil
}

func (p *Phone) controlFail(in *controlInput) (any, error) {
	p.Fail(in.MessageID, in.Code)
	return done, nil
}

func (p *Phone) controlCall(in *controlInput) (any, error) {
	p.Call(in.Number)
	return done, nil
}

func (p *Phone) controlSet(in *controlInput) (any, error) {
	if in.NewNumber != "" {
		if n := len(digits(in.NewNumber)); n < 5 || n > 15 {
			return nil, fmt.Errorf("%q is not a phone number", in.NewNumber)
		}
		p.ChangeNumber(in.NewNumber)
	}
	if in.Open != nil {
		p.SetOpen(*in.Open)
	}
	if in.Offline != nil {
		p.SetOffline(*in.Offline)
	}
	if in.StopMarketing != nil {
		p.SetMarketing(in.Number, *in.StopMarketing)
	}
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	return p.json(), nil
}

type customerJSON struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Phone    string `json:"phone"`
	UserID   string `json:"userId"`
	Username string `json:"username"`
	Open     bool   `json:"open"`
	Offline  bool   `json:"offline"`
	LastText string `json:"lastText"`
	LastAt   int64  `json:"lastAt"`
	Unread   int    `json:"unread"`
}

// json describes a phone. The lock is held.
func (p *Phone) json() customerJSON {
	c := customerJSON{
		ID: p.id, Name: p.who.Name, Phone: p.who.Phone, UserID: p.who.UserID, Username: p.who.Username,
		Open: p.open, Offline: p.offline,
	}
	for _, th := range p.threads {
		for _, m := range th.messages {
			if m.FromBusiness && m.Status != "read" && m.Status != "failed" {
				c.Unread++
			}
			if at := m.At.UnixMilli(); at >= c.LastAt {
				c.LastAt, c.LastText = at, m.Text
			}
		}
	}
	return c
}

type mediaJSON struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Filename string `json:"filename"`
	Voice    bool   `json:"voice"`
}

type buttonJSON struct {
	Kind  string `json:"kind"`
	ID    string `json:"id"`
	Title string `json:"title"`
}

type messageJSON struct {
	ID           string       `json:"id"`
	FromBusiness bool         `json:"fromBusiness"`
	Type         string       `json:"type"`
	Text         string       `json:"text"`
	ReplyTo      string       `json:"replyTo"`
	Buttons      []buttonJSON `json:"buttons"`
	Media        *mediaJSON   `json:"media"`
	Latitude     float64      `json:"latitude"`
	Longitude    float64      `json:"longitude"`
	Reaction     string       `json:"reaction"`
	OwnReaction  string       `json:"ownReaction"`
	Status       string       `json:"status"`
	Edited       bool         `json:"edited"`
	Deleted      bool         `json:"deleted"`
	At           int64        `json:"at"`
}

func (m PhoneMessage) json() messageJSON {
	j := messageJSON{
		ID: m.ID, FromBusiness: m.FromBusiness, Type: m.Type, Text: m.Text, ReplyTo: m.ReplyTo, Buttons: []buttonJSON{},
		Latitude: m.Latitude, Longitude: m.Longitude, Reaction: m.Reaction, OwnReaction: m.OwnReaction,
		Status: m.Status, Edited: m.Edited, Deleted: m.Deleted, At: m.At.UnixMilli(),
	}
	for _, b := range m.Buttons {
		j.Buttons = append(j.Buttons, buttonJSON(b))
	}
	if m.MediaID != "" {
		j.Media = &mediaJSON{ID: m.MediaID, Type: m.MediaType, Filename: m.Filename, Voice: m.Voice}
	}
	return j
}
