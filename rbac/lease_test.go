package rbac_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/pgtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// A gateway is the network between a server and PostgreSQL, which can be cut.
type gateway struct {
	to string

	mu       sync.Mutex
	cut      bool
	hold     chan struct{} // what goes through waits for it to be closed
	conns    map[net.Conn]bool
	listener net.Listener
}

// through returns an address that leads through a gateway to another.
func through(t *testing.T, address string) (string, *gateway) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	const name = ".s.PGSQL.5432"
	g := &gateway{to: filepath.Join(q.Get("host"), name), conns: map[net.Conn]bool{}}
	dir := t.TempDir()
	if g.listener, err = net.Listen("unix", filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.listener.Close(); g.set(true, nil) })
	go func() {
		for {
			conn, err := g.listener.Accept()
			if err != nil {
				return
			}
			go g.carry(conn)
		}
	}()
	q.Set("host", dir)
	return "postgres://?" + q.Encode(), g
}

func (g *gateway) carry(conn net.Conn) {
	defer conn.Close()
	g.mu.Lock()
	cut := g.cut
	g.mu.Unlock()
	if cut {
		return
	}
	there, err := net.Dial("unix", g.to)
	if err != nil {
		return
	}
	defer there.Close()
	g.mu.Lock()
	g.conns[conn], g.conns[there] = true, true
	g.mu.Unlock()
	go g.pass(there, conn)
	g.pass(conn, there)
}

func (g *gateway) pass(to, from net.Conn) {
	defer to.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		g.mu.Lock()
		hold := g.hold
		g.mu.Unlock()
		if hold != nil {
			<-hold
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// set cuts all connections and refuses others, or has everything wait.
func (g *gateway) set(cut bool, hold chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cut, g.hold = cut, hold
	if cut {
		for conn := range g.conns {
			conn.Close()
		}
		clear(g.conns)
	}
}

// A pair is two servers in this process: what is done on the one, the other
// has to notice.
type pair struct {
	*testing.T

	e           *estate
	doer, asker *rbac.Engine
	db          *storage.DB
}

func newPair(t *testing.T, address, asking string, wrap func(rbac.Store) rbac.Store) (*pair, *storage.DB) {
	t.Helper()
	p := &pair{T: t, e: newEstate(), db: dbtest.Open(t, address)}
	p.e.build(t, address)
	schema := newSchema(t)
	p.doer = rbac.New(p.db.Rules(), schema, nil)
	db, err := storage.Open(t.Context(), asking, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	var store rbac.Store = db.Rules()
	if wrap != nil {
		store = wrap(store)
	}
	p.asker = rbac.New(store, schema, nil)
	if err := p.asker.Warm(t.Context(), p.e.space(0)); err != nil {
		t.Fatal(err)
	}
	return p, db
}

func (p *pair) revoke() rbac.Token {
	p.Helper()
	var token rbac.Token
	do(p.T, p.db, func(ctx context.Context) (err error) {
		if _, err = p.doer.Revoke(ctx, rbac.RuleFilter{Origin: "rule"}); err != nil {
			return err
		}
		token, err = p.doer.Revision(ctx, p.e.space(0))
		return err
	})
	return token
}

func (p *pair) grant() {
	p.Helper()
	do(p.T, p.db, func(ctx context.Context) error {
		_, err := p.doer.Grant(ctx, rbac.Rule{
			Node: p.e.node(0, "rule"), Effect: rbac.Allow, Principal: p.e.user(0), Scope: "resource", Permission: "update", Origin: "rule",
		})
		return err
	})
}

func (p *pair) ask(c rbac.Consistency) (bool, error) {
	ctx, cancel := context.WithTimeout(p.Context(), 500*time.Millisecond)
	defer cancel()
	return p.asker.Check(ctx, p.e.user(0), p.e.node(0, "rule"), "resource.update", c)
}

func (p *pair) wants(what string, c rbac.Consistency, want bool) {
	p.Helper()
	if yes, err := p.ask(c); err != nil || yes != want {
		p.Errorf("%s: %v, %v, want %v", what, yes, err, want)
	}
}

func (p *pair) refuses(what string, c rbac.Consistency) {
	p.Helper()
	began := time.Now()
	yes, err := p.ask(c)
	if err == nil {
		p.Errorf("%s: %v, want a refusal", what, yes)
	}
	if spent := time.Since(began); spent > 10*time.Second {
		p.Errorf("%s: refused after %s", what, spent)
	}
}

// A contact is the last one with the store: at some moment between two.
type contact struct{ after, before time.Time }

// contact has the asker see the store's revisions, and says when.
func (p *pair) contact() contact {
	p.Helper()
	after := time.Now()
	p.wants("within nothing", rbac.Within(0), true)
	return contact{after: after, before: time.Now()}
}

// lasts wants Within(d) to answer yes for less than d after a contact, and to
// refuse from then on.
func (p *pair) lasts(d time.Duration, last contact) {
	p.Helper()
	answers := 0
	for {
		began := time.Now()
		yes, err := p.ask(rbac.Within(d))
		if began.Sub(last.before) > d {
			if err == nil {
				p.Errorf("within %s, %s after the last contact: %v, want a refusal", d, began.Sub(last.before), yes)
			}
			break
		}
		if err == nil {
			if answers++; !yes {
				p.Errorf("within %s: no, want what was known", d)
			}
		} else if time.Since(last.after) < d {
			p.Errorf("within %s, %s after the last contact: %v, want an answer", d, began.Sub(last.after), err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	if answers < 3 {
		p.Errorf("only %d answers within %s", answers, d)
	}
}

const short = 400 * time.Millisecond

// TestServerCutOff cuts one server's connections while another goes on.
func TestServerCutOff(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]func(g *gateway) (mend func()){
		"refused": func(g *gateway) func() { g.set(true, nil); return func() { g.set(false, nil) } },
		"silent": func(g *gateway) func() {
			hold := make(chan struct{})
			g.set(false, hold)
			return func() { g.set(true, nil); close(hold); g.set(false, nil) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := dbtest.Postgres(t)
			asking, g := through(t, address)
			p, _ := newPair(t, address, asking, nil)
			seen, err := p.asker.Revision(t.Context(), p.e.space(0))
			if err != nil {
				t.Fatal(err)
			}
			p.wants("latest", rbac.Latest(), true)
			last := p.contact()
			mend := cut(g)
			p.refuses("latest", rbac.Latest())
			unseen := p.revoke()
			p.wants("at least what was seen", rbac.AtLeast(seen), true)
			p.refuses("at least what was not", rbac.AtLeast(unseen))
			// Latest took its time; what is left of the lease is what it was.
			long := time.Since(last.after) + short
			p.lasts(long, last)
			p.refuses("within, too late", rbac.Within(short))
			p.wants("within an hour", rbac.Within(time.Hour), true)
			mend()
			p.eventually("latest when back", rbac.Latest(), false)
			p.wants("within when back", rbac.Within(time.Hour), false)
			p.wants("at least what is seen now", rbac.AtLeast(unseen), false)
			p.grant()
			p.wants("latest", rbac.Latest(), true)
		})
	}
}

// eventually wants an answer before long, and no other.
func (p *pair) eventually(what string, c rbac.Consistency, want bool) {
	p.Helper()
	for end := time.Now().Add(15 * time.Second); ; {
		yes, err := p.ask(c)
		if err == nil || time.Now().After(end) {
			if err != nil || yes != want {
				p.Errorf("%s: %v, %v, want %v", what, yes, err, want)
			}
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestDatabaseAway takes the whole database away, and gives it back.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Shared(t)
	address := dbtest.Postgres(t)
	p, _ := newPair(t, address, address, nil)
	name := pgtest.Database(address)
	for range 2 {
		p.wants("latest", rbac.Latest(), true)
		last := p.contact()
		for _, statement := range []string{
			"ALTER DATABASE " + name + " ALLOW_CONNECTIONS false",
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'",
		} {
			if err := cluster.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		p.refuses("latest", rbac.Latest())
		p.lasts(time.Since(last.after)+short, last)
		if err := cluster.Exec(t.Context(), "ALTER DATABASE "+name+" ALLOW_CONNECTIONS true"); err != nil {
			t.Fatal(err)
		}
		p.eventually("latest when back", rbac.Latest(), true)
		p.eventually("within", rbac.Within(short), true)
		_, _ = p.doer.Revision(t.Context(), rbac.Root) // the doer's connections were ended too
		p.revoke()
		p.wants("latest", rbac.Latest(), false)
		p.grant()
	}
}

// TestFileAway closes a server's SQLite file.
func TestFileAway(t *testing.T) {
	t.Parallel()
	address := dbtest.SQLite(t)
	p, db := newPair(t, address, address, nil)
	last := p.contact()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	p.revoke()
	p.refuses("latest", rbac.Latest())
	p.lasts(time.Since(last.after)+short, last)
}

// A slow store has what it read about revisions wait before it is answered.
type slow struct {
	rbac.Store

	read, answer chan struct{} // nil where nobody waits
	delay        time.Duration
}

func (s *slow) Pulse(context.Context) (uint64, bool, error) { return 0, false, nil }

func (s *slow) Revisions(ctx context.Context, workspaces ...rbac.Node) ([]int64, error) {
	list, err := s.Store.Revisions(ctx, workspaces...)
	if s.read != nil {
		s.read <- struct{}{}
		<-s.answer
	}
	time.Sleep(s.delay)
	return list, err
}

// TestLeaseBeginsBeforeTheProbe has answers take long: what they tell is as old
// as the question.
func TestLeaseBeginsBeforeTheProbe(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			var s *slow
			address := kind.Make(t)
			p, _ := newPair(t, address, address, func(store rbac.Store) rbac.Store { s = &slow{Store: store}; return s })
			const d = 200 * time.Millisecond
			for range 3 {
				s.delay = 0
				p.wants("latest", rbac.Latest(), true)
				time.Sleep(d)
				s.delay = d * 3 / 4
				began := time.Now()
				p.wants("within", rbac.Within(d), true)
				p.revoke()
				time.Sleep(time.Until(began.Add(d * 5 / 4)))
				p.wants("within, a while after the question left", rbac.Within(d), false)
				p.grant()
			}
		})
	}
}

// TestProbeLeavesAfterTheCall has a question about revisions under way, and
// answered already, when something is revoked: who asks then must not be told
// what it brings.
func TestProbeLeavesAfterTheCall(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			var s *slow
			address := kind.Make(t)
			p, _ := newPair(t, address, address, func(store rbac.Store) rbac.Store { s = &slow{Store: store}; return s })
			s.read, s.answer = make(chan struct{}), make(chan struct{})
			check := func() (bool, error) {
				return p.asker.Check(t.Context(), p.e.user(0), p.e.node(0, "rule"), "resource.update", rbac.Latest())
			}
			first, second := make(chan error, 1), make(chan error, 1)
			go func() {
				yes, err := check()
				if err == nil && !yes {
					err = errors.New("no before it was revoked")
				}
				first <- err
			}()
			<-s.read
			p.revoke()
			go func() {
				yes, err := check()
				if err == nil && yes {
					err = errors.New("yes after it was revoked")
				}
				second <- err
			}()
			time.Sleep(20 * time.Millisecond) // so that it asks while the question is under way
			s.answer <- struct{}{}
			select {
			case err := <-second:
				t.Fatal("answered by a question that had left before:", err)
			case <-s.read:
			}
			s.answer <- struct{}{}
			if err := errors.Join(<-first, <-second); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSuspendedServer stops a server's process for longer than its lease while
// another revokes: whatever it was about to do, what is asked when the lease is
// over must not be answered from before.
func TestSuspendedServer(t *testing.T) {
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			r := servers(t, kind, charter{}, charter{})
			const d, stopped = 100 * time.Millisecond, 200 * time.Millisecond
			doer, asker := r.servers[0], r.servers[1]
			yes := 0
			for range 6 {
				done := make(chan report, 1)
				go func() {
					report, _ := asker.do(order{Lease: d, Run: 2*stopped + 200*time.Millisecond})
					done <- report
				}()
				time.Sleep(100 * time.Millisecond)
				if err := asker.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
					t.Fatal(err)
				}
				_, err := doer.do(order{Change: "rule", On: false})
				acknowledged := time.Now().UnixNano()
				time.Sleep(stopped)
				if err := errors.Join(err, asker.cmd.Process.Signal(syscall.SIGCONT)); err != nil {
					t.Fatal(err)
				}
				for _, s := range (<-done).Samples {
					if s.Yes && s.Began > acknowledged+int64(d) {
						t.Fatalf("yes %s after it was revoked, within %s", time.Duration(s.Began-acknowledged), d)
					} else if s.Yes {
						yes++
					}
				}
				doer.must(order{Change: "rule", On: true})
			}
			if yes < 20 {
				t.Errorf("only %d answers before it was revoked", yes)
			}
		})
	}
}
