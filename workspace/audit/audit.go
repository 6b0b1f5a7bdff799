// Package audit keeps the trail: who did what, to what, when, from where and
// with what, what it was before and is now, and what was refused.
//
// An [Event] is appended in the unit of work of the change it tells of, so
// that neither can be there without the other. Names are kept as they were at
// the time: the trail outlives whom it names.
//
// The events of a workspace are a chain, and so are those of none: each has its
// place in it and a hash over itself and the hash before, so that nobody who
// can write to the database changes, inserts, moves or removes one unnoticed.
// [Service.Verify] names the first that is wrong. Old events are forgotten by
// [Service.Prune] only, which leaves a signed [Checkpoint] that the chain goes
// on from.
//
// The package decides nothing and authorizes nobody, and what whoever holds the
// database and the server's secret does to both it cannot know: keep a [Head],
// or an export, elsewhere. Start with [New].
package audit

import (
	"context"
	"encoding/json"
	"time"
)

// An EventID identifies an event.
type EventID string

// An Outcome says what came of what was tried.
type Outcome string

// The outcomes. An event without one tells of what was done.
const (
	Allowed Outcome = "allowed"
	Refused Outcome = "refused"
)

// An Event tells of one change, or of one that was refused.
type Event struct {
	ID EventID
	// Num is the event's place among all that are listed.
	Num int64
	// Seq is its place in the chain of its workspace, from 1 on, and Hash what
	// [Event.Sum] gives, in hexadecimal. Events from before there were chains
	// have neither.
	Seq  int64
	Hash string
	At   time.Time
	// Principal is the number of who did it, Actor his name at the time.
	Principal int64
	Actor     string
	// Via says how he was recognised: "basic", "bearer", "host", "command".
	Via string
	// Address is where the request came from, empty when unknown.
	Address string
	// Credential is the identifier of the key or the session that he came
	// with, empty for a password.
	Credential string
	// Behalf is the name of the user that he acted for, and BehalfPrincipal
	// that user's number; empty for who acted for himself.
	Behalf          string
	BehalfPrincipal int64
	// Action is a verb of the domain, as "member.put".
	Action string
	// Workspace and Organization are the identifiers of where it happened,
	// empty for what concerns the platform.
	Workspace    string
	Organization string
	Object       Object
	// Outcome is empty, or Allowed, for what was done. Reason says why
	// something was refused: a code, what was missing, and the cause.
	Outcome Outcome
	Reason  string
	// Detail is a JSON object: what was set, never a secret. Before is what
	// that was until then, by the same names, as far as it was anything.
	Detail json.RawMessage
	Before json.RawMessage
}

// Detail returns what was set as the Detail of an event: an object, of nothing too.
func Detail[Value any](set map[string]Value) (json.RawMessage, error) {
	if set == nil {
		return json.RawMessage("{}"), nil
	}
	return json.Marshal(set) //nolint:wrapcheck // by who records
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
	// Platform keeps the events of no workspace, and Unchained those of before
	// there were chains.
	Platform  bool
	Unchained bool
	// Actions keeps events whose action starts with one of these.
	Actions []string
	Object  Object // empty fields match anything
	// Principal keeps what he did, and what others did for him.
	Principal  int64
	Credential string
	Address    string
	// Outcome keeps what was done (Allowed), or what was refused.
	Outcome Outcome
	// Search keeps events with the text in the name of the actor, of whom he
	// acted for, or of the object, regardless of case.
	Search string
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

// A Head is how far a chain has come: its last event's place and hash.
type Head struct {
	Chain string // the identifier of the workspace, empty for the platform
	Seq   int64
	Hash  string
	// Unchained is how many events there are of before the chain.
	Unchained int64
}

// A Record is an event as it lies in the store.
type Record struct {
	Event

	// Spoiled names what the store keeps beside the event, to find it by, and
	// that is not what the event says.
	Spoiled string
}

// A Store keeps events. It appends and reads, and forgets what is under a
// checkpoint, and nothing else.
type Store interface {
	// Tx runs fn in a unit of work, joining the one that ctx is in. If fn
	// returns an error, or any statement in it failed, nothing is kept.
	Tx(ctx context.Context, fn func(ctx context.Context) error) error
	// Append stores an event, inside a unit of work, as the next of its chain.
	// Num, Seq and Hash are given by the store. Chains have no gaps, however
	// many append at once; that an event is there twice may be noticed when the
	// unit ends.
	Append(ctx context.Context, e Event) error
	// List and Count return what a filter chooses. Inside a unit of work they
	// know what was appended in it.
	List(ctx context.Context, f Filter) ([]Event, error)
	Count(ctx context.Context, f Filter) (int, error)
	// Chains returns the names of all chains that anything is kept of, sorted.
	Chains(ctx context.Context) ([]string, error)
	// Head returns how far a chain has come, a zero one where nothing was
	// appended.
	Head(ctx context.Context, chain string) (Head, error)
	// Links returns records of a chain behind another (by Seq, then by Num) in
	// order, at most limit; those of before the chain are not among them.
	Links(ctx context.Context, chain string, after Record, limit int) ([]Record, error)
	// Checkpoint returns the last checkpoint of a chain, a zero one where there
	// is none.
	Checkpoint(ctx context.Context, chain string) (Checkpoint, error)
	// Prefix returns the last event of a chain of which all that are as early
	// in it, itself included, happened before a time; none when the first did
	// not.
	Prefix(ctx context.Context, chain string, before time.Time) (Event, bool, error)
	// Forget deletes, inside a unit of work, the events that a checkpoint is
	// for: those up to its Seq, and those of before the chain that happened
	// before a time; and keeps the checkpoint. It returns how many there were.
	Forget(ctx context.Context, c Checkpoint, before time.Time) (int64, error)
}
