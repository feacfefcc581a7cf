package api

import (
	"context"
	"strings"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
)

// Conversation is everything said between a contact and a channel.
type Conversation struct {
	ID              string              `json:"id"`
	ChannelID       string              `json:"channelId"`
	ContactID       string              `json:"contactId"`
	Contact         ConversationContact `json:"contact"`
	Status          string              `json:"status" enum:"OPEN,CLOSED"`
	AssigneeID      *string             `json:"assigneeId"`
	Tags            []string            `json:"tags" nullable:"false"`
	UnreadCount     int                 `json:"unreadCount"`
	LastMessage     *Message            `json:"lastMessage"`
	LastMessageAt   *string             `json:"lastMessageAt" format:"date-time"`
	WindowExpiresAt *string             `json:"windowExpiresAt" format:"date-time" doc:"When free-form replies end; null if the customer never wrote."`
	SnoozedUntil    *string             `json:"snoozedUntil" format:"date-time" doc:"Put aside until then; null if it is not."`
	WaitingSince    *string             `json:"waitingSince" format:"date-time" doc:"The customer's first message that no teammate, program or broadcast has answered; null if nobody waits."`
	CreatedAt       string              `json:"createdAt" format:"date-time"`
}

// ConversationContact is the contact as a conversation shows it.
type ConversationContact struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Phone      *string  `json:"phone"`
	ExternalID *string  `json:"externalId"`
	Tags       []string `json:"tags" nullable:"false"`
}

// conversationsOf shows conversations with their last messages.
func (a *API) conversationsOf(q db.Q, org int64, found []inbox.Conversation) ([]Conversation, error) {
	var ids []int64
	for _, c := range found {
		if c.LastMessageID != 0 {
			ids = append(ids, c.LastMessageID)
		}
	}
	last, err := a.Inbox.MessagesByID(q, org, ids)
	if err != nil {
		return nil, err
	}
	byID := map[int64]inbox.Message{}
	for _, m := range last {
		byID[m.ID] = m
	}
	all := make([]Conversation, 0, len(found))
	for _, c := range found {
		out := Conversation{
			ID: db.FormatID("conv", c.ID), ChannelID: db.FormatID("chan", c.ChannelID), ContactID: db.FormatID("contact", c.ContactID),
			Contact: ConversationContact{ID: db.FormatID("contact", c.ContactID), Name: c.Contact.Title(), Phone: text(c.Contact.Phone),
				ExternalID: text(c.Contact.ExternalID), Tags: tagNames(c.Contact.Tags)},
			Status: c.Status, AssigneeID: ref("user", c.AssigneeID), Tags: tagNames(c.Tags), UnreadCount: c.UnreadCount,
			LastMessageAt: maybe(c.LastMessageAt), WindowExpiresAt: maybe(c.WindowExpiresAt), SnoozedUntil: maybe(c.SnoozedUntil), WaitingSince: maybe(c.WaitingSince), CreatedAt: when(c.CreatedAt),
		}
		if m, ok := byID[c.LastMessageID]; ok && isMessage(m) {
			shown := a.messageOf(m)
			out.LastMessage = &shown
		}
		all = append(all, out)
	}
	return all, nil
}

type conversationsInput struct {
	InOrg
	Paging
	Status     string `query:"status" enum:"OPEN,CLOSED"`
	ChannelID  string `query:"channelId"`
	AssigneeID string `query:"assigneeId" doc:"A user's id, me, or none for unassigned."`
	Unread     bool   `query:"unread"`
	Snoozed    string `query:"snoozed" enum:"true,false" doc:"Only those that are put aside, or that are not."`
	Tag        string `query:"tag" doc:"A tag's name."`
	View       string `query:"view" enum:"waiting,closing-soon" doc:"waiting: open conversations that nobody has answered, longest wait first. closing-soon: open ones whose windowExpiresAt comes within hours, soonest first. Neither has those that are put aside."`
	Hours      int    `query:"hours" minimum:"1" maximum:"24" default:"4" doc:"Of view=closing-soon."`
	Sort       string `query:"sort" enum:"waiting" doc:"Who waits for an answer first, longest wait at the top; then the others, latest message first."`
	Search     string `query:"search" doc:"In names, numbers and messages."`
}

type conversationsOutput struct{ Body List[Conversation] }

func (a *API) conversations(ctx context.Context, in *conversationsInput) (*conversationsOutput, error) {
	q, who := a.DB.Read(ctx), callerOf(ctx).actor
	out := &conversationsOutput{Body: List[Conversation]{Items: []Conversation{}}}
	f, ok, err := a.filter(q, who, in)
	if err != nil || !ok {
		return out, err
	}
	if out.Body.Total, err = a.Inbox.Count(q, who.OrgID, f); err != nil {
		return nil, err
	}
	found, next, err := a.pageAfter(q, who.OrgID, f, in.Skip)
	if err != nil {
		return nil, err
	}
	out.Body.NextCursor = text(next)
	out.Body.Items, err = a.conversationsOf(q, who.OrgID, found)
	return out, err
}

// filter reads the query; false means that nothing can fit.
func (a *API) filter(q db.Q, who account.Actor, in *conversationsInput) (f inbox.Filter, ok bool, err error) {
	f = inbox.Filter{Status: in.Status, Unread: in.Unread, Search: in.Search, Before: in.Cursor, Take: in.Take, Viewer: who.UserID}
	if f.View = waitingViews[in.View]; f.View != "" && (in.Status == inbox.Closed || in.Snoozed == "true") {
		return f, false, nil
	}
	f.Sort, f.Hours = strings.ToUpper(in.Sort), in.Hours
	if in.Snoozed != "" {
		only := in.Snoozed == "true"
		f.Snoozed = &only
	}
	if in.ChannelID != "" {
		if f.ChannelID, err = db.ParseID("chan", in.ChannelID); err != nil {
			return f, false, nil
		}
	}
	switch in.AssigneeID {
	case "":
	case "none":
		f.AssigneeID = inbox.Nobody
	case "me":
		if f.AssigneeID = who.UserID; f.AssigneeID == 0 {
			return f, false, errs.Field("assigneeId", "an API key is nobody's: give a user's id")
		}
	default:
		if f.AssigneeID, err = db.ParseID("user", in.AssigneeID); err != nil {
			return f, false, nil
		}
	}
	if in.Tag == "" {
		return f, true, nil
	}
	tags, err := a.Contacts.Tags(q, who.OrgID)
	for _, t := range tags {
		if strings.EqualFold(t.Name, in.Tag) {
			f.TagID = t.ID
			return f, true, err
		}
	}
	return f, false, err
}

// maxSkip is how far a list may be skipped: pages are found by key, so skipping
// reads what it skips.
const maxSkip = 10_000

// pageAfter gives a page behind so many conversations.
func (a *API) pageAfter(q db.Q, org int64, f inbox.Filter, skip int) ([]inbox.Conversation, string, error) {
	if skip > maxSkip {
		return nil, "", errs.Fieldf("skip", "at most %d; use cursor", maxSkip)
	}
	take := f.Take
	for skip > 0 {
		f.Take = min(skip, 200)
		passed, next, err := a.Inbox.Conversations(q, org, f)
		if err != nil || next == "" {
			return nil, "", err
		}
		f.Before = next
		skip -= len(passed)
	}
	f.Take = take
	return a.Inbox.Conversations(q, org, f)
}

// ConversationPath names a conversation.
type ConversationPath struct {
	InOrg
	ConversationID string `path:"conversationId"`
}

type conversationOutput struct{ Body Conversation }

func (a *API) conversation(ctx context.Context, in *ConversationPath) (*conversationOutput, error) {
	return a.oneConversation(ctx, in.ConversationID)
}

func (a *API) oneConversation(ctx context.Context, shown string) (*conversationOutput, error) {
	q, org := a.DB.Read(ctx), callerOf(ctx).actor.OrgID
	id, err := db.ParseID("conv", shown)
	if err != nil {
		return nil, err
	}
	c, err := a.Inbox.Conversation(q, org, id)
	if err != nil {
		return nil, err
	}
	all, err := a.conversationsOf(q, org, []inbox.Conversation{c})
	if err != nil {
		return nil, err
	}
	return &conversationOutput{all[0]}, nil
}

type setStatusInput struct {
	ConversationPath
	Body struct {
		Status string `json:"status" enum:"OPEN,CLOSED"`
	}
}

func (a *API) setStatus(ctx context.Context, in *setStatusInput) (*conversationOutput, error) {
	id, err := db.ParseID("conv", in.ConversationID)
	if err != nil {
		return nil, err
	}
	change := a.Inbox.Reopen
	if in.Body.Status == inbox.Closed {
		change = a.Inbox.Close
	}
	if err := change(ctx, callerOf(ctx).actor, id); err != nil {
		return nil, err
	}
	return a.oneConversation(ctx, in.ConversationID)
}

type setAssigneeInput struct {
	ConversationPath
	Body struct {
		AssigneeID *string `json:"assigneeId" doc:"A member's user id, or null for nobody."`
	}
}

func (a *API) setAssignee(ctx context.Context, in *setAssigneeInput) (*conversationOutput, error) {
	id, err := db.ParseID("conv", in.ConversationID)
	if err != nil {
		return nil, err
	}
	user := int64(0)
	if in.Body.AssigneeID != nil {
		if user, err = db.ParseID("user", *in.Body.AssigneeID); err != nil {
			return nil, errs.Field("assigneeId", "no active member of this organisation")
		}
	}
	if err := a.Inbox.Assign(ctx, callerOf(ctx).actor, id, user); err != nil {
		return nil, err
	}
	return a.oneConversation(ctx, in.ConversationID)
}

func (a *API) markRead(ctx context.Context, in *ConversationPath) (*none, error) {
	id, err := db.ParseID("conv", in.ConversationID)
	if err != nil {
		return nil, err
	}
	return nil, a.Inbox.MarkRead(ctx, callerOf(ctx).actor, id)
}

// Note is an internal note: teammates see it, the customer does not.
type Note struct {
	ID             string `json:"id"`
	ConversationID string `json:"conversationId"`
	Body           string `json:"body"`
	SentBy         Sender `json:"sentBy"`
	CreatedAt      string `json:"createdAt" format:"date-time"`
}

type addNoteInput struct {
	ConversationPath
	Body struct {
		Body string `json:"body" doc:"@[user id] mentions a teammate."`
	}
}

type noteOutput struct{ Body Note }

func (a *API) addNote(ctx context.Context, in *addNoteInput) (*noteOutput, error) {
	c := callerOf(ctx)
	id, err := db.ParseID("conv", in.ConversationID)
	if err != nil {
		return nil, err
	}
	m, err := a.Inbox.AddNote(ctx, c.actor, id, inbox.NoteInput{Body: in.Body.Body, ClientID: c.clientID()})
	if err != nil {
		return nil, err
	}
	return &noteOutput{Note{ID: db.FormatID("msg", m.ID), ConversationID: db.FormatID("conv", m.ConversationID), Body: m.Body,
		SentBy: *senderOf(m), CreatedAt: when(m.At)}}, nil
}
