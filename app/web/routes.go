package web

import (
	"net/http"
	"slices"

	"badala/app/account"
)

// access says who may use a route.
type access struct {
	anyone     bool               // also without a session
	permission account.Permission // "" asks for a membership of any role
	host       bool               // administrators of the install only
	fresh      bool               // asks for the password if that was not asked within a quarter of an hour
	bare       bool               // also before a second step is set up that the organisation asks for
}

var (
	anyone = access{anyone: true}
	member = access{}
	host   = access{host: true}
)

func may(p account.Permission) access { return access{permission: p} }

// fresh is for what is dangerous: whoever finds a browser open may not.
func fresh(a access) access {
	a.fresh = true
	return a
}

// bare is for what a person may do who has to set up a second step first.
func bare(a access) access {
	a.bare = true
	return a
}

// route is one line of the list: what, who, how large a body (0: formLimit).
type route struct {
	pattern string
	access  access
	do      func(*call) error
	limit   int64
}

// routes is every page, form and fragment with the permission it asks for.
func (s *Server) routes() []route {
	return slices.Concat(s.doorRoutes(), s.ownRoutes(), s.inboxRoutes(), s.contactRoutes(), s.broadcastRoutes(), s.templateRoutes(), s.settingsRoutes(), s.programRoutes(),
		[]route{{"/", anyone, s.absent, 0}})
}

// doorRoutes are for who is not signed in.
func (s *Server) doorRoutes() []route {
	return []route{
		{"GET /{$}", anyone, s.home, 0},
		{"GET /signin", anyone, s.signInForm, 0},
		{"POST /signin", anyone, s.signIn, 0},
		{"GET /signin/code", anyone, s.signInCodeForm, 0},
		{"POST /signin/code", anyone, s.signInCode, 0},
		{"POST /signout", anyone, s.signOut, 0},
		{"GET /setup", anyone, s.setupForm, 0},
		{"POST /setup", anyone, s.setup, 0},
		{"GET /invite/{token}", anyone, s.inviteForm, 0},
		{"POST /invite/{token}", anyone, s.invite, 0},
		{"GET /reset/{token}", anyone, s.resetForm, 0},
		{"POST /reset/{token}", anyone, s.reset, 0},
		{"GET /signin/{token}", anyone, s.signInLinkForm, 0},
		{"POST /signin/{token}", anyone, s.signInLink, 0},
		{"POST /language", anyone, s.language, 0},
		{"POST /theme", anyone, s.setTheme, 0},
	}
}

// ownRoutes are what people set for themselves.
func (s *Server) ownRoutes() []route {
	return []route{
		{"GET /orgs", member, s.orgs, 0},
		{"POST /org/{org}/switch", member, s.switchOrg, 0},
		{"GET /profile", member, s.profile, 0},
		{"POST /profile", member, s.saveProfile, 0},
		{"POST /presence", may(account.Reply), s.setThere, 0},
		{"POST /profile/hours", may(account.Reply), s.saveThere, 0},
		{"POST /profile/hand-over", may(account.Assign), s.handOver, 0},
		{"POST /profile/password", member, s.savePassword, 0},
		{"POST /profile/sessions/end", member, s.endSessions, 0},
		{"POST /profile/sessions/end-all", member, s.endAllSessions, 0},
		{"POST /profile/sessions/{session}/end", member, s.endSession, 0},
		{"GET /profile/second-step", bare(member), s.secondStep, 0},
		{"POST /profile/second-step/start", fresh(bare(member)), s.startSecondStep, 0},
		{"POST /profile/second-step/confirm", bare(member), s.confirmSecondStep, 0},
		{"POST /profile/second-step/codes", fresh(member), s.renewCodes, 0},
		{"POST /profile/second-step/off", member, s.endSecondStep, 0},
		{"GET /confirm", bare(member), s.confirmForm, 0},
		{"POST /confirm", bare(member), s.confirm, 0},
	}
}

// inboxRoutes are conversations and what is done in them.
func (s *Server) inboxRoutes() []route {
	return []route{
		{"GET /inbox", may(account.ReadInbox), s.inbox, 0},
		{"GET /inbox/more", may(account.ReadInbox), s.moreRows, 0},
		{"GET /c/{conv}", may(account.ReadInbox), s.conversation, 0},
		{"GET /c/{conv}/older", may(account.ReadInbox), s.older, 0},
		{"GET /c/{conv}/m/{msg}", may(account.ReadInbox), s.permalink, 0},
		{"GET /live", may(account.ReadInbox), s.live, 0},
		{"GET /changes", may(account.ReadInbox), s.changes, 0},

		{"POST /c/{conv}/messages", may(account.Reply), s.send, uploadLimit},
		{"POST /c/{conv}/notes", may(account.Reply), s.addNote, 0},
		{"POST /c/{conv}/assign", may(account.Assign), s.assign, 0},
		{"POST /c/{conv}/close", may(account.Reply), s.closeConversation, 0},
		{"POST /c/{conv}/reopen", may(account.Reply), s.reopen, 0},
		{"POST /c/{conv}/snooze", may(account.Reply), s.snooze, 0},
		{"POST /c/{conv}/unread", may(account.Reply), s.markUnread, 0},
		{"POST /c/{conv}/read", may(account.Reply), s.markRead, 0},
		{"POST /c/{conv}/draft", may(account.Reply), s.saveDraft, 0},
		{"POST /c/{conv}/tags", may(account.Reply), s.tag, 0},
		{"GET /c/{conv}/canned", may(account.Reply), s.pickCanned, 0},
		{"POST /c/{conv}/canned/{canned}", may(account.Reply), s.useCanned, 0},
		{"POST /c/{conv}/typing", may(account.Reply), s.typing, 0},
		{"POST /c/{conv}/viewing", may(account.ReadInbox), s.viewing, 0},
		{"POST /messages/{msg}/retry", may(account.Reply), s.retry, 0},
		{"POST /messages/{msg}/again", may(account.Reply), s.sendAgain, 0},
		{"POST /messages/{msg}/mark-sent", may(account.Reply), s.markSent, 0},
		{"POST /messages/{msg}/react", may(account.Reply), s.react, 0},
		{"POST /messages/{msg}/fetch-media", may(account.Reply), s.fetchMedia, 0},
		{"POST /uploads", may(account.Reply), s.upload, uploadLimit},
	}
}

// contactRoutes are the people outside.
func (s *Server) contactRoutes() []route {
	return []route{
		{"POST /contacts/{contact}", may(account.ManageContacts), s.saveContact, 0},
		{"GET /contacts", may(account.ReadInbox), s.contacts, 0},
		{"GET /contacts/more", may(account.ReadInbox), s.moreContacts, 0},
		{"GET /contacts/new", may(account.ManageContacts), s.newContact, 0},
		{"POST /contacts/new", may(account.ManageContacts), s.createContact, 0},
		{"GET /contacts/{contact}", may(account.ReadInbox), s.contactPage, 0},
		{"POST /contacts/person/{contact}/edit", may(account.ManageContacts), s.editContact, 0},
		{"POST /contacts/person/{contact}/tags", may(account.ManageContacts), s.tagContact, 0},
		{"POST /contacts/person/{contact}/consent", may(account.ManageContacts), s.setConsent, 0},
		{"GET /contacts/person/{contact}/merge", may(account.ManageContacts), s.mergeForm, 0},
		{"POST /contacts/person/{contact}/merge", may(account.ManageContacts), s.mergeContacts, 0},
		{"POST /contacts/merges/{merge}/undo", may(account.ManageContacts), s.undoMerge, 0},
		{"GET /contacts/person/{contact}/export", fresh(may(account.EraseContacts)), s.exportPerson, 0},
		{"POST /contacts/person/{contact}/erase", fresh(may(account.EraseContacts)), s.eraseContact, 0},
		{"POST /contacts/bulk", may(account.ManageContacts), s.changeContacts, 0},
		{"GET /contacts/bulk/{bulk}", may(account.ManageContacts), s.bulk, 0},
		{"POST /contacts/bulk/{bulk}/undo", may(account.ManageContacts), s.undoBulk, 0},
		{"GET /contacts/consent", may(account.ManageTags), s.consentWords, 0},
		{"POST /contacts/consent", may(account.ManageTags), s.setConsentWords, 0},
		{"GET /contacts/fields", may(account.ManageTags), s.contactFields, 0},
		{"POST /contacts/fields", may(account.ManageTags), s.addField, 0},
		{"POST /contacts/fields/{field}/change", may(account.ManageTags), s.changeField, 0},
		{"POST /contacts/fields/{field}/move", may(account.ManageTags), s.moveField, 0},
		{"POST /contacts/fields/{field}/remove", may(account.ManageTags), s.removeField, 0},
		{"GET /contacts/export", fresh(may(account.ManageContacts)), s.exportContacts, 0},
		{"POST /contacts/export", fresh(may(account.ManageContacts)), s.exportContacts, 0},
		{"GET /contacts/import", may(account.ManageContacts), s.imports, 0},
		{"POST /contacts/import", may(account.ManageContacts), s.uploadImport, importLimit},
		{"GET /contacts/import/{import}", may(account.ManageContacts), s.importPage, 0},
		{"GET /contacts/import/{import}/live", may(account.ManageContacts), s.importLive, 0},
		{"POST /contacts/import/{import}/read", may(account.ManageContacts), s.rereadImport, 0},
		{"POST /contacts/import/{import}/check", may(account.ManageContacts), s.checkImport, 0},
		{"POST /contacts/import/{import}/start", may(account.ManageContacts), s.startImport, 0},
		{"POST /contacts/import/{import}/cancel", may(account.ManageContacts), s.cancelImport, 0},
		{"GET /contacts/import/{import}/undo", may(account.ManageContacts), s.undoImportForm, 0},
		{"POST /contacts/import/{import}/undo", may(account.ManageContacts), s.undoImport, 0},
		{"GET /contacts/import/{import}/report/{format}", may(account.ManageContacts), s.importReport, 0},
	}
}

// templateRoutes are message templates, and what is sent with them.
func (s *Server) templateRoutes() []route {
	return []route{
		{"GET /templates", member, s.templates, 0},
		{"POST /templates/sync", may(account.ManageTemplates), s.syncTemplates, 0},
		{"GET /templates/new", may(account.ManageTemplates), s.newTemplate, 0},
		{"POST /templates/new", may(account.ManageTemplates), s.createTemplate, uploadLimit},
		{"GET /templates/{channel}/{template}", member, s.template, 0},
		{"GET /templates/{channel}/{template}/edit", may(account.ManageTemplates), s.editTemplateForm, 0},
		{"POST /templates/{channel}/{template}/edit", may(account.ManageTemplates), s.editTemplate, uploadLimit},
		{"GET /templates/{channel}/{template}/delete", may(account.ManageTemplates), s.deleteTemplateForm, 0},
		{"POST /templates/{channel}/{template}/delete", may(account.ManageTemplates), s.deleteTemplate, 0},

		{"GET /write", may(account.Reply), s.write, 0},
		{"GET /write/{template}", may(account.Reply), s.writeTemplate, 0},
		{"POST /write/{template}", may(account.Reply), s.sendTemplate, uploadLimit},
		{"POST /write/{template}/star", may(account.Reply), s.starTemplate, 0},
	}
}

// broadcastRoutes are what is sent to many.
func (s *Server) broadcastRoutes() []route {
	send := may(account.SendBroadcasts)
	return []route{
		{"GET /broadcasts", send, s.broadcasts, 0},
		{"GET /broadcasts/new", send, s.newBroadcast, 0},
		{"POST /broadcasts/new", send, s.createBroadcast, 0},
		{"GET /broadcasts/{broadcast}", send, s.broadcast, 0},
		{"GET /broadcasts/{broadcast}/edit/{step}", send, s.editBroadcast, 0},
		{"POST /broadcasts/{broadcast}/edit/{step}", send, s.saveBroadcast, uploadLimit},
		{"POST /broadcasts/{broadcast}/count", send, s.countBroadcast, broadcastBody},
		{"POST /broadcasts/{broadcast}/preview", send, s.previewBroadcast, 0},
		{"POST /broadcasts/{broadcast}/start", send, s.startBroadcast, 0},
		{"POST /broadcasts/{broadcast}/pause", send, s.pauseBroadcast, 0},
		{"POST /broadcasts/{broadcast}/resume", send, s.resumeBroadcast, 0},
		{"POST /broadcasts/{broadcast}/cancel", send, s.cancelBroadcast, 0},
		{"POST /broadcasts/{broadcast}/retry", send, s.retryBroadcast, 0},
		{"POST /broadcasts/{broadcast}/change", send, s.changeBroadcast, 0},
		{"POST /broadcasts/{broadcast}/duplicate", send, s.duplicateBroadcast, 0},
		{"POST /broadcasts/{broadcast}/delete", send, s.deleteBroadcast, 0},
		{"GET /broadcasts/{broadcast}/recipients.csv", fresh(send), s.broadcastCSV, 0},
		{"GET /settings/broadcasts", send, s.broadcastSettings, 0},
		{"POST /settings/broadcasts", may(account.ManageOrg), s.saveBroadcastSettings, 0},
		{"POST /settings/broadcasts/prices", send, s.saveBroadcastPrices, 0},
	}
}

// settingsRoutes are what the team decides for all.
func (s *Server) settingsRoutes() []route {
	return []route{
		{"GET /settings", member, s.settings, 0},
		{"GET /settings/members", may(account.ManageMembers), s.members, 0},
		{"POST /settings/members/invite", fresh(may(account.ManageMembers)), s.inviteMember, 0},
		{"POST /settings/members/{user}/role", fresh(may(account.ManageMembers)), s.setRole, 0},
		{"POST /settings/members/{user}/disable", fresh(may(account.ManageMembers)), s.disableMember, 0},
		{"POST /settings/members/{user}/enable", fresh(may(account.ManageMembers)), s.enableMember, 0},
		{"POST /settings/members/{user}/sign-out", fresh(may(account.ManageMembers)), s.signOutMember, 0},
		{"POST /settings/members/{user}/second-step", fresh(may(account.ManageMembers)), s.resetSecondStep, 0},
		{"POST /settings/members/second-step", fresh(may(account.ManageMembers)), s.setStepRoles, 0},
		{"POST /settings/members/{user}/reset", fresh(may(account.ManageMembers)), s.resetMember, 0},
		{"POST /settings/invites/{invite}/revoke", fresh(may(account.ManageMembers)), s.revokeInvite, 0},

		{"GET /settings/channels", may(account.ManageChannels), s.channels, 0},
		{"GET /settings/channels/connect", may(account.ManageChannels), s.connectForm, 0},
		{"POST /settings/channels/connect", fresh(may(account.ManageChannels)), s.connect, 0},
		{"POST /settings/channels/check", may(account.ManageChannels), s.checkChannel, 0},
		{"GET /settings/channels/{id}", may(account.ManageChannels), s.channel, 0},
		{"GET /settings/channels/{id}/assignment", may(account.ManageChannels), s.assignment, 0},
		{"POST /settings/channels/{id}/assignment", may(account.ManageChannels), s.setAssignment, 0},
		{"GET /settings/channels/{id}/hours", may(account.ManageChannels), s.hours, 0},
		{"POST /settings/channels/{id}/hours", may(account.ManageChannels), s.setHours, 0},
		{"GET /settings/channels/{id}/waiting", may(account.ManageChannels), s.alarm, 0},
		{"POST /settings/channels/{id}/waiting", may(account.ManageChannels), s.setAlarm, 0},
		{"GET /settings/channels/{id}/status", may(account.ManageChannels), s.channelStatus, 0},
		{"POST /settings/channels/{id}", fresh(may(account.ManageChannels)), s.saveChannel, 0},
		{"POST /settings/channels/{id}/subscribe", may(account.ManageChannels), s.subscribeChannel, 0},
		{"POST /settings/channels/{id}/remove", fresh(may(account.ManageChannels)), s.removeChannel, 0},

		{"GET /settings/privacy", may(account.ManagePrivacy), s.privacy, 0},
		{"POST /settings/privacy", may(account.ManagePrivacy), s.savePrivacy, 0},
		{"POST /settings/privacy/confirm", fresh(may(account.ManagePrivacy)), s.confirmPrivacy, 0},

		{"GET /settings/audit", may(account.ViewAudit), s.audit, 0},
		{"GET /settings/audit.csv", fresh(may(account.ViewAudit)), s.auditCSV, 0},

		{"GET /settings/canned", may(account.OwnCanned), s.canned, 0},
		{"POST /settings/canned", may(account.OwnCanned), s.makeCanned, uploadLimit},
		{"GET /settings/canned.csv", may(account.OwnCanned), s.exportCanned, 0},
		{"POST /settings/canned/import", may(account.OwnCanned), s.importCanned, cannedFileLimit},
		{"GET /settings/canned/new", may(account.OwnCanned), s.newCanned, 0},
		{"GET /settings/canned/{canned}", may(account.OwnCanned), s.oneCanned, 0},
		{"POST /settings/canned/{canned}", may(account.OwnCanned), s.saveCanned, uploadLimit},
		{"POST /settings/canned/{canned}/remove", may(account.OwnCanned), s.removeCanned, 0},

		{"POST /settings/canned/{canned}/restore", may(account.OwnCanned), s.restoreCanned, 0},

		{"GET /settings/tags", may(account.ManageTags), s.tags, 0},
		{"POST /settings/tags", may(account.ManageTags), s.makeTag, 0},
		{"GET /settings/tags/{tag}", may(account.ManageTags), s.oneTag, 0},
		{"POST /settings/tags/{tag}", may(account.ManageTags), s.saveTag, 0},
		{"POST /settings/tags/{tag}/merge", may(account.ManageTags), s.mergeTag, 0},
		{"POST /settings/tags/{tag}/remove", may(account.ManageTags), s.removeTag, 0},

		{"GET /settings/backups", host, s.backups, 0},
		{"GET /settings/backups/live", host, s.backupsLive, 0},
		{"POST /settings/backups", fresh(host), s.saveBackups, 0},
		{"POST /settings/backups/start", host, s.startBackup, 0},
		{"POST /settings/backups/drill", host, s.startDrill, 0},
		{"POST /settings/backups/resume", fresh(host), s.resumeSending, 0},
		{"POST /settings/backups/{backup}/download", fresh(host), s.downloadBackup, 0},

		{"GET /settings/schedule", host, s.schedules, 0},
		{"POST /settings/schedule/{name}/run", host, s.runSchedule, 0},
		{"POST /settings/schedule/jobs/{job}/again", host, s.jobAgain, 0},
		{"POST /settings/schedule/jobs/{job}/discard", host, s.discardJob, 0},

		{"GET /settings/health", may(account.ManageChannels), s.health, 0},
		{"POST /settings/health/look", may(account.ManageChannels), s.lookAgain, 0},

		{"GET /settings/inbound", may(account.ViewProblems), s.problems, 0},
		{"POST /settings/inbound/{id}/replay", may(account.ViewProblems), s.replay, 0},
		{"POST /settings/inbound/replay-all", may(account.ViewProblems), s.replayAll, 0},
	}
}

// programRoutes are what other systems need: keys, webhooks, the guide.
func (s *Server) programRoutes() []route {
	return []route{
		{"GET /settings/keys", may(account.ManageKeys), s.keys, 0},
		{"POST /settings/keys", fresh(may(account.ManageKeys)), s.makeKey, 0},
		{"POST /settings/keys/{key}/rename", may(account.ManageKeys), s.renameKey, 0},
		{"POST /settings/keys/{key}/revoke", fresh(may(account.ManageKeys)), s.revokeKey, 0},

		{"GET /settings/webhooks", may(account.ManageWebhooks), s.hooks, 0},
		{"POST /settings/webhooks", fresh(may(account.ManageWebhooks)), s.createHook, 0},
		{"GET /settings/webhooks/new", may(account.ManageWebhooks), s.newHook, 0},
		{"GET /settings/webhooks/{hook}", may(account.ManageWebhooks), s.hook, 0},
		{"POST /settings/webhooks/{hook}", fresh(may(account.ManageWebhooks)), s.saveHook, 0},
		{"GET /settings/webhooks/{hook}/live", may(account.ManageWebhooks), s.hookLive, 0},
		{"POST /settings/webhooks/{hook}/pause", may(account.ManageWebhooks), s.pauseHook, 0},
		{"POST /settings/webhooks/{hook}/resume", may(account.ManageWebhooks), s.resumeHook, 0},
		{"POST /settings/webhooks/{hook}/remove", may(account.ManageWebhooks), s.removeHook, 0},
		{"POST /settings/webhooks/{hook}/rotate", fresh(may(account.ManageWebhooks)), s.rotateHook, 0},
		{"POST /settings/webhooks/{hook}/promote", fresh(may(account.ManageWebhooks)), s.promoteHook, 0},
		{"POST /settings/webhooks/{hook}/unrotate", fresh(may(account.ManageWebhooks)), s.discardHookSecret, 0},
		{"POST /settings/webhooks/{hook}/test", may(account.ManageWebhooks), s.testHook, 0},
		{"POST /settings/webhooks/{hook}/redeliver", may(account.ManageWebhooks), s.redeliverFailed, 0},
		{"GET /settings/webhooks/{hook}/deliveries/{delivery}", may(account.ManageWebhooks), s.delivery, 0},
		{"POST /settings/webhooks/{hook}/deliveries/{delivery}/redeliver", may(account.ManageWebhooks), s.redeliver, 0},

		{"GET /docs", anyone, s.docs, 0},
		{"GET /docs/{page}", anyone, s.docsPage, 0},
		{"POST /docs/key", fresh(may(account.ManageKeys)), s.docsKey, 0},
	}
}

// Route tells a test what a route asks for.
type Route struct {
	Pattern    string
	Anyone     bool
	Permission account.Permission
	Host       bool
	Fresh      bool
}

// Routes lists the pages with what each asks for, for tests that walk them all.
func (s *Server) Routes() []Route {
	var out []Route
	for _, rt := range s.all() {
		out = append(out, Route{rt.pattern, rt.access.anyone, rt.access.permission, rt.access.host, rt.access.fresh})
	}
	return out
}

// all is routes plus those that only the demonstration has.
func (s *Server) all() []route {
	list := s.routes()
	if s.Options.Demo && s.Options.Sim != nil {
		list = append(list, route{"GET /simulator", anyone, s.simulator, 0})
	}
	return list
}

// Mount registers the pages. Assets, media and the API are not its business.
func (s *Server) Mount(mux *http.ServeMux) {
	s.mux = mux
	for _, rt := range s.all() {
		mux.Handle(rt.pattern, s.handle(rt))
	}
	if s.Options.Demo && s.Options.Sim != nil {
		sim := s.csrf.Handler(http.StripPrefix("/simulator/api", s.Options.Sim))
		mux.HandleFunc("/simulator/api/", func(w http.ResponseWriter, r *http.Request) {
			s.headers(w)
			sim.ServeHTTP(w, r)
		})
	}
}
