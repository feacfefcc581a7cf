-- Owner: channel. One WhatsApp number of an organisation. access_token and
-- app_secret are sealed when the server has a key. A removed number stays as
-- an archived row, because conversations belong to it.
CREATE TABLE channel (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	name TEXT NOT NULL,
	phone_number TEXT NOT NULL DEFAULT '',
	phone_number_id TEXT NOT NULL,
	waba_id TEXT NOT NULL,
	app_id TEXT NOT NULL DEFAULT '',
	access_token TEXT NOT NULL,
	app_secret TEXT NOT NULL,
	verify_token TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('CONNECTING', 'ACTIVE', 'PAUSED', 'DISCONNECTED')),
	paused_reason TEXT NOT NULL DEFAULT '',
	paused_until INTEGER NOT NULL DEFAULT 0,
	verified_name TEXT NOT NULL DEFAULT '',
	quality TEXT NOT NULL DEFAULT '',
	tier TEXT NOT NULL DEFAULT '',
	throughput TEXT NOT NULL DEFAULT '',
	health TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(health)),
	verified_at INTEGER NOT NULL DEFAULT 0,
	subscribed_at INTEGER NOT NULL DEFAULT 0,
	first_webhook_at INTEGER NOT NULL DEFAULT 0,
	last_webhook_at INTEGER NOT NULL DEFAULT 0,
	archived_at INTEGER NOT NULL DEFAULT 0,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX channel_number ON channel (phone_number_id) WHERE archived_at = 0;
CREATE INDEX channel_org ON channel (org_id, id);

-- Owner: channel. Webhook bodies as they came; org_id and channel_id are 0
-- when a body is of several or of nobody here. Pruned by age.
CREATE TABLE inbound (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	channel_id INTEGER NOT NULL,
	received_at INTEGER NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('APPLIED', 'FAILED', 'IGNORED')),
	error TEXT NOT NULL DEFAULT '',
	attempts INTEGER NOT NULL DEFAULT 0,
	replayed_at INTEGER NOT NULL DEFAULT 0,
	body BLOB NOT NULL
) STRICT;

CREATE INDEX inbound_failed ON inbound (org_id, id) WHERE state = 'FAILED';

-- Owner: channel. A message template of an account, as Meta last told. Each
-- aspect has the time of its newest news, since they come in any order.
-- language_key is the language with - written as _, in lower case.
CREATE TABLE template (
	id INTEGER PRIMARY KEY,
	org_id INTEGER NOT NULL,
	waba_id TEXT NOT NULL,
	meta_id TEXT NOT NULL DEFAULT '',
	name TEXT NOT NULL,
	language TEXT NOT NULL,
	language_key TEXT NOT NULL,
	status TEXT NOT NULL DEFAULT '',
	category TEXT NOT NULL DEFAULT '',
	next_category TEXT NOT NULL DEFAULT '',
	next_category_at INTEGER NOT NULL DEFAULT 0,
	quality TEXT NOT NULL DEFAULT '',
	reason TEXT NOT NULL DEFAULT '',
	components TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(components)),
	status_at INTEGER NOT NULL DEFAULT 0,
	category_at INTEGER NOT NULL DEFAULT 0,
	quality_at INTEGER NOT NULL DEFAULT 0,
	components_at INTEGER NOT NULL DEFAULT 0,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX template_name ON template (org_id, waba_id, name, language_key);
