package smtp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
)

// A server is a real SMTP server that keeps what it accepts.
type server struct {
	t        *testing.T
	listener net.Listener

	mu       sync.Mutex
	accepted []string // messages
	signedIn int
	// behave decides about a message: what is answered after the content. It may
	// be nil.
	behave func(to string, conn *gosmtp.Conn) error
	// after is called when a message was answered for. It may be nil.
	after func(conn *gosmtp.Conn)
}

// certificate makes one for the server's address, and the pool that trusts it.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// serve starts a server: with a certificate it offers STARTTLS, or speaks TLS
// from the first byte on.
func serve(t *testing.T, cert *tls.Certificate, immediate bool) *server {
	t.Helper()
	s := &server{t: t}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listener = l
	smtp := gosmtp.NewServer(gosmtp.BackendFunc(func(c *gosmtp.Conn) (gosmtp.Session, error) {
		return &session{server: s, conn: c, secure: cert != nil}, nil
	}))
	smtp.Domain, smtp.EnableSMTPUTF8 = "localhost", true
	smtp.ErrorLog = quiet{}
	if cert != nil {
		config := &tls.Config{Certificates: []tls.Certificate{*cert}}
		if immediate {
			l = tls.NewListener(l, config)
		} else {
			smtp.TLSConfig = config
		}
	}
	go func() { _ = smtp.Serve(l) }()
	t.Cleanup(func() { _ = smtp.Close() })
	return s
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func (s *server) address() string { return s.listener.Addr().String() }

func (s *server) messages() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.accepted...)
}

// ids returns how often each Message-ID was accepted.
func (s *server) ids() map[string]int {
	count := map[string]int{}
	for _, text := range s.messages() {
		m, err := mail.ReadMessage(strings.NewReader(text))
		if err != nil {
			s.t.Errorf("not a message: %v", err)
			continue
		}
		count[m.Header.Get("Message-Id")]++
	}
	return count
}

type session struct {
	server *server
	conn   *gosmtp.Conn
	secure bool
	in     bool
	to     string
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != "maps" || password != "p@ss word" {
			return gosmtp.ErrAuthFailed
		}
		s.in = true
		s.server.mu.Lock()
		defer s.server.mu.Unlock()
		s.server.signedIn++
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *gosmtp.MailOptions) error {
	if s.secure && !s.in {
		return &gosmtp.SMTPError{Code: 530, EnhancedCode: gosmtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	if strings.HasPrefix(from, "banned") {
		return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 7, 1}, Message: "not you"}
	}
	return nil
}

func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	switch {
	case strings.HasPrefix(to, "nobody"):
		return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "no such " + to}
	case strings.HasPrefix(to, "later"):
		return &gosmtp.SMTPError{Code: 451, EnhancedCode: gosmtp.EnhancedCode{4, 3, 0}, Message: "greylisted"}
	}
	s.to = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.server.mu.Lock()
	behave := s.server.behave
	s.server.mu.Unlock()
	if behave != nil {
		if err := behave(s.to, s.conn); errors.Is(err, errAccepted) {
			s.server.accept(text)
			_ = s.conn.Conn().Close() // the client never hears of it
			return err
		} else if err != nil {
			return err
		}
	}
	s.server.accept(text)
	return nil
}

func (s *server) accept(text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted = append(s.accepted, string(text))
}

// errAccepted makes the server accept a message and break the connection before
// it can say so.
var errAccepted = errors.New("accepted, and gone")

func (s *session) Reset() {
	if s.server.after != nil && len(s.server.messages()) > 0 {
		s.server.after(s.conn)
	}
}

func (s *session) Logout() error { return nil }
