package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

type attachmentRow struct {
	bun.BaseModel `bun:"table:attachments,alias:a"`

	ID          int64              `bun:"id,pk,autoincrement"`
	Workspace   workspace.ID       `bun:"workspace_id"`
	Node        rbac.Node          `bun:"node"`
	Feature     int64              `bun:"feature"`
	Name        string             `bun:"name"`
	Keyname     string             `bun:"keyname"`
	Description *string            `bun:"description"`
	MediaType   string             `bun:"media_type"`
	Width       int                `bun:"width"`
	Height      int                `bun:"height"`
	Image       bool               `bun:"image"`
	Size        int64              `bun:"size"`
	Meta        string             `bun:"meta"`
	Content     upload.Content     `bun:"content"`
	Allocation  quota.AllocationID `bun:"allocation_id"`
	Created     instant            `bun:"created"`
}

func attachmentRowOf(a feature.Attached) attachmentRow {
	if a.Description != nil {
		text := *a.Description // what is returned shares nothing with what was given
		a.Description = &text
	}
	return attachmentRow{
		ID: a.ID, Workspace: a.Workspace, Node: a.Node, Feature: a.Feature, Name: a.Name, Keyname: a.Keyname,
		Description: a.Description, MediaType: a.MediaType, Width: a.Width, Height: a.Height, Image: a.Image, Size: a.Size,
		Meta: string(a.Meta), Content: a.Content, Allocation: a.Allocation, Created: instantOf(a.Created),
	}
}

func (r attachmentRow) attached() feature.Attached {
	return feature.Attached{
		Attachment: feature.Attachment{
			ID: r.ID, Feature: r.Feature, Name: r.Name, Keyname: r.Keyname, Description: r.Description,
			MediaType: r.MediaType, Size: r.Size, Image: r.Image, Meta: json.RawMessage(r.Meta), Created: r.Created.time(),
		},
		Workspace: r.Workspace, Node: r.Node, Content: r.Content, Width: r.Width, Height: r.Height, Allocation: r.Allocation,
	}
}

// attachmentsWhere is the condition of a filter.
func attachmentsWhere(f feature.AttachmentFilter) (where string, args []any) {
	where, args = "workspace_id = ? AND node IN (?)", []any{f.Workspace, bun.List(f.Nodes)}
	for _, c := range []struct {
		column string
		values []int64
	}{{"feature", f.Features}, {"id", f.IDs}} {
		if c.values == nil {
			continue
		}
		if len(c.values) == 0 {
			return never, nil
		}
		where, args = where+" AND "+c.column+" IN (?)", append(args, bun.List(c.values))
	}
	if len(f.Nodes) == 0 {
		return never, nil
	}
	return where, args
}

// Attachments returns what a filter chooses, in order of ID.
func (f *Features) Attachments(ctx context.Context, filter feature.AttachmentFilter) ([]feature.Attached, error) {
	s, err := f.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []attachmentRow
	where, args := attachmentsWhere(filter)
	if err := s.selects().Model(&rows).Where(where, args...).Order("id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: attachments: %w", err)
	}
	list := make([]feature.Attached, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.attached())
	}
	return list, nil
}

// AddAttachment stores a new one.
func (f *Features) AddAttachment(ctx context.Context, a feature.Attached) (feature.Attached, error) {
	s, err := f.db.writing(ctx)
	if err != nil {
		return feature.Attached{}, err
	}
	row := attachmentRowOf(a)
	row.ID = 0
	_, err = s.inserts().Model(&row).Returning("id").Exec(ctx)
	if err := attachmentError(err, a); err != nil {
		return feature.Attached{}, err
	}
	return row.attached(), nil
}

func attachmentError(err error, a feature.Attached) error {
	switch {
	case err == nil:
		return nil
	case isUnique(err, "attachments", "workspace_id_node_feature_keyname", "keyname"):
		return &workspace.TakenError{Field: "keyname", Value: a.Keyname}
	case isForeign(err):
		return fmt.Errorf("%w: %d", feature.ErrNoLayer, a.Node)
	}
	return fmt.Errorf("storage: save attachment: %w", err)
}

// SaveAttachment stores a change.
func (f *Features) SaveAttachment(ctx context.Context, a feature.Attached) error {
	s, err := f.db.writing(ctx)
	if err != nil {
		return err
	}
	row := attachmentRowOf(a)
	res, err := s.updates().Model(&row).
		Column("name", "keyname", "description", "media_type", "width", "height", "image", "size", "meta", "content", "allocation_id").
		WherePK().Where("workspace_id = ? AND node = ? AND feature = ?", a.Workspace, a.Node, a.Feature).Exec(ctx)
	if err := attachmentError(err, a); err != nil {
		return err
	}
	ok, err := changed(res)
	if err == nil && !ok {
		err = fmt.Errorf("%w: %d", feature.ErrNoAttachment, a.ID)
	}
	return err
}

// DropAttachments deletes what a filter chooses, and has its blobs deleted.
func (f *Features) DropAttachments(ctx context.Context, filter feature.AttachmentFilter, now time.Time) ([]feature.Charge, error) {
	s, err := f.db.writing(ctx)
	if err != nil {
		return nil, err
	}
	where, args := attachmentsWhere(filter)
	var sums []struct {
		Node       rbac.Node          `bun:"node"`
		Allocation quota.AllocationID `bun:"allocation_id"`
		Bytes      int64              `bun:"bytes"`
	}
	err = s.selects().Model((*attachmentRow)(nil)).ColumnExpr("node, allocation_id, CAST(SUM(size) AS BIGINT) AS bytes").
		Where(where, args...).GroupExpr("node, allocation_id").OrderExpr("allocation_id, node").Scan(ctx, &sums)
	if err != nil && !none(err) {
		return nil, fmt.Errorf("storage: drop attachments: %w", err)
	}
	charges := make([]feature.Charge, 0, len(sums))
	if len(sums) == 0 {
		return charges, nil
	}
	for _, sum := range sums {
		charges = append(charges, feature.Charge{Node: sum.Node, Allocation: sum.Allocation, Bytes: sum.Bytes})
	}
	if err := s.doom(ctx, now, "content IN (SELECT content FROM attachments WHERE "+where+")", args...); err != nil {
		return nil, err
	}
	if _, err := s.raw("DELETE FROM attachments WHERE "+where, args...).Exec(ctx); err != nil {
		return nil, fmt.Errorf("storage: drop attachments: %w", err)
	}
	return charges, nil
}

// AttachedBytes returns how large all is that is attached to some layers.
func (f *Features) AttachedBytes(ctx context.Context, in workspace.ID, nodes []rbac.Node) (int64, error) {
	s, err := f.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	var bytes int64
	where, args := attachmentsWhere(feature.AttachmentFilter{Workspace: in, Nodes: nodes})
	err = s.selects().Model((*attachmentRow)(nil)).ColumnExpr("CAST(COALESCE(SUM(size), 0) AS BIGINT)").Where(where, args...).Scan(ctx, &bytes)
	if err != nil {
		return 0, fmt.Errorf("storage: bytes attached: %w", err)
	}
	return bytes, nil
}
