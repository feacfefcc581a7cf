package views

import (
	"net/url"

	"github.com/a-h/templ"
)

// MergePage makes one contact of two: it looks for the other one, then shows
// what will be.
type MergePage struct {
	Page
	ID, Name string // who stays
	Query    string
	Found    []TwinData
	Preview  *MergePreview // once the other one is chosen
}

// MergePreview is what becomes of two contacts.
type MergePreview struct {
	ID, Name string // who goes
	Lines    []MergeLine
}

// MergeLine is one field of both, and of the one that stays.
type MergeLine struct{ Label, Keep, Other, Result string }

func mergeURL(id, with string) templ.SafeURL {
	return under("/contacts/person", id, "merge") + templ.SafeURL("?with="+url.QueryEscape(with))
}
