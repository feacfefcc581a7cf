package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"badala/app/account"
	"badala/app/guide"
	"badala/app/webhook"
)

// text fetches a page as a browser without a session would.
func (s *shop) text(path string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.URL()+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// anatomy is the ids and the links of a page.
func anatomy(page string) (ids map[string]bool, links []string) {
	ids = map[string]bool{}
	for z := html.NewTokenizer(strings.NewReader(page)); z.Next() != html.ErrorToken; {
		tag := z.Token()
		for _, a := range tag.Attr {
			switch {
			case a.Key == "id":
				ids[a.Val] = true
			case a.Key == "href" && tag.Data == "a":
				links = append(links, a.Val)
			}
		}
	}
	return ids, links
}

// TestDocsLinks walks /docs in both languages and follows every link inside the site.
func TestDocsLinks(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, lang := range []string{"en", "ar"} {
		pages := map[string]map[string]bool{} // ids of each page
		type link struct{ from, to string }
		var links []link
		queue := []string{"/docs"}
		for len(queue) > 0 {
			path := queue[0]
			queue = queue[1:]
			if pages[path] != nil {
				continue
			}
			status, body := s.text(path + "?lang=" + lang)
			if status != http.StatusOK {
				t.Fatalf("%s in %s: %d", path, lang, status)
			}
			ids, found := anatomy(body)
			pages[path] = ids
			for _, to := range found {
				links = append(links, link{path, to})
				if to, _, _ = strings.Cut(to, "#"); strings.HasPrefix(to, "/docs") {
					queue = append(queue, to)
				}
			}
		}
		if len(pages) != len(guide.Topics)+1 {
			t.Errorf("%d pages are linked, of %d", len(pages), len(guide.Topics)+1)
		}
		for _, l := range links {
			path, fragment, _ := strings.Cut(l.to, "#")
			if strings.HasPrefix(path, "https://") || path == "/openapi.json" || path == "/inbox" || strings.HasPrefix(path, "/signin") {
				continue
			}
			if path == "" {
				path = l.from
			}
			if pages[path] == nil || (fragment != "" && !pages[path][fragment]) {
				t.Errorf("%s in %s links to %s, which is not there", l.from, lang, l.to)
			}
		}
	}
	for _, e := range webhook.Events {
		for _, lang := range []string{"en", "ar"} {
			if _, page := s.text("/docs/webhooks?lang=" + lang); strings.Count(page, e.Name+"<") < 2 {
				t.Errorf("%s has no line or no example in %s", e.Name, lang)
			}
		}
	}
	if status, _ := s.text("/docs/nowhere"); status != http.StatusNotFound {
		t.Errorf("a page that does not exist: %d", status)
	}
}

// TestDocsShowEveryOperation holds the reference to the document.
func TestDocsShowEveryOperation(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	var doc struct {
		Paths      map[string]map[string]struct{ Summary string }
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if code := call(t, http.MethodGet, s.URL()+"/openapi.json", "", nil, &doc); code != 200 {
		t.Fatal(code)
	}
	_, page := s.text("/docs/api")
	shown := strings.Count(page, `class="op" data-find=`)
	n := 0
	for path, item := range doc.Paths {
		for method, op := range item {
			n++
			find := html.EscapeString(strings.ToLower(method + " " + path + " " + op.Summary))
			if !strings.Contains(page, `data-find="`+find+`"`) {
				t.Errorf("%s %s is not shown", method, path)
			}
		}
	}
	if n == 0 || shown != n {
		t.Errorf("%d operations are shown, of %d", shown, n)
	}
	for _, want := range []string{s.URL() + "/orgs/$BADALA_ORG/contacts", "Conversation", `id="object-Contact"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the reference lacks %s", want)
		}
	}
}

func TestDocsInABrowser(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, lang := range []string{"en", "ar"} {
		for _, o := range looks(lang, 900, 844) {
			p := newPage(t, s.URL(), o)
			for _, path := range []string{"/docs/webhooks", "/docs/api"} {
				p.Open(path + "?lang=" + lang)
				p.Wait("document.querySelector('[data-code] > button')")
				if path == "/docs/api" {
					Eval[bool](p, "location.hash = '#post-conversations-conversationId-messages'; true")
					p.Wait("document.querySelector('#post-conversations-conversationId-messages').closest('details').open")
				}
				if wide := Eval[float64](p, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); wide > 0 {
					t.Errorf("%s in %s, %d px wide: %v px too wide", path, lang, o.Width, wide)
				}
				thin(p)
				p.Axe()
				shots(p, fmt.Sprintf("docs-%s-%d-%s%s", lang, o.Width, o.theme(), strings.ReplaceAll(strings.TrimPrefix(path, "/docs"), "/", "-")))
			}
			p.Quiet()
		}
	}
}

// thin leaves a few of the closed calls, which are all alike: axe looks at each
// of thousands of elements.
func thin(p *Page) {
	p.t.Helper()
	Eval[bool](p, "[...document.querySelectorAll('details.op:not([open])')].slice(6).forEach(e => e.remove()); true")
}

func TestTryACall(t *testing.T) {
	t.Parallel()
	s, _, conv := e2eShop(t)
	p := newPage(t, s.URL(), pageOptions{})
	p.SignIn("/inbox", ownerEmail, password)
	p.Open("/docs/api#get-conversations-conversationId")
	form := "#get-conversations-conversationId form"
	p.Wait("document.querySelector('" + form + "') && !document.querySelector('" + form + "').hidden")

	// Without a key nothing is sent.
	p.Type(form+" [name=conversationId]", conv)
	p.Click(form + " .actions button")
	p.WaitText(form+" .try-status", "key")

	// A key is made on the spot, and the call shows what the server answers.
	p.Click("#make-key button")
	p.Wait("document.querySelector('#try-key').value.startsWith('bdl_')")
	p.Click(form + " .actions button")
	p.WaitText(form+" .try-status", "200")
	p.WaitText(form+" .try-answer code", conv)

	// A wrong request shows the error as it is; a key for reading may not write.
	if got := Eval[string](p, "document.querySelector('"+form+" [name=orgId]').value"); !strings.HasPrefix(got, "org_") {
		t.Errorf("the organisation is %q", got)
	}
	write := "#post-conversations-conversationId-notes"
	p.Open("/docs/api" + write)
	p.Click("#make-key button")
	p.Wait("document.querySelector('#try-key').value.startsWith('bdl_')")
	p.Type(write+" form [name=conversationId]", conv)
	p.Click(write + " form .actions button")
	p.WaitText(write+" form .try-status", "403")

	// Finding a call hides the others.
	p.Type("#docs-filter", "notes")
	p.Wait("[...document.querySelectorAll('[data-group] .op')].filter(o => !o.hidden).length === 1")
	shots(p, "docs-try")
	thin(p)
	p.Axe()
	p.Quiet()

	keys, err := s.Accounts.Keys(s.DB.Read(t.Context()), s.org)
	if err != nil || len(keys) != 2 || keys[0].Name != "Docs" {
		t.Fatalf("keys: %+v %v", keys, err)
	}
	if hour := time.Duration(keys[0].ExpiresAt-keys[0].CreatedAt) * time.Millisecond; hour.Round(time.Minute) != time.Hour {
		t.Errorf("the key is good for %s", hour)
	}
	agent := s.token(agentEmail)
	if code := call(t, http.MethodPost, s.URL()+"/docs/key", agent, nil, nil, "X-Fragment", "1"); code != http.StatusUnauthorized {
		t.Errorf("a key with a token in place of a session: %d", code)
	}
	if (account.Actor{Role: account.Agent}).Can(account.ManageKeys) {
		t.Error("an agent makes keys")
	}
}
