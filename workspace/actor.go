package workspace

import "github.com/bailiwick-sdk/bailiwick/rbac"

// An Actor is who does something, as every method of every service is told.
// The zero value may do nothing.
type Actor struct {
	Principal rbac.Principal
	// User is set when the actor is a person or a service account.
	User UserID
	// Name is what the trail calls him.
	Name string
	// Via says how he was recognised: "basic", "bearer", "host", "command".
	Via string
	// Address is where his request came from, empty when unknown.
	Address string
}

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
