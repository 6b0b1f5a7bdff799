package storagetest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Unit tests the unit of work.
func Unit(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"an error keeps nothing":              unitError,
		"an error of a part fails the whole":  unitNested,
		"a swallowed failure keeps nothing":   unitSwallowed,
		"a panic keeps nothing":               unitPanic,
		"a recovered panic keeps nothing":     unitRecovered,
		"writes need one":                     unitOutside,
		"writes need the one they are in":     unitOuter,
		"it cannot be used when it has ended": unitEnded,
		"it sees what it wrote":               unitSees,
		"collisions are tried again":          unitCollides,
		"a cancelled one keeps nothing":       unitCancelled,
		"text with a zero byte is refused":    unitNUL,
		"nothing is kept of a half":           unitSweep,
	})
}

var errOwn = errors.New("the caller's own")

// write stores something that was not there.
func (s *sample) write(ctx context.Context) error {
	_, err := s.Workspaces.AddOrganization(ctx, workspace.Organization{
		ID: workspace.OrganizationID(uid.New()), Name: uid.New(), Created: at(1), Updated: at(1),
	})
	return err
}

// unchanged wants an operation to leave the database as it was.
func (s *sample) unchanged(operation func()) {
	s.t.Helper()
	before := s.Fingerprint(s.t)
	operation()
	equal(s.t, "the database", s.Fingerprint(s.t), before)
}

func unitError(s *sample) {
	s.refused(errOwn, func(ctx context.Context) error { return errors.Join(s.write(ctx), errOwn) })
}

func unitNested(s *sample) {
	s.refused(errOwn, func(ctx context.Context) error {
		if err := s.write(ctx); err != nil {
			return err
		}
		_ = s.Tx(ctx, func(context.Context) error { return errOwn })
		return nil
	})
	s.refused(errOwn, func(ctx context.Context) error {
		_ = s.Tx(ctx, func(context.Context) error { return errOwn })
		ran := false
		err := s.Tx(ctx, func(context.Context) error {
			ran = true
			return nil
		})
		if err == nil || ran {
			s.t.Error("a part began in a unit that had failed")
		}
		return nil
	})
	var rows int
	s.must(func(ctx context.Context) error { // parts that succeed are kept with the whole
		return errors.Join(s.write(ctx), s.Tx(ctx, s.write), s.Tx(ctx, func(ctx context.Context) error { return s.Tx(ctx, s.write) }))
	})
	rows, err := s.Workspaces.CountOrganizations(s.t.Context(), workspace.OrganizationFilter{})
	if err != nil || rows != 3 {
		s.t.Errorf("%d organizations, %v; want 3", rows, err)
	}
}

func unitSwallowed(s *sample) {
	taken := s.organization("Taken")
	s.refused(workspace.ErrTaken, func(ctx context.Context) error {
		if err := s.write(ctx); err != nil {
			return err
		}
		_, err := s.Workspaces.AddOrganization(ctx, workspace.Organization{
			ID: workspace.OrganizationID(uid.New()), Name: taken.Name,
		})
		return err
	})
	s.unchanged(func() {
		err := s.Tx(s.t.Context(), func(ctx context.Context) error {
			if err := s.write(ctx); err != nil {
				return err
			}
			_, _ = s.Workspaces.AddOrganization(ctx, workspace.Organization{
				ID: workspace.OrganizationID(uid.New()), Name: taken.Name,
			})
			_ = s.write(ctx) // is not possible on PostgreSQL any more
			return nil
		})
		if err == nil {
			s.t.Error("a unit in which a statement failed was committed")
		}
	})
}

func unitPanic(s *sample) {
	s.unchanged(func() {
		defer func() {
			if recover() == nil {
				s.t.Error("the panic was swallowed")
			}
		}()
		_ = s.Tx(s.t.Context(), func(ctx context.Context) error {
			if err := s.write(ctx); err != nil {
				return err
			}
			panic("of the caller")
		})
	})
	s.must(s.write) // nothing is locked
}

func unitRecovered(s *sample) {
	s.unchanged(func() {
		err := s.Tx(s.t.Context(), func(ctx context.Context) error {
			defer func() { _ = recover() }()
			return s.Tx(ctx, func(ctx context.Context) error {
				if err := s.write(ctx); err != nil {
					return err
				}
				panic("of the caller")
			})
		})
		if err == nil {
			s.t.Error("a unit in which a part panicked was committed")
		}
	})
}

// reads are the methods of stores that need no unit of work; whatever else is
// there changes something, or locks it.
func reads() []string {
	return []string{
		"Tx", "InUnit",
		"Organizations", "CountOrganizations", "Workspaces", "CountWorkspaces", "Datastore", "Datastores",
		"Users", "CountUsers", "Groups", "CountGroups", "Members", "CountMembers", "Parties", "CountParties", "PartyNums", "Belongs", "NodeWorkspace",
		"Holdings", "CountHoldings", "Owners", "Concerned", "CountOf", "CountIn", "AccessKey",
		"Invitations", "CountInvitations", "InvitationByDigest", "Ticket", "InvitationUses", "Preferences",
		"List", "Count", "Chains", "Head", "Links", "Checkpoint", "Prefix",
		"Facts", "FactsBelow", "Rules", "CountRules", "Roles", "Revision",
		"Load", "Since", "Revisions", "Pulse", "Watch", "Await", "InUnit",
		"Pools", "CountPools", "Allocations", "CountAllocations", "Reservation", "ReservationByKey", "Reservations",
		"Ledger", "CountLedger", "Entries", "CountEntries", "Changes", "Tallies", "Lapsed",
		"Login", "TokenUser",
		"Account", "Addressee", "CountResets", "FindSession", "ListSessions", "ResetLogin", "SessionUser", "EndedSession", "WaitUntil",
		"IdentityLogin", "FindIdentity", "ListIdentities",
		"Offerings", "CountOfferings", "Permissions", "CountPermissions", "Days",
		"Keys", "CountKeys", "KeyByLookup", "Accesses", "CountAccesses", "Standing",
		"Letters", "CountLetters", "Due", "Templates",
		"Presented", "NodesIn",
		"Layer", "Volume", "Rows", "Bounds", "Attachments", "AttachedBytes",
		"Upload", "Charged", "Blobs", "Variants", "Doomed",
		"Databases", "CountDatabases", "Backups", "CountBackups", "DatabaseName",
		"Notices", "CountNotices", "FindWorkspaces", "LoginCounts", "UserCounts",
		"Resources", "CountResources", "Path", "Below", "Referrers", "Known", "Administrators", "Workspace", "Names",
	}
}

// unitOutside calls everything that changes something outside a unit of work.
func unitOutside(s *sample) {
	for name, store := range s.stores() {
		value := reflect.ValueOf(store)
		for i := range value.NumMethod() {
			method := value.Type().Method(i).Name
			if slices.Contains(reads(), method) {
				continue
			}
			s.unchanged(func() {
				if err := call(s.t.Context(), value.Method(i)); err == nil || !errors.Is(err, s.NoUnit) {
					s.t.Errorf("%s.%s outside a unit of work: %v, want %v", name, method, err, s.NoUnit)
				}
			})
		}
	}
}

// call calls a method with zero arguments and returns its error.
func call(ctx context.Context, method reflect.Value) error {
	args := []reflect.Value{reflect.ValueOf(ctx)}
	kind := method.Type()
	for i := 1; i < kind.NumIn(); i++ {
		if kind.IsVariadic() && i == kind.NumIn()-1 {
			break
		}
		args = append(args, reflect.Zero(kind.In(i)))
	}
	results := method.Call(args)
	err, _ := reflect.TypeAssert[error](results[len(results)-1])
	return err
}

func unitOuter(s *sample) {
	outer := s.t.Context()
	s.unchanged(func() {
		s.must(func(context.Context) error { //nolint:contextcheck // the wrong one is the point
			if err := s.write(outer); !errors.Is(err, s.NoUnit) {
				s.t.Error("a write with the context from before the unit worked")
			}
			return nil
		})
	})
}

func unitEnded(s *sample) {
	for name, result := range map[string]error{"committed": nil, "rolled back": errOwn} {
		var ended context.Context
		_ = s.Tx(s.t.Context(), func(ctx context.Context) error {
			ended = ctx //nolint:fatcontext // used when it should not be
			return result
		})
		s.unchanged(func() {
			if err := s.write(ended); err == nil {
				s.t.Errorf("%s: a write worked afterwards", name)
			}
			if _, err := s.Workspaces.CountUsers(ended, workspace.UserFilter{}); err == nil {
				s.t.Errorf("%s: a read worked afterwards", name)
			}
			if err := s.Tx(ended, func(context.Context) error { return nil }); err == nil {
				s.t.Errorf("%s: a part began afterwards", name)
			}
		})
	}
}

func unitSees(s *sample) {
	count := func(ctx context.Context) int {
		s.t.Helper()
		n, err := s.Workspaces.CountOrganizations(ctx, workspace.OrganizationFilter{})
		if err != nil {
			s.t.Error(err)
		}
		return n
	}
	s.must(func(ctx context.Context) error {
		err := s.write(ctx)
		equal(s.t, "organizations inside", count(ctx), 1)
		equal(s.t, "organizations outside", count(s.t.Context()), 0) //nolint:contextcheck // another one is the point
		return err
	})
	equal(s.t, "organizations afterwards", count(s.t.Context()), 1)
}

// unitCollides has two units lock the same two workspaces the other way round.
func unitCollides(s *sample) {
	a, b := s.place(), s.place()
	var first, both sync.WaitGroup
	first.Add(2)
	met := make(chan struct{})
	go func() {
		first.Wait()
		close(met)
	}()
	for _, order := range [][2]workspace.ID{{a.ID, b.ID}, {b.ID, a.ID}} {
		both.Go(func() {
			var once sync.Once
			err := s.Tx(s.t.Context(), func(ctx context.Context) error {
				for i, id := range order {
					w, err := s.Workspaces.LockWorkspace(ctx, id)
					if err != nil {
						return err
					}
					w.Description += "+"
					if err := s.Workspaces.SaveWorkspace(ctx, w); err != nil {
						return err
					}
					if i == 0 {
						once.Do(first.Done)
						select {
						case <-met:
						case <-time.After(100 * time.Millisecond): // one at a time is as good
						}
					}
				}
				return nil
			})
			if err != nil {
				s.t.Error(err)
			}
		})
	}
	both.Wait()
	list, err := s.Workspaces.Workspaces(s.t.Context(), workspace.Filter{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, w := range list {
		equal(s.t, "description", w.Description, a.Description+"++")
	}
}

func unitCancelled(s *sample) {
	s.unchanged(func() {
		ctx, cancel := context.WithCancel(s.t.Context())
		err := s.Tx(ctx, func(ctx context.Context) error {
			err := s.write(ctx)
			cancel()
			return err
		})
		if err == nil {
			s.t.Error("a cancelled unit was committed")
		}
	})
	s.must(s.write)
}

func unitNUL(s *sample) {
	s.unchanged(func() {
		err := s.Tx(s.t.Context(), func(ctx context.Context) error {
			_, err := s.Workspaces.AddOrganization(ctx, workspace.Organization{
				ID: workspace.OrganizationID(uid.New()), Name: "zero\x00byte",
			})
			return err
		})
		if err == nil {
			s.t.Error("text with a zero byte was stored as something else")
		}
	})
}

func unitSweep(s *sample) {
	s.sweep(func(ctx context.Context) error {
		return errors.Join(s.write(ctx), s.Tx(ctx, s.write), s.Trail.Append(ctx, s.event("x", 1)))
	})
}
