package sim

import (
	"encoding/json"
	"regexp"
	"strings"
)

// outbound is the body of POST /{number}/messages.
type outbound struct {
	Product       string `json:"messaging_product"`
	RecipientType string `json:"recipient_type"`
	To            string `json:"to"`
	Recipient     string `json:"recipient"`
	Type          string `json:"type"`
	Opaque        string `json:"biz_opaque_callback_data"`
	Context       struct {
		MessageID string `json:"message_id"`
	} `json:"context"`

	Status    string `json:"status"`
	MessageID string `json:"message_id"`
	Typing    *struct {
		Type string `json:"type"`
	} `json:"typing_indicator"`

	Text *struct {
		Body string `json:"body"`
	} `json:"text"`
	Image       *outMedia       `json:"image"`
	Video       *outMedia       `json:"video"`
	Audio       *outMedia       `json:"audio"`
	Document    *outMedia       `json:"document"`
	Sticker     *outMedia       `json:"sticker"`
	Location    *outLocation    `json:"location"`
	Contacts    []outCard       `json:"contacts"`
	Reaction    *outReaction    `json:"reaction"`
	Interactive *outInteractive `json:"interactive"`
	Template    *outTemplate    `json:"template"`
}

type outMedia struct {
	ID       string `json:"id"`
	Link     string `json:"link"`
	Caption  string `json:"caption"`
	Filename string `json:"filename"`
	Voice    bool   `json:"voice"`
}

type outLocation struct {
	Latitude  *json.Number `json:"latitude"`
	Longitude *json.Number `json:"longitude"`
	Name      string       `json:"name"`
	Address   string       `json:"address"`
}

type outCard struct {
	Name struct {
		Formatted string `json:"formatted_name"`
		First     string `json:"first_name"`
		Last      string `json:"last_name"`
		Middle    string `json:"middle_name"`
		Prefix    string `json:"prefix"`
		Suffix    string `json:"suffix"`
	} `json:"name"`
}

type outReaction struct {
	MessageID string  `json:"message_id"`
	Emoji     *string `json:"emoji"`
}

type outInteractive struct {
	Type string `json:"type"`
	Body struct {
		Text string `json:"text"`
	} `json:"body"`
	Header struct {
		Type string `json:"type"`
		Text string `json:"text"`
	} `json:"header"`
	Footer struct {
		Text string `json:"text"`
	} `json:"footer"`
	Action *outAction `json:"action"`
}

type outAction struct {
	Name    string `json:"name"`
	Button  string `json:"button"`
	Buttons []struct {
		Type  string `json:"type"`
		Reply struct {
			ID    string `json:"id"`
			Title string `json:"title"`
		} `json:"reply"`
	} `json:"buttons"`
	Sections []struct {
		Title string `json:"title"`
		Rows  []struct {
			ID          string `json:"id"`
			Title       string `json:"title"`
			Description string `json:"description"`
		} `json:"rows"`
	} `json:"sections"`
	Parameters struct {
		Text string `json:"display_text"`
		URL  string `json:"url"`
	} `json:"parameters"`
}

type outTemplate struct {
	Name     string `json:"name"`
	Language struct {
		Code string `json:"code"`
	} `json:"language"`
	Components []outComponent `json:"components"`
}

type outComponent struct {
	Type       string         `json:"type"`
	SubType    string         `json:"sub_type"`
	Index      json.Number    `json:"index"`
	Parameters []outParameter `json:"parameters"`
	Cards      []struct {
		Index      int            `json:"card_index"`
		Components []outComponent `json:"components"`
	} `json:"cards"`
}

type outParameter struct {
	Type     string       `json:"type"`
	Name     string       `json:"parameter_name"`
	Text     string       `json:"text"`
	Payload  string       `json:"payload"`
	Coupon   string       `json:"coupon_code"`
	Image    *outMedia    `json:"image"`
	Video    *outMedia    `json:"video"`
	Document *outMedia    `json:"document"`
	Location *outLocation `json:"location"`
	Offer    *struct {
		Expires int64 `json:"expiration_time_ms"`
	} `json:"limited_time_offer"`
}

var userID = regexp.MustCompile(`^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$`)

// media gives the file of a message and its kind, nil if it has none.
func (o *outbound) media() *outMedia {
	switch o.Type {
	case "image":
		return o.Image
	case "video":
		return o.Video
	case "audio":
		return o.Audio
	case "document":
		return o.Document
	case "sticker":
		return o.Sticker
	}
	return nil
}

// bubble is how the message looks on the phone. tmpl is its template, if any.
func (o *outbound) bubble(tmpl *Template) PhoneMessage {
	m := PhoneMessage{FromBusiness: true, Type: o.Type, ReplyTo: o.Context.MessageID, Opaque: o.Opaque}
	switch {
	case o.media() != nil:
		f := o.media()
		m.Text, m.MediaID, m.Filename, m.Voice = f.Caption, f.ID, f.Filename, f.Voice
	case o.Type == "text":
		m.Text = o.Text.Body
	case o.Type == "location":
		m.Text = o.Location.Name
		m.Latitude, _ = o.Location.Latitude.Float64()
		m.Longitude, _ = o.Location.Longitude.Float64()
	case o.Type == "contacts":
		names := make([]string, 0, len(o.Contacts))
		for _, c := range o.Contacts {
			names = append(names, c.Name.Formatted)
		}
		m.Text = strings.Join(names, ", ")
	case o.Type == "interactive":
		m.Text, m.Buttons = o.Interactive.Body.Text, o.Interactive.buttons()
	case o.Type == "template":
		tmpl.show(&m, o.Template)
	}
	return m
}

func (i *outInteractive) buttons() []PhoneButton {
	var list []PhoneButton
	for _, b := range i.Action.Buttons {
		list = append(list, PhoneButton{Kind: "reply", ID: b.Reply.ID, Title: b.Reply.Title})
	}
	for _, sec := range i.Action.Sections {
		for _, row := range sec.Rows {
			list = append(list, PhoneButton{Kind: "list", ID: row.ID, Title: row.Title})
		}
	}
	if p := i.Action.Parameters; p.URL != "" {
		list = append(list, PhoneButton{Kind: "url", ID: p.URL, Title: p.Text})
	}
	return list
}
