package provision_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// hostile returns names that are none, made of fragments that mean something to
// a shell, a file system, SQL, URLs or people.
func hostile(n int) []database.Name {
	fragments := []string{
		"../", "..", "/", `\`, "\x00", "'", `"`, "''", `""`, ";", "--", "/*", "*/", "%", "%00", "%2e%2e%2f", "%s", "\n", "\r", "\t", " ",
		"é", "ß", "ı", "İ", "\u202e", "\u200b", "\ufeff", "ａ", "а", "\xff", "\xc3", "A", "Z", "ABC", "~", "~new", "~old", "~run", ".",
		".sqlite", ".sqlite-wal", "$", "${HOME}", "$(id)", "`id`", "|", "&", "<", ">", "?", "#", "@", ":", "=", "+", ",", "!", "*", "[", "]",
		"{", "}", "^", "host=evil", "postgres://x", "file:", "?mode=memory", "DROP DATABASE postgres", "1", "9", "-", "_", "a", "abc",
		"project-", "template1", "con", "nul", strings.Repeat("a", 48), strings.Repeat("b", 300), strings.Repeat("é", 30),
	}
	names := []database.Name{"", ".", "..", "\x00", "a\n", "\na", "a\x00", "1a", "-a", "_a", "a.b", "a b", "Aa", database.Name(strings.Repeat("a", 49))}
	random := rand.New(rand.NewPCG(1, 2))
	for len(names) < n {
		var name strings.Builder
		for range 1 + random.IntN(4) {
			name.WriteString(fragments[random.IntN(len(fragments))])
		}
		if database.Name(name.String()).Check() != nil {
			names = append(names, database.Name(name.String()))
		}
	}
	return names
}

// TestNames has every method refuse ten thousand names before it does anything.
func TestNames(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.create(t, "one", "")
		p.in(t, "one", "CREATE TABLE a (n int)")
		backup := p.backup(t, "one")
		before := p.state(t)
		touched := writer(func([]byte) (int, error) { panic("written") })
		read := reader(func([]byte) (int, error) { panic("read") })
		ctx := context.Background()
		all := hostile(10000)
		for _, name := range all {
			_, access := p.Access(ctx, name)
			_, stats := p.Stats(ctx, name)
			_, sessions := p.EndSessions(ctx, name)
			_, hold := p.Hold(ctx, name)
			errs := map[string]error{
				"create": p.Create(ctx, name, ""), "create from": p.Create(ctx, name, "one"),
				"stats": stats, "backup": p.Backup(ctx, name, touched), "restore": p.Restore(ctx, name, read),
				"lock": p.Lock(ctx, name), "unlock": p.Unlock(ctx, name), "sessions": sessions,
				"rename": p.Rename(ctx, name, "two"), "rename to": p.Rename(ctx, "one", name), "drop": p.Drop(ctx, name),
				"access": access, "hold": hold,
			}
			if name != "" { // where it is no template
				errs["template"] = p.Create(ctx, "two", name)
			}
			for what, err := range errs {
				if !errors.Is(err, database.ErrName) {
					t.Errorf("%s %q: %v", what, name, err)
				} else if text := err.Error(); len(name) > 3 && strings.Contains(text, string(name)) {
					t.Errorf("%s %q is quoted: %s", what, name, text)
				}
			}
		}
		if after := p.state(t); after != before {
			t.Errorf("from\n%s\nto\n%s", before, after)
		}
		if got := p.names(t); got != "[one]" {
			t.Error(got)
		}
		// The longest there may be, and those that are something elsewhere.
		for _, name := range []database.Name{database.Name(strings.Repeat("a", 47) + "-"), "half", "call", "session", "template0", "postgres"} {
			p.create(t, name, "one")
			if err := p.Restore(ctx, name, bytes.NewReader(backup)); err != nil {
				t.Errorf("restore %s: %v", name, err)
			}
			if err := p.Backup(ctx, name, io.Discard); err != nil {
				t.Errorf("backup %s: %v", name, err)
			}
			p.in(t, name, "INSERT INTO a VALUES (1)")
			if err := p.Drop(ctx, name); err != nil {
				t.Errorf("drop %s: %v", name, err)
			}
		}
	})
}
