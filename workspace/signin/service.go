package signin

import "github.com/bailiwick-sdk/bailiwick/workspace"

// A Service recognises people. It is safe for concurrent use.
type Service struct{}

// New makes a service of its collaborators.
func New(store Store, rights workspace.Authorizer, trail Trail, opts *Options) *Service {
	panic("unbuilt")
}
