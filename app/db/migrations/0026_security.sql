-- account: the second step of a user's signing in. secret is sealed where the
-- server has a key; step is the last one used; not on until confirmed.
CREATE TABLE second_step (
	user_id      INTEGER PRIMARY KEY REFERENCES user (id),
	secret       TEXT NOT NULL,
	step         INTEGER NOT NULL DEFAULT 0,
	created_at   INTEGER NOT NULL,
	confirmed_at INTEGER NOT NULL DEFAULT 0
) STRICT;

-- account: for who has lost the app; each once, only its SHA-256 is kept
CREATE TABLE recovery_code (
	user_id   INTEGER NOT NULL REFERENCES user (id),
	code_hash BLOB NOT NULL,
	used_at   INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (user_id, code_hash)
) STRICT, WITHOUT ROWID;

-- account: somebody who has shown the password and not yet the code
CREATE TABLE half_signin (
	token_hash BLOB PRIMARY KEY,
	user_id    INTEGER NOT NULL REFERENCES user (id),
	org_id     INTEGER NOT NULL DEFAULT 0,
	tries      INTEGER NOT NULL DEFAULT 0,
	expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX half_signin_expires ON half_signin (expires_at);

-- account: browsers in which a user has signed in before
CREATE TABLE known_device (
	user_id    INTEGER NOT NULL REFERENCES user (id),
	token_hash BLOB NOT NULL,
	seen_at    INTEGER NOT NULL,
	PRIMARY KEY (user_id, token_hash)
) STRICT, WITHOUT ROWID;

-- account: when the password was last asked in a session
ALTER TABLE session ADD COLUMN confirmed_at INTEGER NOT NULL DEFAULT 0;
UPDATE session SET confirmed_at = created_at;

-- account: what an organisation asks of its members; roles are joined by commas
CREATE TABLE org_security (
	org_id            INTEGER PRIMARY KEY REFERENCES org (id),
	second_step_roles TEXT NOT NULL DEFAULT ''
) STRICT;

-- account: the hash of each line covers the line before it; older lines have none
ALTER TABLE audit ADD COLUMN hash BLOB;
