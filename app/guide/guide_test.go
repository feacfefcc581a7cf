package guide_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"badala/app/errs"
	"badala/app/guide"
)

var sample = []guide.Event{{Name: "message.received", Default: true, Example: json.RawMessage(`{"body":"Hi <b>"}`)}}

func TestEveryPageInBothLanguages(t *testing.T) {
	t.Parallel()
	g := guide.New(sample)
	for _, topic := range guide.Topics {
		en, err := g.Page("en", topic.Slug)
		if err != nil {
			t.Fatal(err)
		}
		ar, err := g.Page("ar", topic.Slug)
		if err != nil {
			t.Fatal(err)
		}
		if en.Title == "" || ar.Title == "" || en.Title == ar.Title {
			t.Errorf("%s: titles %q and %q", topic.Slug, en.Title, ar.Title)
		}
		if len(en.Sections) != len(ar.Sections) {
			t.Errorf("%s: %d sections in English, %d in Arabic", topic.Slug, len(en.Sections), len(ar.Sections))
		}
		for i := range min(len(en.Sections), len(ar.Sections)) {
			if en.Sections[i].ID != ar.Sections[i].ID {
				t.Errorf("%s: section %q is %q in Arabic", topic.Slug, en.Sections[i].ID, ar.Sections[i].ID)
			}
		}
		for lang, p := range map[string]guide.Page{"en": en, "ar": ar} {
			for _, wrong := range []string{"@include", "@events", "{#", "<h1", "style=", "<!--"} {
				if strings.Contains(p.HTML, wrong) {
					t.Errorf("%s in %s shows %q", topic.Slug, lang, wrong)
				}
			}
			if program := strings.Contains(p.HTML, "package main"); program != (topic.Pattern || topic.Slug == "overview" || topic.Slug == "webhooks") {
				t.Errorf("%s in %s: a program is shown: %v", topic.Slug, lang, program)
			}
		}
	}
	if p, _ := g.Page("en", "webhooks"); !strings.Contains(p.HTML, "&lt;b&gt;") {
		t.Error("an example is not escaped, or not shown")
	}
	if _, err := g.Page("en", "../guide"); errs.As(err) == nil || errs.As(err).Kind != errs.NotFound {
		t.Errorf("an unknown page: %v", err)
	}
}

// TestProgramsAreShort holds what the pages promise: 30 to 60 lines of code
// beside imports, comments and empty lines.
func TestProgramsAreShort(t *testing.T) {
	t.Parallel()
	imports := regexp.MustCompile(`(?s)import \(.*?\n\)\n`)
	blank := regexp.MustCompile(`(?m)^\s*(//.*)?\n`)
	for _, topic := range guide.Topics {
		if !topic.Pattern {
			continue
		}
		code, err := os.ReadFile(filepath.Join(topic.Slug, "receiver.go"))
		if err != nil {
			t.Fatal(err)
		}
		rest := blank.ReplaceAllString(imports.ReplaceAllString(string(code), ""), "")
		if n := strings.Count(rest, "\n"); n < 30 || n > 60 {
			t.Errorf("%s has %d lines", topic.Slug, n)
		}
	}
}

// The test vector of the reference, which the page shows too.
const (
	vectorSecret    = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	vectorTime      = "1715189000"
	vectorBody      = `{"event":"message.received","type":"message.received","deliveryId":"dlv_01JV0TEST","eventId":"evt_01JV0TEST","orgId":"org_1","timestamp":"2024-05-08T17:23:20.000Z","data":{"messageId":"msg_1","body":"Hi – 🙂"}}`
	vectorSignature = "sha256=e5019aeeb8da6bee9722daf101db8f6ae3383ca505a3e41579596ffa8d6ef81b"
)

func TestSnippetsVerify(t *testing.T) {
	t.Parallel()
	dir, err := filepath.Abs("webhooks")
	if err != nil {
		t.Fatal(err)
	}
	programs := map[string]func(args string) []string{
		"node": func(args string) []string {
			return []string{"-e", fmt.Sprintf(`const {verify} = require(%q); const [s, h, b, now] = %s; console.log(verify(s, h, Buffer.from(b), now))`, dir+"/verify.js", args)}
		},
		"python3": func(args string) []string {
			return []string{"-B", "-c", fmt.Sprintf("import sys, json; sys.path.insert(0, %q); from verify import verify; s, h, b, now = json.loads(%q); print(str(verify(s, h, b.encode(), now)).lower())", dir, args)}
		},
		"php": func(args string) []string {
			return []string{"-r", fmt.Sprintf(`require '%s/verify.php'; [$s, $h, $b, $now] = json_decode('%s', true); echo json_encode(verify($s, $h, $b, $now));`, dir, args)}
		},
	}
	tests := []struct {
		name, signature, body string
		now                   int
		want                  string
	}{
		{"as it came", vectorSignature, vectorBody, 1715189010, "true"},
		{"another body", vectorSignature, vectorBody + " ", 1715189010, "false"},
		{"another signature", strings.Replace(vectorSignature, "e5", "e6", 1), vectorBody, 1715189010, "false"},
		{"no signature", "", vectorBody, 1715189010, "false"},
		{"too old", vectorSignature, vectorBody, 1715189301, "false"},
		{"from the future", vectorSignature, vectorBody, 1715188600, "false"},
	}
	for name, program := range programs {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Logf("no %s here", name)
			continue
		}
		for _, tt := range tests {
			args, err := json.Marshal([]any{vectorSecret, map[string]string{"x-badala-timestamp": vectorTime, "x-badala-signature": tt.signature}, tt.body, tt.now})
			if err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), path, program(string(args))...).CombinedOutput()
			if got := strings.TrimSpace(string(out)); err != nil || got != tt.want {
				var exit *exec.ExitError
				t.Errorf("%s, %s: %s, want %s (%v)", name, tt.name, got, tt.want, errors.As(err, &exit))
			}
		}
	}
}

func TestThePageShowsTheVector(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "ar"} {
		text, err := os.ReadFile("webhooks/page." + lang + ".md")
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{vectorSecret, vectorTime, vectorBody, vectorSignature} {
			if !strings.Contains(string(text), part) {
				t.Errorf("the page in %s lacks %s", lang, part)
			}
		}
	}
}
