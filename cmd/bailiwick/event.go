package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

func eventView() view[client.AuditEvent] {
	type e = client.AuditEvent
	return view[e]{
		id: func(e e) string { return e.ID },
		columns: []column[e]{
			{"AT", func(e e) string { return shownTime(e.At) }},
			{"WHO", func(e e) string {
				if whom := value(e.Behalf); whom != "" {
					return e.Actor + " for " + whom
				}
				return e.Actor
			}},
			{"VIA", func(e e) string { return value(e.Via) }},
			{"FROM", func(e e) string { return value(e.Address) }},
			{"ACTION", func(e e) string { return e.Action }},
			{"ON", func(e e) string { return e.Object.Kind + " " + e.Object.Name }},
			{"OUTCOME", func(e e) string { return string(e.Outcome) }},
			{"REASON", func(e e) string { return value(e.Reason) }},
		},
	}
}

type auditListCommand struct {
	remoteFlags
	listFlags
	searchFlag

	Workspace  string   `help:"Only what happened in this workspace, by technical name or identifier; platform for what happened in none. Without one, everything: that needs an administrator of the platform." placeholder:"NAME"`
	Action     []string `help:"Only actions that begin so, as member. or key.create. May be given more than once."                                                                                               placeholder:"ACTION"`
	Outcome    string   `default:""                                                                                                                                                                              enum:",allowed,refused" help:"Only what was done, or only what was refused: allowed or refused." placeholder:"OUTCOME"`
	Credential string   `help:"Only what came with this key or session, by identifier."                                                                                                                          placeholder:"ID"`
	From       string   `help:"Only what came from this address."                                                                                                                                                placeholder:"ADDRESS"`
	Since      string   `help:"Only from this time on: 2026-12-31 or a time in RFC 3339."                                                                                                                        placeholder:"TIME"`
	Until      string   `help:"Only before this time, or until the end of this day."                                                                                                                             placeholder:"TIME"`
}

// Run prints the events, as the server tells them.
func (c auditListCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	actions := given(strings.Join(c.Action, ","))
	if c.Workspace != "" && c.Workspace != platformName {
		id, err := api.workspace(ctx, c.Workspace)
		if err != nil {
			return err
		}
		return list(s, c.listFlags, eventView(), func(cursor *string, limit *int) ([]byte, error) {
			return said(api.ListAuditWithResponse(ctx, id, &client.ListAuditParams{
				Q: given(c.Query), Action: actions, Outcome: given(client.ListAuditParamsOutcome(c.Outcome)), Credential: given(c.Credential),
				Address: given(c.From), Since: given(c.Since), Until: given(c.Until), Sort: given(c.Sort), Cursor: cursor, Limit: limit,
			}))
		})
	}
	return list(s, c.listFlags, eventView(), func(cursor *string, limit *int) ([]byte, error) {
		return said(api.ListPlatformAuditWithResponse(ctx, &client.ListPlatformAuditParams{
			Platform: given(c.Workspace == platformName), Q: given(c.Query), Action: actions, Outcome: given(client.ListPlatformAuditParamsOutcome(c.Outcome)),
			Credential: given(c.Credential), Address: given(c.From), Since: given(c.Since), Until: given(c.Until), Sort: given(c.Sort), Cursor: cursor, Limit: limit,
		}))
	})
}

// viaFlags have a command that works on the database ask a server instead.
type viaFlags struct {
	Server string `help:"Ask this server, as https://maps.example.org, and not the database."                                                 placeholder:"URL"`
	Token  string `help:"With --server: an access token or a key; - reads it from the standard input. What bailiwick login got when missing." placeholder:"TOKEN"`
}

func (f viaFlags) dial(s streams) (*remote, error) { return remoteFlags(f).dial(s) }

// fetch writes the events that a server exports.
func (c auditExportCommand) fetch(ctx context.Context, s streams) (err error) {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	since, until := instant(c.Since), instant(c.Until)
	var w *http.Response
	if c.Workspace == "" || c.Workspace == platformName {
		w, err = api.ExportPlatformAudit(ctx, &client.ExportPlatformAuditParams{
			Platform: given(c.Workspace == platformName), Format: given(client.ExportPlatformAuditParamsFormat(c.Format)), Since: since, Until: until,
		})
	} else {
		id, missing := api.workspace(ctx, c.Workspace)
		if missing != nil {
			return missing
		}
		w, err = api.ExportAudit(ctx, id, &client.ExportAuditParams{
			Format: given(client.ExportAuditParamsFormat(c.Format)), Since: since, Until: until,
		})
	}
	if err != nil {
		return unreached(err)
	}
	defer w.Body.Close()
	if w.StatusCode != http.StatusOK {
		parsed, err := client.ParseExportAuditResponse(w)
		if _, err = said(parsed, err); err == nil {
			err = fmt.Errorf("the server answers %d", w.StatusCode)
		}
		return err
	}
	to := s.out
	if c.Output != "" {
		// It may hold what others are not to see.
		file, err := os.OpenFile(c.Output, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return fmt.Errorf("export: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		to = file
	}
	if _, err := io.Copy(to, w.Body); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

// instant is a time as a server reads it.
func instant(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return given(t.Format(time.RFC3339Nano))
}

// ask has a server verify one chain, that of the platform when none is named.
func (c auditVerifyCommand) ask(ctx context.Context, s streams) error {
	if len(c.Known) > 0 {
		return usageError("--known: a server is told no heads, compare them with what it prints")
	}
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	var body []byte
	name := c.Workspace
	if name == "" || name == platformName {
		name = platformName
		body, err = said(api.VerifyPlatformAuditWithResponse(ctx))
	} else {
		id, missing := api.workspace(ctx, name)
		if missing != nil {
			return missing
		}
		body, err = said(api.VerifyAuditWithResponse(ctx, id))
	}
	if err != nil {
		return err
	}
	var told client.AuditReport
	if err := json.Unmarshal(body, &told); err != nil {
		return nonsense(err)
	}
	if told.Fault != nil {
		fmt.Fprintln(s.out, clean(fmt.Sprintf("BROKEN  %s: record %d: %s", name, told.Fault.Seq, told.Fault.What)))
		return errors.New("the chain is broken")
	}
	fmt.Fprintln(s.out, clean(fmt.Sprintf("ok      %s: %d records are sound, up to %d", name, told.Checked, told.Head.Seq)))
	fmt.Fprintln(s.out, clean(fmt.Sprintf("        head %s:%d:%s", shownChain(told.Chain), told.Head.Seq, told.Head.Hash)))
	return nil
}
