-- Owner: inbox. Until when a conversation is put aside, in milliseconds; 0 is
-- not at all. A conversation that is put aside is open.
ALTER TABLE conversation ADD COLUMN snoozed_until INTEGER NOT NULL DEFAULT 0;

-- The lists read nothing but their index until they know what is on the page,
-- and counting reads nothing else at all: so each ends in what lists are
-- filtered by.
DROP INDEX conversation_list;
DROP INDEX conversation_assignee;
DROP INDEX conversation_unassigned;
DROP INDEX conversation_unread;
CREATE INDEX conversation_list ON conversation (org_id, status, last_message_at DESC, id DESC, snoozed_until, channel_id);
CREATE INDEX conversation_assignee ON conversation (org_id, assignee_id, status, last_message_at DESC, id DESC, snoozed_until, channel_id) WHERE assignee_id <> 0;
CREATE INDEX conversation_unassigned ON conversation (org_id, status, last_message_at DESC, id DESC, snoozed_until, channel_id) WHERE assignee_id = 0;
CREATE INDEX conversation_unread ON conversation (org_id, status, last_message_at DESC, id DESC, assignee_id, snoozed_until, channel_id, unread_count) WHERE unread_count > 0;
CREATE INDEX conversation_snoozed ON conversation (org_id, status, last_message_at DESC, id DESC, assignee_id, channel_id, unread_count, snoozed_until) WHERE snoozed_until > 0;
CREATE INDEX conversation_channel ON conversation (org_id, channel_id);

-- Owner: inbox. Texts to answer with: owner_id 0 is everybody's. text is what a
-- search looks through, folded. media_keys is a JSON list of upload keys.
CREATE TABLE canned_response (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	owner_id INTEGER NOT NULL DEFAULT 0,
	shortcut TEXT NOT NULL,
	shortcut_text TEXT NOT NULL,
	title TEXT NOT NULL DEFAULT '',
	body TEXT NOT NULL,
	language TEXT NOT NULL DEFAULT '',
	folder TEXT NOT NULL DEFAULT '',
	media_keys TEXT NOT NULL DEFAULT '[]',
	text TEXT NOT NULL,
	usage_count INTEGER NOT NULL DEFAULT 0,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX canned_shortcut ON canned_response (org_id, owner_id, shortcut_text, language);
