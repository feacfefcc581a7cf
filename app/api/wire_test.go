package api_test

import (
	"path/filepath"
	"testing"

	"badala/app/account"
	"badala/app/api"
	"badala/app/db"
	"badala/app/event"
)

// parts is the server below the API, wired as in the product.
type parts struct {
	db       *db.DB
	accounts *account.Service
	api      *api.API
}

func wire(t testing.TB) parts {
	t.Helper()
	d, err := db.Open(filepath.Join(t.TempDir(), "t.db"), db.Options{Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	p := parts{db: d, accounts: account.New(d, event.New(), quiet, account.Options{})}
	p.api = api.New(api.Deps{DB: d, Accounts: p.accounts, Log: quiet,
		Options: api.Options{Version: "test", PublicURL: "https://inbox.example.com"}})
	return p
}
