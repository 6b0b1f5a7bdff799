package workspace_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

func TestInvitationLink(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.New(t))
	i, token := h.invite("new@example.org")
	_, viewer := h.member(h.in, "viewer", workspace.RoleViewer)
	_, err := h.InvitationLink(h.ctx(), viewer, i.ID)
	wantErr(t, err, rbac.ErrDenied)
	h.leaves(func() {
		for range 2 {
			link, err := h.InvitationLink(h.ctx(), h.ann, i.ID)
			h.must(err)
			if tokenOf(t, link) != token {
				t.Errorf("link %s", link)
			}
		}
	}, "invitation.show_link", "invitation.show_link")
	h.equip(h.mails, sealer(t, 2))
	h.leaves(func() {
		_, err := h.InvitationLink(h.ctx(), h.ann, i.ID)
		wantErr(t, err, workspace.ErrNoLink)
	})
	h.Service = workspace.New(h.db.Workspaces(), h.rights, h.meter, h.db.Trail(), &workspace.Options{
		Now: h.clock.now, InvitationLife: time.Hour, InvitationURL: "https://elsewhere.example.org/join/{token}",
	})
	_, err = h.InvitationLink(h.ctx(), h.ann, i.ID)
	wantErr(t, err, workspace.ErrNoLink)
	i, link, err := h.ResendInvitation(h.ctx(), h.ann, i.ID)
	h.must(err)
	if i.Mailed || !i.Expires.Equal(i.Updated.Add(time.Hour)) || !strings.HasPrefix(link, "https://elsewhere.example.org/join/") {
		t.Errorf("%+v, %s", i, link)
	}
	_, err = h.accept(h.guest(), strings.TrimPrefix(link, "https://elsewhere.example.org/join/"))
	wantErr(t, err, workspace.ErrSignIn) // without Passwords there are no new accounts
}

// TestInvitationSecrets looks for tokens and passwords where none may be.
func TestInvitationSecrets(t *testing.T) {
	t.Parallel()
	eachHouse(t, func(h *house) {
		i, token := h.invite("new@example.org")
		_, err := h.InvitationLink(h.ctx(), h.ann, i.ID)
		h.must(err)
		_, link, err := h.ResendInvitation(h.ctx(), h.ann, i.ID)
		h.must(err)
		_, open := h.link(workspace.Invitation{MaxUses: 1})
		secrets := []string{token, tokenOf(t, link), open, password}
		var errs []string
		for _, secret := range secrets {
			_, err := h.InvitationOffer(h.ctx(), h.guest(), secret+"x")
			errs = append(errs, err.Error())
		}
		_, err = h.accept(h.guest(), tokenOf(t, link))
		h.must(err)
		_, err = h.accept(h.guest(), tokenOf(t, link))
		errs = append(errs, err.Error())
		var dump bytes.Buffer
		dbtest.Dump(t, h.db, &dump)
		events, err := h.db.Trail().List(h.ctx(), audit.Filter{})
		h.must(err)
		for _, e := range events {
			errs = append(errs, string(e.Detail), e.Object.Name)
		}
		for _, secret := range secrets {
			if strings.Contains(dump.String(), secret) {
				t.Errorf("%s is in the database", secret)
			}
			if strings.Contains(strings.Join(errs, "\n"), secret) {
				t.Errorf("%s is told", secret)
			}
		}
		if !strings.Contains(dump.String(), string(i.ID)) {
			t.Error("the dump holds nothing")
		}
	})
}

// TestInvitationActivity keeps invitations from who may not see the members.
func TestInvitationActivity(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.New(t))
	_, viewer := h.member(h.in, "viewer", workspace.RoleViewer)
	h.invite("new@example.org")
	for who, want := range map[*workspace.Actor]bool{&viewer: false, &h.ann: true} {
		events, err := h.Activity(h.ctx(), *who, h.in.ID, audit.Filter{})
		h.must(err)
		got := slices.ContainsFunc(events, func(e audit.Event) bool { return e.Action == "invitation.create" })
		if got != want {
			t.Errorf("%s sees the invitation: %t", who.Name, got)
		}
	}
}
