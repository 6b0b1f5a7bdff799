package audit

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// A Writer writes events one after the other.
type Writer interface {
	Write(e Event) error
	// Flush writes what is still to be written, the heading of a table without
	// rows included.
	Flush() error
}

// A Line is an event as it is exported.
type Line struct {
	Num             int64           `json:"num"`
	ID              EventID         `json:"id"`
	At              string          `json:"at"`
	Actor           string          `json:"actor"`
	Principal       int64           `json:"principal"`
	Via             string          `json:"via,omitempty"`
	Address         string          `json:"address,omitempty"`
	Credential      string          `json:"credential,omitempty"`
	Behalf          string          `json:"behalf,omitempty"`
	BehalfPrincipal int64           `json:"behalf_principal,omitempty"`
	Action          string          `json:"action"`
	Outcome         Outcome         `json:"outcome"`
	Reason          string          `json:"reason,omitempty"`
	Workspace       string          `json:"workspace,omitempty"`
	Organization    string          `json:"organization,omitempty"`
	ObjectKind      string          `json:"object_kind,omitempty"`
	ObjectID        string          `json:"object_id,omitempty"`
	ObjectName      string          `json:"object_name,omitempty"`
	Before          json.RawMessage `json:"before,omitempty"`
	Detail          json.RawMessage `json:"detail,omitempty"`
	Seq             int64           `json:"seq,omitempty"`
	Hash            string          `json:"hash,omitempty"`
}

// LineOf returns an event as it is exported: one that was done says so.
func LineOf(e Event) Line {
	l := Line{
		Num: e.Num, ID: e.ID, At: e.At.UTC().Format(time.RFC3339Nano), Actor: e.Actor, Principal: e.Principal,
		Via: e.Via, Address: e.Address, Credential: e.Credential, Behalf: e.Behalf, BehalfPrincipal: e.BehalfPrincipal,
		Action: e.Action, Outcome: e.Outcome, Reason: e.Reason, Workspace: e.Workspace, Organization: e.Organization,
		ObjectKind: e.Object.Kind, ObjectID: e.Object.ID, ObjectName: e.Object.Name,
		Before: sound(e.Before), Detail: sound(e.Detail), Seq: e.Seq, Hash: e.Hash,
	}
	if l.Outcome == "" {
		l.Outcome = Allowed
	}
	return l
}

// sound returns what is no JSON, which only somebody beside the service writes,
// as a text: it is to be seen, and not to end the export.
func sound(text json.RawMessage) json.RawMessage {
	if len(text) == 0 || json.Valid(text) {
		return text
	}
	quoted, err := json.Marshal(string(text))
	if err != nil {
		return nil
	}
	return quoted
}

// JSONLines writes each event as a JSON object on a line of its own.
type JSONLines struct{ encoder *json.Encoder }

// NewJSONLines makes a writer.
func NewJSONLines(w io.Writer) *JSONLines {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return &JSONLines{encoder: encoder}
}

// Write writes a line.
func (j *JSONLines) Write(e Event) error {
	if err := j.encoder.Encode(LineOf(e)); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// Flush does nothing: every line was written.
func (*JSONLines) Flush() error { return nil }

// CSV writes a table (RFC 4180) with a heading, a row an event. A cell that a
// spreadsheet would take for a formula has an apostrophe before it.
type CSV struct {
	table  *csv.Writer
	headed bool
}

// NewCSV makes a writer.
func NewCSV(w io.Writer) *CSV { return &CSV{table: csv.NewWriter(w)} }

func heading() []string {
	return []string{
		"num", "id", "at", "actor", "principal", "via", "address", "credential", "behalf", "behalf_principal",
		"action", "outcome", "reason", "workspace", "organization", "object_kind", "object_id", "object_name",
		"before", "detail", "seq", "hash",
	}
}

func (c *CSV) head() error {
	if c.headed {
		return nil
	}
	c.headed = true
	return c.table.Write(heading()) //nolint:wrapcheck // by the callers
}

// Write writes a row.
func (c *CSV) Write(e Event) error {
	if err := c.head(); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	l := LineOf(e)
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	err := c.table.Write([]string{
		number(l.Num), inert(string(l.ID)), l.At, inert(l.Actor), number(l.Principal), inert(l.Via), inert(l.Address),
		inert(l.Credential), inert(l.Behalf), number(l.BehalfPrincipal), inert(l.Action), inert(string(l.Outcome)),
		inert(l.Reason), inert(l.Workspace), inert(l.Organization), inert(l.ObjectKind), inert(l.ObjectID),
		inert(l.ObjectName), inert(string(l.Before)), inert(string(l.Detail)), number(l.Seq), l.Hash,
	})
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// Flush writes what is left.
func (c *CSV) Flush() error {
	if err := c.head(); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	c.table.Flush()
	if err := c.table.Error(); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// inert returns a text that no spreadsheet computes. Some of them look past
// spaces, and take the wide forms of the signs for the signs.
func inert(text string) string {
	first := strings.TrimLeft(text, " \u00a0")
	if first != "" && strings.ContainsAny(first[:1], "=+-@\t\r\n") ||
		strings.HasPrefix(first, "＝") || strings.HasPrefix(first, "＋") || strings.HasPrefix(first, "－") || strings.HasPrefix(first, "＠") {
		return "'" + text
	}
	return text
}
