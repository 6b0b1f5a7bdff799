-- What dRofus knows of owners and projects (spec/drofus.md §2.1), real databases
-- with their backups, letters that organizations write themselves, and who came
-- in with what.

ALTER TABLE organizations ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN billing_address TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN contact TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN image TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN network TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN tech_contact TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN databases_quota BIGINT NOT NULL DEFAULT 9223372036854775807 CHECK (databases_quota >= 0);

-- state says what is under way: a database that is being made or dropped is
-- nobody's yet, or any more. target is the name that one is to get. counted is
-- how much of size its organization's share was charged with.
CREATE TABLE databases (
    num             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name            TEXT NOT NULL UNIQUE,
    template        TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('making', 'ready', 'renaming', 'dropping')),
    target          TEXT UNIQUE,
    locked          BOOLEAN NOT NULL DEFAULT FALSE,
    size            BIGINT NOT NULL DEFAULT 0 CHECK (size >= 0),
    counted         BIGINT NOT NULL DEFAULT 0 CHECK (counted >= 0),
    measured        BIGINT,
    created_by      TEXT NOT NULL,
    created         BIGINT NOT NULL,
    updated         BIGINT NOT NULL
);
CREATE INDEX databases_organization ON databases (organization_id, num);

-- A backup that is being made has no file yet, or half of one. database_name is
-- what the database was called then.
CREATE TABLE backups (
    num           INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT NOT NULL UNIQUE,
    database_id   TEXT NOT NULL REFERENCES databases (id),
    name          TEXT NOT NULL UNIQUE,
    database_name TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('making', 'ready', 'dropping')),
    size          BIGINT NOT NULL DEFAULT 0 CHECK (size >= 0),
    digest        TEXT NOT NULL,
    created_by    TEXT NOT NULL,
    created       BIGINT NOT NULL
);
CREATE INDEX backups_database ON backups (database_id, num);

ALTER TABLE workspaces ADD COLUMN number TEXT NOT NULL DEFAULT '';
ALTER TABLE workspaces ADD COLUMN constructor TEXT NOT NULL DEFAULT '';
ALTER TABLE workspaces ADD COLUMN project_type BIGINT NOT NULL DEFAULT 0 CHECK (project_type >= 0);
ALTER TABLE workspaces ADD COLUMN gross_area TEXT NOT NULL DEFAULT '';
ALTER TABLE workspaces ADD COLUMN status TEXT NOT NULL DEFAULT '';
ALTER TABLE workspaces ADD COLUMN created_by TEXT NOT NULL DEFAULT '';
ALTER TABLE workspaces ADD COLUMN updated_by TEXT NOT NULL DEFAULT '';
ALTER TABLE workspaces ADD COLUMN database_id TEXT REFERENCES databases (id);
CREATE INDEX workspaces_database ON workspaces (database_id) WHERE database_id IS NOT NULL;

-- Letters that somebody chooses to send, in Liquid. Numbers below 11 are those of
-- the ones that everybody has. organization_id is null for those of the platform.
CREATE TABLE mail_notices (
    num             INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id TEXT REFERENCES organizations (id) ON DELETE CASCADE,
    name            TEXT NOT NULL,
    occasion        TEXT NOT NULL CHECK (occasion IN ('new_user', 'reminder')),
    subject         TEXT NOT NULL,
    body            TEXT NOT NULL,
    created         BIGINT NOT NULL,
    updated         BIGINT NOT NULL
);
CREATE INDEX mail_notices_organization ON mail_notices (organization_id, num);
INSERT INTO sqlite_sequence (name, seq) VALUES ('mail_notices', 10);

-- Who came into which workspace with what, by day: the number of days since
-- 1970-01-01 UTC. person is the identifier of the user, and another one once he
-- was deleted.
CREATE TABLE logins (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    day          BIGINT NOT NULL,
    client       TEXT NOT NULL,
    person       TEXT NOT NULL,
    count        BIGINT NOT NULL CHECK (count > 0),
    PRIMARY KEY (workspace_id, day, client, person)
);
CREATE INDEX logins_person ON logins (person);

INSERT INTO pools (id, kind, unit, type, name, name_fold, description, labels, urls, open, capacity, details, created, updated) VALUES
    ('00000000-0000-7000-8000-000000000028', 'databases', 'bytes', 'databases', 'databases', 'databases', 'Room for the real databases of projects', '[]', '[]', FALSE, 9223372036854775807, '{}', 0, 0);
