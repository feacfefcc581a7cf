package channel

// Health is what Meta last told about a number and its account.
type Health struct {
	Restrictions []Restriction `json:"restrictions,omitempty"`
	// Ban is SCHEDULE_FOR_DISABLE or DISABLE; BanDate is Meta's English text.
	Ban           string     `json:"ban,omitempty"`
	BanDate       string     `json:"banDate,omitempty"`
	Violation     string     `json:"violation,omitempty"`
	Review        string     `json:"review,omitempty"`
	NameDecision  string     `json:"nameDecision,omitempty"`
	RequestedName string     `json:"requestedName,omitempty"`
	NameReason    string     `json:"nameReason,omitempty"`
	Alert         *Notice    `json:"alert,omitempty"`
	Security      *Notice    `json:"security,omitempty"`
	Error         *Notice    `json:"error,omitempty"`
	Problems      []Notice   `json:"problems,omitempty"`
	Newest        newestNews `json:"newest,omitempty"`
}

// Restriction is something that the account may not do until Expires (ms).
type Restriction struct {
	Type    string `json:"type"`
	Expires int64  `json:"expires,omitempty"`
}

// Notice is one message of Meta's. Kind and Text are Meta's words.
type Notice struct {
	Kind   string `json:"kind,omitempty"`
	Code   int    `json:"code,omitempty"`
	Level  string `json:"level,omitempty"`
	Text   string `json:"text,omitempty"`
	Remedy string `json:"remedy,omitempty"`
	At     int64  `json:"at,omitempty"`
}

// newestNews is the time of the newest news of each kind. They come in any
// order, and again.
type newestNews map[string]int64

// take says whether news of a kind is newer than what is known, and remembers
// it. News without a time is taken.
func (h *Health) take(kind string, at int64) bool {
	if at == 0 {
		return true
	}
	if at <= h.Newest[kind] {
		return false
	}
	if h.Newest == nil {
		h.Newest = newestNews{}
	}
	h.Newest[kind] = at
	return true
}

// TemplatesHeldUntil is when templates may go out again (ms); 0: now.
func (h Health) TemplatesHeldUntil() int64 {
	for _, r := range h.Restrictions {
		if r.Type == restrictedTemplates {
			return r.Expires
		}
	}
	return 0
}

// Kinds of restrictions that concern sending.
const (
	restrictedTemplates = "RESTRICTED_BIZ_INITIATED_MESSAGING"
	restrictedReplies   = "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"
)
