package inbox

import (
	"badala/app/account"
	"badala/app/db"
)

// What the audit log says of changes. Ids are as in the API.
type (
	auditStatus struct {
		Status string `json:"status"`
	}
	auditAssignee struct {
		AssigneeID *string `json:"assigneeId"`
		Reason     string  `json:"reason,omitempty"`
	}
	auditSnooze struct {
		SnoozedUntil *string `json:"snoozedUntil"`
	}
	auditTags struct {
		Tags []string `json:"tags"`
	}
	auditMessage struct {
		Type         string `json:"type"`
		Conversation string `json:"conversationId"`
	}
)

// auditTx writes down what a person or a key did to a conversation. What the
// server does by itself is in the event log only.
func auditTx(tx *db.Tx, who account.Actor, action string, c *Conversation, before, after any) error {
	if who.Kind == account.KindSystem {
		return nil
	}
	return account.AuditTx(tx, who, account.Line{Action: action, Target: "conv", TargetID: c.ID, Before: before, After: after})
}

// auditMessageTx writes down what a person or a key did with a message. What
// the message says is nobody's business here.
func auditMessageTx(tx *db.Tx, who account.Actor, action string, m *Message) error {
	if who.Kind == account.KindSystem {
		return nil
	}
	return account.AuditTx(tx, who, account.Line{Action: action, Target: "msg", TargetID: m.ID,
		After: auditMessage{m.Type, db.FormatID("conv", m.ConversationID)}})
}

// shownID is an id as the API shows it, nil for none.
func shownID(prefix string, id int64) *string {
	if id == 0 {
		return nil
	}
	s := db.FormatID(prefix, id)
	return &s
}

// shownTime is a time as the API shows it, nil for none.
func shownTime(ms int64) *string {
	if ms == 0 {
		return nil
	}
	s := db.FormatTime(ms)
	return &s
}
