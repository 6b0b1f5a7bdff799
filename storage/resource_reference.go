package storage

import (
	"context"
	"fmt"
	"maps"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

type referenceRow struct {
	bun.BaseModel `bun:"table:resource_references,alias:x"`

	Workspace workspace.ID `bun:"workspace_id"`
	Node      rbac.Node    `bun:"node"`
	Name      string       `bun:"name"`
	Target    rbac.Node    `bun:"target"`
}

type linkRow struct {
	bun.BaseModel `bun:"table:node_links"`

	Workspace rbac.Node `bun:"workspace"`
	Node      rbac.Node `bun:"node"`
	Name      string    `bun:"name"`
	Target    rbac.Node `bun:"target"`
}

// SetReferences stores what a resource refers to. What decides is a link of its
// node as well.
func (r *Resources) SetReferences(ctx context.Context, n rbac.Node, list []resource.Reference) error {
	s, err := r.db.writing(ctx)
	if err != nil {
		return err
	}
	var id workspace.ID
	var top rbac.Node
	err = s.raw(`SELECT r.workspace_id, n.workspace FROM resources AS r JOIN nodes AS n ON n.num = r.num WHERE r.num = ?`, n).
		Scan(ctx, &id, &top)
	switch {
	case none(err):
		return fmt.Errorf("%w: %d", resource.ErrNotFound, n)
	case err != nil:
		return fmt.Errorf("storage: resource %d: %w", n, err)
	}
	if _, err := s.raw("DELETE FROM resource_references WHERE workspace_id = ? AND node = ?", id, n).Exec(ctx); err != nil {
		return fmt.Errorf("storage: references of %d: %w", n, err)
	}
	rows := make([]referenceRow, 0, len(list))
	links := map[string]rbac.Node{}
	for _, ref := range list {
		rows = append(rows, referenceRow{Workspace: id, Node: n, Name: ref.Name, Target: ref.To})
		if ref.Decides {
			links[ref.Name] = ref.To
		}
	}
	if len(rows) > 0 {
		_, err := s.inserts().Model(&rows).On("CONFLICT DO NOTHING").Exec(ctx)
		if isForeign(err) {
			return fmt.Errorf("%w: something that %d refers to", resource.ErrNotFound, n)
		}
		if err != nil {
			return fmt.Errorf("storage: references of %d: %w", n, err)
		}
	}
	return s.setLinks(ctx, top, n, links)
}

// setLinks stores the links of a node, and notes it where they are others.
func (s session) setLinks(ctx context.Context, top, n rbac.Node, links map[string]rbac.Node) error {
	var rows []linkRow
	if err := s.selects().Model(&rows).Where("workspace = ? AND node = ?", top, n).Scan(ctx); err != nil {
		return fmt.Errorf("storage: links of %d: %w", n, err)
	}
	were := map[string]rbac.Node{}
	for _, l := range rows {
		were[l.Name] = l.Target
	}
	if maps.Equal(were, links) {
		return nil
	}
	if _, err := s.raw("DELETE FROM node_links WHERE workspace = ? AND node = ?", top, n).Exec(ctx); err != nil {
		return fmt.Errorf("storage: links of %d: %w", n, err)
	}
	rows = rows[:0]
	for name, target := range links {
		rows = append(rows, linkRow{Workspace: top, Node: n, Name: name, Target: target})
	}
	if len(rows) > 0 {
		if _, err := s.inserts().Model(&rows).Exec(ctx); err != nil {
			return fmt.Errorf("storage: links of %d: %w", n, err)
		}
	}
	s.touch(top, nodeChanged(n))
	return nil
}
