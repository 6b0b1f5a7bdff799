//go:build !linux

package provision

import "os"

// born returns nil: there are no such files here.
func born(string) *os.File { return nil }
