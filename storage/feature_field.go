package storage

import (
	"context"
	"fmt"

	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

// Alter stores other fields of a layer.
func (f *Features) Alter(ctx context.Context, l feature.Layer) (feature.Layer, error) {
	s, err := f.db.writing(ctx)
	if err != nil {
		return feature.Layer{}, err
	}
	row, before, err := f.layer(ctx, s, l.Node, true)
	if err != nil {
		return feature.Layer{}, err
	}
	t, after := f.table(s, l.Node), definitionOf(l)
	var statements []string
	kept := map[int64]bool{}
	for _, field := range after.Fields {
		kept[field.ID] = true
	}
	indexed := 0
	for _, old := range before.Fields {
		if !kept[old.ID] {
			statements = append(statements, t.dropColumn(old)...)
		} else if old.Indexed {
			indexed++
		}
	}
	for i := range after.Fields {
		field := &after.Fields[i]
		if field.ID == 0 {
			field.ID = row.NextField
			row.NextField++
			statements = append(statements, t.addColumn(field, &indexed)...)
			continue
		}
		old, ok := before.field(field.ID)
		switch {
		case !ok:
			return feature.Layer{}, fmt.Errorf("storage: layer %d has no field %d", l.Node, field.ID)
		case old.Type == field.Type:
			field.Indexed = old.Indexed
		default:
			if old.Indexed {
				indexed--
			}
			statements = append(statements, t.retype(old, field, &indexed)...)
		}
	}
	// The geometry and its SRS are what they were made as.
	after.SRS, after.Geometry = before.SRS, before.Geometry
	if row.Definition, err = encode(after); err != nil {
		return feature.Layer{}, err
	}
	if _, err := s.updates().Model(&row).Column("definition", "next_field").WherePK().Exec(ctx); err != nil {
		return feature.Layer{}, fmt.Errorf("storage: alter layer %d: %w", l.Node, err)
	}
	return after.layer(l.Node), t.do(ctx, statements...)
}

// dropColumn returns the statements that delete a field with its values.
func (t featureTable) dropColumn(f fieldDefinition) []string {
	var statements []string
	if f.Indexed {
		statements = append(statements, "DROP INDEX "+t.index(f.ID))
	}
	statements = append(statements, fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s", t.name(), column(f.ID)))
	if f.Type == feature.String {
		statements = append(statements, fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s", t.name(), foldedColumn(f.ID)))
	}
	return statements
}

// retype returns the statements that make the column of a field one of another
// type, by way of a column beside it: SQLite changes none.
func (t featureTable) retype(old fieldDefinition, f *fieldDefinition, indexed *int) []string {
	var statements []string
	name, was := t.name(), column(old.ID)
	old2 := "w" + was
	if old.Indexed {
		statements = append(statements, "DROP INDEX "+t.index(old.ID))
	}
	if old.Type == feature.String {
		statements = append(statements, fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s", name, foldedColumn(old.ID)))
	}
	statements = append(statements, fmt.Sprintf("ALTER TABLE %s RENAME COLUMN %s TO %s", name, was, old2))
	made := t.addColumn(f, indexed)
	statements = append(statements, made[0])
	if convert := t.converted(old.Type, f.Type, old2); convert != "" {
		statements = append(statements, fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s IS NOT NULL", name, was, convert, old2))
	}
	statements = append(statements, fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s", name, old2))
	return append(statements, made[1:]...)
}

// converted returns what a value of one type is in another, empty for nothing.
func (t featureTable) converted(from, to feature.FieldType, value string) string {
	whole := from == feature.Integer || from == feature.BigInt
	switch {
	case from == feature.Boolean && (to == feature.Integer || to == feature.BigInt || to == feature.Real):
		return "CASE WHEN " + value + " THEN 1 ELSE 0 END"
	case whole && (to == feature.Integer || to == feature.BigInt || to == feature.Real):
		return "CAST(" + value + " AS " + t.typeOf(to) + ")"
	case whole && to == feature.String:
		return "CAST(" + value + " AS TEXT)"
	case from == feature.Date && to == feature.DateTime:
		return value + " * 86400000000"
	}
	return ""
}
