package apiv1

import (
	"context"
	"errors"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
)

// deletionWire is what a deletion does.
type deletionWire struct {
	Deletable  bool            `json:"deletable"`
	Affected   map[string]int  `json:"affected"`
	Unaffected map[string]int  `json:"unaffected"`
	References []referenceWire `json:"references"`
	Bytes      int64           `json:"bytes"`
}

// referenceWire says that a resource needs another.
type referenceWire struct {
	From rbac.Node `json:"from"`
	Name string    `json:"name"`
	To   rbac.Node `json:"to"`
}

func referenceOf(r resource.Reference) referenceWire {
	return referenceWire{From: r.From, Name: r.Name, To: r.To}
}

func deletionOf(p resource.DeletionPlan, deletable bool) deletionWire {
	return deletionWire{
		Deletable: deletable, Affected: p.Affected, Unaffected: p.Unaffected, References: all(p.Referrers, referenceOf), Bytes: p.Bytes,
	}
}

// fell deletes, or tries to. Of a trial it tells what is in the way, where
// that is something else that refers to what was to go.
func (l *lens) fell(ctx context.Context, c *call, d resource.Deletion) (deletionWire, error) {
	done, err := l.Resources.Delete(ctx, c.actor, d)
	if c.dry && errors.Is(err, resource.ErrReferred) {
		plan, err := l.Resources.PlanDelete(ctx, c.actor, d)
		return deletionOf(plan, false), err
	}
	return deletionOf(done, true), err
}

func (l *lens) deleteResource(c *call) (reply, error) {
	n, err := c.node()
	if err != nil {
		return reply{}, err
	}
	cascade, err := c.flag("cascade")
	if err != nil {
		return reply{}, err
	}
	d := resource.Deletion{Nodes: []rbac.Node{n}, Cascade: cascade != nil && *cascade}
	var was deletionWire
	change := func(ctx context.Context) (err error) {
		was, err = l.fell(ctx, c, d)
		return err
	}
	if !c.conditional() {
		err = change(c.Context())
		return gone(c, was), err
	}
	err = l.heldResource(c, n, func(_ context.Context, r resource.Resource) error { return c.current(resourceOf(r)) }, change)
	return gone(c, was), err
}

// resourcesDelete is what is to be deleted.
type resourcesDelete struct {
	Nodes   []rbac.Node `json:"nodes"`
	Partial bool        `json:"partial"`
	Cascade bool        `json:"cascade"`
}

func (l *lens) deleteResources(c *call) (reply, error) {
	var body resourcesDelete
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	done, err := l.fell(c.Context(), c, resource.Deletion{Nodes: body.Nodes, Partial: body.Partial, Cascade: body.Cascade})
	if err != nil {
		return reply{}, err
	}
	return ok(done), nil
}

// resourceMove is where a resource is to be.
type resourceMove struct {
	Parent *rbac.Node `json:"parent"`
}

// movedWire is what a move does: the resource as it is now, or who would gain
// and lose what.
type movedWire struct {
	Resource    *resourceWire `json:"resource,omitzero"`
	Differences *[]difference `json:"differences,omitzero"`
	More        *bool         `json:"more,omitzero"`
	Unknown     *[]rbac.Node  `json:"unknown,omitzero"`
}

func differencesOf(s rbac.Simulation) []difference {
	return all(s.Differences, func(d rbac.Difference) difference {
		return difference{Principal: d.Principal, Node: d.Node, Given: d.Given, Taken: d.Taken}
	})
}

func (l *lens) moveResource(c *call) (reply, error) {
	n, err := c.node()
	if err != nil {
		return reply{}, err
	}
	var body resourceMove
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if body.Parent == nil {
		return reply{}, invalid("parent", "the number of a resource or a workspace")
	}
	if c.dry {
		would, err := l.Resources.SimulateMove(c.Context(), c.actor, n, *body.Parent)
		if err != nil {
			return reply{}, err
		}
		return ok(movedWire{Differences: new(differencesOf(would)), More: &would.More, Unknown: &would.Unknown}), nil
	}
	moved, err := l.Resources.Move(c.Context(), c.actor, n, *body.Parent)
	if err != nil {
		return reply{}, err
	}
	wire := resourceOf(moved)
	return ok(movedWire{Resource: &wire}), nil
}

// resourceTransfer is who is to own a resource.
type resourceTransfer struct {
	To    rbac.Principal `json:"to"`
	Below bool           `json:"below"`
}

func (l *lens) transferResource(c *call) (reply, error) {
	n, err := c.node()
	if err != nil {
		return reply{}, err
	}
	var body resourceTransfer
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if body.To <= 0 {
		return reply{}, invalid("to", "the number of a member")
	}
	moved, err := l.Resources.Transfer(c.Context(), c.actor, n, body.To, body.Below)
	if err != nil {
		return reply{}, err
	}
	return ok(transferred{Transferred: moved}), nil
}
