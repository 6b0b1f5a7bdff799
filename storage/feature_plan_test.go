package storage_test

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/uptrace/bun/driver/sqliteshim"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A quarry is a layer of many features whose statements are looked at.
type quarry struct {
	*testing.T

	db       *storage.DB
	layer    feature.Stored
	postgres bool
	beside   *sql.DB // explains
	mu       sync.Mutex
	seen     []string
}

// quarrySize is more than what is narrow, so that what chooses all is not.
const quarrySize = 12_000

func newQuarry(t *testing.T, kind dbtest.Kind, size int) *quarry {
	t.Helper()
	q := &quarry{T: t, postgres: kind.Name == "postgres"}
	address, fault := kind.Make(t), &dbtest.Fault{}
	q.db = dbtest.OpenWith(t, address, &storage.Options{Connector: fault.Connector})
	const node, top = 5000, 4000
	in := workspace.ID(uid.New())
	q.must(func(ctx context.Context) error {
		u, err := q.db.Workspaces().AddUser(ctx, workspace.User{ID: workspace.UserID(uid.New()), Username: "u", Email: "u@example.org"})
		if err != nil {
			return err
		}
		_, err = q.db.Workspaces().AddWorkspace(ctx, workspace.Workspace{ID: in, Name: "w", TechnicalName: "w", Active: true, Supervisor: u.ID})
		return err
	})
	list, err := q.db.Workspaces().Workspaces(t.Context(), workspace.Filter{})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	dbtest.Plant(t, address, []rbac.Place{{Node: node, Parent: list[0].Num, Workspace: list[0].Num, Class: "vector_layer"}}, nil)
	q.must(func(ctx context.Context) error {
		_, err := q.db.Features().Make(ctx, in, feature.Layer{Node: node, SRS: 3857, Geometry: "POINT", Fields: []feature.Field{
			{Keyname: "rare", DisplayName: "1", Type: feature.Integer},
			{Keyname: "name", DisplayName: "2", Type: feature.String},
			{Keyname: "half", DisplayName: "3", Type: feature.Boolean},
			{Keyname: "size", DisplayName: "4", Type: feature.Real},
		}})
		if err != nil {
			return err
		}
		l, err := q.db.Features().Lock(ctx, node)
		if err != nil {
			return err
		}
		changes := make([]feature.Change, size)
		for i := range changes {
			x, y := float64(i%100), float64(i/100)
			changes[i] = feature.Change{
				SetGeometry: true, Geometry: make([]byte, 21), Box: &feature.Box{MinX: x, MinY: y, MaxX: x, MaxY: y},
				Values: map[int64]any{1: int64(i % 3000), 2: fmt.Sprintf("name %d", i*7919%size), 3: i%2 == 0, 4: float64(i)},
			}
		}
		_, err = q.db.Features().Add(ctx, l, changes)
		return err
	})
	if q.layer, err = q.db.Features().Layer(t.Context(), node); err != nil {
		t.Fatal(err)
	}
	driver, source := "pgx", address
	if file, ok := strings.CutPrefix(address, "sqlite:"); ok {
		driver, source = sqliteshim.ShimName, "file:"+file
	}
	if q.beside, err = sql.Open(driver, source); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.beside.Close() })
	fault.Watch(func(query string) {
		q.mu.Lock()
		defer q.mu.Unlock()
		if strings.HasPrefix(query, "SELECT") || strings.HasPrefix(query, "WITH") {
			q.seen = append(q.seen, query)
		}
	})
	return q
}

func (q *quarry) must(fn func(ctx context.Context) error) {
	q.Helper()
	if err := q.db.Tx(q.Context(), fn); err != nil {
		q.Fatal(err)
	}
}

// asked returns what an operation asked the table of the layer.
func (q *quarry) asked(operation func() error) []string {
	q.Helper()
	q.mu.Lock()
	q.seen = nil
	q.mu.Unlock()
	if err := operation(); err != nil {
		q.Fatal(err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.seen
}

// plan returns how the database goes about a statement.
func (q *quarry) plan(query string) string {
	q.Helper()
	explain := "EXPLAIN QUERY PLAN "
	if q.postgres {
		explain = "EXPLAIN "
	}
	rows, err := q.beside.QueryContext(q.Context(), explain+query)
	if err != nil {
		q.Fatalf("%v in %.300s", err, query)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var line string
		into := []any{&line}
		if !q.postgres {
			var id, parent, unused int
			into = []any{&id, &parent, &unused, &line}
		}
		if err := rows.Scan(into...); err != nil {
			q.Fatal(err)
		}
		plan.WriteString(line + "\n")
	}
	if err := rows.Err(); err != nil {
		q.Fatal(err)
	}
	return plan.String()
}

// TestFeaturePlans asserts that what is asked of a large layer is answered by
// its indexes, also when the database has never counted its rows.
func TestFeaturePlans(t *testing.T) {
	t.Parallel()
	at := func(minX, minY, maxX, maxY float64) *feature.Box {
		return &feature.Box{MinX: minX, MinY: minY, MaxX: maxX, MaxY: maxY}
	}
	is := func(field string, op feature.Operator, value any) *feature.Expression {
		return &feature.Expression{Condition: &feature.Condition{Field: field, Op: op, Value: value}}
	}
	order := func(by string, down bool) []paging.Order { return []paging.Order{{By: by, Descending: down}} }
	const (
		boxIndex, idIndex = "boxes", "ids"
		page              = 20
	)
	cases := []struct {
		what   string
		choice feature.Choice
		index  string // that of a field by its number, or one of those above
		rows   int
	}{
		{"a page", feature.Choice{Limit: page}, idIndex, page},
		{"a page after", feature.Choice{After: 9000, Limit: page}, idIndex, page},
		{"a page at an offset", feature.Choice{Offset: 9000, Limit: page}, idIndex, page},
		{"some by number", feature.Choice{IDs: []int64{1, 5000, 9999}}, idIndex, 3},
		{"a box", feature.Choice{Box: at(10, 10, 12, 12), Limit: page}, boxIndex, 9},
		{"a box behind others", feature.Choice{Box: at(10, 90, 12, 92), Limit: page}, boxIndex, 9},
		{"a box and a condition", feature.Choice{Box: at(10, 90, 12, 92), Where: is("half", feature.Eq, true), Limit: page}, boxIndex, 6},
		{"a box in order", feature.Choice{Box: at(10, 90, 12, 92), Order: order("name", false), Limit: page}, boxIndex, 9},
		{"a rare value", feature.Choice{Where: is("rare", feature.Eq, int64(2999)), Limit: page}, "1", 4},
		{"a rare value in order", feature.Choice{Where: is("rare", feature.Eq, int64(2999)), Order: order("size", true), Limit: page}, "1", 4},
		{"a range", feature.Choice{Where: is("size", feature.Gt, 11990.5), Limit: page}, "4", 9},
		{"a text", feature.Choice{Where: is("name", feature.Eq, "name 1"), Limit: page}, "2", 1},
		{"the beginning of a text", feature.Choice{Where: is("name", feature.StartsWith, "name 1199"), Limit: page}, "2", 11},
		{"one of some texts", feature.Choice{Where: is("name", feature.In, []any{"name 1", "name 2"}), Limit: page}, "2", 2},
		{"an order", feature.Choice{Order: order("size", false), Limit: page}, "4", page},
		{"an order downwards", feature.Choice{Order: order("size", true), Limit: page}, "4", page},
		{"an order by texts", feature.Choice{Order: order("name", false), Limit: page}, "2", page},
		{"an order by texts downwards", feature.Choice{Order: order("name", true), Limit: page}, "2", page},
		{"what many are, late", feature.Choice{Where: is("size", feature.Ge, 1000.0), Limit: page}, idIndex, page},
		{"what many are, in order", feature.Choice{Where: is("size", feature.Ge, 0.0), Order: order("size", true), Limit: page}, "4", page},
	}
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			q := newQuarry(t, kind, quarrySize)
			for _, counted := range []string{"", "ANALYZE"} {
				if _, err := q.beside.ExecContext(t.Context(), counted); counted != "" && err != nil {
					t.Fatal(err)
				}
				for _, c := range cases {
					c.choice.Fields, c.choice.Geometry = q.layer.Fields, true
					rows := 0
					queries := q.asked(func() error {
						return q.db.Features().Rows(t.Context(), q.layer, c.choice, func(feature.Row) error { rows++; return nil })
					})
					if rows != c.rows {
						t.Errorf("%s: %d rows, want %d", c.what, rows, c.rows)
					}
					q.check(c.what+" "+counted, c.index, strings.HasPrefix(c.what, "what many are"), queries)
				}
			}
		})
	}
}

// check wants statements that go through indexes only, one of them through that.
func (q *quarry) check(what, index string, many bool, queries []string) {
	q.Helper()
	names := map[string]string{"boxes": "VIRTUAL TABLE INDEX", "ids": "INTEGER PRIMARY KEY"}
	whole := regexp.MustCompile(`(?m)^SCAN (t|layer_\d+)( USING INDEX layer_5000_f3)?$|TEMP B-TREE FOR ORDER BY$`)
	if q.postgres {
		names = map[string]string{"boxes": "layer_5000_box", "ids": "layer_5000_pkey"}
		whole = regexp.MustCompile(`Seq Scan`)
	}
	want, ok := names[index]
	if !ok {
		want = "layer_5000_f" + index
	}
	used, plans := false, ""
	for _, query := range queries {
		plan := q.plan(query)
		plans += fmt.Sprintf("%.400s\n%s\n", query, plan)
		used = used || strings.Contains(plan, want)
		// What was found to be few is put in order, what is next is gone through,
		// and what many are is soon counted as far as that.
		bounded := strings.Contains(plan, "MATERIALIZE chosen") || strings.Contains(plan, "CO-ROUTINE t\nSEARCH layer_5000 USING INTEGER PRIMARY KEY") ||
			many && strings.Contains(query, "LIMIT 10000")
		if whole.MatchString(plan) && !bounded {
			q.Errorf("%s goes through everything:\n%.400s\n%s", what, query, plan)
		}
	}
	if !used {
		q.Errorf("%s does not use %s:\n%s", what, want, plans)
	}
}
