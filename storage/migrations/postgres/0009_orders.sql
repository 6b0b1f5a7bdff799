-- What lists are put in order by. Texts compare byte by byte, folded, so that
-- every database orders them alike.

ALTER TABLE organizations ALTER COLUMN name_fold TYPE TEXT COLLATE "C";
ALTER TABLE users ALTER COLUMN username_fold TYPE TEXT COLLATE "C", ALTER COLUMN email_fold TYPE TEXT COLLATE "C";
ALTER TABLE workspaces ALTER COLUMN name_fold TYPE TEXT COLLATE "C", ALTER COLUMN technical_fold TYPE TEXT COLLATE "C";
ALTER TABLE groups ALTER COLUMN name_fold TYPE TEXT COLLATE "C";
ALTER TABLE pools ALTER COLUMN name_fold TYPE TEXT COLLATE "C";

-- Last and first name, which the last line of what one searches in is.
ALTER TABLE users ADD COLUMN name_fold TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE users SET name_fold = trim(split_part(search_fold, chr(10), 4));
CREATE INDEX users_name ON users (name_fold, num);
CREATE INDEX workspaces_name ON workspaces (name_fold, num);

-- A member has what he is, and is called, beside his workspace: to find the place in a
-- hundred thousand others, both must be in one index.
ALTER TABLE members
    ADD COLUMN name_fold TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN username_fold TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN email_fold TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN kind TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE members SET kind = p.kind FROM principals p WHERE p.num = members.principal;
UPDATE members SET name_fold = u.name_fold, username_fold = u.username_fold, email_fold = u.email_fold
    FROM users u WHERE u.num = members.principal;
UPDATE members SET name_fold = g.name_fold FROM groups g WHERE g.num = members.principal;
CREATE INDEX members_name ON members (workspace_id, name_fold, principal);
CREATE INDEX members_username ON members (workspace_id, username_fold, principal);
CREATE INDEX members_email ON members (workspace_id, email_fold, principal);
CREATE INDEX members_created ON members (workspace_id, created, principal);
CREATE INDEX members_updated ON members (workspace_id, updated, principal);
CREATE INDEX members_kind ON members (workspace_id, kind, principal);
