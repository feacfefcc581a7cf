package table

import (
	"bytes"
	"io"
	"strconv"
	"unicode/utf8"
)

const blanks = " \t\r\n"

// more reads more behind what is not used yet.
func (t *tokens) more() error {
	if t.end-t.pos > maxRun {
		return errLongRun
	}
	if t.pos > 0 {
		copy(t.buf, t.buf[t.pos:t.end])
		t.end -= t.pos
		t.pos = 0
	}
	if t.end == len(t.buf) {
		t.buf = append(t.buf, make([]byte, len(t.buf))...)
	}
	for range 100 {
		if t.err != nil {
			return t.err
		}
		var n int
		n, t.err = t.r.Read(t.buf[t.end:])
		t.end += n
		if n > 0 {
			return nil
		}
	}
	return io.ErrNoProgress
}

// until gives what stands before a mark, and goes behind it; with an error, all
// that is left.
func (t *tokens) until(mark []byte) ([]byte, error) {
	for from := 0; ; {
		if i := bytes.Index(t.buf[t.pos+from:t.end], mark); i >= 0 {
			b := t.buf[t.pos : t.pos+from+i]
			t.pos += from + i + len(mark)
			if len(b) > maxRun {
				return nil, errLongRun
			}
			return b, nil
		}
		from = max(t.end-t.pos-len(mark)+1, 0)
		if err := t.more(); err != nil {
			return t.buf[t.pos:t.end], err
		}
	}
}

// begins says whether a text comes next.
func (t *tokens) begins(text string) bool {
	for t.end-t.pos < len(text) && bytes.HasPrefix([]byte(text), t.buf[t.pos:t.end]) {
		if t.more() != nil {
			return false
		}
	}
	return bytes.HasPrefix(t.buf[t.pos:t.end], []byte(text))
}

// tag gives a tag without its marks. A > in quotes does not end it.
func (t *tokens) tag() ([]byte, error) {
	quote := byte(0)
	for at := 0; ; at++ {
		for t.pos+at >= t.end {
			if err := t.more(); err != nil {
				return nil, err
			}
		}
		switch c := t.buf[t.pos+at]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			b := t.buf[t.pos : t.pos+at]
			t.pos += at + 1
			if at > maxRun {
				return nil, errLongRun
			}
			return b, nil
		case c == '<':
			return nil, errDamaged
		}
	}
}

var endsName = [256]bool{' ': true, '\t': true, '\r': true, '\n': true, '=': true, '/': true, '<': true, '>': true, '\'': true, '"': true}

// cutName takes a name, without its prefix, from the beginning of b.
func (t *tokens) cutName(b []byte) (name string, rest []byte) {
	n := 0
	for n < len(b) && !endsName[b[n]] {
		n++
	}
	raw := b[:n]
	if i := bytes.IndexByte(raw, ':'); i >= 0 {
		raw = raw[i+1:]
	}
	name, ok := t.names[string(raw)]
	if !ok {
		name = string(raw)
		if len(t.names) < 256 {
			t.names[name] = name
		}
	}
	return name, b[n:]
}

func isBlank(b []byte) bool { return len(bytes.TrimLeft(b, blanks)) == 0 }

// inRange says whether text is UTF-8 with nothing that XML may not hold.
func inRange(b []byte) bool {
	ascii := true
	for _, c := range b {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' {
			return false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	if ascii {
		return true
	}
	return utf8.Valid(b) && !bytes.Contains(b, []byte("\uFFFE")) && !bytes.Contains(b, []byte("\uFFFF"))
}

var entities = map[string]byte{"lt": '<', "gt": '>', "amp": '&', "apos": '\'', "quot": '"'}

// unescape appends text with its entities replaced, and lines that end in LF.
func unescape(to, text []byte) ([]byte, error) {
	for len(text) > 0 {
		i := bytes.IndexAny(text, "&\r")
		if i < 0 {
			return append(to, text...), nil
		}
		to = append(to, text[:i]...)
		if text[i] == '\r' {
			to = append(to, '\n')
			text = bytes.TrimPrefix(text[i+1:], []byte("\n"))
			continue
		}
		name, rest, ok := bytes.Cut(text[i+1:], []byte(";"))
		if !ok || len(name) > 10 {
			return nil, errDamaged
		}
		c, err := entity(string(name))
		if err != nil {
			return nil, err
		}
		to, text = utf8.AppendRune(to, c), rest
	}
	return to, nil
}

func entity(name string) (rune, error) {
	if c, ok := entities[name]; ok {
		return rune(c), nil
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, errDamaged
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune || !inRange(utf8.AppendRune(nil, rune(n))) {
		return 0, errDamaged
	}
	return rune(n), nil
}
