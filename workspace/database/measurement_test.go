package database_test

import (
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

func TestMeasure(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		w.database("b")
		read := func() database.Database {
			w.Helper()
			d, err := w.dbs.Database(w.Context(), w.manager, "a")
			w.OK(err)
			return d
		}
		before := read()
		w.fill("a", 1000)
		w.SetNow(w.Now().Add(time.Minute))
		w.OK(w.dbs.Measure(w.Context()))
		grown := read()
		if grown.Size <= before.Size || grown.Counted != grown.Size || !grown.Measured.Equal(w.Now()) {
			w.Errorf("grown is %+v", grown)
		}
		w.consistent()
		// Nothing has changed, which is said now and then.
		w.SetNow(w.Now().Add(time.Minute))
		w.OK(w.dbs.Measure(w.Context()))
		if again := read(); again != grown {
			w.Errorf("a minute later it is %+v", again)
		}
		w.SetNow(w.Now().Add(time.Hour))
		w.OK(w.dbs.Measure(w.Context()))
		if again := read(); !again.Measured.Equal(w.Now()) {
			w.Errorf("an hour later it is %+v", again)
		}
		// It grows past what there is room for: all of that is taken, and no more.
		w.limit(w.used(w.owner) + 100)
		w.fill("a", 2000)
		w.OK(w.dbs.Measure(w.Context()))
		over := read()
		if over.Size <= grown.Size || over.Counted != grown.Counted+100 {
			w.Errorf("past the limit it is %+v, and was %+v", over, grown)
		}
		_, err := w.dbs.Create(w.Context(), w.manager, w.owner.ID, database.Draft{Name: "c"})
		w.Wants(err, quota.ErrExceeded)
		_, err = w.dbs.MakeBackup(w.Context(), w.manager, "b")
		w.Wants(err, quota.ErrExceeded)
		w.consistent()
		// Another organization has its own.
		_, err = w.dbs.Create(w.Context(), w.foreign, w.rival.ID, database.Draft{Name: "theirs"})
		w.OK(err)
		// A limit below what is used, and then room again.
		w.limit(1)
		w.OK(w.dbs.Measure(w.Context()))
		if d := read(); d.Counted != over.Counted {
			w.Errorf("below the limit it is %+v", d)
		}
		w.limit(quota.NoLimit)
		w.OK(w.dbs.Measure(w.Context()))
		if d := read(); d.Counted != d.Size {
			w.Errorf("with room it is %+v", d)
		}
		w.consistent()
		w.OK(w.dbs.Delete(w.Context(), w.manager, "a"))
		w.OK(w.dbs.Delete(w.Context(), w.manager, "b"))
		if n := w.used(w.owner); n != 0 {
			w.Errorf("charged with %d for nothing", n)
		}
		w.consistent()
	})
}

// Two servers that measure at once charge once.
func TestMeasureTwice(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		w.fill("a", 1000)
		other := w.service(nil)
		asked := false
		w.real.fail(func(method string, _ database.Name) error {
			if method == "Stats" && !asked {
				asked = true
				w.OK(other.Measure(w.Context()))
			}
			return nil
		})
		w.OK(w.dbs.Measure(w.Context()))
		w.real.fail(nil)
		w.consistent()
		if d := w.rows()[0]; d.Counted != d.Size {
			w.Errorf("it is %+v", d)
		}
	})
}
