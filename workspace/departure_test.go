package workspace_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/storage/storagetest"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// An estate is a workspace in which the editor ed owns a house with a room,
// shares a garden with the editor eva, and has a barn that needs the room.
type estate struct {
	*world

	address                   string
	in                        workspace.Workspace
	ada, ed, eva, vic         workspace.User
	boss                      workspace.Actor
	house, room, garden, barn rbac.Node
}

func newEstate(t testing.TB, address string, w *world) *estate {
	t.Helper()
	e := &estate{world: w, address: address}
	e.ada, e.boss = w.user("ada")
	e.in = w.workspace("here", e.ada, "")
	e.ed, _ = w.member(e.in, "ed", workspace.RoleEditor)
	e.eva, _ = w.member(e.in, "eva", workspace.RoleEditor)
	e.vic, _ = w.member(e.in, "vic", workspace.RoleViewer)
	e.house, e.room, e.garden, e.barn = 7001, 7002, 7003, 7004
	dbtest.Sow(t, address, []rbac.Place{
		{Node: e.house, Parent: e.in.Num, Class: "group", Workspace: e.in.Num, Owner: e.ed.Num},
		{Node: e.room, Parent: e.house, Class: "group", Workspace: e.in.Num, Owner: e.ed.Num},
		{Node: e.garden, Parent: e.in.Num, Class: "group", Workspace: e.in.Num, Owner: e.ed.Num},
		{Node: e.barn, Parent: e.in.Num, Class: "group", Workspace: e.in.Num, Owner: e.eva.Num},
	})
	_, err := w.AddRule(w.ctx(), e.boss, e.in.ID, rbac.Rule{Node: e.garden, Effect: rbac.Allow, Principal: e.eva.Num, Role: workspace.RoleOwner, Propagate: true})
	w.must(err)
	_, err = w.AddRule(w.ctx(), e.boss, e.in.ID, rbac.Rule{Node: e.barn, Effect: rbac.Allow, Principal: e.ed.Num, Scope: "datastore"})
	w.must(err)
	return e
}

// eachEstate runs a test on both databases.
func eachEstate(t *testing.T, test func(t *testing.T, e *estate, fault *dbtest.Fault)) {
	t.Helper()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			fault, address := &dbtest.Fault{}, kind.Make(t)
			db := dbtest.OpenWith(t, address, &storage.Options{Connector: fault.Connector})
			test(t, newEstate(t, address, settle(t, db)), fault)
		})
	}
}

func (e *estate) leaves(p rbac.Principal) workspace.Departure {
	return workspace.Departure{Workspace: e.in.ID, Member: p}
}

func (e *estate) owners(n rbac.Node) []rbac.Principal {
	e.t.Helper()
	list, err := e.db.Workspaces().Owners(e.ctx(), e.in.Num, n)
	if errors.Is(err, workspace.ErrNotFound) {
		return nil
	}
	e.must(err)
	return list
}

func (e *estate) owned(what string, n rbac.Node, want ...rbac.Principal) {
	e.t.Helper()
	if got := e.owners(n); !slices.Equal(got, want) {
		e.t.Errorf("%s is owned by %v, want %v", what, got, want)
	}
}

func codes(blockers []workspace.Blocker) []string {
	list := []string{}
	for _, b := range blockers {
		list = append(list, b.Code)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// TestDepartureTransfers is JMap's first rule: one person owns everything in
// his place (spec/jmap.md J-30, J-31, J-44, JA-7).
func TestDepartureTransfers(t *testing.T) {
	t.Parallel()
	eachEstate(t, func(t *testing.T, e *estate, _ *dbtest.Fault) {
		how := workspace.Disposal{TransferTo: e.ada.Num}
		before := dbtest.Fingerprint(t, e.db)
		plan, err := e.PlanDeparture(e.ctx(), e.boss, e.leaves(e.ed.Num), how)
		e.must(err)
		if len(plan.Holdings) != 3 || len(plan.Rules) != 2 || len(plan.Blockers) != 0 || plan.Name != "ed" || plan.Token == "" {
			t.Errorf("plan %+v", plan)
		}
		for _, f := range plan.Holdings {
			if f.To != e.ada.Num || f.Deleted {
				t.Errorf("fate %+v", f)
			}
		}
		if dbtest.Fingerprint(t, e.db) != before {
			t.Error("planning left something")
		}
		e.world.leaves(func() {
			_, err = e.Depart(e.ctx(), e.boss, e.leaves(e.ed.Num), how, plan.Token)
			e.must(err)
		}, "member.depart")
		e.owned("the house", e.house, e.ada.Num)
		e.owned("the room", e.room, e.ada.Num)
		e.owned("the garden", e.garden, e.ada.Num, e.eva.Num)
		rules, err := e.rights.Rules(e.ctx(), rbac.RuleFilter{Principals: []rbac.Principal{e.ed.Num}})
		e.must(err)
		if len(rules) != 0 {
			t.Errorf("rules left: %+v", rules)
		}
		_, err = e.Workspace(e.ctx(), as(e.ed), e.in.ID)
		wantErr(t, err, workspace.ErrNotFound)
	})
}

// TestDepartureDeletes is JMap's second rule: what he owned alone goes with all
// below it, what others own too stays theirs (J-32, J-45, JA-6, JA-8).
func TestDepartureDeletes(t *testing.T) {
	t.Parallel()
	eachEstate(t, func(t *testing.T, e *estate, _ *dbtest.Fault) {
		refused := func(how workspace.Disposal, want ...string) {
			t.Helper()
			before := dbtest.Fingerprint(t, e.db)
			plan, err := e.PlanDeparture(e.ctx(), e.boss, e.leaves(e.ed.Num), how)
			e.must(err)
			if got := codes(plan.Blockers); !slices.Equal(got, want) {
				t.Errorf("blockers %v, want %v", plan.Blockers, want)
			}
			_, err = e.Depart(e.ctx(), e.boss, e.leaves(e.ed.Num), how, plan.Token)
			blocked, ok := errors.AsType[*workspace.BlockedError](err)
			if !ok || len(blocked.Blockers) == 0 {
				t.Errorf("error %v, want a BlockedError", err)
			}
			if dbtest.Fingerprint(t, e.db) != before {
				t.Error("a refusal left something")
			}
		}
		refused(workspace.Disposal{}, "owns_resources")
		e.link(e.barn, e.room)
		refused(workspace.Disposal{Delete: true}, "needed")
		for _, heir := range []rbac.Principal{e.vic.Num, e.ed.Num, e.admin.Principal, 4711, e.in.Audience} {
			refused(workspace.Disposal{TransferTo: heir}, "heir")
		}
		refused(workspace.Disposal{Delete: true, Cascade: true, Transfers: map[rbac.Node]rbac.Principal{e.garden: e.vic.Num}}, "heir")

		how := workspace.Disposal{Delete: true, Cascade: true}
		_, err := e.Depart(e.ctx(), e.boss, e.leaves(e.ed.Num), how, "")
		e.must(err)
		e.owned("the house", e.house)
		e.owned("the room", e.room)
		e.owned("the garden", e.garden, e.eva.Num)
		e.owned("the barn", e.barn, e.eva.Num)
		_, err = e.rights.Check(e.ctx(), e.eva.Num, e.room, workspace.Read, rbac.Latest())
		wantErr(t, err, rbac.ErrNoNode)
	})
}

// link has a node need another.
func (e *estate) link(from, to rbac.Node) {
	e.t.Helper()
	scribe, err := dbtest.NewScribe(e.address)
	e.must(err)
	defer scribe.Close()
	e.must(scribe.Write(e.ctx(), []string{
		fmt.Sprintf("INSERT INTO node_links (workspace, node, name, target) VALUES (%d, %d, 'way', %d)", e.in.Num, from, to),
	}, dbtest.Line{Workspace: e.in.Num, Kind: "node", Num: int64(from)}))
}

// TestDepartureEach decides about each thing by itself.
func TestDepartureEach(t *testing.T) {
	t.Parallel()
	eachEstate(t, func(t *testing.T, e *estate, _ *dbtest.Fault) {
		how := workspace.Disposal{Transfers: map[rbac.Node]rbac.Principal{e.house: e.eva.Num, e.room: 0, e.garden: 0}}
		_, err := e.Depart(e.ctx(), e.boss, e.leaves(e.ed.Num), how, "")
		e.must(err)
		e.owned("the house", e.house, e.eva.Num)
		e.owned("the room", e.room)
		e.owned("the garden", e.garden, e.eva.Num)
	})
}

// TestDepartureChanged changes what a plan depends on, one thing after another.
func TestDepartureChanged(t *testing.T) {
	t.Parallel()
	eachEstate(t, func(t *testing.T, e *estate, _ *dbtest.Fault) {
		how := workspace.Disposal{TransferTo: e.ada.Num}
		for name, change := range map[string]func(){
			"a rule": func() {
				_, err := e.AddRule(e.ctx(), e.boss, e.in.ID, rbac.Rule{Node: e.in.Num, Effect: rbac.Allow, Principal: e.ed.Num, Scope: "datastore"})
				e.must(err)
			},
			"a role": func() {
				_, err := e.PutMember(e.ctx(), e.boss, e.in.ID, e.ed.Num, []rbac.RoleName{workspace.RoleAdministrator})
				e.must(err)
			},
			"an owner": func() {
				_, err := e.AddRule(e.ctx(), e.boss, e.in.ID, rbac.Rule{Node: e.house, Effect: rbac.Allow, Principal: e.eva.Num, Role: workspace.RoleOwner})
				e.must(err)
			},
			"a need": func() { e.link(e.barn, e.house) },
			"a group": func() {
				g, err := e.CreateGroup(e.ctx(), e.boss, workspace.Group{Workspace: e.in.ID, Name: "group"})
				e.must(err)
				e.must(e.AddToGroup(e.ctx(), e.boss, g.ID, e.ed.ID))
			},
		} {
			plan, err := e.PlanDeparture(e.ctx(), e.boss, e.leaves(e.ed.Num), how)
			e.must(err)
			e.clock.pass(time.Minute)
			change()
			before := dbtest.Fingerprint(t, e.db)
			if _, err := e.Depart(e.ctx(), e.boss, e.leaves(e.ed.Num), how, plan.Token); !errors.Is(err, workspace.ErrChanged) {
				t.Errorf("%s changed: %v", name, err)
			}
			if dbtest.Fingerprint(t, e.db) != before {
				t.Error("a refusal left something")
			}
		}
		plan, err := e.PlanDeparture(e.ctx(), e.boss, e.leaves(e.ed.Num), how)
		e.must(err)
		// Another decision is another plan.
		_, err = e.Depart(e.ctx(), e.boss, e.leaves(e.ed.Num), workspace.Disposal{TransferTo: e.eva.Num}, plan.Token)
		wantErr(t, err, workspace.ErrChanged)
	})
}

// TestOwning keeps those from owning who may not, and what is owned from being
// left behind (J-42, JA-12).
func TestOwning(t *testing.T) {
	t.Parallel()
	eachEstate(t, func(t *testing.T, e *estate, _ *dbtest.Fault) {
		before := dbtest.Fingerprint(t, e.db)
		_, err := e.PutMember(e.ctx(), e.boss, e.in.ID, e.ed.Num, []rbac.RoleName{workspace.RoleViewer})
		owns, ok := errors.AsType[*workspace.OwnsError](err)
		if !ok || owns.Holdings != 3 {
			t.Errorf("a viewer who owns: %v", err)
		}
		wantErr(t, e.RemoveMember(e.ctx(), e.boss, e.in.ID, e.ed.Num), workspace.ErrOwns)
		wantErr(t, e.Leave(e.ctx(), as(e.ed), e.in.ID), workspace.ErrOwns)
		_, err = e.ChangeRoles(e.ctx(), e.boss, e.in.ID, e.ed.Num, nil, e.vic.Num)
		wantErr(t, err, workspace.ErrHeir)
		_, err = e.AddRule(e.ctx(), e.boss, e.in.ID, rbac.Rule{Node: e.house, Effect: rbac.Allow, Principal: e.vic.Num, Role: workspace.RoleOwner})
		wantErr(t, err, workspace.ErrHeir)
		_, err = e.TransferHoldings(e.ctx(), e.boss, e.in.ID, e.ed.Num, 0)
		wantErr(t, err, workspace.ErrHeir)
		if dbtest.Fingerprint(t, e.db) != before {
			t.Error("a refusal left something")
		}
		e.world.leaves(func() {
			_, err = e.ChangeRoles(e.ctx(), e.boss, e.in.ID, e.ed.Num, []rbac.RoleName{workspace.RoleViewer}, e.eva.Num)
			e.must(err)
		}, "holdings.transfer", "member.put")
		e.owned("the house", e.house, e.eva.Num)
		e.owned("the garden", e.garden, e.eva.Num)
		// The last owner of something stays one.
		made, err := e.AddRule(e.ctx(), e.boss, e.in.ID, rbac.Rule{Node: e.barn, Effect: rbac.Allow, Principal: e.ada.Num, Role: workspace.RoleOwner})
		e.must(err)
		n, err := e.TransferHoldings(e.ctx(), e.boss, e.in.ID, e.eva.Num, e.ada.Num)
		e.must(err)
		if n != 4 {
			t.Errorf("%d things were transferred", n)
		}
		e.owned("the barn", e.barn, e.ada.Num)
		wantErr(t, e.DeleteRule(e.ctx(), e.boss, e.in.ID, made.ID), workspace.ErrNotFound) // it is in her name
		e.must(e.RemoveMember(e.ctx(), e.boss, e.in.ID, e.eva.Num))
	})
}

// TestUserDeparts deletes an account that has everything an account can have.
func TestUserDeparts(t *testing.T) {
	t.Parallel()
	eachEstate(t, func(t *testing.T, e *estate, _ *dbtest.Fault) {
		d := workspace.Departure{User: e.ed.ID}
		theirs := e.workspace("theirs", e.ed, "")
		team, err := e.CreateGroup(e.ctx(), e.admin, workspace.Group{Name: "team"})
		e.must(err)
		e.must(e.AddToGroup(e.ctx(), e.admin, team.ID, e.ed.ID))
		e.must(e.meter.Consume(e.ctx(), e.keys(e.ed).ID, 3, quota.Reason{Kind: "test"}))
		how := workspace.Disposal{TransferTo: e.eva.Num}
		plan, err := e.PlanDeparture(e.ctx(), e.admin, d, how)
		e.must(err)
		if got := codes(plan.Blockers); !slices.Equal(got, []string{"supervisor"}) || !slices.Equal(plan.Supervised, []workspace.ID{theirs.ID}) {
			t.Errorf("plan %+v", plan)
		}
		how.Successors = map[workspace.ID]workspace.UserID{theirs.ID: e.ed.ID}
		plan, err = e.PlanDeparture(e.ctx(), e.admin, d, how)
		e.must(err)
		if got := codes(plan.Blockers); !slices.Equal(got, []string{"successor"}) {
			t.Errorf("blockers %v", plan.Blockers)
		}
		how.Successors[theirs.ID] = e.eva.ID
		before := dbtest.Fingerprint(t, e.db)
		_, err = e.PlanDeparture(e.ctx(), e.boss, d, how)
		wantErr(t, err, rbac.ErrDenied)
		if plan, err = e.PlanDeparture(e.ctx(), e.admin, d, how); err != nil || len(plan.Memberships) != 2 || len(plan.Groups) != 1 {
			t.Errorf("plan %+v, %v", plan, err)
		}
		if dbtest.Fingerprint(t, e.db) != before {
			t.Error("planning left something")
		}
		e.world.leaves(func() {
			_, err = e.Depart(e.ctx(), e.admin, d, how, plan.Token)
			e.must(err)
		}, "workspace.update", "member.depart", "member.depart", "user.depart")
		e.owned("the house", e.house, e.eva.Num)
		w, err := e.Workspace(e.ctx(), e.admin, theirs.ID)
		e.must(err)
		if w.Supervisor != e.eva.ID {
			t.Errorf("supervised by %s", w.Supervisor)
		}
		var dump strings.Builder
		dbtest.Dump(t, e.db, &dump)
		for line := range strings.Lines(dump.String()) {
			for _, word := range []string{string(e.ed.ID), e.ed.Email} {
				if strings.Contains(line, word) && !strings.HasPrefix(line, "audit_events") {
					t.Errorf("%s is left in %s", word, line)
				}
			}
		}
		_, err = e.Me(e.ctx(), as(e.ed))
		if !errors.Is(err, rbac.ErrDenied) && !errors.Is(err, workspace.ErrNotFound) {
			t.Errorf("he is still somebody: %v", err)
		}
		_, err = e.Depart(e.ctx(), e.admin, d, how, "")
		wantErr(t, err, workspace.ErrNotFound)

		root, err := e.Me(e.ctx(), e.admin)
		e.must(err)
		_, err = e.Depart(e.ctx(), e.admin, workspace.Departure{User: root.ID}, how, "")
		if blocked, ok := errors.AsType[*workspace.BlockedError](err); !ok || !slices.Equal(codes(blocked.Blockers), []string{"last_administrator"}) {
			t.Errorf("the last administrator departs: %v", err)
		}
	})
}

// keys returns the share of keys of a user.
func (e *estate) keys(u workspace.User) quota.Allocation {
	e.t.Helper()
	keys, _, err := e.UserQuotas(e.ctx(), e.admin, u.ID)
	e.must(err)
	return keys
}

func TestWorkspaceDeparts(t *testing.T) {
	t.Parallel()
	eachEstate(t, func(t *testing.T, e *estate, _ *dbtest.Fault) {
		d := workspace.Departure{Workspace: e.in.ID}
		other := e.workspace("other", e.ada, "")
		_, err := e.Depart(e.ctx(), e.boss, d, workspace.Disposal{}, "")
		wantErr(t, err, rbac.ErrDenied)
		store := e.open(e.in)
		plan, err := e.PlanDeparture(e.ctx(), e.admin, d, workspace.Disposal{})
		e.must(err)
		if got := codes(plan.Blockers); !slices.Equal(got, []string{"in_use"}) {
			t.Errorf("blockers %v", plan.Blockers)
		}
		e.must(e.CloseDatastore(e.ctx(), e.admin, store.ID))
		plan, err = e.PlanDeparture(e.ctx(), e.admin, d, workspace.Disposal{})
		e.must(err)
		if len(plan.Memberships) != 4 || plan.Ended["nodes"] != 4 || plan.Name != "here" {
			t.Errorf("plan %+v", plan)
		}
		e.world.leaves(func() {
			_, err = e.Depart(e.ctx(), e.admin, d, workspace.Disposal{}, plan.Token)
			e.must(err)
		}, "workspace.depart")
		for _, n := range []rbac.Node{e.in.Num, e.house} {
			_, err = e.rights.Check(e.ctx(), e.ada.Num, n, workspace.Read, rbac.Latest())
			wantErr(t, err, rbac.ErrNoNode)
		}
		_, err = e.Workspace(e.ctx(), e.boss, e.in.ID)
		wantErr(t, err, workspace.ErrNotFound)
		_, err = e.Workspace(e.ctx(), e.boss, other.ID)
		e.must(err)
		again := e.workspace("here", e.ada, "") // the name is free
		if again.ID == e.in.ID || again.Num == e.in.Num {
			t.Error("an identifier was used again")
		}
	})
}

// TestDepartureSweep makes every statement of a departure fail in turn.
func TestDepartureSweep(t *testing.T) {
	t.Parallel()
	eachEstate(t, func(t *testing.T, e *estate, fault *dbtest.Fault) {
		backend := &storagetest.Backend{
			Fingerprint: func(tb testing.TB) string { tb.Helper(); return dbtest.Fingerprint(tb, e.db) },
			Fault:       fault,
		}
		for _, step := range []struct {
			name string
			d    workspace.Departure
			how  workspace.Disposal
		}{
			{"member", e.leaves(e.ed.Num), workspace.Disposal{TransferTo: e.eva.Num, Transfers: map[rbac.Node]rbac.Principal{e.room: 0}}},
			{"user", workspace.Departure{User: e.eva.ID}, workspace.Disposal{Delete: true}},
			{"workspace", workspace.Departure{Workspace: e.in.ID}, workspace.Disposal{}},
		} {
			e.must(e.rights.Warm(e.ctx(), rbac.Root))
			e.must(e.rights.Warm(e.ctx(), e.in.Num))
			t.Run(step.name, func(t *testing.T) {
				storagetest.Sweep(t, backend, func(ctx context.Context) error {
					_, err := e.Depart(ctx, e.admin, step.d, step.how, "")
					return err
				})
			})
		}
	})
}
