package webhook

import (
	"encoding/json"
	"fmt"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/event"
)

// ContactData is the data of contact.created and contact.updated.
type ContactData struct {
	contact.Document
	Changed []string `json:"changed,omitempty"`
	Origin  string   `json:"origin"`
	Version int64    `json:"version"`
}

func (s *Service) contactData(q db.Q, e event.Event) (any, error) {
	c, err := s.Contacts.ByID(q, e.OrgID, e.ContactID)
	if err != nil {
		return nil, err
	}
	d := ContactData{Document: contact.DocumentOf(c), Version: e.Seq}
	var how struct {
		Origin  string
		Changed []string
	}
	if len(e.Data) > 0 {
		if err := json.Unmarshal(e.Data, &how); err != nil {
			return nil, fmt.Errorf("data of %s: %w", e.Type, err)
		}
	}
	d.Origin, d.Changed = how.Origin, how.Changed
	return d, nil
}

// DeletedData is the data of contact.deleted.
type DeletedData struct {
	ContactID  string  `json:"contactId"`
	ExternalID *string `json:"externalId"`
	Origin     string  `json:"origin"`
	Version    int64   `json:"version"`
}

func deletedData(e event.Event) (any, error) {
	var was struct{ ExternalID, Origin string }
	if len(e.Data) > 0 {
		if err := json.Unmarshal(e.Data, &was); err != nil {
			return nil, fmt.Errorf("data of %s: %w", e.Type, err)
		}
	}
	return DeletedData{ref("contact", e.ContactID), text(was.ExternalID), was.Origin, e.Seq}, nil
}

// ChannelData is the data of channel.health. What names the news, Detail is
// Meta's word for it.
type ChannelData struct {
	ChannelID   string `json:"channelId"`
	Name        string `json:"name"`
	PhoneNumber string `json:"phoneNumber,omitempty"`
	State       string `json:"state"`
	Quality     string `json:"quality,omitempty"`
	What        string `json:"what,omitempty"`
	Detail      string `json:"detail,omitempty"`
	Version     int64  `json:"version"`
}

func (s *Service) channelData(q db.Q, e event.Event) (any, error) {
	d := ChannelData{ChannelID: ref("chan", e.ChannelID), Version: e.Seq}
	if len(e.Data) > 0 {
		if err := json.Unmarshal(e.Data, &d); err != nil {
			return nil, fmt.Errorf("data of %s: %w", e.Type, err)
		}
	}
	return db.One(q, func(r *db.Rows, out *ChannelData) error {
		*out = d
		return r.Scan(&out.Name, &out.PhoneNumber, &out.State, &out.Quality)
	}, `SELECT name, phone_number, state, quality FROM channel WHERE id = ? AND org_id = ?`, e.ChannelID, e.OrgID)
}
