package workspace

import (
	"context"
	"errors"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// Audit lists everything that happened in a workspace, refusals included, with
// who did it, from where and with what, and how many events there are: behind
// an event, [Uncounted]. It needs [ReadAudit].
func (s *Service) Audit(ctx context.Context, actor Actor, id ID, f audit.Filter) ([]audit.Event, int, error) {
	f, err := s.audited(ctx, actor, id, f)
	if err != nil {
		return nil, 0, err
	}
	return s.events(ctx, f)
}

// PlatformAudit is like [Service.Audit] for everything that happened anywhere.
// It needs [Administer].
func (s *Service) PlatformAudit(ctx context.Context, actor Actor, f audit.Filter) ([]audit.Event, int, error) {
	if err := s.require(ctx, actor, rbac.Root, Administer); err != nil {
		return nil, 0, err
	}
	return s.events(ctx, f)
}

// Uncounted is how many events there are in all where that is not told.
const Uncounted = -1

// events counts for the first page alone: there may be millions.
func (s *Service) events(ctx context.Context, f audit.Filter) ([]audit.Event, int, error) {
	list, err := s.trail.List(ctx, f)
	if err != nil || f.After != 0 {
		return list, Uncounted, err
	}
	n, err := s.trail.Count(ctx, f)
	return list, n, err
}

// ExportAudit writes what [Service.Audit] lists, or [Service.PlatformAudit]
// where no workspace is named, to w, and returns how many events that were. It
// needs what those need.
func (s *Service) ExportAudit(ctx context.Context, actor Actor, id ID, f audit.Filter, w audit.Writer) (int, error) {
	var err error
	if id == "" {
		err = s.require(ctx, actor, rbac.Root, Administer)
	} else {
		f, err = s.audited(ctx, actor, id, f)
	}
	if err != nil {
		return 0, err
	}
	return s.audits.Export(ctx, f, w)
}

// VerifyAudit verifies the chain of a workspace, which needs [ReadAudit] there
// or [Administer], or that of the platform where no workspace is named, which
// needs [Administer].
func (s *Service) VerifyAudit(ctx context.Context, actor Actor, id ID) (audit.Report, error) {
	if id == "" {
		if err := s.require(ctx, actor, rbac.Root, Administer); err != nil {
			return audit.Report{}, err
		}
		return s.audits.Verify(ctx, "")
	}
	_, err := s.audited(ctx, actor, id, audit.Filter{})
	if errors.Is(err, ErrNotFound) || errors.Is(err, rbac.ErrDenied) {
		// The trail of a workspace that is no more is still the platform's.
		administers, failed := s.holds(ctx, actor, rbac.Root, Administer)
		switch {
		case failed != nil:
			return audit.Report{}, failed
		case administers:
			err = nil
		}
	}
	if err != nil {
		return audit.Report{}, err
	}
	return s.audits.Verify(ctx, string(id))
}

// audited narrows a filter to a workspace for who may read its trail.
func (s *Service) audited(ctx context.Context, actor Actor, id ID, f audit.Filter) (audit.Filter, error) {
	w, err := s.find(ctx, actor, id, s.on(actor, ReadAudit))
	if err != nil {
		return f, err
	}
	f.Workspace, f.Platform = string(w.ID), false
	return f, nil
}
