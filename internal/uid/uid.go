// Package uid makes and checks identifiers: UUIDs of version 7, in lower case
// and with hyphens.
package uid

import "github.com/google/uuid"

// New returns a new identifier.
func New() string {
	id, err := uuid.NewV7()
	if err != nil {
		// Without randomness no identifier is safe to give out.
		panic("uid: " + err.Error())
	}
	return id.String()
}

// Valid reports whether s is a UUID in the form that New returns.
func Valid(s string) bool {
	id, err := uuid.Parse(s)
	return err == nil && id.String() == s
}
