package api

import (
	"context"
	"net/http"

	"badala/app/contact"
	"badala/app/db"

	"github.com/danielgtaylor/huma/v2"
)

// ContactFields are what programs may set of a contact.
type ContactFields struct {
	Name             Optional[string]            `json:"name,omitempty"`
	Phone            Optional[string]            `json:"phone,omitempty" doc:"With country code. The number before still finds the contact."`
	Email            Optional[string]            `json:"email,omitempty"`
	Tags             Optional[[]string]          `json:"tags,omitempty" doc:"All tags of the contact; unknown ones are made."`
	ExternalID       Optional[string]            `json:"externalId,omitempty" doc:"The id in your own system, unique here."`
	MarketingConsent Optional[bool]              `json:"marketingConsent,omitempty" doc:"null: never stated."`
	Company          Optional[CompanyFields]     `json:"company,omitempty"`
	CustomFields     Optional[map[string]Scalar] `json:"customFields,omitempty" doc:"Only the fields that are named change; null removes one."`
	Notes            Optional[string]            `json:"notes,omitempty"`
}

// CompanyFields are what programs may set of where a contact works.
type CompanyFields struct {
	Name     Optional[string] `json:"name,omitempty"`
	Website  Optional[string] `json:"website,omitempty"`
	JobTitle Optional[string] `json:"jobTitle,omitempty"`
	Address  Optional[string] `json:"address,omitempty"`
}

// patch is the change that the fields ask for.
func (f *ContactFields) patch() contact.Patch {
	p := contact.Patch{
		Name: textOf(f.Name), Phone: textOf(f.Phone), Email: textOf(f.Email), ExternalID: textOf(f.ExternalID), Notes: textOf(f.Notes),
		Consent: f.MarketingConsent.Value, ForgetConsent: f.MarketingConsent.Sent && f.MarketingConsent.Value == nil,
	}
	if f.Tags.Sent {
		tags := f.Tags.or(nil)
		p.Tags = &tags
	}
	if f.Company.Sent {
		none := Optional[string]{Sent: true}
		c := f.Company.or(CompanyFields{none, none, none, none})
		p.CompanyName, p.Website, p.JobTitle, p.Address = textOf(c.Name), textOf(c.Website), textOf(c.JobTitle), textOf(c.Address)
	}
	if f.CustomFields.Sent {
		p.ClearCustom = f.CustomFields.Value == nil
		p.Custom = map[string]*string{}
		for k, v := range f.CustomFields.or(nil) {
			p.Custom[k] = v.text
		}
	}
	return p
}

type upsertContactInput struct {
	InOrg
	Body ContactFields
}

type savedContactOutput struct {
	Status int
	Body   Contact
}

// upsertAnswers describes the answers besides 201.
func upsertAnswers(op *huma.Operation) {
	op.Description = "Finds the contact by externalId, then by phone, and changes the fields that are present; makes it if there is none. " +
		"201: made. 200: it was there. 409: externalId and phone are of two contacts; the message names both."
}

func (a *API) upsertContact(ctx context.Context, in *upsertContactInput) (*savedContactOutput, error) {
	c, created, err := a.Contacts.Upsert(ctx, callerOf(ctx).actor, contact.UpsertInput{Patch: in.Body.patch()})
	if err != nil {
		return nil, err
	}
	out := savedContact(c)
	if created {
		out.Status = http.StatusCreated
	}
	return out, nil
}

type patchContactInput struct {
	ContactPath
	Body ContactFields
}

func (a *API) patchContact(ctx context.Context, in *patchContactInput) (*savedContactOutput, error) {
	id, err := db.ParseID("contact", in.ContactID)
	if err != nil {
		return nil, err
	}
	c, err := a.Contacts.Update(ctx, callerOf(ctx).actor, id, in.Body.patch())
	if err != nil {
		return nil, err
	}
	return savedContact(c), nil
}

func savedContact(c contact.Contact) *savedContactOutput {
	return &savedContactOutput{Status: http.StatusOK, Body: contactOf(c)}
}

func (a *API) deleteContact(ctx context.Context, in *ContactPath) (*none, error) {
	id, err := db.ParseID("contact", in.ContactID)
	if err != nil {
		return nil, err
	}
	return nil, a.Contacts.Erase(ctx, callerOf(ctx).actor, id)
}
