package workspace

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A Disposal says what becomes of what somebody owned who leaves for good.
//
// JMap Cloud's two rules (spec/jmap.md J-29 to J-32, J-43 to J-45) are two
// settings of it: with TransferTo alone, one person owns everything in his
// place; with Delete alone, what he owned alone is deleted with all below it,
// and what others own too stays theirs.
type Disposal struct {
	// TransferTo is who owns everything in his place that Transfers says nothing
	// of. It must be somebody who may own: a member of the workspace who holds
	// what [RoleEditor] gives, and not the one who leaves.
	TransferTo rbac.Principal
	// Transfers says who owns what in his place, by node; with 0, he just ceases
	// to own it, and it is deleted where he owned it alone.
	Transfers map[rbac.Node]rbac.Principal
	// Delete has deleted what he owned alone and is transferred to nobody.
	Delete bool
	// Cascade lets go, with what is deleted, of what elsewhere needs it: the
	// links that led there are cut.
	Cascade bool
	// Successors say who supervises the workspaces that he supervised.
	Successors map[ID]UserID
}

// A Fate is what becomes of a holding.
type Fate struct {
	Holding

	Workspace ID
	// To is who owns it afterwards, 0 where nobody does in his place.
	To rbac.Principal
	// Deleted is whether it goes, with all below it.
	Deleted bool
}

// A Blocker is what stands against a departure.
type Blocker struct {
	// Code is stable: "owns_resources", "heir", "needed", "kept", "supervisor",
	// "successor", "last_administrator", "in_use".
	Code string
	// Workspace and Node say where, where it is somewhere.
	Workspace ID
	Node      rbac.Node
	// Text says what it is in English, naming what is concerned.
	Text string
}

// disposal decides about everything that somebody owns in a workspace.
func (s *Service) disposal(ctx context.Context, actor Actor, w Workspace, p rbac.Principal, how Disposal) ([]Fate, []Blocker, error) {
	holdings, err := s.store.Holdings(ctx, w.Num, p)
	if err != nil {
		return nil, nil, err
	}
	var fates []Fate
	var blockers []Blocker
	able := map[rbac.Principal]error{}
	for _, h := range holdings {
		// Whoever disposes of something could as well use it.
		if err := s.cover(ctx, actor, rbac.Rule{Node: h.Node, Role: RoleEditor, Propagate: true}); err != nil {
			return nil, nil, err
		}
		f := Fate{Holding: h, Workspace: w.ID, To: how.TransferTo}
		named, ok := how.Transfers[h.Node]
		if ok {
			f.To = named
		}
		f.Deleted = f.To == 0 && f.Alone()
		against := func(code, format string, args ...any) {
			blockers = append(blockers, Blocker{Code: code, Workspace: w.ID, Node: h.Node, Text: fmt.Sprintf(format, args...)})
		}
		if f.To != 0 {
			if _, asked := able[f.To]; !asked {
				able[f.To] = s.mayOwn(ctx, w, f.To)
			}
			switch err := able[f.To]; {
			case f.To == p, errors.Is(err, ErrHeir):
				against("heir", "%s %d cannot go to %d: expected another member who is an editor or more", h.Class, h.Node, f.To)
			case err != nil:
				return nil, nil, err
			}
		}
		if f.Deleted {
			switch {
			case !how.Delete && !ok:
				against("owns_resources", "%s %d is owned by nobody else", h.Class, h.Node)
			case h.Kept != "":
				against("kept", "%s %d cannot be deleted: %s", h.Class, h.Node, h.Kept)
			case len(h.Foreign) > 0 && !how.Cascade:
				against("needed", "%s %d is needed by %d nodes elsewhere", h.Class, h.Node, len(h.Foreign))
			}
		}
		fates = append(fates, f)
	}
	return fates, blockers, nil
}

// mayOwn makes sure that somebody may own things in a workspace: he is a member
// himself and holds what editors do, on the workspace and below. Groups own
// nothing, nor do viewers (spec/jmap.md J-42). It returns ErrHeir.
func (s *Service) mayOwn(ctx context.Context, w Workspace, p rbac.Principal) error {
	n, err := s.store.CountMembers(ctx, MemberFilter{Workspace: w.ID, Principals: []rbac.Principal{p}, Kind: rbac.User})
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrHeir
	}
	err = s.rights.Covers(ctx, p, editing(w))
	if errors.Is(err, rbac.ErrDenied) {
		return ErrHeir // it is not the actor who lacks something
	}
	return err
}

// dispose does what a disposal decided. What is deleted with something above it
// is gone when its turn comes.
func (s *Service) dispose(ctx context.Context, p rbac.Principal, fates []Fate) error {
	for _, f := range fates {
		var err error
		if f.Deleted {
			err = s.deleteTree(ctx, f.Node)
		} else {
			err = s.store.Reown(ctx, f.Node, p, f.To)
		}
		if errors.Is(err, ErrNotFound) && goesWith(ctx, s, f, fates) {
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// deleteTree deletes a node with all below it, and what else is kept of that.
func (s *Service) deleteTree(ctx context.Context, n rbac.Node) error {
	if err := s.empty(ctx, n); err != nil {
		return err
	}
	return s.store.DeleteTree(ctx, n)
}

// empty has whoever keeps something of what lies at or below a node let go of it.
func (s *Service) empty(ctx context.Context, n rbac.Node) error {
	if s.contents == nil {
		return nil
	}
	return s.contents.Forget(ctx, n)
}

// goesWith reports whether something that is not there any more was deleted
// with something else of the same departure.
func goesWith(ctx context.Context, s *Service, f Fate, fates []Fate) bool {
	_, err := s.store.NodeWorkspace(ctx, f.Node)
	return errors.Is(err, ErrNotFound) && slices.ContainsFunc(fates, func(other Fate) bool {
		return other.Deleted && other.Node != f.Node && other.Below > 0
	})
}

// TransferHoldings makes one member own what another owns in a workspace, in
// his place. It needs [ManageMembers] and, on each, what [RoleEditor] gives.
// It returns how much it was, and ErrHeir for who may own nothing.
func (s *Service) TransferHoldings(ctx context.Context, actor Actor, id ID, from, to rbac.Principal) (int, error) {
	moved := 0
	err := s.change(ctx, actor, id, s.on(actor, ManageMembers), func(ctx context.Context, w Workspace) error {
		var err error
		moved, err = s.bequeath(ctx, actor, w, from, to)
		return err
	})
	return moved, err
}

func (s *Service) bequeath(ctx context.Context, actor Actor, w Workspace, from, to rbac.Principal) (int, error) {
	m, name, err := s.candidate(ctx, w, from)
	if err != nil {
		return 0, err
	}
	fates, blockers, err := s.disposal(ctx, actor, w, from, Disposal{TransferTo: to})
	switch {
	case err != nil:
		return 0, err
	case to == 0 || len(blockers) > 0:
		return 0, ErrHeir
	case len(fates) == 0:
		return 0, nil
	}
	if err := s.dispose(ctx, from, fates); err != nil {
		return 0, err
	}
	nodes := make([]rbac.Node, 0, len(fates))
	for _, f := range fates {
		nodes = append(nodes, f.Node)
	}
	return len(fates), s.record(ctx, actor, w.about("holdings.transfer", m.object(name)), changes{"to": to, "nodes": nodes})
}
