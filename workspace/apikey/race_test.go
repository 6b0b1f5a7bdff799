package apikey_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// together runs what is to happen at the same time.
func together(tries ...func() error) []error {
	errs := make([]error, len(tries))
	var start, done sync.WaitGroup
	start.Add(1)
	for i, try := range tries {
		done.Go(func() {
			start.Wait()
			errs[i] = try()
		})
	}
	start.Done()
	done.Wait()
	return errs
}

// Whoever opens while the permission is revoked, shortened or moved, or the
// offering withdrawn, ends with what is true afterwards.
func TestOpenAgainstRevoke(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		second := w.Offering("second", false)
		k := w.key(w.Alice, apikey.Key{Type: apikey.Hash}, apikey.Credential{Hash: "masupercle"})
		call := apikey.Call{Hash: "masupercle"}
		for round := range 12 {
			o := w.Offering(fmt.Sprintf("layer%d", round), false)
			end := w.Now().Add(time.Hour)
			p := w.Permit(w.Alice, time.Time{}, o)
			update := func(change func(p *offering.Permission)) error {
				_, err := w.Offerings.UpdatePermission(ctx, w.Author, w.Publisher.ID, p.ID, func(p *offering.Permission) error {
					change(p)
					return nil
				})
				return err
			}
			against := []func() error{
				func() error { return w.Offerings.Revoke(ctx, w.Author, w.Publisher.ID, p.ID) },
				func() error { return w.Offerings.Withdraw(ctx, w.Author, o.ID) },
				func() error {
					return update(func(p *offering.Permission) { p.Offerings = []offering.Offering{second} })
				},
				func() error { return update(func(p *offering.Permission) { p.End = end }) },
			}[round%4]
			errs := together(against, func() error {
				_, err := w.keys.Open(ctx, w.Alice, k.ID, p.ID, []offering.ID{o.ID})
				return err
			})
			w.OK(errs[0])
			if err := errs[1]; err != nil && !errors.Is(err, apikey.ErrNotFound) && !errors.Is(err, workspace.ErrInvalid) {
				w.Errorf("round %d: Open = %v", round, err)
			}
			if round%4 == 3 {
				rules, err := w.Rights.Rules(ctx, rbac.RuleFilter{Nodes: []rbac.Node{o.Num}})
				w.OK(err)
				for _, r := range rules {
					if !r.Expires.Equal(end) {
						w.Errorf("round %d: rule %+v does not end with the permission", round, r)
					}
				}
			} else {
				w.refused(call, o)
				rules, err := w.Rights.Rules(ctx, rbac.RuleFilter{Principals: []rbac.Principal{k.Num}, Nodes: []rbac.Node{o.Num}})
				if w.OK(err); len(rules) != 0 {
					w.Errorf("round %d: rules are left: %+v", round, rules)
				}
			}
			if round%4 != 1 {
				w.OK(w.Offerings.Withdraw(ctx, w.Author, o.ID))
			}
		}
	})
}

// Of many who want the last unit one gets it.
func TestQuotasAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		var keys, offerings []func() error
		for i := range 12 {
			keys = append(keys, func() error {
				_, err := w.keys.Create(ctx, w.Alice, apikey.Key{Name: fmt.Sprint(i), Type: apikey.Hash}, apikey.Credential{})
				return err
			})
			offerings = append(offerings, func() error {
				_, err := w.Offerings.Register(ctx, w.Author, offering.Offering{
					Workspace: w.Publisher.ID, Endpoint: w.Endpoint.ID, LayerName: fmt.Sprint(i),
				})
				return err
			})
		}
		count := func(what string, want int, errs []error) {
			w.Helper()
			made := 0
			for _, err := range errs {
				if err == nil {
					made++
				} else if !errors.Is(err, quota.ErrExceeded) {
					w.Errorf("%s: %v", what, err)
				}
			}
			if made != want {
				w.Errorf("%d %s were made, want %d", made, what, want)
			}
		}
		count("keys", 5, together(keys...))
		count("offerings", 4, together(offerings...))
		if _, n, err := w.keys.Keys(ctx, w.Alice, apikey.Filter{}); err != nil || n != 5 {
			w.Errorf("%d keys, %v", n, err)
		}
		if use := w.keysUse(w.Alice); use != 5 {
			w.Errorf("%d units, want 5", use)
		}
	})
}
