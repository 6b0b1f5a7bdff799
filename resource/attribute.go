package resource

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// invalid says what was expected of an attribute.
func invalid(path, format string, args ...any) error {
	return &workspace.InvalidError{Field: path, Expected: fmt.Sprintf(format, args...)}
}

// inner returns the attributes of an object, or of the objects in a list, with
// the list of the like that they may have in turn.
func (a Attribute) inner() []Attribute {
	if a.Recursive == "" {
		return a.Of
	}
	own := Attribute{Name: a.Recursive, Kind: List}
	list := slices.Clone(a.Of)
	i := slices.IndexFunc(list, func(b Attribute) bool { return b.Name == a.Recursive })
	if i < 0 {
		i = len(list)
		list = append(list, own)
	}
	own = list[i]
	own.Of, own.Recursive, own.Lenient = a.Of, a.Recursive, a.Lenient
	list[i] = own
	return list
}

// item returns what the values of a list are that are no objects.
func (a Attribute) item() Attribute {
	return Attribute{
		Name: a.Name, Kind: a.Items, Required: true,
		OneOf: a.OneOf, Pattern: a.Pattern, Classes: a.Classes, Interfaces: a.Interfaces,
	}
}

// key returns the attribute that tells which of those in a list an object is.
func (a Attribute) key() (Attribute, bool) {
	i := slices.IndexFunc(a.Of, func(b Attribute) bool { return b.ReadOnly })
	if i < 0 {
		return Attribute{}, false
	}
	return a.Of[i], true
}

// within reports whether an object has an attribute: see [Attribute.When].
func (a Attribute) within(list []Attribute, object map[string]any) bool {
	return a.When == "" || len(list) > 0 && object[list[0].Name] == a.When
}

// attributes conforms what an object has. Before is nil for a new one.
func (c *Catalog) attributes(path string, list []Attribute, lenient bool, before, after map[string]any, depth int) (map[string]any, error) {
	if depth == 0 {
		return nil, invalid(path, "at most %d levels", maxDepth)
	}
	if err := strangers(path, list, lenient, after); err != nil {
		return nil, err
	}
	object := make(map[string]any, len(list))
	for _, a := range list {
		if !a.within(list, after) {
			continue
		}
		value, there, err := c.attribute(path+"."+a.Name, a, before, after, depth)
		if err != nil {
			return nil, err
		}
		if there {
			object[a.Name] = value
		}
	}
	if !lenient {
		return object, nil
	}
	for name, value := range after {
		if slices.ContainsFunc(list, func(a Attribute) bool { return a.Name == name }) {
			continue
		}
		kept, err := anything(path+"."+name, value, depth)
		if err != nil {
			return nil, err
		}
		object[name] = kept
	}
	return object, nil
}

// strangers refuses attributes that an object does not have.
func strangers(path string, list []Attribute, lenient bool, object map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		i := slices.IndexFunc(list, func(a Attribute) bool { return a.Name == name })
		switch {
		case i < 0 && lenient:
			if !storable(name) || utf8.RuneCountInString(name) > 255 {
				return invalid(path, "names of at most 255 characters")
			}
		case i < 0:
			names := make([]string, 0, len(list))
			for _, a := range list {
				names = append(names, a.Name)
			}
			if !storable(name) {
				return invalid(path, "none but %s", strings.Join(names, ", "))
			}
			return invalid(path+"."+name, "nothing of that name, but %s", strings.Join(names, ", "))
		case !list[i].within(list, object) && !blank(object[name]):
			return invalid(path+"."+name, "nothing, unless %s is %q", list[0].Name, list[i].When)
		}
	}
	return nil
}

// blank reports whether a value says nothing: clients send such for what an
// object of the kind does not have.
func blank(v any) bool {
	list, ok := v.([]any)
	return v == nil || v == false || ok && len(list) == 0
}

// attribute conforms one attribute of an object and tells whether it is there.
func (c *Catalog) attribute(path string, a Attribute, before, after map[string]any, depth int) (any, bool, error) {
	was, had := before[a.Name]
	value, given := after[a.Name]
	if a.ReadOnly {
		return c.kept(path, a, was, had, value, depth)
	}
	if !given && had && (a.Fixed || a.Required || a.Kind == Secret) {
		return c.again(path, a, was, depth), true, nil
	}
	if given && value == nil && a.Nullable {
		if a.Fixed && was != nil {
			return nil, false, invalid(path, "what it is: it cannot be changed")
		}
		return nil, true, nil
	}
	if value == nil {
		fallback, there, err := c.fallback(path, a, depth)
		if err == nil && a.Fixed && was != nil && (!there || !equal(was, fallback)) {
			err = invalid(path, "what it is: it cannot be changed")
		}
		return fallback, there, err
	}
	value, err := c.value(path, a, was, value, depth)
	if err != nil {
		return nil, false, err
	}
	if a.Fixed && was != nil && !equal(was, value) {
		return nil, false, invalid(path, "what it is: it cannot be changed")
	}
	return value, true, nil
}

// fallback returns what an attribute is of which nobody said anything.
func (c *Catalog) fallback(path string, a Attribute, depth int) (any, bool, error) {
	switch {
	case a.Default != nil:
		value, err := c.value(path, a, nil, a.Default, depth)
		return value, true, err
	case a.Nullable:
		return nil, true, nil
	case a.Required:
		return nil, false, invalid(path, "%s", a.expected())
	}
	return nil, false, nil
}

// kept returns a value that is set by others, whom it may only repeat.
func (c *Catalog) kept(path string, a Attribute, was any, had bool, value any, depth int) (any, bool, error) {
	there := had
	if had {
		was = c.again(path, a, was, depth)
	} else {
		var err error
		if was, there, err = c.fallback(path, a, depth); err != nil {
			return nil, false, err
		}
	}
	if value != nil {
		same, err := c.value(path, a, was, value, depth)
		if err != nil || !equal(was, same) {
			return nil, false, invalid(path, "nothing, or what it is: it is not set by hand")
		}
	}
	return was, there, nil
}

// again returns a value that was there, which an older class may have let in.
func (c *Catalog) again(path string, a Attribute, was any, depth int) any {
	if was == nil {
		return nil
	}
	if value, err := c.value(path, a, was, was, depth); err == nil {
		return value
	}
	return clone(was)
}

// value conforms a value that is not null.
func (c *Catalog) value(path string, a Attribute, was, v any, depth int) (any, error) {
	switch a.Kind {
	case Text, Secret:
		return c.text(path, a, v)
	case Integer:
		n, ok := integer(v)
		if !ok || !a.bounds(float64(n)) || !a.allows(n) {
			return nil, invalid(path, "%s", a.expected())
		}
		return n, nil
	case Link:
		n, ok := integer(v)
		if !ok || n <= 0 {
			return nil, invalid(path, "%s", a.expected())
		}
		return n, nil
	case Number:
		n, ok := number(v)
		if !ok || !a.bounds(n) || !a.allows(n) {
			return nil, invalid(path, "%s", a.expected())
		}
		return n, nil
	case Flag:
		b, ok := v.(bool)
		if !ok {
			return nil, invalid(path, "%s", a.expected())
		}
		return b, nil
	case Object:
		object, ok := v.(map[string]any)
		if !ok {
			return nil, invalid(path, "%s", a.expected())
		}
		before, _ := was.(map[string]any)
		return c.attributes(path, a.inner(), a.Lenient, before, object, depth-1)
	case List:
		return c.list(path, a, was, v, depth)
	default:
		return anything(path, v, depth)
	}
}

// text conforms a text.
func (c *Catalog) text(path string, a Attribute, v any) (any, error) {
	s, ok := v.(string)
	if !ok || !storable(s) || !a.allows(s) {
		return nil, invalid(path, "%s", a.expected())
	}
	length := utf8.RuneCountInString(s)
	if length > maxText || a.Max != 0 && (float64(length) < a.Min || float64(length) > a.Max) {
		return nil, invalid(path, "%s", a.expected())
	}
	if p := c.patterns[a.Pattern]; p != nil && !p.MatchString(s) {
		return nil, invalid(path, "%s", a.expected())
	}
	return s, nil
}

// list conforms a list.
func (c *Catalog) list(path string, a Attribute, was, v any, depth int) (any, error) {
	values, ok := v.([]any)
	if !ok || len(values) > maxItems || a.Max != 0 && !a.bounds(float64(len(values))) {
		return nil, invalid(path, "%s", a.expected())
	}
	if depth <= 1 {
		return nil, invalid(path, "at most %d levels", maxDepth)
	}
	known, _ := was.([]any)
	list, seen := make([]any, len(values)), map[any]bool{}
	for i, v := range values {
		at := path + "[" + strconv.Itoa(i) + "]"
		if a.Items != "" {
			if v == nil {
				return nil, invalid(at, "%s", a.item().expected())
			}
			value, err := c.value(at, a.item(), nil, v, depth-1)
			if err != nil {
				return nil, err
			}
			list[i] = value
			continue
		}
		object, ok := v.(map[string]any)
		if !ok {
			return nil, invalid(at, "an object")
		}
		before, err := a.before(at, known, object, seen)
		if err != nil {
			return nil, err
		}
		if list[i], err = c.attributes(at, a.inner(), a.Lenient, before, object, depth-1); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// before finds what an object in a list was, by the attribute that tells.
func (a Attribute) before(path string, known []any, object map[string]any, seen map[any]bool) (map[string]any, error) {
	key, ok := a.key()
	if !ok || object[key.Name] == nil {
		return nil, nil //nolint:nilnil // it was nothing
	}
	for _, v := range known {
		was, _ := v.(map[string]any)
		if was[key.Name] == nil || !equal(was[key.Name], object[key.Name]) {
			continue
		}
		id, _ := plain(was[key.Name], 0)
		if seen[id] {
			return nil, invalid(path+"."+key.Name, "each one once")
		}
		seen[id] = true
		return was, nil
	}
	return nil, invalid(path+"."+key.Name, "that of one that is there, or nothing for a new one")
}

// anything conforms a value that nobody looks into.
func anything(path string, v any, depth int) (any, error) {
	value, ok := plain(v, depth)
	if !ok || size(value) > maxAny {
		return nil, invalid(path, "a value of at most 64 KiB and %d levels, without the character 0", maxDepth)
	}
	return value, nil
}

// bounds reports whether a number lies between Min and Max.
func (a Attribute) bounds(n float64) bool { return a.Max == 0 || a.Min <= n && n <= a.Max }

// allows reports whether a value is one of OneOf.
func (a Attribute) allows(v any) bool {
	return len(a.OneOf) == 0 || slices.ContainsFunc(a.OneOf, func(one any) bool { return equal(one, v) })
}

// expected says what an attribute is to be.
func (a Attribute) expected() string {
	bounded := a.Max != 0
	between := fmt.Sprintf("%v to %v", a.Min, a.Max)
	switch {
	case len(a.OneOf) > 0 && a.Kind != List:
		names := make([]string, 0, len(a.OneOf))
		for _, one := range a.OneOf {
			names = append(names, fmt.Sprint(one))
		}
		return "one of " + strings.Join(names, ", ")
	case a.Kind == Integer && bounded, a.Kind == Number && bounded:
		return fmt.Sprintf("%s, %s", kindNames()[a.Kind], between)
	case a.Kind == List && bounded:
		return between + " values in a list"
	case a.Kind == List:
		return fmt.Sprintf("a list of at most %d values", maxItems)
	case a.Pattern != "":
		return "a text like " + a.Pattern
	case (a.Kind == Text || a.Kind == Secret) && bounded:
		return between + " characters"
	}
	return kindNames()[a.Kind]
}

// kindNames are what values are, for people.
func kindNames() map[Kind]string {
	return map[Kind]string{ //nolint:gosec // there is no secret in it
		Text: "a text of at most 65536 characters", Secret: "a text of at most 65536 characters", Integer: "an integer", Number: "a finite number",
		Flag: "true or false", Link: "the number of a resource", Object: "an object", List: "a list", Any: "a value",
	}
}
