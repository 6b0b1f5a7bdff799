package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

// mostInvited is how many the server takes at once.
const mostInvited = 500

// many invites everybody in the file, who gets what the flags say where his row
// says nothing, and prints an answer for each.
func (c inviteCommand) many(ctx context.Context, s streams, api *remote, id string, wanted client.InvitationNew) error {
	file := s.in
	if c.File != "-" {
		opened, err := os.Open(c.File)
		if err != nil {
			return fmt.Errorf("invite: %w", err)
		}
		defer func() { _ = opened.Close() }() // it was only read
		file = opened
	}
	rows, err := readRows(file)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	list := make([]client.InvitationNew, 0, len(rows))
	for _, row := range rows {
		one := wanted
		one.Email = given(row["email"])
		if roles := between(row["roles"]); roles != nil {
			one.Roles = &roles
		}
		if groups := between(row["groups"]); groups != nil {
			if one.Groups, err = api.groupsNamed(ctx, id, groups); err != nil {
				return err
			}
		}
		if text := row["language"]; text != "" {
			one.Language = &text
		}
		if text := row["expires"]; text != "" {
			one.Expires = &text
		}
		list = append(list, one)
	}
	var answers []json.RawMessage
	for some := range slices.Chunk(list, mostInvited) {
		body, err := said(api.CreateInvitationsWithResponse(ctx, id, client.InvitationsNew{Invitations: some}))
		if err != nil {
			return err
		}
		var page struct {
			Items []json.RawMessage `json:"items"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return nonsense(err)
		}
		if len(page.Items) != len(some) {
			return nonsense(errors.New("there is not an answer for each"))
		}
		answers = append(answers, page.Items...)
	}
	return c.answer(s, list, answers)
}

// answer prints what came of each invitation, and fails when one was refused.
func (c inviteCommand) answer(s streams, list []client.InvitationNew, answers []json.RawMessage) error {
	refused := 0
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	if c.Output == "table" {
		fmt.Fprintln(table, "ROW\tFOR\tANSWER\tEXPIRES\tID")
	}
	for i, raw := range answers {
		var one client.Invited
		if err := json.Unmarshal(raw, &one); err != nil {
			return nonsense(err)
		}
		answer, expires, id := "invited", "", ""
		switch {
		case one.Problem != nil:
			refused++
			answer = client.Refused(one.Problem).Error()
		case one.Invitation != nil:
			expires, id = shownTime(one.Invitation.Expires), one.Invitation.ID
			if one.Status == http.StatusOK {
				answer = "sent again"
			}
		}
		switch {
		case c.Output == "table":
			fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\n", i+1, shown(value(list[i].Email)), shown(answer), shown(expires), shown(id))
		case c.Output == "id" && id != "":
			fmt.Fprintln(s.out, id)
		}
	}
	if c.Output == "json" {
		err := listJSON(s.out, 0, func(*string, *int) ([]byte, error) { return json.Marshal(map[string]any{"items": answers}) })
		if err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if refused > 0 {
		return fmt.Errorf("%d of %d were not invited", refused, len(answers))
	}
	fmt.Fprintf(s.err, "invited %d\n", len(answers))
	return nil
}

// readRows reads a CSV file whose first line names the columns.
func readRows(file io.Reader) ([]map[string]string, error) {
	reader := csv.NewReader(file)
	reader.TrimLeadingSpace = true
	lines, err := reader.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(lines) < 2 {
		return nil, errors.New("expected a line with the names of the columns, and one for each invitation")
	}
	heads := lines[0]
	for i, head := range heads {
		head = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(head, "\uFEFF"))) // which spreadsheets write
		if !slices.Contains([]string{"email", "roles", "groups", "language", "expires"}, head) {
			return nil, fmt.Errorf("column %q: expected email, roles, groups, language or expires", clean(heads[i]))
		}
		heads[i] = head
	}
	if !slices.Contains(heads, "email") {
		return nil, errors.New("expected a column email")
	}
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, head := range heads {
			row[head] = strings.TrimSpace(line[i])
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// between returns the texts between semicolons, nil for none.
func between(text string) []string {
	var list []string
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}
