package workspace

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Principal returns a user as a principal, for making him a member of a
// workspace or for ending that, to who knows nothing of him but his
// identifier. It needs [ManageMembers] in the workspace, and returns
// ErrNotFound for a user who does not exist.
func (s *Service) Principal(ctx context.Context, actor Actor, in ID, user UserID) (rbac.Principal, error) {
	if _, err := s.find(ctx, actor, in, s.on(actor, ManageMembers)); err != nil {
		return 0, err
	}
	found, err := one(s.store.Users(ctx, UserFilter{IDs: []UserID{user}}))
	return found.Num, err
}
