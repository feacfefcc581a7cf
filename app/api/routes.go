package api

import (
	"net/http"

	"badala/app/account"
	"badala/app/broadcast"
	"badala/app/httpx"
)

// routes are all routes with who may use them. /O/ stands for /orgs/{orgId}/.
func (a *API) routes() {
	a.doorRoutes()
	a.teamRoutes()
	a.channelRoutes()
	a.contactRoutes()
	a.inboxRoutes()
	a.broadcastRoutes()
	a.programRoutes()
}

// doorRoutes let people in and list their organisations.
func (a *API) doorRoutes() {
	add(a, "POST /auth/login", "Sign in", anyone, a.login)
	add(a, "POST /auth/logout", "End the token", people, a.logout, status(http.StatusNoContent))
	add(a, "GET /auth/me", "Who am I", signedIn, a.me)

	add(a, "GET /orgs", "List my organisations", signedIn, a.orgs)
	add(a, "POST /orgs", "Create an organisation", people, a.createOrg, status(http.StatusCreated))
}

// teamRoutes are about the people of an organisation.
func (a *API) teamRoutes() {
	add(a, "GET /O/members", "List members", member(account.ReadInbox), a.members)
	add(a, "PATCH /O/members/{userId}", "Change a member's role or access", member(account.ManageMembers), a.patchMember)
	add(a, "DELETE /O/members/{userId}", "End a member's access", member(account.ManageMembers), a.deleteMember, status(http.StatusNoContent))

	add(a, "GET /O/members/{userId}/presence", "Whether a member is there", member(account.ReadInbox), a.presence)
	add(a, "PATCH /O/members/{userId}/presence", "Change whether a member is there", member(account.Reply), a.patchPresence)
	add(a, "POST /O/members/{userId}/hand-over", "Give a member's open conversations to others", member(account.Assign), a.handOver, status(http.StatusOK))

	add(a, "GET /O/invites", "List open invitations", member(account.ManageMembers), a.invites)
	add(a, "POST /O/invites", "Invite a person", member(account.ManageMembers), a.createInvite, status(http.StatusCreated))
	add(a, "DELETE /O/invites/{inviteId}", "Withdraw an invitation", member(account.ManageMembers), a.deleteInvite, status(http.StatusNoContent))
}

// channelRoutes are about a number: its credentials, templates and what works by itself.
func (a *API) channelRoutes() {
	add(a, "GET /O/channels", "List channels", member(account.ReadInbox), a.channels)
	add(a, "POST /O/channels", "Connect a number", member(account.ManageChannels), a.createChannel, status(http.StatusCreated))
	add(a, "GET /O/channels/{channelId}", "One channel", member(account.ReadInbox), a.channel)
	add(a, "PATCH /O/channels/{channelId}", "Change a channel", member(account.ManageChannels), a.patchChannel)
	add(a, "DELETE /O/channels/{channelId}", "Disconnect a number", member(account.ManageChannels), a.deleteChannel, status(http.StatusNoContent))

	add(a, "GET /O/channels/{channelId}/templates", "List message templates as last read", member(account.ReadInbox), a.templates)
	add(a, "POST /O/channels/{channelId}/templates", "Submit a message template", member(account.ManageTemplates), a.createTemplate, status(http.StatusCreated))
	add(a, "POST /O/channels/{channelId}/templates/sync", "Read the message templates from WhatsApp now", member(account.ManageTemplates), a.syncTemplates, status(http.StatusOK))
	add(a, "POST /O/channels/{channelId}/templates/send", "Send a template to a phone number", member(account.Reply), a.sendTemplate, status(http.StatusCreated), also(http.StatusAccepted), sendTemplateAnswers)
	add(a, "GET /O/channels/{channelId}/templates/{templateId}", "One message template", member(account.ReadInbox), a.oneTemplate)
	add(a, "PATCH /O/channels/{channelId}/templates/{templateId}", "Change a message template", member(account.ManageTemplates), a.patchTemplate)
	add(a, "DELETE /O/channels/{channelId}/templates/{templateId}", "Delete a message template", member(account.ManageTemplates), a.deleteTemplate, status(http.StatusNoContent))

	add(a, "GET /O/channels/{channelId}/office-hours", "When the business is open, and what it answers by itself", member(account.ReadInbox), a.officeHours)
	add(a, "PATCH /O/channels/{channelId}/office-hours", "Change office hours and automatic answers", member(account.ManageChannels), a.patchHours)
	add(a, "GET /O/channels/{channelId}/assignment", "How new conversations find somebody", member(account.ReadInbox), a.assignment)
	add(a, "PATCH /O/channels/{channelId}/assignment", "Change how new conversations find somebody", member(account.ManageChannels), a.patchAssignment)
	add(a, "GET /O/channels/{channelId}/waiting-alarm", "When somebody is told that a customer waits", member(account.ReadInbox), a.waitingAlarm)
	add(a, "PATCH /O/channels/{channelId}/waiting-alarm", "Change when somebody is told that a customer waits", member(account.ManageChannels), a.patchWaitingAlarm)
}

// contactRoutes are about customers: contacts, imports, tags.
func (a *API) contactRoutes() {
	add(a, "GET /O/contacts", "List contacts", member(account.ReadInbox), a.contacts)
	add(a, "POST /O/contacts", "Create or change a contact", member(account.ManageContacts), a.upsertContact, status(http.StatusCreated), also(http.StatusOK), upsertAnswers)
	add(a, "GET /O/contacts/{contactId}", "One contact with its conversations", member(account.ReadInbox), a.contact)
	add(a, "PATCH /O/contacts/{contactId}", "Change a contact", member(account.ManageContacts), a.patchContact)
	add(a, "DELETE /O/contacts/{contactId}", "Erase a person", member(account.EraseContacts), a.deleteContact, status(http.StatusNoContent))

	add(a, "POST /O/contacts/import", "Import contacts from a file", access{permission: account.ManageContacts, limit: importLimit}, a.importContacts, status(http.StatusAccepted))
	a.importAnswers()
	add(a, "GET /O/contacts/imports/{importId}", "One import and what became of it", member(account.ManageContacts), a.oneImport)
	add(a, "GET /O/contacts/imports/{importId}/report", "The rows of an import with issues, as a file", member(account.ManageContacts), a.importReport, fileAnswer)
	add(a, "POST /O/contacts/imports/{importId}/cancel", "Stop an import between two batches", member(account.ManageContacts), a.cancelImport, status(http.StatusOK))
	add(a, "POST /O/contacts/imports/{importId}/undo", "Take an import back", member(account.ManageContacts), a.undoImport, status(http.StatusAccepted))
	add(a, "GET /O/contacts/export", "All contacts as a file", member(account.ManageContacts), a.exportContacts, fileAnswer)

	add(a, "GET /O/tags", "List tags with their uses counted", member(account.ReadInbox), a.tags)
	add(a, "POST /O/tags", "Make a tag", member(account.ManageTags), a.createTag, status(http.StatusCreated))
	add(a, "PATCH /O/tags/{tagId}", "Rename, recolour or describe a tag", member(account.ManageTags), a.patchTag)
	add(a, "POST /O/tags/{tagId}/merge", "Merge a tag into another", member(account.ManageTags), a.mergeTag, status(http.StatusOK))
	add(a, "DELETE /O/tags/{tagId}", "Delete a tag, from contacts and conversations too", member(account.ManageTags), a.deleteTag, status(http.StatusNoContent))
}

// inboxRoutes are the conversations and what is said in them.
func (a *API) inboxRoutes() {
	add(a, "GET /O/conversations", "List conversations, newest first", member(account.ReadInbox), a.conversations)
	add(a, "GET /O/conversations/{conversationId}", "One conversation", member(account.ReadInbox), a.conversation)
	add(a, "PATCH /O/conversations/{conversationId}/tags", "Set, add or remove tags", member(account.Reply), a.setTags)
	add(a, "POST /O/conversations/{conversationId}/snooze", "Put aside until a time", member(account.Reply), a.snooze, status(http.StatusOK))
	add(a, "PATCH /O/conversations/{conversationId}/status", "Close or reopen", member(account.Reply), a.setStatus)
	add(a, "PATCH /O/conversations/{conversationId}/assignee", "Assign", member(account.Assign), a.setAssignee)
	add(a, "POST /O/conversations/{conversationId}/read", "Mark read", member(account.Reply), a.markRead, status(http.StatusNoContent))
	add(a, "POST /O/conversations/{conversationId}/notes", "Write an internal note", member(account.Reply), a.addNote, status(http.StatusCreated))
	add(a, "GET /O/conversations/{conversationId}/messages", "Messages, newest last", member(account.ReadInbox), a.messages)
	add(a, "POST /O/conversations/{conversationId}/messages", "Send a message", member(account.Reply), a.send, status(http.StatusCreated), sendAnswers)

	add(a, "GET /O/search", "Search messages and contacts, best first", searching(account.ReadInbox), a.search)

	add(a, "GET /O/canned-responses", "List the team's canned responses and the caller's own", member(account.ReadInbox), a.cannedResponses)
	add(a, "POST /O/canned-responses", "Make a canned response", member(account.OwnCanned), a.createCanned, status(http.StatusCreated))
	add(a, "PATCH /O/canned-responses/{cannedId}", "Change a canned response", member(account.OwnCanned), a.patchCanned)
	add(a, "DELETE /O/canned-responses/{cannedId}", "Delete a canned response", member(account.OwnCanned), a.deleteCanned, status(http.StatusNoContent))

	add(a, "POST /O/uploads", "Store a file to send", access{permission: account.Reply, limit: httpx.UploadLimit}, a.upload, status(http.StatusCreated))
	a.describeUpload()
}

// broadcastRoutes write to many.
func (a *API) broadcastRoutes() {
	add(a, "GET /O/broadcasts", "List broadcasts, newest first", member(account.ReadInbox), a.broadcasts)
	add(a, "POST /O/broadcasts", "Make a broadcast", member(account.SendBroadcasts), a.createBroadcast, status(http.StatusCreated))
	add(a, "POST /O/broadcasts/audience", "Count an audience, and what it costs", member(account.SendBroadcasts), a.countAudience)
	add(a, "POST /O/broadcasts/preview", "What three real recipients would get", member(account.SendBroadcasts), a.previewBroadcast)
	add(a, "POST /O/broadcasts/test", "Send it to yourself", member(account.SendBroadcasts), a.testBroadcast, status(http.StatusCreated), sendAnswers)
	add(a, "GET /O/broadcasts/settings", "Consent and prices", member(account.ReadInbox), a.broadcastSettings)
	add(a, "PATCH /O/broadcasts/settings", "Change consent and prices", member(account.SendBroadcasts), a.patchBroadcastSettings)
	add(a, "GET /O/broadcasts/{broadcastId}", "One broadcast", member(account.ReadInbox), a.oneBroadcast)
	add(a, "PATCH /O/broadcasts/{broadcastId}", "Change a broadcast that has not begun", member(account.SendBroadcasts), a.patchBroadcast)
	add(a, "DELETE /O/broadcasts/{broadcastId}", "Delete a broadcast", member(account.SendBroadcasts), a.deleteBroadcast, status(http.StatusNoContent))
	add(a, "POST /O/broadcasts/{broadcastId}/start", "Start now", member(account.SendBroadcasts), a.controlBroadcast((*broadcast.Service).Start))
	add(a, "POST /O/broadcasts/{broadcastId}/pause", "Pause", member(account.SendBroadcasts), a.controlBroadcast((*broadcast.Service).Pause))
	add(a, "POST /O/broadcasts/{broadcastId}/resume", "Go on", member(account.SendBroadcasts), a.controlBroadcast((*broadcast.Service).Resume))
	add(a, "POST /O/broadcasts/{broadcastId}/cancel", "End for good", member(account.SendBroadcasts), a.controlBroadcast((*broadcast.Service).Cancel))
	add(a, "POST /O/broadcasts/{broadcastId}/retry", "Try again those that may be", member(account.SendBroadcasts), a.retryBroadcast)
	add(a, "GET /O/broadcasts/{broadcastId}/recipients", "What became of each recipient", member(account.ReadInbox), a.recipients)
	add(a, "GET /O/broadcasts/{broadcastId}/export", "The recipients as a file", member(account.SendBroadcasts), a.exportRecipients, fileAnswer)
}

// programRoutes are what other systems need: keys, webhooks, what happens.
func (a *API) programRoutes() {
	add(a, "GET /O/api-keys", "List API keys", member(account.ManageKeys), a.keys)
	add(a, "POST /O/api-keys", "Make an API key", member(account.ManageKeys), a.createKey, status(http.StatusCreated))
	add(a, "PATCH /O/api-keys/{keyId}", "Rename an API key", member(account.ManageKeys), a.patchKey)
	add(a, "DELETE /O/api-keys/{keyId}", "Revoke an API key", member(account.ManageKeys), a.deleteKey, status(http.StatusNoContent))

	add(a, "GET /O/webhooks", "List webhooks", member(account.ManageWebhooks), a.webhooks)
	add(a, "POST /O/webhooks", "Make a webhook", member(account.ManageWebhooks), a.createWebhook, status(http.StatusCreated))
	add(a, "GET /O/webhooks/{webhookId}", "One webhook", member(account.ManageWebhooks), a.oneWebhook)
	add(a, "PATCH /O/webhooks/{webhookId}", "Change or pause a webhook", member(account.ManageWebhooks), a.patchWebhook)
	add(a, "DELETE /O/webhooks/{webhookId}", "Delete a webhook", member(account.ManageWebhooks), a.deleteWebhook, status(http.StatusNoContent))
	add(a, "POST /O/webhooks/{webhookId}/resume", "Switch a webhook on again", member(account.ManageWebhooks), a.resumeWebhook)
	add(a, "POST /O/webhooks/{webhookId}/rotate-secret", "Make the next secret", member(account.ManageWebhooks), a.rotateSecret)
	add(a, "POST /O/webhooks/{webhookId}/promote-secret", "Sign with the next secret", member(account.ManageWebhooks), a.promoteSecret)
	add(a, "DELETE /O/webhooks/{webhookId}/staged-secret", "Take the next secret back", member(account.ManageWebhooks), a.cancelSecret)
	add(a, "POST /O/webhooks/{webhookId}/test", "Send an example", member(account.ManageWebhooks), a.testWebhook)
	add(a, "GET /O/webhooks/{webhookId}/deliveries", "List deliveries, newest first", member(account.ManageWebhooks), a.deliveries)
	add(a, "GET /O/webhooks/{webhookId}/deliveries/{deliveryId}", "One delivery with its attempts", member(account.ManageWebhooks), a.delivery)
	add(a, "POST /O/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver", "Send a delivery again", member(account.ManageWebhooks), a.redeliver, status(http.StatusAccepted))
	add(a, "POST /O/webhooks/{webhookId}/redeliver-failed", "Send again what failed", member(account.ManageWebhooks), a.redeliverFailed, status(http.StatusAccepted))
	add(a, "GET /O/webhook-events", "What a webhook can hear of", member(account.ReadInbox), a.webhookEvents)

	add(a, "GET /O/events", "What happens, as a stream", streaming, a.events, eventsAnswer)
	add(a, "GET /O/retention", "For how long what is kept", member(account.ManagePrivacy), a.retention)
	add(a, "PUT /O/retention", "Change for how long what is kept", member(account.ManagePrivacy), a.putRetention)
	add(a, "GET /O/retention/preview", "What would be deleted tonight", member(account.ManagePrivacy), a.previewRetention)
	add(a, "GET /O/audit-log", "Who did what", member(account.ViewAudit), a.audit)
}
