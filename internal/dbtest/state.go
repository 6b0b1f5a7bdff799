package dbtest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// PlantState writes the state of the root and of a workspace into a migrated
// database, with their own numbers, below what any service would allow. What was
// there of principals and rules stays, but for the rules that every platform has.
func PlantState(tb testing.TB, address string, top, space rbac.State) {
	tb.Helper()
	if err := WriteState(address, top, space); err != nil {
		tb.Fatalf("dbtest: plant: %v", err)
	}
}

// WriteState is [PlantState] without a test.
func WriteState(address string, top, space rbac.State) error {
	subjects := make([]rbac.Identity, 0, len(top.Profiles))
	for _, p := range top.Profiles {
		who := rbac.Identity{Principal: p.Principal, Kind: p.Kind, Disabled: p.Disabled, Groups: p.Groups}
		if p.Behalf != 0 {
			who.Behalf = &rbac.Identity{Principal: p.Behalf}
		}
		subjects = append(subjects, who)
	}
	statements := append(bare(), plant(address, append(append([]rbac.Place{}, top.Places...), space.Places...), subjects)...)
	var rules []string
	for _, state := range []rbac.State{top, space} {
		for _, r := range state.Rules {
			expires := "NULL"
			if !r.Expires.IsZero() {
				expires = strconv.FormatInt(r.Expires.UnixMicro(), 10)
			}
			rules = append(rules, fmt.Sprintf("('%s', %d, %d, '%s', %d, '%s', '%s', '%s', '%s', %t, %s, '', %d)",
				strings.ReplaceAll(string(r.ID), "'", "''"), state.At.Workspace, r.Node, r.Effect, r.Principal,
				r.Role, r.Scope, r.Permission, r.Class, r.Propagate, expires, r.Created.UnixMicro()))
		}
	}
	const into = "rules (id, workspace, node, effect, principal, role, scope, permission, class, propagate, expires, origin, created)"
	return execute(address, append(statements, inserts(into, rules)...))
}
