package storage

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// Tx runs fn in a unit of work, see [DB.Tx].
func (t *Trail) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	return t.db.Tx(ctx, fn)
}

// Append has an event written when the unit ends. Its Num, Seq and Hash are
// given then, whatever it says.
func (t *Trail) Append(ctx context.Context, e audit.Event) error {
	s, err := t.db.writing(ctx)
	if err != nil {
		return err
	}
	e.Detail, e.Before = bytes.Clone(e.Detail), bytes.Clone(e.Before)
	s.unit.mu.Lock()
	defer s.unit.mu.Unlock()
	s.unit.events = append(s.unit.events, e)
	return nil
}

// reading returns a session that sees what was appended in its unit. Writing it
// now keeps the heads locked until the unit ends, and perhaps in another order
// than everybody else's: of two units that wait for each other one is tried
// again.
func (t *Trail) reading(ctx context.Context) (session, error) {
	if u := t.db.unit(ctx); u != nil && !u.over() {
		if err := t.db.chain(ctx, u); err != nil {
			u.fail(err)
			return session{}, err
		}
	}
	return t.db.reading(ctx)
}

// chain writes the events that were appended in a unit, each behind the last of
// its chain. The heads are locked in one order, so that no two units wait for
// each other.
func (db *DB) chain(ctx context.Context, u *unit) error {
	u.mu.Lock()
	events := u.events
	u.events = nil
	u.mu.Unlock()
	if len(events) == 0 {
		return nil
	}
	s := session{db: db.write, conn: u.tx, unit: u}
	heads := map[string]*audit.Head{}
	for _, e := range events {
		heads[e.Workspace] = nil
	}
	for _, chain := range slices.Sorted(maps.Keys(heads)) {
		head, err := s.lockHead(ctx, chain)
		if err != nil {
			return err
		}
		heads[chain] = &head
	}
	rows := make([]eventRow, 0, len(events))
	for _, e := range events {
		head := heads[e.Workspace]
		e.Seq, e.Num = head.Seq+1, 0
		e.Hash = e.Sum(head.Hash)
		head.Seq, head.Hash = e.Seq, e.Hash
		rows = append(rows, eventRowOf(e))
	}
	return s.link(ctx, rows, heads)
}

// lockHead returns the head of a chain, which nobody else can move until the
// transaction ends.
func (s session) lockHead(ctx context.Context, chain string) (audit.Head, error) {
	query := []byte("INSERT INTO audit_heads (workspace_id, seq, hash) VALUES (")
	query = s.db.Dialect().AppendString(query, chain)
	query = append(query, `, 0, '') ON CONFLICT (workspace_id) DO UPDATE SET seq = audit_heads.seq RETURNING seq, hash`...)
	head := audit.Head{Chain: chain}
	err := s.each(ctx, string(query), 2, func(r *record) { head.Seq, head.Hash = r.num(0), r.text(1) })
	if err != nil {
		return head, fmt.Errorf("storage: head of the trail: %w", err)
	}
	return head, nil
}

// link writes events and moves the heads, all on one journey.
func (s session) link(ctx context.Context, rows []eventRow, heads map[string]*audit.Head) error {
	var query []byte
	for some := range slices.Chunk(rows, few) {
		var err error
		if query, err = s.inserts().Model(&some).Returning("NULL").AppendQuery(s.db.QueryGen(), query); err != nil {
			return fmt.Errorf("storage: append events: %w", err)
		}
		query = append(query, "; "...)
	}
	for _, chain := range slices.Sorted(maps.Keys(heads)) {
		query = fmt.Appendf(query, "UPDATE audit_heads SET seq = %d, hash = ", heads[chain].Seq)
		query = s.db.Dialect().AppendString(query, heads[chain].Hash)
		query = s.db.Dialect().AppendString(append(query, " WHERE workspace_id = "...), chain)
		query = append(query, "; "...)
	}
	if err := s.exec(ctx, query); err != nil {
		return fmt.Errorf("storage: append events: %w", err)
	}
	return nil
}

// Chains returns the names of all chains that anything is kept of.
func (t *Trail) Chains(ctx context.Context) ([]string, error) {
	s, err := t.reading(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	err = s.raw(`SELECT workspace_id FROM audit_heads UNION SELECT workspace_id FROM audit_events
		UNION SELECT workspace_id FROM audit_checkpoints`).Scan(ctx, &names)
	if err != nil && !none(err) {
		return nil, fmt.Errorf("storage: chains: %w", err)
	}
	slices.Sort(names)
	return names, nil
}

// Head returns how far a chain has come.
func (t *Trail) Head(ctx context.Context, chain string) (audit.Head, error) {
	head := audit.Head{Chain: chain}
	s, err := t.reading(ctx)
	if err != nil {
		return head, err
	}
	err = s.raw("SELECT seq, hash, unchained FROM audit_heads WHERE workspace_id = ?", chain).
		Scan(ctx, &head.Seq, &head.Hash, &head.Unchained)
	if err != nil && !none(err) {
		return head, fmt.Errorf("storage: head of the trail: %w", err)
	}
	return head, nil
}

// Links returns records of a chain behind another.
func (t *Trail) Links(ctx context.Context, chain string, after audit.Record, limit int) ([]audit.Record, error) {
	s, err := t.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []eventRow
	err = s.selects().Model(&rows).Where("e.workspace_id = ? AND e.seq <> 0", chain).
		Where("(e.seq > ? OR e.seq = ? AND e.num > ?)", after.Seq, after.Seq, after.Num).
		OrderExpr("e.seq, e.num").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("storage: links: %w", err)
	}
	list := make([]audit.Record, 0, len(rows))
	for _, r := range rows {
		link := audit.Record{Event: r.event()}
		if r.Search != searchOf(link.Event) {
			link.Spoiled = "search_fold"
		}
		list = append(list, link)
	}
	return list, nil
}

type checkpointRow struct {
	bun.BaseModel `bun:"table:audit_checkpoints,alias:c"`

	Chain     string  `bun:"workspace_id,pk"`
	Seq       int64   `bun:"seq,pk"`
	Hash      string  `bun:"hash"`
	Removed   int64   `bun:"removed"`
	At        instant `bun:"at"`
	Signature string  `bun:"signature"`
}

// Checkpoint returns the last checkpoint of a chain.
func (t *Trail) Checkpoint(ctx context.Context, chain string) (audit.Checkpoint, error) {
	s, err := t.db.reading(ctx)
	if err != nil {
		return audit.Checkpoint{}, err
	}
	var rows []checkpointRow
	err = s.selects().Model(&rows).Where("c.workspace_id = ?", chain).OrderExpr("c.seq DESC").Limit(1).Scan(ctx)
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("storage: checkpoint: %w", err)
	}
	if len(rows) == 0 {
		return audit.Checkpoint{}, nil
	}
	r := rows[0]
	return audit.Checkpoint{
		Chain: r.Chain, Seq: r.Seq, Hash: r.Hash, Removed: r.Removed, At: r.At.time(), Signature: r.Signature,
	}, nil
}

// Prefix returns the last event of the beginning of a chain that happened
// before a time.
func (t *Trail) Prefix(ctx context.Context, chain string, before time.Time) (audit.Event, bool, error) {
	s, err := t.reading(ctx)
	if err != nil {
		return audit.Event{}, false, err
	}
	var rows []eventRow
	// The first that is not before ends it.
	err = s.selects().Model(&rows).Where("e.workspace_id = ? AND e.seq <> 0", chain).
		Where(`e.seq < COALESCE((SELECT MIN(l.seq) FROM audit_events AS l
			WHERE l.workspace_id = ? AND l.seq <> 0 AND l.at >= ?), e.seq + 1)`, chain, instantOf(before)).
		OrderExpr("e.seq DESC").Limit(1).Scan(ctx)
	if err != nil {
		return audit.Event{}, false, fmt.Errorf("storage: prefix: %w", err)
	}
	if len(rows) == 0 {
		return audit.Event{}, false, nil
	}
	return rows[0].event(), true, nil
}

// Forget deletes the events that a checkpoint is for, and keeps that.
func (t *Trail) Forget(ctx context.Context, c audit.Checkpoint, before time.Time) (int64, error) {
	if _, err := t.db.writing(ctx); err != nil {
		return 0, err
	}
	s, err := t.reading(ctx)
	if err != nil {
		return 0, err
	}
	linked, err := s.forget(ctx, "workspace_id = ? AND seq <> 0 AND seq <= ?", c.Chain, c.Seq)
	if err != nil {
		return 0, err
	}
	loose, err := s.forget(ctx, "workspace_id = ? AND seq = 0 AND at < ?", c.Chain, instantOf(before))
	if err != nil {
		return 0, err
	}
	if loose > 0 {
		_, err := s.raw("UPDATE audit_heads SET unchained = unchained - ? WHERE workspace_id = ?", loose, c.Chain).Exec(ctx)
		if err != nil {
			return 0, fmt.Errorf("storage: count what is left: %w", err)
		}
	}
	row := checkpointRow{Chain: c.Chain, Seq: c.Seq, Hash: c.Hash, Removed: c.Removed, At: instantOf(c.At), Signature: c.Signature}
	_, err = s.inserts().Model(&row).On("CONFLICT (workspace_id, seq) DO UPDATE").
		Set("hash = EXCLUDED.hash, removed = EXCLUDED.removed, at = EXCLUDED.at, signature = EXCLUDED.signature").Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: keep checkpoint: %w", err)
	}
	return linked + loose, nil
}

func (s session) forget(ctx context.Context, where string, args ...any) (int64, error) {
	res, err := s.raw("DELETE FROM audit_events WHERE "+where, args...).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: forget events: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("storage: rows affected: %w", err)
	}
	return n, nil
}
