package ngw

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func searchRoutes() []route {
	return []route{
		at(get, "/api/resource/search/", "resource.search", Policy{Who: Public}, (*lens).searchResources),
	}
}

// A search is what resources somebody looks for, and how the answer is to be.
type search struct {
	filter resource.Filter
	// root is whether the platform's own node is among what is looked for. No
	// filter chooses it.
	root bool
	// none is set where nothing can match.
	none bool

	whole, breadcrumb bool
	envelope          bool
	order             []string
	limit, offset     int
}

// searchResources finds resources by what they are. All conditions must hold,
// and parts of the query that nobody knows are left alone.
func (l *lens) searchResources(c *call) (reply, error) {
	s, err := l.readSearch(c)
	if err != nil {
		return reply{}, err
	}
	list, total, err := l.find(c.Context(), c, s)
	if err != nil {
		return reply{}, err
	}
	told, err := l.composites(c.Context(), c, list, s.whole)
	if err != nil {
		return reply{}, err
	}
	if !s.envelope {
		return ok(told), nil
	}
	answer := map[string]any{
		"items": told, "total_count": total, "limit": nil, "offset": s.offset, "order": nonNil(s.order),
	}
	if s.limit > 0 {
		answer["limit"] = s.limit
	}
	if s.breadcrumb {
		if answer["breadcrumb"], err = l.breadcrumbs(c.Context(), c, list); err != nil {
			return reply{}, err
		}
	}
	return ok(answer), nil
}

// find returns a page of what a search finds, the platform's root first, and how
// many there are.
func (l *lens) find(ctx context.Context, c *call, s search) ([]resource.Resource, int, error) {
	var first []resource.Resource
	if s.root {
		r, err := l.readable(ctx, c, rbac.Root)
		if err != nil {
			return nil, 0, err
		}
		if r != nil && fits(s.filter, *r) {
			first = append(first, *r)
		}
	}
	if s.none {
		return first, len(first), nil
	}
	f, here := s.filter, len(first)
	f.Limit = s.limit
	if f.Offset = s.offset; here > 0 {
		if s.offset > 0 {
			first, f.Offset = nil, s.offset-1
		} else if f.Limit > 0 {
			f.Limit--
		}
	}
	full := s.limit == 1 && len(first) == 1
	if full {
		f.Limit = 1 // for the total
	}
	list, total, err := l.Resources.Resources(ctx, c.actor, f)
	if full {
		list = nil
	}
	return append(first, list...), total + here, err
}

// fits reports whether the platform's node satisfies the conditions of a
// filter that are about a resource itself.
func fits(f resource.Filter, r resource.Resource) bool {
	in := func(none bool, has bool) bool { return none || has }
	return in(f.Nums == nil, slices.Contains(f.Nums, r.Num)) &&
		in(f.Classes == nil, slices.Contains(f.Classes, resource.ResourceGroup)) &&
		in(f.Owners == nil, slices.Contains(f.Owners, r.Owner)) &&
		in(f.DisplayNames == nil, slices.Contains(f.DisplayNames, nameOf(r))) &&
		f.Keynames == nil && !slices.ContainsFunc(f.Meta, present) && f.Parents == nil && f.Under == nil &&
		like(f.Like, nameOf(r), false) && like(f.ILike, nameOf(r), true)
}

// present reports whether a condition wants something of metadata, of which the
// platform's node has none.
func present(m resource.MetaCondition) bool { return m.Has == nil || *m.Has }

// like reports whether a text is like a pattern with % and _.
func like(pattern, text string, fold bool) bool {
	if pattern == "" {
		return true
	}
	flags := "(?s)"
	if fold {
		flags = "(?si)"
	}
	quoted := regexp.QuoteMeta(pattern)
	quoted = strings.NewReplacer("%", ".*", "_", ".").Replace(quoted)
	re, err := regexp.Compile(flags + "^" + quoted + "$")
	return err == nil && re.MatchString(text)
}

// readSearch reads the query of a search.
func (l *lens) readSearch(c *call) (search, error) {
	s := search{filter: resource.Filter{Tops: true, Uncounted: true}, root: c.top == rbac.Root}
	l.confine(c, &s.filter)
	for _, part := range []func(*call, *search) error{
		searchNodes, searchParents, searchOwners, l.searchClasses, searchNames, searchMeta, searchShape,
	} {
		if err := part(c, &s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// choice reads a condition that a value is one of several: "id", "id__eq" and
// "id__in". Where more than one is there, all must hold.
func choice[T comparable](c *call, name string, read func(string) (T, error)) (list []T, there bool, err error) {
	for _, key := range []string{name, name + "__eq", name + "__in"} {
		text, given := c.given(key)
		if !given {
			continue
		}
		parts := []string{text}
		if strings.HasSuffix(key, "__in") {
			parts = strings.Split(text, ",")
		}
		some := make([]T, 0, len(parts))
		for _, part := range parts {
			value, err := read(strings.TrimSpace(part))
			if err != nil {
				return nil, false, queryError(key, err.Error())
			}
			some = append(some, value)
		}
		if there {
			some = slices.DeleteFunc(some, func(v T) bool { return !slices.Contains(list, v) })
		}
		list, there = some, true
	}
	return list, there, nil
}

// given returns the last value of a part of the query, and whether there is one.
func (c *call) given(name string) (string, bool) {
	values := c.query[name]
	if len(values) == 0 {
		return "", false
	}
	return values[len(values)-1], true
}

type expected string

func (e expected) Error() string { return string(e) }

func number(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, expected("a number, or several with commas between them")
	}
	return n, nil
}

func verbatim(text string) (string, error) { return text, nil }

// searchNodes reads conditions on which resources, and below which.
func searchNodes(c *call, s *search) error {
	nums, there, err := choice(c, "id", number)
	if err != nil {
		return err
	}
	if there {
		s.filter.Nums = []rbac.Node{}
		for _, n := range nums {
			s.filter.Nums = append(s.filter.Nums, c.inner(n))
		}
		s.none = s.none || len(nums) == 0
	}
	for _, name := range []string{"root", "parent_id__recursive"} {
		value, given := c.given(name)
		if !given {
			continue
		}
		n, err := number(value)
		if err != nil {
			return queryError(name, "the number of a resource")
		}
		if under := c.inner(n); under != c.top {
			s.filter.Under, s.root = &under, false
		}
	}
	return nil
}

// searchParents reads conditions on what resources lie directly in.
func searchParents(c *call, s *search) error {
	for _, name := range []string{"parent", "parent_id"} {
		parents, there, err := choice(c, name, number)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		s.root = false
		s.none = s.none || len(parents) == 0
		for _, n := range parents {
			if c.inner(n) != rbac.Root {
				s.filter.Parents = append(s.filter.Parents, c.inner(n))
				continue
			}
			if len(parents) > 1 {
				return queryError(name, "numbers of resources, or 0 alone")
			}
			// Workspaces, whatever organization they belong to.
			s.filter.Classes = []string{workspace.ClassWorkspace}
		}
	}
	return nil
}

// searchOwners reads conditions on whose resources are.
func searchOwners(c *call, s *search) error {
	for _, name := range []string{"owner_user", "owner_user_id"} {
		owners, there, err := choice(c, name, number)
		if err != nil {
			return err
		}
		if there {
			s.filter.Owners = []rbac.Principal{}
			for _, n := range owners {
				s.filter.Owners = append(s.filter.Owners, rbac.Principal(n))
			}
			s.none = s.none || len(owners) == 0
		}
	}
	return nil
}

// searchClasses reads conditions on classes. To clients, workspaces are groups.
func (l *lens) searchClasses(c *call, s *search) error {
	classes, there, err := choice(c, "cls", verbatim)
	if err != nil {
		return err
	}
	for _, name := range []string{"cls__like", "cls__ilike"} {
		pattern, given := c.given(name)
		if !given {
			continue
		}
		var some []string
		for _, class := range l.Resources.Catalog().Classes() {
			if like(pattern, class.Name, name == "cls__ilike") && (!there || slices.Contains(classes, class.Name)) {
				some = append(some, class.Name)
			}
		}
		classes, there = some, true
	}
	if !there {
		return nil
	}
	chosen := []string{}
	for _, class := range classes {
		if _, known := l.Resources.Catalog().Class(class); !known {
			continue // nothing is of such a class
		}
		chosen = append(chosen, class)
		if class == resource.ResourceGroup {
			chosen = append(chosen, workspace.ClassWorkspace)
		}
	}
	if s.filter.Classes != nil { // what lies in the root
		chosen = slices.DeleteFunc(chosen, func(class string) bool { return !slices.Contains(s.filter.Classes, class) })
	}
	s.filter.Classes = chosen
	if len(chosen) == 0 {
		s.none, s.root = true, false
	}
	return nil
}

// searchNames reads conditions on names.
func searchNames(c *call, s *search) error {
	keynames, there, err := choice(c, "keyname", verbatim)
	if err != nil {
		return err
	}
	if there {
		s.filter.Keynames, s.none = keynames, s.none || len(keynames) == 0
	}
	names, there, err := choice(c, "display_name", verbatim)
	if err != nil {
		return err
	}
	if there {
		s.filter.DisplayNames, s.none = names, s.none || len(names) == 0
	}
	s.filter.Like, s.filter.ILike = c.last("display_name__like"), c.last("display_name__ilike")
	return nil
}

// searchMeta reads conditions on metadata: resmeta__has[key]=true and the like.
func searchMeta(c *call, s *search) error {
	keys := make([]string, 0, len(c.query))
	for key := range c.query {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, name := range keys {
		kind, key, found := strings.Cut(strings.TrimSuffix(name, "]"), "[")
		if !found || !strings.HasSuffix(name, "]") {
			continue
		}
		condition := resource.MetaCondition{Key: key}
		switch kind {
		case "resmeta__has":
			has, err := c.boolean(name, true)
			if err != nil {
				return err
			}
			condition.Has = &has
		case "resmeta__json":
			value, err := object("value", []byte(`{"of":`+c.last(name)+`}`))
			if err != nil || len(value) != 1 {
				return queryError(name, "a text, a number, true, false or null in JSON")
			}
			switch of := value["of"].(type) {
			case map[string]any, []any:
				return queryError(name, "a text, a number, true, false or null in JSON")
			case nil:
				condition.Null = true
			default:
				condition.Equals = of
			}
		case "resmeta__like":
			condition.Like = c.last(name)
		case "resmeta__ilike":
			condition.ILike = c.last(name)
		default:
			continue
		}
		s.filter.Meta = append(s.filter.Meta, condition)
	}
	return nil
}

// searchShape reads how the answer is to be.
func searchShape(c *call, s *search) error {
	switch c.last("serialization") {
	case "", "resource":
	case "full":
		s.whole = true
	default:
		return queryError("serialization", "resource or full")
	}
	for _, name := range []string{"breadcrumb", "limit", "offset", "order"} {
		if _, given := c.given(name); given {
			s.envelope, s.filter.Uncounted = true, false
		}
	}
	var err error
	if s.breadcrumb, err = c.boolean("breadcrumb", false); err != nil {
		return err
	}
	for name, into := range map[string]*int{"limit": &s.limit, "offset": &s.offset} {
		value, given := c.given(name)
		if !given {
			continue
		}
		n, err := strconv.ParseInt(value, 10, 32)
		if err != nil || n < 0 || n == 0 && name == "limit" {
			return queryError(name, "a whole number, of which a limit is 1 or more")
		}
		*into = int(n)
	}
	value := c.last("order")
	if value == "" {
		return nil
	}
	columns := map[string]string{"name": "name", "type": "class", "owner": "owner", "created": "created"}
	for i, token := range strings.Split(value, ",") {
		by, known := columns[strings.TrimPrefix(token, "-")]
		if !known {
			f := invalid("Invalid order token '" + token + "': expected name, type, owner or created, with - before it to turn it round.")
			f.Data = map[string]any{"location": []any{"query", "order"}}
			return f
		}
		s.order = append(s.order, token)
		if i == 0 { // what is equal in the first comes by number
			s.filter.Order = resource.Order{By: by, Descending: strings.HasPrefix(token, "-")}
		}
	}
	return nil
}

// A crumb is a resource on the way to another.
type crumb struct {
	ID          int64  `json:"id"`
	DisplayName string `json:"display_name"`
}

// breadcrumbs tells, for each resource of a page, what lies above it, the
// topmost first.
func (l *lens) breadcrumbs(ctx context.Context, c *call, list []resource.Resource) (map[string][]crumb, error) {
	told, above := map[string][]crumb{}, map[rbac.Node][]crumb{}
	var top []crumb
	if c.top == rbac.Root {
		r, err := l.readable(ctx, c, rbac.Root)
		if err != nil {
			return nil, err
		}
		if r != nil {
			top = append(top, crumb{DisplayName: nameOf(*r)})
		}
	}
	for _, r := range list {
		key := strconv.FormatInt(c.outer(r.Num), 10)
		switch r.Num {
		case c.top:
			told[key] = []crumb{}
			continue
		case r.Top:
			told[key] = nonNil(top)
			continue
		}
		path, known := above[r.Parent]
		if !known {
			resources, err := l.Resources.Path(ctx, c.actor, r.Parent)
			if err != nil {
				return nil, err
			}
			path = slices.Clone(top)
			for _, p := range resources {
				path = append(path, crumb{ID: c.outer(p.Num), DisplayName: p.DisplayName})
			}
			above[r.Parent] = path
		}
		told[key] = path
	}
	return told, nil
}
