package signin_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// A postbox is where a test looks for mail.
type postbox struct {
	mu   sync.Mutex
	list []mail.Message
	err  error
}

func (p *postbox) Enqueue(_ context.Context, m mail.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	p.list = append(p.list, m)
	return nil
}

// take returns what came since.
func (p *postbox) take() []mail.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.list
	p.list = nil
	return list
}

const resetPage = "https://example.org/reset?token={token}&from=mail"

// posted returns a server with a postbox.
func posted(db *storage.DB) (*bench, *postbox) {
	box := &postbox{}
	return serve(db, signin.Options{Mail: box, ResetURL: resetPage, ResetTime: -1, Remember: -1}), box
}

// ask asks for a reset and returns the token that was sent, empty for none.
func (b *bench) ask(t *testing.T, box *postbox, who string) string {
	t.Helper()
	if err := b.RequestReset(t.Context(), who, "192.0.2.1"); err != nil {
		t.Fatalf("RequestReset(%q) = %v", who, err)
	}
	list := box.take()
	if len(list) == 0 {
		return ""
	}
	link, err := url.Parse(list[0].Data["link"])
	if err != nil || len(list) != 1 || list[0].Kind != mail.PasswordReset {
		t.Fatalf("%+v was sent: %v", list, err)
	}
	return link.Query().Get("token")
}

// wantNoReset wants a token to be refused, whatever is wrong with it.
func (b *bench) wantNoReset(t *testing.T, what, token string) {
	t.Helper()
	err := b.Reset(t.Context(), token, "a new one that is long", "")
	invalid, ok := errors.AsType[*workspace.InvalidError](err)
	if !ok || invalid.Field != "token" || len(token) > 4 && strings.Contains(err.Error(), token) {
		t.Errorf("Reset with %s = %v, want an InvalidError of token", what, err)
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b, box := posted(db)
		u := b.add(t, "ann", func(u *workspace.User) { u.Language, u.FirstName, u.LastName = "fr", "Ann", "Onyme" })
		b.set(t, u, right)
		if sent := box.take(); len(sent) != 0 {
			t.Errorf("a first password is told of: %v", sent)
		}
		if err := b.RequestReset(t.Context(), "ANN@example.ORG", "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
		sent := box.take()
		if len(sent) != 1 {
			t.Fatalf("%+v was sent, want one mail", sent)
		}
		m := sent[0]
		expires := b.Now().Truncate(time.Microsecond).Add(time.Hour).Format(time.RFC3339)
		if m.Kind != mail.PasswordReset || m.Language != "fr" || m.To != "ann@example.org" || m.Data["name"] != "Ann Onyme" || m.Data["expires"] != expires || len(m.Data) != 3 {
			t.Errorf("sent %+v", m)
		}
		link, err := url.Parse(m.Data["link"])
		if err != nil || link.Host != "example.org" || link.Query().Get("from") != "mail" || len(link.Query().Get("token")) != 43 {
			t.Fatalf("the link is %s: %v", m.Data["link"], err)
		}
		token := link.Query().Get("token")
		var dump strings.Builder
		dbtest.Dump(t, db, &dump)
		if strings.Contains(dump.String(), token) {
			t.Error("the token is in the database")
		}

		session := b.start(t, "ann", right)
		access, err := b.Issue(t.Context(), "ann", right, "", "")
		if err != nil {
			t.Fatal(err)
		}
		other := b.ask(t, box, "ann")
		for i := range 10 { // somebody guesses
			b.pass(b.guess(t, "ann", "", 1000+i))
			b.guess(t, "ann", "", i)
		}
		// One that cannot be a password leaves the token.
		if err := b.Reset(t.Context(), token, "short", "192.0.2.1"); !errors.Is(err, workspace.ErrInvalid) {
			t.Errorf("Reset to a short one = %v, want an InvalidError", err)
		}
		const fresh = "a new one that is long"
		if err := b.Reset(t.Context(), token, fresh, "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
		b.wantIn(t, "ann", fresh, u.ID) // the lock has gone
		b.wantOut(t, "ann", right)
		b.wantSession(t, session, false)
		b.wantToken(t, access, false)
		b.wantNoReset(t, "a token that was used", token)
		b.wantNoReset(t, "a token of before", other)
		b.wantIn(t, "ann", fresh, u.ID)
		sent = box.take()
		if len(sent) != 1 || sent[0].Kind != mail.PasswordChanged || sent[0].To != "ann@example.org" || sent[0].Data["name"] != "Ann Onyme" || sent[0].Data["at"] == "" {
			t.Errorf("%+v was sent, want that the password changed", sent)
		}
		events, err := db.Trail().List(t.Context(), audit.Filter{Actions: []string{"user.request_reset", "user.reset_password"}})
		if err != nil || len(events) != 3 {
			t.Errorf("List = %v, %v; want two requests and a reset", events, err)
		}
	})
}

func TestResetEnds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b, box := posted(db)
		u := b.with(t, "ann", right)
		for _, token := range []string{"", "x", strings.Repeat("A", 43), strings.Repeat("A", 1<<20)} {
			b.wantNoReset(t, "nonsense", token)
		}
		token := b.ask(t, box, "ann")
		b.pass(time.Hour - time.Second)
		b.save(t, u, func(u *workspace.User) { u.Disabled = true })
		b.wantNoReset(t, "a token of a disabled user", token)
		if got := b.ask(t, box, "ann"); got != "" {
			t.Error("a disabled user was sent a mail")
		}
		b.save(t, u, func(u *workspace.User) { u.Disabled = false })
		b.pass(time.Second)
		b.wantNoReset(t, "a token of an hour ago", token)
		// An administrator, or he himself, sets another: what was sent is void.
		token = b.ask(t, box, "ann")
		b.set(t, u, wrong)
		b.wantNoReset(t, "a token of before the change", token)
		box.take()
		// Three at a time.
		for i := range 5 {
			if sent := b.ask(t, box, "ann"); (sent != "") != (i < 3) {
				t.Errorf("request %d sent %q", i, sent)
			}
		}
		b.pass(time.Hour)
		if b.ask(t, box, "ann") == "" {
			t.Error("an hour later nothing is sent")
		}
	})
}

// Used by many at once, a token works once.
func TestResetOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b, box := posted(db)
		b.with(t, "ann", right)
		token := b.ask(t, box, "ann")
		results := make(chan error, 8)
		var all sync.WaitGroup
		for i := range cap(results) {
			all.Go(func() {
				results <- b.Reset(context.WithoutCancel(t.Context()), token, "a new one, number "+strings.Repeat("i", i+1), "")
			})
		}
		all.Wait()
		close(results)
		done := 0
		for err := range results {
			if err == nil {
				done++
			} else if !errors.Is(err, workspace.ErrInvalid) {
				t.Error(err)
			}
		}
		if sent := box.take(); done != 1 || len(sent) != 1 {
			t.Errorf("%d resets and %d mails, want one of each", done, len(sent))
		}
	})
}

// Whether there is somebody is not told: not by the answer, not by the time.
func TestRequestsAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	b, box := posted(db)
	b.with(t, "ann", right)
	b.add(t, "bare", nil) // signs in elsewhere
	for _, who := range []string{"nobody", "nobody@example.org", "bare", "", "\x00", "\xff", strings.Repeat("a", 1<<20)} {
		if token := b.ask(t, box, who); token != "" {
			t.Errorf("%.20q was sent a mail", who)
		}
	}
	slow := serve(db, signin.Options{Mail: box, ResetURL: resetPage, ResetTime: 300 * time.Millisecond})
	for _, who := range []string{"ann", "nobody"} {
		begin := time.Now()
		if err := slow.RequestReset(t.Context(), who, ""); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took < 300*time.Millisecond {
			t.Errorf("%s was answered after %v", who, took)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := slow.RequestReset(ctx, "ann", ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("RequestReset by who has gone = %v", err)
	}
	for name, opts := range map[string]signin.Options{"mail": {ResetURL: resetPage}, "address": {Mail: box}, "place": {Mail: box, ResetURL: "https://example.org"}} {
		none := serve(db, opts)
		for _, who := range []string{"ann", "nobody"} {
			if err := none.RequestReset(t.Context(), who, ""); !errors.Is(err, signin.ErrNoMail) {
				t.Errorf("without %s: RequestReset(%q) = %v, want ErrNoMail", name, who, err)
			}
		}
	}
}

// Who asks again and again has to wait, whomever he asks for.
func TestRequestsAreBounded(t *testing.T) {
	t.Parallel()
	b, box := posted(dbtest.New(t))
	b.with(t, "ann", right)
	for range 50 {
		b.ask(t, box, "nobody")
	}
	if err := b.RequestReset(t.Context(), "ann", "192.0.2.1"); !errors.Is(err, signin.ErrThrottled) {
		t.Errorf("the 51st = %v, want ErrThrottled", err)
	}
	if err := b.RequestReset(t.Context(), "ann", "192.0.2.2"); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	for i := range 50 {
		if err := b.Reset(t.Context(), strings.Repeat("A", 43), right, "192.0.2.3"); !errors.Is(err, workspace.ErrInvalid) {
			t.Fatalf("token %d = %v", i, err)
		}
	}
	if err := b.Reset(t.Context(), strings.Repeat("A", 43), right, "192.0.2.3"); !errors.Is(err, signin.ErrThrottled) {
		t.Errorf("the 51st token = %v, want ErrThrottled", err)
	}
}

// Each statement fails in turn, and nothing is kept, no mail among it.
func TestResetSweep(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			fault := &dbtest.Fault{}
			db := dbtest.OpenWith(t, kind.Make(t), &storage.Options{Connector: fault.Connector})
			b, box := posted(db)
			u := b.with(t, "ann", right)
			token := b.ask(t, box, "ann")
			session := b.start(t, "ann", right)
			sweep(t, db, fault, func() error { return b.RequestReset(t.Context(), "ann", "") })
			sweep(t, db, fault, func() error { return b.Reset(t.Context(), token, "a new one that is long", "") })
			b.wantSession(t, session, false)
			sweep(t, db, fault, func() error {
				_, err := b.StartFor(t.Context(), u.ID, "oidc", "", "")
				return err
			})
			sweep(t, db, fault, func() error { return b.Kick(t.Context(), actor(u), u.ID) })
			box.err = errors.New("no room")
			before := dbtest.Fingerprint(t, db)
			if err := b.RequestReset(t.Context(), "ann", ""); !errors.Is(err, box.err) || dbtest.Fingerprint(t, db) != before {
				t.Errorf("where no mail can be sent: %v, or something is kept", err)
			}
		})
	}
}

func sweep(t *testing.T, db *storage.DB, fault *dbtest.Fault, operation func() error) {
	t.Helper()
	before := dbtest.Fingerprint(t, db)
	for n := int64(1); n < 100; n++ {
		fault.Set(n)
		err := operation()
		if fault.Clear() < n {
			if err != nil {
				t.Fatal(err)
			}
			return
		}
		if err == nil {
			t.Fatalf("statement %d failed and nobody noticed", n)
		}
		if dbtest.Fingerprint(t, db) != before {
			t.Fatalf("statement %d failed (%v) and something was kept", n, err)
		}
	}
}
