package feature

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// An Authorizer decides; [rbac.Engine] does.
type Authorizer interface {
	Require(ctx context.Context, p rbac.Principal, n rbac.Node, perm rbac.Permission, c rbac.Consistency) error
}

// A Service keeps features. It is safe for concurrent use.
type Service struct {
	store     Store
	resources Resources
	rights    Authorizer
	trail     resource.Trail
	files     files
	now       func() time.Time
}

// New makes a service of its collaborators.
func New(
	store Store, uploads Uploads, resources Resources, rights Authorizer, meter Meter, trail resource.Trail, opts *Options,
) *Service {
	s := &Service{store: store, resources: resources, rights: rights, trail: trail, now: time.Now}
	if opts == nil {
		opts = &Options{}
	}
	s.files = newFiles(uploads, meter, opts)
	if opts.Now != nil {
		s.now = opts.Now
	}
	return s
}

// clock returns the time as it is kept.
func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// Layer returns a layer. It needs resource.ReadData or resource.ReadStructure:
// who reads features sees what fields they have.
func (s *Service) Layer(ctx context.Context, actor workspace.Actor, n rbac.Node) (Layer, error) {
	l, err := s.find(ctx, actor, n, resource.ReadData)
	if errors.Is(err, rbac.ErrDenied) {
		if other, refused := s.find(ctx, actor, n, resource.ReadStructure); refused == nil {
			return other.Layer, nil
		}
	}
	return l.Layer, err
}

// find returns a layer to who holds a permission on it.
func (s *Service) find(ctx context.Context, actor workspace.Actor, n rbac.Node, perm rbac.Permission) (Stored, error) {
	l, err := s.store.Layer(ctx, n)
	if errors.Is(err, ErrNoLayer) {
		// Whether there is anything, and what, is for the tree to tell.
		if _, err := s.resources.Resource(ctx, actor, n); err != nil {
			return Stored{}, err
		}
		return Stored{}, fmt.Errorf("%w: resource %d", ErrNoLayer, n)
	}
	if err != nil {
		return Stored{}, err
	}
	if err := s.rights.Require(ctx, actor.Principal, n, perm, rbac.Latest()); err != nil {
		return Stored{}, err
	}
	return l, nil
}

// record appends what happened to the features of a layer to the trail.
func (s *Service) record(ctx context.Context, actor workspace.Actor, l Stored, action string, detail map[string]any) error {
	text, err := audit.Detail(detail)
	if err != nil {
		return fmt.Errorf("feature: detail of %s: %w", action, err)
	}
	r, err := s.resources.Resource(ctx, actor, l.Node)
	if err != nil {
		return err
	}
	return s.trail.Append(ctx, actor.Signs(audit.Event{
		ID: audit.EventID(uid.New()), At: s.clock(), Action: action,
		Workspace: string(l.Workspace), Organization: string(l.Organization),
		Object: audit.Object{Kind: "resource", ID: string(r.ID), Name: r.DisplayName}, Detail: text,
	}))
}
