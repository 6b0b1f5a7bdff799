package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

type auditCommands struct {
	List   auditListCommand   `cmd:"" help:"List what a server has done and refused."`
	Verify auditVerifyCommand `cmd:"" help:"Verify that nothing of the trail was changed, inserted or taken out."`
	Export auditExportCommand `cmd:"" help:"Write the trail as JSON lines or CSV."`
	Prune  auditPruneCommand  `cmd:"" help:"Forget old events, and leave a signed checkpoint in their place."`
}

// platformName is how the command line calls the chain of no workspace.
const platformName = "platform"

// trailFlags are shared by the commands about the trail.
type trailFlags struct {
	databaseFlag

	SecretFile string `help:"The server's secret, which checkpoints are signed with. SQLite: the database's name and .key." placeholder:"FILE"`
}

// beside is like the function of that name, with the server's secret where there
// is one. It makes none: what it signed would be worth nothing to the server.
func (f trailFlags) beside(ctx context.Context, command func(*transport.Services) error) error {
	file := f.SecretFile
	if file == "" && f.file() != "" {
		file = f.file() + ".key"
	}
	var keep secrets
	if file != "" {
		secret, err := os.ReadFile(file) //nolint:gosec // the operator named it
		switch {
		case errors.Is(err, fs.ErrNotExist) && f.SecretFile == "":
		case err != nil:
			return fmt.Errorf("secret file: %w", err)
		default:
			if keep, err = secretsOf(file, secret); err != nil {
				return err
			}
		}
	}
	return beside(ctx, f.databaseFlag, func(db *storage.DB, _ *transport.Services) error {
		services, err := assemble(db, parts{keep: keep, log: zerolog.Nop(), rules: &rbac.Options{Budget: -1}})
		if err != nil {
			return err
		}
		return command(services)
	})
}

// workspaceNamed returns the identifier of a workspace by that, or by its
// technical name. One that is no more has only the identifier.
func workspaceNamed(ctx context.Context, services *transport.Services, name string) (workspace.ID, error) {
	if uid.Valid(name) {
		return workspace.ID(name), nil
	}
	list, _, err := services.Workspaces.Workspaces(ctx, operator(), workspace.Filter{TechnicalName: name})
	if err != nil {
		return "", fmt.Errorf("find workspace %s: %w", name, err)
	}
	if len(list) == 0 {
		return "", fmt.Errorf("there is no workspace %s", name)
	}
	return list[0].ID, nil
}

// chains returns the chain that is named, or all of them.
func chains(ctx context.Context, services *transport.Services, name string) ([]string, error) {
	switch name {
	case "":
		return services.Trail.Chains(ctx) //nolint:wrapcheck // says it all
	case platformName:
		return []string{""}, nil
	}
	id, err := workspaceNamed(ctx, services, name)
	return []string{string(id)}, err
}

type auditVerifyCommand struct {
	trailFlags

	viaFlags

	Workspace string   `help:"Only the chain of this workspace, by technical name or identifier; platform for that of none."        placeholder:"NAME"`
	Known     []string `help:"A head that an earlier verification told: the chain must go on from it. May be given more than once." placeholder:"CHAIN:RECORD:HASH" sep:"none"`
}

// Run verifies and prints a line a chain. It fails when one of them is broken.
func (c auditVerifyCommand) Run(ctx context.Context, s streams) error {
	if c.Server != "" {
		return c.ask(ctx, s)
	}
	known, err := heads(c.Known)
	if err != nil {
		return err
	}
	return c.beside(ctx, func(services *transport.Services) error {
		names, err := chains(ctx, services, c.Workspace)
		if err != nil {
			return err
		}
		if c.Workspace == "" {
			for _, k := range known { // a chain of which nothing is left is not listed
				if !slices.Contains(names, k.Chain) {
					names = append(names, k.Chain)
				}
			}
		}
		broken := 0
		for _, name := range names {
			report, err := services.Trail.Verify(ctx, name, known...)
			if err != nil {
				return fmt.Errorf("verify: %w", err)
			}
			if report.Fault != nil {
				broken++
				fmt.Fprintf(s.out, "BROKEN  %s\n", report)
				continue
			}
			fmt.Fprintf(s.out, "ok      %s%s\n        head %s:%d:%s\n", report, behind(report), shownChain(name), report.Head.Seq, report.Head.Hash)
		}
		if broken > 0 {
			return fmt.Errorf("%d of %d chains are broken", broken, len(names))
		}
		return nil
	})
}

// behind tells what a report does not vouch for.
func behind(r audit.Report) string {
	text := ""
	if r.From > 0 {
		text = fmt.Sprintf(", from the checkpoint at %d", r.From)
	}
	if r.Unchained > 0 {
		text += fmt.Sprintf("; %d are of before the chain", r.Unchained)
	}
	return text
}

func shownChain(name string) string {
	if name == "" {
		return platformName
	}
	return name
}

// heads reads what the command printed of heads.
func heads(texts []string) ([]audit.Head, error) {
	var list []audit.Head
	for _, text := range texts {
		parts := strings.Split(text, ":")
		if len(parts) != 3 {
			return nil, fmt.Errorf("--known %s: expected CHAIN:RECORD:HASH", text)
		}
		seq, err := strconv.ParseInt(parts[1], 10, 64)
		if err != nil || seq < 0 {
			return nil, fmt.Errorf("--known %s: expected a number, not %s", text, parts[1])
		}
		head := audit.Head{Chain: parts[0], Seq: seq, Hash: parts[2]}
		if head.Chain == platformName {
			head.Chain = ""
		}
		list = append(list, head)
	}
	return list, nil
}

type auditExportCommand struct {
	trailFlags

	viaFlags

	Workspace string    `help:"Only what happened in this workspace, by technical name or identifier; platform for what happened in none." placeholder:"NAME"`
	Format    string    `default:"jsonl"                                                                                                   enum:"jsonl,csv"   help:"${enum}."`
	Since     time.Time `help:"Only from this time on, as 2026-01-02T15:04:05Z."`
	Until     time.Time `help:"Only before this time."`
	Output    string    `help:"The file to write; the standard output without one."                                                        placeholder:"FILE" short:"o"`
}

// Run writes the events in the order they happened.
func (c auditExportCommand) Run(ctx context.Context, s streams) error {
	if c.Server != "" {
		return c.fetch(ctx, s)
	}
	return c.beside(ctx, func(services *transport.Services) error {
		f := audit.Filter{Since: c.Since, Until: c.Until, Platform: c.Workspace == platformName}
		var id workspace.ID
		if c.Workspace != "" && !f.Platform {
			var err error
			if id, err = workspaceNamed(ctx, services, c.Workspace); err != nil {
				return err
			}
		}
		if c.Output == "" {
			_, err := c.write(ctx, services, id, f, s.out)
			return err
		}
		// It may hold what others are not to see.
		file, err := os.OpenFile(c.Output, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return fmt.Errorf("export: %w", err)
		}
		n, err := c.write(ctx, services, id, f, file)
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
		fmt.Fprintf(s.out, "wrote %d events to %s\n", n, c.Output)
		return nil
	})
}

func (c auditExportCommand) write(ctx context.Context, services *transport.Services, id workspace.ID, f audit.Filter, w io.Writer) (int, error) {
	buffer := bufio.NewWriter(w)
	var writer audit.Writer = audit.NewJSONLines(buffer)
	if c.Format == "csv" {
		writer = audit.NewCSV(buffer)
	}
	n, err := services.Workspaces.ExportAudit(ctx, operator(), id, f, writer)
	if err := errors.Join(err, buffer.Flush()); err != nil {
		return n, fmt.Errorf("export: %w", err)
	}
	return n, nil
}

type auditPruneCommand struct {
	trailFlags

	OlderThan time.Duration `help:"How old what is forgotten is at least, as 4320h for half a year."                              placeholder:"DURATION" required:""`
	Workspace string        `help:"Only the chain of this workspace, by technical name or identifier; platform for that of none." placeholder:"NAME"`
}

// Run prunes one chain or all, and prints what went of each. It goes on behind
// one that fails, and fails in the end.
func (c auditPruneCommand) Run(ctx context.Context, s streams) error {
	if c.OlderThan <= 0 {
		return errors.New("--older-than: expected more than 0")
	}
	return c.beside(ctx, func(services *transport.Services) error {
		names, err := chains(ctx, services, c.Workspace)
		if err != nil {
			return err
		}
		before := time.Now().Add(-c.OlderThan)
		var failed []error
		for _, name := range names {
			left, err := services.Trail.Prune(ctx, operator().Signs(audit.Event{}), name, before)
			switch {
			case errors.Is(err, audit.ErrNoSigner):
				return fmt.Errorf("%w: name it with --secret-file", err)
			case err != nil:
				failed = append(failed, err)
			case left.Removed > 0:
				fmt.Fprintf(s.out, "%s: forgot %d events, up to %d\n", shownChain(name), left.Removed, left.Seq)
			}
		}
		return errors.Join(failed...)
	})
}
