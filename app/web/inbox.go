package web

import (
	"net/http"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/views"
)

// inbox shows the list, and the conversation that ?conv= names.
func (s *Server) inbox(c *call) error {
	conv := c.r.URL.Query().Get("conv")
	if conv == "" {
		return s.inboxPage(c, 0)
	}
	n, err := someID("conv", conv)
	if err != nil {
		return err
	}
	return s.inboxPage(c, n)
}

// conversation shows one conversation beside the list.
func (s *Server) conversation(c *call) error {
	conv, err := c.pathID("conv", "conv")
	if err != nil {
		return err
	}
	return s.inboxPage(c, conv)
}

// inboxPage is the same page for browsers and htmx, with conv open unless it is 0.
func (s *Server) inboxPage(c *call, conv int64) error {
	p, err := c.livePage("")
	if err != nil {
		return err
	}
	d, err := c.desk(p.Rev)
	if err != nil {
		return err
	}
	sel := c.selection()
	page := views.InboxPage{Page: p}
	if page.List, err = d.list(sel); err != nil {
		return err
	}
	page.List.Selected = id("conv", conv)
	if conv != 0 {
		page.Thread, page.Panel, err = d.open(conv, sel)
		if err != nil {
			return err
		}
		page.Title = page.Thread.Head.Name
	}
	return c.render(http.StatusOK, views.Inbox(page))
}

// moreRows is the next stretch of the list.
func (s *Server) moreRows(c *call) error {
	d, err := c.desk(0)
	if err != nil {
		return err
	}
	sel := c.selection()
	list := views.ListData{Filter: sel.filter}
	if err := d.rows(&list, sel); err != nil {
		return err
	}
	return c.render(http.StatusOK, views.RowsMore(c.page(""), list))
}

// permalink leads to a message within its conversation.
func (s *Server) permalink(c *call) error {
	if _, err := c.pathID("conv", "conv"); err != nil {
		return err
	}
	if _, err := c.pathID("msg", "msg"); err != nil {
		return err
	}
	return c.redirect("/c/" + c.r.PathValue("conv") + "#m-" + c.r.PathValue("msg"))
}

// desk is what list and thread need to know about the organisation, read once per request.
type desk struct {
	*call
	names    map[int64]string // teammates, also former ones
	active   []int64          // those who can be assigned and mentioned
	absent   map[int64]string // those of them who are away or off
	channels []views.Option
	rev      int64 // the log's head that the answer tells
}

// desk reads what the organisation is made of, for an answer that tells rev.
func (c *call) desk(rev int64) (*desk, error) {
	d := &desk{call: c, names: map[int64]string{}, rev: rev}
	members, err := c.s.Accounts.Members(c.q(), c.actor.OrgID)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		d.names[m.ID] = m.Name
		if m.Active {
			d.active = append(d.active, m.ID)
		}
	}
	if d.absent, err = c.s.Inbox.Absent(c.q(), c.actor.OrgID); err != nil {
		return nil, err
	}
	channels, err := c.s.Channels.List(c.q(), c.actor.OrgID)
	if err != nil {
		return nil, err
	}
	for _, ch := range channels {
		d.channels = append(d.channels, views.Option{ID: id("chan", ch.ID), Name: firstOf(ch.Name, ch.PhoneNumber)})
	}
	return d, nil
}

// channelName is a channel's name, "" when the organisation has only one.
func (d *desk) channelName(channelID int64) string {
	if len(d.channels) < 2 {
		return ""
	}
	want := id("chan", channelID)
	for _, ch := range d.channels {
		if ch.ID == want {
			return ch.Name
		}
	}
	return ""
}

// list is a stretch of the list with its counts and the choices of its filters.
func (d *desk) list(sel selection) (views.ListData, error) {
	list := views.ListData{Filter: sel.filter}
	if err := d.count(&list); err != nil {
		return list, err
	}
	tags, err := d.s.Contacts.Tags(d.q(), d.actor.OrgID)
	if err != nil {
		return list, err
	}
	for _, t := range tags {
		o := views.Option{ID: id("tag", t.ID), Name: t.Name}
		o.Selected = o.ID == sel.filter.Tag
		list.Tags = append(list.Tags, o)
	}
	if len(d.channels) > 1 {
		for _, ch := range d.channels {
			ch.Selected = ch.ID == sel.filter.Channel
			list.Channels = append(list.Channels, ch)
		}
	}
	return list, d.rows(&list, sel)
}

// count fills the numbers beside the views.
func (d *desk) count(list *views.ListData) error {
	n, err := d.s.counts.of(d.q(), d.s.Inbox, d.actor, d.rev)
	list.Counts = views.CountsData{Mine: n.Mine, Unassigned: n.Unassigned, All: n.All, Snoozed: n.Snoozed, Waiting: n.Waiting, Closing: n.Closing, Unread: n.MineUnread + n.UnassignedUnread}
	if err != nil {
		return err
	}
	list.Late, err = d.late(n.late)
	return err
}

// rows fills the conversations that the filter picks.
func (d *desk) rows(list *views.ListData, sel selection) error {
	convs, next, err := d.s.Inbox.Conversations(d.q(), d.actor.OrgID, sel.query(d.actor.UserID))
	if err != nil {
		return err
	}
	list.Next, list.NoChannel = next, len(d.channels) == 0
	ids := make([]int64, len(convs))
	for i := range convs {
		ids[i] = convs[i].ID
	}
	drafts, err := d.s.Inbox.ReplyDrafts(d.q(), d.actor, ids)
	if err != nil {
		return err
	}
	now := d.s.DB.Now()
	list.Rows = make([]views.RowData, 0, len(convs))
	for i := range convs {
		row := d.row(&convs[i], now)
		row.Draft = drafts[convs[i].ID]
		list.Rows = append(list.Rows, row)
	}
	return nil
}

// row is one conversation of the list.
func (d *desk) row(cv *inbox.Conversation, now int64) views.RowData {
	return views.RowData{
		ID: id("conv", cv.ID), Rev: cv.Rev, Name: d.convName(cv), At: db.Time(cv.LastMessageAt),
		Last:   lastMessage(cv.LastPreview),
		Unread: cv.UnreadCount, Window: window(cv, now), Assignee: d.names[cv.AssigneeID],
		Mine: cv.AssigneeID != 0 && cv.AssigneeID == d.actor.UserID, Tags: tagsOf(cv.Tags),
		Channel: d.channelName(cv.ChannelID), Closed: cv.IsClosed(),
		Waiting: db.Time(cv.WaitingSince), Late: cv.Late(), Snoozed: db.Time(cv.SnoozedUntil),
	}
}

// convName is whom the conversation is with.
func (d *desk) convName(cv *inbox.Conversation) string {
	if cv.GroupID != "" {
		return d.t("group.name")
	}
	return contactName(cv.Contact)
}

// contactName is what to call a contact; never empty for one that can be reached.
func contactName(ct contact.Contact) string { return firstOf(ct.Title(), ct.WaID, ct.UserID) }

// lastMessage is the preview of a row.
func lastMessage(p inbox.Preview) views.LastMessage {
	m := views.LastMessage{Kind: previewKind(p), Text: p.Text, Out: p.Direction == inbox.Outbound, Note: p.Direction == inbox.Note}
	if m.Out {
		m.Status = statusOf(p.Status)
	}
	return m
}

// previewKind is the kind of a previewed message; a text without text was deleted.
func previewKind(p inbox.Preview) views.Kind {
	if p.Type == inbox.TypeText && p.Text == "" {
		return views.Deleted
	}
	return kindOf(p.Type, false)
}

// window is how long free-form answers are allowed. A group has no end of it.
func window(cv *inbox.Conversation, now int64) views.Window {
	return views.Window{Until: db.Time(cv.WindowExpiresAt), Open: cv.WindowOpen(now)}
}

func tagsOf(tags []contact.Tag) []views.Tag {
	var out []views.Tag
	for _, t := range tags {
		out = append(out, views.Tag{ID: id("tag", t.ID), Name: t.Name})
	}
	return out
}

// conversationOf reads a conversation of the actor's organisation by the path.
func (c *call) conversationOf(name string) (inbox.Conversation, error) {
	n, err := c.pathID(name, "conv")
	if err != nil {
		return inbox.Conversation{}, err
	}
	cv, err := c.s.Inbox.Conversation(c.q(), c.actor.OrgID, n)
	if errs.Is(err, errs.NotFound) {
		return cv, errs.New(errs.NotFound, "no such conversation")
	}
	return cv, err
}
