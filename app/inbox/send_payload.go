package inbox

import (
	"fmt"
	"strings"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
)

// address is where a message goes: exactly one field is set.
type address struct {
	phone string // with +
	user  string // Meta's business-scoped id, for people without a known number
	group string
}

// addressOf finds how the customer of a conversation is reached.
func (s *Service) addressOf(q db.Q, c Conversation) (address, error) {
	if c.GroupID != "" {
		return address{group: c.GroupID}, nil
	}
	person, err := s.Contacts.ByID(q, c.OrgID, c.ContactID)
	if err != nil {
		return address{}, err
	}
	return addressOfPerson(person)
}

func addressOfPerson(person contact.Contact) (address, error) {
	switch {
	case person.WaID != "":
		return address{phone: "+" + strings.TrimPrefix(person.WaID, "+")}, nil
	case person.Phone != "":
		return address{phone: person.Phone}, nil
	case person.UserID != "":
		return address{user: person.UserID}, nil
	}
	return address{}, errs.Coded(errs.Conflict, "no_address", "this contact has no WhatsApp number or user id")
}

// graphMessage is a message as the Graph API takes it.
type graphMessage struct {
	Product       string         `json:"messaging_product"`
	RecipientType string         `json:"recipient_type"`
	To            string         `json:"to,omitempty"`
	Recipient     string         `json:"recipient,omitempty"`
	Type          string         `json:"type"`
	Context       *graphContext  `json:"context,omitempty"`
	Text          *graphText     `json:"text,omitempty"`
	Image         *graphFile     `json:"image,omitempty"`
	Video         *graphFile     `json:"video,omitempty"`
	Audio         *graphFile     `json:"audio,omitempty"`
	Document      *graphFile     `json:"document,omitempty"`
	Sticker       *graphFile     `json:"sticker,omitempty"`
	Location      *graphLocation `json:"location,omitempty"`
	Reaction      *graphReaction `json:"reaction,omitempty"`
	Interactive   map[string]any `json:"interactive,omitempty"`
	Template      map[string]any `json:"template,omitempty"`
	Opaque        string         `json:"biz_opaque_callback_data"`
}

type graphContext struct {
	MessageID string `json:"message_id"`
}

type graphText struct {
	Body       string `json:"body"`
	PreviewURL bool   `json:"preview_url,omitempty"`
}

type graphFile struct {
	ID       string `json:"id,omitempty"`
	Link     string `json:"link,omitempty"`
	Caption  string `json:"caption,omitempty"`
	Filename string `json:"filename,omitempty"`
	Voice    bool   `json:"voice,omitempty"`
}

type graphLocation struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
}

type graphReaction struct {
	MessageID string `json:"message_id"`
	Emoji     string `json:"emoji"`
}

// graph builds what Meta is asked. fileID is the id that Meta gave the file of
// the message, target the wamid that a reaction is put on.
func (m *Message) graph(to address, fileID, target string) graphMessage {
	g := graphMessage{Product: "whatsapp", RecipientType: "individual", Type: strings.ToLower(m.Type)}
	switch {
	case to.group != "":
		g.RecipientType, g.To = "group", to.group
	case to.phone != "":
		g.To = to.phone
	default:
		g.Recipient = to.user
	}
	if m.ReplyWamid != "" {
		g.Context = &graphContext{m.ReplyWamid}
	}
	if m.Type == TypeTemplate {
		return g // its components come from elsewhere
	}
	extra := m.Extra()
	file := &graphFile{ID: fileID, Caption: m.Caption}
	if fileID == "" {
		file.Link = extra.Link
	}
	switch m.Type {
	case TypeText:
		g.Text = &graphText{Body: m.Body, PreviewURL: strings.Contains(m.Body, "http://") || strings.Contains(m.Body, "https://")}
	case TypeImage:
		g.Image = file
	case TypeVideo:
		g.Video = file
	case TypeAudio:
		file.Voice = extra.Voice
		g.Audio = file
	case TypeDocument:
		file.Filename = extra.FileName
		g.Document = file
	case TypeSticker:
		g.Sticker = file
	case TypeLocation:
		if l := extra.Location; l != nil {
			g.Location = &graphLocation{l.Latitude, l.Longitude, l.Name, l.Address}
		}
	case TypeInteractive:
		if i := extra.Interactive; i != nil {
			g.Interactive = i.graph(m.Body)
		}
	case TypeReaction:
		if extra.Target != nil {
			g.Reaction = &graphReaction{target, extra.Target.Emoji}
		}
	}
	return g
}

// token names an attempt to Meta, which repeats it in every status: so a
// message whose answer was lost is recognised.
func token(instance string, msg int64, attempt int) string {
	return fmt.Sprintf("b1.%s.%d.%d", instance, msg, attempt)
}
