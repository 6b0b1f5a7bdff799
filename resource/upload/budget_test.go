package upload_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func TestGuestsHaveLittle(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		begin := func(address string, size int64) func() error {
			return func() error {
				_, err := w.uploads.Begin(w.Context(), guest(address), size, "")
				return err
			}
		}
		for _, same := range [][]string{
			{"192.0.2.1", "::ffff:192.0.2.1"},
			{"2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff:ffff:ffff:ffff", "2001:db8::1%eth0"},
			{"", "nowhere", "192.0.2.1:80"},
		} {
			w.ok(begin(same[0], 50)())
			for _, address := range same {
				w.refused(upload.ErrBudget, begin(address, 31))
			}
			w.ok(begin(same[len(same)-1], 30)())
			for _, address := range same {
				w.refused(upload.ErrBudget, begin(address, 1))
			}
		}
		w.ok(begin("192.0.2.2", 50)())
		w.ok(begin("2001:db8:0:1::1", 50)())
		for range 5 {
			w.ok(begin("192.0.2.3", 0)())
		}
		w.refused(upload.ErrBudget, begin("192.0.2.3", 0))
		w.charged("address 2001:db8::/64", 80, 2)
		w.charged("address 192.0.2.1", 80, 2)

		// What has expired no longer counts, once it was swept.
		w.pass(time.Hour)
		if n := w.sweep(); n != 13 {
			w.Errorf("%d have expired, want all 13", n)
		}
		w.ok(begin("192.0.2.1", 50)())
		w.charged("address 2001:db8::/64", 0, 0)
	})
}

// Who does not say how much is coming is charged for what comes.
func TestUnannounced(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		someone := guest("192.0.2.1")
		w.begin(someone, 50)
		f := w.begin(someone, -1)
		w.charged("address 192.0.2.1", 50, 2)
		f, err := w.append(someone, f.ID, 0, strings.Repeat("x", 10), false)
		w.ok(err)
		w.charged("address 192.0.2.1", 60, 2)
		f, err = w.append(someone, f.ID, 10, strings.Repeat("x", 21), true)
		w.wants(err, upload.ErrBudget)
		if f.Offset != 30 || f.MediaType != "" {
			w.Errorf("what there was room for is %+v", f)
		}
		w.charged("address 192.0.2.1", 80, 2)
		f, err = w.append(someone, f.ID, 30, "", true)
		w.ok(err)
		if !f.Complete() || f.Size != 30 {
			w.Errorf("it ends as %+v", f)
		}
	})
}

func TestUsersHaveMore(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for range 4 {
			w.begin(user(7), 100)
		}
		key := workspace.Actor{Principal: 9, BehalfPrincipal: 7}
		w.begin(key, 100)
		for _, who := range []workspace.Actor{user(7), key} {
			w.refused(upload.ErrBudget, func() error { _, err := w.uploads.Begin(w.Context(), who, 1, ""); return err })
		}
		w.begin(user(8), 100)
		w.begin(workspace.Actor{Principal: 9}, 100) // a workspace's own
	})
}

// What is deleted counts as much as was sent until it would have expired; what
// is taken no longer does.
func TestDeletedCounts(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		someone := guest("192.0.2.1")
		f := w.begin(someone, 40)
		_, err := w.append(someone, f.ID, 0, "hello", false)
		w.ok(err)
		w.ok(w.uploads.Delete(w.Context(), someone, f.ID))
		w.charged("address 192.0.2.1", 5, 1)
		w.refused(upload.ErrNotFound, func() error { return w.uploads.Delete(w.Context(), someone, f.ID) })
		w.refused(upload.ErrNotFound, func() error { _, err := w.append(someone, f.ID, 5, "x", false); return err })
		w.refused(upload.ErrNotFound, func() error { _, err := w.uploads.File(w.Context(), someone, f.ID); return err })
		w.refused(upload.ErrNotFound, func() error { _, _, err := w.uploads.Take(w.Context(), f.ID); return err })
		w.take(w.send(someone, "taken").ID)
		w.charged("address 192.0.2.1", 5, 1)
		w.swept(2) // what was taken is there
		w.charged("address 192.0.2.1", 0, 0)
	})
}

// However many send at once, what is allowed is not passed.
func TestBudgetAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		var all sync.WaitGroup
		var begun, sent atomic.Int64
		for i := range 10 {
			who := guest(fmt.Sprintf("2001:db8::%d", i+1))
			all.Go(func() {
				size := int64(30)
				if i%2 == 0 {
					size = -1
				}
				f, err := w.uploads.Begin(w.Context(), who, size, "")
				if err != nil {
					w.wants(err, upload.ErrBudget)
					return
				}
				begun.Add(1)
				f, err = w.append(who, f.ID, 0, strings.Repeat("x", 30), true)
				if err != nil {
					w.wants(err, upload.ErrBudget)
				}
				sent.Add(f.Offset)
			})
		}
		all.Wait()
		bytes, files, err := w.store.Charged(w.Context(), "address 2001:db8::/64")
		w.ok(err)
		if sent.Load() > 80 || begun.Load() > 5 || bytes > 80 || int64(files) != begun.Load() {
			w.Errorf("%d bytes in %d files, and %d in %d are known; want 80 in 5 at most", sent.Load(), begun.Load(), bytes, files)
		}
	})
}
