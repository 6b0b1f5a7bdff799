-- What was asked for with a key of the caller's own and done, so that asking
-- again is answered alike. A principal may go before his keys are forgotten.
CREATE TABLE idempotency (
    principal BIGINT NOT NULL,
    key       TEXT NOT NULL,
    digest    TEXT NOT NULL,
    made      TEXT NOT NULL,
    answer    TEXT NOT NULL,
    sealed    BOOLEAN NOT NULL,
    created   BIGINT NOT NULL,
    expires   BIGINT NOT NULL,
    PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_expires ON idempotency (expires);
