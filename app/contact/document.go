package contact

import "badala/app/db"

// Document is the contact as other systems see it: in answers of the API and
// in what webhooks deliver.
type Document struct {
	ID               string            `json:"id"`
	Name             string            `json:"name"`
	Phone            *string           `json:"phone" doc:"E.164 with +; null for a customer known only by a WhatsApp user name."`
	Email            *string           `json:"email"`
	Tags             []string          `json:"tags" nullable:"false"`
	ExternalID       *string           `json:"externalId"`
	MarketingConsent *bool             `json:"marketingConsent" doc:"null: never stated."`
	Company          CompanyDocument   `json:"company"`
	Source           string            `json:"source" enum:"WHATSAPP,MANUAL,API,IMPORT"`
	CustomFields     map[string]string `json:"customFields"`
	Notes            *string           `json:"notes"`
	WhatsApp         WhatsAppDocument  `json:"whatsapp"`
	OtherPhones      []string          `json:"otherPhones" nullable:"false"`
	CreatedAt        string            `json:"createdAt" format:"date-time"`
	UpdatedAt        string            `json:"updatedAt" format:"date-time"`
	LastMessageAt    *string           `json:"lastMessageAt" format:"date-time"`
}

// CompanyDocument is where a contact works.
type CompanyDocument struct {
	Name     *string `json:"name"`
	Website  *string `json:"website"`
	JobTitle *string `json:"jobTitle"`
	Address  *string `json:"address"`
}

// WhatsAppDocument is what WhatsApp tells of a contact.
type WhatsAppDocument struct {
	WaID        *string `json:"waId"`
	ProfileName *string `json:"profileName"`
	UserID      *string `json:"userId" doc:"Meta's business-scoped id."`
	Username    *string `json:"username"`
}

// DocumentOf shows a contact, with the tags and further phones that ByID and
// ByIDs fill.
func DocumentOf(c Contact) Document {
	out := Document{
		ID: db.FormatID("contact", c.ID), Name: c.Title(), Phone: text(c.Phone), Email: text(c.Email), Tags: make([]string, len(c.Tags)),
		ExternalID: text(c.ExternalID), MarketingConsent: c.Consent, Source: c.Source, CustomFields: c.Custom, Notes: text(c.Notes),
		Company:     CompanyDocument{Name: text(c.Company.Name), Website: text(c.Company.Website), JobTitle: text(c.Company.JobTitle), Address: text(c.Company.Address)},
		WhatsApp:    WhatsAppDocument{WaID: text(c.WaID), ProfileName: text(c.ProfileName), UserID: text(c.UserID), Username: text(c.Username)},
		OtherPhones: c.OtherPhones, CreatedAt: db.FormatTime(c.CreatedAt), UpdatedAt: db.FormatTime(c.UpdatedAt),
	}
	for i, t := range c.Tags {
		out.Tags[i] = t.Name
	}
	if out.CustomFields == nil {
		out.CustomFields = map[string]string{}
	}
	if out.OtherPhones == nil {
		out.OtherPhones = []string{}
	}
	if c.LastMessageAt != 0 {
		out.LastMessageAt = text(db.FormatTime(c.LastMessageAt))
	}
	return out
}

// text is a string, or null for an empty one.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
