package api

import (
	"context"

	"badala/app/db"
	"badala/app/inbox"
)

// Hit is a message or a contact that a search found.
type Hit struct {
	Type           string   `json:"type" enum:"MESSAGE,CONTACT"`
	ID             string   `json:"id"`
	ConversationID *string  `json:"conversationId" doc:"Of a contact: the one last written in; null if there is none."`
	ContactID      string   `json:"contactId"`
	Title          string   `json:"title" doc:"The contact's name."`
	Snippet        string   `json:"snippet" doc:"What was found, or the part of it around the words."`
	Highlights     [][2]int `json:"highlights" nullable:"false" doc:"Places in snippet, [from, behind], counted in Unicode code points."`
	At             string   `json:"at" format:"date-time"`
}

// Hits are what a search found, the best first.
type Hits struct {
	Items []Hit `json:"items" nullable:"false"`
}

type searchInput struct {
	InOrg
	Q    string `query:"q" required:"true" maxLength:"200" doc:"Words, or a part of a name or number. Arabic is found however it is spelt."`
	Take int    `query:"take" minimum:"1" maximum:"50" default:"20"`
}

type searchOutput struct{ Body Hits }

func (a *API) search(ctx context.Context, in *searchInput) (*searchOutput, error) {
	found, err := a.Inbox.Search(a.DB.Read(ctx), callerOf(ctx).actor.OrgID, in.Q, in.Take)
	if err != nil {
		return nil, err
	}
	out := &searchOutput{Hits{Items: []Hit{}}}
	for _, h := range found {
		out.Body.Items = append(out.Body.Items, hitOf(h))
	}
	return out, nil
}

func hitOf(h inbox.Hit) Hit {
	out := Hit{Type: h.Type, ID: db.FormatID("msg", h.ID), ConversationID: ref("conv", h.ConversationID), ContactID: db.FormatID("contact", h.ContactID),
		Title: h.Title, Snippet: h.Snippet, Highlights: h.Highlights, At: when(h.At)}
	if h.Type == inbox.HitContact {
		out.ID = out.ContactID
	}
	if out.Highlights == nil {
		out.Highlights = [][2]int{}
	}
	return out
}
