// Package bench measures what a caller waits for, beside what the database or
// the router alone would take in the same run on the same machine: the ratio
// says what Bailiwick costs, the figure alone says what the machine is, and the
// statements an operation takes say how it grows.
//
// Every benchmark has /sqlite and /postgres, both durable as in production
// (every commit waits for the disk), and in each the thing itself and /raw, the
// bare statements through the same driver; what goes over HTTP has /http too, a
// bare handler that answers the same bytes. It is all in the tests: `make bench`
// runs them.
package bench
