package rbac_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// How large the estate is: users are spread over the workspaces, and each has
// something to lose by every kind of change.
const (
	estateSpaces = 4
	estateUsers  = 500

	estateTop rbac.Node = 50 // what the workspaces hang from
)

// An estate is a platform on which servers change something and others ask.
type estate struct {
	// kinds are the kinds of changes by name: each takes from all users, or
	// gives back to them, in one unit of work.
	kinds map[string]func(ctx context.Context, s *server, on bool) error
	order []string
}

func newEstate() *estate {
	e := &estate{
		kinds: map[string]func(context.Context, *server, bool) error{
			"rule": rulesGo, "deny": deniesCome, "leave": usersLeave, "nest": groupsLeave, "disable": usersDisabled,
			"seal": nodesSealed, "move": nodesMove, "role": roleReplaced, "above": rulesAbove,
		},
		order: []string{"rule", "deny", "leave", "nest", "disable", "seal", "move", "role", "above"},
	}
	return e
}

func (*estate) space(w int) rbac.Node     { return rbac.Node(100 * (w + 1)) }
func (*estate) user(i int) rbac.Principal { return rbac.Principal(1000 + i) }
func (*estate) key(i int) rbac.Principal  { return rbac.Principal(5000 + i) }

// node is what users lose by a kind of change; there is one more in each
// workspace, which the one that moves moves to.
func (e *estate) node(w int, kind string) rbac.Node {
	for i, k := range e.order {
		if k == kind {
			return e.space(w) + 10 + rbac.Node(i)
		}
	}
	panic(kind)
}

func (e *estate) refuge(w int) rbac.Node { return e.space(w) + 9 }
func (e *estate) home(w int) rbac.Node   { return e.space(w) + 8 }

// Groups: of the users of a workspace who leave, inner ones that leave outer
// ones, and of all users and all keys.
func (*estate) leavers(w int) rbac.Principal { return rbac.Principal(200 + w) }
func (*estate) inner(w int) rbac.Principal   { return rbac.Principal(220 + w) }
func (*estate) outer(w int) rbac.Principal   { return rbac.Principal(240 + w) }

const (
	estateAll  rbac.Principal = 260
	estateKeys rbac.Principal = 261
)

// build plants the estate, where everybody has everything there is to lose.
func (e *estate) build(t *testing.T, address string) {
	t.Helper()
	top := rbac.State{Places: []rbac.Place{{Class: "platform"}, {Node: estateTop, Class: "group"}}, Roles: []rbac.Role{{Name: "stored"}}}
	all := rbac.State{}
	num := int64(100)
	give := func(s *rbac.State, n rbac.Node, to rbac.Principal, more func(*rbac.Rule)) {
		num++
		r := rbac.Rule{Num: num, Node: n, Effect: rbac.Allow, Principal: to, Scope: "resource", Permission: "update", Propagate: true, Created: t0}
		if more != nil {
			more(&r)
		}
		s.Rules = append(s.Rules, r)
	}
	give(&top, rbac.Root, rbac.Authenticated, func(r *rbac.Rule) { r.Permission = "read" })
	give(&top, rbac.Root, estateKeys, nil)
	give(&top, estateTop, estateAll, func(r *rbac.Rule) { r.Class = "plain" })
	people := []rbac.Profile{{Principal: estateAll, Kind: rbac.Group}, {Principal: estateKeys, Kind: rbac.Group}}
	for w := range estateSpaces {
		s := e.space(w)
		all.Places = append(
			all.Places, rbac.Place{Node: s, Parent: estateTop, Class: "space", Workspace: s},
			rbac.Place{Node: e.home(w), Parent: s, Class: "group", Workspace: s}, rbac.Place{Node: e.refuge(w), Parent: s, Class: "group", Workspace: s},
		)
		for _, kind := range e.order {
			p := rbac.Place{Node: e.node(w, kind), Parent: s, Class: "group", Workspace: s}
			switch kind {
			case "move":
				p.Parent = e.home(w)
			case "above":
				p.Class = "plain"
			}
			all.Places = append(all.Places, p)
		}
		for _, g := range []rbac.Principal{e.leavers(w), e.outer(w)} {
			people = append(people, rbac.Profile{Principal: g, Kind: rbac.Group})
		}
		people = append(people, rbac.Profile{Principal: e.inner(w), Kind: rbac.Group, Groups: []rbac.Principal{e.outer(w)}})
		give(&all, e.node(w, "deny"), e.outer(w), nil)
		give(&all, e.node(w, "leave"), e.leavers(w), nil)
		give(&all, e.node(w, "nest"), e.outer(w), nil)
		give(&all, e.node(w, "seal"), estateAll, nil)
		give(&all, e.home(w), estateAll, nil)
	}
	for i := range estateUsers {
		w := i % estateSpaces
		people = append(
			people, rbac.Profile{Principal: e.user(i), Kind: rbac.User, Groups: []rbac.Principal{e.leavers(w), e.inner(w), estateAll}},
			rbac.Profile{Principal: e.key(i), Kind: rbac.Key, Behalf: e.user(i), Groups: []rbac.Principal{estateKeys}},
		)
		give(&all, e.node(w, "rule"), e.user(i), func(r *rbac.Rule) { r.Origin = "rule" })
		give(&all, e.node(w, "disable"), e.user(i), nil)
		give(&all, e.node(w, "role"), e.user(i), func(r *rbac.Rule) { r.Scope, r.Permission, r.Role = "", "", "stored" })
	}
	top.Roles[0].Permissions = []rbac.Permission{"resource.update"}
	in := func(n rbac.Node) rbac.Node {
		if n < 100 {
			return rbac.Root
		}
		return n / 100 * 100
	}
	scribe, err := dbtest.NewScribe(address)
	if err != nil {
		t.Fatal(err)
	}
	defer scribe.Close()
	statements := dbtest.PutPrincipals(people, nil)
	statements = append(statements, dbtest.PutRoles(top.Roles, nil)...)
	statements = append(statements, dbtest.Put(append(top.Places, all.Places...), nil, append(top.Rules, all.Rules...), nil, in)...)
	lines := []dbtest.Line{{Kind: "everything"}}
	for w := range estateSpaces {
		lines = append(lines, dbtest.Line{Workspace: e.space(w), Kind: "everything"})
	}
	if address[:7] != "sqlite:" {
		statements = append(statements, "SELECT setval(pg_get_serial_sequence('rules', 'num'), 1000000)")
	}
	if err := scribe.Write(t.Context(), statements, lines...); err != nil {
		t.Fatal(err)
	}
}

// grants makes a rule for every user on his workspace's node of a kind.
func (s *server) grants(ctx context.Context, kind string, effect rbac.Effect) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		for i := range estateUsers {
			_, err := s.engine.Grant(ctx, rbac.Rule{
				Node: s.node(i%estateSpaces, kind), Effect: effect, Principal: s.user(i), Scope: "resource", Permission: "update", Propagate: true, Origin: kind,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *server) revokes(ctx context.Context, kind string) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		_, err := s.engine.Revoke(ctx, rbac.RuleFilter{Origin: kind})
		return err
	})
}

func rulesGo(ctx context.Context, s *server, on bool) error {
	if on {
		return s.grants(ctx, "rule", rbac.Allow)
	}
	return s.revokes(ctx, "rule")
}

func deniesCome(ctx context.Context, s *server, on bool) error {
	if on {
		return s.revokes(ctx, "deny")
	}
	return s.grants(ctx, "deny", rbac.Deny)
}

// shuffle has principals join groups or part from them.
func (s *server) shuffle(ctx context.Context, on bool, n int, pair func(i int) (group, member rbac.Principal)) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		change := s.db.Workspaces().Part
		if on {
			change = s.db.Workspaces().Join
		}
		for i := range n {
			group, member := pair(i)
			if done, err := change(ctx, group, member); err != nil || !done {
				return fmt.Errorf("group %d, member %d: changed %v, %w", group, member, done, err)
			}
		}
		return nil
	})
}

func usersLeave(ctx context.Context, s *server, on bool) error {
	return s.shuffle(ctx, on, estateUsers, func(i int) (rbac.Principal, rbac.Principal) { return s.leavers(i % estateSpaces), s.user(i) })
}

func groupsLeave(ctx context.Context, s *server, on bool) error {
	return s.shuffle(ctx, on, estateSpaces, func(w int) (rbac.Principal, rbac.Principal) { return s.outer(w), s.inner(w) })
}

func usersDisabled(ctx context.Context, s *server, on bool) error {
	lines := make([]dbtest.Line, estateUsers)
	for i := range lines {
		lines[i] = dbtest.Line{Kind: "principal", Num: int64(s.user(i))}
	}
	return s.scribe.Write(ctx, []string{fmt.Sprintf("UPDATE principals SET disabled = %t WHERE num BETWEEN %d AND %d", !on, s.user(0), s.user(estateUsers-1))}, lines...)
}

// nodes changes the node of a kind in every workspace.
func (s *server) nodes(ctx context.Context, kind string, set func(w int) string) error {
	var statements []string
	var lines []dbtest.Line
	for w := range estateSpaces {
		n := s.node(w, kind)
		statements = append(statements, fmt.Sprintf("UPDATE nodes SET %s WHERE num = %d", set(w), n))
		lines = append(lines, dbtest.Line{Workspace: s.space(w), Kind: "node", Num: int64(n)})
	}
	return s.scribe.Write(ctx, statements, lines...)
}

func nodesSealed(ctx context.Context, s *server, on bool) error {
	return s.nodes(ctx, "seal", func(int) string { return fmt.Sprintf("sealed = %t", !on) })
}

func nodesMove(ctx context.Context, s *server, on bool) error {
	return s.nodes(ctx, "move", func(w int) string {
		if on {
			return fmt.Sprintf("parent = %d", s.home(w))
		}
		return fmt.Sprintf("parent = %d", s.refuge(w))
	})
}

func roleReplaced(ctx context.Context, s *server, on bool) error {
	role := rbac.Role{Name: "stored", Permissions: []rbac.Permission{"data.read"}}
	if on {
		role.Permissions = append(role.Permissions, "resource.update")
	}
	return s.db.Tx(ctx, func(ctx context.Context) error { return s.engine.PutRole(ctx, role) })
}

func rulesAbove(ctx context.Context, s *server, on bool) error {
	if on {
		return s.revokes(ctx, "above")
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		_, err := s.engine.Grant(ctx, rbac.Rule{
			Node: estateTop, Effect: rbac.Deny, Principal: estateAll, Scope: "resource", Permission: "update", Class: "plain", Propagate: true, Origin: "above",
		})
		return err
	})
}
