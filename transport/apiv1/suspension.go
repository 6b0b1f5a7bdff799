package apiv1

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func suspensionRoutes() []route {
	manage := member(workspace.ManageMembers)
	return []route{
		post("/workspaces/{workspace}/members/{principal}/suspend", "suspendMember", manage, (*lens).suspend),
		post("/workspaces/{workspace}/members/{principal}/resume", "resumeMember", manage, (*lens).resume),
	}
}

func (l *lens) suspend(c *call) (reply, error) { return l.setSuspended(c, l.Workspaces.Suspend) }

func (l *lens) resume(c *call) (reply, error) { return l.setSuspended(c, l.Workspaces.Resume) }

func (l *lens) setSuspended(
	c *call, set func(context.Context, workspace.Actor, workspace.ID, rbac.Principal) (workspace.Member, error),
) (reply, error) {
	in, who, err := c.principal()
	if err != nil {
		return reply{}, err
	}
	var now memberWire
	err = l.heldWorkspace(c, in, func(ctx context.Context) error {
		was, err := l.memberOf(ctx, c, in, who)
		if err != nil {
			return err
		}
		return c.current(was)
	}, func(ctx context.Context) error {
		m, err := set(ctx, c.actor, in, who)
		if err != nil {
			return err
		}
		list, err := l.membersWith(ctx, c, in, []workspace.Member{m})
		if err != nil {
			return err
		}
		now = list[0]
		return nil
	})
	if err != nil {
		return reply{}, err
	}
	return shown(now), nil
}
