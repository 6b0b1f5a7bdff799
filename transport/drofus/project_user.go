package drofus

import (
	"errors"
	"slices"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

const memberRoot = "project_user"

// An enrolment is a user in a project.
type enrolment struct {
	workspace.Member

	project workspace.Details
	role    *workspace.Group // the user role, the first group that he is in
}

// superuser reports whether he administers the project.
func (e enrolment) superuser() bool {
	return slices.Contains(e.Roles, workspace.RoleProjectAdministrator) || e.User != "" && e.User == e.project.Supervisor
}

// record is a project user as the seed's sample has it: without an id, and
// without his rights (D-53) unless those are asked for, which the seed does not
// know.
func (e enrolment) record(rights bool) record {
	fields := []field{
		timeOf("created_at", e.Created), intOf("project_id", e.project.Num), textOf("username", e.Username),
		boolOf("superuser", true).unless(!e.superuser()),
		nullOf("role", kindText), nullOf("user_role_id", kindInteger),
	}
	if e.role != nil {
		fields[4], fields[5] = textOf("role", e.role.Name), intOf("user_role_id", e.role.Num)
	}
	if rights {
		for _, m := range workspace.Modules() {
			fields = append(fields, intOf(rightsName(m), levelOf(m.Grade(e.Roles))))
		}
		fields = append(fields,
			boolOf("addon_admin", slices.Contains(e.Roles, workspace.RoleBIMAdministrator)),
			boolOf("no_web_admin_access", e.Barred))
	}
	return newRecord(memberRoot, fields...)
}

// enrolments returns the users of projects.
func (l *lens) enrolments(c *call, projects []workspace.Details) ([]enrolment, error) {
	nodes := map[workspace.ID]workspace.Details{}
	for _, w := range projects {
		nodes[w.ID] = w
	}
	found, _, err := l.Workspaces.AllEnrolments(c.Context(), c.actor, workspace.MemberFilter{Kind: rbac.User})
	if err != nil {
		return nil, err
	}
	roles := map[workspace.ID][]workspace.Group{}
	list := make([]enrolment, 0, len(found))
	for _, m := range found {
		w, ok := nodes[m.Workspace]
		if !ok {
			continue
		}
		e := enrolment{Member: m, project: w}
		if len(m.Groups) > 0 {
			if _, known := roles[w.ID]; !known {
				if roles[w.ID], err = l.userRoles(c, w); err != nil {
					return nil, err
				}
			}
			e.role = roleAmong(roles[w.ID], m.Groups)
		}
		list = append(list, e)
	}
	return list, nil
}

// userRoles are the groups of a project, which carry rights (spec/drofus.md
// §2.2).
func (l *lens) userRoles(c *call, w workspace.Details) ([]workspace.Group, error) {
	groups, _, err := l.Workspaces.Groups(c.Context(), c.actor, workspace.GroupFilter{Workspace: w.ID})
	return groups, err
}

// roleAmong returns the first of some groups that he is in.
func roleAmong(groups []workspace.Group, in []workspace.GroupID) *workspace.Group {
	for _, g := range groups {
		if slices.Contains(in, g.ID) {
			return &g
		}
	}
	return nil
}

func (l *lens) projectUsers(c *call) (reply, error) {
	projects, _, err := l.Workspaces.Administered(c.Context(), c.actor, workspace.Filter{})
	if err != nil {
		return reply{}, err
	}
	q := queryParams(c.URL.Query())
	id := q.integer("project_id")
	if err := q.faults.err(); err != nil {
		return reply{}, err
	}
	if id.here {
		projects = slices.DeleteFunc(projects, func(w workspace.Details) bool { return int64(w.Num) != id.value })
	}
	found, err := l.enrolments(c, projects)
	if err != nil {
		return reply{}, err
	}
	list := make([]record, 0, len(found))
	for _, e := range found {
		list = append(list, e.record(includesRights(c)))
	}
	page, err := l.projectUsersPage(c, found)
	return listed("project_users", list, page), err
}

func includesRights(c *call) bool { return c.URL.Query().Get("include") == "rights" }

// pathMember returns the membership that the path names, within the caller's
// reach: "username,projectid".
func (l *lens) pathMember(c *call) (enrolment, error) {
	text, err := c.segment("member")
	if err != nil {
		return enrolment{}, err
	}
	key, ok := readMember(text)
	if err := c.wants(key.suffix); err != nil {
		return enrolment{}, err
	}
	if !ok {
		return enrolment{}, workspace.ErrNotFound
	}
	w, err := l.findProject(c, key.project)
	if err != nil {
		return enrolment{}, err
	}
	u, err := l.Workspaces.AdministeredUser(c.Context(), c.actor, key.username)
	if err != nil {
		return enrolment{}, err
	}
	return l.member(c, w, u.Num)
}

func (l *lens) member(c *call, w workspace.Details, p rbac.Principal) (enrolment, error) {
	m, err := l.Workspaces.EnrolmentOf(c.Context(), c.actor, w.ID, p)
	if err != nil {
		return enrolment{}, err
	}
	e := enrolment{Member: m, project: w}
	if len(m.Groups) > 0 {
		groups, err := l.userRoles(c, w)
		if err != nil {
			return enrolment{}, err
		}
		e.role = roleAmong(groups, m.Groups)
	}
	return e, nil
}

func (e enrolment) path(more ...string) string {
	return strings.Join(append([]string{memberPath(e.Username, int64(e.project.Num))}, more...), "/")
}

func (l *lens) projectUser(c *call) (reply, error) {
	e, err := l.pathMember(c)
	if err != nil {
		return reply{}, err
	}
	r := e.record(includesRights(c))
	if !c.html() {
		return shown(r, nil), nil
	}
	page, err := l.projectUserPage(c, e)
	return shown(r, page), err
}

// memberFields are what the domain's fields are called in a project user.
func memberFields() map[string]string {
	return map[string]string{"roles": onBase, "groups": "user_role_id", "user.username": "user.username"}
}

// applyMember takes over what was sent of the rights in a project. What was not
// sent stays: in a new one, None (DA-5).
func (l *lens) applyMember(c *call, p *params, w workspace.Details, into *workspace.Enrolment) error {
	for _, m := range workspace.Modules() {
		if level := p.choice(rightsName(m), levelFull, levelLimited, levelRead, levelNone); level.here {
			into.Roles = withGrade(into.Roles, m, gradeOf(level.value))
		} else if level.null {
			p.blame(rightsName(m), saysNotIncluded)
		}
	}
	for _, given := range []struct {
		name string
		role rbac.RoleName
	}{{"superuser", workspace.RoleProjectAdministrator}, {"addon_admin", workspace.RoleBIMAdministrator}} {
		if is := p.flag(given.name); is.sent() {
			into.Roles = withRole(into.Roles, given.role, is.value)
		}
	}
	// It may be said of anybody, and has an effect on superusers (DA-4).
	if barred := p.flag("no_web_admin_access"); barred.sent() {
		into.Barred = barred.value
	}
	role := p.integer("user_role_id")
	if !role.sent() {
		return nil
	}
	groups, err := l.userRoles(c, w)
	if err != nil {
		return err
	}
	kept := slices.DeleteFunc(slices.Clone(into.Groups), func(id workspace.GroupID) bool {
		return slices.ContainsFunc(groups, func(g workspace.Group) bool { return g.ID == id })
	})
	if role.here {
		i := slices.IndexFunc(groups, func(g workspace.Group) bool { return int64(g.Num) == role.value })
		if i < 0 {
			p.blame("user_role_id", saysNotIncluded)
			return nil
		}
		kept = append(kept, groups[i].ID)
	}
	into.Groups = kept
	return nil
}

// createProjectUser adds a user to a project, makes his account if he has none,
// and mails him what mail_type names (D-31, D-50 … D-53).
func (l *lens) createProjectUser(c *call) (reply, error) {
	c.fields = memberFields()
	err := l.mayEnrol(c)
	if err != nil {
		return reply{}, err
	}
	if c.html() {
		if c.form, err = l.newProjectUserPage(c); err != nil {
			return reply{}, err
		}
	}
	in, err := c.read(memberRoot)
	if err != nil {
		return reply{}, err
	}
	wanted, w, err := l.newEnrolment(c, in)
	if err != nil {
		return reply{}, err
	}
	added, err := l.Workspaces.Enrol(c.Context(), c.actor, w.ID, wanted)
	if err != nil {
		return reply{}, err
	}
	e, err := l.member(c, w, added.Principal)
	if errors.Is(err, workspace.ErrNotFound) { // he is barred from seeing what he did
		e, err = enrolment{Member: added.Member, project: w}, nil
	}
	return made(e.record(false), e.path()), err
}

func (l *lens) newEnrolment(c *call, in *input) (workspace.Enrolment, workspace.Details, error) {
	in.need("project_id")
	var w workspace.Details
	if id := in.integer("project_id"); id.here {
		var err error
		if w, err = l.findProject(c, id.value); errors.Is(err, workspace.ErrNotFound) {
			in.blame("project_id", saysNotIncluded)
		} else if err != nil {
			return workspace.Enrolment{}, w, err
		}
	}
	user := in.top.object("user")
	if user.missing() { // Rails' wrapper takes a username beside the rights
		user = &params{tree: map[string]any{}, prefix: "user.", faults: in.faults}
		if name, sent := in.get("username"); sent {
			user.tree["username"] = name
		}
	}
	user.need("username")
	wanted := workspace.Enrolment{User: workspace.Person{Username: user.text("username").value}}
	for name, into := range map[string]**string{
		"email": &wanted.User.Email, "first_name": &wanted.User.FirstName, "last_name": &wanted.User.LastName, "language": &wanted.User.Language,
	} {
		if text := user.text(name); text.here {
			*into = &text.value
		}
	}
	user.bound(100, "username")
	user.bound(99, "first_name", "last_name")
	// A string or a number, and absent for no mail (D-52).
	wanted.Notice = in.top.integer("mail_type").or(0)
	if err := in.faults.err(); err != nil {
		return wanted, w, err
	}
	if err := l.applyMember(c, in.params, w, &wanted); err != nil {
		return wanted, w, err
	}
	return wanted, w, in.faults.err()
}

// updateProjectUser changes what was sent of a membership. The path says which:
// what the body says otherwise is refused, and moves nothing (DA-2).
func (l *lens) updateProjectUser(c *call) (reply, error) {
	c.fields = memberFields()
	e, err := l.pathMember(c)
	if err != nil {
		return reply{}, err
	}
	if c.html() {
		if c.form, err = l.editProjectUserPage(c, e); err != nil {
			return reply{}, err
		}
	}
	in, err := c.read(memberRoot)
	if err != nil {
		return reply{}, err
	}
	if name := in.text("username"); name.here && name.value != e.Username {
		in.blame("username", "is not the one of the address")
	}
	if id := in.integer("project_id"); id.here && id.value != int64(e.project.Num) {
		in.blame("project_id", "is not the one of the address")
	}
	trial := workspace.Enrolment{Roles: e.Roles, Groups: e.Groups}
	if err := l.applyMember(c, in.params, e.project, &trial); err != nil {
		return reply{}, err
	}
	if err := in.faults.err(); err != nil {
		return reply{}, err
	}
	_, err = l.Workspaces.UpdateEnrolment(c.Context(), c.actor, e.project.ID, e.Principal, func(held *workspace.Enrolment) error {
		return l.applyMember(c, in.params, e.project, held)
	})
	if err != nil {
		return reply{}, err
	}
	if e, err = l.member(c, e.project, e.Principal); err != nil {
		return reply{}, err
	}
	return changed(e.record(includesRights(c)), e.path()), nil
}

// deleteProjectUser takes a user out of a project. His account stays (D-34).
func (l *lens) deleteProjectUser(c *call) (reply, error) {
	e, err := l.pathMember(c)
	if err != nil {
		return reply{}, err
	}
	return gone("project_users"), l.Workspaces.RemoveMember(c.Context(), c.actor, e.project.ID, e.Principal)
}
