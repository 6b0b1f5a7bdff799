package upload_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
)

func TestVariants(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c, other := w.take(w.send(user(7), "hello, world").ID), w.take(w.send(user(7), "other").ID)
		variant := func(c upload.Content, name string) string {
			w.Helper()
			r, err := w.uploads.Variant(w.Context(), c, name)
			w.ok(err)
			defer r.Close()
			text, err := io.ReadAll(r)
			w.ok(err)
			return string(text)
		}
		put := func(c upload.Content, name, text string) error {
			return w.uploads.PutVariant(w.Context(), c, name, 3, []byte(text))
		}
		w.refused(upload.ErrNotFound, func() error { _, err := w.uploads.Variant(w.Context(), c, "8x8"); return err })
		w.ok(put(c, "8x8", "small"))
		w.ok(put(c, "9x9", ""))
		w.ok(put(other, "8x8", "of the other"))
		for name, want := range map[string]string{"8x8": "small", "9x9": ""} {
			if got := variant(c, name); got != want {
				w.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if got := w.content(c); got != "hello, world" {
			w.Errorf("the whole is %q", got)
		}
		w.wants(put(c, "8x8", "again"), upload.ErrNotFound)
		if got := variant(c, "8x8"); got != "small" {
			w.Errorf("it became %q", got)
		}
		w.ok(put(c, "10x10", "large"))
		w.wants(put(c, "11x11", "larger"), upload.ErrNotFound)
		w.wants(put("nothing", "8x8", "x"), upload.ErrNotFound)
		w.swept(3 + 3 + 2 + 1)

		w.ok(w.uploads.Drop(w.Context(), c))
		w.wants(put(c, "12x12", "late"), upload.ErrNotFound)
		_, err := w.uploads.Variant(w.Context(), c, "8x8")
		w.wants(err, upload.ErrNotFound)
		w.swept(2 + 1)
		if got := variant(other, "8x8"); got != "of the other" {
			w.Errorf("the other's is %q", got)
		}
	})
}

// However many are made at once, no more are kept than are wanted.
func TestVariantsAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.take(w.send(user(7), "hey").ID)
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				err := w.uploads.PutVariant(w.Context(), c, fmt.Sprint(i), 2, []byte("x"))
				if err != nil {
					w.wants(err, upload.ErrNotFound)
				}
			})
		}
		all.Wait()
		n, err := w.store.Variants(w.Context(), c)
		w.ok(err)
		if n != 2 {
			w.Errorf("%d are kept, want 2", n)
		}
		w.swept(1 + 2)
	})
}

// What is not as long as is known, or not there, is an error and not an end.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	f := w.send(user(7), "abcdefgh")
	files := w.files()
	w.ok(os.Truncate(files[0], 3))
	r := w.open(f.ID)
	if text, err := io.ReadAll(r); err == nil {
		w.Errorf("half of it reads %q", text)
	}
	w.ok(os.Remove(files[0]))
	w.ok(os.Remove(files[1]))
	if _, _, err := w.uploads.Read(w.Context(), f.ID); err == nil {
		w.Error("what is not there was opened")
	}
	c := w.take(w.send(user(7), "hey").ID)
	w.ok(w.uploads.PutVariant(w.Context(), c, "8x8", 9, []byte("small")))
	for _, file := range w.files() {
		w.ok(os.Remove(file))
	}
	_, err := w.uploads.Variant(w.Context(), c, "8x8")
	w.wants(err, upload.ErrNotFound)
}

// A slow reader reads to the end, though the file is deleted meanwhile.
func TestReadWhileDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	f := w.send(user(7), "hello, world")
	r := w.open(f.ID)
	w.ok(w.uploads.Delete(w.Context(), user(7), f.ID))
	w.pass(9 * time.Minute)
	w.sweep()
	text, err := io.ReadAll(r)
	if err != nil || string(text) != "hello, world" {
		w.Errorf("it reads %q, %v", text, err)
	}
}

// encoded is an image of a size.
func encoded(t *testing.T, kind string, width, height int) string {
	t.Helper()
	var b bytes.Buffer
	var err error
	whole := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.Black, color.White})
	switch kind {
	case "png":
		err = png.Encode(&b, whole)
	case "gif":
		err = gif.Encode(&b, whole, nil)
	default:
		err = jpeg.Encode(&b, whole, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// header is the beginning of a PNG that says how large it is.
func header(width, height uint32) string {
	chunk := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	chunk = append(binary.BigEndian.AppendUint32(chunk, height), 8, 2, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return string(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk)))
}

// A file is what its bytes say, whatever it is called.
func TestMediaTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	webp, err := base64.StdEncoding.DecodeString("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAgA0JaQAA3AA/vuUAAA=")
	w.ok(err)
	const text, xml, unknown = "text/plain; charset=utf-8", "text/xml; charset=utf-8", "application/octet-stream"
	jpg := encoded(t, "jpeg", 30, 20)
	for _, c := range []struct {
		name, content, want string
		width, height       int
	}{
		{"a.txt", encoded(t, "png", 3, 2), "image/png", 3, 2},
		{"a.exe", encoded(t, "gif", 300, 200), "image/gif", 300, 200},
		{"a.svg", jpg, "image/jpeg", 30, 20},
		{"a.html", string(webp), "image/webp", 1, 1},
		{"large.png", header(60000, 50000), "image/png", 60000, 50000},
		{"none.png", header(0, 5), unknown, 0, 0},
		{"none.png", header(1<<31, 1<<31), unknown, 0, 0},
		{"a.png", "\x89PNG\r\n\x1a\n is not enough", unknown, 0, 0},
		{"a.jpg", jpg[:20], unknown, 0, 0},
		{"a.jpg", "\xff\xd8\xff\xfe" + strings.Repeat("\xff\xfe\xff\xff"+strings.Repeat("x", 0xfffd), 20) + jpg[2:], unknown, 0, 0},
		{"a.gif", "GIF89a<script>alert(1)</script>", "image/gif", '<' + 's'<<8, 'c' + 'r'<<8},
		{"a.png", "<!DOCTYPE html><script>alert(1)</script>", "text/html; charset=utf-8", 0, 0},
		{"a.png", "  <html>", "text/html; charset=utf-8", 0, 0},
		{"a.svg", `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`, xml, 0, 0},
		{"a.svg", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, text, 0, 0},
		{"a.pdf", "%PDF-1.7", "application/pdf", 0, 0},
		{"a.zip", "PK\x03\x04", "application/zip", 0, 0},
		{"a.png", "words", text, 0, 0},
		{"a.png", "", text, 0, 0},
		{"a.png", "\x00\x01\x02", unknown, 0, 0},
	} {
		for _, size := range []int64{int64(len(c.content)), -1} {
			w.serve(w.blobs, upload.Options{Piece: int64(50 + len(c.content)/5)})
			f, err := w.uploads.Begin(w.Context(), user(7), size, c.name)
			w.ok(err)
			f, err = w.append(user(7), f.ID, 0, c.content, true)
			w.ok(err)
			if f.MediaType != c.want || f.Width != c.width || f.Height != c.height {
				w.Errorf("%s with %.20q is %s of %d by %d, want %s of %d by %d", c.name, c.content, f.MediaType, f.Width, f.Height, c.want, c.width, c.height)
			}
		}
	}
}
