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

	Num          int64         `bun:"num,pk,autoincrement"`
	ID           audit.EventID `bun:"id"`
	At           instant       `bun:"at"`
	Principal    int64         `bun:"principal"`
	Actor        string        `bun:"actor"`
	Via          string        `bun:"via"`
	Address      string        `bun:"address"`
	Action       string        `bun:"action"`
	Workspace    string        `bun:"workspace_id"`
	Organization string        `bun:"organization_id"`
	ObjectKind   string        `bun:"object_kind"`
	ObjectID     string        `bun:"object_id"`
	ObjectName   string        `bun:"object_name"`
	Detail       string        `bun:"detail"`
}

func (r eventRow) event() audit.Event {
	e := audit.Event{
		ID: r.ID, Num: r.Num, At: r.At.time(), Principal: r.Principal, Actor: r.Actor, Via: r.Via,
		Address: r.Address, Action: r.Action, Workspace: r.Workspace, Organization: r.Organization,
		Object: audit.Object{Kind: r.ObjectKind, ID: r.ObjectID, Name: r.ObjectName},
	}
	if r.Detail != "" {
		e.Detail = json.RawMessage(r.Detail)
	}
	return e
}

// Append stores an event. Its Num is given here, whatever it says.
func (t *Trail) Append(ctx context.Context, e audit.Event) error {
	s, err := t.db.writing(ctx)
	if err != nil {
		return err
	}
	row := eventRow{
		ID: e.ID, At: instantOf(e.At), Principal: e.Principal, Actor: e.Actor, Via: e.Via,
		Address: e.Address, Action: e.Action, Workspace: e.Workspace, Organization: e.Organization,
		ObjectKind: e.Object.Kind, ObjectID: e.Object.ID, ObjectName: e.Object.Name, Detail: string(e.Detail),
	}
	if _, err := s.inserts().Model(&row).Exec(ctx); err != nil {
		return fmt.Errorf("storage: append event %s: %w", e.ID, err)
	}
	return nil
}

func chooseEvents(q *bun.SelectQuery, f audit.Filter) *bun.SelectQuery {
	for _, is := range []struct{ column, value string }{
		{"e.workspace_id", f.Workspace},
		{"e.organization_id", f.Organization},
		{"e.object_kind", f.Object.Kind},
		{"e.object_id", f.Object.ID},
		{"e.object_name", f.Object.Name},
	} {
		if is.value != "" {
			q = q.Where("? = ?", bun.Ident(is.column), is.value)
		}
	}
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
	s, err := t.db.reading(ctx)
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
	s, err := t.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	n, err := chooseEvents(s.selects().Model((*eventRow)(nil)), f).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count events: %w", err)
	}
	return int(n), nil
}
