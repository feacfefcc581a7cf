package api

import "strings"

// about is what the document says first.
const about = "A WhatsApp team inbox.\n\n" +
	"Make an API key under Settings → API keys, or sign in with POST /auth/login, and send it as `Authorization: Bearer …` on every call. " +
	"The path names the organisation; `x-org-id` may name it as well.\n\n" +
	"Ids are opaque. Times are RFC 3339 in UTC. Lists answer `{items, total, nextCursor}` and take `take` (at most 200) with `skip` or `cursor`. " +
	"Every failure answers `{message, details}` with one detail for each wrong field. " +
	"An `Idempotency-Key` on a POST makes it safe to repeat. 600 calls a minute for each token, then 429 with `Retry-After`."

// group is a chapter of the document.
type group struct{ path, name, about string }

// groups are the chapters, by the first word of the path behind the organisation.
var groups = []group{
	{"auth", "Sign-in", "Tokens of people."},
	{"orgs", "Organisations", "What the caller belongs to."},
	{"conversations", "Conversations", "Everything said between a contact and a channel."},
	{"messages", "Messages", "What is said."},
	{"uploads", "Messages", ""},
	{"contacts", "Contacts", "The people the organisation talks to."},
	{"tags", "Tags", "Words to sort contacts and conversations by."},
	{"canned-responses", "Canned responses", "Answers that are ready."},
	{"broadcasts", "Broadcasts", "One template to many people."},
	{"search", "Search", "Messages and contacts."},
	{"channels", "Channels", "The WhatsApp numbers."},
	{"members", "Members", "The team."},
	{"invites", "Members", ""},
	{"api-keys", "API keys", "Tokens of programs."},
	{"webhooks", "Webhooks", "What happened, posted to your server."},
	{"webhook-events", "Webhooks", ""},
	{"events", "Events", "What happens, as a stream."},
	{"audit-log", "Audit log", "Who did what."},
	{"retention", "Retention", "For how long what is kept."},
}

// groupOf is the chapter of a path.
func groupOf(path string) string {
	word := "orgs"
	switch parts := strings.Split(strings.Trim(path, "/"), "/"); {
	case parts[0] == "auth":
		word = "auth"
	case strings.HasSuffix(path, "/messages"):
		word = "messages"
	case len(parts) > 2:
		word = parts[2]
	}
	for _, g := range groups {
		if g.path == word {
			return g.name
		}
	}
	return "Other"
}

// descriptions say what a summary does not.
var descriptions = map[string]string{
	"POST /auth/login": "Five wrong passwords close the address to the account for a minute, then longer. The token ends after 7 to 30 days, depending on the role. " +
		"An account with a second step is 401 with the code `totp_required` without `totp`, and `totp_wrong` with a wrong one; " +
		"403 `second_step_needed` means that the organisation asks for a second step that this person has not set up yet.",
	"GET /auth/me":    "With an API key: the key, and the organisation it belongs to.",
	"POST /orgs":      "Only administrators of the install may.",
	"POST /O/uploads": "At most 110 MiB. Give the key as uploadKey of a message.",
	"PATCH /O/conversations/{conversationId}/assignee":      "null takes the conversation from everybody.",
	"DELETE /O/members/{userId}":                            "The member's sessions end at once; what they wrote stays.",
	"POST /O/tags/{tagId}/merge":                            "What has the tag has into instead: contacts, conversations and assignment rules. Very many contacts go over in the background; mergingInto names the tag until it is done. There is no way back.",
	"POST /O/conversations/{conversationId}/snooze":         "It comes back at that time, unread, and before that when the customer writes or somebody closes or reopens it. With status=OPEN it is listed all the while.",
	"PATCH /O/channels/{channelId}/office-hours":            "Only the fields that are given change; a list replaces the whole list. A holiday goes before a special day, that before a period, that before the week. A window belongs to the day on which it begins. The answers are messages with sentBy AUTOMATION.",
	"GET /O/channels/{channelId}/templates":                 "By name. needs says what is given to send one.",
	"POST /O/channels/{channelId}/templates":                "WhatsApp's rules are checked here first; then it is PENDING until WhatsApp has reviewed it, at most a day. components are as WhatsApp's own API has them; an example file in header_handle may be an uploadKey or a public https address.",
	"POST /O/channels/{channelId}/templates/sync":           "They are read every six hours and whenever WhatsApp tells of one that is not known. One that is gone at WhatsApp is not listed any more.",
	"PATCH /O/channels/{channelId}/templates/{templateId}":  "Of one that is APPROVED, REJECTED or PAUSED. components replace all that was there. An approved one may be edited once a day.",
	"DELETE /O/channels/{channelId}/templates/{templateId}": "At WhatsApp too. The name of an approved one cannot be used again for 30 days.",
	"PATCH /O/channels/{channelId}/assignment":              "Only the fields that are given change. A conversation that somebody has is left alone; one that the customer reopens goes back to its assignee while they work here.",
	"PATCH /O/channels/{channelId}/waiting-alarm":           "Only the fields that are given change. Who waits already is counted by the new setting, and nobody is told twice. Each step adds a line to the thread and the event conversation.waiting, once in a wait. What the server answers by itself is no answer; closing ends a wait, and while a conversation is put aside nobody is told.",
	"PATCH /O/members/{userId}/presence":                    "Everybody may for themselves; for others it takes the right to manage members. What is set by hand holds until the hours next begin or end.",
	"POST /O/members/{userId}/hand-over":                    "TURN: as the setting of each channel says, else to nobody.",
	"GET /O/conversations":                                  "All filters work together. total is exact up to 10,000; beyond that it is at most a minute old.",
	"POST /O/broadcasts":                                    "Needs the role SUPERVISOR, or a key with the scope manage. Texts of the template may name fields of contacts, with what stands for them where there are none: {{firstName|friend}}, {{name}}, {{company}}, {{phone}}, {{email}}, {{externalId}}, {{custom.NAME}}. With scheduleAt it is SCHEDULED and starts by itself; else start it. Contacts with marketingConsent false are in no broadcast.",
	"POST /O/broadcasts/audience":                           "Nothing is sent or kept.",
	"POST /O/broadcasts/test":                               "The variables are those of the first recipient.",
	"PATCH /O/broadcasts/settings":                          "explicitConsent and currency take the role OWNER.",
	"DELETE /O/broadcasts/{broadcastId}":                    "Not while it is under way. Messages that were sent stay.",
	"PATCH /O/broadcasts/{broadcastId}":                     "Only the fields that are given change; the values of the template together. scheduleAt null makes it a draft.",
	"POST /O/broadcasts/{broadcastId}/start":                "Whom it means is then written down: who comes later is not in it. It pauses by itself when more than a tenth of the last 100 messages fail, when WhatsApp rates the number low, or when it says so.",
	"POST /O/broadcasts/{broadcastId}/pause":                "Acts within a second. Calls that are under way end.",
	"POST /O/broadcasts/{broadcastId}/cancel":               "Who was not written to never will be.",
	"POST /O/broadcasts/{broadcastId}/retry":                "Recipients that failed in a way that another try may cure. Those with status UNKNOWN are never tried again.",
	"GET /O/broadcasts/{broadcastId}/recipients":            "In the order in which they are written to. reason is in the caller's language.",
	"GET /O/search":                                         "60 calls a minute. Looks at the newest few hundred messages that hold all words. What was erased or taken back is not found.",
	"POST /O/api-keys":                                      "The answer shows the key this once. Keys are made by people, never by keys.",
	"DELETE /O/api-keys/{keyId}":                            "The next call with it is refused.",
	"GET /O/retention":                                      "For people who sign in; keys cannot. What is older is deleted each night, at 00:41 UTC.",
	"PUT /O/retention":                                      "Replaces all four. 409 with the code `confirm_retention` if messages or files would go sooner than before and confirm is not true: look at the preview first. What went is in backups for as long as those are kept.",
	"GET /O/retention/preview":                              "For the saved settings, or for those of the query. Nothing changes. Messages that are still to be sent, or of which it is not known whether they were, stay whatever their age, and so do files that canned responses or broadcasts need.",
	"GET /O/audit-log":                                      "Newest first. Texts of messages are never in it.",
	"GET /O/contacts":                                       "total counts all that fit. Page by cursor: the millionth contact takes no longer than the first.",
	"POST /O/contacts":                                      "Finds the contact by externalId, then by phone, and changes the fields that are given; makes one if there is none.",
	"PATCH /O/contacts/{contactId}":                         "Only the fields that are given change.",
	"DELETE /O/contacts/{contactId}":                        "The contact with all messages, files and index entries. Counts stay. There is no way back.",
	"POST /O/contacts/import":                               "Recognises encoding, separator, sheet and source system. Repeating it with the same file changes nothing. At most 20 MiB (xlsx: 10 MiB) and 200,000 rows; one import of an organisation at a time.",
	"POST /O/contacts/imports/{importId}/cancel":            "What was applied stays, and can be undone.",
	"POST /O/contacts/imports/{importId}/undo":              "Within 30 days. 409 while contacts were changed since, unless keepNewer is true.",
	"GET /O/contacts/export":                                "Importing the file again changes nothing.",
	"GET /O/events":                                         "Server-sent events: id, event, and data as webhooks have it. It begins with what happens next; Last-Event-ID replays what was missed. An event reset says that some of that is no longer kept: read the lists anew. At most 10 streams at once.",
	"POST /O/webhooks":                                      "The answer shows the secret this once.",
	"POST /O/webhooks/{webhookId}/rotate-secret":            "The answer shows the new secret this once. Until it is promoted, webhook-signature carries both and X-Badala-Signature is made with the old one.",
	"POST /O/webhooks/{webhookId}/promote-secret":           "X-Badala-Signature is made with the new secret from now on; webhook-signature carries the old one as well for keepOldHours.",
	"POST /O/webhooks/{webhookId}/test":                     "Posts an example with \"test\": true at once and answers with what came back. It is not repeated.",
	"POST /O/webhooks/{webhookId}/redeliver-failed":         "At most 10,000, with the same ids and bodies.",
}

// examples are bodies of requests, as they may be sent.
var examples = map[string]any{
	"POST /auth/login":              object{"email": "sara@example.com", "password": "correct horse battery"},
	"POST /orgs":                    object{"name": "Second shop", "timezone": "Asia/Kuwait"},
	"PATCH /O/members/{userId}":     object{"role": "SUPERVISOR"},
	"POST /O/invites":               object{"email": "omar@example.com", "role": "AGENT"},
	"POST /O/channels":              object{"name": "Shop", "phoneNumber": "+12125550142", "phoneNumberId": "601448210093142", "wabaId": "702331948820117", "accessToken": "EAAB…", "appSecret": "9f2c…"},
	"PATCH /O/channels/{channelId}": object{"name": "Main shop"},
	"PATCH /O/channels/{channelId}/office-hours": object{"enabled": true, "timezone": "Asia/Kuwait",
		"windows":  []object{{"day": "SUN", "from": "09:00", "to": "13:00"}, {"day": "SUN", "from": "16:00", "to": "21:00"}, {"day": "MON", "from": "20:00", "to": "02:00"}},
		"holidays": []string{"2027-02-25", "2027-02-26"}, "specialDays": []object{{"date": "2027-03-10", "windows": []object{{"from": "18:00", "to": "22:00"}}}},
		"periods": []object{{"name": "Ramadan", "from": "2027-02-08", "to": "2027-03-09", "windows": []object{{"day": "SUN", "from": "10:00", "to": "14:00"}}}},
		"message": "Thank you, {{name}}. We open {{nextOpening}}.", "messageAr": "شكرًا {{name}}، نفتح {{nextOpening}}.", "cooldownMinutes": 720,
		"greeting": object{"enabled": true, "message": "Welcome, {{name}}!"}},
	"POST /O/channels/{channelId}/templates/send": object{"to": "+12125550123", "templateName": "visit_reminder", "templateLanguage": "en_US",
		"variables": object{"first_name": "Maya", "day": "Monday"}},
	"POST /O/channels/{channelId}/templates": object{"name": "order_ready_2", "language": "en_US", "category": "UTILITY", "components": []object{
		{"type": "BODY", "text": "Hello {{1}}, your order is ready.", "example": object{"body_text": [][]string{{"Maya"}}}},
		{"type": "BUTTONS", "buttons": []object{{"type": "QUICK_REPLY", "text": "On my way"}}}}},
	"PATCH /O/channels/{channelId}/templates/{templateId}": object{"components": []object{{"type": "BODY", "text": "Your order is ready."}}},
	"PATCH /O/members/{userId}/presence":                   object{"status": "AVAILABLE", "hours": []object{{"day": "SUN", "from": "09:00", "to": "17:00"}}, "handOver": "TURN"},
	"POST /O/members/{userId}/hand-over":                   object{"to": "TURN"},
	"PATCH /O/channels/{channelId}/waiting-alarm":          object{"enabled": true, "assigneeMinutes": 15, "supervisorMinutes": 30},
	"PATCH /O/channels/{channelId}/assignment": object{"mode": "BY_TAG", "rules": []object{{"tag": "VIP", "assigneeId": "user_01J9Z3KQ4T8WX"}},
		"fallback": object{"none": true}, "maxOpen": 20},
	"PATCH /O/conversations/{conversationId}/status":   object{"status": "CLOSED"},
	"PATCH /O/conversations/{conversationId}/assignee": object{"assigneeId": "user_01J9Z3KQ4T8WX"},
	"POST /O/conversations/{conversationId}/notes":     object{"body": "Wants the blue one."},
	"POST /O/conversations/{conversationId}/messages":  object{"type": "TEXT", "body": "Good morning! Your order is on its way."},
	"PATCH /O/conversations/{conversationId}/tags":     object{"add": []string{"VIP"}, "remove": []string{"New"}},
	"POST /O/conversations/{conversationId}/snooze":    object{"until": "2030-01-07T08:00:00Z"},
	"POST /O/canned-responses":                         object{"shared": true, "shortcut": "hours", "title": "Opening hours", "body": "We are open from 9 to 18.", "language": "en"},
	"PATCH /O/canned-responses/{cannedId}":             object{"body": "We are open from 9 to 20."},
	"POST /O/contacts": object{"externalId": "crm-1042", "phone": "+12125550123", "name": "Maya Haddad", "email": "maya@example.com",
		"tags": []string{"VIP"}, "marketingConsent": true, "company": object{"name": "Haddad & Sons"}, "customFields": object{"loyalty": "gold"}},
	"POST /O/broadcasts": object{"name": "Monday visits", "channelId": "chan_01J9Z3KQ4T8WX", "templateName": "visit_reminder", "templateLanguage": "en_US",
		"variables": object{"first_name": "{{firstName|friend}}", "day": "Monday"}, "audience": object{"tags": []string{"VIP"}}, "ratePerSecond": 20},
	"POST /O/broadcasts/audience":                   object{"tags": []string{"VIP"}, "category": "UTILITY"},
	"POST /O/broadcasts/preview":                    object{"name": "Monday visits", "channelId": "chan_01J9Z3KQ4T8WX", "templateName": "hello_world", "templateLanguage": "en_US", "audience": object{"tags": []string{"VIP"}}},
	"POST /O/broadcasts/test":                       object{"to": "+12125550123", "channelId": "chan_01J9Z3KQ4T8WX", "templateName": "hello_world", "templateLanguage": "en_US"},
	"PUT /O/retention":                              object{"rawDays": 30, "webhookDays": 7, "mediaDays": 180, "messagesDays": nil, "confirm": true},
	"PATCH /O/broadcasts/settings":                  object{"prices": []object{{"country": "KW", "category": "MARKETING", "price": 0.035, "own": true}}},
	"PATCH /O/broadcasts/{broadcastId}":             object{"name": "Tuesday visits", "ratePerSecond": 10},
	"PATCH /O/contacts/{contactId}":                 object{"name": "Maya Haddad", "tags": []string{"VIP"}},
	"POST /O/tags":                                  object{"name": "VIP", "colour": "yellow", "description": "Buys every week."},
	"PATCH /O/tags/{tagId}":                         object{"name": "Regular"},
	"POST /O/tags/{tagId}/merge":                    object{"into": "tag_01J9Z3KQ4T8WX"},
	"POST /O/webhooks":                              object{"url": "https://crm.example.com/badala", "events": []string{"message.received", "contact.updated"}},
	"PATCH /O/webhooks/{webhookId}":                 object{"events": []string{"message.received"}, "ratePerSecond": 5},
	"POST /O/webhooks/{webhookId}/resume":           object{"sendHeld": true},
	"POST /O/webhooks/{webhookId}/test":             object{"event": "message.received"},
	"POST /O/webhooks/{webhookId}/promote-secret":   object{"keepOldHours": 24},
	"POST /O/webhooks/{webhookId}/redeliver-failed": object{"since": "2026-05-01T00:00:00Z"},
	"POST /O/api-keys":                              object{"name": "CRM", "scopes": []string{"messages", "contacts"}},
	"PATCH /O/api-keys/{keyId}":                     object{"name": "New CRM"},
}

type object = map[string]any
