package media_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"testing"

	"badala/app/media"
)

// withOrientation puts an EXIF header in front of a JPEG's own.
func withOrientation(jpg []byte, turn uint16) []byte {
	tiff := []byte("II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00")
	tiff = binary.LittleEndian.AppendUint16(tiff, turn)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	body := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{0xFF, 0xD8, 0xFF, 0xE1}, byte((len(body)+2)>>8), byte(len(body)+2))
	return append(append(out, body...), jpg[2:]...)
}

func TestPreviews(t *testing.T) {
	t.Parallel()
	w := open(t, media.Options{})
	tests := []struct {
		name                  string
		data                  []byte
		width, height, tw, th int
	}{
		{"wide jpeg", encode(t, "jpeg", pattern(1600, 900)), 1600, 900, 480, 270},
		{"tall png", encode(t, "png", pattern(500, 1000)), 500, 1000, 240, 480},
		{"gif", encode(t, "gif", pattern(700, 700)), 700, 700, 480, 480},
		{"small", encode(t, "png", pattern(480, 20)), 480, 20, 0, 0},
		{"line", encode(t, "png", pattern(2000, 1)), 2000, 1, 480, 1},
		{"turned jpeg", withOrientation(encode(t, "jpeg", pattern(800, 400)), 6), 400, 800, 240, 480},
		{"broken", encode(t, "png", pattern(600, 600))[:2000], 600, 600, 0, 0},
		{"not a picture", append([]byte{0xFF, 0xD8, 0xFF, 0xE0}, "nonsense"...), 0, 0, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := w.store(t, test.data, media.StoreOptions{})
			if m.Width != test.width || m.Height != test.height || m.ThumbWidth != test.tw || m.ThumbHeight != test.th {
				t.Fatalf("%d×%d, preview %d×%d", m.Width, m.Height, m.ThumbWidth, m.ThumbHeight)
			}
			rec := w.get(t, w.ThumbURL(m, 0))
			if rec.Code != 200 {
				t.Fatalf("%d", rec.Code)
			}
			if !m.HasThumb() {
				if !bytes.Equal(rec.Body.Bytes(), test.data) {
					t.Error("without a preview the file itself is served")
				}
				return
			}
			cfg, err := jpeg.DecodeConfig(rec.Body)
			if err != nil || cfg.Width != test.tw || cfg.Height != test.th || rec.Header().Get("Content-Type") != "image/jpeg" {
				t.Errorf("%+v %v", cfg, err)
			}
		})
	}
}

func TestPreviewIsTurnedUpright(t *testing.T) {
	t.Parallel()
	// A picture whose left half is dark; turned by 90° to the right its upper half is.
	img := image.NewGray(image.Rect(0, 0, 1000, 1000))
	for y := range 1000 {
		for x := 500; x < 1000; x++ {
			img.SetGray(x, y, color.Gray{255})
		}
	}
	w := open(t, media.Options{})
	for turn, dark := range map[uint16]image.Point{
		1: {100, 240}, 2: {380, 240}, 3: {380, 240}, 4: {100, 240}, 5: {240, 100}, 6: {240, 100}, 7: {240, 380}, 8: {240, 380},
	} {
		m := w.store(t, withOrientation(encode(t, "jpeg", img), turn), media.StoreOptions{})
		thumb, err := jpeg.Decode(w.get(t, w.ThumbURL(m, 0)).Body)
		if err != nil {
			t.Fatal(err)
		}
		light := image.Pt(480-dark.X, 480-dark.Y)
		if v := color.GrayModel.Convert(thumb.At(dark.X, dark.Y)).(color.Gray).Y; v > 50 {
			t.Errorf("orientation %d: %v is not dark", turn, dark)
		}
		if v := color.GrayModel.Convert(thumb.At(light.X, light.Y)).(color.Gray).Y; v < 200 {
			t.Errorf("orientation %d: %v is not light", turn, light)
		}
	}
}

func TestNoPreviewOfHugePictures(t *testing.T) {
	t.Parallel()
	// Only the header of a GIF says 60,000 × 60,000: decoding it would take 3.6 GB.
	data := []byte("GIF89a\x60\xEA\x60\xEA\x80\x00\x00\x00\x00\x00\xFF\xFF\xFF,\x00\x00\x00\x00\x60\xEA\x60\xEA\x00\x02\x02D\x01\x00;")
	w := open(t, media.Options{})
	if m := w.store(t, data, media.StoreOptions{}); m.Width != 60000 || m.HasThumb() {
		t.Errorf("%+v", m)
	}
}
