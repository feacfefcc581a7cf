-- Owner: contact. merging_into is the tag that this one is becoming, 0 for none.
ALTER TABLE tag ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE tag ADD COLUMN merging_into INTEGER NOT NULL DEFAULT 0;
CREATE INDEX tag_merging ON tag (merging_into) WHERE merging_into <> 0;

-- Owner: contact. What became of tags that were merged: what was kept to take
-- a change back still names them.
CREATE TABLE tag_merged (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	into_id INTEGER NOT NULL
) STRICT;
CREATE INDEX tag_merged_into ON tag_merged (into_id);

-- Owner: inbox. Canned responses that were deleted a short while ago, to be
-- brought back. response is the whole row as JSON.
CREATE TABLE canned_gone (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	owner_id INTEGER NOT NULL,
	response TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT;
CREATE INDEX canned_gone_at ON canned_gone (at);

-- Owner: app/queue. Jobs that a person should look at.
CREATE INDEX job_given_up ON job (id) WHERE state IN ('dead', 'held');
