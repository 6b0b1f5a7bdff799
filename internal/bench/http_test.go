package bench_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"
	"github.com/rs/zerolog"
	"golang.org/x/crypto/argon2"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/workload"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// A court is a server that is asked what somebody may do, beside a bare handler
// that reads the same JSON and answers the same.
type court struct {
	*realm

	server *httptest.Server
	reader rbac.Principal
	token  string // an access token of the reader's
}

// callerHeader is what a host of the benchmark knows a caller by.
const callerHeader = "X-Caller"

func newCourt(b *testing.B, answer []bool) *court {
	b.Helper()
	c := &court{realm: newRealm(b, dbtest.SQLite(b), nil, nil)}
	c.reader = c.Reader()
	trail := c.db.Trail()
	signs := &transport.Services{
		Rules: c.engine, Log: zerolog.New(io.Discard), SignIn: signin.New(c.db.SignIn(), c.engine, trail, nil),
		Workspaces: workspace.New(c.db.Workspaces(), c.engine, quota.New(c.db.Quotas(), nil), trail, nil),
	}
	c.token = c.join(b, signs)
	hosted := *signs
	hosted.Host = func(r *http.Request) (workspace.Actor, error) {
		who, err := strconv.ParseInt(r.Header.Get(callerHeader), 10, 64)
		if err != nil {
			return workspace.Actor{}, transport.ErrUnrecognised
		}
		return workspace.Actor{Principal: rbac.Principal(who)}, nil
	}
	router := mux.NewRouter().SkipClean(true)
	router.Path("/host").Handler(transport.CheckHandler(&hosted))
	router.Path("/bearer").Handler(transport.CheckHandler(signs))
	far := *signs
	far.TrustProxy = true // callers from everywhere
	router.Path("/token").Handler(transport.TokenHandler(&far))
	router.Path("/raw").HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			Node       int64  `json:"node"`
			Permission string `json:"permission"`
			Within     string `json:"within"`
			Checks     []struct {
				Node       int64  `json:"node"`
				Permission string `json:"permission"`
			} `json:"checks"`
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var told any = map[string]bool{"allowed": answer[0]}
		if len(asked.Checks) > 0 {
			told = map[string][]bool{"allowed": answer[:len(asked.Checks)]}
		}
		text, err := json.Marshal(told)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		_, _ = w.Write(text)
	})
	c.server = httptest.NewServer(router)
	b.Cleanup(c.server.Close)
	return c
}

// join makes the reader somebody who can sign in.
func (c *court) join(b *testing.B, s *transport.Services) string {
	b.Helper()
	id := workspace.UserID(userID(c.reader))
	_, err := bareSQLite(b, c.address).Exec(`INSERT INTO users (id, num, username, username_fold, email, email_fold,
		first_name, last_name, search_fold, language, technical, created, updated)
		VALUES (?, ?, 'reader', 'reader', 'reader@example.org', 'reader@example.org', '', '', '', 'en', FALSE, 0, 0)`, string(id), int64(c.reader))
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	// Nobody in this world may set a password.
	salt := []byte("salt-of-a-reader")
	key, text := argon2.IDKey([]byte(password), salt, 2, 19*1024, 1, 32), base64.RawStdEncoding
	hash := fmt.Sprintf("$argon2id$v=19$m=19456,t=2,p=1$%s$%s", text.EncodeToString(salt), text.EncodeToString(key))
	err = c.db.Tx(ctx, func(ctx context.Context) error {
		_, err := c.db.SignIn().SetHash(ctx, id, hash, time.Now())
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	token, err := s.SignIn.Issue(ctx, "reader", password, "", "")
	if err != nil {
		b.Fatal(err)
	}
	return token.Secret
}

// A client keeps one connection, writes requests that are written out already
// and reads no more of an answer than its length and its body: on a machine of
// two processors what a client takes is taken from the server.
type client struct {
	conn   net.Conn
	reader *bufio.Reader
	body   []byte
}

func (c *court) dial(b *testing.B) *client {
	b.Helper()
	conn, err := net.Dial("tcp", c.server.Listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return &client{conn: conn, reader: bufio.NewReader(conn)}
}

func (c *court) request(path string, body []byte) []byte {
	var text bytes.Buffer
	fmt.Fprintf(&text, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", path, len(body))
	if path == "/bearer" {
		fmt.Fprintf(&text, "Authorization: Bearer %s\r\n", c.token)
	}
	fmt.Fprintf(&text, "%s: %d\r\n\r\n%s", callerHeader, c.reader, body)
	return text.Bytes()
}

// call returns the body of the answer, until the next call.
func (c *client) call(request []byte) ([]byte, error) {
	if _, err := c.conn.Write(request); err != nil {
		return nil, err
	}
	line, err := c.reader.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
		return nil, fmt.Errorf("answered with %s", line)
	}
	length := -1
	for {
		if line, err = c.reader.ReadSlice('\n'); err != nil {
			return nil, err
		}
		if len(line) == 2 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return nil, err
			}
		}
	}
	if length < 0 {
		return nil, fmt.Errorf("no length")
	}
	if cap(c.body) < length {
		c.body = make([]byte, length)
	}
	c.body = c.body[:length]
	_, err = io.ReadFull(c.reader, c.body)
	return c.body, err
}

// serve calls with one caller and with twice as many as there are processors.
func (c *court) serve(b *testing.B, path string, bodies [][]byte, wants []string, checks int) {
	b.Helper()
	requests := make([][]byte, len(bodies))
	first := c.dial(b)
	for i, body := range bodies {
		requests[i] = c.request(path, body)
		if got, err := first.call(requests[i]); err != nil || strings.TrimSpace(string(got)) != wants[i] {
			b.Fatalf("%s: %.200s is answered with %.200s, want %.200s: %v", path, body, got, wants[i], err)
		}
	}
	for _, callers := range []int{1, 2 * runtime.GOMAXPROCS(0)} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			clients := make(chan *client, callers)
			for range callers {
				clients <- c.dial(b)
			}
			together(b, callers, func(i int) error {
				mine := <-clients
				_, err := mine.call(requests[i%len(requests)])
				clients <- mine
				return err
			})
			seconds := b.Elapsed().Seconds()
			b.ReportMetric(float64(b.N)/seconds, "req/s")
			b.ReportMetric(float64(b.N*checks)/seconds, "checks/s")
		})
	}
}

// questions are what the reader asks, of what he may and what he may not, with
// the right answers.
func (c *court) questions(n int) (list []rbac.Question, want []bool) {
	mine := c.Readable(c.reader)
	for i := range n {
		node := mine[i%len(mine)]
		if i%2 == 1 {
			node = workload.Workspace + rbac.Node(i*7919%len(c.Space.Places))
		}
		list = append(list, rbac.Question{Node: node, Permission: workload.Read})
		want = append(want, c.Allowed(c.reader, node, workload.Read))
	}
	return list, want
}

// ways are how the caller is known: by the host, which costs nothing, or by an
// access token, which the database knows.
func ways() []string { return []string{"host", "bearer", "raw"} }

// BenchmarkHTTPCheck asks one question a call, of answers that may be of some
// time ago; raw is a bare handler under gorilla/mux that decodes the same JSON
// and answers the same.
func BenchmarkHTTPCheck(b *testing.B) {
	c := newCourt(b, []bool{true})
	list, _ := c.questions(512)
	var bodies [][]byte
	var wants []string
	for _, q := range list {
		if c.Allowed(c.reader, q.Node, q.Permission) {
			bodies = append(bodies, fmt.Appendf(nil, `{"node":%d,"permission":%q,"within":"1h"}`, q.Node, q.Permission))
			wants = append(wants, `{"allowed":true}`)
		}
	}
	for _, way := range ways() {
		b.Run(way, func(b *testing.B) { c.serve(b, "/"+way, bodies, wants, 1) })
	}
}

// BenchmarkHTTPCheckMany asks a hundred questions a call, and a thousand, beside
// the same two.
func BenchmarkHTTPCheckMany(b *testing.B) {
	answer := make([]bool, 1000)
	for i := range answer {
		answer[i] = i%2 == 0
	}
	c := newCourt(b, answer)
	// What the bare handler answers without looking is what is right.
	yes := c.Readable(c.reader)
	var no []rbac.Node
	for i := 0; len(no) < 1000; i++ {
		if n := workload.Workspace + rbac.Node(i*7919%len(c.Space.Places)); !c.Allowed(c.reader, n, workload.Read) {
			no = append(no, n)
		}
	}
	for _, many := range []int{100, 1000} {
		var bodies [][]byte
		var wants []string
		for at := range 16 {
			body := []byte(`{"within":"1h","checks":[`)
			for i := range many {
				node := yes[(at*31+i)%len(yes)]
				if !answer[i] {
					node = no[(at*31+i)%len(no)]
				}
				body = fmt.Appendf(body, `{"node":%d,"permission":%q},`, node, workload.Read)
			}
			bodies = append(bodies, append(body[:len(body)-1], "]}"...))
			text, err := json.Marshal(map[string]any{"allowed": answer[:many]})
			if err != nil {
				b.Fatal(err)
			}
			wants = append(wants, string(text))
		}
		for _, way := range ways() {
			b.Run(fmt.Sprintf("checks=%d/%s", many, way), func(b *testing.B) { c.serve(b, "/"+way, bodies, wants, many) })
		}
	}
}
