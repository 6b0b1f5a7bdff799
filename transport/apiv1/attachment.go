package apiv1

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/transport"
)

func attachmentRoutes() []route {
	read, write := holder(resource.ReadData), holder(resource.WriteData)
	const list = "/resources/{resource}/features/{feature}/attachments"
	const one = list + "/{attachment}"
	return featuresOnly(
		get(list, "listAttachments", read, (*lens).attachments),
		post(list, "addAttachment", write, (*lens).addAttachment),
		get(one, "getAttachment", read, (*lens).attachment),
		patch(one, "updateAttachment", write, (*lens).updateAttachment),
		remove(one, "deleteAttachment", write, (*lens).deleteAttachment),
		get(one+"/content", "getAttachmentContent", read, (*lens).attachmentContent),
		get(one+"/thumbnail", "getAttachmentThumbnail", read, (*lens).attachmentThumbnail),
	)
}

// attachmentWire is a file that belongs to a feature.
type attachmentWire struct {
	ID          int64          `json:"id"`
	Name        string         `json:"name"`
	Keyname     string         `json:"keyname,omitzero"`
	Description *string        `json:"description"`
	MediaType   string         `json:"media_type"`
	Size        int64          `json:"size"`
	Image       bool           `json:"image"`
	Meta        jsontext.Value `json:"meta"`
	Created     time.Time      `json:"created"`
}

func attachmentOf(a feature.Attachment) attachmentWire {
	meta := jsontext.Value("{}")
	if len(a.Meta) > 0 {
		meta = jsontext.Value(a.Meta)
	}
	return attachmentWire{
		ID: a.ID, Name: a.Name, Keyname: a.Keyname, Description: a.Description, MediaType: a.MediaType, Size: a.Size, Image: a.Image,
		Meta: meta, Created: a.Created,
	}
}

// attached is what a path names.
type attached struct {
	node        rbac.Node
	feature, id int64
}

// ofFeature returns the feature that a path names, and attached an attachment
// too.
func (c *call) ofFeature() (a attached, err error) {
	if a.node, err = c.node(); err != nil {
		return a, err
	}
	a.feature, err = c.serial("feature")
	return a, err
}

func (c *call) attached() (attached, error) {
	a, err := c.ofFeature()
	if err != nil {
		return a, err
	}
	a.id, err = c.serial("attachment")
	return a, err
}

func (l *lens) attachments(c *call) (reply, error) {
	a, err := c.ofFeature()
	if err != nil {
		return reply{}, err
	}
	id := func(w attachmentWire) int64 { return w.ID }
	columns := []column[attachmentWire]{
		{name: "id", number: id},
		{name: "name", text: func(w attachmentWire) string { return strings.ToLower(w.Name) }},
		{name: "size", number: func(w attachmentWire) int64 { return w.Size }},
		{name: byCreation, number: func(w attachmentWire) int64 { return w.Created.UnixMicro() }},
	}
	p, err := c.page(names(columns)...)
	if err != nil {
		return reply{}, err
	}
	found, err := l.Features.Attachments(c.Context(), c.actor, a.node, a.feature)
	if err != nil {
		return reply{}, err
	}
	return cut(p, all(found, attachmentOf), columns, id)
}

func (l *lens) attachment(c *call) (reply, error) {
	a, err := c.attached()
	if err != nil {
		return reply{}, err
	}
	found, err := l.Features.Attachment(c.Context(), c.actor, a.node, a.feature, a.id)
	if err != nil {
		return reply{}, err
	}
	return shown(attachmentOf(found)), nil
}

// attachmentPatch is a change of an attachment, and what one is made of.
type attachmentPatch struct {
	Upload      opt[upload.ID]      `json:"upload"`
	Name        opt[string]         `json:"name"`
	Keyname     opt[string]         `json:"keyname"`
	Description opt[string]         `json:"description"`
	Meta        opt[map[string]any] `json:"meta"`
}

func (p attachmentPatch) apply(a *feature.Attachment) error {
	p.Name.set(&a.Name)
	p.Keyname.set(&a.Keyname)
	switch {
	case p.Description.null:
		a.Description = nil
	case p.Description.given:
		a.Description = &p.Description.value
	}
	if !p.Meta.given {
		return nil
	}
	var was any
	if len(a.Meta) > 0 && !p.Meta.null {
		if err := stdjson.Unmarshal(a.Meta, &was); err != nil {
			return fmt.Errorf("apiv1: meta of attachment %d: %w", a.ID, err)
		}
	}
	value := p.Meta.value
	if value == nil {
		value = map[string]any{}
	}
	text, err := written(merged(was, value))
	a.Meta = stdjson.RawMessage(text)
	return err
}

func (l *lens) addAttachment(c *call) (reply, error) {
	a, err := c.ofFeature()
	if err != nil {
		return reply{}, err
	}
	var body attachmentPatch
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if body.Upload.value == "" {
		return reply{}, invalid("upload", "the id of a file that was uploaded")
	}
	var made feature.Attachment
	if err := body.apply(&made); err != nil {
		return reply{}, err
	}
	made, err = l.Features.Attach(c.Context(), c.actor, a.node, a.feature, body.Upload.value, made)
	if err != nil {
		return reply{}, unknownUpload(err)
	}
	return created(attachmentOf(made), "attachments/", strconv.FormatInt(made.ID, 10)), nil
}

// unknownUpload tells a file of the body that is not there from what the path
// names.
func unknownUpload(err error) error {
	if errors.Is(err, upload.ErrNotFound) {
		return invalid("upload", "the id of a file that was uploaded")
	}
	return err
}

func (l *lens) updateAttachment(c *call) (reply, error) {
	a, err := c.attached()
	if err != nil {
		return reply{}, err
	}
	var body attachmentPatch
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if body.Upload.given && body.Upload.value == "" {
		return reply{}, invalid("upload", "the id of a file that was uploaded, or nothing")
	}
	changed, err := l.Features.UpdateAttachment(c.Context(), c.actor, a.node, a.feature, a.id, body.Upload.value,
		func(a *feature.Attachment) error {
			if err := c.current(attachmentOf(*a)); err != nil {
				return err
			}
			return body.apply(a)
		})
	if err != nil {
		return reply{}, unknownUpload(err)
	}
	return shown(attachmentOf(changed)), nil
}

func (l *lens) deleteAttachment(c *call) (reply, error) {
	a, err := c.attached()
	if err != nil {
		return reply{}, err
	}
	if !c.conditional() {
		return gone(c, nil), l.Features.Detach(c.Context(), c.actor, a.node, a.feature, a.id)
	}
	var was attachmentWire
	err = l.Features.Hold(c.Context(), c.actor, a.node, func(ctx context.Context) error {
		found, err := l.Features.Attachment(ctx, c.actor, a.node, a.feature, a.id)
		if err != nil {
			return err
		}
		was = attachmentOf(found)
		if err := c.current(was); err != nil {
			return err
		}
		return l.Features.Detach(ctx, c.actor, a.node, a.feature, a.id)
	})
	return gone(c, was), err
}

func (l *lens) attachmentContent(c *call) (reply, error) {
	a, err := c.attached()
	if err != nil {
		return reply{}, err
	}
	found, file, err := l.Features.OpenAttachment(c.Context(), c.actor, a.node, a.feature, a.id)
	if err != nil {
		return reply{}, err
	}
	defer file.Close()
	transport.SendFile(c.answer, c.Request, transport.File{Name: found.Name, MediaType: found.MediaType, Size: found.Size}, file)
	return reply{}, nil
}

func (l *lens) attachmentThumbnail(c *call) (reply, error) {
	a, err := c.attached()
	if err != nil {
		return reply{}, err
	}
	const usual, most = 256, 2048
	width, err := c.number("width", usual, 1, most)
	if err != nil {
		return reply{}, err
	}
	height, err := c.number("height", usual, 1, most)
	if err != nil {
		return reply{}, err
	}
	crop, err := c.flag("crop")
	if err != nil {
		return reply{}, err
	}
	kind, image, err := l.Features.Thumbnail(c.Context(), c.actor, a.node, a.feature, a.id, width, height, crop != nil && *crop)
	if err != nil {
		return reply{}, err
	}
	transport.SendFile(c.answer, c.Request, transport.File{MediaType: kind, Size: int64(len(image)), Inline: true}, bytes.NewReader(image))
	return reply{}, nil
}
