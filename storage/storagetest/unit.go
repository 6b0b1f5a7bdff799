package storagetest

import "testing"

func testUnit(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	_ = open
}
