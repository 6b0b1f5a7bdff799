package apikey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// Create makes a key of the actor's own and takes a unit of his quota of keys.
// Of what is given it takes Name, Type and the restrictions. The credential is
// in the answer, this once if there is no [Sealer].
//
// It returns a *workspace.InvalidError for what is malformed, a
// *workspace.TakenError for a name, a credential or an OAUTH2 key that is there
// already, and a *quota.ExceededError when the quota is used up.
func (s *Service) Create(ctx context.Context, actor workspace.Actor, k Key, c Credential) (Key, error) {
	if err := s.authorize(ctx, actor); err != nil {
		return Key{}, err
	}
	now := s.clock()
	made, err := Key{
		ID: ID(uid.New()), User: actor.User, Name: k.Name, Type: k.Type, Whitelist: k.Whitelist, Blacklist: k.Blacklist,
		UserAgent: k.UserAgent, Referer: k.Referer, Created: now, Updated: now,
	}.clean()
	if err != nil {
		return Key{}, err
	}
	secrets, err := s.conceal(ctx, &made, c)
	if err != nil {
		return Key{}, err
	}
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		stored, err := s.store.AddKey(ctx, made, secrets)
		if err != nil {
			return err
		}
		made.Num = stored.Num
		allocation, err := s.allocation(ctx, actor.User)
		if err != nil {
			return err
		}
		if err := s.meter.Consume(ctx, allocation.ID, 1, made.reason()); err != nil {
			return err
		}
		return s.record(ctx, actor, "key.create", made, nil, made.restrictions())
	})
	if err != nil {
		return Key{}, err
	}
	return made, nil
}

// Update changes name and restrictions of a key of the actor's own, and nothing
// else.
func (s *Service) Update(ctx context.Context, actor workspace.Actor, id ID, change func(*Key) error) (Key, error) {
	if err := s.authorize(ctx, actor); err != nil {
		return Key{}, err
	}
	var k Key
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		var secrets Secrets
		var err error
		if k, secrets, err = s.one(ctx, Filter{IDs: []ID{id}, User: actor.User, Lock: true}); err != nil {
			return err
		}
		s.reveal(&k, secrets)
		before := k.restrictions()
		asked := k
		if err := change(&asked); err != nil {
			return err
		}
		k.Name, k.Whitelist, k.Blacklist = asked.Name, asked.Whitelist, asked.Blacklist
		k.UserAgent, k.Referer, k.Updated = asked.UserAgent, asked.Referer, s.clock()
		if k, err = k.clean(); err != nil {
			return err
		}
		if err := s.store.SaveKey(ctx, k); err != nil {
			return err
		}
		return s.record(ctx, actor, "key.update", k, before, k.restrictions())
	})
	if err != nil {
		return Key{}, err
	}
	return k, nil
}

// Delete deletes a key of the actor's own: it opens nothing any more at once,
// and its unit goes back to his quota.
func (s *Service) Delete(ctx context.Context, actor workspace.Actor, id ID) error {
	if err := s.authorize(ctx, actor); err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		k, _, err := s.one(ctx, Filter{IDs: []ID{id}, User: actor.User, Lock: true})
		if err != nil {
			return err
		}
		if err := s.store.DeleteKey(ctx, id); err != nil {
			return err
		}
		allocation, err := s.allocation(ctx, actor.User)
		if err != nil {
			return err
		}
		if err := s.meter.Release(ctx, allocation.ID, 1, k.reason()); err != nil {
			return err
		}
		return s.record(ctx, actor, "key.delete", k, k.restrictions(), nil)
	})
}

// Key returns a key of the actor's own.
func (s *Service) Key(ctx context.Context, actor workspace.Actor, id ID) (Key, error) {
	if err := s.authorize(ctx, actor); err != nil {
		return Key{}, err
	}
	k, secrets, err := s.one(ctx, Filter{IDs: []ID{id}, User: actor.User})
	if err != nil {
		return Key{}, err
	}
	s.reveal(&k, secrets)
	return k, nil
}

// Keys lists the actor's own keys, and how many there are.
func (s *Service) Keys(ctx context.Context, actor workspace.Actor, f Filter) ([]Key, int, error) {
	if err := s.authorize(ctx, actor); err != nil {
		return nil, 0, err
	}
	f.User, f.Lookups, f.Lock = actor.User, nil, false
	list, secrets, err := s.store.Keys(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	for i := range list {
		s.reveal(&list[i], secrets[i])
	}
	n, err := s.store.CountKeys(ctx, f)
	return list, n, err
}

// clock returns the time as it is kept.
func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// authorize lets pass who is a user and not disabled: what is done to keys is
// done to one's own, and it takes no permission.
func (s *Service) authorize(ctx context.Context, actor workspace.Actor) error {
	if actor.User == "" {
		return &rbac.DeniedError{Explanation: rbac.Explanation{Principal: actor.Principal, Cause: rbac.ByDefault}}
	}
	err := s.rights.Require(ctx, actor.Principal, rbac.Root, workspace.Administer, rbac.Latest())
	if errors.Is(err, rbac.ErrNoPrincipal) {
		return fmt.Errorf("%w: %w", rbac.ErrDenied, err)
	}
	// That somebody is no administrator says nothing; that he is disabled does.
	if denied, ok := errors.AsType[*rbac.DeniedError](err); ok && denied.Explanation.Cause != rbac.ByDisabling {
		return nil
	}
	return err
}

// one returns the key that a filter by identifier chooses.
func (s *Service) one(ctx context.Context, f Filter) (Key, Secrets, error) {
	list, secrets, err := s.store.Keys(ctx, f)
	if err != nil {
		return Key{}, Secrets{}, err
	}
	if len(list) == 0 {
		return Key{}, Secrets{}, ErrNotFound
	}
	return list[0], secrets[0], nil
}

// allocation returns what a user may have of keys.
func (s *Service) allocation(ctx context.Context, user workspace.UserID) (quota.Allocation, error) {
	holder := quota.Holder(user)
	list, _, err := s.meter.Allocations(ctx, quota.AllocationFilter{Holders: []quota.Holder{holder}, Kind: quota.Keys})
	if err != nil {
		return quota.Allocation{}, err
	}
	if len(list) == 0 { // nothing was ever given to him
		return quota.Allocation{}, &quota.ExceededError{Kind: quota.Keys, PoolName: "keys", Unit: quota.Count, Holder: holder, Asked: 1}
	}
	return list[0], nil
}

func (k Key) reason() quota.Reason { return quota.Reason{Kind: "key", Ref: string(k.ID)} }

// restrictions are what the trail tells of a key: never its credential.
func (k Key) restrictions() map[string]any {
	return map[string]any{
		"type": k.Type, "whitelist": k.Whitelist, "blacklist": k.Blacklist, "user_agent": k.UserAgent, "referer": k.Referer,
	}
}

// record appends an event to the trail, in the unit of work that ctx is in:
// what was there before, nil for nothing, and what is there now.
func (s *Service) record(ctx context.Context, actor workspace.Actor, action string, k Key, before, detail map[string]any) error {
	e := actor.Signs(audit.Event{
		ID: audit.EventID(uid.New()), At: s.clock(), Action: action,
		Object: audit.Object{Kind: "key", ID: string(k.ID), Name: k.Name},
	})
	var err error
	if e.Detail, err = audit.Detail(detail); err != nil {
		return fmt.Errorf("apikey: detail of %s: %w", action, err)
	}
	if before != nil {
		if e.Before, err = json.Marshal(before); err != nil {
			return fmt.Errorf("apikey: what was before %s: %w", action, err)
		}
	}
	return s.trail.Append(ctx, e)
}
