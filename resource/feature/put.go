package feature

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/microcosm-cc/bluemonday"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// maxDescription bounds a description, in bytes.
const maxDescription = 64 << 10

// prepared returns drafts as changes of a layer. What is to be deleted is nil.
func (l Layer) prepared(drafts []Draft) ([]*Change, error) {
	policy := bluemonday.UGCPolicy()
	list := make([]*Change, len(drafts))
	for i, d := range drafts {
		if d.Delete {
			continue
		}
		c, err := l.change(d, policy)
		if err != nil {
			return nil, &BatchError{Index: i, Err: err}
		}
		list[i] = c
	}
	return list, nil
}

func (l Layer) change(d Draft, policy *bluemonday.Policy) (*Change, error) {
	c := &Change{ID: d.ID, SetGeometry: d.SetGeometry, SetDescription: d.SetDescription}
	var err error
	if c.Values, err = l.values(d); err != nil {
		return nil, err
	}
	if d.SetGeometry {
		if c.Geometry, c.Box, err = l.kept(d.Geometry, d.SRS); err != nil {
			return nil, err
		}
	}
	if d.SetDescription && d.Description != nil {
		if len(*d.Description) > maxDescription || !storable(*d.Description) {
			return nil, &workspace.InvalidError{Field: "description", Expected: "HTML of at most 64 KiB"}
		}
		if text := policy.Sanitize(*d.Description); text != "" {
			c.Description = &text
		}
	}
	return c, nil
}

// values returns the values of a draft as they are kept, by the ID of the field.
func (l Layer) values(d Draft) (map[int64]any, error) {
	values := make(map[int64]any, len(d.Fields))
	for name, value := range d.Fields {
		f, err := l.field(name)
		if err != nil || f.ID == 0 {
			return nil, &workspace.InvalidError{Field: name, Expected: "a field of the layer"}
		}
		if raw, ok := value.(json.RawMessage); ok && strings.TrimSpace(string(raw)) == "null" {
			value = nil
		}
		if value != nil {
			if value, err = f.kept(value); err != nil {
				return nil, err
			}
		}
		values[f.ID] = value
	}
	for _, f := range l.Fields {
		if value, set := values[f.ID]; f.Required && value == nil && (set || d.ID == 0) {
			return nil, f.invalid("a value: the field is required")
		}
	}
	return values, nil
}

// Put makes, changes and deletes features, all or none, one after the other, and
// returns their IDs in the same order. It needs resource.WriteData. What is
// wrong with a draft is told by a [BatchError], which wraps ErrNotFound, a
// *workspace.InvalidError of a field or of "geom", "srs" and "description", or
// ErrTooLarge.
func (s *Service) Put(ctx context.Context, actor workspace.Actor, n rbac.Node, drafts []Draft) ([]int64, error) {
	l, err := s.find(ctx, actor, n, resource.WriteData)
	if err != nil {
		return nil, err
	}
	if len(drafts) == 0 {
		return []int64{}, nil
	}
	changes, err := l.prepared(drafts) // before anything is locked
	if err != nil {
		return nil, err
	}
	var ids []int64
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		locked, err := s.store.Lock(ctx, n)
		if err != nil {
			return err
		}
		list := changes
		if !reflect.DeepEqual(locked.Layer, l.Layer) {
			if list, err = locked.prepared(drafts); err != nil {
				return err
			}
		}
		b := batch{Service: s, layer: locked, drafts: drafts, changes: list, ids: make([]int64, len(drafts))}
		if err := b.put(ctx); err != nil {
			return err
		}
		ids = b.ids
		return s.record(ctx, actor, locked, "feature.put", map[string]any{
			"added": b.added, "changed": b.changed, "deleted": b.deleted,
		})
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// A batch is what [Service.Put] does.
type batch struct {
	*Service

	layer                   Stored
	drafts                  []Draft
	changes                 []*Change
	ids                     []int64
	added, changed, deleted int
}

// put goes through the drafts in their order. Those of one kind that follow each
// other are done at once.
func (b *batch) put(ctx context.Context) error {
	kind := func(i int) int {
		switch {
		case b.drafts[i].Delete:
			return 2
		case b.drafts[i].ID != 0:
			return 1
		}
		return 0
	}
	for from := 0; from < len(b.drafts); {
		to := from + 1
		for to < len(b.drafts) && kind(to) == kind(from) {
			to++
		}
		var err error
		switch kind(from) {
		case 0:
			err = b.add(ctx, from, to)
		case 1:
			err = b.change(ctx, from, to)
		default:
			err = b.remove(ctx, from, to)
		}
		if err != nil {
			return err
		}
		from = to
	}
	return nil
}

func (b *batch) add(ctx context.Context, from, to int) error {
	list := make([]Change, 0, to-from)
	for _, c := range b.changes[from:to] {
		list = append(list, *c)
	}
	first, err := b.store.Add(ctx, b.layer, list)
	if err != nil {
		return err
	}
	for i := range list {
		b.ids[from+i] = first + int64(i)
	}
	b.added += len(list)
	return nil
}

func (b *batch) change(ctx context.Context, from, to int) error {
	for i := from; i < to; i++ {
		if err := b.store.Change(ctx, b.layer, *b.changes[i]); err != nil {
			return &BatchError{Index: i, Err: err}
		}
		b.ids[i] = b.drafts[i].ID
	}
	b.changed += to - from
	return nil
}

func (b *batch) remove(ctx context.Context, from, to int) error {
	gone := make([]int64, 0, to-from)
	for _, d := range b.drafts[from:to] {
		gone = append(gone, d.ID)
	}
	there := make(map[int64]bool, len(gone))
	for start := 0; start < len(gone); start += maxValues {
		part := gone[start:min(start+maxValues, len(gone))]
		// What is only counted is not read.
		err := b.store.Rows(ctx, b.layer, Choice{IDs: part}, func(row Row) error {
			there[row.ID] = true
			return nil
		})
		if err != nil {
			return err
		}
	}
	for i := from; i < to; i++ {
		id := b.drafts[i].ID
		if !there[id] {
			return &BatchError{Index: i, Err: fmt.Errorf("%w: %d", ErrNotFound, id)}
		}
		delete(there, id) // a second time it is not there
		b.ids[i] = id
	}
	if err := b.abandon(ctx, b.layer.Workspace, []rbac.Node{b.layer.Node}, gone); err != nil {
		return err
	}
	if _, err := b.store.Remove(ctx, b.layer, gone); err != nil {
		return err
	}
	b.deleted += len(gone)
	return nil
}

// Hold runs fn in a unit of work in which nobody else changes the features of a
// layer, so that what fn reads of them is still so when it changes them. It
// needs resource.WriteData.
func (s *Service) Hold(ctx context.Context, actor workspace.Actor, n rbac.Node, fn func(ctx context.Context) error) error {
	return s.writing(ctx, actor, n, func(ctx context.Context, _ Stored) error { return fn(ctx) })
}

// Clear deletes all features of a layer, and returns how many there were. It
// needs resource.WriteData.
func (s *Service) Clear(ctx context.Context, actor workspace.Actor, n rbac.Node) (int64, error) {
	if _, err := s.find(ctx, actor, n, resource.WriteData); err != nil {
		return 0, err
	}
	var deleted int64
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		l, err := s.store.Lock(ctx, n)
		if err != nil {
			return err
		}
		if err := s.abandon(ctx, l.Workspace, []rbac.Node{n}, nil); err != nil {
			return err
		}
		if deleted, err = s.store.Remove(ctx, l, nil); err != nil {
			return err
		}
		return s.record(ctx, actor, l, "feature.clear", map[string]any{"deleted": deleted})
	})
	if err != nil {
		return 0, err
	}
	return deleted, nil
}
