package mail_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// secret is in the links of tests, and must be nowhere else.
const secret = "s3cr3t-t0k3n"

// A world is a service over a database, with a sender that does what the test
// says and a clock that the test moves.
type world struct {
	*mail.Service

	t      *testing.T
	db     *storage.DB
	sealer *apikey.Sealer

	mu   sync.Mutex
	at   time.Time
	sent []mail.Email
	told []string
	// answer is what sending comes to.
	answer func(ctx context.Context, e mail.Email) error
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// Send makes the world the sender.
func (w *world) Send(ctx context.Context, e mail.Email) error {
	if w.answer != nil {
		if err := w.answer(ctx, e); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, e)
	return nil
}

func newSealer(t testing.TB, n byte) *apikey.Sealer {
	t.Helper()
	s, err := apikey.NewSealer([]byte(strings.Repeat(string(rune(n)), 32)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newWorld(t *testing.T, db *storage.DB) *world {
	t.Helper()
	w := &world{t: t, db: db, at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), sealer: newSealer(t, 'a')}
	w.Service = w.server(nil)
	return w
}

// server makes a service over the database, as another server would.
func (w *world) server(change func(*mail.Options)) *mail.Service {
	w.t.Helper()
	opts := &mail.Options{
		Now: w.now, Sealer: w.sealer, From: "Maps <maps@example.org>",
		Told: func(err error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.told = append(w.told, err.Error())
		},
	}
	if change != nil {
		change(opts)
	}
	s, err := mail.New(w.db.Mail(), w, opts)
	w.must(err)
	return s
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) invalid(err error, field string) {
	w.t.Helper()
	if invalid, ok := errors.AsType[*mail.InvalidError](err); !ok || invalid.Field != field {
		w.t.Errorf("error %v, want an InvalidError of %s", err, field)
	}
}

func invitation() mail.Message {
	return mail.Message{
		Kind: mail.Invitation, Language: "fr-CA", To: "grace@example.org",
		Data: map[string]string{
			"inviter": "Ada", "invitee": "grace@example.org", "workspace": "Cartes", "role": "Editor",
			"link": "https://maps.example.org/i/" + secret, "expires": "2026-03-08T12:00:00Z",
		},
	}
}

func (w *world) enqueue(messages ...mail.Message) {
	w.t.Helper()
	w.must(w.db.Tx(w.t.Context(), func(ctx context.Context) error {
		for _, m := range messages {
			if err := w.Enqueue(ctx, m); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (w *world) deliver(want int) {
	w.t.Helper()
	n, err := w.Deliver(w.t.Context())
	if err != nil || n != want {
		w.t.Fatalf("delivered %d, %v; want %d", n, err, want)
	}
}

// letter returns the only letter there is.
func (w *world) letter() mail.Letter {
	w.t.Helper()
	list, n, err := w.Letters(w.t.Context(), mail.LetterFilter{})
	if err != nil || n != 1 || len(list) != 1 {
		w.t.Fatalf("letters %v, %d, %v; want one", list, n, err)
	}
	return list[0]
}

// dump returns everything in the database.
func (w *world) dump() string {
	w.t.Helper()
	var b strings.Builder
	dbtest.Dump(w.t, w.db, io.Writer(&b))
	return b.String()
}

// organization makes one.
func (w *world) organization(name string) string {
	w.t.Helper()
	id := uid.New()
	w.must(w.db.Tx(w.t.Context(), func(ctx context.Context) error {
		_, err := w.db.Workspaces().AddOrganization(ctx, workspace.Organization{ID: workspace.OrganizationID(id), Name: name})
		return err
	}))
	return id
}
