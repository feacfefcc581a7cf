package inbox

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
)

// Views of the list of conversations.
const (
	ViewMine       = "MINE"       // open, assigned to the viewer
	ViewUnassigned = "UNASSIGNED" // open, assigned to nobody
	ViewAll        = "ALL"        // open
	ViewSnoozed    = "SNOOZED"    // open, put aside: in none of the other views
	ViewClosed     = "CLOSED"
	ViewWaiting    = "WAITING" // open, and nobody has answered: longest wait first
	ViewClosing    = "CLOSING" // open, and free-form replies end soon: soonest first
)

// Nobody as Filter.AssigneeID asks for conversations without an assignee.
const Nobody = -1

const (
	defaultTake = 50
	maxTake     = 200
	maxHits     = 200 // conversations that a search looks at
	fewFound    = 500
)

// Filter picks conversations. Its zero value is all of them, open and closed,
// latest first.
type Filter struct {
	View       string // "" or a View
	Status     string // Open or Closed; a View says it too
	ChannelID  int64
	AssigneeID int64 // 0 any, Nobody
	Unread     bool
	Snoozed    *bool // nil any; a View says it too
	TagID      int64
	Search     string // in names, numbers and messages
	Viewer     int64  // the user, for ViewMine
	Before     string // cursor of an earlier page
	Take       int    // 1 to 200; 0: 50
	Sort       string // "" or SortWaiting, where the view has no order of its own
	Hours      int    // of ViewClosing: 1 to 24; 0: 4

	now int64
}

// where is a list query in the making.
type where struct {
	conds []string
	args  []any
}

func (w *where) and(cond string, args ...any) {
	w.conds = append(w.conds, cond)
	w.args = append(w.args, args...)
}

// Conversations gives a page of conversations with their contacts and tags,
// and the cursor of the next page, "" at the end. A search gives one page.
func (s *Service) Conversations(q db.Q, org int64, f Filter) (page []Conversation, next string, err error) {
	defer errs.Wrap(&err, "inbox.Conversations")
	f.normalise(s.DB.Now())
	var ids []int64
	if f.Search = strings.TrimSpace(f.Search); f.Search != "" {
		if ids, err = s.hits(q, org, f.Search); err != nil || len(ids) == 0 {
			return nil, "", err
		}
	}
	if ids, err = f.narrow(q, org, ids); err != nil || ids != nil && len(ids) == 0 {
		return nil, "", err
	}
	if page, next, err = f.pages(q, org, ids); err != nil {
		return nil, "", err
	}
	return page, next, s.fill(q, org, page)
}

// normalise folds the view into the other fields.
func (f *Filter) normalise(now int64) {
	f.now = now
	if f.Take <= 0 {
		f.Take = defaultTake
	}
	f.Take = min(f.Take, maxTake)
	awake, asleep := false, true
	switch f.View {
	case ViewMine:
		f.Status, f.AssigneeID, f.Snoozed = Open, f.Viewer, &awake
	case ViewUnassigned:
		f.Status, f.AssigneeID, f.Snoozed = Open, Nobody, &awake
	case ViewAll:
		f.Status, f.Snoozed = Open, &awake
	case ViewWaiting, ViewClosing:
		f.Status, f.Sort, f.Snoozed = Open, "", &awake
	case ViewSnoozed:
		f.Status, f.Snoozed = Open, &asleep
	case ViewClosed:
		f.Status = Closed
	}
}

// statuses are those that the filter lets through.
func (f *Filter) statuses() []string {
	if f.Status != "" {
		return []string{f.Status}
	}
	return []string{Open, Closed}
}

// narrow cuts ids, nil being all, down to a tag or a channel that few
// conversations have: the list would look long for them. A frequent one is
// left to the list.
func (f *Filter) narrow(q db.Q, org int64, ids []int64) ([]int64, error) {
	ids, done, err := few(q, ids, f.TagID, `SELECT conversation_id FROM conversation_tag WHERE tag_id = ? AND org_id = ? LIMIT ?`, org)
	if err != nil {
		return nil, err
	}
	if done {
		f.TagID = 0
	}
	if ids, done, err = few(q, ids, f.ChannelID, `SELECT id FROM conversation WHERE channel_id = ? AND org_id = ? LIMIT ?`, org); done {
		f.ChannelID = 0
	}
	return ids, err
}

// few is the part of ids, nil being all, that a query finds for what, unless
// it finds many: then nothing is done.
func few(q db.Q, ids []int64, what int64, query string, org int64) (_ []int64, done bool, err error) {
	if what == 0 {
		return ids, false, nil
	}
	found, err := db.All(q, scanID, query, what, org, fewFound+1)
	if err != nil || len(found) > fewFound {
		return ids, false, err
	}
	if ids == nil {
		return append([]int64{}, found...), true, nil
	}
	return slices.DeleteFunc(ids, func(id int64) bool { return !slices.Contains(found, id) }), true, nil
}

// page reads one more than asked of the conversations in one status and order.
func (f *Filter) page(q db.Q, org int64, o listOrder, status string, ids []int64) ([]Conversation, error) {
	query, args, err := f.query(org, o, status, ids)
	if err != nil {
		return nil, err
	}
	return db.All(q, scanConversation, query, args...)
}

// query makes the list query. Each shape names its index: all of them end in
// what the list is ordered by, so that the page is read in order and nothing else.
func (f *Filter) query(org int64, o listOrder, status string, ids []int64) (string, []any, error) {
	from, args, err := f.from(org, o, status, ids)
	return `SELECT ` + conversationColumns + from + ` ORDER BY ` + orders[o] + ` LIMIT ?`, append(args, f.Take+1), err
}

// from is the query from FROM on, without order and limit.
func (f *Filter) from(org int64, o listOrder, status string, ids []int64) (string, []any, error) {
	w := &where{}
	w.and("c.org_id = ? AND c.status = ?", org, status)
	index := f.index(w, o)
	if ids != nil {
		list, err := json.Marshal(ids)
		if err != nil {
			return "", nil, err
		}
		index = "NOT INDEXED"
		w.and("c.id IN (SELECT value FROM json_each(?))", string(list))
	}
	if f.ChannelID != 0 {
		w.and("c.channel_id = ?", f.ChannelID)
	}
	if f.TagID != 0 {
		w.and("EXISTS (SELECT 1 FROM conversation_tag t WHERE t.conversation_id = c.id AND t.tag_id = ?)", f.TagID)
	}
	if f.Before != "" {
		if err := o.after(w, f.Before); err != nil {
			return "", nil, err
		}
	}
	return ` FROM conversation c ` + index + ` WHERE ` + strings.Join(w.conds, " AND "), w.args, nil
}

// index picks the smallest index that holds the page, with the conditions that
// it is chosen by.
func (f *Filter) index(w *where, o listOrder) string {
	index := "conversation_list"
	switch {
	case f.AssigneeID == Nobody:
		index = "conversation_unassigned"
		w.and("c.assignee_id = 0")
	case f.AssigneeID != 0:
		index = "conversation_assignee"
		w.and("c.assignee_id = ? AND c.assignee_id <> 0", f.AssigneeID)
	}
	if f.Unread {
		index = "conversation_unread"
		w.and("c.unread_count > 0")
	}
	switch {
	case f.Snoozed == nil:
	case *f.Snoozed:
		index = "conversation_snoozed"
		w.and("c.snoozed_until > 0")
	default:
		w.and("c.snoozed_until = 0")
	}
	if own := o.within(w, f); own != "" {
		index = own
	}
	return "INDEXED BY " + index
}

// hits gives the conversations that a search means: of contacts found by name
// or number, and those whose messages hold the words.
func (s *Service) hits(q db.Q, org int64, text string) ([]int64, error) {
	people, _, err := s.Contacts.List(q, org, contact.Filter{Search: text, Take: maxHits})
	if err != nil {
		return nil, err
	}
	who := make([]int64, len(people))
	for i, p := range people {
		who[i] = p.ID
	}
	ids, err := conversationsOf(q, org, who)
	if err != nil {
		return nil, err
	}
	more, err := searchConversations(q, org, text)
	ids = distinct(append(ids, more...))
	return ids[:min(len(ids), 2*maxHits)], err
}

// conversationsOf gives the conversations of contacts.
func conversationsOf(q db.Q, org int64, contacts []int64) ([]int64, error) {
	if len(contacts) == 0 {
		return nil, nil
	}
	list, err := json.Marshal(contacts)
	if err != nil {
		return nil, err
	}
	return db.All(q, scanID, `SELECT c.id FROM conversation c INDEXED BY conversation_contact
		WHERE c.contact_id IN (SELECT value FROM json_each(?)) AND c.group_id = '' AND c.org_id = ?`, string(list), org)
}

// Conversation reads one with its contact and tags.
func (s *Service) Conversation(q db.Q, org, id int64) (Conversation, error) {
	c, err := conversationRow(q, org, id)
	if err != nil {
		if errs.Is(err, errs.NotFound) {
			err = errs.New(errs.NotFound, "no such conversation")
		}
		return c, err
	}
	one := []Conversation{c}
	if err := s.fill(q, org, one); err != nil {
		return c, err
	}
	one[0].Contact, err = s.Contacts.ByID(q, org, c.ContactID)
	one[0].Contact.LastMessageAt = c.LastMessageAt
	return one[0], err
}

// ConversationsByID reads those that exist, in no order, with contacts and tags.
func (s *Service) ConversationsByID(q db.Q, org int64, ids []int64) ([]Conversation, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	all, err := db.All(q, scanConversation, `SELECT `+conversationColumns+` FROM conversation c
		WHERE c.id IN (SELECT value FROM json_each(?)) AND +c.org_id = ?`, string(list), org)
	if err != nil {
		return nil, err
	}
	return all, s.fill(q, org, all)
}

// ConversationsOf lists the conversations of a contact, latest first.
func (s *Service) ConversationsOf(q db.Q, org, who int64) ([]Conversation, error) {
	ids, err := conversationsOf(q, org, []int64{who})
	if err != nil {
		return nil, err
	}
	all, err := s.ConversationsByID(q, org, ids)
	slices.SortFunc(all, func(a, b Conversation) int { return cmp.Compare(b.LastMessageAt, a.LastMessageAt) })
	return all, err
}

// fill reads the contacts and tags of many conversations in few queries.
func (s *Service) fill(q db.Q, org int64, all []Conversation) error {
	if len(all) == 0 {
		return nil
	}
	var who, ids []int64
	for _, c := range all {
		who, ids = append(who, c.ContactID), append(ids, c.ID)
	}
	people, err := s.Contacts.ByIDs(q, org, distinct(who))
	if err != nil {
		return err
	}
	tags, err := conversationTags(q, org, ids)
	if err != nil {
		return err
	}
	for i := range all {
		all[i].Contact = people[all[i].ContactID]
		all[i].Contact.LastMessageAt = all[i].LastMessageAt
		all[i].Tags = tags[all[i].ID]
	}
	return nil
}

func conversationTags(q db.Q, org int64, ids []int64) (map[int64][]contact.Tag, error) {
	type tagged struct {
		conversation int64
		tag          contact.Tag
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	all, err := db.All(q, func(r *db.Rows, t *tagged) error {
		return r.Scan(&t.conversation, &t.tag.ID, &t.tag.OrgID, &t.tag.Name, &t.tag.Colour)
	}, `SELECT ct.conversation_id, t.id, t.org_id, t.name, t.colour
		FROM conversation_tag ct JOIN tag t ON t.id = ct.tag_id
		WHERE ct.conversation_id IN (SELECT value FROM json_each(?)) AND ct.org_id = ?
		ORDER BY t.name_text`, string(list), org)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	tags := map[int64][]contact.Tag{}
	for _, t := range all {
		tags[t.conversation] = append(tags[t.conversation], t.tag)
	}
	return tags, nil
}

// cursor is the place of c in a list.
func (c Conversation) cursor() string { return formatCursor(c.LastMessageAt, c.ID) }

func formatCursor(at, id int64) string {
	return strconv.FormatInt(at, 36) + "." + strconv.FormatInt(id, 36)
}

func parseCursor(s string) (at, id int64, err error) {
	a, b, _ := strings.Cut(s, ".")
	at, err = strconv.ParseInt(a, 36, 64)
	if err == nil {
		id, err = strconv.ParseInt(b, 36, 64)
	}
	if err != nil {
		return 0, 0, errs.Field("cursor", "is none of this list")
	}
	return at, id, nil
}
