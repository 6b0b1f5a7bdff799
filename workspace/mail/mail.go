// Package mail writes letters: what is to be told to whom is put down in the
// unit of work of what it tells of, put into words in the receiver's language,
// and sent afterwards, whatever happens in between.
//
// [Service.Enqueue] writes a [Message] into the outbox, so that a change and its
// mail are committed together or not at all. [Service.Deliver] takes what is due,
// renders it from templates (one a kind and language, which an organization can
// replace by its own) and hands it to a [Sender]. Two servers never take the same
// letter. A letter is sent once, but for one case that no protocol excludes: the
// server accepts it and this process ends before it could note so. It is sent
// again then, under the same Message-ID, by which receivers drop the second.
//
// Letters hold secrets, the links in them, and are kept sealed until they are
// sent, and not at all after. The package authorizes nobody, knows no SMTP (see
// transport/smtp) and decides nothing about who is written to. Start with [New].
package mail

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"strings"
	"time"
)

// A Kind is what a mail is about.
type Kind string

// The kinds.
const (
	Invitation      Kind = "invitation"
	PasswordReset   Kind = "password_reset"
	PasswordChanged Kind = "password_changed"
	MemberAdded     Kind = "member_added"
)

// A Message is a mail before it is put into words.
type Message struct {
	Kind Kind
	// Language is a BCP 47 tag. The closest of the languages that there are
	// templates in is taken, English where none is close.
	Language string
	To       string
	// Organization is the identifier of whose templates are used, empty for
	// the common ones.
	Organization string
	// Data are the values that the templates of the kind name, see [Keys]: texts
	// of one line, and times as RFC 3339. A value that is missing is empty.
	Data map[string]string
}

// An Email is a mail in words.
type Email struct {
	From      string // `Name <address>`
	To        string // a bare address
	Subject   string // one line
	Text      string
	HTML      string
	Language  string
	MessageID string // without angle brackets, the same each time a letter is tried
	Date      time.Time
}

// A Sender hands mails over, as those of transport/smtp do.
type Sender interface {
	// Send returns nil once somebody else answers for the mail. It returns an
	// error that is [ErrRefused] for a mail that must not be tried again, and any
	// other error for one that may. It must end when ctx does. Errors are kept and
	// shown: they must not quote the mail.
	Send(ctx context.Context, e Email) error
}

// A Sealer encrypts under a key of the server's own, as apikey.Sealer does.
type Sealer interface {
	Seal(plaintext, context []byte) (string, error)
	Open(text string, context []byte) ([]byte, error)
}

// Errors that the package returns.
var (
	// ErrNoSealer is returned where letters would have to be kept in clear.
	ErrNoSealer = errors.New("mail: letters need a sealer")
	// ErrRefused is what a [Sender] wraps for a mail that was refused for good.
	ErrRefused = errors.New("mail: refused")
	// ErrNotFound is returned for a template or an organization that does not
	// exist, and by stores for a letter that somebody else has taken over.
	ErrNotFound = errors.New("mail: not found")
	// ErrBuiltin is returned for a change of a notice that is built in.
	ErrBuiltin = errors.New("mail: the notice is built in")
	// ErrInvalid is wrapped by [InvalidError].
	ErrInvalid = errors.New("mail: invalid")
)

// An InvalidError names the field that was malformed and what was expected.
type InvalidError struct {
	Field    string
	Expected string
}

// Error tells the field and what was expected.
func (e *InvalidError) Error() string {
	return fmt.Sprintf("mail: invalid %s: expected %s", e.Field, e.Expected)
}

// Unwrap makes errors.Is(err, ErrInvalid) true.
func (e *InvalidError) Unwrap() error { return ErrInvalid }

// Options are what a [Service] can be told; the zero value works.
type Options struct {
	// Now tells the time, time.Now when nil.
	Now func() time.Time
	// Sealer keeps letters from being read in the database. Without one there
	// are none: see [ErrNoSealer].
	Sealer Sealer
	// From is whom mails come from, as `Name <address>`;
	// `Bailiwick <bailiwick@localhost>` when empty.
	From string
	// Templates are templates besides the built-in ones, or in place of them:
	// files KIND.LANGUAGE.txt, the first line of which is "Subject: …", and
	// KIND.LANGUAGE.html, as "invitation.de.txt".
	Templates fs.FS
	// Workers is how many mails are sent at the same time, 4 when 0.
	Workers int
	// Told is told what went wrong in [Service.Run], without anything of what is
	// in a letter. It may be nil.
	Told func(error)
}

// A Service keeps the outbox and the templates. It is safe for concurrent use.
type Service struct {
	store   Store
	sender  Sender
	now     func() time.Time
	sealer  Sealer
	from    string
	domain  string // of From, for Message-IDs
	common  []wording
	workers int
	told    func(error)
	// rung wakes Run: a letter was written in this process.
	rung chan struct{}
}

// New makes a service. It fails for templates that do not render. Where nothing
// is sent by this process, the sender may be nil.
func New(store Store, sender Sender, opts *Options) (*Service, error) {
	if opts == nil {
		opts = &Options{}
	}
	s := &Service{
		store: store, sender: sender, now: time.Now, sealer: opts.Sealer, from: "Bailiwick <bailiwick@localhost>",
		workers: 4, told: func(error) {}, rung: make(chan struct{}, 1),
	}
	if opts.Now != nil {
		s.now = opts.Now
	}
	if opts.Workers > 0 {
		s.workers = opts.Workers
	}
	if opts.Told != nil {
		s.told = opts.Told
	}
	if opts.From != "" {
		s.from = opts.From
	}
	from, err := mail.ParseAddress(s.from)
	if err != nil || strings.ContainsFunc(s.from, breaks) {
		return nil, &InvalidError{Field: "from", Expected: "an address as Name <name@example.org>"}
	}
	s.domain = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	if s.common, err = wordings(opts.Templates); err != nil {
		return nil, err
	}
	return s, nil
}

// clock returns the time as it is kept.
func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// address checks a bare address, which ends up in a header and in a command of
// SMTP.
func address(to string) error {
	parsed, err := mail.ParseAddress(to)
	if err != nil || parsed.Name != "" || parsed.Address != to || len(to) > 254 || strings.ContainsFunc(to, breaks) {
		return &InvalidError{Field: "to", Expected: "an address as name@example.org"}
	}
	return nil
}
