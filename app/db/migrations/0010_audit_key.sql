-- account: what an audit line is about, and the key that did it
ALTER TABLE audit ADD COLUMN target TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN key_id INTEGER NOT NULL DEFAULT 0;
CREATE INDEX audit_action ON audit (org_id, action, id);
CREATE INDEX audit_actor ON audit (org_id, actor_id, key_id, id);
CREATE INDEX audit_target ON audit (target_id, id) WHERE target_id <> 0;

-- account: what was before and after an audited change. As little to be changed
-- as the line, but what names a customer goes when the customer is erased.
CREATE TABLE audit_change (
	audit_id   INTEGER PRIMARY KEY,
	org_id     INTEGER NOT NULL,
	contact_id INTEGER NOT NULL DEFAULT 0,
	before     TEXT NOT NULL DEFAULT '',
	after      TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX audit_change_contact ON audit_change (contact_id) WHERE contact_id <> 0;
CREATE TRIGGER audit_change_no_update BEFORE UPDATE ON audit_change BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_change_no_delete BEFORE DELETE ON audit_change
	WHEN OLD.contact_id = 0 OR EXISTS (SELECT 1 FROM contact WHERE id = OLD.contact_id)
	BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;

-- account: keys of programs; the key itself is known to nobody here
CREATE TABLE api_key (
	id         INTEGER PRIMARY KEY,
	org_id     INTEGER NOT NULL REFERENCES org (id),
	name       TEXT NOT NULL,
	prefix     TEXT NOT NULL,
	token_hash BLOB NOT NULL UNIQUE,
	scopes     TEXT NOT NULL,
	created_by INTEGER NOT NULL REFERENCES user (id),
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL DEFAULT 0,
	used_at    INTEGER NOT NULL DEFAULT 0,
	used_ip    TEXT NOT NULL DEFAULT '',
	revoked_at INTEGER NOT NULL DEFAULT 0,
	revoked_by INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX api_key_org ON api_key (org_id, id);
