package ngw

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
)

// legacyRoutes are requests of versions before 2.2, which the seed has. Unlike
// then, nothing is told that may not be read.
func legacyRoutes() []route {
	public, read := Policy{Who: Public}, Policy{Who: Holder, Permission: string(resource.Read)}
	return []route{
		at(get, "/resource/-/child/", "", public, (*lens).listRoots),
		at(get, "/resource/-/child/{id:[0-9]+}", "", public, (*lens).showChild),
		at(get, "/resource/{parent:[0-9]+}/child/", "", public, (*lens).listChildren),
		at(post, "/resource/{parent:[0-9]+}/child/", "", Policy{Who: Holder, Permission: string(resource.ManageChildren)}, (*lens).createChild),
		at(get, "/resource/{parent:[0-9]+}/child/{id:[0-9]+}", "", public, (*lens).showChild),
		at(put, "/resource/{parent:[0-9]+}/child/{id:[0-9]+}", "", read, (*lens).changeChild),
		at(patch, "/resource/{parent:[0-9]+}/child/{id:[0-9]+}", "", read, (*lens).changeChild),
		at(remove, "/resource/{parent:[0-9]+}/child/{id:[0-9]+}", "", Policy{Who: Holder, Permission: string(resource.Delete)}, (*lens).deleteChild),
		at(get, "/resource/store/", "", public, (*lens).listStore),
		at(get, "/resource/store/{id:[0-9]+}", "", public, (*lens).showStored),
	}
}

// listRoots lists what has no parent: the root.
func (l *lens) listRoots(c *call) (reply, error) {
	told, err := l.platform(c.Context(), c)
	return ok(told), err
}

// child returns the resource that a path names, if it lies where the path says,
// and nil where it does not or may not be read.
func (l *lens) child(c *call) (*resource.Resource, error) {
	n, err := c.node("id")
	if err != nil {
		return nil, err
	}
	r, err := l.readable(c.Context(), c, n)
	if err != nil || r == nil {
		return nil, err
	}
	text, within := mux.Vars(c.Request)["parent"]
	if !within {
		if n != c.top {
			return nil, nil //nolint:nilnil // nothing is there for him
		}
		return r, nil
	}
	parent, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, errNoRoute
	}
	at := r.Parent
	if r.Num == r.Top {
		at = rbac.Root // whatever organization it lies in
	}
	if r.Num == c.top || c.inner(parent) != at {
		return nil, nil //nolint:nilnil // nothing is there for him
	}
	return r, nil
}

func (l *lens) showChild(c *call) (reply, error) {
	r, err := l.child(c)
	if err != nil {
		return reply{}, err
	}
	if r == nil {
		return ok([]any{}), nil // as it was
	}
	told, err := l.composites(c.Context(), c, []resource.Resource{*r}, true)
	if err != nil {
		return reply{}, err
	}
	return ok(told[0]), nil
}

func (l *lens) listChildren(c *call) (reply, error) {
	n, err := c.node("parent")
	if err != nil {
		return reply{}, err
	}
	list, err := l.children(c.Context(), c, l.within(c, n))
	if err != nil {
		return reply{}, err
	}
	told, err := l.composites(c.Context(), c, list, true)
	return ok(told), err
}

// createChild makes a resource where the path says, whatever the body says.
func (l *lens) createChild(c *call) (reply, error) {
	n, err := c.node("parent")
	if err != nil {
		return reply{}, err
	}
	var body map[string]json.RawMessage
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	e, err := c.editOf(body)
	if err != nil {
		return reply{}, err
	}
	e.parent = new(c.outer(n))
	return l.create(c, e)
}

// there returns the number of the resource that a path names, and the refusal of
// a path that names another parent.
func (l *lens) there(c *call) (rbac.Node, error) {
	n, err := c.node("id")
	if err != nil {
		return 0, err
	}
	if _, err := l.resource(c.Context(), c, n); err != nil {
		return 0, err
	}
	r, err := l.child(c)
	if err != nil {
		return 0, err
	}
	if r == nil {
		return 0, resource.ErrNotFound
	}
	return n, nil
}

func (l *lens) changeChild(c *call) (reply, error) {
	n, err := l.there(c)
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

func (l *lens) deleteChild(c *call) (reply, error) {
	if _, err := l.there(c); err != nil {
		return reply{}, err
	}
	if _, err := l.deleteResource(c); err != nil {
		return reply{}, err
	}
	return ok(nil), nil // as it was: null
}

// listStore lists all resources, of each only the member "resource", by name.
func (l *lens) listStore(c *call) (reply, error) {
	f := resource.Filter{Tops: true}
	l.confine(c, &f)
	if text := c.last("parent_id"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return reply{}, queryError("parent_id", "the number of a resource")
		}
		f = l.within(c, c.inner(n))
	}
	if text := c.last("id"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return reply{}, queryError("id", "the number of a resource")
		}
		if n == 0 && c.last("parent_id") == "" {
			return l.stored(c, c.top, true)
		}
		f.Nums = []rbac.Node{c.inner(n)}
	}
	f.Order, f.Uncounted = resource.Order{By: "name"}, true
	list, _, err := l.Resources.Resources(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, err
	}
	if c.top == rbac.Root && f.Nums == nil && f.Classes == nil && f.Parents == nil { // all that there is
		if list, err = l.withRoot(c, list); err != nil {
			return reply{}, err
		}
	}
	told, err := l.composites(c.Context(), c, list, false)
	if err != nil {
		return reply{}, err
	}
	flat := make([]any, 0, len(told))
	for _, one := range told {
		flat = append(flat, one[memberResource])
	}
	return ok(flat), nil
}

// withRoot puts the platform's node into a list in the order of names, for who
// may read it.
func (l *lens) withRoot(c *call, list []resource.Resource) ([]resource.Resource, error) {
	r, err := l.readable(c.Context(), c, rbac.Root)
	if err != nil || r == nil {
		return list, err
	}
	at, _ := slices.BinarySearchFunc(list, *r, func(a, b resource.Resource) int {
		return strings.Compare(strings.ToLower(nameOf(a)), strings.ToLower(nameOf(b)))
	})
	return slices.Insert(list, at, *r), nil
}

func (l *lens) showStored(c *call) (reply, error) {
	n, err := c.node("id")
	if err != nil {
		return reply{}, err
	}
	return l.stored(c, n, false)
}

// stored tells the member "resource" of one, in a list or alone.
func (l *lens) stored(c *call, n rbac.Node, listed bool) (reply, error) {
	r, err := l.readable(c.Context(), c, n)
	if err != nil {
		return reply{}, err
	}
	if r == nil {
		return ok([]any{}), nil // as it was
	}
	told, err := l.composites(c.Context(), c, []resource.Resource{*r}, false)
	if err != nil {
		return reply{}, err
	}
	if listed {
		return ok([]any{told[0][memberResource]}), nil
	}
	return ok(told[0][memberResource]), nil
}
