package quota

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
)

func (p Pool) clone() Pool {
	p.Labels = slices.Clone(p.Labels)
	p.URLs = slices.Clone(p.URLs)
	p.Details = slices.Clone(p.Details)
	return p
}

func (p Pool) check() error {
	if err := checkName("kind", string(p.Kind)); err != nil {
		return err
	}
	switch p.Unit {
	case Bytes, Count, None:
	default:
		return invalid("unit", "%s, %s or %s expected", Bytes, Count, None)
	}
	if err := checkName("name", p.Name); err != nil {
		return err
	}
	if err := checkLine("type", p.Type); err != nil {
		return err
	}
	if err := checkTechnicalName(p.TechnicalName); err != nil {
		return err
	}
	if err := checkText("description", p.Description); err != nil {
		return err
	}
	for _, label := range p.Labels {
		if err := checkName("labels", label); err != nil {
			return err
		}
	}
	for _, u := range p.URLs {
		if err := checkName("urls", u.Type); err != nil {
			return err
		}
		if err := checkText("urls", u.URL); err != nil {
			return err
		}
	}
	if err := checkLimit("capacity", p.Capacity); err != nil {
		return err
	}
	return checkObject("details", p.Details)
}

func (f PoolFilter) check() error {
	return errors.Join(
		checkTexts("filter", string(f.Kind), f.Type, f.Name, f.Search),
		checkTexts("filter", f.IDs...), checkTexts("filter", f.Kinds...),
	)
}

// Pools returns the pools that f chooses, and how many it would choose without
// offset and limit.
func (s *Service) Pools(ctx context.Context, f PoolFilter) ([]Pool, int, error) {
	if err := f.check(); err != nil {
		return nil, 0, err
	}
	n, err := s.store.CountPools(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	pools, err := s.store.Pools(ctx, f)
	return pools, n, err
}

// Pool returns one pool, or ErrNotFound.
func (s *Service) Pool(ctx context.Context, id PoolID) (Pool, error) {
	if !uid.Valid(string(id)) {
		return Pool{}, ErrNotFound
	}
	pools, err := s.store.Pools(ctx, PoolFilter{IDs: []PoolID{id}})
	if err != nil {
		return Pool{}, err
	}
	if len(pools) == 0 {
		return Pool{}, ErrNotFound
	}
	return pools[0], nil
}

// CreatePool adds a pool, with an identifier, a number and times of its own
// and nothing used. It returns ErrConflict when the technical name is taken.
func (s *Service) CreatePool(ctx context.Context, p Pool) (Pool, error) {
	p = p.clone()
	p.ID, p.Num, p.Use = PoolID(uid.New()), 0, 0
	if err := p.check(); err != nil {
		return Pool{}, err
	}
	p.Created = s.clock()
	p.Updated = p.Created
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		saved, err := s.store.SavePool(ctx, p)
		if err == nil {
			p = saved
		}
		return err
	})
	if err != nil {
		return Pool{}, err
	}
	return p, nil
}

// UpdatePool changes a pool. Kind and unit do not change; identifier, number,
// use and times are not the caller's, and whatever change does to them is
// ignored. A capacity below the use is allowed and refuses growth only. Change
// may be called more than once, each time with what is stored.
func (s *Service) UpdatePool(ctx context.Context, id PoolID, change func(*Pool) error) (Pool, error) {
	if !uid.Valid(string(id)) {
		return Pool{}, ErrNotFound
	}
	var after Pool
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		before, _, err := s.store.AddPool(ctx, id, 0, false)
		if err != nil {
			return err
		}
		p := before.clone()
		if err := change(&p); err != nil {
			return err
		}
		p = p.clone()
		p.ID, p.Num, p.Use, p.Created = before.ID, before.Num, before.Use, before.Created
		if p.Kind != before.Kind {
			return invalid("kind", "%s expected, since it does not change", before.Kind)
		}
		if p.Unit != before.Unit {
			return invalid("unit", "%s expected, since it does not change", before.Unit)
		}
		if err := p.check(); err != nil {
			return err
		}
		p.Updated = s.clock()
		after, err = s.store.SavePool(ctx, p)
		return err
	})
	if err != nil {
		return Pool{}, err
	}
	return after, nil
}

// DeletePool removes a pool that nobody has an allocation in, else it returns
// ErrInUse.
func (s *Service) DeletePool(ctx context.Context, id PoolID) error {
	if !uid.Valid(string(id)) {
		return ErrNotFound
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		return s.store.DeletePool(ctx, id)
	})
}

// clock tells the time as it is stored.
func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }
