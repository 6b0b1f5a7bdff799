package drofus

import (
	"errors"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// Pages offer what would succeed and nothing else. What is asked for that here,
// the services ask again when it is done.

// permitted makes yes or no of an answer that may be a refusal.
func permitted(err error) (bool, error) {
	for _, refusal := range []error{rbac.ErrDenied, rbac.ErrNoPrincipal, rbac.ErrNoNode, workspace.ErrNotFound, database.ErrNotFound} {
		if errors.Is(err, refusal) {
			return false, nil
		}
	}
	return err == nil, err
}

// holds reports whether the caller holds a permission on a node.
func (l *lens) holds(c *call, n rbac.Node, perm rbac.Permission) (bool, error) {
	return permitted(l.Rules.Require(c.Context(), c.actor.Principal, n, perm, rbac.Latest()))
}

// where returns the nodes of a class on which the caller holds permissions.
func (l *lens) where(c *call, class string, perms ...rbac.Permission) (rbac.Condition, error) {
	var all rbac.Condition
	for i, perm := range perms {
		nodes, err := l.Rules.Filter(c.Context(), c.actor.Principal, perm, rbac.Root, class, rbac.Latest())
		if _, err = permitted(err); err != nil {
			return all, err
		}
		if i == 0 {
			all = nodes
		}
		all = all.And(nodes)
	}
	return all, nil
}

// somewhere lets pass who holds permissions on a node of a class, or one on the
// whole server: there may be no such node yet.
func (l *lens) somewhere(c *call, class string, server rbac.Permission, perms ...rbac.Permission) error {
	nodes, err := l.where(c, class, perms...)
	if err != nil || len(nodes.Ranges()) > 0 {
		return err
	}
	return l.require(c, rbac.Root, server)
}

// require lets pass who holds a permission on a node.
func (l *lens) require(c *call, n rbac.Node, perm rbac.Permission) error {
	ok, err := l.holds(c, n, perm)
	if err == nil && !ok {
		err = denied(c.actor, n, perm)
	}
	return err
}

func denied(actor workspace.Actor, n rbac.Node, perm rbac.Permission) error {
	return &rbac.DeniedError{Explanation: rbac.Explanation{Principal: actor.Principal, Node: n, Permission: perm, Cause: rbac.ByDefault}}
}

// mayCreateProjects lets pass who can make a project, or a database: in some owner.
func (l *lens) mayCreateProjects(c *call) error {
	return l.somewhere(c, workspace.ClassOrganization, workspace.ManageWorkspaces, workspace.ManageWorkspaces)
}

// mayCreateOwners lets pass who can make an owner.
func (l *lens) mayCreateOwners(c *call) error {
	return l.require(c, rbac.Root, workspace.ManageOrganizations)
}

// mayEnrol lets pass who can add a user to a project: to some.
func (l *lens) mayEnrol(c *call) error {
	return l.somewhere(c, workspace.ClassWorkspace, workspace.ManageUsers, workspace.Enter, workspace.ManageMembers)
}

// mayWriteEmails lets pass who can make a mail: of some owner.
func (l *lens) mayWriteEmails(c *call) error {
	return l.somewhere(c, workspace.ClassOrganization, workspace.Administer, workspace.UpdateOrganization)
}

// mayChangeEmail lets pass who can change the mails of an owner, or everybody's
// where none is named.
func (l *lens) mayChangeEmail(c *call, owner workspace.Organization) error {
	if owner.Num == 0 {
		return l.require(c, rbac.Root, workspace.Administer)
	}
	return l.require(c, owner.Num, workspace.UpdateOrganization)
}

// mayRun lets pass who can close, open and delete a project, or say where its data
// are: who manages the projects of its owner.
func (l *lens) mayRun(c *call, w workspace.Details) error {
	above := rbac.Root
	if w.PaidBy != nil {
		above = w.PaidBy.Num
	}
	return l.require(c, above, workspace.ManageWorkspaces)
}

// offered is an action that is offered to who may do it.
type offered struct {
	button button

	ok  bool
	err error
}

// offer returns a button, and whether what it does is permitted.
func offer(b button, err error) offered {
	ok, err := permitted(err)
	return offered{b, ok, err}
}

// unless takes an offer back.
func (o offered) unless(vain bool) offered {
	o.ok = o.ok && !vain
	return o
}

// offers returns the buttons of what is permitted.
func offers(list ...offered) ([]button, error) {
	var buttons []button
	for _, o := range list {
		if o.err != nil {
			return nil, o.err
		}
		if o.ok {
			buttons = append(buttons, o.button)
		}
	}
	return buttons, nil
}

// offerLink returns a link to what is permitted, and nil otherwise.
func offerLink(label, path string, err error) (*link, error) {
	ok, err := permitted(err)
	if err != nil || !ok {
		return nil, err
	}
	return &link{label, path}, nil
}

// ownersWith returns those of some owners on which the caller holds a permission.
func (l *lens) ownersWith(c *call, list []workspace.Organization, perm rbac.Permission) ([]workspace.Organization, error) {
	nodes, err := l.where(c, workspace.ClassOrganization, perm)
	kept := slices.DeleteFunc(slices.Clone(list), func(o workspace.Organization) bool { return !nodes.Contains(o.Num) })
	return kept, err
}
