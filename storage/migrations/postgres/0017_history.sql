-- How the use of an allocation went is added up from its lines of some time, and
-- the index has all that takes.

CREATE INDEX ledger_time ON ledger (allocation_id, at, amount);
