//go:build !linux

package pgtest

// memory returns a folder that is kept in memory: none that is known.
func memory() string { return "" }
