package meta

import (
	"context"
	"errors"
)

var errBadID = errors.New("not an id of the Graph API")

// SendResult is Meta's promise to try. WaID may differ from the number that
// was dialled, and is empty for people who share none.
type SendResult struct {
	MessageID     string
	WaID          string
	UserID        string
	MessageStatus string // of templates: accepted, held_for_quality_assessment, paused
}

// Send posts a message. Its error is an *Error when Meta refused, else a
// *SendError that tells whether the message may be out.
func (c *Client) Send(ctx context.Context, creds Creds, phoneNumberID string, payload any) (SendResult, error) {
	if !nodeID.MatchString(phoneNumberID) {
		return SendResult{}, &SendError{Err: errBadID}
	}
	var answer struct {
		Contacts []struct {
			WaID   string `json:"wa_id"`
			UserID string `json:"user_id"`
		} `json:"contacts"`
		Messages []struct {
			ID     string `json:"id"`
			Status string `json:"message_status"`
		} `json:"messages"`
	}
	if err := c.postJSON(ctx, creds, "/"+phoneNumberID+"/messages", payload, &answer); err != nil {
		return SendResult{}, err
	}
	if len(answer.Messages) == 0 || answer.Messages[0].ID == "" {
		return SendResult{}, &SendError{Sent: true, Err: errors.New("answer without a message id")}
	}
	r := SendResult{MessageID: answer.Messages[0].ID, MessageStatus: answer.Messages[0].Status}
	if len(answer.Contacts) > 0 {
		r.WaID, r.UserID = answer.Contacts[0].WaID, answer.Contacts[0].UserID
	}
	return r, nil
}

// MarkRead shows the customer that everything up to wamid was read. With
// typing it also shows that somebody writes, for 25 seconds at most.
func (c *Client) MarkRead(ctx context.Context, creds Creds, phoneNumberID, wamid string, typing bool) error {
	if !nodeID.MatchString(phoneNumberID) {
		return &SendError{Err: errBadID}
	}
	payload := map[string]any{"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
	if typing {
		payload["typing_indicator"] = map[string]string{"type": "text"}
	}
	return c.postJSON(ctx, creds, "/"+phoneNumberID+"/messages", payload, nil)
}
