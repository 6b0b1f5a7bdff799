package storagetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// Mail tests [mail.Store].
func Mail(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"adding and reading":          letterAdd,
		"filters choose":              letterFilters,
		"what is due":                 letterDue,
		"claiming takes one":          letterClaim,
		"no two claim the same":       letterRace,
		"settling needs the claim":    letterSettle,
		"forgetting what ended":       letterForget,
		"templates of organizations":  templateLife,
		"templates need what is":      templateMissing,
		"nothing outside a unit":      mailNoUnit,
		"nothing is kept of a half":   mailSweep,
		"rolled back is never there":  letterRollback,
		"templates share no language": templateApart,
	})
}

func (s *sample) freshLetter(due time.Time) mail.Letter {
	return mail.Letter{
		ID: mail.LetterID(uid.New()), Kind: mail.Invitation, Language: "fr-CA", To: "zoé@example.org", Organization: "o",
		State: mail.Waiting, Created: at(1), Due: due,
	}
}

func (s *sample) letter(due time.Time, change func(*mail.Letter)) mail.Letter {
	s.t.Helper()
	l := s.freshLetter(due)
	if change != nil {
		change(&l)
	}
	s.must(func(ctx context.Context) error { return s.Mail.AddLetter(ctx, l, "sealed "+string(l.ID)) })
	return l
}

func (s *sample) readLetter(id mail.LetterID) mail.Letter {
	s.t.Helper()
	list, err := s.Mail.Letters(s.t.Context(), mail.LetterFilter{IDs: []mail.LetterID{id}})
	return one(s.t, list, err)
}

// claimed claims a letter and returns it with what it says.
func (s *sample) claimed(now, until time.Time) (l mail.Letter, sealed string) {
	s.t.Helper()
	s.must(func(ctx context.Context) (err error) {
		l, sealed, err = s.Mail.Claim(ctx, now, until)
		return err
	})
	return l, sealed
}

func letterAdd(s *sample) {
	l := s.letter(at(5), func(l *mail.Letter) { l.Attempts, l.Reason, l.Ended, l.State = 3, "why", at(6), mail.Failed })
	equal(s.t, "what is read", s.readLetter(l.ID), l)
	plain := s.letter(at(5), nil)
	equal(s.t, "what is read", s.readLetter(plain.ID), plain)
}

func letterRollback(s *sample) {
	own := errors.New("own")
	s.refused(own, func(ctx context.Context) error {
		if err := s.Mail.AddLetter(ctx, s.freshLetter(at(1)), "sealed"); err != nil {
			return err
		}
		return own
	})
	s.due(at(9), false)
}

func letterFilters(s *sample) {
	list := func(what string, f mail.LetterFilter, want ...mail.LetterID) {
		s.t.Helper()
		chooses(s.t, what, func(l mail.Letter) mail.LetterID { return l.ID }, want,
			func(offset, limit int) ([]mail.Letter, error) {
				f.Offset, f.Limit = offset, limit
				return s.Mail.Letters(s.t.Context(), f)
			}, func(offset, limit int) (int, error) {
				f.Offset, f.Limit = offset, limit
				return s.Mail.CountLetters(s.t.Context(), f)
			})
	}
	list("none yet", mail.LetterFilter{})
	a := s.letter(at(3), nil).ID
	b := s.letter(at(2), func(l *mail.Letter) { l.State, l.Organization, l.To = mail.Sent, "p", "B@example.org" }).ID
	c := s.letter(at(1), func(l *mail.Letter) { l.Kind, l.Organization = mail.PasswordReset, "" }).ID
	list("all", mail.LetterFilter{}, a, b, c)
	list("newest", mail.LetterFilter{Newest: true}, c, b, a)
	list("by id", mail.LetterFilter{IDs: []mail.LetterID{c, a}}, a, c)
	list("by no id", mail.LetterFilter{IDs: []mail.LetterID{}})
	list("by state", mail.LetterFilter{States: []mail.State{mail.Sent, mail.Failed}}, b)
	list("by no state", mail.LetterFilter{States: []mail.State{}})
	list("by kind", mail.LetterFilter{Kinds: []mail.Kind{mail.PasswordReset}}, c)
	list("by no kind", mail.LetterFilter{Kinds: []mail.Kind{}})
	list("by organization", mail.LetterFilter{Organization: "p"}, b)
	list("by receiver", mail.LetterFilter{To: "zoé@example.org"}, a, c)
	list("by receiver, exactly", mail.LetterFilter{To: "b@example.org"})
}

func (s *sample) due(now time.Time, want bool) {
	s.t.Helper()
	got, err := s.Mail.Due(s.t.Context(), now)
	if err != nil || got != want {
		s.t.Errorf("due at %v: %v, %v; want %v", now, got, err, want)
	}
}

func letterDue(s *sample) {
	s.due(at(100), false)
	for _, ended := range []mail.State{mail.Sent, mail.Failed} {
		s.letter(at(1), func(l *mail.Letter) { l.State = ended })
	}
	s.due(at(100), false)
	s.letter(at(7), nil)
	s.due(at(7).Add(-time.Microsecond), false)
	s.due(at(7), true)
	s.claimed(at(7), at(9))
	s.due(at(8), false)
	s.due(at(9), true) // it was being sent, and nobody knows
}

func letterClaim(s *sample) {
	later, sooner := s.letter(at(6), nil), s.letter(at(5), nil)
	s.letter(at(1), func(l *mail.Letter) { l.State = mail.Sent })
	for i, want := range []mail.Letter{sooner, later} {
		got, sealed := s.claimed(at(6), at(20+i))
		want.State, want.Attempts, want.Due = mail.Sending, 1, at(20+i)
		equal(s.t, "what is claimed", got, want)
		equal(s.t, "what it says", sealed, "sealed "+string(want.ID))
		equal(s.t, "what is read", s.readLetter(want.ID), want)
	}
	s.refused(mail.ErrNotFound, func(ctx context.Context) error {
		_, _, err := s.Mail.Claim(ctx, at(19), at(30))
		return err
	})
	again, sealed := s.claimed(at(20), at(30))
	if again.ID != sooner.ID || again.Attempts != 2 || sealed == "" {
		s.t.Errorf("claimed %+v %q, want the first again", again, sealed)
	}
}

// letterRace lets many claim at once, and wants each letter claimed by one.
func letterRace(s *sample) {
	const letters, claimers = 40, 8
	for range letters {
		s.letter(at(1), nil)
	}
	var (
		mu    sync.Mutex
		taken []mail.LetterID
		wait  sync.WaitGroup
	)
	for range claimers {
		wait.Go(func() {
			for {
				err := s.Tx(s.t.Context(), func(ctx context.Context) error {
					l, _, err := s.Mail.Claim(ctx, at(2), at(3))
					if err == nil {
						mu.Lock()
						defer mu.Unlock()
						taken = append(taken, l.ID)
					}
					return err
				})
				if errors.Is(err, mail.ErrNotFound) {
					return
				}
				if err != nil {
					s.t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	slices.Sort(taken)
	if n := len(slices.Compact(slices.Clone(taken))); n != letters || len(taken) != letters {
		s.t.Errorf("%d letters were claimed %d times, %d of %d", n, len(taken), n, letters)
	}
}

func letterSettle(s *sample) {
	s.letter(at(1), nil)
	other := s.letter(at(2), nil)
	for i, want := range []mail.Letter{
		{State: mail.Waiting, Reason: "451", Due: at(10)},
		{State: mail.Waiting, Due: at(20)},
		{State: mail.Failed, Reason: "550", Due: at(30), Ended: at(30)},
	} {
		l, sealed := s.claimed(at(1+10*i), at(2+10*i))
		if i == 0 && sealed == "" {
			s.t.Error("it says nothing")
		}
		l.State, l.Reason, l.Due, l.Ended = want.State, want.Reason, want.Due, want.Ended
		saved := l
		saved.To, saved.Kind, saved.Created = "else@example.org", "else", at(99) // none changes
		s.must(func(ctx context.Context) error { return s.Mail.Settle(ctx, saved) })
		equal(s.t, "what is read", s.readLetter(l.ID), l)
		s.refused(mail.ErrNotFound, func(ctx context.Context) error { return s.Mail.Settle(ctx, saved) })
		if i == 0 { // the other one is claimed, and out of the way
			o, _ := s.claimed(at(2), at(200))
			equal(s.t, "the other", o.ID, other.ID)
		}
	}
	// Whoever was too slow has lost it to another.
	slow, _ := s.claimed(at(200), at(201))
	fast, _ := s.claimed(at(201), at(300))
	equal(s.t, "the same letter", fast.ID, slow.ID)
	slow.State, slow.Ended = mail.Sent, at(202)
	s.refused(mail.ErrNotFound, func(ctx context.Context) error { return s.Mail.Settle(ctx, slow) })
	fast.State, fast.Ended = mail.Sent, at(202)
	s.must(func(ctx context.Context) error { return s.Mail.Settle(ctx, fast) })
	s.due(at(1000), false)
	s.refused(mail.ErrNotFound, func(ctx context.Context) error {
		return s.Mail.Settle(ctx, mail.Letter{ID: "nobody", State: mail.Sent})
	})
	s.must(func(ctx context.Context) error { return s.Mail.AddLetter(ctx, s.freshLetter(at(400)), "kept") })
	l, _ := s.claimed(at(400), at(401))
	l.State, l.Due = mail.Waiting, at(402)
	s.must(func(ctx context.Context) error { return s.Mail.Settle(ctx, l) })
	if _, sealed := s.claimed(at(402), at(403)); sealed != "kept" {
		s.t.Errorf("a letter that waits says %q", sealed)
	}
}

func letterForget(s *sample) {
	ends := func(state mail.State, end time.Time) mail.LetterID {
		return s.letter(at(1), func(l *mail.Letter) { l.State, l.Ended = state, end }).ID
	}
	ends(mail.Sent, at(9))
	ends(mail.Failed, at(9))
	kept := []mail.LetterID{
		ends(mail.Sent, at(10)), ends(mail.Failed, at(11)), ends(mail.Waiting, time.Time{}), ends(mail.Sending, time.Time{}),
	}
	s.must(func(ctx context.Context) error {
		n, err := s.Mail.Forget(ctx, at(10))
		equal(s.t, "how many", n, 2)
		return err
	})
	list, err := s.Mail.Letters(s.t.Context(), mail.LetterFilter{})
	if err != nil {
		s.t.Fatal(err)
	}
	left := []mail.LetterID{}
	for _, l := range list {
		left = append(left, l.ID)
	}
	equal(s.t, "who is left", left, kept)
}

func freshTemplate(k mail.Kind, language string) mail.Template {
	return mail.Template{
		Kind: k, Language: language, Subject: "Sujet {{.inviter}}", Text: "Texte\n{{.link}}\n", HTML: "<p>'\"{{.link}}</p>",
		Custom: true, Updated: at(3),
	}
}

func (s *sample) putTemplate(organization string, t mail.Template) {
	s.t.Helper()
	s.must(func(ctx context.Context) error { return s.Mail.PutTemplate(ctx, organization, t) })
}

func (s *sample) templates(what, organization string, want ...mail.Template) {
	s.t.Helper()
	list, err := s.Mail.Templates(s.t.Context(), organization)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, what, list, append([]mail.Template{}, want...))
}

func templateLife(s *sample) {
	o := s.organization("o")
	id := string(o.ID)
	s.templates("none yet", id)
	reset, fr, de := freshTemplate(mail.PasswordReset, "en"), freshTemplate(mail.Invitation, "fr"), freshTemplate(mail.Invitation, "de")
	for _, t := range []mail.Template{reset, fr, de} {
		s.putTemplate(id, t)
	}
	s.templates("by kind and language", id, de, fr, reset)
	fr.Subject, fr.Text, fr.HTML, fr.Updated = "a", "b", "c", at(4)
	s.putTemplate(id, fr)
	s.templates("after a change", id, de, fr, reset)
	s.must(func(ctx context.Context) error { return s.Mail.DeleteTemplate(ctx, id, mail.Invitation, "de") })
	s.templates("after a deletion", id, fr, reset)
	s.must(func(ctx context.Context) error { return s.Workspaces.DeleteOrganization(ctx, o.ID) })
	s.templates("after the organization's", id)
}

func templateApart(s *sample) {
	a, b := string(s.organization("a").ID), string(s.organization("b").ID)
	mine, theirs := freshTemplate(mail.Invitation, "fr"), freshTemplate(mail.Invitation, "fr")
	theirs.Subject = "theirs"
	s.putTemplate(a, mine)
	s.putTemplate(b, theirs)
	s.templates("mine", a, mine)
	s.templates("theirs", b, theirs)
	s.must(func(ctx context.Context) error { return s.Mail.DeleteTemplate(ctx, a, mail.Invitation, "fr") })
	s.templates("theirs", b, theirs)
}

func templateMissing(s *sample) {
	id := string(s.organization("o").ID)
	s.putTemplate(id, freshTemplate(mail.Invitation, "fr"))
	s.refused(mail.ErrNotFound, func(ctx context.Context) error {
		return s.Mail.PutTemplate(ctx, "nobody", freshTemplate(mail.Invitation, "fr"))
	})
	for _, missing := range []struct {
		o string
		k mail.Kind
		l string
	}{{"nobody", mail.Invitation, "fr"}, {id, mail.PasswordReset, "fr"}, {id, mail.Invitation, "en"}} {
		s.refused(mail.ErrNotFound, func(ctx context.Context) error {
			return s.Mail.DeleteTemplate(ctx, missing.o, missing.k, missing.l)
		})
	}
}

func mailNoUnit(s *sample) {
	ctx, id := s.t.Context(), string(s.organization("o").ID)
	s.letter(at(1), nil)
	before := s.Fingerprint(s.t)
	_, _, claim := s.Mail.Claim(ctx, at(5), at(6))
	_, forget := s.Mail.Forget(ctx, at(5))
	for what, err := range map[string]error{
		"AddLetter": s.Mail.AddLetter(ctx, s.freshLetter(at(1)), "x"), "Claim": claim, "Forget": forget,
		"Settle":         s.Mail.Settle(ctx, mail.Letter{}),
		"PutTemplate":    s.Mail.PutTemplate(ctx, id, freshTemplate(mail.Invitation, "fr")),
		"DeleteTemplate": s.Mail.DeleteTemplate(ctx, id, mail.Invitation, "fr"),
	} {
		if !errors.Is(err, s.NoUnit) {
			s.t.Errorf("%s outside a unit of work: %v", what, err)
		}
	}
	if s.Fingerprint(s.t) != before {
		s.t.Error("something was kept")
	}
}

func mailSweep(s *sample) {
	id, l := string(s.organization("o").ID), s.freshLetter(at(1))
	s.sweep(func(ctx context.Context) error { return s.Mail.AddLetter(ctx, l, "sealed") })
	var claimed mail.Letter
	s.sweep(func(ctx context.Context) (err error) {
		claimed, _, err = s.Mail.Claim(ctx, at(1), at(2))
		return err
	})
	claimed.State, claimed.Ended = mail.Sent, at(2)
	s.sweep(func(ctx context.Context) error { return s.Mail.Settle(ctx, claimed) })
	s.sweep(func(ctx context.Context) error {
		_, err := s.Mail.Forget(ctx, at(3))
		return err
	})
	s.sweep(func(ctx context.Context) error {
		return s.Mail.PutTemplate(ctx, id, freshTemplate(mail.Invitation, "fr"))
	})
	s.sweep(func(ctx context.Context) error { return s.Mail.DeleteTemplate(ctx, id, mail.Invitation, "fr") })
}
