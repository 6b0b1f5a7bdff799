-- Keys with which programs act on the platform. workspace_id is empty for the
-- personal key of a user. hash and former are the SHA-256 of the secret and of
-- the one before it, which is valid until former_until; retry is the SHA-256 of
-- what names the last rotation, and sealed what a retry of it is told until
-- retry_until. Who made a key is written down, and may be gone.
CREATE TABLE access_keys (
    workspace_id  TEXT NOT NULL DEFAULT '',
    id            TEXT NOT NULL UNIQUE,
    num           BIGINT NOT NULL UNIQUE REFERENCES principals (num),
    user_id       TEXT REFERENCES users (id),
    handle        TEXT NOT NULL UNIQUE,
    title         TEXT NOT NULL,
    title_fold    TEXT COLLATE "C" NOT NULL,
    address       TEXT NOT NULL UNIQUE,
    search_fold   TEXT NOT NULL,
    role          TEXT NOT NULL,
    scopes        TEXT NOT NULL,
    nodes         TEXT NOT NULL,
    networks      TEXT NOT NULL,
    origins       TEXT NOT NULL,
    creator_id    TEXT NOT NULL,
    creator_num   BIGINT NOT NULL,
    creator_name  TEXT NOT NULL,
    creator_fold  TEXT COLLATE "C" NOT NULL,
    creator_email TEXT NOT NULL,
    hash          TEXT NOT NULL,
    former        TEXT NOT NULL DEFAULT '',
    former_until  BIGINT,
    retry         TEXT NOT NULL DEFAULT '',
    retry_until   BIGINT,
    sealed        TEXT NOT NULL DEFAULT '',
    created       BIGINT NOT NULL,
    expires       BIGINT,
    revoked       BIGINT,
    revoked_by    TEXT NOT NULL DEFAULT '',
    last_used     BIGINT,
    PRIMARY KEY (workspace_id, id),
    CHECK ((workspace_id = '') = (user_id IS NOT NULL))
);
CREATE INDEX access_keys_workspace ON access_keys (workspace_id, num);
CREATE INDEX access_keys_user ON access_keys (user_id, num);
