package workspace_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestHoldings lists what somebody owns, and who could own it instead.
func TestHoldings(t *testing.T) {
	t.Parallel()
	eachEstate(t, func(t *testing.T, e *estate, _ *dbtest.Fault) {
		list, err := e.Holdings(e.ctx(), e.boss, e.in.ID, e.ed.Num)
		e.must(err)
		var nodes []rbac.Node
		for _, h := range list {
			nodes = append(nodes, h.Node)
		}
		if !slices.Equal(nodes, []rbac.Node{e.house, e.room, e.garden}) {
			t.Errorf("holdings %v", nodes)
		}
		heirs := func(p rbac.Principal) []string {
			t.Helper()
			found, err := e.Heirs(e.ctx(), e.boss, e.in.ID, p, workspace.MemberFilter{})
			e.must(err)
			var names []string
			for _, m := range found {
				names = append(names, m.Username)
			}
			return names
		}
		if got := heirs(e.ed.Num); !slices.Equal(got, []string{"ada", "eva"}) {
			t.Errorf("heirs %v", got)
		}
		_, err = e.Suspend(e.ctx(), e.boss, e.in.ID, e.eva.Num)
		e.must(err)
		if got := heirs(e.vic.Num); !slices.Equal(got, []string{"ada", "ed"}) {
			t.Errorf("heirs %v, while eva is suspended", got)
		}
		stranger, _ := e.user("stranger")
		for _, p := range []rbac.Principal{stranger.Num, 4711, rbac.Everyone} {
			_, err = e.Holdings(e.ctx(), e.boss, e.in.ID, p)
			wantErr(t, err, workspace.ErrNotFound)
			_, err = e.Heirs(e.ctx(), e.boss, e.in.ID, p, workspace.MemberFilter{})
			wantErr(t, err, workspace.ErrNotFound)
		}
		_, err = e.Holdings(e.ctx(), as(e.ed), e.in.ID, e.ed.Num)
		wantErr(t, err, rbac.ErrDenied)
		_, err = e.Heirs(e.ctx(), as(e.ed), e.in.ID, e.ed.Num, workspace.MemberFilter{})
		wantErr(t, err, rbac.ErrDenied)
	})
}

// TestHeirsAreFound looks for heirs by a text and in pages, among more members
// than are read at once.
func TestHeirsAreFound(t *testing.T) {
	t.Parallel()
	eachEstate(t, func(t *testing.T, e *estate, _ *dbtest.Fault) {
		for i := range 25 {
			e.member(e.in, fmt.Sprintf("v%02d", i), workspace.RoleViewer)
		}
		e.member(e.in, "zoe", workspace.RoleEditor)
		found := func(f workspace.MemberFilter) []string {
			t.Helper()
			list, err := e.Heirs(e.ctx(), e.boss, e.in.ID, e.ed.Num, f)
			e.must(err)
			var names []string
			for _, m := range list {
				names = append(names, m.Username)
			}
			return names
		}
		by := workspace.Order{By: "username"}
		whole := found(workspace.MemberFilter{Order: by})
		if !slices.Equal(whole, []string{"ada", "eva", "zoe"}) {
			t.Fatalf("%v", whole)
		}
		if got := found(workspace.MemberFilter{Order: by, Search: "ZO"}); !slices.Equal(got, []string{"zoe"}) {
			t.Errorf("looked for: %v", got)
		}
		if got := found(workspace.MemberFilter{Order: workspace.Order{By: "username", Descending: true}, Limit: 2}); !slices.Equal(got, []string{"zoe", "eva"}) {
			t.Errorf("the last two: %v", got)
		}
		var paged []string
		f := workspace.MemberFilter{Order: by, Limit: 1}
		for range 4 {
			list, err := e.Heirs(e.ctx(), e.boss, e.in.ID, e.ed.Num, f)
			e.must(err)
			for _, m := range list {
				paged = append(paged, m.Username)
				mark := m.Mark(by)
				f.After = &mark
			}
		}
		if !slices.Equal(paged, whole) {
			t.Errorf("page by page: %v", paged)
		}
	})
}

// TestSimulateRule compares what is told of a rule with what it does, and wants
// the same refusals as of making it.
func TestSimulateRule(t *testing.T) {
	t.Parallel()
	eachEstate(t, func(t *testing.T, e *estate, _ *dbtest.Fault) {
		r := rbac.Rule{
			Node: e.in.Num, Effect: rbac.Allow, Principal: e.vic.Num, Scope: "datastore", Permission: "upload", Propagate: true,
		}
		before := dbtest.Fingerprint(t, e.db)
		told, err := e.SimulateRule(e.ctx(), e.boss, e.in.ID, r)
		e.must(err)
		if dbtest.Fingerprint(t, e.db) != before {
			t.Error("simulating left something")
		}
		if len(told.Differences) == 0 || told.More {
			t.Errorf("told %+v", told)
		}
		_, err = e.AddRule(e.ctx(), e.boss, e.in.ID, r)
		e.must(err)
		for _, d := range told.Differences {
			for _, given := range d.Given {
				may, err := e.rights.Check(e.ctx(), d.Principal, d.Node, given, rbac.Latest())
				e.must(err)
				if d.Principal != e.vic.Num || !may {
					t.Errorf("%d was to be given %s on %d, and was not", d.Principal, given, d.Node)
				}
			}
		}
		for _, bad := range []rbac.Rule{
			{Node: rbac.Root, Effect: rbac.Allow, Principal: e.vic.Num},
			{Node: e.in.Num, Effect: "maybe", Principal: e.vic.Num},
			{Node: e.in.Num, Effect: rbac.Allow, Principal: 4711},
			{Node: e.in.Num, Effect: rbac.Deny, Principal: e.ada.Num},
			{Node: e.house, Effect: rbac.Allow, Principal: e.vic.Num, Role: workspace.RoleOwner},
			{Node: e.in.Num, Effect: rbac.Allow, Principal: e.vic.Num, Role: "nothing"},
		} {
			_, told := e.SimulateRule(e.ctx(), e.boss, e.in.ID, bad)
			_, made := e.AddRule(e.ctx(), e.boss, e.in.ID, bad)
			if told == nil || made == nil || told.Error() != made.Error() {
				t.Errorf("%+v: told %v, made %v", bad, told, made)
			}
			if errors.Is(made, rbac.ErrDenied) {
				t.Errorf("%+v: %v", bad, made)
			}
		}
		bob, bobActor := e.member(e.in, "bob", workspace.RoleAdministrator)
		_, err = e.SimulateRule(e.ctx(), bobActor, e.in.ID, rbac.Rule{Node: e.in.Num, Effect: rbac.Allow, Principal: bob.Num})
		wantErr(t, err, rbac.ErrDenied) // nobody gives more than he has
		_, err = e.SimulateRule(e.ctx(), as(e.ed), e.in.ID, r)
		wantErr(t, err, rbac.ErrDenied)
	})
}
