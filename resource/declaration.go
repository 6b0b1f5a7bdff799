package resource

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// copy returns a class that shares nothing with this one.
func (c Class) copy() Class {
	c.Labels = maps.Clone(c.Labels)
	c.Scopes, c.Requires = slices.Clone(c.Scopes), slices.Clone(c.Requires)
	c.Interfaces, c.Parents = slices.Clone(c.Interfaces), slices.Clone(c.Parents)
	c.Members = slices.Clone(c.Members)
	for i := range c.Members {
		c.Members[i].Attributes = copies(c.Members[i].Attributes, maxDepth+1)
	}
	return c
}

// copies copies attributes, down to one level more than a check looks at.
func copies(list []Attribute, depth int) []Attribute {
	if depth == 0 {
		return nil
	}
	list = slices.Clone(list)
	for i := range list {
		a := &list[i]
		a.Default = clone(a.Default)
		a.OneOf, a.Classes, a.Interfaces = slices.Clone(a.OneOf), slices.Clone(a.Classes), slices.Clone(a.Interfaces)
		a.Of = copies(a.Of, depth-1)
	}
	return list
}

// checkAttributes finds attributes that make no sense. Own is true for those of
// a member itself.
//
//nolint:gocognit // a list of what makes no sense
func (c *Catalog) checkAttributes(class *Class, path string, list []Attribute, own bool, depth int) error {
	if depth == 0 {
		return fmt.Errorf("%s: more than %d levels", path, maxDepth)
	}
	for i, a := range list {
		at := path + "." + a.Name
		if !wellNamed(a.Name) || slices.ContainsFunc(list[:i], func(b Attribute) bool { return b.Name == a.Name }) {
			return fmt.Errorf("%s: %q is no name of an attribute, or named twice", path, a.Name)
		}
		if !own && (a.Read != "" || a.Write != "") {
			return fmt.Errorf("%s: only a member's own attributes have permissions", at)
		}
		if a.Read != "" && !c.holds(class, a.Read) || a.Write != "" && !c.holds(class, a.Write) {
			return fmt.Errorf("%s: it needs %s or %s, which the class has not", at, a.Read, a.Write)
		}
		if a.When != "" && (i == 0 || list[0].Kind != Text || !list[0].Required || !slices.Contains(list[0].OneOf, any(a.When))) {
			return fmt.Errorf("%s: %q is no value of the attribute that comes first", at, a.When)
		}
		if a.Required && a.ReadOnly {
			return fmt.Errorf("%s: nobody could say what must be there", at)
		}
		if err := a.checkKind(); err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		if err := c.checkTarget(a); err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		if err := c.checkParts(class, at, a, depth); err != nil {
			return err
		}
		if err := c.checkDefault(at, a, depth); err != nil {
			return err
		}
	}
	return nil
}

// checkKind finds what does not go with the kind of an attribute.
func (a Attribute) checkKind() error {
	kind := a.Kind
	if kind == List && a.Items != "" {
		if kind = a.Items; kind == Secret || kind == Object || kind == List {
			return fmt.Errorf("%s is no kind of a list's values", kind)
		}
	}
	if _, ok := kindNames()[kind]; !ok {
		return fmt.Errorf("there is no kind %q", kind)
	}
	text, numeric := kind == Text || kind == Secret, kind == Integer || kind == Number
	switch {
	case a.Min != 0 && a.Max == 0 || a.Min > a.Max && a.Max != 0:
		return fmt.Errorf("nothing lies between %v and %v", a.Min, a.Max)
	case a.Max != 0 && !text && !numeric && a.Kind != List:
		return fmt.Errorf("a %s has no bounds", kind)
	case a.Pattern != "" && !text:
		return fmt.Errorf("a %s is like no pattern", kind)
	case a.Lenient && len(a.Of) == 0 && a.Kind != Object, a.Kind != Object && a.Kind != List && len(a.Of) > 0:
		return fmt.Errorf("a %s has no attributes", kind)
	case a.Items != "" && a.Kind != List:
		return fmt.Errorf("a %s has no values", kind)
	case a.Recursive != "" && (a.Kind != List || len(a.Of) == 0):
		return errors.New("only a list of objects is recursive")
	}
	return a.checkChoices(kind)
}

// checkChoices finds what is among the values to choose from and is none of its
// kind.
func (a Attribute) checkChoices(kind Kind) error {
	text, numeric := kind == Text || kind == Secret, kind == Integer || kind == Number
	if len(a.OneOf) > 0 && !text && !numeric {
		return fmt.Errorf("a %s is not one of some", kind)
	}
	for _, one := range a.OneOf {
		_, isText := one.(string)
		_, isNumber := number(one)
		if text && !isText || numeric && !isNumber {
			return fmt.Errorf("%v is no %s", one, kind)
		}
	}
	return nil
}

// checkTarget finds references to what there is not, and patterns that are none.
func (c *Catalog) checkTarget(a Attribute) error {
	if link := a.Kind == Link || a.Items == Link; !link && len(a.Classes)+len(a.Interfaces) > 0 {
		return errors.New("it refers to nothing")
	}
	for _, name := range a.Classes {
		if c.classes[name] == nil {
			return fmt.Errorf("there is no class %q to refer to", name)
		}
	}
	for _, name := range a.Interfaces {
		if !slices.ContainsFunc(c.names, func(n string) bool { return slices.Contains(c.classes[n].Interfaces, name) }) {
			return fmt.Errorf("no class has the interface %q", name)
		}
	}
	if a.Pattern != "" && c.patterns[a.Pattern] == nil {
		p, err := regexp.Compile(a.Pattern)
		if err != nil {
			return fmt.Errorf("its pattern: %w", err)
		}
		c.patterns[a.Pattern] = p
	}
	return nil
}

// checkParts finds objects and lists that make no sense.
func (c *Catalog) checkParts(class *Class, at string, a Attribute, depth int) error {
	if a.Kind == List && (a.Items == "") == (len(a.Of) == 0) {
		return fmt.Errorf("%s: a list is of objects or of values", at)
	}
	if a.Kind == Object && len(a.Of) == 0 && !a.Lenient {
		return fmt.Errorf("%s: an object without attributes", at)
	}
	of := a.Of
	if a.Recursive != "" {
		i := slices.IndexFunc(of, func(b Attribute) bool { return b.Name == a.Recursive })
		if i >= 0 {
			b := of[i]
			if b.Kind != List || len(b.Of) > 0 || b.Items != "" || b.Recursive != "" || b.Required {
				return fmt.Errorf("%s.%s: it is declared by the list around it", at, b.Name)
			}
			b.Items = Flag // of anything, to look at the rest of it
			of = slices.Clone(of)
			of[i] = b
		}
	}
	if a.Kind == List {
		if _, keyed := a.key(); keyed {
			return c.checkAttributes(class, at, of, false, depth-1)
		}
		if b, ok := unkeyed(a.Of, depth); ok {
			return fmt.Errorf("%s: %s would have to be told apart by a first attribute that is ReadOnly", at, b.Name)
		}
	}
	if len(of) == 0 {
		return nil
	}
	return c.checkAttributes(class, at, of, false, depth-1)
}

// unkeyed finds an attribute of the objects in a list that has to stay with its
// object, where nothing tells which that is.
func unkeyed(list []Attribute, depth int) (Attribute, bool) {
	if depth == 0 {
		return Attribute{}, false
	}
	for _, a := range list {
		if a.Fixed || a.Kind == Secret {
			return a, true
		}
		if b, ok := unkeyed(a.Of, depth-1); ok {
			return b, true
		}
	}
	return Attribute{}, false
}

// checkDefault finds a default that the attribute itself refuses.
func (c *Catalog) checkDefault(at string, a Attribute, depth int) error {
	if a.Default == nil {
		return nil
	}
	if a.Kind == Secret || a.Kind == Link {
		return fmt.Errorf("%s: a %s has no default", at, a.Kind)
	}
	if _, err := c.value(at, a, nil, a.Default, depth); err != nil {
		return fmt.Errorf("its default: %w", err)
	}
	return nil
}
