package workspace

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A Departure says who, or what, is to leave for good: a member a workspace
// (Workspace and Member), a key of a workspace (Workspace and Key), a user the
// platform (User), or a workspace with everything in it (Workspace alone).
type Departure struct {
	Workspace ID
	Member    rbac.Principal
	User      UserID
	Key       rbac.Principal
}

// A DeparturePlan is what a departure would do. It is the same as long as
// nothing changes that it depends on.
type DeparturePlan struct {
	Departure

	// Name is that of who leaves.
	Name string
	// Memberships end, with the roles in them.
	Memberships []Member
	// Groups are those that he is taken out of or, where a workspace goes, those
	// that go with it.
	Groups []Group
	// Rules go; those that memberships consist of are among them.
	Rules []rbac.Rule
	// Holdings are what he owns, with what becomes of each.
	Holdings []Fate
	// Ended counts, by kind, what else ends: "keys", "invitations",
	// "permissions", "sessions".
	Ended map[string]int
	// Supervised are the workspaces that somebody else supervises afterwards.
	Supervised []ID
	// Blockers stand against it: as long as there is one, it cannot be done.
	Blockers []Blocker
	// Token stands for all of the above, see [Service.Depart].
	Token string
}

// PlanDeparture tells what a departure would do, and what stands against it,
// and does nothing. It needs [ManageMembers] for a member, [ManageKeys] for a
// key, which no key can do, [Administer] for a user and [ManageWorkspaces] above a workspace; to dispose of what somebody
// owns, what [RoleEditor] gives on that.
func (s *Service) PlanDeparture(ctx context.Context, actor Actor, d Departure, how Disposal) (DeparturePlan, error) {
	var plan DeparturePlan
	err := s.departing(ctx, actor, d, how, func(_ context.Context, made DeparturePlan, _ []Workspace) error {
		plan = made
		return errPlanned
	})
	if !errors.Is(err, errPlanned) {
		return DeparturePlan{}, err
	}
	return plan, nil
}

// errPlanned ends a unit of work that only looked.
var errPlanned = errors.New("workspace: planned")

// Depart does what [Service.PlanDeparture] told, whole or not at all.
// Afterwards nothing refers to who has left but the trail, which keeps his
// name. Token is that of the plan; with an empty one, it is done whatever has
// changed since.
//
// It returns ErrChanged where the plan would be another by now, and a
// [BlockedError] where something stands against it.
func (s *Service) Depart(ctx context.Context, actor Actor, d Departure, how Disposal, token string) (DeparturePlan, error) {
	var plan DeparturePlan
	err := s.departing(ctx, actor, d, how, func(ctx context.Context, made DeparturePlan, locked []Workspace) error {
		plan = made
		switch {
		case token != "" && token != made.Token:
			return ErrChanged
		case len(made.Blockers) > 0:
			return &BlockedError{Blockers: made.Blockers}
		case d.User != "":
			return s.departUser(ctx, actor, made, how, locked)
		case d.Member != 0:
			return s.departMember(ctx, actor, made, locked[0])
		case d.Key != 0:
			return s.departKey(ctx, actor, made, locked[0])
		}
		return s.departWorkspace(ctx, actor, made, locked[0])
	})
	if err != nil {
		return DeparturePlan{}, err
	}
	return plan, nil
}

// departing runs fn in a unit of work that holds locked whatever a departure
// concerns, with the plan as it is then.
func (s *Service) departing(
	ctx context.Context, actor Actor, d Departure, how Disposal,
	fn func(ctx context.Context, plan DeparturePlan, locked []Workspace) error,
) error {
	switch {
	case d.Key != 0:
		return s.departingKey(ctx, actor, d, how, fn)
	case d.User != "" && d.Workspace == "" && d.Member == 0:
		return s.departingUser(ctx, actor, d, how, fn)
	case d.User == "" && d.Workspace != "" && d.Member != 0:
		return s.change(ctx, actor, d.Workspace, s.on(actor, ManageMembers), func(ctx context.Context, w Workspace) error {
			plan, err := s.planMember(ctx, actor, w, d, how)
			if err != nil {
				return err
			}
			return fn(ctx, plan, []Workspace{w})
		})
	case d.User == "" && d.Workspace != "":
		return s.change(ctx, actor, d.Workspace, s.above(actor), func(ctx context.Context, w Workspace) error {
			plan, err := s.planWorkspace(ctx, w, d)
			if err != nil {
				return err
			}
			return fn(ctx, plan, []Workspace{w})
		})
	}
	if err := actor.Known(); err != nil {
		return err
	}
	return &InvalidError{Field: "departure", Expected: "a workspace, with a member, a key or neither, or a user"}
}

// signed returns a plan with its token.
func (p DeparturePlan) signed() DeparturePlan {
	p.Token = ""
	sum := sha256.Sum256(fmt.Appendf(nil, "%+v", p)) // there are no pointers in it, and maps are in order
	p.Token = hex.EncodeToString(sum[:16])
	return p
}

func (s *Service) planMember(ctx context.Context, actor Actor, w Workspace, d Departure, how Disposal) (DeparturePlan, error) {
	plan := DeparturePlan{Departure: d}
	m, err := s.member(ctx, w, d.Member)
	if err != nil {
		return plan, err
	}
	if _, plan.Name, err = s.candidate(ctx, w, d.Member); err != nil {
		return plan, err
	}
	plan.Memberships = []Member{m}
	if m.supervises(w) {
		plan.Blockers = append(plan.Blockers, supervises(w))
	}
	if plan.Groups, err = s.store.Groups(ctx, GroupFilter{Workspace: w.ID, Member: d.Member}); err != nil {
		return plan, err
	}
	rules, err := s.rights.Rules(ctx, rbac.RuleFilter{Within: w.Num, Principals: []rbac.Principal{d.Member}})
	if err != nil {
		return plan, err
	}
	for _, r := range rules {
		switch r.Origin {
		case originMember, originSuspension, originBarred, OriginManual:
			plan.Rules = append(plan.Rules, r)
		}
	}
	fates, blockers, err := s.disposal(ctx, actor, w, d.Member, how)
	if err != nil {
		return plan, err
	}
	plan.Holdings, plan.Blockers = fates, append(plan.Blockers, blockers...)
	return plan.signed(), nil
}

func supervises(w Workspace) Blocker {
	return Blocker{Code: "supervisor", Workspace: w.ID, Text: "the supervisor of " + w.TechnicalName + " is to be replaced first"}
}

func (s *Service) departMember(ctx context.Context, actor Actor, plan DeparturePlan, w Workspace) error {
	if err := s.dispose(ctx, plan.Member, plan.Holdings); err != nil {
		return err
	}
	return s.dismissed(ctx, actor, w, plan.Member, "member.depart", plan.told())
}

// told is what the trail tells of a departure.
func (p DeparturePlan) told() changes {
	c := changes{}
	for _, f := range p.Holdings {
		kind := "transferred"
		if f.Deleted {
			kind = "deleted"
		}
		list, _ := c[kind].([]map[string]any)
		c[kind] = append(list, map[string]any{"node": f.Node, "class": f.Class, "to": f.To})
	}
	return c
}

// departingUser locks every workspace that a user has to do with, in one order,
// and who administers the platform.
func (s *Service) departingUser(
	ctx context.Context, actor Actor, d Departure, how Disposal,
	fn func(ctx context.Context, plan DeparturePlan, locked []Workspace) error,
) error {
	if err := s.require(ctx, actor, rbac.Root, Administer); err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		u, err := s.user(ctx, d.User)
		if err != nil {
			return err
		}
		ids, err := s.store.Concerned(ctx, u.Num)
		if err != nil {
			return err
		}
		var locked []Workspace
		for _, id := range ids {
			w, err := s.store.LockWorkspace(ctx, id)
			if err != nil {
				return err
			}
			locked = append(locked, w)
		}
		administrators, err := s.store.LockAdministrators(ctx)
		if err != nil {
			return err
		}
		// Whoever held the locks may have changed anything.
		if err := s.require(ctx, actor, rbac.Root, Administer); err != nil {
			return err
		}
		if u, err = s.user(ctx, d.User); err != nil {
			return err
		}
		plan, err := s.planUser(ctx, actor, u, d, how, locked, administrators)
		if err != nil {
			return err
		}
		return fn(ctx, plan, locked)
	})
}

func (s *Service) planUser(
	ctx context.Context, actor Actor, u User, d Departure, how Disposal, locked []Workspace, administrators int,
) (DeparturePlan, error) {
	plan := DeparturePlan{Departure: d, Name: u.Username}
	against := func(code string, w ID, format string, args ...any) {
		plan.Blockers = append(plan.Blockers, Blocker{Code: code, Workspace: w, Text: fmt.Sprintf(format, args...)})
	}
	if u.Administrator && !u.Disabled && administrators <= 1 {
		against("last_administrator", "", "%s is the last administrator of the platform", u.Username)
	}
	var err error
	if plan.Memberships, err = s.store.Members(ctx, MemberFilter{Principals: []rbac.Principal{u.Num}}); err != nil {
		return plan, err
	}
	if plan.Groups, err = s.store.Groups(ctx, GroupFilter{Member: u.Num}); err != nil {
		return plan, err
	}
	if plan.Rules, err = s.rights.Rules(ctx, rbac.RuleFilter{Principals: []rbac.Principal{u.Num}}); err != nil {
		return plan, err
	}
	if plan.Ended, err = s.store.CountOf(ctx, d.User); err != nil {
		return plan, err
	}
	for _, w := range locked {
		if w.Supervisor == u.ID {
			plan.Supervised = append(plan.Supervised, w.ID)
			heir, err := s.successor(ctx, u, how.Successors[w.ID])
			switch {
			case err != nil:
				return plan, err
			case how.Successors[w.ID] == "":
				plan.Blockers = append(plan.Blockers, supervises(w))
			case !heir:
				against("successor", w.ID, "the successor in %s is to be another user, and enabled", w.TechnicalName)
			}
		}
		fates, blockers, err := s.disposal(ctx, actor, w, u.Num, how)
		if err != nil {
			return plan, err
		}
		plan.Holdings, plan.Blockers = append(plan.Holdings, fates...), append(plan.Blockers, blockers...)
	}
	return plan.signed(), nil
}

// successor reports whether somebody may supervise what another did.
func (s *Service) successor(ctx context.Context, before User, id UserID) (bool, error) {
	if id == "" || id == before.ID {
		return false, nil
	}
	u, err := s.user(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && !u.Disabled, err
}

func (s *Service) departUser(ctx context.Context, actor Actor, plan DeparturePlan, how Disposal, locked []Workspace) error {
	u, err := s.user(ctx, plan.User)
	if err != nil {
		return err
	}
	for _, w := range locked {
		if w.Supervisor != u.ID {
			continue
		}
		next := w
		next.Supervisor, next.Updated, next.UpdatedBy = how.Successors[w.ID], s.clock(), actor.Name
		if err := s.save(ctx, w, next); err != nil {
			return err
		}
		if err := s.record(ctx, actor, next.event("workspace.update"), changes{"supervisor": became{w.Supervisor, next.Supervisor}}); err != nil {
			return err
		}
	}
	if err := s.dispose(ctx, u.Num, plan.Holdings); err != nil {
		return err
	}
	if err := s.uninvite(ctx, actor, u, locked); err != nil {
		return err
	}
	for _, m := range plan.Memberships {
		i := slices.IndexFunc(locked, func(w Workspace) bool { return w.ID == m.Workspace })
		if i < 0 {
			return ErrChanged
		}
		w := locked[i]
		if w.Supervisor == u.ID {
			w.Supervisor = how.Successors[w.ID]
		}
		if err := s.dismissed(ctx, actor, w, u.Num, "member.depart", nil); err != nil {
			return err
		}
	}
	if err := s.store.DeleteUser(ctx, u.ID); err != nil {
		return err
	}
	if err := s.forget(ctx, quota.Holder(u.ID)); err != nil {
		return err
	}
	return s.record(ctx, actor, u.event("user.depart"), plan.told())
}

// forget takes away the shares of a holder who is gone, with what is used of
// them.
func (s *Service) forget(ctx context.Context, h quota.Holder) error {
	list, _, err := s.meter.Allocations(ctx, quota.AllocationFilter{Holders: []quota.Holder{h}})
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.Use > 0 {
			if err := s.meter.Release(ctx, a.ID, a.Use, quota.Reason{Kind: "departure", Ref: string(a.ID)}); err != nil {
				return err
			}
		}
		if err := inUse(s.meter.Deallocate(ctx, a.ID), "shares of who leaves"); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) planWorkspace(ctx context.Context, w Workspace, d Departure) (DeparturePlan, error) {
	plan := DeparturePlan{Departure: d, Name: w.Name}
	var err error
	if plan.Memberships, err = s.store.Members(ctx, MemberFilter{Workspace: w.ID}); err != nil {
		return plan, err
	}
	if plan.Groups, err = s.store.Groups(ctx, GroupFilter{Workspace: w.ID}); err != nil {
		return plan, err
	}
	if plan.Rules, err = s.rights.Rules(ctx, rbac.RuleFilter{Within: w.Num}); err != nil {
		return plan, err
	}
	if plan.Ended, err = s.store.CountIn(ctx, w.ID); err != nil {
		return plan, err
	}
	if w.Datastore != "" {
		plan.Blockers = append(plan.Blockers, Blocker{
			Code: "in_use", Workspace: w.ID, Text: "the datastore of " + w.TechnicalName + " is to be closed first",
		})
	}
	shares, _, err := s.meter.Allocations(ctx, quota.AllocationFilter{Holders: []quota.Holder{w.holder()}})
	if err != nil {
		return plan, err
	}
	for _, a := range shares {
		if a.Held > 0 && a.Slot != slotSeats { // those are of invitations, which end
			plan.Blockers = append(plan.Blockers, Blocker{
				Code: "in_use", Workspace: w.ID, Text: "something is held of the shares of " + w.TechnicalName,
			})
		}
	}
	return plan.signed(), nil
}

func (s *Service) departWorkspace(ctx context.Context, actor Actor, plan DeparturePlan, w Workspace) error {
	if err := s.letAllGo(ctx, w); err != nil {
		return err
	}
	if err := s.empty(ctx, w.Num); err != nil {
		return err
	}
	if err := s.store.DeleteWorkspace(ctx, w.ID); err != nil {
		return err
	}
	if err := s.forget(ctx, w.holder()); err != nil {
		return err
	}
	return s.record(ctx, actor, w.event("workspace.depart"), changes{
		"members": len(plan.Memberships), "groups": len(plan.Groups), "rules": len(plan.Rules),
	})
}
