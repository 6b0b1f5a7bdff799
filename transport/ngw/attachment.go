package ngw

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/transport"
)

const (
	pathAttachments = pathFeature + "/attachment/"
	pathAttachment  = pathAttachments + "{aid:[0-9]+}"
)

func attachmentRoutes() []route {
	read, write := Policy{Who: Holder, Permission: "data.read"}, Policy{Who: Holder, Permission: "data.write"}
	const list, item = "feature_attachment.collection", "feature_attachment.item"
	return []route{
		at(get, pathAttachments, list, read, listAttachments),
		at(post, pathAttachments, list, write, attach),
		at(get, pathAttachment, item, read, showAttachment),
		at(put, pathAttachment, item, write, updateAttachment),
		at(remove, pathAttachment, item, write, detach),
		at(get, pathAttachment+"/download", "feature_attachment.download", read, downloadAttachment),
		at(get, pathAttachment+"/image", "feature_attachment.image", read, showImage),
	}
}

// An attachmentWire is an attachment as it is told.
type attachmentWire struct {
	ID          int64          `json:"id"`
	Name        string         `json:"name"`
	Keyname     *string        `json:"keyname"`
	Size        int64          `json:"size"`
	MediaType   string         `json:"mime_type"`
	Description *string        `json:"description"`
	Image       bool           `json:"is_image"`
	Meta        jsontext.Value `json:"file_meta"`
}

func newAttachment(a feature.Attachment) attachmentWire {
	w := attachmentWire{
		ID: a.ID, Name: a.Name, Size: a.Size, MediaType: typeOf(a.MediaType), Description: a.Description,
		// Clients offer a small picture of what is an image, and older ones know
		// these two only.
		Image: a.Image && (a.MediaType == "image/jpeg" || a.MediaType == "image/png"),
		Meta:  jsontext.Value("{}"),
	}
	if a.Keyname != "" {
		w.Keyname = &a.Keyname
	}
	if len(a.Meta) > 0 {
		w.Meta = jsontext.Value(a.Meta)
	}
	return w
}

func newAttachments(list []feature.Attachment) []attachmentWire {
	wires := make([]attachmentWire, 0, len(list))
	for _, a := range list {
		wires = append(wires, newAttachment(a))
	}
	return wires
}

// typeOf is a media type without parameters, as clients compare it.
func typeOf(mediaType string) string {
	kind, _, _ := strings.Cut(mediaType, ";")
	return strings.TrimSpace(kind)
}

// appendAttachments writes those of a feature, null where there are none.
func appendAttachments(dst []byte, list []feature.Attachment) ([]byte, error) {
	if len(list) == 0 {
		return append(dst, "null"...), nil
	}
	text, err := json.Marshal(newAttachments(list))
	if err != nil {
		return nil, fmt.Errorf("ngw: attachments: %w", err)
	}
	return append(dst, text...), nil
}

// An attachmentChange is an attachment as it is sent.
type attachmentChange struct {
	File *struct {
		ID upload.ID `json:"id"`
	} `json:"file_upload"`
	Name        jsontext.Value `json:"name"`
	Keyname     jsontext.Value `json:"keyname"`
	Description jsontext.Value `json:"description"`
}

// apply changes what was sent; the media type is what the file is looked at to
// be, whatever was said.
func (w attachmentChange) apply(a *feature.Attachment) error {
	name, set, err := textIn(w.Name, "name")
	if err != nil {
		return err
	}
	if set && name != nil {
		a.Name = *name
	}
	keyname, set, err := textIn(w.Keyname, "keyname")
	switch {
	case err != nil:
		return err
	case set && keyname == nil:
		a.Keyname = ""
	case set:
		a.Keyname = *keyname
	}
	description, set, err := textIn(w.Description, "description")
	if set && err == nil {
		a.Description = description
	}
	return err
}

// textIn reads a text that may be null, or not there.
func textIn(text jsontext.Value, field string) (value *string, set bool, err error) {
	switch {
	case len(text) == 0:
		return nil, false, nil
	case text.Kind() == 'n':
		return nil, true, nil
	case text.Kind() == '"':
		return new(textOf(text)), true, nil
	}
	return nil, false, bodyError(field, "a text or null")
}

func (w attachmentChange) file() upload.ID {
	if w.File == nil {
		return ""
	}
	return w.File.ID
}

// attached returns what the path names: a layer, a feature, an attachment.
func (l *lens) attached(c *call) (n rbac.Node, fid, aid int64, err error) {
	if n, err = l.place(c); err != nil {
		return 0, 0, 0, err
	}
	if fid, err = c.number("fid"); err != nil {
		return 0, 0, 0, err
	}
	aid, err = c.number("aid")
	return n, fid, aid, err
}

func listAttachments(l *lens, c *call) (reply, error) {
	layer, fid, err := l.feature(c)
	if err != nil {
		return reply{}, err
	}
	list, err := l.Features.Attachments(c.Context(), c.actor, layer.Node, fid)
	if err != nil {
		return reply{}, err
	}
	return ok(newAttachments(list)), nil
}

func attach(l *lens, c *call) (reply, error) {
	layer, fid, err := l.feature(c)
	if err != nil {
		return reply{}, err
	}
	var wire attachmentChange
	if err := c.read(&wire); err != nil {
		return reply{}, err
	}
	if wire.file() == "" {
		return reply{}, bodyError("file_upload.id", "the id of an uploaded file")
	}
	var a feature.Attachment
	if err := wire.apply(&a); err != nil {
		return reply{}, err
	}
	made, err := l.Features.Attach(c.Context(), c.actor, layer.Node, fid, wire.file(), a)
	if err != nil {
		return reply{}, unattached(err)
	}
	return ok(numberWire{made.ID}), nil
}

// unattached says of a file that is not there that the body is wrong, since the
// address is not.
func unattached(err error) error {
	if !errors.Is(err, upload.ErrNotFound) {
		return err
	}
	return &failure{
		Title: "Uploaded file not found", Status: http.StatusUnprocessableEntity, Exception: exUploadNotFound,
		Message: "The uploaded file does not exist, or has expired.",
		Data:    map[string]any{"location": []any{"body", "file_upload.id"}, "field": "file_upload.id"},
	}
}

func showAttachment(l *lens, c *call) (reply, error) {
	n, fid, aid, err := l.attached(c)
	if err != nil {
		return reply{}, err
	}
	a, err := l.Features.Attachment(c.Context(), c.actor, n, fid, aid)
	if err != nil {
		return reply{}, err
	}
	return ok(newAttachment(a)), nil
}

func updateAttachment(l *lens, c *call) (reply, error) {
	n, fid, aid, err := l.attached(c)
	if err != nil {
		return reply{}, err
	}
	var wire attachmentChange
	if err := c.read(&wire); err != nil {
		return reply{}, err
	}
	a, err := l.Features.UpdateAttachment(c.Context(), c.actor, n, fid, aid, wire.file(), wire.apply)
	if err != nil {
		return reply{}, unattached(err)
	}
	return ok(numberWire{a.ID}), nil
}

func detach(l *lens, c *call) (reply, error) {
	n, fid, aid, err := l.attached(c)
	if err != nil {
		return reply{}, err
	}
	if err := l.Features.Detach(c.Context(), c.actor, n, fid, aid); err != nil {
		return reply{}, err
	}
	return ok(nil), nil
}

// downloadAttachment sends a file for keeping, never for showing.
func downloadAttachment(l *lens, c *call) (reply, error) {
	n, fid, aid, err := l.attached(c)
	if err != nil {
		return reply{}, err
	}
	a, file, err := l.Features.OpenAttachment(c.Context(), c.actor, n, fid, aid)
	if err != nil {
		return reply{}, err
	}
	return sent(a, file, false), nil
}

// sent is the answer of a file as it is. It closes it.
func sent(a feature.Attachment, file io.ReadCloser, inline bool) reply {
	return reply{write: func(w http.ResponseWriter, r *http.Request) {
		defer file.Close()
		transport.SendFile(w, r, transport.File{Name: a.Name, MediaType: a.MediaType, Size: a.Size, Inline: inline}, file)
	}}
}
