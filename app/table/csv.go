package table

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"
)

// Separators are those that are recognised.
var Separators = [...]string{",", ";", "\t", "|"}

const (
	maxLines    = 100 // of one record
	sampleLines = 50
)

// lines reads physical lines and can be set back to one that was read.
type lines struct {
	r     *bufio.Reader
	bare  bool // CR alone ends a line
	ahead []string
	next  int
}

// read gives the next line without its end.
func (l *lines) read() (string, error) {
	if l.next < len(l.ahead) {
		l.next++
		return l.ahead[l.next-1], nil
	}
	end := byte('\n')
	if l.bare {
		end = '\r'
	}
	s, err := l.r.ReadString(end)
	if err != nil && (!errors.Is(err, io.EOF) || s == "") {
		return "", err
	}
	s = strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r")
	l.ahead = append(l.ahead, s)
	l.next++
	return s, nil
}

// settle forgets the first n lines and sets back to the one behind them.
func (l *lines) settle(n int) {
	l.ahead = l.ahead[n:]
	l.next = 0
	if len(l.ahead) == 0 {
		l.ahead = nil
	}
}

// csvRows reads records one by one, so that a wrong quote costs one line only.
func (f *File) csvRows(_ context.Context, _ string, yield func(Row) error) error {
	file, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer file.Close()
	r, err := f.text.reader(file)
	if err != nil {
		return err
	}
	l := &lines{r: r, bare: f.text.bareCR}
	var p parser
	for n := 1; ; n++ {
		cells, problem, err := p.record(l, f.Separator)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n == 1 && len(cells) <= 2 {
			if _, ok := sepLine(strings.Join(cells, f.Separator)); ok {
				continue
			}
		}
		if err := yield(Row{Number: n, Cells: cells, Problem: problem}); err != nil {
			return err
		}
	}
}

// parser reads records; it owns their cells until the next one.
type parser struct{ cells []string }

// record reads one record: strictly, but with quotes inside unquoted cells. On
// wrong quotes the first line alone is the record.
func (p *parser) record(l *lines, sep string) (cells []string, problem string, err error) {
	line, err := l.read()
	if err != nil {
		return nil, "", err
	}
	p.cells = p.cells[:0]
	rest, used := line, 1
	for {
		lead := rest
		if sep != " " && sep != "\t" {
			lead = strings.TrimLeft(rest, " ")
		}
		if !strings.HasPrefix(lead, `"`) {
			cell, tail, more := strings.Cut(rest, sep)
			p.cells = append(p.cells, cell)
			if !more {
				break
			}
			rest = tail
			continue
		}
		cell, tail, n, ok := quoted(l, lead[1:], used)
		used = n
		tail = strings.TrimRight(tail, " ")
		if trimmed := strings.TrimLeft(tail, " "); strings.HasPrefix(trimmed, sep) {
			tail = trimmed
		}
		if !ok || tail != "" && !strings.HasPrefix(tail, sep) {
			l.settle(1)
			return []string{line}, BadQuotes, nil
		}
		p.cells = append(p.cells, cell)
		if tail == "" {
			break
		}
		rest = tail[len(sep):]
	}
	l.settle(used)
	return p.cells, "", nil
}

// quoted reads a cell behind its opening quote, over as many lines as it needs.
func quoted(l *lines, rest string, used int) (cell, tail string, lines int, ok bool) {
	var b strings.Builder
	for {
		i := strings.IndexByte(rest, '"')
		switch {
		case i < 0:
			if used >= maxLines {
				return "", "", used, false
			}
			next, err := l.read()
			if err != nil {
				return "", "", used, false
			}
			used++
			b.WriteString(rest)
			b.WriteByte('\n')
			rest = next
		case strings.HasPrefix(rest[i+1:], `"`):
			b.WriteString(rest[:i+1])
			rest = rest[i+2:]
		case b.Len() == 0:
			return rest[:i], rest[i+1:], used, true
		default:
			b.WriteString(rest[:i])
			return b.String(), rest[i+1:], used, true
		}
	}
}

// sepLine reads the line by which some programs name the separator.
func sepLine(line string) (string, bool) {
	line = strings.Trim(line, `"`)
	if len(line) == 5 && strings.EqualFold(line[:4], "sep=") {
		return line[4:], true
	}
	return "", false
}

// findSeparator takes the separator with the steadiest number of cells in the
// first records, then the most cells. chosen, if not empty, wins.
func (f *File) findSeparator(chosen string) error {
	f.Separator = chosen
	if chosen == "" {
		var err error
		if f.Separator, err = f.guessSeparator(); err != nil {
			return err
		}
	}
	if f.Separator == "\t" {
		f.Kind = TSV
	}
	return nil
}

func (f *File) guessSeparator() (string, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	best, steadiest, most := ",", 0.0, 1
	for _, sep := range Separators {
		r, err := f.text.reader(file)
		if err != nil {
			return "", err
		}
		l := &lines{r: r, bare: f.text.bareCR}
		if sep == "," { // the first candidate also looks for the line that settles it
			if line, err := l.read(); err == nil {
				if named, ok := sepLine(line); ok {
					return named, nil
				}
			}
			l.next = 0
		}
		share, cells := steadiness(l, sep)
		if cells > 1 && (share > steadiest || share == steadiest && cells > most) {
			best, steadiest, most = sep, share, cells
		}
	}
	return best, nil
}

// steadiness is the commonest number of cells, and how many records have it.
func steadiness(l *lines, sep string) (share float64, cells int) {
	counts, all := map[int]int{}, 0
	var p parser
	for all < sampleLines {
		row, problem, err := p.record(l, sep)
		if err != nil {
			break
		}
		if problem != "" || strings.TrimSpace(strings.Join(row, "")) == "" {
			continue
		}
		all++
		counts[len(row)]++
	}
	best := 0
	for n, times := range counts {
		if times > best || times == best && n > cells {
			best, cells = times, n
		}
	}
	return float64(best) / float64(max(all, 1)), cells
}
