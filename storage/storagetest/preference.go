package storagetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Preferences tests [workspace.Preferences].
func Preferences(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"they are listed by name":     preferenceList,
		"the last one stays":          preferencePut,
		"deleting deletes one":        preferenceDelete,
		"they go with their user":     preferenceDeparture,
		"locking is alone":            preferenceLocked,
		"what is not there":           preferenceMissing,
		"nothing outside a unit":      preferenceNoUnit,
		"nothing is kept of a half":   preferenceSweep,
		"nothing is shared with them": preferenceCopies,
	})
}

func preference(name, value string, minute int) workspace.Preference {
	return workspace.Preference{Name: name, Value: json.RawMessage(value), Updated: at(minute)}
}

// prefers stores preferences of a user.
func (s *sample) prefers(u workspace.User, list ...workspace.Preference) {
	s.t.Helper()
	s.must(func(ctx context.Context) error {
		for _, p := range list {
			if err := s.Workspaces.PutPreference(ctx, u.ID, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// preferred wants a user to have preferences, and no others.
func (s *sample) preferred(what string, u workspace.User, want ...workspace.Preference) {
	s.t.Helper()
	got, err := s.Workspaces.Preferences(s.t.Context(), u.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, what, fmt.Sprintf("%s", got), fmt.Sprintf("%s", want))
}

func preferenceList(s *sample) {
	u, other := s.user("u"), s.user("other")
	s.preferred("none yet", u)
	// Letter by letter, whatever the language of the database.
	a, b, c, d := preference("a-b", `1`, 1), preference("a.b", `"é\u0000"`, 2), preference("a0", `null`, 3), preference("a_b", `{"x":[]}`, 4)
	s.prefers(u, d, b)
	s.prefers(u, c, a)
	s.prefers(other, preference("a0", `"other"`, 5))
	s.preferred("in order", u, a, b, c, d)
	s.preferred("another's", other, preference("a0", `"other"`, 5))
}

func preferencePut(s *sample) {
	u := s.user("u")
	a, b := preference("a", `1`, 1), preference("b", `2`, 1)
	s.prefers(u, a, b)
	next := preference("a", `[2]`, 0) // earlier, and still the last to come
	s.prefers(u, next)
	s.preferred("the last", u, next, b)
	before := s.Fingerprint(s.t)
	s.prefers(u, next)
	if s.Fingerprint(s.t) != before {
		s.t.Error("the same again changed something")
	}
}

func preferenceDelete(s *sample) {
	u, other := s.user("u"), s.user("other")
	a, b := preference("a", `1`, 1), preference("b", `2`, 1)
	s.prefers(u, a, b)
	s.prefers(other, a)
	s.must(func(ctx context.Context) error { return s.Workspaces.DeletePreference(ctx, u.ID, "a") })
	s.preferred("what is left", u, b)
	s.preferred("another's", other, a)
}

func preferenceDeparture(s *sample) {
	u, other := s.user("u"), s.user("other")
	s.prefers(u, preference("a", `1`, 1))
	s.prefers(other, preference("a", `1`, 1))
	s.must(func(ctx context.Context) error { return s.Workspaces.DeleteUser(ctx, u.ID) })
	s.preferred("his who has gone", u)
	s.preferred("another's", other, preference("a", `1`, 1))
}

// preferenceLocked has somebody else come while they are locked.
func preferenceLocked(s *sample) {
	u := s.user("u")
	second := make(chan error, 1)
	outside := context.WithoutCancel(s.t.Context())
	lock := func() {
		second <- s.Tx(outside, func(ctx context.Context) error {
			if err := s.Workspaces.LockPreferences(ctx, u.ID); err != nil {
				return err
			}
			list, err := s.Workspaces.Preferences(ctx, u.ID)
			if err == nil && len(list) != 1 {
				err = fmt.Errorf("he who came second found %d", len(list))
			}
			return err
		})
	}
	s.must(func(ctx context.Context) error {
		if err := s.Workspaces.LockPreferences(ctx, u.ID); err != nil {
			return err
		}
		go lock()
		select {
		case err := <-second:
			s.t.Errorf("somebody else came in: %v", err)
			second <- nil
		case <-time.After(200 * time.Millisecond):
		}
		return s.Workspaces.PutPreference(ctx, u.ID, preference("a", `1`, 1))
	})
	if err := <-second; err != nil {
		s.t.Error(err)
	}
}

func preferenceMissing(s *sample) {
	u := s.user("u")
	s.prefers(u, preference("a", `1`, 1))
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.DeletePreference(ctx, u.ID, "b") })
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.DeletePreference(ctx, "nobody", "a") })
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.LockPreferences(ctx, "nobody") })
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		return s.Workspaces.PutPreference(ctx, "nobody", preference("a", `1`, 1))
	})
	s.preferred("nobody's", workspace.User{ID: "nobody"})
}

func preferenceNoUnit(s *sample) {
	u := s.user("u")
	before, ctx := s.Fingerprint(s.t), s.t.Context()
	for what, err := range map[string]error{
		"LockPreferences":  s.Workspaces.LockPreferences(ctx, u.ID),
		"PutPreference":    s.Workspaces.PutPreference(ctx, u.ID, preference("a", `1`, 1)),
		"DeletePreference": s.Workspaces.DeletePreference(ctx, u.ID, "a"),
	} {
		if !errors.Is(err, s.NoUnit) {
			s.t.Errorf("%s outside a unit of work = %v", what, err)
		}
	}
	if s.Fingerprint(s.t) != before {
		s.t.Error("something was kept")
	}
}

func preferenceSweep(s *sample) {
	u := s.user("u")
	s.sweep(func(ctx context.Context) error {
		if err := s.Workspaces.LockPreferences(ctx, u.ID); err != nil {
			return err
		}
		return s.Workspaces.PutPreference(ctx, u.ID, preference("a", `1`, 1))
	})
	s.sweep(func(ctx context.Context) error {
		if err := s.Workspaces.LockPreferences(ctx, u.ID); err != nil {
			return err
		}
		return s.Workspaces.DeletePreference(ctx, u.ID, "a")
	})
	s.prefers(u, preference("a", `1`, 1))
	s.sweep(func(ctx context.Context) error { return s.Workspaces.DeleteUser(ctx, u.ID) })
}

func preferenceCopies(s *sample) {
	u := s.user("u")
	p := preference("a", `"one"`, 1)
	s.prefers(u, p)
	p.Value[1] = 'x'
	got, err := s.Workspaces.Preferences(s.t.Context(), u.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	got[0].Value[1] = 'x'
	s.preferred("untouched", u, preference("a", `"one"`, 1))
}
