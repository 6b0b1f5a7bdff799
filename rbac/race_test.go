//go:build race

package rbac_test

// raced is whether the race detector slows everything down.
const raced = true
