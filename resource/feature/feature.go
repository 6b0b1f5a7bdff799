// Package feature keeps what vector layers hold: features with a geometry,
// typed fields, a description and attachments.
//
// A layer is a resource of a class that has the members "vector_layer" (srs and
// geometry_type) and "feature_layer" (fields), see [Layer]. [Service] is its
// [resource.Keeper]: making the resource makes room for features, changing its
// fields changes them, deleting it deletes them and what is attached.
//
// Reading needs resource.ReadData on the layer, changing resource.WriteData.
// The bytes of attachments are kept by [upload.Service], from which they come, and counted in the workspace's share of
// storage for annexes, in bytes; a workspace without one is not limited. Nothing
// is trusted of what is uploaded: its size is counted, its type looked at, its
// name never a path. Start with [New].
package feature

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Errors that the package returns, besides those of package resource.
var (
	// ErrNoLayer is returned for a resource that holds no features.
	ErrNoLayer = errors.New("feature: not a layer of features")
	// ErrNotFound is returned for a feature that does not exist.
	ErrNotFound = errors.New("feature: not found")
	// ErrNoAttachment is returned for an attachment that does not exist.
	ErrNoAttachment = errors.New("feature: no such attachment")
	// ErrNoImage is returned for a thumbnail of what is none.
	ErrNoImage = errors.New("feature: not an image")
	// ErrTooLarge is returned for what is larger than is taken.
	ErrTooLarge = errors.New("feature: too large")
)

// A FieldType is what the values of a field are.
type FieldType string

// NoGeometry is the geometry of a layer without one, a table.
const NoGeometry = "NONE"

// The types of fields, and what their values are in [Feature.Fields].
const (
	Integer  FieldType = "INTEGER"  // int64, of 32 bits
	BigInt   FieldType = "BIGINT"   // int64
	Real     FieldType = "REAL"     // float64, finite
	String   FieldType = "STRING"   // string
	Date     FieldType = "DATE"     // Moment with a day
	Time     FieldType = "TIME"     // Moment with a time of day
	DateTime FieldType = "DATETIME" // Moment with both
	Boolean  FieldType = "BOOLEAN"  // bool
	JSON     FieldType = "JSON"     // json.RawMessage
)

// A Moment is a date, a time of day, or both, without a zone, as fields keep it.
type Moment struct {
	Year, Month, Day     int
	Hour, Minute, Second int
	Microsecond          int
}

// A Field is a column of a layer.
type Field struct {
	ID          int64
	Keyname     string // unique in the layer
	DisplayName string // unique in the layer
	Type        FieldType
	// Label is set for the field that names a feature, of which there is one at
	// most.
	Label bool
	// Grid and Search say whether tables show the field and texts are looked
	// for in it.
	Grid, Search bool
	// Required fields have a value in every feature.
	Required bool
	// Lookup is a lookup table, or 0.
	Lookup rbac.Node
}

// A Layer is a resource that holds features.
type Layer struct {
	Node rbac.Node
	// SRS is 3857 or 4326: the EPSG code of what geometries are kept in.
	SRS int
	// Geometry is POINT, LINESTRING, POLYGON, with MULTI before it or Z behind
	// it, or NONE for a table.
	Geometry string
	Fields   []Field
}

// A Feature is a row of a layer.
type Feature struct {
	ID int64
	// Geometry is in the layer's SRS, or in that asked for; empty for none.
	Geometry *geom.Geometry
	// Fields are values by keyname; a missing one was not asked for, nil is null.
	Fields map[string]any
	// Description is HTML without what is dangerous, nil for none.
	Description *string
	Attachments []Attachment
}

// A Draft is what a feature is to become. What is not set stays as it is, and in
// a new feature is null.
type Draft struct {
	// ID is 0 for a new feature.
	ID int64
	// Delete has it deleted; nothing else counts then.
	Delete bool
	// SetGeometry says that Geometry counts, nil for none; SRS is that of it, or
	// 0 for the layer's.
	SetGeometry bool
	Geometry    *geom.Geometry
	SRS         int
	// Fields are values by keyname: what [FieldType] says, or what JSON has for
	// it (a float64 or json.Number, a string in ISO 8601).
	Fields map[string]any
	// SetDescription says that Description counts.
	SetDescription bool
	Description    *string
}

// An Operator compares a field with a value.
type Operator string

// The operators. Like and ILike know % and _; In and NotIn take a []any; IsNull
// takes a bool.
const (
	Eq         Operator = "eq"
	Ne         Operator = "ne"
	Lt         Operator = "lt"
	Le         Operator = "le"
	Gt         Operator = "gt"
	Ge         Operator = "ge"
	Like       Operator = "like"
	ILike      Operator = "ilike"
	In         Operator = "in"
	NotIn      Operator = "notin"
	IsNull     Operator = "isnull"
	StartsWith Operator = "startswith"
)

// A Condition is one on a field, or on the ID where Field is "id".
type Condition struct {
	Field string
	Op    Operator
	Value any
}

// An Expression is a condition, or a combination of expressions.
type Expression struct {
	Condition *Condition
	// All and Any combine: one of Condition, All and Any is set.
	All, Any []Expression
}

// A Query chooses features. Its zero value chooses all, in order of ID.
type Query struct {
	IDs        []int64
	Conditions []Condition
	Filter     *Expression
	// Like and ILike are looked for, with % around, in all fields that are texts
	// and are searched.
	Like, ILike string
	// Intersects keeps features whose geometry has a point in common with it;
	// SRS is that of it, or 0 for the layer's.
	Intersects    *geom.Geometry
	IntersectsSRS int
	Order         []paging.Order // by keyname, or "id"
	Offset, Limit int
	After         int64 // an ID, where there is no Order

	// Fields are what is wanted, all when nil. Geometry, Descriptions and
	// Attachments are read when they are wanted; OutSRS is what geometries are
	// wanted in, the layer's when 0.
	Fields       []string
	Geometry     bool
	Descriptions bool
	Attachments  bool
	OutSRS       int
}

// An Extent is a box in degrees of WGS 84.
type Extent struct{ MinLon, MinLat, MaxLon, MaxLat float64 }

// An Attachment is a file that belongs to a feature.
type Attachment struct {
	ID          int64
	Feature     int64
	Name        string // 1 to 255 characters without a slash
	Keyname     string // unique in the feature; empty for none
	Description *string
	MediaType   string // what it was looked at to be
	Size        int64  // in bytes
	Image       bool   // JPEG, PNG, GIF or WebP that can be drawn small
	Meta        json.RawMessage
	Created     time.Time
}

// Resources are what the service needs of the tree; [resource.Service] has them.
type Resources interface {
	Resource(ctx context.Context, actor workspace.Actor, n rbac.Node) (resource.Resource, error)
}

// Options are what a [Service] can be told; the zero value works.
type Options struct {
	// Now tells the time, time.Now when nil.
	Now func() time.Time
	// MaxAttachment bounds one attachment in bytes, 64 MiB when 0.
	MaxAttachment int64
}

// A BatchError says which draft of several was wrong; it wraps why.
type BatchError struct {
	Index int
	Err   error
}

// Error tells which, and why.
func (e *BatchError) Error() string { return fmt.Sprintf("feature: [%d]: %v", e.Index, e.Err) }

// Unwrap returns why.
func (e *BatchError) Unwrap() error { return e.Err }
