package workspace_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

func (w *world) reenrol(actor workspace.Actor, in workspace.Workspace, p rbac.Principal, change func(e *workspace.Enrolment)) error {
	_, err := w.UpdateEnrolment(w.ctx(), actor, in.ID, p, func(e *workspace.Enrolment) error { change(e); return nil })
	return err
}

// person describes somebody as one who is new is described.
func person(username string) workspace.Person {
	return workspace.Person{
		Username: username, Email: ptr(username + "@example.org"), FirstName: ptr("Håkon"), LastName: ptr("Clausen"), Language: ptr("nb"),
	}
}

// notices remember what they were to say besides saying it.
type notices struct {
	*mail.Service

	list []map[string]any
}

func (n *notices) EnqueueNotice(ctx context.Context, num int64, to, language string, data map[string]any) error {
	n.list = append(n.list, data)
	return n.Service.EnqueueNotice(ctx, num, to, language, data) //nolint:wrapcheck // a test
}

// A site is an organization with projects and those who administer them.
type site struct {
	*world

	mails     *notices
	login     *signin.Service
	org       workspace.Organization
	in, other workspace.Workspace // of the organization
	there     workspace.Workspace // of another
	boss      workspace.User      // supervises in and other
	leader    workspace.User      // administers in
	lead      workspace.Actor
	group     workspace.Group
}

func newSite(t testing.TB, db *storage.DB) *site {
	t.Helper()
	w := settle(t, db)
	s := &site{world: w, mails: &notices{Service: mailer(t, db, w.clock)}}
	s.login = signin.New(db.SignIn(), w.rights, db.Trail(), &signin.Options{Now: w.clock.now, Remember: -1})
	w.Service = workspace.New(db.Workspaces(), w.rights, w.meter, db.Trail(), &workspace.Options{
		Now: w.clock.now, Mailer: s.mails, Passwords: passwords{s.login}, PublicURL: "https://adm.example.org:3000/x",
	})
	s.boss, _ = w.user("boss")
	s.org = w.organization("Owner", 0)
	s.in, s.other = w.workspace("in", s.boss, s.org.ID), w.workspace("other", s.boss, s.org.ID)
	s.there = w.workspace("there", s.boss, w.organization("Elsewhere", 0).ID)
	s.leader, s.lead = w.member(s.in, "leader", workspace.RoleProjectAdministrator)
	var err error
	s.group, err = w.CreateGroup(w.ctx(), w.admin, workspace.Group{Workspace: s.in.ID, Name: "group"})
	w.must(err)
	return s
}

func eachSite(t *testing.T, test func(s *site)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) { test(newSite(t, db)) })
}

func (s *site) enrol(actor workspace.Actor, e workspace.Enrolment) (workspace.Enrolled, error) {
	return s.Enrol(s.ctx(), actor, s.in.ID, e)
}

func (w *world) holds(p rbac.Principal, n rbac.Node, perm rbac.Permission) bool {
	w.t.Helper()
	may, err := w.rights.Check(w.ctx(), p, n, perm, rbac.Latest())
	w.must(err)
	return may
}

// unchanged wants what it runs to leave nothing.
func (w *world) unchanged(do func()) {
	w.t.Helper()
	before := dbtest.Fingerprint(w.t, w.db)
	do()
	if dbtest.Fingerprint(w.t, w.db) != before {
		w.t.Error("a refusal left something")
	}
}

// realDatabase makes a database of an organization's and puts a workspace's data
// there.
func (w *world) realDatabase(name database.Name, in workspace.Workspace) workspace.DatabaseID {
	w.t.Helper()
	d := database.Database{
		ID: workspace.DatabaseID(uid.New()), Organization: in.Organization, Name: name, State: database.Ready,
		CreatedBy: "root", Created: w.clock.now(), Updated: w.clock.now(),
	}
	w.must(w.db.Tx(w.ctx(), func(ctx context.Context) error {
		_, err := w.db.Databases().AddDatabase(ctx, d)
		return err
	}))
	w.must(w.SetDatabase(w.ctx(), w.admin, in.ID, d.ID))
	return d.ID
}

func TestEnrolNew(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		s.realDatabase("rest_test", s.in)
		var made workspace.Enrolled
		s.leaves(func() {
			var err error
			made, err = s.enrol(s.lead, workspace.Enrolment{
				User: person("hakonhc"), Roles: []rbac.RoleName{workspace.ModuleRoom.Role(workspace.FullAccess), workspace.RoleProjectAdministrator},
				Groups: []workspace.GroupID{s.group.ID, s.group.ID}, Barred: true, Notice: 1,
			})
			s.must(err)
		}, "user.create", "user.set_password", "member.enrol")
		if !made.New || !made.Barred || made.Suspended || made.Username != "hakonhc" || made.Email != "hakonhc@example.org" ||
			made.Name != "Clausen Håkon" || !slices.Equal(made.Groups, []workspace.GroupID{s.group.ID}) ||
			!slices.Equal(made.Roles, []rbac.RoleName{workspace.RoleProjectAdministrator, "room full"}) || !made.Created.Equal(s.clock.now().Truncate(1000)) {
			s.t.Errorf("made %+v", made)
		}
		// Barred from entering, and from nothing else.
		if s.holds(made.Principal, s.in.Num, workspace.Enter) || !s.holds(made.Principal, s.in.Num, workspace.ManageMembers) ||
			!s.holds(made.Principal, s.in.Num, "room.full") {
			s.t.Error("barred from something else")
		}
		if len(s.mails.list) != 1 {
			s.t.Fatalf("mailed %v", s.mails.list)
		}
		said := s.mails.list[0]
		pw, _ := said["pw"].(string)
		signed, err := s.login.Password(s.ctx(), "hakonhc", pw, "192.0.2.9")
		if err != nil || signed.ID != made.User {
			s.t.Errorf("the password that was mailed: %v", err)
		}
		project := said["project_user"].(map[string]any)["project"].(map[string]any)
		if said["new_user"] != true || said["different_owner"] != false || said["server"] != "adm.example.org" ||
			project["name"] != "in" || project["owner"] != "Owner" || project["database"].(map[string]any)["name"] != "rest_test" ||
			said["user"].(map[string]any)["name"] != "Håkon Clausen" || said["current_user"].(map[string]any)["name"] != "leader" ||
			!slices.Equal(said["project_list"].([]string), []string{"in"}) {
			s.t.Errorf("said %v", said)
		}
		list, _, err := s.Users(s.ctx(), s.admin, workspace.UserFilter{Username: "hakonhc"})
		s.must(err)
		if u := list[0]; u.FirstName != "Håkon" || u.Language != "nb" || u.Administrator || u.Technical || u.Disabled {
			s.t.Errorf("registered %+v", u)
		}
		keys, _, err := s.UserQuotas(s.ctx(), s.admin, made.User)
		s.must(err)
		if keys.ID == "" {
			s.t.Error("he may have no keys")
		}
		// Without a notice there is no password that anybody knows.
		_, err = s.enrol(s.lead, workspace.Enrolment{User: person("other")})
		s.must(err)
		if len(s.mails.list) != 1 {
			s.t.Errorf("mailed %v", s.mails.list)
		}
	})
}

func TestEnrolKnown(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		known, err := s.CreateUser(s.ctx(), s.admin, workspace.User{
			Username: "Known", Email: "Known@example.org", FirstName: "Håkon", LastName: "Clausen", Language: "nb",
		})
		s.must(err)
		_, err = s.PutMember(s.ctx(), s.admin, s.there.ID, known.Num, nil)
		s.must(err)
		with := func(change func(p *workspace.Person)) workspace.Enrolment {
			p := person("Known")
			change(&p)
			return workspace.Enrolment{User: p}
		}
		s.unchanged(func() {
			for field, e := range map[string]workspace.Enrolment{
				"user.username":   with(func(p *workspace.Person) { p.Username = "known" }),
				"user.email":      with(func(p *workspace.Person) { p.Email = ptr("other@example.org") }),
				"user.first_name": with(func(p *workspace.Person) { p.FirstName = ptr("håkon") }),
				"user.last_name":  with(func(p *workspace.Person) { p.LastName = ptr("") }),
				"user.language":   with(func(p *workspace.Person) { p.Language = ptr("fr") }),
			} {
				_, err := s.enrol(s.lead, e)
				wantInvalid(s.t, err, field)
				if invalid, ok := errors.AsType[*workspace.InvalidError](err); !ok || invalid.Expected != "what is registered" {
					s.t.Errorf("%v", err)
				}
			}
			_, err = s.enrol(s.lead, with(func(p *workspace.Person) { p.Email = ptr(" ") }))
			wantInvalid(s.t, err, "user.email")
		})
		var made workspace.Enrolled
		s.leaves(func() {
			e := with(func(p *workspace.Person) { p.Email = ptr("kNOWN@EXAMPLE.org") })
			e.Notice = 1
			made, err = s.enrol(s.lead, e)
			s.must(err)
		}, "member.enrol")
		if made.New || made.User != known.ID {
			s.t.Errorf("made %+v", made)
		}
		said := s.mails.list[0]
		if said["new_user"] != false || said["different_owner"] != true || said["pw"] != "" ||
			!slices.Equal(said["project_list"].([]string), []string{"in", "there"}) {
			s.t.Errorf("said %v", said)
		}
		s.unchanged(func() {
			_, err = s.enrol(s.lead, workspace.Enrolment{User: workspace.Person{Username: "Known"}})
			if taken, ok := errors.AsType[*workspace.TakenError](err); !ok || taken.Field != "username" {
				s.t.Errorf("a second time: %v", err)
			}
		})
		s.must(s.RemoveMember(s.ctx(), s.lead, s.in.ID, known.Num))
		_, err = s.enrol(s.lead, workspace.Enrolment{User: workspace.Person{Username: "Known"}})
		s.must(err)
	})
}

func TestEnrolRefuses(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		chief, _ := s.user("chief")
		s.must(s.AddOrganizationUser(s.ctx(), s.admin, s.org.ID, chief.ID))
		elsewhere, err := s.CreateGroup(s.ctx(), s.admin, workspace.Group{Workspace: s.other.ID, Name: "elsewhere"})
		s.must(err)
		theirs, err := s.mails.AddNotice(s.ctx(), mail.Notice{
			Organization: string(s.there.Organization), Name: "n", Occasion: mail.NewUser, Subject: "s", Body: "b",
		})
		s.must(err)
		_, plain := s.member(s.in, "plain", workspace.RoleViewer)
		_, limited := s.member(s.in, "limited", workspace.RoleCommunity, workspace.ModuleRoom.Role(workspace.Limited))
		roles := func(r ...rbac.RoleName) workspace.Enrolment {
			return workspace.Enrolment{User: person("new"), Roles: r}
		}
		user := func(change func(p *workspace.Person)) workspace.Enrolment {
			e := roles()
			change(&e.User)
			return e
		}
		s.unchanged(func() {
			for _, c := range []struct {
				e     workspace.Enrolment
				field string
			}{
				{user(func(p *workspace.Person) { p.Username = "" }), "user.username"},
				{user(func(p *workspace.Person) { p.Username = "a,1" }), "user.username"},
				{user(func(p *workspace.Person) { p.Username = "a:b" }), "user.username"},
				{user(func(p *workspace.Person) { p.Email = nil }), "user.email"},
				{user(func(p *workspace.Person) { p.Email = ptr("nobody") }), "user.email"},
				{user(func(p *workspace.Person) { p.FirstName = ptr(strings.Repeat("a", 100)) }), "user.first_name"},
				{user(func(p *workspace.Person) { p.Language = ptr("?") }), "user.language"},
				{roles("nothing"), "roles"},
				{roles(workspace.RoleMember), "roles"},
				{roles(workspace.RoleOrganizationAdministrator), "roles"},
				{workspace.Enrolment{User: person("new"), Groups: []workspace.GroupID{elsewhere.ID}}, "groups"},
				{workspace.Enrolment{User: person("new"), Notice: 9}, "mail_type"},
				{workspace.Enrolment{User: person("new"), Notice: -1}, "mail_type"},
				{workspace.Enrolment{User: person("new"), Notice: theirs.Num}, "mail_type"},
			} {
				_, err := s.enrol(s.lead, c.e)
				wantInvalid(s.t, err, c.field)
			}
			_, err := s.enrol(s.lead, user(func(p *workspace.Person) { p.Email = ptr("Chief@example.org") }))
			if taken, ok := errors.AsType[*workspace.TakenError](err); !ok || taken.Field != "user.email" {
				s.t.Errorf("somebody else's address: %v", err)
			}
			// Nobody gives more than he has.
			for _, c := range []struct {
				actor workspace.Actor
				role  rbac.RoleName
			}{
				{s.lead, workspace.RoleAdministrator},
				{s.lead, workspace.RoleUpload},
				{plain, workspace.RoleViewer},
				{limited, workspace.ModuleRoom.Role(workspace.FullAccess)},
				{limited, workspace.ModuleTender.Role(workspace.Reading)},
				{limited, workspace.RoleProjectAdministrator},
			} {
				_, err := s.enrol(c.actor, roles(c.role))
				wantErr(s.t, err, rbac.ErrDenied)
			}
			_, err = s.enrol(s.lead, workspace.Enrolment{User: workspace.Person{Username: "chief"}, Barred: true})
			wantErr(s.t, err, workspace.ErrSuperior)
			_, err = s.Enrol(s.ctx(), s.lead, s.other.ID, roles())
			wantErr(s.t, err, workspace.ErrNotFound)
		})
		if len(s.mails.list) > 0 {
			s.t.Errorf("mailed %v", s.mails.list)
		}
		_, err = s.enrol(limited, roles(workspace.ModuleRoom.Role(workspace.Limited)))
		s.must(err)
		ours, err := s.mails.AddNotice(s.ctx(), mail.Notice{
			Organization: string(s.org.ID), Name: "n", Occasion: mail.NewUser, Subject: "s", Body: "{{ project_user.name }}",
		})
		s.must(err)
		_, err = s.enrol(s.lead, workspace.Enrolment{User: person("mailed"), Notice: ours.Num})
		s.must(err)
		s.must(s.SetSeats(s.ctx(), s.admin, s.in.ID, ptr(int64(1))))
		s.unchanged(func() {
			_, err = s.enrol(s.lead, workspace.Enrolment{User: person("late"), Notice: 1})
			if full, ok := errors.AsType[*quota.ExceededError](err); !ok || full.Kind != quota.Seats {
				s.t.Errorf("without a seat: %v", err)
			}
		})
		bare := workspace.New(s.db.Workspaces(), s.rights, s.meter, s.db.Trail(), &workspace.Options{Now: s.clock.now})
		_, err = bare.Enrol(s.ctx(), s.lead, s.in.ID, workspace.Enrolment{User: person("late"), Notice: 1})
		wantErr(s.t, err, workspace.ErrNoMailer)
	})
}

func TestUpdateEnrolment(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		made, err := s.enrol(s.lead, workspace.Enrolment{User: person("new"), Roles: []rbac.RoleName{workspace.RoleProjectAdministrator}})
		s.must(err)
		second, err := s.CreateGroup(s.ctx(), s.admin, workspace.Group{Workspace: s.in.ID, Name: "second"})
		s.must(err)
		update := func(change func(e *workspace.Enrolment)) error {
			return s.reenrol(s.lead, s.in, made.Principal, change)
		}
		s.clock.pass(1000000)
		s.leaves(func() {
			s.must(update(func(e *workspace.Enrolment) {
				if e.User.Username != "new" || *e.User.FirstName != "Håkon" || e.Notice != 0 || e.Barred || len(e.Roles) != 1 || e.Groups != nil {
					s.t.Errorf("shown %+v", e)
				}
				e.Groups = []workspace.GroupID{second.ID, s.group.ID}
				e.Roles = []rbac.RoleName{"tender read", workspace.RoleBIMAdministrator}
			}))
		}, "member.put")
		m, err := s.EnrolmentOf(s.ctx(), s.lead, s.in.ID, made.Principal)
		s.must(err)
		if len(m.Groups) != 2 || !slices.Equal(m.Roles, []rbac.RoleName{workspace.RoleBIMAdministrator, "tender read"}) || m.Barred || !m.Updated.After(m.Created) {
			s.t.Errorf("changed %+v", m)
		}
		s.leaves(func() {
			s.must(update(func(e *workspace.Enrolment) { e.Groups = e.Groups[:1]; e.Barred = true }))
			s.must(update(func(e *workspace.Enrolment) { e.Groups = append(e.Groups, e.Groups...) }))
		}, "member.put")
		list, n, err := s.Enrolments(s.ctx(), s.lead, s.in.ID, workspace.MemberFilter{Barred: ptr(true)})
		s.must(err)
		if n != 1 || len(list) != 1 || list[0].Principal != made.Principal || len(list[0].Groups) != 1 || !list[0].Barred {
			s.t.Errorf("listed %+v", list)
		}
		s.unchanged(func() {
			wantInvalid(s.t, update(func(e *workspace.Enrolment) { *e.User.Email = "x@example.org" }), "user")
			wantInvalid(s.t, update(func(e *workspace.Enrolment) { e.User.Username = "x" }), "user")
			wantInvalid(s.t, update(func(e *workspace.Enrolment) { e.Notice = 1 }), "mail_type")
			wantInvalid(s.t, update(func(e *workspace.Enrolment) { e.Roles = []rbac.RoleName{"x"} }), "roles")
			wantInvalid(s.t, update(func(e *workspace.Enrolment) { e.Groups = []workspace.GroupID{"x"} }), "groups")
			wantErr(s.t, update(func(e *workspace.Enrolment) { e.Roles = []rbac.RoleName{workspace.RoleEditor} }), rbac.ErrDenied)
			wantErr(s.t, s.reenrol(s.lead, s.in, s.boss.Num, func(e *workspace.Enrolment) { e.Roles = []rbac.RoleName{"room read"} }), workspace.ErrSupervisor)
			wantErr(s.t, s.reenrol(s.lead, s.in, s.boss.Num, func(e *workspace.Enrolment) { e.Barred = true }), workspace.ErrSupervisor)
			wantErr(s.t, s.reenrol(s.lead, s.in, 4711, func(*workspace.Enrolment) {}), workspace.ErrNotFound)
			boom := errors.New("boom")
			_, err := s.UpdateEnrolment(s.ctx(), s.lead, s.in.ID, made.Principal, func(*workspace.Enrolment) error { return boom })
			wantErr(s.t, err, boom)
		})
		s.must(s.reenrol(s.lead, s.in, s.boss.Num, func(e *workspace.Enrolment) { e.Groups = []workspace.GroupID{s.group.ID} }))
		// A group is one that may be barred, and is in none.
		_, err = s.PutMember(s.ctx(), s.admin, s.in.ID, second.Num, []rbac.RoleName{workspace.RoleProjectAdministrator})
		s.must(err)
		wantInvalid(s.t, s.reenrol(s.lead, s.in, second.Num, func(e *workspace.Enrolment) { e.Groups = []workspace.GroupID{s.group.ID} }), "groups")
		s.must(s.reenrol(s.lead, s.in, second.Num, func(e *workspace.Enrolment) { e.Barred = true }))
	})
}

// TestBarred: who is barred holds on to all else, does not free himself, and is
// barred no more once he has left.
func TestBarred(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		u, actor := s.member(s.in, "barred", workspace.RoleProjectAdministrator, workspace.RoleCommunity)
		s.must(s.reenrol(s.lead, s.in, u.Num, func(e *workspace.Enrolment) { e.Barred = true }))
		list, n, err := s.Administered(s.ctx(), actor, workspace.Filter{})
		s.must(err)
		if n != 0 || len(list) != 0 {
			s.t.Errorf("he is shown %+v", list)
		}
		wantErr(s.t, s.reenrol(actor, s.in, u.Num, func(e *workspace.Enrolment) { e.Barred = false }), rbac.ErrDenied)
		_, community := s.member(s.in, "community", workspace.RoleCommunity)
		wantErr(s.t, s.reenrol(community, s.in, u.Num, func(e *workspace.Enrolment) { e.Barred = false }), rbac.ErrDenied)
		wantErr(s.t, s.reenrol(actor, s.in, s.leader.Num, func(e *workspace.Enrolment) { e.Roles = nil }), nil) // as before
		s.must(s.reenrol(s.admin, s.in, s.leader.Num, func(e *workspace.Enrolment) { e.Roles = []rbac.RoleName{workspace.RoleProjectAdministrator} }))
		rules, err := s.Rules(s.ctx(), s.admin, s.in.ID, rbac.RuleFilter{Origin: "barred"})
		s.must(err)
		wantErr(s.t, s.DeleteRule(s.ctx(), s.admin, s.in.ID, rules[0].ID), workspace.ErrInUse)
		plan, err := s.PlanDeparture(s.ctx(), s.admin, workspace.Departure{Workspace: s.in.ID, Member: u.Num}, workspace.Disposal{})
		s.must(err)
		if !slices.ContainsFunc(plan.Rules, func(r rbac.Rule) bool { return r.Origin == "barred" }) {
			s.t.Errorf("the plan leaves it out: %+v", plan.Rules)
		}
		s.must(s.RemoveMember(s.ctx(), s.lead, s.in.ID, u.Num))
		_, err = s.PutMember(s.ctx(), s.lead, s.in.ID, u.Num, []rbac.RoleName{workspace.RoleProjectAdministrator})
		s.must(err)
		if !s.holds(u.Num, s.in.Num, workspace.Enter) {
			s.t.Error("he is still barred")
		}
		// It does not matter who he is otherwise.
		s.must(s.reenrol(s.lead, s.in, u.Num, func(e *workspace.Enrolment) { e.Barred, e.Roles = true, nil }))
		s.must(s.reenrol(s.lead, s.in, u.Num, func(e *workspace.Enrolment) { e.Barred = false }))
		if s.holds(u.Num, s.in.Num, workspace.Enter) {
			s.t.Error("that he is not barred let him in")
		}
	})
}

// TestEnrolRace enrols one new user in two projects at once: one makes his
// account, and the other finds it.
func TestEnrolRace(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, _ := w.user("ada")
		one, two := w.workspace("one", ada, ""), w.workspace("two", ada, "")
		for i := range rounds {
			name := "new" + string(rune('a'+i))
			made := make([]workspace.Enrolled, 3)
			enrol := func(k int, in workspace.Workspace) func() error {
				return func() (err error) {
					made[k], err = w.Enrol(w.ctx(), w.admin, in.ID, workspace.Enrolment{User: person(name)})
					return err
				}
			}
			errs := race(enrol(0, one), enrol(1, two), enrol(2, two))
			w.must(errs[0])
			if (errs[1] == nil) == (errs[2] == nil) {
				t.Fatalf("round %d: enrolled twice, or not at all: %v", i, errs)
			}
			fresh := 0
			for _, m := range made {
				if m.New {
					fresh++
				}
			}
			if fresh != 1 {
				t.Fatalf("round %d: made %d times: %+v", i, fresh, made)
			}
		}
	})
}

// TestEnrolmentOfOwners takes what it takes to own something from who does, and
// bars him, which takes nothing of the kind.
func TestEnrolmentOfOwners(t *testing.T) {
	t.Parallel()
	eachEstate(t, func(t *testing.T, e *estate, _ *dbtest.Fault) {
		e.unchanged(func() {
			err := e.reenrol(e.boss, e.in, e.ed.Num, func(n *workspace.Enrolment) { n.Roles = []rbac.RoleName{workspace.RoleViewer} })
			if owns, ok := errors.AsType[*workspace.OwnsError](err); !ok || owns.Holdings == 0 {
				t.Errorf("he is left with what he owns: %v", err)
			}
		})
		e.must(e.reenrol(e.boss, e.in, e.ed.Num, func(n *workspace.Enrolment) {
			n.Barred, n.Roles = true, []rbac.RoleName{workspace.RoleEditor, workspace.RoleProjectAdministrator}
		}))
	})
}
