package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/media"
	"badala/views"
)

// send puts what the composer holds into the conversation and answers at once:
// the message is on its way, and what becomes of it arrives live. The same
// client_id again gives the same bubble.
func (s *Server) send(c *call) error {
	cv, err := c.conversationOf("conv")
	if err != nil {
		return err
	}
	files, err := c.composed()
	if err != nil {
		return err
	}
	inputs, err := c.sendInputs(files)
	if err != nil {
		return err
	}
	var first inbox.Message // bears the browser's client_id; the others arrive live
	for i, in := range inputs {
		m, err := s.Inbox.Send(c.r.Context(), c.actor, cv.ID, in)
		if err != nil {
			return c.sendProblem(cv, in, err)
		}
		if i == 0 {
			first = m
		}
	}
	if !c.script() {
		return c.redirect(c.back("/c/" + id("conv", cv.ID)))
	}
	return c.bubble(cv, first)
}

// sendInputs reads the composer: one message, or one for each file with the
// text as the first one's caption.
func (c *call) sendInputs(files []string) ([]inbox.SendInput, error) {
	in := inbox.SendInput{Type: inbox.TypeText, Body: c.r.FormValue("body"), ClientID: c.field("client_id"), Async: true}
	if c.field("force") == "" {
		in.SeenRev, _ = strconv.ParseInt(c.field("seen_rev"), 10, 64)
	}
	if quoted := c.field("reply_to"); quoted != "" {
		n, err := db.ParseID("msg", quoted)
		if err != nil {
			return nil, err
		}
		in.ReplyTo = n
	}
	if c.field("lat") != "" {
		return c.locationInput(in)
	}
	if key := c.field("upload_key"); key != "" {
		files = []string{key}
	}
	if len(files) == 0 {
		return []inbox.SendInput{in}, nil
	}
	out := make([]inbox.SendInput, 0, len(files)+1)
	for i, key := range files {
		m, err := c.mediaInput(in, key)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			m.ReplyTo, m.SeenRev, m.ClientID, m.Caption = 0, 0, "", ""
		}
		out = append(out, m)
	}
	if out[0].Caption == "" && strings.TrimSpace(in.Body) != "" { // its type carries no caption
		in.ReplyTo, in.SeenRev, in.ClientID = 0, 0, textClientID(in.ClientID)
		out = append([]inbox.SendInput{out[0], in}, out[1:]...)
	}
	return out, nil
}

// textClientID names the text that follows a file without a caption.
func textClientID(clientID string) string {
	if clientID == "" {
		return ""
	}
	return clientID + ".text"
}

// locationInput reads a place.
func (c *call) locationInput(in inbox.SendInput) ([]inbox.SendInput, error) {
	lat, err := strconv.ParseFloat(c.field("lat"), 64)
	if err != nil {
		return nil, errs.Field("lat", "must be a number")
	}
	lng, err := strconv.ParseFloat(c.field("lng"), 64)
	if err != nil {
		return nil, errs.Field("lng", "must be a number")
	}
	in.Type, in.Body = inbox.TypeLocation, ""
	in.Location = &inbox.Location{Latitude: lat, Longitude: lng, Name: c.field("place_name"), Address: c.field("place_address")}
	return []inbox.SendInput{in}, nil
}

// mediaInput makes a message of a stored file, of the type that suits it.
func (c *call) mediaInput(in inbox.SendInput, key string) (inbox.SendInput, error) {
	m, err := media.ByKey(c.q(), c.actor.OrgID, key)
	if errs.Is(err, errs.NotFound) {
		return in, errs.Coded(errs.Unprocessable, "upload_gone", "the uploaded file is no longer there; attach it again")
	}
	if err != nil {
		return in, err
	}
	in.Type = media.KindFor(m.ContentType)
	in.UploadKey, in.FileName = key, firstOf(c.field("file_name"), m.FileName)
	in.Voice = c.field("voice") == "1"
	switch in.Type {
	case inbox.TypeImage, inbox.TypeVideo, inbox.TypeDocument:
		in.Caption = in.Body
	}
	in.Body = ""
	return in, nil
}

// sendProblem answers a send that could not be taken: a teammate was faster, or
// the window has closed, or anything else.
func (c *call) sendProblem(cv inbox.Conversation, in inbox.SendInput, err error) error {
	e := errs.As(err)
	if e == nil || !c.script() {
		return err
	}
	switch e.Code {
	case "seen_newer":
		ids, listErr := c.s.Inbox.NewerReplies(c.q(), c.actor, cv.ID, in.SeenRev)
		if listErr != nil {
			return listErr
		}
		bubbles, listErr := c.bubblesByID(cv, ids)
		if listErr != nil {
			return listErr
		}
		c.w.Header().Set("X-Problem", "collision")
		return c.render(http.StatusConflict, views.Collision(views.CollisionData{Page: c.page(""), Bubbles: bubbles}))
	case "window_closed":
		c.w.Header().Set("X-Problem", "window")
		return c.json(http.StatusConflict, problem{Message: c.explain(err)})
	}
	return err
}

// bubblesByID maps some messages of a conversation.
func (c *call) bubblesByID(cv inbox.Conversation, ids []int64) ([]views.BubbleData, error) {
	names, err := c.s.Accounts.MemberNames(c.q(), c.actor.OrgID)
	if err != nil {
		return nil, err
	}
	ms, err := c.s.Inbox.MessagesByID(c.q(), c.actor.OrgID, ids)
	if err != nil {
		return nil, err
	}
	return c.bubbles(cv, names).all(ms), nil
}

// bubble answers with one message as the thread shows it.
func (c *call) bubble(cv inbox.Conversation, m inbox.Message) error {
	names, err := c.s.Accounts.MemberNames(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, views.Bubble(c.page(""), c.bubbles(cv, names).one(&m)))
}

// retry sends a failed message once more.
func (s *Server) retry(c *call) error { return c.onMessage(s.Inbox.Retry) }

// sendAgain sends a copy of a message of which nobody knows whether it arrived.
func (s *Server) sendAgain(c *call) error { return c.onMessage(s.Inbox.SendAgain) }

// markSent settles such a message as sent.
func (s *Server) markSent(c *call) error { return c.onMessage(s.Inbox.MarkSent) }

func (c *call) onMessage(do func(context.Context, account.Actor, int64) (inbox.Message, error)) error {
	n, err := c.pathID("msg", "msg")
	if err != nil {
		return err
	}
	m, err := do(c.r.Context(), c.actor, n)
	if err != nil {
		return err
	}
	return c.done("/c/" + id("conv", m.ConversationID))
}

// react puts our emoji on a message, or takes it back when it is empty.
func (s *Server) react(c *call) error {
	m, err := c.message()
	if err != nil {
		return err
	}
	_, err = s.Inbox.Send(c.r.Context(), c.actor, m.ConversationID, inbox.SendInput{
		Type: inbox.TypeReaction, TargetID: m.ID, Emoji: c.field("emoji"), ClientID: c.field("client_id"), Async: true,
	})
	if err != nil {
		return err
	}
	return c.done("/c/" + id("conv", m.ConversationID))
}

// fetchMedia asks Meta again for a file that did not come.
func (s *Server) fetchMedia(c *call) error {
	m, err := c.message()
	if err != nil {
		return err
	}
	if m.MediaID == 0 {
		return errs.New(errs.NotFound, "this message has no file")
	}
	if err := s.Media.Refetch(c.r.Context(), c.actor.OrgID, m.MediaID); err != nil {
		return err
	}
	return c.done("/c/" + id("conv", m.ConversationID))
}

// message is the organisation's message that the path names.
func (c *call) message() (inbox.Message, error) {
	n, err := c.pathID("msg", "msg")
	if err != nil {
		return inbox.Message{}, err
	}
	return c.s.Inbox.Message(c.q(), c.actor.OrgID, n)
}
