-- The tree of authority: who is who, what lies where, who may what.

CREATE TABLE principals (
    num       INTEGER PRIMARY KEY AUTOINCREMENT,
    id        TEXT NOT NULL UNIQUE,
    kind      TEXT NOT NULL CHECK (kind IN ('system', 'user', 'group', 'key')),
    disabled  BOOLEAN NOT NULL DEFAULT FALSE,
    behalf_of BIGINT REFERENCES principals (num)
);

CREATE TABLE group_members (
    group_num  BIGINT NOT NULL REFERENCES principals (num),
    member_num BIGINT NOT NULL REFERENCES principals (num),
    PRIMARY KEY (group_num, member_num)
);
CREATE INDEX group_members_member ON group_members (member_num);

-- workspace is the number of the workspace's node, 0 above workspaces.
CREATE TABLE nodes (
    num       INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace BIGINT NOT NULL,
    parent    BIGINT NOT NULL,
    class     TEXT NOT NULL,
    owner     BIGINT REFERENCES principals (num),
    sealed    BOOLEAN NOT NULL DEFAULT FALSE,
    UNIQUE (workspace, num)
);
CREATE INDEX nodes_parent ON nodes (parent);
CREATE INDEX nodes_class ON nodes (class, num);

CREATE TABLE node_links (
    workspace BIGINT NOT NULL,
    node      BIGINT NOT NULL,
    name      TEXT NOT NULL,
    target    BIGINT NOT NULL,
    PRIMARY KEY (workspace, node, name),
    FOREIGN KEY (workspace, node) REFERENCES nodes (workspace, num) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX node_links_target ON node_links (target);

CREATE TABLE roles (
    name        TEXT PRIMARY KEY,
    title       TEXT NOT NULL,
    permissions TEXT NOT NULL,
    everything  BOOLEAN NOT NULL DEFAULT FALSE
);

CREATE TABLE rules (
    num        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL,
    workspace  BIGINT NOT NULL,
    node       BIGINT NOT NULL,
    effect     TEXT NOT NULL CHECK (effect IN ('allow', 'deny')),
    principal  BIGINT NOT NULL REFERENCES principals (num),
    role       TEXT NOT NULL DEFAULT '',
    scope      TEXT NOT NULL DEFAULT '',
    permission TEXT NOT NULL DEFAULT '',
    class      TEXT NOT NULL DEFAULT '',
    propagate  BOOLEAN NOT NULL,
    expires    BIGINT,
    origin     TEXT NOT NULL DEFAULT '',
    created    BIGINT NOT NULL,
    FOREIGN KEY (workspace, node) REFERENCES nodes (workspace, num)
);
CREATE INDEX rules_node ON rules (node, principal);
CREATE INDEX rules_principal ON rules (principal);
CREATE INDEX rules_origin ON rules (origin) WHERE origin <> '';
CREATE INDEX rules_role ON rules (role) WHERE role <> '';

-- One row a workspace, and one (0) for all above: raised by every change that
-- a decision can depend on.
CREATE TABLE revisions (
    workspace BIGINT PRIMARY KEY,
    revision  BIGINT NOT NULL
);

INSERT INTO principals (num, id, kind) VALUES
    (1, '00000000-0000-7000-8000-000000000001', 'system'),
    (2, '00000000-0000-7000-8000-000000000002', 'system'),
    (3, '00000000-0000-7000-8000-000000000003', 'system'),
    (5, '00000000-0000-7000-8000-000000000005', 'group'),
    (6, '00000000-0000-7000-8000-000000000006', 'system');

INSERT INTO nodes (num, workspace, parent, class) VALUES (0, 0, 0, 'platform');
INSERT INTO revisions (workspace, revision) VALUES (0, 1);
INSERT INTO rules (id, workspace, node, effect, principal, role, propagate, origin, created) VALUES
    ('00000000-0000-7000-8000-000000000010', 0, 0, 'allow', 5, 'platform administrator', TRUE, 'builtin', 0);

-- How much: pools, shares of them, what is held for a while, the ledger.

CREATE TABLE pools (
    num            INTEGER PRIMARY KEY AUTOINCREMENT,
    id             TEXT NOT NULL UNIQUE,
    kind           TEXT NOT NULL,
    unit           TEXT NOT NULL CHECK (unit IN ('bytes', 'count', 'none')),
    type           TEXT NOT NULL,
    name           TEXT NOT NULL,
    name_fold      TEXT NOT NULL,
    technical_name TEXT,
    description    TEXT NOT NULL,
    labels         TEXT NOT NULL,
    urls           TEXT NOT NULL,
    open           BOOLEAN NOT NULL,
    capacity       BIGINT NOT NULL CHECK (capacity >= 0),
    used           BIGINT NOT NULL DEFAULT 0 CHECK (used >= 0),
    details        TEXT NOT NULL,
    created        BIGINT NOT NULL,
    updated        BIGINT NOT NULL,
    UNIQUE (kind, technical_name)
);

CREATE TABLE allocations (
    num        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    holder     TEXT NOT NULL,
    pool_id    TEXT NOT NULL REFERENCES pools (id),
    slot       TEXT NOT NULL,
    within_id  TEXT REFERENCES allocations (id),
    bound      BIGINT NOT NULL CHECK (bound >= 0),
    used       BIGINT NOT NULL DEFAULT 0 CHECK (used >= 0),
    held       BIGINT NOT NULL DEFAULT 0 CHECK (held >= 0),
    position   BIGINT NOT NULL,
    created    BIGINT NOT NULL,
    updated    BIGINT NOT NULL,
    UNIQUE (holder, pool_id, slot)
);
CREATE INDEX allocations_pool ON allocations (pool_id);
CREATE INDEX allocations_within ON allocations (within_id);

CREATE TABLE reservations (
    id            TEXT PRIMARY KEY,
    allocation_id TEXT NOT NULL REFERENCES allocations (id),
    amount        BIGINT NOT NULL CHECK (amount > 0),
    idempotency   TEXT NOT NULL UNIQUE,
    state         TEXT NOT NULL CHECK (state IN ('held', 'committed', 'cancelled', 'expired')),
    settled       BIGINT NOT NULL DEFAULT 0,
    reason_kind   TEXT NOT NULL,
    reason_ref    TEXT NOT NULL,
    expires       BIGINT NOT NULL,
    created       BIGINT NOT NULL,
    updated       BIGINT NOT NULL
);
CREATE INDEX reservations_held ON reservations (expires) WHERE state = 'held';
CREATE INDEX reservations_allocation ON reservations (allocation_id);

CREATE TABLE ledger (
    num            INTEGER PRIMARY KEY AUTOINCREMENT,
    allocation_id  TEXT NOT NULL,
    amount         BIGINT NOT NULL,
    reason_kind    TEXT NOT NULL,
    reason_ref     TEXT NOT NULL,
    reservation_id TEXT NOT NULL DEFAULT '',
    at             BIGINT NOT NULL
);
CREATE INDEX ledger_allocation ON ledger (allocation_id, num);
CREATE INDEX ledger_reason ON ledger (reason_kind, reason_ref);

-- Who and where.

CREATE TABLE organizations (
    id             TEXT PRIMARY KEY,
    num            BIGINT NOT NULL UNIQUE,
    name           TEXT NOT NULL,
    name_fold      TEXT NOT NULL UNIQUE,
    siren          TEXT NOT NULL,
    siret          TEXT NOT NULL,
    vat            TEXT NOT NULL,
    economic_model TEXT NOT NULL,
    uploads_quota  BIGINT NOT NULL CHECK (uploads_quota >= 0),
    created        BIGINT NOT NULL,
    updated        BIGINT NOT NULL
);

CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    num           BIGINT NOT NULL UNIQUE REFERENCES principals (num),
    username      TEXT NOT NULL,
    username_fold TEXT NOT NULL UNIQUE,
    email         TEXT NOT NULL,
    email_fold    TEXT NOT NULL UNIQUE,
    first_name    TEXT NOT NULL,
    last_name     TEXT NOT NULL,
    search_fold   TEXT NOT NULL,
    language      TEXT NOT NULL,
    technical     BOOLEAN NOT NULL,
    password_hash TEXT NOT NULL DEFAULT '',
    last_call     BIGINT,
    last_login    BIGINT,
    created       BIGINT NOT NULL,
    updated       BIGINT NOT NULL
);

-- Name, technical name and the like; the supervisor is the owner of the node,
-- a deactivated workspace has a sealed one.
CREATE TABLE workspaces (
    id              TEXT PRIMARY KEY,
    num             BIGINT NOT NULL UNIQUE,
    organization_id TEXT REFERENCES organizations (id),
    name            TEXT NOT NULL,
    name_fold       TEXT NOT NULL,
    technical_name  TEXT NOT NULL,
    technical_fold  TEXT NOT NULL UNIQUE,
    description     TEXT NOT NULL,
    contact         TEXT NOT NULL,
    public          BOOLEAN NOT NULL,
    audience        BIGINT NOT NULL UNIQUE REFERENCES principals (num),
    created         BIGINT NOT NULL,
    updated         BIGINT NOT NULL
);
CREATE INDEX workspaces_organization ON workspaces (organization_id);

CREATE TABLE datastores (
    workspace_id    TEXT PRIMARY KEY REFERENCES workspaces (id),
    id              TEXT NOT NULL UNIQUE,
    metadata_prefix TEXT NOT NULL,
    layer_prefix    TEXT NOT NULL,
    sharings        BOOLEAN NOT NULL,
    created         BIGINT NOT NULL,
    updated         BIGINT NOT NULL
);

CREATE TABLE groups (
    id           TEXT PRIMARY KEY,
    num          BIGINT NOT NULL UNIQUE REFERENCES principals (num),
    workspace_id TEXT NOT NULL DEFAULT '',
    name         TEXT NOT NULL,
    name_fold    TEXT NOT NULL,
    description  TEXT NOT NULL,
    created      BIGINT NOT NULL,
    updated      BIGINT NOT NULL,
    UNIQUE (workspace_id, name_fold)
);

CREATE TABLE members (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    principal    BIGINT NOT NULL REFERENCES principals (num),
    created      BIGINT NOT NULL,
    updated      BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, principal)
);
CREATE INDEX members_principal ON members (principal);

CREATE TABLE audit_events (
    num             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    at              BIGINT NOT NULL,
    principal       BIGINT NOT NULL,
    actor           TEXT NOT NULL,
    via             TEXT NOT NULL,
    address         TEXT NOT NULL,
    action          TEXT NOT NULL,
    workspace_id    TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    object_kind     TEXT NOT NULL,
    object_id       TEXT NOT NULL,
    object_name     TEXT NOT NULL,
    detail          TEXT NOT NULL
);
CREATE INDEX audit_events_workspace ON audit_events (workspace_id, num);
CREATE INDEX audit_events_organization ON audit_events (organization_id, num);
CREATE INDEX audit_events_object ON audit_events (object_kind, object_id, num);
CREATE INDEX audit_events_at ON audit_events (at);

-- Signing in: access tokens, by the SHA-256 of what the client holds.

CREATE TABLE tokens (
    hash    TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    client  TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX tokens_user ON tokens (user_id);
CREATE INDEX tokens_expires ON tokens (expires);

-- What is published, who may call it, and with which key.

CREATE TABLE offerings (
    workspace_id  TEXT NOT NULL REFERENCES workspaces (id),
    id            TEXT NOT NULL UNIQUE,
    num           BIGINT NOT NULL UNIQUE,
    allocation_id TEXT NOT NULL REFERENCES allocations (id),
    endpoint_id   TEXT NOT NULL REFERENCES pools (id),
    type          TEXT NOT NULL,
    layer_name    TEXT NOT NULL,
    status        TEXT NOT NULL,
    open          BOOLEAN NOT NULL,
    available     BOOLEAN NOT NULL,
    urls          TEXT NOT NULL,
    created       BIGINT NOT NULL,
    updated       BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (endpoint_id, layer_name)
);

CREATE TABLE permissions (
    workspace_id          TEXT NOT NULL REFERENCES workspaces (id),
    id                    TEXT NOT NULL UNIQUE,
    num                   INTEGER PRIMARY KEY AUTOINCREMENT,
    beneficiary_user      TEXT REFERENCES users (id),
    beneficiary_workspace TEXT REFERENCES workspaces (id),
    licence               TEXT NOT NULL,
    end_date              BIGINT,
    only_oauth            BOOLEAN NOT NULL,
    created               BIGINT NOT NULL,
    updated               BIGINT NOT NULL,
    UNIQUE (workspace_id, id),
    CHECK ((beneficiary_user IS NULL) <> (beneficiary_workspace IS NULL))
);
CREATE INDEX permissions_workspace ON permissions (workspace_id, num);
CREATE INDEX permissions_user ON permissions (beneficiary_user);
CREATE INDEX permissions_community ON permissions (beneficiary_workspace);

CREATE TABLE permission_offerings (
    permission_id TEXT NOT NULL REFERENCES permissions (id),
    offering_id   TEXT NOT NULL REFERENCES offerings (id),
    position      BIGINT NOT NULL,
    PRIMARY KEY (permission_id, offering_id)
);
CREATE INDEX permission_offerings_offering ON permission_offerings (offering_id);

CREATE TABLE keys (
    id          TEXT PRIMARY KEY,
    num         BIGINT NOT NULL UNIQUE REFERENCES principals (num),
    user_id     TEXT NOT NULL REFERENCES users (id),
    type        TEXT NOT NULL CHECK (type IN ('HASH', 'HEADER', 'BASIC', 'OAUTH2')),
    name        TEXT NOT NULL,
    name_fold   TEXT NOT NULL,
    credential  TEXT NOT NULL,
    lookup      TEXT UNIQUE,
    whitelist   TEXT NOT NULL,
    blacklist   TEXT NOT NULL,
    user_agent  TEXT NOT NULL,
    referer     TEXT NOT NULL,
    created     BIGINT NOT NULL,
    updated     BIGINT NOT NULL,
    UNIQUE (user_id, name_fold)
);
CREATE UNIQUE INDEX keys_oauth2 ON keys (user_id) WHERE type = 'OAUTH2';

CREATE TABLE accesses (
    id            TEXT NOT NULL UNIQUE,
    num           INTEGER PRIMARY KEY AUTOINCREMENT,
    key_id        TEXT NOT NULL REFERENCES keys (id),
    permission_id TEXT REFERENCES permissions (id),
    offering_id   TEXT NOT NULL REFERENCES offerings (id),
    created       BIGINT NOT NULL
);
CREATE UNIQUE INDEX accesses_once ON accesses (key_id, offering_id, COALESCE(permission_id, ''));
CREATE INDEX accesses_permission ON accesses (permission_id);
CREATE INDEX accesses_offering ON accesses (offering_id);

-- Calls and bytes a day, as hosts report them.
CREATE TABLE traffic (
    day           BIGINT NOT NULL,
    offering_id   TEXT NOT NULL,
    key_id        TEXT NOT NULL,
    permission_id TEXT NOT NULL,
    user_id       TEXT NOT NULL,
    workspace_id  TEXT NOT NULL,
    endpoint_id   TEXT NOT NULL,
    hits          BIGINT NOT NULL,
    bytes         BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, day, offering_id, key_id, permission_id)
);
CREATE INDEX traffic_user ON traffic (user_id, day);
CREATE INDEX traffic_key ON traffic (key_id, day);
CREATE INDEX traffic_permission ON traffic (permission_id, day);

INSERT INTO pools (id, kind, unit, type, name, name_fold, description, labels, urls, open, capacity, details, created, updated) VALUES
    ('00000000-0000-7000-8000-000000000020', 'keys', 'count', 'keys', 'keys', 'keys', 'Keys of users', '[]', '[]', FALSE, 9223372036854775807, '{}', 0, 0),
    ('00000000-0000-7000-8000-000000000021', 'documents', 'bytes', 'documents', 'documents', 'documents', 'Documents of users', '[]', '[]', FALSE, 9223372036854775807, '{}', 0, 0),
    ('00000000-0000-7000-8000-000000000022', 'uploads', 'bytes', 'uploads', 'uploads', 'uploads', 'Uploads of organizations', '[]', '[]', FALSE, 9223372036854775807, '{}', 0, 0);
