package workspace

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"
)

// A Preference is something that a user wants kept of the pages that he uses,
// such as which columns he sees. It decides nothing here, and whoever wrote it is
// the one to understand it.
type Preference struct {
	// Name is 1 to 64 of a-z 0-9 . _ -, and begins with a letter or a digit.
	Name string
	// Value is JSON of at most 8 KiB, as [Service.PutPreference] writes it.
	Value   json.RawMessage
	Updated time.Time
}

// What bounds preferences.
const (
	maxPreferences     = 100
	maxPreferenceBytes = 8 << 10
)

var preferenceName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// Preferences returns what the actor wants kept, by name. It returns ErrNotFound
// to who is no user: keys keep nothing, whomever they act for.
func (s *Service) Preferences(ctx context.Context, actor Actor) ([]Preference, error) {
	u, err := s.Me(ctx, actor)
	if err != nil {
		return nil, err
	}
	return s.store.Preferences(ctx, u.ID)
}

// HoldPreferences is like [Service.Hold] for what the actor wants kept. It
// returns what [Service.Preferences] does.
func (s *Service) HoldPreferences(ctx context.Context, actor Actor, fn func(ctx context.Context) error) error {
	u, err := s.Me(ctx, actor)
	if err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		if err := s.store.LockPreferences(ctx, u.ID); err != nil {
			return err
		}
		return fn(ctx)
	})
}

// PutPreference keeps a value for the actor, in place of what he had by that name,
// and returns it as it is kept: without spaces, the fields of objects in order and
// each once, the last of several. It returns an InvalidError of "preference" for a
// name that cannot be one, and for one more than 100, and one of "value".
//
// The trail is not told: nobody else is concerned, and a page may well write at
// each click.
func (s *Service) PutPreference(ctx context.Context, actor Actor, name string, value json.RawMessage) (Preference, error) {
	u, err := s.Me(ctx, actor)
	if err != nil {
		return Preference{}, err
	}
	if !preferenceName.MatchString(name) {
		return Preference{}, &InvalidError{Field: "preference", Expected: "a name of 1 to 64 of a-z 0-9 . _ - that begins with a letter or a digit"}
	}
	p := Preference{Name: name}
	if p.Value, err = compacted(value); err != nil {
		return Preference{}, err
	}
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		if err := s.store.LockPreferences(ctx, u.ID); err != nil {
			return err
		}
		p.Updated = s.clock()
		if err := s.store.PutPreference(ctx, u.ID, p); err != nil {
			return err
		}
		list, err := s.store.Preferences(ctx, u.ID)
		if err == nil && len(list) > maxPreferences {
			err = &InvalidError{Field: "preference", Expected: "at most 100 of them"}
		}
		return err
	})
	if err != nil {
		return Preference{}, err
	}
	return p, nil
}

// DeletePreference deletes one of the actor's. It returns ErrNotFound. The trail
// is told as little as of [Service.PutPreference].
func (s *Service) DeletePreference(ctx context.Context, actor Actor, name string) error {
	u, err := s.Me(ctx, actor)
	if err != nil {
		return err
	}
	if !preferenceName.MatchString(name) {
		return fmt.Errorf("%w: preference", ErrNotFound)
	}
	return s.store.Tx(ctx, func(ctx context.Context) error { return s.store.DeletePreference(ctx, u.ID, name) })
}

// compacted returns the JSON of a value in the one way in which it is kept.
func compacted(value json.RawMessage) (json.RawMessage, error) {
	wrong := &InvalidError{Field: "value", Expected: "JSON of at most 8 KiB"}
	if !utf8.Valid(value) || !json.Valid(value) {
		return nil, wrong
	}
	var parsed any
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber() // as it was written
	if err := d.Decode(&parsed); err != nil {
		return nil, wrong
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(parsed); err != nil {
		return nil, wrong
	}
	clean := bytes.TrimSuffix(text.Bytes(), []byte("\n"))
	if len(clean) > maxPreferenceBytes {
		return nil, wrong
	}
	return clean, nil
}
