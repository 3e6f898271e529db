-- Accounts: official data, laid out as every noun's table is. What opens them stands apart.
-- spread: county
CREATE TABLE accounts (
	county     BIGINT NOT NULL,
	id         BIGINT NOT NULL,
	area       BIGINT NOT NULL,
	version    BIGINT NOT NULL,
	state      TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	login      TEXT NOT NULL,
	name       TEXT NOT NULL,
	phone      TEXT,
	language   TEXT NOT NULL,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX accounts_id ON accounts (id);
CREATE INDEX accounts_area ON accounts (county, area, id);
CREATE INDEX accounts_state ON accounts (county, state, id);

-- Where the account of a login name is kept, and that no two have the same.
-- spread: everywhere
CREATE TABLE account_login (
	login   TEXT NOT NULL PRIMARY KEY,
	county  BIGINT NOT NULL,
	account BIGINT NOT NULL
);

-- What opens an account: an Argon2id text, and a second factor sealed with a key that is not here.
-- spread: county
CREATE TABLE account_secret (
	county     BIGINT NOT NULL,
	account    BIGINT NOT NULL,
	password   TEXT NOT NULL,
	due        BIGINT NOT NULL,
	totp       BYTEA,
	totp_on    BIGINT NOT NULL,
	totp_step  BIGINT NOT NULL,
	changed_at BIGINT NOT NULL,
	PRIMARY KEY (county, account)
);

-- The three admin roles share one slot, so an account that holds two of them cannot be stored.
-- spread: county
CREATE TABLE account_role (
	county  BIGINT NOT NULL,
	account BIGINT NOT NULL,
	slot    TEXT NOT NULL,
	role    TEXT NOT NULL,
	PRIMARY KEY (county, account, slot)
);

-- spread: county
CREATE TABLE account_scope (
	county  BIGINT NOT NULL,
	account BIGINT NOT NULL,
	area    BIGINT NOT NULL,
	PRIMARY KEY (county, account, area)
);

-- Roles and areas as they were at the log-in: whoever changes them ends the sessions.
-- spread: county
CREATE TABLE session (
	county  BIGINT NOT NULL,
	hash    BYTEA NOT NULL,
	id      BIGINT NOT NULL,
	account BIGINT NOT NULL,
	roles   TEXT NOT NULL,
	areas   TEXT NOT NULL,
	made_at BIGINT NOT NULL,
	seen_at BIGINT NOT NULL,
	PRIMARY KEY (county, hash)
);
CREATE INDEX session_account ON session (county, account);

-- Failed log-ins, by a keyed hash of a login name or an address.
-- spread: everywhere
CREATE TABLE attempt (
	hash     BYTEA NOT NULL PRIMARY KEY,
	failures BIGINT NOT NULL,
	last_at  BIGINT NOT NULL
);

-- Keys of agencies' programs: by hash, since only the hash is known here.
-- spread: everywhere
CREATE TABLE api_key (
	id           BIGINT NOT NULL PRIMARY KEY,
	hash         BYTEA NOT NULL,
	area         BIGINT NOT NULL,
	agency       TEXT NOT NULL,
	capabilities TEXT NOT NULL,
	areas        TEXT NOT NULL,
	made_at      BIGINT NOT NULL,
	made_by      BIGINT NOT NULL,
	ends_at      BIGINT NOT NULL,
	UNIQUE (hash)
);

-- Replies kept for a retry. status 0: it happened, and the answer was not to be kept.
-- spread: county
CREATE TABLE idempotency (
	county  BIGINT NOT NULL,
	actor   BIGINT NOT NULL,
	hash    BYTEA NOT NULL,
	digest  BYTEA NOT NULL,
	made_at BIGINT NOT NULL,
	status  BIGINT NOT NULL,
	body    BYTEA NOT NULL,
	receipt TEXT NOT NULL,
	PRIMARY KEY (county, actor, hash)
);
CREATE INDEX idempotency_made ON idempotency (county, made_at);
