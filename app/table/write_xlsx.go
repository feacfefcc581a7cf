package table

import (
	"archive/zip"
	"bufio"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxCellText is what spreadsheet programs take in one cell.
const maxCellText = 32_767

// XLSXWriter writes a workbook of one sheet as it goes. Every cell is typed
// text, so that nothing in it runs and no digit is lost.
type XLSXWriter struct {
	zip   *zip.Writer
	sheet *bufio.Writer
	rows  int
}

const (
	xmlHead     = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	mainSchema  = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	relSchema   = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packSchema  = "http://schemas.openxmlformats.org/package/2006"
	contentType = "application/vnd.openxmlformats-officedocument.spreadsheetml."
)

// NewXLSX begins a workbook with a sheet of the given name.
func NewXLSX(w io.Writer, sheet string) (*XLSXWriter, error) {
	x := &XLSXWriter{zip: zip.NewWriter(w)}
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="` + packSchema + `/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="` + contentType + `sheet.main+xml"/>` +
			`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + contentType + `worksheet+xml"/></Types>`},
		{"_rels/.rels", relationsXML("officeDocument", "xl/workbook.xml")},
		{"xl/workbook.xml", `<workbook ` + mainSchema + ` xmlns:r="` + relSchema + `"><sheets><sheet name="` + escapeXML(sheet) + `" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", relationsXML("worksheet", "worksheets/sheet1.xml")},
	} {
		p, err := x.zip.Create(part[0])
		if err == nil {
			_, err = io.WriteString(p, xmlHead+part[1])
		}
		if err != nil {
			return nil, err
		}
	}
	p, err := x.zip.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return nil, err
	}
	x.sheet = bufio.NewWriterSize(p, 32<<10)
	_, err = x.sheet.WriteString(xmlHead + `<worksheet ` + mainSchema + `><sheetData>`)
	return x, err
}

func relationsXML(kind, target string) string {
	return `<Relationships xmlns="` + packSchema + `/relationships"><Relationship Id="rId1" Type="` + relSchema + "/" + kind + `" Target="` + target + `"/></Relationships>`
}

// Write adds a row.
func (x *XLSXWriter) Write(cells ...string) error {
	x.rows++
	row := strconv.Itoa(x.rows)
	x.put(`<row r="`, row, `">`)
	for i, s := range cells {
		if s == "" {
			continue
		}
		if len(s) > maxCellText && utf8.RuneCountInString(s) > maxCellText {
			s = string([]rune(s)[:maxCellText])
		}
		x.put(`<c r="`, columnName(i), row, `" t="inlineStr"><is><t xml:space="preserve">`, escapeXML(s), `</t></is></c>`)
	}
	x.put(`</row>`)
	_, err := x.sheet.Write(nil) // what went wrong above, if anything
	return err
}

func (x *XLSXWriter) put(parts ...string) {
	for _, p := range parts {
		_, _ = x.sheet.WriteString(p) // the writer keeps its first error
	}
}

// Close ends the workbook.
func (x *XLSXWriter) Close() error {
	x.put(`</sheetData></worksheet>`)
	if err := x.sheet.Flush(); err != nil {
		return err
	}
	return x.zip.Close()
}

// columnName is how spreadsheet programs call a column.
func columnName(i int) string {
	s := ""
	for i++; i > 0; i = (i - 1) / 26 {
		s = string(rune('A'+(i-1)%26)) + s
	}
	return s
}

// escapeXML writes text for XML; characters that it cannot hold are dropped,
// and what reads like the escape of such a one is escaped itself.
func escapeXML(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n', r >= ' ' && r <= 0xD7FF, r >= 0xE000 && r <= 0xFFFD, r >= 0x10000:
			return r
		}
		return -1
	}, s)
	return xmlText.Replace(s)
}

var xmlText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "_x", "_x005F_x")
