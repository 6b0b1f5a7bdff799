package ngw

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/peterstace/simplefeatures/geom"

	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

// The names of extensions: what a feature has besides geometry and fields.
const (
	extensionDescription = "description"
	extensionAttachment  = "attachment"
)

// safeInteger is the largest integer that a program in JavaScript reads as it
// is.
const safeInteger = 1<<53 - 1

// A dump says how features are written.
type dump struct {
	layer feature.Layer
	// fields are those that are wanted, in the order of the layer.
	fields []feature.Field
	label  bool
	geom   bool
	// geojson, iso and bigint are the formats of geometries, dates and numbers
	// of 64 bits.
	geojson, iso bool
	bigint       string
	// extensions is whether any are wanted, and the others which.
	extensions, description, attachment bool
}

// dump reads how features are to be written.
func (c *call) dump(layer feature.Layer) (dump, error) {
	d := dump{layer: layer, fields: layer.Fields, extensions: true, description: true, attachment: true}
	var err error
	if d.label, err = c.boolean("label", false); err != nil {
		return dump{}, err
	}
	if d.geom, err = c.boolean("geom", true); err != nil {
		return dump{}, err
	}
	if d.geojson, err = c.geojson(); err != nil {
		return dump{}, err
	}
	if d.iso, err = c.iso(); err != nil {
		return dump{}, err
	}
	d.bigint = c.last("bigint_format")
	if !slices.Contains([]string{"", "compat", "string", "number"}, d.bigint) {
		return dump{}, queryError("bigint_format", "compat, string or number")
	}
	if c.query.Has("extensions") {
		d.extensions = c.last("extensions") != ""
		wanted := strings.Split(c.last("extensions"), ",")
		d.description = slices.Contains(wanted, extensionDescription)
		d.attachment = slices.Contains(wanted, extensionAttachment)
	}
	if !c.query.Has("fields") {
		return d, nil
	}
	d.fields = nil
	wanted := strings.Split(c.last("fields"), ",")
	for _, name := range wanted {
		if name != "" && !slices.ContainsFunc(layer.Fields, named(name)) {
			return dump{}, queryError("fields", "keynames of fields with commas between them")
		}
	}
	for _, f := range layer.Fields {
		if slices.Contains(wanted, f.Keyname) {
			d.fields = append(d.fields, f)
		}
	}
	return d, nil
}

// named finds a field by its keyname.
func named(keyname string) func(feature.Field) bool {
	return func(f feature.Field) bool { return f.Keyname == keyname }
}

// geojson reports whether geometries are GeoJSON in place of WKT.
func (c *call) geojson() (bool, error) {
	switch strings.ToLower(c.last("geom_format")) {
	case "", "wkt":
		return false, nil
	case "geojson":
		return true, nil
	}
	return false, queryError("geom_format", "wkt or geojson")
}

// iso reports whether dates are texts in place of objects.
func (c *call) iso() (bool, error) {
	switch strings.ToLower(c.last("dt_format")) {
	case "", "obj":
		return false, nil
	case "iso":
		return true, nil
	}
	return false, queryError("dt_format", "obj or iso")
}

// srs reads the EPSG code of geometries, 0 for the layer's.
func (c *call) srs(name string) (int, error) {
	switch c.last(name) {
	case "":
		return 0, nil
	case "3857":
		return 3857, nil
	case "4326":
		return 4326, nil
	}
	return 0, queryError(name, "3857 or 4326")
}

// wants has a query read what is to be written, and nothing else.
func (d dump) wants(q *feature.Query) {
	q.Geometry = d.geom
	q.Descriptions = d.description
	q.Attachments = d.attachment
	q.Fields = []string{}
	for _, f := range d.layer.Fields {
		if slices.ContainsFunc(d.fields, named(f.Keyname)) || d.label && f.Label {
			q.Fields = append(q.Fields, f.Keyname)
		}
	}
}

// append writes a feature behind what there is.
func (d dump) append(dst []byte, f feature.Feature) ([]byte, error) {
	var err error
	dst = append(dst, `{"id":`...)
	dst = strconv.AppendInt(dst, f.ID, 10)
	if d.label {
		dst = append(dst, `,"label":`...)
		dst = appendText(dst, labelOf(d.layer, f))
	}
	if d.geom {
		dst = append(dst, `,"geom":`...)
		if dst, err = d.appendGeometry(dst, f.Geometry); err != nil {
			return nil, err
		}
	}
	dst = append(dst, `,"fields":{`...)
	first := true
	for _, field := range d.fields {
		value, known := f.Fields[field.Keyname]
		if !known {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendText(dst, field.Keyname), ':')
		if dst, err = d.appendValue(dst, field.Type, value); err != nil {
			return nil, err
		}
	}
	if !d.extensions {
		return append(dst, "}}"...), nil
	}
	dst = append(dst, `},"extensions":{`...)
	if d.attachment {
		dst = append(dst, `"attachment":`...)
		if dst, err = appendAttachments(dst, f.Attachments); err != nil {
			return nil, err
		}
	}
	if d.description {
		if d.attachment {
			dst = append(dst, ',')
		}
		dst = append(dst, `"description":`...)
		if f.Description == nil {
			dst = append(dst, "null"...)
		} else {
			dst = appendText(dst, *f.Description)
		}
	}
	return append(dst, "}}"...), nil
}

func (d dump) appendGeometry(dst []byte, g *geom.Geometry) ([]byte, error) {
	switch {
	case g == nil:
		return append(dst, "null"...), nil
	case !d.geojson:
		return appendText(dst, wktOf(*g)), nil
	}
	text, err := g.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("ngw: geometry as GeoJSON: %w", err)
	}
	return append(dst, text...), nil
}

func (d dump) appendValue(dst []byte, kind feature.FieldType, value any) ([]byte, error) {
	switch value := value.(type) {
	case nil:
		return append(dst, "null"...), nil
	case int64:
		quoted := kind == feature.BigInt && (d.bigint == "string" ||
			d.bigint != "number" && (value > safeInteger || value < -safeInteger))
		if quoted {
			return append(strconv.AppendInt(append(dst, '"'), value, 10), '"'), nil
		}
		return strconv.AppendInt(dst, value, 10), nil
	case string:
		return appendText(dst, value), nil
	case bool:
		return strconv.AppendBool(dst, value), nil
	case feature.Moment:
		if d.iso {
			return appendText(dst, isoOf(kind, value)), nil
		}
		return appendMoment(dst, kind, value), nil
	case json.RawMessage:
		return append(dst, value...), nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("ngw: a value of type %s: %w", kind, err)
	}
	return append(dst, text...), nil
}

// appendText writes a string of JSON. What is no UTF-8 is made so.
func appendText(dst []byte, text string) []byte {
	quoted, err := jsontext.AppendQuote(dst, strings.ToValidUTF8(text, "\uFFFD"))
	if err != nil {
		return append(dst, `""`...)
	}
	return quoted
}

// appendMoment writes a date as an object.
func appendMoment(dst []byte, kind feature.FieldType, m feature.Moment) []byte {
	if kind != feature.Time {
		dst = fmt.Appendf(dst, `{"year":%d,"month":%d,"day":%d`, m.Year, m.Month, m.Day)
		if kind == feature.Date {
			return append(dst, '}')
		}
		return fmt.Appendf(dst, `,"hour":%d,"minute":%d,"second":%d}`, m.Hour, m.Minute, m.Second)
	}
	return fmt.Appendf(dst, `{"hour":%d,"minute":%d,"second":%d}`, m.Hour, m.Minute, m.Second)
}

// isoOf writes a date as a text.
func isoOf(kind feature.FieldType, m feature.Moment) string {
	day := fmt.Sprintf("%04d-%02d-%02d", m.Year, m.Month, m.Day)
	if kind == feature.Date {
		return day
	}
	clock := fmt.Sprintf("%02d:%02d:%02d", m.Hour, m.Minute, m.Second)
	if m.Microsecond != 0 {
		clock += fmt.Sprintf(".%06d", m.Microsecond)
	}
	if kind == feature.Time {
		return clock
	}
	return day + "T" + clock
}

// labelOf is what a feature is called: the value of the field for that, or the
// number.
func labelOf(layer feature.Layer, f feature.Feature) string {
	for _, field := range layer.Fields {
		if !field.Label {
			continue
		}
		switch value := f.Fields[field.Keyname].(type) {
		case nil:
		case feature.Moment:
			return isoOf(field.Type, value)
		case json.RawMessage:
			return string(value)
		default:
			return fmt.Sprint(value)
		}
	}
	return "#" + strconv.FormatInt(f.ID, 10)
}

// wktOf writes a geometry as NextGIS Web does: a space before the first
// bracket.
func wktOf(g geom.Geometry) string {
	text := g.AsText()
	if at := strings.IndexByte(text, '('); at > 0 && text[at-1] != ' ' {
		return text[:at] + " " + text[at:]
	}
	return text
}
