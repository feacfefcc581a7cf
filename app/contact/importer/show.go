package importer

import (
	"maps"
	"strings"

	"badala/app/contact"
	"badala/app/db"
)

// show gives a contact as words, for a sample; w has what is to come.
func show(st *contact.State, w *contact.Write) map[string]string {
	m := map[string]string{}
	put := func(k, v string) {
		if v != "" {
			m[k] = v
		}
	}
	put(FieldName, st.Name)
	put(FieldPhone, st.Phone)
	put(FieldEmail, st.Email)
	put(FieldExternal, st.ExternalID)
	put(FieldCompany, st.Company.Name)
	put(FieldWebsite, st.Company.Website)
	put(FieldJobTitle, st.Company.JobTitle)
	put(FieldAddress, st.Company.Address)
	put(FieldSource, st.Origin)
	put(FieldUserID, st.UserID)
	if st.CreatedAt != 0 {
		put(FieldCreated, db.FormatTime(st.CreatedAt))
	}
	var tags, phones []string
	consent := st.Consent
	for _, t := range st.Tags {
		tags = append(tags, t.Name)
	}
	for _, h := range st.Handles {
		if h.Shown != "" && h.Shown != st.Phone {
			phones = append(phones, h.Shown)
		}
	}
	if w != nil {
		tags = append(tags, w.AddTags...)
		for _, h := range w.AddHandles {
			if h.Shown != "" && h.Shown != st.Phone {
				phones = append(phones, h.Shown)
			}
		}
		if w.ConsentSet {
			consent = w.Consent
		}
	}
	put(FieldTags, strings.Join(tags, ", "))
	put(FieldOtherPhone, strings.Join(phones, ", "))
	if consent != nil {
		put(FieldConsent, map[bool]string{true: "true", false: "false"}[*consent])
	}
	for k, v := range maps.All(st.Custom) {
		put(CustomPrefix+k, v)
	}
	return m
}
