package inbox

import (
	"bytes"
	"sync"
	"time"

	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
)

// Speeds. Meta takes 80 messages a second of a number, both ways together, or
// 1,000 of one with a high throughput, and does not keep the order of messages
// that follow each other at once. We use three quarters.
const (
	numberRate = 60  // messages a second
	highRate   = 750 // of a number with a high throughput
	// bulkReserve is the share of a second's messages that broadcasts leave, so
	// that a teammate's message finds room at once.
	bulkReserve = 0.1
	bulkLongest = 5 * time.Second

	sendGap  = 300 * time.Millisecond
	mediaGap = 2 * time.Second // unless Meta has reported the file as sent before
	maxGaps  = 10_000
)

// highThroughput is Meta's word for the level of a thousand a second.
const highThroughput = "HIGH"

// rateOf is how many messages a second a number may send by what Meta tells.
func rateOf(ch channel.Channel) int {
	if ch.Throughput == highThroughput {
		return highRate
	}
	return numberRate
}

// pace says when the next message may go: of a number, and of a conversation.
type pace struct {
	mu      sync.Mutex
	buckets map[int64]*bucket
	gaps    map[int64]gap
}

// bucket holds the messages that a number may send at once. bulkAt is when the
// last broadcast message that was turned away may come back.
type bucket struct {
	tokens float64
	at     int64
	bulkAt float64
}

// gap is the earliest time of a conversation's next message. media is the
// message with a file that it lets go first, or 0.
type gap struct{ at, media int64 }

// turn is one message that wants to go.
type turn struct {
	channel, conv int64
	rate          float64 // messages a second of the number
	bulk          bool    // of a broadcast
}

// take gives 0 and counts a message, or tells how long to wait. Messages of
// broadcasts leave some room for others, and are told to come back one after
// the other.
func (p *pace) take(t turn, now int64) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if g, ok := p.gaps[t.conv]; ok {
		// A gap that is longer than any was made before the clock was set back.
		if left := g.at - now; left > 0 && left <= mediaGap.Milliseconds() {
			return time.Duration(left) * time.Millisecond
		}
		delete(p.gaps, t.conv)
	}
	if p.buckets == nil {
		p.buckets = map[int64]*bucket{}
	}
	b := p.buckets[t.channel]
	if b == nil {
		b = &bucket{tokens: t.rate, at: now}
		p.buckets[t.channel] = b
	}
	b.tokens = min(t.rate, b.tokens+float64(max(0, now-b.at))*t.rate/1000)
	b.at = now
	keep := 0.0
	if t.bulk {
		keep = t.rate * bulkReserve
	}
	if b.tokens >= 1+keep {
		b.tokens--
		return 0
	}
	at := float64(now) + (1+keep-b.tokens)/t.rate*1000
	if t.bulk {
		at = max(at, b.bulkAt+1000/t.rate)
		b.bulkAt = at
	}
	return min(time.Duration((at-float64(now))*float64(time.Millisecond)).Truncate(time.Millisecond)+time.Millisecond, bulkLongest)
}

// accepted notes that Meta took a message. With file the next one waits longer,
// unless Meta reports this one as sent.
func (p *pace) accepted(m *Message, now int64, file bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gaps == nil || len(p.gaps) > maxGaps {
		kept := map[int64]gap{}
		for conv, g := range p.gaps {
			if g.at > now {
				kept[conv] = g
			}
		}
		p.gaps = kept
	}
	g := gap{at: now + sendGap.Milliseconds()}
	if file {
		g = gap{at: now + mediaGap.Milliseconds(), media: m.ID}
	}
	p.gaps[m.ConversationID] = g
}

func (p *pace) waitsFor(conv, msg int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	g, ok := p.gaps[conv]
	return ok && g.media == msg
}

// settled ends the wait for a file that Meta has sent on.
func (p *pace) settled(conv, msg int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gaps[conv].media == msg {
		delete(p.gaps, conv)
	}
}

// hasFile says whether Meta sends a file with m. A payload is only read where it
// may tell: broadcasts ask this a thousand times a second.
func (m *Message) hasFile() bool {
	return m.MediaID != 0 || bytes.Contains(m.Payload, []byte(`"link":`)) && m.Extra().Link != ""
}

// sendPause is a wait that Meta's limits impose on a number or a conversation.
type sendPause struct {
	until int64
	step  int
}

// pauseOf reads the pause of a number (conv 0) or of a conversation.
func pauseOf(q db.Q, channel, conv int64) (sendPause, error) {
	p, err := db.One(q, func(r *db.Rows, p *sendPause) error { return r.Scan(&p.until, &p.step) },
		`SELECT until, step FROM send_pause WHERE channel_id = ? AND conversation_id = ?`, channel, conv)
	if errs.Is(err, errs.NotFound) {
		return sendPause{}, nil
	}
	return p, err
}

// pauseTx makes a number (conv 0) or a conversation wait and tells how long. A
// refusal of what was under way when a pause began does not lengthen it.
func pauseTx(tx *db.Tx, channel, conv int64, wait func(step int) time.Duration) (time.Duration, error) {
	p, err := pauseOf(tx, channel, conv)
	if err != nil {
		return 0, err
	}
	if left := p.until - tx.Now(); left > 0 {
		return time.Duration(left) * time.Millisecond, nil
	}
	d := wait(p.step)
	_, err = tx.Exec(`INSERT INTO send_pause (channel_id, conversation_id, until, step) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT DO UPDATE SET until = ?3, step = ?4`, channel, conv, tx.Now()+d.Milliseconds(), p.step+1)
	return d, err
}

// unpauseTx forgets the refusals of a number and a conversation after a success.
func unpauseTx(tx *db.Tx, channel, conv int64) error {
	_, err := tx.Exec(`DELETE FROM send_pause WHERE channel_id = ? AND conversation_id IN (0, ?)`, channel, conv)
	return err
}
