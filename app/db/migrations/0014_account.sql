-- account: what one person or key did of one kind, a page at a time
CREATE INDEX audit_actor_action ON audit (org_id, actor_id, key_id, action, id);
