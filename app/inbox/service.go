// Package inbox keeps the conversations of customers and teammates: it files
// what Meta tells, sends what teammates write and lists both.
package inbox

import (
	"log/slog"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/event"
	"badala/app/media"
	"badala/app/meta"
	"badala/app/queue"
)

// Deps is what the inbox stands on. All of it is needed.
type Deps struct {
	DB       *db.DB
	Events   *event.Log
	Queue    *queue.Queue
	Meta     *meta.Client
	Channels *channel.Service
	Contacts *contact.Service
	Media    *media.Service
	Accounts *account.Service
	Log      *slog.Logger
}

// Service is the inbox. Safe for concurrent use.
type Service struct {
	Deps
	sends
	bulk   bulk
	totals totals
	hours  hourCache
	alarms alarmCache
}

// New makes the inbox, registers its jobs with the queue and asks media to
// tell when a file has arrived. Call it once, before the queue runs.
func New(d Deps) *Service {
	s := &Service{Deps: d}
	s.Media.OnReady(s.mediaReadyTx)
	s.Contacts.OnMerge(withHistory, s.mergeTx)
	s.Contacts.OnTalk(talkedWith)
	s.Contacts.OnSplit(keepJoinsTx, s.splitTx)
	s.Contacts.OnTagDelete(tagGoneTx)
	s.Contacts.OnTagMerge(s.tagMergedTx)
	s.initSend()
	s.initTemplates()
	s.initSnooze()
	s.initPresence()
	s.initWaiting()
	s.initSearch()
	s.initErase()
	return s
}
