package ngw

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"github.com/bailiwick-sdk/bailiwick/resource/upload"
)

const (
	pathUploads = "/api/component/file_upload/"
	pathUpload  = pathUploads + "{id:[0-9a-f]{32}}"

	// maxFiles bounds how many files one form brings.
	maxFiles = 100
)

// uploadRoutes are for everybody: some clients send files before they say who
// they are (spec/ngw.md §0, row 11). What guests may send is bounded by
// upload.Options.
func uploadRoutes() []route {
	everybody := Policy{Who: Public}
	const list, item, old = "file_upload.collection", "file_upload.item", "file_upload.upload"
	return []route{
		at(put, pathUploads, list, everybody, putUpload),
		at(post, pathUploads, list, everybody, postUpload),
		at(http.MethodOptions, pathUploads, list, everybody, tusOptions),
		at(put, pathUploads+"upload", old, everybody, putUpload),
		at(post, pathUploads+"upload", old, everybody, postUpload),
		at(http.MethodOptions, pathUploads+"upload", old, everybody, tusOptions),
		at(get, pathUpload, item, everybody, showUpload),
		at(patch, pathUpload, item, everybody, tusAppend),
		at(remove, pathUpload, item, everybody, deleteUpload),
		at(http.MethodOptions, pathUpload, item, everybody, tusOptions),
	}
}

// An uploadWire is an uploaded file.
type uploadWire struct {
	ID        upload.ID `json:"id"`
	Size      int64     `json:"size"`
	Name      string    `json:"name,omitempty"`
	MediaType string    `json:"mime_type,omitempty"`
}

func newUpload(f upload.File) uploadWire {
	return uploadWire{ID: f.ID, Size: f.Size, Name: f.Name, MediaType: typeOf(f.MediaType)}
}

// keep stores a file as it comes in. Of one that breaks off nothing is left.
func (l *lens) keep(c *call, size int64, name string, from io.Reader) (upload.File, error) {
	ctx := c.Context()
	file, err := l.Uploads.Begin(ctx, c.actor, size, name)
	if err != nil {
		return upload.File{}, err
	}
	kept, err := l.Uploads.Append(ctx, c.actor, file.ID, 0, from, true)
	if err == nil && !kept.Complete() {
		err = upload.ErrIncomplete
	}
	if err != nil {
		// The client may be gone, which is no reason to keep half a file.
		_ = l.Uploads.Delete(context.WithoutCancel(ctx), c.actor, file.ID)
		return upload.File{}, err
	}
	return kept, nil
}

// putUpload keeps the body as a file.
func putUpload(l *lens, c *call) (reply, error) {
	file, err := l.keep(c, c.ContentLength, nameIn(c.Header.Get("Content-Disposition")), c.Body)
	if err != nil {
		return reply{}, err
	}
	return created(newUpload(file)), nil
}

// nameIn is the name of a file in a disposition, empty where there is none.
func nameIn(disposition string) string {
	_, names, err := mime.ParseMediaType(disposition)
	if err != nil {
		return ""
	}
	return names["filename"]
}

// postUpload keeps the files of a form, named file or files[], or begins one that
// comes in pieces.
func postUpload(l *lens, c *call) (reply, error) {
	if c.Header.Get(tusVersionHeader) != "" {
		return tusCreate(l, c)
	}
	form, err := c.MultipartReader()
	if err != nil {
		return reply{}, bodyError("", "a form of the type multipart/form-data with a file")
	}
	answer := struct {
		Meta []uploadWire `json:"upload_meta"`
	}{Meta: []uploadWire{}}
	var ids []upload.ID
	for {
		file, err := l.next(c, form, len(answer.Meta))
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			for _, id := range ids { // nobody will ever know of them
				_ = l.Uploads.Delete(context.WithoutCancel(c.Context()), c.actor, id)
			}
			return reply{}, err
		}
		ids = append(ids, file.ID)
		answer.Meta = append(answer.Meta, newUpload(file))
	}
	if len(answer.Meta) == 0 {
		return reply{}, bodyError("file", "a file")
	}
	return ok(answer), nil
}

// next keeps the next file of a form. It returns io.EOF behind the last.
func (l *lens) next(c *call, form *multipart.Reader, before int) (upload.File, error) {
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return upload.File{}, io.EOF
		}
		if err != nil {
			return upload.File{}, formError(err)
		}
		if name := part.FormName(); name != "file" && name != "files[]" {
			continue
		}
		if before >= maxFiles {
			return upload.File{}, bodyError("files[]", "100 files at most")
		}
		file, err := l.keep(c, -1, part.FileName(), part)
		if err != nil {
			return upload.File{}, formError(err)
		}
		return file, nil
	}
}

// formError tells a form that breaks off from what else can go wrong.
func formError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return bodyError("", "a whole form")
	}
	return fmt.Errorf("ngw: form: %w", err)
}

func deleteUpload(l *lens, c *call) (reply, error) {
	if err := c.tus(false); err != nil {
		return reply{}, err
	}
	if err := l.Uploads.Delete(c.Context(), c.actor, c.uploadID()); err != nil {
		return reply{}, err
	}
	return nothing(), nil
}

// nothing is an answer without a body.
func nothing() reply {
	return reply{write: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }}
}
