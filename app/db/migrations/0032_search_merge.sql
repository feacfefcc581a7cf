-- Owner: inbox. By itself FTS5 merges a level of the index whole, in one
-- commit, as soon as it has 16 pieces, which is when automerge would begin to do
-- it step by step. With a million messages everybody waited ten seconds.
INSERT INTO message_fts(message_fts, rank) VALUES('crisismerge', 256);
