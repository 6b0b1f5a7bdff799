package apiv1

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/resource/upload"
)

const (
	// uploadPath is what the paths of files begin with, and uploadLimit bounds
	// what one request adds to one.
	uploadPath  = "uploads/"
	uploadLimit = 1 << 30
)

func uploadRoutes() []route {
	add := final(patch("/uploads/{upload}", "appendUpload", own(), (*lens).appendUpload))
	add.stream = true
	return where(func(l *lens) bool { return l.Uploads != nil },
		// The id is the right to use it.
		secretive(post("/uploads", "beginUpload", signedIn(), (*lens).beginUpload)),
		get("/uploads/{upload}", "getUpload", own(), (*lens).upload),
		add,
		remove("/uploads/{upload}", "deleteUpload", own(), (*lens).deleteUpload),
	)
}

// uploadWire is a file that was uploaded, or is being uploaded.
type uploadWire struct {
	ID        upload.ID `json:"id"`
	Size      *int64    `json:"size"`
	Offset    int64     `json:"offset"`
	Name      string    `json:"name"`
	MediaType string    `json:"media_type,omitzero"`
	Width     int       `json:"width,omitzero"`
	Height    int       `json:"height,omitzero"`
	Complete  bool      `json:"complete"`
	Created   time.Time `json:"created"`
	Expires   time.Time `json:"expires"`
}

func uploadOf(f upload.File) uploadWire {
	w := uploadWire{
		ID: f.ID, Offset: f.Offset, Name: f.Name, MediaType: f.MediaType, Width: f.Width, Height: f.Height, Complete: f.Complete(),
		Created: f.Created, Expires: f.Expires,
	}
	if f.Size >= 0 {
		w.Size = &f.Size
	}
	return w
}

func (c *call) upload() upload.ID { return upload.ID(mux.Vars(c.Request)["upload"]) }

// uploadNew is a file that is to be.
type uploadNew struct {
	Size *int64 `json:"size"`
	Name string `json:"name"`
}

func (l *lens) beginUpload(c *call) (reply, error) {
	var body uploadNew
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	size := int64(-1)
	if body.Size != nil {
		if size = *body.Size; size < 0 {
			return reply{}, invalid("size", "a number of bytes, or null for one that is not known")
		}
	}
	begun, err := l.Uploads.Begin(c.Context(), c.actor, size, body.Name)
	if err != nil {
		return reply{}, err
	}
	answer := created(uploadOf(begun), "uploads/", string(begun.ID))
	answer.tag, answer.made = "", "" // it goes on by its offset, and what it is called is a secret
	return answer, nil
}

func (l *lens) upload(c *call) (reply, error) {
	f, err := l.Uploads.File(c.Context(), c.actor, c.upload())
	if err != nil {
		return reply{}, err
	}
	return ok(uploadOf(f)), nil
}

func (l *lens) appendUpload(c *call) (reply, error) {
	text, err := c.text("offset")
	if err != nil {
		return reply{}, err
	}
	offset, err := strconv.ParseInt(text, 10, 64)
	if err != nil || offset < 0 {
		return reply{}, invalid("offset", "where in the file the bytes begin")
	}
	last, err := c.flag("last")
	if err != nil {
		return reply{}, err
	}
	from := c.Body
	if from == nil {
		from = http.NoBody
	}
	f, err := l.Uploads.Append(c.Context(), c.actor, c.upload(), offset, from, last != nil && *last)
	if err != nil {
		return reply{}, err
	}
	return ok(uploadOf(f)), nil
}

func (l *lens) deleteUpload(c *call) (reply, error) {
	was, err := l.Uploads.File(c.Context(), c.actor, c.upload())
	if err != nil {
		return reply{}, err
	}
	err = l.Uploads.Delete(c.Context(), c.actor, c.upload())
	return gone(c, uploadOf(was)), err
}
