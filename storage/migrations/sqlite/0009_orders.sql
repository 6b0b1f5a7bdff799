-- What lists are put in order by. Texts compare byte by byte, folded, so that
-- every database orders them alike.

-- Last and first name, which the last line of what one searches in is.
ALTER TABLE users ADD COLUMN name_fold TEXT NOT NULL DEFAULT '';
UPDATE users SET name_fold = trim(substr(
    substr(search_fold, length(username_fold) + length(email_fold) + 3),
    instr(substr(search_fold, length(username_fold) + length(email_fold) + 3), char(10)) + 1
));
CREATE INDEX users_name ON users (name_fold, num);
CREATE INDEX workspaces_name ON workspaces (name_fold, num);

-- A member has what he is, and is called, beside his workspace: to find the place in a
-- hundred thousand others, both must be in one index.
ALTER TABLE members ADD COLUMN name_fold TEXT NOT NULL DEFAULT '';
ALTER TABLE members ADD COLUMN username_fold TEXT NOT NULL DEFAULT '';
ALTER TABLE members ADD COLUMN email_fold TEXT NOT NULL DEFAULT '';
ALTER TABLE members ADD COLUMN kind TEXT NOT NULL DEFAULT '';
UPDATE members SET
    kind = (SELECT p.kind FROM principals p WHERE p.num = members.principal),
    name_fold = COALESCE(
        (SELECT u.name_fold FROM users u WHERE u.num = members.principal),
        (SELECT g.name_fold FROM groups g WHERE g.num = members.principal), ''),
    username_fold = COALESCE((SELECT u.username_fold FROM users u WHERE u.num = members.principal), ''),
    email_fold = COALESCE((SELECT u.email_fold FROM users u WHERE u.num = members.principal), '');
CREATE INDEX members_name ON members (workspace_id, name_fold, principal);
CREATE INDEX members_username ON members (workspace_id, username_fold, principal);
CREATE INDEX members_email ON members (workspace_id, email_fold, principal);
CREATE INDEX members_created ON members (workspace_id, created, principal);
CREATE INDEX members_updated ON members (workspace_id, updated, principal);
CREATE INDEX members_kind ON members (workspace_id, kind, principal);
