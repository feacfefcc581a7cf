package table

import (
	"errors"
	"fmt"
	"io"
)

// Tokens shows the tokens of an XML document, joined text in one piece.
func Tokens(r io.Reader) (all []string, err error) {
	t := newTokens(r)
	for {
		tok, err := t.next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		switch tok.kind {
		case tokenStart:
			s := "<" + tok.name
			for _, a := range tok.attrs {
				s += fmt.Sprintf(" %s=%q %v", a.name, a.value, a.prefixed)
			}
			all = append(all, s)
		case tokenEnd:
			all = append(all, "/"+tok.name)
		default:
			all = append(all, "="+string(tok.text))
		}
	}
}
