-- Who leaves is asked what he owns.
CREATE INDEX nodes_owner ON nodes (owner) WHERE owner IS NOT NULL;
