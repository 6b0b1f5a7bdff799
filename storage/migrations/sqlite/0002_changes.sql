-- What each revision of a workspace, or of what is above workspaces (0), was
-- raised for: a node, a rule or a principal by number, a role by name, nothing,
-- or everything. Only what changed, not into what: that is read where it is.
CREATE TABLE changes (
    workspace BIGINT NOT NULL,
    revision  BIGINT NOT NULL,
    kind      TEXT NOT NULL,
    num       BIGINT NOT NULL,
    name      TEXT NOT NULL,
    PRIMARY KEY (workspace, revision, kind, num, name)
) WITHOUT ROWID;
