package web

import (
	"context"
	"net/http"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
)

// assign gives the conversation to a member, to the user, or to nobody.
func (s *Server) assign(c *call) error {
	var user int64
	switch who := c.field("assignee"); who {
	case "":
	case "me":
		user = c.actor.UserID
	default:
		n, err := db.ParseID("user", who)
		if err != nil {
			return err
		}
		user = n
	}
	return c.onConversation(func(ctx context.Context, a account.Actor, conv int64) error {
		return s.Inbox.Assign(ctx, a, conv, user)
	})
}

// closeConversation ends the conversation until the customer writes again.
func (s *Server) closeConversation(c *call) error { return c.onConversation(s.Inbox.Close) }

// reopen opens it again.
func (s *Server) reopen(c *call) error { return c.onConversation(s.Inbox.Reopen) }

// markUnread makes it unread for the team.
func (s *Server) markUnread(c *call) error { return c.onConversation(s.Inbox.MarkUnread) }

// markRead makes it read, and tells the customer's phone.
func (s *Server) markRead(c *call) error { return c.onConversation(s.Inbox.MarkRead) }

// onConversation does something with the conversation that the path names.
func (c *call) onConversation(do func(context.Context, account.Actor, int64) error) error {
	conv, err := c.pathID("conv", "conv")
	if err != nil {
		return err
	}
	if err := do(c.r.Context(), c.actor, conv); err != nil {
		return err
	}
	return c.done("/c/" + id("conv", conv))
}

// tag adds a tag by its name, or removes one.
func (s *Server) tag(c *call) error {
	return c.onConversation(func(ctx context.Context, a account.Actor, conv int64) error {
		if name := c.field("add"); name != "" {
			return s.Inbox.AddTag(ctx, a, conv, name)
		}
		if c.field("remove") == "" {
			return errs.Field("add", "is empty")
		}
		tag, err := db.ParseID("tag", c.field("remove"))
		if err != nil {
			return err
		}
		return s.Inbox.RemoveTag(ctx, a, conv, tag)
	})
}

// saveDraft keeps what the user has begun to write; an empty body forgets it.
func (s *Server) saveDraft(c *call) error {
	conv, err := c.pathID("conv", "conv")
	if err != nil {
		return err
	}
	draft := inbox.Draft{Mode: inbox.DraftReply, Body: c.r.FormValue("body")}
	if c.field("mode") == inbox.DraftNote {
		draft.Mode = inbox.DraftNote
	}
	if quoted := c.field("reply_to"); quoted != "" {
		if draft.ReplyTo, err = db.ParseID("msg", quoted); err != nil {
			return err
		}
	}
	if err := s.Inbox.SaveDraft(c.r.Context(), c.actor, conv, draft); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
