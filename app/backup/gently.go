package backup

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
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

// together does several things gently at once. The error is of all that failed.
func together(all ...func() error) error {
	failed := make([]error, len(all))
	var running sync.WaitGroup
	for n, work := range all {
		running.Go(func() { failed[n] = gently(work) })
	}
	running.Wait()
	return errors.Join(failed...)
}
