package quota_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
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

// callers is how many goroutines a process has.
const callers = 500

func TestMain(m *testing.M) {
	if text := os.Getenv(processVariable); text != "" {
		taken, err := run(text)
		if err == nil {
			err = json.NewEncoder(os.Stdout).Encode(taken)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// run does an errand and returns what was acknowledged, by allocation.
func run(text string) (taken map[quota.AllocationID]int64, err error) {
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
	taken = map[quota.AllocationID]int64{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			id := todo.Leaves[i%len(todo.Leaves)]
			n, failed := mixed(ctx, service, id)
			mu.Lock()
			defer mu.Unlock()
			taken[id] += n
			err = errors.Join(err, failed)
		})
	}
	wg.Wait()
	return taken, err
}

// mixed consumes, gives back, reserves and settles, and leaves some
// reservations to lapse at once.
func mixed(ctx context.Context, s *quota.Service, id quota.AllocationID) (taken int64, err error) {
	why := quota.Reason{Kind: "process", Ref: uid.New()}
	for range 2 {
		n := 1 + rand.Int64N(20)
		switch rand.N(8) {
		case 0:
			if taken > 0 {
				n = 1 + rand.Int64N(taken)
				err = s.Release(ctx, id, n, why)
				n = -n
			} else {
				n = 0
			}
		case 1:
			n, err = settled(ctx, s, id, n)
		case 2:
			_, err = s.Reserve(ctx, id, n, uid.New(), time.Nanosecond, why)
			n = 0
		default:
			err = s.Consume(ctx, id, n, why)
		}
		switch {
		case err == nil:
			taken += n
		case !errors.Is(err, quota.ErrExceeded):
			return taken, err
		}
	}
	return taken, nil
}

// settled reserves, and commits at another amount or cancels.
func settled(ctx context.Context, s *quota.Service, id quota.AllocationID, n int64) (taken int64, err error) {
	r, err := s.Reserve(ctx, id, n, uid.New(), time.Hour, quota.Reason{})
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
			taken := processes(t, errand{Address: address, Leaves: leaves})
			if looks := w(); looks < 10 {
				t.Errorf("looked only %d times", looks)
			}
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

// refusedWhereFull wants one more to be refused by a level that is full.
func (d *desk) refusedWhereFull(id quota.AllocationID) {
	d.t.Helper()
	exceeded, ok := errors.AsType[*quota.ExceededError](d.consume(id, 1))
	if !ok || exceeded.Use != exceeded.Limit {
		d.t.Errorf("one more: %+v, want a refusal at the limit", exceeded)
	}
}

// processes runs an errand in two processes and adds up what they took.
func processes(t *testing.T, todo errand) map[quota.AllocationID]int64 {
	t.Helper()
	text, err := json.Marshal(todo)
	if err != nil {
		t.Fatal(err)
	}
	taken := map[quota.AllocationID]int64{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			var out, told bytes.Buffer
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), processVariable+"="+string(text))
			cmd.Stdout, cmd.Stderr = &out, &told
			if err := cmd.Run(); err != nil {
				t.Errorf("process: %v\n%s", err, told.Bytes())
				return
			}
			var mine map[quota.AllocationID]int64
			if err := json.Unmarshal(out.Bytes(), &mine); err != nil {
				t.Errorf("process: %v: %s", err, out.Bytes())
			}
			mu.Lock()
			defer mu.Unlock()
			for id, n := range mine {
				taken[id] += n
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return taken
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
