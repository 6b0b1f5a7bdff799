package workspace

import (
	"context"
	"slices"
	"strconv"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// Notices lists the notices that the actor can choose to send, by number, and how
// many there are: those that are everybody's and those of the organizations on
// which he holds [UpdateOrganization]. Of the organizations of workspaces on which
// he holds [Enter] he is shown Num, Name and Occasion. Whoever administers nothing is
// shown none.
func (s *Service) Notices(ctx context.Context, actor Actor, f mail.NoticeFilter) ([]mail.Notice, int, error) {
	seen, err := s.noticesOf(ctx, actor)
	if err != nil {
		return nil, 0, err
	}
	if s.mailer == nil {
		return nil, 0, ErrNoMailer
	}
	if seen.none {
		return nil, 0, nil
	}
	list, total, err := s.mailer.Notices(ctx, seen.narrow(f))
	if err != nil {
		return nil, 0, err
	}
	for i, n := range list {
		if n.Organization != "" && !seen.all && !slices.Contains(seen.full, n.Organization) {
			list[i] = mail.Notice{Num: n.Num, Name: n.Name, Occasion: n.Occasion}
		}
	}
	return list, total, nil
}

// Notice returns one as [Service.Notices] shows it, and ErrNotFound for what that
// does not.
func (s *Service) Notice(ctx context.Context, actor Actor, num int64) (mail.Notice, error) {
	list, _, err := s.Notices(ctx, actor, mail.NoticeFilter{Nums: []int64{num}})
	return one(list, err)
}

// noticeScope says whose notices somebody is shown.
type noticeScope struct {
	none, all bool
	full      []string // organizations whose notices he may change
	named     []string // organizations whose notices he may name
}

func (s *Service) noticesOf(ctx context.Context, actor Actor) (noticeScope, error) {
	var seen noticeScope
	nodes, err := s.visible(ctx, actor, UpdateOrganization, ClassOrganization)
	if err != nil {
		return seen, err
	}
	list, err := s.store.Organizations(ctx, OrganizationFilter{Nodes: &nodes})
	if err != nil {
		return seen, err
	}
	for _, o := range list {
		seen.full = append(seen.full, string(o.ID))
	}
	administers, err := s.holds(ctx, actor, rbac.Root, Administer)
	if err != nil {
		return seen, err
	}
	if administers {
		total, err := s.store.CountOrganizations(ctx, OrganizationFilter{})
		if seen.all = total == len(list); err != nil || seen.all {
			return seen, err
		}
	}
	if nodes, err = s.visible(ctx, actor, Enter, ClassWorkspace); err != nil {
		return seen, err
	}
	entered, err := s.store.Workspaces(ctx, Filter{Nodes: &nodes})
	for _, w := range entered {
		if w.Organization != "" {
			seen.named = append(seen.named, string(w.Organization))
		}
	}
	seen.named = distinct(seen.named)
	seen.none = !administers && len(list) == 0 && len(entered) == 0
	return seen, err
}

// narrow narrows a filter to what is shown.
func (seen noticeScope) narrow(f mail.NoticeFilter) mail.NoticeFilter {
	if seen.all {
		return f
	}
	shown := slices.Concat(seen.full, seen.named)
	if f.Organizations == nil {
		f.Organizations, f.Platform = append([]string{}, shown...), true
		return f
	}
	f.Organizations = slices.DeleteFunc(slices.Clone(f.Organizations), func(id string) bool { return !slices.Contains(shown, id) })
	return f
}

// AddNotice adds a notice of an organization, or everybody's where none is named,
// and returns it with its number. It needs [UpdateOrganization], or [Administer] for
// one of everybody's. One that does not render is an InvalidError.
func (s *Service) AddNotice(ctx context.Context, actor Actor, n mail.Notice) (mail.Notice, error) {
	var added mail.Notice
	err := s.changeNotice(ctx, actor, n.Organization, func(ctx context.Context) error {
		var err error
		if added, err = s.mailer.AddNotice(ctx, n); err != nil {
			return mailError(err)
		}
		return s.record(ctx, actor, noticeEvent("put", added), noticeDetail(added))
	})
	if err != nil {
		return mail.Notice{}, err
	}
	return added, nil
}

// UpdateNotice changes Name, Occasion, Subject and Body of a notice. It needs what
// [Service.AddNotice] does, and returns [mail.ErrBuiltin] for a notice that is built
// in. A change of anything else is an InvalidError; one of nothing leaves no trace.
func (s *Service) UpdateNotice(ctx context.Context, actor Actor, num int64, change func(*mail.Notice) error) (mail.Notice, error) {
	var changed mail.Notice
	err := s.changeStored(ctx, actor, num, func(ctx context.Context, n mail.Notice) error {
		next := n
		if err := change(&next); err != nil {
			return err
		}
		err := first(
			fixed("num", n.Num, next.Num), fixed("organization", n.Organization, next.Organization),
			fixed("builtin", n.Builtin, next.Builtin), fixed("created", n.Created, next.Created),
			fixed("updated", n.Updated, next.Updated),
		)
		if changed = n; err != nil || next == n {
			return err
		}
		if changed, err = s.mailer.SaveNotice(ctx, next); err != nil {
			return mailError(err)
		}
		set := changes{}
		note(set, "name", n.Name, changed.Name)
		note(set, "occasion", n.Occasion, changed.Occasion)
		note(set, "subject", n.Subject, changed.Subject)
		if n.Body != changed.Body {
			set["body"] = len(changed.Body)
		}
		return s.record(ctx, actor, noticeEvent("put", changed), set)
	})
	if err != nil {
		return mail.Notice{}, err
	}
	return changed, nil
}

// DeleteNotice deletes a notice. It needs what [Service.AddNotice] does, and returns
// [mail.ErrBuiltin] for a notice that is built in. Letters of it that were written
// are sent.
func (s *Service) DeleteNotice(ctx context.Context, actor Actor, num int64) error {
	return s.changeStored(ctx, actor, num, func(ctx context.Context, n mail.Notice) error {
		if err := s.mailer.DeleteNotice(ctx, num); err != nil {
			return mailError(err)
		}
		return s.record(ctx, actor, noticeEvent("delete", n), noticeDetail(n).went())
	})
}

// PreviewNotice returns a notice, which need not be stored, as somebody would receive
// it who it is sent to with the values, sample values when data is nil. It needs
// what [Service.AddNotice] does for the organization that it names.
func (s *Service) PreviewNotice(ctx context.Context, actor Actor, n mail.Notice, data map[string]any) (mail.Email, error) {
	if err := s.mayNotice(ctx, actor, n.Organization); err != nil {
		return mail.Email{}, err
	}
	if s.mailer == nil {
		return mail.Email{}, ErrNoMailer
	}
	e, err := s.mailer.PreviewNotice(ctx, n, data)
	if err != nil {
		return mail.Email{}, mailError(err)
	}
	return e, nil
}

// mayNotice lets pass who may change the notices of an organization, or everybody's.
func (s *Service) mayNotice(ctx context.Context, actor Actor, organization string) error {
	if organization == "" {
		return s.require(ctx, actor, rbac.Root, Administer)
	}
	_, err := s.authorizeIn(ctx, actor, OrganizationID(organization), UpdateOrganization)
	return err
}

// changeNotice runs fn for who may change the notices of an organization, or
// everybody's, in a unit of work that keeps others from it: how many there are is
// bounded.
func (s *Service) changeNotice(ctx context.Context, actor Actor, organization string, fn func(ctx context.Context) error) error {
	if err := s.mayNotice(ctx, actor, organization); err != nil {
		return err
	}
	if s.mailer == nil {
		return ErrNoMailer
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		if organization == "" {
			if _, err := s.store.LockAdministrators(ctx); err != nil {
				return err
			}
		} else if _, err := s.store.LockOrganization(ctx, OrganizationID(organization)); err != nil {
			return err
		}
		// Whoever held the lock may have taken the right away.
		if err := s.mayNotice(ctx, actor, organization); err != nil {
			return err
		}
		return fn(ctx)
	})
}

// changeStored is changeNotice for one that there is.
func (s *Service) changeStored(ctx context.Context, actor Actor, num int64, fn func(ctx context.Context, n mail.Notice) error) error {
	if err := actor.Known(); err != nil {
		return err
	}
	if s.mailer == nil {
		return ErrNoMailer
	}
	read := func(ctx context.Context) (mail.Notice, error) {
		list, _, err := s.mailer.Notices(ctx, mail.NoticeFilter{Nums: []int64{num}})
		return one(list, err)
	}
	n, err := read(ctx)
	if err != nil {
		return err
	}
	return s.changeNotice(ctx, actor, n.Organization, func(ctx context.Context) error {
		n, err := read(ctx)
		if err != nil {
			return err
		}
		if n.Builtin {
			return mail.ErrBuiltin
		}
		return fn(ctx, n)
	})
}

// noticeEvent returns an event about a notice: of its organization, if it is one's.
func noticeEvent(action string, n mail.Notice) audit.Event {
	e := audit.Event{
		Action: "notice." + action, Organization: n.Organization,
		Object: audit.Object{Kind: "notice", ID: strconv.FormatInt(n.Num, 10), Name: n.Name},
	}
	if n.Organization != "" {
		e.Action = "organization." + e.Action
	}
	return e
}

func noticeDetail(n mail.Notice) changes {
	return changes{"name": n.Name, "occasion": n.Occasion, "subject": n.Subject, "body": len(n.Body)}
}
