package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// Mail is the [mail.Store] of a database.
type Mail struct{ db *DB }

var _ mail.Store = (*Mail)(nil)

// Mail returns the store of letters and of organizations' templates.
func (db *DB) Mail() *Mail { return &Mail{db: db} }

// Tx runs fn in a unit of work, see [DB.Tx].
func (m *Mail) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	return m.db.Tx(ctx, fn)
}

type letterRow struct {
	bun.BaseModel `bun:"table:letters,alias:l"`

	Num          int64         `bun:"num,pk,autoincrement"`
	ID           mail.LetterID `bun:"id"`
	Kind         mail.Kind     `bun:"kind"`
	Language     string        `bun:"language"`
	To           string        `bun:"recipient"`
	Organization string        `bun:"organization_id"`
	State        mail.State    `bun:"state"`
	Sealed       string        `bun:"sealed"`
	Attempts     int           `bun:"attempts"`
	Reason       string        `bun:"reason"`
	Created      instant       `bun:"created"`
	Due          instant       `bun:"due"`
	Ended        instant       `bun:"ended"`
}

func (r letterRow) letter() mail.Letter {
	return mail.Letter{
		ID: r.ID, Kind: r.Kind, Language: r.Language, To: r.To, Organization: r.Organization, State: r.State,
		Attempts: r.Attempts, Reason: r.Reason, Created: r.Created.time(), Due: r.Due.time(), Ended: r.Ended.time(),
	}
}

// AddLetter stores a new letter with what it says, sealed.
func (m *Mail) AddLetter(ctx context.Context, l mail.Letter, sealed string) error {
	s, err := m.db.writing(ctx)
	if err != nil {
		return err
	}
	row := letterRow{
		ID: l.ID, Kind: l.Kind, Language: l.Language, To: l.To, Organization: l.Organization, State: l.State,
		Sealed: sealed, Attempts: l.Attempts, Reason: l.Reason, Created: instantOf(l.Created), Due: instantOf(l.Due),
		Ended: instantOf(l.Ended),
	}
	if _, err := s.inserts().Model(&row).Exec(ctx); err != nil {
		return fmt.Errorf("storage: letter %s: %w", l.ID, err)
	}
	return nil
}

// due is the condition of letters that may be taken. It is that of their index.
const due = "state IN ('waiting', 'sending') AND due <= ?"

// Due reports whether a letter is due.
func (m *Mail) Due(ctx context.Context, now time.Time) (bool, error) {
	s, err := m.db.reading(ctx)
	if err != nil {
		return false, err
	}
	var one int
	err = s.raw("SELECT 1 FROM letters WHERE "+due+" LIMIT 1", instantOf(now)).Scan(ctx, &one)
	if err != nil && !none(err) {
		return false, fmt.Errorf("storage: letters due: %w", err)
	}
	return err == nil, nil
}

// Claim takes the letter that has been due longest.
func (m *Mail) Claim(ctx context.Context, now, until time.Time) (mail.Letter, string, error) {
	s, err := m.db.writing(ctx)
	if err != nil {
		return mail.Letter{}, "", err
	}
	choose := "SELECT num FROM letters WHERE " + due + " ORDER BY due, num LIMIT 1"
	if m.db.postgres() {
		// Who claims at the same time takes the next one and waits for nobody.
		choose += " FOR UPDATE SKIP LOCKED"
	}
	var row letterRow
	err = s.raw("UPDATE letters SET state = 'sending', due = ?, attempts = attempts + 1 WHERE num = ("+choose+") AND "+due+" RETURNING *",
		instantOf(until), instantOf(now), instantOf(now)).Scan(ctx, &row)
	if none(err) {
		return mail.Letter{}, "", mail.ErrNotFound
	}
	if err != nil {
		return mail.Letter{}, "", fmt.Errorf("storage: claim a letter: %w", err)
	}
	return row.letter(), row.Sealed, nil
}

// Settle stores what came of a letter that was claimed.
func (m *Mail) Settle(ctx context.Context, l mail.Letter) error {
	s, err := m.db.writing(ctx)
	if err != nil {
		return err
	}
	q := s.updates().Table("letters").
		Set("state = ?", l.State).Set("reason = ?", l.Reason).Set("due = ?", instantOf(l.Due)).Set("ended = ?", instantOf(l.Ended)).
		// The attempt is whose it is: whoever claimed it later made one more.
		Where("id = ?", l.ID).Where("state = 'sending'").Where("attempts = ?", l.Attempts)
	if l.State == mail.Sent || l.State == mail.Failed {
		q = q.Set("sealed = ''")
	}
	res, err := q.Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: letter %s: %w", l.ID, err)
	}
	ok, err := changed(res)
	if err == nil && !ok {
		err = fmt.Errorf("%w: letter %s, attempt %d", mail.ErrNotFound, l.ID, l.Attempts)
	}
	return err
}

// Forget deletes the letters that ended before a time.
func (m *Mail) Forget(ctx context.Context, before time.Time) (int, error) {
	s, err := m.db.writing(ctx)
	if err != nil {
		return 0, err
	}
	res, err := s.raw("DELETE FROM letters WHERE state IN ('sent', 'failed') AND ended < ?", instantOf(before)).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: forget letters: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("storage: rows affected: %w", err)
	}
	return int(n), nil
}

func chooseLetters(q *bun.SelectQuery, f mail.LetterFilter) *bun.SelectQuery {
	q = oneOf(oneOf(oneOf(q, "l.id", f.IDs), "l.state", f.States), "l.kind", f.Kinds)
	if f.Organization != "" {
		q = q.Where("l.organization_id = ?", f.Organization)
	}
	if f.To != "" {
		q = q.Where("l.recipient = ?", f.To)
	}
	return q
}

// Letters returns the letters that a filter chooses.
func (m *Mail) Letters(ctx context.Context, f mail.LetterFilter) ([]mail.Letter, error) {
	s, err := m.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []letterRow
	if err := page(chooseLetters(s.selects().Model(&rows), f), "l.num", f.Newest, f.Offset, f.Limit).Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: letters: %w", err)
	}
	list := make([]mail.Letter, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.letter())
	}
	return list, nil
}

// CountLetters returns how many letters a filter chooses, whatever its bounds.
func (m *Mail) CountLetters(ctx context.Context, f mail.LetterFilter) (int, error) {
	s, err := m.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	n, err := chooseLetters(s.selects().Model((*letterRow)(nil)), f).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count letters: %w", err)
	}
	return int(n), nil
}

type templateRow struct {
	bun.BaseModel `bun:"table:mail_templates,alias:t"`

	Organization string    `bun:"organization_id,pk"`
	Kind         mail.Kind `bun:"kind,pk"`
	Language     string    `bun:"language,pk"`
	Subject      string    `bun:"subject"`
	Plain        string    `bun:"plain"`
	HTML         string    `bun:"html"`
	Updated      instant   `bun:"updated"`
}

// Templates lists those of an organization.
func (m *Mail) Templates(ctx context.Context, organization string) ([]mail.Template, error) {
	s, err := m.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []templateRow
	err = s.selects().Model(&rows).Where("t.organization_id = ?", organization).OrderExpr("t.kind, t.language").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("storage: templates of mails: %w", err)
	}
	list := make([]mail.Template, 0, len(rows))
	for _, r := range rows {
		list = append(list, mail.Template{
			Kind: r.Kind, Language: r.Language, Subject: r.Subject, Text: r.Plain, HTML: r.HTML, Custom: true, Updated: r.Updated.time(),
		})
	}
	return list, nil
}

// PutTemplate stores a template of an organization, new or not.
func (m *Mail) PutTemplate(ctx context.Context, organization string, t mail.Template) error {
	s, err := m.db.writing(ctx)
	if err != nil {
		return err
	}
	row := templateRow{
		Organization: organization, Kind: t.Kind, Language: t.Language, Subject: t.Subject, Plain: t.Text, HTML: t.HTML,
		Updated: instantOf(t.Updated),
	}
	_, err = s.inserts().Model(&row).On("CONFLICT (organization_id, kind, language) DO UPDATE").
		Set("subject = excluded.subject, plain = excluded.plain, html = excluded.html, updated = excluded.updated").Exec(ctx)
	if isForeign(err) {
		return fmt.Errorf("%w: organization %s: %w", mail.ErrNotFound, organization, err)
	}
	if err != nil {
		return fmt.Errorf("storage: template of mails: %w", err)
	}
	return nil
}

// DeleteTemplate deletes a template of an organization.
func (m *Mail) DeleteTemplate(ctx context.Context, organization string, k mail.Kind, language string) error {
	s, err := m.db.writing(ctx)
	if err != nil {
		return err
	}
	res, err := s.raw("DELETE FROM mail_templates WHERE organization_id = ? AND kind = ? AND language = ?",
		organization, k, language).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: delete template of mails: %w", err)
	}
	ok, err := changed(res)
	if err == nil && !ok {
		err = fmt.Errorf("%w: template %s.%s", mail.ErrNotFound, k, language)
	}
	return err
}
