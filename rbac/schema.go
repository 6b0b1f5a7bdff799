package rbac

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// ErrSchema is returned by [NewSchema] when what it was given makes no sense;
// the error says what.
var ErrSchema = errors.New("rbac: invalid schema")

// A Class describes the nodes of one kind.
type Class struct {
	Name string
	// Scopes are the groups of permissions that nodes of the class have.
	Scopes []Scope
	// Requires lists what permissions need besides being allowed.
	Requires []Requirement
	// Sovereign gives the owner of a node of this class everything on it and
	// below, whatever a deny says.
	Sovereign bool
	// Open lists the permissions that keep their meaning while a node is
	// sealed. All others are refused to whoever has his power from the sealed
	// node or below; power from above it is not affected.
	Open []Permission
}

// A Scope is a named group of permissions, shared by classes.
type Scope struct {
	Name string
	// Permissions are names without the scope: "read", not "workspace.read".
	Permissions []string
}

// Parent is the relation of a node to the node above it.
const Parent = "parent"

// A Requirement says that Permission is of no use without Needs.
type Requirement struct {
	Permission Permission
	Needs      Permission
	// Relation says where Needs must hold: on the node itself when empty, on
	// its parent for [Parent], else on the node that [Place.Links] names.
	Relation string
	// OrNone makes the requirement met where the relation leads nowhere.
	OrNone bool
}

// A RoleName identifies a role.
type RoleName string

// A Role is a named set of permissions that rules can give as one.
type Role struct {
	Name RoleName
	// Title is what people read.
	Title string
	// Permissions are what the role holds. A class takes those that it knows.
	Permissions []Permission
	// Everything makes the role hold every permission of every class;
	// Permissions is then empty.
	Everything bool
	// Builtin roles are part of the schema and cannot be changed.
	Builtin bool
}

// A Schema is the vocabulary of an [Engine]: its classes, with scopes and
// requirements, and the roles that are built in. It does not change once made
// and may be shared.
type Schema struct {
	classes map[string]*class
	roles   map[RoleName]Role
	names   []string
	// verbs number the permissions of all classes, and list is all classes by
	// their number.
	verbs map[Permission]Action
	list  []*class
	// nowhere is the list of what hangs from nothing.
	nowhere *list
}

// class is a Class prepared for evaluation: every permission has a bit.
type class struct {
	Class
	compiledClass

	permissions []Permission
	bit         map[Permission]int
	open        uint64
	// requires is sorted as the meaning wants it: those that reach another
	// node first, then internal ones, what is needed before what needs it.
	requires []Requirement
}

// NewSchema makes a schema of classes and built-in roles. It returns an error
// that wraps [ErrSchema] for a class named twice or without name, more than 64
// permissions in a class, a requirement that names a permission its class (or,
// for another node, every class) lacks, requirements that go in a circle within
// a class, and a role named twice.
func NewSchema(classes []Class, roles []Role) (*Schema, error) {
	s := &Schema{classes: map[string]*class{}, roles: map[RoleName]Role{}}
	known := map[Permission]bool{}
	for _, c := range classes {
		if c.Name == "" || s.classes[c.Name] != nil {
			return nil, fmt.Errorf("%w: class %q is unnamed or named twice", ErrSchema, c.Name)
		}
		p, err := prepare(c)
		if err != nil {
			return nil, err
		}
		for _, permission := range p.permissions {
			known[permission] = true
		}
		s.classes[c.Name] = p
		s.names = append(s.names, c.Name)
	}
	for _, name := range s.names {
		if err := s.classes[name].order(known); err != nil {
			return nil, err
		}
	}
	for _, r := range roles {
		if _, twice := s.roles[r.Name]; r.Name == "" || twice {
			return nil, fmt.Errorf("%w: role %q is unnamed or named twice", ErrSchema, r.Name)
		}
		for _, p := range r.Permissions {
			if !known[p] {
				return nil, fmt.Errorf("%w: role %s: no class has the permission %q", ErrSchema, r.Name, p)
			}
		}
		r.Builtin = true
		r.Permissions = slices.Clone(r.Permissions)
		s.roles[r.Name] = r
	}
	s.compile()
	return s, nil
}

func prepare(c Class) (*class, error) {
	p := &class{Class: c, bit: map[Permission]int{}}
	p.Scopes = slices.Clone(c.Scopes)
	for _, scope := range c.Scopes {
		for _, name := range scope.Permissions {
			permission := Of(scope.Name, name)
			if _, twice := p.bit[permission]; twice || scope.Name == "" || name == "" || strings.Contains(scope.Name, ".") {
				return nil, fmt.Errorf("%w: class %s: permission %q is malformed or named twice", ErrSchema, c.Name, permission)
			}
			p.bit[permission] = len(p.permissions)
			p.permissions = append(p.permissions, permission)
		}
	}
	if len(p.permissions) > bits.UintSize {
		return nil, fmt.Errorf("%w: class %s has %d permissions, at most 64 fit", ErrSchema, c.Name, len(p.permissions))
	}
	for _, open := range c.Open {
		bit, ok := p.bit[open]
		if !ok {
			return nil, fmt.Errorf("%w: class %s: open permission %q is not one of its own", ErrSchema, c.Name, open)
		}
		p.open |= 1 << bit
	}
	return p, nil
}

// order sorts the requirements for evaluation in one pass.
func (c *class) order(known map[Permission]bool) error {
	var internal []Requirement
	for _, r := range c.Requires {
		if _, ok := c.bit[r.Permission]; !ok {
			return fmt.Errorf("%w: class %s requires something for %q, which it lacks", ErrSchema, c.Name, r.Permission)
		}
		if r.Relation == "" {
			if _, ok := c.bit[r.Needs]; !ok {
				return fmt.Errorf("%w: class %s: %s needs %q, which the class lacks", ErrSchema, c.Name, r.Permission, r.Needs)
			}
			internal = append(internal, r)
			continue
		}
		if !known[r.Needs] {
			return fmt.Errorf("%w: class %s: %s needs %q, which no class has", ErrSchema, c.Name, r.Permission, r.Needs)
		}
		c.requires = append(c.requires, r)
	}
	for len(internal) > 0 {
		before := len(internal)
		for i := 0; i < len(internal); i++ {
			pending := slices.ContainsFunc(internal, func(r Requirement) bool { return r.Permission == internal[i].Needs })
			if !pending {
				c.requires = append(c.requires, internal[i])
				internal = slices.Delete(internal, i, i+1)
				i--
			}
		}
		if len(internal) == before {
			return fmt.Errorf("%w: class %s: requirements of %s go in a circle", ErrSchema, c.Name, internal[0].Permission)
		}
	}
	return nil
}

// Classes returns the names of all classes in the order they were given.
func (s *Schema) Classes() []string { return slices.Clone(s.names) }

// Class returns a copy of the description of a class.
func (s *Schema) Class(name string) (Class, bool) {
	c, ok := s.classes[name]
	if !ok {
		return Class{}, false
	}
	return c.Class, true
}

// Permissions returns all permissions of a class in declaration order, nil for
// a class that the schema lacks.
func (s *Schema) Permissions(class string) []Permission {
	c, ok := s.classes[class]
	if !ok {
		return nil
	}
	return slices.Clone(c.permissions)
}

// Roles returns the built-in roles, sorted by name.
func (s *Schema) Roles() []Role {
	roles := make([]Role, 0, len(s.roles))
	for _, r := range s.roles {
		r.Permissions = slices.Clone(r.Permissions)
		roles = append(roles, r)
	}
	slices.SortFunc(roles, func(a, b Role) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return roles
}

// Role returns a built-in role.
func (s *Schema) Role(name RoleName) (Role, bool) {
	r, ok := s.roles[name]
	r.Permissions = slices.Clone(r.Permissions)
	return r, ok
}

// A Set is a set of permissions of one class. The zero Set is empty.
type Set struct {
	class *class
	mask  uint64
}

// Has reports whether p is in the set. A permission that the class lacks never
// is.
func (s Set) Has(p Permission) bool {
	if s.class == nil {
		return false
	}
	bit, ok := s.class.bit[p]
	return ok && s.mask&(1<<bit) != 0
}

// Len returns the number of permissions in the set.
func (s Set) Len() int { return bits.OnesCount64(s.mask) }

// And returns what is in both of two sets of one class, nothing where their
// classes differ.
func (s Set) And(t Set) Set {
	if s.class != t.class {
		return Set{}
	}
	return Set{class: s.class, mask: s.mask & t.mask}
}

// List returns the permissions of the set in declaration order.
func (s Set) List() []Permission {
	var list []Permission
	for mask := s.mask; mask != 0; mask &= mask - 1 {
		list = append(list, s.class.permissions[bits.TrailingZeros64(mask)])
	}
	return list
}
