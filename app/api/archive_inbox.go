package api

import (
	"context"
	"strconv"
	"strings"

	"badala/app/archive"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
)

// cutCursor reads an id and what stands behind a slash; "" is zero.
func cutCursor(after string) (id int64, within string, err error) {
	if after == "" {
		return 0, "", nil
	}
	head, within, _ := strings.Cut(after, "/")
	if id, err = strconv.ParseInt(head, 10, 64); err != nil {
		err = errs.Field("cursor", "is not one of ours")
	}
	return id, within, err
}

// contacts go from the newest to the oldest: who is new meanwhile moves nobody
// from one page to the next.
func (x *archived) contacts(ctx context.Context, after string) ([]any, string, error) {
	q := x.q(ctx)
	page, next, err := x.Contacts.List(q, x.org.ID, contact.Filter{Cursor: after, Take: archivePage})
	if err != nil {
		return nil, "", err
	}
	ids := make([]int64, len(page))
	for i, c := range page {
		ids[i] = c.ID
	}
	states, err := x.Contacts.StatesOf(q, x.org.ID, ids)
	if err != nil {
		return nil, "", err
	}
	var out []any
	for _, c := range page {
		if st := states[c.ID]; st != nil { // with its other numbers
			out = append(out, contactOf(st.Contact))
		}
	}
	return out, next, nil
}

// ConsentArchive is a change of marketing consent, in an export.
type ConsentArchive struct {
	ID        string  `json:"id"`
	ContactID string  `json:"contactId"`
	At        string  `json:"at"`
	Was       *bool   `json:"was"`
	Now       *bool   `json:"now"`
	Reason    string  `json:"reason"`
	ActorType string  `json:"actorType"`
	ActorID   *string `json:"actorId"`
	MessageID *string `json:"messageId"`
}

func (x *archived) consents(ctx context.Context, after string) ([]any, string, error) {
	from, _, err := cutCursor(after)
	if err != nil {
		return nil, "", err
	}
	page, err := contact.ConsentsAfter(x.q(ctx), x.org.ID, from, archivePage)
	out, err := shown(page, err, func(c contact.ConsentOf) ConsentArchive {
		by := map[string]string{"USER": "user", "API": "key", "CUSTOMER": "contact"}[c.Kind]
		line := ConsentArchive{ID: db.FormatID("consent", c.ID), ContactID: db.FormatID("contact", c.ContactID), At: when(c.At), Was: c.Was, Now: c.Now,
			Reason: c.Reason, ActorType: c.Kind, MessageID: ref("msg", c.MessageID)}
		if by != "" {
			line.ActorID = ref(by, c.ActorID)
		}
		return line
	})
	if len(page) == 0 {
		return nil, "", err
	}
	return out, strconv.FormatInt(page[len(page)-1].ID, 10), err
}

// ConversationArchive is a conversation, in an export: its last message is
// among the others.
type ConversationArchive struct {
	Conversation
	GroupID *string `json:"groupId"`
}

func (x *archived) conversations(ctx context.Context, after string) ([]any, string, error) {
	from, _, err := cutCursor(after)
	if err != nil {
		return nil, "", err
	}
	q := x.q(ctx)
	page, err := x.Inbox.ConversationsAfter(q, x.org.ID, from, archivePage)
	if err != nil || len(page) == 0 {
		return nil, "", err
	}
	last := page[len(page)-1].ID
	for i := range page {
		page[i].LastMessageID = 0
	}
	all, err := x.conversationsOf(q, x.org.ID, page)
	if err != nil {
		return nil, "", err
	}
	out := make([]any, len(all))
	for i, c := range all {
		out[i] = ConversationArchive{c, text(page[i].GroupID)}
	}
	return out, strconv.FormatInt(last, 10), nil
}

func (x *archived) nextConversation(ctx context.Context, after int64) (int64, error) {
	return inbox.ConversationAfter(x.q(ctx), x.org.ID, after)
}

// MessageArchive is an entry of a thread, in an export: a message, a note
// (direction NOTE) or an activity line (ACTIVITY).
type MessageArchive struct {
	Message
	Deleted    bool              `json:"deleted"`
	EditedAt   *string           `json:"editedAt"`
	Reactions  []ReactionArchive `json:"reactions"`
	Mentions   []string          `json:"mentions,omitempty"`   // of a note
	AssigneeID *string           `json:"assigneeId,omitempty"` // of an activity line
	Reason     string            `json:"reason,omitempty"`
}

// ReactionArchive is an emoji on a message; contactId is null for the business's.
type ReactionArchive struct {
	Emoji     string  `json:"emoji"`
	ContactID *string `json:"contactId"`
	At        string  `json:"at"`
}

func (x *archived) messages(ctx context.Context, conv int64, after string) ([]any, string, error) {
	if after == "" {
		after = (inbox.Message{}).Cursor()
	}
	page, err := x.Inbox.Messages(x.q(ctx), x.org.ID, conv, inbox.Page{After: after, Take: archivePage})
	out, err := shown(page, err, x.messageArchive)
	if len(page) < archivePage {
		return out, "", err
	}
	return out, page[len(page)-1].Cursor(), err
}

func (x *archived) messageArchive(m inbox.Message) MessageArchive {
	p := m.Extra()
	out := MessageArchive{Message: x.messageOf(m), Deleted: m.Deleted, EditedAt: maybe(m.EditedAt), Reactions: []ReactionArchive{},
		AssigneeID: ref("user", p.Assignee), Reason: p.Reason}
	if m.Media != nil { // its address would soon be none
		out.Media.URL = text(archive.PathOf(*m.Media))
	}
	for _, r := range m.Reactions {
		out.Reactions = append(out.Reactions, ReactionArchive{r.Emoji, ref("contact", r.ContactID), when(r.At)})
	}
	for _, user := range p.Mentions {
		out.Mentions = append(out.Mentions, db.FormatID("user", user))
	}
	return out
}

// CannedArchive is a quick reply with its owner, in an export.
type CannedArchive struct {
	CannedResponse
	OwnerID *string `json:"ownerId"`
}

// canned are the quick replies of the team, and everybody's own.
func (x *archived) canned(ctx context.Context) ([]any, error) {
	q := x.q(ctx)
	all, err := x.Inbox.CannedResponses(q, x.org.ID, 0, inbox.CannedFilter{})
	if err != nil {
		return nil, err
	}
	team, err := x.Accounts.Members(q, x.org.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range team {
		own, err := x.Inbox.CannedResponses(q, x.org.ID, m.ID, inbox.CannedFilter{Mine: true})
		if err != nil {
			return nil, err
		}
		all = append(all, own...)
	}
	return shown(all, nil, func(c inbox.CannedResponse) CannedArchive { return CannedArchive{cannedOf(c), ref("user", c.OwnerID)} })
}
