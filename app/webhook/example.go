package webhook

import (
	"encoding/json"
	"strings"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/inbox"
)

// Ids of examples: of nothing that exists.
const (
	exampleID = 0x0123456789ABCDE
	exampleAt = 1778230980000 // 2026-05-08T09:03:00Z
)

// Example is the data of an event as it might look: for tests, pages and docs.
// It is null for an unknown event.
func Example(event string) json.RawMessage {
	v := exampleOf(event)
	data, err := encode(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return data
}

func exampleOf(event string) any {
	switch kind, what, _ := strings.Cut(event, "."); {
	case !isEvent(event):
		return nil
	case kind == "message":
		return exampleMessage(what)
	case kind == "conversation":
		return exampleConversation(what)
	case event == "contact.deleted":
		return DeletedData{ref("contact", exampleID), text("CRM-1042"), "API", 4211}
	case kind == "contact":
		return exampleContact(what)
	case kind == "channel":
		return ChannelData{
			ChannelID: ref("chan", exampleID), Name: "Shop", PhoneNumber: "+966112345678", State: "ACTIVE", Quality: "YELLOW",
			What: "quality", Detail: "DOWNGRADE", Version: 4211,
		}
	}
	return map[string]any{
		"broadcastId": ref("bc", exampleID), "name": "Eid offer", "recipients": 1200, "accepted": 1188, "failed": 12, "version": 4211,
	}
}

func exampleMessage(what string) MessageData {
	d := MessageData{
		MessageID: ref("msg", exampleID), ConversationID: ref("conv", exampleID), ContactID: ref("contact", exampleID), ChannelID: ref("chan", exampleID),
		From: "+966112345678", To: "+966501234567", Type: inbox.TypeText, Body: "Your order 12345 is on its way 🙂", ExternalID: "CRM-1042",
		WaMessageID: "wamid.HBgMOTY2NTAxMjM0NTY3FQIAERgSQzdFMDY2NEQ0RjQ4QjA0RDA5AA==", Status: strings.ToUpper(what),
		OccurredAt: db.FormatTime(exampleAt), Version: 4211,
	}
	switch what {
	case "received":
		d.From, d.To, d.Body = d.To, d.From, "ORDER 12345"
	case "failed":
		d.Error = &MessageError{131026, "Message undeliverable", "The customer's WhatsApp cannot receive this message."}
	}
	return d
}

func exampleConversation(what string) ConversationData {
	d := ConversationData{
		ConversationID: ref("conv", exampleID), ContactID: ref("contact", exampleID), ChannelID: ref("chan", exampleID), Status: inbox.Open,
		AssigneeID: text(ref("user", exampleID)), AssigneeName: text("Sara Haddad"),
		Contact: ContactSummary{ref("contact", exampleID), "Omar Khalil", text("+966501234567"), text("CRM-1042"), []string{"vip"}},
		URL:     "https://inbox.example.com/inbox?conv=" + ref("conv", exampleID), Version: 4211,
	}
	switch what {
	case "assigned":
		d.PreviousAssigneeID, d.Reason = text(ref("user", exampleID+1)), "MANUAL"
	case "waiting":
		d.WaitingSince, d.WaitingMinutes, d.Told, d.ToldIDs = db.FormatTime(exampleAt), 15, inbox.ToldAssignee, []string{ref("user", exampleID)}
	case "closed":
		d.Status = inbox.Closed
	case "created":
		d.AssigneeID, d.AssigneeName = nil, nil
	}
	return d
}

func exampleContact(what string) ContactData {
	yes := true
	d := ContactData{Document: contact.DocumentOf(contact.Contact{
		ID: exampleID, Name: "Omar Khalil", Phone: "+966501234567", Email: "omar@example.com", ExternalID: "CRM-1042", Consent: &yes,
		Source: contact.FromAPI, Custom: map[string]string{"city": "Riyadh"}, WaID: "966501234567", ProfileName: "Omar",
		Tags: []contact.Tag{{Name: "vip"}}, CreatedAt: exampleAt, UpdatedAt: exampleAt,
	}), Origin: contact.FromAPI, Version: 4211}
	if what == "updated" {
		d.Changed = []string{"email", "tags"}
	}
	return d
}
