package api

import (
	"encoding/json"

	"badala/app/db"
	"badala/app/event"
)

// Renderer says events as the outside hears them.
type Renderer interface {
	Render(q db.Q, e event.Event) (name string, data json.RawMessage, err error)
}

func isEvent(name string) bool { return name != "" }
