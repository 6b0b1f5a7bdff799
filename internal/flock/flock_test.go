package flock_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/flock"
)

func TestHeld(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "lock")
	one, err := flock.Share(name)
	if err != nil {
		t.Fatal(err)
	}
	two, err := flock.Share(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := flock.Take(name); !errors.Is(err, flock.ErrLocked) {
		t.Errorf("alone beside two: %v", err)
	}
	if err := one.Close(); err != nil {
		t.Error(err)
	}
	if _, err := flock.Take(name); !errors.Is(err, flock.ErrLocked) || two.Removed() {
		t.Errorf("alone beside one: %v", err)
	}
	if err := two.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is left: %v", err)
	}
	alone, err := flock.Take(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := flock.Share(name); !errors.Is(err, flock.ErrLocked) {
		t.Errorf("beside one alone: %v", err)
	}
	if err := os.Remove(name); err != nil || !alone.Removed() {
		t.Errorf("removed: %v", err)
	}
	next, err := flock.Take(name)
	if err != nil || next.Removed() {
		t.Fatal(err)
	}
	if err := errors.Join(alone.Close()); err != nil || next.Removed() {
		t.Errorf("the next one's file went with the last one's: %v", err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}

// TestAlone has many come and go, each making and removing the file.
func TestAlone(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "lock")
	var inside, readers, got atomic.Int64
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 2000 {
				how := flock.Take
				if i%2 == 0 {
					how = flock.Share
				}
				held, err := how(name)
				if errors.Is(err, flock.ErrLocked) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				got.Add(1)
				if i%2 == 0 {
					readers.Add(1)
					time.Sleep(time.Microsecond)
					if inside.Load() != 0 {
						t.Error("shared beside one alone")
					}
					readers.Add(-1)
				} else {
					if inside.Add(1) != 1 || readers.Load() != 0 {
						t.Error("two alone")
					}
					time.Sleep(time.Microsecond)
					inside.Add(-1)
				}
				if err := held.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if got.Load() == 0 {
		t.Error("nobody got it")
	}
}
