package workspace_test

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// rounds is how often two are let loose on each other.
const rounds = 12

// race runs functions at once and returns their errors.
func race(fns ...func() error) []error {
	errs := make([]error, len(fns))
	start := make(chan struct{})
	var group sync.WaitGroup
	for i, fn := range fns {
		group.Go(func() {
			<-start
			errs[i] = fn()
		})
	}
	close(start)
	group.Wait()
	return errs
}

func TestLastAdministratorRace(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		one, err := w.Me(w.ctx(), w.admin)
		w.must(err)
		two, _ := w.user("two")
		set := func(by workspace.Actor, u workspace.User, change func(u *workspace.User)) func() error {
			return func() error {
				_, err := w.UpdateUser(w.ctx(), by, u.ID, func(u *workspace.User) error { change(u); return nil })
				return err
			}
		}
		demote := func(u *workspace.User) { u.Administrator = false }
		disable := func(u *workspace.User) { u.Disabled = true }
		command := workspace.Command("cli")
		for i := range rounds {
			for _, u := range []workspace.User{one, two} {
				w.must(set(command, u, func(u *workspace.User) { u.Administrator, u.Disabled = true, false })())
			}
			var errs []error
			if i%2 == 0 {
				errs = race(set(as(one), one, demote), set(as(two), two, disable))
			} else {
				errs = race(set(command, one, disable), set(command, two, demote))
			}
			failed := 0
			for _, err := range errs {
				if err != nil {
					wantErr(t, err, workspace.ErrLastAdministrator)
					failed++
				}
			}
			if failed != 1 {
				t.Fatalf("round %d: %v", i, errs)
			}
		}
	})
}

// TestSupervisorRace names a supervisor while he is disabled, or removed from
// the workspace.
func TestSupervisorRace(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, _ := w.user("ada")
		in := w.workspace("here", ada, "")
		bob, _ := w.member(in, "bob")
		transfer := func(to workspace.UserID) error {
			_, err := w.Update(w.ctx(), w.admin, in.ID, func(n *workspace.Workspace) error { n.Supervisor = to; return nil })
			return err
		}
		disabled := func(yes bool) error {
			_, err := w.UpdateUser(w.ctx(), w.admin, bob.ID, func(u *workspace.User) error { u.Disabled = yes; return nil })
			return err
		}
		for i := range rounds {
			w.must(disabled(false))
			w.must(transfer(ada.ID))
			errs := race(func() error { return transfer(bob.ID) }, func() error { return disabled(true) })
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Fatalf("round %d: disabled and made supervisor, or neither: %v", i, errs)
			}
			w.must(transfer(ada.ID))
			w.must(disabled(false))
			name := "made" + strconv.Itoa(i)
			errs = race(func() error { return disabled(true) }, func() error {
				_, err := w.Create(w.ctx(), w.admin, workspace.Workspace{Name: name, TechnicalName: name, Supervisor: bob.ID})
				return err
			})
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Fatalf("round %d: disabled and made supervisor of a new one, or neither: %v", i, errs)
			}
			if errs[1] == nil {
				made, err := w.db.Workspaces().Workspaces(w.ctx(), workspace.Filter{TechnicalName: name})
				w.must(err)
				_, err = w.Update(w.ctx(), w.admin, made[0].ID, func(n *workspace.Workspace) error { n.Supervisor = ada.ID; return nil })
				w.must(err)
			}
			w.must(disabled(false))
			errs = race(func() error { return transfer(bob.ID) }, func() error { return w.RemoveMember(w.ctx(), w.admin, in.ID, bob.Num) })
			w.must(errs[0])
			if errs[1] != nil {
				wantErr(t, errs[1], workspace.ErrSupervisor)
			}
			n, err := w.db.Workspaces().CountMembers(w.ctx(), workspace.MemberFilter{Workspace: in.ID, Principals: []rbac.Principal{bob.Num}})
			w.must(err)
			if n != 1 {
				t.Fatalf("round %d: the supervisor is no member", i)
			}
		}
	})
}

// TestMemberRace gives and takes a membership at once: no role outlives it.
func TestMemberRace(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, _ := w.user("ada")
		in := w.workspace("here", ada, "")
		bob, _ := w.user("bob")
		put := func(roles ...rbac.RoleName) func() error {
			return func() error {
				_, err := w.PutMember(w.ctx(), w.admin, in.ID, bob.Num, roles)
				return err
			}
		}
		for i := range rounds {
			errs := race(put(workspace.RoleUpload, workspace.RoleAnnex), put(workspace.RoleBroadcast), func() error {
				err := w.RemoveMember(w.ctx(), w.admin, in.ID, bob.Num)
				if errors.Is(err, workspace.ErrNotFound) {
					return nil
				}
				return err
			})
			for _, err := range errs {
				w.must(err)
			}
			list, err := w.db.Workspaces().Members(w.ctx(), workspace.MemberFilter{Workspace: in.ID, Principals: []rbac.Principal{bob.Num}})
			w.must(err)
			rules, err := w.rights.Rules(w.ctx(), rbac.RuleFilter{Nodes: []rbac.Node{in.Num}, Principals: []rbac.Principal{bob.Num}})
			w.must(err)
			switch {
			case len(list) == 0 && len(rules) > 0:
				t.Fatalf("round %d: roles of nobody: %+v", i, rules)
			case len(list) > 0 && !slices.Equal(list[0].Roles, []rbac.RoleName{workspace.RoleBroadcast}) &&
				!slices.Equal(list[0].Roles, []rbac.RoleName{workspace.RoleAnnex, workspace.RoleUpload}):
				t.Fatalf("round %d: roles of both: %v", i, list[0].Roles)
			}
		}
	})
}

// TestUploadsQuotaRace bounds the uploads of an organization while one of its
// workspaces is given a datastore.
func TestUploadsQuotaRace(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, _ := w.user("ada")
		for i := range rounds {
			name := "r" + strconv.Itoa(i)
			o := w.organization(name, quota.NoLimit)
			in := w.workspace(name, ada, o.ID)
			plan := w.plan(name)
			errs := race(func() error {
				_, err := w.OpenDatastore(w.ctx(), w.admin, in.ID, plan)
				return err
			}, func() error {
				_, err := w.UpdateOrganization(w.ctx(), w.admin, o.ID, func(o *workspace.Organization) error { o.UploadsQuota = 5; return nil })
				return err
			})
			for _, err := range errs {
				w.must(err)
			}
			list, _, err := w.meter.Allocations(w.ctx(), quota.AllocationFilter{Slot: workspace.SlotUploads, Holders: []quota.Holder{quota.Holder(in.ID)}})
			w.must(err)
			if len(list) != 1 || list[0].Within == "" {
				t.Fatalf("round %d: uploads are not bounded: %+v", i, list)
			}
		}
	})
}
