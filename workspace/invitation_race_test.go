package workspace_test

import (
	"errors"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// eachPair runs a test on both databases with two servers on each.
func eachPair(t *testing.T, test func(h *house, other *world)) {
	t.Helper()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			h := newHouse(t, dbtest.Open(t, address))
			other := over(t, dbtest.Open(t, address))
			other.equip(h.mails, sealer(t, 1))
			test(h, other)
		})
	}
}

// many returns calls of accepting, on two servers by turns.
func many(n int, h *house, other *world, actor workspace.Actor, token string) []func() error {
	list := make([]func() error, n)
	for k := range list {
		server := h.Service
		if k%2 == 1 {
			server = other.Service
		}
		list[k] = func() error {
			_, err := server.AcceptInvitation(h.ctx(), actor, token, workspace.Acceptance{Email: "open@example.org", Password: password})
			return err
		}
	}
	return list
}

// accepted counts the events of acceptances.
func (h *house) accepted() int {
	h.t.Helper()
	n, err := h.db.Trail().Count(h.ctx(), audit.Filter{Actions: []string{"invitation.accept"}})
	h.must(err)
	return n
}

// TestAcceptanceRace accepts a hundred times at once, on two servers, and wants
// one member on one seat.
func TestAcceptanceRace(t *testing.T) {
	t.Parallel()
	eachPair(t, func(h *house, other *world) {
		h.limit(20)
		bob, actor := h.user("bob")
		_, token := h.invite("bob@example.org", workspace.RoleViewer)
		for _, err := range race(many(100, h, other, actor, token)...) {
			h.must(err) // he is a member, whoever of him was first
		}
		if h.accepted() != 1 || !h.isMember(bob.Email) {
			t.Errorf("%d acceptances", h.accepted())
		}
		h.seats(3, 0, 20)

		_, token = h.invite("new@example.org", workspace.RoleViewer)
		made := 0
		for _, err := range race(many(100, h, other, h.guest(), token)...) {
			switch {
			case err == nil:
				made++
			// There is an account by then.
			case !errors.Is(err, workspace.ErrNotFound) && !errors.Is(err, workspace.ErrSignIn):
				t.Errorf("error %v", err)
			}
		}
		if made != 1 || h.accepted() != 2 {
			t.Errorf("%d accounts made, %d acceptances", made, h.accepted())
		}
		h.seats(4, 0, 20)

		i, token := h.link(workspace.Invitation{MaxUses: 5})
		var fns []func() error
		for k := range 12 {
			_, actor := h.user("guest" + string(rune('a'+k)))
			fns = append(fns, many(2, h, other, actor, token)...)
		}
		came := map[int]bool{}
		for k, err := range race(fns...) {
			if err != nil {
				wantErr(t, err, workspace.ErrNotFound)
				continue
			}
			came[k/2] = true
		}
		i, err := h.Invitation(h.ctx(), h.ann, i.ID)
		h.must(err)
		if len(came) != 5 || i.Uses != 5 || i.State != workspace.Accepted {
			t.Errorf("%d came by a link for 5: %+v", len(came), i)
		}
		h.seats(9, 0, 20)
	})
}

// TestRevocationRace revokes while somebody accepts: one of them wins.
func TestRevocationRace(t *testing.T) {
	t.Parallel()
	eachPair(t, func(h *house, other *world) {
		h.limit(100)
		_, actor := h.user("bob")
		for round := range rounds {
			i, token := h.invite("bob@example.org", workspace.RoleViewer)
			errs := race(
				func() error { return other.RevokeInvitation(h.ctx(), h.ann, i.ID) },
				func() error { _, err := h.accept(actor, token); return err },
			)
			state := h.state(i.ID)
			switch {
			case errs[0] == nil && state == workspace.Revoked && errors.Is(errs[1], workspace.ErrNotFound) && !h.isMember("bob@example.org"):
				h.seats(2, 0, 100)
			case errs[1] == nil && state == workspace.Accepted && errors.Is(errs[0], workspace.ErrSettled) && h.isMember("bob@example.org"):
				h.seats(3, 0, 100)
				h.must(h.RemoveMember(h.ctx(), h.ann, h.in.ID, actor.Principal))
			default:
				t.Fatalf("round %d: %v, %s", round, errs, state)
			}
		}
	})
}

// TestSeatRace has more people join at once than there are seats, while the
// limit is set for the first time.
func TestSeatRace(t *testing.T) {
	t.Parallel()
	eachPair(t, func(h *house, other *world) {
		fns := []func() error{func() error {
			return other.SetSeats(h.ctx(), h.admin, h.in.ID, ptr(int64(6)))
		}}
		for k := range 10 {
			u, _ := h.user("guest" + string(rune('a'+k)))
			server := []*workspace.Service{h.Service, other.Service}[k%2]
			fns = append(fns, func() error {
				_, err := server.PutMember(h.ctx(), h.ann, h.in.ID, u.Num, nil)
				return err
			})
		}
		errs := race(fns...)
		h.must(errs[0])
		for _, err := range errs[1:] {
			if err != nil {
				wantFull(t, err)
			}
		}
		taken, err := h.Seats(h.ctx(), h.ann, h.in.ID)
		h.must(err)
		if taken.Used < 6 {
			t.Errorf("seats %+v", taken)
		}
		h.reconciled()
		_, _, err = h.Invite(h.ctx(), h.ann, h.in.ID, workspace.Invitation{Email: "late@example.org"})
		wantFull(t, err)
		if taken.Limit == quota.NoLimit {
			t.Error("no limit")
		}
	})
}
