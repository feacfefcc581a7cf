package app

import (
	"bytes"
	"context"
	_ "embed" // the sticker
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"

	"badala/app/media"
	"badala/app/meta/sim"
)

//go:embed demo_sticker.webp
var demoSticker []byte

// customer lets the customer of a chat do something on their phone.
func (f *demoFill) customer(chat int, s demoStep) error {
	p, number, last := f.d.phoneOf(f.chats[chat]), demoNumber.PhoneNumberID, f.said[chat]
	var wamid string
	switch s.kind {
	case "text":
		wamid = p.SendText(number, s.text)
	case "reply":
		wamid = p.SendReply(number, last, s.text)
	case "forwarded":
		wamid = p.SendForwarded(number, s.text, true)
	case "ad":
		wamid = p.SendAdReferral(number, s.text, s.more)
	case "voice":
		wamid = p.SendVoice(number)
	case "picture":
		wamid = p.SendMedia(number, sim.Upload{Kind: "image", ContentType: "image/jpeg", Caption: s.text, Bytes: demoPicture(f.chats[chat].name + s.text)})
	case "video":
		wamid = p.SendMediaError(number, "video")
	case "document":
		wamid = p.SendMedia(number, sim.Upload{Kind: "document", ContentType: "application/pdf", Filename: s.more, Caption: s.text, Bytes: demoPDF()})
	case "sticker":
		wamid = p.SendMedia(number, sim.Upload{Kind: "sticker", ContentType: "image/webp", Bytes: demoSticker})
	case "location":
		var lat, long float64
		if _, err := fmt.Sscanf(s.more, "%g,%g", &lat, &long); err != nil {
			return err
		}
		wamid = p.SendLocation(number, lat, long, s.text, "")
	case "contacts":
		wamid = p.SendContacts(number, [2]string{s.text, s.more})
	case "order":
		wamid = p.SendOrder(number, s.text, 2, 24, "KWD")
	case "button":
		wamid = p.SendTemplateButton(number, last, "confirm", s.text)
	case "list":
		wamid = p.SendInteractiveReply(number, last, "exchange", s.text, true)
	case "unsupported":
		wamid = p.SendUnsupported(number)
	default:
		return f.gesture(p, s, last)
	}
	f.said[chat] = wamid
	return nil
}

// gesture is what a customer does besides writing.
func (f *demoFill) gesture(p *sim.Phone, s demoStep, last string) error {
	number := demoNumber.PhoneNumberID
	switch s.kind {
	case "reaction":
		thread := p.Thread(number)
		for i := len(thread) - 1; i >= 0; i-- {
			if thread[i].FromBusiness {
				p.SendReaction(number, thread[i].ID, s.text)
				return nil
			}
		}
		return fmt.Errorf("there is nothing to react to")
	case "edit":
		p.Edit(number, last, s.text)
	case "revoke":
		p.Revoke(number, last)
	case "call":
		p.Call(number)
	case "number":
		p.ChangeNumber(s.text)
	default:
		return fmt.Errorf("no such step")
	}
	return nil
}

// upload stores a file as a teammate's browser would.
func (f *demoFill) upload(ctx context.Context, name, contentType string, data []byte) (string, error) {
	m, err := f.a.Media.Store(ctx, f.team[1].OrgID, bytes.NewReader(data), media.StoreOptions{FileName: name, DeclaredType: contentType})
	return m.Key, err
}

// demoPicture draws a bouquet; other words give other flowers.
func demoPicture(words string) []byte {
	seed := 7.0
	for _, r := range words {
		seed = math.Mod(seed*31+float64(r), 997)
	}
	img := image.NewRGBA(image.Rect(0, 0, 960, 720))
	for y := range 720 {
		for x := range 960 {
			img.SetRGBA(x, y, color.RGBA{uint8(232 - y/24), uint8(240 - y/20), uint8(236 - x/80), 255})
		}
	}
	for i := range 26 {
		a := seed + float64(i)*2.4
		r := 30 + 9*math.Sqrt(float64(i))*4
		petals(img, 480+r*math.Cos(a), 340+r*.8*math.Sin(a), 34+math.Mod(seed+float64(i*13), 26), math.Mod(seed/6+float64(i)/9, 1))
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 82}); err != nil {
		return nil // an in-memory RGBA picture always encodes
	}
	return out.Bytes()
}

// petals paints one round flower of a hue between 0 and 1.
func petals(img *image.RGBA, cx, cy, size, hue float64) {
	for y := int(cy - size); y <= int(cy+size); y++ {
		for x := int(cx - size); x <= int(cx+size); x++ {
			dx, dy := float64(x)-cx, float64(y)-cy
			d := math.Hypot(dx, dy) / size
			if d > .72+.28*math.Cos(6*math.Atan2(dy, dx)) || !(image.Point{X: x, Y: y}).In(img.Rect) {
				continue
			}
			shade := 1 - .35*d
			if d < .16 {
				img.SetRGBA(x, y, color.RGBA{244, 190, 70, 255})
				continue
			}
			img.SetRGBA(x, y, color.RGBA{uint8(shade * (190 + 60*math.Sin(6.28*hue))), uint8(shade * (90 + 60*math.Sin(6.28*hue+2))), uint8(shade * (140 + 70*math.Sin(6.28*hue+4))), 255})
		}
	}
}

// demoPDF is a one-page document.
func demoPDF() []byte {
	var out bytes.Buffer
	var at []int
	object := func(text string) {
		at = append(at, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", len(at), text)
	}
	out.WriteString("%PDF-1.4\n")
	page := "BT /F1 28 Tf 72 720 Td (Zahra & Co) Tj ET"
	object("<</Type/Catalog/Pages 2 0 R>>")
	object("<</Type/Pages/Kids[3 0 R]/Count 1>>")
	object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>")
	object(fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(page), page))
	object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, o := range at {
		fmt.Fprintf(&out, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&out, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return out.Bytes()
}
