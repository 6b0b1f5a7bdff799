package feature

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Attachments lists those of a feature, in order of ID. It needs
// resource.ReadData and returns ErrNotFound.
func (s *Service) Attachments(ctx context.Context, actor workspace.Actor, n rbac.Node, feature int64) ([]Attachment, error) {
	l, err := s.find(ctx, actor, n, resource.ReadData)
	if err != nil {
		return nil, err
	}
	list, err := s.store.Attachments(ctx, AttachmentFilter{Workspace: l.Workspace, Nodes: []rbac.Node{n}, Features: []int64{feature}})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, s.exists(ctx, l, feature)
	}
	return plain(list), nil
}

// exists returns ErrNotFound for a feature that does not exist.
func (s *Service) exists(ctx context.Context, l Stored, feature int64) error {
	n, err := s.store.Count(ctx, l, Choice{IDs: []int64{feature}})
	if err == nil && n == 0 {
		err = fmt.Errorf("%w: %d", ErrNotFound, feature)
	}
	return err
}

func plain(list []Attached) []Attachment {
	attachments := make([]Attachment, 0, len(list))
	for _, a := range list {
		attachments = append(attachments, a.Attachment)
	}
	return attachments
}

// Attachment returns one. It needs resource.ReadData and returns ErrNotFound for
// the feature and ErrNoAttachment.
func (s *Service) Attachment(ctx context.Context, actor workspace.Actor, n rbac.Node, feature, id int64) (Attachment, error) {
	a, err := s.readable(ctx, actor, n, feature, id)
	return a.Attachment, err
}

// readable returns an attachment to who may read it.
func (s *Service) readable(ctx context.Context, actor workspace.Actor, n rbac.Node, feature, id int64) (Attached, error) {
	l, err := s.find(ctx, actor, n, resource.ReadData)
	if err != nil {
		return Attached{}, err
	}
	return s.attachment(ctx, l, feature, id)
}

func (s *Service) attachment(ctx context.Context, l Stored, feature, id int64) (Attached, error) {
	list, err := s.store.Attachments(ctx, AttachmentFilter{
		Workspace: l.Workspace, Nodes: []rbac.Node{l.Node}, Features: []int64{feature}, IDs: []int64{id},
	})
	if err != nil {
		return Attached{}, err
	}
	if len(list) == 0 {
		if err := s.exists(ctx, l, feature); err != nil {
			return Attached{}, err
		}
		return Attached{}, fmt.Errorf("%w: %d", ErrNoAttachment, id)
	}
	return list[0], nil
}

// Attach makes an attachment of an uploaded file, which changes hands without
// being copied. Of what is given it takes Name (the file's when empty), Keyname,
// Description and Meta. It needs resource.WriteData.
//
// It returns ErrNotFound for the feature, upload.ErrNotFound and
// upload.ErrIncomplete for the file, ErrTooLarge, a workspace.TakenError for the
// keyname, and *[quota.ExceededError] where the workspace's share of storage has
// no room.
func (s *Service) Attach(ctx context.Context, actor workspace.Actor, n rbac.Node, feature int64, file upload.ID, a Attachment) (Attachment, error) {
	a.ID, a.Feature, a.MediaType, a.Size, a.Image = 0, feature, "", 0, false
	var after Attached
	err := s.writing(ctx, actor, n, func(ctx context.Context, l Stored) error {
		if err := s.exists(ctx, l, feature); err != nil {
			return err
		}
		made := Attached{Attachment: a, Workspace: l.Workspace, Node: n}
		made.Created = s.clock()
		if err := s.take(ctx, file, &made); err != nil {
			return err
		}
		made, err := made.checked()
		if err != nil {
			return err
		}
		if err := s.files.consume(ctx, &made); err != nil {
			return err
		}
		if after, err = s.store.AddAttachment(ctx, made); err != nil {
			return err
		}
		return s.record(ctx, actor, l, "attachment.create", after.detail())
	})
	if err != nil {
		return Attachment{}, err
	}
	return after.Attachment, nil
}

// writing runs fn in a unit of work with a layer that is locked, for who may
// write to it.
func (s *Service) writing(ctx context.Context, actor workspace.Actor, n rbac.Node, fn func(ctx context.Context, l Stored) error) error {
	if _, err := s.find(ctx, actor, n, resource.WriteData); err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		l, err := s.store.Lock(ctx, n)
		if err != nil {
			return err
		}
		return fn(ctx, l)
	})
}

// take makes an uploaded file that of an attachment.
func (s *Service) take(ctx context.Context, id upload.ID, a *Attached) error {
	file, content, err := s.files.uploads.Take(ctx, id)
	if err != nil {
		return err
	}
	if file.Size > s.files.most {
		return fmt.Errorf("%w: an attachment has at most %d bytes", ErrTooLarge, s.files.most)
	}
	if a.Name == "" {
		a.Name = file.Name
	}
	if a.Name == "" {
		a.Name = "unnamed"
	}
	a.Content, a.Size, a.MediaType = content, file.Size, file.MediaType
	a.Width, a.Height, a.Image = file.Width, file.Height, drawable(file.Width, file.Height)
	return nil
}

// UpdateAttachment changes Name, Keyname, Description and Meta, and with a file
// what it is; whatever change does to the rest is ignored. It may be called more
// than once. It needs resource.WriteData and returns ErrNotFound for the
// feature, ErrNoAttachment, and what [Service.Attach] returns.
func (s *Service) UpdateAttachment(
	ctx context.Context, actor workspace.Actor, n rbac.Node, feature, id int64, file upload.ID, change func(*Attachment) error,
) (Attachment, error) {
	var after Attached
	err := s.writing(ctx, actor, n, func(ctx context.Context, l Stored) error {
		before, err := s.attachment(ctx, l, feature, id)
		if err != nil {
			return err
		}
		after = before
		after.Attachment = before.copied()
		if err := change(&after.Attachment); err != nil {
			return err
		}
		after.ID, after.Feature, after.MediaType = before.ID, before.Feature, before.MediaType
		after.Size, after.Image, after.Created = before.Size, before.Image, before.Created
		if file != "" {
			if err := s.replace(ctx, file, before, &after); err != nil {
				return err
			}
		}
		if after, err = after.checked(); err != nil {
			return err
		}
		if after.same(before) {
			return nil
		}
		if err := s.store.SaveAttachment(ctx, after); err != nil {
			return err
		}
		return s.record(ctx, actor, l, "attachment.update", after.detail())
	})
	if err != nil {
		return Attachment{}, err
	}
	return after.Attachment, nil
}

// replace takes another file in place of that which an attachment has. What is
// given back comes before what is charged, so that there is room for as much
// again; and both after the file, as everywhere, or two would wait for each other.
func (s *Service) replace(ctx context.Context, file upload.ID, before Attached, after *Attached) error {
	if err := s.take(ctx, file, after); err != nil {
		return err
	}
	if err := s.files.release(ctx, Charge{before.Node, before.Allocation, before.Size}); err != nil {
		return err
	}
	if err := s.files.consume(ctx, after); err != nil {
		return err
	}
	return s.files.uploads.Drop(ctx, before.Content)
}

// Detach deletes one. It needs resource.WriteData and returns ErrNotFound for
// the feature and ErrNoAttachment.
func (s *Service) Detach(ctx context.Context, actor workspace.Actor, n rbac.Node, feature, id int64) error {
	return s.writing(ctx, actor, n, func(ctx context.Context, l Stored) error {
		a, err := s.attachment(ctx, l, feature, id)
		if err != nil {
			return err
		}
		if err := s.drop(ctx, AttachmentFilter{Workspace: l.Workspace, Nodes: []rbac.Node{n}, IDs: []int64{id}}); err != nil {
			return err
		}
		return s.record(ctx, actor, l, "attachment.delete", a.detail())
	})
}

// drop deletes attachments and gives back what they were charged.
func (s *Service) drop(ctx context.Context, f AttachmentFilter) error {
	charges, err := s.store.DropAttachments(ctx, f, s.clock())
	if err != nil {
		return err
	}
	return s.files.release(ctx, charges...)
}

// OpenAttachment opens one for reading. It needs resource.ReadData and returns
// ErrNotFound for the feature and ErrNoAttachment.
func (s *Service) OpenAttachment(ctx context.Context, actor workspace.Actor, n rbac.Node, feature, id int64) (Attachment, io.ReadCloser, error) {
	a, err := s.readable(ctx, actor, n, feature, id)
	if err != nil {
		return Attachment{}, nil, err
	}
	content, err := s.files.uploads.Open(ctx, a.Content)
	return a.Attachment, content, err
}

// attached returns the attachments of features of a layer, by feature.
func (s *Service) attached(ctx context.Context, n rbac.Node, features []int64) (map[int64][]Attachment, error) {
	by := map[int64][]Attachment{}
	l, err := s.store.Layer(ctx, n)
	if err != nil {
		return nil, err
	}
	for some := range slices.Chunk(features, 1000) {
		list, err := s.store.Attachments(ctx, AttachmentFilter{Workspace: l.Workspace, Nodes: []rbac.Node{n}, Features: some})
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			by[a.Feature] = append(by[a.Feature], a.Attachment)
		}
	}
	return by, nil
}

// abandon deletes what is attached to features of layers, to all where features
// is nil, inside the unit of work in which they are deleted.
func (s *Service) abandon(ctx context.Context, in workspace.ID, nodes []rbac.Node, features []int64) error {
	f := AttachmentFilter{Workspace: in, Nodes: nodes}
	if features == nil {
		return s.drop(ctx, f)
	}
	for f.Features = range slices.Chunk(features, 1000) {
		if err := s.drop(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// weigh returns how many bytes are attached to the features of layers.
func (s *Service) weigh(ctx context.Context, in workspace.ID, nodes []rbac.Node) (int64, error) {
	return s.store.AttachedBytes(ctx, in, nodes)
}

// maxNote is how long the description and Meta of an attachment are at most, in bytes.
const maxNote = 64 << 10

// checked returns an attachment with Meta compact, when what of it a caller can
// set is right.
func (a Attached) checked() (Attached, error) {
	if !lineOf(a.Name) || strings.Trim(a.Name, ". ") == "" {
		return a, invalidAttachment("name", "1 to 255 characters of one line without / and \\")
	}
	if a.Keyname != "" && !lineOf(a.Keyname) {
		return a, invalidAttachment("keyname", "1 to 255 characters of one line without / and \\, or none")
	}
	if d := a.Description; d != nil && (len(*d) > maxNote || !utf8.ValidString(*d) || strings.ContainsRune(*d, 0)) {
		return a, invalidAttachment("description", "a text of at most 64 KiB")
	}
	if len(a.Meta) == 0 {
		a.Meta = json.RawMessage("{}")
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(a.Meta, &object); err != nil || object == nil || len(a.Meta) > maxNote || !utf8.Valid(a.Meta) {
		return a, invalidAttachment("meta", "an object of at most 64 KiB")
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, a.Meta); err != nil {
		return a, invalidAttachment("meta", "an object")
	}
	a.Meta = compact.Bytes()
	return a, nil
}

func invalidAttachment(field, expected string) error {
	return &workspace.InvalidError{Field: field, Expected: expected}
}

// lineOf reports whether a text can be a name.
func lineOf(text string) bool {
	n := utf8.RuneCountInString(text)
	return n > 0 && n <= maxName && utf8.ValidString(text) && strings.TrimSpace(text) != "" &&
		!strings.ContainsAny(text, `/\`) && !strings.ContainsFunc(text, misleads)
}

// misleads reports whether a character ends a line, cannot be seen, or turns
// around what follows, which shows "gpj.exe" as "exe.jpg".
func misleads(r rune) bool {
	return unicode.IsControl(r) || r == 0x2028 || r == 0x2029 || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}

// copied returns an attachment that shares nothing with it.
func (a Attachment) copied() Attachment {
	a.Meta = slices.Clone(a.Meta)
	if a.Description != nil {
		text := *a.Description
		a.Description = &text
	}
	return a
}

// same reports whether nothing differs that can be changed.
func (a Attached) same(b Attached) bool {
	described := a.Description == b.Description ||
		a.Description != nil && b.Description != nil && *a.Description == *b.Description
	return described && a.Name == b.Name && a.Keyname == b.Keyname && bytes.Equal(a.Meta, b.Meta) && a.Content == b.Content
}

// detail is what the trail says of an attachment.
func (a Attached) detail() map[string]any {
	return map[string]any{
		"feature": a.Feature, "attachment": a.ID, "name": a.Name, "keyname": a.Keyname, "media_type": a.MediaType, "size": a.Size,
	}
}

// gone reports whether something was deleted while it was looked for.
func gone(err error) bool { return errors.Is(err, upload.ErrNotFound) }
