package storage_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// many is how many resources lie in one: a million when BAILIWICK_SCALE is set.
func many() int {
	if os.Getenv("BAILIWICK_SCALE") != "" {
		return 1_000_000
	}
	return 20_000
}

// A meadow is a group in which very many resources lie, with numbers from First.
type meadow struct {
	db          *storage.DB
	fault       *dbtest.Fault
	in          workspace.Workspace
	group       rbac.Node
	first, last rbac.Node
}

func newMeadow(t *testing.T, kind dbtest.Kind, n int) *meadow {
	t.Helper()
	m := &meadow{fault: &dbtest.Fault{}}
	m.db = dbtest.OpenWith(t, kind.Make(t), &storage.Options{Connector: m.fault.Connector})
	err := m.db.Tx(t.Context(), func(ctx context.Context) error {
		u, err := m.db.Workspaces().AddUser(ctx, workspace.User{ID: workspace.UserID(uid.New()), Username: "u", Email: "u@example.org"})
		if err != nil {
			return err
		}
		m.in, err = m.db.Workspaces().AddWorkspace(ctx, workspace.Workspace{
			ID: workspace.ID(uid.New()), Name: "W", TechnicalName: "w", Contact: "x@example.org", Supervisor: u.ID,
		})
		if err != nil {
			return err
		}
		for i := range 20 { // so that nothing is found by having few neighbours
			r, err := m.db.Resources().Add(ctx, resource.Resource{
				ID: resource.ID(uid.New()), Parent: m.in.Num, Class: "resource_group", DisplayName: fmt.Sprint(i), Created: t0, Updated: t0,
			})
			if m.group = r.Num; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	m.first, m.last = m.group+1, m.group+rbac.Node(n)
	numbers := fmt.Sprintf("WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < %d) ", n)
	exec(t, m.db, numbers+fmt.Sprintf(`INSERT INTO nodes (num, workspace, parent, class, owner)
		SELECT %d + n, %d, %[1]d, CASE n %% 3 WHEN 0 THEN 'leaf' ELSE 'webmap' END, NULL FROM i`, m.group, m.in.Num))
	if kind.Name == "postgres" { // or each of the next would look for its node among all
		exec(t, m.db, "ANALYZE nodes")
	}
	exec(t, m.db, numbers+fmt.Sprintf(`INSERT INTO resources (workspace_id, num, id, parent, class, keyname, display_name, name_fold,
			description, meta, settings, created, updated)
		SELECT '%s', %d + n, CAST(n AS TEXT), %[2]d, CASE n %% 3 WHEN 0 THEN 'leaf' ELSE 'webmap' END, 'k' || CAST(n AS TEXT),
			'N' || CAST(n * 7919 %% 1000003 AS TEXT) || ' ' || CAST(n AS TEXT), 'n' || CAST(n * 7919 %% 1000003 AS TEXT) || ' ' || CAST(n AS TEXT),
			'', '{}', '{}', n * 31 %% 1009, n * 37 %% 1013 FROM i`, m.in.ID, m.group))
	if kind.Name == "postgres" {
		exec(t, m.db, "ANALYZE resources")
	}
	return m
}

// plans returns how the database goes about the statements of a list.
func (m *meadow) plans(t *testing.T, f resource.Filter) []string {
	t.Helper()
	var queries []string
	m.fault.Watch(func(query string) { queries = append(queries, query) })
	_, err := m.db.Resources().Resources(t.Context(), f)
	m.fault.Watch(nil)
	if err != nil {
		t.Fatal(err)
	}
	var plans []string
	for _, query := range queries {
		if !strings.Contains(query, "resources") {
			continue
		}
		explained := "EXPLAIN " + query
		if strings.HasPrefix(storageKind(m.db), "sqlite") {
			explained = "EXPLAIN QUERY PLAN " + query
		}
		var lines []string
		rows, err := storage.Reader(m.db).QueryContext(t.Context(), explained)
		if err != nil {
			t.Fatalf("%s: %v", explained, err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, fmt.Sprint(*values[len(values)-1].(*any)))
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close() //nolint:sqlclosecheck // read to the end
		plans = append(plans, query+"\n"+strings.Join(lines, "\n"))
	}
	return plans
}

func storageKind(db *storage.DB) string { return storage.Reader(db).Dialect().Name().String() }

// TestWidePages has a page of a very large group found by an index, in each
// order that there is one for: nothing is put in order, and nothing gone through.
func TestWidePages(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			m := newMeadow(t, kind, many())
			inside := []rbac.Node{m.group}
			var most []rbac.Node
			for n := m.first; n <= m.last; n++ {
				if n%10 != 0 {
					most = append(most, n)
				}
			}
			all := rbac.Only(most...)
			for _, by := range []string{"", "name", "class", "created", "updated"} {
				for _, descending := range []bool{false, true} {
					for _, nodes := range []*rbac.Condition{nil, &all} {
						f := resource.Filter{
							Parents: inside, Nodes: nodes, Tops: true, Limit: 50, Order: resource.Order{By: by, Descending: descending},
						}
						first, err := m.db.Resources().Resources(t.Context(), f)
						if err != nil || len(first) != 50 {
							t.Fatalf("%+v: %d rows, %v", f.Order, len(first), err)
						}
						m.indexed(t, f)
						mark := first[49].Mark(f.Order)
						f.After = &mark
						second, err := m.db.Resources().Resources(t.Context(), f)
						if err != nil || len(second) != 50 || slices.ContainsFunc(second, func(r resource.Resource) bool { return r.Num == first[49].Num }) {
							t.Fatalf("%+v: %d rows behind the first, %v", f.Order, len(second), err)
						}
						m.indexed(t, f)
					}
				}
			}
			m.indexed(t, resource.Filter{Workspaces: []rbac.Node{m.in.Num}, Limit: 50})
			m.indexed(t, resource.Filter{Under: &m.in.Num, Limit: 50})
			// Single ones are found, by whatever names them.
			m.unscanned(t, resource.Filter{Nums: []rbac.Node{m.last}, Tops: true})
			m.unscanned(t, resource.Filter{IDs: []resource.ID{"77"}})
			m.unscanned(t, resource.Filter{Parents: inside, DisplayNames: []string{"N7919 1"}})
			m.unscanned(t, resource.Filter{Workspaces: []rbac.Node{m.in.Num}, Keynames: []string{"k77"}})
		})
	}
}

// indexed wants a list to come from an index in its order.
func (m *meadow) indexed(t *testing.T, f resource.Filter) {
	t.Helper()
	m.without(t, f, "Sort", "TEMP B-TREE")
	m.unscanned(t, f)
}

// unscanned wants no table to be gone through for a list.
func (m *meadow) unscanned(t *testing.T, f resource.Filter) {
	t.Helper()
	m.without(t, f, "Seq Scan on resources", "Seq Scan on nodes", "SCAN resources", "SCAN r USING", "SCAN n", "SCAN w", "MATERIALIZE")
}

func (m *meadow) without(t *testing.T, f resource.Filter, steps ...string) {
	t.Helper()
	plans := m.plans(t, f)
	if len(plans) == 0 {
		t.Fatal("no statement was seen")
	}
	for _, plan := range plans {
		if len(plan) > 10_000 {
			t.Errorf("%+v: a statement names what is left out: %.300s…", f.Order, plan)
		}
		for _, step := range steps {
			if strings.Contains(plan, step) {
				t.Errorf("%+v: %q in\n%.3000s", f.Order, step, plan)
			}
		}
	}
}
