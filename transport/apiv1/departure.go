package apiv1

import (
	"strings"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func departureRoutes() []route {
	routes := []route{
		post("/workspaces/{workspace}/members/{principal}/departure", "departMember",
			member(workspace.ManageMembers), (*lens).departMember),
		post("/users/{user}/departure", "departUser", platform(workspace.Administer), (*lens).departUser),
		post("/workspaces/{workspace}/departure", "departWorkspace", above(""), (*lens).departWorkspace),
	}
	for i := range routes {
		routes[i].previews = true
	}
	return routes
}

// disposal says what becomes of what somebody owned.
type disposal struct {
	TransferTo rbac.Principal     `json:"transfer_to"`
	Transfers  []disposalTransfer `json:"transfers"`
	Delete     bool               `json:"delete"`
	Cascade    bool               `json:"cascade"`
	Token      string             `json:"token"`
}

type disposalTransfer struct {
	Node *rbac.Node     `json:"node"`
	To   rbac.Principal `json:"to"`
}

func (d disposal) decided() (workspace.Disposal, error) {
	how := workspace.Disposal{TransferTo: d.TransferTo, Delete: d.Delete, Cascade: d.Cascade}
	for _, t := range d.Transfers {
		if t.Node == nil {
			return how, invalid("transfers", "the number of a node in each")
		}
		if _, twice := how.Transfers[*t.Node]; twice {
			return how, invalid("transfers", "each node once")
		}
		if how.Transfers == nil {
			how.Transfers = map[rbac.Node]rbac.Principal{}
		}
		how.Transfers[*t.Node] = t.To
	}
	return how, nil
}

// userDisposal says besides who supervises what he did.
type userDisposal struct {
	disposal

	Successors []successor `json:"successors"`
}

type successor struct {
	Workspace workspace.ID     `json:"workspace"`
	User      workspace.UserID `json:"user"`
}

func (d userDisposal) decided() (workspace.Disposal, error) {
	how, err := d.disposal.decided()
	for _, s := range d.Successors {
		if s.Workspace == "" || s.User == "" {
			return how, invalid("successors", "a workspace and a user in each")
		}
		if how.Successors == nil {
			how.Successors = map[workspace.ID]workspace.UserID{}
		}
		if how.Successors[s.Workspace] != "" {
			return how, invalid("successors", "each workspace once")
		}
		how.Successors[s.Workspace] = s.User
	}
	return how, err
}

// plan is what a departure does.
type plan struct {
	Name        string           `json:"name"`
	Memberships []planMembership `json:"memberships"`
	Groups      []groupReference `json:"groups"`
	Rules       []ruleWire       `json:"rules"`
	Holdings    []fate           `json:"holdings"`
	Ended       map[string]int   `json:"ended"`
	Supervised  []workspace.ID   `json:"supervised"`
	Blockers    []blocker        `json:"blockers"`
	Token       string           `json:"token"`
}

type planMembership struct {
	Workspace workspace.ID    `json:"workspace"`
	Principal rbac.Principal  `json:"principal"`
	Name      string          `json:"name"`
	Roles     []rbac.RoleName `json:"roles"`
}

// fate is what becomes of something that is owned.
type fate struct {
	holdingWire

	Workspace workspace.ID   `json:"workspace"`
	To        rbac.Principal `json:"to,omitzero"`
	Deleted   bool           `json:"deleted"`
}

// blocker is what stands against a departure.
type blocker struct {
	Code      string       `json:"code"`
	Workspace workspace.ID `json:"workspace,omitzero"`
	Node      rbac.Node    `json:"node,omitzero"`
	Text      string       `json:"text"`
}

func blockerOf(b workspace.Blocker) blocker {
	return blocker{Code: b.Code, Workspace: b.Workspace, Node: b.Node, Text: b.Text}
}

func planOf(p workspace.DeparturePlan) plan {
	ended := map[string]int{}
	for kind, n := range p.Ended {
		if n > 0 {
			ended[kind] = n
		}
	}
	return plan{
		Name: p.Name, Ended: ended, Supervised: p.Supervised, Token: p.Token,
		Memberships: all(p.Memberships, func(m workspace.Member) planMembership {
			return planMembership{Workspace: m.Workspace, Principal: m.Principal, Name: m.Name, Roles: m.Roles}
		}),
		Groups: all(p.Groups, func(g workspace.Group) groupReference {
			return groupReference{ID: g.ID, Num: g.Num, Name: g.Name}
		}),
		Rules: all(p.Rules, ruleOf),
		Holdings: all(p.Holdings, func(f workspace.Fate) fate {
			return fate{holdingWire: holdingOf(f.Holding), Workspace: f.Workspace, To: f.To, Deleted: f.Deleted}
		}),
		Blockers: all(p.Blockers, blockerOf),
	}
}

// depart previews a departure, or does what was previewed: with the token that
// the preview had, only as long as nothing has changed since.
func (l *lens) depart(c *call, d workspace.Departure, how workspace.Disposal, token string) (reply, error) {
	seen, err := c.seen(token)
	if err != nil {
		return reply{}, err
	}
	if !c.dry {
		done, err := l.Workspaces.Depart(c.Context(), c.actor, d, how, seen)
		if err != nil {
			return reply{}, err
		}
		return ok(planOf(done)), nil
	}
	made, err := l.Workspaces.PlanDeparture(c.Context(), c.actor, d, how)
	if err != nil {
		return reply{}, err
	}
	if seen != "" && seen != made.Token {
		return reply{}, transport.ErrPrecondition
	}
	r := ok(planOf(made))
	r.tag = `"` + made.Token + `"`
	return r, nil
}

// seen returns the token of the preview that a departure is to be done by, out
// of the body or of If-Match, empty for none.
func (c *call) seen(token string) (string, error) {
	if len(c.Header.Values("If-Match")) == 0 {
		return token, nil
	}
	tags, whatever, err := c.tags("If-Match")
	switch {
	case err != nil:
		return "", err
	case whatever:
		return token, nil
	case len(tags) > 1:
		return "", invalid("If-Match", "the one ETag of the preview, or *")
	}
	tag := strings.Trim(tags[0], `"`)
	if tag == "" || token != "" && token != tag { // no preview has the empty one
		return "", transport.ErrPrecondition
	}
	return tag, nil
}

func (l *lens) departMember(c *call) (reply, error) {
	in, who, err := c.principal()
	if err != nil {
		return reply{}, err
	}
	var body disposal
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	how, err := body.decided()
	if err != nil {
		return reply{}, err
	}
	return l.depart(c, workspace.Departure{Workspace: in, Member: who}, how, body.Token)
}

func (l *lens) departUser(c *call) (reply, error) {
	id, err := c.id("user")
	if err != nil {
		return reply{}, err
	}
	var body userDisposal
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	how, err := body.decided()
	if err != nil {
		return reply{}, err
	}
	return l.depart(c, workspace.Departure{User: workspace.UserID(id)}, how, body.Token)
}

// workspaceDeparture is what a workspace is deleted by.
type workspaceDeparture struct {
	Token string `json:"token"`
}

func (l *lens) departWorkspace(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	var body workspaceDeparture
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	return l.depart(c, workspace.Departure{Workspace: workspace.ID(id)}, workspace.Disposal{}, body.Token)
}
