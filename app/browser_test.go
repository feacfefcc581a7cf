package app_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// pageTimeout bounds one condition in a page; the race detector and two cores are slow.
const pageTimeout = 40 * time.Second

var started atomic.Bool

// chromium starts the one browser process that all tests share.
var chromium = sync.OnceValues(func() (context.Context, error) {
	started.Store(true)
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, fmt.Errorf("no chromium is installed")
	}
	ctx, _ := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"))
	ctx, _ = chromedp.NewContext(ctx)
	return ctx, chromedp.Do(ctx)
})

// Page is one person's browser window with cookies of its own.
type Page struct {
	t    testing.TB
	ctx  context.Context
	base string

	mu      sync.Mutex
	console []string // errors that the page reported
}

// pageOptions say what window to open; the zero value is an English desktop.
type pageOptions struct {
	Width, Height int64
	Dark          bool
	Touch         bool
}

func (o pageOptions) theme() string {
	if o.Dark {
		return "dark"
	}
	return "light"
}

// looks are the windows in which the pages of a language are judged: English
// wide and light, Arabic on a phone in the dark. With BADALA_LOOKS=all, as in
// .ci/run, there are four, enough to see each pair of language, width and
// theme; when pictures are asked for with BADALA_SHOTS, each language has four.
func looks(lang string, wideHeight, phoneHeight int64) []pageOptions {
	wide, phone := pageOptions{Width: 1280, Height: wideHeight}, pageOptions{Width: 390, Height: phoneHeight, Touch: true}
	darkWide, darkPhone := wide, phone
	darkWide.Dark, darkPhone.Dark = true, true
	all := os.Getenv("BADALA_LOOKS") == "all"
	switch {
	case os.Getenv("BADALA_SHOTS") != "":
		return []pageOptions{wide, phone, darkWide, darkPhone}
	case all && lang == "ar":
		return []pageOptions{darkWide, phone}
	case all:
		return []pageOptions{wide, darkPhone}
	case lang == "ar":
		return []pageOptions{darkPhone}
	}
	return []pageOptions{wide}
}

// owners are who looks at the pages in each language. The Arabic one is made
// by the test.
var owners = map[string]string{"en": ownerEmail, "ar": "owner-ar@shop.example"}

// eachLook runs see for both languages in the windows in which pages are judged,
// all at the same time. A name stands for language, width and theme.
func eachLook(t *testing.T, wideHeight, phoneHeight int64, see func(t *testing.T, lang, name string, o pageOptions)) {
	for _, lang := range []string{"en", "ar"} {
		for _, o := range looks(lang, wideHeight, phoneHeight) {
			name := fmt.Sprintf("%s-%d-%s", lang, o.Width, o.theme())
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				see(t, lang, name, o)
			})
		}
	}
}

// Judge lets axe judge the page as it is, keeps its picture, and fails the test
// where the page is wider than the window, or words stand in a narrow pillar.
func (p *Page) Judge(name string) {
	p.t.Helper()
	p.Axe()
	shots(p, name)
	if Eval[bool](p, "(m => m.scrollWidth > m.clientWidth + 1)(document.querySelector('#main'))") {
		p.t.Errorf("%s is wider than the window", name)
	}
	squeezed := Eval[string](p, `[...document.querySelectorAll('#main :is(h1, h2, p, strong, bdi)')].filter(e => {
		const {width, height} = e.getBoundingClientRect();
		return width > 0 && width < 40 && height > 90;
	}).map(e => e.textContent).join(' | ')`)
	if squeezed != "" {
		p.t.Errorf("%s has no room for: %s", name, squeezed)
	}
}

// newPage opens a private window, or skips the test where there is no browser
// and none is demanded.
func newPage(t testing.TB, base string, o pageOptions) *Page {
	t.Helper()
	root, err := chromium()
	if err != nil {
		if os.Getenv("BADALA_REQUIRE_ALL") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	if o.Width == 0 {
		o.Width, o.Height = 1280, 800
	}
	ctx, cancel := chromedp.NewContext(root, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	// The first call opens the window and ends it with its context: no timeout here.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	p := &Page{t: t, ctx: ctx, base: base}
	scheme := "light"
	if o.Dark {
		scheme = "dark"
	}
	p.do(chromedp.EmulateViewport(o.Width, o.Height), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		}); err != nil {
			return err
		}
		if _, err := cdp.Call(ctx, target, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
			return err
		}
		if o.Touch {
			if _, err := cdp.Call(ctx, target, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true}); err != nil {
				return err
			}
		}
		_, err := cdp.Call(ctx, target, log.Enable, cdp.Empty{})
		return err
	}))
	if err := chromedp.Listen(ctx, p.heard); err != nil {
		t.Fatal(err)
	}
	return p
}

// heard keeps what the page's console called an error. Failed requests are
// left out: tests cut the network on purpose.
func (p *Page) heard(ev any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		p.console = append(p.console, fmt.Sprintf("%s %+v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception))
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" && e.Entry.Source != "network" {
			p.console = append(p.console, e.Entry.Text)
		}
	}
}

// Quiet fails the test if the console reported an error.
func (p *Page) Quiet() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.console {
		p.t.Errorf("console: %s", line)
	}
	p.console = nil
}

func (p *Page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pageTimeout)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%v\n%s", err, p.state())
	}
}

// reach does a step with an element, and looks for the element again when the
// page redrew it between finding and touching it: nothing was done then.
func (p *Page) reach(step chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pageTimeout)
	defer cancel()
	for {
		err := chromedp.Do(ctx, step)
		if err == nil {
			return
		}
		if gone := (*cdproto.Error)(nil); !errors.As(err, &gone) || !strings.Contains(strings.ToLower(gone.Message), "node") || ctx.Err() != nil {
			p.t.Fatalf("%v\n%s", err, p.state())
		}
	}
}

// Open loads a path of the server.
func (p *Page) Open(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.base + path))
}

// Click presses the first visible match, by real mouse events.
func (p *Page) Click(css string) {
	p.t.Helper()
	p.reach(chromedp.Click(chromedp.CSS(css), chromedp.NodeVisible))
}

// Type writes into a field as keys would.
func (p *Page) Type(css, text string) {
	p.t.Helper()
	p.reach(chromedp.SendKeys(chromedp.CSS(css), text, chromedp.NodeVisible))
}

// Key presses keys where the focus is.
func (p *Page) Key(keys string, o ...chromedp.KeyOption) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys, o...))
}

// Attach chooses files in a file field.
func (p *Page) Attach(css string, files ...string) {
	p.t.Helper()
	p.reach(chromedp.SetUploadFiles(chromedp.CSS(css), files, chromedp.NodeReady))
}

// Offline cuts or restores the page's network.
func (p *Page) Offline(off bool) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{Offline: off, DownloadThroughput: -1, UploadThroughput: -1}},
		})
		return err
	}))
}

// Eval runs a script and gives its value.
func Eval[T any](p *Page, js string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pageTimeout)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", js, err)
	}
	return v
}

// Wait waits until a script is true of a page that is all there, also across
// page loads.
func (p *Page) Wait(js string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pageTimeout)
	defer cancel()
	again := time.NewTicker(40 * time.Millisecond)
	defer again.Stop()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("document.readyState !== 'loading' && !!("+js+")"))
		if ok && err == nil {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			p.t.Fatalf("waited for %s: %v\n%s", js, err, p.state())
		}
	}
}

// WaitText waits until an element that matches contains the text.
func (p *Page) WaitText(css, text string) {
	p.t.Helper()
	p.Wait(fmt.Sprintf("[...document.querySelectorAll(%q)].some(e => e.textContent.includes(%q))", css, text))
}

// state tells where the page is and keeps a picture, for a failed test.
func (p *Page) state() string {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	where, _ := chromedp.Run(ctx, chromedp.Location())
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body ? document.body.innerText.replace(/\\s+/g, ' ').slice(0, 600) : ''"))
	if dir := os.Getenv("BADALA_SHOTS"); dir != "" {
		p.Shot(dir + "/failed-" + strings.ReplaceAll(p.t.Name(), "/", "-") + ".png")
	}
	return where + "\n" + text + "\n" + strings.Join(p.console, "\n")
}

// Shot keeps a picture of the window.
func (p *Page) Shot(file string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pageTimeout)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(file, png, 0o600)
	}
	if err != nil {
		p.t.Error(err)
	}
}

// SignIn goes through the sign-in page, from wherever path leads.
func (p *Page) SignIn(path, email, password string) {
	p.t.Helper()
	p.Open(path)
	p.Type(`input[name=email]`, email)
	p.Type(`input[name=password]`, password+"\r")
	p.Wait(`!document.querySelector("form[action^='/signin'] input[name=password]")`)
}

// Axe fails the test for each violation that axe finds in the page as it is.
func (p *Page) Axe() {
	p.t.Helper()
	script, err := os.ReadFile("../assets/vendor/test/axe.min.js")
	if err != nil {
		p.t.Fatal(err)
	}
	Eval[bool](p, string(script)+";true")
	found := Eval[[]string](p, `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations']})
		.then(r => r.violations.map(v => v.id + ': ' + v.help + ' ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + ' ' + (n.failureSummary || '')).join(' | ')))`)
	for _, v := range found {
		p.t.Errorf("axe: %s", v)
	}
}

// stopChromium ends the shared browser, if one was started.
func stopChromium() {
	if started.Load() {
		if ctx, err := chromium(); err == nil {
			_ = chromedp.Cancel(ctx)
		}
	}
}
