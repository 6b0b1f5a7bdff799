package peers_test

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

var table = flag.Bool("table", false, "measure every peer once and print one table")

// TestTable prints the table that `make bench-peers` is about. Each peer is
// loaded, verified, measured and removed before the next.
func TestTable(t *testing.T) {
	if !*table {
		t.Skip("only with -table")
	}
	r := full()
	var b strings.Builder
	fmt.Fprintf(&b, "%d nodes in %d levels, %d rules, %d users in %d groups; %d questions, half yes; the reader reads %d; %s, %d cores\n\n",
		len(r.world.Space.Places), r.world.Options.Depth, len(r.world.Space.Rules), len(r.world.Users), len(r.world.Groups),
		len(r.questions), len(r.readable), runtime.Version(), runtime.NumCPU())
	rows := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(rows, "peer\tcheck\tchecks/s\tlist of all\t10 children\tload\theap\tby answers\tverified\tstaleness")
	for _, p := range peers() {
		start := time.Now()
		fmt.Fprintf(os.Stderr, "%s: ", p.name)
		if err := runOf(p).rows(rows, p); err != nil {
			t.Error(err)
			fmt.Fprintf(rows, "%s\tfailed\n", p.name)
		}
		fmt.Fprintf(os.Stderr, "%s\n", time.Since(start).Round(time.Second))
	}
	if err := rows.Flush(); err != nil {
		t.Fatal(err)
	}
	fmt.Print("\n", b.String(), "\n")
}

// rows loads a peer and writes its row and those of its variants.
func (r *run) rows(to io.Writer, p peer) (err error) {
	s := &scratch{}
	defer func() { err = errors.Join(err, s.clean()) }()
	l, err := r.load(p, s)
	if err != nil {
		return err
	}
	name := p.name
	if r != full() {
		name += fmt.Sprintf(" (%d nodes)", len(r.world.Space.Places))
	}
	if err := row(to, name, p.stale, l); err != nil {
		return err
	}
	for _, v := range p.variants {
		derived, err := r.derive(v, l, s)
		if err != nil {
			return err
		}
		if err := row(to, v.name, v.stale, derived); err != nil {
			return err
		}
	}
	return nil
}

func row(to io.Writer, name, stale string, l *loaded) error {
	// The fastest of three, since others use the machine too; what takes more
	// than a second is done once.
	measure := func(what func(*testing.B, *loaded)) testing.BenchmarkResult {
		best := testing.Benchmark(func(b *testing.B) { what(b, l) })
		for range 2 {
			if best.N == 0 || best.NsPerOp() > int64(time.Second) {
				break
			}
			if again := testing.Benchmark(func(b *testing.B) { what(b, l) }); again.N > 0 && again.NsPerOp() < best.NsPerOp() {
				best = again
			}
		}
		return best
	}
	checked, listed, filtered := measure(check), measure(list), measure(children)
	if checked.N == 0 {
		return fmt.Errorf("%s: a question failed while it was timed", name)
	}
	load, memory := "as above", "as above"
	if l.took > 0 {
		load, memory = round(l.took), size(l.memory)
	}
	_, err := fmt.Fprintln(to, strings.Join([]string{
		name, duration(checked), fmt.Sprintf("%.0f", 1e9/float64(checked.NsPerOp())), duration(listed), duration(filtered),
		load, memory, "+" + size(l.grown), fmt.Sprint(l.verified), stale,
	}, "\t"))
	return err
}

// duration tells what one operation took, and nothing where there is none.
func duration(b testing.BenchmarkResult) string {
	if b.N == 0 || b.T == 0 {
		return "-"
	}
	return round(time.Duration(b.NsPerOp()))
}

// round leaves three digits.
func round(d time.Duration) string {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit).String()
}

func size(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(max(bytes, 0))/1e6) }
