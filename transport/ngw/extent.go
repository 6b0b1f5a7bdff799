package ngw

import "github.com/bailiwick-sdk/bailiwick/resource/feature"

func extentRoutes() []route {
	read := Policy{Who: Holder, Permission: "data.read"}
	return []route{
		at(get, "/api/resource/{id:[0-9]+}/extent", "layer.extent", read, layerExtent),
		at(get, "/api/resource/{id:[0-9]+}/feature_extent", "feature_layer.feature.extent", read, featuresExtent),
		at(get, pathFeature+"/extent", "feature_layer.feature.item_extent", read, featureExtent),
	}
}

// An extentWire is a box in degrees of WGS 84. Its numbers are null where there
// is no geometry to lie in it.
type extentWire struct {
	MinLon *float64 `json:"minLon"`
	MinLat *float64 `json:"minLat"`
	MaxLon *float64 `json:"maxLon"`
	MaxLat *float64 `json:"maxLat"`
}

// A wrapped is an extent within an object.
type wrapped struct {
	Extent *extentWire `json:"extent"`
}

func newExtent(e *feature.Extent) extentWire {
	if e == nil {
		return extentWire{}
	}
	return extentWire{MinLon: &e.MinLon, MinLat: &e.MinLat, MaxLon: &e.MaxLon, MaxLat: &e.MaxLat}
}

// layerExtent tells where a layer lies.
func layerExtent(l *lens, c *call) (reply, error) {
	n, err := l.place(c)
	if err != nil {
		return reply{}, err
	}
	e, err := l.Features.Extent(c.Context(), c.actor, n, feature.Query{})
	if err != nil {
		return reply{}, err
	}
	return ok(wrapped{new(newExtent(e))}), nil
}

// featuresExtent tells where the features that the query chooses lie.
func featuresExtent(l *lens, c *call) (reply, error) {
	layer, err := l.layer(c)
	if err != nil {
		return reply{}, err
	}
	q, err := c.selection(layer)
	if err != nil {
		return reply{}, err
	}
	q.Order, q.Offset, q.Limit = nil, 0, 0
	e, err := l.Features.Extent(c.Context(), c.actor, layer.Node, q.Query)
	if err != nil {
		return reply{}, err
	}
	return ok(newExtent(e)), nil
}

// featureExtent tells where one feature lies.
func featureExtent(l *lens, c *call) (reply, error) {
	layer, id, err := l.feature(c)
	if err != nil {
		return reply{}, err
	}
	if _, err := l.Features.Feature(c.Context(), c.actor, layer.Node, id, feature.Query{Fields: []string{}}); err != nil {
		return reply{}, err
	}
	e, err := l.Features.Extent(c.Context(), c.actor, layer.Node, feature.Query{IDs: []int64{id}})
	if err != nil {
		return reply{}, err
	}
	if e == nil {
		return ok(wrapped{}), nil
	}
	return ok(wrapped{new(newExtent(e))}), nil
}
