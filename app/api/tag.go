package api

import (
	"context"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
)

// Tag is a word that contacts and conversations are sorted by.
type Tag struct {
	ID            string  `json:"id"`
	Name          string  `json:"name"`
	Colour        string  `json:"colour" enum:"grey,red,orange,yellow,green,teal,blue,purple"`
	Description   string  `json:"description" doc:"What it is for."`
	MergingInto   *string `json:"mergingInto" doc:"The tag that it is becoming; null if it is not."`
	Contacts      int     `json:"contacts" doc:"How many contacts have it."`
	Conversations int     `json:"conversations" doc:"How many conversations have it."`
}

type tagsOutput struct{ Body List[Tag] }

func (a *API) tags(ctx context.Context, _ *InOrg) (*tagsOutput, error) {
	all, err := a.tagsOf(a.DB.Read(ctx), callerOf(ctx).actor.OrgID)
	if err != nil {
		return nil, err
	}
	return &tagsOutput{whole(all)}, nil
}

func (a *API) tagsOf(q db.Q, org int64) ([]Tag, error) {
	found, err := a.Contacts.TagsInUse(q, org)
	if err != nil {
		return nil, err
	}
	talks, err := a.Inbox.TagUse(q, org)
	if err != nil {
		return nil, err
	}
	var all []Tag
	for _, t := range found {
		all = append(all, Tag{ID: db.FormatID("tag", t.ID), Name: t.Name, Colour: t.Colour, Description: t.Description, MergingInto: ref("tag", t.MergingInto), Contacts: t.Contacts, Conversations: talks[t.ID]})
	}
	return all, nil
}

// tagFields are what may be set of a tag.
type tagFields struct {
	Name        string  `json:"name,omitempty" doc:"At most 60 characters; unique, however it is spelt."`
	Colour      string  `json:"colour,omitempty" enum:"grey,red,orange,yellow,green,teal,blue,purple"`
	Description *string `json:"description,omitempty" doc:"What it is for; at most 500 characters."`
}

func (f tagFields) input() contact.TagInput {
	return contact.TagInput{Name: f.Name, Colour: f.Colour, Description: f.Description}
}

type createTagInput struct {
	InOrg
	Body tagFields
}

type tagOutput struct{ Body Tag }

func (a *API) createTag(ctx context.Context, in *createTagInput) (*tagOutput, error) {
	t, err := a.Contacts.CreateTag(ctx, callerOf(ctx).actor, in.Body.input())
	if err != nil {
		return nil, err
	}
	return a.tagOf(ctx, t)
}

// TagPath names a tag.
type TagPath struct {
	InOrg
	TagID string `path:"tagId"`
}

type patchTagInput struct {
	TagPath
	Body tagFields
}

func (a *API) patchTag(ctx context.Context, in *patchTagInput) (*tagOutput, error) {
	id, err := db.ParseID("tag", in.TagID)
	if err != nil {
		return nil, err
	}
	t, err := a.Contacts.UpdateTag(ctx, callerOf(ctx).actor, id, in.Body.input())
	if err != nil {
		return nil, err
	}
	return a.tagOf(ctx, t)
}

func (a *API) deleteTag(ctx context.Context, in *TagPath) (*none, error) {
	id, err := db.ParseID("tag", in.TagID)
	if err != nil {
		return nil, err
	}
	return nil, a.Contacts.DeleteTag(ctx, callerOf(ctx).actor, id)
}

type mergeTagInput struct {
	TagPath
	Body struct {
		Into string `json:"into" doc:"The id of the tag that stays."`
	}
}

// mergeTag makes one tag of two and shows the one that stays.
func (a *API) mergeTag(ctx context.Context, in *mergeTagInput) (*tagOutput, error) {
	from, err := db.ParseID("tag", in.TagID)
	if err != nil {
		return nil, err
	}
	into, err := db.ParseID("tag", in.Body.Into)
	if err != nil {
		return nil, errs.Field("into", "there is no such tag")
	}
	who := callerOf(ctx).actor
	if _, err := a.Contacts.MergeTag(ctx, who, from, into); err != nil {
		return nil, err
	}
	t, err := a.Contacts.TagByID(a.DB.Read(ctx), who.OrgID, into)
	if err != nil {
		return nil, err
	}
	return a.tagOf(ctx, t)
}

// tagOf shows one tag with its uses counted.
func (a *API) tagOf(ctx context.Context, t contact.Tag) (*tagOutput, error) {
	all, err := a.tags(ctx, nil)
	if err != nil {
		return nil, err
	}
	shown := db.FormatID("tag", t.ID)
	for _, found := range all.Body.Items {
		if found.ID == shown {
			return &tagOutput{found}, nil
		}
	}
	return &tagOutput{Tag{ID: shown, Name: t.Name, Colour: t.Colour}}, nil
}
