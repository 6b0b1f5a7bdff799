package apiv1

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

func accessKeyRoutes() []route {
	manage := member(workspace.ManageKeys)
	return where(func(l *lens) bool { return l.AccessKeys != nil },
		get("/workspaces/{workspace}/keys", "listKeys", manage, (*lens).keys),
		secretive(post("/workspaces/{workspace}/keys", "createKey", manage, (*lens).createKey)),
		get("/workspaces/{workspace}/keys/{key}", "getKey", manage, (*lens).key),
		remove("/workspaces/{workspace}/keys/{key}", "deleteKey", manage, (*lens).deleteKey),
		secretive(post("/workspaces/{workspace}/keys/{key}/rotate", "rotateKey", manage, (*lens).rotateKey)),
		post("/workspaces/{workspace}/keys/{key}/revoke", "revokeKey", manage, (*lens).revokeKey),
		get("/me/keys", "listMyKeys", signedIn(), (*lens).keys),
		secretive(post("/me/keys", "createMyKey", signedIn(), (*lens).createKey)),
		get("/me/keys/{key}", "getMyKey", own(), (*lens).key),
		remove("/me/keys/{key}", "deleteMyKey", own(), (*lens).deleteKey),
		secretive(post("/me/keys/{key}/rotate", "rotateMyKey", own(), (*lens).rotateKey)),
		post("/me/keys/{key}/revoke", "revokeMyKey", own(), (*lens).revokeKey),
	)
}

// keyWire is a key without its secret, which is told once.
type keyWire struct {
	ID        accesskey.ID    `json:"id"`
	Num       rbac.Principal  `json:"num"`
	Workspace workspace.ID    `json:"workspace,omitzero"`
	Title     string          `json:"title"`
	Email     string          `json:"email"`
	Prefix    string          `json:"prefix"`
	Creator   inviterWire     `json:"creator"`
	Role      rbac.RoleName   `json:"role,omitzero"`
	Scopes    []string        `json:"scopes"`
	Nodes     []rbac.Node     `json:"nodes"`
	Networks  []string        `json:"networks"`
	Origins   []string        `json:"origins"`
	State     accesskey.State `json:"state"`
	Created   time.Time       `json:"created"`
	Expires   time.Time       `json:"expires,omitzero"`
	Overlap   time.Time       `json:"overlap,omitzero"`
	Revoked   time.Time       `json:"revoked,omitzero"`
	RevokedBy string          `json:"revoked_by,omitzero"`
	LastUsed  time.Time       `json:"last_used,omitzero"`
	Secret    string          `json:"secret,omitzero"`
}

func (keyWire) readings() []string { return []string{"state", "last_used", "secret"} }

// keyOf is a key as it is now.
func (l *lens) keyOf(k accesskey.Key) keyWire {
	now := time.Now()
	if l.Now != nil {
		now = l.Now()
	}
	return keyWire{
		ID: k.ID, Num: k.Num, Workspace: k.Workspace, Title: k.Title, Email: k.Address, Prefix: k.Prefix,
		Creator: inviterWire{User: k.Creator.User, Principal: k.Creator.Principal, Name: k.Creator.Name, Email: k.Creator.Email},
		Role:    k.Role, Scopes: k.Scopes, Nodes: k.Nodes, Networks: all(k.Networks, netip.Prefix.String), Origins: k.Origins,
		State: k.State(now), Created: k.Created, Expires: k.Expires, Overlap: k.Overlap, Revoked: k.Revoked, RevokedBy: k.RevokedBy,
		LastUsed: k.LastUsed,
	}
}

func (l *lens) told(k accesskey.Key, secret string) keyWire {
	wire := l.keyOf(k)
	wire.Secret = secret
	return wire
}

// home returns whose keys a path speaks of: those of a workspace, or the
// caller's where there is none in it.
func (c *call) home() (workspace.ID, error) {
	if _, is := mux.Vars(c.Request)["workspace"]; !is {
		return "", nil
	}
	id, err := c.id("workspace")
	return workspace.ID(id), err
}

// keyNamed returns the key that a path names.
func (l *lens) keyNamed(ctx context.Context, c *call) (accesskey.Key, error) {
	in, err := c.home()
	if err != nil {
		return accesskey.Key{}, err
	}
	text, err := c.id("key")
	if err != nil {
		// Whoever may not know is told so before.
		text = ""
	}
	id := accesskey.ID(text)
	if id != "" && c.actor.Credential == text { // a key may look at itself
		k, err := l.AccessKeys.Key(ctx, c.actor, id)
		if err == nil && k.Workspace != in {
			err = workspace.ErrNotFound
		}
		return k, err
	}
	found, _, err := l.AccessKeys.Keys(ctx, c.actor, accesskey.Filter{Workspace: in, IDs: []accesskey.ID{id}})
	if err != nil {
		return accesskey.Key{}, err
	}
	if len(found) == 0 {
		return accesskey.Key{}, workspace.ErrNotFound
	}
	return found[0], nil
}

func (l *lens) keys(c *call) (reply, error) {
	in, err := c.home()
	if err != nil {
		return reply{}, err
	}
	p, err := c.page(byCreationFirst(accesskey.Filter{}.Sortable())...)
	if err != nil {
		return reply{}, err
	}
	f := accesskey.Filter{Workspace: in, Order: p.order, After: p.after, Limit: p.more()}
	if f.Search, err = c.text("q"); err != nil {
		return reply{}, err
	}
	if f.IDs, err = identifiers[accesskey.ID](c); err != nil {
		return reply{}, err
	}
	if f.TitleHas, err = c.text("title"); err != nil {
		return reply{}, err
	}
	if f.Created, err = c.created(); err != nil {
		return reply{}, err
	}
	if f.Expires, err = c.expiring(); err != nil {
		return reply{}, err
	}
	states, err := c.among("state",
		string(accesskey.Active), string(accesskey.Rotating), string(accesskey.Expired), string(accesskey.Revoked))
	if err != nil {
		return reply{}, err
	}
	if states != nil {
		f.States = all(states, func(s string) accesskey.State { return accesskey.State(s) })
	}
	if in != "" {
		roles, err := c.some("role")
		if err != nil {
			return reply{}, err
		}
		if roles != nil {
			f.Roles = all(roles, func(s string) rbac.RoleName { return rbac.RoleName(s) })
		}
		creator, err := c.text("creator")
		if err != nil {
			return reply{}, err
		}
		f.Creator = workspace.UserID(creator)
		if f.CreatorNameHas, err = c.text("creator_name"); err != nil {
			return reply{}, err
		}
	}
	found, total, err := l.AccessKeys.Keys(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, err
	}
	return paged(p, found, total, l.keyOf), nil
}

// newKey is what a key is made of.
type newKey struct {
	Title    string        `json:"title"`
	Role     rbac.RoleName `json:"role"`
	Scopes   []string      `json:"scopes"`
	Nodes    []rbac.Node   `json:"nodes"`
	Networks []string      `json:"networks"`
	Origins  []string      `json:"origins"`
	Expires  *string       `json:"expires"`
}

func (n newKey) key() (accesskey.Key, error) {
	k := accesskey.Key{Title: n.Title, Role: n.Role, Scopes: n.Scopes, Nodes: n.Nodes, Origins: n.Origins}
	for _, text := range n.Networks {
		network, err := networkOf(text)
		if err != nil {
			return k, invalid("networks", "addresses or networks as 192.0.2.0/24")
		}
		k.Networks = append(k.Networks, network)
	}
	var err error
	if n.Expires != nil {
		k.Expires, err = parseTime("expires", *n.Expires, true)
	}
	return k, err
}

// networkOf reads a network, or an address alone.
func networkOf(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		return netip.ParsePrefix(text)
	}
	at, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return at.WithZone("").Prefix(at.BitLen())
}

func (l *lens) createKey(c *call) (reply, error) {
	in, err := c.home()
	if err != nil {
		return reply{}, err
	}
	var body newKey
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	k, err := body.key()
	if err != nil {
		return reply{}, err
	}
	k.Workspace = in
	made, secret, err := l.AccessKeys.Create(c.Context(), c.actor, k)
	if err != nil {
		return reply{}, err
	}
	return created(l.told(made, secret), "keys/", string(made.ID)), nil
}

func (l *lens) key(c *call) (reply, error) {
	k, err := l.keyNamed(c.Context(), c)
	if err != nil {
		return reply{}, err
	}
	return shown(l.keyOf(k)), nil
}

// rotation is how a key gets another secret.
type rotation struct {
	// Overlap is for how many seconds the one before stays valid.
	Overlap int64 `json:"overlap"`
}

// maxSeconds is what a duration can hold of them.
const maxSeconds = int64(1<<63-1) / int64(time.Second)

func (l *lens) rotateKey(c *call) (reply, error) {
	var body rotation
	if len(c.body) > 0 {
		if err := c.read(&body); err != nil {
			return reply{}, err
		}
	}
	if body.Overlap < 0 || body.Overlap > maxSeconds {
		return reply{}, invalid("overlap", "seconds")
	}
	k, err := l.keyNamed(c.Context(), c)
	if err != nil {
		return reply{}, err
	}
	overlap := time.Duration(body.Overlap) * time.Second
	// What makes repeating it harmless here does so with the key as well, for as
	// long as that remembers it.
	rotated, secret, err := l.AccessKeys.Rotate(c.Context(), c.actor, k.ID, overlap, c.Header.Get("Idempotency-Key"))
	if err != nil {
		return reply{}, err
	}
	now := shown(l.told(rotated, secret))
	now.made = string(k.ID)
	return now, nil
}

func (l *lens) revokeKey(c *call) (reply, error) {
	k, err := l.keyNamed(c.Context(), c)
	if err != nil {
		return reply{}, err
	}
	if err := l.AccessKeys.Revoke(c.Context(), c.actor, k.ID); err != nil {
		return reply{}, err
	}
	if k, err = l.keyNamed(c.Context(), c); err != nil {
		return reply{}, err
	}
	return shown(l.keyOf(k)), nil
}

// disposal is what becomes of what a key owns, and whether that was said.
func (c *call) disposal() (workspace.Disposal, bool, error) {
	var how workspace.Disposal
	to, err := c.principalIn("transfer_to")
	if err != nil {
		return how, false, err
	}
	how.TransferTo = to
	for name, flag := range map[string]*bool{"delete_resources": &how.Delete, "cascade": &how.Cascade} {
		given, err := c.flag(name)
		if err != nil {
			return how, false, err
		}
		*flag = given != nil && *given
	}
	return how, how.TransferTo != 0 || how.Delete, nil
}

func (l *lens) deleteKey(c *call) (reply, error) {
	in, err := c.home()
	if err != nil {
		return reply{}, err
	}
	how, said := workspace.Disposal{}, false
	if in != "" { // a personal key owns nothing
		if how, said, err = c.disposal(); err != nil {
			return reply{}, err
		}
	}
	k, err := l.keyNamed(c.Context(), c)
	if err != nil {
		return reply{}, err
	}
	var was keyWire
	err = l.heldKey(c, k.ID, func(ctx context.Context) error {
		if k, err = l.keyNamed(ctx, c); err != nil {
			return err
		}
		was = l.keyOf(k)
		return c.current(was)
	}, func(ctx context.Context) error {
		if said {
			_, err := l.Workspaces.Depart(ctx, c.actor, workspace.Departure{Workspace: in, Key: k.Num}, how, "")
			return err
		}
		refused := l.AccessKeys.Delete(ctx, c.actor, k.ID)
		if in == "" {
			return refused
		}
		return l.owning(ctx, c, in, k.Num, refused)
	})
	return gone(c, was), err
}

// heldKey is heldWorkspace for a key.
func (l *lens) heldKey(c *call, id accesskey.ID, check, change func(ctx context.Context) error) error {
	if !c.conditional() {
		return change(c.Context())
	}
	return l.AccessKeys.Hold(c.Context(), c.actor, id, func(ctx context.Context) error {
		if err := check(ctx); err != nil {
			return err
		}
		return change(ctx)
	})
}
