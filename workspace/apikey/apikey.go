// Package apikey keeps the keys with which programs call offerings: what a key
// is, which offerings it opens, and whether a call that carries one may pass.
//
// A [Key] is a principal of its own that belongs to a user and can never do
// more than that user can at the same moment. It opens nothing by itself: an
// [Access] joins it to an offering, through a permission that the user holds,
// or freely where the offering is open. [Service.Verify] decides about a call.
//
// Secrets are kept as hashes. What a user may read again later (the text of a
// HASH key, the values of a HEADER key) is kept sealed besides, see [Sealer].
// Start with [New].
package apikey

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// Identifiers are UUIDs in lower case, made by the service.
type (
	// An ID identifies a key.
	ID string
	// An AccessID identifies an access.
	AccessID string
)

// Errors that the package returns, besides those of workspace.
var (
	// ErrNotFound is returned for what does not exist, and for what belongs to
	// somebody else.
	ErrNotFound = errors.New("apikey: not found")
	// ErrRefused is returned by [Service.Verify] for a credential that is
	// unknown, or that its restrictions do not let pass.
	ErrRefused = errors.New("apikey: refused")
)

// A Type is how a key is presented (spec/entrepot.md §4.1).
type Type string

// The types.
const (
	// Hash is a text, as query parameter "apikey" or "api_key" or as header
	// "apikey" or "X-Key".
	Hash Type = "HASH"
	// Header is a set of headers with values.
	Header Type = "HEADER"
	// Basic is a login and a password.
	Basic Type = "BASIC"
	// OAuth2 is an access token of the user himself. A user has at most one.
	OAuth2 Type = "OAUTH2"
)

// A Key is a principal that belongs to a user.
type Key struct {
	ID ID
	// Num is the key as a principal.
	Num  rbac.Principal
	User workspace.UserID
	Name string // unique among the user's keys regardless of case, 1 to 99 characters
	Type Type
	// Hash, Headers and Login with PasswordHash are the credential, each for
	// its type; what cannot be read again is empty.
	Hash         string
	Headers      map[string]string
	Login        string
	PasswordHash string // a digest, in hexadecimal
	// Whitelist and Blacklist are the networks that calls may, or may not, come
	// from. At most one of them is not empty.
	Whitelist []netip.Prefix
	Blacklist []netip.Prefix
	// UserAgent and Referer are Lua patterns that the headers must match, where
	// set.
	UserAgent string
	Referer   string
	Created   time.Time
	Updated   time.Time
}

// A Credential is what a new key is presented with, by type: Hash (generated
// when empty), Headers, or Login and Password.
type Credential struct {
	Hash     string
	Headers  map[string]string
	Login    string
	Password string
}

// A Filter chooses keys. Its zero value chooses all, in order of creation.
type Filter struct {
	IDs  []ID
	User workspace.UserID
	Type Type
	// Lookups keeps the keys with one of these digests.
	Lookups []string
	// Name, UserAgent and Referer match regardless of case; % stands for any
	// text. Whitelist and Blacklist match the text of one of the networks.
	Name      string
	UserAgent string
	Referer   string
	Whitelist string
	Blacklist string
	// Lock keeps everybody else from changing what is chosen until the unit of
	// work ends, and fails outside one.
	Lock   bool
	Offset int
	Limit  int // 0 for no bound
}

// An Access joins a key to an offering.
type Access struct {
	ID  AccessID
	Num int64
	Key ID
	// Permission, without its offerings, is what the access was made through;
	// nil where the offering is open to everybody.
	Permission *offering.Permission
	Offering   offering.Offering
	Created    time.Time
}

// Secrets are what a store keeps of a credential.
type Secrets struct {
	// Lookup is the digest under which a presented credential is found, unique;
	// empty for OAUTH2.
	Lookup string
	// Verifier is what the secret part is compared with, empty where Lookup
	// covers all of it.
	Verifier string
	// Sealed is the credential for reading it again, encrypted.
	Sealed string
}

// A Store keeps keys and accesses. Methods that change something are called
// inside a unit of work and fail outside one.
type Store interface {
	// Tx runs fn in a unit of work, joining the one that ctx is in.
	Tx(ctx context.Context, fn func(ctx context.Context) error) error
	// Keys and CountKeys return what a filter chooses, with their secrets.
	Keys(ctx context.Context, f Filter) ([]Key, []Secrets, error)
	CountKeys(ctx context.Context, f Filter) (int, error)
	// KeyByLookup returns the key with that digest, or ErrNotFound.
	KeyByLookup(ctx context.Context, lookup string) (Key, Secrets, error)
	// AddKey stores a new key with a principal of its own, acting for the user's,
	// and returns it with its Num. It returns a workspace.TakenError for
	// "name", for "type" when the user has an OAUTH2 key, and for "type_infos"
	// when the lookup is taken.
	AddKey(ctx context.Context, k Key, s Secrets) (Key, error)
	// SaveKey stores a change of name and restrictions. It returns ErrNotFound
	// or a workspace.TakenError.
	SaveKey(ctx context.Context, k Key) error
	// DeleteKey deletes a key, its accesses and its rules. It returns
	// ErrNotFound.
	DeleteKey(ctx context.Context, id ID) error
	// Accesses and CountAccesses list those of a key, in order of creation.
	Accesses(ctx context.Context, key ID, offset, limit int) ([]Access, error)
	CountAccesses(ctx context.Context, key ID) (int, error)
	// Standing lists the accesses of a key to one offering, in order of
	// creation: those without permission, and those through a permission that
	// the key's user holds at present, himself or as a member of its
	// community, whether or not it has ended.
	Standing(ctx context.Context, key ID, on offering.ID) ([]Access, error)
	// AddAccess stores a new one. It returns a workspace.TakenError for
	// "offerings" when the key has it already, and ErrNotFound when there is no
	// such key or offering, or no such permission with that offering in it.
	// Until the unit of work ends, nobody else changes that permission.
	AddAccess(ctx context.Context, a Access) error
	// DeleteAccess deletes one with its rules, of origin "access/" and its
	// identifier. It returns ErrNotFound.
	DeleteAccess(ctx context.Context, key ID, id AccessID) error
	// Offerings and Permissions return what a filter chooses.
	Offerings(ctx context.Context, f offering.Filter) ([]offering.Offering, error)
	Permissions(ctx context.Context, f offering.PermissionFilter) ([]offering.Permission, error)
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

// Options are what a [Service] can be told; the zero value works.
type Options struct {
	// Now tells the time, time.Now when nil.
	Now func() time.Time
	// Sealer keeps what can be read again. Without one, nothing can: a
	// credential is shown when its key is made and never after.
	Sealer *Sealer
}

// A Service keeps the rules of keys. It is safe for concurrent use.
type Service struct {
	store     Store
	offerings *offering.Service
	rights    workspace.Authorizer
	meter     Meter
	trail     Trail
	now       func() time.Time
	sealer    *Sealer
	passwords *passwords
}

// New makes a service of its collaborators.
func New(store Store, offerings *offering.Service, rights workspace.Authorizer, meter Meter, trail Trail, opts *Options) *Service {
	s := &Service{store: store, offerings: offerings, rights: rights, meter: meter, trail: trail, now: time.Now, passwords: newPasswords()}
	if opts != nil {
		if opts.Now != nil {
			s.now = opts.Now
		}
		s.sealer = opts.Sealer
	}
	return s
}
