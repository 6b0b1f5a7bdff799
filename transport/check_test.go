package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/workload"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A court is a small world behind a CheckHandler, that takes the caller from a
// header.
type court struct {
	*workload.World

	t      *testing.T
	db     *storage.DB
	engine *rbac.Engine
	http   http.Handler
}

func newCourt(t *testing.T, opts *rbac.Options) *court {
	t.Helper()
	c := &court{t: t, World: workload.New(1, &workload.Options{Depth: 4, Users: 30, Groups: 5})}
	address := dbtest.SQLite(t)
	dbtest.PlantState(t, address, c.Top, c.Space)
	c.db = dbtest.Open(t, address)
	c.engine = rbac.New(c.db.Rules(), c.Schema(), opts)
	c.http = transport.CheckHandler(&transport.Services{Rules: c.engine, Host: func(r *http.Request) (workspace.Actor, error) {
		var who int64
		if _, err := fmt.Sscan(r.Header.Get("X-Caller"), &who); err != nil {
			return workspace.Actor{}, transport.ErrUnrecognised
		}
		return workspace.Actor{Principal: rbac.Principal(who)}, nil
	}})
	return c
}

// ask posts a body and returns status and answer.
func (c *court) ask(who rbac.Principal, body string) (int, string) {
	c.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	if who != 0 {
		r.Header.Set("X-Caller", fmt.Sprint(int64(who)))
	}
	w := httptest.NewRecorder()
	c.http.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func (c *court) want(who rbac.Principal, body string, status int, answer string) {
	c.t.Helper()
	if got, text := c.ask(who, body); got != status || text != answer {
		c.t.Errorf("%.200s is answered with %d %s, want %d %s", body, got, text, status, answer)
	}
}

// asking is the JSON of questions.
func asking(list []rbac.Question) string {
	parts := make([]string, 0, len(list))
	for _, q := range list {
		parts = append(parts, fmt.Sprintf(`{"node":%d,"permission":%q}`, q.Node, q.Permission))
	}
	return `{"checks":[` + strings.Join(parts, ",") + `]}`
}

func TestCheckHandler(t *testing.T) {
	t.Parallel()
	for _, budget := range []int64{0, -1} {
		c := newCourt(t, &rbac.Options{Budget: budget})
		many := map[rbac.Principal][]rbac.Question{}
		wants := map[rbac.Principal][]bool{}
		for _, q := range c.Questions(200, 3) {
			want := fmt.Sprintf(`{"allowed":%t}`, q.Want)
			c.want(q.User, fmt.Sprintf(`{"node":%d,"permission":%q}`, q.Node, q.Permission), 200, want)
			c.want(q.User, fmt.Sprintf(`{ "permission" : "\u%04x%s", "within": "1h", "node" : %d }`, q.Permission[0], q.Permission[1:], q.Node), 200, want)
			many[q.User] = append(many[q.User], rbac.Question{Node: q.Node, Permission: q.Permission})
			wants[q.User] = append(wants[q.User], q.Want)
		}
		for user, list := range many {
			want, err := json.Marshal(map[string]any{"allowed": wants[user]})
			if err != nil {
				t.Fatal(err)
			}
			c.want(user, asking(list), 200, string(want))
		}
	}
}

// A node that does not exist is answered for like one that nobody gave anything
// on, and does not keep the others from being answered.
func TestCheckHandlerTellsStrangersNothing(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	reader := c.Reader()
	mine := c.Readable(reader)[0]
	stranger := c.Users[0]
	for _, user := range c.Users {
		if len(c.Readable(user)) == 0 {
			stranger = user
		}
	}
	for _, n := range []rbac.Node{rbac.Root, workload.Workspace, 3, 99_999, -1, 1 << 60} {
		c.want(stranger, fmt.Sprintf(`{"node":%d,"permission":"resource.read"}`, n), 200, `{"allowed":false}`)
		c.want(rbac.Guest, fmt.Sprintf(`{"node":%d,"permission":"resource.read"}`, n), 200, `{"allowed":false}`)
	}
	c.want(0, fmt.Sprintf(`{"node":%d,"permission":"resource.read"}`, mine), 200, `{"allowed":false}`) // a guest
	c.want(reader, asking([]rbac.Question{
		{Node: 99_999, Permission: workload.Read},
		{Node: mine, Permission: workload.Read},
		{Node: 99_998, Permission: workload.Read},
		{Node: mine, Permission: "no.such"},
		{Node: mine, Permission: ""},
		{Node: mine, Permission: workload.Read},
	}), 200, `{"allowed":[false,true,false,false,false,true]}`)

	// Nor can one ask about moments of what one has nothing to do with.
	for _, workspace := range []rbac.Node{workload.Workspace, rbac.Root, 99_999} {
		c.want(stranger, fmt.Sprintf(`{"node":3,"permission":"resource.read","at_least":{"workspace":%d,"revision":1000,"above":1000}}`, workspace),
			200, `{"allowed":false}`)
	}
	present, err := c.engine.Revision(t.Context(), mine)
	if err != nil {
		t.Fatal(err)
	}
	moment := func(token rbac.Token) string {
		return fmt.Sprintf(`{"node":%d,"permission":"resource.read","at_least":{"workspace":%d,"revision":%d,"above":%d}}`,
			mine, token.Workspace, token.Revision, token.Above)
	}
	c.want(reader, moment(present), 200, `{"allowed":true}`)
	c.want(reader, moment(rbac.Token{Workspace: 99_999, Revision: 7}), 200, `{"allowed":true}`)
	present.Revision += 1000
	c.want(workload.Supervisor, moment(present), 503, `{"code":"stale"}`)
}

func TestCheckHandlerRefusals(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	one := `{"node":3,"permission":"resource.read"}`
	list := func(n int) string { return `{"checks":[` + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + `]}` }
	with := func(more string) string { return strings.TrimSuffix(one, "}") + "," + more + "}" }
	for _, r := range []struct{ body, field, expected string }{
		{"", "", "JSON"},
		{"null", "", "a value other than null"},
		{"[]", "", "an object"},
		{"{", "", "JSON in valid UTF-8"},
		{one + "x", "", "nothing behind the value"},
		{`{}`, "checks", "checks, or node and permission"},
		{`{"within":"1s"}`, "checks", "checks, or node and permission"},
		{`{"node":3}`, "permission", "the name of a permission"},
		{`{"node":null,"permission":"resource.read"}`, "node", "the number of a node"},
		{`{"permission":"resource.read"}`, "node", "the number of a node"},
		{`{"node":"3","permission":"resource.read"}`, "node", "an integer of 64 bits"},
		{`{"node":3.5,"permission":"resource.read"}`, "node", "an integer of 64 bits"},
		{`{"node":9223372036854775808,"permission":"resource.read"}`, "node", "an integer of 64 bits"},
		{`{"node":03,"permission":"resource.read"}`, "", "JSON in valid UTF-8"},
		{`{"node":3,"permission":4}`, "permission", "text"},
		{`{"node":3,"permission":"a` + "\x00" + `"}`, "permission", "JSON in valid UTF-8"},
		{`{"node":3,"permission":"\u0000"}`, "permission", "text without NUL"},
		{`{"node":3,"permission":"` + "\xff" + `"}`, "permission", "JSON in valid UTF-8"},
		{`{"node":3,"node":3,"permission":"resource.read"}`, "node", "no name twice"},
		{`{"Node":3,"permission":"resource.read"}`, "Node", "a known field"},
		{with(`"principal":5`), "principal", "a known field"},
		{with(`"checks":[` + one + `]`), "checks", "either checks, or node and permission"},
		{`{"checks":{}}`, "checks", "an array"},
		{`{"checks":[]}`, "checks", "1 to 1000 of them"},
		{list(1001), "checks", "1 to 1000 of them"},
		{`{"checks":[` + one + `,{"node":3}]}`, "checks.1.permission", "the name of a permission"},
		{`{"checks":[` + one + `,{"permission":"a.b"}]}`, "checks.1.node", "the number of a node"},
		{`{"checks":[` + one + `,null]}`, "checks.1.node", "the number of a node"},
		{`{"checks":[` + one + `,{"node":true,"permission":"a.b"}]}`, "checks.1.node", "an integer of 64 bits"},
		{`{"checks":[` + one + `,{"node":3,"permission":"a.b","class":"x"}]}`, "checks.1.class", "a known field"},
		{`{"checks":[` + one + `,{"node":3,"node":4,"permission":"a.b"}]}`, "checks.1.node", "no name twice"},
		{`{"checks":[` + one + `,]}`, "checks", "JSON in valid UTF-8"},
		{with(`"within":5`), "within", "text"},
		{with(`"within":""`), "within", `a duration as "1.5s", not negative`},
		{with(`"within":"5"`), "within", `a duration as "1.5s", not negative`},
		{with(`"within":"-1s"`), "within", `a duration as "1.5s", not negative`},
		{with(`"within":"1s","within":"1s"`), "within", "no name twice"},
		{with(`"within":"1s","at_least":{"workspace":2,"revision":1,"above":1}`), "at_least", "either within or at_least"},
		{with(`"at_least":5`), "at_least", "an object"},
		{with(`"at_least":{"workspace":2,"revision":1}`), "at_least.above", "an integer of 64 bits"},
		{with(`"at_least":{"workspace":2,"above":1}`), "at_least.revision", "an integer of 64 bits"},
		{with(`"at_least":{"above":2,"revision":1}`), "at_least.workspace", "an integer of 64 bits"},
		{with(`"at_least":{"workspace":2,"revision":1,"above":"x"}`), "at_least.above", "an integer of 64 bits"},
	} {
		status, text := c.ask(c.Users[0], r.body)
		var got map[string]string
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		if status != 400 || got["code"] != "invalid" || got["field"] != r.field || got["expected"] != r.expected {
			t.Errorf("%.200s is answered with %d %s, want %q to be expected of %q", r.body, status, text, r.expected, r.field)
		}
	}
	c.want(c.Users[0], list(1000), 200, `{"allowed":[`+strings.TrimSuffix(strings.Repeat("false,", 1000), ",")+`]}`)
	c.want(c.Users[0], with(`"within":"`+strings.Repeat("0", 1<<20)+`"`), 413, `{"code":"too_large"}`)
	c.want(987_654, one, 404, `{"code":"not_found"}`) // the host's mistake

	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		w := httptest.NewRecorder()
		c.http.ServeHTTP(w, httptest.NewRequest(method, "/", strings.NewReader(one)))
		if w.Code != 405 || w.Header().Get("Allow") != "POST" || w.Body.String() != `{"code":"method_not_allowed"}` {
			t.Errorf("%s is answered with %d %s, Allow %q", method, w.Code, w.Body, w.Header().Get("Allow"))
		}
	}
}

// Whoever signs in asks about himself, and only as long as he may.
func TestCheckHandlerKnowsTheCaller(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.Rules = rbac.New(h.db.Rules(), workspace.Schema(), nil)
	ann := h.users["ann"]
	rule := rbac.Rule{Node: rbac.Root, Effect: rbac.Allow, Principal: ann.Num, Propagate: true, Created: time.Now()}
	err := h.db.Tx(t.Context(), func(ctx context.Context) error {
		_, err := h.db.Rules().AddRule(ctx, rule)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	held, err := h.Rules.Effective(t.Context(), ann.Num, rbac.Root, rbac.Latest())
	if err != nil || held.Len() == 0 {
		t.Fatalf("Effective = %v, %v", held.List(), err)
	}
	token, err := h.SignIn.Issue(t.Context(), "ann", secret, "", "")
	if err != nil {
		t.Fatal(err)
	}
	handler := transport.CheckHandler(h.Services)
	ask := func(auth string, status int, answer string) {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, "/any/path", strings.NewReader(fmt.Sprintf(`{"node":0,"permission":%q}`, held.List()[0])))
		if auth != "" {
			r.Header.Set("Authorization", auth)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != status || w.Body.String() != answer {
			t.Errorf("%.10s is answered with %d %s, want %d %s", auth, w.Code, w.Body, status, answer)
		}
		if w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Request-ID") == "" {
			t.Errorf("headers %v", w.Header())
		}
	}
	refused := `{"code":"unauthenticated"}`
	ask("", 200, `{"allowed":false}`)
	ask(basic("ann:"+secret), 200, `{"allowed":true}`)
	ask("Bearer "+token.Secret, 200, `{"allowed":true}`)
	ask(basic("robot:"+secret), 200, `{"allowed":false}`)
	ask(basic("gone:"+secret), 401, refused) // disabled
	ask(basic("ann:wrong password"), 401, refused)
	ann.Disabled = true
	if err := h.db.Tx(t.Context(), func(ctx context.Context) error { return h.db.Workspaces().SaveUser(ctx, ann) }); err != nil {
		t.Fatal(err)
	}
	ask("Bearer "+token.Secret, 401, refused)
}

// What the database cannot tell is a 503, without a word of why.
func TestCheckHandlerWithoutDatabase(t *testing.T) {
	t.Parallel()
	c := newCourt(t, &rbac.Options{Budget: -1})
	handler := transport.CheckHandler(&transport.Services{Rules: c.engine})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("canary"))
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"node":3,"permission":"resource.read"}`))
	handler.ServeHTTP(w, r.WithContext(ctx))
	if w.Code != transport.StatusCanceled || strings.Contains(w.Body.String(), "canary") {
		t.Errorf("%d %s, want %d", w.Code, w.Body, transport.StatusCanceled)
	}
}

// What is read quickly must be read alike the strict way.
func TestQuickCheck(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{
		"{", "}", "[", "]", ",", ":", " ", "\n", `"node"`, `"permission"`, `"checks"`, `"within"`, `"at_least"`, `"5s"`, `"data.read"`, `"é"`, `"\n"`, "\x00",
		"3", "0", "00", "-1", "1.5", "1e3", "123456789012345678", "1234567890123456789", "null", "true", `"`, `\`, "\xff",
	}
	seeds := []string{
		`{"node":12,"permission":"data.read"}`,
		`{"permission":"data.read","node":0,"within":"1.5s"}`,
		`{"checks":[{"node":1,"permission":"a.b"},{"permission":"","node":2}]}`,
		` { "within" : "0" , "checks" : [ { "node" : 7 , "permission" : "x" } ] } `,
	}
	read := 0
	try := func(text string) {
		t.Helper()
		quick, ok := transport.QuickCheck(text)
		if !ok {
			return
		}
		read++
		if strict, err := transport.StrictCheck(text); err != nil || !reflect.DeepEqual(quick, strict) {
			t.Fatalf("%q is read quickly as %+v, strictly as %+v, %v", text, quick, strict, err)
		}
	}
	for _, seed := range seeds {
		if _, ok := transport.QuickCheck(seed); !ok {
			t.Errorf("%s is not read quickly", seed)
		}
		for range 20_000 {
			text := seed
			for range 1 + random.IntN(3) {
				from := random.IntN(len(text) + 1)
				to := min(len(text), from+random.IntN(8))
				text = text[:from] + words[random.IntN(len(words))] + text[to:]
				if random.IntN(2) == 0 {
					text = strings.Replace(text, words[random.IntN(len(words))], words[random.IntN(len(words))], 1)
				}
			}
			try(text)
		}
	}
	if read < 1000 {
		t.Errorf("only %d were read quickly", read)
	}
}
