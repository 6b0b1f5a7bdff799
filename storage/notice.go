package storage

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

type noticeRow struct {
	bun.BaseModel `bun:"table:mail_notices,alias:n"`

	Num          int64         `bun:"num,pk,autoincrement"`
	Organization *string       `bun:"organization_id"`
	Name         string        `bun:"name"`
	Occasion     mail.Occasion `bun:"occasion"`
	Subject      string        `bun:"subject"`
	Body         string        `bun:"body"`
	Created      instant       `bun:"created"`
	Updated      instant       `bun:"updated"`
}

func noticeRowOf(n mail.Notice) noticeRow {
	row := noticeRow{
		Num: n.Num, Name: n.Name, Occasion: n.Occasion, Subject: n.Subject, Body: n.Body,
		Created: instantOf(n.Created), Updated: instantOf(n.Updated),
	}
	if n.Organization != "" {
		row.Organization = &n.Organization
	}
	return row
}

func (r noticeRow) notice() mail.Notice {
	n := mail.Notice{
		Num: r.Num, Name: r.Name, Occasion: r.Occasion, Subject: r.Subject, Body: r.Body,
		Created: r.Created.time(), Updated: r.Updated.time(),
	}
	if r.Organization != nil {
		n.Organization = *r.Organization
	}
	return n
}

func chooseNotices(q *bun.SelectQuery, f mail.NoticeFilter) *bun.SelectQuery {
	q = oneOf(q, "n.num", f.Nums)
	if f.Organizations == nil || !f.Platform {
		return oneOf(q, "n.organization_id", f.Organizations)
	}
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Where("n.organization_id IS NULL")
		if len(f.Organizations) == 0 {
			return q
		}
		return q.WhereOr("n.organization_id IN (?)", bun.List(f.Organizations))
	})
}

// searched narrows a filter that searches to the numbers of what it finds. Names
// are not kept folded: there are few of them.
func (m *Mail) searched(ctx context.Context, f mail.NoticeFilter) (mail.NoticeFilter, error) {
	if f.Search == "" {
		return f, nil
	}
	s, err := m.db.reading(ctx)
	if err != nil {
		return f, err
	}
	var rows []noticeRow
	if err := chooseNotices(s.selects().Model(&rows).Column("num", "name"), f).Scan(ctx); err != nil {
		return f, fmt.Errorf("storage: notices: %w", err)
	}
	f.Nums = []int64{}
	for _, r := range rows {
		if strings.Contains(fold(r.Name), fold(f.Search)) {
			f.Nums = append(f.Nums, r.Num)
		}
	}
	return f, nil
}

// Notices returns the notices that a filter chooses.
func (m *Mail) Notices(ctx context.Context, f mail.NoticeFilter) ([]mail.Notice, error) {
	s, err := m.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	if f, err = m.searched(ctx, f); err != nil {
		return nil, err
	}
	var rows []noticeRow
	if err := page(chooseNotices(s.selects().Model(&rows), f), "n.num", false, f.Offset, f.Limit).Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: notices: %w", err)
	}
	list := make([]mail.Notice, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.notice())
	}
	return list, nil
}

// CountNotices returns how many notices a filter chooses, whatever its bounds.
func (m *Mail) CountNotices(ctx context.Context, f mail.NoticeFilter) (int, error) {
	s, err := m.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	if f, err = m.searched(ctx, f); err != nil {
		return 0, err
	}
	n, err := chooseNotices(s.selects().Model((*noticeRow)(nil)), f).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count notices: %w", err)
	}
	return int(n), nil
}

// AddNotice stores a new notice and numbers it.
func (m *Mail) AddNotice(ctx context.Context, n mail.Notice) (mail.Notice, error) {
	s, err := m.db.writing(ctx)
	if err != nil {
		return mail.Notice{}, err
	}
	row := noticeRowOf(n)
	row.Num = 0
	_, err = s.inserts().Model(&row).Returning("num").Exec(ctx)
	if isForeign(err) {
		return mail.Notice{}, fmt.Errorf("%w: organization %s: %w", mail.ErrNotFound, n.Organization, err)
	}
	if err != nil {
		return mail.Notice{}, fmt.Errorf("storage: notice: %w", err)
	}
	n.Num = row.Num
	return n, nil
}

// SaveNotice stores what can change of a notice.
func (m *Mail) SaveNotice(ctx context.Context, n mail.Notice) error {
	s, err := m.db.writing(ctx)
	if err != nil {
		return err
	}
	res, err := s.updates().Table("mail_notices").
		Set("name = ?", n.Name).Set("occasion = ?", n.Occasion).Set("subject = ?", n.Subject).Set("body = ?", n.Body).
		Set("updated = ?", instantOf(n.Updated)).Where("num = ?", n.Num).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: notice %d: %w", n.Num, err)
	}
	ok, err := changed(res)
	if err == nil && !ok {
		err = fmt.Errorf("%w: notice %d", mail.ErrNotFound, n.Num)
	}
	return err
}

// DeleteNotice deletes a notice.
func (m *Mail) DeleteNotice(ctx context.Context, num int64) error {
	s, err := m.db.writing(ctx)
	if err != nil {
		return err
	}
	res, err := s.raw("DELETE FROM mail_notices WHERE num = ?", num).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: delete notice %d: %w", num, err)
	}
	ok, err := changed(res)
	if err == nil && !ok {
		err = fmt.Errorf("%w: notice %d", mail.ErrNotFound, num)
	}
	return err
}
