package apiv1

import (
	"context"
	"errors"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

func holdingRoutes() []route {
	read := member(workspace.ReadMembers)
	return []route{
		get("/workspaces/{workspace}/members/{principal}/holdings", "listHoldings", read, (*lens).holdings),
		get("/workspaces/{workspace}/members/{principal}/heirs", "listHeirs", read, (*lens).heirs),
		post("/workspaces/{workspace}/members/{principal}/holdings/transfer", "transferHoldings",
			member(workspace.ManageMembers), (*lens).transferHoldings),
	}
}

// holdingWire is something that somebody owns.
type holdingWire struct {
	Node    rbac.Node        `json:"node"`
	Class   string           `json:"class"`
	Parent  rbac.Node        `json:"parent"`
	Others  []rbac.Principal `json:"others"`
	Below   int              `json:"below"`
	Foreign []rbac.Node      `json:"foreign"`
	Kept    string           `json:"kept,omitzero"`
}

func holdingOf(h workspace.Holding) holdingWire {
	return holdingWire{
		Node: h.Node, Class: h.Class, Parent: h.Parent, Others: h.Others, Below: h.Below, Foreign: h.Foreign, Kept: h.Kept,
	}
}

func (l *lens) holdings(c *call) (reply, error) {
	in, who, err := c.principal()
	if err != nil {
		return reply{}, err
	}
	node := func(h holdingWire) int64 { return int64(h.Node) }
	columns := []column[holdingWire]{
		{name: "node", number: node},
		{name: "class", text: func(h holdingWire) string { return h.Class }},
		{name: "below", number: func(h holdingWire) int64 { return int64(h.Below) }},
	}
	p, err := c.page(names(columns)...)
	if err != nil {
		return reply{}, err
	}
	found, err := l.Workspaces.Holdings(c.Context(), c.actor, in, who)
	if err != nil {
		return reply{}, err
	}
	return cut(p, all(found, holdingOf), columns, node)
}

// heir is a member who may own something in place of another.
type heir struct {
	Principal rbac.Principal  `json:"principal"`
	Name      string          `json:"name"`
	Username  string          `json:"username"`
	Email     string          `json:"email"`
	Roles     []rbac.RoleName `json:"roles"`
}

func heirOf(m workspace.Member) heir {
	return heir{Principal: m.Principal, Name: m.Name, Username: m.Username, Email: m.Email, Roles: m.Roles}
}

func (l *lens) heirs(c *call) (reply, error) {
	in, who, err := c.principal()
	if err != nil {
		return reply{}, err
	}
	p, err := c.page("name", "username", "email")
	if err != nil {
		return reply{}, err
	}
	q, err := c.text("q")
	if err != nil {
		return reply{}, err
	}
	found, err := l.Workspaces.Heirs(c.Context(), c.actor, in, who,
		workspace.MemberFilter{Search: q, Order: p.order, After: p.after, Limit: p.more()})
	if err != nil {
		return reply{}, err
	}
	shown, next := trim(p, found, placed[workspace.Member](p))
	return ok(list[heir]{Items: all(shown, heirOf), Next: next}), nil
}

// transfer is who is to own what another owns.
type transfer struct {
	To rbac.Principal `json:"to"`
}

// transferred tells how much changed hands.
type transferred struct {
	Transferred int `json:"transferred"`
}

func (l *lens) transferHoldings(c *call) (reply, error) {
	in, who, err := c.principal()
	if err != nil {
		return reply{}, err
	}
	var body transfer
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if body.To <= 0 {
		return reply{}, invalid("to", "the number of a member")
	}
	moved, err := l.Workspaces.TransferHoldings(c.Context(), c.actor, in, who, body.To)
	if err != nil {
		return reply{}, err
	}
	return ok(transferred{Transferred: moved}), nil
}

// maxHeirs is how many heirs a problem names; all of them are a list.
const maxHeirs = 20

// owningError is an OwnsError with what it is that somebody owns, by class, and
// who may own it in his place.
type owningError struct {
	error

	holdings map[string]int
	heirs    []heir
}

func (e *owningError) Unwrap() error { return e.error }

// owning adds to the refusal of who owns something what helps out of it, for
// who may know.
func (l *lens) owning(ctx context.Context, c *call, in workspace.ID, who rbac.Principal, refused error) error {
	if !errors.Is(refused, workspace.ErrOwns) && !errors.Is(refused, accesskey.ErrOwns) {
		return refused
	}
	found, err := l.Workspaces.Holdings(ctx, c.actor, in, who)
	if errors.Is(err, rbac.ErrDenied) {
		return refused
	}
	if err != nil {
		return err
	}
	heirs, err := l.Workspaces.Heirs(ctx, c.actor, in, who, workspace.MemberFilter{Limit: maxHeirs})
	if err != nil {
		return err
	}
	told := &owningError{error: refused, holdings: map[string]int{}, heirs: all(heirs, heirOf)}
	for _, h := range found {
		told.holdings[h.Class]++
	}
	return told
}
