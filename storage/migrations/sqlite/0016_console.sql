-- What people keep of the pages that they use; why sessions ended, for who still
-- holds one; and the addresses of who invited, folded to be searched.

CREATE TABLE preferences (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name    TEXT NOT NULL,
    value   TEXT NOT NULL,
    updated BIGINT NOT NULL,
    PRIMARY KEY (user_id, name)
);

-- By the SHA-256 of what the cookie held, which opens nothing any more. Whose it
-- was is not kept. expires is when it would have ended by itself.
CREATE TABLE ended_sessions (
    hash    TEXT PRIMARY KEY,
    reason  TEXT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX ended_sessions_expires ON ended_sessions (expires);

ALTER TABLE invitations ADD COLUMN inviter_email_fold TEXT NOT NULL DEFAULT '';
UPDATE invitations SET inviter_email_fold = lower(inviter_email);
