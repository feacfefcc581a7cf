-- Owner: inbox. What a conversation was before a person made one contact of
-- two and it became part of another, to make it again within thirty days; a
-- group, which stays one, has a row of itself. state is JSON without anything
-- that was said.
CREATE TABLE conversation_join (
	from_id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	into_id INTEGER NOT NULL,
	from_contact INTEGER NOT NULL,
	into_contact INTEGER NOT NULL,
	at INTEGER NOT NULL,
	state TEXT NOT NULL CHECK (json_valid(state))
) STRICT;

CREATE INDEX conversation_join_from ON conversation_join (from_contact);
CREATE INDEX conversation_join_into ON conversation_join (into_contact);
CREATE INDEX conversation_join_age ON conversation_join (at);
