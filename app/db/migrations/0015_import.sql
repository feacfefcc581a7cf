-- Owner: contact. Where a contact came from in words of another system; the
-- first one stays.
ALTER TABLE contact ADD COLUMN origin TEXT NOT NULL DEFAULT '';

-- Owner: contact. The fields that an organisation added to its contacts.
-- name_text is the folded name, by which a column of a file finds its field.
CREATE TABLE custom_field (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	name TEXT NOT NULL,
	name_text TEXT NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('TEXT', 'NUMBER', 'DATE', 'BOOLEAN', 'CHOICE')),
	choices TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(choices)),
	created_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX custom_field_name ON custom_field (org_id, name_text);

-- Owner: contact/importer. One uploaded file of contacts and what became of it.
-- done counts rows; counts and preview are JSON.
CREATE TABLE import (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	name TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	size INTEGER NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('UPLOADED', 'CHECKING', 'CHECKED', 'RUNNING', 'DONE', 'CANCELLED', 'FAILED', 'UNDOING', 'UNDONE')),
	actor_kind TEXT NOT NULL,
	actor_id INTEGER NOT NULL,
	key_id INTEGER NOT NULL,
	actor_name TEXT NOT NULL,
	settings TEXT NOT NULL CHECK (json_valid(settings)),
	recognised TEXT NOT NULL CHECK (json_valid(recognised)),
	staged TEXT NOT NULL DEFAULT '',
	counts TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(counts)),
	preview TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(preview)),
	total INTEGER NOT NULL DEFAULT 0,
	done INTEGER NOT NULL DEFAULT 0,
	issues INTEGER NOT NULL DEFAULT 0,
	cancel INTEGER NOT NULL DEFAULT 0 CHECK (cancel IN (0, 1)),
	alive_at INTEGER NOT NULL DEFAULT 0,
	code TEXT NOT NULL DEFAULT '',
	message TEXT NOT NULL DEFAULT '',
	created_at INTEGER NOT NULL,
	started_at INTEGER NOT NULL DEFAULT 0,
	finished_at INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX import_org ON import (org_id, id DESC);
CREATE INDEX import_working ON import (state) WHERE state IN ('CHECKING', 'RUNNING', 'UNDOING');
CREATE INDEX import_age ON import (created_at);

-- Owner: contact/importer. The file while it is needed, in pieces.
CREATE TABLE import_file (
	import_id INTEGER NOT NULL REFERENCES import (id),
	n INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (import_id, n)
) STRICT;

-- Owner: contact/importer. The rows of the file, many to a piece.
CREATE TABLE import_rows (
	import_id INTEGER NOT NULL REFERENCES import (id),
	n INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (import_id, n)
) STRICT;

-- Owner: contact/importer. What there is to say about rows; cells are those of
-- the row, for the report.
CREATE TABLE import_issue (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	import_id INTEGER NOT NULL REFERENCES import (id),
	row INTEGER NOT NULL,
	severity TEXT NOT NULL CHECK (severity IN ('ERROR', 'WARNING', 'NOTE')),
	code TEXT NOT NULL,
	"column" TEXT NOT NULL,
	value TEXT NOT NULL,
	contact_id INTEGER NOT NULL DEFAULT 0,
	cells BLOB NOT NULL
) STRICT;

CREATE INDEX import_issue_row ON import_issue (import_id, row, id);
CREATE INDEX import_issue_contact ON import_issue (contact_id) WHERE contact_id <> 0;

-- Owner: contact/importer. What one transaction of an import did: for every
-- contact that it made or changed its id, whether it is new, and a digest of
-- how it was left. indexed tells that the search rows are written.
CREATE TABLE import_step (
	import_id INTEGER NOT NULL REFERENCES import (id),
	n INTEGER NOT NULL,
	indexed INTEGER NOT NULL DEFAULT 0 CHECK (indexed IN (0, 1)),
	data BLOB NOT NULL,
	PRIMARY KEY (import_id, n)
) STRICT;

-- Owner: contact/importer. A contact as it was before an import changed it, to
-- take that back.
CREATE TABLE import_before (
	import_id INTEGER NOT NULL REFERENCES import (id),
	contact_id INTEGER NOT NULL,
	org_id INTEGER NOT NULL,
	state TEXT NOT NULL,
	PRIMARY KEY (import_id, contact_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX import_before_contact ON import_before (contact_id);

-- Owner: contact/importer. What the last file of a source said of a contact: a
-- field that it says again does not overwrite what people changed here.
CREATE TABLE import_memory (
	contact_id INTEGER NOT NULL,
	source TEXT NOT NULL,
	org_id INTEGER NOT NULL,
	said TEXT NOT NULL,
	PRIMARY KEY (contact_id, source)
) STRICT, WITHOUT ROWID;

-- Owner: contact/importer. How the columns of a file were mapped last time.
CREATE TABLE import_mapping (
	org_id INTEGER NOT NULL,
	signature TEXT NOT NULL,
	mapping TEXT NOT NULL CHECK (json_valid(mapping)),
	used_at INTEGER NOT NULL,
	PRIMARY KEY (org_id, signature)
) STRICT, WITHOUT ROWID;
