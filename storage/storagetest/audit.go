package storagetest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// Trail tests [audit.Store].
func Trail(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"filters choose":              trailFilters,
		"what was appended is read":   trailAppend,
		"an event is appended once":   trailOnce,
		"what comes out is one's own": trailAliasing,
		"nothing is kept of a half":   trailSweep,
	})
}

func (s *sample) append(events ...audit.Event) {
	s.t.Helper()
	for _, e := range events {
		s.must(func(ctx context.Context) error { return s.Trail.Append(ctx, e) })
	}
}

func (s *sample) events(what string, f audit.Filter, want ...audit.EventID) {
	s.t.Helper()
	chooses(s.t, what, func(e audit.Event) audit.EventID { return e.ID }, want,
		func(offset, limit int) ([]audit.Event, error) {
			f.Offset, f.Limit = offset, limit
			return s.Trail.List(s.t.Context(), f)
		}, func(offset, limit int) (int, error) {
			f.Offset, f.Limit = offset, limit
			return s.Trail.Count(s.t.Context(), f)
		})
}

func trailFilters(s *sample) {
	s.events("none yet", audit.Filter{})
	a, b, c, d := s.event("member.put", 1), s.event("member.delete", 2), s.event("user.create", 3), s.event("Member.put", 4)
	b.Workspace, c.Organization = "other", "other"
	b.Object.Kind, c.Object.ID, d.Object.Name = "other", "other", "other"
	s.append(a, b, c, d)
	all, err := s.Trail.List(s.t.Context(), audit.Filter{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.events("all", audit.Filter{}, a.ID, b.ID, c.ID, d.ID)
	s.events("newest", audit.Filter{Newest: true}, d.ID, c.ID, b.ID, a.ID)
	s.events("by workspace", audit.Filter{Workspace: "w"}, a.ID, c.ID, d.ID)
	s.events("by organization", audit.Filter{Organization: "o"}, a.ID, b.ID, d.ID)
	s.events("by action", audit.Filter{Actions: []string{"member.put"}}, a.ID)
	s.events("by the beginning of an action", audit.Filter{Actions: []string{"member."}}, a.ID, b.ID)
	s.events("by the middle of an action", audit.Filter{Actions: []string{"ember"}})
	s.events("by an underscore", audit.Filter{Actions: []string{"_"}})
	s.events("by some actions", audit.Filter{Actions: []string{"user", "member.d"}}, b.ID, c.ID)
	s.events("by the kind of object", audit.Filter{Object: audit.Object{Kind: "other"}}, b.ID)
	s.events("by the object", audit.Filter{Object: audit.Object{Kind: "member", ID: "other"}}, c.ID)
	s.events("by the object's name", audit.Filter{Object: audit.Object{Name: "other"}}, d.ID)
	s.events("since", audit.Filter{Since: at(3)}, c.ID, d.ID)
	s.events("until", audit.Filter{Until: at(3)}, a.ID, b.ID)
	s.events("since and until", audit.Filter{Since: at(2), Until: at(3)}, b.ID)
	s.events("after", audit.Filter{After: all[1].Num}, c.ID, d.ID)
	s.events("after, newest", audit.Filter{After: all[1].Num, Newest: true}, a.ID)
	s.events("by all", audit.Filter{
		Workspace: "w", Organization: "o", Actions: []string{"m", "M"}, Object: audit.Object{Kind: "member", ID: "i", Name: "n"},
		Since: at(0), Until: at(9), Newest: true, After: all[3].Num,
	}, a.ID)
}

func trailAppend(s *sample) {
	full, empty := s.event("x.y", 1), audit.Event{ID: "e", At: at(2), Action: "z"}
	full.Num = 999 // is given by the store
	s.append(full, empty)
	got, err := s.Trail.List(s.t.Context(), audit.Filter{})
	if err != nil || len(got) != 2 {
		s.t.Fatalf("%v, %v; want two events", got, err)
	}
	if diff := cmp.Diff([]audit.Event{full, empty}, got, cmpopts.IgnoreFields(audit.Event{}, "Num")); diff != "" {
		s.t.Errorf("what is read differs (-want +got):\n%s", diff)
	}
	if got[0].Num >= got[1].Num || got[0].Num == full.Num {
		s.t.Errorf("numbers %d and %d, want them given in order", got[0].Num, got[1].Num)
	}
}

func trailOnce(s *sample) {
	e := s.event("x", 1)
	s.append(e)
	before := s.Fingerprint(s.t)
	if err := s.Tx(s.t.Context(), func(ctx context.Context) error { return s.Trail.Append(ctx, e) }); err == nil {
		s.t.Error("an event was appended twice")
	}
	equal(s.t, "the database", s.Fingerprint(s.t), before)
}

func trailAliasing(s *sample) {
	e := s.event("x", 1)
	want := string(e.Detail)
	s.must(func(ctx context.Context) error {
		err := s.Trail.Append(ctx, e)
		clear(e.Detail)
		return err
	})
	for range 2 {
		list, err := s.Trail.List(s.t.Context(), audit.Filter{})
		got := one(s.t, list, err)
		equal(s.t, "detail", string(got.Detail), want)
		clear(got.Detail)
	}
}

func trailSweep(s *sample) {
	e := s.event("x", 1)
	s.sweep(func(ctx context.Context) error { return s.Trail.Append(ctx, e) })
}
