package apiv1

import (
	"context"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

func featureRoutes() []route {
	read, write := holder(resource.ReadData), holder(resource.WriteData)
	search := post("/resources/{resource}/features/search", "searchFeatures", read, (*lens).searchFeatures)
	search.question = true
	return featuresOnly(
		get("/resources/{resource}/features", "listFeatures", read, (*lens).features),
		post("/resources/{resource}/features", "createFeature", write, (*lens).createFeature),
		remove("/resources/{resource}/features", "deleteFeatures", write, (*lens).deleteFeatures),
		post("/resources/{resource}/features/bulk", "changeFeatures", write, (*lens).changeFeatures),
		search,
		get("/resources/{resource}/features/count", "countFeatures", read, (*lens).countFeatures),
		get("/resources/{resource}/features/extent", "getFeaturesExtent", read, (*lens).featuresExtent),
		get("/resources/{resource}/features/{feature}", "getFeature", read, (*lens).feature),
		patch("/resources/{resource}/features/{feature}", "updateFeature", write, (*lens).updateFeature),
		remove("/resources/{resource}/features/{feature}", "deleteFeature", write, (*lens).deleteFeature),
	)
}

// featuresOnly leaves routes to hosts whose layers hold features.
func featuresOnly(routes ...route) []route {
	return where(func(l *lens) bool { return l.Features != nil }, treeOnly(routes...)...)
}

// featureWire is a row of a layer.
type featureWire struct {
	ID          int64                     `json:"id"`
	Geometry    jsontext.Value            `json:"geometry"`
	Properties  map[string]jsontext.Value `json:"properties"`
	Description *string                   `json:"description"`
	Attachments []attachmentWire          `json:"attachments"`
}

// readings has what is attached, which is changed by itself.
func (featureWire) readings() []string { return []string{"attachments"} }

// A layerTable is a layer as features are told of: its columns, by keyname, and how
// geometries are written.
type layerTable struct {
	node   rbac.Node
	types  map[string]feature.FieldType
	names  []string
	format string
	srs    int
	// wanted are the properties that are answered, all when nil.
	wanted []string
}

// maxExact is the largest integer that every program reads as it is.
const maxExact = 1<<53 - 1

// valueOut writes a value of a field.
func valueOut(kind feature.FieldType, value any) (jsontext.Value, error) {
	switch v := value.(type) {
	case int64:
		if v > maxExact || v < -maxExact {
			return written(strconv.FormatInt(v, 10))
		}
	case feature.Moment:
		text := v.String()
		if kind == feature.Date {
			text = text[:len("2006-01-02")]
		}
		return written(text)
	case stdjson.RawMessage:
		return jsontext.Value(v), nil
	}
	return written(value)
}

// valueIn reads a value for a field, whatever its type. Numbers keep their
// digits.
func valueIn(text jsontext.Value) (any, error) {
	switch text.Kind() {
	case jsontext.KindNull:
		return nil, nil //nolint:nilnil // null is a value
	case jsontext.KindString:
		var s string
		err := json.Unmarshal(text, &s)
		return s, err //nolint:wrapcheck // it was read before
	case jsontext.KindTrue:
		return true, nil
	case jsontext.KindFalse:
		return false, nil
	case jsontext.KindNumber:
		return stdjson.Number(text), nil
	default:
		return stdjson.RawMessage(text), nil
	}
}

// layer reads how features are answered, and the types of their fields. These
// are settings that whoever may read the layer may read.
func (l *lens) layer(ctx context.Context, c *call) (layerTable, error) {
	var t layerTable
	var err error
	if t.node, err = c.node(); err != nil {
		return t, err
	}
	r, err := l.Resources.Resource(ctx, c.actor, t.node)
	if err != nil {
		return t, err
	}
	t.types = map[string]feature.FieldType{}
	fields, _ := r.Settings["feature_layer"]["fields"].([]any)
	for _, f := range fields {
		field, _ := f.(map[string]any)
		name, _ := field["keyname"].(string)
		kind, _ := field["datatype"].(string)
		t.types[name] = feature.FieldType(kind)
		t.names = append(t.names, name)
	}
	if t.srs, err = c.srs(); err != nil {
		return t, err
	}
	if t.format, err = c.geometryFormat(); err != nil {
		return t, err
	}
	if t.wanted, err = c.some("properties"); err != nil {
		return t, err
	}
	for _, name := range t.wanted {
		if _, known := t.types[name]; !known {
			return t, invalid("properties", "keynames of fields of the layer with commas between them")
		}
	}
	return t, nil
}

// wire is a feature as it is answered.
func (t layerTable) wire(f feature.Feature) (featureWire, error) {
	w := featureWire{
		ID: f.ID, Properties: map[string]jsontext.Value{}, Description: f.Description, Attachments: all(f.Attachments, attachmentOf),
	}
	var err error
	if w.Geometry, err = geometryOut(f.Geometry, t.format); err != nil {
		return w, err
	}
	for name, value := range f.Fields {
		if t.wanted != nil && !slices.Contains(t.wanted, name) {
			continue // it was read to tell its place
		}
		if w.Properties[name], err = valueOut(t.types[name], value); err != nil {
			return w, err
		}
	}
	return w, nil
}

// whole is how a feature is read whose ETag is told: all of it, the same way
// always.
func (t layerTable) whole() layerTable {
	t.format, t.srs, t.wanted = asWKT, feature.WGS84, nil
	return t
}

// featureOf returns a feature as it is answered, with its ETag, which is of all
// of it, however it is answered.
func (l *lens) featureOf(ctx context.Context, c *call, t layerTable, id int64) (featureWire, string, error) {
	read := func(t layerTable) (featureWire, error) {
		f, err := l.Features.Feature(ctx, c.actor, t.node, id, feature.Query{
			Geometry: t.format != asNothing, Descriptions: true, Attachments: true, OutSRS: t.srs,
		})
		if err != nil {
			return featureWire{}, err
		}
		return t.wire(f)
	}
	all, err := read(t.whole())
	if err != nil {
		return featureWire{}, "", err
	}
	wire, err := read(t)
	return wire, tagOf(all), err
}

func (l *lens) feature(c *call) (reply, error) {
	id, err := c.serial("feature")
	if err != nil {
		return reply{}, err
	}
	t, err := l.layer(c.Context(), c)
	if err != nil {
		return reply{}, err
	}
	wire, tag, err := l.featureOf(c.Context(), c, t, id)
	return reply{status: 200, body: wire, tag: tag}, err
}

// featurePatch is a change of a feature, and what one is made of.
type featurePatch struct {
	Geometry    opt[jsontext.Value]       `json:"geometry"`
	Properties  map[string]jsontext.Value `json:"properties"`
	Description opt[string]               `json:"description"`
}

// draft reads a change, whose fields are somewhere in the body.
func (p featurePatch) draft(at string, srs int) (feature.Draft, error) {
	d := feature.Draft{SRS: srs, SetGeometry: p.Geometry.given, SetDescription: p.Description.given}
	if p.Geometry.given && !p.Geometry.null {
		g, err := geometryIn(at+"geometry", p.Geometry.value)
		if err != nil {
			return d, err
		}
		d.Geometry = g
	}
	if p.Description.given && !p.Description.null {
		d.Description = &p.Description.value
	}
	for name, text := range p.Properties {
		value, err := valueIn(text)
		if err != nil {
			return d, invalid(at+"properties."+name, "a value")
		}
		if d.Fields == nil {
			d.Fields = map[string]any{}
		}
		d.Fields[name] = value
	}
	return d, nil
}

// featureField is what a field of a draft is called in the JSON.
func featureField(at, field string) string {
	switch field {
	case "geom":
		return at + "geometry"
	case "srs":
		return field
	case "description":
		return at + field
	}
	return at + "properties." + field
}

// put makes, changes or deletes one feature.
func (l *lens) put(ctx context.Context, c *call, t layerTable, d feature.Draft) (int64, error) {
	ids, err := l.Features.Put(ctx, c.actor, t.node, []feature.Draft{d})
	if one, is := errors.AsType[*feature.BatchError](err); is {
		err = one.Err // there is one only
	}
	if err != nil {
		return 0, renamed(err, func(field string) string { return featureField("", field) })
	}
	return ids[0], nil
}

func (l *lens) createFeature(c *call) (reply, error) {
	var body featurePatch
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	t, err := l.layer(c.Context(), c)
	if err != nil {
		return reply{}, err
	}
	d, err := body.draft("", t.srs)
	if err != nil {
		return reply{}, err
	}
	id, err := l.put(c.Context(), c, t, d)
	if err != nil {
		return reply{}, err
	}
	wire, tag, err := l.featureOf(c.Context(), c, t, id)
	if err != nil {
		return reply{}, err
	}
	answer := created(wire, "features/", strconv.FormatInt(id, 10))
	answer.tag = tag
	return answer, nil
}

// heldFeature changes a feature and, where that depends on what is there, only if
// it is what it was, and with nobody able to change it meanwhile.
func (l *lens) heldFeature(c *call, t layerTable, id int64, change func(ctx context.Context) error) (was featureWire, err error) {
	if !c.conditional() {
		return was, change(c.Context())
	}
	err = l.Features.Hold(c.Context(), c.actor, t.node, func(ctx context.Context) error {
		var tag string
		if was, tag, err = l.featureOf(ctx, c, t, id); err != nil {
			return err
		}
		if err := c.still(tag); err != nil {
			return err
		}
		return change(ctx)
	})
	return was, err
}

func (l *lens) updateFeature(c *call) (reply, error) {
	id, err := c.serial("feature")
	if err != nil {
		return reply{}, err
	}
	var body featurePatch
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	t, err := l.layer(c.Context(), c)
	if err != nil {
		return reply{}, err
	}
	d, err := body.draft("", t.srs)
	if err != nil {
		return reply{}, err
	}
	d.ID = id
	var now featureWire
	var tag string
	_, err = l.heldFeature(c, t, id, func(ctx context.Context) error {
		if _, err := l.put(ctx, c, t, d); err != nil {
			return err
		}
		now, tag, err = l.featureOf(ctx, c, t, id)
		return err
	})
	return reply{status: 200, body: now, tag: tag}, err
}

func (l *lens) deleteFeature(c *call) (reply, error) {
	id, err := c.serial("feature")
	if err != nil {
		return reply{}, err
	}
	t, err := l.layer(c.Context(), c)
	if err != nil {
		return reply{}, err
	}
	was, err := l.heldFeature(c, t, id, func(ctx context.Context) error {
		_, err := l.put(ctx, c, t, feature.Draft{ID: id, Delete: true})
		return err
	})
	return gone(c, was), err
}

// featureChange is what becomes of one of several features.
type featureChange struct {
	featurePatch

	ID     *int64 `json:"id"`
	Delete bool   `json:"delete"`
}

type featureChanges struct {
	Features []featureChange `json:"features"`
}

// featuresChanged are the numbers of features, in the order of the changes.
type featuresChanged struct {
	IDs []int64 `json:"ids"`
}

func (l *lens) changeFeatures(c *call) (reply, error) {
	n, err := c.node()
	if err != nil {
		return reply{}, err
	}
	srs, err := c.srs()
	if err != nil {
		return reply{}, err
	}
	var body featureChanges
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	drafts := make([]feature.Draft, 0, len(body.Features))
	for i, change := range body.Features {
		at := fmt.Sprintf("features.%d.", i)
		d, err := change.draft(at, srs)
		switch {
		case err != nil:
			return reply{}, &feature.BatchError{Index: i, Err: err}
		case change.ID != nil && *change.ID <= 0:
			return reply{}, &feature.BatchError{Index: i, Err: invalid(at+"id", "the number of a feature, or none for a new one")}
		case change.Delete && change.ID == nil:
			return reply{}, &feature.BatchError{Index: i, Err: invalid(at+"id", "the number of what is to be deleted")}
		case change.ID != nil:
			d.ID = *change.ID
		}
		d.Delete = change.Delete
		drafts = append(drafts, d)
	}
	ids, err := l.Features.Put(c.Context(), c.actor, n, drafts)
	if one, is := errors.AsType[*feature.BatchError](err); is {
		err = renamed(one.Err, func(field string) string { return featureField(fmt.Sprintf("features.%d.", one.Index), field) })
		return reply{}, &feature.BatchError{Index: one.Index, Err: err}
	}
	if err != nil {
		return reply{}, err
	}
	return ok(featuresChanged{ids}), nil
}

// featuresDeleted tells how many features went.
type featuresDeleted struct {
	Deleted int64 `json:"deleted"`
}

func (l *lens) deleteFeatures(c *call) (reply, error) {
	n, err := c.node()
	if err != nil {
		return reply{}, err
	}
	every, err := c.flag("all")
	if err != nil {
		return reply{}, err
	}
	ids, err := c.numbers("ids")
	switch {
	case err != nil:
		return reply{}, err
	case every != nil && *every && ids != nil:
		return reply{}, invalid("ids", "none beside all")
	case every != nil && *every:
		deleted, err := l.Features.Clear(c.Context(), c.actor, n)
		return ok(featuresDeleted{deleted}), err
	case ids == nil:
		return reply{}, invalid("ids", "the numbers of features, or all=true in their place")
	}
	drafts := make([]feature.Draft, 0, len(ids))
	for _, id := range ids {
		drafts = append(drafts, feature.Draft{ID: id, Delete: true})
	}
	done, err := l.Features.Put(c.Context(), c.actor, n, drafts)
	return ok(featuresDeleted{int64(len(done))}), err
}

// numbers returns a parameter that is a list of numbers.
func (c *call) numbers(name string) ([]int64, error) {
	nums, err := c.principals(name)
	if len(nums) == 0 {
		return nil, err
	}
	return all(nums, func(p rbac.Principal) int64 { return int64(p) }), err
}
