package ngw

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// An optional member of an object knows whether it was there at all: what was not
// is left as it is.
type optional[T any] struct {
	value T
	given bool
}

// UnmarshalJSONFrom reads the value.
func (o *optional[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	o.given = true
	return json.UnmarshalDecode(d, &o.value)
}

// or returns what a pointer points to, or something else for none.
func or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
