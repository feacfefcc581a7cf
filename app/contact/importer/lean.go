package importer

import (
	"runtime/debug"
	"sync"
)

// leanPercent is by how much the heap may grow before it is collected while an
// import is at work: less speed for less memory, of which people have less.
const leanPercent = 60

var lean struct {
	sync.Mutex
	runs, before int
}

// beLean holds the memory of the process down until done is called.
func beLean() (done func()) {
	lean.Lock()
	defer lean.Unlock()
	if lean.runs++; lean.runs == 1 {
		if lean.before = debug.SetGCPercent(leanPercent); lean.before < leanPercent { // somebody chose it
			debug.SetGCPercent(lean.before)
		}
	}
	return func() {
		lean.Lock()
		defer lean.Unlock()
		if lean.runs--; lean.runs == 0 {
			debug.SetGCPercent(lean.before)
		}
	}
}
