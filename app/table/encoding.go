package table

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	xunicode "golang.org/x/text/encoding/unicode"
)

// Encodings are those that are recognised; others can be chosen by name.
var Encodings = [...]string{"utf-8", "utf-16le", "utf-16be", "windows-1256", "windows-1252", "windows-1251"}

const mixed = "the file mixes different text encodings, so that names would be spoilt; save it again as CSV (UTF-8)"

// text is how a text file is to be decoded.
type text struct {
	encoding string
	codec    encoding.Encoding // nil: UTF-8
	skip     int64             // bytes of the mark
	bareCR   bool              // lines end in CR alone
}

// survey is what one pass over the bytes of a file tells.
type survey struct {
	head               []byte
	size, lf, cr       int
	nulEven, nulOdd    int
	controls           int
	sequences, misfits int // of UTF-8, beyond ASCII
	sample, tail       []byte
}

const sampleSize = 64 << 10

// readText finds out how to decode the file; chosen, if not empty, wins.
func readText(ctx context.Context, path, chosen string) (text, error) {
	f, err := os.Open(path)
	if err != nil {
		return text{}, err
	}
	defer f.Close()
	s, err := look(ctx, f)
	if err != nil {
		return text{}, err
	}
	t := text{encoding: s.encoding(), skip: s.markSize()}
	if chosen != "" {
		t.encoding = chosen
	} else if t.encoding == "" {
		return t, refuseAs(FileNotText, mixed)
	}
	if t.codec, err = codecOf(t.encoding); err != nil {
		return t, err
	}
	if t.codec != nil {
		return t, t.check(ctx, f)
	}
	if s.nulEven+s.nulOdd > 0 || tooMany(s.controls, s.size) {
		return t, refuse(FileNotText)
	}
	t.bareCR = s.lf == 0 && s.cr > 0
	return t, nil
}

// tooMany controls are no text.
func tooMany(controls, size int) bool { return controls > 10 && controls > size/50 }

func codecOf(name string) (encoding.Encoding, error) {
	switch name {
	case "utf-8":
		return nil, nil
	case "utf-16le":
		return xunicode.UTF16(xunicode.LittleEndian, xunicode.IgnoreBOM), nil
	case "utf-16be":
		return xunicode.UTF16(xunicode.BigEndian, xunicode.IgnoreBOM), nil
	}
	if c := codePage(name); c != nil {
		return c, nil
	}
	return nil, refuseAs(FileNotText, "the text encoding "+name+" is not known")
}

// codePage finds one of the single-byte encodings that files of spreadsheets
// and phones come in; nil for others.
func codePage(name string) encoding.Encoding {
	name = strings.NewReplacer("cp", "windows-", "_", "-", "latin1", "iso-8859-1").Replace(strings.ToLower(name))
	for _, c := range charmap.All {
		m, ok := c.(*charmap.Charmap)
		if ok && strings.ReplaceAll(strings.ToLower(m.String()), " ", "-") == name {
			return m
		}
	}
	return nil
}

// check reads the decoded text once: what holds NUL or many controls is no
// text, and without any LF the lines end in CR.
func (t *text) check(ctx context.Context, f *os.File) error {
	r, err := t.reader(f)
	if err != nil {
		return err
	}
	var size, controls, lf, cr int
	for {
		if _, err := r.Peek(1); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		block, _ := r.Peek(r.Buffered())
		for _, c := range block {
			switch {
			case c == 0:
				return refuse(FileNotText)
			case c == '\n':
				lf++
			case c == '\r':
				cr++
			case c < ' ' && c != '\t':
				controls++
			}
		}
		size += len(block)
		if _, err := r.Discard(len(block)); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if tooMany(controls, size) {
		return refuse(FileNotText)
	}
	t.bareCR = lf == 0 && cr > 0
	return nil
}

// reader decodes the file from its beginning, without the mark.
func (t *text) reader(f *os.File) (*bufio.Reader, error) {
	if _, err := f.Seek(t.skip, io.SeekStart); err != nil {
		return nil, err
	}
	if t.codec == nil {
		return bufio.NewReaderSize(f, 64<<10), nil
	}
	return bufio.NewReaderSize(t.codec.NewDecoder().Reader(f), 64<<10), nil
}

// look passes over the bytes.
func look(ctx context.Context, r io.Reader) (*survey, error) {
	s := &survey{}
	buf := make([]byte, 64<<10)
	for {
		n, err := io.ReadFull(r, buf)
		s.add(buf[:n])
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			s.misfits += len(s.tail)
			return s, nil
		}
		if err != nil {
			return s, err
		}
		if err := ctx.Err(); err != nil {
			return s, err
		}
	}
}

func (s *survey) add(b []byte) {
	if s.head == nil {
		s.head = bytes.Clone(b[:min(len(b), 4)])
	}
	for i := bytes.IndexByte(b, 0); i >= 0 && i < len(b); i++ {
		if b[i] == 0 && (s.size+i)%2 == 0 {
			s.nulEven++
		} else if b[i] == 0 {
			s.nulOdd++
		}
	}
	s.size += len(b)
	s.lf += bytes.Count(b, []byte{'\n'})
	s.cr += bytes.Count(b, []byte{'\r'})
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			s.controls++
		}
	}
	s.gather(b)
	s.addRunes(b)
}

// addRunes counts what is UTF-8 beyond ASCII, and what is not. A letter may
// begin in one block and end in the next.
func (s *survey) addRunes(b []byte) {
	for len(s.tail) > 0 && len(b) > 0 {
		s.tail, b = append(s.tail, b[0]), b[1:]
		for len(s.tail) > 0 && utf8.FullRune(s.tail) {
			s.tail = s.tail[s.countRune(s.tail):]
		}
	}
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			b = b[1:]
			continue
		}
		if !utf8.FullRune(b) {
			s.tail = bytes.Clone(b)
			return
		}
		b = b[s.countRune(b):]
	}
}

func (s *survey) countRune(b []byte) int {
	r, n := utf8.DecodeRune(b)
	switch {
	case r == utf8.RuneError && n == 1:
		s.misfits++
	case n > 1:
		s.sequences++
	}
	return n
}

// gather keeps lines with high bytes for the guess among single-byte encodings.
func (s *survey) gather(b []byte) {
	for line := range bytes.Lines(b) {
		if len(s.sample) > sampleSize {
			return
		}
		if slices.ContainsFunc(line, func(c byte) bool { return c >= 0x80 }) {
			s.sample = append(s.sample, line...)
		}
	}
}

func (s *survey) markSize() int64 {
	switch {
	case bytes.HasPrefix(s.head, []byte(mark)):
		return 3
	case bytes.HasPrefix(s.head, []byte("\xff\xfe")), bytes.HasPrefix(s.head, []byte("\xfe\xff")):
		return 2
	}
	return 0
}

// encoding is the name that fits the bytes; "" when more than one would be needed.
func (s *survey) encoding() string {
	half := s.size / 2
	switch {
	case bytes.HasPrefix(s.head, []byte("\xff\xfe")):
		return "utf-16le"
	case bytes.HasPrefix(s.head, []byte("\xfe\xff")):
		return "utf-16be"
	case s.nulOdd > half/5 && s.nulEven < s.nulOdd/10:
		return "utf-16le"
	case s.nulEven > half/5 && s.nulOdd < s.nulEven/10:
		return "utf-16be"
	case s.misfits == 0:
		return "utf-8"
	case s.markSize() > 0 || s.sequences >= 4 && s.sequences > s.misfits:
		return ""
	}
	return guess(s.sample)
}

// guess tells single-byte encodings apart by how much sense the words make.
func guess(sample []byte) string {
	best, most := "windows-1252", 0
	for _, c := range []struct {
		name string
		m    *charmap.Charmap
	}{{"windows-1256", charmap.Windows1256}, {"windows-1252", charmap.Windows1252}, {"windows-1251", charmap.Windows1251}} {
		decoded, err := c.m.NewDecoder().Bytes(sample)
		if err != nil {
			continue
		}
		if n := sense(string(decoded)); n > most {
			best, most = c.name, n
		}
	}
	return best
}

// sense adds up the words with letters beyond ASCII: letters of one script
// count for, a mixture and odd cases against.
func sense(s string) int {
	sum := 0
	for len(s) > 0 {
		end := 0
		for end < len(s) && !isGap(s[end]) {
			end++
		}
		sum += wordSense([]rune(s[:end]))
		s = s[min(end+1, len(s)):]
	}
	return sum
}

func isGap(c byte) bool {
	return c < utf8.RuneSelf && !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z')
}

func wordSense(word []rune) int {
	scripts := map[string]bool{}
	letters, ascii, high, points := 0, 0, 0, 0
	for i, r := range word {
		if r >= utf8.RuneSelf {
			high++
		}
		switch {
		case unicode.Is(unicode.Arabic, r) && unicode.IsLetter(r):
			scripts["arabic"] = true
		case unicode.Is(unicode.Cyrillic, r):
			scripts["cyrillic"] = true
		case unicode.Is(unicode.Latin, r):
			scripts["latin"] = true
		case r >= utf8.RuneSelf && !unicode.Is(unicode.Mn, r):
			points--
			continue
		}
		letters++
		if r < utf8.RuneSelf {
			ascii++
		}
		if i > 0 && unicode.IsLower(word[i-1]) && unicode.IsUpper(r) {
			points -= 2
		}
	}
	switch {
	case high == 0:
		return 0
	case len(scripts) > 1:
		return points - 2*letters
	case scripts["latin"] && letters >= 3 && ascii == 0:
		return points - letters
	}
	return points + letters
}
