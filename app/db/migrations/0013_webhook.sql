-- Owner: webhook. An address outside that hears of events. Secrets, password
-- and headers are sealed when the server has a key.
CREATE TABLE webhook (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	url TEXT NOT NULL,
	events TEXT NOT NULL CHECK (json_valid(events)),
	state TEXT NOT NULL CHECK (state IN ('ACTIVE', 'PAUSED', 'DISABLED')),
	disabled_reason TEXT NOT NULL DEFAULT '',
	version TEXT NOT NULL,
	rate INTEGER NOT NULL DEFAULT 0,
	username TEXT NOT NULL DEFAULT '',
	password TEXT NOT NULL DEFAULT '',
	headers TEXT NOT NULL DEFAULT '',
	secret TEXT NOT NULL,
	staged_secret TEXT NOT NULL DEFAULT '',
	staged_at INTEGER NOT NULL DEFAULT 0,
	previous_secret TEXT NOT NULL DEFAULT '',
	previous_until INTEGER NOT NULL DEFAULT 0,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX webhook_org ON webhook (org_id, id);

-- Owner: webhook. How an endpoint fares and how many deliveries it has in each
-- state: apart from its settings, because it changes with every event. since_
-- columns count from the last success. open are the deliveries that wait:
-- pending while the endpoint is active, held while it is not.
CREATE TABLE webhook_health (
	webhook_id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	open INTEGER NOT NULL DEFAULT 0,
	failed INTEGER NOT NULL DEFAULT 0,
	expired INTEGER NOT NULL DEFAULT 0,
	failures_in_row INTEGER NOT NULL DEFAULT 0,
	failing_since INTEGER NOT NULL DEFAULT 0,
	since_attempts INTEGER NOT NULL DEFAULT 0,
	since_exhausted INTEGER NOT NULL DEFAULT 0,
	breaker_step INTEGER NOT NULL DEFAULT 0,
	breaker_until INTEGER NOT NULL DEFAULT 0,
	skip_through INTEGER NOT NULL DEFAULT 0,
	last_success_at INTEGER NOT NULL DEFAULT 0,
	last_attempt_at INTEGER NOT NULL DEFAULT 0,
	last_status INTEGER NOT NULL DEFAULT 0,
	last_error TEXT NOT NULL DEFAULT ''
) STRICT;

-- Owner: webhook. An event as it is told outside, rendered once, in the
-- transaction of its change. id is the event's own sequence number. The place
-- of the delivery's id in body is filled when it is sent. first_delivery and
-- last_delivery bound the ids of its deliveries. body '' is no longer kept.
CREATE TABLE webhook_event (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	event TEXT NOT NULL,
	contact_id INTEGER NOT NULL DEFAULT 0,
	first_delivery INTEGER NOT NULL,
	last_delivery INTEGER NOT NULL,
	body TEXT NOT NULL,
	created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX webhook_event_contact ON webhook_event (contact_id) WHERE contact_id <> 0;

-- Owner: webhook. One event for one endpoint. "tries" is the place in the
-- schedule of attempts and begins anew with a redelivery; attempts counts all.
-- The columns from source to response tell of the last attempt; those before
-- it are in webhook_attempt. A delivery of an endpoint that is not active is
-- PENDING here and shown as held.
CREATE TABLE webhook_delivery (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	webhook_id INTEGER NOT NULL,
	event_id INTEGER NOT NULL,
	event TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('PENDING', 'DELIVERED', 'FAILED', 'EXPIRED', 'ERASED')),
	next_at INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	tries INTEGER NOT NULL DEFAULT 0,
	attempts INTEGER NOT NULL DEFAULT 0,
	manual INTEGER NOT NULL DEFAULT 0 CHECK (manual IN (0, 1)),
	test INTEGER NOT NULL DEFAULT 0 CHECK (test IN (0, 1)),
	finished_at INTEGER NOT NULL DEFAULT 0,
	last_at INTEGER NOT NULL DEFAULT 0,
	source TEXT NOT NULL DEFAULT '' CHECK (source IN ('', 'AUTO', 'MANUAL', 'TEST')),
	ip TEXT NOT NULL DEFAULT '',
	status INTEGER NOT NULL DEFAULT 0,
	duration INTEGER NOT NULL DEFAULT 0,
	error TEXT NOT NULL DEFAULT '',
	response TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, next_at, id) WHERE state = 'PENDING';
-- Lists of one state read it; a list of all states merges five ranges of it.
CREATE INDEX webhook_delivery_state ON webhook_delivery (webhook_id, state, id);

-- Owner: webhook. Attempts that were followed by another one.
CREATE TABLE webhook_attempt (
	delivery_id INTEGER NOT NULL,
	n INTEGER NOT NULL,
	org_id INTEGER NOT NULL,
	at INTEGER NOT NULL,
	source TEXT NOT NULL,
	ip TEXT NOT NULL,
	status INTEGER NOT NULL,
	duration INTEGER NOT NULL,
	error TEXT NOT NULL,
	response TEXT NOT NULL,
	PRIMARY KEY (delivery_id, n)
) STRICT;
