-- Owner: backup. Copies of the whole database that were made or found. state:
-- working until it is verified, failed when it could not be made, gone when
-- the file is no longer there. sha256 is in hex; target is FOLDER or S3 and
-- place the folder, or s3://bucket/prefix.
CREATE TABLE backup (
  id         INTEGER PRIMARY KEY,
  origin     TEXT    NOT NULL CHECK (origin IN ('PLAN', 'HAND', 'FOUND')),
  target     TEXT    NOT NULL CHECK (target IN ('FOLDER', 'S3')),
  place      TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  state      TEXT    NOT NULL CHECK (state IN ('working', 'verified', 'failed', 'gone')),
  at         INTEGER NOT NULL,
  finished   INTEGER NOT NULL DEFAULT 0,
  size       INTEGER NOT NULL DEFAULT 0,
  sha256     TEXT    NOT NULL DEFAULT '',
  encrypted  INTEGER NOT NULL DEFAULT 0 CHECK (encrypted IN (0, 1)),
  manifest   TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(manifest)),
  error      TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE UNIQUE INDEX backup_name ON backup (place, name);
CREATE INDEX backup_at ON backup (at);

-- Owner: backup. Backups that were fetched, restored in a folder of their own
-- and checked through. source is where the backup came from.
CREATE TABLE backup_drill (
  id       INTEGER PRIMARY KEY,
  source   TEXT    NOT NULL,
  taken_at INTEGER NOT NULL,
  started  INTEGER NOT NULL,
  finished INTEGER NOT NULL,
  ok       INTEGER NOT NULL CHECK (ok IN (0, 1)),
  error    TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX backup_drill_started ON backup_drill (started);
