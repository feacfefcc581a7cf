package api

import (
	"context"
	"strconv"

	"badala/app/account"
	"badala/app/archive"
	"badala/app/broadcast"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/webhook"
)

// archivePage is how many things are read at a time for an export.
const archivePage = 200

// Nouns are all kinds of things that an organisation has, for an export of the
// whole: in the shapes of the API, where it has them.
func (a *API) Nouns(org account.Org) []archive.Noun {
	x := &archived{API: a, org: org, who: account.SystemActor(org.ID)}
	return []archive.Noun{
		{Name: "organisation", Says: "the organisation", Page: once(x.organisation)},
		{Name: "members", Says: "a person of the team", Page: once(x.members)},
		{Name: "invites", Says: "an invitation that is open", Page: once(x.invites)},
		{Name: "api-keys", Says: "the key of a program, without the key", Page: once(x.keys)},
		{Name: "channels", Says: "a WhatsApp number, also one that was removed", Page: once(x.channels)},
		{Name: "channel-settings", Says: "office hours, assignment and waiting alarm of a number", Page: once(x.settings)},
		{Name: "templates", Says: "a message template", Page: once(x.templates)},
		{Name: "tags", Says: "a tag", Page: once(x.tags)},
		{Name: "custom-fields", Says: "a field that was added to contacts", Page: once(x.fields)},
		{Name: "canned-responses", Says: "a quick reply, the team's or somebody's own", Page: once(x.canned)},
		{Name: "webhooks", Says: "an address that hears of events", Page: once(x.webhooks)},
		{Name: "contacts", Says: "a customer", Page: x.contacts},
		{Name: "consents", Says: "a change of marketing consent", Page: x.consents},
		{Name: "conversations", Says: "a conversation", Page: x.conversations},
		{Name: "messages", Says: "a message, note or activity line, by conversation and time", Page: nested(x.nextConversation, x.messages)},
		{Name: "broadcasts", Says: "a broadcast", Page: x.broadcasts},
		{Name: "broadcast-recipients", Says: "a person of a broadcast", Page: nested(x.nextBroadcast, x.recipients)},
		{Name: "audit-log", Says: "what somebody did, newest first", Page: x.audit},
	}
}

// archived reads the things of one organisation.
type archived struct {
	*API
	org account.Org
	who account.Actor
}

func (x *archived) q(ctx context.Context) db.Q { return x.DB.Read(ctx) }

type pager = func(ctx context.Context, after string) ([]any, string, error)

// once is a kind of which there are few: all are one page.
func once(all func(ctx context.Context) ([]any, error)) pager {
	return func(ctx context.Context, _ string) ([]any, string, error) {
		out, err := all(ctx)
		return out, "", err
	}
}

// shown converts a whole list.
func shown[T, S any](all []T, err error, show func(T) S) ([]any, error) {
	out := make([]any, len(all))
	for i, v := range all {
		out[i] = show(v)
	}
	return out, err
}

// nested goes through what belongs to others, one of those after the other. Its
// cursor is the owner's id, a slash, and the cursor among what is the owner's.
func nested(next func(ctx context.Context, after int64) (int64, error), page func(ctx context.Context, owner int64, after string) ([]any, string, error)) pager {
	return func(ctx context.Context, after string) ([]any, string, error) {
		owner, within, err := cutCursor(after)
		if err != nil {
			return nil, "", err
		}
		if within == "" {
			if owner, err = next(ctx, owner); err != nil || owner == 0 {
				return nil, "", err
			}
		}
		out, more, err := page(ctx, owner, within)
		return out, strconv.FormatInt(owner, 10) + "/" + more, err
	}
}

// OrgArchive is an organisation in an export.
type OrgArchive struct {
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Timezone  string         `json:"timezone"`
	CreatedAt string         `json:"createdAt"`
	Retention *RetentionDays `json:"retention"`
}

func (x *archived) organisation(ctx context.Context) ([]any, error) {
	kept, err := x.Retention.Settings(x.q(ctx), x.org.ID)
	if err != nil {
		return nil, err
	}
	days := daysOf(kept)
	return []any{OrgArchive{db.FormatID("org", x.org.ID), x.org.Name, x.org.Timezone, when(x.org.CreatedAt), &days}}, nil
}

func (x *archived) members(ctx context.Context) ([]any, error) {
	all, err := x.Accounts.Members(x.q(ctx), x.org.ID)
	return shown(all, err, memberOf)
}

func (x *archived) invites(ctx context.Context) ([]any, error) {
	all, err := x.Accounts.Invites(ctx, x.who)
	return shown(all, err, inviteOf)
}

func (x *archived) keys(ctx context.Context) ([]any, error) {
	all, err := x.Accounts.Keys(x.q(ctx), x.org.ID)
	return shown(all, err, keyOf)
}

func (x *archived) webhooks(ctx context.Context) ([]any, error) {
	all, err := x.Webhooks.Endpoints(x.q(ctx), x.org.ID)
	return shown(all, err, func(e webhook.Endpoint) Webhook { return webhookOf(e) })
}

func (x *archived) channels(ctx context.Context) ([]any, error) {
	all, err := x.Channels.ListAll(x.q(ctx), x.org.ID)
	return shown(all, err, x.channelOf)
}

// ChannelSettings is what works by itself on a number, in an export.
type ChannelSettings struct {
	ChannelID    string       `json:"channelId"`
	OfficeHours  OfficeHours  `json:"officeHours"`
	Assignment   Assignment   `json:"assignment"`
	WaitingAlarm WaitingAlarm `json:"waitingAlarm"`
}

func (x *archived) settings(ctx context.Context) ([]any, error) {
	q := x.q(ctx)
	all, err := x.Channels.List(q, x.org.ID)
	if err != nil {
		return nil, err
	}
	var out []any
	for _, c := range all {
		s := ChannelSettings{ChannelID: db.FormatID("chan", c.ID)}
		hours, err := x.Inbox.OfficeHours(q, x.org.ID, c.ID)
		if err != nil {
			return nil, err
		}
		s.OfficeHours = hoursOf(s.ChannelID, hours, db.Time(x.DB.Now())).Body
		given, err := x.Inbox.Assignment(q, x.org.ID, c.ID)
		if err != nil {
			return nil, err
		}
		s.Assignment = assignmentOf(given).Body
		alarm, err := x.Inbox.WaitingAlarm(q, x.org.ID, c.ID)
		if err != nil {
			return nil, err
		}
		if s.WaitingAlarm, err = x.alarmOf(q, x.org.ID, alarm); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// templates are those of each account; numbers share them.
func (x *archived) templates(ctx context.Context) ([]any, error) {
	q := x.q(ctx)
	numbers, err := x.Channels.List(q, x.org.ID)
	if err != nil {
		return nil, err
	}
	var all []channel.Template
	read := map[string]bool{}
	for _, c := range numbers {
		if read[c.WABAID] {
			continue
		}
		read[c.WABAID] = true
		some, err := x.Channels.Templates(q, x.org.ID, c.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return shown(all, nil, templateOf)
}

func (x *archived) tags(ctx context.Context) ([]any, error) {
	all, err := x.tagsOf(x.q(ctx), x.org.ID)
	return shown(all, err, func(t Tag) Tag { return t })
}

// CustomField is a field that was added to contacts, in an export.
type CustomField struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Label   *string  `json:"label"`
	Kind    string   `json:"kind"`
	Choices []string `json:"choices"`
}

func (x *archived) fields(ctx context.Context) ([]any, error) {
	all, err := contact.CustomFields(x.q(ctx), x.org.ID)
	return shown(all, err, func(f contact.CustomField) CustomField {
		return CustomField{db.FormatID("field", f.ID), f.Name, text(f.Label), f.Kind, append([]string{}, f.Choices...)}
	})
}

func (x *archived) broadcasts(ctx context.Context, after string) ([]any, string, error) {
	before, _, err := cutCursor(after)
	if err != nil {
		return nil, "", err
	}
	all, _, err := x.Broadcasts.List(x.q(ctx), x.org.ID, broadcast.Filter{Before: before, Take: archivePage})
	out, err := shown(all, err, broadcastOf)
	if len(all) < archivePage {
		return out, "", err
	}
	return out, strconv.FormatInt(all[len(all)-1].ID, 10), err
}

// nextBroadcast is the one made before another; newest first.
func (x *archived) nextBroadcast(ctx context.Context, before int64) (int64, error) {
	all, _, err := x.Broadcasts.List(x.q(ctx), x.org.ID, broadcast.Filter{Before: before, Take: 1})
	if err != nil || len(all) == 0 {
		return 0, err
	}
	return all[0].ID, nil
}

// RecipientArchive is a person of a broadcast, in an export.
type RecipientArchive struct {
	BroadcastID string `json:"broadcastId"`
	BroadcastRecipient
}

func (x *archived) recipients(ctx context.Context, id int64, after string) ([]any, string, error) {
	page, next, err := x.Broadcasts.Recipients(x.q(ctx), x.org.ID, id, broadcast.RecipientFilter{Cursor: after, Take: archivePage})
	if errs.Is(err, errs.NotFound) { // deleted meanwhile
		return nil, "", nil
	}
	out, err := shown(page, err, func(r broadcast.Recipient) RecipientArchive {
		return RecipientArchive{db.FormatID(broadcast.Prefix, id), recipientOf(r, "en")}
	})
	return out, next, err
}

func (x *archived) audit(ctx context.Context, after string) ([]any, string, error) {
	page, next, err := x.Accounts.Audit(ctx, x.who, account.AuditFilter{Cursor: after, Take: archivePage})
	out, err := shown(page, err, lineOf)
	return out, next, err
}
