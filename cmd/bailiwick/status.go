package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

// The statuses that the program ends with.
const (
	statusFailed   = 1
	statusUsage    = 2 // it was not understood
	statusAbsent   = 3 // it is not there, or not to be seen
	statusRefused  = 4 // nobody is signed in, or he may not
	statusConflict = 5 // it is not as it would have to be
)

// A usageError is a command line that says too little, or too much.
type usageError string

func (e usageError) Error() string { return string(e) + " (try --help)" }

// An absentError is something that is named and not there.
type absentError struct{ kind, name string }

func (e *absentError) Error() string { return fmt.Sprintf("there is no %s %s", e.kind, e.name) }

// A conflictError is something that is otherwise than the command needs it.
type conflictError string

func (e conflictError) Error() string { return string(e) }

// A refusedError is what somebody may not do, without the server's words.
type refusedError string

func (e refusedError) Error() string { return string(e) }

// statusOf returns what the program ends with after an error.
func statusOf(err error) int {
	switch {
	case isA[usageError](err):
		return statusUsage
	case isA[*absentError](err):
		return statusAbsent
	case isA[refusedError](err):
		return statusRefused
	case isA[conflictError](err):
		return statusConflict
	}
	refused, ok := errors.AsType[*client.RefusedError](err)
	if !ok {
		return statusFailed
	}
	switch refused.Problem.Status {
	case http.StatusNotFound:
		return statusAbsent
	case http.StatusUnauthorized, http.StatusForbidden:
		return statusRefused
	case http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity:
		return statusConflict
	}
	return statusFailed
}

func isA[E error](err error) bool {
	_, is := errors.AsType[E](err)
	return is
}

// explain tells what went wrong, and what stands in the way of it.
func (s streams) explain(err error) {
	fmt.Fprintln(s.err, "bailiwick:", err)
	refused, ok := errors.AsType[*client.RefusedError](err)
	if !ok {
		return
	}
	for _, line := range obstacles(refused.Problem) {
		fmt.Fprintln(s.err, "  "+line)
	}
}
