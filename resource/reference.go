package resource

import (
	"slices"
	"strconv"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// references returns what settings refer to, each once by attribute: Name is
// that of the member's own attribute also for what lies deep in it. From is 0.
func references(class Class, s Settings) []Reference {
	var list []Reference
	seen := map[Reference]bool{}
	for _, m := range class.Members {
		for _, a := range m.Attributes {
			name := m.Name + "." + a.Name
			decides := slices.ContainsFunc(class.Requires, func(r rbac.Requirement) bool { return r.Relation == name })
			links(name, a, s[m.Name][a.Name], maxDepth, func(_ string, _ Attribute, to rbac.Node) {
				r := Reference{Name: name, To: to, Decides: decides}
				if !seen[r] {
					seen[r] = true
					list = append(list, r)
				}
			})
		}
	}
	return list
}

// leads checks that what settings refer to is there and is what their attributes
// want. At tells the class of a node, false where there is none. It returns a
// *workspace.InvalidError that names the attribute.
func (c *Catalog) leads(class Class, s Settings, at func(rbac.Node) (string, bool)) error {
	var wrong error
	for _, m := range class.Members {
		for _, a := range m.Attributes {
			links(m.Name+"."+a.Name, a, s[m.Name][a.Name], maxDepth, func(path string, a Attribute, to rbac.Node) {
				name, ok := at(to)
				if wrong == nil && (!ok || !c.fits(a, name)) {
					wrong = invalid(path, "%s", a.wanted())
				}
			})
		}
	}
	return wrong
}

// fits reports whether a reference may lead to a class.
func (c *Catalog) fits(a Attribute, name string) bool {
	if len(a.Classes) == 0 && len(a.Interfaces) == 0 || slices.Contains(a.Classes, name) {
		return true
	}
	class, ok := c.classes[name]
	return ok && slices.ContainsFunc(a.Interfaces, func(i string) bool { return slices.Contains(class.Interfaces, i) })
}

// wanted says what a reference may lead to.
func (a Attribute) wanted() string {
	text, kinds := "the number of a resource of the workspace", slices.Concat(a.Classes, a.Interfaces)
	if len(kinds) == 0 {
		return text
	}
	return text + ", of the kind " + strings.Join(kinds, ", or ")
}

// links calls visit for every reference in a value.
func links(path string, a Attribute, v any, depth int, visit func(string, Attribute, rbac.Node)) {
	if depth == 0 {
		return
	}
	switch a.Kind {
	case Link:
		if n, ok := integer(v); ok && n > 0 {
			visit(path, a, rbac.Node(n))
		}
	case Object:
		object, _ := v.(map[string]any)
		for _, b := range a.inner() {
			links(path+"."+b.Name, b, object[b.Name], depth-1, visit)
		}
	case List:
		values, _ := v.([]any)
		item := Attribute{Kind: Object, Of: a.inner()}
		if a.Items != "" {
			item = a.item()
		}
		for i, v := range values {
			links(path+"["+strconv.Itoa(i)+"]", item, v, depth, visit)
		}
	}
}

// without takes references to gone nodes out of settings: of a list the value
// that has it, of an attribute that may be null or absent the value. Lost is
// true when something that must be there went: the resource cannot be without
// what is gone.
func without(class Class, s Settings, gone map[rbac.Node]bool) (left Settings, lost bool) {
	left = Settings{}
	for name, values := range s {
		left[name], _ = clone(values).(map[string]any)
	}
	for _, m := range class.Members {
		if values := left[m.Name]; values != nil && !release(m.Attributes, values, gone, maxDepth) {
			lost = true
		}
	}
	return left, lost
}

// release takes what is gone out of an object, and is false where the object
// cannot be without.
func release(list []Attribute, object map[string]any, gone map[rbac.Node]bool, depth int) bool {
	whole := true
	for _, a := range list {
		v, ok := object[a.Name]
		if !ok || v == nil {
			continue
		}
		value, ok := remain(a, v, gone, depth)
		switch {
		case ok:
			object[a.Name] = value
		case a.Nullable:
			object[a.Name] = nil
		default:
			delete(object, a.Name)
			whole = whole && !a.Required
		}
	}
	return whole
}

// remain returns what is left of a value, or false.
func remain(a Attribute, v any, gone map[rbac.Node]bool, depth int) (any, bool) {
	if depth == 0 {
		return v, true
	}
	switch a.Kind {
	case Link:
		n, ok := integer(v)
		return v, !ok || !gone[rbac.Node(n)]
	case Object:
		object, ok := v.(map[string]any)
		return v, !ok || release(a.inner(), object, gone, depth-1)
	case List:
		values, ok := v.([]any)
		if !ok {
			return v, true
		}
		item := Attribute{Kind: Object, Of: a.inner()}
		if a.Items != "" {
			item = a.item()
		}
		left := make([]any, 0, len(values))
		for _, v := range values {
			if value, ok := remain(item, v, gone, depth); ok {
				left = append(left, value)
			}
		}
		return left, len(left) == len(values) || a.Max == 0 || float64(len(left)) >= a.Min
	}
	return v, true
}
