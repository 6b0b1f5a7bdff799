package workspace_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// refusal appends a refusal to the trail of a workspace.
func (w *world) refusal(in workspace.ID) {
	w.t.Helper()
	w.must(audit.New(w.db.Trail(), &audit.Options{Now: w.clock.now}).Record(w.ctx(), audit.Event{
		Action: "request.refuse", Actor: "bob", Workspace: string(in), Outcome: audit.Refused, Reason: "forbidden",
	}))
}

func TestAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, supervisor := w.user("ada")
	in, other := w.workspace("here", ada, ""), w.workspace("there", ada, "")
	_, member := w.member(in, "member")
	_, auditor := w.member(in, "auditor", workspace.RoleAdministrator)
	_, stranger := w.user("stranger")
	w.refusal(in.ID)
	want := []string{"workspace.create", "member.put", "member.put", "request.refuse"}
	for _, actor := range []workspace.Actor{supervisor, auditor, w.admin} {
		list, n, err := w.Audit(w.ctx(), actor, in.ID, audit.Filter{Workspace: string(other.ID), Platform: true})
		w.must(err)
		var got []string
		for i, e := range list {
			got = append(got, e.Action)
			if e.Seq != int64(i+1) || e.Hash == "" || e.Workspace != string(in.ID) {
				t.Errorf("%+v", e)
			}
		}
		if n != len(want) || !slices.Equal(got, want) {
			t.Errorf("%s sees %d: %v", actor.Name, n, got)
		}
		if rest, n, err := w.Audit(w.ctx(), actor, in.ID, audit.Filter{After: list[1].Num}); err != nil || len(rest) != 2 || n != workspace.Uncounted {
			t.Errorf("behind the second are %d, of %d (%v)", len(rest), n, err)
		}
		report, err := w.VerifyAudit(w.ctx(), actor, in.ID)
		w.must(err)
		if report.Fault != nil || report.Checked != 4 {
			t.Errorf("%+v", report)
		}
		var lines bytes.Buffer
		wrote, err := w.ExportAudit(w.ctx(), actor, in.ID, audit.Filter{Outcome: audit.Refused}, audit.NewJSONLines(&lines))
		w.must(err)
		if wrote != 1 || !bytes.Contains(lines.Bytes(), []byte(`"reason":"forbidden"`)) {
			t.Errorf("wrote %d: %s", wrote, &lines)
		}
	}
	for _, c := range []struct {
		actor workspace.Actor
		want  error
	}{{member, rbac.ErrDenied}, {stranger, workspace.ErrNotFound}} {
		_, _, err := w.Audit(w.ctx(), c.actor, in.ID, audit.Filter{})
		wantErr(t, err, c.want)
		_, err = w.VerifyAudit(w.ctx(), c.actor, in.ID)
		wantErr(t, err, c.want)
		_, err = w.ExportAudit(w.ctx(), c.actor, in.ID, audit.Filter{}, audit.NewJSONLines(&bytes.Buffer{}))
		wantErr(t, err, c.want)
	}
	// The platform's is its administrators'.
	for _, actor := range []workspace.Actor{member, auditor, supervisor, stranger} {
		_, _, err := w.PlatformAudit(w.ctx(), actor, audit.Filter{})
		wantErr(t, err, rbac.ErrDenied)
		_, err = w.ExportAudit(w.ctx(), actor, "", audit.Filter{}, audit.NewJSONLines(&bytes.Buffer{}))
		wantErr(t, err, rbac.ErrDenied)
		_, err = w.VerifyAudit(w.ctx(), actor, "")
		wantErr(t, err, rbac.ErrDenied)
	}
	list, n, err := w.PlatformAudit(w.ctx(), w.admin, audit.Filter{Workspace: string(other.ID)})
	w.must(err)
	if n != 1 || len(list) != 1 {
		t.Errorf("%d, %+v", n, list)
	}
	report, err := w.VerifyAudit(w.ctx(), w.admin, "")
	w.must(err)
	if report.Fault != nil || report.Checked != int64(w.count()-5) {
		t.Errorf("%+v of %d", report, w.count())
	}
}

// TestActivityTellsNoMore wants members to be shown what was done, without what
// it takes the right to read the audit to see.
func TestActivityTellsNoMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, actor := w.user("ada")
	in := w.workspace("here", ada, "")
	_, reader := w.member(in, "reader")
	actor.Credential, actor.BehalfName, actor.BehalfPrincipal = "session", "eve", 9
	_, err := w.Update(w.ctx(), actor, in.ID, func(n *workspace.Workspace) error { n.Public, n.Name = true, "Here"; return nil })
	w.must(err)
	w.refusal(in.ID)
	all, _, err := w.Audit(w.ctx(), actor, in.ID, audit.Filter{Credential: "session"})
	w.must(err)
	if len(all) != 1 || all[0].Behalf != "eve" || all[0].BehalfPrincipal != 9 || string(all[0].Before) != `{"name":"here","public":false}` {
		t.Errorf("kept is %+v", all)
	}
	for _, who := range []workspace.Actor{actor, reader} {
		list, err := w.Activity(w.ctx(), who, in.ID, audit.Filter{Outcome: audit.Refused, Credential: "none", Search: "none"})
		w.must(err)
		for _, e := range list {
			if e.Action == "request.refuse" || e.Credential != "" || e.Behalf != "" || e.BehalfPrincipal != 0 || e.Before != nil || e.Reason != "" || e.Hash != "" {
				t.Errorf("%s is told %+v", who.Name, e)
			}
		}
		if len(list) < 2 {
			t.Errorf("%s is told %d events", who.Name, len(list))
		}
	}
	_, events, err := w.PublicActivity(w.ctx(), workspace.Guest(""), "here", audit.Filter{Outcome: audit.Refused})
	w.must(err)
	if len(events) != 0 {
		t.Errorf("the public is told %+v", events)
	}
}

// TestBeforeAndAfter wants of each change what was there, and what is.
func TestBeforeAndAfter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.user("ada")
	bob, _ := w.user("bob")
	o := w.organization("o", 100)
	in := w.workspace("here", ada, o.ID)
	g, err := w.CreateGroup(w.ctx(), w.admin, workspace.Group{Workspace: in.ID, Name: "group", Description: "d"})
	w.must(err)
	d := w.open(in)
	pool := w.pool(quota.Check, "c")
	put := func(roles ...rbac.RoleName) func() error {
		return func() error { _, err := w.PutMember(w.ctx(), w.admin, in.ID, bob.Num, roles); return err }
	}
	role := func(title string) func() error {
		return func() error { return w.PutRole(w.ctx(), w.admin, rbac.Role{Name: "r", Title: title}) }
	}
	for _, c := range []struct {
		action        string
		do            func() error
		before, after string
	}{
		{"member.put", put(workspace.RoleUpload), ``, `{"roles":["UPLOAD"]}`},
		{"member.put", put(workspace.RoleAnnex, workspace.RoleUpload), `{"roles":["UPLOAD"]}`, `{"roles":["ANNEX","UPLOAD"]}`},
		{"member.remove", func() error { return w.RemoveMember(w.ctx(), w.admin, in.ID, bob.Num) }, `{"roles":["ANNEX","UPLOAD"]}`, `{}`},
		{"role.put", role("R"), ``, `{"title":"R","permissions":null,"everything":false}`},
		{"role.put", role("S"), `{"title":"R","permissions":null,"everything":false}`, `{"title":"S","permissions":null,"everything":false}`},
		{"role.delete", func() error { return w.DeleteRole(w.ctx(), w.admin, "r") }, `{"title":"S","permissions":null,"everything":false}`, `{}`},
		{"group.update", func() error {
			_, err := w.UpdateGroup(w.ctx(), w.admin, g.ID, func(g *workspace.Group) error { g.Name = "other"; return nil })
			return err
		}, `{"name":"group"}`, `{"name":"other"}`},
		{"group.delete", func() error { return w.DeleteGroup(w.ctx(), w.admin, g.ID) }, `{"name":"other","description":"d"}`, `{}`},
		{"user.update", func() error {
			_, err := w.UpdateUser(w.ctx(), w.admin, bob.ID, func(u *workspace.User) error { u.Disabled = true; return nil })
			return err
		}, `{"disabled":false}`, `{"disabled":true}`},
		{"user.set_quotas", func() error { return w.SetUserQuotas(w.ctx(), w.admin, bob.ID, ptr(int64(3)), nil) }, `{"keys_quota":1000}`, `{"keys_quota":3}`},
		{"organization.update", func() error {
			_, err := w.UpdateOrganization(w.ctx(), w.admin, o.ID, func(o *workspace.Organization) error { o.UploadsQuota = 500; return nil })
			return err
		}, `{"uploads_quota":100}`, `{"uploads_quota":500}`},
		{
			"pool.update", func() error {
				_, err := w.UpdatePool(w.ctx(), w.admin, pool, func(p *quota.Pool) error { p.Open = true; return nil })
				return err
			}, `{"type":"T","technical_name":"c","unit":"none","capacity":9223372036854775807,"open":false}`,
			`{"type":"T","technical_name":"c","unit":"none","capacity":9223372036854775807,"open":true}`,
		},
		{
			"pool.delete", func() error { return w.DeletePool(w.ctx(), w.admin, pool) },
			`{"type":"T","technical_name":"c","unit":"none","capacity":9223372036854775807,"open":true}`, `{}`,
		},
		{"workspace.deactivate", func() error { return w.Deactivate(w.ctx(), w.admin, in.ID) }, `{"active":true}`, `{}`},
		{"datastore.update", func() error {
			_, err := w.UpdateDatastore(w.ctx(), w.admin, d.ID, workspace.Plan{LayerPrefix: ptr("l"), Processings: []quota.PoolID{}, Endpoints: []workspace.Portion{}})
			return err
		}, `{"layer_prefix":"","endpoints":[{"pool":"` + string(d.Shares[3].Pool) + `","limit":10}]}`, `{"layer_prefix":"l","endpoints":[]}`},
	} {
		w.must(c.do())
		list, err := w.db.Trail().List(w.ctx(), audit.Filter{Newest: true, Limit: 1})
		w.must(err)
		e := list[0]
		if e.Action != c.action || plainJSON(t, e.Before) != plainJSON(t, []byte(c.before)) || plainJSON(t, e.Detail) != plainJSON(t, []byte(c.after)) {
			t.Errorf("%s: before %s, now %s; want %s, %s, %s", e.Action, e.Before, e.Detail, c.action, c.before, c.after)
		}
	}
	w.must(w.CloseDatastore(w.ctx(), w.admin, d.ID))
	list, err := w.db.Trail().List(w.ctx(), audit.Filter{Newest: true, Limit: 1})
	w.must(err)
	var before map[string]any
	w.must(json.Unmarshal(list[0].Before, &before))
	if diff := cmp.Diff("l", before["layer_prefix"]); diff != "" || len(before) != 6 || string(list[0].Detail) != "{}" {
		t.Errorf("closing tells %s, %s", list[0].Before, list[0].Detail)
	}
}

// plainJSON returns JSON with the fields in order.
func plainJSON(t *testing.T, text []byte) string {
	t.Helper()
	if len(text) == 0 {
		return ""
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	sorted, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(sorted)
}
