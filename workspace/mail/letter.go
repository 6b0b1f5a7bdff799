package mail

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
)

// A LetterID identifies a letter.
type LetterID string

// A State is how far a letter has come.
type State string

// The states.
const (
	// Waiting letters are sent when they are due.
	Waiting State = "waiting"
	// Sending letters were taken by a server. When that has not noted by Due what
	// came of it, nobody knows, and the letter is taken again.
	Sending State = "sending"
	// Sent letters were accepted by whoever carries them on.
	Sent State = "sent"
	// Failed letters are not tried again.
	Failed State = "failed"
)

// A Letter is what the outbox keeps of a mail, without what it says.
type Letter struct {
	ID           LetterID
	Kind         Kind
	Language     string
	To           string
	Organization string
	State        State
	// Attempts is how often it was taken. A server that took it is known by that.
	Attempts int
	// Reason is why it was not sent the last time it was tried, empty after it
	// was sent.
	Reason  string
	Created time.Time
	// Due is when it is tried next, or when the server that took it must be done.
	Due time.Time
	// Ended is when it was sent or given up, zero before.
	Ended time.Time
}

// A LetterFilter chooses letters. Its zero value chooses all, in order of
// writing.
type LetterFilter struct {
	IDs          []LetterID
	States       []State
	Kinds        []Kind
	Organization string
	To           string // matches exactly
	Newest       bool   // turns the order round
	Offset       int
	Limit        int // 0 for no bound
}

// A Store keeps letters and the templates of organizations. Methods that change
// something are called inside a unit of work and fail outside one. A list in a
// filter chooses what is in it: nothing when it is empty, everything when it is
// nil.
type Store interface {
	// Tx runs fn in a unit of work, joining the one that ctx is in. If fn
	// returns an error, or any statement in it failed, nothing is kept.
	Tx(ctx context.Context, fn func(ctx context.Context) error) error
	// AddLetter stores a new letter with what it says, sealed.
	AddLetter(ctx context.Context, l Letter, sealed string) error
	// Due reports whether a letter is waiting, or was being sent, whose Due is not
	// after now.
	Due(ctx context.Context, now time.Time) (bool, error)
	// Claim takes the letter that has been due longest: it is Sending until the
	// given time, and has one attempt more. Of several that claim at once no two
	// are given the same. It returns ErrNotFound when none is due.
	Claim(ctx context.Context, now, until time.Time) (l Letter, sealed string, err error)
	// Settle stores State, Reason, Due and Ended of a letter that is being sent,
	// and erases what it says once it is Sent or Failed. It returns ErrNotFound
	// when somebody else has taken the letter since, as Attempts tells.
	Settle(ctx context.Context, l Letter) error
	// Forget deletes the letters that ended before a time and returns how many.
	Forget(ctx context.Context, before time.Time) (int, error)
	// Letters and CountLetters return what a filter chooses.
	Letters(ctx context.Context, f LetterFilter) ([]Letter, error)
	CountLetters(ctx context.Context, f LetterFilter) (int, error)
	// Templates lists those of an organization, by kind and language.
	Templates(ctx context.Context, organization string) ([]Template, error)
	// PutTemplate stores one, new or not. It returns ErrNotFound for the
	// organization. Its templates go with it.
	PutTemplate(ctx context.Context, organization string, t Template) error
	// DeleteTemplate returns ErrNotFound.
	DeleteTemplate(ctx context.Context, organization string, k Kind, language string) error
	NoticeStore
}

// contents are what is sealed of a letter. The address is among them: who can
// write to the database cannot have a link sent elsewhere.
type contents struct {
	To   string            `json:"to"`
	Data map[string]string `json:"data"`
}

// longest is how many bytes a value may have.
const longest = 2048

// Enqueue writes a letter, in the unit of work of the change that it tells of,
// and fails outside one. It is sent once that is committed.
func (s *Service) Enqueue(ctx context.Context, m Message) error {
	if s.sealer == nil {
		return ErrNoSealer
	}
	if err := address(m.To); err != nil {
		return err
	}
	keys := Keys(m.Kind)
	if keys == nil {
		return &InvalidError{Field: "kind", Expected: "one of " + kindNames()}
	}
	tag, err := language.Parse(m.Language)
	if err != nil {
		tag = language.English // a mail in English is better than none
	}
	c := contents{To: m.To, Data: map[string]string{}}
	for _, key := range keys {
		c.Data[key] = oneLine(m.Data[key], longest)
	}
	for key := range m.Data {
		if _, known := c.Data[key]; !known {
			return &InvalidError{Field: "data", Expected: fmt.Sprintf("of %s: %s", m.Kind, strings.Join(keys, ", "))}
		}
	}
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	now := s.clock()
	l := Letter{
		ID: LetterID(uid.New()), Kind: m.Kind, Language: tag.String(), To: m.To, Organization: m.Organization,
		State: Waiting, Created: now, Due: now,
	}
	return s.post(ctx, l, text)
}

// post seals what a letter says and puts it into the outbox.
func (s *Service) post(ctx context.Context, l Letter, text []byte) error {
	sealed, err := s.sealer.Seal(text, []byte(l.ID))
	if err != nil {
		return fmt.Errorf("mail: seal: %w", err)
	}
	if err := s.store.AddLetter(ctx, l, sealed); err != nil {
		return err
	}
	// It is not committed yet: Run looks a moment later, and again at its next
	// turn.
	s.ring()
	return nil
}

// open returns what a letter says.
func (s *Service) open(l Letter, sealed string) (map[string]string, error) {
	text, err := s.sealer.Open(sealed, []byte(l.ID))
	if err != nil {
		return nil, errOpen
	}
	var c contents
	if err := json.Unmarshal(text, &c); err != nil || c.To != l.To {
		return nil, errOpen
	}
	return c.Data, nil
}

// Letters lists letters, with how many there are in all.
func (s *Service) Letters(ctx context.Context, f LetterFilter) ([]Letter, int, error) {
	n, err := s.store.CountLetters(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	list, err := s.store.Letters(ctx, f)
	return list, n, err
}

// breaks reports what must not be in a text of one line: what ends lines, and
// what hides text or turns its direction.
func breaks(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// oneLine returns a text as one line of at most that many bytes.
func oneLine(text string, most int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if breaks(r) {
			return ' '
		}
		return r
	}, text))
	if len(text) <= most {
		return text
	}
	text = text[:most]
	for !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return text
}
