package database_test

import (
	"context"
	"errors"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

func TestCreateProject(t *testing.T) {
	each(t, func(w *world) {
		made, d, err := w.dbs.CreateProject(w.Context(), w.manager, database.ProjectDraft{
			Workspace: w.draft("one"), New: &database.Draft{Name: "akl-test"},
		})
		w.OK(err)
		if made.Project.Database != d.ID || made.Organization != w.owner.ID || d.Name != "akl-test" || d.State != database.Ready {
			w.Errorf("made is %+v with %+v", made.Workspace, d)
		}
		read, err := w.Workspaces.Workspace(w.Context(), w.manager, made.ID)
		w.OK(err)
		if read.Project.Database != d.ID {
			w.Errorf("read is %+v", read.Workspace)
		}
		events, err := w.DB.Trail().List(w.Context(), audit.Filter{Workspace: string(made.ID), Actions: []string{"database.create"}})
		if err != nil || len(events) != 1 || events[0].Organization != string(w.owner.ID) || events[0].Object.Name != "akl-test" {
			w.Errorf("events %+v, %v", events, err)
		}
		w.consistent()
		second, same, err := w.dbs.CreateProject(w.Context(), w.manager, database.ProjectDraft{Workspace: w.draft("two"), Existing: "akl-test"})
		if err != nil || same != d || second.Project.Database != d.ID {
			w.Errorf("on the same are %+v, %+v, %v", second.Workspace, same, err)
		}
		bare, none, err := w.dbs.CreateProject(w.Context(), w.manager, database.ProjectDraft{Workspace: w.draft("three")})
		if err != nil || none != (database.Database{}) || bare.Project.Database != "" {
			w.Errorf("without are %+v, %+v, %v", bare.Workspace, none, err)
		}
		w.consistent()
	})
}

// What is refused leaves neither a project nor a database, and nothing was made
// that would have had to be undone.
func TestCreateProjectRefused(t *testing.T) {
	each(t, func(w *world) {
		w.database("there")
		_, err := w.dbs.Create(w.Context(), w.foreign, w.rival.ID, database.Draft{Name: "theirs"})
		w.OK(err)
		w.project("taken", "")
		w.real.fail(func(method string, _ database.Name) error {
			if method == "Create" {
				w.Error("something was made")
			}
			return nil
		})
		projects, err := w.DB.Workspaces().CountWorkspaces(w.Context(), workspace.Filter{})
		w.OK(err)
		fresh := &database.Draft{Name: "fine"}
		try := func(change func(*database.ProjectDraft)) error {
			draft := database.ProjectDraft{Workspace: w.draft("new"), New: fresh}
			change(&draft)
			made, d, err := w.dbs.CreateProject(w.Context(), w.manager, draft)
			if err == nil || made.ID != "" || d.ID != "" {
				w.Errorf("made are %+v, %+v, %v", made.Workspace, d, err)
			}
			return err
		}
		w.Taken(try(func(d *database.ProjectDraft) { d.Workspace.TechnicalName = "TAKEN" }), "technical_name")
		w.Invalid(try(func(d *database.ProjectDraft) { d.Workspace.Name = "" }), "name")
		w.Invalid(try(func(d *database.ProjectDraft) { d.Workspace.Supervisor = "nobody" }), "supervisor")
		w.Wants(try(func(d *database.ProjectDraft) { d.Workspace.Organization = w.rival.ID }), workspace.ErrNotFound)
		w.Wants(try(func(d *database.ProjectDraft) { d.Workspace.Organization = "" }), rbac.ErrDenied)
		w.Invalid(try(func(d *database.ProjectDraft) { d.Existing = "there" }), "database")
		w.Wants(try(func(d *database.ProjectDraft) { d.New = &database.Draft{Name: "there"} }), database.ErrExists)
		w.Wants(try(func(d *database.ProjectDraft) { d.New = &database.Draft{Name: "../there"} }), database.ErrName)
		w.Invalid(try(func(d *database.ProjectDraft) { d.New = &database.Draft{Name: "fine", Template: "theirs"} }), "template")
		for _, name := range append(hostile(), "theirs", "nowhere") {
			w.Invalid(try(func(d *database.ProjectDraft) { d.New, d.Existing = nil, database.Name(name) }), "database")
		}
		// Whoever manages the platform needs an organization as well.
		_, _, err = w.dbs.CreateProject(w.Context(), w.Admin, database.ProjectDraft{
			Workspace: workspace.Workspace{Name: "x", TechnicalName: "x", Supervisor: w.manager.User}, New: fresh,
		})
		w.Invalid(err, "organization")
		w.real.fail(nil)
		after, err := w.DB.Workspaces().CountWorkspaces(w.Context(), workspace.Filter{})
		if err != nil || after != projects || len(w.rows()) != 2 {
			w.Errorf("%d projects, %v, and %v; want %d", after, err, w.rows(), projects)
		}
		w.consistent()
	})
}

// When the project cannot be made in the end, its database goes too.
func TestCreateProjectUndone(t *testing.T) {
	each(t, func(w *world) {
		w.dbs.AtStep(func(name string) {
			if name == "created" { // somebody is quicker
				w.dbs.AtStep(func(string) {})
				w.project("new", "")
			}
		})
		_, _, err := w.dbs.CreateProject(w.Context(), w.manager, database.ProjectDraft{Workspace: w.draft("new"), New: &database.Draft{Name: "new"}})
		w.Taken(err, "technical_name")
		w.consistent()
		if len(w.rows()) != 0 {
			w.Errorf("there are %v", w.rows())
		}
		// And when what he may do has changed meanwhile.
		w.dbs.AtStep(func(name string) {
			if name == "created" {
				w.OK(w.Workspaces.RemoveOrganizationUser(w.Context(), w.Admin, w.owner.ID, w.manager.User))
			}
		})
		_, _, err = w.dbs.CreateProject(w.Context(), w.manager, database.ProjectDraft{Workspace: w.draft("other"), New: &database.Draft{Name: "new"}})
		w.Wants(err, workspace.ErrNotFound)
		w.consistent()
	})
}

// A reconciler that takes the maker for dead, since its hold was lost, and the
// maker do not both have their way.
func TestUndoneMeanwhile(t *testing.T) {
	each(t, func(w *world) {
		for _, step := range []string{"announced", "created"} {
			// Another server, whose provisioner knows of no holds.
			other := database.New(w.DB.Databases(), &unheld{w.real}, w.Workspaces, w.Rights, w.Quotas, w.DB.Trail(), nil)
			take := func(name string) {
				if name == step {
					if err := other.Reconcile(w.Context()); !errors.Is(err, errBroken) {
						w.OK(err)
					}
				}
			}
			w.dbs.AtStep(take)
			// Or he has only begun to.
			for _, broken := range []error{nil, errBroken} {
				w.real.fail(func(method string, _ database.Name) error {
					if method == "Drop" {
						return broken
					}
					return nil
				})
				_, _, err := w.dbs.CreateProject(w.Context(), w.manager, database.ProjectDraft{Workspace: w.draft("new"), New: &database.Draft{Name: "new"}})
				if err == nil {
					w.Errorf("at %s: it was made of what somebody took back", step)
				}
				w.real.fail(nil)
				w.dbs.AtStep(func(string) {})
				w.OK(w.dbs.Reconcile(w.Context()))
				w.consistent()
				w.dbs.AtStep(take)
			}
			if len(w.rows()) != 0 {
				w.Errorf("at %s: there are %v", step, w.rows())
			}
		}
	})
}

// Whoever renames or backs up, and is taken for dead, gets one answer, and what is
// there is whole.
func TestSettledMeanwhile(t *testing.T) {
	each(t, func(w *world) {
		other := database.New(w.DB.Databases(), &unheld{w.real.Provisioner}, w.Workspaces, w.Rights, w.Quotas, w.DB.Trail(), &database.Options{Files: w.files})
		for _, deed := range deeds() {
			w.alone(func() {
				deed.prepare(w)
				w.dbs.AtStep(func(string) {
					// What was taken back, and goes on being renamed, is not there.
					if err := other.Reconcile(w.Context()); !errors.Is(err, database.ErrNotFound) {
						w.OK(err)
					}
				})
				err := deed.do(w.Context(), w)
				w.dbs.AtStep(func(string) {})
				w.consistent()
				done, undone := deed.done(w), deed.undone(w)
				if err == nil && done != nil || err != nil && undone != nil && done != nil {
					w.Errorf("%s: %v, and it is neither %v, nor %v", deed.name, err, done, undone)
				}
			})
		}
	})
}

// unheld is a provisioner that everybody holds whatever he wants of.
type unheld struct{ database.Provisioner }

func (unheld) Hold(context.Context, database.Name) (func(), error) { return func() {}, nil }

func TestSetDatabase(t *testing.T) {
	each(t, func(w *world) {
		a, b := w.database("a"), w.database("b")
		_, err := w.dbs.Create(w.Context(), w.foreign, w.rival.ID, database.Draft{Name: "theirs"})
		w.OK(err)
		p := w.project("p", "")
		uses := func(want workspace.DatabaseID) {
			w.Helper()
			d, err := w.Workspaces.Workspace(w.Context(), w.manager, p.ID)
			if err != nil || d.Project.Database != want {
				w.Errorf("it uses %q, %v; want %q", d.Project.Database, err, want)
			}
		}
		set := func(name database.Name) { w.OK(w.dbs.SetDatabase(w.Context(), w.manager, p.ID, name)) }
		w.leaves(func() { set("a") }, "database.attach")
		uses(a.ID)
		w.leaves(func() { set("a") })
		w.leaves(func() { set("b") }, "database.attach")
		uses(b.ID)
		w.leaves(func() { set("") }, "database.detach")
		uses("")
		w.leaves(func() { set("") })
		for _, name := range append(hostile(), "theirs", "nowhere") {
			w.Invalid(w.dbs.SetDatabase(w.Context(), w.manager, p.ID, database.Name(name)), "database")
		}
		// A workspace without organization has none of its databases.
		w.Invalid(w.dbs.SetDatabase(w.Context(), w.Admin, w.Club.ID, "a"), "database")
		w.Wants(w.dbs.SetDatabase(w.Context(), w.foreign, p.ID, "theirs"), workspace.ErrNotFound)
		w.Wants(w.dbs.SetDatabase(w.Context(), w.manager, "nowhere", "a"), workspace.ErrNotFound)
		member := w.member("member", []workspace.Workspace{p}, workspace.ReadDatabase, workspace.LockDatabase, workspace.Update)
		w.denied("a member", w.dbs.SetDatabase(w.Context(), member, p.ID, "a"))
		uses("")
	})
}

// The database stays when a project goes (spec/drofus.md DA-22), and an
// organization with databases stays.
func TestWhatStays(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		p := w.project("p", "a")
		w.Wants(w.dbs.Delete(w.Context(), w.manager, "a"), database.ErrInUse)
		gone := workspace.Departure{Workspace: p.ID}
		plan, err := w.Workspaces.PlanDeparture(w.Context(), w.manager, gone, workspace.Disposal{})
		w.OK(err)
		_, err = w.Workspaces.Depart(w.Context(), w.manager, gone, workspace.Disposal{}, plan.Token)
		w.OK(err)
		w.consistent()
		if len(w.there()) != 1 {
			w.Errorf("there are %v", w.there())
		}
		w.Wants(w.Workspaces.DeleteOrganization(w.Context(), w.Admin, w.owner.ID), workspace.ErrInUse)
		w.OK(w.dbs.Delete(w.Context(), w.manager, "a"))
		w.OK(w.Workspaces.DeleteOrganization(w.Context(), w.Admin, w.owner.ID))
	})
}
