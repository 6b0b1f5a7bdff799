package storage

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// few is how many values a statement lists at most: both databases read
// statements of that size at ease, and neither has a limit near it.
const few = 5000

// Facts returns, read in one snapshot, what decides about a principal on a
// node.
func (r *Rules) Facts(ctx context.Context, p rbac.Principal, n rbac.Node) (rbac.Facts, error) {
	return r.steady(ctx, n, func(s session) (rbac.Facts, error) {
		return r.facts(ctx, s, p, n, "", selection{query: "seed (num) AS (SELECT num FROM nodes WHERE num = ?)", args: []any{n}})
	})
}

// FactsBelow is like Facts for every node of a class at or below a node.
func (r *Rules) FactsBelow(ctx context.Context, p rbac.Principal, under rbac.Node, class string) (rbac.Facts, error) {
	// The node itself is always among those selected: that it exists must be
	// known also where nothing is asked about.
	var seed selection
	switch {
	case under == rbac.Root && class == "":
		seed = selection{query: "seed (num) AS (SELECT num FROM nodes)"}
	case under == rbac.Root:
		seed = selection{
			query: "seed (num) AS (SELECT num FROM nodes WHERE class = ? UNION SELECT num FROM nodes WHERE num = ?)",
			args:  []any{class, under},
		}
	default:
		seed = selection{
			query: `below (num) AS (SELECT num FROM nodes WHERE num = ? UNION
				SELECT n.num FROM below ` + r.nodesWhere("parent", "below.num") + `),
				seed (num) AS (SELECT n.num FROM below ` + r.nodesWhere("num", "below.num") + ` WHERE ? IN ('', n.class) OR n.num = ?)`,
			args: []any{under, class, under},
		}
	}
	return r.steady(ctx, under, func(s session) (rbac.Facts, error) {
		if r.db.postgres() {
			// It takes the tree for much larger than it is, and would compile the
			// statement for longer than that runs.
			if _, err := s.raw("SET LOCAL jit = off").Exec(ctx); err != nil {
				return rbac.Facts{}, fmt.Errorf("storage: facts below: %w", err)
			}
		}
		return r.facts(ctx, s, p, under, class, seed)
	})
}

// A selection is the part of a statement that selects the nodes asked about,
// as a table "seed", with its arguments.
type selection struct {
	query string
	args  []any
}

// facts reads everything that decides about a principal on the nodes of a
// class that were selected. One of them must exist.
func (r *Rules) facts(ctx context.Context, s session, p rbac.Principal, must rbac.Node, class string, seed selection) (rbac.Facts, error) {
	subject, err := s.identity(ctx, p)
	if err != nil {
		return rbac.Facts{}, err
	}
	f := rbac.Facts{Subject: *subject, Places: map[rbac.Node]rbac.Place{}, Roles: map[rbac.RoleName]rbac.Role{}}
	selected, err := r.addPlaces(ctx, s, f.Places, seed)
	if err != nil {
		return rbac.Facts{}, err
	}
	if _, exists := f.Places[must]; !exists {
		return rbac.Facts{}, fmt.Errorf("%w: %d", rbac.ErrNoNode, must)
	}
	for _, n := range selected {
		if class == "" || f.Places[n].Class == class {
			f.Targets = append(f.Targets, n)
		}
	}
	if len(f.Targets) == 0 {
		f.Places = map[rbac.Node]rbac.Place{}
		return f, nil
	}
	if err := r.followLinks(ctx, s, f.Places); err != nil {
		return rbac.Facts{}, err
	}
	if f.Rules, err = s.rulesOn(ctx, f.Places, concerned(f.Subject)); err != nil {
		return rbac.Facts{}, err
	}
	return f, s.addRoles(ctx, f)
}

// identity returns what decisions need to know of a principal, and of the one
// he acts for.
func (s session) identity(ctx context.Context, p rbac.Principal) (*rbac.Identity, error) {
	var rows []principalRow
	err := s.raw(`WITH RECURSIVE chain (num) AS (SELECT CAST(? AS BIGINT) UNION
		SELECT p.behalf_of FROM chain JOIN principals AS p ON p.num = chain.num WHERE p.behalf_of IS NOT NULL)
		SELECT p.num, p.kind, p.disabled, p.behalf_of FROM chain JOIN principals AS p ON p.num = chain.num`, p).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("storage: principal: %w", err)
	}
	chain := map[rbac.Principal]principalRow{}
	for _, row := range rows {
		chain[row.Num] = row
	}
	if _, exists := chain[p]; !exists {
		return nil, fmt.Errorf("%w: %d", rbac.ErrNoPrincipal, p)
	}
	groups, err := s.groupsOf(ctx, slices.Collect(maps.Keys(chain)))
	if err != nil {
		return nil, err
	}
	var subject *rbac.Identity
	for next := &subject; ; {
		row, more := chain[p]
		if !more {
			return subject, nil
		}
		delete(chain, p) // each once, should they go in a circle
		*next = &rbac.Identity{Principal: row.Num, Kind: row.Kind, Disabled: row.Disabled, Groups: groups[row.Num]}
		next, p = &(*next).Behalf, row.BehalfOf
	}
}

// groupsOf returns all groups that principals are in, directly or through
// another group.
func (s session) groupsOf(ctx context.Context, members []rbac.Principal) (map[rbac.Principal][]rbac.Principal, error) {
	var rows []struct{ Member, Grp rbac.Principal }
	err := s.raw(`WITH RECURSIVE reach (member, grp) AS (
		SELECT member_num, group_num FROM group_members WHERE member_num IN (?) UNION
		SELECT r.member, m.group_num FROM reach AS r JOIN group_members AS m ON m.member_num = r.grp)
		SELECT member, grp FROM reach ORDER BY member, grp`, bun.List(members)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("storage: groups of a principal: %w", err)
	}
	groups := map[rbac.Principal][]rbac.Principal{}
	for _, row := range rows {
		groups[row.Member] = append(groups[row.Member], row.Grp)
	}
	return groups, nil
}

// concerned returns every principal whose rules can concern an identity.
func concerned(who rbac.Identity) []rbac.Principal {
	list := []rbac.Principal{rbac.Guest, rbac.Everyone, rbac.Authenticated, rbac.Owner}
	for next := &who; next != nil; next = next.Behalf {
		list = append(append(list, next.Principal), next.Groups...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// addPlaces reads the nodes that are selected, with all their ancestors, and
// returns the numbers of the selected ones in ascending order.
func (r *Rules) addPlaces(ctx context.Context, s session, places map[rbac.Node]rbac.Place, seed selection) ([]rbac.Node, error) {
	var rows []struct {
		Num       rbac.Node
		Workspace rbac.Node
		Parent    rbac.Node
		Class     string
		Owner     *rbac.Principal
		Sealed    bool
		Selected  bool
		Relation  *string
		Target    *rbac.Node
	}
	// The root is its own parent, where UNION stops.
	err := s.raw(`WITH RECURSIVE `+seed.query+`, up (num) AS (SELECT num FROM seed UNION
		SELECT n.parent FROM up `+r.nodesWhere("num", "up.num")+`)
		SELECT n.num, n.workspace, n.parent, n.class, n.owner, n.sealed, seed.num IS NOT NULL AS selected,
			l.name AS relation, l.target
		FROM up `+r.nodesWhere("num", "up.num")+` LEFT JOIN seed ON seed.num = n.num `+r.links(), seed.args...).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("storage: places: %w", err)
	}
	var selected []rbac.Node
	for _, row := range rows {
		place := rbac.Place{
			Node: row.Num, Workspace: row.Workspace, Parent: row.Parent, Class: row.Class, Sealed: row.Sealed,
			Links: places[row.Num].Links, // a node with several comes several times
		}
		if row.Owner != nil {
			place.Owner = *row.Owner
		}
		if row.Relation != nil {
			if place.Links == nil {
				place.Links = map[string]rbac.Node{}
			}
			place.Links[*row.Relation] = *row.Target
		}
		places[row.Num] = place
		if row.Selected {
			selected = append(selected, row.Num)
		}
	}
	slices.Sort(selected)
	return slices.Compact(selected), nil
}

// nodesWhere joins nodes as n by looking them up one by one. Neither database
// guesses well how many rows a recursive table has: PostgreSQL would read all
// nodes again for every level of a deep tree.
func (r *Rules) nodesWhere(column, is string) string {
	if r.db.postgres() {
		return "CROSS JOIN LATERAL (SELECT num, workspace, parent, class, owner, sealed FROM nodes WHERE nodes." +
			column + " = " + is + " OFFSET 0) AS n"
	}
	return "CROSS JOIN nodes AS n ON n." + column + " = " + is
}

// links joins the links of n as l, in the manner of nodesWhere.
func (r *Rules) links() string {
	if r.db.postgres() {
		return `LEFT JOIN LATERAL (SELECT name, target FROM node_links
			WHERE node_links.workspace = n.workspace AND node_links.node = n.num OFFSET 0) AS l ON TRUE`
	}
	return "LEFT JOIN node_links AS l ON l.workspace = n.workspace AND l.node = n.num"
}

// followLinks reads the nodes that the links of places lead to, and those that
// the links of these do, until there are no more. Links may lead to nodes that
// are gone.
func (r *Rules) followLinks(ctx context.Context, s session, places map[rbac.Node]rbac.Place) error {
	asked := map[rbac.Node]bool{}
	for {
		var next []rbac.Node
		for _, place := range places {
			for _, target := range place.Links {
				if _, known := places[target]; !known && !asked[target] {
					asked[target] = true
					next = append(next, target)
				}
			}
		}
		if len(next) == 0 {
			return nil
		}
		for some := range slices.Chunk(next, few) {
			seed := selection{query: "seed (num) AS (SELECT num FROM nodes WHERE num IN (?))", args: []any{bun.List(some)}}
			if _, err := r.addPlaces(ctx, s, places, seed); err != nil {
				return err
			}
		}
	}
}

// rulesOn reads the rules on places for some principals, in order of Num.
func (s session) rulesOn(ctx context.Context, places map[rbac.Node]rbac.Place, names []rbac.Principal) ([]rbac.Rule, error) {
	var list []rbac.Rule
	for some := range slices.Chunk(names, few) {
		var rows []ruleRow
		q := s.selects().Model(&rows).Where("r.principal IN (?)", bun.List(some))
		// On many places it is less to read all rules of the principals.
		if len(places) <= few {
			q = q.Where("r.node IN (?)", bun.List(slices.Collect(maps.Keys(places))))
		}
		if err := q.Scan(ctx); err != nil {
			return nil, fmt.Errorf("storage: rules on places: %w", err)
		}
		for _, row := range rows {
			if _, on := places[row.Node]; on {
				list = append(list, row.rule())
			}
		}
	}
	slices.SortFunc(list, func(a, b rbac.Rule) int { return cmp.Compare(a.Num, b.Num) })
	return list, nil
}

// addRoles reads the stored roles that the rules of facts name.
func (s session) addRoles(ctx context.Context, f rbac.Facts) error {
	named := map[rbac.RoleName]bool{}
	for _, rule := range f.Rules {
		if rule.Role != "" {
			named[rule.Role] = true
		}
	}
	for some := range slices.Chunk(slices.Collect(maps.Keys(named)), few) {
		roles, err := s.roles(ctx, some, false)
		if err != nil {
			return err
		}
		for _, role := range roles {
			f.Roles[role.Name] = role
		}
	}
	return nil
}

// steady reads facts that all belong to one state of the database. Where the
// statements of a unit of work each see what was committed before them, as on
// PostgreSQL, it reads again when the revisions tell that something changed
// meanwhile: an answer must not be made of a membership from before a change
// and a rule from after it.
func (r *Rules) steady(ctx context.Context, n rbac.Node, read func(session) (rbac.Facts, error)) (f rbac.Facts, err error) {
	if r.db.unit(ctx) == nil || !r.db.postgres() {
		err = r.db.snapshot(ctx, func(s session) error {
			f, err = read(s)
			return err
		})
		return f, err
	}
	s, err := r.db.reading(ctx)
	if err != nil {
		return f, err
	}
	watched, err := s.revisionsOf(ctx, "(SELECT workspace FROM nodes WHERE num = ?)", n)
	if err != nil {
		return f, err
	}
	for range attempts {
		if f, err = read(s); err != nil {
			return f, err
		}
		spanned := map[rbac.Node]bool{rbac.Root: true}
		for _, place := range f.Places {
			spanned[place.Workspace] = true
		}
		for workspace := range watched {
			spanned[workspace] = true
		}
		present, err := s.revisionsOf(ctx, "?", bun.List(slices.Collect(maps.Keys(spanned))))
		if err != nil {
			return f, err
		}
		if maps.Equal(watched, present) {
			return f, nil
		}
		watched = present
	}
	return f, errUnsteady
}

// revisionsOf returns the revisions of the root and of some workspaces.
func (s session) revisionsOf(ctx context.Context, which string, arg any) (map[rbac.Node]int64, error) {
	var rows []struct {
		Workspace rbac.Node
		Revision  int64
	}
	query := "SELECT workspace, revision FROM revisions WHERE workspace = 0 OR workspace IN (" + which + ")"
	if err := s.raw(query, arg).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("storage: revisions: %w", err)
	}
	revisions := make(map[rbac.Node]int64, len(rows))
	for _, row := range rows {
		revisions[row.Workspace] = row.Revision
	}
	return revisions, nil
}
