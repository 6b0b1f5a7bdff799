package resource

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// clock returns the time as it is kept.
func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// record leaves an event of what was done with a resource.
func (s *Service) record(
	ctx context.Context, actor workspace.Actor, w workspace.Workspace, action string, r Resource, before, after map[string]any,
) error {
	e := actor.Signs(audit.Event{
		ID: audit.EventID(uid.New()), At: s.clock(), Action: action,
		Workspace: string(w.ID), Organization: string(w.Organization),
		Object: audit.Object{Kind: "resource", ID: string(r.ID), Name: r.DisplayName},
	})
	var err error
	if e.Detail, err = audit.Detail(after); err != nil {
		return fmt.Errorf("resource: detail of %s: %w", action, err)
	}
	if before != nil {
		if e.Before, err = json.Marshal(before); err != nil {
			return fmt.Errorf("resource: what was before %s: %w", action, err)
		}
	}
	return s.trail.Append(ctx, e)
}

// difference tells what the trail says of a change: names as they are, of what
// is long or may be secret only which it was.
func difference(before, after Resource) (was, is map[string]any) {
	num := int64(after.Num)
	was, is = map[string]any{"num": num}, map[string]any{"num": num}
	note := func(name string, old, now any) {
		if !reflect.DeepEqual(old, now) {
			was[name], is[name] = old, now
		}
	}
	note("display_name", before.DisplayName, after.DisplayName)
	note("keyname", before.Keyname, after.Keyname)
	note("parent", int64(before.Parent), int64(after.Parent))
	note("owner", int64(before.Owner), int64(after.Owner))
	var changed []string
	if before.Description != after.Description {
		changed = append(changed, "description")
	}
	if !reflect.DeepEqual(before.Meta, after.Meta) {
		changed = append(changed, "meta")
	}
	for _, member := range slices.Sorted(maps.Keys(merged(before.Settings, after.Settings))) {
		for _, name := range slices.Sorted(maps.Keys(merged(before.Settings[member], after.Settings[member]))) {
			if !reflect.DeepEqual(before.Settings[member][name], after.Settings[member][name]) {
				changed = append(changed, member+"."+name)
			}
		}
	}
	if changed != nil {
		is["changed"] = changed
	}
	return was, is
}

// merged has the keys of both maps.
func merged[V any](a, b map[string]V) map[string]V {
	both := make(map[string]V, len(a)+len(b))
	maps.Copy(both, a)
	maps.Copy(both, b)
	return both
}

// save stores a resource and what it refers to. Its keeper may complete the
// settings of a changed one, and sees before as it was, settings as they are
// read. Settings are given as they are read, and stored sealed.
func (s *Service) save(ctx context.Context, before, r Resource) error {
	_, err := s.saved(ctx, before, r)
	return err
}

// saved is like save and returns the resource as it became.
func (s *Service) saved(ctx context.Context, before, r Resource) (Resource, error) {
	class, ok := s.catalog.Class(r.Class)
	if !ok {
		return Resource{}, fmt.Errorf("%w: %q", ErrNoClass, r.Class)
	}
	if keeper := s.keepers[r.Class]; keeper != nil && !reflect.DeepEqual(before.Settings, r.Settings) {
		if err := keeper.Update(ctx, before, &r); err != nil {
			return Resource{}, err
		}
	}
	return r, s.write(ctx, class, r)
}

// write stores a resource and what it refers to.
func (s *Service) write(ctx context.Context, class Class, r Resource) error {
	stored := r
	var err error
	if stored.Settings, err = s.seal(r.ID, class, r.Settings); err != nil {
		return err
	}
	if err := s.store.Save(ctx, stored); err != nil {
		return err
	}
	return s.refer(ctx, class, r)
}

// refer stores what a resource refers to.
func (s *Service) refer(ctx context.Context, class Class, r Resource) error {
	list := references(class, r.Settings)
	for i := range list {
		list[i].From = r.Num
	}
	return s.store.SetReferences(ctx, r.Num, list)
}
