package ngw_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
)

const tusPiece = "application/offset+octet-stream"

// A tusClient sends files in pieces.
type tusClient struct {
	*ngwtest.World

	who  ngwtest.Person
	path string
}

// ask calls the file, or the collection before there is one.
func (c *tusClient) ask(method, body string, status int, header ...string) ngwtest.Answer {
	c.Helper()
	header = append([]string{"Tus-Resumable", "1.0.0", "Content-Type", tusPiece}, header...)
	a := c.Ask(c.who, method, c.path, body, header...)
	a.Wants(status)
	if got := a.Header.Get("Tus-Resumable"); got != "1.0.0" {
		c.Errorf("%s: Tus-Resumable %q", method, got)
	}
	if status >= http.StatusBadRequest && method != http.MethodHead {
		a.Failure()
	}
	return a
}

// at wants the file to be as long as this.
func (c *tusClient) at(offset string) {
	c.Helper()
	a := c.ask(http.MethodHead, "", http.StatusOK)
	if a.Header.Get("Upload-Offset") != offset || a.Header.Get("Cache-Control") != "no-store" {
		c.Errorf("HEAD: %v, want offset %s", a.Header, offset)
	}
}

// TestTus sends a file in pieces, with everything that can go wrong between them.
func TestTus(t *testing.T) {
	t.Parallel()
	ngwtest.Each(t, func(w *ngwtest.World) {
		for _, who := range []ngwtest.Person{w.Ada, w.Guest} {
			c := &tusClient{World: w, who: who, path: pathUploads}
			options := c.ask(http.MethodOptions, "", http.StatusNoContent)
			if options.Header.Get("Tus-Version") != "1.0.0" || !strings.Contains(options.Header.Get("Tus-Extension"), "creation") ||
				options.Header.Get("Tus-Max-Size") != "1073741824" {
				w.Errorf("OPTIONS: %v", options.Header)
			}
			name := base64.StdEncoding.EncodeToString([]byte("Äste.txt"))
			begun := c.ask(http.MethodPost, "", http.StatusCreated, "Upload-Length", "11", "Upload-Metadata", "name "+name+",is_new")
			location := begun.Header.Get("Location")
			if location == "" || begun.Header.Get("Upload-Expires") == "" {
				w.Fatalf("POST: %v", begun.Header)
			}
			c.path = pathUploads + location[strings.LastIndex(location, "/")+1:]
			c.at("0")
			c.ask(http.MethodGet, "", http.StatusUnprocessableEntity)
			if got := c.ask(http.MethodPatch, "hello", http.StatusNoContent, "Upload-Offset", "0").Header.Get("Upload-Offset"); got != "5" {
				w.Errorf("PATCH: at %s", got)
			}
			c.at("5")
			// What does not go on where it ended changes nothing, and is told where it does.
			for _, offset := range []string{"0", "4", "6", "11", "99"} {
				a := c.ask(http.MethodPatch, "x", http.StatusConflict, "Upload-Offset", offset)
				if a.Header.Get("Upload-Offset") != "5" {
					w.Errorf("at %s: %v", offset, a.Header)
				}
			}
			for _, header := range [][]string{{"Upload-Offset", ""}, {"Upload-Offset", "-1"}, {"Upload-Offset", "x"}} {
				c.ask(http.MethodPatch, "x", http.StatusBadRequest, header...)
			}
			c.ask(http.MethodPatch, "x", http.StatusUnsupportedMediaType, "Upload-Offset", "5", "Content-Type", "application/octet-stream")
			for _, version := range []string{"0.2.2", "2.0.0"} {
				for _, method := range []string{http.MethodPatch, http.MethodHead, http.MethodDelete, http.MethodGet} {
					a := c.ask(method, "", http.StatusPreconditionFailed, "Upload-Offset", "5", "Tus-Resumable", version)
					if a.Header.Get("Tus-Version") != "1.0.0" {
						w.Errorf("%s in %s: %v", method, version, a.Header)
					}
				}
			}
			c.ask(http.MethodPatch, "x", http.StatusPreconditionFailed, "Upload-Offset", "5", "Tus-Resumable", "")
			c.ask(http.MethodPatch, " world and more", http.StatusRequestEntityTooLarge, "Upload-Offset", "5")

			c.finish(location)
		}
	})
}

// finish sends the rest, looks at the whole and deletes it.
func (c *tusClient) finish(id string) {
	c.Helper()
	// What is too long is kept as far as it was announced, or not at all.
	offset := c.ask(http.MethodHead, "", http.StatusOK).Header.Get("Upload-Offset")
	if offset == "5" {
		c.ask(http.MethodPatch, " world", http.StatusNoContent, "Upload-Offset", "5")
	}
	c.at("11")
	got := kept(c.World, c.who, id)
	if want := (uploadedFile{ID: id, Size: 11, Name: "Äste.txt", MediaType: "text/plain"}); got != want {
		c.Errorf("GET: %+v, want %+v", got, want)
	}
	if a := c.Ask(c.who, http.MethodHead, c.path, ""); a.Header.Get("Upload-Length") != "11" {
		c.Errorf("HEAD without a version: %d %v", a.Status, a.Header)
	}
	c.ask(http.MethodPatch, "x", http.StatusRequestEntityTooLarge, "Upload-Offset", "11")
	c.ask(http.MethodDelete, "", http.StatusNoContent)
	for _, method := range []string{http.MethodHead, http.MethodGet, http.MethodDelete, http.MethodPatch} {
		c.ask(method, "", http.StatusNotFound, "Upload-Offset", "11")
	}
}

// TestTusRefusals begins no file of headers that make no sense.
func TestTusRefusals(t *testing.T) {
	w := small(t, nil)
	c := &tusClient{World: w, who: w.Ada, path: pathUploads}
	for _, header := range [][]string{
		{},
		{"Upload-Length", "x"},
		{"Upload-Length", "-1"},
		{"Upload-Length", "1.5"},
		{"Upload-Length", "1", "Upload-Metadata", "name %%"},
		{"Upload-Length", "1", "Upload-Metadata", "name YQ==,name YQ=="},
		{"Upload-Length", "1", "Upload-Metadata", "name /w=="},
		{"Upload-Length", "1", "Upload-Metadata", ",,"},
	} {
		c.ask(http.MethodPost, "", http.StatusBadRequest, header...)
	}
	c.ask(http.MethodPost, "", http.StatusPreconditionFailed, "Upload-Length", "1", "Tus-Resumable", "0.1")
	c.ask(http.MethodPost, "", http.StatusRequestEntityTooLarge, "Upload-Length", "99999999999")
	// Somebody else's file is none.
	location := c.ask(http.MethodPost, "", http.StatusCreated, "Upload-Length", "2").Header.Get("Location")
	other := &tusClient{World: w, who: w.Admin, path: pathUploads + location}
	for _, method := range []string{http.MethodHead, http.MethodGet, http.MethodDelete, http.MethodPatch} {
		other.ask(method, "", http.StatusNotFound, "Upload-Offset", "0")
	}
	// Half a file is not to be attached.
	c.path += location
	c.ask(http.MethodPatch, "h", http.StatusNoContent, "Upload-Offset", "0")
	layer := w.Layer("Trees", "NONE", 3857)
	var made struct{ ID int64 }
	w.Call(w.Ada, http.MethodPost, ngwtest.Item(int64(layer))+"/feature/", object{}).Wants(http.StatusOK).Into(&made)
	attach := func() ngwtest.Answer {
		w.Helper()
		return w.Call(w.Ada, http.MethodPost, ngwtest.Item(int64(layer))+"/feature/1/attachment/", object{"file_upload": object{"id": location}})
	}
	attach().Refused(http.StatusUnprocessableEntity, ".ValidationError")
	c.ask(http.MethodPatch, "i", http.StatusNoContent, "Upload-Offset", "1")
	attach().Wants(http.StatusOK)
	c.ask(http.MethodHead, "", http.StatusNotFound) // it is the feature's now
}
