package resource

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// NewCatalog makes a catalog of classes and of scopes besides the built-in ones.
// It returns an error that wraps ErrCatalog and says what is wrong where, for a
// class without a name or named twice or like what the platform itself is made
// of, a scope that there is not or twice, a parent or a class of a reference
// that there is not, a requirement through what is no reference, and attributes
// that make no sense. The catalog shares nothing with what it was made of.
func NewCatalog(classes []Class, scopes ...Scope) (*Catalog, error) {
	c := &Catalog{classes: map[string]*Class{}, scopes: append(Scopes(), scopes...), patterns: map[string]*regexp.Regexp{}}
	if err := c.checkScopes(); err != nil {
		return nil, err
	}
	for _, class := range classes {
		if !wellNamed(class.Name) || c.classes[class.Name] != nil {
			return nil, fmt.Errorf("%w: %q is no name of a class, or named twice", ErrCatalog, class.Name)
		}
		if slices.Contains(taken(), class.Name) {
			return nil, fmt.Errorf("%w: %s is what something else is called", ErrCatalog, class.Name)
		}
		class := class.copy()
		c.classes[class.Name] = &class
		c.names = append(c.names, class.Name)
	}
	slices.SortStableFunc(c.names, func(a, b string) int { return cmp.Compare(c.classes[a].Order, c.classes[b].Order) })
	for _, name := range c.names {
		if err := c.check(c.classes[name]); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrCatalog, name, err)
		}
	}
	return c, nil
}

// taken are the names that no class can have.
func taken() []string {
	classes := workspace.Classes()
	names := make([]string, 0, 1+len(classes))
	names = append(names, Base().Name)
	for _, class := range classes {
		names = append(names, class.Name)
	}
	return names
}

// Classes returns all classes in their order. What they consist of is the
// catalog's: nobody changes it.
func (c *Catalog) Classes() []Class {
	list := make([]Class, 0, len(c.names))
	for _, name := range c.names {
		list = append(list, *c.classes[name])
	}
	return list
}

// Class returns a class by its name, as [Catalog.Classes] does.
func (c *Catalog) Class(name string) (Class, bool) {
	class, ok := c.classes[name]
	if !ok {
		return Class{}, false
	}
	return *class, true
}

// Scopes returns all scopes, the built-in ones first.
func (c *Catalog) Scopes() []Scope { return slices.Clone(c.scopes) }

// scope returns a scope as the engine wants it.
func (c *Catalog) scope(name string) rbac.Scope {
	scope := rbac.Scope{Name: name}
	for _, s := range c.scopes {
		if s.Name != name {
			continue
		}
		for _, p := range s.Permissions {
			scope.Permissions = append(scope.Permissions, p.Name)
		}
	}
	return scope
}

// known keeps the permissions of scopes that some class has.
func (c *Catalog) known(list []rbac.Permission) []rbac.Permission {
	return slices.DeleteFunc(list, func(p rbac.Permission) bool {
		if p.Scope() == ScopeResource || p.Scope() == ScopeMetadata {
			return false
		}
		for _, class := range c.classes {
			if slices.Contains(class.Scopes, p.Scope()) {
				return false
			}
		}
		return true
	})
}

// checkScopes finds scopes and permissions without a name or named twice.
func (c *Catalog) checkScopes() error {
	seen := map[string]bool{}
	for _, s := range c.scopes {
		if !wellNamed(s.Name) || seen[s.Name] {
			return fmt.Errorf("%w: %q is no name of a scope, or named twice", ErrCatalog, s.Name)
		}
		seen[s.Name] = true
		for _, p := range s.Permissions {
			if !wellNamed(p.Name) || seen[s.Name+"."+p.Name] {
				return fmt.Errorf("%w: scope %s: %q is no name of a permission, or named twice", ErrCatalog, s.Name, p.Name)
			}
			seen[s.Name+"."+p.Name] = true
		}
	}
	return nil
}

// wellNamed reports whether a text can name a class, a scope, a member or an
// attribute: lower-case letters, digits and _.
func wellNamed(name string) bool {
	for i, r := range []byte(name) {
		if (r < 'a' || r > 'z') && r != '_' && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != "" && len(name) <= 63
}

// holds reports whether a class has a permission.
func (c *Catalog) holds(class *Class, p rbac.Permission) bool {
	scopes := append([]string{ScopeResource, ScopeMetadata}, class.Scopes...)
	return slices.Contains(scopes, p.Scope()) &&
		slices.ContainsFunc(c.scope(p.Scope()).Permissions, func(name string) bool { return rbac.Of(p.Scope(), name) == p })
}

// check finds what makes no sense in a class.
func (c *Catalog) check(class *Class) error {
	if class.Labels["en"] == "" {
		return errors.New("it has no label in English")
	}
	for i, name := range class.Scopes {
		if name == ScopeResource || name == ScopeMetadata || slices.Contains(class.Scopes[:i], name) {
			return fmt.Errorf("it has scope %s twice: every class has %s and %s", name, ScopeResource, ScopeMetadata)
		}
		if !slices.ContainsFunc(c.scopes, func(s Scope) bool { return s.Name == name }) {
			return fmt.Errorf("there is no scope %q", name)
		}
	}
	if len(class.Parents) == 0 {
		return errors.New("it can lie in nothing")
	}
	for _, name := range class.Parents {
		if c.classes[name] == nil {
			return fmt.Errorf("there is no class %q for it to lie in", name)
		}
	}
	for i, m := range class.Members {
		same := func(other Member) bool { return other.Name == m.Name }
		if !wellNamed(m.Name) || slices.Contains([]string{"resource", "resmeta", "social"}, m.Name) || slices.ContainsFunc(class.Members[:i], same) {
			return fmt.Errorf("%q is no name of a member, or named twice", m.Name)
		}
		if err := c.checkAttributes(class, m.Name, m.Attributes, true, maxDepth); err != nil {
			return err
		}
	}
	return c.checkRequirements(class)
}

// checkRequirements finds requirements of what the class has not, and through
// what does not lead to one resource.
func (c *Catalog) checkRequirements(class *Class) error {
	for _, r := range class.Requires {
		if !c.holds(class, r.Permission) {
			return fmt.Errorf("it has no permission %q to require something for", r.Permission)
		}
		if r.Relation == "" || r.Relation == rbac.Parent {
			continue
		}
		member, name, _ := strings.Cut(r.Relation, ".")
		if !slices.ContainsFunc(class.Members, func(m Member) bool {
			return m.Name == member && slices.ContainsFunc(m.Attributes, func(a Attribute) bool { return a.Name == name && a.single() })
		}) {
			return fmt.Errorf("%s is required through %q, which is no attribute that refers to one resource", r.Needs, r.Relation)
		}
	}
	return nil
}

// single reports whether an attribute refers to one resource at most.
func (a Attribute) single() bool {
	if a.Kind == Object && a.Recursive == "" {
		return len(a.Of) == 1 && a.Of[0].single()
	}
	return a.Kind == Link
}
