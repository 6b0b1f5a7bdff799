package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

func rules(t *testing.T, b *Backend, f rbac.RuleFilter) []rbac.Rule {
	t.Helper()
	list, err := b.Rules.Rules(t.Context(), f)
	if err != nil {
		t.Fatalf("Rules: %v", err)
	}
	return list
}

// numsOf returns which of the rules added are among those listed, in the order
// of the list.
func numsOf(added, listed []rbac.Rule) []int {
	got := []int{}
	for _, r := range listed {
		for i := range added {
			if added[i].Num == r.Num {
				got = append(got, i)
			}
		}
	}
	return got
}

func rulesKeepEverything(t *testing.T, b *Backend) {
	t.Helper()
	full := rbac.Rule{
		ID: "full", Node: folder, Effect: rbac.Deny, Principal: inner, Scope: "data", Permission: "write", Class: "layer",
		Propagate: true, Expires: moment().Add(time.Microsecond), Origin: "member", Created: moment(),
	}
	plain := ruleOf(rbac.Root, user)
	plain.Role = "some role"
	added := add(t, b, full, plain)
	if added[0].Num == 0 || added[1].Num <= added[0].Num {
		t.Errorf("Nums %d, %d, want them to rise", added[0].Num, added[1].Num)
	}
	full.Num, plain.Num = added[0].Num, added[1].Num
	same(t, "AddRule", added, []rbac.Rule{full, plain})
	same(t, "Rules", rules(t, b, rbac.RuleFilter{IDs: []rbac.RuleID{"full"}}), []rbac.Rule{full})
	same(t, "Rules of a role", rules(t, b, rbac.RuleFilter{Roles: []rbac.RoleName{"some role"}}), []rbac.Rule{plain})
}

// someRules adds rules that filters can tell apart.
func someRules(t *testing.T, b *Backend) []rbac.Rule {
	t.Helper()
	var list []rbac.Rule
	for i, id := range []rbac.RuleID{"a", "b", "c", "d"} {
		r := ruleOf([]rbac.Node{folder, layer, folder, cable}[i], []rbac.Principal{user, user, inner, outer}[i])
		r.ID = id
		r.Role = []rbac.RoleName{"", "x", "y", "x"}[i]
		r.Origin = []string{"member", "", "member", "grant"}[i]
		r.Effect = []rbac.Effect{rbac.Allow, rbac.Allow, rbac.Deny, rbac.Allow}[i]
		list = append(list, r)
	}
	return add(t, b, list...)
}

// behind continues a list in order of number behind a rule.
func behind(r rbac.Rule) *paging.Mark { return &paging.Mark{Num: r.Num} }

func rulesAreChosen(t *testing.T, b *Backend) {
	t.Helper()
	builtin := len(rules(t, b, rbac.RuleFilter{}))
	added := someRules(t, b)
	same(t, "all", len(rules(t, b, rbac.RuleFilter{})), builtin+4)
	var withinOther, denials []int
	for i, r := range added {
		if r.Node == other || r.Node == cable {
			withinOther = append(withinOther, i)
		}
		if r.Effect == rbac.Deny {
			denials = append(denials, i)
		}
	}
	if len(withinOther) == 0 || len(denials) == 0 {
		t.Fatal("no rule lies elsewhere, or none denies")
	}
	for _, test := range []struct {
		name   string
		filter rbac.RuleFilter
		want   []int
	}{
		{"everything", rbac.RuleFilter{}, []int{0, 1, 2, 3}},
		{"IDs", rbac.RuleFilter{IDs: []rbac.RuleID{"d", "a", "none"}}, []int{0, 3}},
		{"no ID", rbac.RuleFilter{IDs: []rbac.RuleID{}}, []int{}},
		{"Nodes", rbac.RuleFilter{Nodes: []rbac.Node{folder, cable}}, []int{0, 2, 3}},
		{"Principals", rbac.RuleFilter{Principals: []rbac.Principal{inner, outer}}, []int{2, 3}},
		{"Roles", rbac.RuleFilter{Roles: []rbac.RoleName{"x"}}, []int{1, 3}},
		{"Origin", rbac.RuleFilter{Origin: "member"}, []int{0, 2}},
		{"Within", rbac.RuleFilter{Within: other}, withinOther},
		{"Named", rbac.RuleFilter{Named: true, After: behind(added[0])}, []int{1, 2, 3}},
		{"Effect", rbac.RuleFilter{Effect: rbac.Deny}, denials},
		{"OriginPrefix", rbac.RuleFilter{OriginPrefix: "mem"}, []int{0, 2}},
		{"OriginPrefix, whose case counts", rbac.RuleFilter{OriginPrefix: "MEM"}, []int{}},
		{"OriginPrefix, as it is", rbac.RuleFilter{OriginPrefix: "m%r"}, []int{}},
		{"OriginPrefix that cannot be", rbac.RuleFilter{OriginPrefix: "mem\x00"}, []int{}},
		{"Offset", rbac.RuleFilter{Roles: []rbac.RoleName{"x"}, Offset: 1}, []int{3}},
		{"several", rbac.RuleFilter{Origin: "member", Nodes: []rbac.Node{folder}, Principals: []rbac.Principal{user}}, []int{0}},
		{"After", rbac.RuleFilter{After: behind(added[1])}, []int{2, 3}},
		{"Limit", rbac.RuleFilter{After: behind(added[0]), Limit: 2}, []int{1, 2}},
	} {
		listed := rules(t, b, test.filter)
		same(t, "Rules by "+test.name, numsOf(added, listed), test.want)
		all := test.filter
		all.After, all.Offset, all.Limit = nil, 0, 0
		n, err := b.Rules.CountRules(t.Context(), test.filter)
		same(t, "CountRules by "+test.name, n, len(rules(t, b, all)))
		wants(t, "CountRules", err, nil)
	}
}

func addRuleRefuses(t *testing.T, b *Backend) {
	t.Helper()
	for _, test := range []struct {
		rule rbac.Rule
		want error
	}{
		{ruleOf(absent, user), rbac.ErrNoNode},
		{ruleOf(folder, nobody), rbac.ErrNoPrincipal},
	} {
		before := b.Fingerprint(t)
		err := b.Tx(t.Context(), func(ctx context.Context) error {
			_, err := b.Rules.AddRule(ctx, test.rule)
			return err
		})
		wants(t, "AddRule", err, test.want)
		same(t, "the database", b.Fingerprint(t), before)
	}
}

func deleteRules(t *testing.T, b *Backend) {
	t.Helper()
	added := someRules(t, b)
	before := b.Fingerprint(t)
	remove := func(f rbac.RuleFilter) (n int, err error) {
		err = b.Tx(t.Context(), func(ctx context.Context) error {
			n, err = b.Rules.DeleteRules(ctx, f)
			return err
		})
		return n, err
	}
	for _, everything := range []rbac.RuleFilter{{}, {Limit: 10}, {After: &paging.Mark{Num: 1}}, {Order: paging.Order{By: "node"}}, {Offset: 1}} {
		_, err := remove(everything)
		wants(t, "DeleteRules of everything", err, rbac.ErrInvalid)
	}
	n, err := remove(rbac.RuleFilter{IDs: []rbac.RuleID{}})
	same(t, "deleted of none", n, 0)
	wants(t, "DeleteRules of none", err, nil)
	same(t, "the database", b.Fingerprint(t), before)

	left := func() []int { return numsOf(added, rules(t, b, rbac.RuleFilter{})) }
	n, err = remove(rbac.RuleFilter{Principals: []rbac.Principal{user}, Origin: "member"})
	wants(t, "DeleteRules", err, nil)
	same(t, "deleted", n, 1)
	same(t, "left", left(), []int{1, 2, 3})
	n, err = remove(rbac.RuleFilter{Roles: []rbac.RoleName{"x", "y"}, After: behind(added[1]), Limit: 1})
	wants(t, "DeleteRules with bounds", err, nil)
	same(t, "deleted within bounds", n, 1)
	same(t, "left", left(), []int{1, 3})
}

func rolesAreKept(t *testing.T, b *Backend) {
	t.Helper()
	list := func(names ...rbac.RoleName) []rbac.Role {
		roles, err := b.Rules.Roles(t.Context(), names...)
		if err != nil {
			t.Fatal(err)
		}
		return roles
	}
	put := func(roles ...rbac.Role) {
		for _, r := range roles {
			wants(t, "PutRole", b.Tx(t.Context(), func(ctx context.Context) error { return b.Rules.PutRole(ctx, r) }), nil)
		}
	}
	same(t, "no roles", list(), []rbac.Role{})
	first := rbac.Role{Name: "b", Title: "B", Permissions: []rbac.Permission{"data.read", "data.write"}}
	second := rbac.Role{Name: "a"}
	put(first, second)
	same(t, "Roles", list(), []rbac.Role{second, first})
	same(t, "Roles by name", list("b", "none"), []rbac.Role{first})
	first.Title, first.Permissions = "Bee", []rbac.Permission{"data.read"}
	put(first)
	same(t, "Roles after replacing", list(), []rbac.Role{second, first})
	wants(t, "DeleteRole", b.Tx(t.Context(), func(ctx context.Context) error { return b.Rules.DeleteRole(ctx, "b") }), nil)
	same(t, "Roles after deleting", list(), []rbac.Role{second})
}

func deleteRoleRefuses(t *testing.T, b *Backend) {
	t.Helper()
	remove := func(name rbac.RoleName) error {
		return b.Tx(t.Context(), func(ctx context.Context) error { return b.Rules.DeleteRole(ctx, name) })
	}
	wants(t, "DeleteRole of none", remove("none"), rbac.ErrNoRole)
	wants(t, "PutRole", b.Tx(t.Context(), func(ctx context.Context) error {
		return b.Rules.PutRole(ctx, rbac.Role{Name: "used"})
	}), nil)
	r := ruleOf(folder, user)
	r.Role = "used"
	add(t, b, r)
	before := b.Fingerprint(t)
	wants(t, "DeleteRole in use", remove("used"), rbac.ErrRoleInUse)
	same(t, "the database", b.Fingerprint(t), before)
}

// rolesStayWhileNamed lets one unit name a role and make a rule with it while
// another deletes it: the other must wait, and see the rule.
func rolesStayWhileNamed(t *testing.T, b *Backend) {
	t.Helper()
	wants(t, "PutRole", b.Tx(t.Context(), func(ctx context.Context) error {
		return b.Rules.PutRole(ctx, rbac.Role{Name: "wanted"})
	}), nil)
	deleted := make(chan error, 1)
	started := false
	wants(t, "Tx", b.Tx(t.Context(), func(ctx context.Context) error {
		roles, err := b.Rules.Roles(ctx, "wanted")
		if err != nil || len(roles) != 1 {
			t.Errorf("Roles = %v, %v", roles, err)
		}
		if !started {
			started = true
			go func() { //nolint:contextcheck // a unit of its own
				deleted <- b.Tx(t.Context(), func(ctx context.Context) error { return b.Rules.DeleteRole(ctx, "wanted") })
			}()
			time.Sleep(100 * time.Millisecond) // lets it come as far as it can
		}
		r := ruleOf(folder, user)
		r.Role = "wanted"
		_, err = b.Rules.AddRule(ctx, r)
		return err
	}), nil)
	wants(t, "DeleteRole meanwhile", <-deleted, rbac.ErrRoleInUse)
}

func revisionRises(t *testing.T, b *Backend) {
	t.Helper()
	nodes := []rbac.Node{rbac.Root, org, space, folder, other}
	look := func() []rbac.Token {
		var tokens []rbac.Token
		for _, n := range nodes {
			token, err := b.Rules.Revision(t.Context(), n)
			if err != nil {
				t.Fatal(err)
			}
			tokens = append(tokens, token)
		}
		return tokens
	}
	for i, workspace := range []rbac.Node{rbac.Root, rbac.Root, space, space, other} {
		same(t, "Workspace", look()[i].Workspace, workspace)
	}
	onFolder, onRoot := ruleOf(folder, user), ruleOf(rbac.Root, user)
	onFolder.ID, onRoot.ID = "folder", "root"
	inSpace, everywhere := []bool{false, false, true, true, false}, []bool{true, true, true, true, true}
	for _, step := range []struct {
		name  string
		rises []bool
		act   func(ctx context.Context) error
	}{
		{"AddRule", inSpace, func(ctx context.Context) error { _, err := b.Rules.AddRule(ctx, onFolder); return err }},
		{"AddRule on the root", everywhere, func(ctx context.Context) error { _, err := b.Rules.AddRule(ctx, onRoot); return err }},
		{"DeleteRules", inSpace, func(ctx context.Context) error {
			_, err := b.Rules.DeleteRules(ctx, rbac.RuleFilter{IDs: []rbac.RuleID{"folder"}})
			return err
		}},
		{"DeleteRules on the root", everywhere, func(ctx context.Context) error {
			_, err := b.Rules.DeleteRules(ctx, rbac.RuleFilter{IDs: []rbac.RuleID{"root"}})
			return err
		}},
		{"PutRole", everywhere, func(ctx context.Context) error { return b.Rules.PutRole(ctx, rbac.Role{Name: "x"}) }},
		{"DeleteRole", everywhere, func(ctx context.Context) error { return b.Rules.DeleteRole(ctx, "x") }},
		{"nothing", make([]bool, len(nodes)), func(ctx context.Context) error { _, err := b.Rules.Facts(ctx, user, layer); return err }},
	} {
		before := look()
		wants(t, step.name, b.Tx(t.Context(), step.act), nil)
		for i, after := range look() {
			if rose := after != before[i]; rose != step.rises[i] || !after.Reaches(before[i]) {
				t.Errorf("%s: revision of node %d went from %+v to %+v, want it to rise: %v",
					step.name, nodes[i], before[i], after, step.rises[i])
			}
			if above := after.Workspace == rbac.Root; above && after.Above != after.Revision {
				t.Errorf("%s: revision of node %d is %+v, want both alike above workspaces", step.name, nodes[i], after)
			}
		}
	}
}

// ruleWrites are all methods that change something, each such that it succeeds
// on a planted backend to which prepareWrites was applied.
func ruleWrites(b *Backend) map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"AddRule": func(ctx context.Context) error { _, err := b.Rules.AddRule(ctx, ruleOf(layer, user)); return err },
		"DeleteRules": func(ctx context.Context) error {
			_, err := b.Rules.DeleteRules(ctx, rbac.RuleFilter{Principals: []rbac.Principal{inner, outer}})
			return err
		},
		"PutRole":    func(ctx context.Context) error { return b.Rules.PutRole(ctx, rbac.Role{Name: "new"}) },
		"DeleteRole": func(ctx context.Context) error { return b.Rules.DeleteRole(ctx, "old") },
	}
}

func prepareWrites(t *testing.T, b *Backend) {
	t.Helper()
	someRules(t, b)
	wants(t, "PutRole", b.Tx(t.Context(), func(ctx context.Context) error {
		return b.Rules.PutRole(ctx, rbac.Role{Name: "old"})
	}), nil)
}

func ruleWritesNeedAUnit(t *testing.T, b *Backend) {
	t.Helper()
	prepareWrites(t, b)
	before := b.Fingerprint(t)
	for name, write := range ruleWrites(b) {
		if write(t.Context()) == nil {
			t.Errorf("%s outside a unit of work succeeds", name)
		}
	}
	same(t, "the database", b.Fingerprint(t), before)
}

func ruleSweep(t *testing.T, b *Backend) {
	t.Helper()
	prepareWrites(t, b)
	for name, write := range ruleWrites(b) {
		t.Run(name, func(t *testing.T) {
			Sweep(t, b, func(ctx context.Context) error { return b.Tx(ctx, write) })
		})
	}
}
