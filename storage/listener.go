package storage

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// channel is what PostgreSQL tells of changes on.
const channel = "bailiwick"

// A bell is rung when something may have changed, for all who wait. Whoever
// begins to wait when it has been rung since somebody last went is let go at
// once, so that one who looks and waits in turns misses nothing.
type bell struct {
	mu   sync.Mutex
	rung uint64
	told uint64
	next chan struct{}
	err  error // why nobody rings it any more
}

func (b *bell) ring(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rung++
	b.err = err
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}

func (b *bell) wait(ctx context.Context) error {
	b.mu.Lock()
	if b.rung == b.told {
		if b.next == nil {
			b.next = make(chan struct{})
		}
		next := b.next
		b.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-next:
		}
		b.mu.Lock()
	}
	defer b.mu.Unlock()
	b.told = b.rung
	return b.err
}

// A listener has the one connection of a database on which PostgreSQL tells of
// changes, made when somebody first waits. It is none of the pool's, whose
// connections others would wait for meanwhile.
type listener struct {
	config *pgx.ConnConfig
	bell   bell

	mu     sync.Mutex
	cancel context.CancelFunc // nil before anybody waited
	done   chan struct{}
	closed bool
}

// retryListening is the least time between two attempts.
const retryListening = time.Second

func (l *listener) await(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return sql.ErrConnDone
	}
	if l.cancel == nil {
		var everybodys context.Context
		everybodys, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
		l.done = make(chan struct{})
		go l.listen(everybodys)
	}
	l.mu.Unlock()
	return l.bell.wait(ctx)
}

// listen rings the bell for each notification, when it has begun to listen,
// since something may have changed before, and when it cannot any more. Then it
// tries again, but not too often, for as long as the database is open.
func (l *listener) listen(ctx context.Context) {
	defer close(l.done)
	for ctx.Err() == nil {
		l.bell.ring(fmt.Errorf("storage: await: %w", l.receive(ctx)))
		select {
		case <-ctx.Done():
		case <-time.After(retryListening):
		}
	}
}

func (l *listener) receive(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, l.config.Copy())
	if err != nil {
		return &UnavailableError{err}
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is lost with it
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	for {
		l.bell.ring(nil)
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
	}
}

func (l *listener) close() {
	l.mu.Lock()
	l.closed = true
	cancel, done := l.cancel, l.done
	l.mu.Unlock()
	if cancel != nil {
		cancel()
		<-done
	}
}
