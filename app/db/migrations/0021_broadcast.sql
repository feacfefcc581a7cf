-- Owner: broadcast. One template to many people. given holds the values of the
-- template, whose texts may name fields of contacts, audience who is meant:
-- both JSON. frozen tells that everybody meant stands in broadcast_recipient,
-- cursor how far that is. left_out counts, by reason, who has no row there.
-- next_at is the time of the next message, watch_from when counting failures
-- began. The counts are those of the recipients by state.
CREATE TABLE broadcast (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	name TEXT NOT NULL,
	channel_id INTEGER NOT NULL,
	template TEXT NOT NULL,
	language TEXT NOT NULL,
	category TEXT NOT NULL DEFAULT '',
	given TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(given)),
	audience TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(audience)),
	state TEXT NOT NULL CHECK (state IN ('DRAFT', 'SCHEDULED', 'RUNNING', 'PAUSED', 'DONE', 'CANCELLED')),
	schedule_at INTEGER NOT NULL DEFAULT 0,
	office_hours INTEGER NOT NULL DEFAULT 0 CHECK (office_hours IN (0, 1)),
	rate INTEGER NOT NULL DEFAULT 0,
	gap_ms INTEGER NOT NULL DEFAULT 0,
	pause_reason TEXT NOT NULL DEFAULT '',
	frozen INTEGER NOT NULL DEFAULT 0 CHECK (frozen IN (0, 1)),
	cursor TEXT NOT NULL DEFAULT '',
	left_out TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(left_out)),
	next_at INTEGER NOT NULL DEFAULT 0,
	watch_from INTEGER NOT NULL DEFAULT 0,
	waiting INTEGER NOT NULL DEFAULT 0,
	queued INTEGER NOT NULL DEFAULT 0,
	sent INTEGER NOT NULL DEFAULT 0,
	delivered INTEGER NOT NULL DEFAULT 0,
	read INTEGER NOT NULL DEFAULT 0,
	failed INTEGER NOT NULL DEFAULT 0,
	unknown INTEGER NOT NULL DEFAULT 0,
	skipped INTEGER NOT NULL DEFAULT 0,
	answered INTEGER NOT NULL DEFAULT 0,
	created_by INTEGER NOT NULL DEFAULT 0,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	started_at INTEGER NOT NULL DEFAULT 0,
	finished_at INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX broadcast_org ON broadcast (org_id, id DESC);
CREATE INDEX broadcast_working ON broadcast (state) WHERE state IN ('SCHEDULED', 'RUNNING', 'PAUSED');
CREATE INDEX broadcast_channel ON broadcast (channel_id) WHERE state IN ('RUNNING', 'PAUSED');

-- Owner: broadcast. Everybody whom a broadcast means, once. number is what the
-- numbers of one person have in common, '' where there is none or the person
-- was erased. message_id is the message, 0 until there is one. verdict_at is
-- when it became known how the message fared.
CREATE TABLE broadcast_recipient (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	broadcast_id INTEGER NOT NULL,
	contact_id INTEGER NOT NULL,
	number TEXT NOT NULL DEFAULT '',
	state TEXT NOT NULL CHECK (state IN ('WAITING', 'QUEUED', 'SENT', 'DELIVERED', 'READ', 'FAILED', 'UNKNOWN', 'SKIPPED')),
	reason TEXT NOT NULL DEFAULT '',
	message_id INTEGER NOT NULL DEFAULT 0,
	updated_at INTEGER NOT NULL,
	verdict_at INTEGER NOT NULL DEFAULT 0,
	answer_id INTEGER NOT NULL DEFAULT 0,
	answered_at INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE UNIQUE INDEX broadcast_recipient_contact ON broadcast_recipient (contact_id, broadcast_id);
CREATE UNIQUE INDEX broadcast_recipient_number ON broadcast_recipient (broadcast_id, number) WHERE number <> '';
CREATE INDEX broadcast_recipient_order ON broadcast_recipient (broadcast_id, id);
CREATE INDEX broadcast_recipient_state ON broadcast_recipient (broadcast_id, state, id);
CREATE INDEX broadcast_recipient_message ON broadcast_recipient (message_id) WHERE message_id <> 0;
CREATE INDEX broadcast_recipient_verdict ON broadcast_recipient (broadcast_id, verdict_at) WHERE verdict_at <> 0;

-- Owner: broadcast. What an organisation pays for a delivered message, in
-- millionths of its currency; country '' is every other one. Without a row the
-- built-in estimate holds.
CREATE TABLE broadcast_price (
	org_id INTEGER NOT NULL,
	country TEXT NOT NULL,
	category TEXT NOT NULL CHECK (category IN ('MARKETING', 'UTILITY', 'AUTHENTICATION')),
	micros INTEGER NOT NULL,
	PRIMARY KEY (org_id, country, category)
) STRICT, WITHOUT ROWID;

-- Owner: broadcast. explicit_consent leaves everybody out who did not say yes.
CREATE TABLE broadcast_setting (
	org_id INTEGER PRIMARY KEY,
	explicit_consent INTEGER NOT NULL DEFAULT 0 CHECK (explicit_consent IN (0, 1)),
	currency TEXT NOT NULL DEFAULT 'USD',
	updated_at INTEGER NOT NULL
) STRICT;

-- Owner: inbox. How many messages a second a number may send, where somebody
-- knows better than what follows from the level that Meta tells.
CREATE TABLE send_rate (
	channel_id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	per_second INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;
