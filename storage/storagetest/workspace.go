package storagetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Workspaces tests [workspace.Workspaces].
func Workspaces(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"filters choose":                       workspaceFilters,
		"filters choose by member":             workspaceMembers,
		"adding gives a node and an audience":  workspaceAdd,
		"adding deactivated seals":             workspaceSealed,
		"technical names are taken":            workspaceTaken,
		"saving stores a change and the node":  workspaceSave,
		"owner, parent and seal are decisions": workspaceRevisions,
		"locking reads":                        workspaceLock,
		"locking keeps others away":            workspaceLocked,
		"what is not there":                    workspaceMissing,
		"nothing is kept of a half":            workspaceSweep,
		"databases are of the organization":    workspaceDatabase,
	})
}

func (s *sample) workspaces(what string, f workspace.Filter, want ...string) {
	s.t.Helper()
	chooses(s.t, what, func(w workspace.Workspace) string { return w.TechnicalName }, want,
		func(offset, limit int) ([]workspace.Workspace, error) {
			f.Offset, f.Limit = offset, limit
			return s.Workspaces.Workspaces(s.t.Context(), f)
		}, func(offset, limit int) (int, error) {
			f.Offset, f.Limit = offset, limit
			return s.Workspaces.CountWorkspaces(s.t.Context(), f)
		})
}

func workspaceFilters(s *sample) {
	s.workspaces("none yet", workspace.Filter{})
	yes, no := true, false
	o, u := s.organization("Org"), s.user("u")
	a, b, c := s.workspace("Aé", o.ID, u.ID), s.workspace("b_1", "", u.ID), s.workspace("c", o.ID, u.ID)
	b.Public = true
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveWorkspace(ctx, b) })
	s.datastore(c.ID)
	nodes := rbac.Only(b.Num, c.Num)
	nothing := rbac.Condition{}
	s.workspaces("all", workspace.Filter{}, "Aé", "b_1", "c")
	s.workspaces("newest", workspace.Filter{Newest: true}, "c", "b_1", "Aé")
	s.workspaces("by id", workspace.Filter{IDs: []workspace.ID{c.ID, a.ID, "nowhere"}}, "Aé", "c")
	s.workspaces("by no id", workspace.Filter{IDs: []workspace.ID{}})
	b.Active = false
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveWorkspace(ctx, b) })
	s.workspaces("by part of a name", workspace.Filter{Search: "OF C"}, "c")
	s.workspaces("by part of a technical name", workspace.Filter{Search: "AÉ"}, "Aé")
	s.workspaces("active", workspace.Filter{Active: &yes}, "Aé", "c")
	s.workspaces("deactivated", workspace.Filter{Active: &no}, "b_1")
	s.workspaces("by creation", workspace.Filter{Created: workspace.Period{From: at(1), Before: at(2)}}, "Aé", "b_1", "c")
	s.workspaces("by later creation", workspace.Filter{Created: workspace.Period{From: at(2)}})
	s.workspaces("by organization", workspace.Filter{Organization: o.ID}, "Aé", "c")
	s.workspaces("by node", workspace.Filter{Nodes: &nodes}, "b_1", "c")
	s.workspaces("by no node", workspace.Filter{Nodes: &nothing})
	s.workspaces("by technical name", workspace.Filter{TechnicalName: "AÉ"}, "Aé")
	s.workspaces("by technical name, exactly", workspace.Filter{TechnicalName: "b%"})
	s.workspaces("by name", workspace.Filter{Name: "NAME OF b_1"}, "b_1")
	s.workspaces("by pattern", workspace.Filter{Name: "%É"}, "Aé")
	s.workspaces("public", workspace.Filter{Public: &yes}, "b_1")
	s.workspaces("not public", workspace.Filter{Public: &no}, "Aé", "c")
	s.workspaces("by supervisor", workspace.Filter{Supervisor: u.Num}, "Aé", "b_1", "c")
	s.workspaces("by another supervisor", workspace.Filter{Supervisor: s.user("v").Num})
	s.workspaces("with datastore", workspace.Filter{WithDatastore: &yes}, "c")
	s.workspaces("without datastore", workspace.Filter{WithDatastore: &no}, "Aé", "b_1")
	s.workspaces("by number", workspace.Filter{Nums: []rbac.Node{c.Num, a.Num, 4711}}, "Aé", "c")
	s.workspaces("by no number", workspace.Filter{Nums: []rbac.Node{}})
	s.workspaces("by part of the name alone", workspace.Filter{InName: "E OF B_"}, "b_1")
	s.workspaces("by part of the name, no pattern", workspace.Filter{InName: "%"})
	s.workspaces("by part of the name, no wildcard", workspace.Filter{InName: "me_of"})
	b.TechnicalName = "hidden"
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveWorkspace(ctx, b) })
	s.workspaces("not by part of a technical name", workspace.Filter{InName: "hid"})
	first, second := s.realDatabase("first", o.ID), s.realDatabase("second", o.ID)
	a.Project.Database, c.Project.Database = first, second
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveWorkspace(ctx, a) })
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveWorkspace(ctx, c) })
	s.workspaces("by database", workspace.Filter{Databases: []workspace.DatabaseID{second, "nowhere"}}, "c")
	s.workspaces("by databases", workspace.Filter{Databases: []workspace.DatabaseID{first, second}}, "Aé", "c")
	s.workspaces("by no database", workspace.Filter{Databases: []workspace.DatabaseID{}})
	s.workspaces("by all", workspace.Filter{
		IDs: []workspace.ID{a.ID, c.ID}, Organization: o.ID, Nodes: &nodes, Nums: []rbac.Node{b.Num, c.Num}, TechnicalName: "C",
		InName: "NAME", Name: "%c", Databases: []workspace.DatabaseID{second}, Public: &no, WithDatastore: &yes, Newest: true,
	}, "c")
}

func workspaceMembers(s *sample) {
	u, other := s.user("u"), s.user("other")
	himself := s.workspace("himself", "", u.ID)
	grouped := s.workspace("grouped", "", u.ID)
	deep := s.workspace("deep", "", u.ID)
	s.workspace("stranger", "", u.ID)
	inner, outer, loop := s.group("inner", ""), s.group("outer", ""), s.group("loop", "")
	s.must(func(ctx context.Context) error {
		for _, pair := range [][2]rbac.Principal{
			{inner.Num, u.Num}, {outer.Num, inner.Num}, {loop.Num, outer.Num}, {outer.Num, loop.Num},
		} {
			if _, err := s.Workspaces.Join(ctx, pair[0], pair[1]); err != nil {
				return err
			}
		}
		return nil
	})
	s.put(workspace.Member{Workspace: himself.ID, Principal: u.Num})
	s.put(workspace.Member{Workspace: grouped.ID, Principal: inner.Num})
	s.put(workspace.Member{Workspace: deep.ID, Principal: loop.Num})
	s.put(workspace.Member{Workspace: deep.ID, Principal: other.Num})
	s.workspaces("himself and by groups", workspace.Filter{Member: u.Num}, "himself", "grouped", "deep")
	s.workspaces("himself only", workspace.Filter{Member: other.Num}, "deep")
	s.workspaces("a group", workspace.Filter{Member: outer.Num}, "deep")
	s.workspaces("nobody", workspace.Filter{Member: 4711})
}

func (s *sample) node(n rbac.Node) rbac.Place {
	s.t.Helper()
	facts, err := s.Rules.Facts(s.t.Context(), rbac.Administrators, n)
	if err != nil {
		s.t.Fatal(err)
	}
	place := facts.Places[n]
	place.Links = nil
	return place
}

func workspaceAdd(s *sample) {
	o, u := s.organization("Org"), s.user("u")
	given := workspace.Workspace{
		ID: workspace.ID(uid.New()), Num: 999, Organization: o.ID, Name: "Name", TechnicalName: "Tech",
		Description: "d", Contact: "c", Public: true, Active: true, Supervisor: u.ID, Audience: 999,
		Datastore: "ignored", CreatedBy: "ada", UpdatedBy: "eve", Created: at(1), Updated: at(2),
		Project: workspace.Project{
			Number: "01", Constructor: "dRofus AS", Type: 3, GrossArea: "1250.5", Status: "s", Database: s.realDatabase("real", o.ID),
		},
	}
	var added workspace.Workspace
	s.raises(func(ctx context.Context) (err error) {
		added, err = s.Workspaces.AddWorkspace(ctx, given)
		return err
	}, rbac.Root)
	if added.Num == 999 || added.Audience == 999 || added.Num == 0 || added.Audience == 0 {
		s.t.Errorf("Num %d and audience %d were not given by the store", added.Num, added.Audience)
	}
	given.Num, given.Audience, given.Datastore = added.Num, added.Audience, ""
	equal(s.t, "what was added", added, given)
	list, err := s.Workspaces.Workspaces(s.t.Context(), workspace.Filter{})
	equal(s.t, "what is read", one(s.t, list, err), given)
	equal(s.t, "its node", s.node(added.Num), rbac.Place{
		Node: added.Num, Parent: o.Num, Class: workspace.ClassWorkspace, Owner: u.Num, Workspace: added.Num,
	})
	facts, err := s.Rules.Facts(s.t.Context(), added.Audience, added.Num)
	if err != nil || facts.Subject.Kind != rbac.Group {
		s.t.Errorf("the audience is a %q, %v", facts.Subject.Kind, err)
	}
	s.members("who is added", workspace.MemberFilter{Workspace: added.ID}) // nobody: the service does that
	d := s.datastore(added.ID)
	list, err = s.Workspaces.Workspaces(s.t.Context(), workspace.Filter{})
	if w := one(s.t, list, err); w.Datastore != d.ID {
		s.t.Errorf("datastore %q, want %q", w.Datastore, d.ID)
	}
}

func workspaceSealed(s *sample) {
	w := workspace.Workspace{ID: workspace.ID(uid.New()), TechnicalName: "closed", Supervisor: s.user("u").ID}
	s.must(func(ctx context.Context) (err error) {
		w, err = s.Workspaces.AddWorkspace(ctx, w)
		return err
	})
	place := s.node(w.Num)
	if !place.Sealed || place.Parent != rbac.Root || w.Active {
		s.t.Errorf("node %+v of %+v, want it sealed below the root", place, w)
	}
}

func workspaceTaken(s *sample) {
	w, other := s.place(), s.place()
	s.taken("technical_name", "PLACE1", func(ctx context.Context) error {
		_, err := s.Workspaces.AddWorkspace(ctx, workspace.Workspace{
			ID: workspace.ID(uid.New()), TechnicalName: "PLACE1", Supervisor: w.Supervisor,
		})
		return err
	})
	other.TechnicalName = "Place1"
	s.taken("technical_name", "Place1", func(ctx context.Context) error { return s.Workspaces.SaveWorkspace(ctx, other) })
}

func workspaceSave(s *sample) {
	a, b := s.organization("A"), s.organization("B")
	u, heir := s.user("u"), s.user("heir")
	w, other := s.workspace("before", a.ID, u.ID), s.workspace("other", a.ID, u.ID)
	w.Organization, w.Name, w.TechnicalName, w.Description, w.Contact = b.ID, "N", "after", "D", "C"
	w.Public, w.Active, w.Supervisor, w.Updated = true, false, heir.ID, at(9)
	w.CreatedBy, w.UpdatedBy = "x", "y"
	w.Project = workspace.Project{
		Number: "02", Constructor: "B", Type: 7, GrossArea: "3", Status: "open", Database: s.realDatabase("there", b.ID),
	}
	saved := w
	saved.Num, saved.Audience, saved.Created, saved.Datastore = 4711, 4711, at(8), "x" // none changes
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveWorkspace(ctx, saved) })
	list, err := s.Workspaces.Workspaces(s.t.Context(), workspace.Filter{})
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "what is read", list, []workspace.Workspace{w, other})
	equal(s.t, "its node", s.node(w.Num), rbac.Place{
		Node: w.Num, Parent: b.Num, Class: workspace.ClassWorkspace, Owner: heir.Num, Workspace: w.Num, Sealed: true,
	})
	equal(s.t, "the other's node", s.node(other.Num), rbac.Place{
		Node: other.Num, Parent: a.Num, Class: workspace.ClassWorkspace, Owner: u.Num, Workspace: other.Num,
	})
}

func workspaceRevisions(s *sample) {
	o, heir, w := s.organization("O"), s.user("heir"), s.place()
	save := func(ctx context.Context) error { return s.Workspaces.SaveWorkspace(ctx, w) }
	w.Supervisor = heir.ID
	s.raises(save, w.Num)
	w.Active = false
	s.raises(save, w.Num)
	w.Organization = o.ID
	s.raises(save, w.Num, rbac.Root)
}

func workspaceLock(s *sample) {
	w := s.place()
	s.must(func(ctx context.Context) error {
		locked, err := s.Workspaces.LockWorkspace(ctx, w.ID)
		equal(s.t, "what is locked", locked, w)
		return err
	})
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		_, err := s.Workspaces.LockWorkspace(ctx, "nowhere")
		return err
	})
}

func workspaceLocked(s *sample) {
	w := s.place()
	const callers, rounds = 4, 5
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range rounds {
				err := s.Tx(s.t.Context(), func(ctx context.Context) error {
					locked, err := s.Workspaces.LockWorkspace(ctx, w.ID)
					if err != nil {
						return err
					}
					time.Sleep(time.Millisecond) // time to be overtaken
					locked.Description += "+"
					return s.Workspaces.SaveWorkspace(ctx, locked)
				})
				if err != nil {
					s.t.Error(err)
				}
			}
		})
	}
	all.Wait()
	list, err := s.Workspaces.Workspaces(s.t.Context(), workspace.Filter{})
	if got := len(one(s.t, list, err).Description) - len(w.Description); got != callers*rounds {
		s.t.Errorf("%d changes are left of %d", got, callers*rounds)
	}
}

func workspaceMissing(s *sample) {
	w := s.place()
	add := func(change func(w *workspace.Workspace)) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			added := workspace.Workspace{ID: workspace.ID(uid.New()), TechnicalName: "new", Supervisor: w.Supervisor}
			change(&added)
			_, err := s.Workspaces.AddWorkspace(ctx, added)
			return err
		}
	}
	save := func(change func(w *workspace.Workspace)) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			saved := w
			change(&saved)
			return s.Workspaces.SaveWorkspace(ctx, saved)
		}
	}
	unorganized := func(w *workspace.Workspace) { w.Organization = "nowhere" }
	unsupervised := func(w *workspace.Workspace) { w.Supervisor = "" }
	s.refused(workspace.ErrNotFound, add(unorganized))
	s.refused(workspace.ErrNotFound, add(unsupervised))
	s.refused(workspace.ErrNotFound, save(unorganized))
	s.refused(workspace.ErrNotFound, save(unsupervised))
	s.refused(workspace.ErrNotFound, save(func(w *workspace.Workspace) { w.ID = "nowhere" }))
}

func workspaceDatabase(s *sample) {
	o, other, u := s.organization("O"), s.organization("Other"), s.user("u")
	ours, theirs := s.realDatabase("ours", o.ID), s.realDatabase("theirs", other.ID)
	w, free := s.workspace("w", o.ID, u.ID), s.workspace("free", "", u.ID)
	w.Project.Database = ours
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveWorkspace(ctx, w) })
	save := func(w workspace.Workspace, change func(w *workspace.Workspace)) func(ctx context.Context) error {
		change(&w)
		return func(ctx context.Context) error { return s.Workspaces.SaveWorkspace(ctx, w) }
	}
	s.refused(workspace.ErrNotFound, save(w, func(w *workspace.Workspace) { w.Project.Database = theirs }))
	s.refused(workspace.ErrNotFound, save(w, func(w *workspace.Workspace) { w.Project.Database = "nowhere" }))
	s.refused(workspace.ErrNotFound, save(w, func(w *workspace.Workspace) { w.Organization = other.ID }))
	s.refused(workspace.ErrNotFound, save(w, func(w *workspace.Workspace) { w.Organization = "" }))
	s.refused(workspace.ErrNotFound, save(free, func(w *workspace.Workspace) { w.Project.Database = ours }))
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		_, err := s.Workspaces.AddWorkspace(ctx, workspace.Workspace{
			ID: workspace.ID(uid.New()), TechnicalName: "new", Supervisor: u.ID, Organization: o.ID, Project: workspace.Project{Database: theirs},
		})
		return err
	})
	name, err := s.Workspaces.DatabaseName(s.t.Context(), ours)
	if err != nil || name != "ours" {
		s.t.Errorf("the database is called %q, %v", name, err)
	}
	_, err = s.Workspaces.DatabaseName(s.t.Context(), "nowhere")
	wants(s.t, "DatabaseName of none", err, workspace.ErrNotFound)
	s.must(func(ctx context.Context) error { return s.Workspaces.DeleteWorkspace(ctx, w.ID) })
	if _, err := s.Workspaces.DatabaseName(s.t.Context(), ours); err != nil {
		s.t.Errorf("the database went with the workspace: %v", err)
	}
}

func workspaceSweep(s *sample) {
	o, heir := s.organization("O"), s.user("heir")
	w := workspace.Workspace{ID: workspace.ID(uid.New()), TechnicalName: "half", Supervisor: s.user("u").ID, Organization: o.ID}
	s.sweep(func(ctx context.Context) error {
		_, err := s.Workspaces.AddWorkspace(ctx, w)
		return err
	})
	w.Project.Database = s.realDatabase("real", o.ID)
	s.sweep(func(ctx context.Context) error { return s.Workspaces.SaveWorkspace(ctx, w) })
	w.Organization, w.Supervisor, w.Active, w.Project.Database = "", heir.ID, true, ""
	s.sweep(func(ctx context.Context) error { return s.Workspaces.SaveWorkspace(ctx, w) })
	s.sweep(func(ctx context.Context) error {
		_, err := s.Workspaces.LockWorkspace(ctx, w.ID)
		return err
	})
}
