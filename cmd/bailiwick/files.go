package main

import (
	"context"
	"fmt"
	"time"

	"github.com/bailiwick-sdk/bailiwick/storage/blob"
	"github.com/bailiwick-sdk/bailiwick/transport"
)

// fileFlags say where files are kept that are uploaded and attached.
type fileFlags struct {
	Files string `help:"Where uploaded and attached files are: a folder, made when missing, or s3://BUCKET?region=…. Servers of one database share it. SQLite: the database's name and .files, PostgreSQL: bailiwick.files." placeholder:"LOCATION"`
}

// location returns where files are, given the file of the database, which is
// empty for one that has none.
func (f fileFlags) location(database string) string {
	switch {
	case f.Files != "":
		return f.Files
	case database != "":
		return database + ".files"
	default:
		return "bailiwick.files"
	}
}

// keepFiles opens where files are.
func (f fileFlags) keepFiles(ctx context.Context, database string) (*blob.Bucket, error) {
	bucket, err := blob.Open(ctx, f.location(database))
	if err != nil {
		return nil, fmt.Errorf("--files %s: %w", f.location(database), err)
	}
	return bucket, nil
}

// sweepEvery is how often a server looks for files that nothing needs any more.
const sweepEvery = time.Minute

// sweep deletes in the background what uploads have left, and returns what ends
// that.
func sweep(ctx context.Context, services *transport.Services) (stop func()) {
	return every(ctx, sweepEvery, func(ctx context.Context) {
		n, err := services.Uploads.Sweep(ctx)
		if n > 0 {
			services.Log.Info().Int("files", n).Msg("uploads expired")
		}
		if err != nil && ctx.Err() == nil {
			services.Log.Error().Err(err).Msg("files not swept")
		}
	})
}

// every does something now and again and again, in the background, and returns
// what ends that.
func every(ctx context.Context, pause time.Duration, do func(ctx context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(pause)
		defer ticker.Stop()
		for {
			do(ctx)
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}
