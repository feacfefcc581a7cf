package web

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/inbox"
	"badala/app/media"
)

// personMessage is a message in the export of a person.
type personMessage struct {
	ID        string          `json:"id"`
	At        string          `json:"at"`
	Direction string          `json:"direction"`
	Type      string          `json:"type"`
	Text      string          `json:"text,omitempty"`
	Details   json.RawMessage `json:"details,omitempty"`
	Status    string          `json:"status,omitempty"`
	SentBy    string          `json:"sentBy,omitempty"`
	ReplyTo   string          `json:"replyTo,omitempty"`
	File      string          `json:"file,omitempty"` // in the same archive
	Reactions []string        `json:"reactions,omitempty"`
	Deleted   bool            `json:"deleted,omitempty"`
}

// personConsent is a change of consent in the export of a person.
type personConsent struct {
	At     string `json:"at"`
	Was    *bool  `json:"was"`
	Now    *bool  `json:"now"`
	Reason string `json:"reason"`
	By     string `json:"by"`
}

// exportPerson writes all that is known of a person as a zip, while it reads.
func (s *Server) exportPerson(c *call) error {
	ct, err := c.contactOf()
	if err != nil {
		return err
	}
	talks, err := s.Inbox.ConversationsOf(c.q(), c.actor.OrgID, ct.ID)
	if err != nil {
		return err
	}
	history, err := s.Contacts.ConsentHistory(c.q(), c.actor.OrgID, ct.ID)
	if err != nil {
		return err
	}
	if err := s.DB.Spare(db.ForExtra); err != nil {
		return err
	}
	if err := s.Contacts.AuditExportOf(c.r.Context(), c.actor, ct.ID); err != nil {
		return err
	}
	_ = http.NewResponseController(c.w).SetWriteDeadline(c.now().Add(exportTime))
	h := c.w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="badala-`+id("contact", ct.ID)+"-"+c.now().In(c.zone()).Format(time.DateOnly)+`.zip"`)
	p := &person{c: c, zip: zip.NewWriter(c.w)}
	if err := p.write(ct, history, talks); err != nil {
		if ignoreGone(err) != nil && c.r.Context().Err() == nil {
			s.Log.ErrorContext(c.r.Context(), "a person's export broke off", "contact", ct.ID, "err", err)
		}
		panic(http.ErrAbortHandler) // the file must not look whole
	}
	return nil
}

// person writes the archive of one person.
type person struct {
	c   *call
	zip *zip.Writer
}

func (p *person) write(ct contact.Contact, history []contact.ConsentChange, talks []inbox.Conversation) error {
	for i := range talks {
		if ct.LastMessageAt < talks[i].LastMessageAt && talks[i].GroupID == "" {
			ct.LastMessageAt = talks[i].LastMessageAt
		}
	}
	about := struct {
		contact.Document
		History []personConsent `json:"consentHistory"`
	}{contact.DocumentOf(ct), []personConsent{}}
	for _, h := range history {
		about.History = append(about.History, personConsent{At: db.FormatTime(h.At), Was: h.Was, Now: h.Now, Reason: h.Reason, By: h.Kind})
	}
	if err := p.json("contact.json", about); err != nil {
		return err
	}
	for i := range talks {
		if talks[i].GroupID != "" { // what others wrote is theirs
			continue
		}
		if err := p.talk(&talks[i]); err != nil {
			return err
		}
	}
	return p.zip.Close()
}

func (p *person) json(name string, v any) error {
	w, err := p.zip.Create(name)
	if err != nil {
		return err
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(v)
}

// talk writes the messages of a conversation a page at a time, then its files.
func (p *person) talk(cv *inbox.Conversation) error {
	folder := "conversations/" + id("conv", cv.ID)
	out, err := p.zip.Create(folder + "/messages.jsonl")
	if err != nil {
		return err
	}
	lines := json.NewEncoder(out)
	var files []*media.Media
	for at := (inbox.Message{}).Cursor(); ; {
		page, err := p.c.s.Inbox.Messages(p.c.q(), cv.OrgID, cv.ID, inbox.Page{After: at, Take: 200})
		if err != nil {
			return err
		}
		for i := range page {
			m := &page[i]
			at = m.Cursor()
			if m.Direction != inbox.Inbound && m.Direction != inbox.Outbound {
				continue // notes and activity are the team's
			}
			line := exported(m)
			if m.Media != nil && m.Media.State == media.Ready {
				line.File = "files/" + fileIn(m.Media)
				files = append(files, m.Media)
			}
			if err := lines.Encode(line); err != nil {
				return err
			}
		}
		if len(page) == 0 {
			break
		}
	}
	for _, f := range files {
		if err := p.file(folder+"/files/"+fileIn(f), f); err != nil {
			return err
		}
	}
	return nil
}

// exported is a message as the export tells of it.
func exported(m *inbox.Message) personMessage {
	l := personMessage{ID: id("msg", m.ID), At: db.FormatTime(m.At), Direction: m.Direction, Type: m.Type, Text: m.Body + m.Caption,
		Details: m.Payload, Status: m.Status, SentBy: m.SentByKind, ReplyTo: id("msg", m.ReplyTo), Deleted: m.Deleted}
	for _, r := range m.Reactions {
		l.Reactions = append(l.Reactions, r.Emoji)
	}
	return l
}

// fileIn is the name of a file in the archive: unlike any other's, and without a path.
func fileIn(m *media.Media) string {
	name := path.Base(strings.ReplaceAll(m.FileName, `\`, "/"))
	if m.FileName == "" || name == "." || name == "/" {
		name = m.Key
	}
	return fmt.Sprintf("%s-%s", id("med", m.ID), name)
}

func (p *person) file(name string, m *media.Media) error {
	r, _, err := p.c.s.Media.Open(p.c.r.Context(), m.OrgID, m.Key)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := p.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: db.Time(m.CreatedAt)})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return err
}
