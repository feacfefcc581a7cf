package media

import (
	"fmt"
	"slices"
	"strings"

	"badala/app/errs"
)

// Kinds of messages that carry a file.
const (
	Image    = "IMAGE"
	Video    = "VIDEO"
	Audio    = "AUDIO"
	Document = "DOCUMENT"
	Sticker  = "STICKER"
)

// rule is what WhatsApp takes as one kind.
type rule struct {
	limit int64
	types []string // nil: any
	say   string   // in words
}

var rules = map[string]rule{
	Image:    {5 << 20, []string{"image/jpeg", "image/png"}, "JPEG and PNG images"},
	Video:    {16 << 20, []string{"video/mp4", "video/3gpp"}, "MP4 and 3GP videos"},
	Audio:    {16 << 20, []string{"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", opusOgg}, "AAC, AMR, MP3, M4A and Ogg Opus recordings"},
	Document: {MaxSize, nil, "any file"},
	Sticker:  {500 << 10, []string{"image/webp"}, "WebP stickers"},
}

// KindFor is the kind of message that suits a type best; what WhatsApp shows in no other way is a document.
func KindFor(contentType string) string {
	for _, kind := range []string{Image, Video, Audio, Sticker} {
		if rules[kind].takes(contentType) {
			return kind
		}
	}
	return Document
}

func (r rule) takes(contentType string) bool {
	return r.types == nil || slices.Contains(r.types, contentType) || contentType != opusOgg && slices.Contains(r.types, baseType(contentType))
}

// CheckSendable says in plain words why WhatsApp would refuse m as the kind, and what to do instead; nil if it would not.
// The kind's letter case does not matter.
func CheckSendable(kind string, m Media) error {
	if m.State != Ready {
		return errs.Coded(errs.Conflict, "media_not_ready", "the file is not there yet")
	}
	return CheckType(kind, m.ContentType, m.Size)
}

// CheckType is CheckSendable for a file that is not stored yet.
func CheckType(kind, contentType string, size int64) error {
	kind = strings.ToUpper(kind)
	r, ok := rules[kind]
	if !ok {
		return errs.Fieldf("type", "%q carries no file", kind)
	}
	noun := strings.ToLower(kind)
	if !r.takes(contentType) {
		return errs.Coded(errs.Unprocessable, "media_type",
			fmt.Sprintf("WhatsApp takes %s as %s, not %s; send it as a document instead", r.say, noun, contentType))
	}
	if size > r.limit {
		remedy := "make it smaller, or send it as a document"
		if kind == Document {
			remedy = "make it smaller, or send a link to it"
		}
		return errs.Coded(errs.Unprocessable, "media_size",
			fmt.Sprintf("this %s has %s and WhatsApp takes at most %s; %s", noun, megabytes(size), megabytes(r.limit), remedy))
	}
	return nil
}

// megabytes is a size in words.
func megabytes(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d KB", (n+1023)>>10)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/(1<<20)), ".0") + " MB"
}
