-- Whom somebody invited into a workspace. What opens an invitation is kept as
-- the SHA-256 of its token; sealed is the token under a key of the server's, so
-- that the link can be shown again. hold is the seat that is kept free.
CREATE TABLE invitations (
    workspace_id  TEXT NOT NULL REFERENCES workspaces (id),
    id            TEXT NOT NULL UNIQUE,
    num           INTEGER PRIMARY KEY AUTOINCREMENT,
    kind          TEXT NOT NULL CHECK (kind IN ('personal', 'open')),
    email         TEXT NOT NULL,
    email_fold    TEXT NOT NULL,
    domains       TEXT NOT NULL,
    uses          BIGINT NOT NULL DEFAULT 0,
    max_uses      BIGINT NOT NULL CHECK (uses <= max_uses),
    roles         TEXT NOT NULL,
    language      TEXT NOT NULL,
    inviter_id    TEXT NOT NULL,
    inviter_num   BIGINT NOT NULL,
    inviter_name  TEXT NOT NULL,
    inviter_email TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'declined', 'revoked', 'expired')),
    sent          BIGINT NOT NULL,
    mailed        BOOLEAN NOT NULL,
    accepted_by   TEXT NOT NULL,
    accepted      BIGINT,
    expires       BIGINT NOT NULL,
    created       BIGINT NOT NULL,
    updated       BIGINT NOT NULL,
    digest        TEXT NOT NULL UNIQUE,
    sealed        TEXT NOT NULL,
    version       BIGINT NOT NULL,
    hold          TEXT NOT NULL,
    UNIQUE (workspace_id, id)
);
CREATE INDEX invitations_workspace ON invitations (workspace_id, num);
CREATE UNIQUE INDEX invitations_pending ON invitations (workspace_id, email_fold) WHERE state = 'pending' AND kind = 'personal';

CREATE TABLE invitation_groups (
    workspace_id  TEXT NOT NULL,
    invitation_id TEXT NOT NULL,
    group_id      TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    PRIMARY KEY (workspace_id, invitation_id, group_id),
    FOREIGN KEY (workspace_id, invitation_id) REFERENCES invitations (workspace_id, id)
);
CREATE INDEX invitation_groups_group ON invitation_groups (group_id);

-- Who came by an open link, and whether the account was made there, so that
-- nobody has shown yet that its address is his.
CREATE TABLE invitation_uses (
    workspace_id  TEXT NOT NULL,
    invitation_id TEXT NOT NULL,
    user_id       TEXT NOT NULL,
    made          BOOLEAN NOT NULL,
    at            BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, invitation_id, user_id),
    FOREIGN KEY (workspace_id, invitation_id) REFERENCES invitations (workspace_id, id)
);
CREATE INDEX invitation_uses_user ON invitation_uses (user_id);

INSERT INTO pools (id, kind, unit, type, name, name_fold, description, labels, urls, open, capacity, details, created, updated) VALUES
    ('00000000-0000-7000-8000-000000000023', 'seats', 'count', 'seats', 'seats', 'seats', 'Seats of workspaces', '[]', '[]', FALSE, 9223372036854775807, '{}', 0, 0);
