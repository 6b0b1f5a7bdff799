//go:build race

package transport_test

// raced is whether the race detector slows everything down.
const raced = true
