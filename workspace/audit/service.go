package audit

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
)

// Options are what a [Service] can be told; the zero value works.
type Options struct {
	// Now tells the time, time.Now when nil.
	Now func() time.Time
	// Signer signs checkpoints and knows them again. Without one nothing is
	// pruned, and a chain that was cannot be verified.
	Signer Signer
	// Keep is how long events are kept, for ever when 0: what is older goes with
	// the next [Service.Expire].
	Keep time.Duration
}

// A Service looks after the trail. It authorizes nobody: who calls it has. It is
// safe for concurrent use.
type Service struct {
	store  Store
	now    func() time.Time
	signer Signer
	keep   time.Duration
}

// New makes a service of a store.
func New(store Store, opts *Options) *Service {
	s := &Service{store: store, now: time.Now}
	if opts == nil {
		return s
	}
	if opts.Now != nil {
		s.now = opts.Now
	}
	s.signer, s.keep = opts.Signer, opts.Keep
	return s
}

func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// Record appends an event in a unit of work of its own, or in the one that ctx
// is in. It gives ID and At, and an empty Detail where there is none.
func (s *Service) Record(ctx context.Context, e Event) error {
	return s.store.Tx(ctx, func(ctx context.Context) error { return s.append(ctx, e) })
}

func (s *Service) append(ctx context.Context, e Event) error {
	e.ID, e.At = EventID(uid.New()), s.clock()
	if e.Detail == nil {
		e.Detail = []byte("{}")
	}
	return s.store.Append(ctx, e)
}

// batch is how many events are read at once.
const batch = 500

// Each calls fn for every event that a filter chooses, reading some at a time,
// so that memory does not grow with the trail, and returns how many there were.
// What is appended meanwhile may be among them.
func (s *Service) Each(ctx context.Context, f Filter, fn func(Event) error) (int, error) {
	n, limit := 0, f.Limit
	for {
		f.Limit = batch
		if limit > 0 {
			f.Limit = min(batch, limit-n)
		}
		read, err := s.store.List(ctx, f)
		if err != nil {
			return n, err
		}
		for _, e := range read {
			if err := fn(e); err != nil {
				return n, err
			}
			n++
		}
		if len(read) < f.Limit || n == limit {
			return n, nil
		}
		f.After, f.Offset = read[len(read)-1].Num, 0
	}
}

// Export writes every event that a filter chooses, and returns how many.
func (s *Service) Export(ctx context.Context, f Filter, w Writer) (int, error) {
	n, err := s.Each(ctx, f, w.Write)
	if err != nil {
		return n, err
	}
	return n, w.Flush()
}
