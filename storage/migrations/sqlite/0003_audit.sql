-- The trail as chains, one a workspace and one ('') for the platform: what was
-- there before has no place in any, seq 0, and is counted in the heads.
ALTER TABLE audit_events ADD COLUMN credential TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_events ADD COLUMN behalf TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_events ADD COLUMN behalf_principal BIGINT NOT NULL DEFAULT 0;
ALTER TABLE audit_events ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_events ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_events ADD COLUMN before TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_events ADD COLUMN search_fold TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_events ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE audit_events ADD COLUMN hash TEXT NOT NULL DEFAULT '';
UPDATE audit_events SET search_fold = lower(actor) || '

' || lower(object_name);
CREATE UNIQUE INDEX audit_events_chain ON audit_events (workspace_id, seq) WHERE seq <> 0;
CREATE INDEX audit_events_principal ON audit_events (principal, num);
CREATE INDEX audit_events_behalf ON audit_events (behalf_principal, num) WHERE behalf_principal <> 0;

CREATE TABLE audit_heads (
    workspace_id TEXT PRIMARY KEY,
    seq          BIGINT NOT NULL,
    hash         TEXT NOT NULL,
    unchained    BIGINT NOT NULL DEFAULT 0
);
INSERT INTO audit_heads (workspace_id, seq, hash, unchained)
    SELECT workspace_id, 0, '', COUNT(*) FROM audit_events GROUP BY workspace_id;

-- What stands for the events that were forgotten.
CREATE TABLE audit_checkpoints (
    workspace_id TEXT NOT NULL,
    seq          BIGINT NOT NULL,
    hash         TEXT NOT NULL,
    removed      BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    signature    TEXT NOT NULL,
    PRIMARY KEY (workspace_id, seq)
);
