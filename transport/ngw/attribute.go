package ngw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func attributeRoutes() []route {
	return []route{
		at(post, "/api/component/resource/attr", "resource.attr", Policy{Who: Public}, (*lens).readAttributes),
		at(get, "/api/resource/favorite/", "resource.favorite.collection", Policy{Who: Public}, (*lens).listFavorites),
		at(get, "/api/component/resource/favorite/", "", Policy{Who: Public}, (*lens).listFavorites),
	}
}

// listFavorites lists favourites, which nobody keeps.
func (l *lens) listFavorites(*call) (reply, error) { return ok([]any{}), nil }

// attributesBound bounds how many resources one call asks about.
const attributesBound = 10_000

// An attributeCall asks for attributes of resources: of some, or of what lies
// below one.
type attributeCall struct {
	Resources  json.RawMessage `json:"resources"`
	Attributes [][]string      `json:"attributes"`
}

// readAttributes answers attributes of several resources at once, [0, value]
// each, or [1] for what may not be read. Resources that may not be read are left
// out.
func (l *lens) readAttributes(c *call) (reply, error) {
	ctx := c.Context()
	var asked attributeCall
	if err := c.read(&asked); err != nil {
		return reply{}, err
	}
	list, err := l.chosen(ctx, c, asked.Resources)
	if err != nil {
		return reply{}, err
	}
	around, err := l.surroundings(ctx, c, list)
	if err != nil {
		return reply{}, err
	}
	items := make([]any, 0, len(list))
	for _, r := range list {
		told := l.composite(c, r, around, true)
		values := make([]any, 0, len(asked.Attributes))
		for i, attribute := range asked.Attributes {
			value, readable, err := l.attribute(ctx, c, r, told, attribute)
			switch {
			case errors.Is(err, errNoAttribute):
				return reply{}, bodyError(fmt.Sprintf("attributes[%d]", i), "an attribute of resources, with its parameters")
			case err != nil:
				return reply{}, err
			case !readable:
				values = append(values, []any{1})
			default:
				values = append(values, []any{0, value})
			}
		}
		items = append(items, []any{c.outer(r.Num), values})
	}
	return ok(map[string]any{"items": items}), nil
}

// chosen returns the resources that a call asks about, in its order.
func (l *lens) chosen(ctx context.Context, c *call, raw json.RawMessage) ([]resource.Resource, error) {
	refusal := bodyError("resources", `numbers of resources, or {"type": "search", "root": 1}`)
	var nums []int64
	if json.Unmarshal(raw, &nums) != nil {
		var below struct {
			Type string `json:"type"`
			Root *int64 `json:"root"`
		}
		if json.Unmarshal(raw, &below) != nil || below.Type != "search" {
			return nil, refusal
		}
		f := resource.Filter{Tops: true, Uncounted: true, Limit: attributesBound}
		l.confine(c, &f)
		if below.Root != nil && c.inner(*below.Root) != c.top {
			f.Under = new(c.inner(*below.Root))
		}
		list, _, err := l.Resources.Resources(ctx, c.actor, f)
		return list, err
	}
	if nums == nil {
		return nil, refusal // null
	}
	if len(nums) > attributesBound {
		return nil, bodyError("resources", fmt.Sprintf("at most %d resources", attributesBound))
	}
	f := resource.Filter{Tops: true, Uncounted: true, Nums: []rbac.Node{}}
	l.confine(c, &f)
	byNum := map[rbac.Node]resource.Resource{}
	for _, n := range nums {
		f.Nums = append(f.Nums, c.inner(n))
	}
	if len(f.Nums) > 0 {
		found, _, err := l.Resources.Resources(ctx, c.actor, f)
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			byNum[r.Num] = r
		}
	}
	if slices.Contains(f.Nums, rbac.Root) {
		r, err := l.readable(ctx, c, rbac.Root)
		if err != nil {
			return nil, err
		}
		if r != nil {
			byNum[rbac.Root] = *r
		}
	}
	var list []resource.Resource
	for _, n := range f.Nums {
		if r, there := byNum[n]; there {
			list = append(list, r)
			delete(byNum, n) // each once
		}
	}
	return list, nil
}

const errNoAttribute = expected("an attribute of resources")

// attribute returns one of a resource, and whether the caller may read it.
func (l *lens) attribute(ctx context.Context, c *call, r resource.Resource, told composite, asked []string) (value any, readable bool, err error) {
	if len(asked) == 0 {
		return nil, false, errNoAttribute
	}
	switch asked[0] {
	case "resource.has_permission":
		if len(asked) != 2 {
			return nil, false, errNoAttribute
		}
		may, err := l.Rules.Check(ctx, c.actor.Principal, r.Num, rbac.Permission(asked[1]), rbac.Latest())
		return may, true, err
	case "resource.is_deletable":
		may, err := l.isDeletable(ctx, c, r)
		return may, true, err
	case "resource.children_creatable":
		list, err := l.creatable(ctx, c, r)
		return list, true, err
	case "resource.summary":
		in := l.language(c) //nolint:contextcheck // the call has it
		return [][]any{{"ID", strconv.FormatInt(c.outer(r.Num), 10)}, {resource.Base().Labels.In(in), l.class(r).Labels.In(in)}}, true, nil
	}
	member, name, dotted := strings.Cut(asked[0], ".")
	if !dotted || len(asked) != 1 {
		return nil, false, errNoAttribute
	}
	of, _ := told[member].(map[string]any)
	if value, there := of[name]; there {
		return value, true, nil
	}
	if member == memberResource && name != "description" {
		return nil, false, errNoAttribute
	}
	return nil, false, nil
}

// isDeletable tells whether the caller may delete a resource, as far as it can
// be told without looking below.
func (l *lens) isDeletable(ctx context.Context, c *call, r resource.Resource) (bool, error) {
	if r.Num == r.Top || r.Num == rbac.Root {
		return false, nil
	}
	answers, err := l.Rules.CheckMany(ctx, c.actor.Principal, []rbac.Question{
		{Node: r.Num, Permission: resource.Delete}, {Node: r.Parent, Permission: resource.ManageChildren},
	}, rbac.Latest())
	if err != nil {
		return false, err
	}
	return answers[0] && answers[1], nil
}

// creatable lists the classes that the caller may make in a resource. Below the
// root, those are workspaces.
func (l *lens) creatable(ctx context.Context, c *call, r resource.Resource) ([]string, error) {
	list := []string{}
	if r.Class == workspace.ClassPlatform {
		may, err := l.Rules.Check(ctx, c.actor.Principal, rbac.Root, workspace.ManageWorkspaces, rbac.Latest())
		if may {
			list = append(list, resource.ResourceGroup)
		}
		return list, err
	}
	may, err := l.Rules.Check(ctx, c.actor.Principal, r.Num, resource.ManageChildren, rbac.Latest())
	if err != nil || !may {
		return list, err
	}
	for _, class := range l.Resources.Catalog().Classes() {
		if slices.Contains(class.Parents, className(r.Class)) {
			list = append(list, class.Name)
		}
	}
	return list, nil
}
