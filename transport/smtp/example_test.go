package smtp_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bailiwick-sdk/bailiwick/transport/smtp"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// Where there is no SMTP server, mails are files that any mail program opens.
func Example() {
	if err := example(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// mail.example.org:587 (tls: starttls)
	// 01a20143-1dc1-7dd5-8cae-482728b4c807.eml
}

func example(ctx context.Context) error {
	server, err := smtp.New("smtp://maps:secret@mail.example.org", nil)
	if err != nil {
		return err
	}
	fmt.Println(server)

	dir, err := os.MkdirTemp("", "smtp")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	err = smtp.NewFolder(dir).Send(ctx, mail.Email{
		From: "Maps <maps@example.org>", To: "grace@example.org", Subject: "Welcome", Text: "Hello", HTML: "<p>Hello</p>",
		MessageID: "01a20143-1dc1-7dd5-8cae-482728b4c807@example.org", Date: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	})
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	for _, file := range files {
		fmt.Println(filepath.Base(file))
	}
	return err
}
