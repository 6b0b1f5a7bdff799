package rbac

import (
	"context"
	"fmt"
)

// A Holder is somebody who has something on a node.
type Holder struct {
	Principal Principal
	Kind      Kind
	// Set is all that he has there.
	Set Set

	subject *subject
}

// Named reports whether a rule for a principal is one for the holder: for
// himself, for a group that he is in, directly or through others, or for
// everyone and who has said who he is.
func (h Holder) Named(p Principal) bool { return h.subject != nil && h.subject.named(p) }

// Holders returns who has anything on a node, and all of it: exactly what
// [Engine.Effective] reports, of all principals in one moment and in ascending
// order. It returns ErrNoNode when the node does not exist, and ErrInvalid for a
// limit below 0. It answers from memory, and loads the workspace when it must.
func (e *Engine) Holders(ctx context.Context, n Node, f PrincipalFilter, c Consistency) ([]Holder, error) {
	if f.Limit < 0 {
		return nil, fmt.Errorf("%w: limit: %d, expected no negative number", ErrInvalid, f.Limit)
	}
	v, at, err := e.behold(ctx, n, c)
	if err != nil {
		return nil, err
	}
	var list []Holder
	for p, kind := range v.summit.directory.chosen(f) {
		h := Holder{Principal: p, Kind: kind, subject: v.summit.directory.subject(p)}
		set, a := v.effective(h.subject, v.ground, at)
		if a == unsure {
			if set, err = e.cold(ctx, p, n, c); err != nil {
				return nil, err
			}
		}
		if h.Set = set; set.mask != 0 {
			if list = append(list, h); len(list) == f.Limit {
				break
			}
		}
	}
	return list, nil
}
