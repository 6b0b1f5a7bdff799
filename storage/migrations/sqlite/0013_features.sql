-- Layers of features. The features of a layer are in a table of its own,
-- layer_<node>, which is made, altered and dropped with it: id, geom (WKB),
-- minx, miny, maxx, maxy, description, and for each field f<id>, and g<id>
-- where a text has another one for comparing regardless of case. The definition
-- is JSON: srs, geometry and fields. Numbers are never used again.
CREATE TABLE feature_layers (
    workspace_id TEXT    NOT NULL REFERENCES workspaces (id),
    node         BIGINT  NOT NULL REFERENCES nodes (num),
    definition   TEXT    NOT NULL,
    next_feature BIGINT  NOT NULL,
    next_field   BIGINT  NOT NULL,
    features     BIGINT  NOT NULL,
    PRIMARY KEY (workspace_id, node)
);
CREATE UNIQUE INDEX feature_layers_node ON feature_layers (node);
