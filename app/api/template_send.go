package api

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"badala/app/db"
	"badala/app/inbox"
	"badala/app/template"

	"github.com/danielgtaylor/huma/v2"
)

// TemplateFields say which template is sent, and what fills it.
type TemplateFields struct {
	TemplateName     string            `json:"templateName,omitempty"`
	TemplateLanguage string            `json:"templateLanguage,omitempty" doc:"Exactly one that the template exists in, such as en_US."`
	Variables        TemplateVariables `json:"variables,omitzero" doc:"Of the text: in their order, or by name."`
	Header           *TemplateHeader   `json:"header,omitempty" doc:"The value of the header's variable, a file, or a place."`
	Buttons          []TemplateButton  `json:"buttons,omitempty" doc:"For buttons that take something: the end of an address, a code to copy, what a tap brings back, the token of a flow."`
	Cards            []TemplateCard    `json:"cards,omitempty" doc:"Of a carousel: one for each of its cards."`
	ExpiresAt        *time.Time        `json:"expiresAt,omitempty" doc:"When a limited-time offer ends."`
}

// TemplateCard fills one card of a carousel.
type TemplateCard struct {
	Variables TemplateVariables `json:"variables,omitzero"`
	Header    *TemplateHeader   `json:"header,omitempty"`
	Buttons   []TemplateButton  `json:"buttons,omitempty"`
}

// TemplateButton fills one button.
type TemplateButton struct {
	Index int            `json:"index" minimum:"0" maximum:"9" doc:"From 0, among all buttons."`
	Value string         `json:"value,omitempty"`
	Data  map[string]any `json:"data,omitempty" doc:"For a flow's first screen."`
}

// TemplateVariables are the values of variables: an array, or an object.
type TemplateVariables struct{ template.Variable }

// Schema is an array of texts or an object of them.
func (TemplateVariables) Schema(r huma.Registry) *huma.Schema {
	value := Scalar{}.Schema(r)
	return &huma.Schema{OneOf: []*huma.Schema{
		{Type: huma.TypeArray, Items: value}, {Type: huma.TypeObject, AdditionalProperties: value},
	}}
}

// TemplateHeader fills a header.
type TemplateHeader struct{ template.HeaderValue }

// TemplateHeaderFields are those of a header that is more than a text.
type TemplateHeaderFields struct {
	Text      string   `json:"text,omitempty" doc:"The value of the variable."`
	UploadKey string   `json:"uploadKey,omitempty" doc:"key of POST uploads."`
	MediaURL  string   `json:"mediaUrl,omitempty" doc:"A public https address, instead of uploadKey."`
	FileName  string   `json:"fileName,omitempty"`
	Latitude  *float64 `json:"latitude,omitempty"`
	Longitude *float64 `json:"longitude,omitempty"`
	Name      string   `json:"name,omitempty" doc:"Of the place."`
	Address   string   `json:"address,omitempty" doc:"Of the place."`
}

// Schema is a text or an object.
func (TemplateHeader) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeString}, r.Schema(reflect.TypeFor[TemplateHeaderFields](), true, "TemplateHeaderFields")}}
}

// domain is what fills the template, in its own words.
func (f TemplateFields) domain() *inbox.TemplateInput {
	in := &inbox.TemplateInput{Name: f.TemplateName, Language: f.TemplateLanguage}
	in.Values.CardValues = TemplateCard{f.Variables, f.Header, f.Buttons}.domain()
	for _, c := range f.Cards {
		in.Values.Cards = append(in.Values.Cards, c.domain())
	}
	if f.ExpiresAt != nil {
		in.Values.ExpiresAt = f.ExpiresAt.UTC()
	}
	return in
}

func (c TemplateCard) domain() template.CardValues {
	v := template.CardValues{Variables: c.Variables.Variable}
	if c.Header != nil {
		v.Header = &c.Header.HeaderValue
	}
	for _, b := range c.Buttons {
		value := template.ButtonValue{Index: b.Index, Value: b.Value}
		if b.Data != nil {
			value.Data = rawOf(b.Data)
		}
		v.Buttons = append(v.Buttons, value)
	}
	return v
}

type sendTemplateInput struct {
	ChannelPath
	Prefer string `header:"Prefer" doc:"respond-async: answer 202 at once, with the message PENDING."`
	Body   struct {
		To string `json:"to" doc:"A phone number with country code, or the id of a contact."`
		TemplateFields
	}
}

// SentTemplate is a template that went out, and to whom.
type SentTemplate struct {
	Message      Message      `json:"message"`
	Conversation Conversation `json:"conversation"`
	Contact      Contact      `json:"contact"`
}

type sendTemplateOutput struct {
	Status int
	Body   SentTemplate
}

func (a *API) sendTemplate(ctx context.Context, in *sendTemplateInput) (*sendTemplateOutput, error) {
	c := callerOf(ctx)
	channelID, err := db.ParseID("chan", in.ChannelID)
	if err != nil {
		return nil, err
	}
	q := a.DB.Read(ctx)
	if _, err := a.Channels.ByID(q, c.actor.OrgID, channelID); err != nil {
		return nil, err
	}
	m, conv, person, err := a.Inbox.SendTemplateOnce(ctx, c.actor, channelID, in.Body.To, *in.Body.domain(), prefersAsync(in.Prefer), c.clientID())
	if err != nil {
		return nil, err
	}
	sent, err := a.sent(m)
	if err != nil {
		return nil, err
	}
	shown, err := a.conversationsOf(q, c.actor.OrgID, []inbox.Conversation{conv})
	if err != nil {
		return nil, err
	}
	return &sendTemplateOutput{sent.Status, SentTemplate{sent.Body, shown[0], contactOf(person)}}, nil
}

// sendTemplateAnswers describes the answers besides 201.
func sendTemplateAnswers(op *huma.Operation) {
	op.Description = "Creates the contact and the conversation when nobody has the number. 201: WhatsApp has taken it. " +
		"202: still PENDING, or UNCONFIRMED. 409 no_consent: the contact has refused marketing. 422: the number's account has no such template, or it cannot be sent. " +
		"502: WhatsApp refused; the message stays, FAILED."
	op.Errors = append(op.Errors, http.StatusConflict, http.StatusBadGateway)
}

// TemplateShownHeader is a header as the customer sees it. Its file is the
// message's media.
type TemplateShownHeader struct {
	Kind      string   `json:"kind" doc:"TEXT, IMAGE, VIDEO, DOCUMENT or LOCATION."`
	Text      *string  `json:"text"`
	Latitude  *float64 `json:"latitude"`
	Longitude *float64 `json:"longitude"`
	Name      *string  `json:"name"`
	Address   *string  `json:"address"`
}

// TemplateShownButton is a button with what it does.
type TemplateShownButton struct {
	Kind  string  `json:"kind" doc:"QUICK_REPLY, URL, PHONE_NUMBER, COPY_CODE, FLOW, OTP and others."`
	Text  string  `json:"text"`
	URL   *string `json:"url"`
	Phone *string `json:"phone"`
	Code  *string `json:"code"`
}

// TemplateShownCard is a card of a carousel.
type TemplateShownCard struct {
	Header  *TemplateShownHeader  `json:"header"`
	Body    *string               `json:"body"`
	Buttons []TemplateShownButton `json:"buttons" nullable:"false"`
}

// shownTemplate is a template message, as the customer sees it where that is
// known.
func shownTemplate(t *inbox.Template, body *string) *Template {
	out := &Template{Name: t.Name, Language: text(t.Language), Category: text(t.Category), Body: text(t.Body), Buttons: []TemplateShownButton{}, Cards: []TemplateShownCard{}}
	if t.Shown == nil {
		return out
	}
	top := shownCard(t.Shown.FilledCard)
	out.Body, out.Header, out.Buttons, out.Footer = body, top.Header, top.Buttons, text(t.Shown.Footer)
	for _, c := range t.Shown.Cards {
		out.Cards = append(out.Cards, shownCard(c))
	}
	if o := t.Shown.Offer; o != nil && !o.ExpiresAt.IsZero() {
		out.ExpiresAt = maybe(db.Millis(o.ExpiresAt))
	}
	return out
}

func shownCard(c template.FilledCard) TemplateShownCard {
	out := TemplateShownCard{Body: text(c.Body), Buttons: []TemplateShownButton{}}
	if h := c.Header; h.Kind != "" {
		out.Header = &TemplateShownHeader{h.Kind, text(h.Text), h.Latitude, h.Longitude, text(h.Name), text(h.Address)}
	}
	for _, b := range c.Buttons {
		out.Buttons = append(out.Buttons, TemplateShownButton{b.Kind, b.Text, text(b.URL), text(b.Phone), text(b.Code)})
	}
	return out
}
