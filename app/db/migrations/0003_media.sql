-- owner: app/media
-- One row per file. The row exists before its bytes do and is READY in the transaction of the last one.
--   PENDING  being uploaded, or waiting for its fetch job
--   READY    whole
--   FAILED   could not be fetched; may be asked for again
--   LOST     no longer there to be fetched
-- store says where the bytes lie: 'db' = media_chunk, 's3' = the bucket, under orgs/<org>/uploads/<key>.
CREATE TABLE media (
  id              INTEGER PRIMARY KEY,
  org_id          INTEGER NOT NULL,
  key             TEXT    NOT NULL UNIQUE,
  state           TEXT    NOT NULL CHECK (state IN ('PENDING', 'READY', 'FAILED', 'LOST')),
  store           TEXT    NOT NULL CHECK (store IN ('db', 's3')),
  content_type    TEXT    NOT NULL DEFAULT '',
  size            INTEGER NOT NULL DEFAULT 0,
  sha256          BLOB,
  file_name       TEXT    NOT NULL DEFAULT '',
  width           INTEGER NOT NULL DEFAULT 0,
  height          INTEGER NOT NULL DEFAULT 0,
  duration        INTEGER NOT NULL DEFAULT 0,
  thumb_width     INTEGER NOT NULL DEFAULT 0,
  thumb_height    INTEGER NOT NULL DEFAULT 0,
  error           TEXT    NOT NULL DEFAULT '',
  channel_id      INTEGER NOT NULL DEFAULT 0,
  meta_id         TEXT    NOT NULL DEFAULT '',
  url             TEXT    NOT NULL DEFAULT '',
  message_id      INTEGER NOT NULL DEFAULT 0,
  conversation_id INTEGER NOT NULL DEFAULT 0,
  created_at      INTEGER NOT NULL,
  ready_at        INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX media_pending ON media (created_at) WHERE state = 'PENDING';

-- owner: app/media
-- Pieces of 256 KiB. A table with row ids, so that the blob is no part of an index key.
CREATE TABLE media_chunk (
  id       INTEGER PRIMARY KEY,
  media_id INTEGER NOT NULL,
  n        INTEGER NOT NULL,
  data     BLOB    NOT NULL,
  UNIQUE (media_id, n)
) STRICT;

-- owner: app/media
-- Small JPEG previews; in the database wherever the file itself lies.
CREATE TABLE media_thumb (
  media_id INTEGER PRIMARY KEY,
  data     BLOB NOT NULL
) STRICT;
