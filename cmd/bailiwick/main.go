// Command bailiwick is the server and the administrator's command line.
//
// It keeps everything in one SQLite file or one PostgreSQL database, named by
// --database. Start with
//
//	bailiwick serve
//
// which makes the database when there is none and prints how to sign in. The
// other commands work on the same database, beside a running server or without
// one. Every flag can be given as an environment variable too: --database as
// BAILIWICK_DATABASE.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/alecthomas/kong"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// streams are what a command reads and writes.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// grammar is the command line.
type grammar struct {
	Serve   serveCommand   `cmd:"" help:"Run the server."`
	User    userCommands   `cmd:"" help:"Create and list users, set passwords."`
	Migrate migrateCommand `cmd:"" help:"Bring the database to the state this version needs."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// stop carries kong's wish to end, after printing help, out of the parser.
type stop struct{ code int }

// run runs a command line and returns the exit status: 0, 1 for a command that
// failed, 2 for one that was not understood.
func run(ctx context.Context, args []string, s streams) (code int) {
	defer func() {
		switch ended := recover().(type) {
		case nil:
		case stop:
			code = ended.code
		default:
			panic(ended)
		}
	}()
	parser, err := kong.New(&grammar{},
		kong.Name("bailiwick"),
		kong.Description("Administer a multi-tenant data platform: who may do what, where, and how much of it."),
		kong.DefaultEnvars("BAILIWICK"),
		kong.Writers(s.out, s.err),
		kong.Exit(func(code int) { panic(stop{code}) }),
		kong.UsageOnError(),
	)
	if err != nil {
		fmt.Fprintln(s.err, "bailiwick:", err)
		return 2
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(s.err, "bailiwick: %v (try bailiwick --help)\n", err)
		return 2
	}
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(s); err != nil {
		fmt.Fprintln(s.err, "bailiwick:", err)
		return 1
	}
	return 0
}

type versionCommand struct{}

// Run prints the version that the program was built as.
func (versionCommand) Run(s streams) error {
	_, err := fmt.Fprintln(s.out, "bailiwick", version())
	return err
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
