package inbox

import (
	"encoding/json"
	"fmt"

	"badala/app/contact"
	"badala/app/meta"
)

// placeholder is what Meta writes in old chats where a file will follow.
const placeholder = "media_placeholder"

// readHistory prepares a chunk of old chats. They raise nothing: no unread, no
// window, no event that leaves the house.
func readHistory(v *meta.Value, h meta.HistoryChunk) item {
	var items []item
	for _, t := range h.Threads {
		who := contact.Identity{Phone: t.WaID, WaUserID: t.UserID, ParentUserID: t.ParentUserID, Username: t.Handle}
		if who.Phone == "" {
			who.Phone = t.ID
		}
		for _, raw := range t.Messages {
			items = append(items, oldMessage(v, raw, who))
		}
	}
	return func(r *receipt) error {
		for _, do := range items {
			if err := do(r); err != nil {
				return err
			}
		}
		if len(h.Errors) > 0 {
			return r.s.Channels.ApplyTx(r.tx, r.ch, meta.Change{Field: "history", WABAID: r.ch.WABAID, Value: meta.Value{Metadata: v.Metadata, Errors: h.Errors}})
		}
		return nil
	}
}

// oldMessage prepares one message of a thread with who.
func oldMessage(v *meta.Value, raw json.RawMessage, who contact.Identity) item {
	m, err := meta.ParseMessage(raw)
	if err != nil {
		return func(*receipt) error { return fmt.Errorf("old message: %w", err) }
	}
	outbound := m.To != "" || m.ToUserID != "" || m.From != "" && m.From == v.Metadata.DisplayPhoneNumber
	return fileItem(&incoming{in: m, who: who, outbound: outbound, quiet: true})
}

// fillPlaceholder gives an old message the file that followed. Any other
// message that is here already stays as it is.
func (r *receipt) fillPlaceholder(id int64, in *incoming) error {
	if !in.quiet || in.in.Media == nil {
		return nil
	}
	m, err := messageRow(r.tx, r.ch.OrgID, id)
	if err != nil || m.Type != TypeUnsupported || m.Extra().Unsupported != placeholder {
		return err
	}
	if err := r.fetchMedia(&m, in.in.Media); err != nil {
		return err
	}
	m.Type, m.Caption, m.Payload = in.msg.Type, in.msg.Caption, in.msg.Payload
	if _, err := r.tx.Exec(`UPDATE message SET type = ?, caption = ?, payload = ?, media_id = ? WHERE id = ? AND org_id = ?`,
		m.Type, m.Caption, string(m.Payload), m.MediaID, m.ID, m.OrgID); err != nil {
		return err
	}
	reindexMessageTx(r.tx, &m)
	return r.s.changedTx(r.tx, &m, "message.updated")
}
