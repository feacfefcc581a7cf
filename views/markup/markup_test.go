package markup_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"badala/views/markup"
)

func TestHTML(t *testing.T) {
	t.Parallel()
	rel := ` target="_blank" rel="noopener noreferrer nofollow">`
	tests := []struct{ name, in, want string }{
		{"plain", "hello", "<p>hello</p>"},
		{"escaped", `<b> & "x"`, "<p>&lt;b&gt; &amp; &#34;x&#34;</p>"},
		{"bold", "*hi* there", "<p><strong>hi</strong> there</p>"},
		{"bold Arabic", "*مرحبا* بكم", "<p><strong>مرحبا</strong> بكم</p>"},
		{"nested", "*a _b_*", "<p><strong>a <em>b</em></strong></p>"},
		{"strike", "~old~ new", "<p><del>old</del> new</p>"},
		{"code keeps marks", "`*x*`", "<p><code>*x*</code></p>"},
		{"block", "a\n```\nx *y*\n```\nb", "<p>a</p><pre><code>x *y*</code></pre><p>b</p>"},
		{"not inside a word", "2*3*4 and snake_case_name", "<p>2*3*4 and snake_case_name</p>"},
		{"must touch", "* not bold *x", "<ul><li dir=\"auto\">not bold *x</li></ul>"},
		{"spaces", "a * b * c", "<p>a * b * c</p>"},
		{"quote", "> one\n> two\nthree", "<blockquote dir=\"auto\">one\ntwo</blockquote><p>three</p>"},
		{"list", "- a\n- b", `<ul><li dir="auto">a</li><li dir="auto">b</li></ul>`},
		{"numbers", "3. a\n4. b", `<ol start="3"><li dir="auto">a</li><li dir="auto">b</li></ol>`},
		{"link", "see https://example.com/a?b=1&c=2.", `<p>see <a href="https://example.com/a?b=1&amp;c=2"` + rel + `https://example.com/a?b=1&amp;c=2</a>.</p>`},
		{"no script link", "javascript:alert(1)", "<p>javascript:alert(1)</p>"},
		{"mention", "@[user_1] look", `<p><span class="mention"><bdi>@Aisha</bdi></span> look</p>`},
		{"unknown mention", "@[user_9]", "<p>@[user_9]</p>"},
		{"lines", "a\nb", "<p>a\nb</p>"},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := markup.HTML(tt.in, map[string]string{"user_1": "Aisha"}); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestOnlyEmoji(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"👍": true, "❤️": true, "👨‍👩‍👧": true, "🇰🇼": true, "🇰🇼🇸🇦🇦🇪": true, "🙏🏽🙏🏽": true, "😀😀😀😀": false, "ok 👍": false, "12": false, "": false} {
		if markup.OnlyEmoji(s, 3) != want {
			t.Errorf("OnlyEmoji(%q) is not %v", s, want)
		}
	}
}

var allowed = map[string]bool{
	"p": true, "strong": true, "em": true, "del": true, "code": true, "pre": true, "blockquote": true,
	"ul": true, "ol": true, "li": true, "a": true, "span": true, "bdi": true,
}

// FuzzHTML holds that no text makes a tag, attribute or address of its own.
func FuzzHTML(f *testing.F) {
	for _, s := range []string{"*a*", "```x```", "> q", "1. a", "<script>x</script>", "https://x\" onload=y", "*_~`x`~_*", "@[u]", "`*`*", "tel:+965", "\xff*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		z := html.NewTokenizer(strings.NewReader(markup.HTML(s, map[string]string{"u": "<N>"})))
		for {
			switch z.Next() {
			case html.ErrorToken:
				return
			case html.CommentToken, html.DoctypeToken:
				t.Fatalf("%q makes a comment", s)
			case html.StartTagToken, html.SelfClosingTagToken:
				checkTag(t, s, z.Token())
			}
		}
	})
}

func checkTag(t *testing.T, s string, tok html.Token) {
	t.Helper()
	if !allowed[tok.Data] {
		t.Fatalf("%q makes a tag %s", s, tok.Data)
	}
	for _, a := range tok.Attr {
		switch a.Key {
		case "href":
			if !strings.HasPrefix(a.Val, "http://") && !strings.HasPrefix(a.Val, "https://") && !strings.HasPrefix(a.Val, "mailto:") && !strings.HasPrefix(a.Val, "tel:") {
				t.Fatalf("%q makes an address %q", s, a.Val)
			}
		case "rel", "target", "dir", "class", "start":
		default:
			t.Fatalf("%q makes an attribute %s", s, a.Key)
		}
	}
}
