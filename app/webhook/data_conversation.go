package webhook

import (
	"encoding/json"
	"fmt"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/inbox"
)

// ConversationData is the data of conversation.*.
type ConversationData struct {
	ConversationID     string         `json:"conversationId"`
	ContactID          string         `json:"contactId"`
	ChannelID          string         `json:"channelId"`
	Status             string         `json:"status"`
	AssigneeID         *string        `json:"assigneeId"`
	AssigneeName       *string        `json:"assigneeName"`
	PreviousAssigneeID *string        `json:"previousAssigneeId"`
	Reason             string         `json:"reason,omitempty"`
	WaitingSince       string         `json:"waitingSince,omitempty"`
	WaitingMinutes     int            `json:"waitingMinutes,omitempty"`
	Told               string         `json:"told,omitempty"`
	ToldIDs            []string       `json:"toldIds,omitempty"`
	Contact            ContactSummary `json:"contact"`
	URL                string         `json:"url"`
	Version            int64          `json:"version"`
}

// ContactSummary names the customer of a conversation.
type ContactSummary struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Phone      *string  `json:"phone"`
	ExternalID *string  `json:"externalId"`
	Tags       []string `json:"tags"`
}

func (s *Service) conversationData(q db.Q, e event.Event) (any, error) {
	type row struct {
		contact, channel, assignee int64
		status                     string
	}
	c, err := db.One(q, func(r *db.Rows, c *row) error { return r.Scan(&c.contact, &c.channel, &c.assignee, &c.status) },
		`SELECT contact_id, channel_id, assignee_id, status FROM conversation WHERE id = ? AND org_id = ?`, e.ConversationID, e.OrgID)
	if err != nil {
		return nil, err
	}
	d := ConversationData{
		ConversationID: ref("conv", e.ConversationID), ContactID: ref("contact", c.contact), ChannelID: ref("chan", c.channel),
		Status: c.status, URL: s.PublicURL + "/inbox?conv=" + ref("conv", e.ConversationID), Version: e.Seq,
	}
	switch e.Type {
	case "conversation.created", "conversation.reopened":
		d.Status = inbox.Open
	case "conversation.closed":
		d.Status = inbox.Closed
	case "conversation.assigned":
		var how struct {
			AssigneeID, PreviousAssigneeID int64
			Reason                         string
		}
		if err := json.Unmarshal(e.Data, &how); err != nil {
			return nil, fmt.Errorf("data of %s: %w", e.Type, err)
		}
		c.assignee, d.PreviousAssigneeID, d.Reason = how.AssigneeID, text(ref("user", how.PreviousAssigneeID)), how.Reason
	}
	if e.Type == "conversation.waiting" {
		if err := d.waiting(e); err != nil {
			return nil, err
		}
	}
	if c.assignee != 0 {
		name, err := db.Value[string](q, `SELECT u.name FROM user u JOIN member m ON m.user_id = u.id WHERE u.id = ? AND m.org_id = ?`, c.assignee, e.OrgID)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
		d.AssigneeID, d.AssigneeName = text(ref("user", c.assignee)), text(name)
	}
	d.Contact, err = s.summary(q, e.OrgID, c.contact)
	return d, err
}

func (s *Service) summary(q db.Q, org, id int64) (ContactSummary, error) {
	out := ContactSummary{ID: ref("contact", id), Tags: []string{}}
	all, err := s.Contacts.ByIDs(q, org, []int64{id})
	if err != nil {
		return out, err
	}
	if c, ok := all[id]; ok {
		d := contact.DocumentOf(c)
		out.Name, out.Phone, out.ExternalID, out.Tags = d.Name, d.Phone, d.ExternalID, d.Tags
	}
	return out, nil
}

// waiting fills in since when the customer waits, and who was told of it.
func (d *ConversationData) waiting(e event.Event) error {
	var what struct {
		Told         string
		UserIDs      []int64
		Minutes      int
		WaitingSince int64
	}
	if err := json.Unmarshal(e.Data, &what); err != nil {
		return fmt.Errorf("data of %s: %w", e.Type, err)
	}
	d.Told, d.WaitingMinutes, d.WaitingSince = what.Told, what.Minutes, db.FormatTime(what.WaitingSince)
	for _, user := range what.UserIDs {
		d.ToldIDs = append(d.ToldIDs, ref("user", user))
	}
	return nil
}
