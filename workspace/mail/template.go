package mail

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// A Template says how a mail of one kind reads in one language. Its three texts
// are Go templates that know the values of the kind, see [Keys], as {{.link}};
// {{if}} with {{else}}; and, or, not, eq and ne; and {{date .expires}}, a time as
// "2026-01-31 12:00 UTC". They know nothing else, so that none can run for long.
type Template struct {
	Kind     Kind
	Language string // a BCP 47 tag
	Subject  string // renders to one line
	Text     string
	HTML     string
	// Custom templates are an organization's own, and Updated says since when.
	Custom  bool
	Updated time.Time
}

// Kinds returns the kinds of mails, in order.
func Kinds() []Kind { return []Kind{Invitation, MemberAdded, PasswordChanged, PasswordReset} }

func kindNames() string {
	names := make([]string, 0, len(Kinds()))
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// Keys returns the names of the values that a mail of a kind is made of, nil for
// a kind that there is none of.
func Keys(k Kind) []string {
	switch k {
	case Invitation:
		return []string{"inviter", "invitee", "workspace", "role", "link", "expires"}
	case MemberAdded:
		return []string{"workspace", "name", "link"}
	case PasswordReset:
		return []string{"name", "link", "expires"}
	case PasswordChanged:
		return []string{"name", "at"}
	}
	return nil
}

// sample returns values to show a mail of a kind with.
func sample(k Kind) map[string]string {
	all := map[string]string{
		"inviter": "Ada Lovelace", "invitee": sampleAddress, "workspace": "Cartography", "role": "Editor",
		"name": "Grace Hopper", "link": sampleLink, "expires": "2026-01-31T12:00:00Z", "at": "2026-01-31T12:00:00Z",
	}
	data := map[string]string{}
	for _, key := range Keys(k) {
		data[key] = all[key]
	}
	return data
}

const (
	sampleAddress = "grace@example.org"
	sampleLink    = "https://example.org/sample"
)

// most is how many templates an organization may have of its own.
const most = 100

// Languages returns the languages that mails of a kind are written in for
// everybody.
func (s *Service) Languages(k Kind) []string {
	var tags []string
	for _, w := range s.common {
		if w.Kind == k {
			tags = append(tags, w.Language)
		}
	}
	return tags
}

// Templates lists, by kind and language, those that an organization's mails are
// made of: its own, and the common ones that it has not replaced. Without an
// organization it lists the common ones.
func (s *Service) Templates(ctx context.Context, organization string) ([]Template, error) {
	own, err := s.own(ctx, organization)
	if err != nil {
		return nil, err
	}
	list := own
	for _, w := range s.common {
		if !slices.ContainsFunc(own, w.same) {
			list = append(list, w.Template)
		}
	}
	slices.SortFunc(list, byKind)
	return list, nil
}

func byKind(a, b Template) int {
	if c := strings.Compare(string(a.Kind), string(b.Kind)); c != 0 {
		return c
	}
	return strings.Compare(a.Language, b.Language)
}

// same reports whether a template is for the same kind and language.
func (t Template) same(other Template) bool {
	return t.Kind == other.Kind && t.Language == other.Language
}

func (s *Service) own(ctx context.Context, organization string) ([]Template, error) {
	if organization == "" {
		return nil, nil
	}
	return s.store.Templates(ctx, organization)
}

// PutTemplate gives an organization a template of its own, in place of the
// common one or in a language that there is none in, and returns it as it was
// kept. It renders it with sample values first, and with none, and returns an
// InvalidError for what fails, grows too large, or lacks the link that the mail
// is about. It returns ErrNotFound for the organization.
func (s *Service) PutTemplate(ctx context.Context, organization string, t Template) (Template, error) {
	tag, err := language.Parse(t.Language)
	if err != nil || len(t.Language) > 35 || tag == language.Und {
		return Template{}, &InvalidError{Field: "language", Expected: `a BCP 47 tag as "fr"`}
	}
	t.Language, t.Custom, t.Updated = tag.String(), true, s.clock()
	if _, err := compile(t); err != nil {
		return Template{}, err
	}
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		own, err := s.store.Templates(ctx, organization)
		if err != nil {
			return err
		}
		if len(own) >= most && !slices.ContainsFunc(own, t.same) {
			return &InvalidError{Field: "language", Expected: "at most 100 templates of an organization"}
		}
		return s.store.PutTemplate(ctx, organization, t)
	})
	if err != nil {
		return Template{}, err
	}
	return t, nil
}

// DeleteTemplate takes an organization's own template away: the common one is
// used again. It returns ErrNotFound where it has none.
func (s *Service) DeleteTemplate(ctx context.Context, organization string, k Kind, tag string) error {
	if parsed, err := language.Parse(tag); err == nil {
		tag = parsed.String()
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		return s.store.DeleteTemplate(ctx, organization, k, tag)
	})
}

// Preview returns a mail of a kind as somebody would receive it, with sample
// values. The HTML is as whoever wrote the template wants it: show it where it
// can do nothing, as in a sandboxed frame.
func (s *Service) Preview(ctx context.Context, organization string, k Kind, tag string) (Email, error) {
	if Keys(k) == nil {
		return Email{}, &InvalidError{Field: "kind", Expected: "one of " + kindNames()}
	}
	e, err := s.word(ctx, Letter{Kind: k, Language: tag, Organization: organization}, sample(k))
	if err != nil {
		return Email{}, err
	}
	e.From, e.To, e.Date, e.MessageID = s.from, sampleAddress, s.clock(), "sample@"+s.domain
	return e, nil
}

// word puts a letter into words, those of the organization where it has some
// that render, and the common ones otherwise.
func (s *Service) word(ctx context.Context, l Letter, data map[string]string) (Email, error) {
	if l.Kind == KindNotice { // it is in words already
		return Email{Subject: data["subject"], Text: data["text"], HTML: data["html"], Language: l.Language}, nil
	}
	own, err := s.own(ctx, l.Organization)
	if err != nil {
		return Email{}, err
	}
	mine := func(t Template) bool { return t.Kind == l.Kind }
	own = slices.DeleteFunc(own, func(t Template) bool { return !mine(t) })
	var common []Template
	for _, w := range s.common {
		if mine(w.Template) {
			common = append(common, w.Template)
		}
	}
	chosen := closest(l.Language, slices.Concat(common, own))
	for _, t := range own {
		if t.Language != chosen {
			continue
		}
		// It rendered when it was put. What it says of these values may still be
		// too long, and the mail matters more than how it reads.
		if w, err := compile(t); err == nil {
			if e, err := w.render(data); err == nil {
				return e, nil
			}
		}
		chosen = closest(l.Language, common)
	}
	for _, w := range s.common {
		if mine(w.Template) && w.Language == chosen {
			return w.render(data)
		}
	}
	return Email{}, ErrNotFound
}

// closest returns the language of one of the templates: the closest to a tag, and
// English where none is close.
func closest(tag string, among []Template) string {
	tags := append(make([]language.Tag, 0, 1+len(among)), language.English)
	names := append(make([]string, 0, 1+len(among)), language.English.String())
	for _, t := range among {
		tags = append(tags, language.Make(t.Language))
		names = append(names, t.Language)
	}
	wanted, err := language.Parse(tag)
	if err != nil {
		return names[0]
	}
	_, i, sure := language.NewMatcher(tags).Match(wanted)
	// Less than that is a language that most speakers of the other are said to
	// understand, as Russian is for Ukrainian: not for a letter to presume.
	if sure < language.High {
		i = 0
	}
	return names[i]
}
