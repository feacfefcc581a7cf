package media

import (
	"bytes"
	"encoding/binary"
	"io"
)

// orientation reads how a JPEG is to be turned (1 to 8, 1 = not at all) and rewinds r.
// Only a failure to rewind is an error: a strange header means 1.
func orientation(r io.ReadSeeker) (int, error) {
	head := make([]byte, 64<<10)
	n, _ := io.ReadFull(r, head) // a short file is a short header
	_, err := r.Seek(0, io.SeekStart)
	return exifOrientation(head[:n]), err
}

func exifOrientation(b []byte) int {
	for i := 2; i+4 <= len(b) && b[i] == 0xFF; {
		marker, size := b[i+1], int(binary.BigEndian.Uint16(b[i+2:]))
		end := i + 2 + size
		if marker == 0xDA || size < 2 || end > len(b) {
			break
		}
		if body := b[i+4 : end]; marker == 0xE1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) {
			return tiffOrientation(body[6:])
		}
		i = end
	}
	return 1
}

// tiffOrientation finds tag 0x0112 in the first directory.
func tiffOrientation(b []byte) int {
	if len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if b[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 1
	}
	dir := b[at:]
	for i, n := 2, int(order.Uint16(dir)); n > 0 && i+12 <= len(dir); i, n = i+12, n-1 {
		if order.Uint16(dir[i:]) != 0x0112 {
			continue
		}
		if v := int(order.Uint16(dir[i+8:])); v >= 1 && v <= 8 {
			return v
		}
		return 1
	}
	return 1
}
