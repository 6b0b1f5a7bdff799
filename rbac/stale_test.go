package rbac_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
)

// A trial has something changed on one server and, once that is acknowledged,
// asks on the other, about every user in every way. It returns how many answers
// were not what they have to be.
type trial struct {
	t       *testing.T
	servers []*process
	estate  *estate
	turn    int
	done    int64
	wrong   []string
	spent   [2]time.Duration
}

// round tries every kind of change, there and back, until one goes wrong.
func (r *trial) round() {
	r.t.Helper()
	for _, kind := range r.estate.order {
		for _, on := range []bool{false, true} {
			r.turn++
			writer, other := r.servers[r.turn/2%2], r.servers[(r.turn/2+1)%2]
			began := time.Now()
			changed := writer.must(order{Change: kind, On: on})
			r.spent[0] += time.Since(began)
			began = time.Now()
			var wg sync.WaitGroup
			var mu sync.Mutex
			for _, s := range []*process{other, writer} {
				wg.Go(func() {
					asked, err := s.do(order{Ask: kind, On: on, Tokens: changed.Tokens})
					mu.Lock()
					defer mu.Unlock()
					r.wrong = append(r.wrong, asked.Wrong...)
					if err != nil || asked.Cold != 0 || asked.Asked < 6*estateUsers {
						r.t.Errorf("%s: %v: %d answers, %d times from the database, want %d, all from memory", kind, err, asked.Asked, asked.Cold, 6*estateUsers)
					}
				})
			}
			wg.Wait()
			r.spent[1] += time.Since(began)
			if r.done += estateUsers; len(r.wrong) > 0 {
				return
			}
		}
	}
}

// servers starts two servers on one database.
func servers(t *testing.T, kind dbtest.Kind, charters ...charter) *trial {
	t.Helper()
	r := &trial{t: t, estate: newEstate()}
	address := kind.Make(t)
	r.estate.build(t, address)
	for _, c := range charters {
		c.Address = address
		r.servers = append(r.servers, start(t, c))
	}
	return r
}

// TestNoStaleAnswers makes BAILIWICK_TRIALS trials on each database, or few.
func TestNoStaleAnswers(t *testing.T) {
	trials := effort(t, "BAILIWICK_TRIALS", 9000)
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			// One looks for changes by itself besides, and one is told of none.
			r := servers(t, kind, charter{}, charter{Follow: 5 * time.Millisecond})
			began := time.Now()
			for r.done < trials && !t.Failed() {
				if r.round(); len(r.wrong) > 0 {
					t.Fatalf("after %d trials: %v", r.done, r.wrong)
				}
			}
			t.Logf("%d trials in %s: changing took %s, asking %s", r.done, time.Since(began), r.spent[0], r.spent[1])
		})
	}
}

// TestNoStaleAnswersUntold is the same where no server is told of changes.
func TestNoStaleAnswersUntold(t *testing.T) {
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			r := servers(t, kind, charter{Deaf: true, Follow: 5 * time.Millisecond}, charter{Deaf: true, Follow: time.Hour})
			if r.round(); len(r.wrong) > 0 {
				t.Fatalf("after %d trials: %v", r.done, r.wrong)
			}
		})
	}
}

// TestStaleAnswersAreCaught runs the same trials on a server whose database
// never tells it of another revision: the trials must find out.
func TestStaleAnswersAreCaught(t *testing.T) {
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			r := servers(t, kind, charter{}, charter{Frozen: true})
			began := time.Now()
			for len(r.wrong) == 0 {
				if r.round(); len(r.wrong) == 0 && time.Since(began) > 10*time.Second {
					t.Fatalf("%d trials found nothing", r.done)
				}
			}
			t.Log(fmt.Sprintf("found after %s:", time.Since(began)), r.wrong[0])
		})
	}
}
