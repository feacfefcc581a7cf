package inbox

import (
	"context"
	"slices"
	"strings"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/fold"
)

// maxTags is how many tags one conversation may have.
const maxTags = 50

// AddTag puts a tag on a conversation, making the tag when it is new. A tag
// that is there already changes nothing.
func (s *Service) AddTag(ctx context.Context, who account.Actor, conv int64, name string) (err error) {
	defer errs.Wrap(&err, "inbox.AddTag(%d)", conv)
	return s.SetTags(ctx, who, conv, []string{name}, nil, nil)
}

// RemoveTag takes a tag off a conversation.
func (s *Service) RemoveTag(ctx context.Context, who account.Actor, conv, tag int64) (err error) {
	defer errs.Wrap(&err, "inbox.RemoveTag(%d)", conv)
	return s.change(ctx, who, conv, account.Reply, func(tx *db.Tx, c *Conversation) error {
		return s.retagTx(tx, who, c, func(tags []contact.Tag) ([]contact.Tag, error) {
			return slices.DeleteFunc(tags, func(t contact.Tag) bool { return t.ID == tag }), nil
		})
	})
}

// SetTags gives a conversation the tags exact, if that is not nil, then those
// of add, and takes those of remove. Tags that are new are made; what is so
// already changes nothing.
func (s *Service) SetTags(ctx context.Context, who account.Actor, conv int64, add, remove []string, exact *[]string) (err error) {
	defer errs.Wrap(&err, "inbox.SetTags(%d)", conv)
	return s.change(ctx, who, conv, account.Reply, func(tx *db.Tx, c *Conversation) error {
		return s.retagTx(tx, who, c, func(tags []contact.Tag) ([]contact.Tag, error) {
			if exact != nil {
				tags, add = nil, slices.Concat(*exact, add)
			}
			if len(add) > 2*maxTags {
				return nil, errs.Fieldf("tags", "at most %d", maxTags)
			}
			for _, name := range add {
				t, err := s.Contacts.EnsureTagTx(tx, c.OrgID, name)
				if err != nil {
					return nil, err
				}
				tags = append(tags, t)
			}
			gone, err := s.tagsNamed(tx, c.OrgID, remove)
			return slices.DeleteFunc(tags, func(t contact.Tag) bool { return gone[t.ID] }), err
		})
	})
}

// tagsNamed gives the ids of the tags with these names, spelt as they may be.
func (s *Service) tagsNamed(tx *db.Tx, org int64, names []string) (map[int64]bool, error) {
	ids := map[int64]bool{}
	if len(names) == 0 {
		return ids, nil
	}
	all, err := s.Contacts.Tags(tx, org)
	for _, t := range all {
		if slices.ContainsFunc(names, func(name string) bool { return tagText(t.Name) == tagText(name) }) {
			ids[t.ID] = true
		}
	}
	return ids, err
}

// retagTx makes of a conversation's tags what fn makes of them.
func (s *Service) retagTx(tx *db.Tx, who account.Actor, c *Conversation, fn func([]contact.Tag) ([]contact.Tag, error)) error {
	read, err := conversationTags(tx, c.OrgID, []int64{c.ID})
	if err != nil {
		return err
	}
	before := read[c.ID]
	after, err := fn(slices.Clone(before))
	if err != nil {
		return err
	}
	slices.SortFunc(after, func(a, b contact.Tag) int { return int(min(max(a.ID-b.ID, -1), 1)) })
	after = slices.Compact(after)
	if len(after) > maxTags {
		return errs.Fieldf("tags", "at most %d", maxTags)
	}
	changed, added := int64(0), int64(0)
	for _, t := range before {
		if !slices.Contains(after, t) {
			n, err := tx.Exec(`DELETE FROM conversation_tag WHERE conversation_id = ? AND tag_id = ? AND org_id = ?`, c.ID, t.ID, c.OrgID)
			if err != nil {
				return err
			}
			changed += n
		}
	}
	for _, t := range after {
		n, err := tx.Exec(`INSERT INTO conversation_tag (conversation_id, tag_id, org_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
			c.ID, t.ID, c.OrgID)
		if err != nil {
			return err
		}
		added += n
	}
	if changed+added == 0 {
		return nil
	}
	if err := s.updatedTx(tx, who, c, "conversation.updated", nil); err != nil {
		return err
	}
	if err := auditTx(tx, who, "conversation.tagged", c, auditTags{names(before)}, auditTags{names(after)}); err != nil {
		return err
	}
	if added == 0 || c.AssigneeID != 0 || c.IsClosed() {
		return nil
	}
	_, err = s.giveTx(tx, c, Assignment.byRule)
	return err
}

// tagText is by what two spellings of a tag are equal.
func tagText(name string) string {
	return strings.TrimSpace(fold.Text(strings.Join(strings.Fields(name), " ")))
}

func names(tags []contact.Tag) []string {
	all := make([]string, 0, len(tags))
	for _, t := range tags {
		all = append(all, t.Name)
	}
	return all
}
