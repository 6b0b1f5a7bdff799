package storagetest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
)

// Attachments tests [feature.Attachments].
func Attachments(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"an attachment comes back":   attachmentLife,
		"filters choose":             attachmentFilters,
		"keynames are unique":        attachmentTaken,
		"what is not there":          attachmentMissing,
		"dropping gives back":        attachmentDrop,
		"nothing outside a unit":     attachmentNoUnit,
		"nothing is kept of a half":  attachmentSweep,
		"numbers are not used again": attachmentNumbers,
	})
}

// attachable returns an attachment that is not there yet, on a node of its own.
func (s *sample) attachable() feature.Attached {
	s.t.Helper()
	w := s.place()
	note := "Ünïcode 'quoted' \\ ? $1"
	return feature.Attached{
		Attachment: feature.Attachment{
			ID: 77, Feature: 1, Name: "Foto.png", Keyname: fmt.Sprintf("k%d", s.number()), Description: &note, MediaType: "image/png",
			Size: 1 << 40, Image: true, Meta: json.RawMessage(`{"a":[1,2.50]}`), Created: at(1),
		},
		Workspace: w.ID, Node: s.offering(w.ID).Num, Content: upload.Content(uid.New()), Width: 3, Height: 4,
		Allocation: quota.AllocationID(uid.New()),
	}
}

// attach stores an attachment.
func (s *sample) attach(a feature.Attached) feature.Attached {
	s.t.Helper()
	s.must(func(ctx context.Context) (err error) {
		a, err = s.Features.AddAttachment(ctx, a)
		return err
	})
	return a
}

// beside returns another attachment where one is, of so many bytes.
func (s *sample) beside(a feature.Attached, to int64, size int64) feature.Attached {
	s.t.Helper()
	a.Feature, a.Keyname, a.Content, a.Size = to, "", upload.Content(uid.New()), size
	return s.attach(a)
}

// attachedIn wants attachments to be what a filter chooses.
func (s *sample) attachedIn(what string, f feature.AttachmentFilter, want ...feature.Attached) {
	s.t.Helper()
	got, err := s.Features.Attachments(s.t.Context(), f)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, what, got, append([]feature.Attached{}, want...))
}

func of(a feature.Attached) feature.AttachmentFilter {
	return feature.AttachmentFilter{Workspace: a.Workspace, Nodes: []rbac.Node{a.Node}}
}

func attachmentLife(s *sample) {
	given := s.attachable()
	a := s.attach(given)
	want, note := given, *given.Description
	want.ID, want.Description = a.ID, &note
	if a.ID == given.ID || a.ID <= 0 {
		s.t.Errorf("the ID is %d", a.ID)
	}
	equal(s.t, "added", a, want)
	s.attachedIn("read", of(a), want)
	a.Meta[1], *a.Description = 'X', "changed by the caller"
	s.attachedIn("read again", of(a), want)
	equal(s.t, "what was given", *given.Description, note)

	changed := want
	changed.Name, changed.Keyname, changed.Description, changed.MediaType, changed.Image = "b", "", nil, "text/plain", false
	changed.Size, changed.Meta, changed.Content, changed.Width, changed.Height, changed.Allocation = 0, json.RawMessage("{}"), "c", 0, 0, ""
	saved := changed
	saved.Created = at(9)
	s.must(func(ctx context.Context) error { return s.Features.SaveAttachment(ctx, saved) })
	s.attachedIn("saved", of(a), changed)
}

func attachmentFilters(s *sample) {
	a, elsewhere := s.attach(s.attachable()), s.attach(s.attachable())
	b := s.beside(a, 2, 1)
	c := s.beside(a, 1, 1)
	filter := func(features, ids []int64) feature.AttachmentFilter {
		f := of(a)
		f.Features, f.IDs = features, ids
		return f
	}
	s.attachedIn("all of a layer", filter(nil, nil), a, b, c)
	s.attachedIn("of a feature", filter([]int64{1}, nil), a, c)
	s.attachedIn("of features", filter([]int64{2, 1, 9}, nil), a, b, c)
	s.attachedIn("of no features", filter([]int64{}, nil))
	s.attachedIn("by ID", filter(nil, []int64{c.ID, elsewhere.ID}), c)
	s.attachedIn("by no ID", filter(nil, []int64{}))
	s.attachedIn("by both", filter([]int64{2}, []int64{c.ID, b.ID}), b)
	s.attachedIn("of no layer", feature.AttachmentFilter{Workspace: a.Workspace})
	s.attachedIn("in another workspace", feature.AttachmentFilter{Workspace: elsewhere.Workspace, Nodes: []rbac.Node{a.Node}})
	both := feature.AttachmentFilter{Workspace: a.Workspace, Nodes: []rbac.Node{elsewhere.Node, a.Node}}
	s.attachedIn("of layers", both, a, b, c)

	for what, want := range map[*feature.Attached]int64{&a: 1<<40 + 2, &elsewhere: 1 << 40} {
		n, err := s.Features.AttachedBytes(s.t.Context(), what.Workspace, []rbac.Node{a.Node, elsewhere.Node})
		if err != nil || n != want {
			s.t.Errorf("%d bytes are attached, %v; want %d", n, err, want)
		}
	}
	n, err := s.Features.AttachedBytes(s.t.Context(), a.Workspace, nil)
	if err != nil || n != 0 {
		s.t.Errorf("%d bytes are attached to no layer, %v", n, err)
	}
}

func attachmentTaken(s *sample) {
	a := s.attach(s.attachable())
	second := a
	second.Content = upload.Content(uid.New())
	add := func(a feature.Attached) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.Features.AddAttachment(ctx, a)
			return err
		}
	}
	s.taken("keyname", a.Keyname, add(second))
	second.Feature = 2
	second = s.attach(second)
	third := s.beside(a, 1, 1)
	s.beside(a, 1, 1) // none has no keyname
	third.Keyname = a.Keyname
	s.taken("keyname", a.Keyname, func(ctx context.Context) error { return s.Features.SaveAttachment(ctx, third) })
	second.Content = a.Content
	second.Keyname = "other"
	if err := s.Tx(s.t.Context(), add(second)); err == nil {
		s.t.Error("two attachments have one content")
	}
}

func attachmentMissing(s *sample) {
	a := s.attach(s.attachable())
	for what, change := range map[string]func(a *feature.Attached){
		"node":      func(a *feature.Attached) { a.Node = 1 << 40 },
		"workspace": func(a *feature.Attached) { a.Workspace = "none" },
	} {
		b := a
		b.Content, b.Keyname = upload.Content(uid.New()), what
		change(&b)
		s.refused(feature.ErrNoLayer, func(ctx context.Context) error {
			_, err := s.Features.AddAttachment(ctx, b)
			return err
		})
	}
	for _, change := range []func(a *feature.Attached){
		func(a *feature.Attached) { a.ID++ },
		func(a *feature.Attached) { a.Feature++ },
		func(a *feature.Attached) { a.Node = 0 },
		func(a *feature.Attached) { a.Workspace = "none" },
	} {
		b := a
		change(&b)
		s.refused(feature.ErrNoAttachment, func(ctx context.Context) error { return s.Features.SaveAttachment(ctx, b) })
	}
}

func attachmentDrop(s *sample) {
	a, elsewhere := s.attach(s.attachable()), s.attach(s.attachable())
	free, b := s.attachable(), s.beside(a, 2, 5)
	free.Workspace, free.Node, free.Feature, free.Allocation, free.Keyname = a.Workspace, a.Node, 2, "", ""
	free = s.attach(free)
	blobs := []upload.Blob{s.blob(a.Content, "", 0, 5), s.blob(a.Content, "8x8", 0, 1), s.blob(b.Content, "", 0, 5), s.blob(free.Content, "", 0, 5)}
	stays := s.blob(elsewhere.Content, "", 0, 5)
	drop := func(f feature.AttachmentFilter, now int, want ...feature.Charge) {
		s.t.Helper()
		s.must(func(ctx context.Context) error {
			got, err := s.Features.DropAttachments(ctx, f, at(now))
			equal(s.t, "charges", got, append([]feature.Charge{}, want...))
			return err
		})
	}
	f := of(a)
	f.Features = []int64{9}
	drop(f, 5)
	f.Features = []int64{}
	drop(f, 5)
	s.attachedIn("after dropping nothing", of(a), a, b, free)
	s.doomed(99)
	f.Features, f.IDs = []int64{2}, []int64{b.ID, a.ID}
	drop(f, 5, feature.Charge{Node: a.Node, Allocation: b.Allocation, Bytes: 5})
	s.doomed(5)
	s.doomed(6, blobs[2])
	drop(of(a), 7, feature.Charge{Node: a.Node, Bytes: 1 << 40}, feature.Charge{Node: a.Node, Allocation: a.Allocation, Bytes: 1 << 40})
	s.attachedIn("after dropping all", of(a))
	s.doomed(8, blobs...)
	s.attachedIn("elsewhere", of(elsewhere), elsewhere)
	s.keptBlobs(elsewhere.Content, "", stays)
}

func attachmentNumbers(s *sample) {
	a := s.attach(s.attachable())
	s.must(func(ctx context.Context) error {
		_, err := s.Features.DropAttachments(ctx, of(a), at(5))
		return err
	})
	a.Content = upload.Content(uid.New())
	if b := s.attach(a); b.ID <= a.ID {
		s.t.Errorf("after %d comes %d", a.ID, b.ID)
	}
}

func attachmentNoUnit(s *sample) {
	a := s.attach(s.attachable())
	ctx := s.t.Context()
	for what, try := range map[string]func() error{
		"AddAttachment":   func() error { _, err := s.Features.AddAttachment(ctx, a); return err },
		"SaveAttachment":  func() error { return s.Features.SaveAttachment(ctx, a) },
		"DropAttachments": func() error { _, err := s.Features.DropAttachments(ctx, of(a), at(1)); return err },
	} {
		wants(s.t, what+" outside a unit", try(), s.NoUnit)
	}
	s.attachedIn("still there", of(a), a)
}

func attachmentSweep(s *sample) {
	a := s.attachable()
	s.sweep(func(ctx context.Context) (err error) {
		_, err = s.Features.AddAttachment(ctx, a)
		return err
	})
	list, err := s.Features.Attachments(s.t.Context(), of(a))
	a = one(s.t, list, err)
	s.blob(a.Content, "", 0, 5)
	a.Name = "other"
	s.sweep(func(ctx context.Context) error { return s.Features.SaveAttachment(ctx, a) })
	s.sweep(func(ctx context.Context) error {
		_, err := s.Features.DropAttachments(ctx, of(a), at(5))
		return err
	})
}
