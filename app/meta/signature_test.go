package meta_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"badala/app/meta"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "webhooks", name))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	const secret = "badala-fixture-app-secret"
	vectors := map[string]string{
		"msg-text.json":              "sha256=dfef3ce9a73773c84dab83d9cb42872bcce3e23f897acba3b42219546a651a1e",
		"msg-text-arabic-emoji.json": "sha256=bd28e028e5d87e62d89d4698ff64ccf4e6ef9c8b352be251cb9ca663cc267315",
		"wire-escaped.json":          "sha256=f72588474f854fe47095b9e7e77637a6d8217f1480dc0215e88e4e3913f28d9f",
		"malformed-truncated.json":   "sha256=7f81f73b79985b6cd328b1a76c84b63719502e990ceb638df270630e7b521ee9",
	}
	for name, want := range vectors {
		body := fixture(t, name)
		if got := meta.Sign(secret, body); got != want {
			t.Errorf("%s: Sign = %s, want %s", name, got, want)
		}
		if !meta.Verify(secret, want, body) {
			t.Errorf("%s: good signature refused", name)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	body := []byte(`{"a":1}`)
	good := meta.Sign("s", body)
	for name, header := range map[string]string{
		"missing":        "",
		"no prefix":      strings.TrimPrefix(good, "sha256="),
		"wrong prefix":   "SHA256=" + strings.TrimPrefix(good, "sha256="),
		"sha1":           "sha1=" + strings.TrimPrefix(good, "sha256="),
		"short":          good[:len(good)-2],
		"long":           good + "00",
		"not hex":        good[:len(good)-1] + "z",
		"leading space":  " " + good,
		"other secret":   meta.Sign("t", body),
		"trailing space": good + " ",
	} {
		if meta.Verify("s", header, body) {
			t.Errorf("%s: %q accepted", name, header)
		}
	}
	if meta.Verify("s", good, append(body, '\n')) {
		t.Error("a changed body was accepted")
	}
	if meta.Verify("", meta.Sign("", body), body) {
		t.Error("an empty secret verified something")
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("secret", "sha256=00", []byte("{}"))
	f.Add("", "", []byte(nil))
	f.Add("s", meta.Sign("s", []byte("x")), []byte("x"))
	f.Fuzz(func(t *testing.T, secret, header string, body []byte) {
		ok := meta.Verify(secret, header, body)
		if want := secret != "" && strings.EqualFold(header, meta.Sign(secret, body)) && strings.HasPrefix(header, "sha256="); ok != want {
			t.Errorf("Verify(%q, %q) = %v", secret, header, ok)
		}
	})
}
