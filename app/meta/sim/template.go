package sim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Template is a message template of an account.
type Template struct {
	ID, Name, Language string
	Status             string // APPROVED, PENDING, PAUSED, REJECTED, …
	Category           string // UTILITY, MARKETING, AUTHENTICATION
	Named              bool   // {{first_name}} instead of {{1}}
	Quality            string // GREEN, YELLOW, RED, UNKNOWN; empty: UNKNOWN
	Reason             string // of a rejection
	TTL                int    // seconds, 0: Meta's default
	// Components as Meta sends them. An example file "sample:…" becomes an
	// address of the simulator.
	Components json.RawMessage

	parts   []part
	updated time.Time
	reviews int
}

// part is a component of a template.
type part struct {
	Type    string       `json:"type"`
	Format  string       `json:"format"`
	Text    string       `json:"text"`
	Buttons []partButton `json:"buttons"`
	Cards   []struct {
		Components []part `json:"components"`
	} `json:"cards"`
	Offer struct {
		Text    string `json:"text"`
		Expires bool   `json:"has_expiration"`
	} `json:"limited_time_offer"`
	Example map[string]any `json:"example"`
}

type partButton struct {
	Type    string `json:"type"`
	Text    string `json:"text"`
	URL     string `json:"url"`
	Phone   string `json:"phone_number"`
	OTP     string `json:"otp_type"`
	Example any    `json:"example"`
}

// read takes the components apart.
func (t *Template) read() error {
	t.parts = nil
	return json.Unmarshal(t.Components, &t.parts)
}

// find gives the component of a type among parts, an empty one if there is none.
func find(parts []part, kind string) part {
	for _, p := range parts {
		if strings.EqualFold(p.Type, kind) {
			return p
		}
	}
	return part{}
}

// templates gives the templates of an account, which begin as SampleTemplates.
// The lock is held.
func (s *Sim) templatesOf(wabaID string) []*Template {
	if s.templates == nil {
		s.templates = map[string][]*Template{}
	}
	if s.templates[wabaID] == nil {
		for _, t := range SampleTemplates() {
			s.templates[wabaID] = append(s.templates[wabaID], &t)
		}
	}
	return s.templates[wabaID]
}

// template finds a template of an account. The lock is held.
func (s *Sim) template(wabaID, name, language string) *Template {
	for _, t := range s.templatesOf(wabaID) {
		if t.Name == name && t.Language == language {
			return t
		}
	}
	return nil
}

// Templates gives the templates of the account of a number.
func (s *Sim) Templates(pnid string) []Template {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.number(pnid)
	if err != nil {
		return nil
	}
	var all []Template
	for _, t := range s.templatesOf(n.WABAID) {
		all = append(all, *t)
	}
	return all
}

// json is the template as the Graph API shows it. The lock is held.
func (s *Sim) templateJSON(t *Template) obj {
	format, quality := "POSITIONAL", t.Quality
	if t.Named {
		format = "NAMED"
	}
	if quality == "" {
		quality = "UNKNOWN"
	}
	components := strings.ReplaceAll(string(t.Components), `"sample:`, `"`+s.baseURL+`/samples/`)
	o := obj{
		"id": t.ID, "name": t.Name, "language": t.Language, "status": t.Status, "category": t.Category,
		"parameter_format": format, "components": json.RawMessage(components), "quality_score": obj{"score": quality},
	}
	if t.Reason != "" {
		o["rejected_reason"] = t.Reason
	}
	if t.TTL != 0 {
		o["message_send_ttl_seconds"] = t.TTL
	}
	if !t.updated.IsZero() {
		o["last_updated_time"] = t.updated.Unix()
	}
	return o
}

// listTemplates answers GET /{account}/message_templates in pages.
func (s *Sim) listTemplates(w http.ResponseWriter, r *http.Request, wabaID string) {
	if _, e := s.authorizeWABA(r, wabaID); e != nil {
		refuse(w, e)
		return
	}
	q := r.URL.Query()
	size, err := strconv.Atoi(q.Get("limit"))
	if err != nil || size < 1 {
		size = 25
	}
	s.mu.Lock()
	all := slices.DeleteFunc(slices.Clone(s.templatesOf(wabaID)), func(t *Template) bool {
		return q.Get("status") != "" && !strings.EqualFold(q.Get("status"), t.Status) || q.Get("name") != "" && q.Get("name") != t.Name
	})
	from := 0
	if after := q.Get("after"); after != "" {
		from = slices.IndexFunc(all, func(t *Template) bool { return cursorOf(t) == after }) + 1
	}
	end := min(from+size, len(all))
	data := []any{}
	for _, t := range all[from:end] {
		data = append(data, s.templateJSON(t))
	}
	base := s.baseURL
	s.mu.Unlock()
	paging := obj{}
	if len(data) > 0 {
		last := cursorOf(all[end-1])
		paging["cursors"] = obj{"before": cursorOf(all[from]), "after": last}
		if end < len(all) {
			paging["next"] = base + "/v26.0/" + wabaID + "/message_templates?limit=" + strconv.Itoa(size) + "&after=" + last
		}
	}
	answer(w, http.StatusOK, obj{"data": data, "paging": paging})
}

// cursorOf names the place of a template in a list.
func cursorOf(t *Template) string { return "QVFI" + t.ID }

// sample answers GET /samples/{name}: the example file of a header.
func (s *Sim) sample(w http.ResponseWriter, name string) {
	s.mu.Lock()
	file := s.samples[name]
	s.mu.Unlock()
	if file == nil {
		file = &sampleFile{"image/jpeg", SamplePicture()}
		switch {
		case strings.HasSuffix(name, ".pdf"):
			file = &sampleFile{"application/pdf", SampleDocument()}
		case !strings.HasSuffix(name, ".jpg"):
			refuse(w, noSuchNode)
			return
		}
	}
	w.Header().Set("Content-Type", file.contentType)
	_, _ = w.Write(file.bytes) // the caller may be gone
}

// sampleFile is an example file that was uploaded.
type sampleFile struct {
	contentType string
	bytes       []byte
}
