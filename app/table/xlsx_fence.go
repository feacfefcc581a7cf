package table

import "io"

// fence ends a reader when one run of text or one tag grows too long: the XML
// decoder would hold it in memory.
type fence struct {
	r   io.Reader
	run int
}

func newFence(r io.Reader) *fence { return &fence{r: r} }

var errLongRun = refuse(FileTooMuchText)

func (f *fence) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	for _, c := range p[:n] {
		if f.run++; c == '<' {
			f.run = 0
		} else if f.run > maxRun {
			return 0, errLongRun
		}
	}
	return n, err
}
