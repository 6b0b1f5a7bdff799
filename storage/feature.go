package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Features is the [feature.Store] of a database.
type Features struct {
	db *DB
	// What is narrow and what comes soon, see [narrow].
	narrow, soon int
}

// Features returns the store of layers and their features.
func (db *DB) Features() *Features { return &Features{db: db, narrow: narrow, soon: soon} }

// Tx runs fn in a unit of work, see [DB.Tx].
func (f *Features) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	return f.db.Tx(ctx, fn)
}

// layerDefinition is what a layer is, as it is kept.
type layerDefinition struct {
	SRS      int               `json:"srs"`
	Geometry string            `json:"geometry"`
	Fields   []fieldDefinition `json:"fields"`
}

type fieldDefinition struct {
	ID       int64             `json:"id"`
	Keyname  string            `json:"keyname"`
	Name     string            `json:"name"`
	Type     feature.FieldType `json:"type"`
	Label    bool              `json:"label,omitempty"`
	Grid     bool              `json:"grid,omitempty"`
	Search   bool              `json:"search,omitempty"`
	Required bool              `json:"required,omitempty"`
	Lookup   rbac.Node         `json:"lookup,omitempty"`
	// Indexed says that there is an index on the column, which only so many have.
	Indexed bool `json:"indexed,omitempty"`
}

// indexedFields is how many fields of a layer have an index.
const indexedFields = 16

func definitionOf(l feature.Layer) layerDefinition {
	d := layerDefinition{SRS: l.SRS, Geometry: l.Geometry, Fields: make([]fieldDefinition, 0, len(l.Fields))}
	for _, f := range l.Fields {
		d.Fields = append(d.Fields, fieldDefinition{
			ID: f.ID, Keyname: f.Keyname, Name: f.DisplayName, Type: f.Type, Label: f.Label, Grid: f.Grid, Search: f.Search,
			Required: f.Required, Lookup: f.Lookup,
		})
	}
	return d
}

func (d layerDefinition) layer(n rbac.Node) feature.Layer {
	l := feature.Layer{Node: n, SRS: d.SRS, Geometry: d.Geometry, Fields: make([]feature.Field, 0, len(d.Fields))}
	for _, f := range d.Fields {
		l.Fields = append(l.Fields, feature.Field{
			ID: f.ID, Keyname: f.Keyname, DisplayName: f.Name, Type: f.Type, Label: f.Label, Grid: f.Grid, Search: f.Search,
			Required: f.Required, Lookup: f.Lookup,
		})
	}
	return l
}

func (d layerDefinition) field(id int64) (fieldDefinition, bool) {
	i := slices.IndexFunc(d.Fields, func(f fieldDefinition) bool { return f.ID == id })
	if i < 0 {
		return fieldDefinition{}, false
	}
	return d.Fields[i], true
}

type featureLayerRow struct {
	bun.BaseModel `bun:"table:feature_layers,alias:l"`

	Workspace   workspace.ID `bun:"workspace_id,pk"`
	Node        rbac.Node    `bun:"node,pk"`
	Definition  string       `bun:"definition"`
	NextFeature int64        `bun:"next_feature"`
	NextField   int64        `bun:"next_field"`
	Features    int64        `bun:"features"`

	Organization workspace.OrganizationID `bun:"organization,scanonly"`
}

// Layer returns a layer.
func (f *Features) Layer(ctx context.Context, n rbac.Node) (feature.Stored, error) {
	s, err := f.db.reading(ctx)
	if err != nil {
		return feature.Stored{}, err
	}
	row, d, err := f.layer(ctx, s, n, false)
	return row.stored(d), err
}

// Lock returns a layer, and keeps everybody else from changing it until the unit
// of work ends.
func (f *Features) Lock(ctx context.Context, n rbac.Node) (feature.Stored, error) {
	s, err := f.db.writing(ctx)
	if err != nil {
		return feature.Stored{}, err
	}
	row, d, err := f.layer(ctx, s, n, true)
	return row.stored(d), err
}

func (r featureLayerRow) stored(d layerDefinition) feature.Stored {
	return feature.Stored{
		Layer: d.layer(r.Node), Workspace: r.Workspace, Organization: r.Organization,
		Features: r.Features, Last: r.NextFeature - 1,
	}
}

func (f *Features) layer(ctx context.Context, s session, n rbac.Node, lock bool) (featureLayerRow, layerDefinition, error) {
	var row featureLayerRow
	var d layerDefinition
	if lock && f.db.postgres() {
		if _, err := s.raw("SELECT node FROM feature_layers WHERE node = ? FOR UPDATE", n).Exec(ctx); err != nil {
			return row, d, fmt.Errorf("storage: lock layer %d: %w", n, err)
		}
	}
	err := s.selects().Model(&row).ColumnExpr("l.*, w.organization_id AS organization").
		Join("JOIN workspaces AS w ON w.id = l.workspace_id").Where("l.node = ?", n).Scan(ctx)
	if none(err) {
		return row, d, fmt.Errorf("%w: %d", feature.ErrNoLayer, n)
	}
	if err != nil {
		return row, d, fmt.Errorf("storage: layer %d: %w", n, err)
	}
	return row, d, decode(row.Definition, &d)
}

// A featureTable writes statements about the table of a layer, whose name and
// whose columns' names are made of numbers.
type featureTable struct {
	session

	postgres bool
	node     rbac.Node
}

func (f *Features) table(s session, n rbac.Node) featureTable {
	return featureTable{session: s, postgres: f.db.postgres(), node: n}
}

func (t featureTable) name() string          { return "layer_" + strconv.FormatInt(int64(t.node), 10) }
func column(id int64) string                 { return "f" + strconv.FormatInt(id, 10) }
func foldedColumn(id int64) string           { return "g" + strconv.FormatInt(id, 10) }
func (t featureTable) index(id int64) string { return t.name() + "_" + column(id) }

// run runs a statement and returns what came of it.
func (t featureTable) run(ctx context.Context, query string) (sql.Result, error) {
	res, err := t.conn.ExecContext(ctx, query)
	if err != nil {
		if t.unit != nil {
			t.unit.fail(err)
		}
		if tooLarge(err) {
			return nil, fmt.Errorf("%w: a feature of layer %d: %w", feature.ErrTooLarge, t.node, err)
		}
		return nil, fmt.Errorf("storage: layer %d: %w", t.node, err)
	}
	return res, nil
}

func (t featureTable) do(ctx context.Context, statements ...string) error {
	for _, query := range statements {
		if _, err := t.run(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// typeOf returns what the column of a field is.
func (t featureTable) typeOf(ft feature.FieldType) string {
	switch {
	case ft == feature.Integer:
		return "INTEGER"
	case ft == feature.Real && t.postgres:
		return "DOUBLE PRECISION"
	case ft == feature.Real:
		return "REAL"
	case ft == feature.Boolean && t.postgres:
		return "BOOLEAN"
	case ft == feature.Boolean:
		return "INTEGER"
	case (ft == feature.String || ft == feature.JSON) && t.postgres:
		return `TEXT COLLATE "C"`
	case ft == feature.String || ft == feature.JSON:
		return "TEXT"
	default: // and moments are numbers
		return "BIGINT"
	}
}

// prefix is how much of a text PostgreSQL's index keeps, which refuses rows
// that are too long.
const prefix = 200

// createIndex makes an index that gives the order by the field, and then by id.
func (t featureTable) createIndex(f fieldDefinition) string {
	key := column(f.ID)
	if t.postgres && f.Type == feature.String {
		key = fmt.Sprintf("(left(%s, %d))", key, prefix)
	}
	if t.postgres {
		return fmt.Sprintf("CREATE INDEX %s ON %s (%s NULLS FIRST, id)", t.index(f.ID), t.name(), key)
	}
	return fmt.Sprintf("CREATE INDEX %s ON %s (%s)", t.index(f.ID), t.name(), key) // which ends with the id
}

// columns are what a table has for a field.
func (t featureTable) columns(f fieldDefinition) []string {
	list := []string{column(f.ID) + " " + t.typeOf(f.Type)}
	if f.Type == feature.String {
		list = append(list, foldedColumn(f.ID)+" TEXT")
	}
	return list
}

// addColumn returns the statements that make room for a field.
func (t featureTable) addColumn(f *fieldDefinition, indexed *int) []string {
	var statements []string
	for _, made := range t.columns(*f) {
		statements = append(statements, fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s", t.name(), made))
	}
	return append(statements, t.addIndex(f, indexed)...)
}

func (t featureTable) addIndex(f *fieldDefinition, indexed *int) []string {
	f.Indexed = f.Type != feature.JSON && *indexed < indexedFields
	if !f.Indexed {
		return nil
	}
	*indexed++
	return []string{t.createIndex(*f)}
}

// Make makes room for the features of a layer.
func (f *Features) Make(ctx context.Context, in workspace.ID, l feature.Layer) (feature.Layer, error) {
	s, err := f.db.writing(ctx)
	if err != nil {
		return feature.Layer{}, err
	}
	t, d := f.table(s, l.Node), definitionOf(l)
	var made, indexes []string
	indexed := 0
	for i := range d.Fields {
		d.Fields[i].ID = int64(i + 1)
		made = append(made, t.columns(d.Fields[i])...)
		indexes = append(indexes, t.addIndex(&d.Fields[i], &indexed)...)
	}
	statements := append(t.create(d.Geometry != feature.NoGeometry, made), indexes...)
	row := featureLayerRow{Workspace: in, Node: l.Node, NextFeature: 1, NextField: int64(len(d.Fields) + 1)}
	if row.Definition, err = encode(d); err != nil {
		return feature.Layer{}, err
	}
	if _, err := s.inserts().Model(&row).Exec(ctx); err != nil {
		return feature.Layer{}, fmt.Errorf("storage: make layer %d: %w", l.Node, err)
	}
	return d.layer(l.Node), t.do(ctx, statements...)
}

// create returns the statements that make an empty table with columns for
// fields.
func (t featureTable) create(located bool, fields []string) []string {
	name, more := t.name(), strings.Join(append([]string{""}, fields...), ", ")
	if t.postgres {
		list := []string{fmt.Sprintf(`CREATE TABLE %s (id BIGINT PRIMARY KEY, minx DOUBLE PRECISION, miny DOUBLE PRECISION,
			maxx DOUBLE PRECISION, maxy DOUBLE PRECISION, description TEXT, geom BYTEA%s)`, name, more)}
		if located {
			list = append(list, fmt.Sprintf("CREATE INDEX %s_box ON %s USING gist (%s)", name, name, postgresBox("")))
		}
		return list
	}
	list := []string{fmt.Sprintf(`CREATE TABLE %s (id INTEGER PRIMARY KEY, minx REAL, miny REAL, maxx REAL, maxy REAL,
		description TEXT, geom BLOB%s)`, name, more)}
	if located {
		list = append(list, fmt.Sprintf("CREATE VIRTUAL TABLE %s_box USING rtree (id, minx, maxx, miny, maxy)", name))
	}
	return list
}

// postgresBox is the expression that PostgreSQL's index is on.
func postgresBox(alias string) string {
	return strings.ReplaceAll("box(point(@minx, @miny), point(@maxx, @maxy))", "@", alias)
}

// Drop deletes layers with their features.
func (f *Features) Drop(ctx context.Context, in workspace.ID, nodes []rbac.Node) error {
	s, err := f.db.writing(ctx)
	if err != nil {
		return err
	}
	for _, n := range nodes {
		row, d, err := f.layer(ctx, s, n, true)
		switch {
		case errors.Is(err, feature.ErrNoLayer) || (err == nil && row.Workspace != in):
			continue
		case err != nil:
			return err
		}
		if _, err := s.raw("DELETE FROM feature_layers WHERE workspace_id = ? AND node = ?", in, n).Exec(ctx); err != nil {
			return fmt.Errorf("storage: drop layer %d: %w", n, err)
		}
		t := f.table(s, n)
		statements := []string{"DROP TABLE " + t.name()}
		if !t.postgres && d.Geometry != feature.NoGeometry {
			statements = append(statements, "DROP TABLE "+t.name()+"_box")
		}
		if err := t.do(ctx, statements...); err != nil {
			return err
		}
	}
	return nil
}

// Volume returns how many bytes the geometries and texts of layers are.
func (f *Features) Volume(ctx context.Context, in workspace.ID, nodes []rbac.Node) (int64, error) {
	s, err := f.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	var all int64
	for _, n := range nodes {
		row, d, err := f.layer(ctx, s, n, false)
		switch {
		case errors.Is(err, feature.ErrNoLayer) || (err == nil && row.Workspace != in):
			continue
		case err != nil:
			return 0, err
		}
		size := func(column string) string {
			if f.db.postgres() {
				return "COALESCE(octet_length(" + column + "), 0)"
			}
			return "COALESCE(length(CAST(" + column + " AS BLOB)), 0)"
		}
		sum := []string{size("geom"), size("description")}
		for _, field := range d.Fields {
			if field.Type == feature.String || field.Type == feature.JSON {
				sum = append(sum, size(column(field.ID)))
			}
		}
		t := f.table(s, n)
		query := fmt.Sprintf("SELECT CAST(COALESCE(SUM(%s), 0) AS BIGINT) FROM %s", strings.Join(sum, " + "), t.name())
		if err := t.each(ctx, query, 1, func(r *record) { all += r.num(0) }); err != nil {
			return 0, fmt.Errorf("storage: volume of layer %d: %w", n, err)
		}
	}
	return all, nil
}
