package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

type userRow struct {
	bun.BaseModel `bun:"table:users,alias:u"`

	ID           workspace.UserID `bun:"id,pk"`
	Num          rbac.Principal   `bun:"num"`
	Username     string           `bun:"username"`
	UsernameFold string           `bun:"username_fold"`
	Email        string           `bun:"email"`
	EmailFold    string           `bun:"email_fold"`
	FirstName    string           `bun:"first_name"`
	LastName     string           `bun:"last_name"`
	NameFold     string           `bun:"name_fold"`
	SearchFold   string           `bun:"search_fold"`
	Language     string           `bun:"language"`
	Technical    bool             `bun:"technical"`
	LastCall     instant          `bun:"last_call,nullzero"`
	LastLogin    instant          `bun:"last_login,nullzero"`
	Created      instant          `bun:"created"`
	Updated      instant          `bun:"updated"`

	Disabled      bool `bun:"disabled,scanonly"`
	Administrator bool `bun:"administrator,scanonly"`
}

func userRowOf(u workspace.User) userRow {
	return userRow{
		ID: u.ID, Num: u.Num,
		Username: u.Username, UsernameFold: fold(u.Username), Email: u.Email, EmailFold: fold(u.Email),
		FirstName: u.FirstName, LastName: u.LastName, NameFold: fold(u.Name()),
		// People are looked for by either name first.
		SearchFold: fold(u.Username + "\n" + u.Email + "\n" +
			u.FirstName + " " + u.LastName + "\n" + u.LastName + " " + u.FirstName),
		Language: u.Language, Technical: u.Technical,
		LastCall: instantOf(u.LastCall), LastLogin: instantOf(u.LastLogin),
		Created: instantOf(u.Created), Updated: instantOf(u.Updated),
		Disabled: u.Disabled, Administrator: u.Administrator,
	}
}

func (r userRow) user() workspace.User {
	return workspace.User{
		ID: r.ID, Num: r.Num, Username: r.Username, Email: r.Email,
		FirstName: r.FirstName, LastName: r.LastName, Language: r.Language, Technical: r.Technical,
		Disabled: r.Disabled, Administrator: r.Administrator,
		LastCall: r.LastCall.time(), LastLogin: r.LastLogin.time(),
		Created: r.Created.time(), Updated: r.Updated.time(),
	}
}

// administrator is the condition that the user u administers the platform.
const administrator = "EXISTS (SELECT 1 FROM group_members a WHERE a.group_num = ? AND a.member_num = u.num)"

// userColumns are those of a user u with his principal p, in the order that
// [record.user] reads them in.
const userColumns = `u.id, u.num, u.username, u.email, u.first_name, u.last_name, u.language, u.technical,
	p.disabled, ` + administrator + ` AS administrator, u.last_call, u.last_login, u.created, u.updated`

// user returns the user that a row begins with.
func (r *record) user() workspace.User {
	at := func(i int) time.Time { return instant(r.num(i)).time() }
	return workspace.User{
		ID: workspace.UserID(r.text(0)), Num: rbac.Principal(r.num(1)), Username: r.text(2), Email: r.text(3),
		FirstName: r.text(4), LastName: r.text(5), Language: r.text(6), Technical: r.flag(7), Disabled: r.flag(8), Administrator: r.flag(9),
		LastCall: at(10), LastLogin: at(11), Created: at(12), Updated: at(13),
	}
}

// selectUsers begins a query for users with what is kept beside them.
func (s session) selectUsers(rows *[]userRow) *bun.SelectQuery {
	return s.selects().Model(rows).
		ColumnExpr("?TableColumns, p.disabled").
		ColumnExpr(administrator+" AS administrator", rbac.Administrators).
		Join("JOIN principals AS p ON p.num = u.num")
}

func chooseUsers(q *bun.SelectQuery, f workspace.UserFilter) *bun.SelectQuery {
	q = oneOf(q, "u.id", f.IDs)
	q = oneOf(q, "u.num", f.Nums)
	if f.Username != "" {
		q = q.Where("u.username_fold = ?", fold(f.Username))
	}
	if f.Email != "" {
		q = q.Where("u.email_fold = ?", fold(f.Email))
	}
	q = contains(q, f.Search, "u.search_fold")
	q = during(q, "u.created", f.Created)
	if f.Technical != nil {
		q = q.Where("u.technical = ?", *f.Technical)
	}
	if !f.IdleSince.IsZero() {
		q = q.Where("COALESCE(u.last_call, 0) < ?", instantOf(f.IdleSince))
	}
	if f.Group != 0 {
		q = q.Where("u.num IN (SELECT member_num FROM group_members WHERE group_num = ?)", f.Group)
	}
	q = reached(q, f)
	if f.Administrator != nil {
		q = q.Where(administrator+" = ?", rbac.Administrators, *f.Administrator)
	}
	if f.Disabled != nil {
		q = q.Where("p.disabled = ?", *f.Disabled)
	}
	return q
}

// belongTo are all who are members of workspaces, themselves or through groups.
const belongTo = `u.num IN (WITH RECURSIVE inside (num) AS (
	SELECT m.principal FROM members AS m JOIN workspaces AS w ON w.id = m.workspace_id WHERE ?
	UNION SELECT g.member_num FROM group_members AS g JOIN inside ON g.group_num = inside.num
) SELECT num FROM inside)`

// administerOf are all who administer organizations.
const administerOf = `u.num IN (SELECT r.principal FROM rules AS r JOIN organizations AS o ON o.num = r.node
	WHERE r.origin = '` + organizationOrigin + `' AND ?)`

// reached adds what a filter says of where users are members or administrators.
func reached(q *bun.SelectQuery, f workspace.UserFilter) *bun.SelectQuery {
	var places either
	if f.MemberOf != nil {
		places = append(places, alternative{belongTo, onNodes{"workspaces", "w.num", *f.MemberOf}})
	}
	if f.AdministratorOf != nil {
		places = append(places, alternative{administerOf, onNodes{"organizations", "o.num", *f.AdministratorOf}})
	}
	if places == nil {
		return q
	}
	return q.Where("?", places)
}

func userListing() listing {
	return listing{key: userKey, names: workspace.UserFilter{}.Sortable(), num: "u.num", invalid: invalidWorkspace}
}

func userKey(by string) key {
	switch by {
	case "":
		return key{"", numbers}
	case "username", "email", "name":
		return key{"u." + by + "_fold", folded}
	case "created":
		return key{"u.created", numbers}
	case "last_call", "last_login":
		return key{"COALESCE(u." + by + ", 0)", numbers}
	case "disabled":
		return flag("p.disabled")
	}
	return key{}
}

// Users returns the users that a filter chooses.
func (w *Workspaces) Users(ctx context.Context, f workspace.UserFilter) ([]workspace.User, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []userRow
	q := chooseUsers(s.selectUsers(&rows), f)
	if q, err = w.db.order(q, userListing(), f.Order, f.Newest, f.After, f.Offset, f.Limit); err != nil {
		return nil, err
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: users: %w", err)
	}
	list := make([]workspace.User, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.user())
	}
	return list, nil
}

// CountUsers returns how many users a filter chooses, whatever its bounds.
func (w *Workspaces) CountUsers(ctx context.Context, f workspace.UserFilter) (int, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	n, err := chooseUsers(s.selectUsers(&[]userRow{}), f).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count users: %w", err)
	}
	return int(n), nil
}

// AddUser stores a new user with a principal of his own.
func (w *Workspaces) AddUser(ctx context.Context, u workspace.User) (workspace.User, error) {
	s, err := w.db.writing(ctx)
	if err != nil {
		return workspace.User{}, err
	}
	num, err := s.addPrincipal(ctx, string(u.ID), rbac.User, 0)
	if err != nil {
		return workspace.User{}, err
	}
	row := userRowOf(u)
	row.Num = num
	if _, err := s.inserts().Model(&row).Exec(ctx); err != nil {
		return workspace.User{}, userError(err, u)
	}
	if u.Disabled {
		if _, err := s.raw("UPDATE principals SET disabled = TRUE WHERE num = ?", num).Exec(ctx); err != nil {
			return workspace.User{}, fmt.Errorf("storage: user %s: %w", u.ID, err)
		}
	}
	if u.Administrator {
		if _, err := s.join(ctx, rbac.Administrators, num); err != nil {
			return workspace.User{}, err
		}
	}
	return row.user(), nil
}

// SaveUser stores a change of a user, but neither LastCall nor LastLogin.
func (w *Workspaces) SaveUser(ctx context.Context, u workspace.User) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	row := userRowOf(u)
	res, err := s.updates().Model(&row).
		ExcludeColumn("id", "num", "last_call", "last_login", "created").WherePK().Exec(ctx)
	if err != nil {
		return userError(err, u)
	}
	if err := found(res, "user", u.ID); err != nil {
		return err
	}
	err = s.rename(ctx, "(SELECT num FROM users WHERE id = ?)", u.ID, row.NameFold, row.UsernameFold, row.EmailFold)
	if err != nil {
		return err
	}
	// The row above is ours now, so what is read here stays true.
	var was []userRow
	if err := s.selectUsers(&was).Where("u.id = ?", u.ID).Scan(ctx); err != nil || len(was) != 1 {
		return fmt.Errorf("storage: user %s: %d rows: %w", u.ID, len(was), err)
	}
	if was[0].Disabled == u.Disabled && was[0].Administrator == u.Administrator {
		return nil
	}
	if err := s.lockAdministrators(ctx, w.db.postgres()); err != nil {
		return err
	}
	num := was[0].Num
	if _, err := s.raw("UPDATE principals SET disabled = ? WHERE num = ?", u.Disabled, num).Exec(ctx); err != nil {
		return fmt.Errorf("storage: user %s: %w", u.ID, err)
	}
	if u.Administrator {
		_, err = s.join(ctx, rbac.Administrators, num)
	} else {
		_, err = s.part(ctx, rbac.Administrators, num)
	}
	if err != nil {
		return err
	}
	s.touch(rbac.Root, principalChanged(num))
	return nil
}

func userError(err error, u workspace.User) error {
	switch {
	case isUnique(err, "users", "username_fold"):
		return &workspace.TakenError{Field: "username", Value: u.Username}
	case isUnique(err, "users", "email_fold"):
		return &workspace.TakenError{Field: "email", Value: u.Email}
	}
	return fmt.Errorf("storage: user %s: %w", u.ID, err)
}

// TouchUser sets a user's LastCall and nothing else.
func (w *Workspaces) TouchUser(ctx context.Context, u workspace.User) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	row := userRowOf(u)
	res, err := s.updates().Model(&row).Column("last_call").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: touch user %s: %w", u.ID, err)
	}
	return found(res, "user", u.ID)
}

// LockAdministrators keeps everybody else from changing who administers the
// platform, and returns how many enabled users do.
func (w *Workspaces) LockAdministrators(ctx context.Context) (int, error) {
	s, err := w.db.writing(ctx)
	if err != nil {
		return 0, err
	}
	if err := s.lockAdministrators(ctx, w.db.postgres()); err != nil {
		return 0, err
	}
	var n int
	err = s.raw(`SELECT count(*) FROM group_members m JOIN principals p ON p.num = m.member_num
		WHERE m.group_num = ? AND p.kind = ? AND NOT p.disabled`, rbac.Administrators, rbac.User).Scan(ctx, &n)
	if err != nil {
		return 0, fmt.Errorf("storage: count administrators: %w", err)
	}
	return n, nil
}

// lockAdministrators makes others wait who are about to change who administers
// the platform. Adding one refers to the row that is locked here and waits by
// itself.
func (s session) lockAdministrators(ctx context.Context, postgres bool) error {
	if !postgres {
		return nil
	}
	if _, err := s.raw("SELECT num FROM principals WHERE num = ? FOR UPDATE", rbac.Administrators).Exec(ctx); err != nil {
		return fmt.Errorf("storage: lock administrators: %w", err)
	}
	return nil
}

// userPrincipal returns the principal that a user is.
func (s session) userPrincipal(ctx context.Context, id workspace.UserID) (rbac.Principal, error) {
	var num rbac.Principal
	err := s.raw("SELECT num FROM users WHERE id = ?", id).Scan(ctx, &num)
	if none(err) {
		return 0, fmt.Errorf("%w: user %s", workspace.ErrNotFound, id)
	}
	if err != nil {
		return 0, fmt.Errorf("storage: user %s: %w", id, err)
	}
	return num, nil
}
