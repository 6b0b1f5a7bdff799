package drofus

import (
	"context"
	"errors"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

const userRoot = "user"

// users lists the users within the caller's reach. The parameter is q
// (spec/drofus.md D-25), and query is understood as well.
func (l *lens) users(c *call) (reply, error) {
	q := c.URL.Query()
	f := workspace.UserFilter{Search: q.Get("q")}
	if f.Search == "" {
		f.Search = q.Get("query")
	}
	disabled := showsAll(q.Get("show_disabled"))
	if disabled {
		f.Disabled = new(true)
	}
	found, _, err := l.Workspaces.AdministeredUsers(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, err
	}
	list := make([]record, 0, len(found))
	for _, u := range found {
		list = append(list, userRecord(u))
	}
	page, err := l.usersPage(c, found, f.Search, disabled)
	return listed("users", list, page), err
}

// userRecord is a user. The seed has no sample of one; these are the fields that
// project users are made with, and what the domain knows besides. When he last
// came is null for who may not know.
func userRecord(u workspace.User) record {
	updated := timeOf("updated_at", u.Updated)
	return newRecord(userRoot,
		timeOf("created_at", u.Created), boolOf("disabled", u.Disabled), textOrNull("email", u.Email),
		textOrNull("first_name", u.FirstName), intOf("id", u.Num), timeOf("last_login", u.LastLogin),
		textOrNull("last_name", u.LastName), updated.unless(u.Updated.Equal(u.Created)), textOf("username", u.Username),
	)
}

// pathUser returns the user that the path names, within the caller's reach.
// Usernames have dots: the whole of the segment counts first, and only if nobody
// is called so what is before a suffix (DA-10). In the middle of a path there is
// no suffix.
func (l *lens) pathUser(c *call, last bool) (workspace.User, error) {
	text, err := c.segment("username")
	if err != nil {
		return workspace.User{}, err
	}
	for _, reading := range readings(text) {
		if reading.suffix != unsaid && !last {
			break
		}
		u, err := l.Workspaces.AdministeredUser(c.Context(), c.actor, reading.name)
		if errors.Is(err, workspace.ErrNotFound) {
			continue
		}
		if err == nil {
			err = c.wants(reading.suffix)
		}
		return u, err
	}
	if all := readings(text); last && len(all) > 1 { // nobody is called either
		c.suffix = all[1].suffix
	}
	return workspace.User{}, workspace.ErrNotFound
}

func userPath(u workspace.User, more ...string) string {
	return pathTo(append([]string{"users", u.Username}, more...)...)
}

func (l *lens) user(c *call) (reply, error) {
	u, err := l.pathUser(c, true)
	if err != nil {
		return reply{}, err
	}
	r := userRecord(u)
	if !c.html() {
		return shown(r, nil), nil
	}
	page, err := l.userPage(c, u, r)
	return shown(r, page), err
}

// applyUser takes over what was sent of a user. His username stays.
func applyUser(p *params, u *workspace.User) {
	text := func(name string, into *string) {
		if t := p.text(name); t.sent() {
			*into = t.value
		}
		p.bound(99, name)
	}
	p.keep("email")
	text("first_name", &u.FirstName)
	text("last_name", &u.LastName)
	if t := p.text("email"); t.here {
		u.Email = t.value
	}
	if d := p.flag("disabled"); d.here {
		u.Disabled = d.value
	}
	if t := p.text("username"); t.here && t.value != u.Username {
		p.blame("username", "cannot be changed")
	}
}

func (l *lens) updateUser(c *call) (reply, error) {
	u, err := l.pathUser(c, true)
	if err != nil {
		return reply{}, err
	}
	if err := l.Workspaces.Administers(c.Context(), c.actor, u.ID); err != nil {
		return reply{}, err
	}
	if c.html() {
		if c.form, err = l.userForm(c, u); err != nil {
			return reply{}, err
		}
	}
	in, err := c.read(userRoot)
	if err != nil {
		return reply{}, err
	}
	trial := u
	applyUser(in.params, &trial)
	if err := in.faults.err(); err != nil {
		return reply{}, err
	}
	if u, err = l.changeUser(c, u, func(u *workspace.User) { applyUser(in.params, u) }); err != nil {
		return reply{}, err
	}
	return changed(userRecord(u), userPath(u)), nil
}

// changeUser changes a user, and ends what he is doing where that disables him
// (DA-14).
func (l *lens) changeUser(c *call, u workspace.User, change func(*workspace.User)) (after workspace.User, err error) {
	err = l.unit(c.Context(), func(ctx context.Context) error {
		after, err = l.Workspaces.UpdateAdministered(ctx, c.actor, u.ID, func(u *workspace.User) error {
			change(u)
			return nil
		})
		if err != nil || !after.Disabled || u.Disabled {
			return err
		}
		return l.SignIn.Kick(ctx, c.actor, u.ID)
	})
	if errors.Is(err, workspace.ErrInUse) {
		err = faulty(onBase, "He supervises a project: name somebody else first")
	}
	return after, err
}

// deleteUser deletes a user with his memberships, which is for administrators of
// the server (DA-22).
func (l *lens) deleteUser(c *call) (reply, error) {
	u, err := l.pathUser(c, true)
	if err != nil {
		return reply{}, err
	}
	_, err = l.Workspaces.Depart(c.Context(), c.actor, workspace.Departure{User: u.ID}, workspace.Disposal{}, "")
	if blocked, ok := errors.AsType[*workspace.BlockedError](err); ok {
		return reply{}, blockedBy(blocked)
	}
	return gone("users"), err
}

func (l *lens) disableUser(c *call) (reply, error) {
	return l.setDisabled(c, true, "disable", "Nobody can sign in with this account until it is enabled again, and its sessions end.")
}

func (l *lens) enableUser(c *call) (reply, error) {
	return l.setDisabled(c, false, "enable", "The account can be used again.")
}

func (l *lens) setDisabled(c *call, disabled bool, verb, text string) (reply, error) {
	u, err := l.userAction(c, verb, text)
	if err != nil {
		return reply{}, err
	}
	if u, err = l.changeUser(c, u, func(u *workspace.User) { u.Disabled = disabled }); err != nil {
		return reply{}, err
	}
	return done(verb+"d", userRecord(u), userPath(u)), nil
}

// userAction returns the user that an action is about, once it is confirmed.
func (l *lens) userAction(c *call, verb, text string) (workspace.User, error) {
	u, err := l.pathUser(c, false)
	if err != nil {
		return u, err
	}
	// Nobody is asked to confirm what he may not do. Everybody may kick himself.
	if verb != "kick" || u.ID != c.actor.User {
		if err := l.Workspaces.Administers(c.Context(), c.actor, u.ID); err != nil {
			return u, err
		}
	}
	return u, c.confirmed(confirmPage{
		Title: capital(verb) + " " + u.Username + "?", Text: text,
		Action: button{Label: capital(verb) + " " + u.Username, Path: userPath(u, verb), Main: true},
		Back:   &link{"Back to " + u.Username, userPath(u)},
	})
}

// kickUser ends all sessions of a user, who may sign in again (DA-14, DA-15).
func (l *lens) kickUser(c *call) (reply, error) {
	u, err := l.userAction(c, "kick", "All sessions of this user end, in whatever database. He can sign in again.")
	if err != nil {
		return reply{}, err
	}
	if err := l.SignIn.Kick(c.Context(), c.actor, u.ID); err != nil {
		return reply{}, err
	}
	return done("kicked", userRecord(u), userPath(u)), nil
}
