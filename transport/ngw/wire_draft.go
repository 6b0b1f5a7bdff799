package ngw

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/peterstace/simplefeatures/geom"

	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

// A featureWire is a feature as clients send it. Members that nobody knows are
// left alone.
type featureWire struct {
	ID         *int64                    `json:"id"`
	Delete     bool                      `json:"delete"`
	Geom       jsontext.Value            `json:"geom"`
	Fields     map[string]jsontext.Value `json:"fields"`
	Extensions map[string]jsontext.Value `json:"extensions"`
}

// formats say how features are sent.
type formats struct {
	// srs is the EPSG code of geometries, 0 for the layer's.
	srs int
	// null is whether a geometry of null takes that away which a feature has.
	// Clients send it along otherwise, having read features without geometries.
	null bool
}

// draft reads a feature. At is where in the body it stands, with a dot behind.
func (w featureWire) draft(layer feature.Layer, in formats, at string) (feature.Draft, error) {
	d := feature.Draft{SRS: in.srs}
	if len(w.Geom) > 0 {
		g, err := geometryIn(w.Geom)
		if err != nil {
			return feature.Draft{}, bodyError(at+"geom", "a geometry as WKT or GeoJSON")
		}
		d.SetGeometry, d.Geometry = g != nil || in.null, g
	}
	if len(w.Fields) > 0 {
		d.Fields = make(map[string]any, len(w.Fields))
	}
	for name, text := range w.Fields {
		at := at + "fields." + name
		i := slices.IndexFunc(layer.Fields, named(name))
		if i < 0 {
			return feature.Draft{}, bodyError(at, "a field of the layer")
		}
		value, err := valueOf(layer.Fields[i].Type, text)
		if err != nil {
			return feature.Draft{}, bodyError(at, err.Error())
		}
		d.Fields[name] = value
	}
	// Of extensions, others than the description are changed in places of their
	// own, and GDAL makes some of whatever it has found in a file.
	if text, ok := w.Extensions[extensionDescription]; ok {
		switch text.Kind() {
		case 'n':
			d.SetDescription = true
		case '"':
			d.SetDescription, d.Description = true, new(textOf(text))
		default:
			return feature.Draft{}, bodyError(at+"extensions.description", "a text or null")
		}
	}
	return d, nil
}

func geometryIn(text jsontext.Value) (*geom.Geometry, error) {
	var g geom.Geometry
	var err error
	switch text.Kind() {
	case 'n':
		return nil, nil //nolint:nilnil // no geometry is one that can be
	case '"':
		wkt := strings.TrimSpace(textOf(text))
		if wkt == "" {
			return nil, nil //nolint:nilnil // as above
		}
		g, err = geometryOf(wkt)
	default:
		g, err = geom.UnmarshalGeoJSON(text, geom.NoValidate{})
	}
	if err != nil {
		return nil, err //nolint:wrapcheck // told as a whole
	}
	return &g, nil
}

// textOf returns what a string of JSON says.
func textOf(text jsontext.Value) string {
	said, err := jsontext.AppendUnquote(nil, text)
	if err != nil {
		return ""
	}
	return string(said)
}

// An expectation is what was expected of a value.
type expectation string

func (e expectation) Error() string { return string(e) }

// valueOf reads a value of a field. Dates are objects or texts, whatever was
// asked for; numbers may be texts, since those of 64 bits are written so.
func valueOf(kind feature.FieldType, text jsontext.Value) (any, error) {
	if text.Kind() == 'n' {
		return nil, nil //nolint:nilnil // null is a value
	}
	said := string(text)
	if text.Kind() == '"' {
		said = strings.TrimSpace(textOf(text))
	}
	scalar := text.Kind() == '"' || text.Kind() == '0'
	switch kind {
	case feature.Integer, feature.BigInt:
		if n, ok := integerOf(said); scalar && ok {
			return n, nil
		}
		return nil, expectation("a whole number")
	case feature.Real:
		if x, err := strconv.ParseFloat(said, 64); scalar && err == nil && x-x == 0 {
			return x, nil
		}
		return nil, expectation("a number")
	case feature.String:
		if text.Kind() == '"' {
			return textOf(text), nil
		}
		return nil, expectation("a text")
	case feature.Boolean:
		switch strings.ToLower(said) {
		case "true", "1":
			return true, nil
		case "false", "0":
			return false, nil
		}
		return nil, expectation("true or false")
	case feature.Date, feature.Time, feature.DateTime:
		return momentOf(kind, text)
	case feature.JSON:
		return json.RawMessage(slices.Clone(text)), nil
	}
	return nil, expectation("a value of a type that is known")
}

// integerOf reads a whole number, which may be written as 5.0 or 5e0.
func integerOf(text string) (int64, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || x > safeInteger || x < -safeInteger || x != float64(int64(x)) {
		return 0, false
	}
	return int64(x), true
}

// A momentWire is a date as an object. GDAL sends all six members, whatever the
// field is.
type momentWire struct {
	Year   json.Number `json:"year"`
	Month  json.Number `json:"month"`
	Day    json.Number `json:"day"`
	Hour   json.Number `json:"hour"`
	Minute json.Number `json:"minute"`
	Second json.Number `json:"second"`
}

func momentOf(kind feature.FieldType, text jsontext.Value) (any, error) {
	expected := map[feature.FieldType]expectation{
		feature.Date: "year, month and day, or 2006-01-02", feature.Time: "hour, minute and second, or 15:04:05",
		feature.DateTime: "year, month, day, hour, minute and second, or 2006-01-02T15:04:05",
	}[kind]
	if text.Kind() == '"' {
		if m, ok := momentIn(kind, strings.TrimSpace(textOf(text))); ok {
			return m, nil
		}
		return nil, expected
	}
	var wire momentWire
	if text.Kind() != '{' || json.Unmarshal(text, &wire) != nil {
		return nil, expected
	}
	var m feature.Moment
	whole := true
	read := func(part json.Number, into *int) {
		n, ok := integerOf(string(part))
		whole = whole && ok && n == int64(int32(n))
		*into = int(n)
	}
	if kind != feature.Time {
		read(wire.Year, &m.Year)
		read(wire.Month, &m.Month)
		read(wire.Day, &m.Day)
	}
	if kind != feature.Date {
		read(wire.Hour, &m.Hour)
		read(wire.Minute, &m.Minute)
		read(wire.Second, &m.Second)
	}
	if !whole {
		return nil, expected
	}
	return m, nil
}

// momentIn reads a date as a text, as ISO 8601 or OGR write it. A zone other
// than UTC is refused, since fields have none.
func momentIn(kind feature.FieldType, text string) (feature.Moment, bool) {
	text = strings.ReplaceAll(text, "/", "-")
	for _, zone := range []string{"Z", "+00:00", "+00"} {
		text = strings.TrimSuffix(text, zone)
	}
	layouts := []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly}
	switch kind {
	case feature.Date:
		layouts = []string{time.DateOnly}
	case feature.Time:
		layouts = []string{time.TimeOnly, "15:04"}
	}
	for _, layout := range layouts {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		m := feature.Moment{Hour: t.Hour(), Minute: t.Minute(), Second: t.Second(), Microsecond: t.Nanosecond() / 1000}
		if kind != feature.Time {
			m.Year, m.Month, m.Day = t.Year(), int(t.Month()), t.Day()
		}
		return m, true
	}
	return feature.Moment{}, false
}

// geometryOf reads WKT, with the Z of three dimensions or without, as OGR wrote
// it before ISO did.
func geometryOf(wkt string) (geom.Geometry, error) {
	g, err := geom.UnmarshalWKT(wkt, geom.NoValidate{})
	if err == nil {
		return g, nil
	}
	if open := strings.IndexByte(wkt, '('); open > 0 && !strings.ContainsAny(strings.TrimSpace(wkt[:open]), " ") {
		coordinates := strings.TrimLeft(wkt[open:], "( ")
		if end := strings.IndexAny(coordinates, ",)"); end > 0 && len(strings.Fields(coordinates[:end])) == 3 {
			return geom.UnmarshalWKT(wkt[:open]+" Z "+wkt[open:], geom.NoValidate{}) //nolint:wrapcheck // told as a whole
		}
	}
	return geom.Geometry{}, err //nolint:wrapcheck // told as a whole
}
