package feature

import (
	"context"
	"io"
	"strconv"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Uploads keep the bytes of files, those that were uploaded and those that are
// attached; [upload.Service] does. What each method does is said there.
type Uploads interface {
	Take(ctx context.Context, id upload.ID) (upload.File, upload.Content, error)
	Drop(ctx context.Context, c upload.Content) error
	Open(ctx context.Context, c upload.Content) (io.ReadCloser, error)
	Variant(ctx context.Context, c upload.Content, name string) (io.ReadCloser, error)
	PutVariant(ctx context.Context, c upload.Content, name string, most int, data []byte) error
}

// A Meter counts; [quota.Service] does.
type Meter interface {
	Allocations(ctx context.Context, f quota.AllocationFilter) ([]quota.Allocation, int, error)
	Consume(ctx context.Context, id quota.AllocationID, n int64, why quota.Reason) error
	Release(ctx context.Context, id quota.AllocationID, n int64, why quota.Reason) error
}

// Attachments keep what is attached, but for the bytes. Methods that change
// something are called inside a unit of work, in which the layer was locked.
type Attachments interface {
	// Attachments returns what a filter chooses, in order of ID.
	Attachments(ctx context.Context, f AttachmentFilter) ([]Attached, error)
	// AddAttachment stores a new one, and returns it with its ID, which no other
	// ever had. It returns a workspace.TakenError for the keyname, and ErrNoLayer
	// where there is no such node or workspace.
	AddAttachment(ctx context.Context, a Attached) (Attached, error)
	// SaveAttachment stores a change of anything but ID, Feature, Node, Workspace
	// and Created. It returns ErrNoAttachment and a workspace.TakenError.
	SaveAttachment(ctx context.Context, a Attached) error
	// DropAttachments deletes what a filter chooses, has its blobs deleted from a
	// time on, and returns what had been charged for it, by layer and share.
	DropAttachments(ctx context.Context, f AttachmentFilter, now time.Time) ([]Charge, error)
	// AttachedBytes returns how large all is that is attached to some layers.
	AttachedBytes(ctx context.Context, in workspace.ID, nodes []rbac.Node) (int64, error)
}

// An Attached is an attachment as it is kept.
type Attached struct {
	Attachment

	Workspace workspace.ID
	Node      rbac.Node
	Content   upload.Content
	// Width and Height are those of an image, 0 for what is none.
	Width, Height int
	// Allocation is the share that Size was taken from, empty for none.
	Allocation quota.AllocationID
}

// An AttachmentFilter chooses attachments. Features and IDs choose all when they
// are nil.
type AttachmentFilter struct {
	Workspace workspace.ID
	Nodes     []rbac.Node
	Features  []int64
	IDs       []int64
}

// A Charge is how many bytes were taken from a share for a layer.
type Charge struct {
	Node       rbac.Node
	Allocation quota.AllocationID
	Bytes      int64
}

// files are what a service needs to keep attachments.
type files struct {
	uploads Uploads
	meter   Meter
	most    int64 // bytes of one
	drawing *drawing
}

func newFiles(uploads Uploads, meter Meter, opts *Options) files {
	f := files{uploads: uploads, meter: meter, most: opts.MaxAttachment, drawing: newDrawing()}
	if f.most == 0 {
		f.most = 64 << 20
	}
	return f
}

// reason is what the ledger says of bytes that are attached to a layer.
func reason(n rbac.Node) quota.Reason {
	return quota.Reason{Kind: "attachment", Ref: strconv.FormatInt(int64(n), 10)}
}

// consume takes the bytes of an attachment from its workspace's share of storage
// for annexes, and notes which that is. A workspace that was given none is not
// bounded, and what was attached then is not counted later.
func (f files) consume(ctx context.Context, a *Attached) error {
	a.Allocation = ""
	if a.Size == 0 {
		return nil
	}
	shares, _, err := f.meter.Allocations(ctx, quota.AllocationFilter{
		Holders: []quota.Holder{quota.Holder(a.Workspace)}, Kind: quota.Storage, Slot: workspace.SlotAnnexes, Limit: 1,
	})
	if err != nil || len(shares) == 0 {
		return err
	}
	a.Allocation = shares[0].ID
	return f.meter.Consume(ctx, a.Allocation, a.Size, reason(a.Node))
}

// release gives back what was taken.
func (f files) release(ctx context.Context, charges ...Charge) error {
	for _, c := range charges {
		if c.Allocation == "" || c.Bytes == 0 {
			continue
		}
		if err := f.meter.Release(ctx, c.Allocation, c.Bytes, reason(c.Node)); err != nil {
			return err
		}
	}
	return nil
}
