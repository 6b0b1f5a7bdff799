package audit

import (
	"context"
	"errors"
	"fmt"
)

// A Report is what verifying a chain came to.
type Report struct {
	Chain string
	// From is the place that the checkpoint stands at, behind which records
	// were checked; 0 where nothing was forgotten.
	From int64
	// Checked is how many records are sound, before the fault if there is one.
	Checked int64
	// Unchained is how many records are of before the chain: nothing is known
	// of them.
	Unchained int64
	// Head is how far the chain had come. Whoever keeps one elsewhere can show
	// later that nothing was taken back.
	Head Head
	// Fault is the first thing that is wrong, nil for a sound chain.
	Fault *Fault
}

// String tells a report in one line.
func (r Report) String() string {
	name := r.Chain
	if name == "" {
		name = "the platform"
	}
	if r.Fault != nil {
		return fmt.Sprintf("%s: %s", name, r.Fault)
	}
	return fmt.Sprintf("%s: %d records are sound, up to %d", name, r.Checked, r.Head.Seq)
}

// A Fault is the first thing that is wrong with a chain.
type Fault struct {
	// Seq is the place of the record, or of the one that is missing, and ID its
	// identifier; empty for what is about no record that is there.
	Seq  int64
	ID   EventID
	What string
}

// String tells the fault.
func (f *Fault) String() string {
	if f.ID == "" {
		return fmt.Sprintf("record %d: %s", f.Seq, f.What)
	}
	return fmt.Sprintf("record %d (%s): %s", f.Seq, f.ID, f.What)
}

// Chains returns the names of all chains: identifiers of workspaces, and an
// empty one for the platform.
func (s *Service) Chains(ctx context.Context) ([]string, error) { return s.store.Chains(ctx) }

// Verify reads a chain from its checkpoint, or its beginning, to its head and
// reports the first thing that is wrong: a record that was changed, moved,
// inserted or is missing, also at the end, and a checkpoint that this server
// did not sign. Num says only in what order events are listed, and no more of
// it is checked than that it keeps the order.
//
// A head that somebody set back together with the records behind it shows only
// against something older that he could not change: a checkpoint beyond it, or
// one of the known heads, which are those of earlier reports.
func (s *Service) Verify(ctx context.Context, chain string, known ...Head) (Report, error) {
	for try := 1; ; try++ {
		report, at, err := s.verify(ctx, chain, known)
		if err != nil || report.Fault == nil || try == 20 {
			return report, err
		}
		// What is missing may have been pruned meanwhile.
		again, err := s.store.Checkpoint(ctx, chain)
		if err != nil || again.Seq == at.Seq && again.At.Equal(at.At) {
			return report, err
		}
	}
}

// errFault ends the reading of a chain.
var errFault = errors.New("audit: fault")

// A reading is a chain while it is verified.
type reading struct {
	*Report

	known []Head
	last  Record // the record before
}

func (r *reading) fault(seq int64, id EventID, format string, args ...any) error {
	r.Fault = &Fault{Seq: seq, ID: id, What: fmt.Sprintf(format, args...)}
	return errFault
}

func (s *Service) verify(ctx context.Context, chain string, known []Head) (Report, Checkpoint, error) {
	r := &reading{Report: &Report{Chain: chain}, known: known}
	at, err := s.store.Checkpoint(ctx, chain)
	if err != nil {
		return *r.Report, at, err
	}
	// The head is read first: what is appended later is behind it.
	if r.Head, err = s.store.Head(ctx, chain); err != nil {
		return *r.Report, at, err
	}
	err = s.read(ctx, r, at)
	if errors.Is(err, errFault) {
		err = nil
	}
	return *r.Report, at, err
}

func (s *Service) read(ctx context.Context, r *reading, at Checkpoint) error {
	if err := s.begin(ctx, r, at); err != nil {
		return err
	}
	for r.last.Seq < r.Head.Seq {
		links, err := s.store.Links(ctx, r.Chain, r.last, batch)
		if err != nil {
			return err
		}
		for _, link := range links {
			if link.Seq > r.Head.Seq {
				break
			}
			if err := r.next(link); err != nil {
				return err
			}
		}
		if len(links) == 0 || links[len(links)-1].Seq > r.Head.Seq {
			break
		}
	}
	if r.last.Seq < r.Head.Seq {
		return r.fault(r.last.Seq+1, "", "it is missing, and so is what the head, %d, says to follow", r.Head.Seq)
	}
	if r.last.Hash != r.Head.Hash {
		return r.fault(r.last.Seq, r.last.ID, "the head has another hash")
	}
	for _, k := range r.known {
		if k.Chain == r.Chain && k.Seq > r.Head.Seq {
			return r.fault(r.Head.Seq+1, "", "the chain ends before it, and was known up to %d", k.Seq)
		}
	}
	return s.beyond(ctx, r)
}

// begin checks what the chain begins with.
func (s *Service) begin(ctx context.Context, r *reading, at Checkpoint) error {
	n, err := s.store.Count(ctx, Filter{Workspace: r.Chain, Platform: r.Chain == "", Unchained: true})
	if err != nil {
		return err
	}
	r.Unchained = int64(n)
	if r.Unchained != r.Head.Unchained {
		return r.fault(0, "", "%d records are of before the chain, and there were %d when it began", n, r.Head.Unchained)
	}
	if at.Signature == "" && at.Seq == 0 {
		return nil
	}
	switch {
	case s.signer == nil:
		return r.fault(at.Seq, "", "its checkpoint cannot be verified without the server's secret")
	case !s.signer.Signed(at.message(), at.Signature):
		return r.fault(at.Seq, "", "its checkpoint was not signed by this server")
	case at.Seq > r.Head.Seq:
		return r.fault(r.Head.Seq+1, "", "the chain ends before it, and has a checkpoint at %d", at.Seq)
	}
	r.From = at.Seq
	r.last = Record{Event: Event{Seq: at.Seq, Hash: at.Hash}}
	return nil
}

// next checks a record against the one before.
func (r *reading) next(link Record) error {
	want := r.last.Seq + 1
	switch {
	case link.Seq < want:
		return r.fault(link.Seq, link.ID, "it is there twice")
	case link.Seq > want:
		return r.fault(want, "", "it is missing")
	case link.Workspace != r.Chain || link.Sum(r.last.Hash) != link.Hash:
		return r.fault(link.Seq, link.ID, "its hash is not that of what it says behind the record before")
	case link.Num <= r.last.Num:
		return r.fault(link.Seq, link.ID, "it is listed before an earlier one")
	case link.Spoiled != "":
		return r.fault(link.Seq, link.ID, "its %s is not that of what it says", link.Spoiled)
	}
	for _, k := range r.known {
		if k.Chain == r.Chain && k.Seq == link.Seq && k.Hash != link.Hash {
			return r.fault(link.Seq, link.ID, "it was known with another hash")
		}
	}
	r.last = link
	r.Checked++
	return nil
}

// beyond looks for records that the head does not know of.
func (s *Service) beyond(ctx context.Context, r *reading) error {
	links, err := s.store.Links(ctx, r.Chain, r.last, 1)
	if err != nil || len(links) == 0 {
		return err
	}
	// One that was appended meanwhile raised the head with it.
	now, err := s.store.Head(ctx, r.Chain)
	if err != nil {
		return err
	}
	if now.Seq < links[0].Seq {
		return r.fault(links[0].Seq, links[0].ID, "it is behind the head, %d", now.Seq)
	}
	return nil
}
