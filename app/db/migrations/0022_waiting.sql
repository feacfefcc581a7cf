-- Owner: inbox. waiting_since is when the customer wrote the first message that
-- nobody has answered since, 0 for none; only open conversations wait. alarm_at
-- is when somebody is to be told of it, 0 for never; alarm_stage is how many
-- have been told in the latest wait: 1 the assignee or the team, 2 supervisors.
ALTER TABLE conversation ADD COLUMN waiting_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN alarm_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN alarm_stage INTEGER NOT NULL DEFAULT 0;

-- What people, programs, broadcasts and the phone app sent answers a customer,
-- what the server sends by itself does not.
UPDATE conversation SET waiting_since = coalesce((
	SELECT m.at FROM message m INDEXED BY message_thread
	WHERE m.conversation_id = conversation.id AND m.direction = 'INBOUND' AND m.at > coalesce((
		SELECT a.at FROM message a INDEXED BY message_thread
		WHERE a.conversation_id = conversation.id AND (a.direction = 'OUTBOUND' AND a.type <> 'REACTION' AND a.status <> 'FAILED'
			AND a.sent_by_kind IN ('USER', 'API', 'PHONE', 'BROADCAST') OR a.direction = 'ACTIVITY' AND a.type = 'CLOSED')
		ORDER BY a.at DESC, a.id DESC LIMIT 1), -1)
	ORDER BY m.at, m.id LIMIT 1), 0)
WHERE status = 'OPEN' AND last_inbound_at > 0;

-- The lists may put those who wait first: the others follow from these.
DROP INDEX conversation_list;
DROP INDEX conversation_assignee;
DROP INDEX conversation_unassigned;
DROP INDEX conversation_unread;
DROP INDEX conversation_snoozed;
CREATE INDEX conversation_list ON conversation (org_id, status, last_message_at DESC, id DESC, snoozed_until, channel_id, waiting_since);
CREATE INDEX conversation_assignee ON conversation (org_id, assignee_id, status, last_message_at DESC, id DESC, snoozed_until, channel_id, waiting_since) WHERE assignee_id <> 0;
CREATE INDEX conversation_unassigned ON conversation (org_id, status, last_message_at DESC, id DESC, snoozed_until, channel_id, waiting_since) WHERE assignee_id = 0;
CREATE INDEX conversation_unread ON conversation (org_id, status, last_message_at DESC, id DESC, assignee_id, snoozed_until, channel_id, unread_count, waiting_since) WHERE unread_count > 0;
CREATE INDEX conversation_snoozed ON conversation (org_id, status, last_message_at DESC, id DESC, assignee_id, channel_id, unread_count, snoozed_until, waiting_since) WHERE snoozed_until > 0;

CREATE INDEX conversation_waiting ON conversation (org_id, waiting_since, id, status, assignee_id, snoozed_until, channel_id, unread_count) WHERE waiting_since > 0;
CREATE INDEX conversation_closing ON conversation (org_id, window_expires_at, id, status, assignee_id, snoozed_until, channel_id, unread_count) WHERE status = 'OPEN';
CREATE INDEX conversation_alarm ON conversation (alarm_at) WHERE alarm_at > 0 AND snoozed_until = 0;
CREATE INDEX conversation_late ON conversation (org_id, waiting_since, id, assignee_id, alarm_stage, snoozed_until, channel_id) WHERE alarm_stage > 0 AND waiting_since > 0;

-- Owner: inbox. After how many working minutes of waiting somebody is told, and
-- after how many the supervisors; 0 leaves that step out.
CREATE TABLE waiting_alarm (
	channel_id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	enabled INTEGER NOT NULL,
	first_minutes INTEGER NOT NULL,
	second_minutes INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;
