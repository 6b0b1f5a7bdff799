package workspace_test

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

const password = "ox tangerine-Oboe 7 glacier"

// An outbox remembers what is to be sent.
type outbox struct {
	workspace.Mailer // nothing else of it is asked

	mu   sync.Mutex
	list []mail.Message
}

func (o *outbox) Enqueue(_ context.Context, m mail.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, m)
	return nil
}

func (o *outbox) last() mail.Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.list[len(o.list)-1]
}

// passwords are those of a sign-in.
type passwords struct{ *signin.Service }

func (p passwords) Set(ctx context.Context, id workspace.UserID, password string) error {
	return p.SetPassword(ctx, workspace.Command("invitation"), id, password)
}

// A house is a workspace with an administrator who invites.
type house struct {
	*world

	mails *outbox
	login *signin.Service
	in    workspace.Workspace
	ann   workspace.Actor
	group workspace.Group
}

func sealer(t testing.TB, seed byte) *apikey.Sealer {
	t.Helper()
	s, err := apikey.NewSealer(bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// equip gives a server what invitations need.
func (w *world) equip(mails *outbox, key *apikey.Sealer) *signin.Service {
	login := signin.New(w.db.SignIn(), w.rights, w.db.Trail(), &signin.Options{Now: w.clock.now, Remember: -1})
	w.Service = workspace.New(w.db.Workspaces(), w.rights, w.meter, w.db.Trail(), &workspace.Options{
		Now: w.clock.now, Sealer: key, Mailer: mails, Passwords: passwords{login}, PublicURL: "https://portal.example.org/",
	})
	return login
}

func newHouse(t testing.TB, db *storage.DB) *house {
	t.Helper()
	w := settle(t, db)
	h := &house{world: w, mails: &outbox{}}
	h.login = w.equip(h.mails, sealer(t, 1))
	ada, _ := w.user("ada")
	h.in = w.workspace("here", ada, "")
	_, h.ann = w.member(h.in, "ann", workspace.RoleAdministrator)
	var err error
	h.group, err = w.CreateGroup(w.ctx(), w.admin, workspace.Group{Workspace: h.in.ID, Name: "group"})
	w.must(err)
	return h
}

// eachHouse runs a test on both databases.
func eachHouse(t *testing.T, test func(h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) { test(newHouse(t, db)) })
}

func tokenOf(t testing.TB, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil || u.Query().Get("token") == "" {
		t.Fatalf("link %q: %v", link, err)
	}
	return u.Query().Get("token")
}

// invite makes a personal invitation and returns it with its token.
func (h *house) invite(email string, roles ...rbac.RoleName) (workspace.Invitation, string) {
	h.t.Helper()
	i, link, err := h.Invite(h.ctx(), h.ann, h.in.ID, workspace.Invitation{Email: email, Roles: roles})
	h.must(err)
	return i, tokenOf(h.t, link)
}

func (h *house) link(i workspace.Invitation) (workspace.Invitation, string) {
	h.t.Helper()
	i.Kind = workspace.Open
	i, link, err := h.Invite(h.ctx(), h.ann, h.in.ID, i)
	h.must(err)
	return i, tokenOf(h.t, link)
}

func (h *house) guest() workspace.Actor { return workspace.Guest("192.0.2.9") }

func (h *house) accept(actor workspace.Actor, token string) (workspace.Member, error) {
	return h.AcceptInvitation(h.ctx(), actor, token, workspace.Acceptance{Password: password})
}

func (h *house) state(id workspace.InvitationID) workspace.InvitationState {
	h.t.Helper()
	i, err := h.Invitation(h.ctx(), h.ann, id)
	h.must(err)
	return i.State
}

func (h *house) isMember(email string) bool {
	h.t.Helper()
	users, err := h.db.Workspaces().Users(h.ctx(), workspace.UserFilter{Email: email})
	h.must(err)
	if len(users) == 0 {
		return false
	}
	n, err := h.db.Workspaces().CountMembers(h.ctx(), workspace.MemberFilter{Workspace: h.in.ID, Principals: []rbac.Principal{users[0].Num}})
	h.must(err)
	return n == 1
}

func TestInviteNewAccount(t *testing.T) {
	t.Parallel()
	eachHouse(t, func(h *house) {
		_, err := h.UpdateUser(h.ctx(), h.ann, h.ann.User, func(u *workspace.User) error { u.FirstName, u.LastName = "Ann", "Lee"; return nil })
		h.must(err)
		var i workspace.Invitation
		var link string
		h.leaves(func() {
			i, link, err = h.Invite(h.ctx(), h.ann, h.in.ID, workspace.Invitation{
				Email: "  New.Person@EXAMPLE.org ", Roles: []rbac.RoleName{workspace.RoleViewer, workspace.RoleAnnex, workspace.RoleAnnex},
				Groups: []workspace.GroupID{h.group.ID}, Language: "fr",
			})
			h.must(err)
		}, "invitation.create")
		if i.Email != "New.Person@example.org" || i.State != workspace.Pending || i.Kind != workspace.Personal || !i.Mailed || i.Sent != 1 ||
			!i.Expires.Equal(i.Created.Add(7*24*time.Hour)) || i.Inviter != (workspace.Inviter{
			User: h.ann.User, Principal: h.ann.Principal, Name: "Ann Lee", Email: "ann@example.org",
		}) {
			t.Errorf("invitation %+v", i)
		}
		if !strings.HasPrefix(link, "https://portal.example.org/invitation?token=") || len(tokenOf(t, link)) != 43 {
			t.Errorf("link %q", link)
		}
		sent := h.mails.last()
		if sent.Kind != mail.Invitation || sent.To != i.Email || sent.Language != "fr" || sent.Data["link"] != link || sent.Data["inviter"] != "Ann Lee" ||
			sent.Data["invitee"] != i.Email || sent.Data["workspace"] != "here" || sent.Data["role"] != "Annexes, Viewer" ||
			sent.Data["expires"] != i.Expires.Format(time.RFC3339) {
			t.Errorf("mail %+v", sent)
		}
	})
}

func TestAcceptInvitation(t *testing.T) {
	t.Parallel()
	eachHouse(t, func(h *house) {
		i, link, err := h.Invite(h.ctx(), h.ann, h.in.ID, workspace.Invitation{
			Email: "New.Person@example.org", Roles: []rbac.RoleName{workspace.RoleViewer, workspace.RoleAnnex},
			Groups: []workspace.GroupID{h.group.ID}, Language: "fr",
		})
		h.must(err)
		token := tokenOf(t, link)
		before := dbtest.Fingerprint(t, h.db)
		offer, err := h.InvitationOffer(h.ctx(), h.guest(), token)
		h.must(err)
		if offer.Inviter != "ann" || offer.Workspace != "here" || offer.Email != i.Email || offer.Account || offer.Language != "fr" {
			t.Errorf("offer %+v", offer)
		}
		_, err = h.AcceptInvitation(h.ctx(), h.guest(), token, workspace.Acceptance{Password: "short"})
		wantInvalid(t, err, "password")
		_, err = h.AcceptInvitation(h.ctx(), h.guest(), token, workspace.Acceptance{Username: "ANN", Password: password})
		wantErr(t, err, workspace.ErrTaken)
		_, err = h.AcceptInvitation(h.ctx(), workspace.Actor{}, token, workspace.Acceptance{Password: password})
		wantErr(t, err, rbac.ErrDenied)
		if dbtest.Fingerprint(t, h.db) != before {
			t.Error("looking, or a refusal, left something")
		}
		var m workspace.Member
		h.leaves(func() {
			m, err = h.AcceptInvitation(h.ctx(), h.guest(), token, workspace.Acceptance{FirstName: "New", LastName: "Person", Password: password})
			h.must(err)
		}, "user.set_password", "user.create", "invitation.accept")
		u, err := h.login.Password(h.ctx(), "new.person@example.org", password, "")
		h.must(err)
		if m.User != u.ID || !slices.Equal(m.Roles, []rbac.RoleName{workspace.RoleAnnex, workspace.RoleViewer}) || u.Language != "fr" ||
			u.Email != i.Email || u.Username != i.Email || !slices.Equal(m.Rights, []rbac.RoleName{workspace.RoleAnnex}) {
			t.Errorf("member %+v of %+v", m, u)
		}
		in, _, err := h.GroupUsers(h.ctx(), h.ann, h.group.ID, workspace.UserFilter{})
		h.must(err)
		if len(in) != 1 || in[0].ID != u.ID {
			t.Errorf("in the group: %+v", in)
		}
		h.must(h.rights.Require(h.ctx(), u.Num, h.in.Num, workspace.Annex, rbac.Latest()))
		i, err = h.Invitation(h.ctx(), h.ann, i.ID)
		h.must(err)
		if i.State != workspace.Accepted || i.AcceptedBy != u.ID || i.AcceptedAt.IsZero() {
			t.Errorf("accepted: %+v", i)
		}
		before = dbtest.Fingerprint(t, h.db)
		again, err := h.accept(as(u), token)
		h.must(err)
		if again.User != u.ID || !slices.Equal(again.Roles, m.Roles) {
			t.Errorf("again: %+v", again)
		}
		_, err = h.accept(h.guest(), token)
		wantErr(t, err, workspace.ErrNotFound)
		_, err = h.accept(h.ann, token)
		wantErr(t, err, workspace.ErrNotFound)
		if dbtest.Fingerprint(t, h.db) != before {
			t.Error("accepting again left something")
		}
		h.must(h.RemoveMember(h.ctx(), h.ann, h.in.ID, u.Num))
		_, err = h.accept(as(u), token)
		wantErr(t, err, workspace.ErrNotFound)
	})
}

func TestInviteExistingAccount(t *testing.T) {
	t.Parallel()
	eachHouse(t, func(h *house) {
		bob, actor := h.user("bob")
		_, other := h.user("other")
		_, token := h.invite("BOB@example.org", workspace.RoleViewer)
		offer, err := h.InvitationOffer(h.ctx(), h.guest(), token)
		h.must(err)
		if !offer.Account {
			t.Error("there is an account")
		}
		for _, who := range []workspace.Actor{h.guest(), other} {
			_, err := h.accept(who, token)
			wantErr(t, err, workspace.ErrSignIn)
		}
		_, err = h.accept(workspace.Actor{Principal: other.Principal, User: bob.ID}, token)
		wantErr(t, err, rbac.ErrDenied)
		_, err = h.accept(workspace.Actor{Principal: other.Principal, Behalf: bob.ID}, token)
		wantErr(t, err, workspace.ErrNotFound)
		h.leaves(func() {
			_, err := h.accept(actor, token)
			h.must(err)
		}, "invitation.accept")
		_, _, err = h.Invite(h.ctx(), h.ann, h.in.ID, workspace.Invitation{Email: "bob@EXAMPLE.org"})
		taken, ok := errors.AsType[*workspace.TakenError](err)
		if !ok || taken.Field != "email" {
			t.Errorf("inviting a member: %v", err)
		}
		// Who is added meanwhile keeps what he was given then.
		sent, token := h.invite("other@example.org", workspace.RoleAdministrator)
		_, err = h.PutMember(h.ctx(), h.ann, h.in.ID, other.Principal, []rbac.RoleName{workspace.RoleViewer})
		h.must(err)
		m, err := h.accept(other, token)
		h.must(err)
		if !slices.Equal(m.Roles, []rbac.RoleName{workspace.RoleViewer}) || h.state(sent.ID) != workspace.Accepted {
			t.Errorf("member %+v", m)
		}
	})
}

func TestInviteRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.New(t))
	ada, _ := h.user("supervisor")
	there := h.workspace("there", ada, "")
	foreign, err := h.CreateGroup(h.ctx(), h.admin, workspace.Group{Workspace: there.ID, Name: "foreign"})
	h.must(err)
	_, viewer := h.member(h.in, "viewer", workspace.RoleViewer)
	sent, _ := h.invite("sent@example.org")
	before := dbtest.Fingerprint(t, h.db)
	for field, list := range map[string][]workspace.Invitation{
		"email": {
			{},
			{Email: "nobody"},
			{Email: "A <a@example.org>"},
			{Email: "a@example.org\nb"},
			{Email: strings.Repeat("a", 250) + "@example.org"},
			{Kind: workspace.Open, MaxUses: 1, Email: "a@example.org"},
		},
		"kind":     {{Email: "a@example.org", Kind: "x"}, {Email: "a@example.org", MaxUses: 1}, {Email: "a@example.org", Domains: []string{"a.org"}}},
		"max_uses": {{Kind: workspace.Open}, {Kind: workspace.Open, MaxUses: -1}, {Kind: workspace.Open, MaxUses: 10_001}},
		"domains": {
			{Kind: workspace.Open, MaxUses: 1, Domains: []string{"a@b.org"}},
			{Kind: workspace.Open, MaxUses: 1, Domains: []string{""}},
			{Kind: workspace.Open, MaxUses: 1, Domains: make([]string, 51)},
		},
		"language": {{Email: "a@example.org", Language: "??"}},
		"roles":    {{Email: "a@example.org", Roles: []rbac.RoleName{"none"}}, {Email: "a@example.org", Roles: []rbac.RoleName{workspace.RolePlatformAdministrator}}},
		"groups":   {{Email: "a@example.org", Groups: []workspace.GroupID{foreign.ID}}, {Email: "a@example.org", Groups: []workspace.GroupID{"none"}}},
		"expires":  {{Email: "a@example.org", Expires: h.clock.now()}, {Email: "a@example.org", Expires: h.clock.now().Add(400 * 24 * time.Hour)}},
	} {
		for _, i := range list {
			_, _, err := h.Invite(h.ctx(), h.ann, h.in.ID, i)
			wantInvalid(t, err, field)
		}
	}
	_, _, err = h.Invite(h.ctx(), h.ann, h.in.ID, workspace.Invitation{Email: "SENT@example.org"})
	pending, ok := errors.AsType[*workspace.PendingError](err)
	if !ok || pending.ID != sent.ID || !errors.Is(err, workspace.ErrPending) {
		t.Errorf("invited twice: %v", err)
	}
	_, _, err = h.Invite(h.ctx(), viewer, h.in.ID, workspace.Invitation{Email: "a@example.org"})
	wantErr(t, err, rbac.ErrDenied)
	for _, token := range []string{"", "x", strings.Repeat("A", 43), strings.Repeat("é", 43)} {
		_, err = h.InvitationOffer(h.ctx(), h.guest(), token)
		wantErr(t, err, workspace.ErrNotFound)
		_, err = h.accept(h.guest(), token)
		wantErr(t, err, workspace.ErrNotFound)
		wantErr(t, h.DeclineInvitation(h.ctx(), h.guest(), token), workspace.ErrNotFound)
	}
	for field, change := range map[string]func(i *workspace.Invitation){
		"email": func(i *workspace.Invitation) { i.Email = "b@example.org" }, "state": func(i *workspace.Invitation) { i.State = workspace.Accepted },
		"inviter": func(i *workspace.Invitation) { i.Inviter.Principal = h.admin.Principal }, "expires": func(i *workspace.Invitation) { i.Expires = i.Expires.Add(time.Hour) },
		"max_uses": func(i *workspace.Invitation) { i.MaxUses = 5 }, "domains": func(i *workspace.Invitation) { i.Domains = []string{"a.org"} },
		"roles": func(i *workspace.Invitation) { i.Roles = []rbac.RoleName{"none"} }, "groups": func(i *workspace.Invitation) { i.Groups = []workspace.GroupID{foreign.ID} },
		"language": func(i *workspace.Invitation) { i.Language = "??" },
	} {
		_, err := h.UpdateInvitation(h.ctx(), h.ann, sent.ID, func(i *workspace.Invitation) error { change(i); return nil })
		wantInvalid(t, err, field)
	}
	_, err = h.UpdateInvitation(h.ctx(), h.ann, sent.ID, func(*workspace.Invitation) error { return nil })
	h.must(err)
	if dbtest.Fingerprint(t, h.db) != before {
		t.Error("a refusal left something")
	}
}

func TestInviteMany(t *testing.T) {
	t.Parallel()
	eachHouse(t, func(h *house) {
		rows := []workspace.Invitation{
			{Email: "a@example.org"},
			{Email: "bad"},
			{Email: "A@example.org"},
			{Email: "ann@example.org"},
			{Email: "b@example.org", Roles: []rbac.RoleName{"none"}},
			{Email: "c@example.org", Roles: []rbac.RoleName{workspace.RoleEditor}},
		}
		answers, err := h.InviteMany(h.ctx(), h.ann, h.in.ID, rows)
		h.must(err)
		want := []error{nil, workspace.ErrInvalid, workspace.ErrPending, workspace.ErrTaken, workspace.ErrInvalid, nil}
		for k, answer := range answers {
			if !errors.Is(answer.Err, want[k]) || (answer.Err == nil) != (answer.Link != "") {
				t.Errorf("row %d: %+v, want %v", k, answer, want[k])
			}
		}
		_, total, err := h.Invitations(h.ctx(), h.ann, h.in.ID, workspace.InvitationFilter{})
		h.must(err)
		if total != 2 || len(answers) != len(rows) {
			t.Errorf("%d invitations", total)
		}
		_, err = h.InviteMany(h.ctx(), h.ann, h.in.ID, make([]workspace.Invitation, 501))
		wantInvalid(t, err, "invitations")
	})
}
