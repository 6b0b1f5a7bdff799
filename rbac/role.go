package rbac

import (
	"context"
	"fmt"
	"slices"
)

// Roles returns all roles: the built-in ones, then those that are stored, each
// sorted by name.
func (e *Engine) Roles(ctx context.Context) ([]Role, error) {
	stored, err := e.store.Roles(ctx)
	if err != nil {
		return nil, fmt.Errorf("rbac: roles: %w", err)
	}
	roles := e.schema.Roles()
	for _, r := range stored {
		// A role that was stored before one of its name was built in is
		// shadowed by that, here as in decisions.
		if _, builtin := e.schema.roles[r.Name]; !builtin {
			roles = append(roles, r)
		}
	}
	return roles, nil
}

// PutRole stores a role under its name, replacing what was there, with effect
// on everybody who has it. It is called inside a unit of work. It returns
// ErrBuiltin for the name of a built-in role, and ErrInvalid for a role without
// name, one that holds everything, and a permission that no class has.
func (e *Engine) PutRole(ctx context.Context, r Role) error {
	if _, builtin := e.schema.roles[r.Name]; builtin {
		return fmt.Errorf("%w: %q", ErrBuiltin, r.Name)
	}
	switch {
	case r.Name == "":
		return fmt.Errorf("%w: name: empty, expected the role's name", ErrInvalid)
	case r.Everything:
		return fmt.Errorf("%w: everything: set, expected permissions one by one", ErrInvalid)
	}
	for _, p := range r.Permissions {
		if !e.schema.knows(p) {
			return fmt.Errorf("%w: permissions: %q, expected what some class has", ErrInvalid, p)
		}
	}
	r.Builtin = false
	if err := e.store.PutRole(ctx, r); err != nil {
		return fmt.Errorf("rbac: put role: %w", err)
	}
	return nil
}

// DeleteRole deletes a stored role. It is called inside a unit of work. It
// returns ErrBuiltin for a built-in role, ErrNoRole when there is none, and
// ErrRoleInUse while a rule names it.
func (e *Engine) DeleteRole(ctx context.Context, name RoleName) error {
	if _, builtin := e.schema.roles[name]; builtin {
		return fmt.Errorf("%w: %q", ErrBuiltin, name)
	}
	if err := e.store.DeleteRole(ctx, name); err != nil {
		return fmt.Errorf("rbac: delete role: %w", err)
	}
	return nil
}

// knows reports whether some class has a permission.
func (s *Schema) knows(p Permission) bool {
	return slices.ContainsFunc(s.names, func(name string) bool {
		_, ok := s.classes[name].bit[p]
		return ok
	})
}
