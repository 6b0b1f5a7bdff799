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
// Unless w is nil the rows go to it, one a line and sorted, and the digest is
// theirs; it is another one without.
func (db *DB) Fingerprint(ctx context.Context, w io.Writer) (string, error) {
	sum := sha256.New()
	out := io.Writer(sum)
	if w != nil {
		out = io.MultiWriter(sum, w)
	}
	err := db.snapshot(ctx, func(s session) error {
		tables, err := s.tables(ctx, db.postgres())
		if err != nil {
			return err
		}
		if w == nil && db.postgres() {
			return s.digest(ctx, tables, sum)
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

// digest has PostgreSQL add up the tables, in one statement.
func (s session) digest(ctx context.Context, tables []string, w io.Writer) error {
	parts := make([]string, 0, len(tables))
	for _, table := range tables {
		parts = append(parts, s.db.QueryGen().FormatQuery(
			"SELECT ?, count(*), md5(coalesce(string_agg(t::text, E'\n' ORDER BY t::text COLLATE \"C\"), '')) FROM ? AS t", table, bun.Ident(table),
		))
	}
	rows, err := s.conn.QueryContext(ctx, strings.Join(parts, " UNION ALL "))
	if err != nil {
		return fmt.Errorf("storage: fingerprint: %w", err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var table, sum string
		var count int
		if err := rows.Scan(&table, &count, &sum); err != nil {
			return fmt.Errorf("storage: fingerprint: %w", err)
		}
		lines = append(lines, fmt.Sprintln(table, count, sum))
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("storage: fingerprint: %w", err)
	}
	slices.Sort(lines)
	_, err = io.WriteString(w, strings.Join(lines, ""))
	return err //nolint:wrapcheck // of a digest
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

// dump writes the rows of a table. It scans them itself, since bun's maps take
// the type of a column from the first row, where it may be null.
func (s session) dump(ctx context.Context, table string, w io.Writer) error {
	rows, err := s.conn.QueryContext(ctx, s.db.QueryGen().FormatQuery("SELECT * FROM ?", bun.Ident(table))) //nolint:unqueryvet // everything is meant
	if err != nil {
		return err //nolint:wrapcheck // by the caller
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err //nolint:wrapcheck // by the caller
	}
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(names[a], names[b]) })
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	var lines []string
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err //nolint:wrapcheck // by the caller
		}
		var line strings.Builder
		for _, i := range order {
			value := values[i]
			if text, ok := value.([]byte); ok {
				value = string(text)
			}
			fmt.Fprintf(&line, " %s=%q", names[i], fmt.Sprint(value))
		}
		lines = append(lines, line.String())
	}
	if err := rows.Err(); err != nil {
		return err //nolint:wrapcheck // by the caller
	}
	slices.Sort(lines)
	for _, line := range lines {
		if _, err := fmt.Fprintf(w, "%s%s\n", table, line); err != nil {
			return err //nolint:wrapcheck // by the caller
		}
	}
	return nil
}
