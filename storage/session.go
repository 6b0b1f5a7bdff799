package storage

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// sessionRow is somebody's browser, signed in.
type sessionRow struct {
	bun.BaseModel `bun:"table:sessions,alias:s"`

	Hash    string           `bun:"hash,pk"`
	ID      signin.SessionID `bun:"id"`
	User    workspace.UserID `bun:"user_id"`
	Via     string           `bun:"via"`
	Client  string           `bun:"client"`
	Address string           `bun:"address"`
	Created instant          `bun:"created"`
	Seen    instant          `bun:"seen"`
	Expires instant          `bun:"expires"`
}

func (r sessionRow) session() signin.Session {
	return signin.Session{
		ID: r.ID, User: r.User, Via: r.Via, Client: r.Client, Address: r.Address,
		Created: r.Created.time(), Seen: r.Seen.time(), Expires: r.Expires.time(),
	}
}

// endedRow is what ended a session, and nothing of whose it was.
type endedRow struct {
	bun.BaseModel `bun:"table:ended_sessions"`

	Hash    string        `bun:"hash,pk"`
	Reason  signin.Ending `bun:"reason"`
	Expires instant       `bun:"expires"`
}

// endSessions ends the sessions that a condition holds for, and keeps why.
func (s session) endSessions(ctx context.Context, why signin.Ending, where string, args ...any) (sql.Result, error) {
	condition := bun.SafeQuery(where, args...)
	if err := s.explain(ctx, bun.Safe(""), why, condition); err != nil {
		return nil, err
	}
	res, err := s.raw("DELETE FROM sessions WHERE ?", condition).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("storage: end sessions: %w", err)
	}
	return res, nil
}

// explain keeps why the sessions end that a condition holds for, in a statement
// that begins with another's names.
func (s session) explain(ctx context.Context, with schema.QueryAppender, why signin.Ending, condition schema.QueryAppender) error {
	_, err := s.raw(`? INSERT INTO ended_sessions (hash, reason, expires) SELECT hash, ?, expires FROM sessions WHERE ?
		ON CONFLICT (hash) DO NOTHING`, with, why, condition).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: why sessions end: %w", err)
	}
	return nil
}

// EndedSession returns what ended a session, by its digest, or
// workspace.ErrNotFound.
func (t *SignIn) EndedSession(ctx context.Context, digest string) (signin.Ending, error) {
	s, err := t.db.reading(ctx)
	if err != nil {
		return "", err
	}
	var row endedRow
	err = s.selects().Model(&row).Where("hash = ?", digest).Scan(ctx)
	return row.Reason, loginError(err)
}

// AddSession stores a session by the digest of its secret, which it does not
// keep, and ends those of the user that ended by themselves at or before now. It
// returns workspace.ErrNotFound for the user.
func (t *SignIn) AddSession(ctx context.Context, digest string, session signin.Session, now time.Time) error {
	s, err := t.db.writing(ctx)
	if err != nil {
		return err
	}
	if _, err := s.endSessions(ctx, signin.Expired, "user_id = ? AND expires <= ?", session.User, instantOf(now)); err != nil {
		return err
	}
	row := sessionRow{
		Hash: digest, ID: session.ID, User: session.User, Via: session.Via, Client: session.Client, Address: session.Address,
		Created: instantOf(session.Created), Seen: instantOf(session.Seen), Expires: instantOf(session.Expires),
	}
	if _, err := s.inserts().Model(&row).Exec(ctx); err != nil {
		if isForeign(err) {
			return fmt.Errorf("%w: user", workspace.ErrNotFound)
		}
		return fmt.Errorf("storage: add session: %w", err)
	}
	return nil
}

// sessionQuery is what every call with a session asks, past bun.
func sessionQuery(column string) string {
	return "SELECT " + userNumbered() + `, s.id, s.via, s.client, s.address, s.created, s.seen, s.expires
		FROM sessions s JOIN users u ON u.id = s.user_id JOIN principals p ON p.num = u.num WHERE s.` + column + " = $1"
}

// SessionUser returns a session by its digest, without secret, and whose it is,
// or workspace.ErrNotFound.
func (t *SignIn) SessionUser(ctx context.Context, digest string) (workspace.User, signin.Session, error) {
	return t.sessionBy(ctx, "hash", digest)
}

// FindSession returns a session by its id, without secret, and whose it is, or
// workspace.ErrNotFound.
func (t *SignIn) FindSession(ctx context.Context, id signin.SessionID) (workspace.User, signin.Session, error) {
	return t.sessionBy(ctx, "id", string(id))
}

func (t *SignIn) sessionBy(ctx context.Context, column, value string) (workspace.User, signin.Session, error) {
	s, err := t.db.reading(ctx)
	if err != nil {
		return workspace.User{}, signin.Session{}, err
	}
	var u workspace.User
	var session signin.Session
	found := sql.ErrNoRows
	err = t.db.eachKept(ctx, s, sessionQuery(column), 21, func(r *record) {
		at := func(i int) time.Time { return instant(r.num(i)).time() }
		u, found = r.user(), nil
		session = signin.Session{
			ID: signin.SessionID(r.text(14)), User: u.ID, Via: r.text(15), Client: r.text(16), Address: r.text(17),
			Created: at(18), Seen: at(19), Expires: at(20),
		}
	}, value)
	if err == nil {
		err = found
	}
	return u, session, loginError(err)
}

// SeeSession notes when a session was last used. An earlier time than the one
// that is noted, and a session that has ended, change nothing.
func (t *SignIn) SeeSession(ctx context.Context, id signin.SessionID, at time.Time) error {
	s, err := t.db.writing(ctx)
	if err != nil {
		return err
	}
	if _, err := s.raw("UPDATE sessions SET seen = ? WHERE id = ? AND seen < ?", instantOf(at), id, instantOf(at)).Exec(ctx); err != nil {
		return fmt.Errorf("storage: see session: %w", err)
	}
	return nil
}

// ListSessions returns the sessions of a user that end after now, the last to
// begin first.
func (t *SignIn) ListSessions(ctx context.Context, user workspace.UserID, now time.Time) ([]signin.Session, error) {
	s, err := t.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []sessionRow
	err = s.selects().Model(&rows).Where("s.user_id = ? AND s.expires > ?", user, instantOf(now)).
		Order("s.created DESC", "s.id DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("storage: sessions: %w", err)
	}
	list := make([]signin.Session, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.session())
	}
	return list, nil
}

// EndSession ends a session, or returns workspace.ErrNotFound.
func (t *SignIn) EndSession(ctx context.Context, id signin.SessionID, why signin.Ending) error {
	s, err := t.db.writing(ctx)
	if err != nil {
		return err
	}
	res, err := s.endSessions(ctx, why, "id = ?", id)
	if err != nil {
		return err
	}
	return found(res, "session", id)
}

// EndAll ends all sessions and tokens of a user, and returns how many those
// were.
func (t *SignIn) EndAll(ctx context.Context, user workspace.UserID, why signin.Ending) (int, error) {
	s, err := t.db.writing(ctx)
	if err != nil {
		return 0, err
	}
	sessions, err := s.endSessions(ctx, why, "user_id = ?", user)
	if err != nil {
		return 0, err
	}
	tokens, err := s.raw("DELETE FROM tokens WHERE user_id = ?", user).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: end tokens: %w", err)
	}
	ended := 0
	for _, res := range []sql.Result{sessions, tokens} {
		n, err := res.RowsAffected()
		if err != nil {
			return 0, fmt.Errorf("storage: what ended: %w", err)
		}
		ended += int(n)
	}
	return ended, nil
}

// insideOf are the users who are in workspaces, directly or through groups, but
// for those who are spared, as a statement begins: inside (workspace_id, user_id).
func insideOf(in []workspace.ID, spared signin.Spared) schema.QueryAppender {
	if len(in) == 0 { // there is none of that name, and a list must not be empty
		in = []workspace.ID{""}
	}
	return bun.SafeQuery(`WITH RECURSIVE part (workspace_id, num) AS (
		SELECT workspace_id, principal FROM members WHERE workspace_id IN (?0)
		UNION SELECT part.workspace_id, g.member_num FROM group_members AS g JOIN part ON g.group_num = part.num
	), inside (workspace_id, user_id) AS (
		SELECT part.workspace_id, u.id FROM part JOIN users AS u ON u.num = part.num
		WHERE u.id <> ?1 AND NOT (?2 AND EXISTS (SELECT 1 FROM group_members AS a WHERE a.group_num = ?3 AND a.member_num = u.num))
	)`, bun.List(in), spared.User, spared.Administrators, rbac.Administrators)
}

// EndMembers ends all sessions and tokens of the members of workspaces.
func (t *SignIn) EndMembers(
	ctx context.Context, in []workspace.ID, spared signin.Spared, why signin.Ending,
) (map[workspace.ID]int, int, error) {
	s, err := t.db.writing(ctx)
	if err != nil {
		return nil, 0, err
	}
	inside := insideOf(in, spared)
	if t.db.postgres() {
		// Whoever is signing in at this moment has his session first, or waits.
		// All are held in one order, and none of them is to be told.
		_, err := s.raw(`? SELECT count(*) FROM (SELECT 1 FROM users AS u WHERE u.id IN (SELECT user_id FROM inside)
			ORDER BY u.num FOR NO KEY UPDATE) AS held`, inside).Exec(ctx)
		if err != nil {
			return nil, 0, fmt.Errorf("storage: hold members: %w", err)
		}
	}
	var places []struct {
		Workspace workspace.ID     `bun:"workspace_id"`
		User      workspace.UserID `bun:"user_id"`
	}
	err = s.raw(`? SELECT workspace_id, user_id FROM inside
		WHERE user_id IN (SELECT user_id FROM sessions UNION SELECT user_id FROM tokens)`, inside).Scan(ctx, &places)
	if err != nil && !none(err) {
		return nil, 0, fmt.Errorf("storage: members with sessions: %w", err)
	}
	if err := s.explain(ctx, inside, why, bun.Safe("user_id IN (SELECT user_id FROM inside)")); err != nil {
		return nil, 0, err
	}
	ended := map[workspace.UserID]bool{}
	for _, table := range []string{"sessions", "tokens"} {
		var users []workspace.UserID
		err := s.raw("? DELETE FROM ? WHERE user_id IN (SELECT user_id FROM inside) RETURNING user_id", inside, bun.Ident(table)).Scan(ctx, &users)
		if err != nil && !none(err) {
			return nil, 0, fmt.Errorf("storage: end %s: %w", table, err)
		}
		for _, u := range users {
			ended[u] = true
		}
	}
	each := map[workspace.ID]int{}
	for _, p := range places {
		if ended[p.User] {
			each[p.Workspace]++
		}
	}
	return each, len(ended), nil
}
