package ngw_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"mime"
	"net/http"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
)

// uploaded uploads a file and returns its id.
func (m *meadow) uploaded(who ngwtest.Person, content string) string {
	m.Helper()
	return read[struct{ ID string }](m.want(who, http.MethodPut, "/api/component/file_upload/", content, http.StatusCreated)).ID
}

// attach attaches a file to a tree and returns the number of the attachment.
func (m *meadow) attach(tree, content, more string) int64 {
	m.Helper()
	body := fmt.Sprintf(`{"file_upload": {"id": %q, "size": 5}%s}`, m.uploaded(m.Ada, content), more)
	a := m.want(m.Ada, http.MethodPost, m.at("/feature/%"+tree+"/attachment/"), body, http.StatusOK)
	return read[struct{ ID int64 }](a).ID
}

// picture is a JPEG or PNG of a size.
func picture(m *meadow, kind string, width, height int) string {
	m.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		for y := range height {
			img.Set(x, y, color.RGBA{R: uint8(x), G: uint8(y), B: 100, A: 255})
		}
	}
	var out bytes.Buffer
	if kind == "png" {
		m.OK(png.Encode(&out, img))
	} else {
		m.OK(jpeg.Encode(&out, img, nil))
	}
	return out.String()
}

// TestAttachment attaches files, changes and deletes them.
func TestAttachment(t *testing.T) {
	eachMeadow(t, func(m *meadow) {
		list := m.at("/feature/%ash/attachment/")
		m.want(m.Viewer, http.MethodGet, list, "", http.StatusOK).Same(`[]`)
		// What the client says of size and type does not count.
		note := m.attach("ash", "a note", `, "name": "Notiz über Äste.txt", "mime_type": "image/png", "size": 1, "description": "<b>bold</b>", "keyname": "note"`)
		item := fmt.Sprintf(`{"id": %d, "name": "Notiz über Äste.txt", "keyname": "note", "size": 6, "mime_type": "text/plain", "description": "<b>bold</b>",
			"is_image": false, "file_meta": {}}`, note)
		m.want(m.Viewer, http.MethodGet, list, "", http.StatusOK).Same("[" + item + "]")
		path := fmt.Sprintf("%s%d", list, note)
		m.want(m.Viewer, http.MethodGet, path, "", http.StatusOK).Same(item)
		m.want(m.Viewer, http.MethodGet, m.at("/feature/%ash?fields=&geom=no&extensions=attachment"), "", http.StatusOK).
			Same(fmt.Sprintf(`{"id": %d, "fields": {}, "extensions": {"attachment": [%s]}}`, m.ids["ash"], item))
		m.want(m.Viewer, http.MethodGet, m.at("/feature/?fields=&geom=no&extensions=attachment&id=%ash"), "", http.StatusOK).
			Same(fmt.Sprintf(`[{"id": %d, "fields": {}, "extensions": {"attachment": [%s]}}]`, m.ids["ash"], item))

		a := m.want(m.Viewer, http.MethodGet, path+"/download", "", http.StatusOK)
		kind, names, err := mime.ParseMediaType(a.Header.Get("Content-Disposition"))
		if a.Text != "a note" || kind != "attachment" || names["filename"] != "Notiz über Äste.txt" || err != nil || a.Header.Get("Content-Type") != "text/plain" {
			m.Errorf("download: %q %v", a.Text, a.Header)
		}
		if head := m.Ask(m.Viewer, http.MethodHead, path+"/download", "").Wants(http.StatusOK); head.Text != "" || head.Header.Get("Content-Length") != "6" {
			m.Errorf("HEAD: %q %v", head.Text, head.Header)
		}

		m.want(m.Ada, http.MethodPut, path, `{"name": "b.txt", "description": null}`, http.StatusOK).Same(fmt.Sprintf(`{"id": %d}`, note))
		m.want(m.Ada, http.MethodPut, path, fmt.Sprintf(`{"keyname": null, "file_upload": {"id": %q}}`, m.uploaded(m.Ada, "%PDF-1.7 longer")), http.StatusOK)
		m.want(m.Viewer, http.MethodGet, path, "", http.StatusOK).Same(fmt.Sprintf(`{"id": %d, "name": "b.txt", "keyname": null, "size": 15,
			"mime_type": "application/pdf", "description": null, "is_image": false, "file_meta": {}}`, note))
		if got := m.want(m.Viewer, http.MethodGet, path+"/download", "", http.StatusOK).Text; got != "%PDF-1.7 longer" {
			m.Errorf("changed: %q", got)
		}

		m.want(m.Ada, http.MethodDelete, path, "", http.StatusOK).Same(`null`)
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			m.refused(m.Ada, method, path, "{}", http.StatusNotFound, "AttachmentNotFound")
			m.refused(m.Ada, method, m.at("/feature/99999/attachment/1"), "{}", http.StatusNotFound, "FeatureNotFound")
		}
		m.refused(m.Ada, http.MethodGet, path+"/download", "", http.StatusNotFound, "AttachmentNotFound")
		m.refused(m.Ada, http.MethodGet, path+"/image", "", http.StatusNotFound, "AttachmentNotFound")
		m.refused(m.Ada, http.MethodGet, m.at("/feature/99999/attachment/"), "", http.StatusNotFound, "FeatureNotFound")
		m.refused(m.Ada, http.MethodGet, "/api/resource/999999/feature/1/attachment/", "", http.StatusNotFound, "ResourceNotFound")

		// Of another tree it is not.
		note = m.attach("ash", "a note", "")
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			m.refused(m.Ada, method, m.at(fmt.Sprintf("/feature/%%beech/attachment/%d", note)), "{}", http.StatusNotFound, "AttachmentNotFound")
		}
		// It goes with the tree.
		m.want(m.Ada, http.MethodDelete, m.at("/feature/%ash"), "", http.StatusOK)
		m.refused(m.Ada, http.MethodGet, fmt.Sprintf("%s%d/download", list, note), "", http.StatusNotFound, "FeatureNotFound")
	})
}

// TestAttachmentRefusals tells what is wrong with an attachment.
func TestAttachmentRefusals(t *testing.T) {
	smallMeadow(t, func(m *meadow) {
		list := m.at("/feature/%ash/attachment/")
		path := fmt.Sprintf("%s%d", list, m.attach("ash", "a note", `, "keyname": "taken"`))
		before := m.want(m.Ada, http.MethodGet, list, "", http.StatusOK).Text
		for body, want := range map[string]struct {
			status    int
			exception string
			word      string
		}{
			`{`:                            {400, "MalformedJSONBody", "JSON"},
			`{}`:                           {422, "ValidationError", "file_upload.id"},
			`{"file_upload": {"id": ""}}`:  {422, "ValidationError", "file_upload.id"},
			`{"file_upload": {"id": "x"}}`: {422, "FileUploadNotFound", "uploaded file"},
			`{"file_upload": {"id": "0123456789abcdef0123456789abcdef"}}`: {422, "FileUploadNotFound", "uploaded file"},
			`{"file_upload": {"id": "%new"}, "name": 5}`:                  {422, "ValidationError", "name"},
			`{"file_upload": {"id": "%new"}, "name": "../etc/passwd"}`:    {422, "ValidationError", "name"},
			`{"file_upload": {"id": "%new"}, "name": "a\nb"}`:             {400, "MalformedJSONBody", "JSON"},
			`{"file_upload": {"id": "%new"}, "name": "a\u0007b"}`:         {422, "ValidationError", "name"},
			`{"file_upload": {"id": "%new"}, "description": []}`:          {422, "ValidationError", "description"},
			`{"file_upload": {"id": "%new"}, "keyname": "taken"}`:         {422, "ValidationError", "keyname"},
		} {
			body = strings.ReplaceAll(body, "%new", m.uploaded(m.Ada, "new"))
			if want.exception == "MalformedJSONBody" && strings.Contains(body, "a\\nb") {
				body = strings.ReplaceAll(body, "\\n", "\n")
			}
			m.refused(m.Ada, http.MethodPost, list, body, want.status, want.exception, want.word)
			if !strings.Contains(body, "taken") && body != `{}` && !strings.Contains(body, `""`) {
				m.refused(m.Ada, http.MethodPut, path, body, want.status, want.exception, want.word)
			}
		}
		if after := m.want(m.Ada, http.MethodGet, list, "", http.StatusOK).Text; after != before {
			m.Errorf("something has changed: %s\nbefore %s", after, before)
		}
		// Who was refused may use his file again, and only once.
		id := m.uploaded(m.Ada, "new")
		body := fmt.Sprintf(`{"file_upload": {"id": %q}}`, id)
		m.refused(m.Viewer, http.MethodPost, list, body, http.StatusForbidden, "InsufficientPermissions")
		m.refused(m.Ada, http.MethodPost, list, strings.TrimSuffix(body, "}")+`, "keyname": "taken"}`, http.StatusUnprocessableEntity, "ValidationError")
		m.want(m.Ada, http.MethodPost, list, body, http.StatusOK)
		m.refused(m.Ada, http.MethodPost, list, body, http.StatusUnprocessableEntity, "FileUploadNotFound")
	})
}

// TestHarmless sends nothing that was uploaded so that a browser runs it.
func TestHarmless(t *testing.T) {
	smallMeadow(t, func(m *meadow) {
		for content, kind := range map[string]string{
			"<html><script>alert(1)</script></html>":                                  "application/octet-stream",
			"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"></svg>": "application/octet-stream",
			"plain":                 "text/plain",
			picture(m, "png", 4, 4): "image/png",
		} {
			path := m.at(fmt.Sprintf("/feature/%%ash/attachment/%d", m.attach("ash", content, `, "name": "x.html", "mime_type": "text/html"`)))
			for _, at := range []string{"/download", "/image"} {
				if at == "/image" && kind != "image/png" {
					m.refused(m.Viewer, http.MethodGet, path+at, "", http.StatusUnprocessableEntity, "ValidationError", "not an image")
					continue
				}
				a := m.want(m.Viewer, http.MethodGet, path+at, "", http.StatusOK)
				if a.Text != content || a.Header.Get("Content-Type") != kind || a.Header.Get("X-Content-Type-Options") != "nosniff" ||
					!strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") {
					m.Errorf("%q%s: %v", content, at, a.Header)
				}
				if at == "/download" && !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") {
					m.Errorf("%q is shown: %v", content, a.Header)
				}
			}
		}
	})
}

// TestImage sends images in the size that is asked for.
func TestImage(t *testing.T) {
	smallMeadow(t, func(m *meadow) {
		for _, kind := range []string{"jpeg", "png"} {
			id := m.attach("ash", picture(m, kind, 300, 150), "")
			path := m.at(fmt.Sprintf("/feature/%%ash/attachment/%d", id))
			m.Contains("item", m.want(m.Viewer, http.MethodGet, path, "", http.StatusOK).Value(), object{"is_image": true, "mime_type": "image/" + kind})
			for query, want := range map[string]image.Point{
				"": {X: 300, Y: 150}, "?size=100x100": {X: 100, Y: 50}, "?size=100x20": {X: 40, Y: 20}, "?size=100x100&crop=true": {X: 100, Y: 100},
				"?size=2048x2048": {X: 300, Y: 150}, "?size=100x100&crop=no": {X: 100, Y: 50},
			} {
				for range 2 { // drawn, and kept
					a := m.want(m.Viewer, http.MethodGet, path+"/image"+query, "", http.StatusOK)
					config, is, err := image.DecodeConfig(strings.NewReader(a.Text))
					if err != nil || config.Width != want.X || config.Height != want.Y || a.Header.Get("Content-Type") != "image/"+is {
						m.Errorf("%s: %dx%d %s %v %v, want %v", query, config.Width, config.Height, is, a.Header, err, want)
					}
				}
			}
			for _, query := range []string{"size=100", "size=0x5", "size=-1x5", "size=x", "size=9999x5", "size=10x10x10", "size=10x10&crop=perhaps", "size=1e2x5"} {
				f := m.refused(m.Viewer, http.MethodGet, path+"/image?"+query, "", http.StatusUnprocessableEntity, "ValidationError")
				if location, _ := f.Data["location"].([]any); len(location) != 2 || location[0] != "query" {
					m.Errorf("%s: %v", query, f.Data)
				}
			}
		}
		// What pretends to be an image is none.
		fake := m.attach("ash", "\x89PNG\r\n\x1a\nnothing of it", `, "name": "a.png", "mime_type": "image/png"`)
		path := m.at(fmt.Sprintf("/feature/%%ash/attachment/%d", fake))
		m.Contains("item", m.want(m.Viewer, http.MethodGet, path, "", http.StatusOK).Value(), object{"is_image": false})
		m.refused(m.Viewer, http.MethodGet, path+"/image?size=10x10", "", http.StatusUnprocessableEntity, "ValidationError", "not an image")
	})
}
