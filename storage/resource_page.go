package storage

import (
	"context"
	"fmt"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Resources returns the resources that a filter chooses.
func (r *Resources) Resources(ctx context.Context, f resource.Filter) ([]resource.Resource, error) {
	s, err := r.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	if f.Tops, err = s.tops(ctx, f); err != nil {
		return nil, err
	}
	if f.Nodes != nil && f.Limit > 0 && f.Offset == 0 && len(f.Nodes.Ranges()) > ranged {
		return r.sift(ctx, s, f)
	}
	return r.list(ctx, s, f)
}

// tops reports whether a filter can choose nodes of workspaces: without them, the
// order of a list is that of an index.
func (s session) tops(ctx context.Context, f resource.Filter) (bool, error) {
	if !f.Tops || f.Classes != nil && !slices.Contains(f.Classes, workspace.ClassWorkspace) {
		return false, nil
	}
	if len(f.Parents) == 0 || slices.Contains(f.Parents, rbac.Root) {
		return true, nil
	}
	var some bool // workspaces lie in the root and in organizations
	err := s.raw("SELECT EXISTS (SELECT 1 FROM nodes WHERE class = ? AND num IN ("+string(appendNums(nil, f.Parents))+"))",
		workspace.ClassOrganization).Scan(ctx, &some)
	if err != nil {
		return false, fmt.Errorf("storage: classes of nodes: %w", err)
	}
	return some, nil
}

// list reads the resources that a filter chooses in one statement.
func (r *Resources) list(ctx context.Context, s session, f resource.Filter) ([]resource.Resource, error) {
	var rows []resourceRow
	q, err := r.choose(ctx, s, s.selectResources(&rows, f.Tops), f)
	if err != nil {
		return nil, err
	}
	if q, err = r.db.order(q, resourceListing(), f.Order, false, f.After, f.Offset, f.Limit); err != nil {
		return nil, err
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: resources: %w", err)
	}
	return resourcesOf(rows)
}

const (
	// ranged is how many ranges of nodes a statement may name for a page.
	ranged = 16
	// sifted is how many resources are looked at for a page, about, before the
	// database is asked for those that a condition leaves of them.
	sifted = 2000
)

// sift reads a page where many places of the tree are left out. A statement that
// knows them all takes as long as there are of them, however few rows it is
// asked for: so rows are read in order, and left out here, until the page is
// full. Where hardly any remain, that is the statement's work all the same.
func (r *Resources) sift(ctx context.Context, s session, f resource.Filter) ([]resource.Resource, error) {
	var kept []resource.Resource
	for seen := 0; seen < sifted+4*f.Limit; {
		all := f
		all.Nodes, all.Limit = nil, f.Limit+f.Limit/4+1
		list, err := r.list(ctx, s, all)
		if err != nil {
			return nil, err
		}
		for _, one := range list {
			if f.Nodes.Contains(one.Num) {
				if kept = append(kept, one); len(kept) == f.Limit {
					return kept, nil
				}
			}
		}
		if len(list) < all.Limit {
			return kept, nil
		}
		seen += len(list)
		mark := list[len(list)-1].Mark(f.Order)
		f.After = &mark
	}
	f.Limit -= len(kept)
	rest, err := r.list(ctx, s, f)
	return append(kept, rest...), err
}
