package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	reviewTime   = time.Second // unless Options say otherwise
	maxTemplates = 1000        // of an account
)

// newTemplate is the body of a call that makes or edits a template.
type newTemplate struct {
	Name       string          `json:"name"`
	Language   string          `json:"language"`
	Category   string          `json:"category"`
	Format     string          `json:"parameter_format"`
	Components json.RawMessage `json:"components"`
	TTL        int             `json:"message_send_ttl_seconds"`
}

var templateName = regexp.MustCompile(`^[a-z0-9_]{1,512}$`)

func (s *Sim) createTemplate(w http.ResponseWriter, r *http.Request, wabaID string) {
	n, e := s.authorizeWABA(r, wabaID)
	var in newTemplate
	if e == nil && json.NewDecoder(r.Body).Decode(&in) != nil {
		e = bad(100, "The body is no JSON.")
	}
	if e != nil {
		refuse(w, e)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, e := s.addTemplate(n, in)
	if e != nil {
		refuse(w, e)
		return
	}
	answer(w, http.StatusOK, obj{"id": t.ID, "status": t.Status, "category": t.Category})
}

// addTemplate makes a template and has it reviewed. The lock is held.
func (s *Sim) addTemplate(n Number, in newTemplate) (*Template, *refusal) {
	t := &Template{
		Name: in.Name, Language: in.Language, Category: strings.ToUpper(in.Category), Named: strings.EqualFold(in.Format, "named"),
		Components: in.Components, TTL: in.TTL,
	}
	switch {
	case !templateName.MatchString(in.Name):
		return nil, bad(100, "Param name must be small letters, digits and underscores")
	case in.Language == "":
		return nil, bad(100, "Param language is required")
	case !slices.Contains([]string{"MARKETING", "UTILITY", "AUTHENTICATION"}, t.Category):
		return nil, bad(100, "Param category must be one of {MARKETING, UTILITY, AUTHENTICATION}")
	case s.template(n.WABAID, in.Name, in.Language) != nil:
		return nil, bad(2388024, "There is already content of this template in this language.")
	case s.deleted[n.WABAID+"/"+in.Name]:
		return nil, bad(2388023, "New content cannot be added while the existing content is being deleted. Try again in 4 weeks or use another name.")
	case len(s.templatesOf(n.WABAID)) >= maxTemplates:
		return nil, bad(2388019, "The account has reached the limit of templates.")
	}
	if e := s.fitTemplate(t); e != nil {
		return nil, e
	}
	s.serial++
	t.ID = strconv.FormatInt(1948820335000000+s.serial, 10)
	s.templates[n.WABAID] = append(s.templates[n.WABAID], t)
	s.review(n, t)
	return t, nil
}

// fitTemplate finds fault with the components and writes what Meta writes
// itself. The lock is held.
func (s *Sim) fitTemplate(t *Template) *refusal {
	if t.Category == "AUTHENTICATION" {
		t.Components = codeWords(t.Components)
	}
	if t.read() != nil || len(t.parts) == 0 {
		return bad(100, "Param components must be a list")
	}
	if find(t.parts, "BODY").Text == "" {
		return bad(2388047, "The body is missing.")
	}
	if e := s.fitParts(t.parts); e != nil {
		return e
	}
	for _, c := range find(t.parts, "CAROUSEL").Cards {
		if e := s.fitParts(c.Components); e != nil {
			return e
		}
	}
	components := string(t.Components)
	for name := range s.samples {
		components = strings.ReplaceAll(components, handleOf(name), "sample:"+name)
	}
	t.Components = json.RawMessage(components)
	return nil
}

func (s *Sim) fitParts(all []part) *refusal {
	text := find(all, "BODY")
	bare := strings.TrimSpace(text.Text)
	if at := variable.FindAllStringIndex(bare, -1); len(at) > 0 {
		if at[0][0] == 0 && !strings.HasPrefix(bare, "*") || at[len(at)-1][1] == len(bare) {
			return bad(2388299, "Variables can't be at the start or end of the template.")
		}
		if len(text.Example) == 0 {
			return bad(2388043, "The body has variables and no example.")
		}
	}
	if tooLong(text.Text, 1024) {
		return bad(2388040, "The body has more than 1024 characters.")
	}
	h := find(all, "HEADER")
	if slices.Contains([]string{"IMAGE", "VIDEO", "DOCUMENT"}, strings.ToUpper(h.Format)) {
		handles, _ := h.Example["header_handle"].([]any)
		if len(handles) == 0 {
			return bad(2388273, "The header has no example file.")
		}
		name, _ := handles[0].(string)
		if !strings.HasPrefix(name, "sample:") && s.samples[sampleOf(name)] == nil {
			return bad(100, "Invalid file handle in header_handle.")
		}
	}
	for _, b := range find(all, "BUTTONS").Buttons {
		if strings.EqualFold(b.Type, "URL") && variable.MatchString(b.URL) && b.Example == nil {
			return bad(2388043, "The button has a variable and no example.")
		}
	}
	return nil
}

// codeWords writes the words of a template for one-time codes, which are
// Meta's.
func codeWords(components json.RawMessage) json.RawMessage {
	var all []obj
	if json.Unmarshal(components, &all) != nil {
		return components
	}
	for _, c := range all {
		switch strings.ToUpper(fmt.Sprint(c["type"])) {
		case "BODY":
			c["text"] = "*{{1}}* is your verification code."
			if c["add_security_recommendation"] == true {
				c["text"] = "*{{1}}* is your verification code. For your security, do not share this code."
			}
			c["example"] = obj{"body_text": [][]string{{"123456"}}}
		case "FOOTER":
			c["text"] = fmt.Sprintf("This code expires in %v minutes.", c["code_expiration_minutes"])
		case "BUTTONS":
			list, _ := c["buttons"].([]any)
			for _, b := range list {
				if o, ok := b.(obj); ok {
					o["type"], o["url"], o["example"] = "URL", "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}", []string{"https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp123456"}
					if o["text"] == nil {
						o["text"] = "Copy code"
					}
				}
			}
		}
	}
	return parts(all...)
}

// review makes a template PENDING, and a moment later APPROVED, or REJECTED
// when its name begins with reject_. The lock is held.
func (s *Sim) review(n Number, t *Template) {
	t.Status, t.Reason, t.Quality, t.updated = "PENDING", "", "", s.now()
	s.touch()
	wait := s.opts.ReviewTime
	if wait <= 0 {
		wait = reviewTime
	}
	change := TemplateChange{Status: "APPROVED"}
	if strings.HasPrefix(t.Name, "reject_") {
		change = TemplateChange{Status: "REJECTED", Reason: "INVALID_FORMAT"}
	}
	t.reviews++
	asked := t.reviews
	s.later(wait, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if now, err := s.number(n.PhoneNumberID); err == nil && t.Status == "PENDING" && t.reviews == asked {
			s.changeTemplate(now, t, change)
		}
	})
}

// editTemplate answers POST /{template}.
func (s *Sim) editTemplate(w http.ResponseWriter, r *http.Request, id string) {
	n, t := s.templateByID(r, id)
	var in newTemplate
	switch {
	case t == nil:
		refuse(w, noSuchNode)
		return
	case json.NewDecoder(r.Body).Decode(&in) != nil:
		refuse(w, bad(100, "The body is no JSON."))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	trial := *t
	if len(in.Components) > 0 {
		trial.Components = in.Components
	}
	if in.Category != "" {
		trial.Category = strings.ToUpper(in.Category)
	}
	if in.TTL != 0 {
		trial.TTL = in.TTL
	}
	e := s.fitTemplate(&trial)
	switch {
	case !slices.Contains([]string{"APPROVED", "REJECTED", "PAUSED"}, t.Status):
		e = bad(2388025, "Only templates that are approved, rejected or paused can be edited.")
	case t.Status == "APPROVED" && trial.Category != t.Category:
		e = bad(2388026, "The category of an approved template cannot be changed.")
	}
	if e != nil {
		refuse(w, e)
		return
	}
	*t = trial
	s.review(n, t)
	answer(w, http.StatusOK, obj{"success": true})
}

// templateByID finds a template of an account that the token is for.
func (s *Sim) templateByID(r *http.Request, id string) (Number, *Template) {
	s.mu.Lock()
	var accounts []string
	for _, pnid := range s.order {
		accounts = append(accounts, s.numbers[pnid].WABAID)
	}
	s.mu.Unlock()
	for _, waba := range accounts {
		n, e := s.authorizeWABA(r, waba)
		if e != nil {
			continue
		}
		s.mu.Lock()
		all := s.templatesOf(waba)
		at := slices.IndexFunc(all, func(t *Template) bool { return t.ID == id })
		s.mu.Unlock()
		if at >= 0 {
			return n, all[at]
		}
	}
	return Number{}, nil
}

// deleteTemplates answers DELETE /{account}/message_templates: one by hsm_id
// and name, or all languages of a name.
func (s *Sim) deleteTemplates(w http.ResponseWriter, r *http.Request, wabaID string) {
	if _, e := s.authorizeWABA(r, wabaID); e != nil {
		refuse(w, e)
		return
	}
	name, id := r.URL.Query().Get("name"), r.URL.Query().Get("hsm_id")
	s.mu.Lock()
	defer s.mu.Unlock()
	var gone []*Template
	for _, t := range s.templatesOf(wabaID) {
		if t.Name == name && (id == "" || t.ID == id) {
			gone = append(gone, t)
		}
	}
	if name == "" || len(gone) == 0 {
		refuse(w, bad(100, "The message template was not found."))
		return
	}
	for _, t := range gone {
		if t.Status == "DISABLED" {
			refuse(w, bad(100, "A disabled template cannot be deleted."))
			return
		}
		if t.Status == "APPROVED" && id == "" {
			s.deleted[wabaID+"/"+name] = true
		}
	}
	s.templates[wabaID] = slices.DeleteFunc(s.templates[wabaID], func(t *Template) bool { return slices.Contains(gone, t) })
	s.touch()
	answer(w, http.StatusOK, obj{"success": true})
}

// TemplateChange is what Meta decides about a template. Empty fields stay.
type TemplateChange struct {
	Status   string // APPROVED, REJECTED, PAUSED, DISABLED, …
	Reason   string // of a rejection
	Quality  string // GREEN, YELLOW, RED
	Category string
}

var errNoTemplate = errors.New("no such template")

// SetTemplate changes a template of the account of a number, and sends the
// webhooks that tell of it.
func (s *Sim) SetTemplate(pnid, name, language string, c TemplateChange) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.number(pnid)
	if err != nil {
		return err
	}
	t := s.template(n.WABAID, name, language)
	if t == nil {
		return errNoTemplate
	}
	s.changeTemplate(n, t, c)
	return nil
}

// changeTemplate changes a template and sends its webhooks. The lock is held.
func (s *Sim) changeTemplate(n *Number, t *Template, c TemplateChange) {
	tell := func(field string, value obj) {
		value["message_template_id"] = json.Number(t.ID)
		value["message_template_name"], value["message_template_language"] = t.Name, t.Language
		s.enqueue(n, []any{obj{"id": n.WABAID, "time": s.now().Unix(), "changes": []any{obj{"field": field, "value": value}}}})
	}
	if c.Quality != "" && c.Quality != t.Quality {
		before := t.Quality
		if before == "" {
			before = "UNKNOWN"
		}
		t.Quality = c.Quality
		tell("message_template_quality_update", obj{"previous_quality_score": before, "new_quality_score": c.Quality})
	}
	if c.Category != "" && c.Category != t.Category {
		before := t.Category
		t.Category = c.Category
		tell("template_category_update", obj{"previous_category": before, "new_category": c.Category})
	}
	if c.Status != "" && c.Status != t.Status {
		before := t.Status
		t.Status, t.Reason = c.Status, c.Reason
		value := obj{"event": c.Status, "reason": "NONE", "message_template_category": t.Category}
		switch c.Status {
		case "REJECTED":
			value["reason"] = c.Reason
			value["rejection_info"] = obj{"reason": "The content of the template is not as it should be.", "recommendation": "Look at its variables and examples."}
		case "PAUSED":
			value["reason"], value["other_info"] = nil, obj{"title": "FIRST_PAUSE", "description": "Your template has been paused for 3 hours because of its quality."}
		case "APPROVED":
			if before == "PAUSED" {
				value["other_info"] = obj{"title": "UNPAUSE", "description": "Your template can be sent again."}
			}
		}
		tell("message_template_status_update", value)
	}
	t.updated = s.now()
	s.touch()
}
