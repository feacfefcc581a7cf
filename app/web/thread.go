package web

import (
	"net/http"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/inbox"
	"badala/views"
)

// open is a conversation's thread and its contact panel.
func (d *desk) open(conv int64, sel selection) (*views.ThreadData, *views.PanelData, error) {
	q, org := d.q(), d.actor.OrgID
	cv, err := d.s.Inbox.Conversation(q, org, conv)
	if err != nil {
		return nil, nil, err
	}
	ms, err := d.s.Inbox.Messages(q, org, conv, inbox.Page{Take: threadTake})
	if err != nil {
		return nil, nil, err
	}
	drafts, err := d.s.Inbox.Drafts(q, d.actor, conv)
	if err != nil {
		return nil, nil, err
	}
	t := &views.ThreadData{
		Head: d.head(&cv), Bubbles: d.bubbles(cv, d.names).all(ms), Older: olderCursor(ms),
		UnreadFrom: unreadFrom(ms, cv.UnreadCount), Back: sel.backPath(), Members: d.members(),
		ReplyDraft: drafts[inbox.DraftReply].Body, NoteDraft: drafts[inbox.DraftNote].Body,
		NoteMode: d.r.URL.Query().Get("mode") == "note",
	}
	panel, err := d.panel(&cv)
	return t, panel, err
}

// olderCursor is where older messages go on, "" when a short page shows that there are none.
func olderCursor(ms []inbox.Message) string {
	if len(ms) < threadTake {
		return ""
	}
	return ms[0].Cursor()
}

// unreadFrom is the first of the last n messages of the customer.
func unreadFrom(ms []inbox.Message, n int) string {
	first := ""
	for i := len(ms) - 1; i >= 0 && n > 0; i-- {
		if ms[i].Direction == inbox.Inbound && ms[i].Type != inbox.TypeReaction {
			first = id("msg", ms[i].ID)
			n--
		}
	}
	return first
}

// older is the stretch of messages before a cursor.
func (s *Server) older(c *call) error {
	cv, err := c.conversationOf("conv")
	if err != nil {
		return err
	}
	names, err := s.Accounts.MemberNames(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	ms, err := s.Inbox.Messages(c.q(), c.actor.OrgID, cv.ID, inbox.Page{Before: c.r.URL.Query().Get("before"), Take: threadTake})
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, views.Older(c.page(""), views.OlderData{
		Conv: id("conv", cv.ID), Bubbles: c.bubbles(cv, names).all(ms), Older: olderCursor(ms),
	}))
}

// head is the part of the thread's header that changes.
func (d *desk) head(cv *inbox.Conversation) views.HeadData {
	return views.HeadData{
		ID: id("conv", cv.ID), Rev: cv.Rev, ContactID: id("contact", cv.ContactID), Name: d.convName(cv),
		Phone: cv.Contact.Phone, Channel: d.channelName(cv.ChannelID), Closed: cv.IsClosed(), Unread: cv.UnreadCount,
		Window: window(cv, d.s.DB.Now()), AssigneeID: id("user", cv.AssigneeID), Assignee: d.names[cv.AssigneeID],
		Mine: cv.AssigneeID != 0 && cv.AssigneeID == d.actor.UserID, Snoozed: db.Time(cv.SnoozedUntil),
	}
}

// members are the teammates that can be assigned and mentioned, by name.
func (d *desk) members() []views.Member {
	out := make([]views.Member, 0, len(d.active))
	for _, u := range d.active {
		out = append(out, views.Member{ID: id("user", u), Name: d.names[u], Me: u == d.actor.UserID, There: d.absent[u]})
	}
	return out
}

// panel is the contact with tags, notes and other conversations.
func (d *desk) panel(cv *inbox.Conversation) (*views.PanelData, error) {
	q, org := d.q(), d.actor.OrgID
	ct := cv.Contact
	if cv.ContactID != 0 {
		var err error
		if ct, err = d.s.Contacts.ByID(q, org, cv.ContactID); err != nil {
			return nil, err
		}
	}
	notes, err := d.s.Inbox.Notes(q, org, cv.ID)
	if err != nil {
		return nil, err
	}
	all, err := d.s.Contacts.Tags(q, org)
	if err != nil {
		return nil, err
	}
	p := &views.PanelData{Conv: id("conv", cv.ID), Contact: contactData(ct), Tags: tagsOf(cv.Tags),
		AssigneeID: id("user", cv.AssigneeID), Members: d.members(), Closed: cv.IsClosed()}
	p.Contact.Channel = d.channelName(cv.ChannelID)
	for _, t := range all {
		p.AllTags = append(p.AllTags, t.Name)
	}
	b := d.bubbles(*cv, d.names)
	for i := range notes {
		n := b.one(&notes[i])
		p.Notes = append(p.Notes, views.NoteData{ID: n.ID, Author: n.Author, Text: n.Text, Mentions: n.Mentions, At: n.At})
	}
	p.Past, err = d.past(cv)
	return p, err
}

// past are the contact's conversations on other channels.
func (d *desk) past(cv *inbox.Conversation) ([]views.PastData, error) {
	if cv.ContactID == 0 || len(d.channels) < 2 {
		return nil, nil
	}
	convs, err := d.s.Inbox.ConversationsOf(d.q(), d.actor.OrgID, cv.ContactID)
	if err != nil {
		return nil, err
	}
	var out []views.PastData
	for i := range convs {
		if o := &convs[i]; o.ID != cv.ID {
			out = append(out, views.PastData{ID: id("conv", o.ID), Channel: d.channelName(o.ChannelID),
				Preview: o.LastPreview.Text, At: db.Time(o.LastMessageAt), Closed: o.IsClosed()})
		}
	}
	return out, nil
}

// contactData is a contact as the panel shows it.
func contactData(ct contact.Contact) views.ContactData {
	consent := "unknown"
	if ct.Consent != nil {
		consent = map[bool]string{true: "yes", false: "no"}[*ct.Consent]
	}
	return views.ContactData{
		ID: id("contact", ct.ID), Name: ct.Name, Phone: ct.Phone, Email: ct.Email, Company: ct.Company.Name,
		JobTitle: ct.Company.JobTitle, Notes: ct.Notes, ProfileName: ct.ProfileName, Username: ct.Username, WaID: ct.WaID,
		UserID: ct.UserID, Source: ct.Source, ExternalID: ct.ExternalID, Consent: consent, CreatedAt: db.Time(ct.CreatedAt),
	}
}
