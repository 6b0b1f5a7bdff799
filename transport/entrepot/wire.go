package entrepot

import (
	"encoding/json"
	"errors"
	"net/netip"
	"reflect"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// stamp is a point in time as this API writes it: UTC with microseconds. Its
// zero value is left out by "omitzero".
type stamp struct{ time.Time }

// MarshalJSON writes the six digits even where they are zero.
func (s stamp) MarshalJSON() ([]byte, error) {
	return []byte(s.UTC().Format(`"2006-01-02T15:04:05.000000Z"`)), nil
}

// IsZero makes "omitzero" leave it out.
func (s stamp) IsZero() bool { return s.Time.IsZero() }

// date is a point in time as clients write it, told apart from a null and from
// a key that is not there. What is malformed is remembered, so that the refusal
// can name the field.
type date struct {
	given bool
	bad   bool
	at    time.Time // zero for null
}

// UnmarshalJSON never fails.
func (d *date) UnmarshalJSON(text []byte) error {
	d.given = true
	if string(text) == "null" {
		return nil
	}
	var written string
	err := json.Unmarshal(text, &written)
	if err == nil {
		d.at, err = parseTime(written)
	}
	d.bad = err != nil
	return nil
}

// check refuses a malformed date.
func (d *date) check(field string) error {
	if d.bad {
		return invalid(field, expectedDate)
	}
	return nil
}

var errTime = errors.New("entrepot: no date")

// parseTime reads what clients send: with Z, an offset or no zone (which means
// UTC), with or without a fraction, or a day alone (spec/entrepot.md §1).
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			// Years beyond these have no place in the databases, nor a reason.
			if at.Year() < 1900 || at.Year() > 9999 {
				return time.Time{}, errTime
			}
			return at.UTC().Truncate(time.Microsecond), nil
		}
	}
	return time.Time{}, errTime
}

// reference is an object that is named by its identifier alone, or with a name.
type reference struct {
	Name string `json:"name,omitzero"`
	ID   string `json:"_id"`
}

// person is a user as others see him.
type person struct {
	Email     string `json:"email,omitzero"`
	ID        string `json:"_id"`
	LastName  string `json:"last_name"`
	FirstName string `json:"first_name"`
}

func personOf(u workspace.User) person {
	return person{Email: u.Email, ID: string(u.ID), LastName: u.LastName, FirstName: u.FirstName}
}

// merge returns which of two spellings of a key was used, and refuses two that
// differ.
func merge[T any](field string, today, once *T) (*T, error) {
	switch {
	case once == nil:
		return today, nil
	case today == nil || reflect.DeepEqual(today, once):
		return once, nil
	}
	return nil, invalid(field, "one spelling")
}

// rightsOf translates rights that a client sent.
func rightsOf(field string, names []string) ([]rbac.RoleName, error) {
	known := workspace.Rights()
	list := make([]rbac.RoleName, 0, len(names))
	for _, name := range names {
		found := false
		for _, right := range known {
			found = found || string(right) == name
		}
		if !found {
			return nil, invalid(field, "a list of rights")
		}
		list = append(list, rbac.RoleName(name))
	}
	return list, nil
}

// rightNames never returns nil, since clients want an array.
func rightNames(rights []rbac.RoleName) []string {
	names := make([]string, 0, len(rights))
	for _, r := range rights {
		names = append(names, string(r))
	}
	return names
}

// set changes a value if something was sent.
func set[T any](target, sent *T) {
	if sent != nil {
		*target = *sent
	}
}

// convert translates identifiers.
func convert[From, To ~string](ids []From) []To {
	list := make([]To, 0, len(ids))
	for _, id := range ids {
		list = append(list, To(id))
	}
	return list
}

// networkText writes a single address without the length of its prefix.
func networkText(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}
