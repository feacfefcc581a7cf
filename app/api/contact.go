package api

import (
	"context"
	"time"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
)

// Contact is a person the organisation talks to.
type Contact contact.Document

func contactOf(c contact.Contact) Contact { return Contact(contact.DocumentOf(c)) }

func tagNames(tags []contact.Tag) []string {
	names := make([]string, len(tags))
	for i, t := range tags {
		names[i] = t.Name
	}
	return names
}

// Paging is how to walk a list.
type Paging struct {
	Take   int    `query:"take" minimum:"1" maximum:"200" default:"50"`
	Skip   int    `query:"skip" minimum:"0" maximum:"1000000"`
	Cursor string `query:"cursor" doc:"nextCursor of the page before, instead of skip."`
}

type contactsInput struct {
	InOrg
	Paging
	Search  string `query:"search" doc:"In names, numbers and e-mail addresses."`
	Tag     string `query:"tag" doc:"A tag's name."`
	Consent string `query:"marketingConsent" enum:"true,false"`
	Source  string `query:"source" enum:"WHATSAPP,MANUAL,API,IMPORT"`
	Sort    string `query:"sort" enum:"newest,name,updated,lastMessage" doc:"newest: latest made first, which is the default. updated: latest changed first; the default with updatedSince. lastMessage: latest message first."`

	ExternalID   string    `query:"externalId" doc:"Exactly this id of your own system."`
	Phone        string    `query:"phone" doc:"Exactly this number, with country code, in any form; one that the contact had before counts too."`
	UpdatedSince time.Time `query:"updatedSince" doc:"Changed at or after this time."`
	ImportID     string    `query:"importId" doc:"Named in the file of this import, new or not."`
}

type contactsOutput struct{ Body List[Contact] }

func (a *API) contacts(ctx context.Context, in *contactsInput) (*contactsOutput, error) {
	if in.Skip > maxSkip {
		return nil, errs.Fieldf("skip", "at most %d; use cursor", maxSkip)
	}
	f := contact.Filter{Search: in.Search, Tag: in.Tag, Source: in.Source, Sort: in.Sort, Cursor: in.Cursor, Skip: in.Skip, Take: in.Take,
		ExternalID: in.ExternalID, Phone: in.Phone, UpdatedSince: db.Millis(in.UpdatedSince)}
	if in.Consent != "" {
		yes := in.Consent == "true"
		f.Consent = &yes
	}
	if in.ImportID != "" {
		id, err := db.ParseID("import", in.ImportID)
		if err != nil {
			return nil, errs.Field("importId", "is not the id of an import")
		}
		f.ImportID = id
	}
	q, org := a.DB.Read(ctx), callerOf(ctx).actor.OrgID
	found, next, err := a.Contacts.List(q, org, f)
	if err != nil {
		return nil, err
	}
	out := &contactsOutput{Body: List[Contact]{Items: []Contact{}, NextCursor: text(next)}}
	for _, c := range found {
		out.Body.Items = append(out.Body.Items, contactOf(c))
	}
	out.Body.Total, err = a.Contacts.Count(q, org, f)
	return out, err
}

// ContactPath names a contact.
type ContactPath struct {
	InOrg
	ContactID string `path:"contactId"`
}

type contactOutput struct {
	Body struct {
		Contact
		Conversations []Conversation `json:"conversations" nullable:"false"`
	}
}

func (a *API) contact(ctx context.Context, in *ContactPath) (*contactOutput, error) {
	id, err := db.ParseID("contact", in.ContactID)
	if err != nil {
		return nil, err
	}
	q, org := a.DB.Read(ctx), callerOf(ctx).actor.OrgID
	c, err := a.Contacts.ByID(q, org, id)
	if err != nil {
		return nil, err
	}
	found, err := a.Inbox.ConversationsOf(q, org, id)
	if err != nil {
		return nil, err
	}
	for _, conv := range found {
		c.LastMessageAt = max(c.LastMessageAt, conv.LastMessageAt)
	}
	out := &contactOutput{}
	out.Body.Contact = contactOf(c)
	out.Body.Conversations, err = a.conversationsOf(q, org, found)
	return out, err
}
