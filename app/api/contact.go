package api

import (
	"context"

	"badala/app/contact"
	"badala/app/db"
)

// Contact is a person the organisation talks to.
type Contact struct {
	ID               string            `json:"id"`
	Name             string            `json:"name"`
	Phone            *string           `json:"phone" doc:"E.164 with +; null for a customer known only by a WhatsApp user name."`
	Email            *string           `json:"email"`
	Tags             []string          `json:"tags" nullable:"false"`
	ExternalID       *string           `json:"externalId"`
	MarketingConsent *bool             `json:"marketingConsent" doc:"null: never stated."`
	Company          Company           `json:"company"`
	Source           string            `json:"source" enum:"WHATSAPP,MANUAL,API,IMPORT"`
	CustomFields     map[string]string `json:"customFields"`
	Notes            *string           `json:"notes"`
	WhatsApp         WhatsApp          `json:"whatsapp"`
	OtherPhones      []string          `json:"otherPhones" nullable:"false"`
	CreatedAt        string            `json:"createdAt" format:"date-time"`
	UpdatedAt        string            `json:"updatedAt" format:"date-time"`
	LastMessageAt    *string           `json:"lastMessageAt" format:"date-time"`
}

// Company is where a contact works.
type Company struct {
	Name     *string `json:"name"`
	Website  *string `json:"website"`
	JobTitle *string `json:"jobTitle"`
	Address  *string `json:"address"`
}

// WhatsApp is what WhatsApp tells of a contact.
type WhatsApp struct {
	WaID        *string `json:"waId"`
	ProfileName *string `json:"profileName"`
	UserID      *string `json:"userId" doc:"Meta's business-scoped id."`
	Username    *string `json:"username"`
}

func contactOf(c contact.Contact) Contact {
	out := Contact{
		ID: db.FormatID("contact", c.ID), Name: c.Title(), Phone: text(c.Phone), Email: text(c.Email), Tags: tagNames(c.Tags),
		ExternalID: text(c.ExternalID), MarketingConsent: c.Consent, Source: c.Source, CustomFields: c.Custom, Notes: text(c.Notes),
		Company:     Company{Name: text(c.Company.Name), Website: text(c.Company.Website), JobTitle: text(c.Company.JobTitle), Address: text(c.Company.Address)},
		WhatsApp:    WhatsApp{WaID: text(c.WaID), ProfileName: text(c.ProfileName), UserID: text(c.UserID), Username: text(c.Username)},
		OtherPhones: c.OtherPhones, CreatedAt: when(c.CreatedAt), UpdatedAt: when(c.UpdatedAt), LastMessageAt: maybe(c.LastMessageAt),
	}
	if out.CustomFields == nil {
		out.CustomFields = map[string]string{}
	}
	if out.OtherPhones == nil {
		out.OtherPhones = []string{}
	}
	return out
}

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
	Sort    string `query:"sort" enum:"newest,name"`
}

type contactsOutput struct{ Body List[Contact] }

func (a *API) contacts(ctx context.Context, in *contactsInput) (*contactsOutput, error) {
	f := contact.Filter{Search: in.Search, Tag: in.Tag, Source: in.Source, Sort: in.Sort, Cursor: in.Cursor, Skip: in.Skip, Take: in.Take}
	if in.Consent != "" {
		yes := in.Consent == "true"
		f.Consent = &yes
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
