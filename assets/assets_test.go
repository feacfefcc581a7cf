package assets_test

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"badala/assets"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func get(t *testing.T, url string, header http.Header) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, url, nil)
	r.Header = header
	w := httptest.NewRecorder()
	assets.Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestHandler(t *testing.T) {
	t.Parallel()
	fresh := get(t, assets.URL("app.css"), http.Header{"Accept-Encoding": {"gzip"}})
	if fresh.StatusCode != 200 || fresh.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(fresh.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("app.css: %d %v", fresh.StatusCode, fresh.Header)
	}
	if again := get(t, assets.URL("app.css"), http.Header{"If-None-Match": {fresh.Header.Get("ETag")}}); again.StatusCode != 304 {
		t.Errorf("again: %d", again.StatusCode)
	}
	if old := get(t, "/assets/0123456789ab/app.js", nil); old.StatusCode != 200 || old.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("an older page's script: %d %v", old.StatusCode, old.Header)
	}
	for _, missing := range []string{assets.URL("test/axe.min.js"), assets.URL("../assets.go"), "/assets/x"} {
		if r := get(t, missing, nil); r.StatusCode != 404 {
			t.Errorf("%s: %d", missing, r.StatusCode)
		}
	}
}

// TestVendored holds that vendored files are what README says they are.
func TestVendored(t *testing.T) {
	t.Parallel()
	rows := regexp.MustCompile(`(?m)^\| (\S+) \|.*\| ([0-9a-f]{64}) \|$`).FindAllStringSubmatch(read(t, "vendor/README.md"), -1)
	listed := map[string]bool{}
	for _, row := range rows {
		sum := sha256.Sum256([]byte(read(t, "vendor/"+row[1])))
		if hex.EncodeToString(sum[:]) != row[2] {
			t.Errorf("vendor/%s is not the file of the README", row[1])
		}
		listed[row[1]] = true
	}
	for _, pattern := range []string{"vendor/*.js", "vendor/*/*.js", "vendor/*/*.woff2"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if !listed[strings.TrimPrefix(filepath.ToSlash(f), "vendor/")] {
				t.Errorf("%s is not in vendor/README.md", f)
			}
		}
	}
}

// TestSprite holds that every icon that views and scripts name is drawn.
func TestSprite(t *testing.T) {
	t.Parallel()
	sprite := read(t, "img/icons.svg")
	used := regexp.MustCompile(`(?:@Icon|\bicon|@tickIcon|@railLink|@subLink)\((?:p, )?"([a-z-]+)"|@simKind\(d, "[a-z]+", "([a-z-]+)"`)
	files, err := filepath.Glob("../views/*.templ")
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob("src/js/*.js")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range append(files, scripts...) {
		for _, m := range used.FindAllStringSubmatch(read(t, f), -1) {
			n++
			if name := m[1] + m[2]; !strings.Contains(sprite, `id="`+name+`"`) {
				t.Errorf("%s: no icon %q in the sprite", f, name)
			}
		}
	}
	for _, name := range strings.Fields(read(t, "icons.txt")) {
		if !strings.Contains(sprite, `id="`+name+`"`) {
			t.Errorf("icons.txt names %q, which the sprite lacks", name)
		}
	}
	if n < 40 {
		t.Errorf("found only %d uses of icons: the pattern is wrong", n)
	}
}

var (
	comments = regexp.MustCompile(`(?s)/\*.*?\*/`)
	physical = regexp.MustCompile(`(?m)(?:^|[;{\s])((?:margin|padding|border|inset)-(?:left|right)|left|right|float|clear|border-(?:top|bottom)-(?:left|right)-radius)\s*:|text-align:\s*(?:left|right)`)
)

// TestLogicalProperties holds that styles know no left and right, so that Arabic mirrors.
func TestLogicalProperties(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("src/css/*.css")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		css := comments.ReplaceAllString(read(t, f), "")
		if m := physical.FindString(css); m != "" {
			t.Errorf("%s: %q", f, strings.TrimSpace(m))
		}
		if f != filepath.Join("src", "css", "app.css") && !strings.HasPrefix(strings.TrimSpace(css), "@layer") {
			t.Errorf("%s begins outside a layer", f)
		}
	}
}

// TestSize holds the budget of the first load: scripts 25 KiB, styles 12 KiB.
func TestSize(t *testing.T) {
	t.Parallel()
	size := func(name string) int64 {
		r := get(t, assets.URL(name), http.Header{"Accept-Encoding": {"gzip"}})
		defer r.Body.Close()
		var n int64
		buf := make([]byte, 32<<10)
		for {
			k, err := r.Body.Read(buf)
			n += int64(k)
			if err != nil {
				return n
			}
		}
	}
	if n := size("app.js") + size("htmx.min.js"); n > 25<<10 {
		t.Errorf("scripts: %d bytes", n)
	}
	if n := size("app.css"); n > 12<<10 {
		t.Errorf("styles: %d bytes", n)
	}
}

// TestContrast reads the colours as written and measures each pair that is used.
func TestContrast(t *testing.T) {
	t.Parallel()
	colours := map[string][2]string{}
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+): light-dark\(#([0-9A-F]{6}), #([0-9A-F]{6})\);`).FindAllStringSubmatch(read(t, "src/css/tokens.css"), -1) {
		colours[m[1]] = [2]string{m[2], m[3]}
	}
	grounds := []string{"canvas", "surface", "surface-2", "thread"}
	tests := []struct {
		ink  string
		on   []string
		need float64
	}{
		{"ink", grounds, 4.5}, {"ink-2", append(grounds, "accent-soft"), 4.5}, {"ink-3", append(grounds, "accent-soft", "bubble-in"), 4.5},
		{"border-strong", []string{"surface"}, 3}, {"on-accent", []string{"accent"}, 4.5}, {"accent", []string{"canvas"}, 4.5},
		{"accent-ink", []string{"accent-soft"}, 4.5}, {"bubble-out-ink", []string{"bubble-out"}, 4.5}, {"bubble-out-meta", []string{"bubble-out"}, 4.5},
		{"tick-read", []string{"bubble-out"}, 3}, {"note-ink", []string{"note"}, 4.5}, {"note-meta", []string{"note"}, 4.5}, {"note-border", []string{"note"}, 3},
		{"danger", []string{"surface", "thread"}, 4.5}, {"danger-ink", []string{"danger-soft"}, 4.5}, {"warn", []string{"warn-soft"}, 4.5},
		{"success", []string{"success-soft"}, 4.5}, {"info", []string{"info-soft"}, 4.5}, {"link", []string{"surface", "bubble-in", "bubble-out"}, 4.5}, {"focus", []string{"surface", "canvas"}, 3},
	}
	for _, tt := range tests {
		for _, on := range tt.on {
			for i, theme := range []string{"light", "dark"} {
				if c := contrast(t, colours[tt.ink][i], colours[on][i]); c < tt.need {
					t.Errorf("%s on %s, %s: %.2f", tt.ink, on, theme, c)
				}
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatalf("colour %q: %v", hex, err)
	}
	part := func(v uint64) float64 {
		c := float64(v&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(n>>16) + 0.7152*part(n>>8) + 0.0722*part(n)
}
