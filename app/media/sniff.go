package media

import (
	"bytes"
	"mime"
	gopath "path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"
)

const (
	sniffLen = 3072
	maxName  = 150 // letters of a file name
	opusOgg  = "audio/ogg; codecs=opus"
)

// aliases are other spellings of types that we name.
var aliases = map[string]string{
	"audio/x-m4a": "audio/mp4", "audio/m4a": "audio/mp4", "audio/mp3": "audio/mpeg", "audio/x-aac": "audio/aac",
	"image/jpg": "image/jpeg", "audio/opus": "audio/ogg", "audio/x-wav": "audio/wav",
}

// baseType is a media type without parameters, in our spelling; "" when it is none.
func baseType(s string) string {
	t, _, err := mime.ParseMediaType(s)
	if err != nil {
		return ""
	}
	if a, ok := aliases[t]; ok {
		return a
	}
	return t
}

// sniff tells what the first bytes are. The declared type decides only between what looks alike:
// sound or film in one container, and documents that are text or archives inside.
func sniff(head []byte, declared string) string {
	found, claim := baseType(mimetype.Detect(head).String()), baseType(declared)
	switch {
	case found == "application/ogg" || found == "audio/ogg":
		if bytes.Contains(head[:min(len(head), 512)], []byte("OpusHead")) {
			return opusOgg
		}
		return "audio/ogg"
	case found == "video/mp4" && claim == "audio/mp4", found == "video/webm" && claim == "audio/webm", found == "video/3gpp" && claim == "audio/3gpp":
		return claim
	case (found == "text/plain" || found == "application/octet-stream" || found == "application/zip" || found == "application/x-ole-storage" || found == "") && documentClaim(claim):
		return claim
	case found == "":
		return "application/octet-stream"
	}
	return found
}

// documentClaim says whether a claim names a harmless document: never what a browser would render or run.
func documentClaim(t string) bool {
	kind, sub, ok := strings.Cut(t, "/")
	if !ok || strings.Contains(sub, "html") || strings.Contains(sub, "xml") && !strings.Contains(sub, "openxml") || strings.Contains(sub, "script") {
		return false
	}
	return kind == "application" || t == "text/csv" || t == "text/plain" || t == "text/calendar" || t == "text/vcard"
}

// endings of the types that are common in conversations.
var endings = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif",
	"audio/ogg": ".ogg", "audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/aac": ".aac", "audio/amr": ".amr",
	"video/mp4": ".mp4", "video/3gpp": ".3gp", "application/pdf": ".pdf",
}

// ending is the file name ending for a type, or that of the name if it is plain.
func ending(contentType, fileName string) string {
	t := baseType(contentType)
	if e, ok := endings[t]; ok {
		return e
	}
	if e := strings.ToLower(gopath.Ext(fileName)); plainEnding(e) {
		return e
	}
	if m := mimetype.Lookup(t); m != nil && plainEnding(m.Extension()) {
		return m.Extension()
	}
	return ".bin"
}

func plainEnding(e string) bool {
	if len(e) < 2 || len(e) > 6 {
		return false
	}
	return strings.IndexFunc(e[1:], func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) < 0
}

// cleanName makes a sender's file name harmless: no folders, no control, direction or invisible letters, at most
// 150 letters, its ending kept.
func cleanName(s string) string {
	s = strings.ToValidUTF8(s, "")
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return -1
		}
		return r
	}, s)
	s = strings.Trim(s, ". ")
	if utf8.RuneCountInString(s) <= maxName {
		return s
	}
	e := gopath.Ext(s)
	if utf8.RuneCountInString(e) > 10 {
		e = ""
	}
	keep := []rune(strings.TrimSuffix(s, e))[:maxName-utf8.RuneCountInString(e)]
	return strings.TrimSpace(string(keep)) + e
}
