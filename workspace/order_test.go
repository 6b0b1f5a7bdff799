package workspace_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestMarks compares the marks of each noun, by every column it can be put in
// order by, with what the column says.
func TestMarks(t *testing.T) {
	t.Parallel()
	at := time.UnixMicro
	organization := workspace.Organization{Num: 7, Name: "IGN", Created: at(1)}
	place := workspace.Details{
		Workspace: workspace.Workspace{Num: 7, Name: "N", TechnicalName: "T", Active: true, Created: at(1)}, PaidBy: &organization,
	}
	user := workspace.User{
		Num: 7, Username: "ada", Email: "ada@example.org", FirstName: "Ada", LastName: "Lovelace", Disabled: true,
		Created: at(1), LastCall: at(2), LastLogin: at(3),
	}
	group := workspace.Group{Num: 7, Name: "G", Members: 3, Created: at(1)}
	member := workspace.Member{
		Principal: 7, Group: "x", Name: "N", Username: "U", Email: "E", Roles: []rbac.RoleName{"a", "b"}, Created: at(1), Updated: at(2),
	}
	for _, c := range []struct {
		what     string
		sortable []string
		mark     func(paging.Order) paging.Mark
		want     map[string]string
	}{
		{"organization", workspace.OrganizationFilter{}.Sortable(), organization.Mark, map[string]string{
			"": "", "name": "IGN", "created": "1",
		}},
		{"workspace", workspace.Filter{}.Sortable(), place.Mark, map[string]string{
			"": "", "name": "N", "technical_name": "T", "organization": "IGN", "created": "1", "active": "1",
		}},
		{"user", workspace.UserFilter{}.Sortable(), user.Mark, map[string]string{
			"": "", "username": "ada", "email": "ada@example.org", "name": "Lovelace Ada", "created": "1",
			"last_call": "2", "last_login": "3", "disabled": "1",
		}},
		{"group", workspace.GroupFilter{}.Sortable(), group.Mark, map[string]string{
			"": "", "name": "G", "created": "1", "members": "3",
		}},
		{"member", workspace.MemberFilter{}.Sortable(), member.Mark, map[string]string{
			"": "1", "name": "N", "username": "U", "email": "E", "role": "a", "kind": "group", "created": "1", "updated": "2",
		}},
	} {
		for by, want := range c.want {
			if got := c.mark(paging.Order{By: by}); got != (paging.Mark{Value: want, Num: 7}) {
				t.Errorf("the mark of a %s by %q is %+v, want %q", c.what, by, got, want)
			}
			if by != "" && !slices.Contains(c.sortable, by) || len(c.sortable) != len(c.want)-1 {
				t.Errorf("a %s is sortable by %v, want %v", c.what, c.sortable, c.want)
			}
		}
	}
	if got := (workspace.Member{}).Mark(paging.Order{By: "role"}); got != (paging.Mark{}) {
		t.Errorf("the mark of a member without roles is %+v", got)
	}
	if got := (workspace.User{FirstName: "Ada"}).Name(); got != "Ada" {
		t.Errorf("the name is %q", got)
	}
}

// TestOrdersShowNothing puts lists in order by what they do not show.
func TestOrdersShowNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		o := w.organization("IGN", 0)
		supervisor, _ := w.user("supervisor")
		in := w.workspace("w", supervisor, o.ID)
		u, actor := w.member(in, "ada", workspace.RoleAdministrator)
		g, err := w.CreateGroup(w.ctx(), w.admin, workspace.Group{Workspace: in.ID, Name: "group"})
		w.must(err)
		w.must(w.AddToGroup(w.ctx(), w.admin, g.ID, u.ID))
		refused := func(what string, err error) {
			t.Helper()
			if invalid, ok := errors.AsType[*workspace.InvalidError](err); !ok || invalid.Field != "sort" {
				t.Errorf("%s: %v, want an InvalidError of sort", what, err)
			}
		}
		for _, by := range []string{"last_call", "last_login", "nothing"} {
			_, _, err = w.GroupUsers(w.ctx(), actor, g.ID, workspace.UserFilter{Order: paging.Order{By: by}})
			refused("users of a group by "+by, err)
		}
		now := w.clock.now()
		users, n, err := w.GroupUsers(w.ctx(), actor, g.ID, workspace.UserFilter{IdleSince: now.Add(-time.Hour), Order: paging.Order{By: "name"}})
		if err != nil || n != 1 || users[0].ID != u.ID {
			t.Errorf("users %+v, %v", users, err)
		}
		w.must(w.Touch(w.ctx(), actor))
		again, n, err := w.GroupUsers(w.ctx(), actor, g.ID, workspace.UserFilter{IdleSince: now.Add(-time.Hour)})
		if err != nil || n != 1 || again[0].ID != u.ID {
			t.Errorf("users %+v, %v: it tells who called lately", again, err)
		}
		_, _, err = w.OrganizationCatalog(w.ctx(), actor, workspace.OrganizationFilter{Order: paging.Order{By: "created"}})
		refused("the catalogue by creation", err)
		list, _, err := w.OrganizationCatalog(w.ctx(), actor, workspace.OrganizationFilter{
			Created: workspace.Period{From: now.Add(time.Hour)}, Order: paging.Order{By: "name"},
		})
		if err != nil || len(list) != 1 {
			t.Errorf("the catalogue %+v, %v: it tells when they were created", list, err)
		}
		_, _, err = w.OrganizationWorkspaces(w.ctx(), w.admin, o.ID, workspace.Filter{Order: paging.Order{By: "organization"}})
		refused("workspaces of an organization by it", err)
		_, _, err = w.Members(w.ctx(), actor, in.ID, workspace.MemberFilter{Order: paging.Order{By: "password"}})
		refused("members", err)
	})
}

// TestMembersAreNamed wants names, and the count of a group, where they are shown.
func TestMembersAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	supervisor, _ := w.user("supervisor")
	in := w.workspace("w", supervisor, "")
	u, err := w.CreateUser(w.ctx(), w.admin, workspace.User{Username: "ada", Email: "ada@example.org", FirstName: "Ada", LastName: "Lovelace"})
	w.must(err)
	put, err := w.PutMember(w.ctx(), w.admin, in.ID, u.Num, nil)
	w.must(err)
	g, err := w.CreateGroup(w.ctx(), w.admin, workspace.Group{Workspace: in.ID, Name: "group", Members: 9})
	w.must(err)
	w.must(w.AddToGroup(w.ctx(), w.admin, g.ID, u.ID))
	asGroup, err := w.PutMember(w.ctx(), w.admin, in.ID, g.Num, nil)
	w.must(err)
	list, total, err := w.Members(w.ctx(), w.admin, in.ID, workspace.MemberFilter{Order: paging.Order{By: "name", Descending: true}, Limit: 2})
	w.must(err)
	if total != 3 || list[0].Name != "Lovelace Ada" || list[1].Name != "group" || list[0].Email != "ada@example.org" {
		t.Errorf("%d members, the last are %+v", total, list)
	}
	if put.Name != list[0].Name || put.Username != "ada" || put.Email != list[0].Email || asGroup.Name != "group" {
		t.Errorf("put %+v and %+v", put, asGroup)
	}
	groups, _, err := w.Groups(w.ctx(), w.admin, workspace.GroupFilter{Workspace: in.ID})
	w.must(err)
	if g.Members != 0 || groups[0].Members != 1 {
		t.Errorf("the group has %d members, then %d", g.Members, groups[0].Members)
	}
	_, err = w.UpdateGroup(w.ctx(), w.admin, g.ID, func(g *workspace.Group) error {
		g.Members = 0
		return nil
	})
	if invalid, ok := errors.AsType[*workspace.InvalidError](err); !ok || invalid.Field != "members" {
		t.Errorf("setting the count: %v", err)
	}
}
