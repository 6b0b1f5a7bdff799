package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

// AccessKeys is the [accesskey.Store] of a database.
type AccessKeys struct{ db *DB }

// AccessKeys returns the store of the keys that act on the platform.
func (db *DB) AccessKeys() *AccessKeys { return &AccessKeys{db: db} }

var _ accesskey.Store = (*AccessKeys)(nil)

// Tx runs fn in a unit of work, see [DB.Tx].
func (k *AccessKeys) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	return k.db.Tx(ctx, fn)
}

// Workspaces returns the workspaces that a filter chooses.
func (k *AccessKeys) Workspaces(ctx context.Context, f workspace.Filter) ([]workspace.Workspace, error) {
	return k.db.Workspaces().Workspaces(ctx, f)
}

// LockWorkspace reads a workspace and keeps everybody else from changing it.
func (k *AccessKeys) LockWorkspace(ctx context.Context, id workspace.ID) (workspace.Workspace, error) {
	return k.db.Workspaces().LockWorkspace(ctx, id)
}

// Users returns the users that a filter chooses.
func (k *AccessKeys) Users(ctx context.Context, f workspace.UserFilter) ([]workspace.User, error) {
	return k.db.Workspaces().Users(ctx, f)
}

// NodesIn returns those of some nodes that lie in a workspace.
func (k *AccessKeys) NodesIn(ctx context.Context, in workspace.ID, nodes []rbac.Node) ([]rbac.Node, error) {
	s, err := k.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	if nodes == nil {
		nodes = []rbac.Node{} // none, not all
	}
	list := []rbac.Node{}
	q := s.selects().Model((*nodeRow)(nil)).Column("num").
		Where("workspace = (SELECT w.num FROM workspaces AS w WHERE w.id = ?)", in).Order("num")
	if err := oneOf(q, "num", nodes).Scan(ctx, &list); err != nil && !none(err) {
		return nil, fmt.Errorf("storage: nodes in a workspace: %w", err)
	}
	return list, nil
}

type accessKeyRow struct {
	bun.BaseModel `bun:"table:access_keys,alias:k"`

	Workspace    workspace.ID     `bun:"workspace_id"`
	ID           accesskey.ID     `bun:"id,pk"`
	Num          rbac.Principal   `bun:"num"`
	User         workspace.UserID `bun:"user_id,nullzero"`
	Handle       string           `bun:"handle"`
	Title        string           `bun:"title"`
	TitleFold    string           `bun:"title_fold"`
	Address      string           `bun:"address"`
	SearchFold   string           `bun:"search_fold"`
	Role         rbac.RoleName    `bun:"role"`
	Scopes       string           `bun:"scopes"`
	Nodes        string           `bun:"nodes"`
	Networks     string           `bun:"networks"`
	Origins      string           `bun:"origins"`
	CreatorID    workspace.UserID `bun:"creator_id"`
	CreatorNum   rbac.Principal   `bun:"creator_num"`
	CreatorName  string           `bun:"creator_name"`
	CreatorFold  string           `bun:"creator_fold"`
	CreatorEmail string           `bun:"creator_email"`
	Hash         string           `bun:"hash"`
	Former       string           `bun:"former"`
	FormerUntil  instant          `bun:"former_until,nullzero"`
	Retry        string           `bun:"retry"`
	RetryUntil   instant          `bun:"retry_until,nullzero"`
	Sealed       string           `bun:"sealed"`
	Created      instant          `bun:"created"`
	Expires      instant          `bun:"expires,nullzero"`
	Revoked      instant          `bun:"revoked,nullzero"`
	RevokedBy    string           `bun:"revoked_by"`
	LastUsed     instant          `bun:"last_used,nullzero"`
}

func accessKeyRowOf(k accesskey.Key, s accesskey.Secrets) (accessKeyRow, error) {
	r := accessKeyRow{
		Workspace: k.Workspace, ID: k.ID, Num: k.Num, User: k.User, Handle: k.Prefix, Title: k.Title, TitleFold: fold(k.Title),
		Address: k.Address, SearchFold: fold(k.Title + "\n" + k.Address + "\n" + k.Creator.Name + "\n" + k.Creator.Email),
		Role: k.Role, CreatorID: k.Creator.User, CreatorNum: k.Creator.Principal, CreatorName: k.Creator.Name,
		CreatorFold: fold(k.Creator.Name), CreatorEmail: k.Creator.Email,
		Created: instantOf(k.Created), Expires: instantOf(k.Expires), Revoked: instantOf(k.Revoked), RevokedBy: k.RevokedBy,
		LastUsed: instantOf(k.LastUsed),
	}
	r = r.keeping(s)
	var err error
	for _, list := range []struct {
		column *string
		value  any
		none   bool
	}{
		{&r.Scopes, k.Scopes, len(k.Scopes) == 0},
		{&r.Nodes, k.Nodes, len(k.Nodes) == 0},
		{&r.Networks, k.Networks, len(k.Networks) == 0},
		{&r.Origins, k.Origins, len(k.Origins) == 0},
	} {
		*list.column = noItems
		if !list.none {
			if *list.column, err = encode(list.value); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

// noItems is an empty list, which is not worth decoding.
const noItems = "[]"

// keeping returns the row with other secrets.
func (r accessKeyRow) keeping(s accesskey.Secrets) accessKeyRow {
	r.Hash, r.Former, r.FormerUntil = s.Hash, s.Former, instantOf(s.Overlap)
	r.Retry, r.RetryUntil, r.Sealed = s.Retry, instantOf(s.RetryUntil), s.Sealed
	return r
}

func (r accessKeyRow) secrets() accesskey.Secrets {
	return accesskey.Secrets{
		Hash: r.Hash, Former: r.Former, Overlap: r.FormerUntil.time(),
		Retry: r.Retry, RetryUntil: r.RetryUntil.time(), Sealed: r.Sealed,
	}
}

func (r accessKeyRow) key() (accesskey.Key, error) {
	k := accesskey.Key{
		ID: r.ID, Num: r.Num, Workspace: r.Workspace, User: r.User, Title: r.Title, Address: r.Address, Prefix: r.Handle,
		Creator: accesskey.Creator{User: r.CreatorID, Principal: r.CreatorNum, Name: r.CreatorName, Email: r.CreatorEmail},
		Role:    r.Role, Created: r.Created.time(), Expires: r.Expires.time(), Overlap: r.FormerUntil.time(),
		Revoked: r.Revoked.time(), RevokedBy: r.RevokedBy, LastUsed: r.LastUsed.time(),
	}
	for text, list := range map[*string]any{
		&r.Scopes: &k.Scopes, &r.Nodes: &k.Nodes, &r.Networks: &k.Networks, &r.Origins: &k.Origins,
	} {
		if *text == noItems {
			continue
		}
		if err := decode(*text, list); err != nil {
			return accesskey.Key{}, err
		}
	}
	return k, nil
}

func chooseAccessKeys(q *bun.SelectQuery, f accesskey.Filter) *bun.SelectQuery {
	q = oneOf(oneOf(q, "k.id", f.IDs), "k.role", f.Roles)
	if f.Workspace != "" {
		q = q.Where("k.workspace_id = ?", f.Workspace)
	}
	if f.User != "" {
		q = q.Where("k.user_id = ?", f.User)
	}
	if f.Creator != "" {
		q = q.Where("k.creator_id = ?", f.Creator)
	}
	q = contains(q, f.Search, "k.search_fold")
	q = contains(contains(q, f.TitleHas, "k.title_fold"), f.CreatorNameHas, "k.creator_fold")
	q = during(during(q, "k.created", f.Created), "k.expires", f.Expires)
	if f.States == nil {
		return q
	}
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Where(never)
		for _, state := range f.States {
			q = accessKeyState(q, state, instantOf(f.At))
		}
		return q
	})
}

// accessKeyState adds the keys that are in a state at a moment.
func accessKeyState(q *bun.SelectQuery, state accesskey.State, at instant) *bun.SelectQuery {
	const lives = "k.revoked IS NULL AND (k.expires IS NULL OR k.expires > ?0)"
	switch state {
	case accesskey.Active:
		return q.WhereOr(lives+" AND (k.former_until IS NULL OR k.former_until <= ?0)", at)
	case accesskey.Rotating:
		return q.WhereOr(lives+" AND k.former_until > ?0", at)
	case accesskey.Expired:
		return q.WhereOr("k.revoked IS NULL AND k.expires <= ?0", at)
	case accesskey.Revoked:
		return q.WhereOr("k.revoked IS NOT NULL")
	}
	return q
}

func accessKeyListing() listing {
	return listing{key: accessKeyKey, names: accesskey.Filter{}.Sortable(), num: "k.num", invalid: invalidWorkspace}
}

func accessKeyKey(by string) key {
	switch by {
	case "":
		return key{"", numbers}
	case "title", "creator":
		return key{"k." + by + "_fold", folded}
	case "created":
		return key{"k.created", numbers}
	case "expires":
		return key{"COALESCE(k.expires, 9223372036854775807)", numbers}
	case "last_used":
		return key{"COALESCE(k.last_used, 0)", numbers}
	}
	return key{}
}

// Keys returns the keys that a filter chooses.
func (k *AccessKeys) Keys(ctx context.Context, f accesskey.Filter) ([]accesskey.Key, error) {
	s, err := k.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []accessKeyRow
	q, err := k.db.order(chooseAccessKeys(s.selects().Model(&rows), f), accessKeyListing(), f.Order, false, f.After, f.Offset, f.Limit)
	if err != nil {
		return nil, err
	}
	if f.Lock {
		if q, err = k.db.locking(ctx, q); err != nil {
			return nil, err
		}
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: access keys: %w", err)
	}
	list := make([]accesskey.Key, 0, len(rows))
	for _, r := range rows {
		found, err := r.key()
		if err != nil {
			return nil, err
		}
		list = append(list, found)
	}
	return list, nil
}

// CountKeys returns how many keys a filter chooses, whatever its bounds.
func (k *AccessKeys) CountKeys(ctx context.Context, f accesskey.Filter) (int, error) {
	s, err := k.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	n, err := chooseAccessKeys(s.selects().Model((*accessKeyRow)(nil)), f).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count access keys: %w", err)
	}
	return int(n), nil
}

// presentedQuery is what every call with a key asks, past bun. A key is looked
// for by what is no secret, so that how long that takes tells nothing.
func presentedQuery() string {
	return `SELECT k.id, k.num, k.workspace_id, k.user_id, k.handle, k.title, k.address, k.role, k.scopes, k.nodes,
	k.networks, k.origins, k.creator_id, k.creator_num, k.creator_name, k.creator_email, k.hash, k.former, k.former_until, k.retry,
	k.retry_until, k.sealed, k.created, k.expires, k.revoked, k.revoked_by, k.last_used, p.disabled, u.username, up.disabled, u.num
	FROM access_keys k JOIN principals p ON p.num = k.num
	LEFT JOIN users u ON u.id = k.user_id LEFT JOIN principals up ON up.num = u.num WHERE k.handle = $1`
}

// presented reads what presentedQuery asks for.
func (r *record) presented() (accesskey.Presented, error) {
	row := accessKeyRow{
		ID: accesskey.ID(r.text(0)), Num: rbac.Principal(r.num(1)), Workspace: workspace.ID(r.text(2)), User: workspace.UserID(r.text(3)),
		Handle: r.text(4), Title: r.text(5), Address: r.text(6), Role: rbac.RoleName(r.text(7)), Scopes: r.text(8), Nodes: r.text(9),
		Networks: r.text(10), Origins: r.text(11), CreatorID: workspace.UserID(r.text(12)), CreatorNum: rbac.Principal(r.num(13)),
		CreatorName: r.text(14), CreatorEmail: r.text(15), Hash: r.text(16), Former: r.text(17), FormerUntil: instant(r.num(18)),
		Retry: r.text(19), RetryUntil: instant(r.num(20)), Sealed: r.text(21), Created: instant(r.num(22)), Expires: instant(r.num(23)),
		Revoked: instant(r.num(24)), RevokedBy: r.text(25), LastUsed: instant(r.num(26)),
	}
	k, err := row.key()
	return accesskey.Presented{
		Key: k, Secrets: row.secrets(), UserName: r.text(28), UserNum: rbac.Principal(r.num(30)), Disabled: r.flag(27) || r.flag(29),
	}, err
}

// Presented returns the key whose secrets begin with a prefix.
func (k *AccessKeys) Presented(ctx context.Context, prefix string) (accesskey.Presented, error) {
	s, err := k.db.reading(ctx)
	if err != nil {
		return accesskey.Presented{}, err
	}
	var p accesskey.Presented
	found := fmt.Errorf("%w: access key %s", workspace.ErrNotFound, prefix)
	err = k.db.eachKept(ctx, s, presentedQuery(), 31, func(r *record) { p, found = r.presented() }, prefix)
	if err != nil {
		return accesskey.Presented{}, fmt.Errorf("storage: access key: %w", err)
	}
	return p, found
}

// Secrets returns the secrets of a key, which nobody else can change.
func (k *AccessKeys) Secrets(ctx context.Context, id accesskey.ID) (accesskey.Secrets, error) {
	s, err := k.db.writing(ctx)
	if err != nil {
		return accesskey.Secrets{}, err
	}
	r, err := k.locked(ctx, s, id)
	return r.secrets(), err
}

// locked returns the row of a key, which nobody else can change.
func (k *AccessKeys) locked(ctx context.Context, s session, id accesskey.ID) (accessKeyRow, error) {
	var row accessKeyRow
	q, err := k.db.locking(ctx, s.selects().Model(&row).Where("k.id = ?", id))
	if err != nil {
		return row, err
	}
	switch err := q.Scan(ctx); {
	case none(err):
		return row, fmt.Errorf("%w: access key %s", workspace.ErrNotFound, id)
	case err != nil:
		return row, fmt.Errorf("storage: lock access key: %w", err)
	}
	return row, nil
}

// AddKey stores a new key with a principal of its own.
func (k *AccessKeys) AddKey(ctx context.Context, added accesskey.Key, secrets accesskey.Secrets) (accesskey.Key, error) {
	s, err := k.db.writing(ctx)
	if err != nil {
		return accesskey.Key{}, err
	}
	var user rbac.Principal
	if added.Workspace == "" {
		user, err = s.userPrincipal(ctx, added.User)
	} else {
		err = s.homeOfKey(ctx, added.Workspace)
	}
	if err != nil {
		return accesskey.Key{}, err
	}
	if added.Num, err = s.addPrincipal(ctx, string(added.ID), rbac.Key, user); err != nil {
		return accesskey.Key{}, err
	}
	row, err := accessKeyRowOf(added, secrets)
	if err != nil {
		return accesskey.Key{}, err
	}
	if _, err := s.inserts().Model(&row).Exec(ctx); err != nil {
		return accesskey.Key{}, fmt.Errorf("storage: add access key: %w", err)
	}
	return row.key()
}

// homeOfKey returns workspace.ErrNotFound for a workspace that is not there.
func (s session) homeOfKey(ctx context.Context, id workspace.ID) error {
	var there int
	err := s.raw("SELECT count(*) FROM workspaces WHERE id = ?", id).Scan(ctx, &there)
	switch {
	case err != nil:
		return fmt.Errorf("storage: workspace of an access key: %w", err)
	case there == 0:
		return fmt.Errorf("%w: workspace %s", workspace.ErrNotFound, id)
	}
	return nil
}

// SaveSecrets stores other secrets of a key.
func (k *AccessKeys) SaveSecrets(ctx context.Context, id accesskey.ID, secrets accesskey.Secrets) error {
	s, err := k.db.writing(ctx)
	if err != nil {
		return err
	}
	row := accessKeyRow{ID: id}.keeping(secrets)
	res, err := s.updates().Model(&row).
		Column("hash", "former", "former_until", "retry", "retry_until", "sealed").Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: secrets of an access key: %w", err)
	}
	return found(res, "access key", id)
}

// TouchKey notes when a key was last used.
func (k *AccessKeys) TouchKey(ctx context.Context, id accesskey.ID, at time.Time) error {
	s, err := k.db.writing(ctx)
	if err != nil {
		return err
	}
	_, err = s.raw(`UPDATE access_keys SET last_used = ?0, sealed = CASE WHEN retry_until <= ?0 THEN '' ELSE sealed END
		WHERE id = ?1 AND revoked IS NULL AND (last_used IS NULL OR last_used < ?0)`, instantOf(at), id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: touch access key: %w", err)
	}
	return nil
}

// RevokeKey ends a key and disables its principal.
func (k *AccessKeys) RevokeKey(ctx context.Context, id accesskey.ID, at time.Time, by string) error {
	s, err := k.db.writing(ctx)
	if err != nil {
		return err
	}
	row, err := k.locked(ctx, s, id)
	if err != nil || row.Revoked != 0 {
		return err
	}
	_, err = s.raw("UPDATE access_keys SET revoked = ?, revoked_by = ?, sealed = '' WHERE id = ?", instantOf(at), by, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: revoke access key: %w", err)
	}
	if _, err := s.raw("UPDATE principals SET disabled = TRUE WHERE num = ?", row.Num).Exec(ctx); err != nil {
		return fmt.Errorf("storage: revoke access key: %w", err)
	}
	s.touch(rbac.Root, principalChanged(row.Num))
	return nil
}

// DeleteKey deletes a key with its principal and all that this was given.
func (k *AccessKeys) DeleteKey(ctx context.Context, id accesskey.ID) error {
	s, err := k.db.writing(ctx)
	if err != nil {
		return err
	}
	row, err := k.locked(ctx, s, id)
	if err != nil {
		return err
	}
	// Whoever is about to give it something waits, and is told that it is gone.
	lock, err := k.db.locking(ctx, s.selects().Model((*principalRow)(nil)).Column("num").Where("num = ?", row.Num))
	if err != nil {
		return err
	}
	var num rbac.Principal
	if err := lock.Scan(ctx, &num); err != nil {
		return fmt.Errorf("storage: principal of an access key: %w", err)
	}
	owns, err := s.selects().Model((*nodeRow)(nil)).Where("owner = ?", num).Exists(ctx)
	if err != nil {
		return fmt.Errorf("storage: what an access key owns: %w", err)
	}
	if owns {
		return fmt.Errorf("%w: access key %s", accesskey.ErrOwns, id)
	}
	if _, err := s.touchRules(ctx, "DELETE FROM rules WHERE principal = ?", num); err != nil {
		return err
	}
	if _, err := s.partWhere(ctx, "member_num = ?", num); err != nil {
		return err
	}
	for _, statement := range []*bun.RawQuery{
		s.raw("DELETE FROM access_keys WHERE id = ?", id),
		s.raw("DELETE FROM principals WHERE num = ?", num),
	} {
		if _, err := statement.Exec(ctx); err != nil {
			return fmt.Errorf("storage: delete access key: %w", err)
		}
	}
	s.touch(rbac.Root, principalChanged(num))
	return nil
}
