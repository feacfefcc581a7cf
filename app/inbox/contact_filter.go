package inbox

import "badala/app/contact"

// talkedWith is what a list of contacts asks about their conversations: the
// channel they talk on, and when something was last said.
func talkedWith(org int64, f contact.Filter) (cond string, args []any) {
	cond, args = "SELECT contact_id FROM conversation WHERE org_id = ? AND group_id = ''", []any{org}
	if f.ChannelID != 0 {
		cond += " AND channel_id = ?"
		args = append(args, f.ChannelID)
	}
	if f.TalkedFrom != 0 {
		cond += " AND last_message_at >= ?"
		args = append(args, f.TalkedFrom)
	}
	if f.TalkedUntil != 0 {
		cond += " AND last_message_at < ?"
		args = append(args, f.TalkedUntil)
	}
	return "c.id IN (" + cond + ")", args
}
