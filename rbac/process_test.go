package rbac_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// processVariable makes the test binary a server, and tells it which.
const processVariable = "BAILIWICK_RBAC_PROCESS"

func TestMain(m *testing.M) {
	if text := os.Getenv(processVariable); text != "" {
		if err := serve(text, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A charter says what a server is.
type charter struct {
	Address string `json:"address"`
	// Frozen answers every question after revisions as it did the first.
	Frozen bool `json:"frozen"`
	// Deaf is told of no changes.
	Deaf bool `json:"deaf"`
	// Follow is how often it looks for changes by itself, never when 0.
	Follow time.Duration `json:"follow"`
}

// An order is what a server is told to do, and a report what came of it.
type order struct {
	Change string       `json:"change"` // the kind of change, empty for none
	Ask    string       `json:"ask"`    // the kind of change to ask about, empty for none
	On     bool         `json:"on"`     // what is given, or whether a yes is wanted
	Tokens []rbac.Token `json:"tokens"`
	// Lease has the server ask within so long again and again, for so long.
	Lease time.Duration `json:"lease"`
	Run   time.Duration `json:"run"`
}

type report struct {
	Tokens []rbac.Token `json:"tokens"`
	// Wrong are answers that are not what is wanted, Count how many.
	Wrong []string `json:"wrong"`
	Count int      `json:"count"`
	// Cold is how often facts were read from the database.
	Cold    int64    `json:"cold"`
	Asked   int      `json:"asked"`
	Samples []sample `json:"samples"`
	Error   string   `json:"error"`
}

// A sample is an answer, and when it was asked for.
type sample struct {
	Began int64 `json:"began"` // in nanoseconds since 1970
	Yes   bool  `json:"yes"`
}

// A counted store counts how often facts are read, and may be worse than that.
type counted struct {
	rbac.Store

	facts  atomic.Int64
	frozen bool
	deaf   bool

	mu        sync.Mutex
	pulse     uint64
	beats     bool
	revisions map[rbac.Node]int64
}

func (c *counted) Facts(ctx context.Context, p rbac.Principal, n rbac.Node) (rbac.Facts, error) {
	c.facts.Add(1)
	return c.Store.Facts(ctx, p, n)
}

func (c *counted) FactsBelow(ctx context.Context, p rbac.Principal, under rbac.Node, class string) (rbac.Facts, error) {
	c.facts.Add(1)
	return c.Store.FactsBelow(ctx, p, under, class)
}

func (c *counted) Revisions(ctx context.Context, workspaces ...rbac.Node) ([]int64, error) {
	list, err := c.Store.Revisions(ctx, workspaces...)
	if err != nil || !c.frozen {
		return list, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.revisions == nil {
		c.revisions = map[rbac.Node]int64{}
	}
	for i, w := range append([]rbac.Node{rbac.Root}, workspaces...) {
		if _, known := c.revisions[w]; !known {
			c.revisions[w] = list[i]
		}
		list[i] = c.revisions[w]
	}
	return list, nil
}

func (c *counted) Pulse(ctx context.Context) (uint64, bool, error) {
	pulse, beats, err := c.Store.Pulse(ctx)
	if err != nil || !c.frozen {
		return pulse, beats, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pulse == 0 {
		c.pulse, c.beats = pulse+1, beats
	}
	return c.pulse, c.beats, nil
}

var errDeaf = errors.New("nobody tells")

func (c *counted) Await(ctx context.Context) error {
	if c.deaf {
		return errDeaf
	}
	return c.Store.Await(ctx)
}

// serve is what a server does until its input ends.
func serve(text string, in io.Reader, out io.Writer) error {
	var c charter
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s, err := newServer(ctx, c)
	if err != nil {
		return err
	}
	defer s.db.Close()
	orders, reports := json.NewDecoder(bufio.NewReader(in)), json.NewEncoder(out)
	for {
		var o order
		if err := orders.Decode(&o); err != nil { //nolint:musttag // the same program wrote the tokens
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		var r report
		if err := s.obey(ctx, o, &r); err != nil {
			r.Error = err.Error()
		}
		if err := reports.Encode(r); err != nil { //nolint:musttag // the same program reads the tokens
			return err
		}
	}
}

// A server is an engine on a database that others have open too.
type server struct {
	*estate

	db      *storage.DB
	store   *counted
	engine  *rbac.Engine
	scribe  *dbtest.Scribe
	targets map[rbac.Node]*rbac.Target
	users   map[rbac.Principal]*rbac.Subject
}

func newServer(ctx context.Context, c charter) (*server, error) {
	db, err := storage.Open(ctx, c.Address, nil)
	if err != nil {
		return nil, err
	}
	s := &server{
		estate: newEstate(), db: db, store: &counted{Store: db.Rules(), frozen: c.Frozen, deaf: c.Deaf},
		targets: map[rbac.Node]*rbac.Target{}, users: map[rbac.Principal]*rbac.Subject{},
	}
	if s.scribe, err = dbtest.NewScribe(c.Address); err != nil {
		return nil, err
	}
	schema, err := testSchema()
	if err != nil {
		return nil, err
	}
	s.engine = rbac.New(s.store, schema, nil)
	for w := range estateSpaces {
		if err := s.engine.Warm(ctx, s.space(w)); err != nil {
			return nil, err
		}
		for kind := range s.kinds {
			n := s.node(w, kind)
			s.targets[n] = s.engine.Target(n)
		}
	}
	for i := range estateUsers {
		s.users[s.user(i)] = s.engine.Subject(s.user(i))
	}
	if c.Follow > 0 {
		go func() { _ = s.engine.Follow(ctx, c.Follow) }()
	}
	return s, nil
}

func (s *server) obey(ctx context.Context, o order, r *report) error {
	if o.Change != "" {
		if err := s.kinds[o.Change](ctx, s, o.On); err != nil {
			return err
		}
		for w := range estateSpaces {
			token, err := s.engine.Revision(ctx, s.space(w))
			if err != nil {
				return err
			}
			r.Tokens = append(r.Tokens, token)
		}
	}
	if o.Ask != "" {
		before := s.store.facts.Load()
		s.askAll(ctx, o, r)
		r.Cold = s.store.facts.Load() - before
	}
	if o.Lease > 0 {
		s.lease(ctx, o, r)
	}
	return nil
}

// askers is how many ask at once.
const askers = 48

// askAll asks about everybody in every way.
func (s *server) askAll(ctx context.Context, o order, r *report) {
	var mu sync.Mutex
	var next atomic.Int64
	var wg sync.WaitGroup
	for range askers {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= estateUsers {
					return
				}
				for way, got := range s.ask(ctx, i, o) {
					mu.Lock()
					r.Asked++
					if got.err != nil || got.yes != o.On {
						if r.Count++; len(r.Wrong) < 5 {
							r.Wrong = append(r.Wrong, fmt.Sprintf("%s: %s of user %d: %v, %v, want %v", o.Ask, way, s.user(i), got.yes, got.err, o.On))
						}
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
}

type got struct {
	yes bool
	err error
}

// ask asks about one user in every way.
func (s *server) ask(ctx context.Context, i int, o order) map[string]got {
	w := i % estateSpaces
	user, n, latest := s.user(i), s.node(w, o.Ask), rbac.Latest()
	const perm = rbac.Permission("resource.update")
	answers := map[string]got{}
	note := func(way string, yes bool, err error) { answers[way] = got{yes, err} }
	// The first question is another way every time: the others may find what it
	// brought.
	ways := []func(){
		func() {
			yes, err := s.engine.Check(ctx, user, n, perm, latest)
			note("Check", yes, err)
		},
		func() {
			yes, err := s.engine.Check(ctx, s.key(i), n, perm, latest)
			note("Check by key", yes, err)
		},
		func() {
			yes, err := s.engine.Allowed(ctx, s.users[user], s.targets[n], s.engine.Schema().Action(perm), latest)
			note("Allowed", yes, err)
		},
		func() {
			list, err := s.engine.CheckMany(ctx, user, []rbac.Question{{Node: s.space(w), Permission: perm}, {Node: n, Permission: perm}}, latest)
			note("CheckMany", err == nil && list[1], err)
		},
		func() {
			list, err := s.engine.List(ctx, user, perm, rbac.ListFilter{Under: s.space(w)}, latest)
			note("List", slices.Contains(list, n), err)
		},
		func() {
			set, err := s.engine.Effective(ctx, user, n, latest)
			note("Effective", set.Has(perm), err)
		},
	}
	for j := range ways {
		ways[(i+j)%len(ways)]()
	}
	if o.Tokens != nil {
		yes, err := s.engine.Check(ctx, user, n, perm, rbac.AtLeast(o.Tokens[w]))
		note("AtLeast", yes, err)
	}
	return answers
}

// lease asks within a while, again and again.
func (s *server) lease(ctx context.Context, o order, r *report) {
	until := time.Now().Add(o.Run)
	var mu sync.Mutex
	var wg sync.WaitGroup
	n := s.node(0, "rule")
	for range 4 {
		wg.Go(func() {
			for time.Now().Before(until) {
				began := time.Now().UnixNano()
				yes, err := s.engine.Check(ctx, s.user(0), n, "resource.update", rbac.Within(o.Lease))
				mu.Lock()
				if err == nil {
					r.Asked++
					// Those that only repeat the last one are left out.
					if k := len(r.Samples); k < 4 || r.Samples[k-1].Yes != yes || yes {
						r.Samples = append(r.Samples, sample{began, yes})
					}
				}
				mu.Unlock()
				time.Sleep(200 * time.Microsecond)
			}
		})
	}
	wg.Wait()
}

// A process is a server that the test talks to.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	orders  *json.Encoder
	reports *json.Decoder
	told    *lockedBuffer
}

type lockedBuffer struct {
	mu   sync.Mutex
	text []byte
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	return len(p), nil
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text)
}

// start starts a server in a process of its own, until the test ends.
func start(t *testing.T, c charter) *process {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.CommandContext(t.Context(), os.Args[0]), told: &lockedBuffer{}}
	p.cmd.Env = append(os.Environ(), processVariable+"="+string(text))
	p.cmd.Stderr = p.told
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = p.cmd.Wait() // killed, or done since its input ended
	})
	p.orders, p.reports = json.NewEncoder(in), json.NewDecoder(bufio.NewReader(out))
	return p
}

// do has the server do something.
func (p *process) do(o order) (report, error) {
	var r report
	if err := p.orders.Encode(o); err != nil { //nolint:musttag // the same program reads the tokens
		return r, fmt.Errorf("%w: %s", err, p.told)
	}
	if err := p.reports.Decode(&r); err != nil { //nolint:musttag // the same program wrote the tokens
		return r, fmt.Errorf("%w: %s", err, p.told)
	}
	if r.Error != "" {
		return r, errors.New(r.Error)
	}
	return r, nil
}

func (p *process) must(o order) report {
	p.t.Helper()
	r, err := p.do(o)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}
