// Package bench measures what a caller waits for, beside the least that it could
// be in the same run on the same machine: the ratio says what Bailiwick costs,
// the figure alone says what the machine is. Each benchmark has made sure that
// what it measures answers rightly, and what it measures beside it, too.
//
// What asks a database has /sqlite and /postgres, both durable as in production
// where something is written (every commit waits for the disk), and in each the
// thing itself and /raw, the bare statements through the same driver. What goes
// over HTTP has /raw or /http, a bare handler under gorilla/mux that decodes the
// same and answers the same bytes. What is decided in memory has /raw as well,
// arrays and integers that were folded for good and know no change.
//
// The world is that of internal/workload: 111,111 nodes, 1,000 users, a rule on
// one node of twenty. A machine that others use too is slower by the clock than
// by its processor; cpu-ns/op tells how much of that one operation took, by this
// process alone. Building and changing what is in memory without a database is
// measured in package rbac.
//
// It is all in the tests: `make bench` runs them.
package bench
