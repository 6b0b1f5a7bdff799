// Package accesskey keeps the keys with which programs act on the platform: who
// may make one, what it can do, and who comes with one.
//
// A [Key] is a principal of its own. A workspace's key belongs to the
// workspace, outlives whoever made it, and holds the role Editor or Viewer or
// less. A personal key belongs to a user and can do what he can do at the same
// moment, or less. What a key may do is rules, made with it and ending with it;
// [rbac.Engine] decides. The secret is told once and kept as a hash;
// [Service.Rotate] makes another, and for a while both are right. A key that was
// revoked is refused at once on every server, and stays in the lists until it
// is deleted.
//
// A secret has a check sum, so that one that was mistyped, or found by a
// scanner of secrets, is told from others by itself, see [Expression] and
// [Parse].
//
// The package does not know how a request carries a key. The keys that open
// offerings are others, see [github.com/bailiwick-sdk/bailiwick/workspace/apikey].
// Start with [New].
package accesskey

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// An ID identifies a key: a UUID in lower case, made by the service.
type ID string

// Errors that the package returns, besides those of workspace.
var (
	// ErrRefused is returned for a secret that is malformed, unknown, of a key
	// that was revoked or has expired, or that may not come from there. It does
	// not say which.
	ErrRefused = errors.New("accesskey: refused")
	// ErrEnded is returned for an attempt to rotate a key that was revoked or
	// has expired.
	ErrEnded = errors.New("accesskey: the key was revoked or has expired")
	// ErrRotating is returned for an attempt to rotate a key whose former secret
	// is still valid, which would make three. Rotating without overlap ends the
	// others and is possible at any time.
	ErrRotating = errors.New("accesskey: the secret before is still valid")
	// ErrRotated is returned for a rotation that was done already and whose
	// secret cannot be told again.
	ErrRotated = errors.New("accesskey: rotated already, and the secret cannot be told again")
	// ErrOwns is returned for an attempt to delete a key that owns nodes.
	ErrOwns = errors.New("accesskey: the key owns resources")
)

// A State is what has become of a key.
type State string

// The states. A key is in one of them.
const (
	Active   State = "active"
	Rotating State = "rotating" // active, and the secret before is valid too
	Expired  State = "expired"
	Revoked  State = "revoked"
)

// A Creator is who made a key, as he was then.
type Creator struct {
	User      workspace.UserID // empty for somebody at the command line
	Principal rbac.Principal
	Name      string
	Email     string
}

// A Key is a principal of a workspace, or of a user.
type Key struct {
	ID ID
	// Num is the key as a principal.
	Num rbac.Principal
	// Workspace is whose key it is, empty for the personal key of User.
	Workspace workspace.ID
	User      workspace.UserID
	Title     string // one line of 1 to 99 characters
	// Address is the key's own and no mailbox.
	Address string
	// Prefix is how its secrets begin, to tell one key from another.
	Prefix  string
	Creator Creator
	// Role is what a workspace's key holds: [workspace.RoleEditor] or
	// [workspace.RoleViewer]. It is empty for personal keys.
	Role rbac.RoleName
	// Scopes, where there are any, are all that the key holds: permissions, or
	// scopes for all of theirs, with what those need to be of use. Of a
	// workspace's key no more than the role.
	Scopes []string
	// Nodes, where there are any, are all that it holds something on, with what
	// is below them. Of a workspace's key they lie in the workspace.
	Nodes []rbac.Node
	// Networks, where there are any, are where it may come from.
	Networks []netip.Prefix
	// Origins, where there are any, are the web pages that it may come from, as
	// "https://example.org" or "*.example.org", which is every host below. Who
	// comes from no page is refused then.
	Origins []string
	Created time.Time
	// Expires is when it is refused, never when zero. At that instant it is.
	Expires time.Time
	// Overlap is until when the secret before the last rotation is valid.
	Overlap   time.Time
	Revoked   time.Time
	RevokedBy string
	// LastUsed is a minute in which it was last used.
	LastUsed time.Time
}

// State returns what has become of a key by then.
func (k Key) State(now time.Time) State {
	switch {
	case !k.Revoked.IsZero():
		return Revoked
	case !k.Expires.IsZero() && !now.Before(k.Expires):
		return Expired
	case now.Before(k.Overlap):
		return Rotating
	}
	return Active
}

// A Filter chooses keys. Its zero value chooses all, in order of creation.
type Filter struct {
	IDs       []ID
	Workspace workspace.ID
	User      workspace.UserID
	// States keeps the keys that are in one of them at the moment At, which the
	// service sets.
	States []State
	At     time.Time
	Roles  []rbac.RoleName
	// Creator keeps the keys that a user made.
	Creator workspace.UserID
	// Search is somewhere in title, address, or the name or e-mail of the
	// creator, regardless of case.
	Search string
	// TitleHas is in the title, and CreatorNameHas in the name of the creator,
	// regardless of case.
	TitleHas       string
	CreatorNameHas string
	// Created and Expires are when it was made and when it ends. What never ends
	// is in no period but the one that is open at both ends.
	Created workspace.Period
	Expires workspace.Period
	// Order is that of the list, and After where it begins: see
	// [Filter.Sortable].
	Order Order
	After *Mark
	// Lock keeps everybody else from changing what is chosen until the unit of
	// work ends, and fails outside one.
	Lock   bool
	Offset int
	Limit  int // 0 for no bound
}

// Secrets are what a store keeps of the secrets of a key.
type Secrets struct {
	// Hash is the digest of the secret, and Former that of the one before,
	// empty when there is none, which is valid until Overlap.
	Hash    string
	Former  string
	Overlap time.Time
	// Retry is a digest of what names the last rotation. Until RetryUntil a
	// retry of it is told what is Sealed.
	Retry      string
	RetryUntil time.Time
	Sealed     string
}

// A Presented is what a store knows of a key that somebody comes with.
type Presented struct {
	Key     Key
	Secrets Secrets
	// UserName is the username of the user whose personal key it is, and UserNum
	// that user as a principal.
	UserName string
	UserNum  rbac.Principal
	// Disabled is set when the key or that user is.
	Disabled bool
}

// A Store keeps keys. Methods that change something are called inside a unit
// of work and fail outside one.
type Store interface {
	// Tx runs fn in a unit of work, joining the one that ctx is in.
	Tx(ctx context.Context, fn func(ctx context.Context) error) error
	// Keys and CountKeys return what a filter chooses, in its order and behind
	// its mark as a workspace.Store does.
	Keys(ctx context.Context, f Filter) ([]Key, error)
	CountKeys(ctx context.Context, f Filter) (int, error)
	// Presented returns the key whose secrets begin with a prefix, or
	// workspace.ErrNotFound. It reads what is there now, on any server.
	Presented(ctx context.Context, prefix string) (Presented, error)
	// Secrets returns the secrets of a key and keeps everybody else from
	// changing them until the unit of work ends. It returns
	// workspace.ErrNotFound.
	Secrets(ctx context.Context, id ID) (Secrets, error)
	// AddKey stores a new key with a principal of its own, which acts for the
	// user of a personal key, and returns it with its Num. It returns
	// workspace.ErrNotFound for the workspace or the user.
	AddKey(ctx context.Context, k Key, s Secrets) (Key, error)
	// SaveSecrets stores other secrets. It returns workspace.ErrNotFound.
	SaveSecrets(ctx context.Context, id ID, s Secrets) error
	// TouchKey sets LastUsed, unless it is as late already or the key was
	// revoked or is gone, and forgets what was sealed for a retry that is late
	// by then.
	TouchKey(ctx context.Context, id ID, at time.Time) error
	// RevokeKey sets Revoked and RevokedBy, forgets what is sealed, and disables
	// the principal, unless it was revoked before. It returns
	// workspace.ErrNotFound.
	RevokeKey(ctx context.Context, id ID, at time.Time, by string) error
	// DeleteKey deletes a key with its principal, its rules and its places in
	// groups. It returns workspace.ErrNotFound, and ErrOwns while it owns nodes.
	DeleteKey(ctx context.Context, id ID) error
	Directory
}

// A Directory tells who and where. Whoever asks has been authorized already.
type Directory interface {
	// Workspaces and Users return what a filter chooses.
	Workspaces(ctx context.Context, f workspace.Filter) ([]workspace.Workspace, error)
	Users(ctx context.Context, f workspace.UserFilter) ([]workspace.User, error)
	// LockWorkspace reads a workspace and keeps everybody else from changing it
	// until the unit of work ends. It returns workspace.ErrNotFound.
	LockWorkspace(ctx context.Context, id workspace.ID) (workspace.Workspace, error)
	// NodesIn returns those of some nodes that lie in a workspace, its own among
	// them, in order.
	NodesIn(ctx context.Context, in workspace.ID, nodes []rbac.Node) ([]rbac.Node, error)
}

// An Authorizer decides; [rbac.Engine] does.
type Authorizer interface {
	Require(ctx context.Context, p rbac.Principal, n rbac.Node, perm rbac.Permission, c rbac.Consistency) error
	Effective(ctx context.Context, p rbac.Principal, n rbac.Node, c rbac.Consistency) (rbac.Set, error)
	Grant(ctx context.Context, r rbac.Rule) (rbac.Rule, error)
	Roles(ctx context.Context) ([]rbac.Role, error)
	Schema() *rbac.Schema
}

// A Coverer tells whether somebody holds all that a rule would give, and
// refuses who does not.
type Coverer interface {
	Covers(ctx context.Context, p rbac.Principal, r rbac.Rule) error
}

// A Meter counts; [quota.Service] does.
type Meter interface {
	Allocations(ctx context.Context, f quota.AllocationFilter) ([]quota.Allocation, int, error)
	Consume(ctx context.Context, id quota.AllocationID, n int64, why quota.Reason) error
	Release(ctx context.Context, id quota.AllocationID, n int64, why quota.Reason) error
}

// A Trail records; an [audit.Store] does.
type Trail interface {
	Append(ctx context.Context, e audit.Event) error
}

// A Sealer encrypts for a context, without which the text cannot be opened.
type Sealer interface {
	Seal(plaintext, context []byte) (string, error)
	Open(text string, context []byte) ([]byte, error)
}

// Options are what a [Service] can be told; the zero value works.
type Options struct {
	// Now tells the time, time.Now when nil.
	Now func() time.Time
	// MaxLife is how long a key may live, 365 days when 0.
	MaxLife time.Duration
	// AllowNever allows keys that never expire.
	AllowNever bool
	// Domain is that of the keys' addresses, "keys.invalid" when empty.
	Domain string
	// Sealer keeps the secret of a rotation, for retries of it. Without one a
	// retry is told that the rotation was done, and no more.
	Sealer Sealer
	// Coverer sees to it that nobody gives a workspace's key more than he has.
	// Without one, that he may manage keys is enough.
	Coverer Coverer
}

// A Service keeps the rules of keys. It is safe for concurrent use.
type Service struct {
	store  Store
	rights Authorizer
	meter  Meter
	trail  Trail
	opts   Options

	mu    sync.Mutex
	noted map[ID]time.Time // the minute that was noted last
}

// New makes a service of its collaborators.
func New(store Store, rights Authorizer, meter Meter, trail Trail, opts *Options) *Service {
	s := &Service{store: store, rights: rights, meter: meter, trail: trail, noted: map[ID]time.Time{}}
	if opts != nil {
		s.opts = *opts
	}
	if s.opts.Now == nil {
		s.opts.Now = time.Now
	}
	if s.opts.MaxLife == 0 {
		s.opts.MaxLife = 365 * 24 * time.Hour
	}
	if s.opts.Domain == "" {
		s.opts.Domain = "keys.invalid"
	}
	return s
}

// clock returns the time as it is kept.
func (s *Service) clock() time.Time { return s.opts.Now().UTC().Truncate(time.Microsecond) }
