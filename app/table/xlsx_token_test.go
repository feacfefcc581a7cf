package table_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"badala/app/table"
)

// decoded is what the XML decoder makes of a document, as Tokens shows it.
func decoded(r io.Reader) (all []string, err error) {
	d := xml.NewDecoder(r)
	for {
		tok, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			if n := len(all); n > 0 && strings.TrimLeft(all[n-1], "= \t\n") == "" { // behind the document
				all = all[:n-1]
			}
			return all, nil
		}
		if err != nil {
			return all, err
		}
		switch e := tok.(type) {
		case xml.StartElement:
			s := "<" + e.Name.Local
			for _, a := range e.Attr {
				s += fmt.Sprintf(" %s=%q %v", a.Name.Local, a.Value, a.Name.Space != "")
			}
			all = append(all, s)
		case xml.EndElement:
			all = append(all, "/"+e.Name.Local)
		case xml.CharData:
			if len(e) > 0 {
				all = append(all, "="+string(e))
			}
		case xml.Directive:
			return all, errors.New("a document type")
		}
	}
}

var documents = []string{
	`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\r\n" + `<x:sheet xmlns:x="a/b"><x:row r="1" x:id='2>1'><c/><c t="s" ><v>12</v></c></x:row></x:sheet>` + "\n",
	`<a>1 &lt; 2 &amp;&#39;&#x41;&quot;</a>`, `<a b="&lt;&#10;&apos;"/>`, "<a>one\r\ntwo\rthree\n</a>", `<a><![CDATA[<b>&amp;]]]]></a>`,
	`<!-- a > comment --><a><!----></a>`, `<a>العربية 😀</a>`, `<a  b = "1"  c='2' ></a >`, "<?xml version='1.0'?><a/>", `<a><?php x?></a>`,
	`<v t="n">` + strings.Repeat("x", 100_000) + `</v>`, strings.Repeat("<row>", 60) + strings.Repeat("</row>", 60),
	// Damaged.
	`<a>`, `<a></b>`, `</a>`, `<a`, `<a b></a>`, `<a b=1></a>`, `<a b="1></a>`, `<a b="<"/>`, `<a>&nbsp;</a>`, `<a>&#0;</a>`, `<a>&#x110000;</a>`, `<a>&lt</a>`,
	"<a>\x01</a>", "<a>\xff</a>", `<!DOCTYPE a><a/>`, `<a><![CDATA[x</a>`, `<a><!-- x</a>`, `<>`, `< a/>`, `<a/`, `<a><</a>`,
	`<?xml version="1.0" encoding="ISO-8859-1"?><a/>`, "<a b='\x02'/>",
}

// TestTokens compares the reader of sheets with the XML decoder, however the
// bytes come in.
func TestTokens(t *testing.T) {
	t.Parallel()
	for _, doc := range documents {
		want, wrong := decoded(strings.NewReader(doc))
		for name, r := range map[string]io.Reader{"at once": strings.NewReader(doc), "bytes": iotest.OneByteReader(strings.NewReader(doc))} {
			got, err := table.Tokens(r)
			if balanced := wrong == nil && closes(want); (err == nil) != balanced || balanced && !slices.Equal(got, want) {
				t.Errorf("%.80q %s: %.200q %v, want %.200q %v", doc, name, got, err, want, wrong)
			}
		}
	}
	for _, doc := range []string{
		"<a>" + strings.Repeat("x", 200_000) + "</a>", `<a b="` + strings.Repeat("x", 200_000) + `"/>`, "<!--" + strings.Repeat("x", 200_000) + "--><a/>",
		strings.Repeat("<row>", 70) + strings.Repeat("</row>", 70),
	} {
		if _, err := table.Tokens(strings.NewReader(doc)); err == nil {
			t.Errorf("%.20q is read", doc)
		}
	}
}

// closes says whether all elements end, each by its own name.
func closes(tokens []string) bool {
	var open []string
	for _, t := range tokens {
		switch t[0] {
		case '<':
			name, _, _ := strings.Cut(t[1:], " ")
			open = append(open, name)
		case '/':
			if len(open) == 0 || open[len(open)-1] != t[1:] {
				return false
			}
			open = open[:len(open)-1]
		}
	}
	return len(open) == 0
}

// FuzzTokens looks for a document that the two read differently. What this
// reader takes, the decoder may refuse for reasons that do no harm.
func FuzzTokens(f *testing.F) {
	for _, doc := range documents {
		if len(doc) < 1000 {
			f.Add(doc)
		}
	}
	f.Fuzz(func(t *testing.T, doc string) {
		want, wrong := decoded(strings.NewReader(doc))
		got, err := table.Tokens(strings.NewReader(doc))
		if err == nil && wrong == nil && !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}
