package smtp_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport/smtp"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// An office is an outbox over a database, with a clock that tests move.
type office struct {
	t     *testing.T
	db    *storage.DB
	later atomic.Int64 // seconds
}

func (o *office) now() time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(o.later.Load()) * time.Second)
}

// process makes a service as one process has it.
func (o *office) process(by mail.Sender) *mail.Service {
	o.t.Helper()
	sealer, err := apikey.NewSealer(make([]byte, 32))
	if err != nil {
		o.t.Fatal(err)
	}
	s, err := mail.New(o.db.Mail(), by, &mail.Options{
		Now: o.now, Sealer: sealer, From: "maps@example.org",
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return s
}

func (o *office) write(s *mail.Service, n int, then error) {
	o.t.Helper()
	err := o.db.Tx(o.t.Context(), func(ctx context.Context) error {
		for i := range n {
			err := s.Enqueue(ctx, mail.Message{
				Kind: mail.PasswordReset, Language: "ru", To: fmt.Sprintf("user%d@example.org", i),
				Data: map[string]string{"name": "Зоя", "link": "https://maps.example.org/" + secret},
			})
			if err != nil {
				return err
			}
		}
		return then
	})
	if !errors.Is(err, then) {
		o.t.Fatal(err)
	}
}

// once wants so many mails to have arrived, each once.
func (s *server) once(n int) {
	s.t.Helper()
	ids := s.ids()
	if len(ids) != n {
		s.t.Errorf("%d mails arrived, want %d", len(ids), n)
	}
	for id, times := range ids {
		if times != 1 {
			s.t.Errorf("%s arrived %d times", id, times)
		}
	}
}

// TestOutbox has two processes send what was committed, through a real server,
// each mail once, and nothing of what was rolled back.
func TestOutbox(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		o, s := &office{t: t, db: db}, serve(t, nil, false)
		by := sender(t, "smtp://"+s.address()+"?tls=none", nil)
		a, b := o.process(by), o.process(by)
		const mails = 200
		o.write(a, mails/2, nil)
		o.write(b, mails/2, nil)
		o.write(a, 7, errors.New("rolled back"))
		var wait sync.WaitGroup
		var sent atomic.Int64
		for _, p := range []*mail.Service{a, b} {
			wait.Go(func() {
				n, err := p.Deliver(t.Context())
				if err != nil {
					t.Error(err)
				}
				sent.Add(int64(n))
			})
		}
		wait.Wait()
		if sent.Load() != mails {
			t.Errorf("%d were sent", sent.Load())
		}
		s.once(mails)
	})
}

// dying is a sender in a process that ends: before it reached the server, or
// after the server took the mail.
type dying struct {
	mail.Sender

	after bool
	ended chan struct{}
}

func (d dying) Send(ctx context.Context, e mail.Email) error {
	if d.after {
		if err := d.Sender.Send(ctx, e); err != nil {
			return err
		}
	}
	close(d.ended)
	<-ctx.Done() // the process does nothing any more
	select {}
}

// TestKilled ends a process between the commit and sending, and between sending
// and noting so: what was committed arrives. In the first case it arrives once; in
// the second twice, under one Message-ID.
func TestKilled(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		for _, after := range []bool{false, true} {
			o, s := &office{t: t, db: db}, serve(t, nil, false)
			by := sender(t, "smtp://"+s.address()+"?tls=none", nil)
			d := dying{Sender: by, after: after, ended: make(chan struct{})}
			killed := o.process(d)
			o.write(killed, 1, nil)
			go func() { _, _ = killed.Deliver(context.Background()) }() // never to be heard of again
			<-d.ended
			next := o.process(by)
			if n, err := next.Deliver(t.Context()); n != 0 || err != nil {
				t.Errorf("taken from one who may be at it: %d, %v", n, err)
			}
			o.later.Add(61)
			if n, err := next.Deliver(t.Context()); n != 1 || err != nil {
				t.Errorf("delivered %d, %v", n, err)
			}
			want := 1
			if after {
				want = 2
			}
			if arrived, ids := s.messages(), s.ids(); len(arrived) != want || len(ids) != 1 {
				t.Errorf("killed after sending %v: %d arrived, %v", after, len(arrived), ids)
			}
		}
	})
}

// TestBroken has a server fail in every way before it works: what it took is not
// sent again where it said so, and everything arrives.
func TestBroken(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		o, s := &office{t: t, db: db}, serve(t, nil, false)
		p := o.process(sender(t, "smtp://"+s.address()+"?tls=none", &smtp.Options{Timeout: 5 * time.Second}))
		var calls atomic.Int64
		s.behave = func(_ string, conn *gosmtp.Conn) error {
			switch calls.Add(1) {
			case 1:
				return &gosmtp.SMTPError{Code: 451, EnhancedCode: gosmtp.EnhancedCode{4, 0, 0}, Message: secret}
			case 2:
				return errors.Join(errors.New("gone"), conn.Conn().Close())
			case 3:
				return errAccepted
			}
			return nil
		}
		o.write(p, 1, nil)
		for range 4 {
			if _, err := p.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
			list, _, err := p.Letters(t.Context(), mail.LetterFilter{})
			if err != nil || strings.Contains(list[0].Reason, secret) {
				t.Errorf("%+v, %v", list, err)
			}
			o.later.Add(3600)
		}
		// The third time the server took it and could not say so.
		ids := s.ids()
		if len(ids) != 1 || len(s.messages()) != 2 {
			t.Errorf("%v arrived", ids)
		}
		list, _, err := p.Letters(t.Context(), mail.LetterFilter{States: []mail.State{mail.Sent}})
		if err != nil || len(list) != 1 || list[0].Attempts != 4 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}
