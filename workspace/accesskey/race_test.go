package accesskey_test

import (
	"context"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

// effort returns how many trials are to be made.
func effort(t *testing.T, otherwise int) int {
	t.Helper()
	text := os.Getenv("BAILIWICK_TRIALS")
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		t.Fatalf("BAILIWICK_TRIALS=%s: expected a positive number", text)
	}
	return n
}

// A pair is two servers on one database.
type pair struct {
	*testing.T

	a, b  *accesskey.Service
	db    *storage.DB
	club  workspace.ID
	admin workspace.Actor
}

// newPair makes two servers, of which the second sees its store through a lens.
func newPair(t *testing.T, kind dbtest.Kind, lens func(accesskey.Store) accesskey.Store) *pair {
	t.Helper()
	address := kind.Make(t)
	server := func(lens func(accesskey.Store) accesskey.Store) (*accesskey.Service, *workspace.Service, *storage.DB) {
		db := dbtest.Open(t, address)
		rights := rbac.New(db.Rules(), workspace.Schema(), nil)
		quotas := quota.New(db.Quotas(), nil)
		keys := accesskey.New(lens(db.AccessKeys()), rights, quotas, db.Trail(), nil)
		return keys, workspace.New(db.Workspaces(), rights, quotas, db.Trail(), nil), db
	}
	p := &pair{T: t, admin: workspace.Command("test")}
	var workspaces *workspace.Service
	p.a, workspaces, p.db = server(func(s accesskey.Store) accesskey.Store { return s })
	p.b, _, _ = server(lens)
	u, err := workspaces.CreateUser(t.Context(), p.admin, workspace.User{Username: "ann", Email: "ann@example.org", Language: "fr"})
	p.ok(err)
	w, err := workspaces.Create(t.Context(), p.admin, workspace.Workspace{Name: "club", TechnicalName: "club", Supervisor: u.ID})
	p.ok(err)
	p.club = w.ID
	return p
}

func (p *pair) ok(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// mint makes some keys of the club in one unit of work, which is faster.
func (p *pair) mint(n int) []made {
	p.Helper()
	var list []made
	p.ok(p.db.Tx(p.Context(), func(ctx context.Context) error {
		list = nil
		for range n {
			k, secret, err := p.a.Create(ctx, p.admin, accesskey.Key{
				Workspace: p.club, Title: "x", Role: workspace.RoleViewer, Expires: time.Now().Add(time.Hour),
			})
			if err != nil {
				return err
			}
			list = append(list, made{k, secret})
		}
		return nil
	}))
	return list
}

// trial hammers the second server with a key while the first one ends it, and
// returns how many calls that began after the end was acknowledged were let
// in, and how many before.
func (p *pair) trial(k made) (late, before int64) {
	p.Helper()
	const callers = 2
	var ended atomic.Bool
	var lates, befores atomic.Int64
	var ready, done sync.WaitGroup
	ready.Add(callers)
	for range callers {
		done.Go(func() {
			announce := sync.OnceFunc(ready.Done)
			defer announce()
			for last := false; !last; {
				last = ended.Load() // this call begins afterwards
				_, err := p.b.Authenticate(p.Context(), k.secret, accesskey.Origin{})
				switch {
				case err == nil && last:
					lates.Add(1)
				case err == nil:
					befores.Add(1)
					announce()
					time.Sleep(time.Millisecond) // or they would take what revoking needs
				case !last && befores.Load() == 0:
					p.Errorf("before it was revoked: %v", err)
					return
				}
			}
		})
	}
	ready.Wait()
	err := p.a.Revoke(p.Context(), p.admin, k.ID)
	ended.Store(true)
	done.Wait()
	p.ok(err)
	return lates.Load(), befores.Load()
}

// TestRevokedAtOnce makes BAILIWICK_TRIALS trials on each database, or 300.
func TestRevokedAtOnce(t *testing.T) {
	t.Parallel()
	trials := effort(t, 300)
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, kind, func(s accesskey.Store) accesskey.Store { return s })
			began := time.Now()
			var calls int64
			for left := trials; left > 0 && !t.Failed(); left -= 100 {
				for _, k := range p.mint(min(left, 100)) {
					late, before := p.trial(k)
					if calls += before; late > 0 {
						t.Fatalf("%d calls were let in after the key was revoked", late)
					}
				}
			}
			t.Logf("%d trials in %s, %d calls let in before", trials, time.Since(began), calls)
		})
	}
}

// A hoarder is a store that remembers what it has read for a moment, as none of
// ours does.
type hoarder struct {
	accesskey.Store

	mu   sync.Mutex
	kept map[string]accesskey.Presented
	at   map[string]time.Time
}

func (h *hoarder) Presented(ctx context.Context, prefix string) (accesskey.Presented, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.at[prefix]) < 20*time.Millisecond {
		return h.kept[prefix], nil
	}
	p, err := h.Store.Presented(ctx, prefix)
	if err == nil {
		h.kept[prefix], h.at[prefix] = p, time.Now()
	}
	return p, err
}

// TestLateRevocationIsCaught makes the same trials with a server that lets in
// too long: the trials must find out.
func TestLateRevocationIsCaught(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, kind, func(s accesskey.Store) accesskey.Store {
				return &hoarder{Store: s, kept: map[string]accesskey.Presented{}, at: map[string]time.Time{}}
			})
			for _, k := range p.mint(50) {
				if late, _ := p.trial(k); late > 0 {
					return
				}
			}
			t.Fatal("50 trials found nothing")
		})
	}
}
