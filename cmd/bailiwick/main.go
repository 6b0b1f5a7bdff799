// Command bailiwick is the server and the administrator's command line.
//
// It keeps everything in one SQLite file or one PostgreSQL database, named by
// --database. Start with
//
//	bailiwick serve
//
// which makes the database when there is none and prints how to sign in. The
// commands with --database work on the same database, beside a running server or
// without one. Those with --server talk to a running server, as whoever signed
// in with
//
//	bailiwick login --server https://maps.example.org
//
// Every flag can be given as an environment variable too, --database as
// BAILIWICK_DATABASE, but for how a command that talks to a server prints, and
// that one is sure.
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
	Audit   auditCommands  `cmd:"" help:"List, verify, export and prune the trail of what was done and refused."`
	Migrate migrateCommand `cmd:"" help:"Bring the database to the state this version needs."`
	Version versionCommand `cmd:"" help:"Print the version."`

	Login  loginCommand  `cmd:"" help:"Sign in to a server, for the commands below."`
	Logout logoutCommand `cmd:"" help:"Forget what signs in."`
	Whoami whoamiCommand `cmd:"" help:"Show who the server takes you for."`

	Workspace    workspaceCommands    `cmd:"" help:"Workspaces."`
	Member       memberCommands       `cmd:"" help:"Members of workspaces, and their roles."`
	Group        groupCommands        `cmd:"" help:"Groups of users."`
	Organization organizationCommands `cmd:"" help:"Organizations, which pay for workspaces."`
	Role         roleCommands         `cmd:"" help:"Roles: named sets of permissions."`
	Rule         ruleCommands         `cmd:"" help:"Rules on workspaces and on what lies in them."`
	Invite       inviteCommand        `cmd:"" help:"Invite people to a workspace."`
	Invitation   invitationCommands   `cmd:"" help:"Invitations to workspaces."`
	Key          keyCommands          `cmd:"" help:"Keys of programs: your own, and those of workspaces."`
	Seat         seatCommands         `cmd:"" help:"Seats of workspaces."`
	Pool         poolCommands         `cmd:"" help:"Shared facilities."`
	Allocation   allocationCommands   `cmd:"" help:"Shares of facilities."`
	Template     templateCommands     `cmd:"" help:"How the mails of organizations read."`
	Project      projectCommands      `cmd:"" help:"Workspaces with databases of their own."`
	Database     databaseCommands     `cmd:"" help:"Real databases of projects."`
	Backup       backupCommands       `cmd:"" help:"Backups of real databases."`
	Logins       loginsCommand        `cmd:"" help:"Count logins by workspace and type of client, or people."`

	Check   checkCommand   `cmd:"" help:"Tell whether you may do something."`
	Explain explainCommand `cmd:"" help:"Tell why somebody may do something, or not."`

	Completion completionCommand `cmd:"" help:"Print what completes commands in a shell."`
	Complete   completeCommand   `cmd:"" help:"Print what a word may become."             hidden:""`
}

// stop carries kong's wish to end, after printing help, out of the parser.
type stop struct{ code int }

// run runs a command line and returns the exit status: 0, 2 for a command that
// was not understood, and for one that failed what [statusOf] says.
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
	parser, err := newParser(s)
	if err != nil {
		fmt.Fprintln(s.err, "bailiwick:", err)
		return statusUsage
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(s.err, "bailiwick: %v (try bailiwick --help)\n", err)
		return statusUsage
	}
	command.BindTo(ctx, (*context.Context)(nil))
	command.Bind(parser.Model)
	if err := command.Run(s); err != nil {
		s.explain(err)
		return statusOf(err)
	}
	return 0
}

// newParser returns what takes command lines apart.
func newParser(s streams) (*kong.Kong, error) {
	return kong.New(&grammar{},
		kong.Name("bailiwick"),
		kong.Description("Administer a multi-tenant data platform: who may do what, where, and how much of it."),
		kong.DefaultEnvars("BAILIWICK"),
		kong.Writers(s.out, s.err),
		kong.Exit(func(code int) { panic(stop{code}) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.UsageOnError(),
	)
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
