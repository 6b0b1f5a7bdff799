package upload_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func TestPieces(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ada := user(7)
		f := w.begin(ada, 12)
		if f.Size != 12 || f.Offset != 0 || f.Complete() || f.MediaType != "" || f.Expires.Sub(w.clock()) != time.Hour {
			w.Errorf("it begins as %+v", f)
		}
		w.refused(upload.ErrOffset, func() error { _, err := w.append(ada, f.ID, 1, "x", false); return err })
		f, err := w.append(ada, f.ID, 0, "hello,", false)
		w.ok(err)
		if f.Offset != 6 || f.Complete() {
			w.Errorf("after a piece it is %+v", f)
		}
		for _, at := range []int64{0, 5, 7, -1, 12} {
			w.refused(upload.ErrOffset, func() error { _, err := w.append(ada, f.ID, at, "x", false); return err })
		}
		w.refused(upload.ErrIncomplete, func() error { _, _, err := w.uploads.Read(w.Context(), f.ID); return err })
		w.refused(upload.ErrIncomplete, func() error { _, _, err := w.uploads.Take(w.Context(), f.ID); return err })
		w.refused(upload.ErrIncomplete, func() error { _, err := w.append(ada, f.ID, 6, "", true); return err })
		f, err = w.append(ada, f.ID, 6, " world", false)
		w.ok(err)
		if !f.Complete() || f.MediaType != "text/plain; charset=utf-8" {
			w.Errorf("at its end it is %+v", f)
		}
		if got, err := w.uploads.File(w.Context(), ada, f.ID); err != nil || got != f {
			w.Errorf("it is %+v, %v", got, err)
		}
		if got := w.read(f.ID); got != "hello, world" {
			w.Errorf("it reads %q", got)
		}
		w.refused(upload.ErrTooLarge, func() error { _, err := w.append(ada, f.ID, 12, "x", false); return err })
		w.charged("principal 7", 12, 1)
	})
}

// What breaks off is kept as far as it came, and can be continued.
func TestBreakingOff(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ada, broken := user(7), errors.New("it broke off")
		for _, size := range []int64{11, -1} {
			f := w.begin(ada, size)
			from := io.MultiReader(strings.NewReader("hello,"), iotest.ErrReader(broken))
			f, err := w.uploads.Append(w.Context(), ada, f.ID, 0, from, true)
			w.wants(err, broken)
			if f.Offset != 6 || f.MediaType != "" {
				w.Errorf("what broke off is %+v", f)
			}
			ctx, cancel := context.WithCancel(w.Context())
			cancel()
			_, err = w.uploads.Append(ctx, ada, f.ID, 6, strings.NewReader("x"), false)
			w.wants(err, context.Canceled)
			f, err = w.append(ada, f.ID, 6, "again", true)
			w.ok(err)
			if f.Size != 11 || !f.Complete() || w.read(f.ID) != "hello,again" {
				w.Errorf("continued it is %+v", f)
			}
		}
		w.charged("principal 7", 22, 2)
	})
}

func TestSizes(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ada, someone := user(7), guest("192.0.2.1")
		begin := func(who workspace.Actor, size int64) error {
			_, err := w.uploads.Begin(w.Context(), who, size, "x")
			return err
		}
		w.refused(upload.ErrTooLarge, func() error { return begin(ada, 101) })
		w.refused(upload.ErrTooLarge, func() error { return begin(someone, 51) })
		w.refused(workspace.ErrInvalid, func() error { return begin(ada, -2) })
		w.refused(rbac.ErrDenied, func() error { return begin(workspace.Actor{}, 1) })

		// More than was announced is not taken.
		f := w.begin(ada, 5)
		f, err := w.append(ada, f.ID, 0, "hello, world", true)
		w.wants(err, upload.ErrTooLarge)
		if f.Offset != 5 || w.read(f.ID) != "hello" {
			w.Errorf("of more than was announced is %+v", f)
		}
		// Nor is more than is allowed, by who says nothing.
		for _, c := range []struct {
			who  workspace.Actor
			most int
		}{{ada, 100}, {someone, 50}} {
			f = w.begin(c.who, -1)
			f, err = w.append(c.who, f.ID, 0, strings.Repeat("x", c.most+1), true)
			w.wants(err, upload.ErrTooLarge)
			if f.Offset != int64(c.most) || f.MediaType != "" {
				w.Errorf("of more than is allowed is %+v", f)
			}
			w.ok(w.uploads.Delete(w.Context(), c.who, f.ID))
		}
		f = w.begin(ada, -1)
		f, err = w.append(ada, f.ID, 0, strings.Repeat("x", 100), true)
		w.ok(err)
		if !f.Complete() || f.Size != 100 {
			w.Errorf("as much as is allowed is %+v", f)
		}
		// Nothing is something.
		for _, size := range []int64{0, -1} {
			f, err = w.append(ada, w.begin(ada, size).ID, 0, "", true)
			w.ok(err)
			if f.Size != 0 || !f.Complete() || f.MediaType == "" || w.read(f.ID) != "" {
				w.Errorf("nothing is %+v", f)
			}
		}
	})
}

// gate is a reader that lets two meet before either goes on.
type gate struct {
	from    io.Reader
	arrived chan<- struct{}
	open    <-chan struct{}
}

func (g *gate) Read(p []byte) (int, error) {
	if g.arrived != nil {
		g.arrived <- struct{}{}
		<-g.open
		g.arrived = nil
	}
	return g.from.Read(p)
}

// Of two who send the same piece one is told that it is there.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ada := user(7)
		for _, size := range []int64{4, -1} {
			f := w.begin(ada, size)
			arrived, open, done := make(chan struct{}), make(chan struct{}), make(chan error)
			for _, text := range []string{"aaaa", "bbbb"} {
				go func() {
					from := io.MultiReader(strings.NewReader(text[:1]), &gate{strings.NewReader(text[1:]), arrived, open})
					_, err := w.uploads.Append(w.Context(), ada, f.ID, 0, from, true)
					done <- err
				}()
			}
			<-arrived
			<-arrived
			close(open)
			lost := 0
			for range 2 {
				if err := <-done; err != nil {
					w.wants(err, upload.ErrOffset)
					lost++
				}
			}
			if got := w.read(f.ID); lost != 1 || got != "aaaa" && got != "bbbb" {
				w.Errorf("%d lost, and there is %q", lost, got)
			}
			w.take(f.ID)
		}
		w.charged("principal 7", 0, 0)
		w.swept(2)
	})
}

func TestStrangers(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ada, other := user(7), user(8)
		f := w.begin(ada, 5)
		for _, stranger := range []workspace.Actor{other, guest("192.0.2.1")} {
			w.refused(upload.ErrNotFound, func() error { _, err := w.append(stranger, f.ID, 0, "x", false); return err })
			w.refused(upload.ErrNotFound, func() error { _, err := w.uploads.File(w.Context(), stranger, f.ID); return err })
			w.refused(upload.ErrNotFound, func() error { return w.uploads.Delete(w.Context(), stranger, f.ID) })
		}
		w.refused(rbac.ErrDenied, func() error { return w.uploads.Delete(w.Context(), workspace.Actor{}, f.ID) })
		key := workspace.Actor{Principal: 9, BehalfPrincipal: 7}
		_, err := w.append(key, f.ID, 0, "hello", false)
		w.ok(err)
		for _, id := range []upload.ID{
			"", "x", f.ID[1:], f.ID + "0", upload.ID(strings.ToUpper(string(f.ID))) + "", upload.ID(strings.Repeat("g", 32)), upload.ID(strings.Repeat("0", 32)),
		} {
			if id == f.ID { // which has no letters
				continue
			}
			w.refused(upload.ErrNotFound, func() error { _, err := w.uploads.File(w.Context(), ada, id); return err })
			w.refused(upload.ErrNotFound, func() error { _, _, err := w.uploads.Read(w.Context(), id); return err })
			w.refused(upload.ErrNotFound, func() error { _, _, err := w.uploads.Take(w.Context(), id); return err })
		}
		// A guest's is continued by who has its ID, and charged to where it began.
		g := w.begin(guest("192.0.2.1"), -1)
		_, err = w.append(ada, g.ID, 0, "hel", false)
		w.ok(err)
		_, err = w.append(guest("192.0.2.9"), g.ID, 3, "lo", true)
		w.ok(err)
		w.charged("address 192.0.2.1", 5, 1)
		w.charged("address 192.0.2.9", 0, 0)
		if w.read(g.ID) != "hello" {
			w.Errorf("it reads %q", w.read(g.ID))
		}
		_, err = w.append(ada, w.begin(guest("192.0.2.1"), -1).ID, 0, strings.Repeat("x", 51), true)
		w.wants(err, upload.ErrTooLarge) // whoever continues it
	})
}

// The store never sees an ID, which is the right to use a file.
func TestIDsAreSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	f := w.send(user(7), "hello")
	if len(f.ID) != 32 || f.ID == w.begin(user(7), 1).ID {
		w.Errorf("the ID is %q", f.ID)
	}
	_, err := w.store.Upload(w.Context(), string(f.ID))
	w.wants(err, upload.ErrNotFound)
}

func TestNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	w.serve(w.blobs, upload.Options{})
	for given, want := range map[string]string{
		"": "", "a.png": "a.png", "Ünï 图.tif": "Ünï 图.tif", "/etc/passwd": "passwd", `C:\x\y.txt`: "y.txt", "..": "", "../..": "", "../": "",
		".": "", "...": "", ". .": "", `a/..\b`: "b", "a\x00b\r\nc\x7f\u0085": "abc", " a ": "a", "gpj.\u202Eexe\u2069": "gpj.exe",
		"a\xffb": "a\uFFFDb", "a\u2028b": "ab", ".htaccess": ".htaccess", strings.Repeat("ü", 300): strings.Repeat("ü", 255),
	} {
		f, err := w.uploads.Begin(w.Context(), user(7), 0, given)
		w.ok(err)
		if f.Name != want {
			w.Errorf("%q is called %q, want %q", given, f.Name, want)
		}
	}
}

func TestSomethingReadHalfway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	f := w.send(user(7), "hello, world")
	_, r, err := w.uploads.Read(w.Context(), f.ID)
	w.ok(err)
	part := make([]byte, 5)
	if _, err := io.ReadFull(r, part); err != nil || !bytes.Equal(part, []byte("hello")) {
		w.Errorf("it begins %q, %v", part, err)
	}
	w.ok(r.Close())
	if n, err := r.Read(part); n != 0 || err == nil {
		w.Errorf("closed it reads %d, %v", n, err)
	}
	w.ok(iotest.TestReader(w.open(f.ID), []byte("hello, world")))
}

func (w *world) open(id upload.ID) io.Reader {
	w.Helper()
	_, r, err := w.uploads.Read(w.Context(), id)
	w.ok(err)
	w.Cleanup(func() { _ = r.Close() })
	return r
}
