// Package idempotency makes repeating a request harmless: what was asked for
// with a key is done once, and whoever asks for it again with the same key is
// answered as before.
//
// What is done and the note that it was, with the answer, are one unit of work,
// so that neither can be there without the other, whatever stops in between and
// on whichever server the request comes again. Two at once with one key wait for
// each other. A key belongs to the principal who uses it, and is forgotten after
// a day.
//
// The package does not know what is asked for or answered: a digest says
// whether two requests are the same, and answers are bytes. It authorizes nobody.
// Start with [New].
package idempotency

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Errors that the package returns.
var (
	// ErrMismatch is returned for a key that was used for another request.
	ErrMismatch = errors.New("idempotency: the key was used for another request")
	// ErrDone is wrapped by [DoneError].
	ErrDone = errors.New("idempotency: it is done and cannot be answered again")
)

// A DoneError says of a request that was done, and whose answer held a secret
// that was not kept, what it made.
type DoneError struct {
	ID string
}

// Error tells what was made.
func (e *DoneError) Error() string { return ErrDone.Error() + ": it made " + e.ID }

// Unwrap makes errors.Is(err, ErrDone) true.
func (e *DoneError) Unwrap() error { return ErrDone }

// A Record is what is kept of a request that was done.
type Record struct {
	Principal rbac.Principal
	// Key is the caller's.
	Key string
	// Digest tells two requests apart.
	Digest string
	// Made identifies what the request made, empty for nothing.
	Made string
	// Answer is what was answered, sealed where Sealed is set, and empty where
	// it held a secret and nothing could seal it.
	Answer  string
	Sealed  bool
	Created time.Time
	// Expires is when the record counts no more.
	Expires time.Time
}

// A Store keeps records. Methods that change something are called inside a unit
// of work and fail outside one.
type Store interface {
	// Tx runs fn in a unit of work, joining the one that ctx is in. If fn
	// returns an error, or any statement in it failed, nothing is kept.
	Tx(ctx context.Context, fn func(ctx context.Context) error) error
	// Claim stores a record unless there is one of its principal and key that
	// is not past at that moment, which it returns instead with claimed false.
	// Until the unit of work ends, everybody else who claims the same waits.
	Claim(ctx context.Context, r Record, now time.Time) (there Record, claimed bool, err error)
	// Complete stores what of a record was claimed came of it: Made, Answer
	// and Sealed.
	Complete(ctx context.Context, r Record) error
	// Forget deletes the records that are past at a moment and returns how
	// many.
	Forget(ctx context.Context, now time.Time) (int, error)
}

// A Sealer encrypts answers that hold a secret; [apikey.Sealer] does.
type Sealer interface {
	Seal(plaintext, context []byte) (string, error)
	Open(text string, context []byte) ([]byte, error)
}

// Options are what a [Service] can be told; the zero value works.
type Options struct {
	// Now tells the time, time.Now when nil.
	Now func() time.Time
	// Sealer keeps answers that hold a secret. Without one they are not kept,
	// and asking again is answered with a [DoneError].
	Sealer Sealer
	// Life is how long a key is remembered, a day when 0.
	Life time.Duration
}

// A Service does things once. It is safe for concurrent use.
type Service struct {
	store  Store
	now    func() time.Time
	sealer Sealer
	life   time.Duration
	// forgot is when records that are past were last looked for.
	forgot atomic.Int64
}

// New makes a service over a store.
func New(store Store, opts *Options) *Service {
	s := &Service{store: store, now: time.Now, life: 24 * time.Hour}
	if opts == nil {
		return s
	}
	if opts.Now != nil {
		s.now = opts.Now
	}
	if opts.Life > 0 {
		s.life = opts.Life
	}
	s.sealer = opts.Sealer
	return s
}

// A Request is something to be done once.
type Request struct {
	Principal rbac.Principal
	Key       string
	// Digest is the same for the same request and no other.
	Digest string
	// Secret tells that the answer will hold one.
	Secret bool
}

// An Answer is what came of a request.
type Answer struct {
	// Text is the answer itself.
	Text []byte
	// Made identifies what was made, empty for nothing.
	Made string
}

// Do runs act in a unit of work and keeps its answer, or returns the answer that
// was kept, with again true. An error of act undoes everything, and the key can
// be used again. It returns ErrMismatch for a key that was used for another
// request, and a [DoneError] where the answer was not kept. Act may run more
// than once, like every unit of work.
func (s *Service) Do(ctx context.Context, q Request, act func(ctx context.Context) (Answer, error)) (a Answer, again bool, err error) {
	if err := s.forget(ctx); err != nil {
		return Answer{}, false, err
	}
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		now := s.clock()
		r := Record{Principal: q.Principal, Key: q.Key, Digest: q.Digest, Created: now, Expires: now.Add(s.life)}
		there, claimed, err := s.store.Claim(ctx, r, now)
		if err != nil {
			return err
		}
		if again = !claimed; again {
			a, err = s.replay(q, there)
			return err
		}
		if a, err = act(ctx); err != nil {
			return err
		}
		if err := s.fill(&r, q, a); err != nil {
			return err
		}
		return s.store.Complete(ctx, r)
	})
	if err != nil {
		return Answer{}, false, err
	}
	return a, again, nil
}

// fill puts an answer into a record.
func (s *Service) fill(r *Record, q Request, a Answer) error {
	r.Made = a.Made
	switch {
	case !q.Secret:
		r.Answer = string(a.Text)
	case s.sealer != nil:
		text, err := s.sealer.Seal(a.Text, purpose(*r))
		if err != nil {
			return fmt.Errorf("idempotency: seal: %w", err)
		}
		r.Answer, r.Sealed = text, true
	}
	return nil
}

// purpose is what an answer is sealed for.
func purpose(r Record) []byte { return fmt.Appendf(nil, "idempotency/%d/%s", r.Principal, r.Key) }

// replay returns the answer of a record.
func (s *Service) replay(q Request, r Record) (Answer, error) {
	if r.Digest != q.Digest {
		return Answer{}, ErrMismatch
	}
	if !r.Sealed && r.Answer != "" {
		return Answer{Text: []byte(r.Answer), Made: r.Made}, nil
	}
	if r.Sealed && s.sealer != nil {
		// A server whose key has changed cannot read it: it is as if not kept.
		if text, err := s.sealer.Open(r.Answer, purpose(r)); err == nil {
			return Answer{Text: text, Made: r.Made}, nil
		}
	}
	return Answer{}, &DoneError{ID: r.Made}
}

// sparse is how long a server waits before it looks for past records again.
const sparse = time.Hour

// forget deletes, once in a while, what is past.
func (s *Service) forget(ctx context.Context) error {
	now := s.clock()
	last := s.forgot.Load()
	if now.UnixMicro()-last < sparse.Microseconds() || !s.forgot.CompareAndSwap(last, now.UnixMicro()) {
		return nil
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		_, err := s.store.Forget(ctx, now)
		return err
	})
}

// clock returns the time as it is kept.
func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }
