// Package smtp sends mails: [New] hands them to an SMTP server, [NewFolder]
// writes them into a folder, for where there is none. Both are what mail.Service
// sends with.
//
// A mail is one message with a text and an HTML part, the same Message-ID each
// time it is tried, and the mark of being written by a program. Nothing is tried
// twice here and nothing kept: that is what the outbox of package mail is for.
// What the server says is not passed on, since servers quote what they refuse;
// its codes are.
package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// Options are what a [Sender] can be told; the zero value works.
type Options struct {
	// TLS is how servers are recognised, by the system's authorities when nil.
	TLS *tls.Config
	// Timeout bounds each step of talking to the server, 20 seconds when 0.
	Timeout time.Duration
	// Name is what the server is greeted with, "localhost" when empty.
	Name string
}

// A Sender hands mails to an SMTP server, over a connection each. It is safe for
// concurrent use.
type Sender struct {
	host     string
	port     int
	security security
	user     string
	password string
	tls      *tls.Config
	timeout  time.Duration
	name     string
}

var _ mail.Sender = (*Sender)(nil)

// A security is how a connection is encrypted.
type security string

const (
	startTLS security = "starttls" // from the second command on, or not used
	fromTLS  security = "tls"      // from the first byte on
	noTLS    security = "none"
)

// New makes a sender for a server by its address,
// "smtp://user:password@host:port?tls=starttls". In place of starttls, the
// default, there can be tls (from the first byte on, also written smtps://) and
// none, which no password goes with. The port is 587, 465 or 25 by that.
func New(address string, opts *Options) (*Sender, error) {
	u, err := url.Parse(address)
	if err != nil { // which quotes the password
		return nil, errors.New("smtp: expected an address as smtp://user:password@host:587?tls=starttls")
	}
	if opts == nil {
		opts = &Options{}
	}
	s := &Sender{
		host: u.Hostname(), security: security(u.Query().Get("tls")), user: u.User.Username(), tls: opts.TLS,
		timeout: opts.Timeout, name: opts.Name,
	}
	s.password, _ = u.User.Password()
	if s.timeout <= 0 {
		s.timeout = 20 * time.Second
	}
	if s.name == "" {
		s.name = "localhost"
	}
	switch {
	case u.Scheme == "smtps" && s.security == "":
		s.security = fromTLS
	case u.Scheme == "smtp" && s.security == "":
		s.security = startTLS
	case u.Scheme != "smtp" && (u.Scheme != "smtps" || s.security != fromTLS):
		return nil, errors.New("smtp: the address must begin with smtp:// or smtps://")
	}
	standard, known := map[security]int{startTLS: 587, fromTLS: 465, noTLS: 25}[s.security]
	if !known {
		return nil, errors.New("smtp: tls must be starttls, tls or none")
	}
	if s.port = standard; u.Port() != "" {
		if s.port, err = strconv.Atoi(u.Port()); err != nil {
			return nil, errors.New("smtp: the port must be a number")
		}
	}
	if s.host == "" || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("smtp: the address must name a host and nothing behind it")
	}
	if s.user != "" && s.security == noTLS {
		return nil, errors.New("smtp: a password needs tls=starttls or tls=tls")
	}
	if s.tls == nil {
		s.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if s.tls = s.tls.Clone(); s.tls.ServerName == "" {
		s.tls.ServerName = s.host
	}
	return s, nil
}

// String names the server, without what signs in to it.
func (s *Sender) String() string {
	return net.JoinHostPort(s.host, strconv.Itoa(s.port)) + " (tls: " + string(s.security) + ")"
}

// Send hands a mail to the server. See [mail.Sender].
func (s *Sender) Send(ctx context.Context, e mail.Email) error {
	m, err := message(e)
	if err != nil {
		return err
	}
	err = s.hand(ctx, m)
	// What goes wrong after the server took the mail does not take it back.
	if err == nil || m.IsDelivered() {
		return nil
	}
	return told(ctx, err)
}

// hand talks to the server.
func (s *Sender) hand(ctx context.Context, m *gomail.Msg) error {
	// go-mail looks at the context while it dials only, and leaves the connection
	// open where greeting or signing in fails.
	talking, hangUp := context.WithCancel(ctx)
	defer hangUp()
	client, err := gomail.NewClient(s.host, s.options(talking)...)
	if err != nil {
		return dialing{err}
	}
	server, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return dialing{err}
	}
	err = client.SendWithSMTPClient(server, m)
	if m.IsDelivered() {
		_ = client.CloseWithSMTPClient(server) // a farewell, which nothing depends on
	}
	return err
}

// dialing is an error from before anything was said of the mail.
type dialing struct{ error }

// options are those of a connection that is closed when talking ends.
func (s *Sender) options(talking context.Context) []gomail.Option {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		var conn net.Conn
		var err error
		if s.security == fromTLS {
			conn, err = (&tls.Dialer{Config: s.tls}).DialContext(ctx, network, address)
		} else {
			conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
		}
		if err != nil {
			return nil, err
		}
		context.AfterFunc(talking, func() { _ = conn.Close() })
		return conn, nil
	}
	// On a connection that is encrypted already, opportunistic finds it so.
	policy := map[security]gomail.TLSPolicy{
		startTLS: gomail.TLSMandatory, fromTLS: gomail.TLSOpportunistic, noTLS: gomail.NoTLS,
	}[s.security]
	list := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(s.timeout), gomail.WithHELO(s.name), gomail.WithTLSConfig(s.tls),
		gomail.WithTLSPolicy(policy), gomail.WithDialContextFunc(dial), gomail.WithoutNoop(),
	}
	if s.user != "" {
		list = append(list, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.user), gomail.WithPassword(s.password))
	}
	return list
}

// told returns an error without the words of the server. What the server refuses
// for good of this mail is a [mail.ErrRefused]; that it does not let us in is for
// the operator to repair, and the mail waits.
func told(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("smtp: no answer in time: %w", context.Cause(ctx))
	}
	if d, ok := errors.AsType[dialing](err); ok {
		return fmt.Errorf("smtp: cannot talk to the server: %s", plainly(d.error))
	}
	failed, ok := errors.AsType[*gomail.SendError](err)
	if !ok {
		return fmt.Errorf("smtp: the connection broke: %s", plainly(err))
	}
	code := failed.ErrorCode()
	if code == 0 {
		return fmt.Errorf("smtp: the connection broke at %s", step(failed))
	}
	answer := strings.TrimSpace(fmt.Sprintf("%d %s", code, failed.EnhancedStatusCode()))
	switch {
	case code == 530 || code == 535: // sign in first
		return fmt.Errorf("smtp: the server does not let us send: %s at %s", answer, step(failed))
	case code >= 500:
		return fmt.Errorf("%w: the server answered %s at %s", mail.ErrRefused, answer, step(failed))
	}
	return fmt.Errorf("smtp: not now: the server answered %s at %s", answer, step(failed))
}

// step says how far a mail came.
func step(e *gomail.SendError) string {
	switch e.Reason {
	case gomail.ErrSMTPMailFrom:
		return "the sender"
	case gomail.ErrSMTPRcptTo:
		return "the receiver"
	case gomail.ErrSMTPData, gomail.ErrWriteContent, gomail.ErrSMTPDataClose:
		return "the content"
	default:
		return "the connection"
	}
}

// plainly returns an error of the network as it is, and of one that quotes a
// server the code.
func plainly(err error) string {
	if _, ok := errors.AsType[net.Error](err); ok {
		return err.Error()
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return err.Error()
	}
	text := err.Error()
	if len(text) >= 3 {
		if code, numeric := strconv.Atoi(text[:3]); numeric == nil {
			return "it answered " + strconv.Itoa(code)
		}
	}
	return "it does not speak SMTP as it should, or cannot do what was asked (encryption, signing in)"
}

// message puts a mail into the form that is sent.
func message(e mail.Email) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(m.From(e.From), m.To(e.To)); err != nil {
		return nil, fmt.Errorf("%w: the address is none", mail.ErrRefused)
	}
	m.Subject(e.Subject)
	m.SetMessageIDWithValue(e.MessageID)
	m.SetDateWithValue(e.Date)
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	if e.Language != "" {
		m.SetGenHeader("Content-Language", e.Language)
	}
	m.SetBodyString(gomail.TypeTextPlain, e.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, e.HTML)
	return m, nil
}
