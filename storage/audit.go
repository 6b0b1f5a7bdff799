package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// Trail is the [audit.Store] of a database.
type Trail struct{ db *DB }

var _ audit.Store = (*Trail)(nil)

// Trail returns the store of the trail.
func (db *DB) Trail() *Trail { return &Trail{db: db} }

type eventRow struct {
	bun.BaseModel `bun:"table:audit_events,alias:e"`

	Num             int64         `bun:"num,pk,autoincrement"`
	ID              audit.EventID `bun:"id"`
	At              instant       `bun:"at"`
	Principal       int64         `bun:"principal"`
	Actor           string        `bun:"actor"`
	Via             string        `bun:"via"`
	Address         string        `bun:"address"`
	Credential      string        `bun:"credential"`
	Behalf          string        `bun:"behalf"`
	BehalfPrincipal int64         `bun:"behalf_principal"`
	Action          string        `bun:"action"`
	Workspace       string        `bun:"workspace_id"`
	Organization    string        `bun:"organization_id"`
	ObjectKind      string        `bun:"object_kind"`
	ObjectID        string        `bun:"object_id"`
	ObjectName      string        `bun:"object_name"`
	Outcome         audit.Outcome `bun:"outcome"`
	Reason          string        `bun:"reason"`
	Detail          string        `bun:"detail"`
	Before          string        `bun:"before"`
	Search          string        `bun:"search_fold"`
	Seq             int64         `bun:"seq"`
	Hash            string        `bun:"hash"`
}

func (r eventRow) event() audit.Event {
	e := audit.Event{
		ID: r.ID, Num: r.Num, Seq: r.Seq, Hash: r.Hash, At: r.At.time(), Principal: r.Principal, Actor: r.Actor, Via: r.Via,
		Address: r.Address, Credential: r.Credential, Behalf: r.Behalf, BehalfPrincipal: r.BehalfPrincipal,
		Action: r.Action, Workspace: r.Workspace, Organization: r.Organization,
		Object:  audit.Object{Kind: r.ObjectKind, ID: r.ObjectID, Name: r.ObjectName},
		Outcome: r.Outcome, Reason: r.Reason,
	}
	if r.Detail != "" {
		e.Detail = json.RawMessage(r.Detail)
	}
	if r.Before != "" {
		e.Before = json.RawMessage(r.Before)
	}
	return e
}

func eventRowOf(e audit.Event) eventRow {
	return eventRow{
		ID: e.ID, At: instantOf(e.At), Principal: e.Principal, Actor: e.Actor, Via: e.Via, Address: e.Address,
		Credential: e.Credential, Behalf: e.Behalf, BehalfPrincipal: e.BehalfPrincipal,
		Action: e.Action, Workspace: e.Workspace, Organization: e.Organization,
		ObjectKind: e.Object.Kind, ObjectID: e.Object.ID, ObjectName: e.Object.Name,
		Outcome: e.Outcome, Reason: e.Reason, Detail: string(e.Detail), Before: string(e.Before),
		Search: searchOf(e), Seq: e.Seq, Hash: e.Hash,
	}
}

// searchOf is what an event is found by.
func searchOf(e audit.Event) string { return fold(e.Actor + "\n" + e.Behalf + "\n" + e.Object.Name) }

func chooseEvents(q *bun.SelectQuery, f audit.Filter) *bun.SelectQuery {
	for _, is := range []struct{ column, value string }{
		{"e.workspace_id", f.Workspace},
		{"e.organization_id", f.Organization},
		{"e.credential", f.Credential},
		{"e.address", f.Address},
		{"e.object_kind", f.Object.Kind},
		{"e.object_id", f.Object.ID},
		{"e.object_name", f.Object.Name},
	} {
		if is.value != "" {
			q = q.Where("? = ?", bun.Ident(is.column), is.value)
		}
	}
	if f.Platform {
		q = q.Where("e.workspace_id = ''")
	}
	if f.Unchained {
		q = q.Where("e.seq = 0")
	}
	if f.Principal != 0 {
		q = q.Where("(e.principal = ? OR e.behalf_principal = ?)", f.Principal, f.Principal)
	}
	switch f.Outcome {
	case "":
	case audit.Allowed:
		q = q.Where("e.outcome IN ('', ?)", audit.Allowed)
	default:
		q = q.Where("e.outcome = ?", f.Outcome)
	}
	q = contains(q, f.Search, "e.search_fold")
	if len(f.Actions) > 0 {
		q = q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
			for _, action := range f.Actions {
				// LIKE would not tell cases apart on SQLite.
				q = q.WhereOr("substr(e.action, 1, ?) = ?", utf8.RuneCountInString(action), action)
			}
			return q
		})
	}
	if !f.Since.IsZero() {
		q = q.Where("e.at >= ?", instantOf(f.Since))
	}
	if !f.Until.IsZero() {
		q = q.Where("e.at < ?", instantOf(f.Until))
	}
	if f.After != 0 && f.Newest {
		q = q.Where("e.num < ?", f.After)
	} else if f.After != 0 {
		q = q.Where("e.num > ?", f.After)
	}
	return q
}

// List returns the events that a filter chooses.
func (t *Trail) List(ctx context.Context, f audit.Filter) ([]audit.Event, error) {
	s, err := t.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []eventRow
	if err := page(chooseEvents(s.selects().Model(&rows), f), "e.num", f.Newest, f.Offset, f.Limit).Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: events: %w", err)
	}
	list := make([]audit.Event, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.event())
	}
	return list, nil
}

// Count returns how many events a filter chooses, whatever its bounds.
func (t *Trail) Count(ctx context.Context, f audit.Filter) (int, error) {
	s, err := t.reading(ctx)
	if err != nil {
		return 0, err
	}
	n, err := chooseEvents(s.selects().Model((*eventRow)(nil)), f).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count events: %w", err)
	}
	return int(n), nil
}
