package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun/driver/sqliteshim"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A Scribe changes a database beside every store, as another program might that
// keeps to their contract: what it changes it leaves lines for, in the
// transaction that raises the revisions.
type Scribe struct{ db *sql.DB }

// A Line names what became another in a workspace, or above them all: a "node",
// a "rule" or a "principal" by its number, a "role" by its name.
type Line struct {
	Workspace rbac.Node
	Kind      string
	Num       int64
	Name      string
}

// NewScribe opens a database that is migrated.
func NewScribe(address string) (*Scribe, error) {
	driver, source := "pgx", address
	if file, ok := strings.CutPrefix(address, "sqlite:"); ok {
		driver, source = sqliteshim.ShimName, "file:"+file+"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=synchronous(FULL)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return nil, fmt.Errorf("dbtest: scribe: %w", err)
	}
	db.SetMaxOpenConns(1)
	return &Scribe{db}, nil
}

// Close closes the database.
func (s *Scribe) Close() error { return s.db.Close() } //nolint:wrapcheck // shown as it is

// Write runs statements and leaves lines, all in one transaction.
func (s *Scribe) Write(ctx context.Context, statements []string, lines ...Line) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("dbtest: write: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // done when it was committed
	for _, statement := range slices.Concat(statements, raise(lines)) {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("dbtest: write: %w in %.300s", err, statement)
		}
	}
	return tx.Commit() //nolint:wrapcheck // shown as it is
}

// raise is what raises revisions and writes lines.
func raise(lines []Line) []string {
	if len(lines) == 0 {
		return nil
	}
	concerned := map[rbac.Node]bool{}
	for _, l := range lines {
		concerned[l.Workspace] = true
	}
	var revisions, values []string
	for _, workspace := range slices.Sorted(maps.Keys(concerned)) {
		revisions = append(revisions, fmt.Sprintf("(%d, 1)", workspace))
	}
	for _, l := range lines {
		values = append(values, fmt.Sprintf("(%d, '%s', %d, '%s')", l.Workspace, l.Kind, l.Num, l.Name))
	}
	statements := []string{"INSERT INTO revisions (workspace, revision) VALUES " + strings.Join(revisions, ", ") +
		" ON CONFLICT (workspace) DO UPDATE SET revision = revisions.revision + 1"}
	for some := range slices.Chunk(values, 400) {
		statements = append(statements, "INSERT INTO changes (workspace, revision, kind, num, name)"+
			" SELECT r.workspace, r.revision, l.column2, l.column3, l.column4 FROM (VALUES "+strings.Join(some, ", ")+
			") AS l JOIN revisions AS r ON r.workspace = l.column1 WHERE TRUE ON CONFLICT DO NOTHING")
	}
	return statements
}

// Put returns the statements that make nodes and rules what they are given as,
// and that delete those that are gone. What they name must be there.
func Put(places []rbac.Place, gonePlaces []rbac.Node, rules []rbac.Rule, goneRules []int64, in func(rbac.Node) rbac.Node) []string {
	var statements []string
	gone := slices.Clone(goneRules)
	for _, r := range rules {
		gone = append(gone, r.Num)
	}
	if len(gone) > 0 {
		statements = append(statements, "DELETE FROM rules WHERE num IN ("+numbers(gone)+")")
	}
	named := slices.Clone(gonePlaces)
	for _, p := range places {
		named = append(named, p.Node)
	}
	if len(named) > 0 {
		statements = append(statements, "DELETE FROM node_links WHERE node IN ("+numbers(named)+")")
	}
	if len(gonePlaces) > 0 {
		statements = append(statements, "DELETE FROM nodes WHERE num IN ("+numbers(gonePlaces)+")")
	}
	for _, statement := range plantNodes(places) {
		if strings.HasPrefix(statement, "INSERT INTO nodes ") {
			statement += " ON CONFLICT (num) DO UPDATE SET workspace = EXCLUDED.workspace, parent = EXCLUDED.parent," +
				" class = EXCLUDED.class, owner = EXCLUDED.owner, sealed = EXCLUDED.sealed"
		}
		statements = append(statements, statement)
	}
	return append(statements, plantRules(rules, in)...)
}

// PutPrincipals returns the statements that make principals what they are given
// as, and that delete those that are gone.
func PutPrincipals(profiles []rbac.Profile, gone []rbac.Principal) []string {
	var statements, members []string
	named := slices.Clone(gone)
	for _, p := range profiles {
		named = append(named, p.Principal)
		behalf := "NULL"
		if p.Behalf != 0 {
			behalf = strconv.FormatInt(int64(p.Behalf), 10)
		}
		statements = append(statements, fmt.Sprintf("INSERT INTO principals (num, id, kind, disabled, behalf_of) VALUES (%d, '%s', '%s', %t, %s)"+
			" ON CONFLICT (num) DO UPDATE SET disabled = EXCLUDED.disabled, behalf_of = EXCLUDED.behalf_of",
			p.Principal, uid.New(), p.Kind, p.Disabled, behalf))
		for _, g := range p.Groups {
			members = append(members, fmt.Sprintf("(%d, %d)", g, p.Principal))
		}
	}
	if len(named) > 0 {
		statements = append([]string{"DELETE FROM group_members WHERE member_num IN (" + numbers(named) + ")"}, statements...)
	}
	statements = append(statements, inserts("group_members (group_num, member_num)", members)...)
	if len(gone) > 0 {
		statements = append(statements, "DELETE FROM principals WHERE num IN ("+numbers(gone)+")")
	}
	return statements
}

func numbers[N ~int64](list []N) string {
	text := make([]string, len(list))
	for i, n := range list {
		text[i] = strconv.FormatInt(int64(n), 10)
	}
	return strings.Join(text, ", ")
}

func plantRules(rules []rbac.Rule, in func(rbac.Node) rbac.Node) []string {
	var rows []string
	for _, r := range rules {
		expires := "NULL"
		if !r.Expires.IsZero() {
			expires = strconv.FormatInt(r.Expires.UnixMicro(), 10)
		}
		rows = append(rows, fmt.Sprintf("(%d, '%s', %d, %d, '%s', %d, '%s', '%s', '%s', '%s', %t, %s, '%s', %d)",
			r.Num, uid.New(), in(r.Node), r.Node, r.Effect, r.Principal, r.Role, r.Scope, r.Permission, r.Class,
			r.Propagate, expires, r.Origin, r.Created.UnixMicro()))
	}
	return inserts("rules (num, id, workspace, node, effect, principal, role, scope, permission, class, propagate, expires, origin, created)", rows)
}

// PutRoles returns the statements that make stored roles what they are given as,
// and that delete those that are gone.
func PutRoles(roles []rbac.Role, gone []rbac.RoleName) []string {
	var statements []string
	for _, r := range roles {
		permissions := make([]string, len(r.Permissions))
		for i, p := range r.Permissions {
			permissions[i] = `"` + string(p) + `"`
		}
		statements = append(statements, fmt.Sprintf("INSERT INTO roles (name, title, permissions, everything) VALUES ('%s', '', '[%s]', %t)"+
			" ON CONFLICT (name) DO UPDATE SET permissions = EXCLUDED.permissions, everything = EXCLUDED.everything",
			r.Name, strings.Join(permissions, ","), r.Everything))
	}
	for _, name := range gone {
		statements = append(statements, "DELETE FROM roles WHERE name = '"+string(name)+"'")
	}
	return statements
}
