package web

import "badala/app/inbox"

// addNote writes an internal note; members named in it as @[user id] are mentioned.
func (s *Server) addNote(c *call) error {
	cv, err := c.conversationOf("conv")
	if err != nil {
		return err
	}
	m, err := s.Inbox.AddNote(c.r.Context(), c.actor, cv.ID, inbox.NoteInput{
		Body: c.r.FormValue("body"), ClientID: c.field("client_id"),
	})
	if err != nil {
		return err
	}
	if !c.script() {
		return c.redirect(c.back("/c/" + id("conv", cv.ID)))
	}
	return c.bubble(cv, m)
}
