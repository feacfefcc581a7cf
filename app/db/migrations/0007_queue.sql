-- owner: app/queue
-- One row per unfinished job; a finished job is deleted.
--   ready    may be claimed once run_at has come; in a lane it holds one of the lane's places
--   waiting  stands behind others of its lane and takes no part in claims
--   running  claimed by the process named in boot
--   held     its kind is unknown to this version of the program
--   dead     given up; a person may run it again
-- ord is the order inside a lane: the id when the lane keeps order (cap 1), else the time it is due.
CREATE TABLE job (
  id         INTEGER PRIMARY KEY,
  kind       TEXT    NOT NULL,
  state      TEXT    NOT NULL CHECK (state IN ('ready', 'waiting', 'running', 'held', 'dead')),
  lane       TEXT    NOT NULL DEFAULT '',
  cap        INTEGER NOT NULL DEFAULT 0,
  ord        INTEGER NOT NULL DEFAULT 0,
  prio       INTEGER NOT NULL DEFAULT 5,
  run_at     INTEGER NOT NULL,
  attempt    INTEGER NOT NULL DEFAULT 0,
  claim      INTEGER NOT NULL DEFAULT 0,
  deaths     INTEGER NOT NULL DEFAULT 0,
  boot       INTEGER NOT NULL DEFAULT 0,
  dedupe     TEXT,
  args       TEXT    NOT NULL,
  error      TEXT    NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  died_at    INTEGER
) STRICT;

CREATE INDEX job_ready ON job (kind, prio, run_at, id) WHERE state = 'ready';
CREATE INDEX job_lane ON job (lane, state, ord, id) WHERE lane <> '';
CREATE UNIQUE INDEX job_dedupe ON job (dedupe) WHERE dedupe IS NOT NULL AND state <> 'dead';
CREATE INDEX job_dead ON job (id) WHERE state = 'dead';

-- owner: app/queue
-- The last planned instant of each schedule, so that a restart neither repeats nor forgets one.
CREATE TABLE cron (
  name    TEXT    PRIMARY KEY,
  planned INTEGER NOT NULL
) STRICT;
