package sim

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
)

// SamplePicture gives a small JPEG of hills under a sun.
func SamplePicture() []byte {
	const w, h = 480, 320
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, landscape(float64(x)/w, float64(y)/h))
		}
	}
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, img, &jpeg.Options{Quality: 80}); err != nil {
		return nil // cannot happen: a buffer takes everything
	}
	return buf.Bytes()
}

func landscape(x, y float64) color.RGBA {
	near := 0.78 + 0.06*math.Sin(7*x+1)
	far := 0.62 + 0.09*math.Sin(4*x)
	switch {
	case y > near:
		return color.RGBA{58, 110, 66, 255}
	case y > far:
		return color.RGBA{96, 150, 98, 255}
	case math.Hypot((x-0.74)*1.5, y-0.28) < 0.1:
		return color.RGBA{255, 214, 92, 255}
	}
	return color.RGBA{uint8(120 + 100*y), uint8(180 + 50*y), 235, 255}
}

// SampleVoice gives a voice note: three seconds of quiet as ogg/opus, mono.
func SampleVoice() []byte {
	const packets, perPacket = 150, 960 // 20 ms each at 48 kHz
	var out bytes.Buffer
	head := append([]byte("OpusHead"), 1, 1)
	head = binary.LittleEndian.AppendUint16(head, 312)
	head = binary.LittleEndian.AppendUint32(head, 48000)
	head = append(head, 0, 0, 0)
	out.Write(oggPage(2, 0, 0, head))
	vendor := "badala"
	tags := binary.LittleEndian.AppendUint32([]byte("OpusTags"), uint32(len(vendor)))
	tags = append(tags, vendor...)
	tags = binary.LittleEndian.AppendUint32(tags, 0)
	out.Write(oggPage(0, 0, 1, tags))
	page, sequence := [][]byte{}, uint32(2)
	for i := range packets {
		// A CELT frame of 20 ms that holds silence.
		page = append(page, []byte{0xf8, 0xff, 0xfe})
		last := i == packets-1
		if len(page) == 50 || last {
			flags := byte(0)
			if last {
				flags = 4
			}
			out.Write(oggPage(flags, uint64(i+1)*perPacket, sequence, page...))
			page, sequence = nil, sequence+1
		}
	}
	return out.Bytes()
}

// oggPage writes one page of short packets, each shorter than 255 bytes.
func oggPage(flags byte, granule uint64, sequence uint32, packets ...[]byte) []byte {
	p := append([]byte("OggS"), 0, flags)
	p = binary.LittleEndian.AppendUint64(p, granule)
	p = binary.LittleEndian.AppendUint32(p, 0x42616461) // serial number
	p = binary.LittleEndian.AppendUint32(p, sequence)
	p = append(p, 0, 0, 0, 0, byte(len(packets)))
	for _, packet := range packets {
		p = append(p, byte(len(packet)))
	}
	for _, packet := range packets {
		p = append(p, packet...)
	}
	binary.LittleEndian.PutUint32(p[22:], oggCRC(p))
	return p
}

// oggCRC is the checksum of a page: polynomial 04c11db7, neither mirrored nor
// inverted.
func oggCRC(p []byte) uint32 {
	var crc uint32
	for _, b := range p {
		crc ^= uint32(b) << 24
		for range 8 {
			top := crc & 0x80000000
			crc <<= 1
			if top != 0 {
				crc ^= 0x04c11db7
			}
		}
	}
	return crc
}

// SampleDocument gives a PDF of one empty page.
func SampleDocument() []byte {
	var out bytes.Buffer
	out.WriteString("%PDF-1.4\n")
	var offsets []int
	for i, o := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] >>",
	} {
		offsets = append(offsets, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, at := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&out, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return out.Bytes()
}
