package media_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"badala/app/errs"
	"badala/app/media"
)

func TestCheckSendable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind, contentType string
		size              int64
		code, says        string
	}{
		{"image", "image/jpeg", 5 << 20, "", ""},
		{"IMAGE", "image/jpeg", 5<<20 + 1, "media_size", "at most 5 MB; make it smaller, or send it as a document"},
		{"IMAGE", "image/gif", 10, "media_type", "send it as a document instead"},
		{"VIDEO", "video/mp4", 16 << 20, "", ""},
		{"VIDEO", "video/webm", 10, "media_type", "MP4 and 3GP"},
		{"AUDIO", "audio/ogg; codecs=opus", 10, "", ""},
		{"AUDIO", "audio/ogg", 10, "media_type", "Ogg Opus"},
		{"AUDIO", "audio/mp4", 10, "", ""},
		{"DOCUMENT", "application/x-anything", 100 << 20, "", ""},
		{"DOCUMENT", "application/pdf", 100<<20 + 1, "media_size", "send a link to it"},
		{"STICKER", "image/webp", 500 << 10, "", ""},
		{"STICKER", "image/webp", 600 << 10, "media_size", "500 KB"},
		{"LOCATION", "image/webp", 1, "", "carries no file"},
	}
	for _, test := range tests {
		err := media.CheckType(test.kind, test.contentType, test.size)
		if test.says == "" {
			if err != nil {
				t.Errorf("%s %s: %v", test.kind, test.contentType, err)
			}
			continue
		}
		if err == nil || errs.As(err).Code != test.code || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s %s %d: %v", test.kind, test.contentType, test.size, err)
		}
	}
	if err := media.CheckSendable("image", media.Media{State: media.Pending}); errs.As(err).Code != "media_not_ready" {
		t.Error(err)
	}
}

func TestKindFor(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]string{
		"image/jpeg": media.Image, "image/png": media.Image, "image/webp": media.Sticker, "image/gif": media.Document,
		"video/mp4": media.Video, "video/3gpp": media.Video, "video/webm": media.Document, "audio/mpeg": media.Audio,
		"audio/ogg; codecs=opus": media.Audio, "audio/ogg": media.Document, "application/pdf": media.Document, "": media.Document,
	} {
		if got := media.KindFor(contentType); got != want {
			t.Errorf("%q: %s", contentType, got)
		}
	}
}

// opus is a voice note of the given length, its sound left out.
func opus(seconds int) []byte {
	page := func(flags byte, granule int64, body string) []byte {
		b := append([]byte("OggS\x00"), flags)
		b = binary.LittleEndian.AppendUint64(b, uint64(granule))
		b = append(b, make([]byte, 12)...)
		b = append(b, 1, byte(len(body)))
		return append(b, body...)
	}
	out := page(2, 0, "OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00")
	out = append(out, page(0, 0, "OpusTags\x00\x00\x00\x00\x00\x00\x00\x00")...)
	return append(out, page(4, int64(seconds)*48000+312, strings.Repeat("x", 200))...)
}

// mp4 has only the boxes that tell its length.
func mp4(brand string, seconds uint32) []byte {
	box := func(name string, body []byte) []byte {
		return append(append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+8)), name...), body...)
	}
	mvhd := make([]byte, 12)
	mvhd = binary.BigEndian.AppendUint32(mvhd, 600)
	mvhd = binary.BigEndian.AppendUint32(mvhd, 600*seconds-1)
	mvhd = append(mvhd, make([]byte, 80)...)
	out := box("ftyp", []byte(brand+"\x00\x00\x02\x00"+brand+"mp41"))
	out = append(out, box("mdat", make([]byte, 5000))...)
	return append(out, box("moov", box("mvhd", mvhd))...)
}

func TestRecordings(t *testing.T) {
	t.Parallel()
	w := open(t, media.Options{})
	tests := []struct {
		name, declared string
		data           []byte
		contentType    string
		duration       int
	}{
		{"voice note", "audio/ogg", opus(37), "audio/ogg; codecs=opus", 37},
		{"long voice note", "audio/ogg; codecs=opus", append(opus(3), opus(3700)...), "audio/ogg; codecs=opus", 3700},
		{"cut voice note", "audio/ogg", opus(9)[:90], "audio/ogg; codecs=opus", 0},
		{"film", "video/mp4", mp4("isom", 12), "video/mp4", 12},
		{"sound in a film's container", "audio/mp4", mp4("isom", 5), "audio/mp4", 5},
		{"m4a", "", mp4("M4A ", 8), "audio/mp4", 8},
		{"film said to be a picture", "image/png", mp4("isom", 5), "video/mp4", 5},
		{"spreadsheet as text", "text/csv", []byte("name;age\n"), "text/csv", 0},
	}
	for _, test := range tests {
		m := w.store(t, test.data, media.StoreOptions{DeclaredType: test.declared})
		if m.ContentType != test.contentType || m.Duration != test.duration {
			t.Errorf("%s: %s, %d s", test.name, m.ContentType, m.Duration)
		}
	}
}

func FuzzMeasure(f *testing.F) {
	f.Add(opus(3))
	f.Add(mp4("isom", 3))
	f.Add(withOrientation(encode(f, "jpeg", pattern(8, 8)), 6))
	f.Add(encode(f, "gif", pattern(8, 8)))
	w := open(f, media.Options{})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 0 {
			w.store(t, data, media.StoreOptions{FileName: string(data), DeclaredType: "audio/mp4"})
		}
	})
}
