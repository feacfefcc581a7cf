// Package table reads and writes files of rows: CSV, TSV, Excel workbooks and
// vCards. It recognises encoding, separator and sheets, refuses files that
// would hurt, and knows nothing of what the rows are about.
package table
