-- Owner: contact. In which order people see the fields that they added.
ALTER TABLE custom_field ADD COLUMN position INTEGER NOT NULL DEFAULT 0;

-- Owner: contact. What two contacts were before a person made one of them, to
-- take it back within thirty days. state is JSON.
CREATE TABLE contact_merge_undo (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	into_id INTEGER NOT NULL,
	from_id INTEGER NOT NULL,
	from_name TEXT NOT NULL,
	actor_id INTEGER NOT NULL,
	actor_name TEXT NOT NULL,
	state TEXT NOT NULL CHECK (json_valid(state)),
	at INTEGER NOT NULL
) STRICT;

CREATE INDEX contact_merge_undo_into ON contact_merge_undo (into_id, id);
CREATE INDEX contact_merge_undo_age ON contact_merge_undo (at);

-- Owner: contact. A change of many contacts at a time. who, change and pick
-- are JSON; after is the last contact that was looked at, which go down.
CREATE TABLE contact_bulk (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	who TEXT NOT NULL CHECK (json_valid(who)),
	change TEXT NOT NULL CHECK (json_valid(change)),
	pick TEXT NOT NULL CHECK (json_valid(pick)),
	state TEXT NOT NULL CHECK (state IN ('RUNNING', 'DONE', 'FAILED')),
	after INTEGER NOT NULL,
	total INTEGER NOT NULL,
	done INTEGER NOT NULL DEFAULT 0,
	changed INTEGER NOT NULL DEFAULT 0,
	undoes INTEGER NOT NULL DEFAULT 0,
	undone INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1)),
	created_at INTEGER NOT NULL,
	finished_at INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX contact_bulk_age ON contact_bulk (created_at);

-- Owner: contact. Which contacts a change of tags changed, to take it back.
CREATE TABLE contact_bulk_change (
	bulk_id INTEGER NOT NULL,
	contact_id INTEGER NOT NULL,
	PRIMARY KEY (bulk_id, contact_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX contact_bulk_change_contact ON contact_bulk_change (contact_id);

-- Owner: inbox. By which words of its own an organisation's customers refuse
-- marketing, and how they are answered. words is a JSON list.
CREATE TABLE consent_word (
	org_id INTEGER PRIMARY KEY,
	words TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(words)),
	answer INTEGER NOT NULL DEFAULT 1 CHECK (answer IN (0, 1)),
	text_en TEXT NOT NULL DEFAULT '',
	text_ar TEXT NOT NULL DEFAULT '',
	updated_at INTEGER NOT NULL
) STRICT;
