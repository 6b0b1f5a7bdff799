package workspace

import "context"

// Activate and Deactivate open and close a workspace: while it is closed, its
// members and its supervisor can read that it exists and nothing else,
// whatever server they ask. Nothing is deleted. They need [ManageWorkspaces]
// above the workspace, so that a supervisor cannot reopen what was closed.
// Doing so twice changes nothing.
func (s *Service) Activate(ctx context.Context, actor Actor, id ID) error {
	return s.setActive(ctx, actor, id, true)
}

// Deactivate is described at [Service.Activate].
func (s *Service) Deactivate(ctx context.Context, actor Actor, id ID) error {
	return s.setActive(ctx, actor, id, false)
}

func (s *Service) setActive(ctx context.Context, actor Actor, id ID, active bool) error {
	return s.change(ctx, actor, id, s.above(actor), func(ctx context.Context, w Workspace) error {
		if w.Active == active {
			return nil
		}
		w.Active = active
		w.Updated, w.UpdatedBy = s.clock(), actor.Name
		if err := s.store.SaveWorkspace(ctx, w); err != nil {
			return err
		}
		action := "workspace.deactivate"
		if active {
			action = "workspace.activate"
		}
		return s.record(ctx, actor, w.event(action), changes{"active": was{!active}})
	})
}
