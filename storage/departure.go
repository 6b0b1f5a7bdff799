package storage

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Concerned returns the workspaces that a principal has anything to do with.
func (w *Workspaces) Concerned(ctx context.Context, p rbac.Principal) ([]workspace.ID, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var ids []workspace.ID
	err = s.raw(`SELECT id FROM workspaces WHERE id IN (SELECT workspace_id FROM members WHERE principal = ?0)
		OR num IN (SELECT workspace FROM nodes WHERE owner = ?0) OR num IN (SELECT workspace FROM rules WHERE principal = ?0)
		OR id IN (SELECT i.workspace_id FROM invitations AS i JOIN users AS u ON u.num = ?0
			WHERE i.state = 'pending' AND (i.inviter_id = u.id OR i.email_fold = u.email_fold))
		ORDER BY id`, p).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("storage: workspaces of %d: %w", p, err)
	}
	return ids, nil
}

// A tally is what is counted, and how.
type tally struct{ kind, query string }

func (s session) tallies(ctx context.Context, id any, list []tally) (map[string]int, error) {
	counts := map[string]int{}
	for _, t := range list {
		var n int
		if err := s.raw("SELECT count(*) FROM "+t.query, id).Scan(ctx, &n); err != nil {
			return nil, fmt.Errorf("storage: count %s: %w", t.kind, err)
		}
		if n > 0 {
			counts[t.kind] += n
		}
	}
	return counts, nil
}

// CountOf returns how much ends with a user.
func (w *Workspaces) CountOf(ctx context.Context, id workspace.UserID) (map[string]int, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	return s.tallies(ctx, id, []tally{
		{"keys", "keys WHERE user_id = ?0"},
		{"keys", "access_keys WHERE user_id = ?0"},
		{"invitations", "invitations WHERE inviter_id = ?0 AND state = 'pending'"},
		{"permissions", "permissions WHERE beneficiary_user = ?0"},
		{"sessions", "tokens WHERE user_id = ?0"},
		{"sessions", "sessions WHERE user_id = ?0"},
	})
}

// CountIn returns how much goes with a workspace.
func (w *Workspaces) CountIn(ctx context.Context, id workspace.ID) (map[string]int, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	return s.tallies(ctx, id, []tally{
		{"nodes", "nodes AS n JOIN workspaces AS w ON w.num = n.workspace WHERE w.id = ?0 AND n.num <> n.workspace"},
		{"keys", "access_keys WHERE workspace_id = ?0"},
		{"invitations", "invitations WHERE workspace_id = ?0"},
		{"permissions", "permissions WHERE workspace_id = ?0 OR beneficiary_workspace = ?0"},
	})
}

// do runs statements one after another.
func (s session) do(ctx context.Context, what string, arg any, statements ...string) error {
	for _, statement := range statements {
		if _, err := s.raw(statement, arg).Exec(ctx); err != nil {
			return fmt.Errorf("storage: %s: %w", what, err)
		}
	}
	return nil
}

// DeleteUser deletes a user and all that refers to him.
func (w *Workspaces) DeleteUser(ctx context.Context, id workspace.UserID) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	num, err := s.userPrincipal(ctx, id)
	if err != nil {
		return err
	}
	var held int
	err = s.raw(`SELECT (SELECT count(*) FROM members WHERE principal = ?0) + (SELECT count(*) FROM nodes WHERE owner = ?0)
		+ (SELECT count(*) FROM rules WHERE principal = ?0 AND role = ?1 AND effect = 'allow')`, num, workspace.RoleOwner).Scan(ctx, &held)
	if err != nil {
		return fmt.Errorf("storage: delete user %s: %w", id, err)
	}
	if held > 0 {
		return fmt.Errorf("%w: user %s", workspace.ErrInUse, id)
	}
	for _, condition := range []string{
		"key_id IN (SELECT id FROM keys WHERE user_id = ?)",
		"permission_id IN (SELECT id FROM permissions WHERE beneficiary_user = ?)",
	} {
		if err := s.dropAccesses(ctx, s.db.QueryGen().FormatQuery(condition, id)); err != nil {
			return err
		}
	}
	if err := s.dropPrincipals(ctx, "SELECT num FROM principals WHERE behalf_of = ?", num,
		"DELETE FROM keys WHERE num IN (?)", "DELETE FROM access_keys WHERE num IN (?)"); err != nil {
		return err
	}
	err = s.do(ctx, "delete user", id,
		"DELETE FROM permission_offerings WHERE permission_id IN (SELECT id FROM permissions WHERE beneficiary_user = ?)",
		"DELETE FROM permissions WHERE beneficiary_user = ?",
		"DELETE FROM tokens WHERE user_id = ?",
		"DELETE FROM sessions WHERE user_id = ?",
		"DELETE FROM resets WHERE user_id = ?",
		"UPDATE traffic SET user_id = '' WHERE user_id = ?",
	)
	if err != nil {
		return err
	}
	if err := s.unname(ctx, id); err != nil {
		return err
	}
	err = s.dropPrincipals(ctx, "SELECT num FROM principals WHERE num = ?", num,
		"DELETE FROM users WHERE num IN (?)", "DELETE FROM idempotency WHERE principal IN (?)")
	if err != nil {
		return err
	}
	// Now that he has gone: whoever was signing in as him has been counted, or
	// never will be.
	return s.forgetPerson(ctx, id)
}

// unname takes a user's identifier and address out of what outlives him.
func (s session) unname(ctx context.Context, id workspace.UserID) error {
	var email string
	if err := s.raw("SELECT email FROM users WHERE id = ?", id).Scan(ctx, &email); err != nil {
		return fmt.Errorf("storage: address of user %s: %w", id, err)
	}
	folded := fold(email)
	for _, q := range []*bun.RawQuery{
		s.raw("DELETE FROM letters WHERE lower(recipient) = lower(?)", email),
		s.raw("DELETE FROM invitation_uses WHERE user_id = ?", id),
		s.raw("UPDATE invitations SET inviter_id = '', inviter_num = 0, inviter_email = '', inviter_email_fold = '' WHERE inviter_id = ?", id),
		s.raw("UPDATE invitations SET email = '', email_fold = '' WHERE (email_fold = ? OR accepted_by = ?) AND state <> 'pending'", folded, id),
		s.raw("UPDATE invitations SET accepted_by = '' WHERE accepted_by = ?", id),
		// The search is in title, address, name and e-mail, a line each.
		s.raw(`UPDATE access_keys SET creator_id = '', creator_email = '', search_fold = replace(search_fold, ?, ?)
			WHERE creator_id = ?`, "\n"+folded, "\n", id),
	} {
		if _, err := q.Exec(ctx); err != nil {
			return fmt.Errorf("storage: what names user %s: %w", id, err)
		}
	}
	return nil
}

// dropPrincipals deletes the principals that a query finds, with their rules
// and places in groups, and what statements say about them besides.
func (s session) dropPrincipals(ctx context.Context, query string, arg any, statements ...string) error {
	var nums []rbac.Principal
	if err := s.raw(query, arg).Scan(ctx, &nums); err != nil && !none(err) {
		return fmt.Errorf("storage: principals: %w", err)
	}
	if len(nums) == 0 {
		return nil
	}
	list := string(appendNums(nil, nums))
	if _, err := s.touchRules(ctx, "DELETE FROM rules WHERE principal IN ("+list+")"); err != nil {
		return err
	}
	if _, err := s.partWhere(ctx, "member_num IN ("+list+") OR group_num IN ("+list+")"); err != nil {
		return err
	}
	for _, statement := range append(statements, "DELETE FROM principals WHERE num IN (?)") {
		if _, err := s.raw(statement, bun.Safe(list)).Exec(ctx); err != nil {
			return fmt.Errorf("storage: delete principals: %w", err)
		}
	}
	for _, num := range nums {
		s.touch(rbac.Root, principalChanged(num))
	}
	return nil
}

// DeleteWorkspace deletes a workspace and everything in it.
func (w *Workspaces) DeleteWorkspace(ctx context.Context, id workspace.ID) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	place, err := s.memberPlace(ctx, id)
	if err != nil {
		return err
	}
	var open bool
	if err := s.raw("SELECT EXISTS (SELECT 1 FROM datastores WHERE workspace_id = ?)", id).Scan(ctx, &open); err != nil {
		return fmt.Errorf("storage: delete workspace %s: %w", id, err)
	}
	if open {
		return fmt.Errorf("%w: workspace %s has a datastore", workspace.ErrInUse, id)
	}
	permitted := s.db.QueryGen().FormatQuery("permission_id IN (SELECT id FROM permissions WHERE workspace_id = ?0 OR beneficiary_workspace = ?0)", id)
	if err := s.dropAccesses(ctx, permitted); err != nil {
		return err
	}
	err = s.do(ctx, "delete workspace", id,
		"DELETE FROM permission_offerings WHERE permission_id IN (SELECT id FROM permissions WHERE workspace_id = ?0 OR beneficiary_workspace = ?0)",
		"DELETE FROM permissions WHERE workspace_id = ?0 OR beneficiary_workspace = ?0",
		"DELETE FROM members WHERE workspace_id = ?0",
		"DELETE FROM traffic WHERE workspace_id = ?0",
		"DELETE FROM invitation_uses WHERE workspace_id = ?0",
		"DELETE FROM invitation_groups WHERE workspace_id = ?0",
		"DELETE FROM invitations WHERE workspace_id = ?0",
	)
	if err != nil {
		return err
	}
	if _, err := s.touchRules(ctx, "DELETE FROM rules WHERE workspace = ?", place.Num); err != nil {
		return err
	}
	if err := s.deleteNodes(ctx, place.Num); err != nil {
		return err
	}
	const keys = "SELECT num FROM access_keys WHERE workspace_id = ?"
	if err := s.dropPrincipals(ctx, keys, id, "DELETE FROM access_keys WHERE num IN (?)"); err != nil {
		return err
	}
	if err := s.dropPrincipals(ctx, "SELECT num FROM groups WHERE workspace_id = ?", id, "DELETE FROM groups WHERE num IN (?)"); err != nil {
		return err
	}
	return s.dropPrincipals(ctx, "SELECT num FROM principals WHERE num = ?", place.Audience, "DELETE FROM workspaces WHERE audience IN (?)")
}

// AccessKey returns a key of a workspace by its number.
func (w *Workspaces) AccessKey(ctx context.Context, in workspace.ID, num rbac.Principal) (workspace.KeyReference, error) {
	k := workspace.KeyReference{Num: num}
	s, err := w.db.reading(ctx)
	if err != nil {
		return k, err
	}
	err = s.raw("SELECT id, title FROM access_keys WHERE workspace_id = ? AND num = ?", in, num).Scan(ctx, &k.ID, &k.Title)
	if none(err) || in == "" {
		return workspace.KeyReference{}, fmt.Errorf("%w: access key %d", workspace.ErrNotFound, num)
	}
	if err != nil {
		return workspace.KeyReference{}, fmt.Errorf("storage: access key %d: %w", num, err)
	}
	return k, nil
}

// DeleteAccessKey deletes a key of a workspace with all that it was given.
func (w *Workspaces) DeleteAccessKey(ctx context.Context, in workspace.ID, num rbac.Principal) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	k, err := w.AccessKey(ctx, in, num)
	if err != nil {
		return err
	}
	var held int
	err = s.raw(`SELECT (SELECT count(*) FROM nodes WHERE owner = ?0)
		+ (SELECT count(*) FROM rules WHERE principal = ?0 AND role = ?1 AND effect = 'allow')`, num, workspace.RoleOwner).Scan(ctx, &held)
	if err != nil {
		return fmt.Errorf("storage: delete access key %s: %w", k.ID, err)
	}
	if held > 0 {
		return fmt.Errorf("%w: access key %s", workspace.ErrInUse, k.ID)
	}
	return s.dropPrincipals(ctx, "SELECT num FROM principals WHERE num = ?", num,
		"DELETE FROM access_keys WHERE num IN (?)", "DELETE FROM idempotency WHERE principal IN (?)")
}

// deleteNodes deletes all nodes of a workspace and the links that lead there.
func (s session) deleteNodes(ctx context.Context, in rbac.Node) error {
	var linked []nodeRow
	err := s.raw(`DELETE FROM node_links WHERE workspace <> ?0 AND target IN (SELECT num FROM nodes WHERE workspace = ?0)
		RETURNING workspace, node AS num`, in).Scan(ctx, &linked)
	if err != nil && !none(err) {
		return fmt.Errorf("storage: links to workspace %d: %w", in, err)
	}
	for _, l := range linked {
		s.touch(l.Workspace, nodeChanged(l.Num))
	}
	var nums []rbac.Node
	if err := s.raw("DELETE FROM nodes WHERE workspace = ? RETURNING num", in).Scan(ctx, &nums); err != nil && !none(err) {
		return fmt.Errorf("storage: nodes of workspace %d: %w", in, err)
	}
	for _, n := range nums {
		s.touch(in, nodeChanged(n))
	}
	return nil
}
