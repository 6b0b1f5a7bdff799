package storagetest

import (
	"context"
	"errors"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// Notices tests [mail.NoticeStore].
func Notices(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"adding and reading":         noticeAdd,
		"numbers are not used again": noticeNumbers,
		"filters choose":             noticeFilters,
		"saving":                     noticeSave,
		"deleting":                   noticeDelete,
		"with their organization":    noticeOrganization,
		"nothing outside a unit":     noticeNoUnit,
		"nothing is kept of a half":  noticeSweep,
	})
}

func freshNotice(organization, name string) mail.Notice {
	return mail.Notice{
		Organization: organization, Name: name, Occasion: mail.NewUser, Subject: "Sujet {{ user.name }}", Body: "<p>'\"\n%_\\é</p>",
		Created: at(1), Updated: at(2),
	}
}

func (s *sample) notice(n mail.Notice) mail.Notice {
	s.t.Helper()
	var added mail.Notice
	s.must(func(ctx context.Context) (err error) {
		added, err = s.Mail.AddNotice(ctx, n)
		return err
	})
	return added
}

func (s *sample) notices(what string, f mail.NoticeFilter, want ...mail.Notice) {
	s.t.Helper()
	nums := []int64{}
	for _, n := range want {
		nums = append(nums, n.Num)
	}
	chooses(s.t, what, func(n mail.Notice) int64 { return n.Num }, nums,
		func(offset, limit int) ([]mail.Notice, error) {
			f.Offset, f.Limit = offset, limit
			return s.Mail.Notices(s.t.Context(), f)
		}, func(offset, limit int) (int, error) {
			f.Offset, f.Limit = offset, limit
			return s.Mail.CountNotices(s.t.Context(), f)
		})
}

func (s *sample) readNotice(num int64) mail.Notice {
	s.t.Helper()
	list, err := s.Mail.Notices(s.t.Context(), mail.NoticeFilter{Nums: []int64{num}})
	return one(s.t, list, err)
}

func noticeAdd(s *sample) {
	ours := freshNotice(string(s.organization("o").ID), "ours")
	ours.Num = 3 // is the store's to give
	alls := freshNotice("", "all's")
	alls.Occasion = mail.Reminder
	for _, n := range []mail.Notice{ours, alls} {
		got := s.notice(n)
		if got.Num < 11 {
			s.t.Errorf("number %d, want 11 or more", got.Num)
		}
		n.Num = got.Num
		equal(s.t, "what is added", got, n)
		equal(s.t, "what is read", s.readNotice(n.Num), n)
	}
	s.refused(mail.ErrNotFound, func(ctx context.Context) error {
		_, err := s.Mail.AddNotice(ctx, freshNotice("nobody", "n"))
		return err
	})
}

func noticeNumbers(s *sample) {
	last := int64(0)
	for range 3 {
		n := s.notice(freshNotice("", "n"))
		if n.Num <= last {
			s.t.Errorf("number %d after %d", n.Num, last)
		}
		last = n.Num
		s.must(func(ctx context.Context) error { return s.Mail.DeleteNotice(ctx, n.Num) })
	}
}

func noticeFilters(s *sample) {
	o, p := string(s.organization("o").ID), string(s.organization("p").ID)
	s.notices("none yet", mail.NoticeFilter{})
	a, b := s.notice(freshNotice(o, "Ein GRUß")), s.notice(freshNotice(p, "100%_b"))
	c, d := s.notice(freshNotice("", "ein gruss an alle")), s.notice(freshNotice(o, "100 b"))
	s.notices("all", mail.NoticeFilter{}, a, b, c, d)
	s.notices("all, and everybody's", mail.NoticeFilter{Platform: true}, a, b, c, d)
	s.notices("of one", mail.NoticeFilter{Organizations: []string{o}}, a, d)
	s.notices("of one and everybody's", mail.NoticeFilter{Organizations: []string{o}, Platform: true}, a, c, d)
	s.notices("of both", mail.NoticeFilter{Organizations: []string{o, p}}, a, b, d)
	s.notices("everybody's", mail.NoticeFilter{Organizations: []string{}, Platform: true}, c)
	s.notices("of none", mail.NoticeFilter{Organizations: []string{}})
	s.notices("of another", mail.NoticeFilter{Organizations: []string{"nobody"}})
	s.notices("by number", mail.NoticeFilter{Nums: []int64{d.Num, b.Num, 1}}, b, d)
	s.notices("by no number", mail.NoticeFilter{Nums: []int64{}})
	s.notices("by number of another", mail.NoticeFilter{Nums: []int64{b.Num}, Organizations: []string{o}, Platform: true})
	s.notices("by name", mail.NoticeFilter{Search: "GRUSS"}, a, c)
	s.notices("by name of one", mail.NoticeFilter{Search: "gruß", Organizations: []string{o}}, a)
	s.notices("by name and number", mail.NoticeFilter{Search: "gruss", Nums: []int64{c.Num, d.Num}}, c)
	s.notices("by signs", mail.NoticeFilter{Search: "%_"}, b)
	s.notices("by what is in none", mail.NoticeFilter{Search: "x\x00"})
}

func noticeSave(s *sample) {
	n := s.notice(freshNotice(string(s.organization("o").ID), "n"))
	other := s.notice(freshNotice("", "other"))
	saved := n
	saved.Name, saved.Occasion, saved.Subject, saved.Body, saved.Updated = "m", mail.Reminder, "s", "b", at(5)
	changed := saved
	changed.Organization, changed.Created = "", at(9) // neither changes
	s.must(func(ctx context.Context) error { return s.Mail.SaveNotice(ctx, changed) })
	equal(s.t, "what is read", s.readNotice(n.Num), saved)
	equal(s.t, "the other", s.readNotice(other.Num), other)
	changed.Num = other.Num + 1
	s.refused(mail.ErrNotFound, func(ctx context.Context) error { return s.Mail.SaveNotice(ctx, changed) })
}

func noticeDelete(s *sample) {
	a, b := s.notice(freshNotice("", "a")), s.notice(freshNotice("", "b"))
	s.must(func(ctx context.Context) error { return s.Mail.DeleteNotice(ctx, a.Num) })
	s.notices("after a deletion", mail.NoticeFilter{}, b)
	for _, num := range []int64{a.Num, 1, 0} {
		s.refused(mail.ErrNotFound, func(ctx context.Context) error { return s.Mail.DeleteNotice(ctx, num) })
	}
}

func noticeOrganization(s *sample) {
	o := s.organization("o")
	s.notice(freshNotice(string(o.ID), "gone"))
	kept := []mail.Notice{s.notice(freshNotice(string(s.organization("p").ID), "theirs")), s.notice(freshNotice("", "all's"))}
	s.must(func(ctx context.Context) error { return s.Workspaces.DeleteOrganization(ctx, o.ID) })
	s.notices("after the organization's", mail.NoticeFilter{}, kept...)
}

func noticeNoUnit(s *sample) {
	ctx, n := s.t.Context(), s.notice(freshNotice("", "n"))
	before := s.Fingerprint(s.t)
	_, add := s.Mail.AddNotice(ctx, n)
	for what, err := range map[string]error{
		"AddNotice": add, "SaveNotice": s.Mail.SaveNotice(ctx, n), "DeleteNotice": s.Mail.DeleteNotice(ctx, n.Num),
	} {
		if !errors.Is(err, s.NoUnit) {
			s.t.Errorf("%s outside a unit of work: %v", what, err)
		}
	}
	if s.Fingerprint(s.t) != before {
		s.t.Error("something was kept")
	}
}

func noticeSweep(s *sample) {
	var n mail.Notice
	fresh := freshNotice(string(s.organization("o").ID), "n")
	s.sweep(func(ctx context.Context) (err error) {
		n, err = s.Mail.AddNotice(ctx, fresh)
		return err
	})
	n.Name = "m"
	s.sweep(func(ctx context.Context) error { return s.Mail.SaveNotice(ctx, n) })
	s.sweep(func(ctx context.Context) error { return s.Mail.DeleteNotice(ctx, n.Num) })
}
