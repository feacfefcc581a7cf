-- Owner: channel. What is told of templates only when they are read from Meta.
-- synced_at is when one was last seen there, 0 for never.
ALTER TABLE template ADD COLUMN parameter_format TEXT NOT NULL DEFAULT '';
ALTER TABLE template ADD COLUMN sub_category TEXT NOT NULL DEFAULT '';
ALTER TABLE template ADD COLUMN ttl INTEGER NOT NULL DEFAULT 0;
ALTER TABLE template ADD COLUMN synced_at INTEGER NOT NULL DEFAULT 0;

-- Owner: channel. When the templates of an account were last asked for, and
-- what went wrong then.
CREATE TABLE template_sync (
	org_id INTEGER NOT NULL,
	waba_id TEXT NOT NULL,
	asked_at INTEGER NOT NULL DEFAULT 0,
	synced_at INTEGER NOT NULL DEFAULT 0,
	error TEXT NOT NULL DEFAULT '',
	PRIMARY KEY (org_id, waba_id)
) STRICT, WITHOUT ROWID;
