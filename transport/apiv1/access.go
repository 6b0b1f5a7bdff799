package apiv1

import (
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func accessRoutes() []route {
	return treeOnly(
		get("/resources/{resource}/access", "listResourceAccess", holder(resource.Read), (*lens).access),
	)
}

// accessWire is what somebody has on a resource.
type accessWire struct {
	Principal     partyWire         `json:"principal"`
	Permissions   []rbac.Permission `json:"permissions"`
	Supervisor    bool              `json:"supervisor"`
	Administrator bool              `json:"administrator"`
}

func accessOf(a resource.Access) accessWire {
	return accessWire{
		Principal: partyOf(a.Party), Permissions: a.Set.List(), Supervisor: a.Supervisor, Administrator: a.Administrator,
	}
}

func (l *lens) access(c *call) (reply, error) {
	n, err := c.node()
	if err != nil {
		return reply{}, err
	}
	p, err := c.page("num")
	if err != nil {
		return reply{}, err
	}
	f := resource.AccessFilter{Descending: p.order.Descending, Limit: p.more()}
	if p.after != nil {
		f.After = new(rbac.Principal(p.after.Num))
	}
	if f.Search, err = c.text("q"); err != nil {
		return reply{}, err
	}
	permission, err := c.text("permission")
	if err != nil {
		return reply{}, err
	}
	f.Permission = rbac.Permission(permission)
	if f.Kinds, err = c.kinds(string(rbac.User), string(rbac.Key), special); err != nil {
		return reply{}, err
	}
	found, total, err := l.Resources.Access(c.Context(), c.actor, n, f)
	if err != nil {
		return reply{}, err
	}
	shown, next := trim(p, found, func(a resource.Access) workspace.Mark { return workspace.Mark{Num: int64(a.Num)} })
	return ok(list[accessWire]{Items: all(shown, accessOf), Next: next, Total: &total}), nil
}
