package table

import (
	"archive/zip"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"
)

// book is an opened workbook. Its rows are read by a parser of our own: one
// pass that checks while it reads, so that a damaged or hostile part is an
// error and not an early end.
type book struct {
	path    string
	sheets  []Sheet
	date04  bool // days count from 1904
	strings string
	styles  string

	shared *pool  // of strings, once they are needed
	dates  []bool // by style: shows a date
}

// openBook checks the container, reads what sheets there are and proves that
// every part is whole.
func openBook(ctx context.Context, name string) (*book, error) {
	z, err := zip.OpenReader(name)
	if err != nil {
		return nil, refuse(FileDamaged)
	}
	defer z.Close()
	if err := checkZip(ctx, &z.Reader); err != nil {
		return nil, err
	}
	b := &book{path: name}
	if err := b.outline(&z.Reader); err != nil {
		return nil, err
	}
	if len(b.sheets) == 0 {
		return nil, refuse(FileDamaged)
	}
	return b, nil
}

// checkZip unpacks every part once, without keeping it: sizes and sums must be
// as the directory says, and within limits.
func checkZip(ctx context.Context, z *zip.Reader) error {
	if len(z.File) > maxParts {
		return refuse(FileTooManyParts)
	}
	var all int64
	buf := make([]byte, 64<<10)
	for _, p := range z.File {
		size := int64(p.UncompressedSize64)
		if p.UncompressedSize64 > maxUnpacked || all+size > maxUnpacked {
			return refuse(FileExpands)
		}
		all += size
		if size > 1<<20 && size > maxRatio*int64(p.CompressedSize64) {
			return refuse(FileExpands)
		}
		r, err := p.Open()
		if err != nil {
			return refuse(FileDamaged)
		}
		n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, stopping{ctx, r}, buf)
		r.Close()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil || n != size:
			return refuse(FileDamaged)
		}
	}
	return nil
}

// stopping is a reader that ends with its context.
type stopping struct {
	ctx context.Context
	r   io.Reader
}

func (s stopping) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}

type relations struct {
	All []struct {
		ID     string `xml:"Id,attr"`
		Type   string `xml:"Type,attr"`
		Target string `xml:"Target,attr"`
	} `xml:"Relationship"`
}

// outline reads the workbook part: names, states and parts of its sheets.
func (b *book) outline(z *zip.Reader) error {
	main := "xl/workbook.xml"
	var rels relations
	if decodePart(z, "_rels/.rels", &rels) == nil {
		for _, r := range rels.All {
			if strings.HasSuffix(r.Type, "/officeDocument") {
				main = strings.TrimPrefix(path.Clean("/"+r.Target), "/")
			}
		}
	}
	var w struct {
		Props struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			State string     `xml:"state,attr"`
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := decodePart(z, main, &w); err != nil {
		return err
	}
	b.date04 = w.Props.Date1904 == "1" || w.Props.Date1904 == "true"
	dir, base := path.Split(main)
	rels = relations{}
	if err := decodePart(z, dir+"_rels/"+base+".rels", &rels); err != nil {
		return err
	}
	byID := map[string]string{}
	for _, r := range rels.All {
		part := strings.TrimPrefix(path.Clean(r.Target), "/")
		if !strings.HasPrefix(r.Target, "/") {
			part = path.Join(dir, r.Target)
		}
		byID[r.ID] = part
		switch path.Base(r.Type) {
		case "sharedStrings":
			b.strings = part
		case "styles":
			b.styles = part
		}
	}
	for _, s := range w.Sheets {
		sheet := Sheet{Name: s.Name, Hidden: s.State != "" && s.State != "visible"}
		for _, a := range s.Attrs {
			if a.Name.Local == "id" && a.Name.Space != "" {
				sheet.part = byID[a.Value]
			}
		}
		if strings.Contains(sheet.part, "worksheets/") {
			b.sheets = append(b.sheets, sheet)
		}
	}
	return nil
}

// decodePart reads a small part whole.
func decodePart(z *zip.Reader, name string, to any) error {
	r, err := openPart(z, name)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := xml.NewDecoder(io.LimitReader(newFence(r), 16<<20)).Decode(to); err != nil {
		return refuse(FileDamaged)
	}
	return nil
}

func openPart(z *zip.Reader, name string) (io.ReadCloser, error) {
	for _, p := range z.File {
		if strings.EqualFold(p.Name, name) {
			r, err := p.Open()
			if err != nil {
				return nil, refuse(FileDamaged)
			}
			return r, nil
		}
	}
	return nil, refuse(FileDamaged)
}

// bookRows reads one sheet of a workbook.
func (f *File) bookRows(ctx context.Context, name string, yield func(Row) error) error {
	z, err := zip.OpenReader(f.path)
	if err != nil {
		return refuse(FileDamaged)
	}
	defer z.Close()
	if err := f.book.prepare(ctx, &z.Reader); err != nil {
		return err
	}
	for _, s := range f.Sheets {
		if s.Name != name {
			continue
		}
		r, err := openPart(&z.Reader, s.part)
		if err != nil {
			return err
		}
		defer r.Close()
		sheet := &sheetReader{book: f.book, tokens: newTokens(stopping{ctx, r}), yield: yield}
		err = sheet.read()
		if e := ctx.Err(); e != nil && !errors.Is(err, errStop) {
			return e
		}
		return err
	}
	return refuseAs(FileDamaged, "the workbook has no sheet of this name")
}

// prepare reads the shared strings and the styles, once.
func (b *book) prepare(ctx context.Context, z *zip.Reader) error {
	if b.shared != nil {
		return nil
	}
	b.shared = &pool{}
	if b.strings != "" {
		r, err := openPart(z, b.strings)
		if err != nil {
			return err
		}
		defer r.Close()
		if err := b.shared.read(newTokens(stopping{ctx, r})); err != nil {
			return err
		}
	}
	if b.styles == "" {
		return nil
	}
	return b.readStyles(z)
}
