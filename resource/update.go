package resource

import (
	"context"
	"fmt"
	"maps"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Update changes DisplayName, Keyname (both need [Update]), Description and Meta
// ([WriteMetadata]) and Settings (what each changed attribute needs, and [Read]
// on what it refers to then and did not before). A change of anything else is an
// InvalidError, and one of a workspace's own node ErrRoot. It needs [Read] in any
// case, and one of nothing changes nothing and leaves no trace. The resource that
// change is called with is as [Service.Resource] returns it: attributes that the
// actor may not read keep their values unless he sets them, and so do description
// and Meta.
func (s *Service) Update(ctx context.Context, actor workspace.Actor, n rbac.Node, change func(*Resource) error) (Resource, error) {
	if err := s.changeable(ctx, actor, n); err != nil {
		return Resource{}, err
	}
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		r, w, err := s.locked(ctx, n)
		if err != nil {
			return err
		}
		if err := s.require(ctx, actor, n, Read); err != nil {
			return err
		}
		class, ok := s.catalog.Class(r.Class)
		if !ok {
			return fmt.Errorf("%w: %q", ErrNoClass, r.Class)
		}
		if r.Settings, err = s.unseal(r.ID, class, r.Settings); err != nil {
			return err
		}
		after, err := s.asked(ctx, actor, class, r, change)
		if err != nil {
			return err
		}
		needed := writing(class, r, after)
		if len(needed) == 0 {
			return nil
		}
		if err := s.require(ctx, actor, n, needed...); err != nil {
			return err
		}
		if err := s.reach(ctx, actor, class, r.Settings, after); err != nil {
			return err
		}
		after.Updated = s.clock()
		if after, err = s.saved(ctx, r, after); err != nil {
			return err
		}
		was, is := difference(r, after)
		return s.record(ctx, actor, w, "resource.update", after, was, is)
	})
	if err != nil {
		return Resource{}, err
	}
	return s.Resource(ctx, actor, n)
}

// changeable refuses who may not see a resource, and what is none.
func (s *Service) changeable(ctx context.Context, actor workspace.Actor, n rbac.Node) error {
	r, err := s.find(ctx, n)
	if err != nil {
		return err
	}
	if err := s.require(ctx, actor, n, Read); err != nil {
		return err
	}
	if r.Num == r.Top {
		return ErrRoot
	}
	return nil
}

// asked returns what a change makes of a resource whose settings are unsealed.
// The change sees what the actor may see; what it leaves alone stays.
func (s *Service) asked(ctx context.Context, actor workspace.Actor, class Class, r Resource, change func(*Resource) error) (Resource, error) {
	stored := r
	var err error
	if stored.Settings, err = s.seal(r.ID, class, r.Settings); err != nil {
		return r, err
	}
	seen, err := s.one(ctx, actor, stored)
	if err != nil {
		return r, err
	}
	asked := seen
	asked.Meta, asked.Settings = maps.Clone(seen.Meta), copied(seen.Settings)
	if err := change(&asked); err != nil {
		return r, err
	}
	if field := fixed(seen, asked); field != "" {
		return r, &workspace.InvalidError{Field: field, Expected: "what it is: it is not changed here"}
	}
	after := r
	if asked.DisplayName != seen.DisplayName {
		after.DisplayName = asked.DisplayName
	}
	if asked.Keyname != seen.Keyname {
		after.Keyname = asked.Keyname
	}
	if asked.Description != seen.Description {
		after.Description = asked.Description
	}
	if !maps.Equal(asked.Meta, seen.Meta) {
		after.Meta = asked.Meta
	}
	if after, err = cleaned(after); err != nil {
		return r, err
	}
	settings := copied(asked.Settings)
	for member, values := range r.Settings {
		for name, value := range values {
			_, readable := seen.Settings[member][name]
			_, given := settings[member][name]
			if readable || given {
				continue
			}
			if settings == nil {
				settings = Settings{}
			}
			if settings[member] == nil {
				settings[member] = map[string]any{}
			}
			settings[member][name] = value
		}
	}
	if after.Settings, err = s.catalog.conform(class, r.Settings, settings); err != nil {
		return r, err
	}
	if len(changed(class, r.Settings, after.Settings)) == 0 {
		after.Settings = r.Settings
	}
	return after, nil
}

// fixed returns the field of a resource that a change touched and may not.
func fixed(before, after Resource) string {
	switch {
	case after.ID != before.ID:
		return "id"
	case after.Num != before.Num:
		return "num"
	case after.Workspace != before.Workspace || after.Top != before.Top:
		return "workspace"
	case after.Parent != before.Parent:
		return "parent"
	case after.Class != before.Class:
		return "class"
	case after.Owner != before.Owner:
		return "owner"
	case after.Children != before.Children:
		return "children"
	case !after.Created.Equal(before.Created):
		return "created"
	case !after.Updated.Equal(before.Updated):
		return "updated"
	}
	return ""
}

// writing returns what the difference needs to be written.
func writing(class Class, before, after Resource) []rbac.Permission {
	var needed []rbac.Permission
	if before.DisplayName != after.DisplayName || before.Keyname != after.Keyname {
		needed = append(needed, Update)
	}
	if before.Description != after.Description || !maps.Equal(before.Meta, after.Meta) {
		needed = append(needed, WriteMetadata)
	}
	return append(needed, changed(class, before.Settings, after.Settings)...)
}
