-- Owner: contact. Lists by the last change, by origin and by consent are read
-- in order, and counted, from an index.
CREATE INDEX contact_updated ON contact (org_id, updated_at DESC, id DESC);
CREATE INDEX contact_source ON contact (org_id, source, id DESC);
CREATE INDEX contact_agreed ON contact (org_id, consent, id DESC) WHERE consent IS NOT NULL;

-- Owner: contact. Contacts that became part of another one, so that what was
-- noted about them goes with it.
CREATE TABLE contact_merged (
	from_id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	into_id INTEGER NOT NULL
) STRICT;

CREATE INDEX contact_merged_into ON contact_merged (into_id);

-- Owner: contact. Who was erased, told by nothing but counts: when, by whom,
-- and how much was said.
CREATE TABLE erasure (
	contact_id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	conversations INTEGER NOT NULL DEFAULT 0,
	messages INTEGER NOT NULL DEFAULT 0,
	media INTEGER NOT NULL DEFAULT 0,
	actor_kind TEXT NOT NULL,
	actor_id INTEGER NOT NULL,
	at INTEGER NOT NULL
) STRICT;

CREATE INDEX erasure_org ON erasure (org_id, at);

-- Owner: contact. HMACs of what erased people were found by, under a key of
-- this install: enough to recognise them in an older copy, too little to tell
-- who they are.
CREATE TABLE erasure_handle (
	org_id INTEGER NOT NULL,
	digest BLOB NOT NULL,
	contact_id INTEGER NOT NULL,
	PRIMARY KEY (org_id, digest, contact_id)
) STRICT, WITHOUT ROWID;
