package dbtest

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/uptrace/bun/driver/sqliteshim"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Plant writes nodes and principals with numbers of the test's own choosing
// straight into a migrated database, below what any service would allow:
// chains of any depth, links in a circle, groups in groups. The root, if it is
// among the places, is changed, and the rules that every platform has on it are
// gone. Whoever has the database open is told that everything changed.
func Plant(tb testing.TB, address string, places []rbac.Place, subjects []rbac.Identity) {
	tb.Helper()
	if err := execute(address, append(bare(), plant(address, places, subjects)...)); err != nil {
		tb.Fatalf("dbtest: plant: %v", err)
	}
}

// bare takes away the rules that every platform has.
func bare() []string { return []string{"DELETE FROM rules WHERE origin = 'builtin'"} }

// Sow writes nodes beside those of a platform that is in use, and leaves all
// else as it is.
func Sow(tb testing.TB, address string, places []rbac.Place) {
	tb.Helper()
	if err := execute(address, plant(address, places, nil)); err != nil {
		tb.Fatalf("dbtest: sow: %v", err)
	}
}

func plant(address string, places []rbac.Place, subjects []rbac.Identity) []string {
	statements := append(plantPrincipals(subjects), plantNodes(places)...)
	statements = append(statements, plantRevisions(places)...)
	if !strings.HasPrefix(address, "sqlite:") {
		for _, table := range []string{"principals", "nodes"} {
			statements = append(statements, fmt.Sprintf("SELECT setval(pg_get_serial_sequence('%s', 'num'), MAX(num)) FROM %[1]s", table))
		}
	}
	return statements
}

// execute runs statements in one transaction.
func execute(address string, statements []string) (err error) {
	driver, source := "pgx", address
	if file, ok := strings.CutPrefix(address, "sqlite:"); ok {
		driver, source = sqliteshim.ShimName, "file:"+file+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return err //nolint:wrapcheck // shown as it is
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.Begin()
	if err != nil {
		return err //nolint:wrapcheck // shown as it is
	}
	for _, statement := range statements {
		if _, err := tx.Exec(statement); err != nil {
			return errors.Join(fmt.Errorf("%w in %.200s", err, statement), tx.Rollback())
		}
	}
	return tx.Commit() //nolint:wrapcheck // shown as it is
}

func plantPrincipals(subjects []rbac.Identity) []string {
	var users, groups, statements []string
	for _, s := range subjects {
		if s.Principal > rbac.Owner {
			users = append(users, fmt.Sprintf("(%d, '%s', '%s', %t)", s.Principal, uid.New(), s.Kind, s.Disabled))
		}
		if s.Behalf != nil {
			statements = append(statements, fmt.Sprintf("UPDATE principals SET behalf_of = %d WHERE num = %d", s.Behalf.Principal, s.Principal))
		}
		for _, g := range s.Groups {
			groups = append(groups, fmt.Sprintf("(%d, %d)", g, s.Principal))
		}
	}
	statements = append(inserts("principals (num, id, kind, disabled)", users), statements...)
	return append(statements, inserts("group_members (group_num, member_num)", groups)...)
}

func plantNodes(places []rbac.Place) []string {
	var nodes, links, statements []string
	for _, p := range places {
		owner := "NULL"
		if p.Owner != 0 {
			owner = fmt.Sprint(p.Owner)
		}
		if p.Node == rbac.Root {
			statements = append(statements, fmt.Sprintf(
				"UPDATE nodes SET class = '%s', owner = %s, sealed = %t WHERE num = 0", p.Class, owner, p.Sealed))
		} else {
			nodes = append(nodes, fmt.Sprintf("(%d, %d, %d, '%s', %s, %t)", p.Node, p.Workspace, p.Parent, p.Class, owner, p.Sealed))
		}
		for relation, target := range p.Links {
			links = append(links, fmt.Sprintf("(%d, %d, '%s', %d)", p.Workspace, p.Node, relation, target))
		}
	}
	statements = append(statements, inserts("nodes (num, workspace, parent, class, owner, sealed)", nodes)...)
	return append(statements, inserts("node_links (workspace, node, name, target)", links)...)
}

// plantRevisions tells everybody who keeps the state of one of the workspaces,
// or of what is above them, to load it anew.
func plantRevisions(places []rbac.Place) []string {
	revisions := []string{"(0, 1)"}
	concerned := []string{"0"}
	for _, p := range places {
		if workspace := fmt.Sprint(p.Workspace); !slices.Contains(concerned, workspace) {
			concerned = append(concerned, workspace)
			revisions = append(revisions, "("+workspace+", 1)")
		}
	}
	return []string{
		"INSERT INTO revisions (workspace, revision) VALUES " + strings.Join(revisions, ", ") +
			" ON CONFLICT (workspace) DO UPDATE SET revision = revisions.revision + 1",
		"INSERT INTO changes (workspace, revision, kind, num, name) SELECT workspace, revision, 'everything', 0, ''" +
			" FROM revisions WHERE workspace IN (" + strings.Join(concerned, ", ") + ")",
	}
}

func inserts(into string, rows []string) []string {
	var statements []string
	for some := range slices.Chunk(rows, 1000) {
		statements = append(statements, "INSERT INTO "+into+" VALUES "+strings.Join(some, ", "))
	}
	return statements
}
