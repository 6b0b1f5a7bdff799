package offering

import (
	"context"
	"slices"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// A Permission lets one beneficiary use some offerings of one workspace.
type Permission struct {
	ID        PermissionID
	Num       int64
	Workspace workspace.ID
	// User or Community is the beneficiary: a user himself, or all members of
	// a workspace. Exactly one is set.
	User      workspace.UserID
	Community workspace.ID
	Licence   string // 1 to 255 characters
	// End is when it ends, never when zero.
	End time.Time
	// OnlyOAuth restricts it to calls with an OAUTH2 key.
	OnlyOAuth bool
	Offerings []Offering
	Created   time.Time
	Updated   time.Time
}

// Ended reports whether a permission has ended: at the instant of its end it
// has.
func (p Permission) Ended(now time.Time) bool { return !p.End.IsZero() && !p.End.After(now) }

// A PermissionFilter chooses permissions. Its zero value chooses all, in order
// of creation.
type PermissionFilter struct {
	IDs       []PermissionID
	Workspace workspace.ID
	Offering  ID
	// Beneficiaries keeps those given to the user (when set) or to one of the
	// communities; with neither, all.
	User        workspace.UserID
	Communities []workspace.ID
	OnlyOAuth   *bool
	Licence     string // regardless of case; % stands for any text
	LayerName   string // of one of its offerings; likewise
	Type        string // of one of its offerings
	Newest      bool   // turns the order round
	// Lock keeps everybody else from changing what is chosen, and from joining
	// keys to it, until the unit of work ends; it fails outside one.
	Lock   bool
	Offset int
	Limit  int // 0 for no bound
}

// A Grant is what [Service.Permit] is told.
type Grant struct {
	// Users or Communities are the beneficiaries, of one sort; each gets a
	// permission of his own.
	Users       []workspace.UserID
	Communities []workspace.ID
	Licence     string
	End         time.Time
	OnlyOAuth   bool
	Offerings   []ID
}

// Given is a permission with whom it names.
type Given struct {
	Permission

	// Author is the workspace whose offerings they are.
	Author workspace.Workspace
	// ToUser or ToCommunity is the beneficiary.
	ToUser      *workspace.User
	ToCommunity *workspace.Workspace
}

// Permit gives permissions, one a beneficiary, in one unit of work. It needs
// [workspace.Broadcast] in the workspace whose offerings they are.
//
// It returns a *workspace.InvalidError for no or too many kinds of
// beneficiaries, a beneficiary or an offering that does not exist or is named
// twice, offerings of another workspace, and an end that has passed.
func (s *Service) Permit(ctx context.Context, actor workspace.Actor, in workspace.ID, g Grant) ([]Given, error) {
	w, err := s.authorize(ctx, actor, in, workspace.Broadcast)
	if err != nil {
		return nil, err
	}
	g.End = g.End.UTC().Truncate(time.Microsecond)
	var given []Given
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		now := s.clock()
		if err := g.check(now); err != nil {
			return err
		}
		offerings, err := s.named(ctx, w.ID, g.Offerings)
		if err != nil {
			return err
		}
		given, err = s.beneficiaries(ctx, g)
		if err != nil {
			return err
		}
		for i := range given {
			p := &given[i].Permission
			p.ID, p.Workspace, p.Licence, p.End, p.OnlyOAuth = PermissionID(uid.New()), w.ID, g.Licence, g.End, g.OnlyOAuth
			p.Offerings, p.Created, p.Updated = offerings, now, now
			given[i].Author = w.Workspace
			if err := s.give(ctx, actor, &given[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return given, nil
}

// give stores a permission with its rules.
func (s *Service) give(ctx context.Context, actor workspace.Actor, g *Given) error {
	if err := g.check(); err != nil {
		return err
	}
	if err := s.store.AddPermission(ctx, g.Permission); err != nil {
		return err
	}
	stored, err := s.store.Permissions(ctx, PermissionFilter{IDs: []PermissionID{g.ID}})
	if err != nil {
		return err
	}
	if len(stored) == 0 {
		return ErrNotFound
	}
	g.Permission = stored[0]
	if err := s.allow(ctx, g.principal(), g.Offerings, g.End, g.origin()); err != nil {
		return err
	}
	return s.record(ctx, actor, "permission.grant", g.Author, g.object(), nil, g.detail())
}

// beneficiaries returns a permission for each beneficiary of a grant, with
// nothing in it yet but who that is.
func (s *Service) beneficiaries(ctx context.Context, g Grant) ([]Given, error) {
	var given []Given
	if len(g.Users) > 0 {
		list, err := s.store.Users(ctx, workspace.UserFilter{IDs: g.Users})
		if err != nil {
			return nil, err
		}
		users := keyed(list, func(u workspace.User) workspace.UserID { return u.ID })
		for i, id := range g.Users {
			u, ok := users[id]
			if !ok {
				return nil, invalid(at("users", i), "a user")
			}
			given = append(given, Given{Permission: Permission{User: id}, ToUser: shown(u)})
		}
		return given, nil
	}
	list, err := s.store.Workspaces(ctx, workspace.Filter{IDs: g.Communities})
	if err != nil {
		return nil, err
	}
	communities := keyed(list, func(w workspace.Workspace) workspace.ID { return w.ID })
	for i, id := range g.Communities {
		w, ok := communities[id]
		if !ok {
			return nil, invalid(at("communities", i), "a community")
		}
		given = append(given, Given{Permission: Permission{Community: id}, ToCommunity: &w})
	}
	return given, nil
}

// shown returns of a user what others may know who deal with him.
func shown(u workspace.User) *workspace.User {
	return &workspace.User{ID: u.ID, Num: u.Num, Username: u.Username, FirstName: u.FirstName, LastName: u.LastName}
}

// named returns offerings of a workspace in the order they are named.
func (s *Service) named(ctx context.Context, in workspace.ID, ids []ID) ([]Offering, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := s.store.Offerings(ctx, Filter{Workspace: in, IDs: ids})
	if err != nil {
		return nil, err
	}
	found := keyed(list, func(o Offering) ID { return o.ID })
	named := make([]Offering, 0, len(ids))
	for i, id := range ids {
		o, ok := found[id]
		if !ok {
			return nil, invalid(at("offerings", i), "an offering of the workspace")
		}
		named = append(named, o)
	}
	return named, nil
}

// UpdatePermission changes Licence, End and Offerings (of which only the IDs
// count), and nothing else. It needs [workspace.Broadcast]. It returns a
// *workspace.InvalidError for what [Service.Permit] would refuse; an end that
// has passed may stay as it is.
func (s *Service) UpdatePermission(ctx context.Context, actor workspace.Actor, in workspace.ID, id PermissionID, change func(*Permission) error) (Given, error) {
	w, err := s.authorize(ctx, actor, in, workspace.Broadcast)
	if err != nil {
		return Given{}, err
	}
	var given []Given
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		p, err := s.one(ctx, PermissionFilter{IDs: []PermissionID{id}, Workspace: w.ID, Lock: true})
		if err != nil {
			return err
		}
		if given, err = s.describe(ctx, []Permission{p}); err != nil {
			return err
		}
		return s.change(ctx, actor, &given[0], change)
	})
	if err != nil {
		return Given{}, err
	}
	return given[0], nil
}

// change changes a permission that is locked, and its rules with it.
func (s *Service) change(ctx context.Context, actor workspace.Actor, g *Given, change func(*Permission) error) error {
	before := g.detail()
	asked := g.Permission
	asked.Offerings = slices.Clone(g.Offerings)
	if err := change(&asked); err != nil {
		return err
	}
	now := s.clock()
	end := asked.End.UTC().Truncate(time.Microsecond)
	if !end.Equal(g.End) && (Permission{End: end}).Ended(now) {
		return invalid("end_date", "a date to come")
	}
	ids := make([]ID, 0, len(asked.Offerings))
	for _, o := range asked.Offerings {
		ids = append(ids, o.ID)
	}
	if i := twice(ids); i >= 0 {
		return again("offerings", i)
	}
	offerings, err := s.named(ctx, g.Workspace, ids)
	if err != nil {
		return err
	}
	g.Licence, g.End, g.Offerings, g.Updated = asked.Licence, end, offerings, now
	if err := g.check(); err != nil {
		return err
	}
	if err := s.store.SavePermission(ctx, g.Permission); err != nil {
		return err
	}
	if _, err := s.rights.Revoke(ctx, rbac.RuleFilter{Origin: g.origin()}); err != nil {
		return err
	}
	if !g.Ended(now) {
		if err := s.allow(ctx, g.principal(), g.Offerings, g.End, g.origin()); err != nil {
			return err
		}
	}
	return s.record(ctx, actor, "permission.update", g.Author, g.object(), before, g.detail())
}

// Revoke takes a permission away, at once, with the accesses it gave to keys.
// It needs [workspace.Broadcast].
func (s *Service) Revoke(ctx context.Context, actor workspace.Actor, in workspace.ID, id PermissionID) error {
	w, err := s.authorize(ctx, actor, in, workspace.Broadcast)
	if err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		p, err := s.one(ctx, PermissionFilter{IDs: []PermissionID{id}, Workspace: w.ID, Lock: true})
		if err != nil {
			return err
		}
		return s.remove(ctx, actor, "permission.revoke", w.Workspace, p)
	})
}

// remove deletes a permission with its rules.
func (s *Service) remove(ctx context.Context, actor workspace.Actor, action string, author workspace.Workspace, p Permission) error {
	if err := s.store.DeletePermission(ctx, p.ID); err != nil {
		return err
	}
	if _, err := s.rights.Revoke(ctx, rbac.RuleFilter{Origin: p.origin()}); err != nil {
		return err
	}
	return s.record(ctx, actor, action, author, p.object(), p.detail(), p.detail())
}

// Permission returns one that a workspace gave. It needs
// [workspace.ReadDatastore].
func (s *Service) Permission(ctx context.Context, actor workspace.Actor, in workspace.ID, id PermissionID) (Given, error) {
	list, _, err := s.Permissions(ctx, actor, in, PermissionFilter{IDs: []PermissionID{id}})
	if err != nil {
		return Given{}, err
	}
	if len(list) == 0 {
		return Given{}, ErrNotFound
	}
	return list[0], nil
}

// Permissions lists those that a workspace gave. It needs
// [workspace.ReadDatastore].
func (s *Service) Permissions(ctx context.Context, actor workspace.Actor, in workspace.ID, f PermissionFilter) ([]Given, int, error) {
	if _, err := s.authorize(ctx, actor, in, workspace.ReadDatastore); err != nil {
		return nil, 0, err
	}
	f.Workspace = in
	return s.list(ctx, f)
}

// Held lists what the actor himself may use: permissions given to him, unless
// personal is false, and to the workspaces he is a member of, unless community
// is false. Those that have ended are among them.
func (s *Service) Held(ctx context.Context, actor workspace.Actor, personal, community bool, f PermissionFilter) ([]Given, int, error) {
	f, ok, err := s.holding(ctx, actor, personal, community, f)
	if err != nil || !ok {
		return nil, 0, err
	}
	return s.list(ctx, f)
}

// holding narrows a filter to what the actor holds, and reports whether that
// can be anything.
func (s *Service) holding(ctx context.Context, actor workspace.Actor, personal, community bool, f PermissionFilter) (PermissionFilter, bool, error) {
	me, err := s.workspaces.Me(ctx, actor)
	if err != nil {
		return f, false, err
	}
	f.User, f.Communities = "", nil
	if personal {
		f.User = me.ID
	}
	if community {
		list, err := s.store.Workspaces(ctx, workspace.Filter{Member: me.Num})
		if err != nil {
			return f, false, err
		}
		for _, w := range list {
			f.Communities = append(f.Communities, w.ID)
		}
	}
	return f, f.User != "" || len(f.Communities) > 0, nil
}

// HeldPermission returns one of those that [Service.Held] lists.
func (s *Service) HeldPermission(ctx context.Context, actor workspace.Actor, id PermissionID) (Given, error) {
	list, _, err := s.Held(ctx, actor, true, true, PermissionFilter{IDs: []PermissionID{id}})
	if err != nil {
		return Given{}, err
	}
	if len(list) == 0 {
		return Given{}, ErrNotFound
	}
	return list[0], nil
}

// Decline gives a permission up. It returns ErrPersonal for one that was given
// to a workspace.
func (s *Service) Decline(ctx context.Context, actor workspace.Actor, id PermissionID) error {
	held, err := s.HeldPermission(ctx, actor, id)
	if err != nil {
		return err
	}
	if held.User == "" {
		return ErrPersonal
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		p, err := s.one(ctx, PermissionFilter{IDs: []PermissionID{id}, User: held.User, Lock: true})
		if err != nil {
			return err
		}
		return s.remove(ctx, actor, "permission.decline", held.Author, p)
	})
}

// one returns the permission that a filter by identifier chooses.
func (s *Service) one(ctx context.Context, f PermissionFilter) (Permission, error) {
	list, err := s.store.Permissions(ctx, f)
	if err != nil {
		return Permission{}, err
	}
	if len(list) == 0 {
		return Permission{}, ErrNotFound
	}
	return list[0], nil
}

// list returns what a filter chooses, with whom it names, and how many there
// are.
func (s *Service) list(ctx context.Context, f PermissionFilter) ([]Given, int, error) {
	f.Lock = false
	permissions, err := s.store.Permissions(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	n, err := s.store.CountPermissions(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	given, err := s.describe(ctx, permissions)
	return given, n, err
}

// describe adds to permissions whom they name.
func (s *Service) describe(ctx context.Context, permissions []Permission) ([]Given, error) {
	people, places := []workspace.UserID{}, []workspace.ID{} // not nil, which would be everybody
	for _, p := range permissions {
		places = append(places, p.Workspace)
		if p.User != "" {
			people = append(people, p.User)
		} else {
			places = append(places, p.Community)
		}
	}
	users, err := s.store.Users(ctx, workspace.UserFilter{IDs: people})
	if err != nil {
		return nil, err
	}
	workspaces, err := s.store.Workspaces(ctx, workspace.Filter{IDs: places})
	if err != nil {
		return nil, err
	}
	user := keyed(users, func(u workspace.User) workspace.UserID { return u.ID })
	where := keyed(workspaces, func(w workspace.Workspace) workspace.ID { return w.ID })
	given := make([]Given, 0, len(permissions))
	for _, p := range permissions {
		g := Given{Permission: p, Author: where[p.Workspace]}
		if p.User != "" {
			g.ToUser = shown(user[p.User])
		} else {
			community := where[p.Community]
			g.ToCommunity = &community
		}
		given = append(given, g)
	}
	return given, nil
}

// principal returns who may, by the permission.
func (g Given) principal() rbac.Principal {
	if g.ToUser != nil {
		return g.ToUser.Num
	}
	return g.ToCommunity.Audience
}

// origin is what the rules of a permission are found by.
func (p Permission) origin() string { return "permission/" + string(p.ID) }

func (p Permission) object() audit.Object {
	return audit.Object{Kind: "permission", ID: string(p.ID), Name: p.Licence}
}

func (p Permission) detail() map[string]any {
	layers := make([]string, 0, len(p.Offerings))
	for _, o := range p.Offerings {
		layers = append(layers, o.LayerName)
	}
	detail := map[string]any{"offerings": layers, "only_oauth": p.OnlyOAuth}
	if p.User != "" {
		detail["user"] = p.User
	} else {
		detail["community"] = p.Community
	}
	if !p.End.IsZero() {
		detail["end_date"] = p.End
	}
	return detail
}
