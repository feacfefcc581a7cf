-- Owner: channel. Which templates a member likes and has sent.
CREATE TABLE template_use (
	org_id INTEGER NOT NULL,
	user_id INTEGER NOT NULL,
	template_id INTEGER NOT NULL,
	starred INTEGER NOT NULL DEFAULT 0,
	used_at INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (org_id, user_id, template_id)
) STRICT, WITHOUT ROWID;
