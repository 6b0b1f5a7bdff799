// Package peers runs other authorization engines on the world of
// internal/workload: the same nodes, rules and questions that Bailiwick is
// measured on, in the same run. It is a module of its own, so that the SDK
// depends on none of them, and all of it is in the tests.
//
// `make bench-peers` in the folder above prints one table. `go test -bench
// Check/casbin` here runs one benchmark, `go test` compares every peer's answers
// with the expected ones on a small world. PEERS_SCALE is the number of levels
// of the tree, 6 (111,111 nodes) for benchmarks when unset, and PEERS a regular
// expression of the peers to run.
//
// No peer is timed before it has given the expected answer to every question.
// docs/performance.md says how each was modelled and what it cannot express.
package peers
