package channel_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"testing"

	"badala/app/channel"
	"badala/app/meta"
	"badala/app/queue"
)

const (
	key      = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
	otherKey = "ffffffff4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
)

// onDisk says whether the database files hold the text.
func (b *bench) onDisk(text string) bool {
	b.Helper()
	b.db.Close()
	file, err := os.ReadFile(b.path)
	if err != nil {
		b.Fatal(err)
	}
	return bytes.Contains(file, []byte(text))
}

func TestSealedSecrets(t *testing.T) {
	b := open(t, channel.Options{SecretKey: key})
	a := b.create(b.owner, draftA)
	if got := b.get(a); got.AccessToken != "token-a" || got.AppSecret != secretA {
		t.Errorf("%+v", got)
	}
	if b.onDisk(secretA) || b.onDisk("token-a") {
		t.Error("a secret lies plain in the file")
	}
	b.reopen(channel.Options{SecretKey: key})
	if b.get(a).AppSecret != secretA {
		t.Error("does not open after a restart")
	}
	b.reopen(channel.Options{SecretKey: otherKey})
	if got := b.get(a); got.AppSecret != "" || got.AccessToken != "" {
		t.Error("opens with another key")
	}
	body := fixture(t, "msg-text")
	if _, err := b.s.Verify(context.Background(), body, meta.Sign(secretA, body)); err == nil {
		t.Error("verified without its secret")
	}
}

func TestSecretsAreSealedOnceThereIsAKey(t *testing.T) {
	b := open(t, channel.Options{})
	a := b.create(b.owner, draftA)
	if !b.onDisk(secretA) {
		t.Error("sealed without a key")
	}
	b.reopen(channel.Options{SecretKey: key})
	if b.get(a).AppSecret != secretA {
		t.Error("lost")
	}
	b.reopen(channel.Options{})
	if b.get(a).AppSecret != "" {
		t.Error("still plain")
	}
}

func TestShortKeyIsRefused(t *testing.T) {
	b := open(t, channel.Options{})
	log := slog.New(slog.DiscardHandler)
	if _, err := channel.New(context.Background(), b.db, b.events, queue.New(b.db, log), meta.New("", ""), log, channel.Options{SecretKey: "short"}); err == nil {
		t.Error("taken")
	}
}
