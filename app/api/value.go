package api

import "badala/app/db"

// when shows a time; there is one.
func when(ms int64) string { return db.FormatTime(ms) }

// maybe shows a time, or null for none.
func maybe(ms int64) *string {
	if ms == 0 {
		return nil
	}
	s := when(ms)
	return &s
}

// ref shows an id, or null for none.
func ref(prefix string, id int64) *string {
	if id == 0 {
		return nil
	}
	s := db.FormatID(prefix, id)
	return &s
}

// text is a string, or null for an empty one.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// List is a page of things.
type List[T any] struct {
	Items      []T     `json:"items" nullable:"false"`
	Total      int     `json:"total" doc:"How many there are in all; of more than 20,000 contacts up to 15 seconds ago."`
	NextCursor *string `json:"nextCursor" doc:"Where the next page begins; null on the last."`
}

// whole is a list that has everything.
func whole[T any](items []T) List[T] {
	if items == nil {
		items = []T{}
	}
	return List[T]{Items: items, Total: len(items)}
}

// Page is a part of a list that is too long to count or skip.
type Page[T any] struct {
	Items      []T     `json:"items" nullable:"false"`
	NextCursor *string `json:"nextCursor" doc:"Where the next page begins; null on the last."`
}

// number is a number, or null for none.
func number(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
