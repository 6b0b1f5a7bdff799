package entrepot

import (
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func (l *lens) me(c *call) (reply, error) {
	ctx := c.Context()
	user, err := l.Workspaces.Me(ctx, c.actor)
	if err != nil {
		return reply{}, err
	}
	memberships, err := l.Workspaces.Memberships(ctx, c.actor, user.ID)
	if err != nil {
		return reply{}, err
	}
	keys, documents, err := l.Workspaces.UserQuotas(ctx, c.actor, user.ID)
	if err != nil {
		return reply{}, err
	}
	if user.LastCall.IsZero() {
		// Some clients need a last call; the first one is this.
		user.LastCall = l.now()
	}
	return ok(accountOf(user).withMemberships(memberships).withQuotas(keys, documents)), nil
}

func (l *lens) leave(c *call) (reply, error) {
	id, err := c.id("community")
	if err != nil {
		return reply{}, err
	}
	if err := l.Workspaces.Leave(c.Context(), c.actor, workspace.ID(id)); err != nil {
		return reply{}, err
	}
	return done(), nil
}

func (l *lens) allUsers(c *call) (reply, error) {
	p, err := c.page(true)
	if err != nil {
		return reply{}, err
	}
	f := workspace.UserFilter{Newest: p.newest, Offset: p.offset, Limit: p.limit}
	if err := c.texts(map[string]*string{"email": &f.Email, "search": &f.Search}); err != nil {
		return reply{}, err
	}
	users, total, err := l.Workspaces.Users(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, err
	}
	list := make([]account, 0, len(users))
	for _, u := range users {
		list = append(list, accountOf(u))
	}
	return listed(p, list, total)
}

func (l *lens) user(c *call) (reply, error) {
	id, err := c.id("user")
	if err != nil {
		return reply{}, err
	}
	return l.showUser(c, workspace.UserID(id))
}

func (l *lens) showUser(c *call, id workspace.UserID) (reply, error) {
	user, err := l.Workspaces.User(c.Context(), c.actor, id)
	if err != nil {
		return reply{}, err
	}
	keys, documents, err := l.Workspaces.UserQuotas(c.Context(), c.actor, id)
	if err != nil {
		return reply{}, err
	}
	return ok(accountOf(user).withQuotas(keys, documents)), nil
}

func (l *lens) updateUser(c *call) (reply, error) {
	id, err := c.id("user")
	if err != nil {
		return reply{}, err
	}
	var patch userPatch
	if err := c.readSome(&patch); err != nil {
		return reply{}, err
	}
	if err := patch.check(); err != nil {
		return reply{}, err
	}
	user := workspace.UserID(id)
	if err := l.Workspaces.SetUserQuotas(c.Context(), c.actor, user, patch.KeysQuota, patch.DocumentsQuota); err != nil {
		return reply{}, err
	}
	return l.showUser(c, user)
}
