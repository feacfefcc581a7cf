package importer

// reportHeader are the columns of a report, before those of the file itself.
var reportHeader = []string{"row", "severity", "code", "column", "value", "message", "other contact"}
