package mail

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
)

// KindNotice is the kind of letters that were worded when they were written, see
// [Service.EnqueueNotice]. There are no templates of it.
const KindNotice Kind = "notice"

// An Occasion is what a notice is for.
type Occasion string

// The occasions.
const (
	// NewUser notices tell somebody that he was given an account, or a project.
	NewUser Occasion = "new_user"
	// Reminder notices tell somebody what his account is.
	Reminder Occasion = "reminder"
)

// Occasions returns the occasions, in order.
func Occasions() []Occasion { return []Occasion{NewUser, Reminder} }

// A Notice is a mail that an administrator chooses to send, by its number, as
// opposed to those that are sent because something happened.
//
// Subject and Body are Liquid: {{ user.name }}, with filters; if, elsif, else and
// unless; case and when; for over lists, with break, continue and else; assign,
// capture, comment and raw. They include no files and count through no ranges. What
// a variable does not hold is empty, and an empty text counts as none.
//
// A body that begins with "<", spaces aside, is HTML: values are escaped in it, and
// the text beside it is made from it. Any other is text, and the HTML beside it is
// made from that.
type Notice struct {
	Num int64
	// Organization is the identifier of whose it is, empty for everybody's.
	Organization string
	Name         string
	Occasion     Occasion
	Subject      string
	Body         string
	// Builtin notices are everybody's and do not change. Their numbers lie below 11.
	Builtin bool
	Created time.Time
	Updated time.Time
}

// A NoticeFilter chooses notices. Its zero value chooses all, by number.
type NoticeFilter struct {
	// Organizations chooses those of the organizations in it, and those that are
	// everybody's besides if Platform; nil chooses all.
	Organizations []string
	Platform      bool
	Nums          []int64
	Search        string // in the name, regardless of case
	Offset        int
	Limit         int // 0 for no bound
}

// A NoticeStore keeps the notices that are not built in. Methods that change
// something are called inside a unit of work and fail outside one.
type NoticeStore interface {
	// Notices and CountNotices return what a filter chooses.
	Notices(ctx context.Context, f NoticeFilter) ([]Notice, error)
	CountNotices(ctx context.Context, f NoticeFilter) (int, error)
	// AddNotice stores a new one and returns it with its number, 11 or more and
	// never used again. It returns ErrNotFound for the organization. The notices of
	// an organization go with it.
	AddNotice(ctx context.Context, n Notice) (Notice, error)
	// SaveNotice stores Name, Occasion, Subject, Body and Updated. It returns
	// ErrNotFound.
	SaveNotice(ctx context.Context, n Notice) error
	// DeleteNotice returns ErrNotFound.
	DeleteNotice(ctx context.Context, num int64) error
}

// The bounds of a notice, beside those of templates.
const (
	// longestName is how many characters the name of a notice may have.
	longestName = 99
	// firstStored is the first number of those that are not built in.
	firstStored = 11
)

// builtinNotices returns the notices that there are everywhere.
func builtinNotices() []Notice {
	return []Notice{
		{Num: 1, Name: "New user", Occasion: NewUser, Builtin: true, Subject: newUserSubject, Body: newUserBody},
		{Num: 2, Name: "Reminder", Occasion: Reminder, Builtin: true, Subject: reminderSubject, Body: reminderBody},
	}
}

// choose returns those of the built-in notices that a filter chooses, whatever its
// bounds.
func (f NoticeFilter) choose(list []Notice) []Notice {
	return slices.DeleteFunc(list, func(n Notice) bool {
		return f.Organizations != nil && !f.Platform || f.Nums != nil && !slices.Contains(f.Nums, n.Num) ||
			!strings.Contains(folded(n.Name), folded(f.Search))
	})
}

// folded returns a text as it is searched for.
func folded(text string) string { return cases.Fold().String(norm.NFKC.String(text)) }

// Notices lists notices by number, the built-in ones first, with how many there are
// in all.
func (s *Service) Notices(ctx context.Context, f NoticeFilter) ([]Notice, int, error) {
	stored, err := s.store.CountNotices(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	list := f.choose(builtinNotices())
	total := len(list) + stored
	skipped := min(max(f.Offset, 0), len(list))
	f.Offset = max(f.Offset, 0) - skipped
	list = list[skipped:]
	if f.Limit > 0 && len(list) >= f.Limit {
		return list[:f.Limit], total, nil
	}
	if f.Limit > 0 {
		f.Limit -= len(list)
	}
	rest, err := s.store.Notices(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	return append(list, rest...), total, nil
}

// Notice returns one, or ErrNotFound.
func (s *Service) Notice(ctx context.Context, num int64) (Notice, error) {
	list, _, err := s.Notices(ctx, NoticeFilter{Nums: []int64{num}})
	if err != nil {
		return Notice{}, err
	}
	if len(list) == 0 {
		return Notice{}, fmt.Errorf("%w: notice %d", ErrNotFound, num)
	}
	return list[0], nil
}

// AddNotice stores a notice and returns it with its number. Of what is given it
// takes Organization, Name, Occasion, Subject and Body. It renders it with sample
// values first, and with none, and returns an InvalidError for what fails, as it
// does for the 101st notice of an organization. It returns ErrNotFound for the
// organization.
func (s *Service) AddNotice(ctx context.Context, n Notice) (Notice, error) {
	if err := s.checkNotice(ctx, &n); err != nil {
		return Notice{}, err
	}
	n.Num, n.Builtin, n.Created = 0, false, s.clock()
	n.Updated = n.Created
	whose := NoticeFilter{Organizations: []string{n.Organization}}
	if n.Organization == "" {
		whose = NoticeFilter{Organizations: []string{}, Platform: true}
	}
	var added Notice
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		count, err := s.store.CountNotices(ctx, whose)
		if err != nil {
			return err
		}
		if count >= most {
			return &InvalidError{Field: "organization", Expected: fmt.Sprintf("one with less than %d notices", most)}
		}
		added, err = s.store.AddNotice(ctx, n)
		return err
	})
	return added, err
}

// SaveNotice changes Name, Occasion, Subject and Body of a notice and returns it as
// it is kept. It checks it as [Service.AddNotice] does, and returns ErrBuiltin or
// ErrNotFound.
func (s *Service) SaveNotice(ctx context.Context, n Notice) (Notice, error) {
	if n.Num < firstStored {
		return Notice{}, s.unchangeable(ctx, n.Num)
	}
	if err := s.checkNotice(ctx, &n); err != nil {
		return Notice{}, err
	}
	var saved Notice
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		kept, err := s.Notice(ctx, n.Num)
		if err != nil {
			return err
		}
		kept.Name, kept.Occasion, kept.Subject, kept.Body, kept.Updated = n.Name, n.Occasion, n.Subject, n.Body, s.clock()
		saved = kept
		return s.store.SaveNotice(ctx, kept)
	})
	if err != nil {
		return Notice{}, err
	}
	return saved, nil
}

// DeleteNotice deletes one. It returns ErrBuiltin or ErrNotFound.
func (s *Service) DeleteNotice(ctx context.Context, num int64) error {
	if num < firstStored {
		return s.unchangeable(ctx, num)
	}
	return s.store.Tx(ctx, func(ctx context.Context) error { return s.store.DeleteNotice(ctx, num) })
}

// unchangeable says why a notice that is not stored does not change.
func (s *Service) unchangeable(ctx context.Context, num int64) error {
	if _, err := s.Notice(ctx, num); err != nil {
		return err
	}
	return fmt.Errorf("%w: notice %d", ErrBuiltin, num)
}

// PreviewNotice returns a notice, stored or not, as somebody would receive it who it
// is sent to with the values: sample values when data is nil, see [Sample]. It
// returns an InvalidError for what does not render. The HTML is as whoever wrote it
// wants it: show it where it can do nothing, as in a sandboxed frame.
func (s *Service) PreviewNotice(ctx context.Context, n Notice, data map[string]any) (Email, error) {
	if err := cleanNotice(&n); err != nil {
		return Email{}, err
	}
	if data == nil {
		data = Sample(n.Occasion)
	}
	e, err := n.word(ctx, language.English.String(), data)
	if err != nil {
		return Email{}, err
	}
	e.From, e.To, e.Date, e.MessageID = s.from, sampleAddress, s.clock(), "sample@"+s.domain
	return e, nil
}

// EnqueueNotice writes a letter of a notice, in the unit of work of what it is about,
// and fails outside one. It is put into words now: what becomes of the notice later
// does not matter to it. Language is a BCP 47 tag and says what the letter is in. The
// values are texts, numbers, true and false, lists of them ([]string, []any) and
// maps of them, by the names that Liquid knows them by; a map that lacks some
// renders as if they were empty. It returns ErrNotFound for a number that there is
// no notice of, and an InvalidError for what does not render.
func (s *Service) EnqueueNotice(ctx context.Context, num int64, to, tag string, data map[string]any) error {
	if s.sealer == nil {
		return ErrNoSealer
	}
	if err := address(to); err != nil {
		return err
	}
	n, err := s.Notice(ctx, num)
	if err != nil {
		return err
	}
	parsed, err := language.Parse(tag)
	if err != nil {
		parsed = language.English
	}
	e, err := n.word(ctx, parsed.String(), data)
	if err != nil {
		return err
	}
	words := map[string]string{"subject": e.Subject, "text": e.Text, "html": e.HTML}
	if secret, ok := data["pw"].(string); ok && secret != "" {
		words["pw"] = secret // so that no reason of a failure quotes it, see reason
	}
	text, err := json.Marshal(contents{To: to, Data: words})
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	now := s.clock()
	l := Letter{
		ID: LetterID(uid.New()), Kind: KindNotice, Language: parsed.String(), To: to, Organization: n.Organization,
		State: Waiting, Created: now, Due: now,
	}
	return s.post(ctx, l, text)
}

// checkNotice checks a notice, and that it renders with sample values and with none.
func (s *Service) checkNotice(ctx context.Context, n *Notice) error {
	if err := cleanNotice(n); err != nil {
		return err
	}
	if _, err := n.word(ctx, language.English.String(), map[string]any{}); err != nil {
		return err
	}
	e, err := n.word(ctx, language.English.String(), Sample(n.Occasion))
	if err != nil {
		return err
	}
	if e.Subject == "" {
		return &InvalidError{Field: "subject", Expected: "a text"}
	}
	return nil
}

// cleanNotice checks everything of a notice but what it renders to.
func cleanNotice(n *Notice) error {
	n.Name, n.Subject = strings.TrimSpace(n.Name), strings.TrimSpace(n.Subject)
	n.Body = strings.ReplaceAll(n.Body, "\r\n", "\n")
	switch {
	case n.Name == "" || utf8.RuneCountInString(n.Name) > longestName || !writable(n.Name, false):
		return &InvalidError{Field: "name", Expected: fmt.Sprintf("one line of 1 to %d characters", longestName)}
	case !slices.Contains(Occasions(), n.Occasion):
		return &InvalidError{Field: "occasion", Expected: fmt.Sprintf("%s or %s", NewUser, Reminder)}
	case n.Subject == "" || len(n.Subject) > longestSubject || !writable(n.Subject, false):
		return &InvalidError{Field: "subject", Expected: fmt.Sprintf("one line of at most %d bytes", longestSubject)}
	case strings.TrimSpace(n.Body) == "" || len(n.Body) > largest || !writable(n.Body, true):
		return &InvalidError{Field: "body", Expected: fmt.Sprintf("a text of at most %d bytes", largest)}
	}
	return nil
}

// writable reports whether a text is free of what hides or spoils it. Only one of
// several lines may end them.
func writable(text string, lines bool) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return breaks(r) && (!lines || r != '\n' && r != '\t')
	})
}
