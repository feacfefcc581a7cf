package table

import "badala/app/errs"

// Codes of files that are refused as a whole.
const (
	FileEmpty          = "file_empty"
	FileNotText        = "file_not_text"
	FileNotReadable    = "file_not_readable"
	FileDamaged        = "file_damaged"
	FileExpands        = "file_expands_too_much"
	FileTooManyParts   = "file_too_many_parts"
	FileTooManyRows    = "file_too_many_rows"
	FileTooManyColumns = "file_too_many_columns"
	FileTooMuchText    = "file_too_much_text"
)

var reasons = map[string]string{
	FileEmpty:          "the file is empty",
	FileNotText:        "the file is not readable text; save it again as CSV (UTF-8) or as an Excel workbook (.xlsx)",
	FileNotReadable:    "this kind of file cannot be read; save it as an Excel workbook (.xlsx) or as CSV",
	FileDamaged:        "the file is damaged or cut off; download or save it once more and try again",
	FileExpands:        "the file unpacks to more than is allowed; remove pictures and unused sheets, or save it as CSV",
	FileTooManyParts:   "the workbook has too many parts; copy the rows into a new workbook",
	FileTooManyRows:    "the file has more than 200,000 rows; split it",
	FileTooManyColumns: "the file has more than 512 columns; remove those that are not needed",
	FileTooMuchText:    "the file holds more text than is allowed; split it or remove long columns",
}

// refuse is the error of a file that is not read.
func refuse(code string) error { return refuseAs(code, reasons[code]) }

// refuseAs is refuse with a sentence that fits the case better.
func refuseAs(code, message string) error { return errs.Coded(errs.Unprocessable, code, message) }
