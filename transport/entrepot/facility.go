package entrepot

import (
	"context"
	"fmt"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// facility is one of the four global resources, with the actions of its routes.
type facility struct {
	plural                            string
	list, one, create, update, remove action
}

// shown renders a pool for an administrator.
type shown func(ctx context.Context, l *lens, actor workspace.Actor, p quota.Pool) (any, error)

// creation and change are bodies that make or change a pool.
type creation interface {
	pool() (quota.Pool, error)
}

type change interface {
	apply(p *quota.Pool) error
}

func facilities() []facility {
	return []facility{
		facilityOf("storages", quota.Storage, showStorage,
			func() creation { return new(newStorage) }, func() change { return new(storagePatch) }),
		facilityOf("endpoints", quota.Endpoint, showEndpoint,
			func() creation { return new(newEndpoint) }, func() change { return new(endpointPatch) }),
		facilityOf("checks", quota.Check, showCheck,
			func() creation { return new(newCheck) }, func() change { return new(checkPatch) }),
		facilityOf("processings", quota.Processing, showProcessing,
			func() creation { return new(newProcessing) }, func() change { return new(processingPatch) }),
	}
}

func facilityOf(plural string, kind quota.Kind, show shown, made func() creation, changed func() change) facility {
	return facility{
		plural: plural,
		list:   func(l *lens, c *call) (reply, error) { return l.listPools(c, kind, show) },
		one: func(l *lens, c *call) (reply, error) {
			p, err := l.pool(c, kind)
			if err != nil {
				return reply{}, err
			}
			body, err := show(c.Context(), l, c.actor, p)
			return ok(body), err
		},
		create: func(l *lens, c *call) (reply, error) { return l.createPool(c, made(), show) },
		update: func(l *lens, c *call) (reply, error) { return l.updatePool(c, kind, changed(), show) },
		remove: func(l *lens, c *call) (reply, error) {
			p, err := l.pool(c, kind)
			if err != nil {
				return reply{}, err
			}
			return done(), l.Workspaces.DeletePool(c.Context(), c.actor, p.ID)
		},
	}
}

// pool returns what the path names, if it is of that kind: an endpoint is not
// found among storages.
func (l *lens) pool(c *call, kind quota.Kind) (quota.Pool, error) {
	id, err := c.id("pool")
	if err != nil {
		return quota.Pool{}, err
	}
	p, err := l.Workspaces.Pool(c.Context(), c.actor, quota.PoolID(id))
	if err != nil {
		return quota.Pool{}, err
	}
	if p.Kind != kind {
		return quota.Pool{}, workspace.ErrNotFound
	}
	return p, nil
}

func (l *lens) listPools(c *call, kind quota.Kind, show shown) (reply, error) {
	ctx := c.Context()
	p, err := c.page(true)
	if err != nil {
		return reply{}, err
	}
	f := quota.PoolFilter{Kind: kind, Newest: p.newest, Offset: p.offset, Limit: p.limit}
	var uploads string
	if err := c.texts(map[string]*string{"name": &f.Name, "type": &f.Type, "default_upload_type": &uploads}); err != nil {
		return reply{}, err
	}
	if uploads != "" {
		// That is within the details, which the database does not look into.
		f.Offset, f.Limit = 0, 0
	}
	if kind == quota.Endpoint {
		f.Type = today(f.Type)
		if f.Open, err = c.flag("open"); err != nil {
			return reply{}, err
		}
	}
	pools, total, err := l.Workspaces.Pools(ctx, c.actor, f)
	if err != nil {
		return reply{}, err
	}
	list := make([]any, 0, len(pools))
	for _, pool := range pools {
		if uploads != "" {
			s, err := settingsOf(pool)
			if err != nil {
				return reply{}, err
			}
			if !slices.Contains(s.DefaultUploads, uploads) {
				continue
			}
		}
		body, err := show(ctx, l, c.actor, pool)
		if err != nil {
			return reply{}, err
		}
		list = append(list, body)
	}
	if uploads != "" {
		return cut(p, list)
	}
	return listed(p, list, total)
}

func (l *lens) createPool(c *call, body creation, show shown) (reply, error) {
	ctx := c.Context()
	if err := c.read(body); err != nil {
		return reply{}, err
	}
	p, err := body.pool()
	if err != nil {
		return reply{}, err
	}
	if p.Kind == quota.Processing {
		if err := l.requireChecks(ctx, c.actor, p); err != nil {
			return reply{}, err
		}
	}
	made, err := l.Workspaces.CreatePool(ctx, c.actor, p)
	if err != nil {
		return reply{}, err
	}
	shown, err := show(ctx, l, c.actor, made)
	return created(shown), err
}

// requireChecks wants the checks that a processing requires to exist.
func (l *lens) requireChecks(ctx context.Context, actor workspace.Actor, p quota.Pool) error {
	s, err := settingsOf(p)
	if err != nil || len(s.RequiredChecks) == 0 {
		return err
	}
	checks, err := l.checks(ctx, actor, s.RequiredChecks)
	if err != nil {
		return err
	}
	for i, id := range s.RequiredChecks {
		exists := slices.ContainsFunc(checks, func(c quota.Pool) bool { return string(c.ID) == id })
		if !exists || slices.Contains(s.RequiredChecks[:i], id) {
			return invalid(fmt.Sprintf("required_checks[%d]", i), "a check, once")
		}
	}
	return nil
}

func (l *lens) checks(ctx context.Context, actor workspace.Actor, ids []string) ([]quota.Pool, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	checks, _, err := l.Workspaces.Pools(ctx, actor, quota.PoolFilter{
		IDs: convert[string, quota.PoolID](ids), Kind: quota.Check,
	})
	return checks, err
}

func (l *lens) updatePool(c *call, kind quota.Kind, body change, show shown) (reply, error) {
	ctx := c.Context()
	p, err := l.pool(c, kind)
	if err != nil {
		return reply{}, err
	}
	if err := c.readSome(body); err != nil {
		return reply{}, err
	}
	changed, err := l.Workspaces.UpdatePool(ctx, c.actor, p.ID, func(p *quota.Pool) error { return body.apply(p) })
	if err != nil {
		return reply{}, err
	}
	shown, err := show(ctx, l, c.actor, changed)
	return ok(shown), err
}

func showStorage(_ context.Context, _ *lens, _ workspace.Actor, p quota.Pool) (any, error) {
	s, err := settingsOf(p)
	shown := storageOf(p)
	shown.TypeInfos = s.TypeInfos
	return shown, err
}

func showEndpoint(_ context.Context, _ *lens, _ workspace.Actor, p quota.Pool) (any, error) {
	return endpointOf(p)
}

func showCheck(_ context.Context, _ *lens, _ workspace.Actor, p quota.Pool) (any, error) {
	return checkOf(p)
}

func showProcessing(ctx context.Context, l *lens, actor workspace.Actor, p quota.Pool) (any, error) {
	s, err := settingsOf(p)
	if err != nil {
		return nil, err
	}
	checks, err := l.checks(ctx, actor, s.RequiredChecks)
	if err != nil {
		return nil, err
	}
	return processingOf(p, checks)
}
