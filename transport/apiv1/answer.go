package apiv1

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace/idempotency"
)

// answer is a reply in JSON, as it is kept for who repeats his request.
type answer struct {
	Status   int            `json:"status"`
	Tag      string         `json:"tag,omitzero"`
	Location string         `json:"location,omitzero"`
	Body     jsontext.Value `json:"body,omitzero"`

	again bool
}

func (a answer) write(w http.ResponseWriter) {
	if a.Status == 0 {
		return
	}
	h := w.Header()
	if a.Tag != "" {
		h.Set("ETag", a.Tag)
	}
	if a.Location != "" {
		h.Set("Location", a.Location)
	}
	if a.again {
		h.Set("Idempotency-Replayed", "true")
	}
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if a.Body == nil {
		w.WriteHeader(a.Status)
		return
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(a.Body)))
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body)
}

// errDry ends a unit of work that nothing is to be kept of.
var errDry = errors.New("apiv1: nothing is kept of what is tried")

// errNoUnit is what a host is told that gave no Tx.
var errNoUnit = errors.New("apiv1: Services.Tx is missing")

// once has a call answered: tried and undone, once for its key, in one unit of
// work with the condition that it is made on, or just so.
func (l *lens) once(route route, c *call) (answer, error) {
	key := ""
	if route.changes() {
		var err error
		if key, err = c.key(); err != nil {
			return answer{}, err
		}
	}
	conditional := !route.Final && (route.Method == http.MethodDelete || route.Method == http.MethodPut)
	switch {
	case c.dry && route.alone:
		return l.act(route, c.in(c.Context()))
	case c.dry:
		return l.try(route, c)
	case key != "" && l.Idempotency == nil:
		return answer{}, invalid("Idempotency-Key", "nothing, since this server keeps no keys")
	case key != "":
		return l.keyed(route, c, key)
	case conditional && c.Header.Get("If-Match") != "":
		var a answer
		err := l.unit(c.Context(), func(ctx context.Context) (err error) {
			a, err = l.act(route, c.in(ctx))
			return err
		})
		return a, err
	}
	return l.act(route, c.in(c.Context()))
}

func (l *lens) unit(ctx context.Context, fn func(ctx context.Context) error) error {
	if l.Tx == nil {
		return errNoUnit
	}
	return l.Tx(ctx, fn)
}

// act runs the action and puts its reply into JSON.
func (l *lens) act(route route, c *call) (answer, error) {
	r, err := route.action(l, c)
	if err != nil {
		return answer{}, err
	}
	a := answer{Status: r.status, Tag: r.tag, Location: r.location}
	if a.Tag != "" && (c.Method == http.MethodGet || c.Method == http.MethodHead) {
		fresh, err := c.fresh(a.Tag)
		if err != nil {
			return answer{}, err
		}
		if fresh {
			return answer{Status: http.StatusNotModified, Tag: a.Tag}, nil
		}
	}
	if r.body == nil {
		return a, nil
	}
	a.Body, err = c.encode(r.body)
	return a, err
}

// try runs the action and undoes it. What would have been made is not there, so
// the answer neither says where it is nor that it was made, and has an ETag only
// where that stands for the trial itself.
func (l *lens) try(route route, c *call) (answer, error) {
	var a answer
	err := l.unit(c.Context(), func(ctx context.Context) (err error) {
		if a, err = l.act(route, c.in(ctx)); err != nil {
			return err
		}
		return errDry
	})
	if !errors.Is(err, errDry) {
		if err == nil {
			err = errNoUnit // a host's own that keeps what fails
		}
		return answer{}, err
	}
	a.Location = ""
	if !route.previews {
		a.Tag = ""
	}
	if a.Status == http.StatusCreated {
		a.Status = http.StatusOK
	}
	return a, nil
}

// maxKey bounds what makes a request harmless to repeat.
const maxKey = 255

// key returns the Idempotency-Key of a POST. Guests are all one, and have none.
func (c *call) key() (string, error) {
	values := c.Header.Values("Idempotency-Key")
	if c.Method != http.MethodPost || len(values) == 0 || c.actor.Principal == rbac.Guest {
		return "", nil
	}
	key := values[0]
	odd := strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' })
	if len(values) > 1 || key == "" || len(key) > maxKey || odd {
		return "", invalid("Idempotency-Key", "1 to 255 visible ASCII characters")
	}
	return key, nil
}

// keyed runs the action once for its key.
func (l *lens) keyed(route route, c *call, key string) (answer, error) {
	request := idempotency.Request{
		Principal: c.actor.Principal, Key: key, Digest: c.digest(route), Secret: route.secret,
	}
	var a answer
	kept, again, err := l.Idempotency.Do(c.Context(), request, func(ctx context.Context) (idempotency.Answer, error) {
		r, made, err := l.remembered(route, c.in(ctx))
		if err != nil {
			return idempotency.Answer{}, err
		}
		a = r
		text, err := json.Marshal(a)
		if err != nil {
			return idempotency.Answer{}, fmt.Errorf("apiv1: keep an answer: %w", err)
		}
		return idempotency.Answer{Text: text, Made: made}, nil
	})
	if err != nil || !again {
		return a, err
	}
	a = answer{}
	if err := json.Unmarshal(kept.Text, &a); err != nil {
		return answer{}, fmt.Errorf("apiv1: answer again: %w", err)
	}
	a.again = true
	return a, nil
}

// remembered is act, with what was made.
func (l *lens) remembered(route route, c *call) (answer, string, error) {
	made := ""
	noting := route
	noting.action = func(l *lens, c *call) (reply, error) {
		r, err := route.action(l, c)
		made = r.made
		return r, err
	}
	a, err := l.act(noting, c)
	return a, made, err
}

// digest tells requests with one key apart.
func (c *call) digest(route route) string {
	sum := sha256.New()
	for _, part := range []string{
		strconv.FormatInt(int64(c.actor.Principal), 10), route.Method, c.URL.EscapedPath(), c.URL.RawQuery, string(c.body),
	} {
		fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// encode puts a body into JSON, of its fields those that the query names.
func (c *call) encode(body any) (jsontext.Value, error) {
	if text, raw := body.(jsontext.Value); raw {
		return text, nil
	}
	if list, is := body.(interface {
		choose(fields []string) (any, error)
	}); is {
		fields, err := c.fields()
		if err != nil {
			return nil, err
		}
		if body, err = list.choose(fields); err != nil {
			return nil, err
		}
		return written(body)
	}
	if c.Method == http.MethodGet || c.Method == http.MethodHead {
		fields, err := c.fields()
		if err != nil {
			return nil, err
		}
		if len(fields) > 0 {
			if body, err = chosen(body, fields); err != nil {
				return nil, err
			}
		}
	}
	return written(body)
}

// written is JSON as all of transport writes it.
func written(body any) (jsontext.Value, error) {
	text, err := json.Marshal(body, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil, fmt.Errorf("apiv1: write JSON: %w", err)
	}
	return text, nil
}
