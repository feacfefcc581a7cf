package webhook

import "time"

// SetTimes shortens the time of an attempt and of a job.
func (s *Service) SetTimes(attempt, run time.Duration) { s.timeout, s.runTime = attempt, run }

// PauseAfter is the wait after a failure, for a status or a class of error.
func PauseAfter(tries, status int, class string, retryAfter time.Duration) time.Duration {
	return pauseAfter(tries, answer{status: status, class: class, retryAfter: retryAfter})
}

// MaxTries is how often a delivery is tried.
const MaxTries = maxTries

// Pauses is the schedule without jitter.
func Pauses() []time.Duration { return pauses[:] }

// Addressed puts the id of a delivery into a stored body.
var Addressed = addressed
