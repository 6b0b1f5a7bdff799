package storagetest

import "testing"

// Unit tests the unit of work.
func Unit(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	_ = open
}
