-- Owner: contact. Which contacts a file named that was imported: those that it
-- made, changed, or found as they are.
CREATE TABLE contact_import (
	import_id INTEGER NOT NULL,
	contact_id INTEGER NOT NULL,
	PRIMARY KEY (import_id, contact_id)
) STRICT, WITHOUT ROWID;

-- Imports of before: a step has 25 bytes for a contact, the first 8 its id.
WITH RECURSIVE
	digit(d) AS (SELECT 0 UNION ALL SELECT d + 1 FROM digit WHERE d < 15),
	entry(import_id, n, k, size) AS (
		SELECT import_id, n, 0, length(data) FROM import_step WHERE length(data) >= 25
		UNION ALL
		SELECT import_id, n, k + 1, size FROM entry WHERE (k + 2) * 25 <= size
	)
INSERT OR IGNORE INTO contact_import(import_id, contact_id)
SELECT import_id, id FROM (
	SELECT e.import_id, SUM((instr('0123456789ABCDEF', substr(hex(substr(s.data, e.k * 25 + 1, 8)), d + 1, 1)) - 1) << (4 * (15 - d))) AS id
	FROM entry e JOIN import_step s ON s.import_id = e.import_id AND s.n = e.n, digit
	GROUP BY e.import_id, e.n, e.k)
WHERE id IN (SELECT id FROM contact);

-- Owner: contact. A list is read backwards as well as forwards, and what is new
-- is added at the end of an index at a fraction of the cost of its beginning.
-- Who never stated a consent is found by index too.
DROP INDEX contact_list;
DROP INDEX contact_updated;
DROP INDEX contact_source;
DROP INDEX contact_agreed;
CREATE INDEX contact_list ON contact (org_id, id);
CREATE INDEX contact_updated ON contact (org_id, updated_at, id);
CREATE INDEX contact_source ON contact (org_id, source, id);
CREATE INDEX contact_agreed ON contact (org_id, consent, id);

-- Many new contacts at a time would be merged into the index again and again.
INSERT INTO contact_fts(contact_fts, rank) VALUES('automerge', 8);

-- Owner: contact. When something was last said with a contact, by anybody; 0 is
-- never. inbox tells.
ALTER TABLE contact ADD COLUMN last_message_at INTEGER NOT NULL DEFAULT 0;
UPDATE contact SET last_message_at = v.at FROM (
	SELECT contact_id, MAX(last_message_at) AS at FROM conversation WHERE group_id = '' GROUP BY contact_id) v
WHERE v.contact_id = contact.id;
CREATE INDEX contact_talked ON contact (org_id, last_message_at, id);

-- Owner: contact. What people call a field since it was renamed; '' is its
-- name, under which contacts keep its values and programs know it.
ALTER TABLE custom_field ADD COLUMN label TEXT NOT NULL DEFAULT '';
