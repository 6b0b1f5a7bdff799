package ngw

import (
	"errors"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/peterstace/simplefeatures/geom"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

const (
	// maxIdentified bounds what is told of one layer, as it does in NextGIS Web.
	maxIdentified = 100
	// maxLayers bounds how many layers are asked at once.
	maxLayers = 200
)

// An identifyWire asks what lies somewhere.
type identifyWire struct {
	SRS    int     `json:"srs"`
	Geom   string  `json:"geom"`
	Layers []int64 `json:"layers"`
}

// identify finds the features of some layers that have a point in common with a
// geometry. Of each layer it tells the features, or why there are none to tell.
func identify(l *lens, c *call) (reply, error) {
	var wire identifyWire
	if err := c.read(&wire); err != nil {
		return reply{}, err
	}
	if wire.SRS != 3857 && wire.SRS != 4326 {
		return reply{}, bodyError("srs", "3857 or 4326")
	}
	g, err := geometryOf(wire.Geom)
	if err == nil {
		err = g.Validate()
	}
	if err != nil {
		return reply{}, bodyError("geom", "a geometry as WKT")
	}
	layers := slices.Clone(wire.Layers)
	slices.Sort(layers)
	layers = slices.Compact(layers)
	if len(layers) > maxLayers {
		return reply{}, bodyError("layers", "200 layers at most")
	}
	answer := map[string]any{}
	all := 0
	for _, n := range layers {
		found, err := l.identified(c, c.inner(n), wire.SRS, g)
		reason, known := unidentified(err)
		switch {
		case err == nil:
			answer[strconv.FormatInt(n, 10)] = found
			all += found.Count
		case known:
			answer[strconv.FormatInt(n, 10)] = map[string]string{"error": reason}
		default:
			return reply{}, err
		}
	}
	answer["featureCount"] = all
	return ok(answer), nil
}

// unidentified says what is told of a layer that cannot be asked.
func unidentified(err error) (reason string, known bool) {
	switch {
	case errors.Is(err, rbac.ErrDenied):
		return "Forbidden", true
	case errors.Is(err, feature.ErrNoLayer):
		return "Not implemented", true
	case errors.Is(err, resource.ErrNotFound), errors.Is(err, rbac.ErrNoNode):
		return "Not found", true
	}
	return "", false
}

// An identifiedWire is what was found in a layer.
type identifiedWire struct {
	Features []identifiedFeature `json:"features"`
	Count    int                 `json:"featureCount"`
}

type identifiedFeature struct {
	ID     int64          `json:"id"`
	Layer  int64          `json:"layerId"`
	Label  string         `json:"label"`
	Fields map[string]any `json:"fields"`
	// Parent is what the layer's parent is called, for who may read it.
	Parent string `json:"parent,omitempty"`
}

func (l *lens) identified(c *call, n rbac.Node, srs int, g geom.Geometry) (identifiedWire, error) {
	if err := l.inside(c, n); err != nil {
		return identifiedWire{}, err
	}
	layer, err := l.Features.Layer(c.Context(), c.actor, n)
	if err != nil {
		return identifiedWire{}, err
	}
	parent := l.parentName(c, n)
	// Here NextGIS Web writes values as they are, whatever it does elsewhere.
	d := dump{layer: layer, fields: layer.Fields, iso: true, bigint: "number"}
	found := identifiedWire{Features: []identifiedFeature{}}
	q := feature.Query{Intersects: &g, IntersectsSRS: srs, Limit: maxIdentified}
	err = l.Features.Features(c.Context(), c.actor, n, q, func(f feature.Feature) error {
		fields := map[string]any{}
		for _, field := range layer.Fields {
			text, err := d.appendValue(nil, field.Type, f.Fields[field.Keyname])
			if err != nil {
				return err
			}
			fields[field.Keyname] = jsontext.Value(text)
		}
		found.Features = append(found.Features, identifiedFeature{
			ID: f.ID, Layer: c.outer(n), Label: labelOf(layer, f), Fields: fields, Parent: parent,
		})
		return nil
	})
	found.Count = len(found.Features)
	return found, err
}

// parentName is what the parent of a layer is called, empty where the actor may
// not read it.
func (l *lens) parentName(c *call, n rbac.Node) string {
	layer, err := l.Resources.Resource(c.Context(), c.actor, n)
	if err != nil {
		return ""
	}
	parent, err := l.Resources.Resource(c.Context(), c.actor, layer.Parent)
	if err != nil {
		return ""
	}
	return parent.DisplayName
}
