package storagetest

import (
	"context"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Datastores tests [workspace.Datastores].
func Datastores(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"adding, saving and deleting": datastoreLife,
		"a workspace has one":         datastoreTaken,
		"what is not there":           datastoreMissing,
		"offerings keep it in use":    datastoreInUse,
		"filters choose":              datastoreList,
		"nothing is kept of a half":   datastoreSweep,
	})
}

func (s *sample) settings(id workspace.DatastoreID) workspace.DatastoreSettings {
	s.t.Helper()
	d, err := s.Workspaces.Datastore(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func datastoreLife(s *sample) {
	w, v := s.place(), s.place()
	d, other := s.datastore(w.ID), s.datastore(v.ID)
	equal(s.t, "what was added", s.settings(d.ID), d)
	d.MetadataPrefix, d.LayerPrefix, d.Sharings, d.Updated = "M", "", false, at(9)
	saved := d
	saved.Workspace, saved.Created = v.ID, at(8) // neither changes
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveDatastore(ctx, saved) })
	equal(s.t, "what was saved", s.settings(d.ID), d)
	s.must(func(ctx context.Context) error { return s.Workspaces.DeleteDatastore(ctx, d.ID) })
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		_, err := s.Workspaces.Datastore(ctx, d.ID)
		return err
	})
	equal(s.t, "the other one", s.settings(other.ID), other)
	s.datastore(w.ID) // there is room again
}

func datastoreTaken(s *sample) {
	w := s.place()
	s.datastore(w.ID)
	s.taken("datastore", string(w.ID), func(ctx context.Context) error {
		return s.Workspaces.AddDatastore(ctx, workspace.DatastoreSettings{
			ID: workspace.DatastoreID(uid.New()), Workspace: w.ID,
		})
	})
}

func datastoreMissing(s *sample) {
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		return s.Workspaces.AddDatastore(ctx, workspace.DatastoreSettings{ID: "d", Workspace: "nowhere"})
	})
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		return s.Workspaces.SaveDatastore(ctx, workspace.DatastoreSettings{ID: "nowhere"})
	})
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		return s.Workspaces.DeleteDatastore(ctx, "nowhere")
	})
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		_, err := s.Workspaces.Datastore(ctx, "nowhere")
		return err
	})
}

func datastoreSweep(s *sample) {
	d := workspace.DatastoreSettings{ID: workspace.DatastoreID(uid.New()), Workspace: s.place().ID}
	s.sweep(func(ctx context.Context) error { return s.Workspaces.AddDatastore(ctx, d) })
	d.Sharings = true
	s.sweep(func(ctx context.Context) error { return s.Workspaces.SaveDatastore(ctx, d) })
	s.sweep(func(ctx context.Context) error { return s.Workspaces.DeleteDatastore(ctx, d.ID) })
}

func datastoreInUse(s *sample) {
	w := s.place()
	d := s.datastore(w.ID)
	o := s.offering(w.ID)
	s.refused(workspace.ErrInUse, func(ctx context.Context) error { return s.Workspaces.DeleteDatastore(ctx, d.ID) })
	s.must(func(ctx context.Context) error { return s.Offerings.DeleteOffering(ctx, o.ID) })
	s.must(func(ctx context.Context) error { return s.Workspaces.DeleteDatastore(ctx, d.ID) })
}

func datastoreList(s *sample) {
	var want []workspace.DatastoreSettings
	for n := range 3 {
		d := workspace.DatastoreSettings{
			ID: workspace.DatastoreID(uid.New()), Workspace: s.place().ID, Created: at(n / 2), Updated: at(9),
		}
		s.must(func(ctx context.Context) error { return s.Workspaces.AddDatastore(ctx, d) })
		want = append(want, d)
	}
	for _, c := range []struct {
		what string
		f    workspace.DatastoreFilter
		want []workspace.DatastoreSettings
	}{
		{"all", workspace.DatastoreFilter{}, want},
		{"newest", workspace.DatastoreFilter{Newest: true}, []workspace.DatastoreSettings{want[2], want[1], want[0]}},
		{"limit", workspace.DatastoreFilter{Limit: 2}, want[:2]},
		{"offset", workspace.DatastoreFilter{Offset: 1}, want[1:]},
		{"page", workspace.DatastoreFilter{Offset: 1, Limit: 1}, want[1:2]},
	} {
		got, err := s.Workspaces.Datastores(s.t.Context(), c.f)
		if err != nil {
			s.t.Fatal(err)
		}
		equal(s.t, c.what, got, c.want)
	}
}
