package storage

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// Keys is the [apikey.Store] of a database.
type Keys struct{ db *DB }

// Keys returns the store of keys and accesses.
func (db *DB) Keys() *Keys { return &Keys{db: db} }

// Tx runs fn in a unit of work, see [DB.Tx].
func (k *Keys) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	return k.db.Tx(ctx, fn)
}

// Offerings returns the offerings that a filter chooses.
func (k *Keys) Offerings(ctx context.Context, f offering.Filter) ([]offering.Offering, error) {
	return k.db.Offerings().Offerings(ctx, f)
}

// Permissions returns the permissions that a filter chooses.
func (k *Keys) Permissions(ctx context.Context, f offering.PermissionFilter) ([]offering.Permission, error) {
	return k.db.Offerings().Permissions(ctx, f)
}

type keyRow struct {
	bun.BaseModel `bun:"table:keys,alias:k"`

	ID         apikey.ID        `bun:"id,pk"`
	Num        rbac.Principal   `bun:"num"`
	User       workspace.UserID `bun:"user_id"`
	Type       apikey.Type      `bun:"type"`
	Name       string           `bun:"name"`
	NameFold   string           `bun:"name_fold"`
	Credential string           `bun:"credential"`
	Lookup     string           `bun:"lookup,nullzero"`
	Whitelist  string           `bun:"whitelist"`
	Blacklist  string           `bun:"blacklist"`
	UserAgent  string           `bun:"user_agent"`
	Referer    string           `bun:"referer"`
	Created    instant          `bun:"created"`
	Updated    instant          `bun:"updated"`
}

// credential is the JSON of the column of that name.
type credential struct {
	Login    string `json:"login,omitempty"`
	Verifier string `json:"verifier,omitempty"`
	Sealed   string `json:"sealed,omitempty"`
}

func keyRowOf(k apikey.Key, s apikey.Secrets) (keyRow, error) {
	r := keyRow{
		ID: k.ID, Num: k.Num, User: k.User, Type: k.Type, Name: k.Name, NameFold: fold(k.Name), Lookup: s.Lookup,
		UserAgent: k.UserAgent, Referer: k.Referer, Created: instantOf(k.Created), Updated: instantOf(k.Updated),
	}
	var err error
	if r.Credential, err = encode(credential{Login: k.Login, Verifier: s.Verifier, Sealed: s.Sealed}); err != nil {
		return r, err
	}
	if r.Whitelist, err = encode(k.Whitelist); err != nil {
		return r, err
	}
	r.Blacklist, err = encode(k.Blacklist)
	return r, err
}

func (r keyRow) key() (apikey.Key, apikey.Secrets, error) {
	k := apikey.Key{
		ID: r.ID, Num: r.Num, User: r.User, Name: r.Name, Type: r.Type, UserAgent: r.UserAgent, Referer: r.Referer,
		Created: r.Created.time(), Updated: r.Updated.time(),
	}
	var c credential
	if err := decode(r.Credential, &c); err != nil {
		return apikey.Key{}, apikey.Secrets{}, err
	}
	if err := decode(r.Whitelist, &k.Whitelist); err != nil {
		return apikey.Key{}, apikey.Secrets{}, err
	}
	if err := decode(r.Blacklist, &k.Blacklist); err != nil {
		return apikey.Key{}, apikey.Secrets{}, err
	}
	k.Login = c.Login
	return k, apikey.Secrets{Lookup: r.Lookup, Verifier: c.Verifier, Sealed: c.Sealed}, nil
}

// chooseKeys adds the conditions of a filter but for the texts that have no
// folded column.
func chooseKeys(q *bun.SelectQuery, f apikey.Filter) *bun.SelectQuery {
	q = like(oneOf(q, "k.id", f.IDs), "k.name_fold", f.Name)
	q = oneOf(q, "k.lookup", f.Lookups)
	if f.User != "" {
		q = q.Where("k.user_id = ?", f.User)
	}
	if f.Type != "" {
		q = q.Where("k.type = ?", f.Type)
	}
	return q
}

// resemblingKeys adds the conditions on texts, which are compared here: see
// [session.resembling].
func (s session) resemblingKeys(ctx context.Context, q *bun.SelectQuery, f apikey.Filter) (*bun.SelectQuery, error) {
	if f.UserAgent == "" && f.Referer == "" && f.Whitelist == "" && f.Blacklist == "" {
		return q, nil
	}
	var rows []keyRow
	if err := chooseKeys(s.selects().Model(&rows), f).Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: texts of keys: %w", err)
	}
	nums := []rbac.Principal{}
	for _, r := range rows {
		k, _, err := r.key()
		if err != nil {
			return nil, err
		}
		if resembles(k.UserAgent, f.UserAgent) && resembles(k.Referer, f.Referer) &&
			anyResembles(k.Whitelist, f.Whitelist) && anyResembles(k.Blacklist, f.Blacklist) {
			nums = append(nums, k.Num)
		}
	}
	return oneOf(q, "k.num", nums), nil
}

func anyResembles(networks []netip.Prefix, pattern string) bool {
	return pattern == "" || slices.ContainsFunc(networks, func(p netip.Prefix) bool {
		return resembles(p.String(), pattern) || p.IsSingleIP() && resembles(p.Addr().String(), pattern)
	})
}

// Keys returns the keys that a filter chooses, with their secrets.
func (k *Keys) Keys(ctx context.Context, f apikey.Filter) ([]apikey.Key, []apikey.Secrets, error) {
	s, err := k.db.reading(ctx)
	if err != nil {
		return nil, nil, err
	}
	var rows []keyRow
	q := page(chooseKeys(s.selects().Model(&rows), f), "k.num", false, f.Offset, f.Limit)
	if q, err = s.resemblingKeys(ctx, q, f); err != nil {
		return nil, nil, err
	}
	if f.Lock {
		if q, err = k.db.locking(ctx, q); err != nil {
			return nil, nil, err
		}
	}
	if err := q.Scan(ctx); err != nil {
		return nil, nil, fmt.Errorf("storage: keys: %w", err)
	}
	keys := make([]apikey.Key, 0, len(rows))
	secrets := make([]apikey.Secrets, 0, len(rows))
	for _, r := range rows {
		found, kept, err := r.key()
		if err != nil {
			return nil, nil, err
		}
		keys = append(keys, found)
		secrets = append(secrets, kept)
	}
	return keys, secrets, nil
}

// CountKeys returns how many keys a filter chooses, whatever its bounds.
func (k *Keys) CountKeys(ctx context.Context, f apikey.Filter) (int, error) {
	s, err := k.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	q, err := s.resemblingKeys(ctx, chooseKeys(s.selects().Model((*keyRow)(nil)), f), f)
	if err != nil {
		return 0, err
	}
	n, err := q.Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count keys: %w", err)
	}
	return int(n), nil
}

// KeyByLookup returns the key with that digest.
func (k *Keys) KeyByLookup(ctx context.Context, lookup string) (apikey.Key, apikey.Secrets, error) {
	s, err := k.db.reading(ctx)
	if err != nil {
		return apikey.Key{}, apikey.Secrets{}, err
	}
	var row keyRow
	err = s.selects().Model(&row).Where("k.lookup = ?", lookup).Scan(ctx)
	switch {
	case none(err):
		return apikey.Key{}, apikey.Secrets{}, apikey.ErrNotFound
	case err != nil:
		return apikey.Key{}, apikey.Secrets{}, fmt.Errorf("storage: key: %w", err)
	}
	return row.key()
}

// AddKey stores a new key with a principal that acts for its user.
func (k *Keys) AddKey(ctx context.Context, added apikey.Key, secrets apikey.Secrets) (apikey.Key, error) {
	s, err := k.db.writing(ctx)
	if err != nil {
		return apikey.Key{}, err
	}
	var user rbac.Principal
	err = s.raw("SELECT num FROM users WHERE id = ?", added.User).Scan(ctx, &user)
	switch {
	case none(err):
		return apikey.Key{}, fmt.Errorf("%w: user %s", apikey.ErrNotFound, added.User)
	case err != nil:
		return apikey.Key{}, fmt.Errorf("storage: add key: %w", err)
	}
	if added.Num, err = s.addPrincipal(ctx, string(added.ID), rbac.Key, user); err != nil {
		return apikey.Key{}, err
	}
	row, err := keyRowOf(added, secrets)
	if err != nil {
		return apikey.Key{}, err
	}
	if _, err := s.inserts().Model(&row).Exec(ctx); err != nil {
		return apikey.Key{}, keyError(err, added)
	}
	return added, nil
}

// keyError says which of the three things that are unique was taken. Whose
// credential it is, and which, is nobody's business.
func keyError(err error, k apikey.Key) error {
	switch {
	case isUnique(err, "keys", "user_id_name_fold"):
		return &workspace.TakenError{Field: "name", Value: k.Name}
	case isUnique(err, "keys", "user_id", "oauth2"):
		return &workspace.TakenError{Field: "type", Value: string(k.Type)}
	case isUnique(err, "keys", "lookup"):
		return &workspace.TakenError{Field: "type_infos"}
	}
	return fmt.Errorf("storage: key: %w", err)
}

// SaveKey stores a change of name and restrictions.
func (k *Keys) SaveKey(ctx context.Context, saved apikey.Key) error {
	s, err := k.db.writing(ctx)
	if err != nil {
		return err
	}
	row, err := keyRowOf(saved, apikey.Secrets{})
	if err != nil {
		return err
	}
	res, err := s.updates().Model(&row).
		Column("name", "name_fold", "whitelist", "blacklist", "user_agent", "referer", "updated").WherePK().Exec(ctx)
	if err != nil {
		return keyError(err, saved)
	}
	ok, err := changed(res)
	if err == nil && !ok {
		err = fmt.Errorf("%w: key %s", apikey.ErrNotFound, saved.ID)
	}
	return err
}

// DeleteKey deletes a key with its accesses, its rules and its principal.
func (k *Keys) DeleteKey(ctx context.Context, id apikey.ID) error {
	found, _, err := k.Keys(ctx, apikey.Filter{IDs: []apikey.ID{id}, Lock: true})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("%w: key %s", apikey.ErrNotFound, id)
	}
	s, err := k.db.writing(ctx)
	if err != nil {
		return err
	}
	num := found[0].Num
	if _, err := s.touchRules(ctx, "DELETE FROM rules WHERE principal = ?", num); err != nil {
		return err
	}
	for _, statement := range []*bun.RawQuery{
		s.raw("DELETE FROM accesses WHERE key_id = ?", id),
		s.raw("DELETE FROM keys WHERE id = ?", id),
		s.raw("DELETE FROM group_members WHERE member_num = ?", num),
		s.raw("DELETE FROM principals WHERE num = ?", num),
	} {
		if _, err := statement.Exec(ctx); err != nil {
			return fmt.Errorf("storage: delete key: %w", err)
		}
	}
	s.touch(rbac.Root, principalChanged(num))
	return nil
}
