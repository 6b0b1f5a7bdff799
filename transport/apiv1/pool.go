package apiv1

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func poolRoutes() []route {
	read, manage := platform(workspace.Administer), platform(workspace.ManagePools)
	return []route{
		get("/pools", "listPools", read, (*lens).pools),
		post("/pools", "createPool", manage, (*lens).createPool),
		get("/pools/{pool}", "getPool", read, (*lens).pool),
		patch("/pools/{pool}", "updatePool", manage, (*lens).updatePool),
		remove("/pools/{pool}", "deletePool", manage, (*lens).deletePool),
	}
}

// poolWire is a shared facility.
type poolWire struct {
	ID            quota.PoolID   `json:"id"`
	Num           int64          `json:"num"`
	Kind          quota.Kind     `json:"kind"`
	Unit          quota.Unit     `json:"unit"`
	Type          string         `json:"type"`
	Name          string         `json:"name"`
	TechnicalName string         `json:"technical_name"`
	Description   string         `json:"description"`
	Labels        []string       `json:"labels"`
	URLs          []quota.URL    `json:"urls"`
	Open          bool           `json:"open"`
	Capacity      *int64         `json:"capacity"`
	Use           int64          `json:"use"`
	Details       jsontext.Value `json:"details"`
	Created       time.Time      `json:"created"`
	Updated       time.Time      `json:"updated"`
}

func (poolWire) readings() []string { return []string{"use"} }

func poolOf(p quota.Pool) poolWire {
	details := jsontext.Value(p.Details)
	if len(details) == 0 {
		details = jsontext.Value("{}")
	}
	return poolWire{
		ID: p.ID, Num: p.Num, Kind: p.Kind, Unit: p.Unit, Type: p.Type, Name: p.Name, TechnicalName: p.TechnicalName,
		Description: p.Description, Labels: p.Labels, URLs: p.URLs, Open: p.Open, Capacity: limitOf(p.Capacity), Use: p.Use,
		Details: details, Created: p.Created, Updated: p.Updated,
	}
}

// poolPatch is a change of a facility.
type poolPatch struct {
	Type          opt[string]         `json:"type"`
	Name          opt[string]         `json:"name"`
	TechnicalName opt[string]         `json:"technical_name"`
	Description   opt[string]         `json:"description"`
	Labels        opt[[]string]       `json:"labels"`
	URLs          opt[[]quota.URL]    `json:"urls"`
	Open          opt[bool]           `json:"open"`
	Capacity      opt[int64]          `json:"capacity"`
	Details       opt[jsontext.Value] `json:"details"`
}

func (p poolPatch) apply(pool *quota.Pool) {
	p.Type.set(&pool.Type)
	p.Name.set(&pool.Name)
	p.TechnicalName.set(&pool.TechnicalName)
	p.Description.set(&pool.Description)
	p.Labels.set(&pool.Labels)
	p.URLs.set(&pool.URLs)
	p.Open.set(&pool.Open)
	setLimit(p.Capacity, &pool.Capacity)
	if p.Details.given {
		pool.Details = []byte(p.Details.value)
	}
}

// newPool is what a facility is made of.
type newPool struct {
	poolPatch

	Kind quota.Kind `json:"kind"`
	Unit quota.Unit `json:"unit"`
}

func (l *lens) pools(c *call) (reply, error) {
	p, err := c.page(byCreationFirst(quota.PoolFilter{}.Sortable())...)
	if err != nil {
		return reply{}, err
	}
	f := quota.PoolFilter{Order: p.order, After: p.after, Limit: p.more()}
	if f.Search, err = c.text("q"); err != nil {
		return reply{}, err
	}
	if f.Type, err = c.text("type"); err != nil {
		return reply{}, err
	}
	if f.Open, err = c.flag("open"); err != nil {
		return reply{}, err
	}
	kind, err := c.text("kind")
	if err != nil {
		return reply{}, err
	}
	f.Kind = quota.Kind(kind)
	found, total, err := l.Workspaces.Pools(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, err
	}
	return paged(p, found, total, poolOf), nil
}

func (l *lens) createPool(c *call) (reply, error) {
	var body newPool
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	pool := quota.Pool{Kind: body.Kind, Unit: body.Unit, Capacity: quota.NoLimit}
	body.apply(&pool)
	made, err := l.Workspaces.CreatePool(c.Context(), c.actor, pool)
	if err != nil {
		return reply{}, err
	}
	return created(poolOf(made), "pools/", string(made.ID)), nil
}

func (l *lens) pool(c *call) (reply, error) {
	id, err := c.id("pool")
	if err != nil {
		return reply{}, err
	}
	p, err := l.Workspaces.Pool(c.Context(), c.actor, quota.PoolID(id))
	if err != nil {
		return reply{}, err
	}
	return shown(poolOf(p)), nil
}

func (l *lens) updatePool(c *call) (reply, error) {
	id, err := c.id("pool")
	if err != nil {
		return reply{}, err
	}
	var body poolPatch
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	changed, err := l.Workspaces.UpdatePool(c.Context(), c.actor, quota.PoolID(id), func(p *quota.Pool) error {
		if err := c.current(poolOf(*p)); err != nil {
			return err
		}
		body.apply(p)
		return nil
	})
	if err != nil {
		return reply{}, err
	}
	return shown(poolOf(changed)), nil
}

func (l *lens) deletePool(c *call) (reply, error) {
	id, err := c.id("pool")
	if err != nil {
		return reply{}, err
	}
	var was poolWire
	err = l.Workspaces.DeletePoolIf(c.Context(), c.actor, quota.PoolID(id), func(p quota.Pool) error {
		was = poolOf(p)
		return c.current(was)
	})
	return gone(c, was), err
}
