package storagetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
)

// Uploads tests [upload.Store].
func Uploads(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"an upload comes back":        uploadLife,
		"locks wait":                  uploadLocks,
		"what is past is deleted":     uploadExpiry,
		"budgets are never passed":    uploadBudget,
		"blobs are pending, and kept": blobLife,
		"blobs are doomed":            blobDoom,
		"variants go with a content":  blobVariants,
		"nothing outside a unit":      uploadNoUnit,
		"nothing is kept of a half":   uploadSweep,
	})
}

// upload returns an upload that ends at a time.
func (s *sample) upload(source string, end int) upload.Upload {
	s.t.Helper()
	n := s.number()
	u := upload.Upload{
		Hash: fmt.Sprintf("%064d", n), Content: upload.Content(uid.New()), Source: source, Principal: rbac.Guest,
		Size: 100, Received: 40, Charged: 100, Pieces: 2, Name: "Ünïcode.png", MediaType: "image/png", Width: 3, Height: 4,
		Created: at(1), Expires: at(end),
	}
	s.must(func(ctx context.Context) error {
		if ok, err := s.Uploads.Charge(ctx, source, u.Charged, 1, 1<<40, 1000); err != nil || !ok {
			return fmt.Errorf("charge: %t, %w", ok, err)
		}
		return s.Uploads.AddUpload(ctx, u)
	})
	return u
}

// blob returns a blob of a content, kept with a size, or pending where that is
// negative.
func (s *sample) blob(c upload.Content, variant string, begins, size int64) upload.Blob {
	s.t.Helper()
	b := upload.Blob{Name: fmt.Sprintf("ab/cd/%06d", s.number()), Content: c, Variant: variant, Begins: begins}
	s.must(func(ctx context.Context) error {
		if err := s.Uploads.Announce(ctx, b, at(1)); err != nil || size < 0 {
			return err
		}
		return s.Uploads.Keep(ctx, b.Name, size)
	})
	b.Size = max(size, 0)
	return b
}

func (s *sample) readUpload(hash string) upload.Upload {
	s.t.Helper()
	u, err := s.Uploads.Upload(s.t.Context(), hash)
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

// charged wants a source to have so much.
func (s *sample) charged(source string, bytes int64, files int) {
	s.t.Helper()
	b, f, err := s.Uploads.Charged(s.t.Context(), source)
	if err != nil || b != bytes || f != files {
		s.t.Errorf("%s has %d bytes in %d files, %v; want %d in %d", source, b, f, err, bytes, files)
	}
}

// keptBlobs wants blobs to be what is kept of a content in a variant.
func (s *sample) keptBlobs(c upload.Content, variant string, want ...upload.Blob) {
	s.t.Helper()
	got, err := s.Uploads.Blobs(s.t.Context(), c, variant)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, fmt.Sprintf("what is kept of %q", variant), got, append([]upload.Blob{}, want...))
}

// doomed wants blobs to be those that were doomed before a time.
func (s *sample) doomed(before int, want ...upload.Blob) {
	s.t.Helper()
	got, err := s.Uploads.Doomed(s.t.Context(), at(before), "", 100)
	if err != nil {
		s.t.Fatal(err)
	}
	names := []string{}
	for _, b := range want {
		names = append(names, b.Name)
	}
	equal(s.t, "what is doomed", append([]string{}, got...), names)
}

func uploadLife(s *sample) {
	u := s.upload("address 192.0.2.1", 60)
	equal(s.t, "added", s.readUpload(u.Hash), u)
	s.must(func(ctx context.Context) error {
		got, err := s.Uploads.LockUpload(ctx, u.Hash)
		equal(s.t, "locked", got, u)
		return err
	})
	want := u
	want.Size, want.Received, want.Charged, want.Pieces, want.MediaType = 7, 6, 5, 4, "text/plain"
	want.Width, want.Height, want.Deleted = 0, 1, true
	saved := want
	saved.Content, saved.Source, saved.Principal, saved.Name, saved.Created, saved.Expires = "x", "y", 9, "z", at(7), at(8)
	s.must(func(ctx context.Context) error { return s.Uploads.SaveUpload(ctx, saved) })
	equal(s.t, "saved", s.readUpload(u.Hash), want)

	b := s.blob(u.Content, "", 0, 6)
	s.must(func(ctx context.Context) error { return s.Uploads.RemoveUpload(ctx, u.Hash) })
	s.keptBlobs(u.Content, "", b)
	_, err := s.Uploads.Upload(s.t.Context(), u.Hash)
	wants(s.t, "one that was removed", err, upload.ErrNotFound)
	s.refused(upload.ErrNotFound, func(ctx context.Context) error {
		_, err := s.Uploads.LockUpload(ctx, u.Hash)
		return err
	})
	s.refused(upload.ErrNotFound, func(ctx context.Context) error { return s.Uploads.SaveUpload(ctx, u) })
}

// Who adds to what he has locked loses nothing of what others add.
func uploadLocks(s *sample) {
	u := s.upload("principal 9", 60)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			err := s.Tx(s.t.Context(), func(ctx context.Context) error {
				u, err := s.Uploads.LockUpload(ctx, u.Hash)
				if err != nil {
					return err
				}
				u.Received++
				return s.Uploads.SaveUpload(ctx, u)
			})
			if err != nil {
				s.t.Error(err)
			}
		})
	}
	all.Wait()
	if got := s.readUpload(u.Hash).Received; got != u.Received+8 {
		s.t.Errorf("%d bytes received, want %d", got, u.Received+8)
	}
}

func uploadExpiry(s *sample) {
	first, second := s.upload("a", 10), s.upload("b", 11)
	third, later := s.upload("a", 12), s.upload("a", 13)
	kept := s.blob(first.Content, "", 0, 5)
	variant := s.blob(first.Content, "8x8", 0, 1)
	pending := s.blob(first.Content, "", 5, -1)
	stays := s.blob(later.Content, "", 0, 5)
	expire := func(now, limit, want int) {
		s.t.Helper()
		s.must(func(ctx context.Context) error {
			n, err := s.Uploads.Expire(ctx, at(now), limit)
			if n != want {
				s.t.Errorf("%d expired, want %d", n, want)
			}
			return err
		})
	}
	expire(9, 10, 0)
	s.charged("a", 300, 3)
	expire(12, 2, 2) // at its end one is past, and those that ended first go first
	s.charged("a", 200, 2)
	s.charged("b", 0, 0)
	for _, u := range []upload.Upload{first, second} {
		_, err := s.Uploads.Upload(s.t.Context(), u.Hash)
		wants(s.t, "one that has expired", err, upload.ErrNotFound)
	}
	equal(s.t, "the third", s.readUpload(third.Hash), third)
	s.keptBlobs(first.Content, "")
	s.doomed(12)
	s.doomed(13, kept, variant)
	expire(12, 2, 1)
	expire(12, 2, 0)
	s.charged("a", 100, 1)
	s.keptBlobs(later.Content, "", stays)
	s.must(func(ctx context.Context) error {
		was, err := s.Uploads.DoomBlob(ctx, pending.Name, at(13))
		if !was {
			s.t.Error("what was pending is pending no more")
		}
		return err
	})
}

func uploadBudget(s *sample) {
	nothing := s.Fingerprint(s.t)
	charge := func(bytes int64, files int, maxBytes int64, maxFiles int, want bool) {
		s.t.Helper()
		s.must(func(ctx context.Context) error {
			ok, err := s.Uploads.Charge(ctx, "a", bytes, files, maxBytes, maxFiles)
			if ok != want {
				s.t.Errorf("charging %d bytes and %d files is %t, want %t", bytes, files, ok, want)
			}
			return err
		})
	}
	charge(11, 0, 10, 10, false) // also where there is nothing yet
	charge(0, 11, 10, 10, false)
	s.charged("a", 0, 0)
	charge(6, 1, 10, 2, true)
	charge(5, 1, 10, 2, false)
	charge(1, 2, 10, 2, false)
	s.charged("a", 6, 1)
	charge(4, 1, 10, 2, true)
	charge(0, 0, 10, 2, true)
	charge(0, 0, 9, 2, false) // where less is allowed than there is
	s.charged("a", 10, 2)
	s.charged("b", 0, 0)
	s.must(func(ctx context.Context) error { return s.Uploads.Refund(ctx, "a", 3, 1) })
	s.charged("a", 7, 1)
	s.must(func(ctx context.Context) error { return s.Uploads.Refund(ctx, "a", 7, 1) })
	s.charged("a", 0, 0)
	s.must(func(ctx context.Context) error { return s.Uploads.Refund(ctx, "nobody", 7, 1) })
	s.charged("nobody", 0, 0)
	if s.Fingerprint(s.t) != nothing {
		s.t.Error("something is kept of who has nothing")
	}

	var all sync.WaitGroup
	var mu sync.Mutex
	given := int64(0)
	for range 12 {
		all.Go(func() {
			ok := false
			err := s.Tx(s.t.Context(), func(ctx context.Context) (err error) {
				ok, err = s.Uploads.Charge(ctx, "c", 3, 1, 20, 100)
				return err
			})
			if err != nil {
				s.t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if ok {
				given += 3
			}
		})
	}
	all.Wait()
	if given != 18 {
		s.t.Errorf("%d of 20 were given to 12 who wanted 3", given)
	}
	s.charged("c", 18, 6)
}

func blobLife(s *sample) {
	c, other := upload.Content(uid.New()), upload.Content(uid.New())
	second := s.blob(c, "", 5, -1)
	first := s.blob(c, "", 0, 5)
	s.blob(other, "", 0, 9)
	s.keptBlobs(c, "", first)
	s.must(func(ctx context.Context) error { return s.Uploads.Keep(ctx, second.Name, 3) })
	second.Size = 3
	s.keptBlobs(c, "", first, second)
	s.refused(upload.ErrNotFound, func(ctx context.Context) error { return s.Uploads.Keep(ctx, second.Name, 4) })
	s.refused(upload.ErrNotFound, func(ctx context.Context) error { return s.Uploads.Keep(ctx, "no/such", 4) })
	again := s.blob(c, "", 5, -1)
	s.refused(upload.ErrOffset, func(ctx context.Context) error { return s.Uploads.Keep(ctx, again.Name, 3) })
	s.keptBlobs(c, "", first, second)
}

func blobDoom(s *sample) {
	c := upload.Content(uid.New())
	kept, old := s.blob(c, "", 0, 5), s.blob(upload.Content(uid.New()), "", 0, -1)
	one := s.blob(c, "", 5, -1)
	doom := func(b upload.Blob, want bool) {
		s.t.Helper()
		s.must(func(ctx context.Context) error {
			was, err := s.Uploads.DoomBlob(ctx, b.Name, at(20))
			if was != want {
				s.t.Errorf("dooming %+v is %t, want %t", b, was, want)
			}
			return err
		})
	}
	doom(kept, false)
	doom(one, true)
	doom(one, false)
	s.refused(upload.ErrNotFound, func(ctx context.Context) error { return s.Uploads.Keep(ctx, one.Name, 3) })
	s.doomed(20)
	s.doomed(21, one)
	s.must(func(ctx context.Context) error { return s.Uploads.DoomPending(ctx, at(1), at(30)) })
	s.doomed(31, one)
	s.must(func(ctx context.Context) error { return s.Uploads.DoomPending(ctx, at(2), at(30)) })
	s.doomed(31, old, one)
	s.keptBlobs(c, "", kept)
	s.must(func(ctx context.Context) error { return s.Uploads.Doom(ctx, c, at(40)) })
	s.doomed(31, old, one)
	s.doomed(41, kept, old, one)
	s.must(func(ctx context.Context) error { return s.Uploads.Doom(ctx, c, at(50)) })
	s.doomed(41, kept, old, one) // a second time changes nothing
	for _, page := range []struct {
		after string
		limit int
		want  []string
	}{{"", 2, []string{kept.Name, old.Name}}, {old.Name, 2, []string{one.Name}}, {one.Name, 2, nil}} {
		got, err := s.Uploads.Doomed(s.t.Context(), at(41), page.after, page.limit)
		if err != nil || !slices.Equal(got, page.want) {
			s.t.Errorf("behind %q come %v, %v; want %v", page.after, got, err, page.want)
		}
	}
	left := s.blob(c, "", 0, 5)
	s.must(func(ctx context.Context) error {
		return s.Uploads.Forget(ctx, []string{kept.Name, one.Name, left.Name})
	})
	s.doomed(41, old)
	s.keptBlobs(c, "", left)
}

func blobVariants(s *sample) {
	c, empty := upload.Content(uid.New()), upload.Content(uid.New())
	variants := func(want int) {
		s.t.Helper()
		if n, err := s.Uploads.Variants(s.t.Context(), c); err != nil || n != want {
			s.t.Errorf("%d variants, %v; want %d", n, err, want)
		}
	}
	whole := s.blob(c, "", 0, 5)
	variants(0)
	small, large := s.blob(c, "8x8", 0, 1), s.blob(c, "16x16", 0, 2)
	variants(2)
	s.keptBlobs(c, "", whole)
	s.keptBlobs(c, "8x8", small)
	s.keptBlobs(c, "16x16", large)
	s.keptBlobs(c, "x")
	again, late := s.blob(c, "8x8", 0, -1), s.blob(c, "32x32", 0, -1)
	s.refused(upload.ErrOffset, func(ctx context.Context) error { return s.Uploads.Keep(ctx, again.Name, 1) })
	s.must(func(ctx context.Context) error { return s.Uploads.Doom(ctx, c, at(5)) })
	variants(0)
	s.doomed(6, whole, small, large)
	s.refused(upload.ErrNotFound, func(ctx context.Context) error { return s.Uploads.Keep(ctx, late.Name, 1) })
	orphan := s.blob(empty, "8x8", 0, -1)
	s.refused(upload.ErrNotFound, func(ctx context.Context) error { return s.Uploads.Keep(ctx, orphan.Name, 1) })
}

func uploadNoUnit(s *sample) {
	u := s.upload("a", 60)
	b := s.blob(u.Content, "", 0, -1)
	ctx := s.t.Context()
	before := s.Fingerprint(s.t)
	for what, try := range map[string]func() error{
		"AddUpload":    func() error { return s.Uploads.AddUpload(ctx, u) },
		"LockUpload":   func() error { _, err := s.Uploads.LockUpload(ctx, u.Hash); return err },
		"SaveUpload":   func() error { return s.Uploads.SaveUpload(ctx, u) },
		"RemoveUpload": func() error { return s.Uploads.RemoveUpload(ctx, u.Hash) },
		"Expire":       func() error { _, err := s.Uploads.Expire(ctx, at(99), 9); return err },
		"Charge":       func() error { _, err := s.Uploads.Charge(ctx, "a", 1, 1, 9999, 99); return err },
		"Refund":       func() error { return s.Uploads.Refund(ctx, "a", 1, 1) },
		"Announce":     func() error { return s.Uploads.Announce(ctx, upload.Blob{Name: "x"}, at(1)) },
		"Keep":         func() error { return s.Uploads.Keep(ctx, b.Name, 1) },
		"Doom":         func() error { return s.Uploads.Doom(ctx, u.Content, at(1)) },
		"DoomBlob":     func() error { _, err := s.Uploads.DoomBlob(ctx, b.Name, at(1)); return err },
		"DoomPending":  func() error { return s.Uploads.DoomPending(ctx, at(9), at(9)) },
		"Forget":       func() error { return s.Uploads.Forget(ctx, []string{b.Name}) },
	} {
		wants(s.t, what+" outside a unit", try(), s.NoUnit)
	}
	if s.Fingerprint(s.t) != before {
		s.t.Error("something was changed outside a unit")
	}
}

func uploadSweep(s *sample) {
	u, v := s.upload("a", 10), s.upload("b", 10)
	kept := s.blob(u.Content, "", 0, 5)
	s.blob(u.Content, "8x8", 0, 1)
	s.blob(v.Content, "", 0, 5)
	s.sweep(func(ctx context.Context) error { return s.Uploads.Doom(ctx, u.Content, at(2)) })
	pending := s.blob(v.Content, "8x8", 0, -1)
	s.sweep(func(ctx context.Context) error { return s.Uploads.Keep(ctx, pending.Name, 5) })
	s.sweep(func(ctx context.Context) error { return s.Uploads.Refund(ctx, "b", 100, 1) })
	s.sweep(func(ctx context.Context) error { _, err := s.Uploads.Expire(ctx, at(10), 10); return err })
	s.sweep(func(ctx context.Context) error { return s.Uploads.Forget(ctx, []string{kept.Name}) })
}
