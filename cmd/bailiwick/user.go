package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/rs/zerolog"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

type userCommands struct {
	Create   userCreateCommand   `cmd:"" help:"Create a user."`
	List     userListCommand     `cmd:"" help:"List the users."`
	Password userPasswordCommand `cmd:"" help:"Set a user's password."`

	Get      userGetCommand      `cmd:"" help:"Show a user of a server."`
	Disable  userDisableCommand  `cmd:"" help:"Refuse a user of a server everything, for the time being."`
	Enable   userEnableCommand   `cmd:"" help:"Let a user of a server in again."`
	Sessions userSessionsCommand `cmd:"" help:"List where a user of a server is signed in."`
	Kick     userKickCommand     `cmd:"" help:"End all sessions of a user of a server."`
	Remove   userRemoveCommand   `cmd:"" help:"Remove a user of a server for good, with what becomes of what is owned."`
}

// operator is whom the trail names for what is done at the command line: who
// can open the database could change it by hand as well.
func operator() workspace.Actor { return workspace.Command("command line") }

// passwordFlag is a password, "-" to read it from the standard input, or
// nothing for one that is made up and shown once.
type passwordFlag struct {
	Password string `help:"The password; - reads it from the standard input. Without one, a random one is made and shown." placeholder:"PASSWORD"`
}

// read returns the password, and whether it was made up.
func (f passwordFlag) read(in io.Reader) (password string, made bool, err error) {
	switch f.Password {
	case "":
		return rand.Text(), true, nil
	case "-":
		line, err := bufio.NewReader(in).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", false, fmt.Errorf("read the password: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), false, nil
	}
	return f.Password, false, nil
}

type userCreateCommand struct {
	databaseFlag
	passwordFlag

	viaFlags

	Name      string `arg:""                                                 help:"What the user signs in with."`
	Email     string `help:"The e-mail address."                             required:""`
	FirstName string `help:"The first name."                                 required:""`
	LastName  string `help:"The last name."                                  required:""`
	Language  string `default:"fr"                                           help:"The language, as a BCP 47 tag."`
	Technical bool   `help:"Mark the user as a service account."`
	Admin     bool   `help:"Make the user an administrator of the platform."`
}

// Run creates the user, with the password, or nothing.
func (c userCreateCommand) Run(ctx context.Context, s streams) error {
	if c.Server != "" {
		return c.ask(ctx, s)
	}
	return beside(ctx, c.databaseFlag, func(db *storage.DB, services *transport.Services) error {
		password, made, err := c.read(s.in)
		if err != nil {
			return err
		}
		user, err := createUser(ctx, db, services, workspace.User{
			Username: c.Name, Email: c.Email, FirstName: c.FirstName, LastName: c.LastName,
			Language: c.Language, Technical: c.Technical, Administrator: c.Admin,
		}, password)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "created user %s (%s)\n", user.Username, user.ID)
		if made {
			fmt.Fprintf(s.out, "password: %s\n", password)
		}
		return nil
	})
}

// createUser makes a user who can sign in, in one unit of work.
func createUser(ctx context.Context, db *storage.DB, services *transport.Services, u workspace.User, password string) (workspace.User, error) {
	var user workspace.User
	err := db.Tx(ctx, func(ctx context.Context) (err error) {
		user, err = services.Workspaces.CreateUser(ctx, operator(), u)
		if err != nil {
			return fmt.Errorf("create user %s: %w", u.Username, err)
		}
		if err := services.SignIn.SetPassword(ctx, operator(), user.ID, password); err != nil {
			return fmt.Errorf("set the password of %s: %w", u.Username, err)
		}
		return nil
	})
	return user, err
}

type userListCommand struct {
	databaseFlag
}

// Run prints the users as a table.
func (c userListCommand) Run(ctx context.Context, s streams) error {
	return beside(ctx, c.databaseFlag, func(_ *storage.DB, services *transport.Services) error {
		users, _, err := services.Workspaces.Users(ctx, operator(), workspace.UserFilter{})
		if err != nil {
			return fmt.Errorf("list users: %w", err)
		}
		table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NAME\tE-MAIL\tFULL NAME\tSTATUS\tID")
		for _, u := range users {
			fmt.Fprintf(table, "%s\t%s\t%s %s\t%s\t%s\n", u.Username, u.Email, u.FirstName, u.LastName, status(u), u.ID)
		}
		return table.Flush()
	})
}

func status(u workspace.User) string {
	var words []string
	if u.Administrator {
		words = append(words, "administrator")
	}
	if u.Technical {
		words = append(words, "technical")
	}
	if u.Disabled {
		words = append(words, "disabled")
	}
	if len(words) == 0 {
		return "-"
	}
	return strings.Join(words, ", ")
}

type userPasswordCommand struct {
	databaseFlag
	passwordFlag

	Name string `arg:"" help:"The user's name."`
}

// Run sets the password, which ends the user's access tokens.
func (c userPasswordCommand) Run(ctx context.Context, s streams) error {
	return beside(ctx, c.databaseFlag, func(_ *storage.DB, services *transport.Services) error {
		users, _, err := services.Workspaces.Users(ctx, operator(), workspace.UserFilter{Username: c.Name})
		if err != nil {
			return fmt.Errorf("find user %s: %w", c.Name, err)
		}
		if len(users) == 0 {
			return fmt.Errorf("there is no user %s", c.Name)
		}
		password, made, err := c.read(s.in)
		if err != nil {
			return err
		}
		if err := services.SignIn.SetPassword(ctx, operator(), users[0].ID, password); err != nil {
			return fmt.Errorf("set the password of %s: %w", c.Name, err)
		}
		fmt.Fprintf(s.out, "set the password of %s\n", users[0].Username)
		if made {
			fmt.Fprintf(s.out, "password: %s\n", password)
		}
		return nil
	})
}

// beside runs a command on the database of a server, which may be running.
func beside(ctx context.Context, d databaseFlag, command func(*storage.DB, *transport.Services) error) (err error) {
	db, err := d.existing(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	letters, err := outbox(db, nil, nil, nil)
	if err != nil {
		return err
	}
	services, err := assemble(db, parts{letters: letters, log: zerolog.Nop(), rules: &rbac.Options{Budget: -1}})
	if err != nil {
		return err
	}
	return command(db, services)
}
