package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	_ "gocloud.dev/blob/memblob"

	"github.com/bailiwick-sdk/bailiwick/storage/blob"
)

// each runs a test on a folder, on what speaks S3, and in memory.
func each(t *testing.T, test func(t *testing.T, b *blob.Bucket)) {
	t.Helper()
	for name, location := range map[string]func(t *testing.T) string{
		"folder": func(t *testing.T) string { return filepath.Join(t.TempDir(), "strange [name]* ", "files") },
		"s3":     func(t *testing.T) string { return newStore(t).location() },
		"memory": func(*testing.T) string { return "mem://" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t, location(t)))
		})
	}
}

func open(t *testing.T, location string) *blob.Bucket {
	t.Helper()
	b, err := blob.Open(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func read(t *testing.T, b *blob.Bucket, name string) string {
	t.Helper()
	r, err := b.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func missing(t *testing.T, b *blob.Bucket, name string) {
	t.Helper()
	r, err := b.Open(t.Context(), name)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opening what is not there: %v, %v", r, err)
	}
}

func TestFilesComeBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *blob.Bucket) {
		missing(t, b, "ab/cd/0")
		large := strings.Repeat("0123456789abcdef", 600_000) // more than S3 takes in one part
		for name, text := range map[string]string{"ab/cd/0": "a text", "ab/cd/1": "", "ab/ce/2": large} {
			if err := b.Write(t.Context(), name, strings.NewReader(text)); err != nil {
				t.Fatal(err)
			}
			if got := read(t, b, name); got != text {
				t.Errorf("%s is %d bytes, want %d", name, len(got), len(text))
			}
		}
		for range 2 { // a second time there is nothing to delete
			if err := b.Delete(t.Context(), "ab/cd/0"); err != nil {
				t.Error(err)
			}
		}
		missing(t, b, "ab/cd/0")
		if got := read(t, b, "ab/cd/1"); got != "" {
			t.Errorf("what was not deleted is %q", got)
		}
	})
}

func TestHalfIsNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *blob.Bucket) {
		broken := errors.New("it broke off")
		err := b.Write(t.Context(), "ab/1", io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Errorf("error %v, want that of the reader", err)
		}
		missing(t, b, "ab/1")
		ctx, cancel := context.WithCancel(t.Context())
		err = b.Write(ctx, "ab/1", io.MultiReader(strings.NewReader("half"), ending(cancel)))
		if err == nil {
			t.Error("something was written after the context had ended")
		}
		missing(t, b, "ab/1")
		if err := b.Write(ctx, "ab/1", strings.NewReader("all")); err == nil {
			t.Error("something was written after the context had ended")
		}
		missing(t, b, "ab/1")
	})
}

// ending is a reader that ends a context, and then itself.
type ending context.CancelFunc

func (e ending) Read([]byte) (int, error) {
	e()
	return 0, io.EOF
}

func TestNames(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *blob.Bucket) {
		for _, name := range []string{
			"", ".", "..", "../x", "a/../../x", "/x", "a/", "a//b", "a/./b", "A", "a b", "a.b", `a\b`, `..\x`, "a\x00", "a\n", "ä", "a%2f..",
			"c:", "~", "a/..", "a*", strings.Repeat("a", 201),
		} {
			if err := b.Write(t.Context(), name, strings.NewReader("x")); !errors.Is(err, blob.ErrName) {
				t.Errorf("writing %q: %v", name, err)
			}
			if _, err := b.Open(t.Context(), name); !errors.Is(err, blob.ErrName) {
				t.Errorf("opening %q: %v", name, err)
			}
			if err := b.Delete(t.Context(), name); !errors.Is(err, blob.ErrName) {
				t.Errorf("deleting %q: %v", name, err)
			}
		}
		name := strings.Repeat("a", 200)
		if err := b.Write(t.Context(), name, strings.NewReader("x")); err != nil {
			t.Error(err)
		}
	})
}

// files are all files below a folder.
func files(t *testing.T, folder string) []string {
	t.Helper()
	list := []string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			path, err = filepath.Rel(folder, path)
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestFolder(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	folder := filepath.Join(parent, "a[b]c")
	b := open(t, folder)
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder is %v, %v", info.Mode(), err)
	}
	if err := b.Write(t.Context(), "ab/cd/1", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	// What a process leaves that is killed while it writes.
	left := filepath.Join(folder, "ab", "cd", "1.123abc.tmp")
	other := filepath.Join(folder, "ab", "cd", "12.123abc.tmp")
	beside := filepath.Join(parent, "1.123abc.tmp")
	for _, file := range []string{left, other, beside} {
		if err := os.WriteFile(file, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Delete(t.Context(), "ab/cd/1"); err != nil {
		t.Fatal(err)
	}
	want := []string{"1.123abc.tmp", filepath.Join("a[b]c", "ab", "cd", "12.123abc.tmp")}
	if got := files(t, parent); !slices.Equal(got, want) {
		t.Errorf("left are %v, want %v", got, want)
	}
}

// TestFolderStays moves the working directory away from under a folder that was
// named relative to it.
func TestFolderStays(t *testing.T) {
	t.Chdir(t.TempDir())
	b := open(t, "files")
	if err := b.Write(t.Context(), "a/1", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("files", "a", "1.1.tmp"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	folder, err := filepath.Abs("files")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := b.Write(t.Context(), "a/2", bytes.NewReader(nil)); err != nil {
		t.Fatal(err)
	}
	if err := b.Delete(t.Context(), "a/1"); err != nil {
		t.Fatal(err)
	}
	if got := files(t, folder); !slices.Equal(got, []string{filepath.Join("a", "2")}) {
		t.Errorf("there are %v", got)
	}
}

func TestLocations(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, location := range []string{
		"", "a\x00b", "s3://", "s3://name/folder", "s3://key:secret@name", "s3://name?key=one", "file:///tmp", "ftp://secret@host", "http://host/secret",
		"s3://na me/secret", "s3://%zz", "://",
	} {
		b, err := blob.Open(t.Context(), location)
		if !errors.Is(err, blob.ErrLocation) {
			t.Errorf("%q: %v, %v", location, b, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", location, err)
		}
	}
	for _, location := range []string{file, filepath.Join(file, "below"), "s3://name?unknown=1", "s3://name?use_path_style=perhaps"} {
		if b, err := blob.Open(t.Context(), location); err == nil {
			t.Errorf("%q was opened: %v", location, b)
		}
	}
}

// TestPrefix wants files below the prefix of a bucket that others use as well.
func TestPrefix(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	b := open(t, store.location()+"&prefix=ours/")
	if err := b.Write(t.Context(), "ab/1", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	if got := store.names(); !slices.Equal(got, []string{"/files/ours/ab/1"}) {
		t.Errorf("there are %v", got)
	}
	missing(t, open(t, store.location()), "ab/1")
	if err := b.Delete(t.Context(), "ab/1"); err != nil {
		t.Fatal(err)
	}
	if got := store.names(); len(got) != 0 {
		t.Errorf("left are %v", got)
	}
}

// TestUnreachable wants an error, and not that there is nothing.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	b := open(t, store.location())
	store.refuse.Store(true)
	if err := b.Write(t.Context(), "ab/1", strings.NewReader("x")); err == nil {
		t.Error("it was written where nothing is taken")
	}
	if _, err := b.Open(t.Context(), "ab/1"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opening is %v", err)
	}
	if err := b.Delete(t.Context(), "ab/1"); err == nil {
		t.Error("it was deleted where nothing is taken")
	}
}
