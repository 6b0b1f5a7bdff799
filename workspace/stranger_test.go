package workspace_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// open lists the methods that let a stranger in, with the reason.
func open() map[string]string {
	return map[string]string{
		"Catalog":             "everybody signed in may see what is public",
		"OrganizationCatalog": "everybody signed in may see the names",
		"Roles":               "everybody signed in may know what roles there are",
		"Me":                  "he sees himself",
		"Touch":               "he called",

		"Preferences":      "they are his own",
		"HoldPreferences":  "they are his own",
		"PutPreference":    "it is his own",
		"DeletePreference": "it would be his own",

		"Visible":              "he is shown what he may see",
		"VisibleOrganizations": "he is shown what he may see",
		"Notices":              "he is shown what he may see",
		"Notice":               "he is shown what is built in",

		"Administered":              "he is shown what he administers",
		"AdministeredOrganizations": "he is shown what he administers",
		"AdministeredUsers":         "he is shown whom he administers",
		"AllEnrolments":             "he is shown what he administers",
	}
}

// unguarded lists the methods that let guests in, with the reason.
func unguarded() map[string]string {
	return map[string]string{"PublicActivity": "what a public workspace publishes is for everybody"}
}

// hidden reports whether a method is about something that a stranger must not
// learn to exist.
func hidden(name string, method reflect.Type) bool {
	switch name {
	case "DeleteOrganization": // needs a permission of the platform
		return false
	case "CreateGroup", "Groups":
		return true
	}
	for i := range method.NumIn() {
		switch method.In(i) {
		case reflect.TypeFor[workspace.ID](), reflect.TypeFor[workspace.OrganizationID](),
			reflect.TypeFor[workspace.GroupID](), reflect.TypeFor[workspace.DatastoreID](),
			reflect.TypeFor[workspace.InvitationID]():
			return true
		}
	}
	return false
}

// TestStranger calls every method of the service with somebody who has nothing
// to do with what it is about, and wants him refused.
func TestStranger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.user("ada")
	o := w.organization("o", 100)
	in := w.workspace("here", ada, o.ID)
	d := w.open(in)
	bob, _ := w.member(in, "bob", workspace.RoleUpload)
	g, err := w.CreateGroup(w.ctx(), w.admin, workspace.Group{Workspace: in.ID, Name: "group"})
	w.must(err)
	invited, _, err := w.Invite(w.ctx(), w.admin, in.ID, workspace.Invitation{Email: "new@example.org"})
	w.must(err)
	pool := w.pool(quota.Check, "c")
	w.must(w.PutRole(w.ctx(), w.admin, rbac.Role{Name: "role", Title: "T", Permissions: []rbac.Permission{workspace.Annex}}))
	// He supervises another workspace and administers another organization:
	// what he may do there must not count here.
	eve, stranger := w.user("eve")
	theirs := w.organization("theirs", 100)
	w.must(w.AddOrganizationUser(w.ctx(), w.admin, theirs.ID, eve.ID))
	w.open(w.workspace("there", eve, theirs.ID))
	disabled, gone := w.user("gone")
	_, err = w.UpdateUser(w.ctx(), w.admin, disabled.ID, func(u *workspace.User) error { u.Disabled = true; return nil })
	w.must(err)

	member, err := w.Rules(w.ctx(), w.admin, in.ID, rbac.RuleFilter{Principals: []rbac.Principal{bob.Num}, Origin: "member"})
	w.must(err)
	known := map[reflect.Type]any{
		reflect.TypeFor[context.Context]():                     w.ctx(),
		reflect.TypeFor[workspace.ID]():                        in.ID,
		reflect.TypeFor[workspace.OrganizationID]():            o.ID,
		reflect.TypeFor[workspace.UserID]():                    ada.ID,
		reflect.TypeFor[workspace.GroupID]():                   g.ID,
		reflect.TypeFor[workspace.DatastoreID]():               d.ID,
		reflect.TypeFor[quota.PoolID]():                        pool,
		reflect.TypeFor[rbac.Principal]():                      bob.Num,
		reflect.TypeFor[[]rbac.Principal]():                    []rbac.Principal{bob.Num},
		reflect.TypeFor[[]rbac.RoleName]():                     []rbac.RoleName{workspace.RoleUpload},
		reflect.TypeFor[rbac.RoleName]():                       rbac.RoleName("role"),
		reflect.TypeFor[rbac.Role]():                           rbac.Role{Name: "other", Title: "T"},
		reflect.TypeFor[rbac.Rule]():                           rbac.Rule{Node: in.Num, Effect: rbac.Allow, Principal: bob.Num},
		reflect.TypeFor[rbac.RuleID]():                         member[0].ID,
		reflect.TypeFor[rbac.RuleFilter]():                     rbac.RuleFilter{},
		reflect.TypeFor[workspace.Departure]():                 workspace.Departure{Workspace: in.ID, Member: bob.Num},
		reflect.TypeFor[workspace.Disposal]():                  workspace.Disposal{Delete: true},
		reflect.TypeFor[string]():                              "here",
		reflect.TypeFor[*int64]():                              ptr(int64(1)),
		reflect.TypeFor[workspace.Plan]():                      workspace.Plan{Sharings: ptr(true)},
		reflect.TypeFor[workspace.Workspace]():                 workspace.Workspace{Name: "n", TechnicalName: "n", Supervisor: ada.ID, Organization: o.ID},
		reflect.TypeFor[workspace.Organization]():              workspace.Organization{Name: "n"},
		reflect.TypeFor[workspace.User]():                      workspace.User{Username: "n", Email: "n@example.org"},
		reflect.TypeFor[workspace.Group]():                     workspace.Group{Name: "name", Workspace: in.ID},
		reflect.TypeFor[workspace.GroupFilter]():               workspace.GroupFilter{Workspace: in.ID},
		reflect.TypeFor[quota.Pool]():                          quota.Pool{Kind: quota.Check, Unit: quota.None, Type: "T", Name: "n"},
		reflect.TypeFor[func(*workspace.Workspace) error]():    func(n *workspace.Workspace) error { n.Name = "x"; return nil },
		reflect.TypeFor[func(*workspace.Organization) error](): func(o *workspace.Organization) error { o.Name = "x"; return nil },
		reflect.TypeFor[func(*workspace.User) error]():         func(u *workspace.User) error { u.FirstName = "x"; return nil },
		reflect.TypeFor[func(*workspace.Group) error]():        func(g *workspace.Group) error { g.Name = "xx"; return nil },
		reflect.TypeFor[func(*quota.Pool) error]():             func(p *quota.Pool) error { p.Name = "x"; return nil },
		reflect.TypeFor[workspace.InvitationID]():              invited.ID,
		reflect.TypeFor[workspace.Invitation]():                workspace.Invitation{Email: "other@example.org"},
		reflect.TypeFor[[]workspace.Invitation]():              []workspace.Invitation{{Email: "other@example.org"}},
		reflect.TypeFor[workspace.InvitationFilter]():          workspace.InvitationFilter{},
		reflect.TypeFor[workspace.Acceptance]():                workspace.Acceptance{Password: "a long enough password"},
		reflect.TypeFor[func(*workspace.Invitation) error]():   func(i *workspace.Invitation) error { i.Language = "fr"; return nil },
		reflect.TypeFor[workspace.Filter]():                    workspace.Filter{},
		reflect.TypeFor[workspace.OrganizationFilter]():        workspace.OrganizationFilter{},
		reflect.TypeFor[workspace.UserFilter]():                workspace.UserFilter{},
		reflect.TypeFor[workspace.MemberFilter]():              workspace.MemberFilter{},
		reflect.TypeFor[workspace.PartyFilter]():               workspace.PartyFilter{},
		reflect.TypeFor[workspace.Span]():                      workspace.Span{},
		reflect.TypeFor[workspace.DatastoreFilter]():           workspace.DatastoreFilter{},
		reflect.TypeFor[workspace.DatabaseID]():                workspace.DatabaseID("d"),
		reflect.TypeFor[workspace.Enrolment]():                 workspace.Enrolment{User: workspace.Person{Username: "gone"}},
		reflect.TypeFor[func(*workspace.Enrolment) error]():    func(e *workspace.Enrolment) error { e.Barred = true; return nil },
		reflect.TypeFor[quota.PoolFilter]():                    quota.PoolFilter{},
		reflect.TypeFor[mail.Kind]():                           mail.Invitation,
		reflect.TypeFor[mail.Template]():                       mail.Template{Kind: mail.Invitation, Language: "fr", Subject: "s", Text: "{{.link}}", HTML: "{{.link}}"},
		reflect.TypeFor[mail.Notice]():                         mail.Notice{Organization: string(o.ID), Name: "n", Occasion: mail.NewUser, Subject: "s", Body: "b"},
		reflect.TypeFor[mail.NoticeFilter]():                   mail.NoticeFilter{},
		reflect.TypeFor[func(*mail.Notice) error]():            func(n *mail.Notice) error { n.Name = "x"; return nil },
		reflect.TypeFor[map[string]any]():                      map[string]any{},
		reflect.TypeFor[json.RawMessage]():                     json.RawMessage("1"),
		reflect.TypeFor[func(context.Context) error]():         func(context.Context) error { return nil },
		reflect.TypeFor[func(quota.Pool) error]():              func(quota.Pool) error { return nil },
		reflect.TypeFor[rbac.Node]():                           in.Num,
		reflect.TypeFor[rbac.Permission]():                     workspace.Read,
		reflect.TypeFor[int64]():                               int64(1),
		reflect.TypeFor[audit.Filter]():                        audit.Filter{},
		reflect.TypeFor[audit.Writer]():                        audit.NewJSONLines(io.Discard),
	}
	actors := map[string]workspace.Actor{
		"stranger": stranger, "guest": workspace.Guest(""), "nobody": {}, "disabled": gone,
		"everyone": {Principal: rbac.Everyone}, "authenticated": {Principal: rbac.Authenticated},
		"owner": {Principal: rbac.Owner}, "unknown": {Principal: 4711, User: ada.ID},
		"impostor": {Principal: eve.Num, User: ada.ID},
	}
	// These are about the actor, and somebody else's is refused to an impostor.
	own := map[string]bool{
		"Me": true, "Touch": true,
		"Preferences": true, "HoldPreferences": true, "PutPreference": true, "DeletePreference": true,
	}
	service := reflect.ValueOf(w.Service)
	before := dbtest.Fingerprint(t, w.db)
	called := 0
	for i := range service.NumMethod() {
		name := service.Type().Method(i).Name
		if unguarded()[name] != "" {
			continue
		}
		for who, actor := range actors {
			if (who == "stranger" || who == "impostor") && open()[name] != "" && (who == "stranger" || !own[name]) {
				continue
			}
			method := service.Method(i)
			var args []reflect.Value
			for k := range method.Type().NumIn() {
				in := method.Type().In(k)
				if in == reflect.TypeFor[workspace.Actor]() {
					args = append(args, reflect.ValueOf(actor))
					continue
				}
				value, ok := known[in]
				if !ok {
					t.Fatalf("%s: say what to pass as %s", name, in)
				}
				args = append(args, reflect.ValueOf(value))
			}
			results := method.Call(args)
			called++
			err, _ := results[len(results)-1].Interface().(error)
			if !errors.Is(err, rbac.ErrDenied) && !errors.Is(err, workspace.ErrNotFound) {
				t.Errorf("%s by %s: %v, want a refusal", name, who, err)
			}
			if who == "stranger" && hidden(name, method.Type()) && !errors.Is(err, workspace.ErrNotFound) {
				t.Errorf("%s by %s: %v, which tells that it exists", name, who, err)
			}
			for _, result := range results[:len(results)-1] {
				if result.Kind() != reflect.Bool && !result.IsZero() {
					t.Errorf("%s by %s answers %v besides", name, who, result)
				}
			}
			if err != nil && strings.Contains(err.Error(), "here") {
				t.Errorf("%s by %s tells a name: %v", name, who, err)
			}
		}
	}
	if called < 300 {
		t.Errorf("only %d calls", called)
	}
	if dbtest.Fingerprint(t, w.db) != before {
		t.Error("a refusal left something")
	}
}
