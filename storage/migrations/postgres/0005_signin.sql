-- Sessions of browsers, by the SHA-256 of what the cookie holds; requests for a
-- new password, by that of what the mail says; and who tried how often to sign
-- in, by the SHA-256 of the name or the network.

CREATE TABLE sessions (
    hash    TEXT PRIMARY KEY,
    id      TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    via     TEXT NOT NULL,
    client  TEXT NOT NULL,
    address TEXT NOT NULL,
    created BIGINT NOT NULL,
    seen    BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expires ON sessions (expires);

CREATE TABLE resets (
    hash    TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX resets_user ON resets (user_id);
CREATE INDEX resets_expires ON resets (expires);

CREATE TABLE tries (
    subject  TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    until    BIGINT NOT NULL
);
CREATE INDEX tries_until ON tries (until);
