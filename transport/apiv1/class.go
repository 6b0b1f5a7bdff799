package apiv1

import (
	"net/url"
	"slices"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func classRoutes() []route {
	return treeOnly(
		get("/resource-classes", "listResourceClasses", signedIn(), (*lens).classes),
		get("/resource-classes/{class}", "getResourceClass", signedIn(), (*lens).class),
	)
}

// classWire is what resources of a kind are.
type classWire struct {
	Name       string          `json:"name"`
	Labels     resource.Labels `json:"labels"`
	Category   string          `json:"category"`
	Interfaces []string        `json:"interfaces"`
	Parents    []string        `json:"parents"`
	Scopes     []scopeWire     `json:"scopes"`
	Members    []memberPart    `json:"members"`
}

type scopeWire struct {
	Name        string           `json:"name"`
	Labels      resource.Labels  `json:"labels"`
	Permissions []permissionWire `json:"permissions"`
}

type permissionWire struct {
	Name   rbac.Permission `json:"name"`
	Labels resource.Labels `json:"labels"`
}

// memberPart is a named part of settings.
type memberPart struct {
	Name       string          `json:"name"`
	Attributes []attributeWire `json:"attributes"`
}

type attributeWire struct {
	Name       string          `json:"name"`
	Kind       resource.Kind   `json:"kind"`
	Required   bool            `json:"required"`
	Nullable   bool            `json:"nullable"`
	Default    any             `json:"default,omitzero"`
	Read       rbac.Permission `json:"read,omitzero"`
	Write      rbac.Permission `json:"write,omitzero"`
	Fixed      bool            `json:"fixed"`
	ReadOnly   bool            `json:"read_only"`
	When       string          `json:"when,omitzero"`
	Min        float64         `json:"min,omitzero"`
	Max        float64         `json:"max,omitzero"`
	OneOf      []any           `json:"one_of,omitempty"`
	Pattern    string          `json:"pattern,omitzero"`
	Classes    []string        `json:"classes,omitempty"`
	Interfaces []string        `json:"interfaces,omitempty"`
	Of         []attributeWire `json:"of,omitempty"`
	Items      resource.Kind   `json:"items,omitzero"`
	Recursive  string          `json:"recursive,omitzero"`
	Lenient    bool            `json:"lenient,omitzero"`
}

func attributeOf(a resource.Attribute) attributeWire {
	return attributeWire{
		Name: a.Name, Kind: a.Kind, Required: a.Required, Nullable: a.Nullable, Default: a.Default, Read: a.Read, Write: a.Write,
		Fixed: a.Fixed, ReadOnly: a.ReadOnly, When: a.When, Min: a.Min, Max: a.Max, OneOf: a.OneOf, Pattern: a.Pattern,
		Classes: a.Classes, Interfaces: a.Interfaces, Of: all(a.Of, attributeOf), Items: a.Items, Recursive: a.Recursive,
		Lenient: a.Lenient,
	}
}

// memberOfClass is a member with the permissions that its attributes need, also
// where the class leaves them at what is usual.
func memberOfClass(m resource.Member) memberPart {
	part := memberPart{Name: m.Name, Attributes: all(m.Attributes, attributeOf)}
	for i := range part.Attributes {
		a := &part.Attributes[i]
		if a.Read == "" {
			a.Read = resource.Read
		}
		if a.Write == "" {
			a.Write = resource.Update
		}
	}
	return part
}

func (l *lens) classOf(c resource.Class) classWire {
	return classWire{
		Name: c.Name, Labels: c.Labels, Category: c.Category, Interfaces: c.Interfaces, Parents: c.Parents,
		Scopes: all(l.scopesOf(c), scopeOf), Members: all(c.Members, memberOfClass),
	}
}

func scopeOf(s resource.Scope) scopeWire {
	return scopeWire{Name: s.Name, Labels: s.Labels, Permissions: all(s.Permissions, func(p resource.PermissionLabel) permissionWire {
		return permissionWire{Name: rbac.Of(s.Name, p.Name), Labels: p.Labels}
	})}
}

// scopesOf returns what can be permitted on resources of a class: those that
// every one has, and its own.
func (l *lens) scopesOf(c resource.Class) []resource.Scope {
	return slices.DeleteFunc(l.Resources.Catalog().Scopes(), func(s resource.Scope) bool {
		return s.Name != resource.ScopeResource && s.Name != resource.ScopeMetadata && !slices.Contains(c.Scopes, s.Name)
	})
}

func (l *lens) classes(c *call) (reply, error) {
	columns := []column[classWire]{
		{name: "name", text: func(w classWire) string { return w.Name }},
		{name: "category", text: func(w classWire) string { return w.Category + "\n" + w.Name }},
	}
	p, err := c.page(names(columns)...)
	if err != nil {
		return reply{}, err
	}
	return cut(p, all(l.Resources.Catalog().Classes(), l.classOf), columns, func(classWire) int64 { return 0 })
}

func (l *lens) class(c *call) (reply, error) {
	name, err := url.PathUnescape(mux.Vars(c.Request)["class"])
	class, known := l.Resources.Catalog().Class(name)
	if err != nil || !known {
		return reply{}, workspace.ErrNotFound
	}
	return shown(l.classOf(class)), nil
}
