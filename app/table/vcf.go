package table

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/quotedprintable"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

// CardColumns are the columns of a file of cards. Several values of one
// property stand in one cell with Join between them, the best one first.
var CardColumns = [...]string{"Name", "First Name", "Middle Name", "Last Name", "Phone", "Email", "Organization", "Job Title", "Notes", "Categories"}

// Join stands between values in one cell.
const Join = " ::: "

const maxCard = 4 << 20 // characters of one card, with its picture

// property is one line of a card.
type property struct {
	name   string
	params []string // upper case, as written
	waID   string
	value  string
}

// card gathers what is wanted of one.
type card struct {
	full  string
	names [5]string
	phone []ranked
	email []string
	org   string
	title string
	notes []string
	tags  []string
}

type ranked struct {
	rank  int
	value string
}

// cardRows reads vCards of the versions 2.1, 3.0 and 4.0. Row 0 names the columns.
func (f *File) cardRows(_ context.Context, _ string, yield func(Row) error) error {
	file, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer file.Close()
	r, err := f.text.reader(file)
	if err != nil {
		return err
	}
	if err := yield(Row{Cells: CardColumns[:]}); err != nil {
		return err
	}
	l := &lines{r: r, bare: f.text.bareCR}
	var c *card
	for n := 0; ; {
		p, err := nextProperty(l)
		switch {
		case errors.Is(err, io.EOF) && (c != nil || n == 0):
			return refuse(FileDamaged)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		switch {
		case p.name == "BEGIN" && strings.EqualFold(p.value, "VCARD"):
			if c != nil {
				return refuse(FileDamaged)
			}
			c = &card{}
			n++
		case p.name == "END" && c != nil:
			if err := yield(Row{Number: n, Cells: c.cells()}); err != nil {
				return err
			}
			c = nil
		case c != nil:
			c.take(p)
		}
	}
}

// nextProperty reads a whole property: a line with those that continue it.
func nextProperty(l *lines) (property, error) {
	line, err := l.read()
	if err != nil {
		return property{}, err
	}
	var b strings.Builder
	b.WriteString(line)
	soft := isQuotedPrintable(line)
	for b.Len() < maxCard {
		next, err := l.read()
		if err != nil {
			break
		}
		if text := b.String(); soft && strings.HasSuffix(text, "=") {
			b.Reset()
			b.WriteString(text[:len(text)-1])
			b.WriteString(next)
			continue
		}
		if next == "" || next[0] != ' ' && next[0] != '\t' {
			l.next--
			break
		}
		b.WriteString(next[1:])
	}
	l.settle(l.next)
	if b.Len() >= maxCard {
		return property{}, refuse(FileTooMuchText)
	}
	return parseProperty(b.String()), nil
}

func isQuotedPrintable(line string) bool {
	head, _, _ := strings.Cut(line, ":")
	return strings.Contains(strings.ToUpper(head), "QUOTED-PRINTABLE")
}

// parseProperty splits group.NAME;PARAM="a;b":value.
func parseProperty(line string) property {
	var p property
	quote, from := false, 0
	var parts []string
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			quote = !quote
		case quote:
		case c == ';':
			parts = append(parts, line[from:i])
			from = i + 1
		case c == ':':
			parts = append(parts, line[from:i])
			p.value = line[i+1:]
			i = len(line)
		}
	}
	if len(parts) == 0 {
		return p
	}
	p.name = strings.ToUpper(parts[0][strings.LastIndexByte(parts[0], '.')+1:])
	charset := ""
	for _, s := range parts[1:] {
		upper := strings.ToUpper(s)
		p.params = append(p.params, upper)
		if v, ok := strings.CutPrefix(upper, "WAID="); ok {
			p.waID = v
		}
		if v, ok := strings.CutPrefix(upper, "CHARSET="); ok {
			charset = v
		}
	}
	if isQuotedPrintable(line) {
		p.value = unquotePrintable(p.value, charset)
	}
	return p
}

// unquotePrintable decodes what version 2.1 writes; what cannot be decoded
// stays as it is.
func unquotePrintable(s, charset string) string {
	b, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(s)))
	if err != nil {
		return s
	}
	if charset != "" && !strings.EqualFold(charset, "UTF-8") {
		if c := codePage(charset); c != nil {
			if d, err := c.NewDecoder().Bytes(b); err == nil {
				b = d
			}
		}
	}
	if !utf8.Valid(b) {
		b = bytes.ToValidUTF8(b, []byte("\ufffd"))
	}
	return string(b)
}

func (p property) has(word string) bool {
	return slices.ContainsFunc(p.params, func(s string) bool { return strings.Contains(s, word) })
}

func (c *card) take(p property) {
	switch p.name {
	case "FN":
		c.full = unescapeCard(p.value)
	case "N":
		for i, part := range splitCard(p.value, ';') {
			if i < len(c.names) {
				c.names[i] = part
			}
		}
	case "TEL":
		c.phone = append(c.phone, rankPhone(p))
	case "EMAIL":
		c.email = append(c.email, unescapeCard(p.value))
	case "ORG":
		if c.org == "" {
			c.org = splitCard(p.value, ';')[0]
		}
	case "TITLE":
		c.title = unescapeCard(p.value)
	case "NOTE":
		c.notes = append(c.notes, unescapeCard(p.value))
	case "CATEGORIES":
		c.tags = append(c.tags, splitCard(p.value, ',')...)
	}
}

// rankPhone puts WhatsApp's own number before mobiles, those before others.
func rankPhone(p property) ranked {
	switch value := unescapeCard(p.value); {
	case p.waID != "":
		return ranked{0, "+" + strings.Trim(p.waID, `"+`)}
	case p.has("FAX") || p.has("PAGER"):
		return ranked{3, value}
	case p.has("CELL") || p.has("MOBILE"):
		return ranked{1, value}
	default:
		return ranked{2, value}
	}
}

func (c *card) cells() []string {
	slices.SortStableFunc(c.phone, func(a, b ranked) int { return a.rank - b.rank })
	phones := make([]string, 0, len(c.phone))
	for _, p := range c.phone {
		if !slices.Contains(phones, p.value) {
			phones = append(phones, p.value)
		}
	}
	return []string{
		c.full, c.names[1], c.names[2], c.names[0], strings.Join(phones, Join), strings.Join(c.email, Join), c.org, c.title,
		strings.Join(c.notes, "\n"), strings.Join(c.tags, Join),
	}
}

// splitCard splits at a separator that is not escaped.
func splitCard(s string, sep byte) []string {
	var all []string
	from := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case sep:
			all = append(all, unescapeCard(s[from:i]))
			from = i + 1
		}
	}
	return append(all, unescapeCard(s[from:]))
}

func unescapeCard(s string) string {
	if !strings.Contains(s, `\`) {
		return strings.TrimSpace(s)
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if s[i] == 'n' || s[i] == 'N' {
			b.WriteByte('\n')
		} else {
			b.WriteByte(s[i])
		}
	}
	return strings.TrimSpace(b.String())
}
