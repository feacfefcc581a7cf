-- Conversations, messages, and what hangs on them. Zero and '' stand for
-- "none": they take no room in a row, and comparisons stay simple.

-- Owner: inbox. One per contact and channel, or per group and channel.
-- The contact of a group is whoever wrote in it first.
CREATE TABLE conversation (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	channel_id INTEGER NOT NULL,
	contact_id INTEGER NOT NULL,
	group_id TEXT NOT NULL DEFAULT '',
	status TEXT NOT NULL DEFAULT 'OPEN' CHECK (status IN ('OPEN', 'CLOSED')),
	assignee_id INTEGER NOT NULL DEFAULT 0,
	unread_count INTEGER NOT NULL DEFAULT 0,
	last_message_id INTEGER NOT NULL DEFAULT 0,
	last_message_at INTEGER NOT NULL DEFAULT 0,
	last_type TEXT NOT NULL DEFAULT '',
	last_text TEXT NOT NULL DEFAULT '',
	last_direction TEXT NOT NULL DEFAULT '',
	last_status TEXT NOT NULL DEFAULT '',
	last_inbound_at INTEGER NOT NULL DEFAULT 0,
	window_expires_at INTEGER NOT NULL DEFAULT 0,
	rev INTEGER NOT NULL DEFAULT 0,
	created_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX conversation_contact ON conversation (contact_id, channel_id) WHERE group_id = '';
CREATE UNIQUE INDEX conversation_group ON conversation (channel_id, group_id) WHERE group_id <> '';
CREATE INDEX conversation_list ON conversation (org_id, status, last_message_at DESC, id DESC);
CREATE INDEX conversation_assignee ON conversation (org_id, assignee_id, status, last_message_at DESC, id DESC) WHERE assignee_id <> 0;
CREATE INDEX conversation_unassigned ON conversation (org_id, status, last_message_at DESC, id DESC) WHERE assignee_id = 0;
-- assignee_id stands at the end so that counting reads nothing but the index.
CREATE INDEX conversation_unread ON conversation (org_id, status, last_message_at DESC, id DESC, assignee_id) WHERE unread_count > 0;

-- Owner: inbox. What customers and teammates wrote, notes and activity lines:
-- the whole thread is one query. "at" is Meta's time; a thread is ordered by
-- (at, id). wa_hash is made of the channel and the wamid: it keeps a message
-- that Meta repeats single. announced: message.received was recorded, which for
-- a file waits until it is here. attempt, attempt_started_at and outcome belong
-- to sending.
CREATE TABLE message (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	conversation_id INTEGER NOT NULL,
	contact_id INTEGER NOT NULL DEFAULT 0,
	channel_id INTEGER NOT NULL,
	direction TEXT NOT NULL CHECK (direction IN ('INBOUND', 'OUTBOUND', 'NOTE', 'ACTIVITY')),
	type TEXT NOT NULL,
	body TEXT NOT NULL DEFAULT '',
	caption TEXT NOT NULL DEFAULT '',
	media_id INTEGER NOT NULL DEFAULT 0,
	payload TEXT NOT NULL DEFAULT '',
	reply_to INTEGER NOT NULL DEFAULT 0,
	reply_wamid TEXT NOT NULL DEFAULT '',
	status TEXT NOT NULL DEFAULT '' CHECK (status IN ('', 'PENDING', 'UNCONFIRMED', 'SENT', 'DELIVERED', 'READ', 'FAILED', 'RECEIVED')),
	error_code INTEGER NOT NULL DEFAULT 0,
	error_title TEXT NOT NULL DEFAULT '',
	error_detail TEXT NOT NULL DEFAULT '',
	sent_by_kind TEXT NOT NULL DEFAULT '' CHECK (sent_by_kind IN ('', 'USER', 'API', 'AUTOMATION', 'BROADCAST', 'PHONE')),
	sent_by_id INTEGER NOT NULL DEFAULT 0,
	wa_id TEXT NOT NULL DEFAULT '',
	wa_hash BLOB,
	client_id TEXT NOT NULL DEFAULT '',
	edited_at INTEGER NOT NULL DEFAULT 0,
	deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
	at INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	sent_at INTEGER NOT NULL DEFAULT 0,
	delivered_at INTEGER NOT NULL DEFAULT 0,
	read_at INTEGER NOT NULL DEFAULT 0,
	played_at INTEGER NOT NULL DEFAULT 0,
	announced INTEGER NOT NULL DEFAULT 0 CHECK (announced IN (0, 1)),
	rev INTEGER NOT NULL DEFAULT 0,
	attempt INTEGER NOT NULL DEFAULT 0,
	attempt_started_at INTEGER NOT NULL DEFAULT 0,
	outcome TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX message_thread ON message (conversation_id, at, id);
CREATE UNIQUE INDEX message_wa ON message (wa_hash) WHERE wa_hash IS NOT NULL;
CREATE UNIQUE INDEX message_client ON message (org_id, client_id) WHERE client_id <> '';
CREATE INDEX message_waiting ON message (status, id) WHERE status IN ('PENDING', 'UNCONFIRMED');
CREATE INDEX message_media ON message (media_id) WHERE media_id <> 0;

-- Owner: inbox. At most one reaction per message and author: contact_id of a
-- customer, 0 for the business. message_id is the target.
CREATE TABLE reaction (
	message_id INTEGER NOT NULL,
	contact_id INTEGER NOT NULL DEFAULT 0,
	org_id INTEGER NOT NULL,
	emoji TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (message_id, contact_id)
) STRICT, WITHOUT ROWID;

-- Owner: inbox. News of a message that we do not know (yet): a status that was
-- faster than our own send, a reaction before its target.
CREATE TABLE parked (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	channel_id INTEGER NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('STATUS', 'REACTION', 'EDIT', 'REVOKE')),
	wa_hash BLOB NOT NULL,
	contact_id INTEGER NOT NULL DEFAULT 0,
	payload TEXT NOT NULL,
	at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX parked_target ON parked (wa_hash, at);
CREATE INDEX parked_expiry ON parked (expires_at);

-- Owner: inbox. Tags of conversations; the tags themselves belong to contact.
CREATE TABLE conversation_tag (
	conversation_id INTEGER NOT NULL,
	tag_id INTEGER NOT NULL,
	org_id INTEGER NOT NULL,
	PRIMARY KEY (conversation_id, tag_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX conversation_tag_tag ON conversation_tag (tag_id, conversation_id);

-- Owner: inbox. What somebody has begun to write and not sent, a reply and a
-- note apart.
CREATE TABLE draft (
	conversation_id INTEGER NOT NULL,
	user_id INTEGER NOT NULL,
	mode TEXT NOT NULL DEFAULT 'reply' CHECK (mode IN ('reply', 'note')),
	org_id INTEGER NOT NULL,
	body TEXT NOT NULL,
	reply_to INTEGER NOT NULL DEFAULT 0,
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (conversation_id, user_id, mode)
) STRICT, WITHOUT ROWID;

-- Owner: inbox. Who is named in which note, newest last.
CREATE TABLE mention (
	user_id INTEGER NOT NULL,
	message_id INTEGER NOT NULL,
	org_id INTEGER NOT NULL,
	conversation_id INTEGER NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (user_id, message_id)
) STRICT, WITHOUT ROWID;

-- Owner: inbox. Until when Meta's limits make a number wait (conversation_id
-- 0), or one conversation of it. step counts the refusals since the last
-- success.
CREATE TABLE send_pause (
	channel_id INTEGER NOT NULL,
	conversation_id INTEGER NOT NULL,
	until INTEGER NOT NULL,
	step INTEGER NOT NULL,
	PRIMARY KEY (channel_id, conversation_id)
) STRICT, WITHOUT ROWID;

-- Owner: inbox. The media id that Meta gave a file of ours: it serves one
-- number, for 30 days.
CREATE TABLE media_upload (
	media_id INTEGER NOT NULL,
	channel_id INTEGER NOT NULL,
	org_id INTEGER NOT NULL,
	meta_id TEXT NOT NULL,
	uploaded_at INTEGER NOT NULL,
	PRIMARY KEY (media_id, channel_id)
) STRICT, WITHOUT ROWID;

-- Owner: inbox. Folded text of messages, each beginning with the token of its
-- organisation. rowid is the id of the message.
CREATE VIRTUAL TABLE message_fts USING fts5(
	body, content='', contentless_delete=1, prefix='2 3',
	tokenize="unicode61 remove_diacritics 2"
);
INSERT INTO message_fts(message_fts, rank) VALUES('automerge', 16);
