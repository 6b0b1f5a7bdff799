package bench_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// floodRate is how many bad sign-ins a second come in a flood.
const floodRate = 200

// A flood is bad sign-ins, and what became of them.
type flood struct {
	refused, throttled, busy, failed atomic.Int64
}

// pour sends bad sign-ins until the context ends: each of another name and from
// another network, which is what costs most, or all of one name.
func (f *flood) pour(ctx context.Context, address string, spread bool) {
	var all sync.WaitGroup
	defer all.Wait()
	tick := time.NewTicker(time.Second / floodRate)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		all.Go(func() {
			name, network := "reader", "198.51.100.1"
			if spread {
				name, network = fmt.Sprintf("nobody%d", i), fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255)
			}
			form := fmt.Sprintf("grant_type=password&username=%s&password=wrong+password+%d", name, i)
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/token", strings.NewReader(form))
			if err != nil {
				f.failed.Add(1)
				return
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Forwarded-For", network)
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				return // the end
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			switch answer.StatusCode {
			case http.StatusBadRequest:
				f.refused.Add(1)
			case http.StatusTooManyRequests:
				f.throttled.Add(1)
			case http.StatusServiceUnavailable:
				f.busy.Add(1)
			default:
				f.failed.Add(1)
			}
		})
	}
}

// BenchmarkBearerUnderFlood asks with an access token while nothing else happens,
// while one name is guessed at 200 times a second, and while as many names are
// from as many networks: those who are signed in must not take more than twice as
// long. Compare the req/s of one number of callers.
func BenchmarkBearerUnderFlood(b *testing.B) {
	c := newCourt(b, []bool{true})
	list, _ := c.questions(512)
	var bodies [][]byte
	var wants []string
	for _, q := range list {
		if c.Allowed(c.reader, q.Node, q.Permission) {
			bodies = append(bodies, fmt.Appendf(nil, `{"node":%d,"permission":%q,"within":"1h"}`, q.Node, q.Permission))
			wants = append(wants, `{"allowed":true}`)
		}
	}
	for _, kind := range []string{"quiet", "one-name", "many-names"} {
		b.Run(kind, func(b *testing.B) {
			ctx, cancel := context.WithCancel(b.Context())
			var f flood
			var all sync.WaitGroup
			if kind != "quiet" {
				all.Go(func() { f.pour(ctx, c.server.URL, kind == "many-names") })
				time.Sleep(time.Second) // until the queue is full
			}
			c.serve(b, "/bearer", bodies, wants, 1)
			cancel()
			all.Wait()
			b.Logf("bad sign-ins: %d refused, %d throttled, %d while busy, %d failed", f.refused.Load(), f.throttled.Load(), f.busy.Load(), f.failed.Load())
			if n := f.failed.Load(); n > 0 {
				b.Errorf("%d were answered otherwise", n)
			}
		})
	}
}
