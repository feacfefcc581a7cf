package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"badala/app/errs"

	"golang.org/x/crypto/argon2"
)

// hashCost is what hashing one password takes.
type hashCost struct{ memory, rounds uint32 } // KiB, passes over it

// Costs that OWASP calls equally strong: one takes memory, the other time.
var (
	smallCost = hashCost{19456, 2}
	largeCost = hashCost{47104, 1}
)

const (
	// largeHost is the memory from which the larger cost is chosen: what is sold
	// as 2 GiB tells a little less of itself.
	largeHost = 2<<30 - 2<<30/8

	argonThreads = 1
	argonSalt    = 16
	argonKey     = 32
	hashQueue    = 20
)

// costFor is the cost for a host with so many bytes; 0 is not known.
func costFor(host int64) hashCost {
	if host >= largeHost {
		return largeCost
	}
	return smallCost
}

// hasher bounds how many passwords are hashed at once: each takes 19 or 46 MiB.
type hasher struct {
	slots   chan struct{}
	today   hashCost
	waiting atomic.Int64
}

func newHasher(workers int, today hashCost) *hasher {
	return &hasher{slots: make(chan struct{}, workers), today: today}
}

// cost is the part of a PHC string that says how it was made.
func (h *hasher) cost() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, h.today.memory, h.today.rounds, argonThreads)
}

// run calls fn when a slot is free; a queue that is full is 503.
func (h *hasher) run(ctx context.Context, fn func()) error {
	if h.waiting.Add(1) > hashQueue+int64(cap(h.slots)) {
		h.waiting.Add(-1)
		return &errs.Error{Kind: errs.Unavailable, Code: "busy", Message: "too many sign-ins at once; try again", RetryAfter: 2 * time.Second}
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-h.slots }()
	fn()
	if h.today.memory >= smallCost.memory {
		// Or the heap may grow by as much again before anything is collected.
		runtime.GC()
	}
	return nil
}

// hash gives the PHC string of a password with a fresh salt.
func (h *hasher) hash(ctx context.Context, password string) (phc string, err error) {
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	err = h.run(ctx, func() {
		key := argon2.IDKey([]byte(password), salt, h.today.rounds, h.today.memory, argonThreads, argonKey)
		phc = h.cost() + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(key)
	})
	return phc, err
}

// dummyKey is verified for users that do not exist, so that time tells nothing.
const dummyKey = "AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// verify says whether the password made the PHC string. An empty string costs
// the same time and never matches.
func (h *hasher) verify(ctx context.Context, phc, password string) (ok bool, err error) {
	real := phc != ""
	if !real {
		phc = h.cost() + dummyKey
	}
	var version, memory, rounds, threads int
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, fmt.Errorf("stored password has an unknown form")
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &rounds, &threads); err != nil {
		return false, fmt.Errorf("stored password: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("stored password: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, fmt.Errorf("stored password: %w", err)
	}
	err = h.run(ctx, func() {
		got := argon2.IDKey([]byte(password), salt, uint32(rounds), uint32(memory), uint8(threads), uint32(len(want)))
		ok = subtle.ConstantTimeCompare(got, want) == 1
	})
	return ok && real, err
}

// outdated says whether a PHC string was made with another cost than today's,
// as on a larger or a smaller host: it is renewed at the next sign-in, once.
func (h *hasher) outdated(phc string) bool { return !strings.HasPrefix(phc, h.cost()) }

const (
	minPassword = 12
	maxPassword = 256
)

// checkPassword refuses what is too short, too long, well known, or names the
// person, the organisation or this product. Any characters may be used.
func checkPassword(password string, names ...string) error {
	n := utf8.RuneCountInString(password)
	if n < minPassword || n > maxPassword || !utf8.ValidString(password) {
		return codedField("password_length", fmt.Sprintf("must have %d to %d characters", minPassword, maxPassword))
	}
	low := strings.ToLower(password)
	if known := mostUsed(); known.holds(low) || repeats(low) || steps(low) {
		return codedField("password_common", "is too easy to guess")
	}
	for _, name := range append(names, "badala") {
		for _, part := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if utf8.RuneCountInString(part) >= 4 && strings.Contains(low, part) {
				return codedField("password_names", "must not contain your name, your e-mail, the organisation's name or “badala”")
			}
		}
	}
	return nil
}

func codedField(code, message string) error {
	return &errs.Error{Kind: errs.Invalid, Code: code, Message: "the request is not valid", Details: []string{"password: " + message}}
}

// repeats says whether s is a piece of at most four bytes over and over.
func repeats(s string) bool {
	for n := 1; n <= 4; n++ {
		if len(s) > n && s[n:] == s[:len(s)-n] {
			return true
		}
	}
	return false
}

// steps says whether nearly every character follows the one before it, as in
// abcdefghijkl or 987654321098.
func steps(s string) bool {
	n := 0
	for i := 1; i < len(s); i++ {
		if d := int(s[i]) - int(s[i-1]); d == 1 || d == -1 || d == 9 || d == -9 {
			n++
		}
	}
	return n >= len(s)-2
}
