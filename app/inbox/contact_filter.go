package inbox

import "badala/app/contact"

// talkedWith is what a list of contacts asks about their conversations: who
// talks on a channel, and when something was last said there.
func talkedWith(org int64, f contact.Filter) (ids, has string, args []any) {
	cond := "org_id = ? AND channel_id = ? AND group_id = ''"
	args = []any{org, f.ChannelID}
	if f.TalkedFrom != 0 {
		cond += " AND last_message_at >= ?"
		args = append(args, f.TalkedFrom)
	}
	if f.TalkedUntil != 0 {
		cond += " AND last_message_at < ?"
		args = append(args, f.TalkedUntil)
	}
	return "SELECT contact_id AS id FROM conversation WHERE " + cond,
		"EXISTS (SELECT 1 FROM conversation WHERE " + cond + " AND contact_id = c.id)", args
}
