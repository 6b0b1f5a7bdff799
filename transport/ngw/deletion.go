package ngw

import (
	"context"
	"errors"
	"net/http"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func deletionRoutes() []route {
	return []route{
		at(get, "/api/resource/delete", "resource.items.delete", Policy{Who: Public}, (*lens).planDeletion),
		at(post, "/api/resource/delete", "", Policy{Who: Public}, (*lens).deleteResources),
	}
}

// absent reports whether an error says that something is not there, or not for
// the caller.
func absent(err error) bool {
	return errors.Is(err, rbac.ErrDenied) || errors.Is(err, resource.ErrNotFound) || errors.Is(err, workspace.ErrNotFound)
}

// deletable refuses what is no resource of a workspace, with a word on where it
// is dealt with.
func (l *lens) deletable(ctx context.Context, c *call, n rbac.Node) error {
	r, err := l.resource(ctx, c, n)
	if err != nil {
		return err
	}
	if n == c.top || n == rbac.Root {
		return &failure{
			Title: "Root resource", Message: "Root resource could not be deleted.",
			Status: http.StatusUnprocessableEntity, Exception: exRootDelete,
		}
	}
	if r.Num == r.Top {
		return &failure{
			Title: "Workspace", Status: http.StatusUnprocessableEntity, Exception: exRootDelete, Contact: contactAdministrator,
			Message: "A workspace is not deleted as a resource. Delete what is in it here, and deactivate it in the console or the native API.",
			Data:    map[string]any{"resource": map[string]any{"id": c.outer(n)}},
		}
	}
	return nil
}

// deletion reads what is to be deleted.
func (c *call) deletion() (resource.Deletion, error) {
	numbers, err := c.numbers("resources")
	if err != nil {
		return resource.Deletion{}, err
	}
	if len(numbers) == 0 {
		return resource.Deletion{}, queryError("resources", "numbers of resources with commas between them")
	}
	var d resource.Deletion
	for _, n := range numbers {
		d.Nodes = append(d.Nodes, c.inner(n))
	}
	if d.Cascade, err = c.boolean("cascade", false); err != nil {
		return d, err
	}
	d.Partial, err = c.boolean("partial", false)
	return d, err
}

// planDeletion tells what would go and what would stay.
func (l *lens) planDeletion(c *call) (reply, error) {
	d, err := c.deletion()
	if err != nil {
		return reply{}, err
	}
	d.Partial = true // it is asked what could be deleted
	ours, strangers, err := l.ours(c.Context(), c, d.Nodes)
	if err != nil {
		return reply{}, err
	}
	d.Nodes = ours
	plan := resource.DeletionPlan{}
	if len(d.Nodes) > 0 {
		if plan, err = l.Resources.PlanDelete(c.Context(), c.actor, d); err != nil {
			return reply{}, err
		}
	}
	unaffected := tally(plan.Unaffected)
	if strangers > 0 {
		unaffected.Count += strangers
		unaffected.Resources["resource"] += strangers
	}
	return ok(map[string]any{"affected": tally(plan.Affected), "unaffected": unaffected}), nil
}

// ours tells resources of the workspace that is shown alone, or that are not
// there, from those of others.
func (l *lens) ours(ctx context.Context, c *call, nodes []rbac.Node) (list []rbac.Node, strangers int, err error) {
	if c.top == rbac.Root {
		return nodes, 0, nil
	}
	for _, n := range nodes {
		r, err := l.readable(ctx, c, n)
		switch {
		case err != nil:
			return nil, 0, err
		case r != nil:
			list = append(list, n)
		default:
			strangers++
		}
	}
	return list, strangers, nil
}

// A count is how many resources there are, by class.
type count struct {
	Count     int            `json:"count"`
	Resources map[string]int `json:"resources"`
}

func tally(byClass map[string]int) count {
	told := count{Resources: map[string]int{}}
	for class, n := range byClass {
		told.Count += n
		told.Resources[className(class)] += n
	}
	return told
}

func (l *lens) deleteResources(c *call) (reply, error) {
	d, err := c.deletion()
	if err != nil {
		return reply{}, err
	}
	if d.Partial {
		if d.Nodes, _, err = l.ours(c.Context(), c, d.Nodes); err != nil {
			return reply{}, err
		}
		if len(d.Nodes) == 0 {
			return empty(), nil
		}
	} else {
		for _, n := range d.Nodes {
			if err := l.deletable(c.Context(), c, n); err != nil {
				return reply{}, err
			}
		}
	}
	if _, err := l.Resources.Delete(c.Context(), c.actor, d); err != nil {
		return reply{}, err
	}
	return empty(), nil
}
