package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Facts returns, read in one statement and so in one snapshot, what decides
// about a principal on a node.
func (r *Rules) Facts(ctx context.Context, p rbac.Principal, n rbac.Node) (rbac.Facts, error) {
	s, err := r.db.reading(ctx)
	if err != nil {
		return rbac.Facts{}, err
	}
	query := r.db.factsQuery("seed (num) AS (SELECT CAST($2 AS BIGINT))", false)
	return r.db.facts(ctx, s, question{query: query, args: []any{int64(p), int64(n)}, principal: p, under: n, one: true})
}

// FactsBelow is like Facts for every node of a class at or below a node.
func (r *Rules) FactsBelow(ctx context.Context, p rbac.Principal, under rbac.Node, class string) (rbac.Facts, error) {
	// The node itself is always among the seeds: that it exists must be known
	// also where nothing is asked about.
	q := question{args: []any{int64(p)}, principal: p, under: under, class: class}
	switch {
	case under == rbac.Root && class == "":
		q.query = r.db.factsQuery("seed (num) AS (SELECT num FROM nodes)", true)
	case under == rbac.Root:
		q.query = r.db.factsQuery("seed (num) AS (SELECT num FROM nodes WHERE class = $2 UNION SELECT 0)", true)
		q.args = append(q.args, class)
	default:
		q.query = r.db.factsQuery(`below (num) AS (SELECT CAST($2 AS BIGINT) UNION
			SELECT n.num FROM below `+r.db.nodesWhere("parent", "below.num")+`),
			seed (num) AS (SELECT n.num FROM below `+r.db.nodesWhere("num", "below.num")+` WHERE $3 IN ('', n.class) OR n.num = $2)`, true)
		q.args = append(q.args, int64(under), class)
	}
	s, err := r.db.reading(ctx)
	if err != nil {
		return rbac.Facts{}, err
	}
	return r.db.facts(ctx, s, q)
}

// A question is a statement that reads facts, and what it was made from.
type question struct {
	query     string
	args      []any
	principal rbac.Principal
	under     rbac.Node
	class     string
	one       bool // about the node alone
}

// The rows of facts, by what their first column says they are. The others are
// five numbers, a truth and seven texts, used from the left, and what is stored
// of a role: a truth and two texts.
const (
	factRule  = iota // as ruleColumns; the role's everything, title, permissions
	factWho          // principal, a group of his or NULL, himself if NULL, behalf_of; disabled; kind
	factPlace        // num, workspace, parent, owner, target of a link; sealed; class, name of the link
	factSeed         // num
)

// few is how many places there may be for their rules to be looked up place by
// place. On more it is less to read all rules of the principals.
const few = 5000

// factsQuery returns the statement that reads everything that decides about
// principal $1 on the nodes of a table "seed", which the text defines: whoever
// he acts for, all groups of both, the nodes with all their ancestors and what
// their links lead to, and the rules on those that can concern him, with the
// roles that they name. With below, it tells the seeds as well.
func (db *DB) factsQuery(seed string, below bool) string {
	var q strings.Builder
	q.WriteString("WITH RECURSIVE mine (member, grp) AS (SELECT CAST($1 AS BIGINT), CAST(NULL AS BIGINT) UNION " + db.nextGroups() + "), " +
		db.concerned() + ", " + seed + ", place (num, workspace, parent, owner, sealed, class) AS (" +
		"SELECT n.num, n.workspace, n.parent, n.owner, n.sealed, n.class FROM seed " + db.nodesWhere("num", "seed.num") + " UNION " +
		db.nextPlaces() + ") ")
	q.WriteString(db.rulesOn(below))
	part := func(what int, columns string, from string) {
		fmt.Fprintf(&q, " UNION ALL SELECT %d, %s FROM %s", what, columns, from)
	}
	part(factWho, "mine.member, mine.grp, p.num, p.behalf_of, NULL, p.disabled, p.kind, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
		"mine "+db.identities())
	part(factPlace, "place.num, place.workspace, parent, owner, l.target, sealed, class, l.name, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
		"place "+db.links("LEFT"))
	if below {
		part(factSeed, "num, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL", "seed")
	}
	return q.String()
}

// nextGroups leads from a principal to his groups, from groups to theirs, and
// from the principal himself, who has no group beside him, to who he acts for.
func (db *DB) nextGroups() string {
	if db.postgres() {
		return `SELECT next.member, next.grp FROM mine CROSS JOIN LATERAL (
			SELECT mine.member, group_num FROM group_members WHERE member_num = COALESCE(mine.grp, mine.member) UNION ALL
			SELECT behalf_of, NULL FROM principals WHERE num = mine.member AND mine.grp IS NULL AND behalf_of IS NOT NULL
			OFFSET 0) AS next (member, grp)`
	}
	return `SELECT mine.member, m.group_num FROM mine CROSS JOIN group_members AS m ON m.member_num = COALESCE(mine.grp, mine.member) UNION
		SELECT p.behalf_of, NULL FROM mine CROSS JOIN principals AS p ON p.num = mine.member WHERE mine.grp IS NULL AND p.behalf_of IS NOT NULL`
}

// identities joins p, the principal that a row of mine without a group is of.
func (db *DB) identities() string {
	if db.postgres() {
		return `LEFT JOIN LATERAL (SELECT num, behalf_of, disabled, kind FROM principals
			WHERE num = mine.member AND mine.grp IS NULL OFFSET 0) AS p ON TRUE`
	}
	return "LEFT JOIN principals AS p ON p.num = mine.member AND mine.grp IS NULL"
}

// nextPlaces leads from places to their parents, and to where their links lead:
// for as long as there are others, which are there. The root is its own parent,
// where UNION stops.
func (db *DB) nextPlaces() string {
	if db.postgres() {
		return `SELECT n.num, n.workspace, n.parent, n.owner, n.sealed, n.class FROM place
			CROSS JOIN LATERAL (SELECT place.parent UNION ALL SELECT target FROM node_links
				WHERE node_links.workspace = place.workspace AND node_links.node = place.num) AS next (num) ` + db.nodesWhere("num", "next.num")
	}
	return "SELECT n.num, n.workspace, n.parent, n.owner, n.sealed, n.class FROM place " + db.nodesWhere("num", "place.parent") + " UNION " +
		"SELECT n.num, n.workspace, n.parent, n.owner, n.sealed, n.class FROM place " + db.links("CROSS") + db.nodesWhere("num", "l.target")
}

// concerned is a table of everybody whose rules can concern the principal: on
// PostgreSQL, which looks up many in an index at once, one row with all.
func (db *DB) concerned() string {
	if db.postgres() {
		return "concerned (nums) AS MATERIALIZED (SELECT ARRAY[1, 2, 3, 6]::bigint[] || ARRAY (SELECT COALESCE(grp, member) FROM mine))"
	}
	return "concerned (num) AS MATERIALIZED (VALUES (1), (2), (3), (6) UNION SELECT COALESCE(grp, member) FROM mine)"
}

// rulesOn selects the rules on places that are for somebody concerned: place by
// place, and below a node, where there are more places than that is good for,
// all of those who are concerned. It says what type each column has, too.
func (db *DB) rulesOn(below bool) string {
	columns := fmt.Sprintf("SELECT %d, %s, o.everything, o.title, o.permissions ", factRule, ruleColumns)
	roles := " LEFT JOIN roles AS o ON o.name = r.role"
	by, all := "FROM place CROSS JOIN concerned AS c CROSS JOIN rules AS r ON r.node = place.num AND r.principal = c.num",
		"FROM rules AS r"
	among := "r.principal IN (SELECT num FROM concerned) AND +r.node IN (SELECT num FROM place)"
	if db.postgres() {
		by = `FROM place CROSS JOIN concerned AS c CROSS JOIN LATERAL
			(SELECT ` + strings.ReplaceAll(ruleColumns, "r.", "") + ` FROM rules WHERE rules.node = place.num AND rules.principal = ANY (c.nums) OFFSET 0) AS r`
		among = "r.principal = ANY (ARRAY (SELECT unnest(nums) FROM concerned)) AND r.node IN (SELECT num FROM place)"
		roles = " LEFT JOIN LATERAL (SELECT everything, title, permissions FROM roles WHERE roles.name = r.role OFFSET 0) AS o ON TRUE"
	}
	if !below {
		return columns + by + roles
	}
	size := fmt.Sprintf("(SELECT count(*) FROM place) > %d", few)
	return columns + by + roles + " WHERE NOT " + size + " UNION ALL " + columns + all + roles + " WHERE " + among + " AND " + size
}

// nodesWhere joins nodes as n by looking them up one by one. Neither database
// guesses well how many rows a recursive table has: PostgreSQL would read all
// nodes again for every level of a deep tree.
func (db *DB) nodesWhere(column, is string) string {
	if db.postgres() {
		return "CROSS JOIN LATERAL (SELECT num, workspace, parent, class, owner, sealed FROM nodes WHERE nodes." +
			column + " = " + is + " OFFSET 0) AS n "
	}
	return "CROSS JOIN nodes AS n ON n." + column + " = " + is + " "
}

// links joins the links of places as l, in the manner of nodesWhere, and with LEFT
// those without any, too.
func (db *DB) links(join string) string {
	if db.postgres() {
		on := ""
		if join == "LEFT" {
			on = "ON TRUE "
		}
		return join + ` JOIN LATERAL (SELECT node, name, target FROM node_links
			WHERE node_links.workspace = place.workspace AND node_links.node = place.num OFFSET 0) AS l ` + on
	}
	return join + " JOIN node_links AS l ON l.workspace = place.workspace AND l.node = place.num "
}

// facts answers a question.
func (db *DB) facts(ctx context.Context, s session, q question) (rbac.Facts, error) {
	g := gathering{
		facts: rbac.Facts{Places: map[rbac.Node]rbac.Place{}, Roles: map[rbac.RoleName]rbac.Role{}},
		chain: map[rbac.Principal]principalRow{}, groups: map[rbac.Principal][]rbac.Principal{}, words: words{},
	}
	if q.one {
		g.seeds = append(g.seeds, q.under)
	}
	const columns = 17
	var err error
	if q.one || !db.postgres() {
		err = db.eachKept(ctx, s, q.query, columns, g.add, q.args...)
	} else { // PostgreSQL plans by how much there is below
		err = s.each(ctx, q.query, columns, g.add, q.args...)
	}
	if err = errors.Join(err, g.failed); err != nil {
		return rbac.Facts{}, fmt.Errorf("storage: facts: %w", err)
	}
	f := g.facts
	if _, exists := g.chain[q.principal]; !exists {
		return rbac.Facts{}, fmt.Errorf("%w: %d", rbac.ErrNoPrincipal, q.principal)
	}
	if _, exists := f.Places[q.under]; !exists {
		return rbac.Facts{}, fmt.Errorf("%w: %d", rbac.ErrNoNode, q.under)
	}
	f.Subject = *identity(q.principal, g.chain, g.groups)
	for _, n := range g.seeds {
		if q.class == "" || f.Places[n].Class == q.class {
			f.Targets = append(f.Targets, n)
		}
	}
	if len(f.Targets) == 0 {
		return rbac.Facts{Subject: f.Subject, Places: map[rbac.Node]rbac.Place{}, Roles: map[rbac.RoleName]rbac.Role{}}, nil
	}
	slices.Sort(f.Targets)
	slices.SortFunc(f.Rules, func(a, b rbac.Rule) int { return cmp.Compare(a.Num, b.Num) })
	return f, nil
}

// A gathering is what rows have told so far.
type gathering struct {
	facts  rbac.Facts
	chain  map[rbac.Principal]principalRow
	groups map[rbac.Principal][]rbac.Principal
	seeds  []rbac.Node
	words  words
	failed error
}

func (g *gathering) add(r *record) {
	switch r.num(0) {
	case factRule:
		rule := r.ruleOf(1, g.words)
		g.facts.Rules = append(g.facts.Rules, rule)
		if _, known := g.facts.Roles[rule.Role]; known || r.values[15] == nil {
			return
		}
		role, err := roleRow{Name: rule.Role, Everything: r.flag(14), Title: r.text(15), Permissions: r.text(16)}.role()
		g.facts.Roles[rule.Role], g.failed = role, errors.Join(g.failed, err)
	case factWho:
		num := rbac.Principal(r.num(1))
		if group := rbac.Principal(r.num(2)); group != 0 {
			g.groups[num] = append(g.groups[num], group)
		} else if r.num(3) != 0 {
			g.chain[num] = principalRow{Num: num, BehalfOf: rbac.Principal(r.num(4)), Disabled: r.flag(6), Kind: rbac.Kind(r.text(7))}
		}
	case factPlace:
		num := rbac.Node(r.num(1))
		place := rbac.Place{
			Node: num, Workspace: rbac.Node(r.num(2)), Parent: rbac.Node(r.num(3)), Owner: rbac.Principal(r.num(4)),
			Sealed: r.flag(6), Class: g.words.one(r.text(7)), Links: g.facts.Places[num].Links, // a node with several comes several times
		}
		if r.values[5] != nil {
			if place.Links == nil {
				place.Links = map[string]rbac.Node{}
			}
			place.Links[r.text(8)] = rbac.Node(r.num(5))
		}
		g.facts.Places[num] = place
	case factSeed:
		g.seeds = append(g.seeds, rbac.Node(r.num(1)))
	}
}

// identity returns what decisions need to know of a principal, and of the one
// he acts for.
func identity(p rbac.Principal, chain map[rbac.Principal]principalRow, groups map[rbac.Principal][]rbac.Principal) (subject *rbac.Identity) {
	for next := &subject; ; {
		row, more := chain[p]
		if !more {
			return subject
		}
		delete(chain, p) // each once, should they go in a circle
		slices.Sort(groups[p])
		*next = &rbac.Identity{Principal: p, Kind: row.Kind, Disabled: row.Disabled, Groups: groups[p]}
		next, p = &(*next).Behalf, row.BehalfOf
	}
}
