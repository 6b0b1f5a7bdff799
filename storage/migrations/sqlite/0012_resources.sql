-- The tree in workspaces. Class, owner and place of a resource are those of its
-- node; class and parent stand here too, since lists are found and put in order
-- by them.
CREATE TABLE resources (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    num          BIGINT NOT NULL UNIQUE REFERENCES nodes (num) ON DELETE CASCADE,
    id           TEXT NOT NULL UNIQUE,
    parent       BIGINT NOT NULL,
    class        TEXT NOT NULL,
    keyname      TEXT,
    display_name TEXT NOT NULL,
    name_fold    TEXT NOT NULL,
    description  TEXT NOT NULL,
    meta         TEXT NOT NULL,
    settings     TEXT NOT NULL,
    created      BIGINT NOT NULL,
    updated      BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, num),
    UNIQUE (parent, display_name),
    UNIQUE (workspace_id, keyname)
);
CREATE INDEX resources_parent ON resources (parent, num);
CREATE INDEX resources_name ON resources (parent, name_fold, num);
CREATE INDEX resources_class ON resources (parent, class, num);
CREATE INDEX resources_created ON resources (parent, created, num);
CREATE INDEX resources_updated ON resources (parent, updated, num);

-- What is in the meta of resources, to be searched in.
CREATE TABLE resource_meta (
    workspace_id TEXT NOT NULL,
    node         BIGINT NOT NULL,
    name         TEXT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('null', 'flag', 'integer', 'number', 'text')),
    value        TEXT NOT NULL,
    value_fold   TEXT NOT NULL,
    PRIMARY KEY (workspace_id, node, name),
    FOREIGN KEY (workspace_id, node) REFERENCES resources (workspace_id, num) ON DELETE CASCADE
);
CREATE INDEX resource_meta_name ON resource_meta (workspace_id, name, node);

-- What resources refer to, in their workspace.
CREATE TABLE resource_references (
    workspace_id TEXT NOT NULL,
    node         BIGINT NOT NULL,
    name         TEXT NOT NULL,
    target       BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, node, name, target),
    FOREIGN KEY (workspace_id, node) REFERENCES resources (workspace_id, num) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, target) REFERENCES resources (workspace_id, num) ON DELETE CASCADE
);
CREATE INDEX resource_references_target ON resource_references (target);

INSERT INTO pools (id, kind, unit, type, name, name_fold, description, labels, urls, open, capacity, details, created, updated) VALUES
    ('00000000-0000-7000-8000-000000000024', 'resources', 'count', 'resources', 'resources', 'resources', 'Resources of workspaces', '[]', '[]', FALSE, 9223372036854775807, '{}', 0, 0);

-- The platform can be read by whoever signed in, a workspace by whoever may read
-- it otherwise: what lies in both needs the reading of what it lies in.
INSERT INTO rules (id, workspace, node, effect, principal, scope, permission, class, propagate, origin, created) VALUES
    ('00000000-0000-7000-8000-000000000025', 0, 0, 'allow', 3, 'resource', 'read', 'platform', FALSE, 'builtin', 0),
    ('00000000-0000-7000-8000-000000000026', 0, 0, 'allow', 2, 'resource', 'read', 'workspace', TRUE, 'builtin', 0),
    ('00000000-0000-7000-8000-000000000027', 0, 0, 'allow', 2, 'metadata', 'read', 'workspace', TRUE, 'builtin', 0);
UPDATE revisions SET revision = revision + 1 WHERE workspace = 0;
INSERT INTO changes (workspace, revision, kind, num, name)
    SELECT workspace, revision, 'everything', 0, '' FROM revisions WHERE workspace = 0;
