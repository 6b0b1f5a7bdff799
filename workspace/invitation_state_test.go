package workspace_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestInvitationTransitions does everything to an invitation in every state.
func TestInvitationTransitions(t *testing.T) {
	t.Parallel()
	acts := map[string]func(h *house, i workspace.Invitation, token string) error{
		"update": func(h *house, i workspace.Invitation, _ string) error {
			_, err := h.UpdateInvitation(h.ctx(), h.ann, i.ID, func(i *workspace.Invitation) error { i.Language = "ru"; return nil })
			return err
		},
		"resend": func(h *house, i workspace.Invitation, _ string) error {
			_, _, err := h.ResendInvitation(h.ctx(), h.ann, i.ID)
			return err
		},
		"revoke": func(h *house, i workspace.Invitation, _ string) error {
			return h.RevokeInvitation(h.ctx(), h.ann, i.ID)
		},
		"link": func(h *house, i workspace.Invitation, _ string) error {
			_, err := h.InvitationLink(h.ctx(), h.ann, i.ID)
			return err
		},
		"decline": func(h *house, _ workspace.Invitation, token string) error {
			return h.DeclineInvitation(h.ctx(), h.guest(), token)
		},
		"accept": func(h *house, _ workspace.Invitation, token string) error {
			_, err := h.accept(h.guest(), token)
			return err
		},
		"offer": func(h *house, _ workspace.Invitation, token string) error {
			_, err := h.InvitationOffer(h.ctx(), h.guest(), token)
			return err
		},
	}
	type outcome struct {
		err  error
		then workspace.InvitationState
	}
	settled, gone := workspace.ErrSettled, workspace.ErrNotFound
	table := map[workspace.InvitationState]map[string]outcome{
		workspace.Pending: {
			"update": {nil, workspace.Pending}, "resend": {nil, workspace.Pending}, "revoke": {nil, workspace.Revoked}, "link": {nil, workspace.Pending},
			"decline": {nil, workspace.Declined}, "accept": {nil, workspace.Accepted}, "offer": {nil, workspace.Pending},
		},
		workspace.Accepted: {
			"update": {settled, ""}, "resend": {settled, ""}, "revoke": {settled, ""}, "link": {settled, ""},
			"decline": {gone, ""}, "accept": {gone, ""}, "offer": {gone, ""},
		},
		workspace.Declined: {
			"update": {settled, ""}, "resend": {settled, ""}, "revoke": {settled, ""}, "link": {settled, ""},
			"decline": {gone, ""}, "accept": {gone, ""}, "offer": {gone, ""},
		},
		workspace.Revoked: {
			"update": {settled, ""}, "resend": {settled, ""}, "revoke": {nil, workspace.Revoked}, "link": {settled, ""},
			"decline": {gone, ""}, "accept": {gone, ""}, "offer": {gone, ""},
		},
		workspace.Expired: {
			"update": {settled, ""}, "resend": {nil, workspace.Pending}, "revoke": {nil, workspace.Revoked}, "link": {settled, ""},
			"decline": {workspace.ErrExpired, ""}, "accept": {workspace.ErrExpired, ""}, "offer": {workspace.ErrExpired, ""},
		},
	}
	eachHouse(t, func(h *house) {
		n := 0
		for state, outcomes := range table {
			for act, want := range outcomes {
				n++
				i, token := h.invite("guest" + string(rune('a'+n%26)) + string(rune('a'+n/26)) + "@example.org")
				switch state {
				case workspace.Accepted:
					h.must(acts["accept"](h, i, token))
				case workspace.Declined:
					h.must(acts["decline"](h, i, token))
				case workspace.Revoked:
					h.must(acts["revoke"](h, i, token))
				case workspace.Expired:
					h.clock.pass(7 * 24 * time.Hour)
				}
				if got := h.state(i.ID); got != state {
					t.Fatalf("%s before: %s", state, got)
				}
				before := dbtest.Fingerprint(t, h.db)
				err := acts[act](h, i, token)
				if want.err != nil {
					if want.then = state; !errors.Is(err, want.err) {
						t.Errorf("%s %s: %v, want %v", act, state, err, want.err)
					}
					if dbtest.Fingerprint(t, h.db) != before {
						t.Errorf("%s %s was refused and left something", act, state)
					}
				} else if err != nil {
					t.Errorf("%s %s: %v", act, state, err)
				}
				if got := h.state(i.ID); got != want.then {
					t.Errorf("%s %s leads to %s, want %s", act, state, got, want.then)
				}
				list, total, err := h.Invitations(h.ctx(), h.ann, h.in.ID, workspace.InvitationFilter{Email: i.Email, States: []workspace.InvitationState{want.then}})
				h.must(err)
				if total != 1 || list[0].State != want.then {
					t.Errorf("%s %s is not listed as %s", act, state, want.then)
				}
			}
		}
	})
}

func TestResendInvitation(t *testing.T) {
	t.Parallel()
	eachHouse(t, func(h *house) {
		i, token := h.invite("new@example.org", workspace.RoleViewer)
		h.clock.pass(time.Hour)
		var again workspace.Invitation
		var link string
		var err error
		h.leaves(func() {
			again, link, err = h.ResendInvitation(h.ctx(), h.admin, i.ID)
			h.must(err)
		}, "invitation.resend")
		if again.Sent != 2 || !again.Expires.Equal(i.Expires.Add(time.Hour)) || again.Inviter.User != h.admin.User || h.mails.last().Data["link"] != link {
			t.Errorf("sent again: %+v", again)
		}
		_, err = h.accept(h.guest(), token)
		wantErr(t, err, workspace.ErrNotFound)
		shown, err := h.InvitationLink(h.ctx(), h.ann, i.ID)
		h.must(err)
		if shown != link {
			t.Errorf("link %q, want %q", shown, link)
		}
		// One that has expired makes way for another, and cannot come back beside it.
		h.clock.pass(8 * 24 * time.Hour)
		next, _ := h.invite("NEW@example.org")
		if h.state(i.ID) != workspace.Expired {
			t.Errorf("state %s", h.state(i.ID))
		}
		_, _, err = h.ResendInvitation(h.ctx(), h.ann, i.ID)
		pending, ok := errors.AsType[*workspace.PendingError](err)
		if !ok || pending.ID != next.ID {
			t.Errorf("sent again beside another: %v", err)
		}
		h.must(h.RevokeInvitation(h.ctx(), h.ann, next.ID))
		_, link, err = h.ResendInvitation(h.ctx(), h.ann, i.ID)
		h.must(err)
		_, err = h.accept(h.guest(), tokenOf(t, link))
		h.must(err)
	})
}

func TestUpdateInvitation(t *testing.T) {
	t.Parallel()
	eachHouse(t, func(h *house) {
		i, token := h.invite("new@example.org", workspace.RoleViewer)
		var err error
		h.leaves(func() {
			i, err = h.UpdateInvitation(h.ctx(), h.admin, i.ID, func(i *workspace.Invitation) error { i.Language = "es"; return nil })
			h.must(err)
		}, "invitation.update")
		if i.Inviter.User != h.ann.User {
			t.Error("a language is nothing to answer for")
		}
		i, err = h.UpdateInvitation(h.ctx(), h.admin, i.ID, func(i *workspace.Invitation) error {
			i.Roles, i.Groups = []rbac.RoleName{workspace.RoleUpload}, []workspace.GroupID{h.group.ID}
			return nil
		})
		h.must(err)
		if i.Inviter.User != h.admin.User {
			t.Error("who changes what it gives answers for it")
		}
		h.must(h.DeleteGroup(h.ctx(), h.ann, h.group.ID)) // is no hindrance
		m, err := h.accept(h.guest(), token)
		h.must(err)
		if !slices.Equal(m.Roles, []rbac.RoleName{workspace.RoleUpload}) {
			t.Errorf("member %+v", m)
		}
	})
}

// TestInviterLosesPower takes from who invited, in every way, the power to.
func TestInviterLosesPower(t *testing.T) {
	t.Parallel()
	lose := map[string]func(h *house) error{
		"demoted": func(h *house) error {
			_, err := h.PutMember(h.ctx(), h.admin, h.in.ID, h.ann.Principal, []rbac.RoleName{workspace.RoleEditor})
			return err
		},
		"removed": func(h *house) error { return h.RemoveMember(h.ctx(), h.admin, h.in.ID, h.ann.Principal) },
		"disabled": func(h *house) error {
			_, err := h.UpdateUser(h.ctx(), h.admin, h.ann.User, func(u *workspace.User) error { u.Disabled = true; return nil })
			return err
		},
	}
	for name, take := range lose {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachHouse(t, func(h *house) {
				i, token := h.invite("new@example.org", workspace.RoleViewer)
				_, open := h.link(workspace.Invitation{MaxUses: 1})
				_, eve := h.user("eve")
				h.must(take(h))
				before := dbtest.Fingerprint(t, h.db)
				_, err := h.accept(h.guest(), token)
				wantErr(t, err, workspace.ErrInviter)
				if errors.Is(err, rbac.ErrDenied) {
					t.Error("the invited is not who is denied")
				}
				_, err = h.accept(eve, open)
				wantErr(t, err, workspace.ErrInviter)
				if dbtest.Fingerprint(t, h.db) != before {
					t.Error("a refusal left something")
				}
				// Somebody who has the power takes it over.
				_, link, err := h.ResendInvitation(h.ctx(), h.admin, i.ID)
				h.must(err)
				_, err = h.accept(h.guest(), tokenOf(t, link))
				h.must(err)
			})
		})
	}
	t.Run("deactivated", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, dbtest.New(t))
		_, token := h.invite("new@example.org")
		h.must(h.Deactivate(h.ctx(), h.admin, h.in.ID))
		_, err := h.accept(h.guest(), token)
		wantErr(t, err, workspace.ErrInactive)
		_, err = h.InvitationOffer(h.ctx(), h.guest(), token)
		wantErr(t, err, workspace.ErrInactive)
		h.must(h.Activate(h.ctx(), h.admin, h.in.ID))
		_, err = h.accept(h.guest(), token)
		h.must(err)
	})
}

func TestOpenInvitation(t *testing.T) {
	t.Parallel()
	eachHouse(t, func(h *house) {
		i, token := h.link(workspace.Invitation{MaxUses: 3, Roles: []rbac.RoleName{workspace.RoleViewer}, Language: "fr"})
		if len(h.mails.list) > 0 || i.Mailed {
			t.Error("a link for nobody was mailed")
		}
		bob, actor := h.user("bob")
		m, err := h.accept(actor, token)
		h.must(err)
		if m.User != bob.ID || !slices.Equal(m.Roles, []rbac.RoleName{workspace.RoleViewer}) {
			t.Errorf("member %+v", m)
		}
		before := dbtest.Fingerprint(t, h.db)
		_, err = h.accept(actor, token)
		h.must(err)
		_, err = h.accept(h.ann, token) // a member already: nothing to gain, nothing to lose
		h.must(err)
		_, err = h.AcceptInvitation(h.ctx(), h.guest(), token, workspace.Acceptance{Email: "bob@example.org", Username: "x", Password: password})
		wantErr(t, err, workspace.ErrTaken)
		_, err = h.accept(h.guest(), token)
		wantInvalid(t, err, "email")
		wantErr(t, h.DeclineInvitation(h.ctx(), h.guest(), token), workspace.ErrNotFound)
		if dbtest.Fingerprint(t, h.db) != before {
			t.Error("something was left")
		}
		m, err = h.AcceptInvitation(h.ctx(), h.guest(), token, workspace.Acceptance{Email: "mallory@TRUSTED.org", Password: password})
		h.must(err)
		mallory, err := h.login.Password(h.ctx(), "mallory@trusted.org", password, "")
		h.must(err)
		_, err = h.accept(actor, token)
		h.must(err)
		// Who was removed does not come back by the link he came by.
		h.must(h.RemoveMember(h.ctx(), h.ann, h.in.ID, bob.Num))
		_, err = h.accept(actor, token)
		wantErr(t, err, workspace.ErrNotFound)
		_, carl := h.user("carl")
		_, err = h.accept(carl, token)
		h.must(err)
		if i, err = h.Invitation(h.ctx(), h.ann, i.ID); err != nil || i.State != workspace.Accepted || i.Uses != 3 {
			t.Errorf("used up: %+v, %v", i, err)
		}
		_, dora := h.user("dora")
		_, err = h.accept(dora, token)
		wantErr(t, err, workspace.ErrNotFound)

		// A list of domains asks for an address that somebody vouched for.
		h.must(h.RemoveMember(h.ctx(), h.ann, h.in.ID, m.Principal))
		_, token = h.link(workspace.Invitation{MaxUses: 9, Domains: []string{"Trusted.org"}})
		_, err = h.accept(dora, token)
		wantInvalid(t, err, "email")
		_, err = h.accept(as(mallory), token)
		wantInvalid(t, err, "email")
		_, err = h.AcceptInvitation(h.ctx(), h.guest(), token, workspace.Acceptance{Email: "x@trusted.org", Password: password})
		wantErr(t, err, workspace.ErrSignIn)
		set := func(email string) {
			_, err := h.UpdateUser(h.ctx(), h.admin, dora.User, func(u *workspace.User) error { u.Email = email; return nil })
			h.must(err)
		}
		set("dora@sub.trusted.org")
		_, err = h.accept(dora, token)
		wantInvalid(t, err, "email")
		set("dora@TRUSTED.org")
		_, err = h.accept(dora, token)
		h.must(err)
	})
}
