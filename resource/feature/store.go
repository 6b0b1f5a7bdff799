package feature

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A Store keeps layers and their features. Methods that change something are
// called inside a unit of work.
type Store interface {
	// Tx runs fn in a unit of work that everything called with its context takes
	// part in.
	Tx(ctx context.Context, fn func(ctx context.Context) error) error
	// Layer returns a layer. It returns ErrNoLayer.
	Layer(ctx context.Context, n rbac.Node) (Stored, error)
	// Lock is like Layer, and keeps everybody else from changing the layer and
	// its features until the unit of work ends.
	Lock(ctx context.Context, n rbac.Node) (Stored, error)
	// Make makes room for the features of a layer in a workspace and returns it
	// with an ID for each of its fields, from 1 on in their order.
	Make(ctx context.Context, in workspace.ID, l Layer) (Layer, error)
	// Alter stores other fields of a layer, which it locks. Those with an ID
	// replace what had it, those without are new, have no values, and get an ID
	// that no field of the layer ever had; those that are missing are dropped
	// with their values. Values of a field whose type changes are kept where
	// integers, or truths, become other numbers, integers texts, and days the
	// beginning of a day, and are dropped otherwise. It returns the layer with
	// all IDs, or ErrNoLayer.
	Alter(ctx context.Context, l Layer) (Layer, error)
	// Drop deletes layers with their features. What is none is left alone.
	Drop(ctx context.Context, in workspace.ID, nodes []rbac.Node) error
	// Volume returns how many bytes the geometries and texts of layers are.
	Volume(ctx context.Context, in workspace.ID, nodes []rbac.Node) (int64, error)
	// Rows calls yield for each feature that is chosen, in order; it may call
	// whatever it likes. Rows ends with the first error of yield and returns it.
	Rows(ctx context.Context, l Stored, c Choice, yield func(Row) error) error
	// Count returns how many features are chosen, whatever After, Offset and
	// Limit, and Bounds what box all of their geometries lie in, nil where there
	// is no geometry.
	Count(ctx context.Context, l Stored, c Choice) (int64, error)
	Bounds(ctx context.Context, l Stored, c Choice) (*Box, error)
	// Add stores new features and returns the ID of the first: the others follow
	// it, and no feature of the layer ever had one of these IDs.
	Add(ctx context.Context, l Stored, list []Change) (int64, error)
	// Change changes a feature. It returns ErrNotFound.
	Change(ctx context.Context, l Stored, c Change) error
	// Remove deletes features, all when ids is nil, and returns how many there
	// were.
	Remove(ctx context.Context, l Stored, ids []int64) (int64, error)
	Attachments
}

// Stored is a layer as the store has it.
type Stored struct {
	Layer

	Workspace    workspace.ID
	Organization workspace.OrganizationID
	// Features is how many there are, and Last the highest ID that one ever had.
	Features, Last int64
}

// A Box is what a geometry lies in, in the SRS of its layer.
type Box struct{ MinX, MinY, MaxX, MaxY float64 }

// A Choice chooses features of a layer; a Query becomes one. Its conditions are
// known to fit the fields, and their values are those that are kept: int64,
// float64, string and bool, days since 1970 for dates, microseconds of the day
// and since 1970 for the other moments.
type Choice struct {
	// IDs chooses some, all when nil.
	IDs   []int64
	Where *Expression
	// Box keeps features whose box has a point in common with it. Of these,
	// Inside keeps those that lie within it, or those that do not.
	Box    *Box
	Inside *bool
	// Order is by keyname or "id". Null comes before everything, texts compare
	// byte by byte, and equal ones come in order of ID, turned round where the
	// last order is.
	Order         []paging.Order
	After         int64
	Offset, Limit int
	// Ahead is how many rows will most likely be taken, 0 for unknown.
	Ahead int

	// Fields are those wanted, in the order of [Row.Values].
	Fields                 []Field
	Geometry, Descriptions bool
}

// A Row is a feature as it is kept, as far as it was asked for.
type Row struct {
	ID          int64
	Geometry    []byte // WKB, nil for none
	Values      []any
	Description *string
}

// A Change is what becomes of a feature. What is not set stays as it is, or is
// null in a new one.
type Change struct {
	ID             int64
	SetGeometry    bool
	Geometry       []byte
	Box            *Box
	Values         map[int64]any // by the ID of the field
	SetDescription bool
	Description    *string
}
