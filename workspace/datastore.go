package workspace

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// The slots that storages are allocated in.
const (
	SlotData    = "data"
	SlotUploads = "uploads"
	SlotAnnexes = "annexes"
)

// DatastoreSettings are what of a datastore is not an allocation.
type DatastoreSettings struct {
	ID        DatastoreID
	Workspace ID
	// MetadataPrefix and LayerPrefix are set before the file identifiers of
	// metadata and the layer names of configurations.
	MetadataPrefix string
	LayerPrefix    string
	// Sharings allows sharing stored data with other datastores.
	Sharings bool
	Created  time.Time
	Updated  time.Time
}

// A Datastore is a workspace's share of the platform's facilities.
type Datastore struct {
	DatastoreSettings

	// In is the workspace.
	In Workspace
	// Shares are its allocations with their pools: of storages by slot
	// ("data" in the order given, "uploads", "annexes"), then of endpoints,
	// processings and checks, each in the order given.
	Shares []Share
}

// A Plan says what a datastore is to be given. In an update, a nil list or
// pointer leaves what is there.
type Plan struct {
	Data        []Portion
	Uploads     *Portion
	Annexes     *Portion
	Endpoints   []Portion
	Processings []quota.PoolID
	Checks      []quota.PoolID
	// Empty prefixes remove, nil ones leave.
	MetadataPrefix *string
	LayerPrefix    *string
	Sharings       *bool
	// Active activates or deactivates the workspace with the same unit of
	// work; nil leaves it.
	Active *bool
}

// A Portion is a limit in a pool, in the pool's unit, at least 0.
type Portion struct {
	Pool  quota.PoolID
	Limit int64
}

// A DatastoreFilter chooses datastores. Its zero value chooses all, in order
// of creation.
type DatastoreFilter struct {
	Newest bool // turns the order round
	Offset int
	Limit  int // 0 for no bound
}

// OpenDatastore gives a workspace a datastore. The plan must name uploads,
// annexes, data and endpoints (which may be empty). The workspace is
// deactivated with it: an administrator activates it when all is in place. It
// needs [Allocate], and [ManageWorkspaces] above the workspace.
//
// It returns an InvalidError for a portion whose pool does not exist or is of
// another kind, or that is named twice, and a TakenError for a workspace that
// has a datastore.
func (s *Service) OpenDatastore(ctx context.Context, actor Actor, id ID, p Plan) (Datastore, error) {
	var opened Datastore
	err := s.change(ctx, actor, id, s.above(actor, Allocate), func(ctx context.Context, w Workspace) error {
		if w.Datastore != "" {
			return &TakenError{Field: "datastore", Value: w.TechnicalName}
		}
		if err := p.complete(); err != nil {
			return err
		}
		now := s.clock()
		d := DatastoreSettings{ID: DatastoreID(uid.New()), Workspace: w.ID, Created: now, Updated: now}
		set := changes{}
		if err := p.apply(&d, set); err != nil {
			return err
		}
		if err := s.store.AddDatastore(ctx, d); err != nil {
			return err
		}
		w.Datastore = d.ID
		if err := s.distribute(ctx, w, p.lots(), set); err != nil {
			return err
		}
		active := p.Active != nil && *p.Active
		set["active"] = active
		if err := s.follow(ctx, actor, &w, active); err != nil {
			return err
		}
		if err := s.record(ctx, actor, w.about("datastore.open", d.object(w)), set); err != nil {
			return err
		}
		var err error
		opened, err = s.assemble(ctx, d, w)
		return err
	})
	return opened, err
}

// complete refuses a plan that leaves out what a new datastore must have.
func (p Plan) complete() error {
	for _, part := range []struct {
		field   string
		missing bool
	}{
		{"storages.data", p.Data == nil},
		{"storages.uploads", p.Uploads == nil},
		{"storages.annexes", p.Annexes == nil},
		{"endpoints", p.Endpoints == nil},
	} {
		if part.missing {
			return &InvalidError{Field: part.field, Expected: "something"}
		}
	}
	return nil
}

// apply sets what a plan says of settings, and adds what that changed.
func (p Plan) apply(d *DatastoreSettings, set changes) error {
	before := *d
	if p.MetadataPrefix != nil {
		d.MetadataPrefix = *p.MetadataPrefix
	}
	if p.LayerPrefix != nil {
		d.LayerPrefix = *p.LayerPrefix
	}
	if p.Sharings != nil {
		d.Sharings = *p.Sharings
	}
	if err := first(line("metadata_prefix", &d.MetadataPrefix, 0, 99), line("layer_prefix", &d.LayerPrefix, 0, 99)); err != nil {
		return err
	}
	note(set, "metadata_prefix", before.MetadataPrefix, d.MetadataPrefix)
	note(set, "layer_prefix", before.LayerPrefix, d.LayerPrefix)
	note(set, "sharings", before.Sharings, d.Sharings)
	return nil
}

// follow activates or deactivates the workspace of a datastore.
func (s *Service) follow(ctx context.Context, actor Actor, w *Workspace, active bool) error {
	if w.Active == active {
		return nil
	}
	w.Active = active
	w.Updated, w.UpdatedBy = s.clock(), actor.Name
	return s.store.SaveWorkspace(ctx, *w)
}

// object is how the trail names a datastore: it has the workspace's name.
func (d DatastoreSettings) object(w Workspace) audit.Object {
	return audit.Object{Kind: "datastore", ID: string(d.ID), Name: w.Name}
}

// assemble returns a datastore with its workspace and shares.
func (s *Service) assemble(ctx context.Context, d DatastoreSettings, w Workspace) (Datastore, error) {
	shares, err := s.shares(ctx, w)
	return Datastore{DatastoreSettings: d, In: w, Shares: shares}, err
}

// UpdateDatastore changes what the plan names: a list replaces the list that
// was there. It needs what [Service.OpenDatastore] needs. It returns ErrInUse
// for taking away a share that is used; a limit below the use is allowed. A
// plan of what is there already changes nothing.
func (s *Service) UpdateDatastore(ctx context.Context, actor Actor, id DatastoreID, p Plan) (Datastore, error) {
	var changed Datastore
	err := s.changeDatastore(ctx, actor, id, func(ctx context.Context, w Workspace, d DatastoreSettings) error {
		set := changes{}
		if err := p.apply(&d, set); err != nil {
			return err
		}
		if err := s.distribute(ctx, w, p.lots(), set); err != nil {
			return err
		}
		if p.Active != nil {
			note(set, "active", w.Active, *p.Active)
			if err := s.follow(ctx, actor, &w, *p.Active); err != nil {
				return err
			}
		}
		if len(set) > 0 {
			d.Updated = s.clock()
			if err := s.store.SaveDatastore(ctx, d); err != nil {
				return err
			}
			if err := s.record(ctx, actor, w.about("datastore.update", d.object(w)), set); err != nil {
				return err
			}
		}
		var err error
		changed, err = s.assemble(ctx, d, w)
		return err
	})
	return changed, err
}

// CloseDatastore takes a datastore away. It needs what [Service.OpenDatastore]
// needs, and returns ErrInUse while anything in it is used.
func (s *Service) CloseDatastore(ctx context.Context, actor Actor, id DatastoreID) error {
	return s.changeDatastore(ctx, actor, id, func(ctx context.Context, w Workspace, d DatastoreSettings) error {
		shares, err := s.shares(ctx, w)
		if err != nil {
			return err
		}
		for _, share := range shares {
			if err := inUse(s.meter.Deallocate(ctx, share.ID), share.String()); err != nil {
				return err
			}
		}
		if err := s.store.DeleteDatastore(ctx, id); err != nil {
			return err
		}
		gone := dealt(shares).went()
		gone["metadata_prefix"], gone["layer_prefix"], gone["sharings"] = was{d.MetadataPrefix}, was{d.LayerPrefix}, was{d.Sharings}
		return s.record(ctx, actor, w.about("datastore.close", d.object(w)), gone)
	})
}

// changeDatastore runs fn in a unit of work that holds the workspace locked.
func (s *Service) changeDatastore(
	ctx context.Context, actor Actor, id DatastoreID,
	fn func(ctx context.Context, w Workspace, d DatastoreSettings) error,
) error {
	if err := actor.Known(); err != nil {
		return err
	}
	d, err := s.store.Datastore(ctx, id)
	if err != nil {
		return err
	}
	return s.change(ctx, actor, d.Workspace, s.above(actor, Allocate), func(ctx context.Context, w Workspace) error {
		// It may have changed, or gone, before the lock was taken.
		d, err := s.store.Datastore(ctx, id)
		if err != nil {
			return err
		}
		return fn(ctx, w, d)
	})
}

// Datastore returns one. It needs [ReadDatastore]: *rbac.DeniedError with cause
// rbac.BySeal tells a member that the workspace is deactivated.
func (s *Service) Datastore(ctx context.Context, actor Actor, id DatastoreID) (Datastore, error) {
	if err := actor.Known(); err != nil {
		return Datastore{}, err
	}
	d, err := s.store.Datastore(ctx, id)
	if err != nil {
		return Datastore{}, err
	}
	w, err := s.find(ctx, actor, d.Workspace, s.on(actor, ReadDatastore))
	if err != nil {
		return Datastore{}, err
	}
	return s.assemble(ctx, d, w)
}

// Datastores lists all datastores without their shares, and how many there
// are. It needs [Administer].
func (s *Service) Datastores(ctx context.Context, actor Actor, f DatastoreFilter) ([]Datastore, int, error) {
	if err := s.require(ctx, actor, rbac.Root, Administer); err != nil {
		return nil, 0, err
	}
	settings, err := s.store.Datastores(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	with := true
	total, err := s.store.CountWorkspaces(ctx, Filter{WithDatastore: &with})
	if err != nil || len(settings) == 0 {
		return nil, total, err
	}
	ids := make([]ID, 0, len(settings))
	for _, d := range settings {
		ids = append(ids, d.Workspace)
	}
	found, err := s.store.Workspaces(ctx, Filter{IDs: ids})
	if err != nil {
		return nil, 0, err
	}
	in := map[ID]Workspace{}
	for _, w := range found {
		in[w.ID] = w
	}
	list := make([]Datastore, 0, len(settings))
	for _, d := range settings {
		list = append(list, Datastore{DatastoreSettings: d, In: in[d.Workspace]})
	}
	return list, total, nil
}
