package ngw

import (
	"strconv"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
)

func permissionRoutes() []route {
	read := Policy{Who: Holder, Permission: string(resource.Read)}
	return []route{
		at(get, "/api/resource/{id:[0-9]+}/permission", "resource.permission", read, (*lens).showPermissions),
		at(get, "/api/resource/{id:[0-9]+}/permission/explain", "resource.permission.explain", read, (*lens).explainPermissions),
	}
}

// subject reads whose permissions are asked about: the caller's own where
// nobody is named.
func (c *call) subject() (rbac.Principal, error) {
	text := c.last("user")
	if text == "" {
		return c.actor.Principal, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0, queryError("user", "the number of a user")
	}
	return rbac.Principal(n), nil
}

// showPermissions tells what somebody holds on a resource, scope by scope.
func (l *lens) showPermissions(c *call) (reply, error) {
	n, err := c.node("id")
	if err != nil {
		return reply{}, err
	}
	who, err := c.subject()
	if err != nil {
		return reply{}, err
	}
	r, err := l.resource(c.Context(), c, n)
	if err != nil {
		return reply{}, err
	}
	set, err := l.Resources.Effective(c.Context(), c.actor, n, who)
	if err != nil {
		return reply{}, err
	}
	return ok(l.holdings(l.class(r), set.Has)), nil
}
