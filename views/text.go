package views

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"

	"badala/app/i18n"
)

// mirrored icons point the other way in Arabic.
var mirrored = map[string]bool{
	"chevron-left": true, "chevron-right": true, "arrow-left": true, "send-horizontal": true,
	"reply": true, "forward": true, "log-out": true, "panel-right": true,
}

// initial is the first letter of a name, "#" for a number.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) {
			return string(unicode.ToUpper(r))
		}
		if unicode.IsDigit(r) {
			return "#"
		}
	}
	return "?"
}

func kindText(p Page, k Kind) string { return p.T("kind." + string(k)) }

// previewText is one line that stands for a message.
func previewText(p Page, m LastMessage) string {
	text := strings.Join(strings.Fields(m.Text), " ")
	switch m.Kind {
	case Text, Note, Activity, System, Interactive, Choice, "":
		if text != "" {
			return cut(text)
		}
	case Voice, Audio:
		if m.Seconds > 0 {
			return kindText(p, m.Kind) + " " + seconds(m.Seconds)
		}
	case Reaction:
		return p.T("preview.reaction", text)
	case Image, Video, Document, Location, Template, Contacts:
		if text != "" {
			return cut(text)
		}
	}
	if m.Kind == "" {
		return ""
	}
	return kindText(p, m.Kind)
}

func previewIcon(m LastMessage) string {
	if m.Note {
		return "lock"
	}
	return map[Kind]string{
		Image: "camera", Video: "video", Voice: "mic", Audio: "mic", Document: "file-text", Sticker: "sticker",
		Location: "map-pin", Contacts: "contact", Order: "shopping-cart", Template: "layout-template",
		Call: "phone", Deleted: "ban", Unsupported: "smartphone", Unknown: "smartphone",
	}[m.Kind]
}

func firstTags(t []Tag) []Tag { return t[:min(len(t), 2)] }

func hasChips(p Page, r RowData) bool {
	return r.Closed || !r.Snoozed.IsZero() || !r.Waiting.IsZero() || r.Assignee != "" || len(r.Tags) > 0 || r.Channel != "" || windowState(p.Now, r.Window) != "open"
}

func pane(d InboxPage) string {
	if d.Thread != nil {
		return "thread"
	}
	return "list"
}

func mode(t ThreadData) string {
	if t.NoteMode {
		return "note"
	}
	return "reply"
}

func closedText(p Page, w Window) string {
	if w.Until.IsZero() {
		return p.T("window.never")
	}
	return p.T("window.closed.long")
}

func assignTitle(p Page, h HeadData) string {
	if h.Assignee == "" {
		return p.T("assign.open")
	}
	return p.T("assign.to", h.Assignee)
}

// phone spaces a number's digits in groups so that it can be read.
func phone(s string) string {
	if len(s) < 8 || s[0] != '+' {
		return s
	}
	n := len(s)
	return s[:n-8] + " " + s[n-8:n-4] + " " + s[n-4:]
}

var notDigits = regexp.MustCompile(`[^0-9+]`)

func digits(s string) string { return notDigits.ReplaceAllString(s, "") }

func coordinates(l PlaceData) string { return fmt.Sprintf("%.5f, %.5f", l.Lat, l.Lng) }

func (o OrderData) pieces() int {
	n := 0
	for _, l := range o.Lines {
		n += l.Quantity
	}
	return n
}

func choiceKind(s string) string {
	switch s {
	case "list", "template", "flow", "call":
		return s
	}
	return "button"
}

func callIcon(c CallData) string {
	switch {
	case c.Missed:
		return "phone-missed"
	case c.Out:
		return "phone-outgoing"
	}
	return "phone-incoming"
}

func callText(p Page, c CallData) string {
	switch {
	case c.Missed:
		return p.T("call.missed")
	case c.Out:
		return p.T("call.out", seconds(c.Seconds))
	}
	return p.T("call.in", seconds(c.Seconds))
}

func activityText(p Page, a ActivityData) string {
	key := "activity." + a.What
	if a.Actor == "" && i18n.Has(key+".auto") {
		return p.T(key+".auto", isolate(a.Subject), a.Minutes)
	}
	return p.T(key, isolate(a.Actor), isolate(a.Subject), a.Minutes)
}

// isolate keeps a name's direction out of the sentence around it.
func isolate(s string) string {
	if s == "" {
		return ""
	}
	return "\u2068" + s + "\u2069"
}

func speaker(p Page, b BubbleData) string {
	switch {
	case b.Kind == Note:
		return p.T("speaker.note", b.Author)
	case b.Out && b.Author != "":
		return p.T("speaker.name", b.Author)
	case b.Out:
		return p.T("speaker.us")
	case b.Author != "":
		return p.T("speaker.name", b.Author)
	}
	return p.T("speaker.customer")
}

// byline names who of ours wrote; styles show it once per group.
func byline(p Page, b BubbleData) string {
	switch {
	case !b.Out && b.Kind != Note:
		return ""
	case b.Via != "" && (b.Via != "api" || b.Author == ""):
		return p.T("via." + b.Via)
	}
	return b.Author // a teammate, or the name of an API key
}

func quoteAuthor(p Page, q QuoteData) string {
	switch {
	case q.Author != "":
		return q.Author
	case q.Out:
		return p.T("speaker.us.short")
	}
	return p.T("speaker.customer.short")
}

func reactor(p Page, r ReactionData) string {
	switch {
	case r.By != "":
		return r.By
	case r.Mine:
		return p.T("speaker.us.short")
	}
	return p.T("speaker.customer.short")
}

// failureText is the reason in plain words: given, or looked up by Meta's code.
func failureText(p Page, b BubbleData) string {
	if b.Failure.Reason != "" {
		return b.Failure.Reason
	}
	if b.Status == Unconfirmed {
		return p.T("fail.unconfirmed")
	}
	if key := "meta." + strconv.Itoa(b.Failure.Code); i18n.Has(key) {
		return p.T(key)
	}
	return p.T("fail.other")
}

func (m MediaData) isImage() bool { return strings.HasPrefix(m.ContentType, "image/") }
func (m MediaData) isVideo() bool { return strings.HasPrefix(m.ContentType, "video/") }

func (m MediaData) small() string {
	if m.Thumb != "" {
		return m.Thumb
	}
	return m.URL
}

func (m MediaData) save() string {
	if m.Download != "" {
		return m.Download
	}
	return m.URL
}

// sizeOf fits the picture into a square of side most, so that nothing jumps.
func sizeOf(m MediaData, most int) templ.Attributes {
	w, h := m.Width, m.Height
	if w <= 0 || h <= 0 {
		return templ.Attributes{}
	}
	if top := max(w, h); top > most {
		w, h = max(1, w*most/top), max(1, h*most/top)
	}
	return templ.Attributes{"width": strconv.Itoa(w), "height": strconv.Itoa(h)}
}

func pictureText(p Page, b BubbleData) string {
	if b.Text != "" {
		return p.T("media.picture", cut(b.Text))
	}
	return p.T("kind.image")
}

func fileName(p Page, m MediaData) string {
	if m.FileName == "" {
		return p.T("kind.document")
	}
	return m.FileName
}

// fileKind is the extension and size, as in "PDF · 82 kB".
func fileKind(m MediaData) string {
	ext := strings.ToUpper(strings.TrimPrefix(path.Ext(m.FileName), "."))
	if utf8.RuneCountInString(ext) > 5 {
		ext = ""
	}
	size := bytes(m.Size)
	if ext != "" && size != "" {
		return ext + " · " + size
	}
	return ext + size
}

func mediaProblem(p Page, b BubbleData, m MediaData) string {
	switch {
	case m.Problem != "":
		return m.Problem
	case m.State == MediaFailed:
		return p.T("media.failed", kindText(p, b.Kind))
	}
	return p.T("media.gone", kindText(p, b.Kind))
}

func (c ContactData) display() string {
	for _, s := range []string{c.Name, c.ProfileName, c.Phone, at(c.Username)} {
		if s != "" {
			return s
		}
	}
	return "?"
}

func at(s string) string {
	if s == "" {
		return ""
	}
	return "@" + s
}

// noteText is a note with names in place of mentioned ids.
func noteText(n NoteData) string {
	s := n.Text
	for id, name := range n.Mentions {
		s = strings.ReplaceAll(s, "@["+id+"]", "@"+name)
	}
	return cut(s)
}

// words are the texts that scripts say, as JSON.
func words(p Page) string {
	m := map[string]string{}
	for key, msg := range i18n.Catalogue(p.lang()) {
		name, ok := strings.CutPrefix(key, "js.")
		if !ok {
			continue
		}
		m[name] = msg.Text
		for form, text := range msg.Forms {
			m[name+"."+form] = text
		}
	}
	b, err := json.Marshal(m)
	if err != nil {
		return "{}"
	}
	return string(b)
}
