package media

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"strings"
)

// duration is the length of a recording in seconds, rounded up; 0 when its container does not tell cheaply.
func duration(r io.ReadSeeker, contentType string, size int64) int {
	var seconds float64
	switch base, _, _ := strings.Cut(contentType, ";"); base {
	case "audio/ogg":
		seconds = oggSeconds(r, size)
	case "audio/mp4", "video/mp4", "video/3gpp", "audio/3gpp":
		seconds = mp4Seconds(r, size)
	}
	if !(seconds > 0 && seconds < 7*24*3600) {
		return 0
	}
	return int(math.Ceil(seconds))
}

// oggSeconds divides the last page's position by the rate that the first page names.
func oggSeconds(r io.ReadSeeker, size int64) float64 {
	head := make([]byte, 4096)
	n, _ := io.ReadFull(r, head) // short files are short heads
	head = head[:n]
	var rate, skip float64
	if i := bytes.Index(head, []byte("OpusHead")); i >= 0 && i+12 <= n {
		rate, skip = 48000, float64(binary.LittleEndian.Uint16(head[i+10:]))
	} else if i := bytes.Index(head, []byte("\x01vorbis")); i >= 0 && i+16 <= n {
		rate = float64(binary.LittleEndian.Uint32(head[i+12:]))
	}
	if rate == 0 {
		return 0
	}
	from := max(0, size-128<<10)
	if _, err := r.Seek(from, io.SeekStart); err != nil {
		return 0
	}
	tail, err := io.ReadAll(io.LimitReader(r, 128<<10))
	if err != nil {
		return 0
	}
	for end := len(tail); ; {
		i := bytes.LastIndex(tail[:end], []byte("OggS\x00"))
		if i < 0 {
			return 0
		}
		if i+14 <= len(tail) {
			if granule := int64(binary.LittleEndian.Uint64(tail[i+6:])); granule >= 0 {
				return (float64(granule) - skip) / rate
			}
		}
		end = i
	}
}

// mp4Seconds finds moov/mvhd and divides its duration by its time scale.
func mp4Seconds(r io.ReadSeeker, size int64) float64 {
	moov, length, ok := findBox(r, 0, size, "moov")
	if !ok {
		return 0
	}
	mvhd, length, ok := findBox(r, moov, moov+length, "mvhd")
	if !ok || length < 20 {
		return 0
	}
	b := make([]byte, min(length, 32))
	if _, err := r.Seek(mvhd, io.SeekStart); err != nil {
		return 0
	}
	if _, err := io.ReadFull(r, b); err != nil {
		return 0
	}
	var scale uint32
	var units uint64
	switch {
	case b[0] == 1 && len(b) >= 32:
		scale, units = binary.BigEndian.Uint32(b[20:]), binary.BigEndian.Uint64(b[24:])
	case b[0] == 0:
		scale, units = binary.BigEndian.Uint32(b[12:]), uint64(binary.BigEndian.Uint32(b[16:]))
	}
	if scale == 0 || units == math.MaxUint32 {
		return 0
	}
	return float64(units) / float64(scale)
}

// findBox looks among the boxes from..end for a name; it gives where its content starts and how long that is.
func findBox(r io.ReadSeeker, from, end int64, name string) (at, length int64, ok bool) {
	var h [16]byte
	for n := 0; from+8 <= end && n < 1000; n++ {
		if _, err := r.Seek(from, io.SeekStart); err != nil {
			return 0, 0, false
		}
		if _, err := io.ReadFull(r, h[:8]); err != nil {
			return 0, 0, false
		}
		size, head := int64(binary.BigEndian.Uint32(h[:])), int64(8)
		switch size {
		case 0:
			size = end - from
		case 1:
			if _, err := io.ReadFull(r, h[8:]); err != nil {
				return 0, 0, false
			}
			size, head = int64(binary.BigEndian.Uint64(h[8:])), 16
		}
		if size < head || size > end-from {
			return 0, 0, false
		}
		if string(h[4:8]) == name {
			return from + head, size - head, true
		}
		from += size
	}
	return 0, 0, false
}
