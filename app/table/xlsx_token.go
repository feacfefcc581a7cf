package table

import (
	"encoding/xml"
	"errors"
	"io"
)

// maxDepth is deeper than any workbook nests.
const maxDepth = 64

// fence ends a reader when one run of text or one tag grows too long: the XML
// decoder would hold it in memory.
type fence struct {
	r   io.Reader
	run int
}

func newFence(r io.Reader) *fence { return &fence{r: r} }

var errLongRun = refuse(FileTooMuchText)

func (f *fence) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	for _, c := range p[:n] {
		if f.run++; c == '<' {
			f.run = 0
		} else if f.run > maxRun {
			return 0, errLongRun
		}
	}
	return n, err
}

// tokens reads XML and sees to it that every element is closed by its own end.
type tokens struct {
	d     *xml.Decoder
	stack []string
}

func newTokens(r io.Reader) *tokens { return &tokens{d: xml.NewDecoder(newFence(r))} }

// next gives the next token, io.EOF only behind a whole document. What a token
// holds is good until the next one.
func (t *tokens) next() (xml.Token, error) {
	for {
		tok, err := t.d.RawToken()
		if err != nil {
			switch {
			case errors.Is(err, io.EOF) && len(t.stack) == 0:
				return nil, io.EOF
			case errors.Is(err, errLongRun):
				return nil, errLongRun
			}
			return nil, refuse(FileDamaged)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			if len(t.stack) >= maxDepth {
				return nil, refuse(FileDamaged)
			}
			t.stack = append(t.stack, e.Name.Local)
		case xml.EndElement:
			if n := len(t.stack); n == 0 || t.stack[n-1] != e.Name.Local {
				return nil, refuse(FileDamaged)
			}
			t.stack = t.stack[:len(t.stack)-1]
		case xml.Directive:
			return nil, refuse(FileDamaged)
		case xml.CharData:
		default:
			continue
		}
		return tok, nil
	}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}
