package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// partyRow is somebody whom rules in a workspace can name.
type partyRow struct {
	bun.BaseModel `bun:"alias:p"`

	Num       rbac.Principal `bun:"num"`
	Kind      rbac.Kind      `bun:"kind"`
	NameFold  string         `bun:"name_fold"`
	Title     string         `bun:"title"`
	FirstName string         `bun:"first_name"`
	LastName  string         `bun:"last_name"`
	Username  string         `bun:"username"`
	Email     string         `bun:"email"`
	Member    bool           `bun:"member"`
	Suspended bool           `bun:"suspended"`
}

func (r partyRow) party() workspace.Party {
	p := workspace.Party{
		Num: r.Num, Kind: r.Kind, Name: r.Title, Username: r.Username, Email: r.Email, Member: r.Member, Suspended: r.Suspended,
	}
	if r.Kind == rbac.User {
		p.Name = workspace.User{FirstName: r.FirstName, LastName: r.LastName}.Name()
	}
	return p
}

// A faction is parties of one sort.
type faction struct {
	kind  rbac.Kind
	table string
	// join is what it takes to show them.
	join string
	// num, name and search are columns, the last of those that are not searched
	// for otherwise.
	num, name, search string
	// shown are title, first name, last name, username, e-mail, whether they are
	// members and suspended.
	shown string
	// where is a condition on the workspace, and also one that join implies: with
	// both SQLite would take the index of that rather than that of the order.
	where, also string
}

// factions are the parties that are kept.
func factions() []faction {
	return []faction{
		{
			rbac.User, "members AS m", "JOIN users AS u ON u.num = m.principal", "m.principal", "m.name_fold", "",
			"'' AS title, u.first_name, u.last_name, u.username, u.email, TRUE AS member, " + suspended + " AS suspended",
			"m.workspace_id = ?", "m.kind = 'user'",
		},
		{
			// Of few. In order of what is kept beside the workspace, SQLite would look for them among all its members.
			rbac.Group, "members AS m", "JOIN groups AS g ON g.num = m.principal", "m.principal", "g.name_fold", "m.name_fold",
			"g.name AS title, '' AS first_name, '' AS last_name, '' AS username, '' AS email, TRUE AS member, " + suspended + " AS suspended",
			"m.workspace_id = ? AND m.kind = 'group'", "",
		},
		{
			rbac.Group, "groups AS g", "", "g.num", "g.name_fold", "g.name_fold",
			"g.name AS title, '' AS first_name, '' AS last_name, '' AS username, '' AS email, FALSE AS member, FALSE AS suspended",
			"g.workspace_id = ?0 AND g.num NOT IN (SELECT principal FROM members WHERE workspace_id = ?0 AND kind = 'group')", "",
		},
		{
			rbac.Key, "access_keys AS k", "", "k.num", "k.title_fold", "k.title_fold",
			"k.title, '' AS first_name, '' AS last_name, '' AS username, '' AS email, FALSE AS member, FALSE AS suspended",
			"k.workspace_id = ?", "",
		},
	}
}

// special is the faction of those that are kept nowhere.
func (s session) special(list []workspace.Party) faction {
	rows := make([]string, 0, len(list))
	for _, p := range list {
		rows = append(rows, s.db.QueryGen().FormatQuery("SELECT CAST(? AS BIGINT) AS num, ? AS name_fold, ? AS title", p.Num, fold(p.Name), p.Name))
	}
	return faction{
		rbac.System, "(" + strings.Join(rows, " UNION ALL ") + ") AS x", "", "x.num", "x.name_fold", "x.name_fold",
		"x.title, '' AS first_name, '' AS last_name, '' AS username, '' AS email, FALSE AS member, FALSE AS suspended",
		"? <> ''", "",
	}
}

// factions returns the queries of the parties that a filter chooses, with what
// each of them is of.
func (s session) factions(f workspace.PartyFilter, shown bool) (of []faction, queries []*bun.SelectQuery) {
	if f.Workspace == "" { // what belongs to none is not its
		return nil, nil
	}
	of = factions()
	if len(f.Special) > 0 {
		of = append(of, s.special(f.Special))
	}
	of = slices.DeleteFunc(of, func(a faction) bool { return f.Kinds != nil && !slices.Contains(f.Kinds, a.kind) })
	for _, a := range of {
		q := s.selects().TableExpr(a.table).Where(a.where, f.Workspace)
		switch {
		case shown && a.join != "":
			q = q.Join(a.join)
		case a.also != "":
			q = q.Where(a.also)
		}
		q = oneOf(q, a.num, f.Nums)
		if a.kind == rbac.User {
			q = membersNamed(q, f.Workspace, f.Search)
		} else {
			q = contains(q, f.Search, a.search)
		}
		queries = append(queries, q)
	}
	return of, queries
}

// union is all rows of some queries, each with its own bounds.
func (s session) union(queries []*bun.SelectQuery) *bun.SelectQuery {
	parts, args := make([]string, 0, len(queries)), make([]any, 0, len(queries))
	for i, q := range queries {
		parts = append(parts, fmt.Sprintf("SELECT * FROM (?) AS p%d", i)) //nolint:unqueryvet // each query names its columns
		args = append(args, q)
	}
	return s.selects().TableExpr("("+strings.Join(parts, " UNION ALL ")+") AS p", args...)
}

func partyListing(name, num string) listing {
	return listing{names: workspace.PartyFilter{}.Sortable(), num: num, invalid: invalidWorkspace, key: func(by string) key {
		switch by {
		case "", "name":
			return key{name, folded}
		case "num":
			return key{"", numbers}
		}
		return key{}
	}}
}

// Parties returns the parties that a filter chooses: of each sort what the page
// can have, since an index has the place of each, and then the page.
func (w *Workspaces) Parties(ctx context.Context, f workspace.PartyFilter) ([]workspace.Party, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	of, queries := s.factions(f, true)
	if len(queries) == 0 {
		return nil, nil
	}
	for i, a := range of {
		if f.Nums != nil { // which are looked up, and not looked for in order of name
			a.name += " || ''"
		}
		q := queries[i].ColumnExpr("? AS num, ? AS kind, ? AS name_fold, ?", bun.Safe(a.num), string(a.kind), bun.Safe(a.name), bun.Safe(a.shown))
		if queries[i], err = w.db.order(q, partyListing(a.name, a.num), f.Order, false, f.After, 0, f.Limit); err != nil {
			return nil, err
		}
	}
	var rows []partyRow
	q, err := w.db.order(s.union(queries).ColumnExpr("p.*"), partyListing("p.name_fold", "p.num"), f.Order, false, f.After, 0, f.Limit)
	if err != nil {
		return nil, err
	}
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("storage: parties: %w", err)
	}
	list := make([]workspace.Party, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.party())
	}
	return list, nil
}

// CountParties returns how many parties a filter chooses, whatever its bounds.
func (w *Workspaces) CountParties(ctx context.Context, f workspace.PartyFilter) (int, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	_, queries := s.factions(f, false)
	if len(queries) == 0 {
		return 0, nil
	}
	for i := range queries {
		queries[i] = queries[i].ColumnExpr("count(*) AS n")
	}
	var n int
	if err := s.union(queries).ColumnExpr("CAST(sum(p.n) AS BIGINT)").Scan(ctx, &n); err != nil {
		return 0, fmt.Errorf("storage: count parties: %w", err)
	}
	return n, nil
}

// PartyNums returns the numbers of the parties that a filter chooses.
func (w *Workspaces) PartyNums(ctx context.Context, f workspace.PartyFilter) ([]rbac.Principal, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	of, queries := s.factions(f, false)
	if len(queries) == 0 {
		return nil, nil
	}
	for i, a := range of {
		queries[i] = queries[i].ColumnExpr("? AS num", bun.Safe(a.num))
	}
	var nums []rbac.Principal
	if err := s.union(queries).ColumnExpr("p.num").OrderExpr("p.num").Scan(ctx, &nums); err != nil {
		return nil, fmt.Errorf("storage: numbers of parties: %w", err)
	}
	return nums, nil
}

// Parties returns the parties that a filter chooses, see [Workspaces.Parties].
func (r *Resources) Parties(ctx context.Context, f workspace.PartyFilter) ([]workspace.Party, error) {
	return r.db.Workspaces().Parties(ctx, f)
}

// PartyNums returns their numbers, see [Workspaces.PartyNums].
func (r *Resources) PartyNums(ctx context.Context, f workspace.PartyFilter) ([]rbac.Principal, error) {
	return r.db.Workspaces().PartyNums(ctx, f)
}

// Workspace returns the workspace of a node.
func (r *Resources) Workspace(ctx context.Context, top rbac.Node) (workspace.Workspace, error) {
	only := rbac.Only(top)
	list, err := r.db.Workspaces().Workspaces(ctx, workspace.Filter{Nodes: &only})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%w: workspace %d", resource.ErrNotFound, top)
	}
	if err != nil {
		return workspace.Workspace{}, err
	}
	return list[0], nil
}
