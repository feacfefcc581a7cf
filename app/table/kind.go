package table

import (
	"archive/zip"
	"bytes"
	"path/filepath"
	"strings"
)

const (
	oldExcel  = "this is a workbook of the old kind (.xls); open it in Excel and save it as .xlsx"
	protected = "the workbook is protected by a password; open it, remove the password and save it as .xlsx"
	openDoc   = "this is an OpenDocument spreadsheet (.ods); save it as .xlsx"
	numbers   = "this is a Numbers document; in Numbers choose File, Export To, Excel or CSV"
	webPage   = "this is a web page and not a table, whatever its name says; save it as .xlsx or CSV"
	notBook   = "the name of the file ends in .xlsx, but it is not an Excel workbook; save it again, or give it the ending .csv if it is text"
	notText   = "the name of the file is that of a text file, but it is an Excel workbook; give it the ending .xlsx"
	noCards   = "the name of the file ends in .vcf, but it holds no contact cards"
)

// kindOf tells what a file is by its content, and refuses an ending that says
// something else: one of the two is a mistake.
func kindOf(path, name string) (string, error) {
	head, err := begin(path, 64<<10)
	if err != nil {
		return "", err
	}
	ending := strings.ToLower(filepath.Ext(name))
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		if err := zipKind(path); err != nil {
			return "", err
		}
		if ending == ".csv" || ending == ".tsv" || ending == ".txt" || ending == ".vcf" {
			return "", refuseAs(FileNotReadable, notText)
		}
		return XLSX, nil
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		if bytes.Contains(head, []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e")) {
			return "", refuseAs(FileNotReadable, protected)
		}
		return "", refuseAs(FileNotReadable, oldExcel)
	}
	start := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte(mark)), " \t\r\n\x00\xff\xfe"))
	switch {
	case len(start) == 0:
		return "", refuse(FileEmpty)
	case bytes.HasPrefix(start, []byte("%pdf")):
		return "", refuse(FileNotReadable)
	case ending == ".xlsx" || ending == ".xlsm" || ending == ".xls":
		return "", refuseAs(FileNotReadable, notBook)
	case bytes.HasPrefix(start, []byte("<!doctype")), bytes.HasPrefix(start, []byte("<html")), bytes.HasPrefix(start, []byte("<?xml")):
		return "", refuseAs(FileNotReadable, webPage)
	case bytes.HasPrefix(start, []byte("begin:vcard")), bytes.HasPrefix(bytes.ReplaceAll(start[:min(len(start), 40)], []byte{0}, nil), []byte("begin:vcard")):
		return VCF, nil
	case ending == ".vcf":
		return "", refuseAs(FileNotReadable, noCards)
	}
	return CSV, nil
}

// zipKind refuses zip files that are not workbooks.
func zipKind(path string) error {
	z, err := zip.OpenReader(path)
	if err != nil {
		return refuse(FileDamaged)
	}
	defer z.Close()
	for _, p := range z.File {
		switch {
		case strings.HasSuffix(p.Name, "workbook.xml"):
			return nil
		case p.Name == "content.xml":
			return refuseAs(FileNotReadable, openDoc)
		case strings.HasSuffix(p.Name, ".iwa"):
			return refuseAs(FileNotReadable, numbers)
		}
	}
	return refuse(FileNotReadable)
}
