package apiv1

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func invitationRoutes() []route {
	manage := member(workspace.ManageMembers)
	offer := held(post("/invitations/offer", "offerInvitation", public(), (*lens).offerInvitation))
	offer.question = true
	return []route{
		get("/workspaces/{workspace}/invitations", "listInvitations", manage, (*lens).invitations),
		secretive(post("/workspaces/{workspace}/invitations", "createInvitation", manage, (*lens).createInvitation)),
		final(post("/workspaces/{workspace}/invitations/bulk", "createInvitations", manage, (*lens).createInvitations)),
		offer,
		held(post("/invitations/accept", "acceptInvitation", public(), (*lens).acceptInvitation)),
		held(post("/invitations/decline", "declineInvitation", public(), (*lens).declineInvitation)),
		get("/invitations/{invitation}", "getInvitation", manage, (*lens).invitation),
		patch("/invitations/{invitation}", "updateInvitation", manage, (*lens).updateInvitation),
		remove("/invitations/{invitation}", "revokeInvitation", manage, (*lens).revokeInvitation),
		secretive(post("/invitations/{invitation}/resend", "resendInvitation", manage, (*lens).resendInvitation)),
		// Tried, it would show the link and leave no event of that.
		final(post("/invitations/{invitation}/link", "showInvitationLink", manage, (*lens).showInvitationLink)),
	}
}

// inviterWire is who answers for an invitation, as he was then.
type inviterWire struct {
	User      workspace.UserID `json:"user,omitzero"`
	Principal rbac.Principal   `json:"principal"`
	Name      string           `json:"name"`
	Email     string           `json:"email"`
}

// invitationWire is an invitation.
type invitationWire struct {
	ID         workspace.InvitationID    `json:"id"`
	Num        int64                     `json:"num"`
	Workspace  workspace.ID              `json:"workspace"`
	Kind       workspace.InvitationKind  `json:"kind"`
	Email      string                    `json:"email"`
	Domains    []string                  `json:"domains"`
	MaxUses    int64                     `json:"max_uses"`
	Uses       int64                     `json:"uses"`
	Roles      []rbac.RoleName           `json:"roles"`
	Groups     []workspace.GroupID       `json:"groups"`
	Language   string                    `json:"language"`
	Inviter    inviterWire               `json:"inviter"`
	State      workspace.InvitationState `json:"state"`
	Sent       int64                     `json:"sent"`
	Mailed     bool                      `json:"mailed"`
	AcceptedBy workspace.UserID          `json:"accepted_by,omitzero"`
	AcceptedAt time.Time                 `json:"accepted_at,omitzero"`
	Expires    time.Time                 `json:"expires"`
	Created    time.Time                 `json:"created"`
	Updated    time.Time                 `json:"updated"`
	Link       string                    `json:"link,omitzero"`
}

func (invitationWire) readings() []string { return []string{"link"} }

func invitationOf(i workspace.Invitation) invitationWire {
	return invitationWire{
		ID: i.ID, Num: i.Num, Workspace: i.Workspace, Kind: i.Kind, Email: i.Email, Domains: i.Domains, MaxUses: i.MaxUses,
		Uses: i.Uses, Roles: i.Roles, Groups: i.Groups, Language: i.Language,
		Inviter: inviterWire{User: i.Inviter.User, Principal: i.Inviter.Principal, Name: i.Inviter.Name, Email: i.Inviter.Email},
		State:   i.State, Sent: i.Sent, Mailed: i.Mailed, AcceptedBy: i.AcceptedBy, AcceptedAt: i.AcceptedAt,
		Expires: i.Expires, Created: i.Created, Updated: i.Updated,
	}
}

func linked(i workspace.Invitation, link string) invitationWire {
	wire := invitationOf(i)
	wire.Link = link
	return wire
}

func (l *lens) invitations(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	p, err := c.page(byCreationFirst(workspace.InvitationFilter{}.Sortable())...)
	if err != nil {
		return reply{}, err
	}
	f := workspace.InvitationFilter{Order: p.order, After: p.after, Limit: p.more()}
	if f.Search, err = c.text("q"); err != nil {
		return reply{}, err
	}
	if f.IDs, err = identifiers[workspace.InvitationID](c); err != nil {
		return reply{}, err
	}
	if f.EmailHas, err = c.text("email"); err != nil {
		return reply{}, err
	}
	if f.InviterEmailHas, err = c.text("inviter_email"); err != nil {
		return reply{}, err
	}
	if f.Created, err = c.created(); err != nil {
		return reply{}, err
	}
	if f.Expires, err = c.expiring(); err != nil {
		return reply{}, err
	}
	roles, err := c.some("role")
	if err != nil {
		return reply{}, err
	}
	if roles != nil {
		f.Roles = all(roles, func(name string) rbac.RoleName { return rbac.RoleName(name) })
	}
	kind, err := c.text("kind")
	if err != nil {
		return reply{}, err
	}
	if kind != "" {
		if err := oneOf("kind", kind, string(workspace.Personal), string(workspace.Open)); err != nil {
			return reply{}, err
		}
		f.Kind = workspace.InvitationKind(kind)
	}
	states, err := c.among("state", invitationStates()...)
	if err != nil {
		return reply{}, err
	}
	if states != nil {
		f.States = all(states, func(s string) workspace.InvitationState { return workspace.InvitationState(s) })
	}
	inviter, err := c.principalIn("inviter")
	if err != nil {
		return reply{}, err
	}
	f.Inviter = inviter
	found, total, err := l.Workspaces.Invitations(c.Context(), c.actor, workspace.ID(id), f)
	if err != nil {
		return reply{}, err
	}
	return paged(p, found, total, invitationOf), nil
}

func invitationStates() []string {
	return []string{
		string(workspace.Pending), string(workspace.Accepted), string(workspace.Declined), string(workspace.Revoked),
		string(workspace.Expired),
	}
}

// newInvitation is what an invitation is made of.
type newInvitation struct {
	Kind     workspace.InvitationKind `json:"kind"`
	Email    string                   `json:"email"`
	Domains  []string                 `json:"domains"`
	MaxUses  int64                    `json:"max_uses"`
	Roles    []rbac.RoleName          `json:"roles"`
	Groups   []workspace.GroupID      `json:"groups"`
	Language string                   `json:"language"`
	Expires  string                   `json:"expires"`
	// Resend has the one that is pending sent again.
	Resend bool `json:"resend"`
}

func (n newInvitation) invitation() (workspace.Invitation, error) {
	i := workspace.Invitation{
		Kind: n.Kind, Email: n.Email, Domains: n.Domains, MaxUses: n.MaxUses, Roles: n.Roles, Groups: n.Groups, Language: n.Language,
	}
	var err error
	if n.Expires != "" {
		i.Expires, err = parseTime("expires", n.Expires, true)
	}
	return i, err
}

func (l *lens) createInvitation(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	var body newInvitation
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	wanted, err := body.invitation()
	if err != nil {
		return reply{}, err
	}
	in := workspace.ID(id)
	if body.Resend && wanted.Kind != workspace.Open {
		// Looked for before: what was refused spoils a unit of work.
		pending, _, err := l.Workspaces.Invitations(c.Context(), c.actor, in, workspace.InvitationFilter{
			Kind: workspace.Personal, Email: strings.TrimSpace(wanted.Email), States: []workspace.InvitationState{workspace.Pending},
		})
		if err != nil {
			return reply{}, err
		}
		if len(pending) > 0 && strings.TrimSpace(wanted.Email) != "" {
			sent, link, err := l.Workspaces.ResendInvitation(c.Context(), c.actor, pending[0].ID)
			if err != nil {
				return reply{}, err
			}
			again := shown(linked(sent, link))
			again.made = string(sent.ID)
			return again, nil
		}
	}
	made, link, err := l.Workspaces.Invite(c.Context(), c.actor, in, wanted)
	if err != nil {
		return reply{}, err
	}
	return created(linked(made, link), "../../invitations/", string(made.ID)), nil
}

// newInvitations are many.
type newInvitations struct {
	Invitations []newInvitation `json:"invitations"`
}

// invitedWire is the answer to one of many.
type invitedWire struct {
	Status     int             `json:"status"`
	Invitation *invitationWire `json:"invitation,omitzero"`
	Problem    *problem        `json:"problem,omitzero"`
}

// invitedList is the answer to all, in their order.
type invitedList struct {
	Items []invitedWire `json:"items"`
}

func (l *lens) createInvitations(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	var body newInvitations
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	in := workspace.ID(id)
	wanted, places := []workspace.Invitation{}, []int{}
	answers := make([]workspace.Invited, len(body.Invitations))
	for k, row := range body.Invitations {
		i, err := row.invitation()
		if err != nil {
			answers[k].Err = err
			continue
		}
		wanted, places = append(wanted, i), append(places, k)
	}
	made, err := l.Workspaces.InviteMany(c.Context(), c.actor, in, wanted)
	if err != nil {
		return reply{}, err
	}
	for n, answer := range made {
		answers[places[n]] = answer
	}
	out := invitedList{Items: []invitedWire{}}
	for k, answer := range answers {
		status := http.StatusCreated
		if pending, is := errors.AsType[*workspace.PendingError](answer.Err); is && body.Invitations[k].Resend {
			status = http.StatusOK
			answer.Invitation, answer.Link, answer.Err = l.Workspaces.ResendInvitation(c.Context(), c.actor, pending.ID)
		}
		if answer.Err != nil {
			p := transport.Refusal(c.actor, answer.Err)
			if p.Status >= http.StatusInternalServerError {
				transport.NoteError(c.Context(), answer.Err)
			}
			out.Items = append(out.Items, invitedWire{Status: p.Status, Problem: new(problemOf(c.Request, p))})
			continue
		}
		out.Items = append(out.Items, invitedWire{Status: status, Invitation: new(linked(answer.Invitation, answer.Link))})
	}
	return ok(out), nil
}

func (l *lens) invitation(c *call) (reply, error) {
	id, err := c.id("invitation")
	if err != nil {
		return reply{}, err
	}
	i, err := l.Workspaces.Invitation(c.Context(), c.actor, workspace.InvitationID(id))
	if err != nil {
		return reply{}, err
	}
	return shown(invitationOf(i)), nil
}

// invitationPatch is a change of what an invitation gives.
type invitationPatch struct {
	Roles    opt[[]rbac.RoleName]     `json:"roles"`
	Groups   opt[[]workspace.GroupID] `json:"groups"`
	Language opt[string]              `json:"language"`
}

func (l *lens) updateInvitation(c *call) (reply, error) {
	id, err := c.id("invitation")
	if err != nil {
		return reply{}, err
	}
	var body invitationPatch
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	changed, err := l.Workspaces.UpdateInvitation(c.Context(), c.actor, workspace.InvitationID(id), func(i *workspace.Invitation) error {
		if err := c.current(invitationOf(*i)); err != nil {
			return err
		}
		body.Roles.set(&i.Roles)
		body.Groups.set(&i.Groups)
		body.Language.set(&i.Language)
		return nil
	})
	if err != nil {
		return reply{}, err
	}
	return shown(invitationOf(changed)), nil
}

func (l *lens) revokeInvitation(c *call) (reply, error) {
	id, err := c.id("invitation")
	if err != nil {
		return reply{}, err
	}
	this := workspace.InvitationID(id)
	there, err := l.Workspaces.Invitation(c.Context(), c.actor, this)
	if err != nil {
		return reply{}, err
	}
	var was invitationWire
	err = l.heldWorkspace(c, there.Workspace, func(ctx context.Context) error {
		i, err := l.Workspaces.Invitation(ctx, c.actor, this)
		if err != nil {
			return err
		}
		was = invitationOf(i)
		return c.current(was)
	}, func(ctx context.Context) error { return l.Workspaces.RevokeInvitation(ctx, c.actor, this) })
	return gone(c, was), err
}

func (l *lens) resendInvitation(c *call) (reply, error) {
	id, err := c.id("invitation")
	if err != nil {
		return reply{}, err
	}
	sent, link, err := l.Workspaces.ResendInvitation(c.Context(), c.actor, workspace.InvitationID(id))
	if err != nil {
		return reply{}, err
	}
	again := shown(linked(sent, link))
	again.made = id
	return again, nil
}

// linkWire is a link.
type linkWire struct {
	Link string `json:"link"`
}

func (l *lens) showInvitationLink(c *call) (reply, error) {
	id, err := c.id("invitation")
	if err != nil {
		return reply{}, err
	}
	link, err := l.Workspaces.InvitationLink(c.Context(), c.actor, workspace.InvitationID(id))
	if err != nil {
		return reply{}, err
	}
	return ok(linkWire{Link: link}), nil
}

// tokenBody is what opens an invitation. It is never in an address: those end up
// in logs.
type tokenBody struct {
	Token string `json:"token"`
}

// offerWire is what an invitation shows to who holds it.
type offerWire struct {
	Kind      workspace.InvitationKind `json:"kind"`
	Inviter   string                   `json:"inviter"`
	Workspace string                   `json:"workspace"`
	Email     string                   `json:"email,omitzero"`
	Account   bool                     `json:"account"`
	Domains   []string                 `json:"domains"`
	Roles     []rbac.RoleName          `json:"roles"`
	Language  string                   `json:"language"`
	Expires   time.Time                `json:"expires"`
}

func (l *lens) offerInvitation(c *call) (reply, error) {
	var body tokenBody
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	o, err := l.Workspaces.InvitationOffer(c.Context(), c.actor, body.Token)
	if err != nil {
		return reply{}, err
	}
	return ok(offerWire(o)), nil
}

// acceptance is how somebody accepts an invitation.
type acceptance struct {
	Token     string `json:"token"`
	Username  string `json:"username"`
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Language  string `json:"language"`
	Password  string `json:"password"`
}

// joinedWire is who joined what.
type joinedWire struct {
	Workspace workspace.ID     `json:"workspace"`
	Principal rbac.Principal   `json:"principal"`
	User      workspace.UserID `json:"user"`
	Roles     []rbac.RoleName  `json:"roles"`
	Created   time.Time        `json:"created"`
}

func (l *lens) acceptInvitation(c *call) (reply, error) {
	var body acceptance
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	m, err := l.Workspaces.AcceptInvitation(c.Context(), c.actor, body.Token, workspace.Acceptance{
		Username: body.Username, Email: body.Email, FirstName: body.FirstName, LastName: body.LastName,
		Language: body.Language, Password: body.Password,
	})
	if err != nil {
		return reply{}, err
	}
	return ok(joinedWire{Workspace: m.Workspace, Principal: m.Principal, User: m.User, Roles: m.Roles, Created: m.Created}), nil
}

func (l *lens) declineInvitation(c *call) (reply, error) {
	var body tokenBody
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	o, err := l.Workspaces.InvitationOffer(c.Context(), c.actor, body.Token)
	if err != nil {
		return reply{}, err
	}
	return gone(c, offerWire(o)), l.Workspaces.DeclineInvitation(c.Context(), c.actor, body.Token)
}
