-- Organisations, people and their access. Times are milliseconds UTC.

-- account
CREATE TABLE org (
	id         INTEGER PRIMARY KEY,
	name       TEXT NOT NULL,
	timezone   TEXT NOT NULL,
	created_at INTEGER NOT NULL
) STRICT;

-- account: email is lower case; password is an argon2id PHC string, NULL until one is chosen
CREATE TABLE user (
	id             INTEGER PRIMARY KEY,
	email          TEXT NOT NULL UNIQUE,
	name           TEXT NOT NULL,
	password       TEXT,
	lang           TEXT NOT NULL DEFAULT 'en',
	theme          TEXT NOT NULL DEFAULT 'auto' CHECK (theme IN ('auto', 'light', 'dark')),
	enter_sends    INTEGER NOT NULL DEFAULT 1,
	instance_admin INTEGER NOT NULL DEFAULT 0,
	created_at     INTEGER NOT NULL,
	updated_at     INTEGER NOT NULL
) STRICT;

-- account: a user in an organisation
CREATE TABLE member (
	org_id     INTEGER NOT NULL REFERENCES org (id),
	user_id    INTEGER NOT NULL REFERENCES user (id),
	role       TEXT NOT NULL CHECK (role IN ('OWNER', 'ADMIN', 'SUPERVISOR', 'AGENT', 'VIEWER')),
	active     INTEGER NOT NULL DEFAULT 1,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (org_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_user ON member (user_id);

-- account: one row once the install belongs to somebody
CREATE TABLE claim (
	id         INTEGER PRIMARY KEY CHECK (id = 1),
	user_id    INTEGER NOT NULL REFERENCES user (id),
	claimed_at INTEGER NOT NULL
) STRICT;

-- account: a signed-in browser (PAGE) or a bearer token of POST /auth/login (API); only the token's SHA-256 is kept
CREATE TABLE session (
	id         INTEGER PRIMARY KEY,
	token_hash BLOB NOT NULL UNIQUE,
	user_id    INTEGER NOT NULL REFERENCES user (id),
	org_id     INTEGER,
	kind       TEXT NOT NULL CHECK (kind IN ('PAGE', 'API')),
	created_at INTEGER NOT NULL,
	seen_at    INTEGER NOT NULL,
	ip         TEXT NOT NULL DEFAULT '',
	user_agent TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX session_user ON session (user_id);

-- account
CREATE TABLE invite (
	id          INTEGER PRIMARY KEY,
	org_id      INTEGER NOT NULL REFERENCES org (id),
	email       TEXT NOT NULL,
	role        TEXT NOT NULL CHECK (role IN ('OWNER', 'ADMIN', 'SUPERVISOR', 'AGENT', 'VIEWER')),
	token_hash  BLOB NOT NULL UNIQUE,
	invited_by  INTEGER NOT NULL REFERENCES user (id),
	created_at  INTEGER NOT NULL,
	expires_at  INTEGER NOT NULL,
	accepted_at INTEGER
) STRICT;
CREATE INDEX invite_org ON invite (org_id, email);

-- account: one-time links for a user; used links are deleted
CREATE TABLE user_link (
	id         INTEGER PRIMARY KEY,
	user_id    INTEGER NOT NULL REFERENCES user (id),
	purpose    TEXT NOT NULL CHECK (purpose IN ('RESET', 'SIGNIN')),
	token_hash BLOB NOT NULL UNIQUE,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX user_link_user ON user_link (user_id);

-- account: failed sign-ins of one e-mail from one address; key is a SHA-256
CREATE TABLE login_failure (
	key     BLOB PRIMARY KEY,
	fails   INTEGER NOT NULL,
	until   INTEGER NOT NULL,
	last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX login_failure_last ON login_failure (last_at);

-- account: who did what; org_id 0 is the install itself
CREATE TABLE audit (
	id         INTEGER PRIMARY KEY,
	org_id     INTEGER NOT NULL,
	at         INTEGER NOT NULL,
	actor_kind TEXT NOT NULL,
	actor_id   INTEGER NOT NULL,
	action     TEXT NOT NULL,
	target_id  INTEGER NOT NULL,
	detail     TEXT NOT NULL DEFAULT '',
	ip         TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX audit_org ON audit (org_id, id);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;

-- account: first answers of POST calls with an Idempotency-Key, for 24 hours; org_id 0 is outside any organisation
CREATE TABLE idempotency_key (
	org_id       INTEGER NOT NULL,
	user_id      INTEGER NOT NULL,
	key          TEXT NOT NULL,
	request_hash BLOB NOT NULL,
	status       INTEGER,
	content_type TEXT,
	body         BLOB,
	created_at   INTEGER NOT NULL,
	PRIMARY KEY (org_id, user_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_key_created ON idempotency_key (created_at);
