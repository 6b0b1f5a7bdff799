package storagetest

import (
	"context"
	"errors"
	"sync"
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
		"filters choose refusals":     trailOutcomes,
		"searching knows no case":     trailSearch,
		"chains have no gaps":         trailChains,
		"many append at once":         trailTogether,
		"a half is no gap":            trailHalf,
		"links follow each other":     trailLinks,
		"units know what they append": trailInside,
		"a prefix ends at the first":  trailPrefix,
		"what was forgotten is gone":  trailForget,
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
	full.Num, full.Seq, full.Hash = 999, 999, "999" // are given by the store
	s.append(full, empty)
	got, err := s.Trail.List(s.t.Context(), audit.Filter{})
	if err != nil || len(got) != 2 {
		s.t.Fatalf("%v, %v; want two events", got, err)
	}
	if diff := cmp.Diff([]audit.Event{full, empty}, got, cmpopts.IgnoreFields(audit.Event{}, "Num", "Seq", "Hash")); diff != "" {
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
		clear(e.Before)
		return err
	})
	for range 2 {
		list, err := s.Trail.List(s.t.Context(), audit.Filter{})
		got := one(s.t, list, err)
		equal(s.t, "detail", string(got.Detail), want)
		equal(s.t, "what was before", string(got.Before), `{"roles":[]}`)
		clear(got.Detail)
		clear(got.Before)
	}
}

func trailSweep(s *sample) {
	e, other := s.event("x", 1), s.event("y", 2)
	other.Workspace = "other"
	s.sweep(func(ctx context.Context) error {
		return errors.Join(s.Trail.Append(ctx, e), s.Trail.Append(ctx, other))
	})
	head := s.head("w")
	s.sweep(func(ctx context.Context) error {
		_, err := s.Trail.Forget(ctx, audit.Checkpoint{Chain: "w", Seq: 1, Hash: head.Hash, Removed: 1, At: at(3), Signature: "s"}, at(3))
		return err
	})
}

func trailOutcomes(s *sample) {
	done, allowed, refused, behalf := s.event("a", 1), s.event("b", 2), s.event("c", 3), s.event("d", 4)
	allowed.Outcome, refused.Outcome, refused.Reason = audit.Allowed, audit.Refused, "forbidden"
	allowed.Principal, refused.Credential, refused.Address = 8, "other", "2001:db8::1"
	behalf.Principal, behalf.BehalfPrincipal, behalf.Workspace = 9, 8, ""
	s.append(done, allowed, refused, behalf)
	s.events("what was done", audit.Filter{Outcome: audit.Allowed}, done.ID, allowed.ID, behalf.ID)
	s.events("what was refused", audit.Filter{Outcome: audit.Refused}, refused.ID)
	s.events("by whom, and for whom", audit.Filter{Principal: 8}, allowed.ID, behalf.ID)
	s.events("by credential", audit.Filter{Credential: "other"}, refused.ID)
	s.events("by address", audit.Filter{Address: "2001:db8::1"}, refused.ID)
	s.events("of the platform", audit.Filter{Platform: true}, behalf.ID)
	s.events("of before the chain", audit.Filter{Unchained: true})
}

func trailSearch(s *sample) {
	a, b, c := s.event("x", 1), s.event("x", 2), s.event("x", 3)
	a.Actor, b.Object.Name, c.Behalf = "Zoë Ångström", "100 %_Straße", "ÉMILE"
	b.Actor, c.Actor = "bob", "bob"
	a.Behalf, b.Behalf = "", ""
	s.append(a, b, c)
	s.events("the actor", audit.Filter{Search: "zoë å"}, a.ID)
	s.events("the object", audit.Filter{Search: "STRASSE"}, b.ID)
	s.events("whom he acted for", audit.Filter{Search: "émile"}, c.ID)
	s.events("signs are no patterns", audit.Filter{Search: "0%_S"})
	s.events("signs are found", audit.Filter{Search: "%_s"}, b.ID)
}

func (s *sample) head(chain string) audit.Head {
	s.t.Helper()
	head, err := s.Trail.Head(s.t.Context(), chain)
	if err != nil {
		s.t.Fatal(err)
	}
	return head
}

func (s *sample) links(chain string) []audit.Record {
	s.t.Helper()
	list, err := s.Trail.Links(s.t.Context(), chain, audit.Record{}, 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

// chained wants a chain of so many links, each behind the one before, and the
// head at the last.
func (s *sample) chained(chain string, length int) {
	s.t.Helper()
	list := s.links(chain)
	equal(s.t, "the length of "+chain, len(list), length)
	before := audit.Record{}
	for i, link := range list {
		if link.Seq != int64(i+1) || link.Num <= before.Num || link.Workspace != chain || link.Spoiled != "" {
			s.t.Fatalf("%s: link %d is %+v", chain, i+1, link)
		}
		equal(s.t, "hash", link.Hash, link.Sum(before.Hash))
		before = link
	}
	equal(s.t, "the head", s.head(chain), audit.Head{Chain: chain, Seq: before.Seq, Hash: before.Hash})
}

func trailChains(s *sample) {
	chains, err := s.Trail.Chains(s.t.Context())
	equal(s.t, "no chains", len(chains), 0)
	equal(s.t, "error", err, nil)
	equal(s.t, "the head of none", s.head("w"), audit.Head{Chain: "w"})
	var kept []audit.EventID
	s.must(func(ctx context.Context) error { // in one unit, mixed
		var err error
		for i, chain := range []string{"w", "", "v", "w", "", "w"} {
			e := s.event("x", i)
			e.Workspace = chain
			kept = append(kept, e.ID)
			err = errors.Join(err, s.Trail.Append(ctx, e))
		}
		return err
	})
	s.append(s.event("y", 9))
	s.events("in the order they were appended", audit.Filter{Actions: []string{"x"}}, kept...)
	s.chained("w", 4)
	s.chained("v", 1)
	s.chained("", 2)
	chains, err = s.Trail.Chains(s.t.Context())
	equal(s.t, "chains", chains, []string{"", "v", "w"})
	equal(s.t, "error", err, nil)
}

// trailTogether has many append to two chains, in both orders.
func trailTogether(s *sample) {
	const callers, times = 8, 10
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			for i := range times {
				err := s.Tx(s.t.Context(), func(ctx context.Context) error {
					chains := []string{"v", "w"}
					if caller%2 == 0 {
						chains = []string{"w", "v"}
					}
					var err error
					for _, chain := range chains {
						e := s.event("x", i)
						e.Workspace = chain
						err = errors.Join(err, s.Trail.Append(ctx, e))
					}
					return err
				})
				if err != nil {
					s.t.Error(err)
				}
			}
		})
	}
	all.Wait()
	s.chained("v", callers*times)
	s.chained("w", callers*times)
}

func trailHalf(s *sample) {
	s.append(s.event("x", 1))
	s.refused(errOwn, func(ctx context.Context) error { return errors.Join(s.Trail.Append(ctx, s.event("x", 2)), errOwn) })
	s.append(s.event("x", 3))
	s.chained("w", 2)
}

func trailLinks(s *sample) {
	for i := range 5 {
		s.append(s.event("x", i))
	}
	all := s.links("w")
	some, err := s.Trail.Links(s.t.Context(), "w", all[1], 2)
	equal(s.t, "error", err, nil)
	equal(s.t, "a page", some, all[2:4])
	equal(s.t, "links of another", len(s.links("v")), 0)
}

func trailInside(s *sample) {
	s.append(s.event("x", 1))
	s.must(func(ctx context.Context) error {
		err := s.Trail.Append(ctx, s.event("x", 2))
		n, failed := s.Trail.Count(ctx, audit.Filter{})
		equal(s.t, "known inside", n, 2)
		list, missing := s.Trail.List(ctx, audit.Filter{Newest: true, Limit: 1})
		equal(s.t, "listed inside", len(list) == 1 && list[0].Seq == 2, true)
		outside, unseen := s.Trail.Count(s.t.Context(), audit.Filter{}) //nolint:contextcheck // another one is the point
		equal(s.t, "known outside", outside, 1)
		return errors.Join(err, failed, missing, unseen, s.Trail.Append(ctx, s.event("x", 3)))
	})
	s.chained("w", 3)
}

func trailPrefix(s *sample) {
	prefix := func(n int, want int64) {
		s.t.Helper()
		e, found, err := s.Trail.Prefix(s.t.Context(), "w", at(n))
		if err != nil || found != (want > 0) || e.Seq != want {
			s.t.Errorf("before %d: %d, %t, %v; want %d", n, e.Seq, found, err, want)
		}
	}
	prefix(9, 0)
	for _, n := range []int{1, 2, 5, 3, 6} { // clocks differ
		s.append(s.event("x", n))
	}
	other := s.event("x", 0)
	other.Workspace = "v"
	s.append(other)
	prefix(1, 0)
	prefix(2, 1)
	prefix(4, 2)
	prefix(6, 4)
	prefix(9, 5)
}

func trailForget(s *sample) {
	for i := range 5 {
		s.append(s.event("x", i))
	}
	other := s.event("x", 1)
	other.Workspace = "v"
	s.append(other)
	none, err := s.Trail.Checkpoint(s.t.Context(), "w")
	equal(s.t, "no checkpoint", none, audit.Checkpoint{})
	equal(s.t, "error", err, nil)
	all := s.links("w")
	for _, c := range []audit.Checkpoint{
		{Chain: "w", Seq: 2, Hash: all[1].Hash, Removed: 2, At: at(8), Signature: "first"},
		{Chain: "w", Seq: 3, Hash: all[2].Hash, Removed: 1, At: at(9), Signature: "second"},
		{Chain: "w", Seq: 3, Hash: all[2].Hash, Removed: 0, At: at(10), Signature: "again"},
	} {
		s.must(func(ctx context.Context) error {
			n, err := s.Trail.Forget(ctx, c, at(9))
			equal(s.t, "forgotten", n, c.Removed)
			return err
		})
		last, err := s.Trail.Checkpoint(s.t.Context(), "w")
		equal(s.t, "the checkpoint", last, c)
		equal(s.t, "error", err, nil)
	}
	equal(s.t, "what is left", s.links("w"), all[3:])
	equal(s.t, "the head", s.head("w"), audit.Head{Chain: "w", Seq: 5, Hash: all[4].Hash})
	s.chained("v", 1)
}
