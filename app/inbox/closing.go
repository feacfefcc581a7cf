package inbox

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

// SortWaiting as Filter.Sort puts those first who wait for an answer, whoever
// waits longest at the top; the others follow as always.
const SortWaiting = "WAITING"

// Hours of ViewClosing.
const (
	defaultClosing = 4
	maxClosing     = 24
)

// listOrder is how a stretch of a list is sorted. Each has its index and cursors.
type listOrder int

const (
	byLast       listOrder = iota // latest message first
	byWaiting                     // who waits, longest first
	afterWaiting                  // as byLast, those who do not wait
	byClosing                     // whose window ends, soonest first
)

// orders are what stands behind ORDER BY.
var orders = [...]string{
	byLast:       "c.last_message_at DESC, c.id DESC",
	byWaiting:    "c.waiting_since, c.id",
	afterWaiting: "c.last_message_at DESC, c.id DESC",
	byClosing:    "c.window_expires_at, c.id",
}

// closingHours is the span of ViewClosing in milliseconds.
func closingHours(hours int) int64 {
	if hours <= 0 {
		hours = defaultClosing
	}
	return (time.Duration(min(hours, maxClosing)) * time.Hour).Milliseconds()
}

// stretch is a part of a list that has one order.
type stretch struct {
	order    listOrder
	statuses []string
}

// stretches are the parts of the list, one after the other.
func (f *Filter) stretches() []stretch {
	switch {
	case f.View == ViewWaiting:
		return []stretch{{byWaiting, []string{Open}}}
	case f.View == ViewClosing:
		return []stretch{{byClosing, []string{Open}}}
	case f.Sort != SortWaiting:
		return []stretch{{byLast, f.statuses()}}
	case f.Status == Closed:
		return []stretch{{afterWaiting, f.statuses()}}
	}
	return []stretch{{byWaiting, []string{Open}}, {afterWaiting, f.statuses()}}
}

// ordered puts conversations of several statuses in the order of a stretch that
// has several.
func (o listOrder) ordered(all []Conversation) {
	if o == byLast || o == afterWaiting {
		slices.SortFunc(all, func(a, b Conversation) int {
			return cmp.Or(cmp.Compare(b.LastMessageAt, a.LastMessageAt), cmp.Compare(b.ID, a.ID))
		})
	}
}

// Marks before cursors that are no place by the last message.
const (
	markWaiting = "w-"
	markClosing = "c-"
)

// cursor is the place of c in a stretch.
func (o listOrder) cursor(c Conversation) string {
	switch o {
	case byWaiting:
		return markWaiting + formatCursor(c.WaitingSince, c.ID)
	case byClosing:
		return markClosing + formatCursor(c.WindowExpiresAt, c.ID)
	}
	return c.cursor()
}

// passed says whether a cursor is behind a stretch.
func (o listOrder) passed(cursor string) bool {
	return o == byWaiting && cursor != "" && !strings.HasPrefix(cursor, markWaiting)
}

// after cuts off what is not behind the cursor. A cursor of the stretch before
// cuts nothing off.
func (o listOrder) after(w *where, cursor string) error {
	rest, waiting := strings.CutPrefix(cursor, markWaiting)
	rest, closing := strings.CutPrefix(rest, markClosing)
	if o == afterWaiting && waiting {
		return nil
	}
	at, id, err := parseCursor(rest)
	if err != nil || waiting != (o == byWaiting) || closing != (o == byClosing) {
		return errs.Field("cursor", "is none of this list")
	}
	switch o {
	case byWaiting:
		w.and("(c.waiting_since, c.id) > (?, ?)", at, id)
	case byClosing:
		w.and("(c.window_expires_at, c.id) > (?, ?)", at, id)
	default:
		w.and("(c.last_message_at, c.id) < (?, ?)", at, id)
	}
	return nil
}

// within adds what a stretch asks for, and gives its index if it has its own.
func (o listOrder) within(w *where, f *Filter) (index string) {
	switch o {
	case byWaiting:
		w.and("c.waiting_since > 0")
		return "conversation_waiting"
	case afterWaiting:
		w.and("c.waiting_since = 0")
	case byClosing:
		w.and("c.status = 'OPEN' AND c.window_expires_at > ? AND c.window_expires_at <= ?", f.now, f.now+closingHours(f.Hours))
		return "conversation_closing"
	}
	return ""
}

// pages reads the stretches until there is one more than asked, and gives the
// cursor of the next page.
func (f *Filter) pages(q db.Q, org int64, ids []int64) (page []Conversation, next string, err error) {
	var at []listOrder
	stretches := f.stretches()
	for i, st := range stretches {
		if len(page) > f.Take {
			break
		}
		if i < len(stretches)-1 && st.order.passed(f.Before) {
			continue
		}
		var part []Conversation
		for _, status := range st.statuses {
			some, err := f.page(q, org, st.order, status, ids)
			if err != nil {
				return nil, "", err
			}
			part = append(part, some...)
		}
		if len(st.statuses) > 1 {
			st.order.ordered(part)
		}
		page = append(page, part...)
		at = append(at, slices.Repeat([]listOrder{st.order}, len(part))...)
	}
	if len(page) > f.Take {
		page = page[:f.Take]
		next = at[f.Take-1].cursor(page[f.Take-1])
	}
	return page, next, nil
}
