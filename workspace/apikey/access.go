package apikey

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// Accesses lists what a key of the actor's own opens, and how many there are.
func (s *Service) Accesses(ctx context.Context, actor workspace.Actor, id ID, offset, limit int) ([]Access, int, error) {
	if err := s.authorize(ctx, actor); err != nil {
		return nil, 0, err
	}
	if _, _, err := s.one(ctx, Filter{IDs: []ID{id}, User: actor.User}); err != nil {
		return nil, 0, err
	}
	list, err := s.store.Accesses(ctx, id, offset, limit)
	if err != nil {
		return nil, 0, err
	}
	n, err := s.store.CountAccesses(ctx, id)
	return list, n, err
}

// Open lets a key of the actor's own open offerings, through a permission that
// the actor holds, or through none where the offering is open to everybody.
//
// It returns ErrNotFound for a permission the actor does not hold, a
// *workspace.InvalidError for offerings that are not in it, for a permission
// that has ended or wants an OAUTH2 key when the key is none, and, without
// permission, for offerings that are not open, and a *workspace.TakenError for
// what the key opens already.
func (s *Service) Open(ctx context.Context, actor workspace.Actor, id ID, through offering.PermissionID, offerings []offering.ID) ([]Access, error) {
	if err := s.authorize(ctx, actor); err != nil {
		return nil, err
	}
	if len(offerings) == 0 {
		return nil, invalid("offerings", "at least one")
	}
	for i, o := range offerings {
		if slices.Contains(offerings[:i], o) {
			return nil, invalid(at(i), "one that was not named before")
		}
	}
	var opened []Access
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		opened = nil
		k, _, err := s.one(ctx, Filter{IDs: []ID{id}, User: actor.User, Lock: true})
		if err != nil {
			return err
		}
		p, choice, err := s.choice(ctx, actor, k, through, offerings)
		if err != nil {
			return err
		}
		for i, name := range offerings {
			j := slices.IndexFunc(choice, func(o offering.Offering) bool { return o.ID == name })
			if j < 0 {
				return invalid(at(i), expected(through))
			}
			a := Access{ID: AccessID(uid.New()), Key: k.ID, Permission: p, Offering: choice[j], Created: s.clock()}
			if err := s.join(ctx, k, a); err != nil {
				return err
			}
			opened = append(opened, a)
		}
		// The numbers were given by the store.
		if opened, err = s.numbered(ctx, k, opened); err != nil {
			return err
		}
		return s.record(ctx, actor, "key.open", k, nil, map[string]any{"permission": through, "offerings": offerings})
	})
	if err != nil {
		return nil, err
	}
	return opened, nil
}

func at(i int) string { return fmt.Sprintf("offerings[%d]", i) }

func expected(through offering.PermissionID) string {
	if through == "" {
		return "an offering that is open to everybody"
	}
	return "an offering of the permission"
}

// choice returns the offerings that a key may open, with the permission, which
// nobody else can change any more.
func (s *Service) choice(
	ctx context.Context, actor workspace.Actor, k Key, through offering.PermissionID, named []offering.ID,
) (*offering.Permission, []offering.Offering, error) {
	if through == "" {
		open := true
		list, err := s.store.Offerings(ctx, offering.Filter{IDs: named, Open: &open})
		return nil, list, err
	}
	if _, err := s.offerings.HeldPermission(ctx, actor, through); err != nil {
		if errors.Is(err, offering.ErrNotFound) {
			err = ErrNotFound
		}
		return nil, nil, err
	}
	list, err := s.store.Permissions(ctx, offering.PermissionFilter{IDs: []offering.PermissionID{through}, Lock: true})
	if err != nil {
		return nil, nil, err
	}
	if len(list) == 0 {
		return nil, nil, ErrNotFound
	}
	p := list[0]
	switch {
	case p.Ended(s.clock()):
		return nil, nil, invalid("permission", "one that has not ended")
	case p.OnlyOAuth && k.Type != OAuth2:
		return nil, nil, invalid("permission", "one that is not for OAUTH2 keys alone")
	}
	choice := p.Offerings
	p.Offerings = nil
	return &p, choice, nil
}

// join stores an access with its rule, which ends with the permission.
func (s *Service) join(ctx context.Context, k Key, a Access) error {
	if err := s.store.AddAccess(ctx, a); err != nil {
		return err
	}
	r := rbac.Rule{
		Node: a.Offering.Num, Effect: rbac.Allow, Principal: k.Num,
		Scope: workspace.UseOffering.Scope(), Permission: workspace.UseOffering.Name(),
		Origin: "access/" + string(a.ID),
	}
	if a.Permission != nil {
		r.Expires = a.Permission.End
	}
	_, err := s.rights.Grant(ctx, r)
	return err
}

// numbered returns accesses as the store has them.
func (s *Service) numbered(ctx context.Context, k Key, made []Access) ([]Access, error) {
	list, err := s.store.Accesses(ctx, k.ID, 0, 0)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(a Access) bool {
		return !slices.ContainsFunc(made, func(m Access) bool { return m.ID == a.ID })
	}), nil
}

// Close undoes one access of a key of the actor's own, at once.
func (s *Service) Close(ctx context.Context, actor workspace.Actor, id ID, access AccessID) error {
	if err := s.authorize(ctx, actor); err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		k, _, err := s.one(ctx, Filter{IDs: []ID{id}, User: actor.User, Lock: true})
		if err != nil {
			return err
		}
		if err := s.store.DeleteAccess(ctx, id, access); err != nil {
			return err
		}
		return s.record(ctx, actor, "key.close", k, map[string]any{"access": access}, map[string]any{"access": access})
	})
}
