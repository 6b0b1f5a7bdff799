package ngw_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
	"github.com/bailiwick-sdk/bailiwick/transport/ngw"
)

// pathUploads is where files go.
const pathUploads = "/api/component/file_upload/"

// uploadedFile is an uploaded file as it is told.
type uploadedFile struct {
	ID        string `json:"id"`
	Size      int64  `json:"size"`
	Name      string `json:"name"`
	MediaType string `json:"mime_type"`
}

// form makes a form of pairs of a field's name and a file's, with its content
// behind a colon.
func form(w *ngwtest.World, parts ...string) (body, contentType string) {
	w.Helper()
	var out bytes.Buffer
	f := multipart.NewWriter(&out)
	for i := 0; i+1 < len(parts); i += 2 {
		name, content, _ := strings.Cut(parts[i+1], ":")
		part, err := f.CreateFormFile(parts[i], name)
		w.OK(err)
		_, err = io.WriteString(part, content)
		w.OK(err)
	}
	w.OK(f.WriteField("other", "x"))
	w.OK(f.Close())
	return out.String(), f.FormDataContentType()
}

// kept is an uploaded file as it is told to who sent it.
func kept(w *ngwtest.World, who ngwtest.Person, id string) uploadedFile {
	w.Helper()
	var f uploadedFile
	w.Call(who, http.MethodGet, pathUploads+id, nil).Wants(http.StatusOK).Into(&f)
	return f
}

// TestUpload takes files as a body and as a form, from whoever it is.
func TestUpload(t *testing.T) {
	t.Parallel()
	ngwtest.Each(t, func(w *ngwtest.World) {
		hex := regexp.MustCompile(`^[0-9a-f]{32}$`)
		for _, who := range []ngwtest.Person{w.Ada, w.Outsider, w.Guest} {
			for _, path := range []string{pathUploads, pathUploads + "upload"} {
				// Over the network, as it comes: with a length and without one.
				for _, body := range []io.Reader{strings.NewReader("bytes\n"), io.MultiReader(strings.NewReader("bytes\n"))} {
					var f uploadedFile
					w.Send(who, http.MethodPut, path, body).Wants(http.StatusCreated).Into(&f)
					if !hex.MatchString(f.ID) || f.Size != 6 || f.MediaType != "text/plain" || kept(w, who, f.ID) != f {
						w.Errorf("PUT: %+v, kept %+v", f, kept(w, who, f.ID))
					}
				}
				var named uploadedFile
				w.Ask(who, http.MethodPut, path, "bytes", "Content-Disposition", `attachment; filename="dir/leaf.txt"`).Wants(http.StatusCreated).Into(&named)
				if strings.Contains(named.Name, "/") || !strings.HasSuffix(named.Name, "leaf.txt") {
					w.Errorf("PUT with a name: %+v", named)
				}
				body, contentType := form(w, "file", "Äste.txt:bytes", "ignored", "x:y", "files[]", `..\..\evil/b.png:`, "files[]", "c:more bytes")
				var list struct {
					Meta []uploadedFile `json:"upload_meta"`
				}
				w.Ask(who, http.MethodPost, path, body, "Content-Type", contentType).Wants(http.StatusOK).Into(&list)
				if len(list.Meta) != 3 || list.Meta[0].Name != "Äste.txt" || list.Meta[0].Size != 5 || list.Meta[1].Size != 0 || list.Meta[2].Size != 10 ||
					strings.ContainsAny(list.Meta[1].Name, `/\`) {
					w.Errorf("POST: %+v", list)
				}
				for _, f := range list.Meta {
					if got := kept(w, who, f.ID); got != f {
						w.Errorf("POST: %+v, kept %+v", f, got)
					}
				}
			}
			// An empty file is one.
			var f uploadedFile
			w.Ask(who, http.MethodPut, pathUploads, "").Wants(http.StatusCreated).Into(&f)
			if got := kept(w, who, f.ID); got != f || got.Size != 0 {
				w.Errorf("an empty file: %+v", got)
			}
			w.Ask(who, http.MethodDelete, pathUploads+f.ID, "").Wants(http.StatusNoContent)
			w.Call(who, http.MethodGet, pathUploads+f.ID, nil).Refused(http.StatusNotFound, ".FileUploadNotFound")
			w.Call(who, http.MethodDelete, pathUploads+f.ID, nil).Refused(http.StatusNotFound, ".FileUploadNotFound")
		}
		// It is for who sent it, and for nobody else to look at or delete.
		var f uploadedFile
		w.Ask(w.Ada, http.MethodPut, pathUploads, "mine").Wants(http.StatusCreated).Into(&f)
		for _, other := range []ngwtest.Person{w.Admin, w.Boss, w.Guest} {
			for _, method := range []string{http.MethodGet, http.MethodDelete} {
				w.Call(other, method, pathUploads+f.ID, nil).Refused(http.StatusNotFound, ".FileUploadNotFound")
			}
		}
		for _, wrong := range []struct{ contentType, body string }{
			{"application/json", "{}"},
			{"multipart/form-data", "x"},
			{"multipart/form-data; boundary=x", "--x\r\n\r\n"},
			{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhalf"},
			{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n--x--\r\n"},
			{"multipart/form-data; boundary=x", "--x--\r\n"},
		} {
			w.Call(w.Ada, http.MethodPost, pathUploads, wrong.body, "Content-Type", wrong.contentType).Refused(http.StatusUnprocessableEntity, ".ValidationError")
		}
	})
}

// TestUploadLimit takes nothing larger than the server takes, and leaves nothing
// of what was too large.
func TestUploadLimit(t *testing.T) {
	w := small(t, &ngw.Options{UploadLimit: 1000})
	w.Ask(w.Ada, http.MethodPut, pathUploads, strings.Repeat("x", 1000)).Wants(http.StatusCreated)
	large := strings.Repeat("x", 1001)
	w.Ask(w.Ada, http.MethodPut, pathUploads, large).Refused(http.StatusRequestEntityTooLarge, "")
	w.Send(w.Ada, http.MethodPut, pathUploads, io.MultiReader(strings.NewReader(large))).Refused(http.StatusRequestEntityTooLarge, "")
	body, contentType := form(w, "file", "a:"+large)
	w.Ask(w.Ada, http.MethodPost, pathUploads, body, "Content-Type", contentType).Refused(http.StatusRequestEntityTooLarge, "")
	w.Ask(w.Ada, http.MethodPost, pathUploads, "", "Tus-Resumable", "1.0.0", "Upload-Length", "1001").Refused(http.StatusRequestEntityTooLarge, ".UploadedFileTooLarge")
}

// TestGuestUploads takes from who has not said who he is no more than the budget
// of his address, for an hour.
func TestGuestUploads(t *testing.T) {
	each(t, func(w *ngwtest.World) {
		from := func(address string, r *http.Request) ngwtest.Answer {
			w.Helper()
			r.RemoteAddr = address
			return w.Serve(r)
		}
		put := func(address, content string) ngwtest.Answer {
			w.Helper()
			return from(address, w.Request(w.Guest, http.MethodPut, pathUploads, content))
		}
		begin := func(address string, size int) ngwtest.Answer {
			w.Helper()
			return from(address, w.Request(w.Guest, http.MethodPost, pathUploads, nil, "Tus-Resumable", "1.0.0", "Upload-Length", fmt.Sprint(size)))
		}
		const here, there = "203.0.113.5:1234", "203.0.113.6:1234"
		begin(here, 16<<20+1).Refused(http.StatusRequestEntityTooLarge, ".UploadedFileTooLarge")
		var first uploadedFile
		put(here, "first").Wants(http.StatusCreated).Into(&first)
		for range 31 {
			put(here, "x").Wants(http.StatusCreated)
		}
		put(here, "one too many").Refused(http.StatusTooManyRequests, "PyramidHTTPError")
		begin(here, 1).Refused(http.StatusTooManyRequests, "PyramidHTTPError")
		body, contentType := form(w, "file", "a:b")
		from(here, w.Request(w.Guest, http.MethodPost, pathUploads, body, "Content-Type", contentType)).Refused(http.StatusTooManyRequests, "PyramidHTTPError")
		// What was deleted counts all the same, or the budget were none.
		from(here, w.Request(w.Guest, http.MethodDelete, pathUploads+first.ID, nil)).Wants(http.StatusNoContent)
		put(here, "one too many").Refused(http.StatusTooManyRequests, "PyramidHTTPError")
		// Others have budgets of their own: another address, and who says who he is.
		put(there, "x").Wants(http.StatusCreated)
		from(here, w.Request(w.Outsider, http.MethodPut, pathUploads, "x")).Wants(http.StatusCreated)
		// Bytes are counted before they come.
		for range 4 {
			begin(there, 16<<20-1).Wants(http.StatusCreated)
		}
		begin(there, 16<<20).Refused(http.StatusTooManyRequests, "PyramidHTTPError")

		w.Pass(time.Hour)
		_, err := w.Services.Uploads.Sweep(w.Context()) // as the server does now and then
		w.OK(err)
		var late uploadedFile
		put(here, "x").Wants(http.StatusCreated).Into(&late)
		w.Pass(time.Hour)
		from(here, w.Request(w.Guest, http.MethodGet, pathUploads+late.ID, nil)).Refused(http.StatusNotFound, ".FileUploadNotFound")
	})
}
