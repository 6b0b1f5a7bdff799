package storage

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

// A featureReader reads the features that a choice chooses.
type featureReader struct {
	featureTable

	narrow, soon int

	stored feature.Stored
	choice feature.Choice
	// filtered says that there is anything to choose by, and boxed that the index
	// of boxes is to be asked first.
	filtered, boxed bool
}

func (f *Features) reader(ctx context.Context, l feature.Stored, c feature.Choice) (*featureReader, error) {
	s, err := f.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	r := &featureReader{featureTable: f.table(s, l.Node), narrow: f.narrow, soon: f.soon, stored: l, choice: c}
	r.filtered = c.IDs != nil || c.Where != nil || c.Box != nil
	return r, nil
}

// box finds out whether the index of boxes is to be asked first. That takes
// PostgreSQL a while where it is not.
func (r *featureReader) box(ctx context.Context) error {
	if r.choice.Box == nil || r.stored.Geometry == feature.NoGeometry {
		return nil
	}
	n, err := r.atMost(ctx, r.boxes(), r.narrow)
	r.boxed = n < r.narrow
	return err
}

// atMost counts the rows of a source, as far as that.
func (r *featureReader) atMost(ctx context.Context, from string, most int) (n int, err error) {
	query := fmt.Sprintf("SELECT COUNT(*) FROM (SELECT 1 FROM %s LIMIT %d) AS few", from, most)
	err = r.each(ctx, query, 1, func(row *record) { n = int(row.num(0)) })
	if err != nil {
		err = fmt.Errorf("storage: features of layer %d: %w", r.node, err)
	}
	return n, err
}

// boxes is the source of what the index of boxes says.
func (r *featureReader) boxes() string {
	b := r.choice.Box
	num := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	if r.postgres {
		return r.name() + " AS t WHERE " + r.overlap()
	}
	return fmt.Sprintf("%s_box AS b WHERE b.minx <= %s AND b.maxx >= %s AND b.miny <= %s AND b.maxy >= %s",
		r.name(), num(b.MaxX), num(b.MinX), num(b.MaxY), num(b.MinY))
}

func (r *featureReader) overlap() string {
	b := r.choice.Box
	num := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	return fmt.Sprintf("%s && box(point(%s, %s), point(%s, %s))", postgresBox("t."), num(b.MinX), num(b.MinY), num(b.MaxX), num(b.MaxY))
}

// from returns the source and the conditions of the choice.
func (r *featureReader) from() string {
	f := &featureFilter{featureTable: r.featureTable, layer: r.stored.Layer}
	switch {
	case r.boxed && r.postgres:
		f.add(r.name(), " AS t WHERE ", r.overlap(), " AND ")
	case r.boxed:
		source, where, _ := strings.Cut(r.boxes(), " WHERE ")
		f.unindexed = true // the boxes come first
		f.add(source, " CROSS JOIN ", r.name(), " AS t ON t.id = b.id WHERE ", where, " AND ")
	default:
		f.add(r.name(), " AS t WHERE ")
	}
	f.choice(r.choice)
	return string(f.b)
}

// ids returns the numbers that a query finds.
func (r *featureReader) ids(ctx context.Context, query string) ([]int64, error) {
	list := []int64{}
	err := r.each(ctx, query, 1, func(row *record) { list = append(list, row.num(0)) })
	if err != nil {
		return nil, fmt.Errorf("storage: features of layer %d: %w", r.node, err)
	}
	return list, nil
}

// Rows calls yield for each feature that is chosen.
func (f *Features) Rows(ctx context.Context, l feature.Stored, c feature.Choice, yield func(feature.Row) error) error {
	r, err := f.reader(ctx, l, c)
	if err != nil {
		return err
	}
	next, err := r.pages(ctx)
	if err != nil {
		return err
	}
	return r.rows(ctx, next, yield)
}

// Rows are read in portions of about that many bytes, so that however large
// they are, few are in memory.
const portionBytes = 4 << 20

// rows reads the features that have the numbers, and hands them over while no
// statement is open.
func (r *featureReader) rows(ctx context.Context, next func() ([]int64, error), yield func(feature.Row) error) error {
	many := 100
	for {
		list, err := next()
		if err != nil || len(list) == 0 {
			return err
		}
		for len(list) > 0 {
			part := list[:min(many, len(list))]
			list = list[len(part):]
			found, size, err := r.fetch(ctx, part)
			if err != nil {
				return err
			}
			many = min(max(portionBytes*len(part)/max(size, 1), 1), 1000)
			for _, id := range part {
				if row, ok := found[id]; ok { // it may be gone by now
					if err := yield(row); err != nil {
						return err
					}
				}
			}
		}
	}
}

// fetch reads features by their numbers.
func (r *featureReader) fetch(ctx context.Context, ids []int64) (map[int64]feature.Row, int, error) {
	c := r.choice
	found := make(map[int64]feature.Row, len(ids))
	columns := []string{"id"}
	for _, f := range c.Fields {
		columns = append(columns, column(f.ID))
	}
	if c.Descriptions {
		columns = append(columns, "description")
	}
	if c.Geometry {
		columns = append(columns, "geom")
	}
	if len(columns) == 1 {
		for _, id := range ids {
			found[id] = feature.Row{ID: id}
		}
		return found, 0, nil
	}
	size := 0
	query := fmt.Sprintf("SELECT %s FROM %s WHERE id IN (%s)", strings.Join(columns, ", "), r.name(), appendNums(nil, ids))
	err := r.each(ctx, query, len(columns), func(row *record) {
		made := feature.Row{ID: row.num(0), Values: make([]any, 0, len(c.Fields))}
		at := 1
		for _, f := range c.Fields {
			value := row.value(at, f.Type)
			made.Values = append(made.Values, value)
			if text, ok := value.(string); ok {
				size += len(text)
			}
			at++
			size += 16
		}
		if c.Descriptions {
			if text, ok := row.values[at].(string); ok {
				made.Description = &text
				size += len(text)
			}
			at++
		}
		if c.Geometry {
			if wkb, ok := row.values[at].([]byte); ok {
				made.Geometry = bytes.Clone(wkb)
				size += len(wkb)
			}
		}
		found[made.ID] = made
	})
	if err != nil {
		return nil, 0, fmt.Errorf("storage: features of layer %d: %w", r.node, err)
	}
	return found, size, nil
}

// value returns the value of a field, nil for NULL.
func (r *record) value(i int, t feature.FieldType) any {
	if r.values[i] == nil {
		return nil
	}
	switch t {
	case feature.Real:
		if v, ok := r.values[i].(float64); ok {
			return v
		}
		return float64(r.num(i))
	case feature.String, feature.JSON:
		return r.text(i)
	case feature.Boolean:
		return r.flag(i)
	default:
		return r.num(i)
	}
}

// Count returns how many features are chosen.
func (f *Features) Count(ctx context.Context, l feature.Stored, c feature.Choice) (n int64, err error) {
	r, err := f.reader(ctx, l, c)
	if err != nil {
		return 0, err
	}
	if !r.filtered {
		return l.Features, nil
	}
	if err := r.box(ctx); err != nil {
		return 0, err
	}
	err = r.each(ctx, "SELECT COUNT(*) FROM "+r.from(), 1, func(row *record) { n = row.num(0) })
	if err != nil {
		return 0, fmt.Errorf("storage: count features of layer %d: %w", l.Node, err)
	}
	return n, nil
}

// Bounds returns what box the geometries of all that are chosen lie in.
func (f *Features) Bounds(ctx context.Context, l feature.Stored, c feature.Choice) (box *feature.Box, err error) {
	r, err := f.reader(ctx, l, c)
	if err != nil {
		return nil, err
	}
	if err := r.box(ctx); err != nil {
		return nil, err
	}
	err = r.each(ctx, "SELECT MIN(t.minx), MIN(t.miny), MAX(t.maxx), MAX(t.maxy) FROM "+r.from(), 4, func(row *record) {
		side := func(i int) float64 { v, _ := row.value(i, feature.Real).(float64); return v }
		if row.values[0] != nil {
			box = &feature.Box{MinX: side(0), MinY: side(1), MaxX: side(2), MaxY: side(3)}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("storage: bounds of layer %d: %w", l.Node, err)
	}
	return box, nil
}
