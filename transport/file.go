package transport

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
)

// A File is one that somebody uploaded, on its way to whoever may read it.
type File struct {
	// Name is what it is called, in whatever script; empty for none.
	Name string
	// MediaType is what it was found to be. A browser is told so only of what it
	// runs nothing of, and that all else is bytes.
	MediaType string
	// Size is in bytes.
	Size int64
	// Inline is whether a browser may show it; otherwise it keeps it.
	Inline bool
}

// SendFile answers with a file that somebody uploaded, so that no browser takes it
// for a page of ours. A file that turns out shorter or longer than it should be
// breaks the answer off: half a file must not look like a whole one.
func SendFile(w http.ResponseWriter, r *http.Request, f File, from io.Reader) {
	kind, _, err := mime.ParseMediaType(f.MediaType)
	if err != nil || !slices.Contains(harmless(), kind) {
		kind = "application/octet-stream"
	}
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", disposition(f))
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	n, err := io.Copy(w, from)
	if err == nil && n != f.Size {
		err = fmt.Errorf("transport: a file of %d bytes has %d", f.Size, n)
	}
	if err != nil {
		NoteError(r.Context(), err)
		panic(http.ErrAbortHandler)
	}
}

// harmless are the media types that a browser shows without running anything
// of them.
func harmless() []string {
	return []string{
		"image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf", "application/zip", "application/json",
		"text/plain", "text/csv", "audio/mpeg", "video/mp4",
	}
}

func disposition(f File) string {
	how := "attachment"
	if f.Inline {
		how = "inline"
	}
	if f.Name == "" {
		return how
	}
	if named := mime.FormatMediaType(how, map[string]string{"filename": f.Name}); named != "" {
		return named
	}
	return how
}
