package storage_test

import (
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// plansOn returns how SQLite goes about the statements that do sends.
func plansOn(t *testing.T, db *storage.DB, fault *dbtest.Fault, do func() error) string {
	t.Helper()
	var queries []string
	fault.Watch(func(query string) { queries = append(queries, query) })
	err := do()
	fault.Watch(nil)
	if err != nil {
		t.Fatal(err)
	}
	var plan []string
	for _, query := range queries {
		if !strings.HasPrefix(query, "SELECT") && !strings.Contains(query, "WITH RECURSIVE") {
			continue
		}
		var rows []struct {
			ID, Parent, Notused int
			Detail              string
		}
		if err := storage.Reader(db).NewRaw("EXPLAIN QUERY PLAN ?", bun.Safe(query)).Scan(t.Context(), &rows); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		for _, r := range rows {
			plan = append(plan, r.Detail)
		}
	}
	return strings.Join(plan, "\n")
}

// TestCrowds wants parties, members and histories to be found by the index that
// has them in order, where SQLite knows nothing of how many there are: it takes
// another if it can.
func TestCrowds(t *testing.T) {
	t.Parallel()
	fault := &dbtest.Fault{}
	db := dbtest.OpenWith(t, dbtest.SQLite(t), &storage.Options{Connector: fault.Connector})
	ctx, in := t.Context(), workspace.ID("w")
	parties := func(f workspace.PartyFilter) func() error {
		return func() error {
			f.Workspace, f.Special, f.Limit = in, workspace.Workspace{Audience: 9}.Special(), 51
			_, err := db.Workspaces().Parties(ctx, f)
			return err
		}
	}
	members := func(f workspace.MemberFilter) func() error {
		return func() error {
			f.Workspace = in
			_, err := db.Workspaces().CountMembers(ctx, f)
			return err
		}
	}
	const byName, byNum = "m USING COVERING INDEX members_name", "m USING INDEX sqlite_autoindex_members_1 (workspace_id=? AND principal"
	for _, c := range []struct {
		name        string
		do          func() error
		has, hasNot string
	}{
		{"a page by name", parties(workspace.PartyFilter{}), byName, "m USING COVERING INDEX members_kind (workspace_id=? AND kind=?)\nSEARCH u"},
		{"of groups few are looked at", parties(workspace.PartyFilter{Kinds: []rbac.Kind{rbac.Group}}), "m USING COVERING INDEX members_kind (workspace_id=? AND kind=?)", byName},
		{"some numbers", parties(workspace.PartyFilter{Nums: []rbac.Principal{1, 2}, Kinds: []rbac.Kind{rbac.User}}), byNum, byName},
		{"in order of number", parties(workspace.PartyFilter{Kinds: []rbac.Kind{rbac.User}, Order: paging.Order{By: "num"}}), "m USING INDEX sqlite_autoindex_members_1 (workspace_id=?)", "TEMP B-TREE"},
		{"counting members reads nothing else", members(workspace.MemberFilter{}), "COVERING INDEX", "SEARCH u"},
		{"nor by kind", members(workspace.MemberFilter{Kind: rbac.User}), "COVERING INDEX members_kind", "SEARCH p"},
		{
			"a history", func() error {
				now := time.Now()
				_, _, err := db.Quotas().Changes(ctx, quota.ChangeFilter{Allocation: "a", From: now.Add(-time.Hour), To: now, Step: time.Minute})
				return err
			}, "l USING COVERING INDEX ledger_time (allocation_id=? AND at>?)", "SCAN l",
		},
	} {
		plan := plansOn(t, db, fault, c.do)
		if !strings.Contains(plan, c.has) || strings.Contains(plan, c.hasNot) {
			t.Errorf("%s: want %q and not %q in\n%s", c.name, c.has, c.hasNot, plan)
		}
	}
}
