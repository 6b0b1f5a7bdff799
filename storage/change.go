package storage

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A change is a line of the log: what a decision can depend on and became
// another, by its name. What it became is read where it is.
type change struct {
	kind changeKind
	num  int64
	name string
}

// A changeKind says what a line of the log names.
type changeKind string

const (
	changedNode      changeKind = "node"      // with its links
	changedRule      changeKind = "rule"      //
	changedPrincipal changeKind = "principal" // with the groups he is in
	changedRole      changeKind = "role"      // by name
	// changedNothing raises a revision that something else than a state
	// depends on, changedEverything has states loaded anew.
	changedNothing    changeKind = "nothing"
	changedEverything changeKind = "everything"
)

const (
	// manyLines is how many lines are worth reading: a state that so much
	// changed in is loaded anew, and a unit that changes more says so.
	manyLines = 20_000
	// keptRevisions is how far back the log reaches, pruned when a revision is
	// a multiple of pruneEvery.
	keptRevisions, pruneEvery = 16_384, 1024
)

func nodeChanged(n rbac.Node) change           { return change{kind: changedNode, num: int64(n)} }
func ruleChanged(num int64) change             { return change{kind: changedRule, num: num} }
func principalChanged(p rbac.Principal) change { return change{kind: changedPrincipal, num: int64(p)} }

func roleChanged(name rbac.RoleName) change { return change{kind: changedRole, name: string(name)} }

// touch notes what changed in a workspace, or above them all, in the unit of
// work of a change that a decision can depend on. When that commits, the
// revision of the workspace is raised, with a line for each change.
func (s session) touch(workspace rbac.Node, changes ...change) {
	s.unit.mu.Lock()
	defer s.unit.mu.Unlock()
	lines := s.unit.changes[workspace]
	if lines == nil {
		if s.unit.changes == nil {
			s.unit.changes = map[rbac.Node]map[change]bool{}
		}
		lines = map[change]bool{}
		s.unit.changes[workspace] = lines
	}
	for _, c := range changes {
		lines[c] = true
	}
}

// A touchedRule is what a statement that changes rules returns of each.
type touchedRule struct {
	Workspace rbac.Node
	Num       int64
}

// touchRules runs a statement that changes rules and returns the workspace and
// the num of each, and notes them. It returns how many there were.
func (s session) touchRules(ctx context.Context, query string, args ...any) (int, error) {
	var rules []touchedRule
	if err := s.raw(query+" RETURNING workspace, num", args...).Scan(ctx, &rules); err != nil && !none(err) {
		return 0, fmt.Errorf("storage: rules: %w", err)
	}
	for _, r := range rules {
		s.touch(r.Workspace, ruleChanged(r.Num))
	}
	return len(rules), nil
}

// settle raises the revisions of what has changed in a unit of work so far, so
// that whoever asks for them inside is told what others will see.
func (db *DB) settle(ctx context.Context) error {
	u := db.unit(ctx)
	if u == nil || u.over() { // who reads next is told
		return nil
	}
	return db.raise(ctx, u)
}

// raise raises the revisions of all workspaces in which a unit changed
// something, and writes the lines. It goes through them in one order, so that
// no two units wait for each other, and comes last, so that nobody waits for
// long.
func (db *DB) raise(ctx context.Context, u *unit) error {
	u.mu.Lock()
	changes := u.changes
	u.changes = nil
	u.mu.Unlock()
	if len(changes) == 0 {
		return nil
	}
	workspaces := slices.Sorted(maps.Keys(changes))
	s := session{db: db.write, conn: u.tx, unit: u}
	raised, err := s.raise(ctx, db.postgres(), workspaces, changes)
	if err != nil {
		return fmt.Errorf("storage: raise revisions: %w", err)
	}
	if u.raised == nil {
		u.raised = map[rbac.Node]int64{}
	}
	for workspace, revision := range raised {
		u.raised[workspace] = revision
		if revision%pruneEvery != 0 {
			continue
		}
		// Since tells nobody of them any more: the gap shows.
		query := "DELETE FROM changes WHERE workspace = ? AND revision < ?"
		if _, err := s.raw(query, workspace, revision-keptRevisions).Exec(ctx); err != nil {
			return fmt.Errorf("storage: prune changes: %w", err)
		}
	}
	return nil
}

// raise is what the method of a DB does, but for pruning.
func (s session) raise(ctx context.Context, postgres bool, workspaces []rbac.Node, changes map[rbac.Node]map[change]bool) (map[rbac.Node]int64, error) {
	query := []byte("INSERT INTO revisions (workspace, revision) VALUES ")
	for i, workspace := range workspaces {
		if i > 0 {
			query = append(query, ", "...)
		}
		query = append(strconv.AppendInt(append(query, '('), int64(workspace), 10), ", 1)"...)
	}
	query = append(query, " ON CONFLICT (workspace) DO UPDATE SET revision = revisions.revision + 1 RETURNING workspace, revision"...)
	lines := s.lines(workspaces, changes)
	if postgres {
		// One statement, since each is a journey.
		query = slices.Concat([]byte("WITH raised AS ("), query, []byte(`), written AS (
			INSERT INTO changes (workspace, revision, kind, num, name)
			SELECT r.workspace, r.revision, l.column2, l.column3, l.column4 FROM raised AS r
			JOIN (VALUES `), bytes.Join(lines, []byte(", ")), []byte(`) AS l ON l.column1 = r.workspace)
			SELECT workspace, revision FROM raised, (SELECT pg_notify('`+channel+`', '')) AS told`))
	}
	raised := make(map[rbac.Node]int64, len(workspaces))
	err := s.each(ctx, string(query), 2, func(r *record) { raised[rbac.Node(r.num(0))] = r.num(1) })
	if err != nil || postgres {
		return raised, err
	}
	for some := range slices.Chunk(lines, few) {
		err := s.exec(ctx, slices.Concat([]byte(`INSERT INTO changes (workspace, revision, kind, num, name)
			SELECT r.workspace, r.revision, l.column2, l.column3, l.column4
			FROM (VALUES `), bytes.Join(some, []byte(", ")), []byte(`) AS l JOIN revisions AS r ON r.workspace = l.column1`)))
		if err != nil {
			return nil, err
		}
	}
	return raised, nil
}

// lines returns the lines of changes as VALUES wants them. Each revision has
// one at least: one without says that lines were lost.
func (s session) lines(workspaces []rbac.Node, changes map[rbac.Node]map[change]bool) [][]byte {
	var lines [][]byte
	for _, workspace := range workspaces {
		list := slices.SortedFunc(maps.Keys(changes[workspace]), func(a, b change) int {
			return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.num, b.num), cmp.Compare(a.name, b.name))
		})
		switch {
		case len(list) == 0:
			list = []change{{kind: changedNothing}}
		case len(list) > manyLines:
			list = []change{{kind: changedEverything}}
		}
		for _, c := range list {
			line := strconv.AppendInt([]byte{'('}, int64(workspace), 10)
			line = append(append(append(line, ", '"...), c.kind...), "', "...)
			line = strconv.AppendInt(line, c.num, 10)
			line = s.db.Dialect().AppendString(append(line, ", "...), c.name)
			lines = append(lines, append(line, ')'))
		}
	}
	return lines
}
