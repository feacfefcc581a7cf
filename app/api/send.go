package api

import (
	"context"
	"net/http"
	"strings"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"

	"github.com/danielgtaylor/huma/v2"
)

type messagesInput struct {
	ConversationPath
	Before string `query:"before" doc:"nextCursor of the page before: older messages."`
	After  string `query:"after" doc:"A cursor: newer messages."`
	Take   int    `query:"take" minimum:"1" maximum:"200" default:"50"`
}

// Messages is a page of a conversation, newest last.
type Messages struct {
	Items      []Message `json:"items" nullable:"false"`
	NextCursor *string   `json:"nextCursor" doc:"For before (or, if you asked with after, for after): the next page. null at the end."`
	PrevCursor *string   `json:"prevCursor" doc:"For after: what is newer than this page."`
}

type messagesOutput struct{ Body Messages }

func (a *API) messages(ctx context.Context, in *messagesInput) (*messagesOutput, error) {
	q, org := a.DB.Read(ctx), callerOf(ctx).actor.OrgID
	conv, err := db.ParseID("conv", in.ConversationID)
	if err != nil {
		return nil, err
	}
	if in.Before != "" && in.After != "" {
		return nil, errs.Field("after", "give before or after, not both")
	}
	if _, err := a.Inbox.Conversation(q, org, conv); err != nil {
		return nil, err
	}
	all, more, err := a.thread(q, org, conv, in)
	if err != nil {
		return nil, err
	}
	out := &messagesOutput{Body: Messages{Items: []Message{}}}
	for _, m := range all {
		out.Body.Items = append(out.Body.Items, a.messageOf(m))
	}
	if len(all) > 0 {
		first, last := all[0].Cursor(), all[len(all)-1].Cursor()
		out.Body.PrevCursor = &last
		switch {
		case more && in.After != "":
			out.Body.NextCursor = &last
		case more:
			out.Body.NextCursor = &first
		}
	}
	return out, nil
}

// thread reads a page of messages, passing over notes and activity lines, and
// says whether there are more beyond it.
func (a *API) thread(q db.Q, org, conv int64, in *messagesInput) (all []inbox.Message, more bool, err error) {
	page := inbox.Page{Before: in.Before, After: in.After, Take: min(in.Take+1, 200)}
	for {
		part, err := a.Inbox.Messages(q, org, conv, page)
		if err != nil || len(part) == 0 {
			return all, false, err
		}
		full := len(part) == page.Take
		var kept []inbox.Message
		for _, m := range part {
			if isMessage(m) {
				kept = append(kept, m)
			}
		}
		if in.After != "" {
			page.After = part[len(part)-1].Cursor()
			all = append(all, kept...)
			if len(all) > in.Take {
				return all[:in.Take], true, nil
			}
		} else {
			page.Before = part[0].Cursor()
			all = append(kept, all...)
			if len(all) > in.Take {
				return all[len(all)-in.Take:], true, nil
			}
		}
		if !full {
			return all, false, nil
		}
	}
}

type sendInput struct {
	ConversationPath
	Prefer string `header:"Prefer" doc:"respond-async: answer 202 at once, with the message PENDING."`
	Body   struct {
		Type        string            `json:"type" enum:"TEXT,IMAGE,VIDEO,AUDIO,DOCUMENT,STICKER,LOCATION,REACTION,INTERACTIVE,TEMPLATE"`
		Body        string            `json:"body,omitempty" doc:"Of a TEXT."`
		Caption     string            `json:"caption,omitempty"`
		UploadKey   string            `json:"uploadKey,omitempty" doc:"key of POST uploads."`
		MediaURL    string            `json:"mediaUrl,omitempty" doc:"A public https address, instead of uploadKey."`
		FileName    string            `json:"fileName,omitempty"`
		Voice       bool              `json:"voice,omitempty" doc:"An AUDIO as a voice note."`
		Location    *Location         `json:"location,omitempty"`
		Latitude    *float64          `json:"latitude,omitempty" doc:"Of a LOCATION, instead of location."`
		Longitude   *float64          `json:"longitude,omitempty"`
		Name        string            `json:"name,omitempty"`
		Address     string            `json:"address,omitempty"`
		Emoji       string            `json:"emoji,omitempty" doc:"Of a REACTION; empty takes it back."`
		MessageID   string            `json:"messageId,omitempty" doc:"What the REACTION is put on."`
		Interactive *InteractiveInput `json:"interactive,omitempty" doc:"Of an INTERACTIVE."`
		ReplyTo     string            `json:"replyTo,omitempty" doc:"The message to quote."`
		TemplateFields
	}
}

// InteractiveInput is a message with something to choose.
type InteractiveInput struct {
	Type        string    `json:"type" enum:"button,list,cta_url"`
	Header      string    `json:"header,omitempty" doc:"At most 60 characters."`
	Body        string    `json:"body,omitempty" doc:"At most 1024 characters, of a list 4096."`
	Footer      string    `json:"footer,omitempty" doc:"At most 60 characters."`
	Buttons     []Choice  `json:"buttons,omitempty" doc:"Of a button message: 1 to 3."`
	Button      string    `json:"button,omitempty" doc:"What opens a list: at most 20 characters."`
	Sections    []Section `json:"sections,omitempty" doc:"Of a list: 1 to 10, with at most 10 rows in all."`
	DisplayText string    `json:"displayText,omitempty" doc:"Of a link: at most 20 characters."`
	URL         string    `json:"url,omitempty" doc:"Where a link leads."`
}

// domain is the message in the inbox's words.
func (in *InteractiveInput) domain() *inbox.Interactive {
	if in == nil {
		return nil
	}
	out := &inbox.Interactive{Type: in.Type, Header: in.Header, Body: in.Body, Footer: in.Footer, Buttons: optionsOf(in.Buttons),
		Button: in.Button, DisplayText: in.DisplayText, URL: in.URL}
	for _, s := range in.Sections {
		out.Sections = append(out.Sections, inbox.Section{Title: s.Title, Rows: optionsOf(s.Rows)})
	}
	return out
}

func optionsOf(all []Choice) []inbox.Option {
	out := make([]inbox.Option, 0, len(all))
	for _, c := range all {
		out = append(out, inbox.Option(c))
	}
	return out
}

type sendOutput struct {
	Status int
	Body   Message
}

// sendAnswers describes the answers besides 201.
func sendAnswers(op *huma.Operation) {
	op.Description = "201: WhatsApp has taken it. 202: still PENDING, or UNCONFIRMED: WhatsApp may or may not have taken it, and it is never resent by itself. " +
		"409: outside the 24-hour window, where only a TEMPLATE can be sent, or the contact has refused marketing. 502: WhatsApp refused; the message stays, FAILED."
	op.Errors = append(op.Errors, http.StatusConflict, http.StatusBadGateway)
}

func (a *API) send(ctx context.Context, in *sendInput) (*sendOutput, error) {
	c := callerOf(ctx)
	conv, err := db.ParseID("conv", in.ConversationID)
	if err != nil {
		return nil, err
	}
	s, err := in.message()
	if err != nil {
		return nil, err
	}
	s.ClientID = c.clientID()
	m, err := a.Inbox.Send(ctx, c.actor, conv, s)
	if err != nil {
		return nil, err
	}
	return a.sent(m)
}

// message reads what is to be sent.
func (in *sendInput) message() (s inbox.SendInput, err error) {
	b := in.Body
	s = inbox.SendInput{Type: b.Type, Body: b.Body, Caption: b.Caption, UploadKey: b.UploadKey, MediaURL: b.MediaURL, FileName: b.FileName,
		Voice: b.Voice, Emoji: b.Emoji, Interactive: b.Interactive.domain(), Async: prefersAsync(in.Prefer)}
	if b.Type == inbox.TypeTemplate {
		s.Template = b.domain()
	}
	if b.ReplyTo != "" {
		if s.ReplyTo, err = db.ParseID("msg", b.ReplyTo); err != nil {
			return s, errs.Field("replyTo", "there is no such message in this conversation")
		}
	}
	if b.MessageID != "" {
		if s.TargetID, err = db.ParseID("msg", b.MessageID); err != nil {
			return s, errs.Field("messageId", "there is no such message in this conversation")
		}
	}
	switch {
	case b.Location != nil:
		s.Location = &inbox.Location{Latitude: b.Location.Latitude, Longitude: b.Location.Longitude, Name: b.Location.Name, Address: b.Location.Address}
	case b.Latitude != nil && b.Longitude != nil:
		s.Location = &inbox.Location{Latitude: *b.Latitude, Longitude: *b.Longitude, Name: b.Name, Address: b.Address}
	}
	return s, nil
}

func prefersAsync(prefer string) bool {
	for p := range strings.SplitSeq(prefer, ",") {
		name, _, _ := strings.Cut(p, ";")
		if strings.EqualFold(strings.TrimSpace(name), "respond-async") {
			return true
		}
	}
	return false
}

// sent answers with what became of a message so far.
func (a *API) sent(m inbox.Message) (*sendOutput, error) {
	switch m.Status {
	case inbox.StatusFailed:
		return nil, &Problem{
			Message: "WhatsApp did not take the message: " + m.Error.Title, status: http.StatusBadGateway, MessageID: db.FormatID("msg", m.ID),
			Upstream: &Upstream{Code: m.Error.Code, Title: m.Error.Title, Retryable: m.Retriable()},
		}
	case inbox.StatusPending, inbox.StatusUnconfirmed:
		return &sendOutput{http.StatusAccepted, a.messageOf(m)}, nil
	}
	return &sendOutput{http.StatusCreated, a.messageOf(m)}, nil
}
