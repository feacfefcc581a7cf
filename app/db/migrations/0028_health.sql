-- Owner: health. What was wrong at the last look, a row for each finding, so
-- that a change is told once. org_id 0 is the install itself; subject is the
-- number or webhook that it is about, or 0.
CREATE TABLE health_finding (
	org_id INTEGER NOT NULL,
	key TEXT NOT NULL,
	subject INTEGER NOT NULL,
	level TEXT NOT NULL CHECK (level IN ('WARN', 'BAD')),
	since INTEGER NOT NULL,
	PRIMARY KEY (org_id, key, subject)
) STRICT, WITHOUT ROWID;

-- Owner: health. How large the database was on each day (days since 1970).
CREATE TABLE health_day (
	day INTEGER PRIMARY KEY,
	size INTEGER NOT NULL
) STRICT;

-- Owner: health. What the server has learnt of a number by watching it: when
-- its token ends, the highest tier it had, and its rhythm, which is the longest
-- silence of this week and of the one before.
CREATE TABLE health_channel (
	channel_id INTEGER PRIMARY KEY,
	looked_at INTEGER NOT NULL DEFAULT 0,
	token_bad INTEGER NOT NULL DEFAULT 0 CHECK (token_bad IN (0, 1)),
	token_expires INTEGER NOT NULL DEFAULT 0,
	tier_high TEXT NOT NULL DEFAULT '',
	tier_high_at INTEGER NOT NULL DEFAULT 0,
	since INTEGER NOT NULL DEFAULT 0,
	last INTEGER NOT NULL DEFAULT 0,
	week INTEGER NOT NULL DEFAULT 0,
	gap INTEGER NOT NULL DEFAULT 0,
	gap_before INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Owner: media. Files that could not be fetched.
CREATE INDEX media_failed ON media (org_id, created_at) WHERE state = 'FAILED';
