package workspace

import (
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// An Actor is who does something, as every method of every service is told.
// The zero value may do nothing.
type Actor struct {
	Principal rbac.Principal
	// User is set when the actor is a person or a service account.
	User UserID
	// Name is what the trail calls him.
	Name string
	// Via says how he was recognised: "basic", "bearer", "session", "key", "oidc",
	// "host", "command".
	Via string
	// Address is where his request came from, empty when unknown.
	Address string
	// Credential is the identifier of the key or the session that he came with,
	// empty for a password.
	Credential string
	// Behalf is the user that a personal key acts for, and BehalfName his name;
	// empty for everybody else. User is empty then: a key is not the person and
	// does nothing to his account.
	Behalf     UserID
	BehalfName string
	// BehalfPrincipal is that user as a principal, for the trail.
	BehalfPrincipal rbac.Principal
}

// Signs returns an event with who did it, from where, with what and for whom.
func (a Actor) Signs(e audit.Event) audit.Event {
	e.Principal, e.Actor = int64(a.Principal), a.Name
	e.Via, e.Address, e.Credential = a.Via, a.Address, a.Credential
	e.Behalf, e.BehalfPrincipal = a.BehalfName, int64(a.BehalfPrincipal)
	return e
}

// IsKey reports whether the actor is a key, a user's own or a workspace's.
func (a Actor) IsKey() bool { return a.Via == "key" || a.Behalf != "" }

// Guest returns the actor who has not said who he is.
func Guest(address string) Actor {
	return Actor{Principal: rbac.Guest, Name: "guest", Address: address}
}

// Command returns the actor of somebody who has the database itself in his
// hands, such as the administrator at the command line. He holds what the
// platform's administrators hold. Never make one for a request.
func Command(name string) Actor {
	return Actor{Principal: rbac.Administrators, Name: name, Via: "command"}
}
