-- The outbox: what is to be sent, written with what it tells of. What a letter
-- says is sealed, and gone once it was sent or given up. due is when a waiting
-- letter is tried, and until when whoever is sending one has it.
CREATE TABLE letters (
    num             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    kind            TEXT NOT NULL,
    language        TEXT NOT NULL,
    recipient       TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed')),
    sealed          TEXT NOT NULL,
    attempts        BIGINT NOT NULL,
    reason          TEXT NOT NULL,
    created         BIGINT NOT NULL,
    due             BIGINT NOT NULL,
    ended           BIGINT NOT NULL
);
CREATE INDEX letters_due ON letters (due) WHERE state IN ('waiting', 'sending');
CREATE INDEX letters_ended ON letters (ended) WHERE state IN ('sent', 'failed');
CREATE INDEX letters_organization ON letters (organization_id, num);

-- How mails read that an organization wants to read otherwise.
CREATE TABLE mail_templates (
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    kind            TEXT NOT NULL,
    language        TEXT NOT NULL,
    subject         TEXT NOT NULL,
    plain           TEXT NOT NULL,
    html            TEXT NOT NULL,
    updated         BIGINT NOT NULL,
    PRIMARY KEY (organization_id, kind, language)
);
