package ngw

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func quotaRoutes() []route {
	public := Policy{Who: Public}
	return []route{
		at(post, "/api/component/resource/check_quota", "resource.quota_check", public, (*lens).checkQuota),
		at(post, "/api/resource/check_quota", "", public, (*lens).checkQuota),
		at(get, "/api/resource/quota", "resource.quota", public, (*lens).showQuota),
		at(get, "/api/resource/{id:[0-9]+}/volume", "resource.volume", Policy{Who: Holder, Permission: string(resource.Read)}, (*lens).showVolume),
	}
}

// quotaTop returns the workspace that a question about quotas is about: the one
// that is shown alone, or that of the resource which the query names as parent.
// The root stands for none.
func (l *lens) quotaTop(c *call) (rbac.Node, error) {
	text := c.last("parent")
	if text == "" {
		return c.top, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, queryError("parent", "the number of a resource")
	}
	if c.inner(n) == c.top {
		return c.top, nil
	}
	r, err := l.resource(c.Context(), c, c.inner(n))
	return r.Top, err
}

// checkQuota tells whether so many more resources would fit.
func (l *lens) checkQuota(c *call) (reply, error) {
	var more map[string]int64
	if err := c.read(&more); err != nil {
		return reply{}, err
	}
	for class, n := range more {
		if _, known := l.Resources.Catalog().Class(class); !known {
			return reply{}, bodyError(class, "a class of resources")
		}
		if n < 0 {
			return reply{}, bodyError(class, "a number of resources, 0 or more")
		}
	}
	top, err := l.quotaTop(c)
	if err != nil {
		return reply{}, err
	}
	if top == rbac.Root { // workspaces have limits, the platform has none
		return ok(map[string]any{"success": true}), nil
	}
	class, err := l.Resources.CheckQuota(c.Context(), top, more)
	exceeded, full := errors.AsType[*quota.ExceededError](err)
	switch {
	case full:
		return wireExceeded(class, exceeded), nil
	case err != nil:
		return reply{}, err
	}
	return ok(map[string]any{"success": true}), nil
}

// wireExceeded is what does not fit, in a shape that only this route has
// (spec/ngw.md §4.2).
func wireExceeded(class string, e *quota.ExceededError) reply {
	available := max(0, e.Limit-e.Use)
	message := fmt.Sprintf("Not enough resource quota: %d required, but only %d available.", e.Asked, available)
	if e.Asked < 2 {
		message = fmt.Sprintf("Maximum number of resources exceeded. The limit is %d.", e.Limit)
	}
	return reply{status: http.StatusPaymentRequired, body: map[string]any{
		"cls": orNull(class), "required": e.Asked, "available": available, "message": message,
		"status_code": http.StatusPaymentRequired, "title": "Quota exceeded", "exception": exQuota,
	}}
}

// showQuota tells the limit as NextGIS Web 4.5 did: of all classes together, or
// where only some have one, of those.
func (l *lens) showQuota(c *call) (reply, error) {
	top, err := l.quotaTop(c)
	if err != nil {
		return reply{}, err
	}
	told := map[string]any{"limit": nil, "resource_cls": nil, "count": 0}
	if top == rbac.Root {
		_, n, err := l.Resources.Resources(c.Context(), c.actor, resource.Filter{Tops: true, Limit: 1})
		told["count"] = n
		return ok(told), err
	}
	limits, err := l.Resources.Limits(c.Context(), c.actor, top)
	if err != nil {
		return reply{}, err
	}
	classes := []string{}
	for _, limit := range limits {
		if limit.Class != "" && limit.Limit != quota.NoLimit {
			classes = append(classes, limit.Class)
		}
		if limit.Class == "" {
			told["count"] = limit.Used
			if limit.Limit != quota.NoLimit {
				told["limit"] = limit.Limit
			}
		}
	}
	slices.Sort(classes)
	if len(classes) > 0 {
		told["resource_cls"] = classes
	}
	return ok(told), nil
}

// showVolume tells how many bytes a resource takes.
func (l *lens) showVolume(c *call) (reply, error) {
	n, err := c.node("id")
	if err != nil {
		return reply{}, err
	}
	below, err := c.boolean("recursive", true)
	if err != nil {
		return reply{}, err
	}
	r, err := l.resource(c.Context(), c, n)
	if err != nil {
		return reply{}, err
	}
	if r.Class == workspace.ClassPlatform {
		return reply{}, forbidden("The volume of the whole platform is told by its storage statistics.")
	}
	volume, err := l.Resources.Volume(c.Context(), c.actor, n, below)
	if err != nil {
		return reply{}, err
	}
	return ok(map[string]any{"volume": volume}), nil
}
