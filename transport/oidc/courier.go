package oidc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// maxAnswer bounds what a provider may answer, in bytes.
const maxAnswer = 1 << 20

// An UnavailableError means that an identity provider could not be reached, or
// did not answer as one does. Trying again later may help.
type UnavailableError struct{ Err error }

// Error tells what is wrong.
func (e *UnavailableError) Error() string {
	return "oidc: the identity provider cannot be reached: " + short(e.Err.Error())
}

// Unwrap returns the error of the attempt.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Unavailable tells transport that it is so.
func (e *UnavailableError) Unavailable() bool { return true }

// short keeps what a provider answered out of the log but for its beginning.
func short(text string) string {
	if len(text) > 300 {
		return text[:300] + "…"
	}
	return text
}

// A courier brings questions to a provider and answers back. It bounds the size
// of answers and how often keys are asked for: whoever sends tokens that no key
// fits would have us ask once for each.
type courier struct {
	next  http.RoundTripper
	every time.Duration
	now   func() time.Time

	mu   sync.Mutex
	keys string // where the keys are
	at   time.Time
	kept []byte
	err  error
}

// from has the courier know where the keys are.
func (c *courier) from(keys string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys = keys
}

// RoundTrip asks, see [http.RoundTripper].
func (c *courier) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	if r.Method != http.MethodGet || c.keys == "" || r.URL.String() != c.keys {
		c.mu.Unlock()
		return c.ask(r)
	}
	// One at a time: the others have the same question.
	defer c.mu.Unlock()
	if now := c.now(); c.at.IsZero() || now.Sub(c.at) >= c.every || now.Before(c.at) {
		answer, err := c.ask(r)
		if errors.Is(err, context.Canceled) {
			return nil, err
		}
		c.at, c.kept, c.err = now, nil, err
		if err == nil {
			c.kept, c.err = io.ReadAll(answer.Body)
		}
	}
	if c.err != nil {
		return nil, c.err
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(c.kept)), Request: r,
	}, nil
}

// ask asks whatever it is and returns the whole answer.
func (c *courier) ask(r *http.Request) (*http.Response, error) {
	answer, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, away(r, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, away(r, err)
	case len(body) > maxAnswer:
		return nil, &UnavailableError{Err: fmt.Errorf("%s answered with more than %d bytes", r.URL.Host, maxAnswer)}
	case answer.StatusCode >= http.StatusInternalServerError,
		r.Method == http.MethodGet && answer.StatusCode != http.StatusOK:
		return nil, &UnavailableError{Err: fmt.Errorf("%s answered %d", r.URL.Host, answer.StatusCode)}
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

// away tells a provider that does not answer from a caller who does not wait.
func away(r *http.Request, err error) error {
	if errors.Is(r.Context().Err(), context.Canceled) {
		return err
	}
	return &UnavailableError{Err: err}
}
