package inbox

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

const maxNote = 10_000

// NoteInput is an internal note. "@[user_…]" in Body names a teammate.
type NoteInput struct {
	Body     string
	ClientID string // repeating it gives the first note again
}

var mentionPattern = regexp.MustCompile(`@\[(user_[0-9A-Z]+)\]`)

// AddNote writes a note that only teammates see. Everybody it mentions must be
// an active member.
func (s *Service) AddNote(ctx context.Context, who account.Actor, conv int64, in NoteInput) (_ Message, err error) {
	defer errs.Wrap(&err, "inbox.AddNote(%d)", conv)
	mentions, err := in.check()
	if err != nil {
		return Message{}, err
	}
	var id int64
	err = s.change(ctx, who, conv, account.Reply, func(tx *db.Tx, c *Conversation) error {
		for _, user := range mentions {
			if err := mustBeMember(tx, c.OrgID, user, "body"); err != nil {
				return err
			}
		}
		m := Message{
			OrgID: c.OrgID, ConversationID: c.ID, ContactID: c.ContactID, ChannelID: c.ChannelID,
			Direction: Note, Type: TypeText, Body: in.Body, ClientID: in.ClientID, Payload: Payload{Mentions: mentions}.encode(),
		}
		m.SentByKind, m.SentByID = sentBy(who)
		first, err := repeatedTx(tx, m)
		if id = first; first != 0 || err != nil {
			return err
		}
		m.ID = tx.NewID()
		id = m.ID
		return s.noteTx(tx, who, c, &m, mentions)
	})
	if err != nil {
		return Message{}, err
	}
	return s.Message(s.DB.Read(ctx), who.OrgID, id)
}

func (in *NoteInput) check() (mentions []int64, err error) {
	in.Body = strings.TrimSpace(in.Body)
	switch {
	case in.Body == "":
		return nil, errs.Field("body", "is empty")
	case !utf8.ValidString(in.Body) || utf8.RuneCountInString(in.Body) > maxNote:
		return nil, errs.Fieldf("body", "at most %d characters of text", maxNote)
	case len(in.ClientID) > maxClientID:
		return nil, errs.Field("clientId", "at most 200 characters")
	}
	for _, found := range mentionPattern.FindAllStringSubmatch(in.Body, -1) {
		user, err := db.ParseID("user", found[1])
		if err != nil {
			return nil, errs.Field("body", "mentions somebody who does not exist")
		}
		if !slices.Contains(mentions, user) {
			mentions = append(mentions, user)
		}
	}
	return mentions, nil
}

func (s *Service) noteTx(tx *db.Tx, who account.Actor, c *Conversation, m *Message, mentions []int64) error {
	seq, err := s.Events.Record(tx, m.event(who, "note.added"))
	if err != nil {
		return err
	}
	m.Rev, c.Rev = seq, seq
	fresh, err := insertMessageTx(tx, m)
	if err != nil {
		return err
	}
	if !fresh {
		return errs.Coded(errs.Conflict, "client_id_reused", "this client id belongs to another message")
	}
	if err := dropDraftTx(tx, who, c.ID, DraftNote); err != nil {
		return err
	}
	if err := auditMessageTx(tx, who, "note.add", m); err != nil {
		return err
	}
	for _, user := range mentions {
		_, err := tx.Exec(`INSERT INTO mention (user_id, message_id, org_id, conversation_id, at) VALUES (?, ?, ?, ?, ?)`,
			user, m.ID, c.OrgID, c.ID, tx.Now())
		if err != nil {
			return err
		}
	}
	return touchConversationTx(tx, c, m)
}
