// Package audit keeps the trail: who did what, to what, when and from where.
//
// An [Event] is appended in the unit of work of the change it tells of, so
// that neither can be there without the other. Names are kept as they were at
// the time: the trail outlives whom it names. The package decides nothing and
// authorizes nobody; it appends and lists.
package audit

import (
	"context"
	"encoding/json"
	"time"
)

// An EventID identifies an event.
type EventID string

// An Event tells of one change.
type Event struct {
	ID  EventID
	Num int64
	At  time.Time
	// Principal is the number of who did it, Actor his name at the time.
	Principal int64
	Actor     string
	// Via says how he was recognised: "basic", "bearer", "host", "command".
	Via string
	// Address is where the request came from, empty when unknown.
	Address string
	// Action is a verb of the domain, as "member.put".
	Action string
	// Workspace and Organization are the identifiers of where it happened,
	// empty for what concerns the platform.
	Workspace    string
	Organization string
	Object       Object
	// Detail is a JSON object: what was set, never a secret.
	Detail json.RawMessage
}

// An Object is what an event is about.
type Object struct {
	Kind string
	ID   string
	Name string
}

// A Filter chooses events. Its zero value chooses all, in order of Num.
type Filter struct {
	Workspace    string
	Organization string
	// Actions keeps events whose action starts with one of these.
	Actions []string
	Object  Object // empty fields match anything
	// Since and Until bound At: Since ≤ At < Until where they are set.
	Since time.Time
	Until time.Time
	// Newest turns the order round.
	Newest bool
	// After continues behind the event with that Num.
	After  int64
	Offset int
	Limit  int // 0 for no bound
}

// A Store keeps events. It can append and read, and nothing else.
type Store interface {
	// Append stores an event, inside a unit of work.
	Append(ctx context.Context, e Event) error
	// List and Count return what a filter chooses.
	List(ctx context.Context, f Filter) ([]Event, error)
	Count(ctx context.Context, f Filter) (int, error)
}
