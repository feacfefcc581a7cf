-- Owner: inbox. The notes of a conversation, for the panel beside it.
CREATE INDEX message_note ON message (conversation_id, at, id) WHERE direction = 'NOTE';
