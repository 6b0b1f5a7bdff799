package signin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// A Reach says whom somebody administers who does not manage all users; a
// [workspace.Service] does.
type Reach interface {
	// Administers returns nil when the actor administers a user,
	// workspace.ErrNotFound where he may not know that there is one, and an error
	// that is rbac.ErrDenied otherwise.
	Administers(ctx context.Context, actor workspace.Actor, user workspace.UserID) error
}

// Kick ends all sessions and access tokens of a user, who may sign in again.
// Everybody may his own; others' needs workspace.ManageUsers or Options.Reach, and
// those of an administrator of the platform workspace.Administer as well.
func (s *Service) Kick(ctx context.Context, actor workspace.Actor, user workspace.UserID) error {
	u, err := s.within(ctx, actor, user, true)
	if err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		// Whoever is signing in at this moment has his session first, or waits.
		if _, err := s.store.Hold(ctx, user); err != nil {
			return err
		}
		n, err := s.store.EndAll(ctx, user, endedBy(actor, user))
		if err != nil || n == 0 {
			return err
		}
		return s.record(ctx, actor, s.instant(), "user.kick", u, map[string]string{"ended": strconv.Itoa(n)})
	})
}

// KickMembers ends all sessions and access tokens of the members of workspaces,
// directly or through groups and suspended ones included, who may sign in again;
// and returns how many people those were of. The actor's own are spared, also
// where a personal key acts for him, and so are those of administrators of the
// platform where he does not hold workspace.Administer, see [Service.Kick].
//
// It needs workspace.LockDatabase on each of the workspaces, and changes nothing
// where one of them is not there, or is not to be known to him:
// workspace.ErrNotFound. The trail of each workspace is told of how many of its
// members something ended.
func (s *Service) KickMembers(ctx context.Context, actor workspace.Actor, in []workspace.ID) (int, error) {
	if err := actor.Known(); err != nil {
		return 0, err
	}
	ids := slices.Compact(slices.Sorted(slices.Values(in)))
	if len(ids) == 0 {
		return 0, nil
	}
	list, err := s.store.FindWorkspaces(ctx, ids)
	if err != nil {
		return 0, err
	}
	if len(list) != len(ids) {
		return 0, fmt.Errorf("%w: workspace", workspace.ErrNotFound)
	}
	for _, w := range list {
		if err := s.authorize(ctx, actor, w, workspace.LockDatabase); err != nil {
			return 0, err
		}
	}
	spared := Spared{User: cmp.Or(actor.User, actor.Behalf)}
	switch err := s.require(ctx, actor, workspace.Administer); {
	case errors.Is(err, rbac.ErrDenied):
		spared.Administrators = true
	case err != nil:
		return 0, err
	}
	people := 0
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		each, n, err := s.store.EndMembers(ctx, ids, spared, Kicked)
		if err != nil {
			return err
		}
		people = n
		for _, w := range list {
			if each[w.ID] == 0 {
				continue
			}
			if err := s.told(ctx, actor, w, each[w.ID]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return people, nil
}

// told appends to the trail of a workspace how many of its members were kicked.
func (s *Service) told(ctx context.Context, actor workspace.Actor, w workspace.Workspace, people int) error {
	detail, err := json.Marshal(map[string]string{"people": strconv.Itoa(people)})
	if err != nil {
		return fmt.Errorf("signin: %w", err)
	}
	return s.trail.Append(ctx, actor.Signs(audit.Event{
		ID: audit.EventID(uid.New()), At: s.instant(), Action: "workspace.kick",
		Workspace: string(w.ID), Organization: string(w.Organization),
		Object: audit.Object{Kind: "workspace", ID: string(w.ID), Name: w.Name}, Detail: detail,
	}))
}

// within is like charge, and returns a user to whom he is within the reach of as
// well.
func (s *Service) within(ctx context.Context, actor workspace.Actor, id workspace.UserID, change bool) (workspace.User, error) {
	if actor.User == "" || actor.User != id {
		err := s.require(ctx, actor, workspace.ManageUsers)
		if s.reach != nil && errors.Is(err, rbac.ErrDenied) && actor.Known() == nil {
			err = s.reach.Administers(ctx, actor, id)
		}
		if err != nil {
			return workspace.User{}, err
		}
	}
	return s.charged(ctx, actor, id, change)
}
