package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// Fingerprint returns a digest of every row of every table, read in one
// snapshot, so that a test (or an operator) can see whether anything changed.
// The rows also go to w, one a line and sorted, unless it is nil.
func (db *DB) Fingerprint(ctx context.Context, w io.Writer) (string, error) {
	sum := sha256.New()
	var out io.Writer = sum
	if w != nil {
		out = io.MultiWriter(sum, w)
	}
	err := db.snapshot(ctx, func(s session) error {
		tables, err := s.tables(ctx, db.postgres())
		if err != nil {
			return err
		}
		for _, table := range tables {
			if err := s.dump(ctx, table, out); err != nil {
				return fmt.Errorf("storage: fingerprint of %s: %w", table, err)
			}
		}
		return nil
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

func (s session) tables(ctx context.Context, postgres bool) ([]string, error) {
	query := "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
	if postgres {
		query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
	}
	var names []string
	if err := s.raw(query).Scan(ctx, &names); err != nil {
		return nil, fmt.Errorf("storage: tables: %w", err)
	}
	return names, nil
}

func (s session) dump(ctx context.Context, table string, w io.Writer) (err error) {
	var rows []map[string]any
	if err := s.raw("SELECT * FROM ?", bun.Ident(table)).Scan(ctx, &rows); err != nil { //nolint:unqueryvet // everything is meant
		return err //nolint:wrapcheck // by the caller
	}
	lines := make([]string, 0, len(rows))
	for _, row := range rows {
		names := make([]string, 0, len(row))
		for name := range row {
			names = append(names, name)
		}
		slices.Sort(names)
		var line strings.Builder
		for _, name := range names {
			value := row[name]
			if text, ok := value.([]byte); ok {
				value = string(text)
			}
			fmt.Fprintf(&line, " %s=%q", name, fmt.Sprint(value))
		}
		lines = append(lines, line.String())
	}
	slices.Sort(lines)
	for _, line := range lines {
		if _, err := fmt.Fprintf(w, "%s%s\n", table, line); err != nil {
			return err //nolint:wrapcheck // by the caller
		}
	}
	return nil
}
