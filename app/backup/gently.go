package backup

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// gently does long work on a thread of its own, which gives way to all others.
func gently(work func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		runtime.LockOSThread() // and never unlocked: the thread ends with its priority
		giveWay()
		done <- work()
	}()
	return <-done
}
