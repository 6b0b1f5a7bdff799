package apiv1_test

import (
	"bytes"
	"fmt"
	"image"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
)

func TestUpload(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		a := w.call(w.editor, post, "/uploads", `{"size": 5, "name": "../a/b.txt"}`, 201)
		id, _ := a.field(t, "id").(string)
		if a.header.Get("Location") != "uploads/"+id || a.field(t, "name") != "b.txt" || a.field(t, "complete") != false || a.header.Get("ETag") != "" {
			t.Errorf("%v %s", a.header, a.text)
		}
		at := "/uploads/" + id
		if b := w.call(w.editor, patch, at+"?offset=0", "he", 200); b.field(t, "offset") != 2.0 || b.field(t, "media_type") != nil {
			t.Errorf("%s", b.text)
		}
		w.refused(w.editor, patch, at+"?offset=0", "he", 409, "offset", "")
		w.refused(w.editor, patch, at+"?offset=2&last=true", "l", 409, "incomplete", "")
		w.refused(w.editor, patch, at+"?offset=3", "lo and more", 413, "too_large", "")
		w.refused(w.editor, patch, at, "lo", 400, "invalid", "offset")
		w.refused(w.editor, patch, at+"?offset=5", "x", 415, "unsupported_media_type", "", "Content-Type", "text/plain")
		w.refused(w.editor, patch, at+"?offset=5", "x", 400, "invalid", "Idempotency-Key", "Idempotency-Key", "x")
		if b := w.call(w.editor, get, at, "", 200); b.field(t, "complete") != true || b.field(t, "media_type") != "text/plain; charset=utf-8" && b.field(t, "media_type") != "text/plain" {
			t.Errorf("%s", b.text)
		}
		w.refused(w.viewer, get, at, "", 404, "not_found", "")
		w.refused(w.viewer, patch, at+"?offset=5", "", 404, "not_found", "")
		w.refused(nil, get, at, "", 401, "unauthenticated", "")
		w.call(w.editor, remove, at+"?dry_run=true", "", 200)
		w.call(w.editor, remove, at, "", 204)
		w.refused(w.editor, get, at, "", 404, "not_found", "")

		open := w.call(w.editor, post, "/uploads", `{}`, 201)
		at = "/uploads/" + open.field(t, "id").(string)
		// More than other bodies may be.
		if b := w.call(w.editor, patch, at+"?offset=0&last=true", strings.Repeat("x", 3<<20), 200); b.field(t, "size") != float64(3<<20) || b.field(t, "complete") != true {
			t.Errorf("%s", b.text)
		}
		w.refused(w.editor, post, "/uploads", `{"size": -1}`, 400, "invalid", "size")
		w.refused(w.editor, post, "/uploads", fmt.Sprintf(`{"size": %d}`, 1<<40), 413, "too_large", "")
		// What is kept to answer again is no right to a file.
		w.call(w.editor, post, "/uploads", `{}`, 201, "Idempotency-Key", "u")
		w.refused(w.editor, post, "/uploads", `{}`, 409, "already_done", "", "Idempotency-Key", "u")
	})
}

func TestAttachment(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		at := w.at("/features/1/attachments")
		page := w.file(w.editor, "page.html", []byte("<html><script>alert(1)</script></html>"))
		body := fmt.Sprintf(`{"upload": %q, "keyname": "page", "description": "d", "meta": {"a": 1, "b": {"c": 2}}}`, page)
		a := w.call(w.editor, post, at, body, 201)
		if a.header.Get("Location") != "attachments/2" || a.field(t, "name") != "page.html" || a.field(t, "size") != 38.0 || a.field(t, "image") != false {
			t.Errorf("%v %s", a.header, a.text)
		}
		one := at + "/2"
		if got := w.call(w.viewer, get, one, "", 200); got.text != a.text || got.header.Get("ETag") != a.header.Get("ETag") {
			t.Errorf("%s", got.text)
		}
		w.refused(w.editor, post, at, body, 400, "invalid", "upload") // it is taken
		w.refused(w.editor, post, at, `{}`, 400, "invalid", "upload")
		half := w.call(w.editor, post, "/uploads", `{"size": 5}`, 201).field(t, "id")
		w.refused(w.editor, post, at, fmt.Sprintf(`{"upload": %q}`, half), 409, "incomplete", "")
		again := w.file(w.editor, "x", []byte("x"))
		w.refused(w.editor, post, at, fmt.Sprintf(`{"upload": %q, "keyname": "page"}`, again), 409, "taken", "keyname")
		w.refused(w.editor, post, at, fmt.Sprintf(`{"upload": %q, "name": "a/b"}`, again), 400, "invalid", "name")
		w.refused(w.viewer, post, at, fmt.Sprintf(`{"upload": %q}`, again), 403, "forbidden", "")
		w.refused(w.editor, post, w.at("/features/99/attachments"), fmt.Sprintf(`{"upload": %q}`, again), 404, "not_found", "")

		// It is for keeping, whatever it says it is.
		for _, method := range []string{get, http.MethodHead} {
			c := w.call(w.viewer, method, one+"/content", "", 200)
			h := c.header
			if h.Get("Content-Type") != "application/octet-stream" || h.Get("Content-Disposition") != "attachment; filename=page.html" ||
				h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || h.Get("Content-Length") != "38" {
				t.Errorf("%v", h)
			}
			if method == get && c.text != "<html><script>alert(1)</script></html>" || method != get && c.text != "" {
				t.Errorf("%s: %s", method, c.text)
			}
		}
		picture := w.call(w.viewer, get, at+"/1/content", "", 200)
		if picture.header.Get("Content-Type") != "image/png" || !strings.HasPrefix(picture.header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%v", picture.header)
		}
		small := w.call(w.viewer, get, at+"/1/thumbnail?width=2&height=2&crop=true", "", 200)
		if config, _, err := image.DecodeConfig(bytes.NewReader([]byte(small.text))); err != nil || config.Width != 2 || config.Height != 2 {
			t.Errorf("%v %v", config, err)
		}
		w.refused(w.viewer, get, at+"/1/thumbnail?width=0", "", 400, "invalid", "width")
		w.refused(w.viewer, get, at+"/1/thumbnail?height=5000", "", 400, "invalid", "height")
		w.refused(w.viewer, get, one+"/thumbnail", "", 400, "no_image", "")

		feature := w.call(w.viewer, get, w.at("/features/1"), "", 200).header.Get("ETag")
		tag := a.header.Get("ETag")
		b := w.call(w.editor, patch, one, fmt.Sprintf(`{"upload": %q, "keyname": null, "meta": {"b": {"c": null}, "d": 3}}`, again), 200, "If-Match", tag)
		if b.field(t, "size") != 1.0 || b.field(t, "keyname") != nil || pretty(b.field(t, "meta")) != `{"a":1,"b":{},"d":3}` || b.field(t, "description") != "d" {
			t.Errorf("%s", b.text)
		}
		w.refused(w.editor, patch, one, `{"description": null}`, 412, "precondition_failed", "", "If-Match", tag)
		if c := w.call(w.editor, patch, one, `{"description": null, "meta": null}`, 200); c.field(t, "description") != nil || pretty(c.field(t, "meta")) != "{}" {
			t.Errorf("%s", c.text)
		}
		// What is attached is no part of what a feature is changed by.
		w.call(w.editor, patch, w.at("/features/1"), `{"properties": {"people": 1}}`, 200, "If-Match", feature)
		w.refused(w.editor, patch, one, `{"upload": null}`, 400, "invalid", "upload")

		w.refused(w.editor, remove, one, "", 412, "precondition_failed", "", "If-Match", tag)
		if was := w.call(w.editor, remove, one+"?dry_run=true", "", 200); was.field(t, "id") != 2.0 {
			t.Errorf("%s", was.text)
		}
		w.call(w.editor, remove, one, "", 204)
		w.refused(w.editor, remove, one, "", 404, "not_found", "")
		if n := len(w.call(w.viewer, get, at, "", 200).items(t)); n != 1 {
			t.Errorf("%d files", n)
		}
	})
}

// TestUploadLimit bounds what one request adds to a file, and nothing else.
func TestUploadLimit(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		router := mux.NewRouter().SkipClean(true).UseEncodedPath()
		router.PathPrefix(prefix).Handler(http.StripPrefix(prefix, apiv1.Handler(w.services, &apiv1.Options{UploadLimit: 4})))
		w.handler = watched(t, router)
		at := "/uploads/" + w.call(w.editor, post, "/uploads", `{"size": 8}`, 201).field(t, "id").(string)
		w.refused(w.editor, patch, at+"?offset=0", "12345", 413, "too_large", "")
		for i, piece := range []string{"1234", "5678"} {
			have := w.call(w.editor, get, at, "", 200).field(t, "offset").(float64)
			if b := w.call(w.editor, patch, fmt.Sprintf("%s?offset=%d", at, int(have)), piece[int(have)-4*i:], 200); b.field(t, "offset") != float64(4*(i+1)) {
				t.Errorf("%s", b.text)
			}
		}
	})
}

// TestWithoutTree leaves out what a host has no services for.
func TestWithoutTree(t *testing.T) {
	t.Parallel()
	s := newSmall(t, dbtest.New(t))
	bare := *s.services
	bare.Resources, bare.Features, bare.Uploads = nil, nil, nil
	s.services = &bare
	router := mux.NewRouter().SkipClean(true).UseEncodedPath()
	router.PathPrefix(prefix).Handler(http.StripPrefix(prefix, apiv1.Handler(s.services, nil)))
	s.handler = watched(t, router)
	tried := 0
	for _, route := range apiv1.Routes() {
		tree := route.Policy.Who == apiv1.Holder || strings.HasPrefix(route.Path, "/resource") || strings.HasPrefix(route.Path, "/uploads") ||
			strings.Contains(route.Path, "/resource-limits")
		if !tree {
			continue
		}
		tried++
		path := variable.ReplaceAllString(route.Path, "1")
		s.refused(s.admin, route.Method, path, "", 404, "not_found", "")
	}
	if tried < 30 {
		t.Errorf("only %d operations", tried)
	}
	s.call(s.admin, post, "/explain", fmt.Sprintf(`{"node": %d, "permission": "workspace.read"}`, s.here.Num), 200)
	s.refused(s.admin, post, "/explain", `{"node": 999999, "permission": "workspace.read"}`, 404, "not_found", "")
}
