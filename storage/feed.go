package storage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Load returns the present state of a workspace, or of the root.
func (r *Rules) Load(ctx context.Context, workspace rbac.Node) (rbac.State, error) {
	var state rbac.State
	err := r.db.still(ctx, []rbac.Node{workspace}, func(s session, revisions map[rbac.Node]int64) (err error) {
		state, err = s.load(ctx, workspace)
		state.At = rbac.Token{Workspace: workspace, Revision: revisions[workspace], Above: revisions[rbac.Root]}
		return err
	})
	if err != nil {
		return rbac.State{}, err
	}
	return state, nil
}

func (s session) load(ctx context.Context, workspace rbac.Node) (state rbac.State, err error) {
	in := "workspace = " + strconv.FormatInt(int64(workspace), 10)
	if state.Places, err = s.placesWhere(ctx, in, in); err != nil {
		return state, err
	}
	_, there := slices.BinarySearchFunc(state.Places, workspace, func(p rbac.Place, n rbac.Node) int { return int(p.Node - n) })
	if !there {
		return state, fmt.Errorf("%w: workspace %d", rbac.ErrNoNode, workspace)
	}
	if state.Rules, _, err = s.rulesWhere(ctx, "r."+in); err != nil {
		return state, err
	}
	if workspace != rbac.Root {
		return state, nil
	}
	if state.Profiles, err = s.profilesWhere(ctx, "", ""); err != nil {
		return state, err
	}
	state.Roles, err = s.roles(ctx, nil, false)
	return state, err
}

// placesWhere reads nodes that a condition chooses, in order, with the links
// that another one does.
func (s session) placesWhere(ctx context.Context, nodes, links string) ([]rbac.Place, error) {
	var places []rbac.Place
	w := words{}
	query := "SELECT num, workspace, parent, class, owner, sealed FROM nodes WHERE " + nodes
	err := s.each(ctx, query, 6, func(r *record) {
		places = append(places, rbac.Place{
			Node: rbac.Node(r.num(0)), Workspace: rbac.Node(r.num(1)), Parent: rbac.Node(r.num(2)),
			Class: w.one(r.text(3)), Owner: rbac.Principal(r.num(4)), Sealed: r.flag(5),
		})
	})
	if err != nil {
		return nil, fmt.Errorf("storage: places: %w", err)
	}
	slices.SortFunc(places, func(a, b rbac.Place) int { return int(a.Node - b.Node) })
	query = "SELECT node, name, target FROM node_links WHERE " + links
	err = s.each(ctx, query, 3, func(r *record) {
		n := rbac.Node(r.num(0))
		i, there := slices.BinarySearchFunc(places, n, func(p rbac.Place, n rbac.Node) int { return int(p.Node - n) })
		if !there {
			return
		}
		if places[i].Links == nil {
			places[i].Links = map[string]rbac.Node{}
		}
		places[i].Links[w.one(r.text(1))] = rbac.Node(r.num(2))
	})
	if err != nil {
		return nil, fmt.Errorf("storage: links: %w", err)
	}
	return places, nil
}

// rulesWhere reads the rules r that a condition chooses, in order, and the
// workspace that each lies in.
func (s session) rulesWhere(ctx context.Context, condition string) ([]rbac.Rule, []rbac.Node, error) {
	var rules []rbac.Rule
	var in []rbac.Node
	w := words{}
	query := "SELECT r.workspace, " + ruleColumns + " FROM rules AS r WHERE " + condition + " ORDER BY r.num"
	err := s.each(ctx, query, 14, func(r *record) {
		rules, in = append(rules, r.ruleOf(1, w)), append(in, rbac.Node(r.num(0)))
	})
	if err != nil {
		return nil, nil, fmt.Errorf("storage: rules: %w", err)
	}
	return rules, in, nil
}

// profilesWhere reads principals that a condition chooses, in order, with the
// memberships that another one does; all of either without.
func (s session) profilesWhere(ctx context.Context, principals, memberships string) ([]rbac.Profile, error) {
	var profiles []rbac.Profile
	w := words{}
	query := "SELECT num, kind, disabled, behalf_of FROM principals " + principals + " ORDER BY num"
	err := s.each(ctx, query, 4, func(r *record) {
		profiles = append(profiles, rbac.Profile{
			Principal: rbac.Principal(r.num(0)), Kind: rbac.Kind(w.one(r.text(1))), Disabled: r.flag(2), Behalf: rbac.Principal(r.num(3)),
		})
	})
	if err != nil {
		return nil, fmt.Errorf("storage: principals: %w", err)
	}
	at := 0
	query = "SELECT member_num, group_num FROM group_members " + memberships + " ORDER BY member_num, group_num"
	err = s.each(ctx, query, 2, func(r *record) {
		member := rbac.Principal(r.num(0))
		for at < len(profiles) && profiles[at].Principal < member {
			at++
		}
		if at < len(profiles) && profiles[at].Principal == member {
			profiles[at].Groups = append(profiles[at].Groups, rbac.Principal(r.num(1)))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("storage: memberships: %w", err)
	}
	return profiles, nil
}

// Since returns what became of workspaces since they had some revisions.
func (r *Rules) Since(ctx context.Context, have map[rbac.Node]int64) ([]rbac.Delta, error) {
	var deltas []rbac.Delta
	named := slices.Sorted(maps.Keys(have))
	err := r.db.still(ctx, named, func(s session, revisions map[rbac.Node]int64) error {
		deltas = nil
		for _, workspace := range named {
			if have[workspace] != revisions[workspace] {
				deltas = append(deltas, rbac.Delta{Workspace: workspace, From: have[workspace], To: revisions[workspace]})
			}
		}
		for some := range slices.Chunk(deltas, few) {
			if err := s.since(ctx, some); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return deltas, nil
}

// named is what the lines of a workspace name, each once.
type named struct {
	nodes      map[rbac.Node]bool
	rules      map[int64]bool
	principals map[rbac.Principal]bool
	roles      map[rbac.RoleName]bool
}

// since fills deltas that say from where to where they lead.
func (s session) since(ctx context.Context, deltas []rbac.Delta) error {
	logs, err := s.logs(ctx, deltas)
	if err != nil {
		return err
	}
	all := newNamed()
	for i, log := range logs {
		if deltas[i].Unknown {
			continue
		}
		maps.Copy(all.nodes, log.nodes)
		maps.Copy(all.rules, log.rules)
		maps.Copy(all.principals, log.principals)
		maps.Copy(all.roles, log.roles)
	}
	present, err := s.present(ctx, all)
	if err != nil {
		return err
	}
	for i, log := range logs {
		if !deltas[i].Unknown {
			present.fill(&deltas[i], log)
		}
	}
	return nil
}

func newNamed() named {
	return named{map[rbac.Node]bool{}, map[int64]bool{}, map[rbac.Principal]bool{}, map[rbac.RoleName]bool{}}
}

// logs reads the lines that deltas are of, and says which of these are unknown:
// those of a workspace whose lines do not reach from the one revision to the
// other without a gap, are too many, or hold what is not understood.
func (s session) logs(ctx context.Context, deltas []rbac.Delta) ([]named, error) {
	logs := make([]named, len(deltas))
	at := make(map[rbac.Node]int, len(deltas))
	reached := make([]int64, len(deltas))
	// Each workspace is looked up in the key of the log.
	query := []byte(`SELECT c.workspace, c.revision, c.kind, c.num, c.name FROM (VALUES `)
	for i, d := range deltas {
		logs[i], at[d.Workspace], reached[i] = newNamed(), i, d.From
		if i > 0 {
			query = append(query, ", "...)
		}
		query = strconv.AppendInt(append(query, '('), int64(d.Workspace), 10)
		query = append(strconv.AppendInt(append(query, ", "...), d.From, 10), ')')
	}
	query = append(query, `) AS h JOIN changes AS c ON c.workspace = h.column1 AND c.revision > h.column2
		ORDER BY c.workspace, c.revision LIMIT `...)
	lines := 0
	last := rbac.Root
	err := s.each(ctx, string(strconv.AppendInt(query, manyLines+1, 10)), 5, func(r *record) {
		lines++
		last = rbac.Node(r.num(0))
		i := at[last]
		if revision := r.num(1); revision == reached[i]+1 {
			reached[i] = revision
		} else if revision != reached[i] {
			deltas[i].Unknown = true
		}
		if !logs[i].add(last, change{changeKind(r.text(2)), r.num(3), r.text(4)}) {
			deltas[i].Unknown = true
		}
	})
	if err != nil {
		return nil, fmt.Errorf("storage: changes: %w", err)
	}
	if lines > manyLines {
		deltas[at[last]].Unknown = true // the rest shows as a gap
	}
	for i := range deltas {
		if reached[i] != deltas[i].To {
			deltas[i].Unknown = true
		}
	}
	return logs, nil
}

// add notes what a line names, and reports whether that is understood.
func (n named) add(workspace rbac.Node, c change) bool {
	switch c.kind {
	case changedNode:
		n.nodes[rbac.Node(c.num)] = true
	case changedRule:
		n.rules[c.num] = true
	case changedPrincipal:
		n.principals[rbac.Principal(c.num)] = true
		return workspace == rbac.Root
	case changedRole:
		n.roles[rbac.RoleName(c.name)] = true
		return workspace == rbac.Root
	case changedNothing:
	case changedEverything:
		return false
	default:
		return false
	}
	return true
}

// present is the present state of what lines name.
type present struct {
	places   map[rbac.Node]rbac.Place
	rules    map[int64]rbac.Rule
	rulesIn  map[int64]rbac.Node // the workspace of each
	profiles map[rbac.Principal]rbac.Profile
	roles    map[rbac.RoleName]rbac.Role
}

func (s session) present(ctx context.Context, all named) (present, error) {
	p := present{
		map[rbac.Node]rbac.Place{},
		map[int64]rbac.Rule{},
		map[int64]rbac.Node{},
		map[rbac.Principal]rbac.Profile{},
		map[rbac.RoleName]rbac.Role{},
	}
	for nums := range slices.Chunk(slices.Sorted(maps.Keys(all.nodes)), few) {
		in := " IN (" + string(appendNums(nil, nums)) + ")"
		// The key of links begins with the workspace, which few nodes share.
		places, err := s.placesWhere(ctx, "num"+in,
			"workspace IN (SELECT workspace FROM nodes WHERE num"+in+") AND node"+in)
		if err != nil {
			return p, err
		}
		for _, place := range places {
			p.places[place.Node] = place
		}
	}
	for nums := range slices.Chunk(slices.Sorted(maps.Keys(all.rules)), few) {
		rules, in, err := s.rulesWhere(ctx, "r.num IN ("+string(appendNums(nil, nums))+")")
		if err != nil {
			return p, err
		}
		for i, rule := range rules {
			p.rules[rule.Num], p.rulesIn[rule.Num] = rule, in[i]
		}
	}
	for nums := range slices.Chunk(slices.Sorted(maps.Keys(all.principals)), few) {
		in := " IN (" + string(appendNums(nil, nums)) + ")"
		profiles, err := s.profilesWhere(ctx, "WHERE num"+in, "WHERE member_num"+in)
		if err != nil {
			return p, err
		}
		for _, profile := range profiles {
			p.profiles[profile.Principal] = profile
		}
	}
	for names := range slices.Chunk(slices.Sorted(maps.Keys(all.roles)), few) {
		roles, err := s.roles(ctx, names, false)
		if err != nil {
			return p, err
		}
		for _, role := range roles {
			p.roles[role.Name] = role
		}
	}
	return p, nil
}

// fill tells of each thing that a log names what it is now, or that it is gone:
// from there at least.
func (p present) fill(d *rbac.Delta, log named) {
	for _, n := range slices.Sorted(maps.Keys(log.nodes)) {
		if place, ok := p.places[n]; ok && place.Workspace == d.Workspace {
			d.Places = append(d.Places, place)
		} else {
			d.GonePlaces = append(d.GonePlaces, n)
		}
	}
	for _, num := range slices.Sorted(maps.Keys(log.rules)) {
		if rule, ok := p.rules[num]; ok && p.rulesIn[num] == d.Workspace {
			d.Rules = append(d.Rules, rule)
		} else {
			d.GoneRules = append(d.GoneRules, num)
		}
	}
	for _, num := range slices.Sorted(maps.Keys(log.principals)) {
		if profile, ok := p.profiles[num]; ok {
			d.Profiles = append(d.Profiles, profile)
		} else {
			d.GoneProfiles = append(d.GoneProfiles, num)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(log.roles)) {
		if role, ok := p.roles[name]; ok {
			d.Roles = append(d.Roles, role)
		} else {
			d.GoneRoles = append(d.GoneRoles, name)
		}
	}
}

// errUnsteady is what reading several things in a unit of work ends with when
// others change them all the time.
var errUnsteady = errors.New("storage: what is read keeps changing")

// still runs fn with a session whose statements all see one state of
// workspaces, and with their revisions and the root's. Where the statements of
// a unit of work each see what was committed before them, as on PostgreSQL, it
// runs again when the revisions tell that something changed meanwhile.
func (db *DB) still(ctx context.Context, workspaces []rbac.Node, fn func(s session, revisions map[rbac.Node]int64) error) error {
	if err := db.settle(ctx); err != nil {
		return err
	}
	once := func(s session) error {
		revisions, err := db.revisions(ctx, s, workspaces)
		if err != nil {
			return err
		}
		return fn(s, revisions)
	}
	if db.unit(ctx) == nil || !db.postgres() {
		return db.snapshot(ctx, once)
	}
	s, err := db.reading(ctx)
	if err != nil {
		return err
	}
	for range attempts {
		before, err := db.revisions(ctx, s, workspaces)
		if err != nil {
			return err
		}
		if err := fn(s, before); err != nil {
			return err
		}
		after, err := db.revisions(ctx, s, workspaces)
		if err != nil {
			return err
		}
		if maps.Equal(before, after) {
			return nil
		}
	}
	return errUnsteady
}

// Revisions returns the present revisions of the root and of workspaces.
func (r *Rules) Revisions(ctx context.Context, workspaces ...rbac.Node) ([]int64, error) {
	if err := r.db.settle(ctx); err != nil {
		return nil, err
	}
	s, err := r.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	present, err := r.db.revisions(ctx, s, workspaces)
	if err != nil {
		return nil, err
	}
	list := make([]int64, 0, 1+len(workspaces))
	list = append(list, present[rbac.Root])
	for _, workspace := range workspaces {
		list = append(list, present[workspace])
	}
	return list, nil
}

// revisions returns the revisions of the root and of workspaces, from one
// statement, which is the same for any number of workspaces.
func (db *DB) revisions(ctx context.Context, s session, workspaces []rbac.Node) (map[rbac.Node]int64, error) {
	nums := string(appendNums(nil, append([]rbac.Node{rbac.Root}, workspaces...)))
	query, list := "SELECT workspace, revision FROM revisions WHERE workspace IN (SELECT value FROM json_each($1))", "["+nums+"]"
	if db.postgres() {
		query, list = "SELECT workspace, revision FROM revisions WHERE workspace = ANY (CAST(CAST($1 AS text) AS bigint[]))", "{"+nums+"}"
	}
	revisions := make(map[rbac.Node]int64, 1+len(workspaces))
	row := func(r *record) { revisions[rbac.Node(r.num(0))] = r.num(1) }
	if err := db.eachKept(ctx, s, query, 2, row, list); err != nil {
		return nil, fmt.Errorf("storage: revisions: %w", err)
	}
	return revisions, nil
}

// InUnit reports whether a context is in a unit of work.
func (r *Rules) InUnit(ctx context.Context) bool { return r.db.unit(ctx) != nil }
