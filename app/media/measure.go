package media

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // the formats that previews are made of
	"image/jpeg"
	_ "image/png"
	"io"
	"strings"

	"badala/app/db"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

const (
	maxPixels = 40_000_000
	thumbSide = 480
)

// measure finds the size, duration and preview of a stored file. A file that cannot be measured is kept as it is;
// only the database's own failures are errors.
func (s *Service) measure(ctx context.Context, m *Media) error {
	kind, _, _ := strings.Cut(m.ContentType, "/")
	if kind != "image" && kind != "audio" && kind != "video" || m.Size == 0 {
		return nil
	}
	r, err := s.reader(ctx, *m)
	if err != nil {
		return err
	}
	defer r.Close()
	if kind != "image" {
		m.Duration = duration(r, m.ContentType, m.Size)
		return nil
	}
	thumb, err := s.picture(r, m)
	if err != nil {
		s.log.DebugContext(ctx, "no preview", "media", m.ID, "err", err)
	}
	if thumb == nil {
		return ctx.Err()
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO media_thumb (media_id, data) VALUES (?1, ?2) ON CONFLICT (media_id) DO UPDATE SET data = ?2`, m.ID, thumb)
		return err
	})
}

// picture sets the measures of an image as it is shown, and makes its preview. No preview is needed for a small one
// and none is made of more than 40 million pixels.
func (s *Service) picture(r io.ReadSeeker, m *Media) (thumb []byte, err error) {
	s.drawing.Lock()
	defer s.drawing.Unlock()
	defer func() {
		if p := recover(); p != nil {
			thumb, err = nil, fmt.Errorf("the decoder failed: %v", p)
		}
	}()
	cfg, _, err := image.DecodeConfig(r)
	if err != nil {
		return nil, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	turn := 1
	if m.ContentType == "image/jpeg" {
		if turn, err = orientation(r); err != nil {
			return nil, err
		}
	}
	m.Width, m.Height = cfg.Width, cfg.Height
	if turn >= 5 {
		m.Width, m.Height = cfg.Height, cfg.Width
	}
	if cfg.Width*cfg.Height > maxPixels || max(cfg.Width, cfg.Height) <= thumbSide {
		return nil, nil
	}
	img, _, err := image.Decode(r)
	if err != nil {
		return nil, err
	}
	small := upright(shrink(img), turn)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: 78}); err != nil {
		return nil, err
	}
	m.ThumbWidth, m.ThumbHeight = small.Bounds().Dx(), small.Bounds().Dy()
	return out.Bytes(), nil
}

// shrink draws img on white, its longer side thumbSide.
func shrink(img image.Image) *image.RGBA {
	b := img.Bounds()
	w, h := thumbSide, thumbSide
	if b.Dx() >= b.Dy() {
		h = max(1, b.Dy()*thumbSide/b.Dx())
	} else {
		w = max(1, b.Dx()*thumbSide/b.Dy())
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.BiLinear.Scale(out, out.Bounds(), img, b, draw.Over, nil)
	return out
}

// upright turns a picture as its EXIF orientation (1 to 8) says.
func upright(img *image.RGBA, turn int) *image.RGBA {
	if turn <= 1 || turn > 8 {
		return img
	}
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if turn >= 5 {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch turn {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			out.SetRGBA(tx, ty, img.RGBAAt(x, y))
		}
	}
	return out
}
