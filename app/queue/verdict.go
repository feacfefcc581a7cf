package queue

import (
	"errors"
	"time"
)

// verdict is an error that says how the job goes on.
type verdict struct {
	err  error
	dead bool
	free bool // the attempt is given back
	wait time.Duration
}

func (v *verdict) Error() string {
	if v.err == nil {
		return "waiting"
	}
	return v.err.Error()
}

func (v *verdict) Unwrap() error { return v.err }

// Drop gives the job up at once; it stays visible with err.
func Drop(err error) error { return &verdict{err: err, dead: true} }

// RetryAfter tries again after d instead of the usual backoff; the attempt counts.
func RetryAfter(d time.Duration, err error) error { return &verdict{err: err, wait: d} }

// Wait tries again after d without using an attempt: the job itself did nothing wrong.
func Wait(d time.Duration, err error) error { return &verdict{err: err, wait: d, free: true} }

// outcome is what becomes of a run.
type outcome struct {
	dead, free bool
	wait       time.Duration
	text       string
}

// judge turns a handler's error into an outcome.
func judge(w *worker, c *claimed, err error) outcome {
	o := outcome{text: trim(err.Error(), 500)}
	var v *verdict
	switch {
	case !errors.As(err, &v):
		o.wait, o.dead = w.pause(c.attempt), c.attempt >= w.attempts
	case v.dead:
		o.dead = true
	case v.free:
		o.wait, o.free = v.wait, true
	default:
		o.wait, o.dead = v.wait, c.attempt >= w.attempts
	}
	return o
}

// trim cuts s to n bytes at most, never inside a letter.
func trim(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
