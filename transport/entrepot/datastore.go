package entrepot

import (
	"errors"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// find returns the datastore that the path names.
func (l *lens) find(c *call) (workspace.Datastore, error) {
	id, err := c.id("datastore")
	if err != nil {
		return workspace.Datastore{}, err
	}
	found, err := l.Workspaces.Datastore(c.Context(), c.actor, workspace.DatastoreID(id))
	if err == nil {
		transport.NoteWorkspace(c.Context(), found.In.ID)
	}
	return found, err
}

func (l *lens) datastore(c *call) (reply, error) {
	found, err := l.find(c)
	if err != nil {
		return reply{}, err
	}
	shown, err := datastoreOf(found)
	if err != nil {
		return reply{}, err
	}
	return ok(shown), nil
}

// ratio reads the lowest use, in percent, that a listing of shares wants.
func (c *call) ratio() (func(used, limit int64) bool, error) {
	low, err := c.number("use_ratio", 0, 0, 1000)
	if err != nil {
		return nil, err
	}
	return func(used, limit int64) bool {
		if low == 0 {
			return true
		}
		// In floating point, since limits go up to the largest integer.
		return float64(used)*100 >= float64(low)*float64(limit) && used > 0
	}, nil
}

func (l *lens) datastoreEndpoints(c *call) (reply, error) {
	p, err := c.page(false)
	if err != nil {
		return reply{}, err
	}
	var name, sort string
	if err := c.texts(map[string]*string{"name": &name, "type": &sort}); err != nil {
		return reply{}, err
	}
	open, err := c.flag("open")
	if err != nil {
		return reply{}, err
	}
	full, err := c.ratio()
	if err != nil {
		return reply{}, err
	}
	found, err := l.find(c)
	if err != nil {
		return reply{}, err
	}
	shown, err := datastoreOf(found)
	if err != nil {
		return reply{}, err
	}
	var list []endpointShare
	for _, e := range shown.Endpoints {
		if like(name, e.Endpoint.Name) && (sort == "" || sort == e.Endpoint.Type) &&
			(open == nil || *open == e.Endpoint.Open) && full(e.Use, e.Quota) {
			list = append(list, e)
		}
	}
	return cut(p, list)
}

func (l *lens) datastoreStorages(c *call) (reply, error) {
	sort, err := c.text("type")
	if err != nil {
		return reply{}, err
	}
	full, err := c.ratio()
	if err != nil {
		return reply{}, err
	}
	found, err := l.find(c)
	if err != nil {
		return reply{}, err
	}
	shown, err := datastoreOf(found)
	if err != nil {
		return reply{}, err
	}
	wanted := func(s *storageShare) bool {
		return s != nil && (sort == "" || sort == s.Storage.Type) && full(s.Use, s.Quota)
	}
	chosen := storages{Data: []storageShare{}}
	for _, s := range shown.Storages.Data {
		if wanted(&s) {
			chosen.Data = append(chosen.Data, s)
		}
	}
	if wanted(shown.Storages.Uploads) {
		chosen.Uploads = shown.Storages.Uploads
	}
	if wanted(shown.Storages.Annexes) {
		chosen.Annexes = shown.Storages.Annexes
	}
	return ok(chosen), nil
}

func (l *lens) datastoreChecks(c *call) (reply, error) { return l.entitlements(c, quota.Check) }

func (l *lens) datastoreProcessings(c *call) (reply, error) {
	return l.entitlements(c, quota.Processing)
}

// entitlements lists the checks or processings that a datastore may use.
func (l *lens) entitlements(c *call, kind quota.Kind) (reply, error) {
	p, err := c.page(false)
	if err != nil {
		return reply{}, err
	}
	name, err := c.text("name")
	if err != nil {
		return reply{}, err
	}
	found, err := l.find(c)
	if err != nil {
		return reply{}, err
	}
	var list []entitlement
	for _, s := range found.Shares {
		if s.From.Kind == kind && like(name, s.From.Name) {
			list = append(list, entitlementOf(s.From))
		}
	}
	return cut(p, list)
}

// share returns what a datastore was given of the pool that the path names.
func (l *lens) share(c *call, kind quota.Kind, name string) (workspace.Datastore, workspace.Share, error) {
	id, err := c.id(name)
	if err != nil {
		return workspace.Datastore{}, workspace.Share{}, err
	}
	found, err := l.find(c)
	if err != nil {
		return workspace.Datastore{}, workspace.Share{}, err
	}
	for _, s := range found.Shares {
		if s.From.Kind == kind && string(s.From.ID) == id {
			return found, s, nil
		}
	}
	return workspace.Datastore{}, workspace.Share{}, workspace.ErrNotFound
}

func (l *lens) datastoreCheck(c *call) (reply, error) {
	_, share, err := l.share(c, quota.Check, "check")
	if err != nil {
		return reply{}, err
	}
	return ok(entitlementOf(share.From)), nil
}

func (l *lens) datastoreProcessing(c *call) (reply, error) {
	found, share, err := l.share(c, quota.Processing, "processing")
	if err != nil {
		return reply{}, err
	}
	checks := make([]quota.Pool, 0, len(found.Shares))
	for _, s := range found.Shares {
		if s.From.Kind == quota.Check {
			checks = append(checks, s.From)
		}
	}
	shown, err := processingOf(share.From, checks)
	if err != nil {
		return reply{}, err
	}
	// How the orchestrator calls it is the platform's business.
	shown.JobName = ""
	return ok(shown), nil
}

func (l *lens) allDatastores(c *call) (reply, error) {
	p, err := c.page(true)
	if err != nil {
		return reply{}, err
	}
	found, total, err := l.Workspaces.Datastores(c.Context(), c.actor, workspace.DatastoreFilter{
		Newest: p.newest, Offset: p.offset, Limit: p.limit,
	})
	if err != nil {
		return reply{}, err
	}
	list := make([]datastoreRow, 0, len(found))
	for _, d := range found {
		list = append(list, datastoreRowOf(d))
	}
	return listed(p, list, total)
}

func (l *lens) createDatastore(c *call) (reply, error) {
	var body newDatastore
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	plan, err := body.plan()
	if err != nil {
		return reply{}, err
	}
	made, err := l.Workspaces.OpenDatastore(c.Context(), c.actor, workspace.ID(body.Community), plan)
	if errors.Is(err, workspace.ErrNotFound) {
		err = invalid("community", "a community")
	}
	if err != nil {
		return reply{}, err
	}
	shown, err := datastoreOf(made)
	if err != nil {
		return reply{}, err
	}
	return created(shown), nil
}

func (l *lens) updateDatastore(c *call) (reply, error) {
	id, err := c.id("datastore")
	if err != nil {
		return reply{}, err
	}
	var patch datastorePatch
	if err := c.readSome(&patch); err != nil {
		return reply{}, err
	}
	plan, err := patch.plan()
	if err != nil {
		return reply{}, err
	}
	changed, err := l.Workspaces.UpdateDatastore(c.Context(), c.actor, workspace.DatastoreID(id), plan)
	if err != nil {
		return reply{}, err
	}
	shown, err := datastoreOf(changed)
	if err != nil {
		return reply{}, err
	}
	return ok(shown), nil
}

func (l *lens) deleteDatastore(c *call) (reply, error) {
	id, err := c.id("datastore")
	if err != nil {
		return reply{}, err
	}
	if err := l.Workspaces.CloseDatastore(c.Context(), c.actor, workspace.DatastoreID(id)); err != nil {
		return reply{}, err
	}
	return done(), nil
}
