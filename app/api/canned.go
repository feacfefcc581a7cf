package api

import (
	"context"

	"badala/app/db"
	"badala/app/inbox"
)

// CannedResponse is a text to answer with.
type CannedResponse struct {
	ID         string   `json:"id"`
	Shared     bool     `json:"shared" doc:"The team's; otherwise the caller's own."`
	Shortcut   string   `json:"shortcut" doc:"What is typed behind the slash."`
	Title      *string  `json:"title"`
	Body       string   `json:"body"`
	Language   *string  `json:"language"`
	Folder     *string  `json:"folder"`
	MediaKeys  []string `json:"mediaKeys" nullable:"false" doc:"Keys of POST uploads."`
	UsageCount int      `json:"usageCount"`
	CreatedAt  string   `json:"createdAt" format:"date-time"`
	UpdatedAt  string   `json:"updatedAt" format:"date-time"`
}

func cannedOf(c inbox.CannedResponse) CannedResponse {
	out := CannedResponse{ID: db.FormatID("canned", c.ID), Shared: c.Shared(), Shortcut: c.Shortcut, Title: text(c.Title), Body: c.Body,
		Language: text(c.Language), Folder: text(c.Folder), MediaKeys: c.MediaKeys, UsageCount: c.UsageCount,
		CreatedAt: when(c.CreatedAt), UpdatedAt: when(c.UpdatedAt)}
	if out.MediaKeys == nil {
		out.MediaKeys = []string{}
	}
	return out
}

type cannedListInput struct {
	InOrg
	Take     int    `query:"take" minimum:"1" maximum:"200" default:"50"`
	Skip     int    `query:"skip" minimum:"0" maximum:"1000000"`
	Search   string `query:"search" maxLength:"200" doc:"In shortcut, title and text."`
	Language string `query:"language"`
	Folder   string `query:"folder"`
	Mine     bool   `query:"mine" doc:"The caller's own only."`
}

type cannedListOutput struct{ Body List[CannedResponse] }

func (a *API) cannedResponses(ctx context.Context, in *cannedListInput) (*cannedListOutput, error) {
	who := callerOf(ctx).actor
	found, err := a.Inbox.CannedResponses(a.DB.Read(ctx), who.OrgID, who.UserID,
		inbox.CannedFilter{Search: in.Search, Language: in.Language, Folder: in.Folder, Mine: in.Mine})
	if err != nil {
		return nil, err
	}
	out := &cannedListOutput{List[CannedResponse]{Items: []CannedResponse{}, Total: len(found)}}
	found = found[min(in.Skip, len(found)):]
	for _, c := range found[:min(in.Take, len(found))] {
		out.Body.Items = append(out.Body.Items, cannedOf(c))
	}
	return out, nil
}

type createCannedInput struct {
	InOrg
	Body struct {
		Shared    bool     `json:"shared,omitempty" doc:"For the team: needs the permission ManageCanned. An API key makes no others."`
		Shortcut  string   `json:"shortcut" doc:"1 to 40 letters, digits, dashes and underscores."`
		Title     string   `json:"title,omitempty"`
		Body      string   `json:"body,omitempty" doc:"May be empty if there are files."`
		Language  string   `json:"language,omitempty" doc:"Such as en or ar. The same shortcut may exist once in each."`
		Folder    string   `json:"folder,omitempty"`
		MediaKeys []string `json:"mediaKeys,omitempty" doc:"Keys of POST uploads, at most 10."`
	}
}

type cannedOutput struct{ Body CannedResponse }

func (a *API) createCanned(ctx context.Context, in *createCannedInput) (*cannedOutput, error) {
	b := in.Body
	c, err := a.Inbox.CreateCanned(ctx, callerOf(ctx).actor, inbox.CannedInput{Shared: b.Shared, Shortcut: b.Shortcut, Title: b.Title,
		Body: b.Body, Language: b.Language, Folder: b.Folder, MediaKeys: b.MediaKeys})
	if err != nil {
		return nil, err
	}
	return &cannedOutput{cannedOf(c)}, nil
}

// CannedPath names a canned response.
type CannedPath struct {
	InOrg
	CannedID string `path:"cannedId"`
}

type patchCannedInput struct {
	CannedPath
	Body struct {
		Shortcut  *string   `json:"shortcut,omitempty"`
		Title     *string   `json:"title,omitempty"`
		Body      *string   `json:"body,omitempty"`
		Language  *string   `json:"language,omitempty"`
		Folder    *string   `json:"folder,omitempty"`
		MediaKeys *[]string `json:"mediaKeys,omitempty"`
	}
}

func (a *API) patchCanned(ctx context.Context, in *patchCannedInput) (*cannedOutput, error) {
	id, err := db.ParseID("canned", in.CannedID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	c, err := a.Inbox.UpdateCanned(ctx, callerOf(ctx).actor, id, inbox.CannedPatch{Shortcut: b.Shortcut, Title: b.Title, Body: b.Body,
		Language: b.Language, Folder: b.Folder, MediaKeys: b.MediaKeys})
	if err != nil {
		return nil, err
	}
	return &cannedOutput{cannedOf(c)}, nil
}

func (a *API) deleteCanned(ctx context.Context, in *CannedPath) (*none, error) {
	id, err := db.ParseID("canned", in.CannedID)
	if err != nil {
		return nil, err
	}
	return nil, a.Inbox.DeleteCanned(ctx, callerOf(ctx).actor, id)
}
