package table

import (
	"archive/zip"
	"errors"
	"io"
	"strconv"
	"strings"
)

// pool keeps the shared strings of a workbook in one piece of memory.
type pool struct {
	all  []byte
	ends []uint32
}

func (p *pool) count() int { return len(p.ends) }

func (p *pool) at(n int) string {
	from := uint32(0)
	if n > 0 {
		from = p.ends[n-1]
	}
	return string(p.all[from:p.ends[n]])
}

// read takes the texts of the part, without the readings that some languages add.
func (p *pool) read(t *tokens) error {
	inText, phonetic := false, 0
	var item []byte
	for {
		tok, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch tok.kind {
		case tokenStart:
			switch tok.name {
			case "si":
				item = item[:0]
			case "t":
				inText = true
			case "rPh":
				phonetic++
			}
		case tokenText:
			if inText && phonetic == 0 {
				item = append(item, tok.text...)
			}
		case tokenEnd:
			inText = false
			switch tok.name {
			case "rPh":
				phonetic--
			case "si":
				p.all = append(p.all, plainText(string(item))...)
				p.ends = append(p.ends, uint32(len(p.all)))
			}
		}
		if len(p.all)+len(item) > maxAllText || len(p.ends) > MaxRows*MaxColumns {
			return refuse(FileTooMuchText)
		}
	}
}

// plainText decodes the _x000D_ by which workbooks write what XML cannot, and
// ends lines in LF.
func plainText(s string) string {
	if strings.Contains(s, "_x") {
		var b strings.Builder
		for {
			i := strings.Index(s, "_x")
			if i < 0 {
				break
			}
			b.WriteString(s[:i])
			if len(s) >= i+7 && s[i+6] == '_' {
				if n, err := strconv.ParseUint(s[i+2:i+6], 16, 16); err == nil {
					b.WriteRune(rune(n))
					s = s[i+7:]
					continue
				}
			}
			b.WriteString("_x")
			s = s[i+2:]
		}
		s = b.String() + s
	}
	if strings.Contains(s, "\r") {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	return s
}

// readStyles finds the cell styles that show a number as a date.
func (b *book) readStyles(z *zip.Reader) error {
	var s struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := decodePart(z, b.styles, &s); err != nil {
		return err
	}
	custom := map[int]bool{}
	for _, f := range s.Formats {
		custom[f.ID] = isDateFormat(f.Code)
	}
	b.dates = make([]bool, len(s.Cells))
	for i, c := range s.Cells {
		isDate, known := custom[c.Format]
		if !known {
			isDate = c.Format >= 14 && c.Format <= 22 || c.Format >= 27 && c.Format <= 36 || c.Format >= 45 && c.Format <= 47 || c.Format >= 50 && c.Format <= 58
		}
		b.dates[i] = isDate
	}
	return nil
}

// isDateFormat looks for the letters of days and hours outside of quotes,
// brackets and escapes.
func isDateFormat(code string) bool {
	code, _, _ = strings.Cut(strings.ToLower(code), ";")
	quoted, bracket := false, false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\\' || c == '_' || c == '*':
			i++
		case c == '[':
			bracket = true
		case c == ']':
			bracket = false
		case bracket:
		case strings.IndexByte("ymdhs", c) >= 0:
			return true
		}
	}
	return false
}
