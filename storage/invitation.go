package storage

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

type invitationRow struct {
	bun.BaseModel `bun:"table:invitations,alias:i"`

	Workspace    workspace.ID              `bun:"workspace_id,pk"`
	ID           workspace.InvitationID    `bun:"id,pk"`
	Num          int64                     `bun:"num,autoincrement"`
	Kind         workspace.InvitationKind  `bun:"kind"`
	Email        string                    `bun:"email"`
	EmailFold    string                    `bun:"email_fold"`
	Domains      string                    `bun:"domains"`
	Uses         int64                     `bun:"uses"`
	MaxUses      int64                     `bun:"max_uses"`
	Roles        string                    `bun:"roles"`
	Language     string                    `bun:"language"`
	InviterID    workspace.UserID          `bun:"inviter_id"`
	InviterNum   rbac.Principal            `bun:"inviter_num"`
	InviterName  string                    `bun:"inviter_name"`
	InviterEmail string                    `bun:"inviter_email"`
	InviterFold  string                    `bun:"inviter_email_fold"`
	State        workspace.InvitationState `bun:"state"`
	Sent         int64                     `bun:"sent"`
	Mailed       bool                      `bun:"mailed"`
	AcceptedBy   workspace.UserID          `bun:"accepted_by"`
	AcceptedAt   instant                   `bun:"accepted,nullzero"`
	Expires      instant                   `bun:"expires"`
	Created      instant                   `bun:"created"`
	Updated      instant                   `bun:"updated"`

	Digest  string              `bun:"digest"`
	Sealed  string              `bun:"sealed"`
	Version int64               `bun:"version"`
	Hold    quota.ReservationID `bun:"hold"`
}

type invitationGroupRow struct {
	bun.BaseModel `bun:"table:invitation_groups,alias:ig"`

	Workspace  workspace.ID           `bun:"workspace_id,pk"`
	Invitation workspace.InvitationID `bun:"invitation_id,pk"`
	Group      workspace.GroupID      `bun:"group_id,pk"`
}

type invitationUseRow struct {
	bun.BaseModel `bun:"table:invitation_uses,alias:iu"`

	Workspace  workspace.ID           `bun:"workspace_id,pk"`
	Invitation workspace.InvitationID `bun:"invitation_id,pk"`
	User       workspace.UserID       `bun:"user_id,pk"`
	Made       bool                   `bun:"made"`
	At         instant                `bun:"at"`
}

func invitationRowOf(i workspace.Invitation) (invitationRow, error) {
	domains, err := encode(i.Domains)
	if err != nil {
		return invitationRow{}, err
	}
	roles, err := encode(i.Roles)
	return invitationRow{
		Workspace: i.Workspace, ID: i.ID, Kind: i.Kind, Email: i.Email, EmailFold: fold(i.Email),
		Domains: domains, Uses: i.Uses, MaxUses: i.MaxUses, Roles: roles, Language: i.Language,
		InviterID: i.Inviter.User, InviterNum: i.Inviter.Principal, InviterName: i.Inviter.Name, InviterEmail: i.Inviter.Email,
		InviterFold: fold(i.Inviter.Email),
		State:       i.State, Sent: i.Sent, Mailed: i.Mailed, AcceptedBy: i.AcceptedBy, AcceptedAt: instantOf(i.AcceptedAt),
		Expires: instantOf(i.Expires), Created: instantOf(i.Created), Updated: instantOf(i.Updated),
	}, err
}

func (r invitationRow) invitation() (workspace.Invitation, error) {
	i := workspace.Invitation{
		ID: r.ID, Num: r.Num, Workspace: r.Workspace, Kind: r.Kind, Email: r.Email, MaxUses: r.MaxUses, Uses: r.Uses,
		Language: r.Language, State: r.State, Sent: r.Sent, Mailed: r.Mailed,
		Inviter: workspace.Inviter{
			User: r.InviterID, Principal: r.InviterNum, Name: r.InviterName, Email: r.InviterEmail,
		},
		AcceptedBy: r.AcceptedBy, AcceptedAt: r.AcceptedAt.time(),
		Expires: r.Expires.time(), Created: r.Created.time(), Updated: r.Updated.time(),
	}
	if err := decode(r.Domains, &i.Domains); err != nil {
		return i, err
	}
	if err := decode(r.Roles, &i.Roles); err != nil {
		return i, err
	}
	// None is nil, whichever way it was said.
	if len(i.Domains) == 0 {
		i.Domains = nil
	}
	if len(i.Roles) == 0 {
		i.Roles = nil
	}
	return i, nil
}

// with returns the row with a ticket in it.
func (r invitationRow) with(t workspace.Ticket) invitationRow {
	r.Digest, r.Sealed, r.Version, r.Hold = t.Digest, t.Sealed, t.Version, t.Hold
	return r
}

func chooseInvitations(q *bun.SelectQuery, f workspace.InvitationFilter) *bun.SelectQuery {
	q = oneOf(q, "i.id", f.IDs)
	if f.Workspace != "" {
		q = q.Where("i.workspace_id = ?", f.Workspace)
	}
	if f.Kind != "" {
		q = q.Where("i.kind = ?", f.Kind)
	}
	if f.Email != "" {
		q = q.Where("i.email_fold = ?", fold(f.Email))
	}
	q = contains(contains(q, f.Search, "i.email_fold"), f.EmailHas, "i.email_fold")
	q = contains(q, f.InviterEmailHas, "i.inviter_email_fold")
	q = during(during(q, "i.created", f.Created), "i.expires", f.Expires)
	q = givesOneOf(q, f.Roles)
	if f.Inviter != 0 {
		q = q.Where("i.inviter_num = ?", f.Inviter)
	}
	if f.InviterUser != "" {
		q = q.Where("i.inviter_id = ?", f.InviterUser)
	}
	if f.At.IsZero() {
		return oneOf(q, "i.state", f.States)
	}
	if f.States == nil {
		return q
	}
	stands := "CASE WHEN i.state = ? AND i.expires <= ? THEN ? ELSE i.state END IN (?)"
	if len(f.States) == 0 {
		return q.Where(never)
	}
	return q.Where(stands, workspace.Pending, instantOf(f.At), workspace.Expired, bun.List(f.States))
}

// givesOneOf adds the condition that an invitation gives one of some roles, which
// stand in a list as JSON writes it: a name with its quotes is in it nowhere else.
func givesOneOf(q *bun.SelectQuery, roles []rbac.RoleName) *bun.SelectQuery {
	switch {
	case roles == nil:
		return q
	case len(roles) == 0:
		return q.Where(never)
	}
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		for _, role := range roles {
			text, _ := encode(role) // every text can be
			// LIKE knows no case on one of the two databases.
			q = q.WhereOr("replace(i.roles, ?, '') <> i.roles", text)
		}
		return q
	})
}

func invitationListing(at time.Time) listing {
	return listing{key: func(by string) key {
		switch by {
		case "":
			return key{"", numbers}
		case "email":
			return key{"i.email_fold", folded}
		case "inviter":
			return key{"i.inviter_email", exact}
		case "created", "expires":
			return key{"i." + by, numbers}
		case "state":
			if at.IsZero() {
				return key{"i.state", exact}
			}
			now := strconv.FormatInt(int64(instantOf(at)), 10)
			return key{"CASE WHEN i.state = 'pending' AND i.expires <= " + now + " THEN 'expired' ELSE i.state END", exact}
		}
		return key{}
	}, names: workspace.InvitationFilter{}.Sortable(), num: "i.num", invalid: invalidWorkspace}
}

// Invitations returns the invitations that a filter chooses.
func (w *Workspaces) Invitations(ctx context.Context, f workspace.InvitationFilter) ([]workspace.Invitation, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []invitationRow
	q, err := w.db.order(
		chooseInvitations(s.selects().Model(&rows), f), invitationListing(f.At), f.Order, f.Newest, f.After, f.Offset, f.Limit,
	)
	if err != nil {
		return nil, err
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: invitations: %w", err)
	}
	return s.invitationsOf(ctx, rows)
}

// invitationsOf puts groups into invitations.
func (s session) invitationsOf(ctx context.Context, rows []invitationRow) ([]workspace.Invitation, error) {
	list := make([]workspace.Invitation, 0, len(rows))
	at := make(map[workspace.InvitationID]int, len(rows))
	ids := make([]workspace.InvitationID, 0, len(rows))
	for k, r := range rows {
		i, err := r.invitation()
		if err != nil {
			return nil, err
		}
		list = append(list, i)
		at[i.ID] = k
		ids = append(ids, i.ID)
	}
	if len(ids) == 0 {
		return list, nil
	}
	var groups []invitationGroupRow
	err := s.selects().Model(&groups).Where("ig.invitation_id IN (?)", bun.List(ids)).OrderExpr("ig.group_id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("storage: groups of invitations: %w", err)
	}
	for _, g := range groups {
		i := &list[at[g.Invitation]]
		i.Groups = append(i.Groups, g.Group)
	}
	return list, nil
}

// CountInvitations returns how many invitations a filter chooses, whatever its
// bounds.
func (w *Workspaces) CountInvitations(ctx context.Context, f workspace.InvitationFilter) (int, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	n, err := chooseInvitations(s.selects().Model((*invitationRow)(nil)), f).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count invitations: %w", err)
	}
	return int(n), nil
}

// InvitationByDigest returns the invitation that a token opens.
func (w *Workspaces) InvitationByDigest(ctx context.Context, digest string) (workspace.Invitation, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return workspace.Invitation{}, err
	}
	var rows []invitationRow
	if err := s.selects().Model(&rows).Where("i.digest = ?", digest).Scan(ctx); err != nil {
		return workspace.Invitation{}, fmt.Errorf("storage: invitation of a token: %w", err)
	}
	list, err := s.invitationsOf(ctx, rows)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%w: invitation of a token", workspace.ErrNotFound)
	}
	if err != nil {
		return workspace.Invitation{}, err
	}
	return list[0], nil
}

// Ticket returns what opens an invitation.
func (w *Workspaces) Ticket(ctx context.Context, id workspace.InvitationID) (workspace.Ticket, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return workspace.Ticket{}, err
	}
	var t workspace.Ticket
	err = s.raw("SELECT digest, sealed, version, hold FROM invitations WHERE id = ?", id).
		Scan(ctx, &t.Digest, &t.Sealed, &t.Version, &t.Hold)
	if none(err) {
		return workspace.Ticket{}, fmt.Errorf("%w: invitation %s", workspace.ErrNotFound, id)
	}
	if err != nil {
		return workspace.Ticket{}, fmt.Errorf("storage: ticket of invitation %s: %w", id, err)
	}
	return t, nil
}

// AddInvitation stores a new invitation with its ticket.
func (w *Workspaces) AddInvitation(ctx context.Context, i workspace.Invitation, t workspace.Ticket) (workspace.Invitation, error) {
	s, err := w.db.writing(ctx)
	if err != nil {
		return workspace.Invitation{}, err
	}
	row, err := invitationRowOf(i)
	if err != nil {
		return workspace.Invitation{}, err
	}
	row = row.with(t)
	if _, err := s.inserts().Model(&row).ExcludeColumn("num").Returning("num").Exec(ctx); err != nil {
		return workspace.Invitation{}, invitationError(err, i)
	}
	if err := s.inviteInto(ctx, i); err != nil {
		return workspace.Invitation{}, err
	}
	added, err := row.invitation()
	added.Groups = append([]workspace.GroupID(nil), i.Groups...)
	return added, err
}

// inviteInto stores the groups of an invitation that has none.
func (s session) inviteInto(ctx context.Context, i workspace.Invitation) error {
	for _, g := range i.Groups {
		row := invitationGroupRow{Workspace: i.Workspace, Invitation: i.ID, Group: g}
		_, err := s.inserts().Model(&row).Exec(ctx)
		if isForeign(err) {
			return fmt.Errorf("%w: group %s: %w", workspace.ErrNotFound, g, err)
		}
		if err != nil {
			return fmt.Errorf("storage: group %s of invitation %s: %w", g, i.ID, err)
		}
	}
	return nil
}

func invitationError(err error, i workspace.Invitation) error {
	switch {
	case isUnique(err, "invitations", "workspace_id_email_fold", "pending"):
		return fmt.Errorf("%w: %w", workspace.ErrPending, err)
	case isForeign(err):
		return fmt.Errorf("%w: workspace %s: %w", workspace.ErrNotFound, i.Workspace, err)
	}
	return fmt.Errorf("storage: invitation %s: %w", i.ID, err)
}

// SaveInvitation stores a change of what an invitation gives, of who answers
// for it, and of when it was sent and expires.
func (w *Workspaces) SaveInvitation(ctx context.Context, i workspace.Invitation) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	row, err := invitationRowOf(i)
	if err != nil {
		return err
	}
	var place workspace.ID
	err = s.updates().Model(&row).
		Column("roles", "language", "inviter_id", "inviter_num", "inviter_name", "inviter_email", "inviter_email_fold").
		Column("sent", "mailed", "expires", "updated").
		Where("i.id = ?", i.ID).Returning("workspace_id").Scan(ctx, &place)
	if none(err) {
		return fmt.Errorf("%w: invitation %s", workspace.ErrNotFound, i.ID)
	}
	if err != nil {
		return fmt.Errorf("storage: invitation %s: %w", i.ID, err)
	}
	_, err = s.raw("DELETE FROM invitation_groups WHERE workspace_id = ? AND invitation_id = ?", place, i.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: groups of invitation %s: %w", i.ID, err)
	}
	i.Workspace = place
	return s.inviteInto(ctx, i)
}

// SaveTicket stores another ticket of an invitation.
func (w *Workspaces) SaveTicket(ctx context.Context, id workspace.InvitationID, t workspace.Ticket) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	res, err := s.raw("UPDATE invitations SET digest = ?, sealed = ?, version = ?, hold = ? WHERE id = ?",
		t.Digest, t.Sealed, t.Version, t.Hold, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: ticket of invitation %s: %w", id, err)
	}
	return found(res, "invitation", id)
}

// SettleInvitation moves an invitation from one of some states to another.
func (w *Workspaces) SettleInvitation(ctx context.Context, i workspace.Invitation, from ...workspace.InvitationState) (bool, error) {
	s, err := w.db.writing(ctx)
	if err != nil {
		return false, err
	}
	row, err := invitationRowOf(i)
	if err != nil {
		return false, err
	}
	q := s.updates().Model(&row).Column("state", "accepted_by", "accepted", "updated").Where("i.id = ?", i.ID)
	if len(from) == 0 {
		return false, nil
	}
	res, err := q.Where("i.state IN (?)", bun.List(from)).Exec(ctx)
	if err != nil {
		return false, invitationError(err, i)
	}
	return changed(res)
}

// UseInvitation counts a use of an open invitation.
func (w *Workspaces) UseInvitation(ctx context.Context, u workspace.InvitationUse) (bool, error) {
	s, err := w.db.writing(ctx)
	if err != nil {
		return false, err
	}
	var place workspace.ID
	err = s.raw("SELECT workspace_id FROM invitations WHERE id = ?", u.Invitation).Scan(ctx, &place)
	if none(err) {
		return false, fmt.Errorf("%w: invitation %s", workspace.ErrNotFound, u.Invitation)
	}
	if err != nil {
		return false, fmt.Errorf("storage: invitation %s: %w", u.Invitation, err)
	}
	res, err := s.raw(`UPDATE invitations SET uses = uses + 1, updated = ?0,
			state = CASE WHEN uses + 1 = max_uses THEN ?1 ELSE state END,
			accepted = CASE WHEN uses + 1 = max_uses THEN ?0 ELSE accepted END
		WHERE id = ?2 AND kind = ?3 AND state = ?4 AND uses < max_uses`,
		instantOf(u.At), workspace.Accepted, u.Invitation, workspace.Open, workspace.Pending).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("storage: use of invitation %s: %w", u.Invitation, err)
	}
	if counted, err := changed(res); err != nil || !counted {
		return false, err
	}
	row := invitationUseRow{Workspace: place, Invitation: u.Invitation, User: u.User, Made: u.Made, At: instantOf(u.At)}
	_, err = s.inserts().Model(&row).Exec(ctx)
	if isUnique(err, "invitation_uses", "workspace_id_invitation_id_user_id", "pkey") {
		return false, &workspace.TakenError{Field: "user", Value: string(u.User)}
	}
	if err != nil {
		return false, fmt.Errorf("storage: use of invitation %s: %w", u.Invitation, err)
	}
	return true, nil
}

// InvitationUses lists who came by open invitations.
func (w *Workspaces) InvitationUses(ctx context.Context, f workspace.InvitationUseFilter) ([]workspace.InvitationUse, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []invitationUseRow
	q := s.selects().Model(&rows).OrderExpr("iu.at, iu.user_id, iu.invitation_id")
	if f.Invitation != "" {
		q = q.Where("iu.invitation_id = ?", f.Invitation)
	}
	if f.User != "" {
		q = q.Where("iu.user_id = ?", f.User)
	}
	if f.Made != nil {
		q = q.Where("iu.made = ?", *f.Made)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: uses of invitations: %w", err)
	}
	list := make([]workspace.InvitationUse, 0, len(rows))
	for _, r := range rows {
		list = append(list, workspace.InvitationUse{Invitation: r.Invitation, User: r.User, Made: r.Made, At: r.At.time()})
	}
	return list, nil
}
