package ngw

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func resourceRoutes() []route {
	read := Policy{Who: Holder, Permission: string(resource.Read)}
	return []route{
		at(get, "/api/resource/", "resource.collection", Policy{Who: Public}, (*lens).listResources),
		at(post, "/api/resource/", "", Policy{Who: Holder, Permission: string(resource.ManageChildren)}, (*lens).createResource),
		at(get, "/api/resource/{id:[0-9]+}", "resource.item", read, (*lens).showResource),
		at(put, "/api/resource/{id:[0-9]+}", "", read, (*lens).changeResource),
		at(remove, "/api/resource/{id:[0-9]+}", "", Policy{Who: Holder, Permission: string(resource.Delete)}, (*lens).deleteResource),
	}
}

// resource returns one that the client can know of: in a workspace shown alone,
// nothing else is there.
func (l *lens) resource(ctx context.Context, c *call, n rbac.Node) (resource.Resource, error) {
	r, err := l.Resources.Resource(ctx, c.actor, n)
	if errors.Is(err, resource.ErrNotFound) || err == nil && c.top != rbac.Root && r.Top != c.top {
		return resource.Resource{}, noResource(c.outer(n))
	}
	return r, err
}

// shown returns a resource with what lies around it, as one composite.
func (l *lens) shown(ctx context.Context, c *call, n rbac.Node) (composite, error) {
	r, err := l.resource(ctx, c, n)
	if err != nil {
		return nil, err
	}
	all, err := l.composites(ctx, c, []resource.Resource{r}, true)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

func (l *lens) showResource(c *call) (reply, error) {
	n, err := c.node("id")
	if err != nil {
		return reply{}, err
	}
	told, err := l.shown(c.Context(), c, n)
	if err != nil {
		return reply{}, err
	}
	return ok(told), nil
}

// listResources lists what lies in a resource, or the root alone.
func (l *lens) listResources(c *call) (reply, error) {
	f := resource.Filter{Nums: []rbac.Node{c.top}, Tops: true}
	if text := c.last("parent"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return reply{}, queryError("parent", "the number of a resource")
		}
		f = l.within(c, c.inner(n))
	} else if c.top == rbac.Root {
		told, err := l.platform(c.Context(), c)
		return ok(told), err
	}
	list, err := l.children(c.Context(), c, f)
	if err != nil {
		return reply{}, err
	}
	told, err := l.composites(c.Context(), c, list, true)
	if err != nil {
		return reply{}, err
	}
	return ok(told), nil
}

// platform tells the platform's root to who may read it.
func (l *lens) platform(ctx context.Context, c *call) ([]composite, error) {
	r, err := l.readable(ctx, c, c.top)
	if err != nil || r == nil {
		return []composite{}, err
	}
	return l.composites(ctx, c, []resource.Resource{*r}, true)
}

// readable returns a resource, or nil to who may not read it.
func (l *lens) readable(ctx context.Context, c *call, n rbac.Node) (*resource.Resource, error) {
	r, err := l.resource(ctx, c, n)
	switch {
	case absent(err):
		return nil, nil //nolint:nilnil // nothing is there for him
	case err != nil:
		return nil, err
	}
	return &r, nil
}

// within chooses what lies directly in a node. In the platform lie workspaces,
// whatever organization they belong to.
func (l *lens) within(c *call, n rbac.Node) resource.Filter {
	if n == rbac.Root {
		return resource.Filter{Tops: true, Classes: []string{workspace.ClassWorkspace}}
	}
	f := resource.Filter{Parents: []rbac.Node{n}}
	l.confine(c, &f)
	return f
}

// confine keeps a filter to the workspace that is shown alone.
func (l *lens) confine(c *call, f *resource.Filter) {
	if c.top != rbac.Root {
		f.Workspaces = []rbac.Node{c.top}
	}
}

// children lists what a filter chooses in the order of NextGIS Web: by class,
// then by name.
func (l *lens) children(ctx context.Context, c *call, f resource.Filter) ([]resource.Resource, error) {
	f.Order, f.Uncounted = resource.Order{By: "name"}, true
	list, _, err := l.Resources.Resources(ctx, c.actor, f)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b resource.Resource) int { return cmp.Compare(l.class(a).Order, l.class(b).Order) })
	return list, nil
}

// createResource makes a resource. Older clients name its class and where it is
// to lie in the query.
func (l *lens) createResource(c *call) (reply, error) {
	var body map[string]json.RawMessage
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	e, err := c.editOf(body)
	if err != nil {
		return reply{}, err
	}
	if text := c.last("cls"); text != "" && e.class == nil {
		e.class = &text
	}
	if text := c.last("parent"); text != "" && e.parent == nil {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return reply{}, queryError("parent", "the number of a resource")
		}
		e.parent = &n
	}
	return l.create(c, e)
}

func (l *lens) create(c *call, e edit) (reply, error) {
	switch {
	case e.class == nil || *e.class == "":
		return reply{}, bodyError("resource.cls", "the class of the resource")
	case e.parent == nil:
		return reply{}, bodyError("resource.parent", `where it is to lie: {"id": 1}`)
	case e.displayName == nil:
		return reply{}, bodyError("resource.display_name", "a name")
	}
	class, known := l.Resources.Catalog().Class(*e.class)
	if !known {
		return reply{}, fmt.Errorf("%w: %q", resource.ErrNoClass, *e.class)
	}
	settings, err := l.payload(class, e.members)
	if err != nil {
		return reply{}, err
	}
	parent := c.inner(*e.parent)
	var made rbac.Node
	if parent == rbac.Root {
		if class.Name != resource.ResourceGroup {
			return reply{}, &resource.HierarchyError{Class: class.Name, Parent: rbac.Root, In: workspace.ClassPlatform}
		}
		made, err = l.createWorkspace(c, e)
	} else {
		if _, err := l.resource(c.Context(), c, parent); err != nil {
			return reply{}, err
		}
		draft := resource.Draft{
			Class: class.Name, Parent: parent, DisplayName: *e.displayName, Meta: e.meta, Settings: settings,
		}
		for from, into := range map[**string]*string{&e.keyname: &draft.Keyname, &e.description: &draft.Description} {
			if *from != nil {
				*into = **from
			}
		}
		if e.owner != nil {
			draft.Owner = *e.owner
		}
		if e.rules != nil {
			draft.Rules = *e.rules
		}
		var r resource.Resource
		r, err = l.Resources.Create(c.Context(), c.actor, draft)
		made = r.Num
	}
	if err != nil {
		return reply{}, err
	}
	answer := created(map[string]any{"id": c.outer(made), "parent": identified(c.outer(parent))})
	answer.header = http.Header{"Location": {strconv.FormatInt(c.outer(made), 10)}}
	return answer, nil
}

func (l *lens) changeResource(c *call) (reply, error) {
	n, err := c.node("id")
	if err != nil {
		return reply{}, err
	}
	e, err := c.readEdit()
	if err != nil {
		return reply{}, err
	}
	if err := l.change(c, n, e); err != nil {
		return reply{}, err
	}
	return empty(), nil
}

// change applies an edit in the order of NextGIS Web (spec/ngw.md §3.6): each
// part is judged by what the parts before it made of the permissions.
func (l *lens) change(c *call, n rbac.Node, e edit) error {
	r, err := l.resource(c.Context(), c, n)
	if err != nil {
		return err
	}
	if e.class != nil && *e.class != className(r.Class) {
		return bodyError("resource.cls", "the class that it has, "+className(r.Class))
	}
	class := l.class(r)
	settings, err := l.payload(class, e.members)
	if err != nil {
		return err
	}
	return l.unit(c.Context(), func(ctx context.Context) error {
		if err := l.move(ctx, c, r, e); err != nil {
			return err
		}
		if err := l.transfer(ctx, c, r, e); err != nil {
			return err
		}
		if e.rules != nil {
			if _, err := l.Resources.SetRules(ctx, c.actor, n, *e.rules); err != nil {
				return err
			}
		}
		if e.keyname == nil && e.displayName == nil && e.description == nil && e.meta == nil && len(settings) == 0 {
			return nil
		}
		switch r.Class {
		case workspace.ClassWorkspace:
			return l.changeWorkspace(ctx, c, r, e)
		case workspace.ClassPlatform, workspace.ClassOrganization:
			return unchangeable(r, e)
		}
		_, err := l.Resources.Update(ctx, c.actor, n, func(r *resource.Resource) error {
			e.apply(r, settings)
			return nil
		})
		return err
	})
}

// apply writes what an edit says into a resource.
func (e edit) apply(r *resource.Resource, settings resource.Settings) {
	for from, into := range map[**string]*string{
		&e.keyname: &r.Keyname, &e.displayName: &r.DisplayName, &e.description: &r.Description,
	} {
		if *from != nil {
			*into = **from
		}
	}
	if e.meta != nil {
		r.Meta = e.meta
	}
	if len(settings) > 0 && r.Settings == nil {
		r.Settings = resource.Settings{}
	}
	for member, attributes := range settings {
		if r.Settings[member] == nil {
			r.Settings[member] = map[string]any{}
		}
		maps.Copy(r.Settings[member], attributes)
	}
}

// unchangeable refuses a change of the platform's own node, save for one of
// nothing.
func unchangeable(r resource.Resource, e edit) error {
	same := func(said *string, is string) bool { return said == nil || *said == is }
	if same(e.keyname, r.Keyname) && same(e.displayName, r.DisplayName) && same(e.description, r.Description) && len(e.meta) == 0 {
		return nil
	}
	return forbidden("The root is the platform itself, and is not renamed here.")
}

// move puts a resource where an edit says.
func (l *lens) move(ctx context.Context, c *call, r resource.Resource, e edit) error {
	if e.parent == nil {
		return nil
	}
	parent := c.inner(*e.parent)
	switch {
	case parent == r.Num && r.Num == c.top:
		return resource.ErrCycle
	case r.Num == r.Top || r.Num == rbac.Root:
		if parent == c.top && r.Num != c.top {
			return nil // a workspace lies in the root already
		}
		return resource.ErrRoot
	case parent == r.Parent:
		return nil
	case parent == rbac.Root:
		return &resource.HierarchyError{Class: r.Class, Parent: rbac.Root, In: workspace.ClassPlatform}
	}
	if _, err := l.resource(ctx, c, parent); err != nil {
		return err
	}
	_, err := l.Resources.Move(ctx, c.actor, r.Num, parent)
	return err
}

// transfer gives a resource the owner that an edit says.
func (l *lens) transfer(ctx context.Context, c *call, r resource.Resource, e edit) error {
	if e.owner == nil || *e.owner == ownerOf(r) {
		return nil
	}
	if r.Num == r.Top || r.Num == rbac.Root {
		return forbidden("A workspace belongs to its supervisor, who is replaced in the console.")
	}
	_, err := l.Resources.Transfer(ctx, c.actor, r.Num, *e.owner, false)
	return err
}

// deleteResource deletes one with everything in it. With cascade=true what
// refers to it lets go of it.
func (l *lens) deleteResource(c *call) (reply, error) {
	n, err := c.node("id")
	if err != nil {
		return reply{}, err
	}
	cascade, err := c.boolean("cascade", false)
	if err != nil {
		return reply{}, err
	}
	if err := l.deletable(c.Context(), c, n); err != nil {
		return reply{}, err
	}
	_, err = l.Resources.Delete(c.Context(), c.actor, resource.Deletion{Nodes: []rbac.Node{n}, Cascade: cascade})
	if err != nil {
		return reply{}, err
	}
	return empty(), nil
}
