package workspace_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, adaActor := w.user("ada")
		o := w.organization("IGN", 0)
		var made workspace.Details
		w.leaves(func() {
			var err error
			made, err = w.Create(w.ctx(), w.admin, workspace.Workspace{
				ID: "x", Num: 99, Organization: o.ID, Name: "  Tutorials ", TechnicalName: "tutorials", Description: "Two\nlines",
				Contact: "x@example.org", Public: true, Supervisor: ada.ID, Datastore: "y", Audience: 3,
			})
			w.must(err)
		}, "workspace.create")
		if made.Name != "Tutorials" || !made.Active || made.Datastore != "" || !uid.Valid(string(made.ID)) || made.Num == 99 || made.Audience == 3 {
			t.Errorf("made %+v", made.Workspace)
		}
		if now := w.clock.now().UTC().Truncate(time.Microsecond); !made.Created.Equal(now) || !made.Updated.Equal(now) || made.Created.Location() != time.UTC {
			t.Errorf("created %v, updated %v, want %v", made.Created, made.Updated, now)
		}
		if made.SupervisedBy.Username != "ada" || made.PaidBy == nil || made.PaidBy.Name != "IGN" {
			t.Errorf("details %+v", made)
		}
		got, err := w.Workspace(w.ctx(), adaActor, made.ID)
		w.must(err)
		if got.Workspace != made.Workspace {
			t.Errorf("read %+v, made %+v", got.Workspace, made.Workspace)
		}
		members, n, err := w.Members(w.ctx(), adaActor, made.ID, workspace.MemberFilter{})
		w.must(err)
		if n != 1 || members[0].User != ada.ID || !slices.Equal(members[0].Rights, workspace.Rights()) || len(members[0].Roles) != 0 {
			t.Errorf("members %+v", members)
		}
		rules, err := w.rights.Rules(w.ctx(), rbac.RuleFilter{Nodes: []rbac.Node{made.Num}})
		w.must(err)
		if len(rules) != 1 || rules[0].Principal != made.Audience || rules[0].Role != workspace.RoleMember || rules[0].Origin != "audience" || !rules[0].Propagate {
			t.Errorf("rules %+v", rules)
		}
		w.leaves(func() {
			_, err = w.Create(w.ctx(), w.admin, workspace.Workspace{Name: "b", TechnicalName: "TUTORIALS", Supervisor: ada.ID})
			taken, ok := errors.AsType[*workspace.TakenError](err)
			if !ok || taken.Field != "technical_name" {
				t.Errorf("taken: %v", err)
			}
		})
	})
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, actor := w.user("ada")
	gone, _ := w.user("gone")
	_, err := w.UpdateUser(w.ctx(), w.admin, gone.ID, func(u *workspace.User) error { u.Disabled = true; return nil })
	w.must(err)
	good := workspace.Workspace{Name: "a", TechnicalName: "a", Supervisor: ada.ID}
	with := func(change func(*workspace.Workspace)) error {
		made := good
		change(&made)
		_, err := w.Create(w.ctx(), w.admin, made)
		return err
	}
	before := dbtest.Fingerprint(t, w.db)
	for name, field := range map[string]string{"": "name", " ": "name", strings.Repeat("é", 100): "name", "a\nb": "name", "\xff": "name", "a\x00": "name"} {
		wantInvalid(t, with(func(n *workspace.Workspace) { n.Name = name }), field)
	}
	for _, name := range []string{" ", ".", "..", "a b", "é", strings.Repeat("a", 31), "a/b", "a%"} {
		wantInvalid(t, with(func(n *workspace.Workspace) { n.TechnicalName = name }), "technical_name")
	}
	wantInvalid(t, with(func(n *workspace.Workspace) { n.Description = strings.Repeat("é", 4001) }), "description")
	wantInvalid(t, with(func(n *workspace.Workspace) { n.Description = "\x07" }), "description")
	wantInvalid(t, with(func(n *workspace.Workspace) { n.Contact = strings.Repeat("a", 256) }), "contact")
	wantInvalid(t, with(func(n *workspace.Workspace) { n.Supervisor = workspace.UserID(uid.New()) }), "supervisor")
	wantErr(t, with(func(n *workspace.Workspace) { n.Supervisor = "" }), workspace.ErrSupervisor)
	wantErr(t, with(func(n *workspace.Workspace) { n.Supervisor = gone.ID }), workspace.ErrSupervisor)
	wantErr(t, with(func(n *workspace.Workspace) { n.Organization = workspace.OrganizationID(uid.New()) }), workspace.ErrNotFound)
	_, err = w.Create(w.ctx(), actor, good)
	wantErr(t, err, rbac.ErrDenied)
	if dbtest.Fingerprint(t, w.db) != before {
		t.Error("a refusal left something")
	}
}

// TestCreateUnder creates as the administrator of an organization, who may in
// his own and nowhere else.
func TestCreateUnder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, actor := w.user("ada")
	mine, other := w.organization("mine", 0), w.organization("other", 0)
	w.must(w.AddOrganizationUser(w.ctx(), w.admin, mine.ID, ada.ID))
	try := func(name string, o workspace.OrganizationID) error {
		_, err := w.Create(w.ctx(), actor, workspace.Workspace{Name: name, TechnicalName: name, Supervisor: ada.ID, Organization: o})
		return err
	}
	w.must(try("a", mine.ID))
	wantErr(t, try("b", other.ID), workspace.ErrNotFound)
	wantErr(t, try("c", ""), rbac.ErrDenied)
}

// TestMove needs the right in both organizations.
func TestMove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, actor := w.user("ada")
	mine, other := w.organization("mine", 0), w.organization("other", 0)
	w.must(w.AddOrganizationUser(w.ctx(), w.admin, mine.ID, ada.ID))
	in, theirs := w.workspace("here", ada, mine.ID), w.workspace("there", ada, other.ID)
	move := func(id workspace.ID, to workspace.OrganizationID) error {
		_, err := w.Update(w.ctx(), actor, id, func(n *workspace.Workspace) error { n.Organization = to; return nil })
		return err
	}
	before := dbtest.Fingerprint(t, w.db)
	wantErr(t, move(in.ID, other.ID), workspace.ErrNotFound)
	wantErr(t, move(in.ID, ""), rbac.ErrDenied)
	wantErr(t, move(theirs.ID, mine.ID), rbac.ErrDenied)
	if dbtest.Fingerprint(t, w.db) != before {
		t.Error("a refusal left something")
	}
	w.must(w.AddOrganizationUser(w.ctx(), w.admin, other.ID, ada.ID))
	w.must(move(in.ID, other.ID))
	d, err := w.Workspace(w.ctx(), actor, in.ID)
	w.must(err)
	if d.PaidBy == nil || d.PaidBy.ID != other.ID || d.PaidBy.UploadsQuota != 0 {
		t.Errorf("paid by %+v", d.PaidBy)
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, adaActor := w.user("ada")
	bob, bobActor := w.user("bob")
	in := w.workspace("here", ada, "")
	_, editor := w.member(in, "editor", workspace.RoleCommunity)
	_, reader := w.member(in, "reader")
	update := func(actor workspace.Actor, change func(n *workspace.Workspace)) (workspace.Details, error) {
		return w.Update(w.ctx(), actor, in.ID, func(n *workspace.Workspace) error { change(n); return nil })
	}
	w.clock.pass(time.Hour)
	w.leaves(func() {
		d, err := update(editor, func(n *workspace.Workspace) { n.Name, n.Public = "There", true })
		w.must(err)
		if d.Name != "There" || !d.Public || !d.Updated.After(d.Created) {
			t.Errorf("updated %+v", d.Workspace)
		}
	}, "workspace.update")
	w.leaves(func() {
		_, err := update(reader, func(*workspace.Workspace) {})
		wantErr(t, err, rbac.ErrDenied)
		_, err = update(editor, func(*workspace.Workspace) {})
		w.must(err)
		_, err = update(reader, func(n *workspace.Workspace) { n.Name = "x" })
		wantErr(t, err, rbac.ErrDenied)
		_, err = update(editor, func(n *workspace.Workspace) { n.Supervisor = bob.ID })
		wantErr(t, err, rbac.ErrDenied)
		_, err = update(adaActor, func(n *workspace.Workspace) { n.TechnicalName = "x" })
		wantErr(t, err, rbac.ErrDenied)
		_, err = update(bobActor, func(*workspace.Workspace) {})
		wantErr(t, err, workspace.ErrNotFound)
		_, err = update(w.admin, func(n *workspace.Workspace) { n.Active = false })
		wantInvalid(t, err, "active")
		_, err = update(w.admin, func(n *workspace.Workspace) { n.Datastore = "d" })
		wantInvalid(t, err, "datastore")
		_, err = update(w.admin, func(n *workspace.Workspace) { n.Name = "" })
		wantInvalid(t, err, "name")
		boom := errors.New("boom")
		_, err = w.Update(w.ctx(), w.admin, in.ID, func(n *workspace.Workspace) error { n.Name = "x"; return boom })
		wantErr(t, err, boom)
	})
	w.leaves(func() {
		_, err := update(w.admin, func(n *workspace.Workspace) { n.TechnicalName = "there" })
		w.must(err)
	}, "workspace.update")
}

func TestSupervisor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, adaActor := w.user("ada")
	in := w.workspace("here", ada, "")
	_, err := w.PutMember(w.ctx(), w.admin, in.ID, ada.Num, []rbac.RoleName{workspace.RoleUpload})
	wantErr(t, err, workspace.ErrSupervisor)
	_, err = w.PutMember(w.ctx(), w.admin, in.ID, ada.Num, nil) // what he has
	w.must(err)
	bob, bobActor := w.user("bob")
	transfer := func(actor workspace.Actor, to workspace.UserID) error {
		_, err := w.Update(w.ctx(), actor, in.ID, func(n *workspace.Workspace) error { n.Supervisor = to; return nil })
		return err
	}
	wantErr(t, transfer(adaActor, ""), workspace.ErrSupervisor)
	w.must(transfer(adaActor, bob.ID))
	members, _, err := w.Members(w.ctx(), bobActor, in.ID, workspace.MemberFilter{})
	w.must(err)
	if len(members) != 2 || members[1].User != bob.ID || len(members[0].Rights) != 0 || len(members[1].Rights) != 5 {
		t.Errorf("members %+v", members)
	}
	wantErr(t, transfer(adaActor, ada.ID), rbac.ErrDenied)
	wantErr(t, w.RemoveMember(w.ctx(), w.admin, in.ID, bob.Num), workspace.ErrSupervisor)
	wantErr(t, w.Leave(w.ctx(), bobActor, in.ID), workspace.ErrSupervisor)
	w.must(w.Leave(w.ctx(), adaActor, in.ID))
	_, err = w.UpdateUser(w.ctx(), w.admin, bob.ID, func(u *workspace.User) error { u.Disabled = true; return nil })
	wantErr(t, err, workspace.ErrInUse)
	if err == nil || !strings.Contains(err.Error(), "here") {
		t.Errorf("%v does not say by what", err)
	}
}

// TestDeactivate closes a workspace on one server and asks on another.
func TestDeactivate(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			w := settle(t, dbtest.Open(t, address))
			there := over(t, dbtest.Open(t, address))
			ada, adaActor := w.user("ada")
			o := w.organization("o", 0)
			in := w.workspace("here", ada, o.ID)
			chief, chiefActor := w.user("chief")
			w.must(w.AddOrganizationUser(w.ctx(), w.admin, o.ID, chief.ID))
			d := w.open(in)
			_, reader := w.member(in, "reader")
			for _, actor := range []workspace.Actor{adaActor, reader} {
				_, err := there.Datastore(w.ctx(), actor, d.ID)
				w.must(err)
			}
			wantErr(t, w.Deactivate(w.ctx(), adaActor, in.ID), rbac.ErrDenied)
			w.leaves(func() {
				w.must(w.Deactivate(w.ctx(), chiefActor, in.ID))
				w.must(w.Deactivate(w.ctx(), chiefActor, in.ID))
			}, "workspace.deactivate")
			for _, actor := range []workspace.Actor{adaActor, reader} {
				_, err := there.Datastore(w.ctx(), actor, d.ID)
				wantCause(t, err, rbac.BySeal)
				got, err := there.Workspace(w.ctx(), actor, in.ID)
				w.must(err)
				if got.Active {
					t.Error("still active")
				}
			}
			_, _, err := there.Members(w.ctx(), adaActor, in.ID, workspace.MemberFilter{})
			wantCause(t, err, rbac.BySeal)
			wantErr(t, there.Activate(w.ctx(), adaActor, in.ID), rbac.ErrDenied)
			_, err = there.Datastore(w.ctx(), chiefActor, d.ID)
			w.must(err)
			w.leaves(func() {
				w.must(there.Activate(w.ctx(), chiefActor, in.ID))
				w.must(there.Activate(w.ctx(), chiefActor, in.ID))
			}, "workspace.activate")
			_, err = w.Datastore(w.ctx(), reader, d.ID)
			w.must(err)
		})
	}
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, actor := w.user("ada")
	bob, _ := w.user("bob")
	w.workspace("hidden", ada, "")
	open := w.workspace("open", ada, w.organization("o", 7).ID)
	_, err := w.Update(w.ctx(), w.admin, open.ID, func(n *workspace.Workspace) error { n.Public = true; return nil })
	w.must(err)
	private := false
	list, n, err := w.Catalog(w.ctx(), as(bob), workspace.Filter{Public: &private})
	w.must(err)
	if n != 1 || len(list) != 1 || list[0].ID != open.ID {
		t.Fatalf("catalogue %+v", list)
	}
	if s := list[0].SupervisedBy; s.ID != ada.ID || s.Email != "" || s.Username != "" || list[0].PaidBy.UploadsQuota != 0 {
		t.Errorf("the catalogue tells too much: %+v", list[0])
	}
	_, _, err = w.Catalog(w.ctx(), actor, workspace.Filter{Member: bob.Num})
	wantErr(t, err, rbac.ErrDenied)
	_, n, err = w.Catalog(w.ctx(), actor, workspace.Filter{Member: ada.Num})
	w.must(err)
	if n != 1 {
		t.Errorf("%d of his own", n)
	}
	_, n, err = w.Workspaces(w.ctx(), w.admin, workspace.Filter{})
	w.must(err)
	if n != 2 {
		t.Errorf("%d workspaces", n)
	}
}

func TestActivity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, adaActor := w.user("ada")
	in, other := w.workspace("here", ada, ""), w.workspace("there", ada, "")
	_, reader := w.member(in, "reader")
	w.member(other, "elsewhere")
	w.must(w.Deactivate(w.ctx(), w.admin, in.ID))
	w.must(w.Activate(w.ctx(), w.admin, in.ID))
	actions := func(actor workspace.Actor, f audit.Filter) []string {
		t.Helper()
		list, err := w.Activity(w.ctx(), actor, in.ID, f)
		w.must(err)
		var names []string
		for _, e := range list {
			names = append(names, e.Action)
			if e.Workspace != string(in.ID) {
				t.Errorf("an event of elsewhere: %+v", e)
			}
		}
		return names
	}
	all := []string{"workspace.create", "member.put", "workspace.deactivate", "workspace.activate"}
	if got := actions(adaActor, audit.Filter{Workspace: string(other.ID)}); !slices.Equal(got, all) {
		t.Errorf("supervisor sees %v", got)
	}
	if got := actions(reader, audit.Filter{}); !slices.Equal(got, []string{all[0], all[2], all[3]}) {
		t.Errorf("reader sees %v", got)
	}
	if got := actions(reader, audit.Filter{Newest: true, Offset: 1, Limit: 1}); !slices.Equal(got, []string{all[2]}) {
		t.Errorf("reader's page is %v", got)
	}
	_, err := w.Activity(w.ctx(), reader, in.ID, audit.Filter{Actions: []string{"member."}})
	wantErr(t, err, rbac.ErrDenied)
	// A beginning that could be of either must not let them through.
	if got := actions(reader, audit.Filter{Actions: []string{"mem", "workspace.c"}}); !slices.Equal(got, all[:1]) {
		t.Errorf("reader sees %v", got)
	}
}

func TestPublicActivity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.user("ada")
	in := w.workspace("here", ada, "")
	guest := workspace.Guest("192.0.2.9")
	_, _, err := w.PublicActivity(w.ctx(), guest, "here", audit.Filter{})
	wantErr(t, err, workspace.ErrNotFound)
	_, err = w.Update(w.ctx(), w.admin, in.ID, func(n *workspace.Workspace) error { n.Public = true; return nil })
	w.must(err)
	err = w.db.Tx(w.ctx(), func(ctx context.Context) error {
		return w.db.Trail().Append(ctx, audit.Event{
			ID: audit.EventID(uid.New()), At: w.clock.now(), Principal: int64(ada.Num), Actor: "ada", Via: "basic", Address: "192.0.2.1",
			Action: "offering.register", Workspace: string(in.ID), Object: audit.Object{Kind: "offering", Name: "roads"},
			Detail: []byte(`{"by":"ada"}`),
		})
	})
	w.must(err)
	shown, events, err := w.PublicActivity(w.ctx(), guest, "HERE", audit.Filter{Actions: []string{"workspace.", "off"}})
	w.must(err)
	if shown.Name != "here" || shown.Supervisor != "" || len(events) != 1 || events[0].Object.Name != "roads" {
		t.Fatalf("%+v %+v", shown, events)
	}
	if e := events[0]; e.Actor != "" || e.Principal != 0 || e.Address != "" || string(e.Detail) != "{}" {
		t.Errorf("tells who: %+v", e)
	}
	_, events, err = w.PublicActivity(w.ctx(), guest, "here", audit.Filter{Actions: []string{"member."}})
	w.must(err)
	if len(events) != 0 {
		t.Errorf("members are told: %+v", events)
	}
	w.must(w.Deactivate(w.ctx(), w.admin, in.ID))
	_, _, err = w.PublicActivity(w.ctx(), guest, "here", audit.Filter{})
	wantErr(t, err, workspace.ErrNotFound)
}
