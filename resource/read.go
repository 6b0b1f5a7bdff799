package resource

import (
	"context"
	"errors"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Resource returns one, without the attributes that the actor may not read. It
// needs [Read]; description and Meta need [ReadMetadata] and are empty without.
func (s *Service) Resource(ctx context.Context, actor workspace.Actor, n rbac.Node) (Resource, error) {
	r, err := s.find(ctx, n)
	if err != nil {
		return Resource{}, err
	}
	if err := s.require(ctx, actor, n, Read); err != nil {
		return Resource{}, err
	}
	return s.one(ctx, actor, r)
}

// Resources lists the resources that a filter chooses and on which the actor
// holds [Read], as [Service.Resource] returns each, and how many there are.
func (s *Service) Resources(ctx context.Context, actor workspace.Actor, f Filter) ([]Resource, int, error) {
	if err := known(actor, rbac.Root, Read); err != nil {
		return nil, 0, err
	}
	if err := f.check(); err != nil {
		return nil, 0, err
	}
	condition, err := s.rights.Filter(ctx, actor.Principal, Read, f.under(), f.class(), rbac.Latest())
	switch {
	case errors.Is(err, rbac.ErrNoNode): // nothing lies at or below it
		return nil, 0, nil
	case err != nil:
		return nil, 0, told(err)
	}
	f.Nodes = &condition
	list, err := s.store.Resources(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	if list, err = s.shown(ctx, actor, list); err != nil || f.Uncounted {
		return list, 0, err
	}
	n, err := s.store.CountResources(ctx, f)
	return list, n, err
}

// under returns a node at or below which lies all that a filter chooses.
func (f Filter) under() rbac.Node {
	switch {
	case f.Under != nil:
		return *f.Under
	case len(f.Parents) == 1:
		return f.Parents[0]
	case len(f.Workspaces) == 1:
		return f.Workspaces[0]
	}
	return rbac.Root
}

// class returns the class of all that a filter chooses, or nothing.
func (f Filter) class() string {
	if len(f.Classes) == 1 {
		return f.Classes[0]
	}
	return ""
}

// longest is how many characters a pattern may have.
const longest = 255

func (f Filter) check() error {
	patterns := map[string]string{"like": f.Like, "ilike": f.ILike}
	for _, m := range f.Meta {
		set := 0
		for _, is := range []bool{m.Has != nil, m.Equals != nil, m.Null, m.Like != "", m.ILike != ""} {
			if is {
				set++
			}
		}
		if set != 1 {
			return &workspace.InvalidError{Field: "meta." + m.Key, Expected: "one of has, equals, null, like and ilike"}
		}
		switch m.Equals.(type) {
		case nil, string, float64, int64, bool:
		default:
			return &workspace.InvalidError{Field: "meta." + m.Key, Expected: "a text, a number, true, false or null"}
		}
		patterns["meta."+m.Key] = m.Like + m.ILike
	}
	for field, pattern := range patterns {
		if utf8.RuneCountInString(pattern) > longest {
			return &workspace.InvalidError{Field: field, Expected: "a pattern of at most 255 characters"}
		}
	}
	return nil
}

// Path returns what lies above a resource, the node of the workspace first, and
// the resource last, each as [Service.Resource] returns it. It needs [Read] on
// the resource, which needs it above.
func (s *Service) Path(ctx context.Context, actor workspace.Actor, n rbac.Node) ([]Resource, error) {
	r, err := s.find(ctx, n)
	if err != nil {
		return nil, err
	}
	if err := s.require(ctx, actor, n, Read); err != nil {
		return nil, err
	}
	if n == rbac.Root {
		return s.shown(ctx, actor, []Resource{r})
	}
	top, err := s.find(ctx, r.Top)
	if err != nil {
		return nil, err
	}
	below, err := s.store.Path(ctx, n)
	if err != nil {
		return nil, err
	}
	return s.shown(ctx, actor, append([]Resource{top}, below...))
}

// one returns a resource as an actor who holds [Read] on it may see it.
func (s *Service) one(ctx context.Context, actor workspace.Actor, r Resource) (Resource, error) {
	list, err := s.shown(ctx, actor, []Resource{r})
	if err != nil {
		return Resource{}, err
	}
	return list[0], nil
}

// shown returns resources as an actor who holds [Read] on all of them may see
// them, secrets as they are read. The rights are asked for at once, since each
// question by itself may be a journey to the database.
func (s *Service) shown(ctx context.Context, actor workspace.Actor, list []Resource) ([]Resource, error) {
	// What is asked about a workspace itself leads the engine to what it knows of
	// that: it then need not look for each of the others.
	in := map[rbac.Node][]rbac.Question{}
	for _, r := range list {
		if in[r.Top] == nil {
			in[r.Top] = []rbac.Question{{Node: r.Top, Permission: Read}}
		}
		for _, perm := range s.readings(r) {
			in[r.Top] = append(in[r.Top], rbac.Question{Node: r.Num, Permission: perm})
		}
	}
	var questions []rbac.Question
	for _, top := range slices.Sorted(maps.Keys(in)) {
		questions = append(questions, in[top]...)
	}
	answers, err := s.rights.CheckMany(ctx, actor.Principal, questions, rbac.Latest())
	if err != nil {
		return nil, told(err)
	}
	may := make(map[rbac.Question]bool, len(answers))
	for i, q := range questions {
		may[q] = answers[i]
	}
	parents, err := s.parents(ctx, actor, list)
	if err != nil {
		return nil, err
	}
	shown := make([]Resource, 0, len(list))
	for _, r := range list {
		r.Children = parents[r.Num]
		holds := func(perm rbac.Permission) bool {
			return perm == Read || may[rbac.Question{Node: r.Num, Permission: perm}]
		}
		if r, err = s.seen(r, holds); err != nil {
			return nil, err
		}
		shown = append(shown, r)
	}
	return shown, nil
}

// parents tells in which resources an actor sees something. What he does not see is
// not to be told by a mark on what it lies in.
func (s *Service) parents(ctx context.Context, actor workspace.Actor, list []Resource) (map[rbac.Node]bool, error) {
	has, since := map[rbac.Node]bool{}, map[rbac.Node]rbac.Token{}
	for _, r := range list { // each of which he sees
		if r.Num != rbac.Root {
			has[r.Parent] = true
		}
	}
	for _, r := range list {
		if !r.Children || has[r.Num] {
			continue
		}
		if r.Num == rbac.Root {
			some, err := s.someWorkspace(ctx, actor)
			if err != nil {
				return nil, err
			}
			has[r.Num] = some
			continue
		}
		token, known := since[r.Top]
		if !known { // once for all that lie in it: each may be a journey to the database
			var err error
			if token, err = s.rights.Revision(ctx, r.Top); err != nil {
				return nil, told(err)
			}
			since[r.Top] = token
		}
		below := rbac.ListFilter{Under: r.Num, Children: true, Limit: 1}
		some, err := s.rights.List(ctx, actor.Principal, Read, below, rbac.AtLeast(token))
		if err != nil && !errors.Is(err, rbac.ErrNoNode) { // deleted meanwhile
			return nil, told(err)
		}
		has[r.Num] = len(some) > 0
	}
	return has, nil
}

// someWorkspace reports whether an actor sees a workspace, whatever organization it
// lies in.
func (s *Service) someWorkspace(ctx context.Context, actor workspace.Actor) (bool, error) {
	condition, err := s.rights.Filter(ctx, actor.Principal, Read, rbac.Root, workspace.ClassWorkspace, rbac.Latest())
	if err != nil {
		return false, told(err)
	}
	some, err := s.store.Resources(ctx, Filter{Nodes: &condition, Tops: true, Classes: []string{workspace.ClassWorkspace}, Limit: 1})
	return len(some) > 0, err
}

// readings returns what reading all of a resource needs besides [Read], each
// once.
func (s *Service) readings(r Resource) []rbac.Permission {
	list := []rbac.Permission{ReadMetadata}
	class := s.catalog.classes[r.Class]
	if class == nil {
		return list
	}
	seen := map[rbac.Permission]bool{"": true, Read: true, ReadMetadata: true}
	for _, member := range class.Members {
		for _, a := range member.Attributes {
			if !seen[a.Read] {
				seen[a.Read] = true
				list = append(list, a.Read)
			}
		}
	}
	return list
}

// seen returns a resource without what may not be read.
func (s *Service) seen(r Resource, holds func(rbac.Permission) bool) (Resource, error) {
	if !holds(ReadMetadata) {
		r.Description, r.Meta = "", nil
	}
	class, ok := s.catalog.Class(r.Class)
	if !ok {
		// Of what an unknown class holds nobody knows who may read it.
		r.Settings = nil
		return r, nil
	}
	var err error
	r.Settings, err = s.unseal(r.ID, class, visible(class, r.Settings, holds))
	return r, err
}
