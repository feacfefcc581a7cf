-- Owner: contact. A person who writes to an organisation, or whom it knows.
-- '' stands for "not known". name_text is the folded name, for sorting and for
-- search by its beginning. name_edited tells that a person chose the name, so
-- that a new profile name no longer changes it.
CREATE TABLE contact (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	name TEXT NOT NULL DEFAULT '',
	name_text TEXT NOT NULL DEFAULT '',
	name_edited INTEGER NOT NULL DEFAULT 0 CHECK (name_edited IN (0, 1)),
	phone TEXT NOT NULL DEFAULT '',
	wa_id TEXT NOT NULL DEFAULT '',
	user_id TEXT NOT NULL DEFAULT '',
	username TEXT NOT NULL DEFAULT '',
	profile_name TEXT NOT NULL DEFAULT '',
	email TEXT NOT NULL DEFAULT '',
	external_id TEXT NOT NULL DEFAULT '',
	consent INTEGER CHECK (consent IN (0, 1)),
	preference_at INTEGER NOT NULL DEFAULT 0,
	company TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(company)),
	custom TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(custom)),
	notes TEXT NOT NULL DEFAULT '',
	source TEXT NOT NULL CHECK (source IN ('WHATSAPP', 'MANUAL', 'API', 'IMPORT')),
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX contact_list ON contact (org_id, id DESC);
CREATE INDEX contact_name ON contact (org_id, name_text, id);
CREATE UNIQUE INDEX contact_external ON contact (org_id, external_id) WHERE external_id <> '';

-- Owner: contact. By what a contact is found: the match key of a phone (all
-- digits), or a WhatsApp user id (has a dot). former tells that Meta announced
-- another one in its place; it still finds the contact.
CREATE TABLE contact_handle (
	org_id INTEGER NOT NULL,
	value TEXT NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('PHONE', 'USER_ID', 'PARENT_USER_ID')),
	contact_id INTEGER NOT NULL REFERENCES contact (id),
	former INTEGER NOT NULL DEFAULT 0 CHECK (former IN (0, 1)),
	shown TEXT NOT NULL DEFAULT '',
	created_at INTEGER NOT NULL,
	PRIMARY KEY (org_id, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX contact_handle_contact ON contact_handle (contact_id);

-- Owner: contact. Two contacts that may be one person; a person decides.
CREATE TABLE contact_link (
	org_id INTEGER NOT NULL,
	contact_id INTEGER NOT NULL REFERENCES contact (id),
	other_id INTEGER NOT NULL REFERENCES contact (id),
	reason TEXT NOT NULL CHECK (reason IN ('SAME_MESSAGE', 'NUMBER_CHANGED', 'USER_ID_CHANGED', 'PHONE_SHARED')),
	created_at INTEGER NOT NULL,
	PRIMARY KEY (contact_id, other_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX contact_link_other ON contact_link (other_id);

-- Owner: contact. Words that an organisation sorts contacts and conversations by.
CREATE TABLE tag (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	name TEXT NOT NULL,
	name_text TEXT NOT NULL,
	colour TEXT NOT NULL,
	created_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX tag_name ON tag (org_id, name_text);

-- Owner: contact.
CREATE TABLE contact_tag (
	contact_id INTEGER NOT NULL REFERENCES contact (id),
	tag_id INTEGER NOT NULL REFERENCES tag (id),
	org_id INTEGER NOT NULL,
	PRIMARY KEY (contact_id, tag_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX contact_tag_tag ON contact_tag (tag_id, contact_id);

-- Owner: contact. Every change of marketing consent; never changed.
CREATE TABLE contact_consent (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	contact_id INTEGER NOT NULL REFERENCES contact (id),
	was INTEGER CHECK (was IN (0, 1)),
	now INTEGER CHECK (now IN (0, 1)),
	reason TEXT NOT NULL,
	actor_kind TEXT NOT NULL,
	actor_id INTEGER NOT NULL,
	message_id INTEGER NOT NULL,
	at INTEGER NOT NULL
) STRICT;

CREATE INDEX contact_consent_contact ON contact_consent (contact_id, id);

-- Owner: contact. Folded names, user names, mail and numbers; rowid is the id
-- of the contact.
CREATE VIRTUAL TABLE contact_fts USING fts5(body, content='', contentless_delete=1, tokenize='trigram');
