package inbox

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/fold"
)

// Types of hits.
const (
	HitMessage = "MESSAGE"
	HitContact = "CONTACT"
)

// Hit is one thing that a search found. Highlights are pairs of places in
// Snippet, counted in characters (Unicode code points): from, and behind.
type Hit struct {
	Type           string
	ID             int64 // of the message or contact
	ConversationID int64 // 0 for a contact without one
	ContactID      int64
	Title          string // the contact's name
	Snippet        string
	Highlights     [][2]int
	At             int64 // of the message; when the contact was last heard of

	score int
}

const (
	maxQuery        = 200 // characters of a search
	searchMessages  = 300 // the newest messages with all words, of which the best are shown
	searchContacts  = 50
	maxSearchTake   = 50
	snippetLength   = 160
	snippetLeadIn   = 40
	defaultSearched = 20
)

// What makes a hit better than another: a name before a text, all of it before
// a part.
const (
	scoreName      = 60
	scorePhrase    = 30
	scoreWholeWord = 10
)

// Search finds messages and contacts, the best first: names, then texts that
// hold the words as they were typed, then the newest. It looks at the newest
// few hundred messages that hold all words, so that it takes as long in a
// large archive as in a small one.
func (s *Service) Search(q db.Q, org int64, text string, take int) (hits []Hit, err error) {
	defer errs.Wrap(&err, "inbox.Search")
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) > maxQuery {
		return nil, errs.Fieldf("q", "at most %d characters", maxQuery)
	}
	if text == "" {
		return nil, nil
	}
	if take <= 0 {
		take = defaultSearched
	}
	wanted := wantedOf(text)
	if len(wanted.typed) == 0 {
		return nil, nil
	}
	people, err := s.contactHits(q, org, text, wanted)
	if err != nil {
		return nil, err
	}
	messages, err := s.messageHits(q, org, text, wanted)
	if err != nil {
		return nil, err
	}
	hits = slices.Concat(people, messages)
	slices.SortStableFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.At, a.At), cmp.Compare(b.ID, a.ID))
	})
	return hits[:min(len(hits), take, maxSearchTake)], nil
}

// contactHits are the contacts found by name, number or address.
func (s *Service) contactHits(q db.Q, org int64, text string, wanted wanted) ([]Hit, error) {
	people, _, err := s.Contacts.List(q, org, contact.Filter{Search: text, Take: searchContacts})
	if err != nil || len(people) == 0 {
		return nil, err
	}
	ids := make([]int64, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	convs, err := latestConversations(q, org, ids)
	if err != nil {
		return nil, err
	}
	var hits []Hit
	for _, p := range people {
		h := Hit{Type: HitContact, ID: p.ID, ContactID: p.ID, Title: p.Title(), ConversationID: convs[p.ID].ID, At: max(convs[p.ID].LastMessageAt, p.CreatedAt)}
		h.Snippet = p.Title()
		for _, part := range []string{p.Title(), p.ProfileName, p.Phone, p.Email, p.Username, p.Company.Name} {
			if marks := wanted.inside(part); len(marks) > 0 {
				h.Snippet, h.Highlights = part, marks
				break
			}
		}
		h.score = scoreName + wanted.score(p.Title())
		hits = append(hits, h)
	}
	return hits, nil
}

// latestConversations gives the conversation of each contact that was last
// written in.
func latestConversations(q db.Q, org int64, contacts []int64) (map[int64]Conversation, error) {
	ids, err := conversationsOf(q, org, contacts)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	all, err := db.All(q, scanConversation, `SELECT `+conversationColumns+` FROM conversation c
		WHERE c.id IN (SELECT value FROM json_each(?)) AND +c.org_id = ?`, string(rawJSON(ids)), org)
	latest := map[int64]Conversation{}
	for _, c := range all {
		if old, ok := latest[c.ContactID]; !ok || old.LastMessageAt < c.LastMessageAt {
			latest[c.ContactID] = c
		}
	}
	return latest, err
}

// messageHits are the newest messages that hold all words. A message that was
// erased or taken back is none.
func (s *Service) messageHits(q db.Q, org int64, text string, wanted wanted) ([]Hit, error) {
	match := fold.Match(text)
	if match == "" {
		return nil, nil
	}
	found, err := db.All(q, scanMessage, `SELECT `+messageColumns+` FROM (
			SELECT rowid FROM message_fts WHERE message_fts MATCH ? ORDER BY rowid DESC LIMIT ?) f
		JOIN message m ON m.id = f.rowid
		WHERE m.org_id = ? AND m.deleted = 0 AND m.direction IN ('INBOUND', 'OUTBOUND')
			AND EXISTS (SELECT 1 FROM conversation c WHERE c.id = m.conversation_id) ORDER BY m.id DESC`,
		orgToken(org)+" AND "+match, searchMessages, org)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	var who []int64
	for i := range found {
		who = append(who, found[i].ContactID)
	}
	people, err := s.Contacts.ByIDs(q, org, distinct(who))
	if err != nil {
		return nil, err
	}
	var hits []Hit
	for i := range found {
		m := &found[i]
		h := Hit{Type: HitMessage, ID: m.ID, ConversationID: m.ConversationID, ContactID: m.ContactID, Title: people[m.ContactID].Title(), At: m.At}
		telling := m.telling(wanted)
		h.Snippet, h.Highlights = wanted.snippet(telling)
		h.score = wanted.score(telling)
		hits = append(hits, h)
	}
	return hits, nil
}

// telling is the text of a message that holds most of what is wanted.
func (m *Message) telling(wanted wanted) (best string) {
	p := m.Extra()
	parts := []string{m.Body, m.Caption, p.FileName}
	if l := p.Location; l != nil {
		parts = append(parts, l.Name, l.Address)
	}
	for _, c := range p.Contacts {
		parts = append(parts, c.Name, c.Company)
		for _, e := range c.Phones {
			parts = append(parts, e.Value)
		}
	}
	if i := p.Interactive; i != nil {
		parts = append(parts, i.Description, i.Header, i.Footer)
	}
	if t := p.Template; t != nil {
		parts = append(parts, t.Body)
	}
	most := -1
	for _, part := range parts {
		if n := len(wanted.words(part)); part != "" && n > most {
			best, most = part, n
		}
	}
	return best
}

// wanted is what a search looks for, folded.
type wanted struct {
	typed  []string // the words as they were typed
	stems  []string
	phrase string
	digits string // of a number
}

func wantedOf(text string) wanted {
	w := wanted{typed: fold.Words(text), stems: fold.Stems(text)}
	w.phrase = strings.Join(w.typed, " ")
	if d := fold.Digits(text); len(d) >= 3 && strings.Trim(fold.Text(text), "+0123456789 -().") == "" {
		w.digits = strings.TrimLeft(d, "0")
	}
	return w
}

// score tells how well text fits.
func (w wanted) score(text string) (n int) {
	words := fold.Words(text)
	if strings.Contains(" "+strings.Join(words, " ")+" ", " "+w.phrase+" ") {
		n += scorePhrase
	}
	for _, t := range w.typed {
		if !slices.Contains(words, t) {
			return n
		}
	}
	return n + scoreWholeWord
}

// words marks the words of text that begin as one that is wanted, article and
// ending apart.
func (w wanted) words(text string) [][2]int {
	return marked(text, func(word string) bool {
		return slices.ContainsFunc(fold.Stems(word), func(stem string) bool {
			return slices.ContainsFunc(w.stems, func(want string) bool { return utf8.RuneCountInString(want) > 1 && strings.HasPrefix(stem, want) })
		})
	})
}

// inside marks the words of a name, or all of a number, that hold what is
// wanted anywhere.
func (w wanted) inside(text string) [][2]int {
	if w.digits != "" && strings.Contains(fold.Digits(text), w.digits) && strings.HasPrefix(text, "+") {
		return [][2]int{{0, utf8.RuneCountInString(text)}}
	}
	return marked(text, func(word string) bool {
		folded := fold.Text(word)
		return slices.ContainsFunc(w.typed, func(want string) bool { return strings.Contains(folded, want) })
	})
}

// marked gives the places of the words of text for which fits is true.
func marked(text string, fits func(string) bool) (all [][2]int) {
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		if !inWord(runes[i]) {
			continue
		}
		from := i
		for i < len(runes) && inWord(runes[i]) {
			i++
		}
		if fits(string(runes[from:i])) {
			all = append(all, [2]int{from, i})
		}
	}
	return all
}

// inWord says whether a character is part of a word: letters and digits, and
// the marks upon them.
func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r)
}

// snippet is the part of text around the first thing that is wanted, with the
// places of all in it.
func (w wanted) snippet(text string) (string, [][2]int) {
	text = strings.Join(strings.Fields(text), " ")
	marks, runes := w.words(text), []rune(text)
	if len(runes) <= snippetLength {
		return text, marks
	}
	from := 0
	if len(marks) > 0 {
		from = max(0, min(marks[0][0]-snippetLeadIn, len(runes)-snippetLength))
	}
	to := min(len(runes), from+snippetLength)
	lead, tail := "", ""
	if from > 0 {
		lead = "…"
	}
	if to < len(runes) {
		tail = "…"
	}
	shift := utf8.RuneCountInString(lead) - from
	var kept [][2]int
	for _, m := range marks {
		if m[0] >= from && m[1] <= to {
			kept = append(kept, [2]int{m[0] + shift, m[1] + shift})
		}
	}
	return lead + string(runes[from:to]) + tail, kept
}
