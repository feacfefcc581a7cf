-- Owner: inbox. How new conversations of a number find somebody. A number
-- without a row gives none out. max_open 0 is no limit.
CREATE TABLE assignment (
	channel_id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	mode TEXT NOT NULL CHECK (mode IN ('NONE', 'ROUND_ROBIN', 'BY_TAG')),
	fallback TEXT NOT NULL DEFAULT 'NONE' CHECK (fallback IN ('NONE', 'ROUND_ROBIN', 'PERSON')),
	fallback_id INTEGER NOT NULL DEFAULT 0,
	max_open INTEGER NOT NULL DEFAULT 0,
	updated_at INTEGER NOT NULL
) STRICT;

-- Owner: inbox. Who takes turns. The next is whoever has the fewest turns, then
-- the first place. given is what somebody really got since they joined; turns
-- is that plus the turns that they joined with or missed.
CREATE TABLE assignment_member (
	channel_id INTEGER NOT NULL,
	user_id INTEGER NOT NULL,
	org_id INTEGER NOT NULL,
	place INTEGER NOT NULL,
	turns INTEGER NOT NULL,
	given INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (channel_id, user_id)
) STRICT, WITHOUT ROWID;

-- Owner: inbox. Who gets the conversations with a tag; the first rule that fits.
CREATE TABLE assignment_rule (
	channel_id INTEGER NOT NULL,
	place INTEGER NOT NULL,
	org_id INTEGER NOT NULL,
	tag_id INTEGER NOT NULL,
	user_id INTEGER NOT NULL,
	PRIMARY KEY (channel_id, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX assignment_rule_tag ON assignment_rule (tag_id);

-- Owner: inbox. Conversations for which nobody was free, in their order.
CREATE TABLE assignment_wait (
	conversation_id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	channel_id INTEGER NOT NULL,
	since INTEGER NOT NULL
) STRICT;
CREATE INDEX assignment_wait_order ON assignment_wait (org_id, since, conversation_id);

ALTER TABLE assignment ADD COLUMN skip_away INTEGER NOT NULL DEFAULT 0;

-- Owner: inbox. Whether a member is there; who has no row is. hours is a JSON
-- list of windows of the week, '' for none; next_at is when they next change
-- state, 0 for never. hand_over is what becomes of open conversations when the
-- member is off: KEEP, TURN or NOBODY.
CREATE TABLE presence (
	org_id INTEGER NOT NULL,
	user_id INTEGER NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('AVAILABLE', 'AWAY', 'OFF')),
	hours TEXT NOT NULL DEFAULT '',
	next_at INTEGER NOT NULL DEFAULT 0,
	hand_over TEXT NOT NULL DEFAULT 'KEEP' CHECK (hand_over IN ('KEEP', 'TURN', 'NOBODY')),
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (org_id, user_id)
) STRICT, WITHOUT ROWID;
