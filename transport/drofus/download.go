package drofus

import (
	"net/http"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// clock tells the time.
func (l *lens) clock() time.Time {
	if l.Now != nil {
		return l.Now()
	}
	return time.Now()
}

// backupHeader announces a backup of unknown length (DA-17).
func backupHeader(w http.ResponseWriter, of database.Name, at time.Time) {
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="`+string(of.Backup(at))+`"`)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
}

// A download is answered from its first byte on, so that what fails before that
// can be told.
type download struct {
	w     http.ResponseWriter
	begin func(w http.ResponseWriter)
	begun bool
}

func (d *download) start() {
	if !d.begun {
		d.begun = true
		d.begin(d.w)
	}
}

// Write sends a part of it.
func (d *download) Write(p []byte) (int, error) {
	d.start()
	return d.w.Write(p) //nolint:wrapcheck // whoever writes tells what of
}
