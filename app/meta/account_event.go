package meta

import (
	"encoding/json"
	"time"
)

// AccountEvent is the value of a template, number or account field. One
// struct serves all of them; what a field does not tell is empty.
type AccountEvent struct {
	Event              string
	Reason             string
	DisplayPhoneNumber string

	TemplateID, TemplateName, TemplateLanguage, TemplateCategory string
	PreviousQuality, NewQuality                                  string
	// NewCategory is the present category while CorrectCategory is set: then
	// the change is only announced, for CategoryChangesAt.
	PreviousCategory, NewCategory, CorrectCategory string
	CategoryChangesAt                              time.Time
	DisabledAt                                     time.Time
	Title, Description                             string // of a pause
	RejectionReason, Recommendation                string

	Decision, RequestedName string
	OldLimit, CurrentLimit  string
	DailyLimit              string // number or TIER_…

	Restrictions            []Restriction
	Violation               string
	BanState, BanDate       string // BanDate is English text
	DisconnectedBy          string
	DisconnectReason        string
	EntityType, EntityID    string
	Severity, AlertStatus   string
	AlertType, AlertMessage string
	Requester               string
}

// Restriction is something that an account may not do until Expires.
type Restriction struct {
	Type    string
	Expires time.Time
}

// ParseAccountEvent reads the value of a change. It fails only when raw is no
// JSON object.
func ParseAccountEvent(raw json.RawMessage) (AccountEvent, error) {
	o := parseObject(raw)
	if o == nil {
		return AccountEvent{}, errNotObject
	}
	e := AccountEvent{
		Event:              o.text("event"),
		Reason:             o.text("reason"),
		DisplayPhoneNumber: o.text("display_phone_number"),
		Decision:           o.text("decision"),
		RequestedName:      o.text("requested_verified_name"),
		OldLimit:           o.text("old_limit"),
		CurrentLimit:       o.text("current_limit"),
		DailyLimit:         o.first("max_daily_conversations_per_business", "max_daily_conversation_per_phone"),
		Violation:          o.object("violation_info").text("violation_type"),
		EntityType:         o.text("entity_type"),
		EntityID:           o.text("entity_id"),
		Requester:          o.text("requester"),
	}
	e.parseTemplate(o)
	e.parseAccount(o)
	return e, nil
}

func (e *AccountEvent) parseTemplate(o object) {
	e.TemplateID = o.text("message_template_id")
	e.TemplateName = o.text("message_template_name")
	e.TemplateLanguage = o.text("message_template_language")
	e.TemplateCategory = o.text("message_template_category")
	e.PreviousQuality = o.text("previous_quality_score")
	e.NewQuality = o.text("new_quality_score")
	e.PreviousCategory = o.text("previous_category")
	e.NewCategory = o.text("new_category")
	e.CorrectCategory = o.text("correct_category")
	e.CategoryChangesAt = o.time("category_update_timestamp")
	e.DisabledAt = o.object("disable_info").time("disable_date")
	e.Title = o.object("other_info").text("title")
	e.Description = o.object("other_info").text("description")
	e.RejectionReason = o.object("rejection_info").text("reason")
	if e.RejectionReason == "" {
		e.RejectionReason = o.text("rejection_reason")
	}
	e.Recommendation = o.object("rejection_info").text("recommendation")
}

func (e *AccountEvent) parseAccount(o object) {
	ban, gone, alert := o.object("ban_info"), o.object("disconnection_info"), o.object("alert_info")
	e.BanState = ban.text("waba_ban_state")
	e.BanDate = ban.text("waba_ban_date")
	e.DisconnectedBy = gone.text("initiated_by")
	e.DisconnectReason = gone.text("reason")
	e.Severity = alert.text("alert_severity")
	e.AlertStatus = alert.text("alert_status")
	e.AlertType = alert.text("alert_type")
	e.AlertMessage = alert.text("alert_description")
	for _, raw := range o.list("restriction_info") {
		if r := parseObject(raw); r != nil {
			e.Restrictions = append(e.Restrictions, Restriction{Type: r.text("restriction_type"), Expires: r.time("expiration")})
		}
	}
}
