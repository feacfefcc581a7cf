package views

import (
	"strings"
	"time"
	"unicode/utf8"

	"badala/views/markup"
)

// groupGap is how long a speaker's messages stay together.
const groupGap = 5 * time.Minute

// Group says of each entry how it stands to the one above: same speaker, new
// day, first unread.
func Group(p Page, bubbles []BubbleData, conv, unreadFrom string) []BubbleData {
	out := make([]BubbleData, len(bubbles))
	for i, b := range bubbles {
		b.Conv = conv
		b.UnreadBar = unreadFrom != "" && b.ID == unreadFrom
		b.DayBreak = i == 0 || p.day(bubbles[i-1].At) != p.day(b.At)
		b.Continues = i > 0 && !b.DayBreak && !b.UnreadBar && b.follows(bubbles[i-1])
		out[i] = b
	}
	return out
}

func (b BubbleData) follows(above BubbleData) bool {
	return !b.centred() && !above.centred() && b.who() == above.who() && b.At.Sub(above.At) <= groupGap
}

// who tells speakers apart; notes are a voice of their own.
func (b BubbleData) who() string {
	switch {
	case b.centred():
		return "centre"
	case b.Kind == Note:
		return "note:" + b.Author
	case b.Out:
		return "out:" + b.Via + b.Broadcast.ID + b.Author
	}
	return "in:" + b.Author
}

// centred entries are sentences about the conversation, not messages in it.
func (b BubbleData) centred() bool {
	return b.Kind == Activity || b.Kind == System || b.Kind == Call
}

func (b BubbleData) canQuote() bool {
	return b.Kind != Note && !b.Deleted && b.Kind != Deleted && b.Status != Failed && b.Status != Pending && b.Status != Unconfirmed
}

func (b BubbleData) last() LastMessage {
	return LastMessage{Kind: b.Kind, Text: b.Text, Out: b.Out, Note: b.Kind == Note, Status: b.Status}
}

// jumbo is a text of up to three emoji, shown large.
func (b BubbleData) jumbo() bool {
	return b.Kind == Text && utf8.RuneCountInString(b.Text) <= 24 && markup.OnlyEmoji(b.Text, 3)
}

func bubbleClass(b BubbleData) string {
	c := []string{"m", "k-" + string(b.Kind)}
	switch {
	case b.centred():
		c = append(c, "centre")
	case b.Kind == Note:
		c = append(c, "out", "is-note")
	case b.Out:
		c = append(c, "out")
	default:
		c = append(c, "in")
	}
	if b.Continues {
		c = append(c, "cont")
	}
	if b.Status == Failed {
		c = append(c, "failed")
	}
	if len(b.Reactions) > 0 {
		c = append(c, "reacted")
	}
	if b.bare() {
		c = append(c, "bare")
	}
	return strings.Join(c, " ")
}

// bare entries have no balloon: stickers and big emoji.
func (b BubbleData) bare() bool {
	if b.Deleted || b.Quote != nil {
		return false
	}
	return b.jumbo() || (b.Kind == Sticker && b.Media != nil && b.Media.State == MediaReady)
}

// ownText kinds draw their text themselves.
func ownText(k Kind) bool {
	switch k {
	case Location, Contacts, Order, Choice, Template, Interactive, Unsupported, Unknown:
		return true
	}
	return false
}
