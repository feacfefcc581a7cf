-- Owner: inbox. Who has conversations, in groups as well: before two contacts
-- become one, before an import takes one back. Without it every conversation
-- of the organisation was read.
CREATE INDEX conversation_person ON conversation (contact_id, org_id);

-- Owner: inbox. Mentions go with their conversation.
CREATE INDEX mention_conversation ON mention (conversation_id);

-- Owner: contact/importer. When the step was written: a contact whose
-- updated_at it still is has not been changed since. 0 for steps of before.
ALTER TABLE import_step ADD COLUMN at INTEGER NOT NULL DEFAULT 0;

-- Owner: contact. The search index is rewritten when two fifths of a piece are
-- of contacts that are gone, not a tenth: many go at once.
INSERT INTO contact_fts(contact_fts, rank) VALUES('deletemerge', 40);
