package apiv1_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/logtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/idempotency"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// Canaries are secrets that are looked for where none may be, in every form in
// which they could get there.
type canaries struct{ forms map[string]string }

// add looks for a secret from now on: as it is, in part, and encoded.
func (c *canaries) add(name, secret string) {
	if len(secret) < 16 {
		return
	}
	if c.forms == nil {
		c.forms = map[string]string{}
	}
	part := secret
	if strings.HasPrefix(secret, "bwk_") && len(secret) > 32 {
		part = secret[16:] // what precedes finds the key, and is no secret
	}
	quoted, err := json.Marshal(secret)
	if err != nil { // a string always is
		panic(err)
	}
	escaped, bare := url.QueryEscape(secret), strings.Trim(string(quoted), `"`)
	c.forms[part[:16]] = name + ", in part"
	c.forms[escaped], c.forms[url.PathEscape(secret)] = name+", escaped", name+", escaped"
	c.forms[bare], c.forms[secret] = name+", in JSON", name
	c.forms[hex.EncodeToString([]byte(part))[:32]] = name + ", in hexadecimal"
	// Wherever it begins in what was encoded.
	for shift := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + part))
		middle := strings.TrimRight(text, "=")
		c.forms[middle[4:20]] = name + ", in base64"
	}
}

// look wants no secret in a text, but for those in except.
func (c *canaries) look(t *testing.T, where, text string, except ...string) {
	t.Helper()
	for form, name := range c.forms {
		if i := strings.Index(text, form); i >= 0 && !slices.ContainsFunc(except, func(e string) bool { return strings.Contains(e, form) }) {
			t.Errorf("%s: %s is in …%s…", where, name, text[max(0, i-60):min(len(text), i+len(form)+20)])
			return
		}
	}
}

// finds reports whether there is one in a text.
func (c *canaries) finds(text string) bool {
	for form := range c.forms {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

// hush sends nothing, and knows what it was to send.
type hush struct {
	mu   sync.Mutex
	sent int
}

func (h *hush) Send(context.Context, mail.Email) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sent++
	if h.sent%3 == 0 {
		return errors.New("canary: not now")
	}
	return nil
}

var handedOut = regexp.MustCompile(`bwk_[0-9A-Za-z]{61}|token=([0-9A-Za-z_-]{20,})|bailiwick=([0-9A-Za-z_-]{20,})`)

type aviary struct {
	*matrix
	canaries

	turn    int
	log     *logtest.Journal
	secrets []string // what is sent wherever something can be
}

func newAviary(t *testing.T, address string, db *storage.DB) *aviary {
	t.Helper()
	a := &aviary{matrix: newMatrix(t, address, db), log: &logtest.Journal{}}
	sealer, err := apikey.NewSealer(bytes.Repeat([]byte{7}, 32))
	a.must(err)
	s := a.services
	s.Log = zerolog.New(a.log)
	s.Trail = audit.New(db.Trail(), &audit.Options{Now: s.Now})
	s.Idempotency = idempotency.New(db.Idempotency(), &idempotency.Options{Now: s.Now, Sealer: sealer})
	server := strings.Repeat("\x07", 32)
	a.add("the server's secret", server)
	a.add("the server's secret in hexadecimal", hex.EncodeToString([]byte(server)))
	a.add("the server's secret in base64", base64.StdEncoding.EncodeToString([]byte(server)))
	token, err := s.SignIn.Issue(t.Context(), a.recruit.Username, password, "", "")
	a.must(err)
	boss := a.personas[len(a.personas)-1]
	for name, secret := range map[string]string{
		"a password": password, "a new password": password + "!", "an access token": token.Secret,
		"a session": a.cookie, "a reset token": a.reset, "a link's token": a.abroad.open, "an invitation's token": a.abroad.personal,
		"a personal key": boss.things.secret, "a wrong password": "wrong/pass\"word é canary-0123456789",
		"a wrong key":   "bwk_" + strings.Repeat("Z9y8X7w6", 8)[:61],
		"a wrong token": "wrong-token-" + strings.Repeat("aB3_", 8),
	} {
		a.add(name, secret)
		a.secrets = append(a.secrets, secret)
	}
	slices.Sort(a.secrets)
	return a
}

// heard looks at what a call was answered with, and at the log.
func (a *aviary) heard(where string, got answer, except ...string) {
	a.t.Helper()
	var head bytes.Buffer
	_ = got.header.Write(&head)
	a.look(a.t, where+", answered", got.text+"\n"+head.String(), except...)
	a.look(a.t, where+", log", a.log.Take())
}

func (a *aviary) dump(ctx context.Context, where string) {
	a.t.Helper()
	var all bytes.Buffer
	if _, err := a.db.Fingerprint(ctx, &all); err != nil {
		a.t.Error(err)
	}
	a.look(a.t, where+", database", all.String())
}

// TestCanaries sends secrets through every operation, wherever something can be
// sent, and looks for them wherever they must not be.
func TestCanaries(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, address string, db *storage.DB) {
		t.Helper()
		a := newAviary(t, address, db)
		a.dump(t.Context(), "before")
		for _, route := range apiv1.Routes() {
			a.real(route)
			a.wrong(route)
		}
		a.dump(t.Context(), "after refusals")
		a.trail()
		a.letters()
		a.dump(t.Context(), "after sending")
	})
}

// real calls an operation with a request that succeeds, in a unit of work that
// is undone, and looks at what it would have left.
func (a *aviary) real(route apiv1.Route) {
	p := a.personas[len(a.personas)-1] // who may everything
	if !p.platform {
		a.t.Fatal("the last persona administers nothing")
	}
	v := [2]string{own, own}
	s := sent{as: p.someone, method: route.Method, path: a.path(route, p, v), body: a.body(route, p, v), header: map[string]string{}}
	if route.Method == http.MethodPost && !route.Final {
		s.header["Idempotency-Key"] = "once"
	}
	if strings.HasPrefix(route.Path, "/session") {
		s.header["Cookie"], s.header["X-Requested-With"] = "__Host-bailiwick="+a.cookie, "bailiwick"
	}
	err := a.undo(route, func(ctx context.Context) error {
		got := a.ask(ctx, s)
		if got.status > 299 {
			a.t.Logf("%s: %d %s", route.Operation, got.status, got.text)
		}
		var made []string
		var head bytes.Buffer
		_ = got.header.Write(&head)
		for _, m := range handedOut.FindAllStringSubmatch(got.text+head.String(), -1) {
			for _, one := range m {
				if len(one) > 20 && !strings.Contains(one, "=") {
					a.add("what "+route.Operation+" handed out", one)
					made = append(made, one)
				}
			}
		}
		if letter := a.mails.last.Load(); letter != nil {
			if token := a.mails.token(); token != "" {
				a.add("the token in a mail", token)
			}
		}
		a.heard(route.Operation, got, made...)
		if route.Method != http.MethodGet {
			a.dump(ctx, route.Operation)
			var lines, table bytes.Buffer
			for _, w := range []audit.Writer{audit.NewJSONLines(&lines), audit.NewCSV(&table)} {
				if _, err := a.services.Trail.Export(ctx, audit.Filter{}, w); err != nil {
					return err
				}
			}
			a.look(a.t, route.Operation+", exported", lines.String()+table.String())
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		a.t.Errorf("%s: %v", route.Operation, err)
	}
}

// wrong calls an operation with every secret where it does not belong.
func (a *aviary) wrong(route apiv1.Route) {
	p := a.personas[len(a.personas)-1]
	v := [2]string{own, own}
	path, body := a.path(route, p, v), a.body(route, p, v)
	ask := func(where string, s sent) {
		a.t.Helper()
		// A thirteenth of all, in turn: in a hundred operations each place has its
		// turn with each secret several times.
		if a.turn++; a.turn%13 != 0 {
			return
		}
		s.method = route.Method
		if s.path == "" {
			s.path = path
		}
		err := a.undo(route, func(ctx context.Context) error {
			got := a.ask(ctx, s)
			var made []string
			if got.status < 300 { // it shows what it makes
				made = handedOut.FindAllString(got.text, -1)
				if route.Operation == "putRole" { // whose name is in the path
					made = append(made, a.secrets...)
				}
			}
			a.heard(route.Operation+" with a secret in "+where, got, made...)
			return errUndo
		})
		if !errors.Is(err, errUndo) {
			a.t.Errorf("%s: %v", route.Operation, err)
		}
	}
	for i, secret := range a.secrets {
		quoted, err := json.Marshal(secret)
		if err != nil {
			a.t.Fatal(err)
		}
		for _, by := range []carrier{
			{"bearer", map[string]string{"Authorization": "Bearer " + secret}},
			{"key", map[string]string{"Api-Key": secret}},
			{"scheme", map[string]string{"Authorization": secret}},
			{"Basic", map[string]string{"Authorization": basicAuth(secret, "x")}},
			{"cookie", map[string]string{"Cookie": "__Host-bailiwick=" + url.QueryEscape(secret)}},
			{"two", map[string]string{"X-API-Key": secret, "Api-Key": secret}},
			// X-Request-ID is not among them: it is for being in the log.
			{"others", map[string]string{"If-Match": secret, "Idempotency-Key": secret, "Origin": secret, "Content-Type": secret}},
		} {
			ask("a header, "+by.name, sent{header: by.headers, body: body})
		}
		for _, query := range []string{"?token=", "?limit=", "?cursor=", "?fields=", "?sort=", "?dry_run="} {
			if (i+len(query))%2 == 0 || strings.HasPrefix(query, "?token") { // half of them with each
				ask("the query "+query, sent{as: p.someone, path: with(path, query[1:]+url.QueryEscape(secret)), body: body})
			}
		}
		if strings.Contains(route.Path, "{") && len(secret) > 40 {
			ask("the path", sent{as: p.someone, path: variable.ReplaceAllString(route.Path, url.PathEscape(secret)), body: body})
		}
		if body == "" {
			continue
		}
		for _, text := range []string{
			`{"unknown": ` + string(quoted) + `}`, `{"limit": ` + string(quoted) + `, "roles": ` + string(quoted) + `}`, string(quoted),
			`{"token": ` + string(quoted) + `, "password": [` + string(quoted) + `]}`, `{"name": ` + string(quoted[:len(quoted)-1]),
		} {
			ask("the body", sent{as: p.someone, body: text})
		}
	}
}

// trail looks at all events, as they are kept and as they are exported.
func (a *aviary) trail() {
	a.t.Helper()
	var lines, table bytes.Buffer
	for _, w := range []audit.Writer{audit.NewJSONLines(&lines), audit.NewCSV(&table)} {
		_, err := a.services.Trail.Export(a.t.Context(), audit.Filter{}, w)
		a.must(err)
		a.must(w.Flush())
	}
	a.look(a.t, "exported", lines.String()+table.String())
	if lines.Len() < 1000 || table.Len() < 1000 {
		a.t.Errorf("only %d and %d bytes", lines.Len(), table.Len())
	}
}

// letters sends what is to be sent.
func (a *aviary) letters() {
	a.t.Helper()
	sealer, err := apikey.NewSealer(bytes.Repeat([]byte{7}, 32))
	a.must(err)
	sender := &hush{}
	post, err := mail.New(a.db.Mail(), sender, &mail.Options{Now: a.services.Now, Sealer: sealer})
	a.must(err)
	_, err = post.Deliver(a.t.Context())
	a.must(err)
	if sender.sent == 0 {
		a.t.Error("nothing was sent")
	}
}

// TestCanariesAreFound plants a secret in each place that is looked at.
func TestCanariesAreFound(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, address string, db *storage.DB) {
		t.Helper()
		w := newWorld(t, db)
		const token = "wY3_planted-token-0123456789abcdefghijklmnop"
		var c canaries
		c.add("a token", token)

		log := &logtest.Journal{}
		spill := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			l := zerolog.New(log)
			l.Info().Interface("header", r.Header).Msg("spilled")
		})
		for _, value := range []string{"Bearer " + token, basicAuth("ann", token), basicAuth("anna", token), basicAuth("annab", token)} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			w.must(err)
			r.Header.Set("Authorization", value)
			spill.ServeHTTP(nil, r)
			if !c.finds(log.Take()) {
				t.Errorf("%s in the log is not found", value)
			}
		}

		var clean bytes.Buffer
		dbtest.Dump(t, db, &clean)
		if c.finds(clean.String()) {
			t.Error("found where it is not")
		}
		trail := audit.New(db.Trail(), &audit.Options{Now: w.services.Now})
		w.must(db.Tx(t.Context(), func(ctx context.Context) error {
			return trail.Record(ctx, audit.Event{
				Action: "planted", Via: "test", Detail: json.RawMessage(`{"link": "https://example.org/?token=` + token[:20] + `"}`),
			})
		}))
		for name, export := range map[string]func(io.Writer) audit.Writer{
			"JSON lines": func(w io.Writer) audit.Writer { return audit.NewJSONLines(w) },
			"CSV":        func(w io.Writer) audit.Writer { return audit.NewCSV(w) },
		} {
			var out bytes.Buffer
			writer := export(&out)
			_, err := trail.Export(t.Context(), audit.Filter{}, writer)
			w.must(err)
			w.must(writer.Flush())
			if !c.finds(out.String()) {
				t.Errorf("a part of it in the %s is not found", name)
			}
		}
		var dump bytes.Buffer
		dbtest.Dump(t, db, &dump)
		if !c.finds(dump.String()) {
			t.Error("a part of it in an event in the database is not found")
		}

		var second canaries
		second.add("a column", "clear-token-in-a-column-0123456789")
		u := w.user("somebody", false)
		w.must(db.Tx(t.Context(), func(ctx context.Context) error {
			_, err := db.SignIn().SetHash(ctx, u.ID, "clear-token-in-a-column-0123456789", time.UnixMicro(w.clock.Load()))
			return err
		}))
		dump.Reset()
		dbtest.Dump(t, db, &dump)
		if !second.finds(dump.String()) {
			t.Error("a clear token in a column is not found")
		}
	})
}
