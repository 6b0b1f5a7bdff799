package mail_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// A printer is a sender that prints.
type printer struct{}

// Send prints to whom a mail goes and what it is about.
func (printer) Send(_ context.Context, e mail.Email) error {
	fmt.Println(e.To, "·", e.Subject)
	return nil
}

// A mail is written in the unit of work of what it tells of, and sent after.
func Example() {
	if err := example(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// grace@example.org · Ada vous invite à rejoindre Cartes
	// sent
}

func example(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "mail")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := storage.Open(ctx, "sqlite:"+filepath.Join(dir, "example.db"), nil)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.Migrate(ctx, time.Now()); err != nil {
		return err
	}
	sealer, err := apikey.NewSealer(make([]byte, 32)) // yours is random
	if err != nil {
		return err
	}
	mails, err := mail.New(db.Mail(), printer{}, &mail.Options{Sealer: sealer})
	if err != nil {
		return err
	}
	err = db.Tx(ctx, func(ctx context.Context) error {
		// … and the invitation itself
		return mails.Enqueue(ctx, mail.Message{
			Kind: mail.Invitation, Language: "fr-CA", To: "grace@example.org",
			Data: map[string]string{"inviter": "Ada", "workspace": "Cartes", "link": "https://maps.example.org/i/…"},
		})
	})
	if err != nil {
		return err
	}
	if _, err := mails.Deliver(ctx); err != nil {
		return err
	}
	letters, _, err := mails.Letters(ctx, mail.LetterFilter{})
	for _, l := range letters {
		fmt.Println(l.State)
	}
	return err
}

// An organization writes a notice in Liquid, and looks at it before it is sent.
func ExampleService_PreviewNotice() {
	mails, err := mail.New(nil, nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	welcome := mail.Notice{
		Name: "Welcome", Occasion: mail.NewUser, Subject: "Welcome to {{ project_user.project.name }}",
		Body: "Hello {{ project_user.first_name }},\n\nyour projects: {{ project_list | join: ', ' }}",
	}
	e, err := mails.PreviewNotice(context.Background(), welcome, nil)
	fmt.Println(e.Subject, err)
	fmt.Println(e.Text)

	welcome.Body = "{% for i in (1..1000000000) %}{% endfor %}"
	_, err = mails.PreviewNotice(context.Background(), welcome, nil)
	fmt.Println(err)
	// Output:
	// Welcome to Cartography <nil>
	// Hello Grace,
	//
	// your projects: Cartography, Surveys
	// mail: invalid body: expected a Liquid template that renders: line 1: there are no ranges
}
