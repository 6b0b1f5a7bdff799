package feature

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

var _ resource.Keeper = (*Service)(nil)

// Create makes room for the features of a new layer. Of the settings it takes
// vector_layer.srs, geometry_type and fields, and puts feature_layer.fields
// there, each with its ID.
func (s *Service) Create(ctx context.Context, r *resource.Resource) error {
	l, err := layerOf(r.Num, r.Settings)
	if err != nil {
		return err
	}
	if l, err = s.store.Make(ctx, r.Workspace, l); err != nil {
		return err
	}
	if r.Settings == nil {
		r.Settings = resource.Settings{}
	}
	l.settled(r.Settings)
	return nil
}

// Update gives a layer the fields that changed settings have: fields with the ID
// of one are that one, others are new, and those that are missing are dropped
// with their values. It refuses another SRS or geometry, another type of a field
// whose values would not survive it, and a required field that has no value
// somewhere.
func (s *Service) Update(ctx context.Context, before resource.Resource, r *resource.Resource) error {
	for _, attribute := range []string{"srs", "geometry_type"} {
		was, is := before.Settings[memberVector][attribute], r.Settings[memberVector][attribute]
		if !reflect.DeepEqual(was, is) {
			return &workspace.InvalidError{Field: memberVector + "." + attribute, Expected: "what the layer was made with"}
		}
	}
	fields, there, err := fieldsOf(r.Settings, memberFeature)
	if err != nil {
		return err
	}
	if !there || reflect.DeepEqual(before.Settings[memberFeature]["fields"], r.Settings[memberFeature]["fields"]) {
		delete(r.Settings[memberVector], "fields")
		return nil
	}
	l, err := s.store.Lock(ctx, r.Num)
	if err != nil {
		return err
	}
	for i, f := range fields {
		wrong := func(attribute, expected string) error {
			return &workspace.InvalidError{Field: fmt.Sprintf("%s.fields[%d].%s", memberFeature, i, attribute), Expected: expected}
		}
		if err := s.alterable(ctx, l, f, wrong); err != nil {
			return err
		}
	}
	l.Fields = fields
	altered, err := s.store.Alter(ctx, l.Layer)
	if err != nil {
		return err
	}
	altered.settled(r.Settings)
	return nil
}

// alterable checks that a field of a layer can become, or come.
func (s *Service) alterable(ctx context.Context, l Stored, f Field, wrong func(attribute, expected string) error) error {
	i := slices.IndexFunc(l.Fields, func(old Field) bool { return old.ID == f.ID })
	if f.ID != 0 && i < 0 {
		return wrong("id", "that of a field of the layer, or no id for a new one")
	}
	if f.ID == 0 {
		if f.Required && l.Features > 0 {
			return wrong("required", "a field that is not required: there are features without a value")
		}
		return nil
	}
	old := l.Fields[i]
	if f.Required && !old.Required {
		empty, err := s.count(ctx, l, Condition{Field: old.Keyname, Op: IsNull, Value: true})
		if err != nil {
			return err
		}
		if empty > 0 {
			return wrong("required", fmt.Sprintf("a field that is not required: %d features have no value", empty))
		}
	}
	if f.Type == old.Type {
		return nil
	}
	lost, err := s.count(ctx, l, lossy(old, f.Type)...)
	if err == nil && lost > 0 {
		err = wrong("datatype", fmt.Sprintf("the type %s: %d values would be lost as %s", old.Type, lost, f.Type))
	}
	return err
}

// lossy returns the conditions of which the values that cannot become of another
// type satisfy one.
func lossy(f Field, to FieldType) []Condition {
	bounds := func(least, most int64) []Condition {
		return []Condition{{Field: f.Keyname, Op: Lt, Value: least}, {Field: f.Keyname, Op: Gt, Value: most}}
	}
	switch {
	case f.Type == Integer && (to == BigInt || to == Real || to == String), f.Type == BigInt && to == String,
		f.Type == Boolean && (to == Integer || to == BigInt || to == Real), f.Type == Date && to == DateTime:
		return nil
	case f.Type == BigInt && to == Integer:
		return bounds(math.MinInt32, math.MaxInt32)
	case f.Type == BigInt && to == Real:
		return bounds(-1<<53, 1<<53)
	}
	return []Condition{{Field: f.Keyname, Op: IsNull, Value: false}}
}

// count counts the features that satisfy one of some conditions.
func (s *Service) count(ctx context.Context, l Stored, conditions ...Condition) (int64, error) {
	if len(conditions) == 0 {
		return 0, nil
	}
	either := Expression{}
	for _, c := range conditions {
		either.Any = append(either.Any, Expression{Condition: &c})
	}
	return s.store.Count(ctx, l, Choice{Where: &either})
}

// Delete deletes layers with their features, and what is attached to those.
func (s *Service) Delete(ctx context.Context, in workspace.ID, nodes []rbac.Node) error {
	if err := s.abandon(ctx, in, nodes, nil); err != nil {
		return err
	}
	return s.store.Drop(ctx, in, nodes)
}

// Volume returns how many bytes the geometries and texts of layers are, and what
// is attached to their features.
func (s *Service) Volume(ctx context.Context, in workspace.ID, nodes []rbac.Node) (int64, error) {
	kept, err := s.store.Volume(ctx, in, nodes)
	if err != nil {
		return 0, err
	}
	attached, err := s.weigh(ctx, in, nodes)
	return kept + attached, err
}
