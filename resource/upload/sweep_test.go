package upload_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
)

func TestExpiry(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ada := user(7)
		taken, kept, half := w.send(ada, "taken"), w.send(ada, "kept"), w.begin(ada, 9)
		_, err := w.append(ada, half.ID, 0, "half", false)
		w.ok(err)
		c := w.take(taken.ID)
		w.pass(time.Hour - time.Microsecond)
		if n := w.sweep(); n != 0 {
			w.Errorf("%d expired before they had to", n)
		}
		if w.read(kept.ID) != "kept" {
			t.Error("it is not there any more")
		}
		w.pass(time.Microsecond)
		for _, id := range []upload.ID{kept.ID, half.ID} { // also before it is swept
			w.refused(upload.ErrNotFound, func() error { _, err := w.uploads.File(w.Context(), ada, id); return err })
			w.refused(upload.ErrNotFound, func() error { _, _, err := w.uploads.Read(w.Context(), id); return err })
			w.refused(upload.ErrNotFound, func() error { _, _, err := w.uploads.Take(w.Context(), id); return err })
			w.refused(upload.ErrNotFound, func() error { return w.uploads.Delete(w.Context(), ada, id) })
			w.refused(upload.ErrNotFound, func() error { _, err := w.append(ada, id, 4, "x", false); return err })
		}
		w.charged("principal 7", 13, 2)
		if n := w.sweep(); n != 2 {
			w.Errorf("%d expired, want 2", n)
		}
		w.charged("principal 7", 0, 0)
		if len(w.files()) != 4 {
			w.Error("what somebody may be reading was deleted") // each in pieces of 4
		}
		w.pass(11 * time.Minute)
		if n := w.sweep(); n != 0 || len(w.files()) != 2 {
			w.Errorf("%d expired, and left is %v", n, w.files())
		}
		if got := w.content(c); got != "taken" {
			w.Errorf("what was taken reads %q", got)
		}
		w.ok(w.uploads.Drop(w.Context(), c))
		w.swept(0)
	})
}

func (w *world) content(c upload.Content) string {
	w.Helper()
	r, err := w.uploads.Open(w.Context(), c)
	w.ok(err)
	defer r.Close()
	text, err := io.ReadAll(r)
	w.ok(err)
	return string(text)
}

// A file is taken once, however many take it.
func TestTakenOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		f := w.send(user(7), "hello")
		got := make(chan error)
		for range 4 {
			go func() {
				_, _, err := w.uploads.Take(w.Context(), f.ID)
				got <- err
			}()
		}
		taken := 0
		for range 4 {
			if err := <-got; err == nil {
				taken++
			} else {
				w.wants(err, upload.ErrNotFound)
			}
		}
		if taken != 1 {
			w.Errorf("it was taken %d times", taken)
		}
		w.charged("principal 7", 0, 0)
	})
}

// A statement that fails, whichever it is, leaves nothing for ever.
func TestEveryStatementFails(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ada := user(7)
		for _, size := range []int64{6, -1} {
			for n := int64(1); ; n++ {
				var f upload.File
				w.fault.Set(n)
				f, err := w.uploads.Begin(w.Context(), ada, size, "x")
				if err == nil {
					_, err = w.append(ada, f.ID, 0, "a file", true)
				}
				if seen := w.fault.Clear(); seen < n {
					w.ok(err)
					break
				}
				if err == nil {
					w.Fatalf("statement %d failed and nobody noticed", n)
				}
				if got, err := w.uploads.File(w.Context(), ada, f.ID); err == nil { // and it can be continued
					_, err := w.append(ada, f.ID, got.Offset, "a file"[got.Offset:], true)
					w.ok(err)
					if text := w.read(f.ID); text != "a file" {
						w.Errorf("after statement %d it reads %q", n, text)
					}
				}
				bytes, files, err := w.store.Charged(w.Context(), "principal 7")
				w.ok(err)
				if bytes > int64(6*files) {
					w.Errorf("after statement %d, %d bytes are charged for %d files", n, bytes, files)
				}
				if n%5 == 0 {
					w.pass(time.Hour)
					w.sweep()
				}
			}
		}
		w.swept(0)
		w.charged("principal 7", 0, 0)
	})
}

// Sweeping that fails is done the next time.
func TestEveryStatementOfSweepingFails(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for n := int64(1); ; n++ {
			f := w.send(user(7), "a file")
			w.ok(w.uploads.Drop(w.Context(), w.take(w.send(user(7), "dropped").ID)))
			w.pass(2 * time.Hour)
			w.fault.Set(n)
			_, err := w.uploads.Sweep(w.Context())
			if err == nil {
				w.pass(time.Hour)
				_, err = w.uploads.Sweep(w.Context())
			}
			if seen := w.fault.Clear(); seen < n {
				w.ok(err)
				break
			}
			if err == nil {
				w.Fatalf("statement %d failed and nobody noticed", n)
			}
			_, err = w.uploads.File(w.Context(), user(7), f.ID)
			w.wants(err, upload.ErrNotFound)
		}
		w.swept(0)
		w.charged("principal 7", 0, 0)
	})
}

// dying blobs end the program when something was written, or half of it.
type dying struct {
	upload.Blobs

	half bool
}

func (d dying) Write(ctx context.Context, name string, from io.Reader) error {
	if d.half {
		from = io.LimitReader(from, 1)
	}
	if err := d.Blobs.Write(ctx, name, from); err != nil {
		return err
	}
	panic("the power was cut")
}

// A program that ends between the bytes and what is known of them leaves
// nothing for ever.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		whole, f := w.blobs, w.send(user(7), "hi")
		c := w.take(f.ID)
		cut := func(try func()) {
			w.Helper()
			defer func() {
				if recover() == nil {
					w.Error("nothing was written")
				}
			}()
			try()
		}
		var ids []upload.ID
		for _, half := range []bool{false, true} {
			w.serve(dying{whole, half}, small())
			f := w.begin(user(7), 9)
			ids = append(ids, f.ID)
			cut(func() { _, _ = w.append(user(7), f.ID, 0, "hello", false) })
			cut(func() { _ = w.uploads.PutVariant(w.Context(), c, "8x8", 9, []byte("small")) })
		}
		w.serve(whole, small())
		if got := len(w.files()); got != 5 {
			w.Errorf("there are %d files", got)
		}
		f, err := w.append(user(7), ids[0], 0, "hello", false) // it can be sent again
		w.ok(err)
		if f.Offset != 5 {
			w.Errorf("it is %+v", f)
		}
		for range 2 { // what is doomed at first would be deleted then
			w.pass(45 * time.Minute)
			w.sweep()
		}
		if got := len(w.files()); got != 7 {
			w.Errorf("there are %d files: somebody may be writing them", got)
		}
		w.swept(1)
		w.ok(w.uploads.Drop(w.Context(), c))
		w.swept(0)
	})
}

// Where files appear when they were written, as in S3, one that is deleted while
// it is written would appear afterwards.
func TestWrittenAfterDeletion(t *testing.T) {
	t.Parallel()
	for _, deleted := range []bool{true, false} {
		t.Run(fmt.Sprint("deleted ", deleted), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, dbtest.OnSQLite())
			late := &lateBlobs{Blobs: w.blobs, begun: make(chan struct{}), end: make(chan struct{})}
			w.serve(late, small())
			f := w.begin(user(7), 3)
			done := make(chan error)
			go func() {
				_, err := w.append(user(7), f.ID, 0, "hey", true)
				done <- err
			}()
			<-late.begun
			if deleted {
				w.ok(w.uploads.Delete(w.Context(), user(7), f.ID))
			} else {
				w.pass(61 * time.Minute)
			}
			w.sweep()
			w.pass(11 * time.Minute)
			w.sweep()
			close(late.end)
			w.wants(<-done, upload.ErrNotFound)
			if len(w.files()) != 1 {
				w.Errorf("there are %v", w.files())
			}
			w.swept(0)
		})
	}
}

// lateBlobs write when they are told to.
type lateBlobs struct {
	upload.Blobs

	begun, end chan struct{}
}

func (l *lateBlobs) Write(ctx context.Context, name string, from io.Reader) error {
	text, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	close(l.begun)
	<-l.end
	return l.Blobs.Write(ctx, name, strings.NewReader(string(text)))
}

// stubborn blobs cannot be deleted where a name ends with a digit.
type stubborn struct{ upload.Blobs }

var errStubborn = errors.New("it cannot be deleted")

func (s stubborn) Delete(ctx context.Context, name string) error {
	if strings.ContainsAny(name[len(name)-1:], "0123456789") {
		return errStubborn
	}
	return s.Blobs.Delete(ctx, name)
}

// What cannot be deleted does not keep the rest, and is tried again.
func TestStubbornFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	for range 30 {
		w.send(user(7), "hey")
	}
	whole := w.blobs
	w.serve(stubborn{whole}, small())
	w.pass(time.Hour)
	w.sweep()
	w.pass(time.Hour)
	_, err := w.uploads.Sweep(w.Context())
	w.wants(err, errStubborn)
	for _, file := range w.files() {
		if !strings.ContainsAny(file[len(file)-1:], "0123456789") {
			w.Errorf("%s was not deleted", file)
		}
	}
	w.serve(whole, small())
	w.swept(0)
}

// More than is deleted at once is deleted too.
func TestManyExpire(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.ok(w.db.Tx(w.Context(), func(ctx context.Context) error {
			for n := range 502 {
				u := upload.Upload{
					Hash: fmt.Sprint(n), Content: upload.Content(fmt.Sprint(n)), Source: fmt.Sprint("address ", n%3), Principal: rbac.Guest,
					Created: w.clock(), Expires: w.clock().Add(time.Duration(n) * time.Millisecond),
				}
				if err := w.store.AddUpload(ctx, u); err != nil {
					return err
				}
				b := upload.Blob{Name: fmt.Sprintf("a/%d", n), Content: u.Content}
				if err := w.store.Announce(ctx, b, w.clock()); err != nil {
					return err
				}
				if err := w.store.Keep(ctx, b.Name, 1); err != nil {
					return err
				}
			}
			return nil
		}))
		w.pass(500 * time.Millisecond)
		if n := w.sweep(); n != 501 {
			w.Errorf("%d expired, want 501", n)
		}
		w.pass(time.Second)
		if n := w.sweep(); n != 1 {
			w.Errorf("%d expired, want 1", n)
		}
		w.swept(0)
	})
}
