package workspace

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/quota"
)

// Pools lists the shared facilities, and how many there are. It needs
// [Administer].
func (s *Service) Pools(ctx context.Context, actor Actor, f quota.PoolFilter) ([]quota.Pool, int, error) {
	panic("unbuilt")
}

// Pool returns one. It needs [Administer].
func (s *Service) Pool(ctx context.Context, actor Actor, id quota.PoolID) (quota.Pool, error) {
	panic("unbuilt")
}

// CreatePool makes a facility. It needs [ManagePools].
func (s *Service) CreatePool(ctx context.Context, actor Actor, p quota.Pool) (quota.Pool, error) {
	panic("unbuilt")
}

// UpdatePool changes a facility. It needs [ManagePools].
func (s *Service) UpdatePool(ctx context.Context, actor Actor, id quota.PoolID, change func(*quota.Pool) error) (quota.Pool, error) {
	panic("unbuilt")
}

// DeletePool deletes a facility that nobody was given. It needs [ManagePools].
func (s *Service) DeletePool(ctx context.Context, actor Actor, id quota.PoolID) error {
	panic("unbuilt")
}
