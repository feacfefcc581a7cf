-- Owner: retention. After how many days an organisation's data go: bodies of
-- WhatsApp's webhooks and of our own, files, messages. 0 is never, without a
-- row the defaults hold.
CREATE TABLE retention (
	org_id INTEGER PRIMARY KEY,
	raw_days INTEGER NOT NULL,
	webhook_days INTEGER NOT NULL,
	media_days INTEGER NOT NULL,
	message_days INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;

-- Owner: retention. What the latest run deleted of an organisation. planned
-- names the run, finished is 0 while it works.
CREATE TABLE retention_run (
	org_id INTEGER PRIMARY KEY,
	planned INTEGER NOT NULL,
	started INTEGER NOT NULL,
	finished INTEGER NOT NULL DEFAULT 0,
	raw INTEGER NOT NULL DEFAULT 0,
	webhooks INTEGER NOT NULL DEFAULT 0,
	files INTEGER NOT NULL DEFAULT 0,
	bytes INTEGER NOT NULL DEFAULT 0,
	messages INTEGER NOT NULL DEFAULT 0,
	notes INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Owner: channel. An organisation's kept bodies by age.
CREATE INDEX inbound_age ON inbound (org_id, received_at);

-- Owner: webhook. An organisation's events whose body is kept, by age.
CREATE INDEX webhook_event_body ON webhook_event (org_id, created_at) WHERE body <> '';

-- Owner: media. The files of an organisation that are here.
CREATE INDEX media_ready ON media (org_id, id) WHERE state = 'READY';

-- Owner: inbox. The mentions of a note.
CREATE INDEX mention_message ON mention (message_id);

-- Owner: inbox. Many deleted rows at a time would make the index merge its large
-- pieces at once, and everybody wait for more than a second. inbox.forget merges
-- them in small steps.
INSERT INTO message_fts(message_fts, rank) VALUES('deletemerge', 0);

-- Owner: app/queue. What retention does now had a schedule of its own.
DELETE FROM job WHERE kind = 'channel.prune';
DELETE FROM cron_run WHERE name = 'channel.prune';
DELETE FROM cron WHERE name = 'channel.prune';
