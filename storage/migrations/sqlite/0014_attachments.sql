-- What was uploaded and what is attached. Bytes are kept by name outside the
-- database; here is which of them there are, so that none is lost sight of: a
-- blob is pending while it is written, kept while something needs it, and doomed
-- until it was deleted. Those of one content, in order of where they begin, are
-- a file; those with a variant are made of it.

CREATE TABLE blobs (
    name    TEXT PRIMARY KEY,
    state   TEXT NOT NULL CHECK (state IN ('pending', 'kept', 'doomed')),
    content TEXT NOT NULL,
    variant TEXT NOT NULL,
    begins  BIGINT NOT NULL,
    size    BIGINT NOT NULL,
    since   BIGINT NOT NULL
);
CREATE UNIQUE INDEX blobs_content ON blobs (content, variant, begins) WHERE state = 'kept';
CREATE INDEX blobs_of ON blobs (content);
CREATE INDEX blobs_pending ON blobs (since) WHERE state = 'pending';
CREATE INDEX blobs_doomed ON blobs (name) WHERE state = 'doomed';

-- The hash is the SHA-256 of the identifier, which is the right to use it.
CREATE TABLE uploads (
    hash       TEXT PRIMARY KEY,
    content    TEXT NOT NULL UNIQUE,
    source     TEXT NOT NULL,
    principal  BIGINT NOT NULL,
    size       BIGINT NOT NULL,
    received   BIGINT NOT NULL,
    charged    BIGINT NOT NULL,
    pieces     BIGINT NOT NULL,
    name       TEXT NOT NULL,
    media_type TEXT NOT NULL,
    width      BIGINT NOT NULL,
    height     BIGINT NOT NULL,
    deleted    BOOLEAN NOT NULL,
    created    BIGINT NOT NULL,
    expires    BIGINT NOT NULL
);
CREATE INDEX uploads_expires ON uploads (expires);

-- What somebody has uploaded that is still there, by who he is or where from.
CREATE TABLE upload_budgets (
    source TEXT PRIMARY KEY,
    bytes  BIGINT NOT NULL,
    files  BIGINT NOT NULL
);

-- allocation_id is the share that the size was taken from, empty for none.
CREATE TABLE attachments (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id  TEXT NOT NULL REFERENCES workspaces (id),
    node          BIGINT NOT NULL REFERENCES nodes (num),
    feature       BIGINT NOT NULL,
    name          TEXT NOT NULL,
    keyname       TEXT NOT NULL,
    description   TEXT,
    media_type    TEXT NOT NULL,
    width         BIGINT NOT NULL,
    height        BIGINT NOT NULL,
    image         BOOLEAN NOT NULL,
    size          BIGINT NOT NULL,
    meta          TEXT NOT NULL,
    content       TEXT NOT NULL UNIQUE,
    allocation_id TEXT NOT NULL,
    created       BIGINT NOT NULL
);
CREATE INDEX attachments_feature ON attachments (workspace_id, node, feature, id);
CREATE UNIQUE INDEX attachments_keyname ON attachments (workspace_id, node, feature, keyname) WHERE keyname <> '';
CREATE INDEX attachments_node ON attachments (node);
