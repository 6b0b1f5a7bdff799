package ngw

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// stamp is how NextGIS Web writes a time: UTC without saying so.
const stamp = "2006-01-02T15:04:05.000000"

// identity is a reference by number: {"id": 5}. Null where nothing is there.
type identity struct {
	ID *int64 `json:"id"`
}

func identified[N ~int64](n N) identity { return identity{ID: new(int64(n))} }

// A composite is a resource as clients see it, by member.
type composite map[string]any

// the members that every composite has.
const (
	memberResource = "resource"
	memberMeta     = "resmeta"
	memberSocial   = "social"
	memberLayer    = "feature_layer"
)

// className returns what clients call a class: to them the root and workspaces
// are groups like others.
func className(class string) string {
	switch class {
	case workspace.ClassPlatform, workspace.ClassOrganization, workspace.ClassWorkspace:
		return resource.ResourceGroup
	}
	return class
}

// scopesOf returns the scopes of a class in the order that NextGIS Web has them.
func scopesOf(class resource.Class) []string {
	return slices.Concat([]string{resource.ScopeResource}, class.Scopes, []string{resource.ScopeMetadata})
}

// class returns the class that clients take a resource to be of.
func (l *lens) class(r resource.Resource) resource.Class {
	class, known := l.Resources.Catalog().Class(className(r.Class))
	if !known {
		return resource.Class{Name: r.Class}
	}
	return class
}

// surroundings is what composites tell besides the resources themselves.
type surroundings struct {
	above    map[rbac.Node]rbac.Node        // the parent of a parent
	rules    map[rbac.Node][]map[string]any // on a resource
	metadata map[rbac.Node]bool             // whether the caller reads it
}

// surroundings looks up, in one go for all, what lies around resources that the
// caller was shown.
func (l *lens) surroundings(ctx context.Context, c *call, list []resource.Resource) (surroundings, error) {
	s := surroundings{above: map[rbac.Node]rbac.Node{}, rules: map[rbac.Node][]map[string]any{}, metadata: map[rbac.Node]bool{}}
	nodes := make([]rbac.Node, 0, len(list))
	var parents []rbac.Node
	for _, r := range list {
		nodes = append(nodes, r.Num)
		if r.Num != r.Top && r.Parent != r.Top {
			parents = append(parents, r.Parent)
		}
	}
	slices.Sort(parents)
	for some := range slices.Chunk(slices.Compact(parents), 1000) {
		found, _, err := l.Resources.Resources(ctx, c.actor, resource.Filter{Nums: some, Uncounted: true})
		if err != nil {
			return s, err
		}
		for _, r := range found {
			s.above[r.Num] = r.Parent
		}
	}
	now := l.now()
	for some := range slices.Chunk(nodes, 1000) {
		// Who sees a resource sees the rules on it, as Service.Rules has it one by
		// one.
		rules, err := l.Rules.Rules(ctx, rbac.RuleFilter{Nodes: some, Origin: workspace.OriginManual})
		if err != nil {
			return s, err
		}
		for _, r := range rules {
			if r.Expires.IsZero() || r.Expires.After(now) {
				s.rules[r.Node] = append(s.rules[r.Node], wireRule(r))
			}
		}
	}
	questions := make([]rbac.Question, 0, len(nodes))
	for _, n := range nodes {
		questions = append(questions, rbac.Question{Node: n, Permission: resource.ReadMetadata})
	}
	answers, err := l.Rules.CheckMany(ctx, c.actor.Principal, questions, rbac.Latest())
	if err != nil {
		return s, err
	}
	for i, n := range nodes {
		s.metadata[n] = answers[i]
	}
	return s, nil
}

// composites tells resources, with only the member "resource" of each unless
// whole.
func (l *lens) composites(ctx context.Context, c *call, list []resource.Resource, whole bool) ([]composite, error) {
	around, err := l.surroundings(ctx, c, list)
	if err != nil {
		return nil, err
	}
	all := make([]composite, 0, len(list))
	for _, r := range list {
		all = append(all, l.composite(c, r, around, whole))
	}
	return all, nil
}

func (l *lens) composite(c *call, r resource.Resource, around surroundings, whole bool) composite {
	class := l.class(r)
	told := map[string]any{
		"id": c.outer(r.Num), "cls": className(r.Class), "creation_date": wireTime(r.Created),
		"parent": c.parent(r, around.above), "owner_user": identified(ownerOf(r)),
		"permissions": nonNil(around.rules[r.Num]),
		"keyname":     orNull(r.Keyname), "display_name": nameOf(r),
		"children": r.Children, "interfaces": nonNil(class.Interfaces), "scopes": scopesOf(class),
	}
	if around.metadata[r.Num] {
		told["description"] = orNull(r.Description)
	}
	all := composite{memberResource: told}
	if !whole {
		return all
	}
	meta := map[string]any{}
	if around.metadata[r.Num] {
		items := maps.Clone(r.Meta)
		if items == nil {
			items = map[string]any{}
		}
		meta["items"] = items
	}
	all[memberMeta] = meta
	all[memberSocial] = map[string]any{"image_exists": false, "description": nil}
	for _, m := range class.Members {
		attributes := map[string]any{}
		for _, a := range m.Attributes {
			if value, there := r.Settings[m.Name][a.Name]; there {
				attributes[a.Name] = value
			}
		}
		all[m.Name] = attributes
	}
	if slices.Contains(class.Interfaces, "IFeatureLayer") {
		layer, there := all[memberLayer].(map[string]any)
		if !there {
			layer = map[string]any{}
			all[memberLayer] = layer
		}
		// Clients ask these of every layer of features.
		for name, value := range map[string]any{
			"versioning": map[string]any{"enabled": false}, "aggregations": []string{"min_max", "unique_values"},
		} {
			if layer[name] == nil {
				layer[name] = value
			}
		}
	}
	return all
}

// wireTime tells a time, the beginning of 1970 for what was always there.
func wireTime(t time.Time) string {
	if t.IsZero() {
		t = time.Unix(0, 0)
	}
	return t.UTC().Format(stamp)
}

// nameOf returns what clients call a resource. The platform's own node has no
// name but that of NextGIS Web.
func nameOf(r resource.Resource) string {
	if r.DisplayName == "" && r.Class == workspace.ClassPlatform {
		return "Main resource group"
	}
	return r.DisplayName
}

// ownerOf returns the number of who owns a resource. What belongs to nobody
// shows the system user "owner": clients want a number.
func ownerOf(r resource.Resource) rbac.Principal {
	if r.Owner == 0 {
		return rbac.Owner
	}
	return r.Owner
}

// parent tells where a resource lies: {"id", "parent": {"id"}}, null for what
// the client knows as the root.
func (c *call) parent(r resource.Resource, above map[rbac.Node]rbac.Node) any {
	within := func(n rbac.Node, of identity) any {
		return map[string]any{"id": c.outer(n), "parent": of}
	}
	switch {
	case r.Num == c.top || r.Num == rbac.Root:
		return nil
	case r.Num == r.Top: // whatever organization it lies in
		return within(c.top, identity{})
	case r.Parent == c.top:
		return within(c.top, identity{})
	case r.Parent == r.Top:
		return within(r.Parent, identified(c.outer(c.top)))
	}
	next, known := above[r.Parent]
	if !known {
		return within(r.Parent, identity{})
	}
	return within(r.Parent, identified(c.outer(next)))
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// An edit is what a body wants of a resource: what is nil was not said.
type edit struct {
	class       *string
	parent      *int64
	owner       *rbac.Principal
	rules       *[]rbac.Rule
	keyname     *string // empty for null
	displayName *string
	description *string // empty for null
	meta        map[string]any
	members     map[string]json.RawMessage
}

// readEdit reads a composite, of which anything may be missing.
func (c *call) readEdit() (edit, error) {
	var body map[string]json.RawMessage
	if err := c.read(&body); err != nil {
		return edit{}, err
	}
	return c.editOf(body)
}

func (c *call) editOf(body map[string]json.RawMessage) (edit, error) {
	e := edit{members: map[string]json.RawMessage{}}
	for name, raw := range body {
		switch name {
		case memberResource:
			if err := c.readResource(raw, &e); err != nil {
				return e, err
			}
		case memberMeta:
			member, err := object(memberMeta, raw)
			if err != nil {
				return e, err
			}
			items, there := member["items"]
			if !there {
				continue
			}
			if e.meta, there = items.(map[string]any); !there {
				return e, bodyError("resmeta.items", "an object")
			}
		case memberSocial: // nobody keeps it
		default:
			e.members[name] = raw
		}
	}
	return e, nil
}

// readResource reads the member "resource". What cannot be changed is left
// alone, since clients send back what they were shown.
func (c *call) readResource(raw json.RawMessage, e *edit) error {
	member, err := object(memberResource, raw)
	if err != nil {
		return err
	}
	if value, there := member["parent"]; there {
		parent, err := pointed("resource.parent", value)
		if err != nil {
			return err
		}
		e.parent = &parent
	}
	if value, there := member["owner_user"]; there {
		owner, err := pointed("resource.owner_user", value)
		if err != nil {
			return err
		}
		e.owner = new(rbac.Principal(owner))
	}
	if value, there := member["permissions"]; there {
		rules, err := readRules(value)
		if err != nil {
			return err
		}
		e.rules = &rules
	}
	for name, into := range map[string]**string{"cls": &e.class, "display_name": &e.displayName} {
		value, there := member[name]
		if !there {
			continue
		}
		text, ok := value.(string)
		if !ok {
			return bodyError("resource."+name, "a text")
		}
		*into = &text
	}
	for name, into := range map[string]**string{"keyname": &e.keyname, "description": &e.description} {
		value, there := member[name]
		if !there {
			continue
		}
		text, ok := value.(string)
		if !ok && value != nil {
			return bodyError("resource."+name, "a text or null")
		}
		*into = &text
	}
	return nil
}

// payload reads the members that a class has. What no class has is left alone,
// what another has is refused.
func (l *lens) payload(class resource.Class, members map[string]json.RawMessage) (resource.Settings, error) {
	read := resource.Settings{}
	for name, raw := range members {
		i := slices.IndexFunc(class.Members, func(m resource.Member) bool { return m.Name == name })
		if i < 0 {
			if name != memberLayer && l.elsewhere(name) {
				return nil, bodyError(name, "no such member in a "+class.Name)
			}
			continue
		}
		member, err := object(name, raw)
		if err != nil {
			return nil, err
		}
		has := func(attribute string) bool {
			return slices.ContainsFunc(class.Members[i].Attributes, func(a resource.Attribute) bool { return a.Name == attribute })
		}
		for _, constant := range []string{"versioning", "aggregations"} {
			if name == memberLayer && !has(constant) {
				delete(member, constant)
			}
		}
		read[name] = member
	}
	return read, nil
}

// elsewhere reports whether some class has a member of a name.
func (l *lens) elsewhere(name string) bool {
	return slices.ContainsFunc(l.Resources.Catalog().Classes(), func(class resource.Class) bool {
		return slices.ContainsFunc(class.Members, func(m resource.Member) bool { return m.Name == name })
	})
}

// object reads a JSON object, with whole numbers as int64 and others as float64.
func object(name string, raw json.RawMessage) (map[string]any, error) {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, bodyError(name, "an object")
	}
	read, ok := value.(map[string]any)
	if !ok {
		return nil, bodyError(name, "an object")
	}
	for key, v := range read {
		v, err := numeric(name+"."+key, v)
		if err != nil {
			return nil, err
		}
		read[key] = v
	}
	return read, nil
}

// numeric tells whole numbers from others, all the way down.
func numeric(name string, value any) (any, error) {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		f, err := v.Float64()
		if err != nil {
			return nil, bodyError(name, "a number that fits 64 bits")
		}
		return f, nil
	case map[string]any:
		for key, inner := range v {
			inner, err := numeric(name+"."+key, inner)
			if err != nil {
				return nil, err
			}
			v[key] = inner
		}
	case []any:
		for i, inner := range v {
			inner, err := numeric(name, inner)
			if err != nil {
				return nil, err
			}
			v[i] = inner
		}
	}
	return value, nil
}

// pointed reads {"id": 5}.
func pointed(name string, value any) (int64, error) {
	if of, ok := value.(map[string]any); ok {
		if n, ok := of["id"].(int64); ok && n >= 0 {
			return n, nil
		}
	}
	return 0, bodyError(name, `an object with a number: {"id": 1}`)
}
