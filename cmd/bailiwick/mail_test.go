package main

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// write has another process than the server write a mail into its database.
func write(t *testing.T, address, secret string) {
	t.Helper()
	db := dbtest.Open(t, address)
	keep, err := openSecrets(secret)
	if err != nil {
		t.Fatal(err)
	}
	letters, err := outbox(db, keep.sealer, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Tx(t.Context(), func(ctx context.Context) error {
		return letters.Enqueue(ctx, mail.Message{
			Kind: mail.MemberAdded, Language: "fr", To: "grace@example.org",
			Data: map[string]string{"name": "Grace", "workspace": "Cartes", "link": "http://127.0.0.1/"},
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: never", what)
		}
	}
}

// TestMailFolder serves without an SMTP server: the start says where mails go,
// and they go there.
func TestMailFolder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "maps.db")
	p := serving(t, "sqlite:"+file)
	if !strings.Contains(p.out.String(), "mails are written into "+file+".mail.") {
		t.Errorf("it says %s", p.out)
	}
	write(t, "sqlite:"+file, file+".key")
	eventually(t, "the mail is in the folder", func() bool {
		files, err := filepath.Glob(filepath.Join(file+".mail", "*.eml"))
		return err == nil && len(files) == 1
	})
	p.stop(t)
}

// TestMailServer serves with an SMTP server, which mails are sent through.
func TestMailServer(t *testing.T) {
	t.Parallel()
	accepted := make(chan string, 10)
	server := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return session{accepted}, nil }))
	server.Domain = "localhost"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	dir := t.TempDir()
	secret := filepath.Join(dir, "key")
	address := dbtest.Postgres(t)
	p := serving(t, address, "--secret-file", secret, "--smtp-url", "smtp://"+listener.Addr().String()+"?tls=none",
		"--mail-from", "Maps <maps@example.org>", "--public-url", "https://maps.example.org/")
	if !strings.Contains(p.out.String(), "Mails are sent through "+listener.Addr().String()) {
		t.Errorf("it says %s", p.out)
	}
	write(t, address, secret)
	select {
	case text := <-accepted:
		if !strings.Contains(text, "maps@example.org") || !strings.Contains(text, "Grace") {
			t.Errorf("it sent %s", text)
		}
	case <-time.After(time.Minute):
		t.Error("nothing was sent")
	}
	p.stop(t)
	// Without a key there are no mails, and the start says so.
	p = serving(t, address)
	if !strings.Contains(p.out.String(), "No mails are written") {
		t.Errorf("it says %s", p.out)
	}
	p.stop(t)
}

type session struct{ accepted chan string }

func (session) Mail(string, *gosmtp.MailOptions) error { return nil }
func (session) Rcpt(string, *gosmtp.RcptOptions) error { return nil }
func (session) Reset()                                 {}
func (session) Logout() error                          { return nil }
func (s session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	s.accepted <- string(text)
	return err
}

func TestMailFlags(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"": "http://127.0.0.1:8080", "https://maps.example.org": "https://maps.example.org",
		"https://example.org/maps/": "https://example.org/maps", "maps.example.org": "", "ftp://example.org": "",
		"https://u:p@example.org": "", "https://example.org/?a=b": "", "https://example.org/#a": "", "https://": "",
	} {
		got, err := mailFlags{PublicURL: given}.reached("127.0.0.1:8080")
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", given, got, err, want)
		}
	}
	for _, f := range []mailFlags{
		{SMTPURL: "smtp://u:hunter2@h?tls=none", MailFrom: "a@example.org"},
		{SMTPURL: "smtp://u:hunter2@example.org"},
	} {
		if _, err := f.post(databaseFlag{}); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%+v: %v", f, err)
		}
	}
	for database, want := range map[string]string{"sqlite:a.db": "a.db.mail", "postgres://h/n": "bailiwick.mail"} {
		if by, err := (mailFlags{}).post(databaseFlag{database}); err != nil || by.String() != want {
			t.Errorf("%s: %v, %v", database, by, err)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "invitation.de.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := outbox(dbtest.New(t), nil, nil, mailFlags{MailTemplates: dir}.options(serveCommand{}.log(streams{err: io.Discard})))
	if err == nil || !strings.Contains(err.Error(), "invitation.de.txt") {
		t.Errorf("templates that are none: %v", err)
	}
	if _, err := outbox(dbtest.New(t), nil, nil, &mail.Options{From: "nobody"}); !errors.Is(err, mail.ErrInvalid) {
		t.Errorf("from nobody: %v", err)
	}
}
