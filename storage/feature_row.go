package storage

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

// A statement that adds features has that many rows, and ends at that many bytes.
const (
	rowsAtOnce  = 500
	bytesAtOnce = 1 << 20
)

// literal adds a value.
func (t featureTable) literal(b []byte, value any) []byte {
	switch v := value.(type) {
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return strconv.AppendFloat(b, v, 'g', -1, 64)
	case bool:
		return strconv.AppendBool(b, v)
	case string:
		return t.quote(b, v)
	case *string:
		if v != nil {
			return t.quote(b, *v)
		}
	case []byte:
		if v == nil {
			break
		}
		if t.postgres {
			return append(hex.AppendEncode(append(b, `'\x`...), v), `'::bytea`...)
		}
		return append(hex.AppendEncode(append(b, "X'"...), v), '\'')
	}
	return append(b, "NULL"...)
}

// cells adds the values that a change sets, each after what name adds for its
// column.
func (t featureTable) cells(b []byte, l feature.Layer, c feature.Change, all bool, name func(b []byte, column string) []byte) []byte {
	cell := func(column string, value any) { b = t.literal(name(b, column), value) }
	for _, f := range l.Fields {
		value, ok := c.Values[f.ID]
		if !ok && !all {
			continue
		}
		cell(column(f.ID), value)
		if f.Type != feature.String {
			continue
		}
		var other any // where a text is as it is compared, it is kept once
		if text, ok := value.(string); ok {
			if folded := fold(text); folded != text {
				other = folded
			}
		}
		cell(foldedColumn(f.ID), other)
	}
	if c.SetDescription || all {
		cell("description", c.Description)
	}
	if c.SetGeometry || all {
		var minX, minY, maxX, maxY any
		if c.Box != nil {
			minX, minY, maxX, maxY = c.Box.MinX, c.Box.MinY, c.Box.MaxX, c.Box.MaxY
		}
		cell("minx", minX)
		cell("miny", minY)
		cell("maxx", maxX)
		cell("maxy", maxY)
		cell("geom", c.Geometry)
	}
	return b
}

// columns are those of a new feature, in the order of cells.
func columns(l feature.Layer) []string {
	list := []string{"id"}
	for _, f := range l.Fields {
		list = append(list, column(f.ID))
		if f.Type == feature.String {
			list = append(list, foldedColumn(f.ID))
		}
	}
	return append(list, "description", "minx", "miny", "maxx", "maxy", "geom")
}

// Add stores new features.
func (f *Features) Add(ctx context.Context, l feature.Stored, list []feature.Change) (int64, error) {
	s, err := f.db.writing(ctx)
	if err != nil {
		return 0, err
	}
	t := f.table(s, l.Node)
	var next int64
	err = t.each(ctx, fmt.Sprintf(`UPDATE feature_layers SET next_feature = next_feature + %d, features = features + %d
		WHERE node = %d RETURNING next_feature`, len(list), len(list), l.Node), 1, func(r *record) { next = r.num(0) })
	if err != nil {
		return 0, fmt.Errorf("storage: add to layer %d: %w", l.Node, err)
	}
	if next == 0 {
		return 0, fmt.Errorf("%w: %d", feature.ErrNoLayer, l.Node)
	}
	first := next - int64(len(list))
	head := []byte("INSERT INTO " + t.name() + " (" + strings.Join(columns(l.Layer), ", ") + ") VALUES ")
	comma := func(b []byte, _ string) []byte { return append(b, ", "...) }
	for done := 0; done < len(list); {
		query, rows := bytes.Clone(head), 0
		for ; done < len(list) && rows < rowsAtOnce && len(query) < bytesAtOnce; rows++ {
			if rows > 0 {
				query = append(query, ", "...)
			}
			query = strconv.AppendInt(append(query, '('), first+int64(done), 10)
			query = append(t.cells(query, l.Layer, list[done], true, comma), ')')
			done++
		}
		if err := t.do(ctx, string(query)); err != nil {
			return 0, err
		}
	}
	return first, t.locate(ctx, l.Layer, fmt.Sprintf("id BETWEEN %d AND %d", first, next-1))
}

// locate puts the boxes of features into SQLite's index of them.
func (t featureTable) locate(ctx context.Context, l feature.Layer, which string) error {
	if t.postgres || l.Geometry == feature.NoGeometry {
		return nil
	}
	return t.do(ctx, fmt.Sprintf(`INSERT INTO %s_box (id, minx, maxx, miny, maxy) SELECT id, minx, maxx, miny, maxy
		FROM %s WHERE minx IS NOT NULL AND %s`, t.name(), t.name(), which))
}

// Change changes a feature.
func (f *Features) Change(ctx context.Context, l feature.Stored, c feature.Change) error {
	s, err := f.db.writing(ctx)
	if err != nil {
		return err
	}
	t := f.table(s, l.Node)
	which := "id = " + strconv.FormatInt(c.ID, 10)
	query := t.cells([]byte("UPDATE "+t.name()+" SET id = id"), l.Layer, c, false, func(b []byte, column string) []byte {
		return append(append(append(b, ", "...), column...), " = "...)
	})
	res, err := t.run(ctx, string(query)+" WHERE "+which)
	if err != nil {
		return err
	}
	ok, err := changed(res)
	if err == nil && !ok {
		err = fmt.Errorf("%w: %d", feature.ErrNotFound, c.ID)
	}
	if err != nil || !c.SetGeometry || t.postgres || l.Geometry == feature.NoGeometry {
		return err
	}
	if err := t.do(ctx, "DELETE FROM "+t.name()+"_box WHERE "+which); err != nil {
		return err
	}
	return t.locate(ctx, l.Layer, which)
}

// Remove deletes features.
func (f *Features) Remove(ctx context.Context, l feature.Stored, ids []int64) (int64, error) {
	s, err := f.db.writing(ctx)
	if err != nil {
		return 0, err
	}
	t := f.table(s, l.Node)
	parts := []string{""}
	if ids != nil {
		parts = parts[:0]
		for part := range slices.Chunk(slices.Sorted(maps.Keys(set(ids))), rowsAtOnce) {
			parts = append(parts, " WHERE id IN ("+string(appendNums(nil, part))+")")
		}
	}
	var all int64
	for _, part := range parts {
		res, err := t.run(ctx, "DELETE FROM "+t.name()+part)
		if err != nil {
			return 0, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return 0, fmt.Errorf("storage: rows affected: %w", err)
		}
		all += n
		if !t.postgres && l.Geometry != feature.NoGeometry {
			if err := t.do(ctx, "DELETE FROM "+t.name()+"_box"+part); err != nil {
				return 0, err
			}
		}
	}
	return all, t.do(ctx, fmt.Sprintf("UPDATE feature_layers SET features = features - %d WHERE node = %d", all, l.Node))
}

func set(ids []int64) map[int64]bool {
	m := make(map[int64]bool, len(ids))
	for _, id := range ids {
		m[id] = true
	}
	return m
}
