package workspace_test

import (
	"errors"
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
			found, err := e.Heirs(e.ctx(), e.boss, e.in.ID, p)
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
			_, err = e.Heirs(e.ctx(), e.boss, e.in.ID, p)
			wantErr(t, err, workspace.ErrNotFound)
		}
		_, err = e.Holdings(e.ctx(), as(e.ed), e.in.ID, e.ed.Num)
		wantErr(t, err, rbac.ErrDenied)
		_, err = e.Heirs(e.ctx(), as(e.ed), e.in.ID, e.ed.Num)
		wantErr(t, err, rbac.ErrDenied)
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
