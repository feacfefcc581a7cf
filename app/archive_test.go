package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"badala/app"
	"badala/app/account"
	"badala/app/archive"
	"badala/app/broadcast"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/inbox"
	"badala/app/media"
	"badala/app/webhook"
)

// exported is a shop with something of every kind, and its neighbour.
type exported struct {
	*shop
	conv    int64
	secrets []string // that must be in no export
}

func newExported(t *testing.T) *exported {
	t.Helper()
	s := &exported{shop: newShop(t, func(c *app.Config) { c.SecretKey = oneKey })}
	ctx := t.Context()
	nora := s.customer("46701740611", "Nora")
	first := nora.SendText(s.number.PhoneNumberID, "do you have walnut?")
	nora.SendPicture(s.number.PhoneNumberID, "like this one")
	nora.SendPicture(s.number.PhoneNumberID, "or this")
	s.settle()
	for n := range 230 { // more than a page
		ok(t, post(t, s.URL(), s.number.AppSecret, webhookText(s.number, "46701740611", "Nora", fmt.Sprint("wamid.many", n), fmt.Sprint("line ", n), db.Time(s.DB.Now()))))
	}
	var err error
	s.conv, err = db.ParseID("conv", s.conversations()[0])
	ok(t, err)
	ok(t, s.Inbox.Assign(ctx, s.owner, s.conv, s.agent.UserID))
	_, err = s.Inbox.AddNote(ctx, s.owner, s.conv, inbox.NoteInput{Body: "she pays cash @[" + db.FormatID("user", s.agent.UserID) + "]"})
	ok(t, err)
	nora.SendReaction(s.number.PhoneNumberID, first, "❤")
	names := make([]string, 205)
	for i := range names {
		names[i] = fmt.Sprint("Customer ", i)
	}
	s.contacts(names...)
	s.more()
	s.neighbour()
	s.settle()
	return s
}

// more makes one of each other kind.
func (s *exported) more() {
	ctx, t := s.t.Context(), s.t
	t.Helper()
	conv, err := s.Inbox.Conversation(s.DB.Read(ctx), s.org, s.conv)
	ok(t, err)
	yes := true
	_, err = s.Contacts.Update(ctx, s.owner, conv.ContactID, contact.Patch{Consent: &yes})
	ok(t, err)
	_, err = s.Contacts.AddTag(ctx, s.owner, conv.ContactID, "VIP")
	ok(t, err)
	_, err = s.Inbox.CreateCanned(ctx, s.agent, inbox.CannedInput{Shortcut: "hi", Body: "Hello there"})
	ok(t, err)
	e, secret, err := s.Webhooks.Create(ctx, s.owner, webhook.Input{URL: "https://hooks.example.com/in", Events: webhook.DefaultEvents(),
		Username: "u", Password: "p4ssw0rd-hook", Headers: map[string]string{"X-Own": "header-secret"}})
	ok(t, err)
	_, err = s.Webhooks.Update(ctx, s.owner, e.ID, webhook.Patch{State: new(webhook.Paused)})
	ok(t, err)
	_, key, err := s.Accounts.CreateKey(ctx, s.owner, account.KeyInput{Name: "CRM", Scopes: account.AllScopes[:]})
	ok(t, err)
	_, invite, err := s.Accounts.Invite(ctx, s.owner, "new@shop.example", account.Viewer)
	ok(t, err)
	s.secrets = append(s.secrets, secret, key, invite, s.number.AccessToken, s.number.AppSecret, s.number.VerifyToken, "p4ssw0rd-hook", "header-secret", "argon2id", "sealed1:")
	_, err = s.Channels.SyncTemplates(ctx, s.owner, s.chanID)
	ok(t, err)
	templates, err := s.Channels.FindTemplates(s.DB.Read(ctx), s.org, s.chanID, channel.TemplateFilter{Usable: true})
	ok(t, err)
	_, err = s.Broadcasts.Create(ctx, s.owner, broadcast.Input{Name: "Spring", ChannelID: s.chanID, Template: templates[0].Name, Language: templates[0].Language})
	ok(t, err)
}

// neighbour is another organisation in the same database: a canary.
func (s *exported) neighbour() {
	s.t.Helper()
	made, err := s.Accounts.CreateUser(s.t.Context(), createInput("eve@canary.example", "Canary"))
	ok(s.t, err)
	name, phone := "Canary customer", "+46701749999"
	who := account.Actor{OrgID: made.Org.ID, UserID: made.User.ID, Role: account.Owner, Kind: account.KindUser}
	_, err = s.Contacts.Create(s.t.Context(), who, contact.UpsertInput{Patch: contact.Patch{Name: &name, Phone: &phone}})
	ok(s.t, err)
	s.secrets = append(s.secrets, "anary")
}

func post(t testing.TB, url, secret string, body []byte) error {
	if code := postWebhook(t.Context(), url, secret, body); code != http.StatusOK {
		return fmt.Errorf("webhook: %d", code)
	}
	return nil
}

func (s *exported) args(dir string) []string {
	return []string{"export", "--db", s.cfg.DB, "--secret-key", oneKey, "--org", "Walnut Works", dir}
}

// exportedLines reads a file of an export.
func exportedLines(t *testing.T, dir, name string) (all []map[string]any) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, name+".jsonl"))
	ok(t, err)
	defer f.Close()
	in := bufio.NewScanner(f)
	for in.Buffer(nil, 1<<20); in.Scan(); {
		var v map[string]any
		ok(t, json.Unmarshal(in.Bytes(), &v))
		all = append(all, v)
	}
	ok(t, in.Err())
	return all
}

func TestExportIsEverythingAndNothingElse(t *testing.T) {
	t.Parallel()
	s := newExported(t)
	dir := filepath.Join(t.TempDir(), "out")
	out := runs(t, s.args(dir)...)
	if !strings.Contains(out, "with 2 media files") {
		t.Error(out)
	}
	want := map[string]int{"organisation": 1, "members": 2, "invites": 1, "api-keys": 1, "channels": 1, "channel-settings": 1, "tags": 1,
		"custom-fields": 0, "canned-responses": 1, "webhooks": 1, "contacts": 206, "consents": 1, "conversations": 1, "messages": 235, "broadcasts": 1,
		"broadcast-recipients": 0, "media": 2}
	for name, n := range want {
		if got := len(exportedLines(t, dir, name)); got != n {
			t.Errorf("%s has %d lines, want %d", name, got, n)
		}
	}
	for _, name := range []string{"templates", "audit-log"} {
		if len(exportedLines(t, dir, name)) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
	s.sameAsAPI(t, dir)
	s.private(t, dir)
	provesItself(t, dir)
	if hooks := exportedLines(t, dir, "webhooks"); fmt.Sprint(hooks[0]["headerNames"]) != "[X-Own]" {
		t.Errorf("%v", hooks[0])
	}
	// A finished one is not written over, nor is anything else.
	other := t.TempDir()
	ok(t, os.WriteFile(filepath.Join(other, "mine.txt"), []byte("x"), 0o600))
	for dir, says := range map[string]string{dir: "finished export", other: "not empty"} {
		if code, out := badala(s.args(dir)...); code != 1 || !strings.Contains(out, says) || strings.Contains(out, "archive") {
			t.Errorf("%d %s", code, out)
		}
	}
	if code, out := badala("export", "--db", s.cfg.DB, "--org", "Nobody", t.TempDir()); code != 1 || !strings.Contains(out, "no organisation") {
		t.Errorf("%d %s", code, out)
	}
}

// sameAsAPI holds the lines against the answers of the API.
func (s *exported) sameAsAPI(t *testing.T, dir string) {
	t.Helper()
	base, token := s.URL()+"/orgs/"+db.FormatID("org", s.org), s.token(ownerEmail)
	// Among them what the server knows before it is written.
	differ := []string{"lastMessage", "media", "webhookUrl", "health"}
	for path, name := range map[string]string{"/members": "members", "/contacts?take=200": "contacts", "/conversations": "conversations", "/webhooks": "webhooks",
		"/broadcasts": "broadcasts", "/channels": "channels", "/conversations/" + db.FormatID("conv", s.conv) + "/messages?take=200": "messages"} {
		var got struct{ Items []map[string]any }
		if code := call(t, http.MethodGet, base+path, token, nil, &got); code != 200 || len(got.Items) == 0 {
			t.Fatalf("%s: %d", path, code)
		}
		byID := map[any]map[string]any{}
		for _, line := range exportedLines(t, dir, name) {
			byID[line["id"]] = line
		}
		for _, item := range got.Items {
			line := byID[item["id"]]
			for field, value := range item {
				if slices.Contains(differ, field) {
					continue
				}
				if fmt.Sprint(line[field]) != fmt.Sprint(value) {
					t.Fatalf("%s %v: %s is %v in the API and %v in the export", name, item["id"], field, value, line[field])
				}
			}
		}
	}
	s.thread(t, dir)
}

// thread looks at what the API does not show of a conversation.
func (s *exported) thread(t *testing.T, dir string) {
	t.Helper()
	found := map[string]map[string]any{}
	files := 0
	for _, m := range exportedLines(t, dir, "messages") {
		found[fmt.Sprint(m["direction"], " ", m["type"])] = m
		if file, ok := m["media"].(map[string]any); ok {
			files++
			if _, err := os.Stat(filepath.Join(dir, fmt.Sprint(file["url"]))); err != nil {
				t.Error(err)
			}
		}
		if r, ok := m["reactions"].([]any); ok && len(r) > 0 {
			found["reaction"] = m
		}
	}
	if found["NOTE TEXT"] == nil || fmt.Sprint(found["NOTE TEXT"]["mentions"]) != "["+db.FormatID("user", s.agent.UserID)+"]" {
		t.Errorf("the note: %v", found["NOTE TEXT"])
	}
	if found["ACTIVITY ASSIGNED"] == nil || found["ACTIVITY ASSIGNED"]["assigneeId"] != db.FormatID("user", s.agent.UserID) {
		t.Errorf("the assignment: %v", found["ACTIVITY ASSIGNED"])
	}
	if found["reaction"] == nil || files != 2 {
		t.Errorf("reaction %v, %d files", found["reaction"], files)
	}
}

// private says that nobody else can read it, and that no secret is in it.
func (s *exported) private(t *testing.T, dir string) {
	t.Helper()
	ok(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		if want := map[bool]fs.FileMode{true: 0o700, false: 0o600}[d.IsDir()]; st.Mode().Perm() != want {
			t.Errorf("%s has the mode %o", path, st.Mode().Perm())
		}
		if d.IsDir() {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, secret := range s.secrets {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s holds %q", path, secret)
			}
		}
		return err
	}))
}

// provesItself checks the sums and the manifest.
func provesItself(t *testing.T, dir string) {
	t.Helper()
	check := exec.CommandContext(t.Context(), "sha256sum", "--strict", "-c", "SHA256SUMS")
	check.Dir = dir
	if out, err := check.CombinedOutput(); err != nil || strings.Count(string(out), ": OK") < 20 {
		t.Errorf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	ok(t, err)
	var m archive.Manifest
	ok(t, json.Unmarshal(text, &m))
	if m.Format != 1 || m.Org.Name != "Walnut Works" || m.Media.Files != 2 || len(m.Files) != 19 || m.Schema != db.SchemaVersion() {
		t.Errorf("%+v", m)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.part")); err != nil || len(left) > 0 {
		t.Errorf("%v %v", left, err)
	}
}

func TestExportThatIsCutOffGoesOn(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for n := range 6 {
		_, err := s.Media.Store(t.Context(), s.org, strings.NewReader(strings.Repeat(fmt.Sprint(n), 3000)), media.StoreOptions{FileName: "a.bin"})
		ok(t, err)
	}
	org, err := account.OrgByID(s.DB.Read(t.Context()), s.org)
	ok(t, err)
	dir := t.TempDir()
	run := func(ctx context.Context, tell func(name string, done, total int64)) (archive.Manifest, error) {
		e := &archive.Export{DB: s.DB, Media: s.Media, Org: org, Nouns: s.Nouns(org), Dir: dir, Version: "test", Tell: tell}
		return e.Run(ctx)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = run(ctx, func(name string, done, total int64) {
		if total > 0 && done == 4 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || !archive.Unfinished(dir) {
		t.Fatal(err)
	}
	names := filesIn(t, dir)
	if slices.Contains(names, "manifest.json") || len(names) == 0 {
		t.Error(names)
	}
	// Meanwhile one file is erased, one is damaged, one is lost.
	ids, err := media.After(s.DB.Read(t.Context()), s.org, 0)
	ok(t, err)
	ok(t, s.DB.Write(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec("DELETE FROM media_chunk WHERE media_id = ?", ids[4].ID); err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE media_chunk SET data = zeroblob(length(data)) WHERE media_id = ?", ids[5].ID); err != nil {
			return err
		}
		return s.Media.EraseTx(tx, s.org, []int64{ids[0].ID})
	}))
	m, err := run(t.Context(), nil)
	if err != nil || m.Media.Kept != 3 || m.Media.Missing != 1 || m.Media.Damaged != 1 || m.Media.Files != 4 {
		t.Fatalf("%+v %v", m.Media, err)
	}
	if _, err := os.Stat(filepath.Join(dir, archive.PathOf(ids[0]))); err == nil {
		t.Error("a file that was erased meanwhile is still there")
	}
	problems := map[any]any{}
	for _, l := range exportedLines(t, dir, "media") {
		problems[l["id"]] = l["problem"]
	}
	if !maps.Equal(problems, map[any]any{db.FormatID("med", ids[1].ID): nil, db.FormatID("med", ids[2].ID): nil, db.FormatID("med", ids[3].ID): nil,
		db.FormatID("med", ids[4].ID): "missing", db.FormatID("med", ids[5].ID): "damaged"}) {
		t.Error(problems)
	}
}

func filesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	found, err := os.ReadDir(dir)
	ok(t, err)
	for _, e := range found {
		names = append(names, e.Name())
	}
	return names
}
