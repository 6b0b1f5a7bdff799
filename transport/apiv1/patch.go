package apiv1

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/bailiwick-sdk/bailiwick/quota"
)

// opt is a field of a merge patch (RFC 7396): one that is not there leaves what
// is, and null empties.
type opt[T any] struct {
	given bool
	null  bool
	value T
}

// UnmarshalJSONFrom reads the field, as strictly as all else is read.
func (o *opt[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	o.given = true
	if d.PeekKind() == jsontext.KindNull {
		o.null = true
		return d.SkipValue() //nolint:wrapcheck // told with its field by whoever decodes
	}
	return json.UnmarshalDecode(d, &o.value) //nolint:wrapcheck // as above
}

// set changes a value if something was sent.
func (o opt[T]) set(target *T) {
	if o.given {
		*target = o.value
	}
}

// setLimit is set for a limit, of which null is none.
func setLimit(o opt[int64], target *int64) {
	o.set(target)
	if o.null {
		*target = quota.NoLimit
	}
}

// limitOf is a limit as it is shown: null for none.
func limitOf(n int64) *int64 {
	if n == quota.NoLimit {
		return nil
	}
	return &n
}
