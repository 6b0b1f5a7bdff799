package workspace_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage/storagetest"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

func (e *estate) accessKeys() *accesskey.Service {
	return accesskey.New(e.db.AccessKeys(), e.rights, e.meter, e.db.Trail(), &accesskey.Options{Now: e.clock.now})
}

// maker makes a key of the workspace that owns the shed, alone, and the hut, with
// eva.
func (e *estate) maker() (k accesskey.Key, shed, hut rbac.Node) {
	e.t.Helper()
	k, _, err := e.accessKeys().Create(e.ctx(), e.boss, accesskey.Key{
		Workspace: e.in.ID, Title: "robot", Role: workspace.RoleEditor, Expires: e.clock.now().Add(time.Hour),
	})
	e.must(err)
	shed, hut = 7101, 7102
	dbtest.Sow(e.t, e.address, []rbac.Place{
		{Node: shed, Parent: e.in.Num, Class: "group", Workspace: e.in.Num, Owner: k.Num},
		{Node: hut, Parent: e.in.Num, Class: "group", Workspace: e.in.Num, Owner: k.Num},
	})
	_, err = e.AddRule(e.ctx(), e.boss, e.in.ID, rbac.Rule{Node: hut, Effect: rbac.Allow, Principal: e.eva.Num, Role: workspace.RoleOwner, Propagate: true})
	e.must(err)
	return k, shed, hut
}

// TestKeyDeparts is JMap's two rules for keys (spec/jmap.md J-29 to J-33).
func TestKeyDeparts(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]workspace.Disposal{
		"transferred": {}, "deleted": {Delete: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachEstate(t, func(t *testing.T, e *estate, _ *dbtest.Fault) {
				k, shed, hut := e.maker()
				how := how // of this database alone
				d := workspace.Departure{Workspace: e.in.ID, Key: k.Num}
				before := dbtest.Fingerprint(t, e.db)
				_, err := e.Depart(e.ctx(), e.boss, d, workspace.Disposal{}, "")
				if blocked, ok := errors.AsType[*workspace.BlockedError](err); !ok || !slices.Equal(codes(blocked.Blockers), []string{"owns_resources"}) {
					t.Errorf("a key that owns something: %v", err)
				}
				wantErr(t, e.accessKeys().Delete(e.ctx(), e.boss, k.ID), accesskey.ErrOwns)
				_, err = e.Depart(e.ctx(), as(e.vic), d, how, "")
				wantErr(t, err, rbac.ErrDenied)
				_, err = e.Depart(e.ctx(), workspace.Actor{Principal: e.ada.Num, Name: "k", Via: "key"}, d, how, "")
				wantErr(t, err, rbac.ErrDenied)
				for _, heir := range []rbac.Principal{e.vic.Num, k.Num} {
					_, err = e.Depart(e.ctx(), e.boss, d, workspace.Disposal{TransferTo: heir}, "")
					wantErr(t, err, workspace.ErrBlocked)
				}
				_, err = e.PlanDeparture(e.ctx(), e.boss, workspace.Departure{Workspace: e.in.ID, Key: e.ed.Num}, how)
				wantErr(t, err, workspace.ErrNotFound) // he is no key
				_, err = e.PlanDeparture(e.ctx(), e.boss, workspace.Departure{Workspace: e.in.ID, Key: k.Num, Member: e.ed.Num}, how)
				wantInvalid(t, err, "departure")
				if dbtest.Fingerprint(t, e.db) != before {
					t.Error("a refusal left something")
				}
				if name == "transferred" {
					how.TransferTo = e.ed.Num
				}
				plan, err := e.PlanDeparture(e.ctx(), e.boss, d, how)
				e.must(err)
				if plan.Name != "robot" || len(plan.Holdings) != 2 || len(plan.Rules) != 1 {
					t.Errorf("plan %+v", plan)
				}
				e.world.leaves(func() {
					_, err = e.Depart(e.ctx(), e.boss, d, how, plan.Token)
					e.must(err)
				}, "access_key.depart")
				if name == "transferred" {
					e.owned("the shed", shed, e.ed.Num)
					e.owned("the hut", hut, e.ed.Num, e.eva.Num)
				} else {
					e.owned("the shed", shed)
					e.owned("the hut", hut, e.eva.Num)
				}
				_, err = e.accessKeys().Key(e.ctx(), e.boss, k.ID)
				wantErr(t, err, workspace.ErrNotFound)
				_, err = e.rights.Check(e.ctx(), k.Num, e.in.Num, workspace.Read, rbac.Latest())
				wantErr(t, err, rbac.ErrNoPrincipal)
				_, err = e.Depart(e.ctx(), e.boss, d, how, "")
				wantErr(t, err, workspace.ErrNotFound)
			})
		})
	}
}

// TestUserLeavesNothing gives somebody all that signing in, keys, invitations and
// mails make of him, and looks for him afterwards.
func TestUserLeavesNothing(t *testing.T) {
	t.Parallel()
	eachEstate(t, func(t *testing.T, e *estate, _ *dbtest.Fault) {
		mails := &outbox{}
		login := e.equip(mails, sealer(t, 1))
		_, err := e.PutMember(e.ctx(), e.boss, e.in.ID, e.ed.Num, []rbac.RoleName{workspace.RoleAdministrator})
		e.must(err)
		e.must(e.SetSeats(e.ctx(), e.admin, e.in.ID, new(int64(9))))
		keys, ed := e.accessKeys(), as(e.ed)
		soon := e.clock.now().Add(time.Hour)
		_, _, err = keys.Create(e.ctx(), ed, accesskey.Key{Title: "mine", Expires: soon})
		e.must(err)
		made, _, err := keys.Create(e.ctx(), ed, accesskey.Key{Workspace: e.in.ID, Title: "ours", Role: workspace.RoleViewer, Expires: soon})
		e.must(err)
		e.must(login.SetPassword(e.ctx(), e.admin, e.ed.ID, password))
		_, err = login.Start(e.ctx(), "ed", password, "browser", "192.0.2.1")
		e.must(err)
		_, err = e.PutPreference(e.ctx(), ed, "size", json.RawMessage("50"))
		e.must(err)
		pending, _, err := e.Invite(e.ctx(), ed, e.in.ID, workspace.Invitation{Email: "new@example.org"})
		e.must(err)
		theirs := e.workspace("theirs", e.ada, "")
		_, _, err = e.Invite(e.ctx(), e.boss, theirs.ID, workspace.Invitation{Email: "ED@example.org"})
		e.must(err)
		old, link, err := e.Invite(e.ctx(), e.boss, e.workspace("old", e.ada, "").ID, workspace.Invitation{Email: e.ed.Email})
		e.must(err)
		_, err = e.AcceptInvitation(e.ctx(), ed, tokenOf(t, link), workspace.Acceptance{})
		e.must(err)
		for _, to := range []string{e.ed.Email, e.eva.Email} {
			e.must(e.db.Tx(e.ctx(), func(ctx context.Context) error {
				return mailer(t, e.db, e.clock).Enqueue(ctx, mail.Message{Kind: mail.PasswordChanged, Language: "en", To: to})
			}))
		}

		d, how := workspace.Departure{User: e.ed.ID}, workspace.Disposal{TransferTo: e.eva.Num}
		plan, err := e.PlanDeparture(e.ctx(), e.admin, d, how)
		e.must(err)
		if plan.Ended["keys"] != 1 || plan.Ended["sessions"] != 1 || plan.Ended["invitations"] != 1 {
			t.Errorf("what ends: %v", plan.Ended)
		}
		e.world.leaves(func() {
			_, err = e.Depart(e.ctx(), e.admin, d, how, plan.Token)
			e.must(err)
		}, "invitation.revoke", "invitation.revoke", "member.depart", "member.depart", "user.depart")
		var dump strings.Builder
		dbtest.Dump(t, e.db, &dump)
		others := 0
		for line := range strings.Lines(dump.String()) {
			if strings.HasPrefix(line, "audit_events") {
				continue
			}
			for _, word := range []string{string(e.ed.ID), e.ed.Email} {
				if strings.Contains(strings.ToLower(line), word) {
					t.Errorf("%s is left in %s", word, line)
				}
			}
			if strings.HasPrefix(line, "letters") && strings.Contains(line, e.eva.Email) {
				others++
			}
		}
		if others != 1 {
			t.Errorf("%d letters to somebody else are left, want 1", others)
		}
		k, err := keys.Key(e.ctx(), e.boss, made.ID)
		e.must(err)
		if k.Creator.Name != "ed" || k.Creator.Email != "" || k.Creator.User != "" {
			t.Errorf("the key that he made: %+v", k)
		}
		for id, want := range map[workspace.InvitationID]workspace.InvitationState{pending.ID: workspace.Revoked, old.ID: workspace.Accepted} {
			i, err := e.Invitation(e.ctx(), e.admin, id)
			e.must(err)
			if i.State != want {
				t.Errorf("invitation %+v, want %s", i, want)
			}
		}
		seats, err := e.Seats(e.ctx(), e.boss, e.in.ID)
		e.must(err)
		if seats != (workspace.Seats{Used: 3, Limit: 9}) {
			t.Errorf("seats %+v", seats)
		}
	})
}

// TestWorkspaceLeavesNothing deletes one with keys, and invitations that hold
// seats.
func TestWorkspaceLeavesNothing(t *testing.T) {
	t.Parallel()
	eachEstate(t, func(t *testing.T, e *estate, fault *dbtest.Fault) {
		e.equip(&outbox{}, sealer(t, 1))
		e.must(e.SetSeats(e.ctx(), e.admin, e.in.ID, new(int64(9))))
		k, _, _ := e.maker()
		g, err := e.CreateGroup(e.ctx(), e.boss, workspace.Group{Workspace: e.in.ID, Name: "group"})
		e.must(err)
		_, _, err = e.Invite(e.ctx(), e.boss, e.in.ID, workspace.Invitation{Email: "new@example.org", Groups: []workspace.GroupID{g.ID}})
		e.must(err)
		_, link, err := e.Invite(e.ctx(), e.boss, e.in.ID, workspace.Invitation{Kind: workspace.Open, MaxUses: 3})
		e.must(err)
		late, _ := e.user("late")
		_, err = e.AcceptInvitation(e.ctx(), as(late), tokenOf(t, link), workspace.Acceptance{})
		e.must(err)
		d := workspace.Departure{Workspace: e.in.ID}
		plan, err := e.PlanDeparture(e.ctx(), e.admin, d, workspace.Disposal{})
		e.must(err)
		if plan.Ended["keys"] != 1 || plan.Ended["invitations"] != 2 || len(plan.Blockers) != 0 {
			t.Errorf("what ends: %v, against it %v", plan.Ended, plan.Blockers)
		}
		e.must(e.rights.Warm(e.ctx(), rbac.Root))
		e.must(e.rights.Warm(e.ctx(), e.in.Num))
		backend := &storagetest.Backend{
			Fingerprint: func(tb testing.TB) string { tb.Helper(); return dbtest.Fingerprint(tb, e.db) }, Fault: fault,
		}
		storagetest.Sweep(t, backend, func(ctx context.Context) error {
			_, err := e.Depart(ctx, e.admin, d, workspace.Disposal{}, "")
			return err
		})
		var dump strings.Builder
		dbtest.Dump(t, e.db, &dump)
		for line := range strings.Lines(dump.String()) {
			kept := strings.HasPrefix(line, "audit_") || strings.HasPrefix(line, "ledger") || strings.HasPrefix(line, "reservations")
			for _, word := range []string{string(e.in.ID), string(k.ID), "new@example.org"} {
				if !kept && strings.Contains(line, word) {
					t.Errorf("%s is left in %s", word, line)
				}
			}
		}
	})
}
