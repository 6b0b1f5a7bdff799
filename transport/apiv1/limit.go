package apiv1

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func limitRoutes() []route {
	give := above(workspace.Allocate)
	return treeOnly(
		get("/workspaces/{workspace}/resource-limits", "listResourceLimits", member(workspace.Read), (*lens).limits),
		put("/workspaces/{workspace}/resource-limits/{class}", "putResourceLimit", give, (*lens).putLimit),
		remove("/workspaces/{workspace}/resource-limits/{class}", "deleteResourceLimit", give, (*lens).deleteLimit),
	)
}

// limitWire is how many resources of a class a workspace has, and may have.
type limitWire struct {
	Class string `json:"class"`
	Used  int64  `json:"used"`
	Limit *int64 `json:"limit"`
}

func (limitWire) readings() []string { return []string{"used"} }

func resourceLimitOf(one resource.Limit) limitWire {
	name := one.Class
	if name == "" {
		name = resource.Base().Name
	}
	return limitWire{Class: name, Used: one.Used, Limit: limitOf(one.Limit)}
}

// ordered is a number, at least 0, as a text that is in order as numbers are.
func ordered(n int64) string { return fmt.Sprintf("%019d ", n) }

// limited returns the limits of a workspace, which it finds for who may see it.
func (l *lens) limited(ctx context.Context, c *call, in workspace.ID) (rbac.Node, []limitWire, error) {
	w, err := l.Workspaces.Workspace(ctx, c.actor, in)
	if err != nil {
		return 0, nil, err
	}
	found, err := l.Resources.Limits(ctx, c.actor, w.Num)
	return w.Num, all(found, resourceLimitOf), err
}

func (l *lens) limits(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	columns := []column[limitWire]{
		{name: "class", text: func(w limitWire) string { return w.Class }},
		{name: "used", text: func(w limitWire) string { return ordered(w.Used) + w.Class }},
		{name: "limit", text: func(w limitWire) string {
			if w.Limit == nil {
				return ordered(quota.NoLimit) + w.Class // none is more than any
			}
			return ordered(*w.Limit) + w.Class
		}},
	}
	p, err := c.page(names(columns)...)
	if err != nil {
		return reply{}, err
	}
	_, found, err := l.limited(c.Context(), c, workspace.ID(id))
	if err != nil {
		return reply{}, err
	}
	return cut(p, found, columns, func(limitWire) int64 { return 0 })
}

// limitNamed returns the workspace and the class that a path names, empty for
// all together.
func (c *call) limitNamed() (in workspace.ID, class string, err error) {
	id, err := c.id("workspace")
	if err != nil {
		return "", "", err
	}
	name, err := url.PathUnescape(mux.Vars(c.Request)["class"])
	if err != nil {
		return "", "", workspace.ErrNotFound
	}
	if name == resource.Base().Name {
		name = ""
	}
	return workspace.ID(id), name, nil
}

// limitOfClass returns the limit of a class, and whether there is one.
func limitOfClass(list []limitWire, class string) (limitWire, bool) {
	one := resourceLimitOf(resource.Limit{Class: class, Limit: quota.NoLimit})
	for _, is := range list {
		if is.Class == one.Class {
			return is, is.Limit != nil
		}
	}
	return one, false
}

// setLimitOf sets a limit if check finds what is there so.
func (l *lens) setLimitOf(
	c *call, in workspace.ID, class string, limit *int64, check func(was limitWire, there bool) error,
) (limitWire, error) {
	var now limitWire
	err := l.Workspaces.Hold(c.Context(), c.actor, in, func(ctx context.Context) error {
		n, list, err := l.limited(ctx, c, in)
		if err != nil {
			return err
		}
		if err := check(limitOfClass(list, class)); err != nil {
			return err
		}
		if err := l.Resources.SetLimit(ctx, c.actor, n, class, limit); err != nil {
			return err
		}
		_, list, err = l.limited(ctx, c, in)
		now, _ = limitOfClass(list, class)
		return err
	})
	if errors.Is(err, resource.ErrNoClass) { // which the path names
		err = fmt.Errorf("%w: %w", workspace.ErrNotFound, err)
	}
	return now, err
}

func (l *lens) putLimit(c *call) (reply, error) {
	in, class, err := c.limitNamed()
	if err != nil {
		return reply{}, err
	}
	limit, err := c.limit()
	if err != nil {
		return reply{}, err
	}
	now, err := l.setLimitOf(c, in, class, limitOf(limit), func(was limitWire, there bool) error {
		if !there {
			return c.absent()
		}
		return c.current(was)
	})
	if err != nil {
		return reply{}, err
	}
	return shown(now), nil
}

func (l *lens) deleteLimit(c *call) (reply, error) {
	in, class, err := c.limitNamed()
	if err != nil {
		return reply{}, err
	}
	var lifted limitWire
	there := false
	_, err = l.setLimitOf(c, in, class, nil, func(was limitWire, is bool) error {
		lifted, there = was, is
		if !is {
			return nil // who may not is told so before
		}
		return c.current(was)
	})
	if err == nil && !there {
		err = workspace.ErrNotFound
	}
	return gone(c, lifted), err
}
