package storagetest

import (
	"context"
	"strconv"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

func accessKeyListing(s *sample) {
	w := s.place()
	f := accesskey.Filter{}
	orders(s, shelf[accesskey.Key]{
		sortable: f.Sortable(), mark: accesskey.Key.Mark, invalid: workspace.ErrInvalid,
		list: func(o paging.Order, after *paging.Mark, limit int) ([]accesskey.Key, error) {
			return s.AccessKeys.Keys(s.t.Context(), accesskey.Filter{Order: o, After: after, Limit: limit})
		},
		count: func(o paging.Order, after *paging.Mark) (int, error) {
			return s.AccessKeys.CountKeys(s.t.Context(), accesskey.Filter{Order: o, After: after})
		},
		add: func(i int) {
			k := s.freshAccessKey(w.ID, "")
			k.Title, k.Creator.Name, k.Created = nameOf(i), nameOf(i+1), at(i%3)
			if k.Expires = at(i % 4); i%4 == 0 {
				k.Expires = time.Time{}
			}
			k = s.addAccessKey(k)
			if i%3 > 0 {
				s.must(func(ctx context.Context) error { return s.AccessKeys.TouchKey(ctx, k.ID, at(i%3)) })
			}
		},
		remove: func(k accesskey.Key) {
			s.must(func(ctx context.Context) error { return s.AccessKeys.DeleteKey(ctx, k.ID) })
		},
	})
}

func invitationListing(s *sample) {
	w := s.place()
	f := workspace.InvitationFilter{}
	orders(s, shelf[workspace.Invitation]{
		sortable: f.Sortable(), mark: workspace.Invitation.Mark, invalid: workspace.ErrInvalid,
		list: func(o paging.Order, after *paging.Mark, limit int) ([]workspace.Invitation, error) {
			return s.Workspaces.Invitations(s.t.Context(), workspace.InvitationFilter{Order: o, After: after, Limit: limit})
		},
		count: func(o paging.Order, after *paging.Mark) (int, error) {
			return s.Workspaces.CountInvitations(s.t.Context(), workspace.InvitationFilter{Order: o, After: after})
		},
		add: func(i int) {
			v, t := s.guest(w.ID, nameOf(i)+strconv.Itoa(i)+"@example.org")
			v.Inviter.Email, v.Created, v.Expires = nameOf(i+1), at(i%3), at(i%4)
			v.State = []workspace.InvitationState{workspace.Pending, workspace.Revoked, workspace.Accepted}[i%3]
			s.invite(v, t)
		},
	})
	// What stands is asked for at a moment: some have expired by then.
	list := func(o paging.Order) []workspace.InvitationState {
		found, err := s.Workspaces.Invitations(s.t.Context(), workspace.InvitationFilter{Order: o, At: at(2)})
		if err != nil {
			s.t.Fatal(err)
		}
		var states []workspace.InvitationState
		for _, i := range found {
			if i.State == workspace.Pending && !i.Expires.After(at(2)) {
				i.State = workspace.Expired
			}
			states = append(states, i.State)
		}
		return states
	}
	states := list(paging.Order{By: "state"})
	for i := 1; i < len(states); i++ {
		if states[i-1] > states[i] {
			s.t.Errorf("%s comes before %s", states[i-1], states[i])
		}
	}
}
