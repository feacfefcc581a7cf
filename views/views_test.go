package views_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"badala/app/hours"
	"badala/views"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func page(lang string) views.Page {
	return views.Page{Lang: lang, Now: now, User: views.User{ID: "user_1", Name: "Aisha"}, Path: "/inbox",
		CanManage: true, CanMembers: true, CanKeys: true, CanWebhooks: true, CanAudit: true, Alert: views.Alert{Count: 1, Hooks: 1, Text: "Deliveries to a.example fail.", Link: "/settings/webhooks/wh_1"}, CanReply: true, CanAssign: true, Rev: 7, Epoch: "e"}
}

func draw(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func inbox(lang string) views.InboxPage {
	p := page(lang)
	hostile := `<img src=x onerror=alert(1)> "'`
	return views.InboxPage{
		Page: p,
		List: views.ListData{Filter: views.Filter{View: views.Mine}, Selected: "conv_1", Rows: []views.RowData{
			{ID: "conv_1", Name: hostile, At: now.Add(-time.Minute), Unread: 2, Last: views.LastMessage{Kind: views.Text, Text: hostile}, Tags: []views.Tag{{ID: "t", Name: hostile}}},
			{ID: "conv_2", Name: "Sara", Last: views.LastMessage{Kind: views.Voice, Seconds: 14}, Draft: "hello"},
		}},
		Thread: &views.ThreadData{
			Head: views.HeadData{ID: "conv_1", Name: hostile, Window: views.Window{Until: now.Add(time.Hour), Open: true}},
			Bubbles: []views.BubbleData{
				{ID: "msg_1", Kind: views.Text, Text: hostile + " javascript:alert(1)", At: now.Add(-48 * time.Hour)},
				{ID: "msg_2", Kind: views.Document, At: now.Add(-time.Hour), Media: &views.MediaData{State: views.MediaReady, URL: "/media/x", FileName: hostile}},
				{ID: "msg_3", Kind: views.Text, Out: true, Author: "Aisha", Status: views.Failed, At: now, Failure: &views.FailureData{Code: 131047, CanRetry: true}},
				{ID: "msg_4", Kind: views.Text, Referral: &views.ReferralData{URL: "javascript:alert(1)", Headline: hostile}, At: now},
			},
		},
		Panel: &views.PanelData{Conv: "conv_1", Contact: views.ContactData{ID: "contact_1", Name: hostile}},
	}
}

func pages(lang string) map[string]templ.Component {
	p := page(lang)
	return map[string]templ.Component{
		"inbox":     views.Inbox(inbox(lang)),
		"changes":   views.Changes(views.ChangesData{Page: p, ListChanged: true, List: inbox(lang).List, Conv: "conv_1", Head: &inbox(lang).Thread.Head, Panel: inbox(lang).Panel, Bubbles: inbox(lang).Thread.Bubbles}),
		"sign in":   views.SignIn(views.SignInPage{Page: p, Error: "x", Demo: []views.DemoLogin{{Email: "a@b.c", Name: "A"}}}),
		"link":      views.SignInLink(views.SignInLinkPage{Page: p, Token: "t"}),
		"setup":     views.Setup(views.SetupPage{Page: p, Errors: map[string]string{"email": "x"}}),
		"invite":    views.Invite(views.InvitePage{Page: p, OrgName: "O"}),
		"reset":     views.Reset(views.ResetPage{Page: p}),
		"orgs":      views.OrgSwitch(views.OrgSwitchPage{Page: p}),
		"profile":   views.Profile(views.ProfilePage{Page: p, Sessions: []views.SessionData{{Agent: "x", SeenAt: now}, {}}}),
		"members":   views.Members(views.MembersPage{Page: p, Roles: []string{"AGENT"}, Members: []views.MemberData{{ID: "u", Name: "N", Role: "AGENT", CanEdit: true}}, InviteLink: "https://x"}),
		"channels":  views.Channels(views.ChannelsPage{Page: p, Problems: 2, Channels: []views.ChannelData{{ID: "c", Health: "waiting"}}}),
		"connect":   views.Connect(views.ConnectPage{Page: p, PublicWarning: true, Checks: []views.CheckData{{Field: "waba_id", State: "bad", Text: "x", Fix: "y"}}}),
		"channel":   views.Channel(views.ChannelPage{Page: p, Channel: views.ChannelData{ID: "c"}}),
		"inbound":   views.Inbound(views.InboundPage{Page: p, Items: []views.InboundData{{ID: "i", Body: "{}", Attempts: 2}}}),
		"keys":      views.Keys(keysPage(p)),
		"webhooks":  views.Hooks(views.HooksPage{Page: p, Hooks: []views.HookData{{ID: "wh_1", URL: "https://a.example/x", State: views.HookFailing, FailingSince: now, LastAttempt: now, Held: 2, Waiting: 1}}}),
		"webhook+":  views.NewHook(views.NewHookPage{Page: p, Groups: eventGroups, Errors: map[string]string{"url": "x", "events": "y", "headers": "z"}}),
		"webhook":   views.Hook(hookPage(p)),
		"delivery":  views.Delivery(views.DeliveryPage{Page: p, Hook: hookPage(p).Hook, Delivery: hookPage(p).Deliveries.Items[0], EventID: "evt_1", Body: "{}", Attempts: []views.AttemptData{{At: now, Trigger: "MANUAL", Error: "blocked_address", Response: hostileText}}}),
		"audit":     views.Audit(auditPage(p)),
		"contacts":  views.ContactList(contactsPage(p)),
		"contact":   views.Contact(contactPage(p)),
		"contact+":  views.NewContact(contactPage(p)),
		"merge":     views.Merge(views.MergePage{Page: p, ID: "contact_1", Name: hostileText, Preview: &views.MergePreview{ID: "contact_2", Name: hostileText, Lines: []views.MergeLine{{Label: "x", Keep: hostileText}}}}),
		"merge?":    views.Merge(views.MergePage{Page: p, ID: "contact_1", Query: hostileText, Found: []views.TwinData{{ID: "contact_2", Name: hostileText, Phone: "+96550000001"}}}),
		"fields":    views.ContactFields(views.ContactFieldsPage{Page: p, Fields: []views.FieldCard{{ID: "field_1", Name: hostileText, Kind: "CHOICE", Choices: []string{hostileText}, Error: "x"}}, Errors: map[string]string{"name": "x"}}),
		"words":     views.ConsentWords(views.ConsentWordsPage{Page: p, Always: []string{"STOP"}, Words: hostileText, Answer: true, Errors: map[string]string{"words": "x"}}),
		"imports":   views.Imports(views.ImportsPage{Page: p, Problem: "x", Older: "import_1", Items: []views.ImportItem{{ID: "import_1", Name: hostileText, By: hostileText, State: "DONE", At: now, Started: true}}}),
		"import 1":  views.Import(importPage(p, "UPLOADED", true)),
		"import 2":  views.Import(importPage(p, "CHECKED", false)),
		"import 3":  views.Import(importPage(p, "RUNNING", false)),
		"import 4":  views.Import(importPage(p, "FAILED", false)),
		"import 5":  views.Import(importPage(p, "UNDONE", false)),
		"import -":  views.ImportUndo(views.ImportUndoPage{Page: p, Import: importPage(p, "DONE", false).Import, Newer: 3}),
		"hours":     views.Hours(hoursPage(p)),
		"error":     views.Error(views.ErrorPage{Page: p, Status: 404}),
		"docs":      views.Docs(views.DocsPage{Page: p, Body: templ.NopComponent, Sections: make([]views.DocsLink, 3), Nav: views.DocsNav{Guide: []views.DocsLink{{ID: "overview", Title: "x"}}}}),
		"reference": views.Reference(referencePage(p)),
		"simulator": views.Simulator(views.SimulatorPage{Page: p}),
	}
}

func importPage(p views.Page, state string, edit bool) views.ImportPage {
	some := []views.Option{{ID: "a", Name: hostileText}, {ID: "b", Name: "B"}}
	group := []views.ImportGroup{{Code: "phone_invalid", Text: "x", Count: 9, Rows: []views.ImportRow{{Row: 1234, Column: hostileText, Value: hostileText, Contact: "contact_1"}}}}
	return views.ImportPage{Page: p, Edit: edit, Problem: "x", CanUndo: true,
		Import: views.ImportItem{ID: "import_1", Name: hostileText, By: hostileText, State: state, At: now, Finished: now, Started: true, Total: 9, Done: 3},
		Read:   views.ImportRead{Encodings: some, Separators: some, Sheets: some, HeaderRows: some, Sources: some, Source: "a", Remembered: true},
		Form: views.ImportForm{Columns: []views.ImportColumn{{Header: hostileText, Field: "name"}, {N: 1, Header: "B", Field: "custom:" + hostileText}, {N: 2, Header: "C", Field: "fallbackId"}, {N: 3, Header: "D", Field: "ignore"}},
			Rows: [][]string{{hostileText}, {"", hostileText}}, Fields: []views.Option{{ID: "name", Name: "Name"}}, Own: []views.Option{{ID: "custom:B", Name: "B"}}, Countries: some,
			Errors: map[string]string{"mapping": "x", "timezone": "x", "consentProof": "x", "defaultCountry": "x", "addTags": "x"}},
		Found: views.ImportFound{Rows: 9, Created: 1, Updated: 2, Errors: 3, Given: 1, Taken: 1, Refused: 1, Unproven: 1, Assumed: []string{hostileText}, Errs: group, Warnings: group, Report: true,
			Samples: []views.ImportSample{{Row: 2, Name: hostileText, Fields: []views.ImportChange{{Label: hostileText, Before: hostileText, After: hostileText}}}, {New: true, Fields: []views.ImportChange{{Label: "x", After: hostileText}}}}}}
}

func referencePage(p views.Page) views.ReferencePage {
	field := views.DocsField{Name: "type", Type: "string", Enum: []string{"TEXT"}, Required: true, Fields: []views.DocsField{{Name: "x", Nullable: true, Bounds: "1–200"}}}
	return views.ReferencePage{Page: p, CanKey: true, Scopes: []string{"read"}, Objects: []views.ObjectData{{Name: "Message", Fields: []views.DocsField{field}}},
		Groups: []views.OperationGroup{{ID: "group-x", Title: "X", About: "y", Operations: []views.OperationData{
			{ID: "post-x", Method: "POST", Path: "/x/{id}", Role: "AGENT", Scope: "messages", Params: []views.DocsField{{Name: "id", In: "path"}}, BodyType: "application/json",
				Body: []views.DocsField{field}, BodyExample: hostileText, Answers: []views.AnswerData{{Status: "201", Type: "Message", Link: "Message", Example: "{}"}}, Errors: []string{"400"}, Curl: hostileText, Try: true},
			{ID: "post-y", Method: "DELETE", Path: "/y", Anyone: true, BodyType: "multipart/form-data", Try: true}}}}}
}

func contactsPage(p views.Page) views.ContactsPage {
	return views.ContactsPage{Page: p, Total: 12345, Next: "c", CanEdit: true, CanErase: true, CanSetUp: true,
		Filter: views.ContactFilter{Query: hostileText, Tag: "tag_1", Consent: "no", Source: "API", Channel: "chan_1", From: "2026-01-01", To: "2026-02-01", Sort: "name"},
		Tags:   []views.Option{{ID: "tag_1", Name: hostileText}}, Channels: []views.Option{{ID: "chan_1", Name: hostileText}},
		Rows: []views.ContactRow{{ID: "contact_1", Name: hostileText, Email: hostileText, Source: "API", Consent: "no", Tags: []views.Tag{{ID: "t", Name: hostileText}}},
			{ID: "contact_2", Name: "B", Phone: "+96550000001", Source: "MANUAL", Consent: "unknown", LastMessage: now}},
		Work: &views.BulkData{ID: "bulk_1", Kind: "tag", What: hostileText, State: "DONE", Total: 3, Done: 3, Change: 2, Undo: true}}
}

func contactPage(p views.Page) views.ContactPage {
	return views.ContactPage{Page: p, CanEdit: true, CanErase: true, Taken: "contact_2", Errors: map[string]string{"phone": "x", "": "y", "confirm": "z", "reason": "w"},
		Contact: views.ContactData{ID: "contact_1", Name: hostileText, Phone: "+96550000001", Consent: "yes", Source: "API"}, Form: map[string]string{"notes": hostileText},
		Fields:  []views.FieldData{{Name: hostileText, Kind: "CHOICE", Value: "x", Choices: []string{"y"}}, {Name: "d", Kind: "DATE", N: 1}, {Name: "b", Kind: "BOOLEAN", N: 2}, {Name: "n", Kind: "NUMBER", N: 3}},
		Tags:    []views.Tag{{ID: "t", Name: hostileText}},
		History: []views.ConsentLine{{At: now, Was: "no", Now: "yes", Who: hostileText, Why: hostileText, URL: "/c/conv_1"}},
		Talks:   []views.TalkData{{ID: "conv_1", Last: views.LastMessage{Kind: views.Text, Text: hostileText}, At: now, Unread: 2}},
		Media:   []views.MediaTile{{Link: "/c/conv_1", Thumb: "/media/x", Kind: "image", At: now}, {Link: "/c/conv_1", Name: hostileText, Kind: "file", At: now}},
		Linked:  []views.TwinData{{ID: "contact_2", Name: hostileText}}, Merges: []views.MergeData{{ID: "merge_1", Name: hostileText, At: now, Until: now, By: "A"}}}
}

func hoursPage(p views.Page) views.HoursPage {
	var week views.HoursWeek
	week[6] = []hours.Span{{From: "20:00", To: "02:00"}, {From: hostileText, To: ""}}
	return views.HoursPage{Page: p, Channel: views.ChannelData{ID: "chan_1", Name: hostileText}, Changed: true, Until: "x",
		Errors: map[string]string{"": "x", "w6.1": "x", "zone": "x", "messageAr": "x", "holiday-0": "x", "s0.date": "x", "p0": "x", "at": "x"},
		Form: views.HoursForm{Zone: hostileText, Week: week, Holidays: []string{"2027-02-25"}, EN: hostileText, AR: hostileText,
			Special: []views.HoursSpecial{{Date: "2027-03-10", Spans: week[6]}}, Periods: []views.HoursPeriod{{Name: hostileText, Week: week}}},
		Preview: &views.HoursPreview{When: "x", Next: "y", Answer: map[string]string{"en": hostileText}}}
}

const hostileText = `<img src=x onerror=alert(1)> "'`

var eventGroups = []views.EventGroup{{Name: "messages", Events: []string{"message.received"}}, {Name: "system", Events: []string{"channel.health"}}}

func keysPage(p views.Page) views.KeysPage {
	return views.KeysPage{Page: p, Scopes: []string{"read", "messages"}, Form: views.KeyForm{Expiry: "90"},
		Made:   &views.MadeKey{Name: hostileText, Token: "bdl_x", Example: "curl"},
		Keys:   []views.KeyData{{ID: "key_1", Name: hostileText, Scopes: []string{"read", "messages"}, Created: now, Used: now, UsedIP: "::1", Expires: now.Add(time.Hour), Error: "x"}},
		Ended:  []views.KeyData{{ID: "key_2", Name: "old", Revoked: now}, {ID: "key_3", Expires: now}},
		Errors: map[string]string{"name": "x", "scopes": "y", "expiresAt": "z", "": "w"}}
}

func hookPage(p views.Page) views.HookPage {
	h := views.HookData{ID: "wh_1", URL: "https://a.example/" + hostileText, Host: "a.example", State: views.HookDisabled, Reason: "gone", LastStatus: 410, LastError: "http_4xx", Held: 3, Staged: now, OldUntil: now.Add(time.Hour), FailingSince: now, LastSuccess: now}
	return views.HookPage{Page: p, Hook: h, Groups: eventGroups, Created: true, Secret: "whsec_x", TestEvents: []string{"message.received"},
		Test: &views.TestData{Event: "message.received", AttemptData: views.AttemptData{Error: "blocked_address", Response: hostileText}},
		Deliveries: views.DeliveryList{Hook: "wh_1", Next: "dlv_1", Items: []views.DeliveryData{
			{ID: "dlv_1", Event: "message.received", State: "FAILED", Status: 500, Error: "http_5xx", Attempts: 2, MS: 1400, Created: now},
			{ID: "dlv_2", Event: "message.read", State: "PENDING", Next: now, Test: true}}}}
}

func auditPage(p views.Page) views.AuditPage {
	return views.AuditPage{Page: p, Next: "aud_1", Older: true, Groups: []string{"conversation", "strange"}, Errors: map[string]string{"from": "x", "who": "y"},
		Filter: views.AuditFilter{Who: "key_1"}, People: []views.Option{{ID: "user_1", Name: hostileText}}, Keys: []views.Option{{ID: "key_1", Name: "CRM"}},
		Lines: []views.AuditLine{
			{ID: "aud_1", At: now, Kind: "API", Who: hostileText, Action: "conversation.assigned", Target: "conv_1", URL: "/c/conv_1", IP: "::1", Changes: []views.AuditChange{{Field: "assigneeId", Before: hostileText, After: "x"}}},
			{ID: "aud_2", At: now, Kind: "SYSTEM", Action: "something.new", Detail: "OWNER", TargetName: "x"}}}
}

// TestStrictPolicy holds that no page needs more than the content security
// policy allows, whatever customers write.
func TestStrictPolicy(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "ar"} {
		for name, c := range pages(lang) {
			z := html.NewTokenizer(strings.NewReader(draw(t, c)))
			for z.Next() != html.ErrorToken {
				checkToken(t, lang+" "+name, z.Token())
			}
		}
	}
}

func checkToken(t *testing.T, page string, tok html.Token) {
	t.Helper()
	if tok.Type != html.StartTagToken && tok.Type != html.SelfClosingTagToken {
		return
	}
	if tok.Data == "style" {
		t.Errorf("%s: a style element", page)
	}
	src := ""
	for _, a := range tok.Attr {
		switch {
		case a.Key == "style", strings.HasPrefix(a.Key, "on"), strings.HasPrefix(a.Key, "hx-on"):
			t.Errorf("%s: attribute %s", page, a.Key)
		case (a.Key == "href" || a.Key == "src" || a.Key == "action") && strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:"):
			t.Errorf("%s: %s=%s", page, a.Key, a.Val)
		case a.Key == "src":
			src = a.Val
		}
	}
	if tok.Data == "script" && !strings.HasPrefix(src, "/assets/") {
		t.Errorf("%s: an inline script", page)
	}
}

// TestIDs holds that ids are unique and that labels and descriptions find theirs.
func TestIDs(t *testing.T) {
	t.Parallel()
	for name, c := range pages("en") {
		if name == "changes" {
			continue
		}
		ids, wanted := map[string]int{}, map[string]string{}
		z := html.NewTokenizer(strings.NewReader(draw(t, c)))
		for z.Next() != html.ErrorToken {
			for _, a := range z.Token().Attr {
				switch a.Key {
				case "id":
					ids[a.Val]++
				case "for", "aria-describedby", "aria-labelledby", "aria-controls", "popovertarget", "list":
					for _, id := range strings.Fields(a.Val) {
						wanted[id] = a.Key
					}
				}
			}
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s: id %s occurs %d times", name, id, n)
			}
		}
		for id, attr := range wanted {
			if ids[id] == 0 {
				t.Errorf("%s: %s names %s, which is not there", name, attr, id)
			}
		}
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	at := func(m int) time.Time { return now.Add(time.Duration(m) * time.Minute) }
	got := views.Group(page("en"), []views.BubbleData{
		{ID: "a", Kind: views.Text, At: at(0)},
		{ID: "b", Kind: views.Text, At: at(4)},
		{ID: "c", Kind: views.Text, At: at(10)},
		{ID: "d", Kind: views.Text, Out: true, Author: "A", At: at(11)},
		{ID: "e", Kind: views.Text, Out: true, Author: "B", At: at(12)},
		{ID: "f", Kind: views.Note, Out: true, Author: "B", At: at(13)},
		{ID: "g", Kind: views.Text, At: at(13 * 60)},
		{ID: "h", Kind: views.Text, At: at(13*60 + 1)},
	}, "conv_1", "h")
	var cont, days, bars string
	for _, b := range got {
		if b.Continues {
			cont += b.ID
		}
		if b.DayBreak {
			days += b.ID
		}
		if b.UnreadBar {
			bars += b.ID
		}
	}
	if cont != "b" || days != "ag" || bars != "h" {
		t.Errorf("continues %q, days %q, divider %q", cont, days, bars)
	}
}

func TestRowNames(t *testing.T) {
	t.Parallel()
	out := draw(t, views.Inbox(inbox("en")))
	for _, want := range []string{`aria-label="Conversations"`, `aria-label="Messages"`, `aria-label="Message"`, `aria-label="Send"`, `aria-label="Attach"`,
		`aria-label="Assign"`, `aria-label="Close conversation"`, `aria-label="Unread: 2"`, `id="conv-conv_1"`, `id="m-msg_1"`, `aria-current="true"`,
		`More than 24 hours have passed`, `Draft:`, `action="/c/conv_1/messages"`} {
		if !strings.Contains(out, want) {
			t.Errorf("the inbox lacks %s", want)
		}
	}
}

// TestNoRawText holds that words stand in the catalogue, not in templates.
func TestNoRawText(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.templ")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	raw := regexp.MustCompile(`>\s*[A-Z][a-z]+[^<{]*<|(?:title|placeholder|aria-label|alt)="[A-Za-z]`)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range raw.FindAllString(string(b), -1) {
			if !strings.Contains(m, "Badala") && !strings.Contains(m, "English") {
				t.Errorf("%s: %q", f, m)
			}
		}
	}
}
