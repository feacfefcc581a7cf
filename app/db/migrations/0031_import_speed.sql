-- Owner: contact/importer. By what an import knows a person of whom the file
-- says what it said last time, and whom nobody changed since: a digest of what
-- it said, and updated_at of the contact as it was left. Memories of before
-- have neither; the next import of their source adds them.
ALTER TABLE import_memory ADD COLUMN digest BLOB NOT NULL DEFAULT x'';
ALTER TABLE import_memory ADD COLUMN left_at INTEGER NOT NULL DEFAULT 0;

-- Owner: contact. No import waits for the search index to be put in order; the
-- job that does so for messages does it for contacts too.
INSERT INTO contact_fts(contact_fts, rank) VALUES('automerge', 64);
INSERT INTO contact_fts(contact_fts, rank) VALUES('crisismerge', 256);
