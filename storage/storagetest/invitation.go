package storagetest

import (
	"context"
	"errors"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Invitations tests [workspace.Invitations].
func Invitations(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"filters choose":             invitationFilters,
		"adding stores all":          invitationAdd,
		"an address is invited once": invitationPending,
		"saving stores a change":     invitationSave,
		"tickets open":               invitationTicket,
		"settling asks where from":   invitationSettle,
		"uses are counted":           invitationUse,
		"uses are listed":            invitationUses,
		"groups that go leave":       invitationGroups,
		"what is not there":          invitationMissing,
		"nothing is kept of a half":  invitationSweep,
	})
}

// guest returns a personal invitation that is pending, with its ticket.
func (s *sample) guest(in workspace.ID, email string, groups ...workspace.GroupID) (workspace.Invitation, workspace.Ticket) {
	return workspace.Invitation{
		ID: workspace.InvitationID(uid.New()), Workspace: in, Kind: workspace.Personal, Email: email,
		Roles: []rbac.RoleName{workspace.RoleEditor, workspace.RoleViewer}, Groups: groups, Language: "fr",
		Inviter: workspace.Inviter{User: "u", Principal: 7, Name: "Zoë", Email: "zoe@example.org"},
		State:   workspace.Pending, Sent: 1, Mailed: true, Expires: at(100), Created: at(1), Updated: at(2),
	}, workspace.Ticket{Digest: uid.New(), Sealed: "v1.x", Version: 1, Hold: "hold"}
}

// link returns an open invitation that is pending, with its ticket.
func (s *sample) link(in workspace.ID, uses int64) (workspace.Invitation, workspace.Ticket) {
	i, t := s.guest(in, "")
	i.Kind, i.MaxUses, i.Domains, i.Sent, i.Mailed = workspace.Open, uses, []string{"a.org", "b.org"}, 0, false
	return i, t
}

func (s *sample) invite(i workspace.Invitation, t workspace.Ticket) workspace.Invitation {
	s.t.Helper()
	s.must(func(ctx context.Context) (err error) {
		i, err = s.Workspaces.AddInvitation(ctx, i, t)
		return err
	})
	return i
}

func (s *sample) readInvitation(id workspace.InvitationID) workspace.Invitation {
	s.t.Helper()
	list, err := s.Workspaces.Invitations(s.t.Context(), workspace.InvitationFilter{IDs: []workspace.InvitationID{id}})
	return one(s.t, list, err)
}

func (s *sample) readTicket(id workspace.InvitationID) workspace.Ticket {
	s.t.Helper()
	t, err := s.Workspaces.Ticket(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return t
}

// settles wants settling to report something.
func (s *sample) settles(i workspace.Invitation, to workspace.InvitationState, moved bool, from ...workspace.InvitationState) {
	s.t.Helper()
	i.State = to
	s.must(func(ctx context.Context) error {
		got, err := s.Workspaces.SettleInvitation(ctx, i, from...)
		equal(s.t, "moved", got, moved)
		return err
	})
}

func (s *sample) invitations(what string, f workspace.InvitationFilter, want ...workspace.InvitationID) {
	s.t.Helper()
	chooses(s.t, what, func(i workspace.Invitation) workspace.InvitationID { return i.ID }, want,
		func(offset, limit int) ([]workspace.Invitation, error) {
			f.Offset, f.Limit = offset, limit
			return s.Workspaces.Invitations(s.t.Context(), f)
		}, func(offset, limit int) (int, error) {
			f.Offset, f.Limit = offset, limit
			return s.Workspaces.CountInvitations(s.t.Context(), f)
		})
}

func invitationFilters(s *sample) {
	s.invitations("none yet", workspace.InvitationFilter{})
	w, other := s.place(), s.place()
	a := s.invite(s.guest(w.ID, "Été@Example.org"))
	late, t := s.guest(w.ID, "late@example.org")
	late.Expires, late.Created = at(50), at(20)
	late.Inviter.Principal, late.Inviter.Email = 9, "Zoë@example.org"
	late.Roles = []rbac.RoleName{"Up", "Upper"}
	late = s.invite(late, t)
	c := s.invite(s.link(w.ID, 3))
	d := s.invite(s.guest(other.ID, "été@example.org"))
	s.settles(d, workspace.Revoked, true, workspace.Pending)
	s.invitations("all", workspace.InvitationFilter{}, a.ID, late.ID, c.ID, d.ID)
	s.invitations("newest first", workspace.InvitationFilter{Newest: true}, d.ID, c.ID, late.ID, a.ID)
	s.invitations("by id", workspace.InvitationFilter{IDs: []workspace.InvitationID{c.ID, a.ID}}, a.ID, c.ID)
	s.invitations("by no id", workspace.InvitationFilter{IDs: []workspace.InvitationID{}})
	s.invitations("of a workspace", workspace.InvitationFilter{Workspace: w.ID}, a.ID, late.ID, c.ID)
	s.invitations("of a kind", workspace.InvitationFilter{Kind: workspace.Open}, c.ID)
	s.invitations("for an address", workspace.InvitationFilter{Email: "ÉTÉ@example.ORG"}, a.ID, d.ID)
	s.invitations("by a part of it", workspace.InvitationFilter{Search: "TÉ@"}, a.ID, d.ID)
	s.invitations("by inviter", workspace.InvitationFilter{Inviter: 9}, late.ID)
	s.invitations("by a part of the address alone", workspace.InvitationFilter{EmailHas: "TÉ@"}, a.ID, d.ID)
	s.invitations("by a part of the inviter's address", workspace.InvitationFilter{InviterEmailHas: "OË@"}, late.ID)
	s.invitations("by a role", workspace.InvitationFilter{Roles: []rbac.RoleName{"Up"}}, late.ID)
	s.invitations("by one of some roles", workspace.InvitationFilter{Roles: []rbac.RoleName{"none", "Upper"}}, late.ID)
	s.invitations("by a part of a role", workspace.InvitationFilter{Roles: []rbac.RoleName{"Upp", "up", "UP", `Up","Upper`, ""}})
	s.invitations("by a role that cannot be", workspace.InvitationFilter{Roles: []rbac.RoleName{"\x00", "\xff"}})
	s.invitations("by no role", workspace.InvitationFilter{Roles: []rbac.RoleName{}})
	s.invitations("by creation", workspace.InvitationFilter{Created: workspace.Period{From: at(20), Before: at(21)}}, late.ID)
	s.invitations("by an earlier creation", workspace.InvitationFilter{Created: workspace.Period{Before: at(20)}}, a.ID, c.ID, d.ID)
	s.invitations("by its end", workspace.InvitationFilter{Expires: workspace.Period{From: at(50), Before: at(51)}}, late.ID)
	s.invitations("by state", workspace.InvitationFilter{States: []workspace.InvitationState{workspace.Pending}}, a.ID, late.ID, c.ID)
	s.invitations("by no state", workspace.InvitationFilter{States: []workspace.InvitationState{}})
	s.invitations("by no state at a time", workspace.InvitationFilter{States: []workspace.InvitationState{}, At: at(1)})
	s.invitations("all at a time", workspace.InvitationFilter{At: at(50)}, a.ID, late.ID, c.ID, d.ID)
	for _, when := range []struct {
		minute  int
		expired []workspace.InvitationID
		pending []workspace.InvitationID
	}{
		{49, nil, []workspace.InvitationID{a.ID, late.ID, c.ID}},
		{50, []workspace.InvitationID{late.ID}, []workspace.InvitationID{a.ID, c.ID}},
		{100, []workspace.InvitationID{a.ID, late.ID, c.ID}, nil},
	} {
		f := workspace.InvitationFilter{At: at(when.minute), States: []workspace.InvitationState{workspace.Pending}}
		s.invitations("pending at a time", f, when.pending...)
		f.States = []workspace.InvitationState{workspace.Expired}
		s.invitations("expired at a time", f, when.expired...)
		f.States = []workspace.InvitationState{workspace.Revoked}
		s.invitations("revoked at a time", f, d.ID)
	}
	s.invitations("by all", workspace.InvitationFilter{
		IDs: []workspace.InvitationID{a.ID}, Workspace: w.ID, Kind: workspace.Personal, Email: "été@example.org",
		Search: "té", Inviter: 7, States: []workspace.InvitationState{workspace.Pending}, At: at(3),
	}, a.ID)
}

func invitationAdd(s *sample) {
	w := s.place()
	g, h := s.group("g", w.ID), s.group("h", w.ID)
	given, t := s.guest(w.ID, "a@example.org", g.ID, h.ID)
	given.Num = 4711
	added := s.invite(given, t)
	if added.Num == 4711 || added.Num == 0 {
		s.t.Errorf("Num %d was not given by the store", added.Num)
	}
	given.Num = added.Num
	equal(s.t, "what was added", added, given)
	equal(s.t, "what is read", s.readInvitation(given.ID), given)
	equal(s.t, "its ticket", s.readTicket(given.ID), t)
	link, t := s.link(w.ID, 3)
	link.Roles, link.Domains = nil, nil
	added = s.invite(link, t)
	link.Num = added.Num
	equal(s.t, "an open one", added, link)
	equal(s.t, "an open one read", s.readInvitation(link.ID), link)
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		i, t := s.guest("nowhere", "b@example.org")
		_, err := s.Workspaces.AddInvitation(ctx, i, t)
		return err
	})
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		i, t := s.guest(w.ID, "b@example.org", workspace.GroupID(uid.New()))
		_, err := s.Workspaces.AddInvitation(ctx, i, t)
		return err
	})
}

func invitationPending(s *sample) {
	w, other := s.place(), s.place()
	first := s.invite(s.guest(w.ID, "a@example.org"))
	again := func(ctx context.Context) error {
		i, t := s.guest(w.ID, "A@EXAMPLE.org")
		_, err := s.Workspaces.AddInvitation(ctx, i, t)
		return err
	}
	s.refused(workspace.ErrPending, again)
	s.invite(s.guest(w.ID, "b@example.org"))
	s.invite(s.guest(other.ID, "a@example.org"))
	s.invite(s.link(w.ID, 1)) // links are for nobody, and for any number
	s.invite(s.link(w.ID, 1))
	s.settles(first, workspace.Expired, true, workspace.Pending)
	s.must(again)
	s.refused(workspace.ErrPending, func(ctx context.Context) error {
		_, err := s.Workspaces.SettleInvitation(ctx, first, workspace.Expired) // pending again
		return err
	})
}

func invitationSave(s *sample) {
	w, elsewhere := s.place(), s.place()
	g, h := s.group("g", w.ID), s.group("h", w.ID)
	i, t := s.guest(w.ID, "a@example.org", g.ID)
	i = s.invite(i, t)
	other := s.invite(s.guest(w.ID, "b@example.org", g.ID))
	i.Roles, i.Groups, i.Language = []rbac.RoleName{workspace.RoleAdministrator}, []workspace.GroupID{h.ID}, "ru"
	i.Inviter = workspace.Inviter{User: "v", Principal: 8, Name: "Yu", Email: "yu@example.org"}
	i.Sent, i.Mailed, i.Expires, i.Updated = 2, false, at(200), at(9)
	saved := i
	saved.Num, saved.Workspace, saved.Kind, saved.Email = 4711, elsewhere.ID, workspace.Open, "c@example.org" // none changes
	saved.Domains, saved.MaxUses, saved.Uses, saved.State = []string{"c.org"}, 9, 8, workspace.Accepted
	saved.AcceptedBy, saved.AcceptedAt, saved.Created = "x", at(5), at(6)
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveInvitation(ctx, saved) })
	equal(s.t, "what is read", s.readInvitation(i.ID), i)
	equal(s.t, "its ticket", s.readTicket(i.ID), t)
	s.invitations("by who answers for it now", workspace.InvitationFilter{InviterEmailHas: "YU@"}, i.ID)
	equal(s.t, "the other", s.readInvitation(other.ID), other)
}

func invitationTicket(s *sample) {
	w := s.place()
	i, t := s.guest(w.ID, "a@example.org", s.group("g", w.ID).ID)
	i = s.invite(i, t)
	other := s.invite(s.guest(w.ID, "b@example.org"))
	opened, err := s.Workspaces.InvitationByDigest(s.t.Context(), t.Digest)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "what it opens", opened, i)
	next := workspace.Ticket{Digest: uid.New(), Sealed: "", Version: 2, Hold: ""}
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveTicket(ctx, i.ID, next) })
	if _, err := s.Workspaces.InvitationByDigest(s.t.Context(), t.Digest); !errors.Is(err, workspace.ErrNotFound) {
		s.t.Errorf("the former ticket: %v, want ErrNotFound", err)
	}
	opened, err = s.Workspaces.InvitationByDigest(s.t.Context(), next.Digest)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "what the next opens", opened, i)
	equal(s.t, "the next", s.readTicket(i.ID), next)
	if s.readTicket(other.ID).Version != 1 {
		s.t.Error("the other's ticket changed")
	}
}

func invitationSettle(s *sample) {
	w := s.place()
	i := s.invite(s.guest(w.ID, "a@example.org"))
	other := s.invite(s.guest(w.ID, "b@example.org"))
	settled := i
	settled.AcceptedBy, settled.AcceptedAt, settled.Updated = "u", at(7), at(8)
	settled.Language, settled.Sent, settled.Uses = "es", 9, 1 // none changes
	s.settles(settled, workspace.Accepted, false, workspace.Expired, workspace.Declined)
	s.settles(settled, workspace.Accepted, false)
	equal(s.t, "what did not move", s.readInvitation(i.ID), i)
	s.settles(settled, workspace.Accepted, true, workspace.Expired, workspace.Pending)
	i.State, i.AcceptedBy, i.AcceptedAt, i.Updated = workspace.Accepted, "u", at(7), at(8)
	equal(s.t, "what moved", s.readInvitation(i.ID), i)
	s.settles(settled, workspace.Accepted, false, workspace.Pending)
	equal(s.t, "the other", s.readInvitation(other.ID), other)
}

// uses wants a use to be counted or not.
func (s *sample) uses(u workspace.InvitationUse, counted bool) {
	s.t.Helper()
	s.must(func(ctx context.Context) error {
		got, err := s.Workspaces.UseInvitation(ctx, u)
		equal(s.t, "counted", got, counted)
		return err
	})
}

func invitationUse(s *sample) {
	w := s.place()
	i := s.invite(s.link(w.ID, 2))
	other := s.invite(s.link(w.ID, 2))
	s.uses(workspace.InvitationUse{Invitation: i.ID, User: "a", At: at(5)}, true)
	i.Uses, i.Updated = 1, at(5)
	equal(s.t, "used once", s.readInvitation(i.ID), i)
	s.taken("user", "a", func(ctx context.Context) error {
		_, err := s.Workspaces.UseInvitation(ctx, workspace.InvitationUse{Invitation: i.ID, User: "a", At: at(6)})
		return err
	})
	s.uses(workspace.InvitationUse{Invitation: i.ID, User: "b", At: at(6)}, true)
	i.Uses, i.Updated, i.State, i.AcceptedAt = 2, at(6), workspace.Accepted, at(6)
	equal(s.t, "used up", s.readInvitation(i.ID), i)
	before := s.Fingerprint(s.t)
	s.uses(workspace.InvitationUse{Invitation: i.ID, User: "c", At: at(7)}, false)
	personal := s.invite(s.guest(w.ID, "a@example.org"))
	s.settles(other, workspace.Revoked, true, workspace.Pending)
	if s.Fingerprint(s.t) == before {
		s.t.Error("nothing was added")
	}
	before = s.Fingerprint(s.t)
	s.uses(workspace.InvitationUse{Invitation: personal.ID, User: "c", At: at(7)}, false)
	s.uses(workspace.InvitationUse{Invitation: other.ID, User: "c", At: at(7)}, false)
	if s.Fingerprint(s.t) != before {
		s.t.Error("a use that was not counted left something")
	}
}

func invitationUses(s *sample) {
	w := s.place()
	i, other := s.invite(s.link(w.ID, 5)), s.invite(s.link(w.ID, 5))
	a := workspace.InvitationUse{Invitation: i.ID, User: "a", Made: true, At: at(6)}
	b := workspace.InvitationUse{Invitation: i.ID, User: "b", At: at(5)}
	c := workspace.InvitationUse{Invitation: other.ID, User: "a", At: at(7)}
	for _, u := range []workspace.InvitationUse{a, b, c} {
		s.uses(u, true)
	}
	yes, no := true, false
	for _, list := range []struct {
		f    workspace.InvitationUseFilter
		want []workspace.InvitationUse
	}{
		{workspace.InvitationUseFilter{}, []workspace.InvitationUse{b, a, c}},
		{workspace.InvitationUseFilter{Invitation: i.ID}, []workspace.InvitationUse{b, a}},
		{workspace.InvitationUseFilter{User: "a"}, []workspace.InvitationUse{a, c}},
		{workspace.InvitationUseFilter{Made: &yes}, []workspace.InvitationUse{a}},
		{workspace.InvitationUseFilter{User: "a", Made: &no}, []workspace.InvitationUse{c}},
		{workspace.InvitationUseFilter{User: "nobody"}, []workspace.InvitationUse{}},
	} {
		got, err := s.Workspaces.InvitationUses(s.t.Context(), list.f)
		if err != nil {
			s.t.Fatal(err)
		}
		equal(s.t, "uses", got, list.want)
	}
}

func invitationGroups(s *sample) {
	w := s.place()
	g, h := s.group("g", w.ID), s.group("h", w.ID)
	i, t := s.guest(w.ID, "a@example.org", g.ID, h.ID)
	i = s.invite(i, t)
	s.must(func(ctx context.Context) error { return s.Workspaces.DeleteGroup(ctx, g.ID) })
	i.Groups = []workspace.GroupID{h.ID}
	equal(s.t, "what is left", s.readInvitation(i.ID), i)
}

func invitationMissing(s *sample) {
	w := s.place()
	ghost, t := s.guest(w.ID, "a@example.org")
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.SaveInvitation(ctx, ghost) })
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.SaveTicket(ctx, ghost.ID, t) })
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		_, err := s.Workspaces.UseInvitation(ctx, workspace.InvitationUse{Invitation: ghost.ID, User: "u"})
		return err
	})
	s.settles(ghost, workspace.Revoked, false, workspace.Pending)
	if _, err := s.Workspaces.Ticket(s.t.Context(), ghost.ID); !errors.Is(err, workspace.ErrNotFound) {
		s.t.Errorf("ticket: %v, want ErrNotFound", err)
	}
	if _, err := s.Workspaces.InvitationByDigest(s.t.Context(), t.Digest); !errors.Is(err, workspace.ErrNotFound) {
		s.t.Errorf("by digest: %v, want ErrNotFound", err)
	}
	there := s.invite(ghost, t)
	there.Groups = []workspace.GroupID{workspace.GroupID(uid.New())}
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.SaveInvitation(ctx, there) })
}

func invitationSweep(s *sample) {
	w := s.place()
	g, h := s.group("g", w.ID), s.group("h", w.ID)
	i, t := s.guest(w.ID, "a@example.org", g.ID)
	s.sweep(func(ctx context.Context) error {
		_, err := s.Workspaces.AddInvitation(ctx, i, t)
		return err
	})
	i = s.readInvitation(i.ID)
	i.Groups = []workspace.GroupID{h.ID}
	s.sweep(func(ctx context.Context) error { return s.Workspaces.SaveInvitation(ctx, i) })
	s.sweep(func(ctx context.Context) error {
		return s.Workspaces.SaveTicket(ctx, i.ID, workspace.Ticket{Digest: "d", Version: 2})
	})
	i.State = workspace.Declined
	s.sweep(func(ctx context.Context) error {
		_, err := s.Workspaces.SettleInvitation(ctx, i, workspace.Pending)
		return err
	})
	link := s.invite(s.link(w.ID, 1))
	s.sweep(func(ctx context.Context) error {
		_, err := s.Workspaces.UseInvitation(ctx, workspace.InvitationUse{Invitation: link.ID, User: "u", At: at(4)})
		return err
	})
}
