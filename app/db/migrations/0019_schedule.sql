-- Owner: app/queue. The last runs of each schedule. state: working while the
-- job that does the work is not through, then ok, failed or skipped. Of an
-- instant that is tried again there is one row. by_hand runs have no place in
-- the plan.
CREATE TABLE cron_run (
  id       INTEGER PRIMARY KEY,
  name     TEXT    NOT NULL,
  planned  INTEGER NOT NULL,
  by_hand  INTEGER NOT NULL DEFAULT 0 CHECK (by_hand IN (0, 1)),
  started  INTEGER NOT NULL,
  finished INTEGER NOT NULL DEFAULT 0,
  state    TEXT    NOT NULL CHECK (state IN ('working', 'ok', 'failed', 'skipped')),
  error    TEXT    NOT NULL DEFAULT '',
  job      INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE UNIQUE INDEX cron_run_planned ON cron_run (name, planned, by_hand);
CREATE INDEX cron_run_job ON cron_run (job) WHERE job <> 0;
