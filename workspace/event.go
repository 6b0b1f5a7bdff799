package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// clock returns the time as it is kept.
func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// record appends an event to the trail, in the unit of work of the change that
// it tells of.
func (s *Service) record(ctx context.Context, actor Actor, e audit.Event, detail changes) error {
	now, before, err := detail.told()
	if err != nil {
		return fmt.Errorf("workspace: detail of %s: %w", e.Action, err)
	}
	e = actor.Signs(e)
	e.ID = audit.EventID(uid.New())
	e.At = s.clock()
	e.Detail, e.Before = now, before
	return s.trail.Append(ctx, e)
}

// event returns an event about a workspace.
func (w Workspace) event(action string) audit.Event {
	return w.about(action, audit.Object{Kind: "workspace", ID: string(w.ID), Name: w.Name})
}

// about returns an event about something in a workspace.
func (w Workspace) about(action string, object audit.Object) audit.Event {
	return audit.Event{
		Action: action, Workspace: string(w.ID), Organization: string(w.Organization), Object: object,
	}
}

// event returns an event about an organization.
func (o Organization) event(action string) audit.Event {
	return audit.Event{
		Action: action, Organization: string(o.ID),
		Object: audit.Object{Kind: "organization", ID: string(o.ID), Name: o.Name},
	}
}

// event returns an event about a user.
func (u User) event(action string) audit.Event {
	return audit.Event{Action: action, Object: u.object()}
}

func (u User) object() audit.Object {
	return audit.Object{Kind: "user", ID: string(u.ID), Name: u.Username}
}

func (g Group) object() audit.Object {
	return audit.Object{Kind: "group", ID: string(g.ID), Name: g.Name}
}

// ofMembers reports whether an event, or all that an action can be the
// beginning of, tells who belongs to a workspace, or which keys do.
func ofMembers(action string) bool {
	for _, of := range []string{"member.", "group.", "access_key.", "invitation."} {
		if strings.HasPrefix(action, of) {
			return true
		}
	}
	return false
}

// Activity lists what happened in a workspace. It needs [ReadActivity], and
// [ReadMembers] besides for events about members: who lacks it is refused when
// he asks for those alone, and is shown the others when he asks for all.
func (s *Service) Activity(ctx context.Context, actor Actor, id ID, f audit.Filter) ([]audit.Event, error) {
	w, err := s.find(ctx, actor, id, s.on(actor, ReadActivity))
	if err != nil {
		return nil, err
	}
	f.Workspace, f.Outcome = string(w.ID), audit.Allowed
	f.Principal, f.Credential, f.Address, f.Search = 0, "", "", "" // is for who may see all of them
	denied := s.require(ctx, actor, w.Num, ReadMembers)
	if denied == nil {
		list, err := s.trail.List(ctx, f)
		return activities(list), err
	}
	if !errors.Is(denied, rbac.ErrDenied) {
		return nil, denied
	}
	alone := len(f.Actions) > 0
	for _, action := range f.Actions {
		alone = alone && ofMembers(action)
	}
	if alone {
		return nil, denied
	}
	list, err := s.withoutMembers(ctx, f)
	return activities(list), err
}

// activities leave of events what it takes [ReadAudit] to see: with what they were
// done and for whom, what was there before, and where they lie in the chain.
func activities(list []audit.Event) []audit.Event {
	for i, e := range list {
		list[i] = audit.Event{
			ID: e.ID, Num: e.Num, At: e.At, Principal: e.Principal, Actor: e.Actor, Via: e.Via, Address: e.Address,
			Action: e.Action, Workspace: e.Workspace, Organization: e.Organization, Object: e.Object, Detail: e.Detail,
		}
	}
	return list
}

// batch is how many events are read at once to leave some out.
const batch = 200

// withoutMembers lists events but for those about members. Offset and Limit
// count what is left.
func (s *Service) withoutMembers(ctx context.Context, f audit.Filter) ([]audit.Event, error) {
	skip, limit := f.Offset, f.Limit
	f.Offset, f.Limit = 0, batch
	var list []audit.Event
	for {
		read, err := s.trail.List(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, e := range read {
			switch {
			case ofMembers(e.Action):
			case skip > 0:
				skip--
			default:
				list = append(list, e)
			}
			if limit > 0 && len(list) == limit {
				return list, nil
			}
		}
		if len(read) < batch {
			return list, nil
		}
		f.After = read[len(read)-1].Num
	}
}

// published is how the actions begin that the public may know of.
const published = "offering."

// PublicActivity lists what was published by a public workspace, named by its
// technical name, for everybody, without the names of who did it. Workspaces
// that are not public, or not active, answer ErrNotFound.
func (s *Service) PublicActivity(ctx context.Context, _ Actor, technicalName string, f audit.Filter) (Workspace, []audit.Event, error) {
	if technicalName == "" {
		return Workspace{}, nil, ErrNotFound
	}
	w, err := one(s.store.Workspaces(ctx, Filter{TechnicalName: technicalName}))
	if err != nil {
		return Workspace{}, nil, err
	}
	if !w.Public || !w.Active {
		return Workspace{}, nil, ErrNotFound
	}
	// Who supervises it and who pays is nobody's business here.
	shown := Workspace{
		ID: w.ID, Name: w.Name, TechnicalName: w.TechnicalName, Description: w.Description,
		Contact: w.Contact, Public: true, Active: true, Created: w.Created, Updated: w.Updated,
	}
	f.Workspace, f.Organization, f.Outcome = string(w.ID), "", audit.Allowed
	f.Principal, f.Credential, f.Address, f.Search = 0, "", "", "" // what is not shown is not answered either
	f.Actions = publishing(f.Actions)
	if len(f.Actions) == 0 {
		return shown, nil, nil
	}
	events, err := s.trail.List(ctx, f)
	if err != nil {
		return Workspace{}, nil, err
	}
	for i, e := range events {
		events[i] = audit.Event{
			ID: e.ID, Num: e.Num, At: e.At, Action: e.Action, Workspace: e.Workspace,
			Object: e.Object, Detail: json.RawMessage("{}"),
		}
	}
	return shown, events, nil
}

// publishing narrows beginnings of actions to those that the public may know.
func publishing(actions []string) []string {
	if len(actions) == 0 {
		return []string{published}
	}
	var kept []string
	for _, action := range actions {
		switch {
		case strings.HasPrefix(action, published):
			kept = append(kept, action)
		case strings.HasPrefix(published, action):
			kept = append(kept, published)
		}
	}
	return kept
}
