package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/transport/smtp"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// mailFlags say how mails leave.
type mailFlags struct {
	SMTPURL string `help:"The server that mails are sent through: smtp://USER:PASSWORD@HOST:587?tls=starttls, or tls=tls, or tls=none. Without one they are written into the mail folder." name:"smtp-url" placeholder:"URL"`

	MailFrom string `help:"Whom mails come from, as NAME <ADDRESS>." placeholder:"SENDER"`

	MailFolder string `help:"The folder that mails are written into without an SMTP server. SQLite: the database's name and .mail, PostgreSQL: bailiwick.mail." placeholder:"FOLDER"`

	MailTemplates string `help:"A folder of templates that replace the built-in ones or add languages: KIND.LANGUAGE.txt and KIND.LANGUAGE.html." placeholder:"FOLDER"`

	PublicURL string `help:"Where people reach the server: what links in mails begin with. http:// and the address that it listens on when missing." name:"public-url" placeholder:"URL"`
}

// deliverEvery is how often letters are looked for that another server wrote, or
// that are to be tried again.
const deliverEvery = time.Second

// A post is a sender that can be named.
type post interface {
	mail.Sender
	fmt.Stringer
}

// post returns what mails are sent with.
func (f mailFlags) post(d databaseFlag) (post, error) {
	if f.SMTPURL != "" {
		if f.MailFrom == "" {
			return nil, errors.New("--smtp-url needs --mail-from: whom mails come from")
		}
		name, err := os.Hostname()
		if err != nil {
			name = ""
		}
		return smtp.New(f.SMTPURL, &smtp.Options{Name: name})
	}
	folder := f.MailFolder
	if folder == "" {
		folder = "bailiwick.mail"
		if file := d.file(); file != "" {
			folder = file + ".mail"
		}
	}
	return smtp.NewFolder(folder), nil
}

// options returns the options of the outbox but for the sealer.
func (f mailFlags) options(log zerolog.Logger) *mail.Options {
	opts := &mail.Options{
		From: f.MailFrom,
		Told: func(err error) { log.Warn().Err(err).Msg("mail") },
	}
	if f.MailTemplates != "" {
		opts.Templates = os.DirFS(f.MailTemplates)
	}
	return opts
}

// outbox makes the service of mails. Without a sealer it writes none. Without a
// sender others deliver what it writes.
func outbox(db *storage.DB, sealer *apikey.Sealer, sender mail.Sender, opts *mail.Options) (*mail.Service, error) {
	if opts == nil {
		opts = &mail.Options{}
	}
	if sealer != nil { // a nil one in the interface would not be nil
		opts.Sealer = sealer
	}
	letters, err := mail.New(db.Mail(), sender, opts)
	if err != nil {
		return nil, fmt.Errorf("mails: %w", err)
	}
	return letters, nil
}

// reached returns what links begin with, without a slash at the end.
func (f mailFlags) reached(address string) (string, error) {
	if f.PublicURL == "" {
		return "http://" + address, nil
	}
	u, err := url.Parse(f.PublicURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("public URL: expected an address as https://maps.example.org")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// deliver sends mails in the background, and returns what ends that. Letters that
// are being sent then have a few seconds.
func deliver(ctx context.Context, services *transport.Services, sealed bool) (stop func()) {
	if !sealed {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		services.Mail.Run(ctx, deliverEvery)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// announceMail says where mails go.
func (f mailFlags) announceMail(s streams, by post, sealed bool) {
	switch {
	case !sealed:
		fmt.Fprintf(s.out, "No mails are written: links in them need --secret-file to be kept safe.\n\n")
	case f.SMTPURL != "":
		fmt.Fprintf(s.out, "Mails are sent through %s.\n\n", by)
	default:
		fmt.Fprintf(s.out, "There is no SMTP server (--smtp-url): mails are written into %s.\n\n", by)
	}
}
