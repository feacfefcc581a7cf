package inbox

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"badala/app/errs"
)

// What WhatsApp carries.
const (
	maxText     = 4096
	maxCaption  = 1024
	maxClientID = 200
	maxEmoji    = 64 // bytes; families and flags of regions are long
)

// check refuses what can never be sent, with one detail for each wrong field.
func (in *SendInput) check() error {
	in.Type = strings.ToUpper(strings.TrimSpace(in.Type))
	var bad []string
	add := func(ok bool, detail string) {
		if !ok {
			bad = append(bad, detail)
		}
	}
	add(len(in.ClientID) <= maxClientID, "clientId: at most 200 characters")
	add(utf8.ValidString(in.Body) && utf8.ValidString(in.Caption) && utf8.ValidString(in.FileName), "body: not valid text")
	switch in.Type {
	case TypeText:
		add(strings.TrimSpace(in.Body) != "", "body: is empty")
		add(utf8.RuneCountInString(in.Body) <= maxText, "body: at most 4096 characters")
	case TypeImage, TypeVideo, TypeDocument, TypeAudio, TypeSticker:
		bad = append(bad, in.checkMedia()...)
	case TypeLocation:
		bad = append(bad, in.checkLocation()...)
	case TypeTemplate:
		bad = append(bad, in.Template.check()...)
	case TypeInteractive:
		bad = append(bad, in.Interactive.check()...)
	case TypeReaction:
		add(in.TargetID != 0, "messageId: says which message the reaction is put on")
		add(in.ReplyTo == 0, "replyTo: a reaction quotes nothing")
		add(len(in.Emoji) <= maxEmoji && !strings.ContainsAny(in.Emoji, " \t\r\n<>&"), "emoji: not an emoji")
	default:
		add(false, "type: must be TEXT, IMAGE, VIDEO, AUDIO, DOCUMENT, STICKER, LOCATION, REACTION, INTERACTIVE or TEMPLATE")
	}
	if len(bad) > 0 {
		return errs.Fields(bad...)
	}
	return nil
}

func (in *SendInput) checkMedia() (bad []string) {
	if (in.UploadKey == "") == (in.MediaURL == "") {
		bad = append(bad, "uploadKey: give either uploadKey or mediaUrl")
	}
	if in.MediaURL != "" && !publicURL(in.MediaURL) {
		bad = append(bad, "mediaUrl: must be a public https address")
	}
	if utf8.RuneCountInString(in.Caption) > maxCaption {
		bad = append(bad, "caption: at most 1024 characters")
	}
	if in.Caption != "" && (in.Type == TypeAudio || in.Type == TypeSticker) {
		bad = append(bad, "caption: WhatsApp carries none with audio and stickers")
	}
	return bad
}

func (in *SendInput) checkLocation() (bad []string) {
	switch l := in.Location; {
	case l == nil:
		bad = append(bad, "location: is missing")
	case !(l.Latitude >= -90 && l.Latitude <= 90):
		bad = append(bad, "latitude: from -90 to 90")
	case !(l.Longitude >= -180 && l.Longitude <= 180):
		bad = append(bad, "longitude: from -180 to 180")
	case utf8.RuneCountInString(l.Name) > 1000 || utf8.RuneCountInString(l.Address) > 1000:
		bad = append(bad, "location: name and address have at most 1000 characters")
	}
	return bad
}

// publicURL says whether Meta may be asked to fetch s.
func publicURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && len(s) <= 2048
}
