package main

import (
	"io"
	"net/http"
	"time"
)

// A pace is how quickly bodies have to come and go: so many bytes each time, or
// what is left. Files may thus take as long as they need, and who sends or reads
// hardly anything is cut off. So may what is not written yet: while a backup is
// made, nobody can be slow at reading it.
type pace struct {
	bytes       int64
	read, write time.Duration
}

// usual is what a line of 2 KiB a second keeps.
func usual() pace { return pace{bytes: 64 << 10, read: 30 * time.Second, write: time.Minute} }

// keep holds requests to the pace. The server's own deadlines, which it sets for a
// whole request, are those of the first bytes.
func (p pace) keep(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		if r.Body != nil && r.Body != http.NoBody {
			// A copy, since a request is its sender's.
			r = r.WithContext(r.Context())
			r.Body = &pacedBody{ReadCloser: r.Body, left: p.bytes, pace: p, control: control}
		}
		next.ServeHTTP(&pacedWriter{ResponseWriter: w, pace: p, control: control}, r)
		// A connection that knows no deadlines has none.
		_ = control.SetWriteDeadline(time.Now().Add(p.write)) // for what the server has still to write
	})
}

type pacedBody struct {
	io.ReadCloser

	left    int64
	pace    pace
	control *http.ResponseController
}

// Read reads, and gives the sender more time once he has sent enough. When all is
// there the server waits for him to go: what that takes has no bound, and would
// end the request if it had.
func (b *pacedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left <= 0 && err == nil {
		b.left = b.pace.bytes
		_ = b.control.SetReadDeadline(time.Now().Add(b.pace.read))
	}
	return n, err //nolint:wrapcheck // a reader's errors are its callers'
}

type pacedWriter struct {
	http.ResponseWriter

	pace    pace
	control *http.ResponseController
}

// Write writes piece by piece, and gives the reader time for each.
func (w *pacedWriter) Write(p []byte) (int, error) {
	written := 0
	for {
		piece := p[written:min(len(p), written+int(w.pace.bytes))]
		_ = w.control.SetWriteDeadline(time.Now().Add(w.pace.write))
		n, err := w.ResponseWriter.Write(piece)
		if written += n; err != nil || written == len(p) {
			return written, err //nolint:wrapcheck // a writer's errors are its callers'
		}
	}
}

// Unwrap lets http.ResponseController reach the writer itself.
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
