package apiv1

import (
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func partyRoutes() []route {
	return []route{
		get("/workspaces/{workspace}/principals", "listPrincipals", member(workspace.ReadMembers), (*lens).parties),
	}
}

// special is the kind of those whom rules alone name.
const special = "special"

// partyWire is somebody whom rules can name.
type partyWire struct {
	Num       rbac.Principal `json:"num"`
	Kind      string         `json:"kind"`
	Name      string         `json:"name,omitzero"`
	Username  string         `json:"username,omitzero"`
	Email     string         `json:"email,omitzero"`
	Member    bool           `json:"member"`
	Suspended *bool          `json:"suspended,omitzero"`
}

func partyOf(p workspace.Party) partyWire {
	wire := partyWire{Num: p.Num, Kind: string(p.Kind), Name: p.Name, Username: p.Username, Email: p.Email, Member: p.Member}
	if p.Kind == rbac.System {
		wire.Kind = special
	}
	if p.Member {
		wire.Suspended = &p.Suspended
	}
	return wire
}

// kinds returns the kinds of principals that are asked for, nil for all.
func (c *call) kinds(known ...string) ([]rbac.Kind, error) {
	list, err := c.among("kind", known...)
	if err != nil || list == nil {
		return nil, err
	}
	return all(list, func(text string) rbac.Kind {
		if text == special {
			return rbac.System
		}
		return rbac.Kind(text)
	}), nil
}

func (l *lens) parties(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	p, err := c.page(workspace.PartyFilter{}.Sortable()...)
	if err != nil {
		return reply{}, err
	}
	f := workspace.PartyFilter{Order: p.order, After: p.after, Limit: p.more()}
	if f.Search, err = c.text("q"); err != nil {
		return reply{}, err
	}
	if f.Nums, err = c.principals("num"); err != nil {
		return reply{}, err
	}
	if f.Kinds, err = c.kinds(string(rbac.User), string(rbac.Group), string(rbac.Key), special); err != nil {
		return reply{}, err
	}
	found, total, err := l.Workspaces.Parties(c.Context(), c.actor, workspace.ID(id), f)
	if err != nil {
		return reply{}, err
	}
	return paged(p, found, total, partyOf), nil
}
