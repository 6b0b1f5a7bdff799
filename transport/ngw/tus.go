package ngw

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/resource/upload"
)

// The protocol for files in pieces, https://tus.io/protocols/resumable-upload.
const (
	tusVersion       = "1.0.0"
	tusVersionHeader = "Tus-Resumable"
	tusOffset        = "Upload-Offset"
	tusLength        = "Upload-Length"
	tusMedia         = "application/offset+octet-stream"
)

// tus makes sure that a client speaks the version that is spoken here, and
// answers in it. Only some requests must name one.
func (c *call) tus(required bool) error {
	c.w.Header().Set(tusVersionHeader, tusVersion)
	version := c.Header.Get(tusVersionHeader)
	if version == tusVersion || version == "" && !required {
		return nil
	}
	c.w.Header().Set("Tus-Version", tusVersion)
	return &failure{
		Title: "Precondition failed", Status: http.StatusPreconditionFailed, Exception: exHTTP,
		Message: "The header Tus-Resumable must be 1.0.0.",
	}
}

// uploadID is the file that the path names.
func (c *call) uploadID() upload.ID { return upload.ID(mux.Vars(c.Request)["id"]) }

// tusOptions tells what is spoken here.
func tusOptions(l *lens, c *call) (reply, error) {
	h := c.w.Header()
	h.Set(tusVersionHeader, tusVersion)
	h.Set("Tus-Version", tusVersion)
	h.Set("Tus-Extension", "creation,expiration,termination")
	h.Set("Tus-Max-Size", strconv.FormatInt(l.uploadLimit, 10))
	return nothing(), nil
}

// tusCreate begins a file.
func tusCreate(l *lens, c *call) (reply, error) {
	if err := c.tus(true); err != nil {
		return reply{}, err
	}
	size, err := strconv.ParseInt(c.Header.Get(tusLength), 10, 64)
	if err != nil || size < 0 {
		return reply{}, headerError(tusLength, "the size of the file in bytes")
	}
	if size > l.uploadLimit {
		return reply{}, upload.ErrTooLarge
	}
	metadata, err := tusMetadata(c.Header.Get("Upload-Metadata"))
	if err != nil {
		return reply{}, err
	}
	name := metadata["name"]
	if name == "" {
		name = metadata["filename"]
	}
	file, err := l.Uploads.Begin(c.Context(), c.actor, size, name)
	if err != nil {
		return reply{}, err
	}
	return reply{write: func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		// Beside where it was asked for, wherever the lens is mounted.
		h.Set("Location", string(file.ID))
		expires(h, file)
		w.WriteHeader(http.StatusCreated)
	}}, nil
}

// expires tells how long a file is kept.
func expires(h http.Header, file upload.File) {
	h.Set("Upload-Expires", file.Expires.UTC().Format(http.TimeFormat))
}

// headerError is the refusal of a header.
func headerError(name, expected string) error {
	return &failure{
		Title: "Invalid header", Status: http.StatusBadRequest, Exception: exHTTP,
		Message: "The value of the header " + name + " is invalid: expected " + expected + ".",
		Data:    map[string]any{"location": []any{"header", name}},
	}
}

// tusMetadata reads pairs of a key and a value in Base64: "name aGVpZ2h0,is_new".
func tusMetadata(text string) (map[string]string, error) {
	pairs := map[string]string{}
	if strings.TrimSpace(text) == "" {
		return pairs, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		key, encoded, _ := strings.Cut(strings.TrimSpace(part), " ")
		value, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
		if _, twice := pairs[key]; err != nil || key == "" || twice || !utf8.Valid(value) {
			return nil, headerError("Upload-Metadata", "keys with values in Base64, each key once")
		}
		pairs[key] = string(value)
	}
	return pairs, nil
}

// tusAppend adds a piece.
func tusAppend(l *lens, c *call) (reply, error) {
	if err := c.tus(true); err != nil {
		return reply{}, err
	}
	if c.Header.Get("Content-Type") != tusMedia {
		return reply{}, &failure{
			Title: "Unsupported media type", Status: http.StatusUnsupportedMediaType, Exception: exHTTP,
			Message: "The type of a piece must be " + tusMedia + ".",
		}
	}
	offset, err := strconv.ParseInt(c.Header.Get(tusOffset), 10, 64)
	if err != nil || offset < 0 {
		return reply{}, headerError(tusOffset, "where the piece begins, in bytes")
	}
	file, err := l.Uploads.Append(c.Context(), c.actor, c.uploadID(), offset, c.Body, false)
	if err != nil {
		if errors.Is(err, upload.ErrOffset) {
			l.tellOffset(c)
		}
		return reply{}, err
	}
	return reply{write: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(tusOffset, strconv.FormatInt(file.Offset, 10))
		expires(w.Header(), file)
		w.WriteHeader(http.StatusNoContent)
	}}, nil
}

// tellOffset adds to a refusal where the file goes on.
func (l *lens) tellOffset(c *call) {
	if file, err := l.Uploads.File(c.Context(), c.actor, c.uploadID()); err == nil {
		c.w.Header().Set(tusOffset, strconv.FormatInt(file.Offset, 10))
	}
}

// showUpload tells of a file: HEAD how much of it is there, GET what it is.
func showUpload(l *lens, c *call) (reply, error) {
	if err := c.tus(false); err != nil {
		return reply{}, err
	}
	file, err := l.Uploads.File(c.Context(), c.actor, c.uploadID())
	if err != nil {
		return reply{}, err
	}
	switch {
	case c.Method == http.MethodHead:
	case !file.Complete():
		return reply{}, upload.ErrIncomplete
	default:
		return ok(newUpload(file)), nil
	}
	return reply{write: func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set(tusOffset, strconv.FormatInt(file.Offset, 10))
		if file.Size >= 0 {
			h.Set(tusLength, strconv.FormatInt(file.Size, 10))
		}
		h.Set("Cache-Control", "no-store")
		expires(h, file)
		w.WriteHeader(http.StatusOK)
	}}, nil
}
