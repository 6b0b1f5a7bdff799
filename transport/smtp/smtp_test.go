package smtp_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"github.com/bailiwick-sdk/bailiwick/transport/smtp"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// secret is in the link, which no error may quote.
const secret = "s3cr3t-t0k3n"

func email(to string) mail.Email {
	return mail.Email{
		From: `"Cartes, été" <maps@example.org>`, To: to, Subject: "Ada vous invite à rejoindre Été",
		Text: "Bonjour,\n\n.\nhttps://maps.example.org/" + secret + "\n", HTML: "<p>Bonjour é</p>", Language: "fr",
		MessageID: "01a20143-1dc1-7dd5-8cae-482728b4c807@example.org", Date: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	}
}

func sender(t *testing.T, address string, opts *smtp.Options) *smtp.Sender {
	t.Helper()
	s, err := smtp.New(address, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// reads wants a message to be what was sent.
func reads(t *testing.T, text string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	words := &mime.WordDecoder{}
	subject, err := words.DecodeHeader(m.Header.Get("Subject"))
	from, err2 := m.Header.AddressList("From")
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	e := email("")
	if subject != e.Subject || from[0].Name != "Cartes, été" || from[0].Address != "maps@example.org" ||
		m.Header.Get("Message-Id") != "<"+e.MessageID+">" || m.Header.Get("Auto-Submitted") != "auto-generated" ||
		m.Header.Get("To") == "" {
		t.Errorf("headers %v", m.Header)
	}
	if date, err := m.Header.Date(); err != nil || !date.Equal(e.Date) {
		t.Errorf("date %v, %v", date, err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content %q, %v", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, want := range []struct{ kind, text string }{{"text/plain", e.Text}, {"text/html", e.HTML}} {
		part, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(part)
		got := strings.ReplaceAll(string(text), "\r\n", "\n")
		if err != nil || !strings.HasPrefix(part.Header.Get("Content-Type"), want.kind) || strings.TrimSpace(got) != strings.TrimSpace(want.text) {
			t.Errorf("part %v %q, %v; want %q", part.Header, got, err, want.text)
		}
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, false)
	to := sender(t, "smtp://"+s.address()+"?tls=none", nil)
	for _, receiver := range []string{"grace@example.org", "zoé@example.org"} {
		if err := to.Send(t.Context(), email(receiver)); err != nil {
			t.Fatal(err)
		}
	}
	got := s.messages()
	if len(got) != 2 {
		t.Fatalf("%d messages arrived", len(got))
	}
	reads(t, got[0])
}

func TestEncrypted(t *testing.T) {
	t.Parallel()
	cert, pool := certificate(t)
	trusting := &smtp.Options{TLS: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	start, immediate, plain := serve(t, &cert, false), serve(t, &cert, true), serve(t, nil, false)
	const login = "maps:p%40ss%20word@"
	for _, c := range []struct {
		name, address string
		opts          *smtp.Options
		server        *server
		arrives       bool
	}{
		{"STARTTLS", "smtp://" + login + start.address(), trusting, start, true},
		{"STARTTLS by name", "smtp://" + login + start.address() + "?tls=starttls", trusting, start, true},
		{"TLS", "smtp://" + login + immediate.address() + "?tls=tls", trusting, immediate, true},
		{"TLS by scheme", "smtps://" + login + immediate.address(), trusting, immediate, true},
		{"an unknown authority", "smtp://" + login + start.address(), nil, start, false},
		{"an unknown authority, TLS", "smtps://" + login + immediate.address(), nil, immediate, false},
		{"a wrong password", "smtp://maps:wrong@" + start.address(), trusting, start, false},
		{"no password", "smtp://" + start.address(), trusting, start, false},
		{"no encryption to be had", "smtp://" + plain.address(), trusting, plain, false},
	} {
		before := len(c.server.messages())
		err := sender(t, c.address, c.opts).Send(t.Context(), email("grace@example.org"))
		arrived := len(c.server.messages()) - before
		if c.arrives != (err == nil) || c.arrives != (arrived == 1) {
			t.Errorf("%s: %v, %d arrived", c.name, err, arrived)
		}
		// What the operator can repair is not the end of a mail.
		if errors.Is(err, mail.ErrRefused) || err != nil && strings.Contains(err.Error(), "wrong") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if start.signedIn != 2 || immediate.signedIn != 2 {
		t.Errorf("%d and %d signed in", start.signedIn, immediate.signedIn)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, to, from string
		behave         func(to string, conn *gosmtp.Conn) error
		refused        bool
		says           string
	}{
		{name: "no such receiver", to: "nobody@example.org", refused: true, says: "550 5.1.1 at the receiver"},
		{name: "no such sender", from: "banned@example.org", refused: true, says: "550 5.7.1 at the sender"},
		{name: "later", to: "later@example.org", says: "451 4.3.0 at the receiver"},
		{name: "the content, for good", behave: func(string, *gosmtp.Conn) error {
			return &gosmtp.SMTPError{Code: 554, EnhancedCode: gosmtp.EnhancedCode{5, 7, 1}, Message: "spam: https://maps.example.org/" + secret}
		}, refused: true, says: "554 5.7.1 at the content"},
		{name: "the content, for now", behave: func(string, *gosmtp.Conn) error {
			return &gosmtp.SMTPError{Code: 452, EnhancedCode: gosmtp.EnhancedCode{4, 3, 1}, Message: "full " + secret}
		}, says: "452 4.3.1 at the content"},
		{name: "gone after the content", behave: func(_ string, conn *gosmtp.Conn) error {
			return errors.Join(errors.New("gone"), conn.Conn().Close())
		}, says: "broke"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, nil, false)
			s.behave = c.behave
			e := email("grace@example.org")
			if c.to != "" {
				e.To = c.to
			}
			if c.from != "" {
				e.From = c.from
			}
			err := sender(t, "smtp://"+s.address()+"?tls=none", nil).Send(t.Context(), e)
			if err == nil || errors.Is(err, mail.ErrRefused) != c.refused || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want refused %v and %q", err, c.refused, c.says)
			}
			if err != nil && (strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), e.To)) {
				t.Errorf("the error quotes: %v", err)
			}
			if len(s.messages()) != 0 {
				t.Error("it was accepted")
			}
		})
	}
}

// TestTaken has the connection break once the server answered for the mail:
// trying again would make it two.
func TestTaken(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, false)
	s.after = func(conn *gosmtp.Conn) { _ = conn.Conn().Close() }
	err := sender(t, "smtp://"+s.address()+"?tls=none", nil).Send(t.Context(), email("grace@example.org"))
	if err != nil || len(s.messages()) != 1 {
		t.Errorf("error %v, %d arrived", err, len(s.messages()))
	}
}

// TestSlow wants attempts to end: by the timeout, and by the context, at each
// step.
func TestSlow(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	slow := serve(t, nil, false)
	release := make(chan struct{})
	slow.behave = func(string, *gosmtp.Conn) error { <-release; return errors.New("at last") }
	defer close(release)
	for name, address := range map[string]string{"greeting": silent.Addr().String(), "content": slow.address()} {
		start := time.Now()
		err := sender(t, "smtp://"+address+"?tls=none", &smtp.Options{Timeout: 200 * time.Millisecond}).Send(t.Context(), email("a@example.org"))
		if err == nil || errors.Is(err, mail.ErrRefused) || time.Since(start) > 20*time.Second {
			t.Errorf("%s, by the timeout: %v after %v", name, err, time.Since(start))
		}
		start = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		err = sender(t, "smtp://"+address+"?tls=none", &smtp.Options{Timeout: time.Minute}).Send(ctx, email("a@example.org"))
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 20*time.Second {
			t.Errorf("%s, by the context: %v after %v", name, err, time.Since(start))
		}
	}
	silent.Close()
	err = sender(t, "smtp://"+silent.Addr().String()+"?tls=none", nil).Send(t.Context(), email("a@example.org"))
	if err == nil || errors.Is(err, mail.ErrRefused) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"smtp://mail.example.org":               "mail.example.org:587 (tls: starttls)",
		"smtp://u:hunter2@mail.example.org":     "mail.example.org:587 (tls: starttls)",
		"smtps://mail.example.org":              "mail.example.org:465 (tls: tls)",
		"smtp://mail.example.org?tls=none":      "mail.example.org:25 (tls: none)",
		"smtp://[::1]:2525?tls=none":            "[::1]:2525 (tls: none)",
		"smtp://u:hunter2@mail.example.org:x":   "",
		"smtp://u:hunter2@mail.example.org/a":   "",
		"smtp://u:hunter2@h?tls=none":           "",
		"smtp://u:hunter2@h?tls=perhaps":        "",
		"smtps://u:hunter2@h?tls=starttls":      "",
		"https://u:hunter2@h":                   "",
		"smtp://u:hunter2@":                     "",
		"mail.example.org":                      "",
		"smtp://u:hunter2%zz@mail.example.org/": "",
	} {
		s, err := smtp.New(address, nil)
		switch {
		case want == "" && (err == nil || strings.Contains(err.Error(), "hunter2")):
			t.Errorf("%s: %v", address, err)
		case want != "" && (err != nil || s.String() != want):
			t.Errorf("%s: %v, %v; want %s", address, s, err, want)
		}
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a", "mail")
	f := smtp.NewFolder(path)
	for range 2 { // it replaces itself
		if err := f.Send(t.Context(), email("grace@example.org")); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(path)
	if err != nil || len(files) != 1 || files[0].Name() != "01a20143-1dc1-7dd5-8cae-482728b4c807.eml" {
		t.Fatalf("files %v, %v", files, err)
	}
	file := filepath.Join(path, files[0].Name())
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode of the folder %v, %v", info.Mode(), err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	reads(t, string(text))
	for _, id := range []string{"", "@x", "../x@y", ".x@y", "a/b@c"} {
		e := email("grace@example.org")
		e.MessageID = id
		if err := f.Send(t.Context(), e); !errors.Is(err, mail.ErrRefused) {
			t.Errorf("%q: %v", id, err)
		}
	}
	// What cannot be written now may be later.
	if err := smtp.NewFolder(file).Send(t.Context(), email("grace@example.org")); err == nil || errors.Is(err, mail.ErrRefused) {
		t.Errorf("into a file: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Send(ctx, email("grace@example.org")); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}
