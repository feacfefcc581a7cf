-- Owner: inbox. When a number's business is open and what it answers by itself.
-- settings is JSON: inbox.OfficeHours.
CREATE TABLE office_hours (
	channel_id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	settings TEXT NOT NULL CHECK (json_valid(settings)),
	updated_at INTEGER NOT NULL
) STRICT;

-- Owner: inbox. When a conversation was last told that nobody is there, and
-- when its customer was greeted; 0: never.
CREATE TABLE auto_answer (
	conversation_id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	away_at INTEGER NOT NULL DEFAULT 0,
	greeted_at INTEGER NOT NULL DEFAULT 0
) STRICT;
