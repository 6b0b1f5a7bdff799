package quota_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// processVariable makes the test binary one of the processes that consume, and
// tells it what.
const processVariable = "BAILIWICK_QUOTA_PROCESS"

// An errand is what a process is to do.
type errand struct {
	Address string               `json:"address"`
	Leaves  []quota.AllocationID `json:"leaves"`
}

// A report is what a process was told: what it took of each allocation, and the
// lines that its changes must have left in the ledger, by their references.
type report struct {
	Taken map[quota.AllocationID]int64 `json:"taken"`
	Lines map[string]int64             `json:"lines"`
}

func newReport() *report {
	return &report{Taken: map[quota.AllocationID]int64{}, Lines: map[string]int64{}}
}

func (r *report) add(other *report) {
	for id, n := range other.Taken {
		r.Taken[id] += n
	}
	maps.Copy(r.Lines, other.Lines)
}

// callers is how many goroutines a process has.
const callers = 500

func TestMain(m *testing.M) {
	if text := os.Getenv(processVariable); text != "" {
		told, err := run(text)
		if err == nil {
			err = json.NewEncoder(os.Stdout).Encode(told)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// run does an errand and returns what was acknowledged.
func run(text string) (told *report, err error) {
	var todo errand
	if err := json.Unmarshal([]byte(text), &todo); err != nil {
		return nil, err
	}
	ctx := context.Background()
	db, err := storage.Open(ctx, todo.Address, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	service := quota.New(db.Quotas(), nil)
	told = newReport()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			mine, failed := mixed(ctx, service, todo.Leaves[i%len(todo.Leaves)])
			mu.Lock()
			defer mu.Unlock()
			told.add(mine)
			err = errors.Join(err, failed)
		})
	}
	wg.Wait()
	return told, err
}

// mixed consumes, gives back, reserves and settles, and leaves some
// reservations to lapse at once.
func mixed(ctx context.Context, s *quota.Service, id quota.AllocationID) (*report, error) {
	told := newReport()
	for range 3 {
		why := quota.Reason{Kind: "process", Ref: uid.New()}
		n, err := 1+rand.Int64N(20), error(nil)
		switch rand.N(8) {
		case 0:
			if taken := told.Taken[id]; taken > 0 {
				n = 1 + rand.Int64N(taken)
				err = s.Release(ctx, id, n, why)
				n = -n
			} else {
				n = 0
			}
		case 1:
			n, err = settled(ctx, s, id, n, why)
		case 2:
			_, err = s.Reserve(ctx, id, n, uid.New(), time.Nanosecond, why)
			n = 0
		default:
			err = s.Consume(ctx, id, n, why)
		}
		switch {
		case err == nil:
			told.Taken[id] += n
			if n != 0 {
				told.Lines[why.Ref] = n
			}
		case !errors.Is(err, quota.ErrExceeded):
			return told, err
		}
	}
	return told, nil
}

// settled reserves n and settles at another amount, or cancels if that is too
// much.
func settled(ctx context.Context, s *quota.Service, id quota.AllocationID, n int64, why quota.Reason) (taken int64, err error) {
	r, err := s.Reserve(ctx, id, n, uid.New(), time.Hour, why)
	if err != nil {
		return 0, err
	}
	taken = rand.Int64N(2 * n)
	err = s.Commit(ctx, r.ID, taken)
	if errors.Is(err, quota.ErrExceeded) {
		return 0, s.Cancel(ctx, r.ID)
	}
	return taken, err
}

// fill consumes until not even 1 fits.
func (d *desk) fill(id quota.AllocationID) (taken int64) {
	d.t.Helper()
	for n := int64(64); n > 0; {
		switch err := d.consume(id, n); {
		case err == nil:
			taken += n
		case errors.Is(err, quota.ErrExceeded):
			n /= 2
		default:
			d.t.Fatal(err)
		}
	}
	return taken
}

// TestProcesses has two processes of many callers each take from allocations
// nested three deep, and watches every limit while they do.
func TestProcesses(t *testing.T) {
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			address := kind.Make(t)
			d := newDesk(t, dbtest.Open(t, address))
			p := d.pool(2700)
			var leaves []quota.AllocationID
			for i := range 2 {
				top := d.share(p, quota.Holder(fmt.Sprint("top", i)), "", 1000+1000*int64(i))
				for j := range 2 {
					middle := d.share(p, quota.Holder(fmt.Sprint("middle", i, j)), top, 750+250*int64(j))
					for k := range 2 {
						leaves = append(leaves, d.share(p, quota.Holder(fmt.Sprint("leaf", i, j, k)), middle, 350+100*int64(k)))
					}
				}
			}
			w := watch(t, d)
			told := processes(t, errand{Address: address, Leaves: leaves})
			if looks := w(); looks < 10 {
				t.Errorf("looked only %d times", looks)
			}
			d.inLedger(told.Lines)
			noDeadlock(t, address)
			taken := told.Taken
			d.at = time.Now().Add(time.Minute) // what still runs down has ended
			for _, id := range leaves {
				taken[id] += d.fill(id)
			}
			look(t, d)
			for _, id := range leaves {
				d.counts(id, taken[id], 0)
				d.refusedWhereFull(id)
			}
			d.balanced()
		})
	}
}

// inLedger wants every change that was acknowledged in the ledger exactly once,
// and none besides.
func (d *desk) inLedger(lines map[string]int64) {
	d.t.Helper()
	entries, err := d.Ledger(context.Background(), quota.EntryFilter{Reason: quota.Reason{Kind: "process"}})
	d.must(err)
	if len(lines) < callers/4 || len(entries) != len(lines) {
		d.t.Errorf("%d lines in the ledger, %d changes were acknowledged", len(entries), len(lines))
	}
	for _, e := range entries {
		if lines[e.Reason.Ref] != e.Amount {
			d.t.Errorf("%d for %s in the ledger, %d were acknowledged", e.Amount, e.Reason.Ref, lines[e.Reason.Ref])
		}
		delete(lines, e.Reason.Ref)
	}
	for ref, n := range lines {
		d.t.Errorf("%d for %s were acknowledged and are not in the ledger", n, ref)
	}
}

// noDeadlock wants that nobody had to be stopped because two waited for each
// other: it would have gone well in the end, a second later.
func noDeadlock(t *testing.T, address string) {
	t.Helper()
	if strings.HasPrefix(address, "sqlite:") {
		return // there is one lock
	}
	var n int
	err := host(t, address).QueryRowContext(t.Context(),
		"SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").Scan(&n)
	if err != nil || n != 0 {
		t.Errorf("%d deadlocks, %v", n, err)
	}
}

// refusedWhereFull wants one more to be refused by a level that is full.
func (d *desk) refusedWhereFull(id quota.AllocationID) {
	d.t.Helper()
	exceeded, ok := errors.AsType[*quota.ExceededError](d.consume(id, 1))
	if !ok || exceeded.Use != exceeded.Limit {
		d.t.Errorf("one more: %+v, want a refusal at the limit", exceeded)
	}
}

// processes runs an errand in two processes and adds up what they were told.
func processes(t *testing.T, todo errand) *report {
	t.Helper()
	text, err := json.Marshal(todo)
	if err != nil {
		t.Fatal(err)
	}
	all := newReport()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			var out, said bytes.Buffer
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), processVariable+"="+string(text))
			cmd.Stdout, cmd.Stderr = &out, &said
			if err := cmd.Run(); err != nil {
				t.Errorf("process: %v\n%s", err, said.Bytes())
				return
			}
			mine := newReport()
			if err := json.Unmarshal(out.Bytes(), mine); err != nil {
				t.Errorf("process: %v: %s", err, out.Bytes())
			}
			mu.Lock()
			defer mu.Unlock()
			all.add(mine)
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return all
}

// watch looks at all allocations and pools again and again, each time in one
// state of the database, until the function it returns is called, which tells
// how often.
func watch(t *testing.T, d *desk) (stop func() int) {
	ctx, cancel := context.WithCancel(t.Context())
	looks := make(chan int)
	go func() {
		n := 0
		for ctx.Err() == nil {
			look(t, d)
			n++
			time.Sleep(5 * time.Millisecond)
		}
		looks <- n
	}()
	return func() int {
		cancel()
		return <-looks
	}
}

// look wants every limit kept, and every outer allocation to count exactly
// what is counted within.
func look(t *testing.T, d *desk) {
	list, _, err := d.Allocations(context.Background(), quota.AllocationFilter{})
	if err != nil {
		t.Errorf("watching: %v", err)
		return
	}
	within := map[quota.AllocationID]int64{}
	for _, a := range list {
		if a.Use+a.Held > a.Limit {
			t.Errorf("%s passed its limit: %d+%d of %d", a.Holder, a.Use, a.Held, a.Limit)
		}
		within[a.Within] += a.Use + a.Held
	}
	for _, a := range list {
		if sum, ok := within[a.ID]; ok && sum != a.Use+a.Held {
			t.Errorf("%s counts %d+%d, those within %d", a.Holder, a.Use, a.Held, sum)
		}
	}
	pools, _, err := d.Pools(context.Background(), quota.PoolFilter{Kind: quota.Storage})
	if err != nil {
		t.Errorf("watching: %v", err)
	}
	for _, p := range pools {
		if p.Use > p.Capacity {
			t.Errorf("the pool passed its capacity: %d of %d", p.Use, p.Capacity)
		}
	}
}
