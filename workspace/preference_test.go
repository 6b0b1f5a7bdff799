package workspace_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// prefers wants an actor to have preferences, as "name=value" in order of name.
func (w *world) prefers(actor workspace.Actor, want ...string) {
	w.t.Helper()
	list, err := w.Preferences(w.ctx(), actor)
	w.must(err)
	var got []string
	for _, p := range list {
		got = append(got, p.Name+"="+string(p.Value))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("preferences %q, want %q", got, want)
	}
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		_, ada := w.user("ada")
		_, bob := w.user("bob")
		put := func(actor workspace.Actor, name, value string) error {
			p, err := w.PutPreference(w.ctx(), actor, name, json.RawMessage(value))
			if err == nil && (p.Name != name || p.Updated.IsZero()) {
				t.Errorf("PutPreference = %+v", p)
			}
			return err
		}
		w.leaves(func() { // no events
			w.prefers(ada)
			w.must(put(ada, "size", ` 50 `))
			w.must(put(ada, "columns", `{"b": [1, 2.50],	"a": "<é>", "a": null}`))
			w.must(put(bob, "size", `"other"`))
			w.prefers(ada, `columns={"a":null,"b":[1,2.50]}`, "size=50")
			w.must(put(ada, "size", `null`))
			w.prefers(ada, `columns={"a":null,"b":[1,2.50]}`, "size=null")
			wantErr(t, w.DeletePreference(w.ctx(), ada, "none"), workspace.ErrNotFound)
			w.must(w.DeletePreference(w.ctx(), ada, "columns"))
			w.prefers(ada, "size=null")
			w.prefers(bob, `size="other"`)
		})
		for _, name := range []string{"", "A", "-a", ".a", "_a", "a b", "a/b", "é", "a\x00", "a\n", strings.Repeat("a", 65)} {
			wantInvalid(t, put(ada, name, `1`), "preference")
			wantErr(t, w.DeletePreference(w.ctx(), ada, "none"+name), workspace.ErrNotFound)
		}
		for _, value := range []string{"", "x", "{", "1 2", "\"\xff\"", "\"\x00\"", `{"a":}`, strings.Repeat("[", 9000) + strings.Repeat("]", 9000)} {
			wantInvalid(t, put(ada, "a", value), "value")
		}
		wantInvalid(t, put(ada, "a", `"`+strings.Repeat("x", 8<<10-1)+`"`), "value")
		w.must(put(ada, strings.Repeat("a", 64), `"`+strings.Repeat("x", 8<<10-2)+`"`))
		w.must(put(ada, "0._-", strings.Repeat(" ", 9000)+`[ "&", 12345678901234567890, 1e400, "\u0000" ]`))
		w.prefers(ada, `0._-=["&",12345678901234567890,1e400,"\u0000"]`, strings.Repeat("a", 64)+`="`+strings.Repeat("x", 8<<10-2)+`"`, "size=null")
	})
}

// Keys, commands and guests keep nothing.
func TestPreferencesOfUsersAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user, ada := w.user("ada")
	before := dbtest.Fingerprint(t, w.db)
	for who, actor := range map[string]workspace.Actor{
		"a personal key": {Principal: 4711, Name: "key", Via: "key", Behalf: user.ID, BehalfPrincipal: user.Num},
		"a key as him":   {Principal: user.Num, Name: "key", Via: "key", Behalf: user.ID},
		"a command":      workspace.Command("x"), "a guest": workspace.Guest(""), "nobody": {},
	} {
		list, read := w.Preferences(w.ctx(), actor)
		_, put := w.PutPreference(w.ctx(), actor, "a", json.RawMessage("1"))
		ran := false
		held := w.HoldPreferences(w.ctx(), actor, func(context.Context) error { ran = true; return nil })
		for what, err := range map[string]error{
			"Preferences": read, "PutPreference": put, "HoldPreferences": held, "DeletePreference": w.DeletePreference(w.ctx(), actor, "a"),
		} {
			if !errors.Is(err, rbac.ErrDenied) && !errors.Is(err, workspace.ErrNotFound) || len(list) > 0 || ran {
				t.Errorf("%s by %s = %v", what, who, err)
			}
		}
	}
	if dbtest.Fingerprint(t, w.db) != before {
		t.Error("something was kept")
	}
	w.prefers(ada)
}

// Who writes while another page does waits for what that has written.
func TestPreferencesWait(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		_, ada := w.user("ada")
		for i := range 99 {
			_, err := w.PutPreference(w.ctx(), ada, fmt.Sprint("p", i), json.RawMessage("1"))
			w.must(err)
		}
		outside := context.WithoutCancel(w.ctx())
		second := make(chan error, 1)
		var once sync.Once // a unit of work may be repeated
		w.must(db.Tx(w.ctx(), func(ctx context.Context) error {
			if _, err := w.PutPreference(ctx, ada, "first", json.RawMessage("1")); err != nil {
				return err
			}
			once.Do(func() {
				go func() {
					_, err := w.PutPreference(outside, ada, "second", json.RawMessage("1"))
					second <- err
				}()
			})
			time.Sleep(200 * time.Millisecond) // for the other to come as far as it can
			return nil
		}))
		wantInvalid(t, <-second, "preference")
	})
}

// However many pages write at once, nobody keeps more than a hundred.
func TestPreferencesAreBounded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		_, ada := w.user("ada")
		for i := range 95 {
			_, err := w.PutPreference(w.ctx(), ada, fmt.Sprint("p", i), json.RawMessage("1"))
			w.must(err)
		}
		results := make(chan error, 12)
		var all sync.WaitGroup
		for i := range cap(results) {
			all.Go(func() {
				_, err := w.PutPreference(w.ctx(), ada, fmt.Sprint("q", i), json.RawMessage("1"))
				results <- err
			})
		}
		all.Wait()
		close(results)
		done := 0
		for err := range results {
			if err == nil {
				done++
				continue
			}
			wantInvalid(t, err, "preference")
		}
		list, err := w.Preferences(w.ctx(), ada)
		w.must(err)
		if done != 5 || len(list) != 100 {
			t.Errorf("%d came to 95, and there are %d", done, len(list))
		}
		_, err = w.PutPreference(w.ctx(), ada, "p0", json.RawMessage("2"))
		w.must(err)
	})
}
