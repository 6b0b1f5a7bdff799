package main

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// retainEvery is how often a server looks for what is old enough to be forgotten.
const retainEvery = time.Hour

// retain forgets in the background what of the trail is older than the policy
// says, and returns what ends that.
func retain(ctx context.Context, services *transport.Services) (stop func()) {
	return every(ctx, retainEvery, func(ctx context.Context) { expire(ctx, services) })
}

// expire forgets once. A chain that cannot be pruned is the log's.
func expire(ctx context.Context, services *transport.Services) {
	went, err := services.Trail.Expire(ctx, workspace.Command("retention").Signs(audit.Event{}))
	for _, left := range went {
		services.Log.Info().Str("chain", shownChain(left.Chain)).Int64("events", left.Removed).Msg("trail pruned")
	}
	if err != nil && ctx.Err() == nil {
		services.Log.Error().Err(err).Msg("trail not pruned")
	}
}
