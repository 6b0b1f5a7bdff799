package apiv1

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// measured is what has fields that are only read off: they change by themselves,
// and nobody who changes something else loses anything by that.
type measured interface{ readings() []string }

// tagOf returns the ETag of what is answered alone. What is read off has a part
// of its own behind a dot, which counts for If-None-Match and not for If-Match.
func tagOf(body any) string {
	text, err := written(body)
	if err != nil {
		return "" // writing it again, for the answer, fails as well and says so
	}
	m, some := body.(measured)
	if !some {
		return `"` + digest(text, 16) + `"`
	}
	fields := map[string]jsontext.Value{}
	if err := json.Unmarshal(text, &fields); err != nil {
		return ""
	}
	read := map[string]jsontext.Value{}
	for _, name := range m.readings() {
		if value, there := fields[name]; there {
			read[name] = value
			delete(fields, name)
		}
	}
	state, err := written(fields)
	if err != nil {
		return ""
	}
	off, err := written(read)
	if err != nil {
		return ""
	}
	return `"` + digest(state, 16) + "." + digest(off, 6) + `"`
}

func digest(text []byte, size int) string {
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:size])
}

// stateOf returns the part of a tag that counts for If-Match.
func stateOf(tag string) string {
	state, _, _ := strings.Cut(strings.Trim(tag, `"`), ".")
	return state
}

// current refuses a change that was asked for on the condition that something is
// what it no longer is. It is called where nobody else can change it meanwhile.
func (c *call) current(body any) error { return c.still(tagOf(body)) }

// still is current for what has an ETag.
func (c *call) still(is string) error {
	if len(c.Header.Values("If-Match")) == 0 {
		return nil
	}
	tags, whatever, err := c.tags("If-Match")
	if err != nil || whatever {
		return err
	}
	state := stateOf(is)
	for _, tag := range tags {
		// A weak one never matches here (RFC 9110 §13.1.1).
		if !strings.HasPrefix(tag, "W/") && stateOf(tag) == state {
			return nil
		}
	}
	return transport.ErrPrecondition
}

// absent refuses a condition on what is not there.
func (c *call) absent() error {
	if len(c.Header.Values("If-Match")) > 0 {
		return transport.ErrPrecondition
	}
	return nil
}

// absentIf is absent where that is why something was not found.
func (c *call) absentIf(err error) error {
	if errors.Is(err, workspace.ErrNotFound) {
		return c.absent()
	}
	return err
}

// conditional reports whether a change depends on what is there.
func (c *call) conditional() bool { return c.dry || len(c.Header.Values("If-Match")) > 0 }

// fresh reports whether what the client has at hand is up to date.
func (c *call) fresh(tag string) (bool, error) {
	if len(c.Header.Values("If-None-Match")) == 0 {
		return false, nil
	}
	tags, whatever, err := c.tags("If-None-Match")
	if err != nil || whatever {
		return whatever, err
	}
	for _, t := range tags {
		if strings.TrimPrefix(t, "W/") == tag {
			return true, nil
		}
	}
	return false, nil
}

// tags reads a header with ETags, or *.
func (c *call) tags(header string) (tags []string, whatever bool, err error) {
	rest := strings.TrimSpace(strings.Join(c.Header.Values(header), ","))
	if rest == "*" {
		return nil, true, nil
	}
	malformed := invalid(header, `ETags as "abc", or *`)
	for {
		weak := ""
		if after, is := strings.CutPrefix(rest, "W/"); is {
			weak, rest = "W/", after
		}
		after, is := strings.CutPrefix(rest, `"`)
		if !is {
			return nil, false, malformed
		}
		tag, after, is := strings.Cut(after, `"`)
		if !is {
			return nil, false, malformed
		}
		tags = append(tags, weak+`"`+tag+`"`)
		if rest = strings.TrimSpace(after); rest == "" {
			return tags, false, nil
		}
		if after, is = strings.CutPrefix(rest, ","); !is {
			return nil, false, malformed
		}
		rest = strings.TrimSpace(after)
	}
}
