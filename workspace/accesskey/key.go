package accesskey

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// Create makes a key and returns it with its secret, which is told this once.
// Of what is given it takes Workspace, Title, Role, Scopes, Nodes, Networks,
// Origins and Expires.
//
// For a workspace's key the actor needs [workspace.ManageKeys], and all that the
// key is given, see [Options.Coverer]. A personal key, which has no Workspace,
// everybody makes for himself, and it takes a unit of his quota of keys. No key
// makes keys.
//
// It returns a *workspace.InvalidError for what is malformed, and a
// *quota.ExceededError when the quota is used up.
func (s *Service) Create(ctx context.Context, actor workspace.Actor, k Key) (Key, string, error) {
	if err := s.mayManage(ctx, actor, k.Workspace); err != nil {
		return Key{}, "", err
	}
	now := s.clock()
	asked, err := s.clean(Key{
		ID: ID(uid.New()), Workspace: k.Workspace, Title: k.Title, Role: k.Role, Scopes: k.Scopes, Nodes: k.Nodes,
		Networks: k.Networks, Origins: k.Origins, Created: now, Expires: k.Expires,
	}, now)
	if err != nil {
		return Key{}, "", err
	}
	if asked.Prefix, err = newPrefix(); err != nil {
		return Key{}, "", err
	}
	asked.Address = "key-" + strings.ToLower(strings.TrimPrefix(asked.Prefix, mark)) + "@" + s.opts.Domain
	if asked.Workspace == "" {
		asked.User = actor.User
	}
	secret, hash, err := newSecret(asked.Prefix)
	if err != nil {
		return Key{}, "", err
	}
	var made Key
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		var w workspace.Workspace
		var err error
		if asked.Workspace != "" {
			if w, err = s.store.LockWorkspace(ctx, asked.Workspace); err != nil {
				return err
			}
			if err := s.manages(ctx, actor, w); err != nil {
				return err
			}
		}
		rules, err := s.rules(ctx, actor, w, asked)
		if err != nil {
			return err
		}
		if asked.Creator, err = s.creator(ctx, actor); err != nil {
			return err
		}
		if made, err = s.store.AddKey(ctx, asked, Secrets{Hash: hash}); err != nil {
			return err
		}
		if err := s.give(ctx, actor, made, rules); err != nil {
			return err
		}
		if err := s.consume(ctx, made); err != nil {
			return err
		}
		return s.record(ctx, actor, "access_key.create", w, made, made.terms())
	})
	if err != nil {
		return Key{}, "", err
	}
	return made, secret, nil
}

// mayManage lets pass who manages the keys of a workspace, or, where there is
// none, who may have keys of his own.
func (s *Service) mayManage(ctx context.Context, actor workspace.Actor, in workspace.ID) error {
	if err := actor.Known(); err != nil {
		return err
	}
	if in == "" {
		return s.own(ctx, actor)
	}
	return s.managesIn(ctx, actor, in)
}

// creator returns an actor as he is now.
func (s *Service) creator(ctx context.Context, actor workspace.Actor) (Creator, error) {
	c := Creator{User: actor.User, Principal: actor.Principal, Name: actor.Name}
	if actor.User == "" {
		return c, nil
	}
	users, err := s.store.Users(ctx, workspace.UserFilter{IDs: []workspace.UserID{actor.User}})
	if err != nil {
		return Creator{}, err
	}
	if len(users) == 0 {
		return Creator{}, workspace.ErrNotFound
	}
	u := users[0]
	c.Name, c.Email = strings.TrimSpace(u.FirstName+" "+u.LastName), u.Email
	if c.Name == "" {
		c.Name = u.Username
	}
	return c, nil
}

// Revoke ends a key: it is refused at once, on every server, and whoever came
// with it a moment ago can do nothing more. That cannot be undone. It needs
// what making the key needs; a key may revoke itself. Doing so twice changes
// nothing.
func (s *Service) Revoke(ctx context.Context, actor workspace.Actor, id ID) error {
	return s.change(ctx, actor, id, true, func(ctx context.Context, w workspace.Workspace, k Key) error {
		if !k.Revoked.IsZero() {
			return nil
		}
		if err := s.store.RevokeKey(ctx, id, s.clock(), actor.Name); err != nil {
			return err
		}
		return s.record(ctx, actor, "access_key.revoke", w, k, nil)
	})
}

// Delete deletes a key for good, with everything that it was given, and the
// unit of a personal key goes back to its user. It needs what making the key
// needs, and returns ErrOwns while the key owns resources.
func (s *Service) Delete(ctx context.Context, actor workspace.Actor, id ID) error {
	return s.change(ctx, actor, id, false, func(ctx context.Context, w workspace.Workspace, k Key) error {
		if err := s.store.DeleteKey(ctx, id); err != nil {
			return err
		}
		if err := s.release(ctx, k); err != nil {
			return err
		}
		return s.record(ctx, actor, "access_key.delete", w, k, nil)
	})
}

// Hold runs fn in a unit of work that keeps everybody else from changing a key,
// so that what is read in fn is still so when fn changes it. It needs what making
// the key needs.
func (s *Service) Hold(ctx context.Context, actor workspace.Actor, id ID, fn func(ctx context.Context) error) error {
	return s.change(ctx, actor, id, false, func(ctx context.Context, _ workspace.Workspace, _ Key) error { return fn(ctx) })
}

// Key returns a key, to who could make it and to the key itself.
func (s *Service) Key(ctx context.Context, actor workspace.Actor, id ID) (Key, error) {
	return s.find(ctx, actor, id, true)
}

// Keys lists the keys of a workspace, which needs [workspace.ManageKeys], or,
// where the filter names none, the actor's own, and tells how many there are.
func (s *Service) Keys(ctx context.Context, actor workspace.Actor, f Filter) ([]Key, int, error) {
	if err := s.mayManage(ctx, actor, f.Workspace); err != nil {
		return nil, 0, err
	}
	for i, state := range f.States {
		if !slices.Contains([]State{Active, Rotating, Expired, Revoked}, state) {
			return nil, 0, invalid(at("states", i), "active, rotating, expired or revoked")
		}
	}
	f.User, f.Lock, f.At = "", false, s.clock()
	if f.Workspace == "" {
		f.User = actor.User
	}
	list, err := s.store.Keys(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	n, err := s.store.CountKeys(ctx, f)
	return list, n, err
}

func (k Key) reason() quota.Reason { return quota.Reason{Kind: "access_key", Ref: string(k.ID)} }

// allocation returns what the user of a personal key may have of keys.
func (s *Service) allocation(ctx context.Context, k Key) (quota.Allocation, error) {
	holder := quota.Holder(k.User)
	list, _, err := s.meter.Allocations(ctx, quota.AllocationFilter{Holders: []quota.Holder{holder}, Kind: quota.Keys})
	if err != nil {
		return quota.Allocation{}, err
	}
	if len(list) == 0 { // nothing was ever given to him
		return quota.Allocation{}, &quota.ExceededError{Kind: quota.Keys, PoolName: "keys", Unit: quota.Count, Holder: holder, Asked: 1}
	}
	return list[0], nil
}

// consume takes the unit of a personal key, release gives it back. Workspaces
// have no quota of keys.
func (s *Service) consume(ctx context.Context, k Key) error {
	if k.User == "" {
		return nil
	}
	a, err := s.allocation(ctx, k)
	if err != nil {
		return err
	}
	return s.meter.Consume(ctx, a.ID, 1, k.reason())
}

func (s *Service) release(ctx context.Context, k Key) error {
	if k.User == "" {
		return nil
	}
	a, err := s.allocation(ctx, k)
	if err != nil {
		return err
	}
	return s.meter.Release(ctx, a.ID, 1, k.reason())
}

// terms are what the trail tells of a new key: never its secret.
func (k Key) terms() map[string]any {
	t := map[string]any{"prefix": k.Prefix, "address": k.Address}
	if k.Role != "" {
		t["role"] = k.Role
	}
	if !k.Expires.IsZero() {
		t["expires"] = k.Expires
	}
	for field, list := range map[string]any{"scopes": k.Scopes, "origins": k.Origins, "networks": k.Networks, "nodes": texts(k.Nodes)} {
		if encoded, err := json.Marshal(list); err == nil && string(encoded) != "null" && string(encoded) != "[]" {
			t[field] = json.RawMessage(encoded)
		}
	}
	return t
}

// record appends an event to the trail, in the unit of work that ctx is in.
func (s *Service) record(
	ctx context.Context, actor workspace.Actor, action string, w workspace.Workspace, k Key, detail map[string]any,
) error {
	text, err := audit.Detail(detail)
	if err != nil {
		return fmt.Errorf("accesskey: detail of %s: %w", action, err)
	}
	return s.trail.Append(ctx, actor.Signs(audit.Event{
		ID: audit.EventID(uid.New()), At: s.clock(), Action: action,
		Workspace: string(w.ID), Organization: string(w.Organization),
		Object: audit.Object{Kind: "access_key", ID: string(k.ID), Name: k.Title}, Detail: text,
	}))
}

var _ Authorizer = (*rbac.Engine)(nil)
