package provision_test

import (
	"bytes"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// A held writer says when it is written to, and then waits.
type held struct {
	bytes.Buffer

	begun, more chan struct{}
	once        sync.Once
}

func (h *held) Write(p []byte) (int, error) {
	h.once.Do(func() {
		close(h.begun)
		<-h.more
	})
	return h.Buffer.Write(p)
}

var _ io.Writer = (*held)(nil)

// TestBesideBackup has somebody download a backup slowly, and wants a database to
// be locked, unlocked and left by its sessions all the same, and the backup to be
// whole. What would take the database away has to wait.
func TestBesideBackup(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.create(t, "one", "")
		p.in(t, "one", "CREATE TABLE t (a text)", "INSERT INTO t VALUES ('kept')")
		if p.kind != "folder" { // more than a pipe holds, so that pg_dump is at it all the while
			p.in(t, "one", "INSERT INTO t SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 400) AS g, generate_series(1, 400) AS h GROUP BY g")
		}
		session := p.session(t, "one")
		run(t, session, "INSERT INTO t VALUES ('session')")
		to := &held{begun: make(chan struct{}), more: make(chan struct{})}
		done := make(chan error, 1)
		go func() { done <- p.Backup(t.Context(), "one", to) }()
		<-to.begun
		began := time.Now()
		if _, err := p.Access(t.Context(), "one"); err != nil {
			t.Errorf("access: %v", err)
		}
		if err := p.Lock(t.Context(), "one"); err != nil {
			t.Errorf("lock: %v", err)
		}
		if n, err := p.EndSessions(t.Context(), "one"); err != nil || n != 1 {
			t.Errorf("ended %d sessions: %v", n, err)
		}
		if stats, err := p.Stats(t.Context(), "one"); err != nil || !stats.Locked || stats.Sessions != 0 {
			t.Errorf("%+v %v", stats, err)
		}
		if err := p.Unlock(t.Context(), "one"); err != nil {
			t.Errorf("unlock: %v", err)
		}
		t.Logf("beside the backup in %s", time.Since(began))
		select {
		case err := <-done:
			t.Fatalf("the backup is over: %v", err)
		default:
		}
		close(to.more)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if err := p.Restore(t.Context(), "two", bytes.NewReader(to.Bytes())); err != nil {
			t.Fatal(err)
		}
		if got := p.one(t, "two", "SELECT count(*) FROM t WHERE a IN ('kept', 'session')"); got != "2" {
			t.Errorf("%s rows are back", got)
		}
		if err := p.Drop(t.Context(), database.Name("one")); err != nil {
			t.Error(err)
		}
	})
}
