package storage

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// loginCountRow is how many logins into a workspace there were with a client.
type loginCountRow struct {
	Num    rbac.Node
	ID     workspace.ID
	Client string
	Count  int64
}

// dayNumber returns the day of a time in UTC, as logins keep it: how many days
// after 1970-01-01 it is.
func dayNumber(t time.Time) int64 { return int64(dayOf(t)) / (24 * time.Hour).Microseconds() }

// countedAgain is what a login adds to those that were counted before. Others may
// count at the same time.
const countedAgain = " ON CONFLICT (workspace_id, day, client, person) DO UPDATE SET count = logins.count + 1"

// keep is what keeps the users and the workspaces of a statement from being
// deleted until the unit of work ends, and leaves out those that were. On SQLite
// nobody else writes.
func (db *DB) keep() string {
	if db.postgres() {
		return " FOR KEY SHARE OF u, w"
	}
	return ""
}

// CountLogin counts a login of a user in each workspace that he is a member of.
func (t *SignIn) CountLogin(ctx context.Context, user workspace.UserID, client string, at time.Time) error {
	s, err := t.db.writing(ctx)
	if err != nil {
		return err
	}
	_, err = s.raw(`WITH RECURSIVE mine (num) AS (
		SELECT num FROM users WHERE id = ?0
		UNION SELECT g.group_num FROM group_members AS g JOIN mine ON g.member_num = mine.num
	) INSERT INTO logins (workspace_id, day, client, person, count)
		SELECT w.id, ?1, ?2, u.id, 1 FROM users AS u, workspaces AS w
		WHERE u.id = ?0 AND w.id IN (SELECT m.workspace_id FROM members AS m WHERE m.principal IN (SELECT num FROM mine))
			AND NOT EXISTS (SELECT 1 FROM rules AS r WHERE r.node = w.num AND r.origin = ?3 AND r.principal IN (SELECT num FROM mine))
			AND NOT EXISTS (SELECT 1 FROM nodes AS n WHERE n.num = w.num AND n.sealed)
		ORDER BY w.id`+t.db.keep()+countedAgain, user, dayNumber(at), client, suspensionOrigin).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: count login: %w", err)
	}
	return nil
}

// CountVisit counts a login of a user into one workspace.
func (t *SignIn) CountVisit(ctx context.Context, user workspace.UserID, in workspace.ID, client string, at time.Time) error {
	s, err := t.db.writing(ctx)
	if err != nil {
		return err
	}
	res, err := s.raw(`INSERT INTO logins (workspace_id, day, client, person, count)
		SELECT w.id, ?2, ?3, u.id, 1 FROM users AS u, workspaces AS w WHERE u.id = ?0 AND w.id = ?1`+t.db.keep()+countedAgain,
		user, in, dayNumber(at), client).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: count visit: %w", err)
	}
	return found(res, "user or workspace", in)
}

// chooseLogins adds the conditions on logins of a filter.
func chooseLogins(q *bun.SelectQuery, f signin.LoginFilter) *bun.SelectQuery {
	if !f.From.IsZero() {
		q = q.Where("l.day >= ?", dayNumber(f.From))
	}
	if !f.To.IsZero() {
		q = q.Where("l.day <= ?", dayNumber(f.To))
	}
	return oneOf(q, "l.client", f.Clients)
}

// LoginCounts returns how many logins a filter chooses.
func (t *SignIn) LoginCounts(ctx context.Context, f signin.LoginFilter) ([]signin.LoginCount, error) {
	s, err := t.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []loginCountRow
	// PostgreSQL sums BIGINT up to NUMERIC.
	q := s.selects().TableExpr("workspaces AS w").Join("JOIN logins AS l ON l.workspace_id = w.id").
		ColumnExpr("w.num, w.id, l.client, CAST(SUM(l.count) AS BIGINT) AS count").GroupExpr("w.num, w.id, l.client")
	q = oneOf(nodesIn(chooseLogins(q, f), "workspaces", "w.num", f.Nodes), "w.id", f.Workspaces)
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("storage: logins: %w", err)
	}
	list := make([]signin.LoginCount, 0, len(rows))
	// By letter on either database, whatever order PostgreSQL was made with.
	slices.SortFunc(rows, func(a, b loginCountRow) int {
		return cmp.Or(cmp.Compare(a.Num, b.Num), cmp.Compare(a.Client, b.Client))
	})
	for _, r := range rows {
		list = append(list, signin.LoginCount{Workspace: r.ID, Client: r.Client, Count: r.Count})
	}
	return list, nil
}

// UserCounts returns how many people the logins are of that a filter chooses.
func (t *SignIn) UserCounts(ctx context.Context, f signin.LoginFilter) ([]signin.UserCount, error) {
	s, err := t.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		ID    workspace.ID
		Users int64
	}
	people := chooseLogins(s.selects().TableExpr("logins AS l").ColumnExpr("count(DISTINCT l.person)").Where("l.workspace_id = w.id"), f)
	q := s.selects().TableExpr("workspaces AS w").ColumnExpr("w.id, (?) AS users", people).OrderExpr("w.num")
	if err := oneOf(nodesIn(q, "workspaces", "w.num", f.Nodes), "w.id", f.Workspaces).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("storage: unique users: %w", err)
	}
	list := make([]signin.UserCount, 0, len(rows))
	for _, r := range rows {
		list = append(list, signin.UserCount{Workspace: r.ID, Users: r.Users})
	}
	return list, nil
}

// FindWorkspaces returns those of workspaces that there are.
func (t *SignIn) FindWorkspaces(ctx context.Context, ids []workspace.ID) ([]workspace.Workspace, error) {
	s, err := t.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	if ids == nil { // would choose all
		ids = []workspace.ID{}
	}
	return t.db.Workspaces().list(ctx, s, workspace.Filter{IDs: ids})
}

// forgetPerson gives the logins of a user who was deleted to somebody who never
// was: how many people came stays right, and who did is told by nothing, not even
// by when he was deleted.
func (s session) forgetPerson(ctx context.Context, id workspace.UserID) error {
	if _, err := s.raw("UPDATE logins SET person = ? WHERE person = ?", rand.Text(), id).Exec(ctx); err != nil {
		return fmt.Errorf("storage: logins of user %s: %w", id, err)
	}
	return nil
}
