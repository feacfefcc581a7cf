-- owner: db. One row a fact about this install.
CREATE TABLE instance (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- owner: event. What happened, in commit order; never changed, pruned by age.
CREATE TABLE event (
  seq             INTEGER PRIMARY KEY,
  org_id          INTEGER NOT NULL,
  type            TEXT    NOT NULL,
  at              INTEGER NOT NULL,
  actor_kind      TEXT    NOT NULL,
  actor_id        INTEGER NOT NULL,
  conversation_id INTEGER NOT NULL,
  message_id      INTEGER NOT NULL,
  contact_id      INTEGER NOT NULL,
  channel_id      INTEGER NOT NULL,
  data            TEXT    NOT NULL
) STRICT;
