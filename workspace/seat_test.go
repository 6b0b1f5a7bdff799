package workspace_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/storage/storagetest"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func (h *house) limit(n int64) {
	h.t.Helper()
	h.must(h.SetSeats(h.ctx(), h.admin, h.in.ID, &n))
}

// seats wants so many seats to be taken, by every way of counting them.
func (h *house) seats(used, pending, limit int64) {
	h.t.Helper()
	got, err := h.Seats(h.ctx(), h.ann, h.in.ID)
	h.must(err)
	if want := (workspace.Seats{Used: used, Pending: pending, Limit: limit}); got != want {
		h.t.Errorf("seats %+v, want %+v", got, want)
	}
	list, _, err := h.meter.Allocations(h.ctx(), quota.AllocationFilter{Holders: []quota.Holder{quota.Holder(h.in.ID)}, Kind: quota.Seats})
	h.must(err)
	if len(list) == 1 && (list[0].Use != used || list[0].Held < pending) {
		h.t.Errorf("counted %d used and %d held, want %d and %d", list[0].Use, list[0].Held, used, pending)
	}
	h.reconciled()
}

// reconciled wants counters, ledger and members to agree.
func (h *house) reconciled() {
	h.t.Helper()
	wrong, err := h.meter.Reconcile(h.ctx())
	h.must(err)
	if len(wrong) > 0 {
		h.t.Errorf("discrepancies %+v", wrong)
	}
	list, _, err := h.meter.Allocations(h.ctx(), quota.AllocationFilter{Holders: []quota.Holder{quota.Holder(h.in.ID)}, Kind: quota.Seats})
	h.must(err)
	if len(list) == 0 {
		return
	}
	entries, err := h.meter.Ledger(h.ctx(), quota.EntryFilter{Allocation: list[0].ID})
	h.must(err)
	sums := map[quota.Reason]int64{}
	for _, e := range entries {
		sums[e.Reason] += e.Amount
	}
	members, err := h.db.Workspaces().Members(h.ctx(), workspace.MemberFilter{Workspace: h.in.ID, Kind: rbac.User})
	h.must(err)
	for _, m := range members {
		sums[quota.Reason{Kind: "member", Ref: strconv.FormatInt(int64(m.Principal), 10)}]--
	}
	for why, sum := range sums {
		if sum != 0 {
			h.t.Errorf("the ledger says %+d of %+v", sum, why)
		}
	}
}

func wantFull(t testing.TB, err error) {
	t.Helper()
	full, ok := errors.AsType[*quota.ExceededError](err)
	if !ok || full.Kind != quota.Seats {
		t.Errorf("error %v, want an ExceededError of seats", err)
	}
}

func TestSeats(t *testing.T) {
	t.Parallel()
	eachHouse(t, func(h *house) {
		h.seats(2, 0, quota.NoLimit) // the supervisor and the administrator
		early, _ := h.invite("early@example.org")
		h.limit(1) // fewer than there are: nobody goes, nobody comes
		h.seats(2, 1, 1)
		_, _, err := h.Invite(h.ctx(), h.ann, h.in.ID, workspace.Invitation{Email: "a@example.org"})
		wantFull(t, err)
		bob, _ := h.user("bob")
		_, err = h.PutMember(h.ctx(), h.ann, h.in.ID, bob.Num, nil)
		wantFull(t, err)
		_, err = h.Update(h.ctx(), h.admin, h.in.ID, func(n *workspace.Workspace) error { n.Supervisor = bob.ID; return nil })
		wantFull(t, err)
		h.must(h.RevokeInvitation(h.ctx(), h.ann, early.ID))
		h.seats(2, 0, 1)

		h.limit(4)
		_, err = h.PutMember(h.ctx(), h.ann, h.in.ID, bob.Num, nil)
		h.must(err)
		_, err = h.PutMember(h.ctx(), h.ann, h.in.ID, bob.Num, []rbac.RoleName{workspace.RoleViewer}) // has one
		h.must(err)
		g, err := h.CreateGroup(h.ctx(), h.admin, workspace.Group{Name: "everybody"})
		h.must(err)
		_, err = h.PutMember(h.ctx(), h.ann, h.in.ID, g.Num, nil) // takes none
		h.must(err)
		h.seats(3, 0, 4)
		_, token := h.invite("a@example.org")
		h.seats(3, 1, 4)
		_, _, err = h.Invite(h.ctx(), h.ann, h.in.ID, workspace.Invitation{Email: "b@example.org"})
		wantFull(t, err)
		_, open := h.link(workspace.Invitation{MaxUses: 5}) // holds none
		_, carl := h.user("carl")
		_, err = h.accept(carl, open)
		wantFull(t, err)
		// The limit of the moment counts, not that of the invitation.
		h.limit(3)
		_, err = h.accept(h.guest(), token)
		wantFull(t, err)
		h.limit(4)
		_, err = h.accept(h.guest(), token)
		h.must(err)
		h.seats(4, 0, 4)
		h.must(h.RemoveMember(h.ctx(), h.ann, h.in.ID, bob.Num))
		h.must(h.RemoveMember(h.ctx(), h.ann, h.in.ID, g.Num))
		h.seats(3, 0, 4)
		_, err = h.accept(carl, open)
		h.must(err)
		h.seats(4, 0, 4)
		h.must(h.Leave(h.ctx(), carl, h.in.ID))
		h.seats(3, 0, 4)

		// What is declined, sent again or expires gives its seat back.
		_, token = h.invite("c@example.org")
		h.must(h.DeclineInvitation(h.ctx(), h.guest(), token))
		h.seats(3, 0, 4)
		sent, _ := h.invite("d@example.org")
		_, _, err = h.ResendInvitation(h.ctx(), h.ann, sent.ID)
		h.must(err)
		h.seats(3, 1, 4)
		h.clock.pass(7 * 24 * time.Hour)
		h.seats(3, 0, 4)
		_, err = h.PutMember(h.ctx(), h.ann, h.in.ID, bob.Num, nil)
		h.must(err)
		h.seats(4, 0, 4)
		_, _, err = h.ResendInvitation(h.ctx(), h.ann, sent.ID)
		wantFull(t, err)
		h.leaves(func() { h.must(h.SetSeats(h.ctx(), h.admin, h.in.ID, nil)) }, "workspace.set_seats")
		h.leaves(func() { h.must(h.SetSeats(h.ctx(), h.admin, h.in.ID, nil)) })
		_, link, err := h.ResendInvitation(h.ctx(), h.ann, sent.ID)
		h.must(err)
		h.seats(4, 1, quota.NoLimit)
		h.leaves(func() { h.limit(4) }, "workspace.set_seats")
		h.leaves(func() { h.limit(4) })
		_, err = h.accept(h.guest(), tokenOf(t, link))
		wantFull(t, err)
		wantInvalid(t, h.SetSeats(h.ctx(), h.admin, h.in.ID, ptr(int64(-1))), "seats")
		wantErr(t, h.SetSeats(h.ctx(), h.ann, h.in.ID, ptr(int64(9))), rbac.ErrDenied)
		_, stranger := h.user("stranger")
		wantErr(t, h.SetSeats(h.ctx(), stranger, h.in.ID, nil), workspace.ErrNotFound)
	})
}

// TestInvitationSweep makes every statement of what is done with invitations
// and seats fail in turn.
func TestInvitationSweep(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			fault := &dbtest.Fault{}
			sweepInvitations(t, newHouse(t, dbtest.OpenWith(t, kind.Make(t), &storage.Options{Connector: fault.Connector})), fault)
		})
	}
}

func sweepInvitations(t *testing.T, h *house, fault *dbtest.Fault) {
	_, bob := h.user("bob")
	_, carl := h.user("carl")
	gives := workspace.Invitation{
		Email: "new@example.org", Roles: []rbac.RoleName{workspace.RoleEditor, workspace.RoleViewer}, Groups: []workspace.GroupID{h.group.ID},
	}
	backend := &storagetest.Backend{
		Fingerprint: func(tb testing.TB) string { tb.Helper(); return dbtest.Fingerprint(tb, h.db) },
		Fault:       fault,
	}
	early, _ := h.invite("early@example.org")
	var i workspace.Invitation
	var link string
	_, other := h.link(workspace.Invitation{MaxUses: 1, Roles: gives.Roles, Groups: gives.Groups})
	_, bobs := h.invite("bob@example.org")
	_, carls := h.invite("carl@example.org")
	for _, step := range []struct {
		name string
		do   func(ctx context.Context) error
	}{
		{"SetSeats", func(ctx context.Context) error { return h.SetSeats(ctx, h.admin, h.in.ID, ptr(int64(8))) }},
		{"Invite", func(ctx context.Context) (err error) {
			i, link, err = h.Invite(ctx, h.ann, h.in.ID, gives)
			return err
		}},
		{"InvitationLink", func(ctx context.Context) error {
			_, err := h.InvitationLink(ctx, h.ann, i.ID)
			return err
		}},
		{"UpdateInvitation", func(ctx context.Context) error {
			_, err := h.UpdateInvitation(ctx, h.ann, i.ID, func(i *workspace.Invitation) error { i.Roles = i.Roles[:1]; return nil })
			return err
		}},
		{"ResendInvitation", func(ctx context.Context) (err error) {
			_, link, err = h.ResendInvitation(ctx, h.ann, i.ID)
			return err
		}},
		{"AcceptInvitation", func(ctx context.Context) error {
			_, err := h.AcceptInvitation(ctx, h.guest(), tokenOf(t, link), workspace.Acceptance{Password: password})
			return err
		}},
		{"AcceptInvitation by an account", func(ctx context.Context) error {
			_, err := h.AcceptInvitation(ctx, bob, bobs, workspace.Acceptance{})
			return err
		}},
		{"AcceptInvitation of an open one", func(ctx context.Context) error {
			_, err := h.AcceptInvitation(ctx, carl, other, workspace.Acceptance{})
			return err
		}},
		{"DeclineInvitation", func(ctx context.Context) error { return h.DeclineInvitation(ctx, h.guest(), carls) }},
		{"RevokeInvitation", func(ctx context.Context) error { return h.RevokeInvitation(ctx, h.ann, early.ID) }},
		{"Leave", func(ctx context.Context) error { return h.Leave(ctx, bob, h.in.ID) }},
	} {
		// So that no loading, begun by an earlier question, takes the fault.
		h.must(h.rights.Warm(h.ctx(), rbac.Root))
		h.must(h.rights.Warm(h.ctx(), h.in.Num))
		if !t.Run(step.name, func(t *testing.T) { storagetest.Sweep(t, backend, step.do) }) {
			return
		}
	}
	h.seats(4, 0, 8)
}
