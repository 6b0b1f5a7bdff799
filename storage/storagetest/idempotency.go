package storagetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace/idempotency"
)

// Idempotency tests [idempotency.Store].
func Idempotency(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"a record is claimed once":          idempotencyOnce,
		"a past record is claimed anew":     idempotencyPast,
		"what came of it is read":           idempotencyComplete,
		"who claims the same waits":         idempotencyWaits,
		"past records are forgotten":        idempotencyForget,
		"a write outside a unit is refused": idempotencyNoUnit,
		"nothing is kept of a half":         idempotencySweep,
	})
}

func (s *sample) record(p rbac.Principal, key string) idempotency.Record {
	return idempotency.Record{Principal: p, Key: key, Digest: "digest of " + key, Created: at(1), Expires: at(10)}
}

// claim claims at a moment, and wants it to succeed or to find one there.
func (s *sample) claim(r idempotency.Record, now time.Time, want bool) idempotency.Record {
	s.t.Helper()
	var there idempotency.Record
	s.must(func(ctx context.Context) error {
		got, claimed, err := s.Idempotency.Claim(ctx, r, now)
		if err == nil && claimed != want {
			s.t.Errorf("claimed %v, want %v", claimed, want)
		}
		there = got
		return err
	})
	return there
}

func idempotencyOnce(s *sample) {
	r := s.record(70, "a")
	s.claim(r, at(1), true)
	again := s.record(70, "a")
	again.Digest, again.Created = "another", at(2)
	equal(s.t, "what is there", s.claim(again, at(2), false), r)
	s.claim(s.record(71, "a"), at(2), true)
	s.claim(s.record(70, "A"), at(2), true)
	s.claim(s.record(70, "b"), at(2), true)
}

func idempotencyPast(s *sample) {
	s.claim(s.record(70, "a"), at(1), true)
	other := s.record(71, "a")
	s.claim(other, at(1), true)
	s.claim(s.record(70, "a"), at(10).Add(-time.Microsecond), false)
	anew := s.record(70, "a")
	anew.Digest, anew.Created, anew.Expires = "another", at(10), at(20)
	equal(s.t, "what was claimed", s.claim(anew, at(10), true), anew)
	equal(s.t, "what is there", s.claim(s.record(70, "a"), at(11), false), anew)
	equal(s.t, "what is somebody else's", s.claim(other, at(9), false), other)
}

func idempotencyComplete(s *sample) {
	r, other := s.record(70, "a"), s.record(70, "b")
	s.claim(r, at(1), true)
	s.claim(other, at(1), true)
	r.Made, r.Answer, r.Sealed = "made", "answer\n\x01 é", true
	s.must(func(ctx context.Context) error {
		changed := r
		changed.Digest, changed.Expires = "not kept", at(99)
		return s.Idempotency.Complete(ctx, changed)
	})
	equal(s.t, "what is there", s.claim(s.record(70, "a"), at(2), false), r)
	equal(s.t, "another", s.claim(s.record(70, "b"), at(2), false), other)
}

func idempotencyWaits(s *sample) {
	r := s.record(70, "a")
	for _, kept := range []bool{false, true} {
		first, ended := make(chan struct{}), make(chan struct{})
		var wait sync.WaitGroup
		wait.Go(func() {
			_ = s.Tx(s.t.Context(), func(ctx context.Context) error {
				if _, claimed, err := s.Idempotency.Claim(ctx, r, at(1)); err != nil || !claimed {
					s.t.Errorf("the first one: %v, %v", claimed, err)
				}
				close(first)
				time.Sleep(100 * time.Millisecond)
				close(ended)
				if !kept {
					return context.Canceled
				}
				return nil
			})
		})
		<-first
		s.claim(r, at(1), !kept)
		select {
		case <-ended:
		default:
			s.t.Error("the second one did not wait")
		}
		wait.Wait()
		if !kept { // the second one's stays
			s.must(func(ctx context.Context) error {
				_, err := s.Idempotency.Forget(ctx, at(99))
				return err
			})
		}
	}
}

func idempotencyForget(s *sample) {
	early, late := s.record(70, "a"), s.record(71, "b")
	late.Expires = at(20)
	s.claim(early, at(1), true)
	s.claim(late, at(1), true)
	for _, c := range []struct{ now, want int }{{9, 0}, {10, 1}, {10, 0}, {20, 1}} {
		s.must(func(ctx context.Context) error {
			n, err := s.Idempotency.Forget(ctx, at(c.now))
			equal(s.t, "forgotten", n, c.want)
			return err
		})
	}
}

func idempotencyNoUnit(s *sample) {
	ctx := s.t.Context()
	_, _, err := s.Idempotency.Claim(ctx, s.record(70, "a"), at(1))
	wants(s.t, "outside a unit", err, s.NoUnit)
	wants(s.t, "outside a unit", s.Idempotency.Complete(ctx, s.record(70, "a")), s.NoUnit)
	_, err = s.Idempotency.Forget(ctx, at(99))
	wants(s.t, "outside a unit", err, s.NoUnit)
}

func idempotencySweep(s *sample) {
	s.claim(s.record(71, "old"), at(1), true)
	s.sweep(func(ctx context.Context) error {
		r := s.record(70, "a")
		if _, _, err := s.Idempotency.Claim(ctx, r, at(1)); err != nil {
			return err
		}
		r.Answer = "answer"
		if err := s.Idempotency.Complete(ctx, r); err != nil {
			return err
		}
		_, err := s.Idempotency.Forget(ctx, at(10))
		return err
	})
}
