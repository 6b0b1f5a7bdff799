package workspace_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestHierarchy asks each administrator for everything, inside and outside of
// what is his (spec/drofus.md §2.2).
func TestHierarchy(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		chief, owner := s.user("chief")
		s.must(s.AddOrganizationUser(s.ctx(), s.admin, s.org.ID, chief.ID))
		rival, _ := s.user("rival")
		s.must(s.AddOrganizationUser(s.ctx(), s.admin, s.there.Organization, rival.ID))
		free := s.workspace("free", s.boss, "")
		s.member(s.there, "outside")
		s.member(free, "unowned")
		s.member(s.in, "inside")
		both, _ := s.member(s.in, "both")
		_, err := s.PutMember(s.ctx(), s.admin, s.there.ID, both.Num, nil)
		s.must(err)
		twice, _ := s.member(s.in, "twice")
		_, err = s.PutMember(s.ctx(), s.admin, s.other.ID, twice.Num, nil)
		s.must(err)
		grouped, _ := s.user("grouped")
		platform, err := s.CreateGroup(s.ctx(), s.admin, workspace.Group{Name: "platform"})
		s.must(err)
		s.must(s.AddToGroup(s.ctx(), s.admin, platform.ID, grouped.ID))
		_, err = s.PutMember(s.ctx(), s.admin, s.in.ID, platform.Num, nil)
		s.must(err)
		spread, _ := s.member(s.in, "spread") // who is elsewhere through a group
		abroad, err := s.CreateGroup(s.ctx(), s.admin, workspace.Group{Name: "abroad"})
		s.must(err)
		s.must(s.AddToGroup(s.ctx(), s.admin, abroad.ID, spread.ID))
		_, err = s.PutMember(s.ctx(), s.admin, s.there.ID, abroad.Num, nil)
		s.must(err)
		ruled, _ := s.member(s.in, "ruled") // who has a rule elsewhere and is no member there
		s.grant(rbac.Rule{Node: s.there.Num, Effect: rbac.Allow, Principal: ruled.Num, Role: workspace.RoleViewer, Origin: "manual"})
		lifted, _ := s.member(s.in, "lifted") // whose group has something above
		high, err := s.CreateGroup(s.ctx(), s.admin, workspace.Group{Name: "high"})
		s.must(err)
		s.must(s.AddToGroup(s.ctx(), s.admin, high.ID, lifted.ID))
		s.grant(rbac.Rule{Node: s.org.Num, Effect: rbac.Allow, Principal: high.Num, Scope: "organization", Permission: "read"})
		second, _ := s.member(s.in, "second") // another administrator of the organization
		s.must(s.AddOrganizationUser(s.ctx(), s.admin, s.org.ID, second.ID))
		star, _ := s.member(s.in, "star")
		_, err = s.UpdateUser(s.ctx(), s.admin, star.ID, func(u *workspace.User) error { u.Administrator = true; return nil })
		s.must(err)
		s.user("loner")
		_, stranger := s.user("stranger")
		_, viewer := s.member(s.in, "viewer", workspace.RoleAdministrator) // may do much, but not enter
		barred, kept := s.member(s.in, "barred", workspace.RoleProjectAdministrator)
		s.must(s.reenrol(s.admin, s.in, barred.Num, func(e *workspace.Enrolment) { e.Barred = true }))
		_, boss := s.boss, as(s.boss)

		inside := []string{
			"barred", "both", "boss", "grouped", "inside", "leader", "lifted", "ruled", "second", "spread", "star", "twice", "viewer",
		}
		everybody := append([]string{"chief", "loner", "outside", "rival", "root", "stranger", "unowned"}, inside...)
		slices.Sort(everybody)
		for _, c := range []struct {
			name     string
			actor    workspace.Actor
			projects string
			owners   string // in brackets those of which he sees the name alone
			users    []string
			his      string // whom he may change
		}{
			{"server", s.admin, "in other there free", "Owner Elsewhere", everybody, strings.Join(everybody, " ")},
			{"owner", owner, "in other", "Owner", append([]string{"chief"}, inside...), "barred grouped inside leader lifted second twice viewer"},
			{"project", s.lead, "in", "(Owner)", inside, "barred grouped inside leader viewer"},
			{
				"supervisor of all", boss, "in other there free", "(Owner) (Elsewhere)", append([]string{"outside", "unowned"}, inside...),
				"barred boss both grouped inside leader outside ruled spread twice unowned viewer",
			},
			{"barred", kept, "", "", nil, ""},
			{"who may not enter", viewer, "", "", nil, ""},
			{"stranger", stranger, "", "", nil, ""},
		} {
			projects, n, err := s.Administered(s.ctx(), c.actor, workspace.Filter{})
			s.must(err)
			var names []string
			for _, d := range projects {
				names = append(names, d.Name)
			}
			if got := strings.Join(names, " "); got != c.projects || n != len(names) {
				s.t.Errorf("%s: projects %q (%d), want %q", c.name, got, n, c.projects)
			}
			owners, n, err := s.AdministeredOrganizations(s.ctx(), c.actor, workspace.OrganizationFilter{})
			s.must(err)
			names = nil
			for _, o := range owners {
				if o == (workspace.Organization{ID: o.ID, Num: o.Num, Name: o.Name}) {
					o.Name = "(" + o.Name + ")"
				}
				names = append(names, o.Name)
			}
			if got := strings.Join(names, " "); got != c.owners || n != len(names) {
				s.t.Errorf("%s: owners %q (%d), want %q", c.name, got, n, c.owners)
			}
			users, n, err := s.AdministeredUsers(s.ctx(), c.actor, workspace.UserFilter{Order: workspace.Order{By: "username"}})
			s.must(err)
			names = nil
			for _, u := range users {
				names = append(names, u.Username)
				if c.name != "server" && (u.Administrator || !u.LastCall.IsZero() || !u.LastLogin.IsZero()) {
					s.t.Errorf("%s is told of %+v", c.name, u)
				}
			}
			slices.Sort(c.users)
			if !slices.Equal(names, c.users) || n != len(names) {
				s.t.Errorf("%s: users %v (%d), want %v", c.name, names, n, c.users)
			}
			all, err := s.db.Workspaces().Users(s.ctx(), workspace.UserFilter{Order: workspace.Order{By: "username"}})
			s.must(err)
			var his []string
			for _, u := range all {
				sees := slices.Contains(c.users, u.Username)
				shown, err := s.AdministeredUser(s.ctx(), c.actor, strings.ToUpper(u.Username))
				if sees && (err != nil || shown.ID != u.ID) || !sees && !errors.Is(err, workspace.ErrNotFound) {
					s.t.Errorf("%s is shown %s: %v", c.name, u.Username, err)
				}
				switch err := s.Administers(s.ctx(), c.actor, u.ID); {
				case err == nil:
					his = append(his, u.Username)
				case sees:
					wantErr(s.t, err, rbac.ErrDenied)
				default:
					wantErr(s.t, err, workspace.ErrNotFound)
				}
			}
			if got := strings.Join(his, " "); got != c.his {
				s.t.Errorf("%s changes %q, want %q", c.name, got, c.his)
			}
			list, n, err := s.AllEnrolments(s.ctx(), c.actor, workspace.MemberFilter{Kind: rbac.User})
			s.must(err)
			for _, m := range list {
				if !slices.ContainsFunc(projects, func(d workspace.Details) bool { return d.ID == m.Workspace }) {
					s.t.Errorf("%s: %s in a project that is not his", c.name, m.Username)
				}
				if m.User == s.boss.ID && len(m.Rights) != len(workspace.Rights()) {
					s.t.Errorf("%s: the supervisor has %v", c.name, m.Rights)
				}
			}
			want := 0
			for _, d := range projects {
				k, err := s.db.Workspaces().CountMembers(s.ctx(), workspace.MemberFilter{Workspace: d.ID, Kind: rbac.User})
				s.must(err)
				want += k
			}
			if n != want || len(list) != want {
				s.t.Errorf("%s: %d enrolments and %d, want %d", c.name, len(list), n, want)
			}
		}
	})
}

// TestAdministeredFilters looks for what is there by what is not shown.
func TestAdministeredFilters(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		_, n, err := s.Administered(s.ctx(), s.lead, workspace.Filter{Nums: []rbac.Node{s.in.Num, s.there.Num}})
		s.must(err)
		if n != 1 {
			s.t.Errorf("%d by number", n)
		}
		nodes := rbac.Only(s.there.Num)
		_, n, err = s.Administered(s.ctx(), s.lead, workspace.Filter{Nodes: &nodes})
		s.must(err)
		if n != 1 {
			s.t.Errorf("%d by node", n)
		}
		_, _, err = s.AdministeredOrganizations(s.ctx(), s.lead, workspace.OrganizationFilter{Order: workspace.Order{By: "created"}})
		wantInvalid(s.t, err, "sort")
		_, _, err = s.AdministeredUsers(s.ctx(), s.lead, workspace.UserFilter{Order: workspace.Order{By: "last_login"}})
		wantInvalid(s.t, err, "sort")
		yes := true
		_, n, err = s.AdministeredUsers(s.ctx(), s.lead, workspace.UserFilter{Administrator: &yes, Group: s.there.Audience})
		s.must(err)
		if n != 2 { // boss and leader: neither is answered
			s.t.Errorf("%d administrators in a group", n)
		}
		list, _, err := s.AdministeredUsers(s.ctx(), s.lead, workspace.UserFilter{Search: "LEAD"})
		s.must(err)
		if len(list) != 1 || list[0].ID != s.leader.ID {
			s.t.Errorf("found %+v", list)
		}
		_, err = s.AdministeredUser(s.ctx(), s.lead, "")
		wantErr(s.t, err, workspace.ErrNotFound)
		all := rbac.Only(s.in.Num, s.other.Num, s.there.Num)
		_, n, err = s.AllEnrolments(s.ctx(), s.lead, workspace.MemberFilter{Nodes: &all})
		s.must(err)
		if n != 2 {
			s.t.Errorf("%d enrolments by node", n)
		}
		// What is closed is closed to who is in it.
		s.must(s.Deactivate(s.ctx(), s.admin, s.in.ID))
		_, n, err = s.Administered(s.ctx(), s.lead, workspace.Filter{})
		s.must(err)
		if n != 0 {
			s.t.Errorf("%d after it was deactivated", n)
		}
	})
}

func TestUpdateAdministered(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		u, actor := s.member(s.in, "u")
		outside, _ := s.member(s.there, "outside")
		update := func(by workspace.Actor, id workspace.UserID, change func(u *workspace.User)) (workspace.User, error) {
			return s.UpdateAdministered(s.ctx(), by, id, func(u *workspace.User) error { change(u); return nil })
		}
		s.leaves(func() {
			changed, err := update(s.lead, u.ID, func(u *workspace.User) { u.FirstName, u.Language, u.Disabled = "Åse", "nb", true })
			s.must(err)
			if changed.FirstName != "Åse" || !changed.Disabled {
				s.t.Errorf("changed %+v", changed)
			}
			_, err = update(s.lead, u.ID, func(*workspace.User) {})
			s.must(err)
		}, "user.update")
		_, err := s.Me(s.ctx(), actor)
		wantErr(s.t, err, rbac.ErrDenied)
		_, err = update(s.lead, u.ID, func(u *workspace.User) { u.Disabled = false })
		s.must(err)
		s.unchanged(func() {
			for name, change := range map[string]func(u *workspace.User){
				"email":         func(u *workspace.User) { u.Email = "mine@example.org" },
				"username":      func(u *workspace.User) { u.Username = "x" },
				"technical":     func(u *workspace.User) { u.Technical = true },
				"administrator": func(u *workspace.User) { u.Administrator = true },
			} {
				if _, err := update(s.lead, u.ID, change); !errors.Is(err, rbac.ErrDenied) {
					s.t.Errorf("%s: %v", name, err)
				}
			}
			_, err = update(s.lead, u.ID, func(u *workspace.User) { u.Num++ })
			wantInvalid(s.t, err, "num")
			_, err = update(s.lead, outside.ID, func(u *workspace.User) { u.FirstName = "x" })
			wantErr(s.t, err, workspace.ErrNotFound)
			_, err = update(s.lead, s.boss.ID, func(u *workspace.User) { u.FirstName = "x" })
			wantErr(s.t, err, rbac.ErrDenied)
			_, err = update(as(s.boss), s.boss.ID, func(u *workspace.User) { u.Disabled = true })
			wantErr(s.t, err, workspace.ErrInUse)
			_, err = update(actor, u.ID, func(u *workspace.User) { u.Disabled = true })
			wantErr(s.t, err, workspace.ErrNotFound) // who administers nothing, not even himself
		})
		_, err = update(s.admin, u.ID, func(u *workspace.User) { u.Email = "new@example.org" })
		s.must(err)
	})
}

// TestUpdateAdministeredMeanwhile: whoever goes elsewhere while somebody is about
// to change him is not his any more.
func TestUpdateAdministeredMeanwhile(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		u, _ := s.member(s.in, "u")
		var changing sync.WaitGroup
		about := make(chan struct{})
		s.must(s.db.Tx(s.ctx(), func(ctx context.Context) error {
			if _, err := s.db.Workspaces().LockAdministrators(ctx); err != nil {
				return err
			}
			changing.Go(func() {
				close(about)
				_, err := s.UpdateAdministered(s.ctx(), s.lead, u.ID, func(u *workspace.User) error { u.Disabled = true; return nil })
				wantErr(s.t, err, rbac.ErrDenied)
			})
			<-about
			time.Sleep(50 * time.Millisecond) // lets it come as far as it can
			_, err := s.PutMember(ctx, s.admin, s.there.ID, u.Num, nil)
			return err
		}))
		changing.Wait()
	})
}
